/*
 * Records of a connection behind a gap: which number each has, and which keys protect it.
 *
 * Part of tls_conn, beside tls_keys.h, which opens the records whose number and keys are certain.
 */
#ifndef ANALYZER_TLS_REGAIN_H
#define ANALYZER_TLS_REGAIN_H

#include "analyzer/tls_keys.h"
#include "analyzer/tls_search.h"

/* What is missing in front of a record, since the number of one was certain. */
struct tls_gap {
	uint64_t bytes;   /* that nobody knows the records of */
	uint64_t records; /* that came since and stayed closed: the keys count them */
	uint32_t usual;   /* bytes of a record of this direction, header included; 0 = not known */
	bool behind;      /* what is missing stands directly in front of the record */
	struct tls_work *work;
	uint64_t missing; /* out: so many records were in those bytes, */
	bool at_least;    /* ... or more */
	bool began;       /* out: other keys than those at work open it, */
	uint64_t passed;  /* ... behind so many of their records */
};

/* What the gap allows for records of this suite: where to begin, and how many numbers are tried. */
struct tls_search tls_gap_search(const struct tls_gap *gap, const struct tls_suite *suite, uint16_t version);

/*
 * As tls_keys_open for a record whose number is not certain: looks for it, and in TLS 1.3 also for other keys
 * which may have begun unseen: the application's behind a Finished message, the next ones behind up to
 * LIMIT_GAP_UPDATES KeyUpdates. When it is not found the record stays closed and takes a number.
 * Where the handshake's keys are not there (tls_keys_ready_without) only those behind them are tried.
 */
enum tls_found tls_regain(struct tls_keys *keys, uint8_t dir, struct tls_gap *gap,
                          const struct tls_record *record, struct span body, uint8_t room[LIMIT_RECORD],
                          struct span *plain, uint8_t *type);

#endif
