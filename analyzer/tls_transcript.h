/*
 * The hash of a handshake's messages up to client_key_exchange: the master secret follows from it when
 * extended_master_secret was negotiated. RFC 7627 section 3. TLS 1.0 to 1.2.
 *
 * Part of tls_secrets. Keeps the client_hello, since the hash is known with the server_hello, and then no
 * message.
 */
#ifndef ANALYZER_TLS_TRANSCRIPT_H
#define ANALYZER_TLS_TRANSCRIPT_H

#include "dissect/rd.h"

#define TLS_TRANSCRIPT_MAX 48

struct tls_transcript;

struct tls_transcript *tls_transcript_new(void);
void tls_transcript_free(struct tls_transcript *transcript); /* NULL is allowed */

/* A client_hello, header included: all begins anew. */
void tls_transcript_start(struct tls_transcript *transcript, struct span message);

/* The hash is known: OpenSSL's name of it. Behind tls_transcript_start, in front of the server_hello. */
void tls_transcript_choose(struct tls_transcript *transcript, const char *digest);

/* A further message, header included; what comes before the hash is known breaks it. */
void tls_transcript_add(struct tls_transcript *transcript, struct span message);

/* A message is not there whole: there will be no hash. */
void tls_transcript_break(struct tls_transcript *transcript);

/* The hash of all so far, and its length; 0 when there is none. */
size_t tls_transcript_hash(struct tls_transcript *transcript, uint8_t hash[TLS_TRANSCRIPT_MAX]);

#endif
