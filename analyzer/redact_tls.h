/*
 * Names and addresses in TLS handshake messages and in DER -> tokens, in place; part of --redact.
 *
 * What a message has no place for stays as it is: keys and their hashes, serials, dates, randoms, session ids,
 * tickets, signatures (which no longer verify). A message of names that is not understood is blanked behind its head.
 */
#ifndef ANALYZER_REDACT_TLS_H
#define ANALYZER_REDACT_TLS_H

#include "analyzer/redact.h"

/*
 * A handshake message with its head, whole: server names, certificates, names of authorities, stapled answers
 * about a certificate.
 */
void redact_tls_message(const struct redact *redact, uint8_t *message, size_t n);

/* What is behind the head of a message of this type. */
void redact_tls_body(const struct redact *redact, uint8_t type, uint8_t *body, size_t n);

/* The server names among the extensions of a client_hello, which lie in its body. False: they are not well formed. */
bool redact_tls_extensions(const struct redact *redact, uint8_t *body, size_t n, struct span extensions);

/* The cipher suite protects without encrypting: what it carries can be read by everybody. */
bool redact_tls_is_open(uint16_t cipher);

/* All strings in DER (ITU-T X.690), also within OCTET STRINGs, as extensions of certificates have them. */
void redact_tls_der(const struct redact *redact, uint8_t *der, size_t n);

#endif
