/*
 * The AuthList texts as the user gave them, the decision they make about a certificate, and the comparison
 * of what an engine says of itself with what a controller allows. design.md section 6, facts.md section 6.
 */
#ifndef ANALYZER_AUTHLIST_H
#define ANALYZER_AUTHLIST_H

#include "analyzer/cert.h"
#include "analyzer/source.h"
#include "dissect/authtext.h"

#define AUTHLIST_NONE UINT32_MAX /* no entry, no list */
#define AUTHLIST_ALL  UINT32_MAX /* all lists together */

/* Whose words an entry is: nobody's in particular, what a controller allows, what an engine says its hash is. */
enum authlist_side { AUTHLIST_PLAIN, AUTHLIST_CONTROLLER, AUTHLIST_ENGINE, AUTHLIST_SIDES };

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
	enum authlist_side side;
	struct authtext_token mac, hash;
	size_t wants;   /* 20 or 32 where the text names the digest it wants, else 0 = either */
	size_t digest;  /* 20 or 32 where a label names the digest of the hash, else 0 */
	bool pem;       /* made from a PEM certificate: `cert` is set, and the mac may be missing */
	const struct cert *cert;
	uint32_t next_mac, next_hash; /* further entries with the same one, in order; AUTHLIST_NONE at the end */
};

struct authlist_problem {
	uint32_t line; /* 0: a problem of the file as a whole */
	char text[160];
};

struct authlist_file {
	char *name;
	size_t entries;
	size_t entries_of[AUTHLIST_SIDES];
	bool speaks[AUTHLIST_SIDES]; /* whose words stand in it; at least one, a controller's also without an
	                                entry */
	uint32_t
	    list; /* the one that it is part of, AUTHLIST_NONE: it allows nobody and is no controller's */
	struct authlist_problem *problems;
	size_t n_problems;
	uint64_t problems_dropped; /* notes beyond LIMIT_LIST_PROBLEMS */
	uint64_t long_lines;       /* lines beyond LIMIT_LINE */
	bool cut;                  /* bytes beyond LIMIT_LIST_BYTES were not read */
	uint64_t kinds[AUTHTEXT_KINDS]; /* lines by what they were taken for */
	uint64_t pem_lines;
};

/*
 * One AuthList as it was given: a controller's file, since two files may be of two controllers, or the plain
 * files together. A controller's list without an entry is one too: it allows nobody.
 */
struct authlist_one {
	uint32_t file; /* the first */
	uint32_t files;
	size_t entries;
};

/* An engine as one of its own texts describes it. */
struct authlist_engine {
	uint32_t file;
	uint32_t entry[2]; /* the ones with its SHA-1 and SHA-256 key hash; AUTHLIST_NONE for one at most */
};

/* A row of CMX's table of controllers. */
struct authlist_controller {
	uint32_t file;
	uint8_t address[4];
	size_t wants; /* bytes of the digest that this controller is sent, 0 unknown */
};

/* A line while it is read, for --explain-lists. */
struct authlist_remark {
	const struct authlist_file *file;
	uint32_t line, lines;        /* where it begins, and how many lines were joined */
	unsigned repairs;            /* enum authpaste_repair */
	const struct authtext *text; /* what it was taken for */
	const struct cert *cert;     /* a PEM certificate; then `text` is NULL */
};

struct authlist_listener {
	void *ctx;
	void (*line)(void *ctx, const struct authlist_remark *remark); /* also of lines that are ignored */
	void (*end)(void *ctx, const struct authlist_file *file);
};

struct authlist_index; /* authlist_index.h */

struct authlist {
	struct certs *certs; /* borrowed; must outlive the list */
	struct authlist_file *files;
	size_t n_files;
	struct authlist_entry *entries;
	size_t n_entries;
	size_t n_allowing; /* entries that are not an engine's own */
	struct authlist_one *lists;
	size_t n_lists;
	uint32_t plain; /* the list of the plain files, AUTHLIST_NONE when there is none */
	struct authlist_engine *engines;
	size_t n_engines;
	struct authlist_controller *controllers;
	size_t n_controllers;
	uint64_t dropped; /* entries beyond LIMIT_LIST_ENTRIES */
	struct authlist_index *index;
	const struct authlist_listener *listener; /* borrowed; NULL: nobody listens */
};

struct auth_decision {
	enum auth_prediction prediction;
	const struct authlist_entry *entry; /* the entry it rests on, NULL when none */
	enum cert_hash matched;             /* only for AUTH_MATCH, AUTH_HASH_KIND and AUTH_HASH_OTHER_MAC */
	bool disputed;    /* several lists were given, and they do not say the same: the detail tells */
	char detail[360]; /* e.g. "digit 2 of the hash is the letter O, the certificate has 0"; may be "" */
};

void authlist_init(struct authlist *list, struct certs *certs);
void authlist_free(struct authlist *list);

/*
 * Reads a file of allow-list text (facts.md section 6, with any noise around) and appends its entries. -1
 * with a sentence when it cannot be read. Text that holds no entry is not an error: it is a problem note of
 * the file.
 */
int authlist_read(struct authlist *list, struct source *source, struct err *err);

/* The same from memory; `name` is copied. */
void authlist_parse(struct authlist *list, const char *name, struct span text);

/*
 * What the list says of the engine's certificate. `wants`: bytes of the digest that this controller is known
 * to want (authlist_wants), 0 for either. Never answers AUTH_NO_CERTIFICATE or AUTH_NOT_VISIBLE: the caller
 * knows these.
 */
void authlist_decide(const struct authlist *list, const struct cert *cert, size_t wants,
                     struct auth_decision *out);

/*
 * The same of an engine by its own text, with the digest wanted by all controllers of that text, by one list
 * or by all of them (AUTHLIST_ALL). A hash of the engine that cannot be read is AUTH_DAMAGED_ENTRY unless the
 * other one matches.
 */
void authlist_compare(const struct authlist *list, const struct authlist_engine *engine, uint32_t one,
                      struct auth_decision *out);

/* The one engine that the engine texts describe, NULL when there is none or more than one. */
const struct authlist_engine *authlist_only_engine(const struct authlist *list);

/* The engine's entry with the digest of the other side's entry (NULL allowed), else the one it has; never NULL. */
const struct authlist_entry *authlist_own_entry(const struct authlist *list,
                                                const struct authlist_engine *engine,
                                                const struct authlist_entry *other);

/* The list has a hash of this engine's MAC address, and the engine's text none of that digest: nothing is
 * known. */
bool authlist_is_incomparable(const struct authlist *list, const struct authlist_engine *engine,
                              const struct auth_decision *decision);

/* A MAC address and key hashes in hex without separators; "" for what is not known or cannot be read. */
struct authlist_key {
	char mac[13], sha1[41], sha256[65];
};

struct authlist_key authlist_key_of_cert(const struct cert *cert);
struct authlist_key authlist_key_of_engine(const struct authlist *list, const struct authlist_engine *engine);

/* Lines to paste. */
#define AUTHLIST_FIX_LINES 8
struct auth_fix {
	char line[AUTHLIST_FIX_LINES][128];
	uint32_t lines;
};

/*
 * The lines that add this key, for IOS-XE (SHA-256 of the SPKI) and AireOS (SHA-1 and SHA-256), with a
 * comment line ("!") in front of each; only those whose hash is known. None without a MAC to enter. The line
 * that makes IOS-XE ask its lists is a comment where every IOS-XE text that was given has it.
 */
void authlist_fix(const struct authlist *list, const struct authlist_key *key, struct auth_fix *out);

/* The hash is meant for a SHA-256, by its digits, or where it lost some by its label or what the line wants.
 */
bool authlist_is_sha256(const struct authlist_entry *entry);

/* Bytes of the digest that the engine texts say a controller (IPv4 address) is sent; 0 unknown. */
size_t authlist_wants(const struct authlist *list, const uint8_t address[4]);

/* Two entries of one file that give a MAC address (12 digits) hashes of the same length; false when none do. */
bool authlist_duplicate(const struct authlist *list, const char *mac, const struct authlist_entry *pair[2]);

/* The file of a list has IOS-XE configuration in it. */
bool authlist_is_ios(const struct authlist_file *file);

/* The name of a file without its folders, borrowed. */
const char *authlist_file_name(const struct authlist_file *file);

/* "line 3: the hash has 39 digits"; without a line where it is about the file as a whole. Returns `text`. */
#define AUTHLIST_PROBLEM 192
const char *authlist_problem_text(const struct authlist_problem *problem, char text[AUTHLIST_PROBLEM]);

/* "hash-mismatch" and so on. */
const char *auth_prediction_name(enum auth_prediction prediction);

const char *authlist_side_name(enum authlist_side side);

#endif
