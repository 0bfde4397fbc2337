/*
 * The controller's AuthList as the user gave it, and the decision it makes about a certificate.
 * design.md section 6, facts.md section 6.
 */
#ifndef ANALYZER_AUTHLIST_H
#define ANALYZER_AUTHLIST_H

#include "analyzer/cert.h"
#include "analyzer/err.h"
#include "dissect/authtext.h"

enum authlist_side { AUTHLIST_PLAIN, AUTHLIST_CONTROLLER, AUTHLIST_ENGINE };

/* What the list says of one certificate; the names of design.md section 6. */
enum auth_prediction {
	AUTH_NO_LIST,
	AUTH_NO_CERTIFICATE,
	AUTH_NOT_VISIBLE,
	AUTH_MATCH,
	AUTH_DAMAGED_ENTRY,
	AUTH_HASH_KIND,
	AUTH_HASH_MISMATCH,
	AUTH_HASH_OTHER_MAC,
	AUTH_MAC_NOT_LISTED,
};

struct authlist_entry {
	uint32_t file;  /* index of the authlist file */
	uint32_t line;  /* from 1 */
	struct authtext_token mac, hash;
	size_t wants;   /* 20 or 32 where the text names the digest it wants, else 0 = either */
	bool pem;       /* made from a PEM certificate: `cert` is set, and the mac may be missing */
	const struct cert *cert;
};

struct authlist_problem {
	uint32_t line; /* 0: a problem of the file as a whole */
	char text[160];
};

struct authlist_file {
	char *name;
	enum authlist_side side;
	size_t entries;
	struct authlist_problem *problems;
	size_t n_problems;
	uint64_t problems_dropped; /* notes beyond LIMIT_LIST_PROBLEMS */
	uint64_t long_lines;       /* lines beyond LIMIT_LINE */
	bool cut;                  /* bytes beyond LIMIT_LIST_BYTES were not read */
};

struct authlist {
	struct certs *certs; /* borrowed; must outlive the list */
	struct authlist_file *files;
	size_t n_files;
	struct authlist_entry *entries;
	size_t n_entries;
	uint64_t dropped; /* entries beyond LIMIT_LIST_ENTRIES */
};

struct auth_decision {
	enum auth_prediction prediction;
	const struct authlist_entry *entry; /* the entry it rests on, NULL when none */
	enum cert_hash matched;             /* only for AUTH_MATCH, AUTH_HASH_KIND and AUTH_HASH_OTHER_MAC */
	char detail[200];                   /* e.g. "digit 2 of the hash: letter O, the certificate has 0"; may be "" */
};

void authlist_init(struct authlist *list, struct certs *certs);
void authlist_free(struct authlist *list);

/*
 * Reads a file of allow-list text ("MAC HASH" lines, IOS-XE configuration, PEM certificates, also mixed
 * and with any noise around) and appends its entries. -1 with a sentence when it cannot be read. Text that
 * holds no entry is not an error: it is a problem note of the file.
 */
int authlist_read(struct authlist *list, const char *path, struct err *err);

/* The same from memory; `name` is copied. */
void authlist_parse(struct authlist *list, const char *name, struct span text);

/*
 * What the list says of the engine's certificate. Never answers AUTH_NO_CERTIFICATE or AUTH_NOT_VISIBLE:
 * the caller knows these.
 */
void authlist_decide(const struct authlist *list, const struct cert *cert, struct auth_decision *out);

/* The name of a file without its folders, borrowed. */
const char *authlist_file_name(const struct authlist_file *file);

/* "line 3: the hash has 39 digits"; without a line where it is about the file as a whole. Returns `text`. */
#define AUTHLIST_PROBLEM 192
const char *authlist_problem_text(const struct authlist_problem *problem, char text[AUTHLIST_PROBLEM]);

/* "hash-mismatch" and so on. */
const char *auth_prediction_name(enum auth_prediction prediction);

const char *authlist_side_name(enum authlist_side side);

#endif
