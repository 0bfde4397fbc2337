/*
 * One direction of a TCP connection under --redact: which of its bytes may be shown, and what stands there instead.
 *
 * TLS handshakes are read as far as they are not encrypted, and names in them become tokens; what is encrypted stays;
 * NMSP messages without TLS are read by the profile, as long as they are well formed; everything else, bytes that are no TLS and handshake messages with a hole, becomes blank. Bytes are given with
 * their place in the stream, in any order, but only those that go on where the ones before ended are read. Keeps no
 * packet; save_redact.c does.
 */
#ifndef ANALYZER_REDACT_STREAM_H
#define ANALYZER_REDACT_STREAM_H

#include "analyzer/redact.h"

struct redact_stream;

/* `off`: the place of the first byte behind the SYN. With `joined` there was none: records begin anywhere. */
struct redact_stream *redact_stream_new(const struct redact *redact, uint64_t off, bool joined);
void redact_stream_free(struct redact_stream *stream); /* NULL is allowed */

/* False when bytes in front of these are missing: to be given again later. */
bool redact_stream_data(struct redact_stream *stream, uint64_t off, struct span bytes);

/* Bytes in front of this place are decided. */
bool redact_stream_decided(const struct redact_stream *stream, uint64_t off);

/* What is missing in front of this place does not come: bytes before it are decided behind this call. */
void redact_stream_give_up(struct redact_stream *stream, uint64_t off);

/* Puts tokens in place of what was captured. Bytes that differ from those that were read differ here, too. */
void redact_stream_write(const struct redact_stream *stream, uint64_t off, uint8_t *bytes, size_t n);

/* The cipher suite that a ServerHello in this stream chose encrypts nothing. */
bool redact_stream_is_open(const struct redact_stream *stream);

/* The other direction's ServerHello said so. */
void redact_stream_open(struct redact_stream *stream);

#endif
