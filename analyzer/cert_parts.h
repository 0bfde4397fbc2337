/*
 * What the store of certificates (cert_store.c) has cert.c read. Nobody else includes this file.
 */
#ifndef ANALYZER_CERT_PARTS_H
#define ANALYZER_CERT_PARTS_H

#include "analyzer/cert.h"

struct cert_reader;

struct cert_reader *cert_reader_new(void);
void cert_reader_free(struct cert_reader *reader);

/*
 * Fills in all facts but the SHA-256 of the whole. `redacted`: the names are, so no signature verifies; see
 * certs_are_redacted.
 */
void cert_reader_read(const struct cert_reader *reader, struct span der, bool redacted, struct cert *cert);

void cert_reader_sha256(const struct cert_reader *reader, struct span bytes, uint8_t out[32]);

#endif
