/*
 * TLS key logs (NSS format) -> secrets. Lines come from files, from pcapng decryption secrets blocks, and
 * from a log that is still being written (keylog_follow.h); a line that comes late is found by the next
 * look-up.
 *
 * Format: https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile. Any case, tabs, CRLF, byte order marks,
 * comments, duplicates, half lines and rubbish are taken; what is not understood is counted. Joined logs may
 * hold different secrets for one label and random: the first few are kept (LIMIT_SECRETS_ALIKE), and whoever
 * looks one up tries them in turn. Bounded by LIMIT_SECRETS or a lower limit: the oldest secret makes room
 * for the newest. Secrets are wiped when freed, never printed, never handed out but by
 * keylog_find, keylog_borrow, keylog_search and keylog_line.
 */
#ifndef ANALYZER_KEYLOG_H
#define ANALYZER_KEYLOG_H

#include "analyzer/source.h"
#include "dissect/rd.h"
#include "dissect/tls.h"

enum keylog_label {
	KEYLOG_MASTER,           /* CLIENT_RANDOM: the master secret of TLS 1.0 to 1.2 */
	KEYLOG_CLIENT_EARLY,     /* CLIENT_EARLY_TRAFFIC_SECRET */
	KEYLOG_CLIENT_HANDSHAKE, /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
	KEYLOG_SERVER_HANDSHAKE,
	KEYLOG_CLIENT_TRAFFIC,   /* CLIENT_TRAFFIC_SECRET_0 */
	KEYLOG_SERVER_TRAFFIC,
	KEYLOG_LABELS, /* those above protect records; a master secret of TLS 1.0 to 1.2 follows from those below */
	KEYLOG_PREMASTER = KEYLOG_LABELS, /* PMS_CLIENT_RANDOM: the premaster secret, of any length */
	KEYLOG_PREMASTER_RSA, /* RSA: the same; its id is the beginning of the encrypted premaster secret */
	KEYLOG_NAMES,
	KEYLOG_SESSION_ID = KEYLOG_NAMES, /* never in a log: the master secret of the session with this id ... */
	KEYLOG_TICKET,                    /* ... and of the one whose ticket has this SHA-256 */
};

#define KEYLOG_SECRET       64 /* bytes of a secret at most, but of a premaster secret */
#define KEYLOG_MASTER_BYTES 48 /* of a master secret, RFC 5246 section 8.1, and of a premaster secret of RSA */
#define KEYLOG_RSA_ID       8  /* bytes of the id of KEYLOG_PREMASTER_RSA, zeros behind them */

struct keylog_secret {
	uint8_t bytes[KEYLOG_SECRET];
	uint8_t n;
};

struct keylog_counts {
	uint64_t lines; /* also empty ones, comments, and labels that no look-up asks for */
	uint64_t secrets; /* that are kept */
	uint64_t duplicates, rubbish;
	uint64_t surplus; /* beyond LIMIT_SECRETS_ALIKE */
	uint64_t dropped; /* the oldest ones, which made room: the limit was reached so often */
};

struct keylog;

struct keylog *keylog_new(void);
void keylog_free(struct keylog *keylog); /* NULL is allowed */

/* Keeps at most so many secrets from here on, at least 1: the oldest leave. */
#define KEYLOG_SECRET_COST 176 /* bytes of memory of a secret, two places in the table included */
void keylog_set_limit(struct keylog *keylog, uint64_t secrets);
uint64_t keylog_limit(const struct keylog *keylog);

/* Reads a whole file in one pass. -1 and a sentence with the cure when it cannot be read. */
int keylog_read(struct keylog *keylog, struct source *source, struct err *err);

/* Lines from memory, e.g. a decryption secrets block; a last line without line end counts as whole. */
void keylog_parse(struct keylog *keylog, struct span text);

/* Adds a secret of 1 to LIMIT_PREMASTER bytes. */
void keylog_add(struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
    struct span secret);

/*
 * Secret number `which` of those that differ and are kept, from 0 in the order of their lines. `id` is the
 * client random where the label does not say otherwise. False when there is no such secret, or it is longer
 * than KEYLOG_SECRET. The caller wipes *out (OPENSSL_cleanse or keylog_wipe) after use.
 */
bool keylog_find(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
    unsigned which, struct keylog_secret *out);

/* The same, of any length and without a copy: valid until a secret is added. */
bool keylog_borrow(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
    unsigned which, struct span *out);

/*
 * Hands the secrets of a label that came after the generation `after` to `fits`, the newest first, until it says so:
 * whether it did. Each is valid during the call, and `fits` adds none.
 */
bool keylog_search(const struct keylog *keylog, enum keylog_label label, uint64_t after,
                   bool (*fits)(void *ctx, struct span secret), void *ctx);

/*
 * The secret as a line of a key log with its line end, not terminated. Returns its length, 0 when there is no
 * such secret. The caller wipes `line`.
 */
#define KEYLOG_LINE 256
size_t keylog_line(const struct keylog *keylog, enum keylog_label label,
    const uint8_t client_random[TLS_RANDOM], unsigned which, char line[KEYLOG_LINE]);

void keylog_wipe(struct keylog_secret *secret);

/* Rises with every new secret: a cheap way to see that a look-up may succeed now. */
uint64_t keylog_generation(const struct keylog *keylog);

/*
 * Tells label and id of every secret that came after the generation `after`, up to `until`, and is kept, the
 * newest first; an id that has several secrets is told for each. `seen` may look secrets up, and adds none.
 */
void keylog_between(const struct keylog *keylog, uint64_t after, uint64_t until,
                    void (*seen)(void *ctx, enum keylog_label label, const uint8_t id[TLS_RANDOM]), void *ctx);

/* A file that secrets are read from, unless one was named before. */
void keylog_set_name(struct keylog *keylog, const char *path);

/* The file that was read first; "in the capture" when none was. Valid while the key log lives. */
const char *keylog_name(const struct keylog *keylog);

struct keylog_counts keylog_counts(const struct keylog *keylog);

#endif
