/*
 * Behind a gap: which number a record has, found by trying. A tag or MAC that verifies is the proof.
 *
 * Called by tls_keys. Bounded by the numbers that are possible, by LIMIT_GAP_TRIES, and by an account of
 * work, so that a capture made for it cannot keep the program busy.
 */
#ifndef ANALYZER_TLS_SEARCH_H
#define ANALYZER_TLS_SEARCH_H

#include "analyzer/tls_crypto.h"

/* Bytes that may still be deciphered in tries: LIMIT_GAP_WORK for a connection, LIMIT_GAP_WORK_ALL for all.
 */
struct tls_work {
	uint64_t own;
	uint64_t *all; /* borrowed */
};

/* Bytes of the capture have come: more work may be done. */
void tls_work_earn(struct tls_work *work, uint64_t bytes);

struct tls_search {
	uint64_t guess; /* records missing: the likeliest number, */
	uint64_t most;  /* and the highest */
	uint64_t bytes; /* that are missing: with a stream cipher each number has its own place in the key
	                   stream */
	bool behind; /* they stand directly in front of the record: the IV of TLS 1.0 CBC is missing, too */
	struct tls_work *work;
};

enum tls_found {
	TLS_FOUND_NOT,
	TLS_FOUND_NUMBER, /* the MAC fits, and without its IV the record stays closed: TLS 1.0,
	                     encrypt-then-MAC */
	TLS_FOUND_OPENED,
};

/*
 * Tries a record body with the number at which the opener stands and the ones behind it, the likeliest first;
 * as tls_open. Found: the opener stands behind the record. Else it stands where it stood.
 */
enum tls_found tls_search(struct tls_opener *opener, const struct tls_search *search,
                          const struct tls_record *head, struct span body, uint8_t *out,
                          struct span *plain, uint8_t *type);

#endif
