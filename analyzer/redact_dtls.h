/*
 * One DTLS association under --redact: which bytes of its datagrams may be shown, and what stands there instead.
 *
 * Handshake messages in the clear are put together from their fragments, names in them become tokens, and so do cookies;
 * what is encrypted stays; everything else becomes blank: messages that never get whole, data in the clear, what is no
 * record. Keeps no datagram; save_redact.c does, and gives the same bytes to each of these functions: `cut` of them were
 * not captured, and `dir` is 0 or 1.
 */
#ifndef ANALYZER_REDACT_DTLS_H
#define ANALYZER_REDACT_DTLS_H

#include "analyzer/redact.h"

struct redact_dtls;

struct redact_dtls *redact_dtls_new(const struct redact *redact);
void redact_dtls_free(struct redact_dtls *dtls); /* NULL is allowed */

/* The datagram begins another association on the same ports: a first client_hello with another random. */
bool redact_dtls_is_new(const struct redact_dtls *dtls, struct span datagram, size_t cut);

/* Takes what it holds of handshake messages. */
void redact_dtls_read(struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut);

/* All messages of which it holds a part are whole, or given up. */
bool redact_dtls_decided(const struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut);

/* The messages of which it holds a part do not get whole: it is decided behind this call. */
void redact_dtls_give_up(struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut);

/* The datagram as it may be shown; `to` has room for as many bytes. What differs from the message that was read differs
 * here, too. */
void redact_dtls_write(const struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut, uint8_t *to);

#endif
