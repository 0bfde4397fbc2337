/*
 * One run of the program: everything is opened, then read, then reported.
 *
 * Called by main with the parsed options. Everything that can be wrong with the environment is said here, in one
 * line on standard error.
 */
#ifndef UI_RUN_H
#define UI_RUN_H

#include "analyzer/keylog_follow.h"
#include "analyzer/sandbox.h"
#include "ui/feeds.h"
#include "ui/format.h"
#include "ui/jsonl.h"
#include "ui/options.h"
#include "ui/screens.h"

/* The exit status of the program. */
enum status { STATUS_CLEAN = 0, STATUS_FINDINGS = 1, STATUS_TROUBLE = 2 };

struct run {
	const struct options *options; /* borrowed */
	enum escape_mode escape;
	struct model *model;
	struct analyze *analyze;
	struct save *save; /* NULL without -w */
	struct spool *spool; /* for `s` on the screen; NULL where the inputs can be read again, or it cannot be made */
	struct feeds feeds;
	struct keylog_follow *follow[LIMIT_INPUTS]; /* key logs, while inputs go on */
	uint32_t n_follow;
	struct jsonl *jsonl; /* NULL without -o jsonl */
	struct screens *screens; /* NULL without a screen */
	bool shown, left;        /* it has been drawn; the user has left it */
	bool joins; /* traces and a capture: sessions get their final numbers when both were read */
	struct sandbox_state privileges;
	struct tls_providers *providers; /* of OpenSSL; NULL until everything is open */
	struct redact redact; /* the tokens of --redact */
	bool trouble; /* an input could not be read, or a file not be written: status 2 */
};

/* Does what the options ask for. */
enum status run_all(const struct options *options, enum escape_mode escape);

/* Prints the version, gives up the privileges as a run does, and prints what is in force then. */
enum status run_version(const struct options *options, enum escape_mode escape);

/* A sentence on standard error, with the program's name in front; behind the screen where there is one. */
void run_complain(const struct run *run, const char *text);

/*
 * What was seen is in the file of -w behind this call; for the loop, when it has nothing to do. Complains
 * when the file could not be written.
 */
void run_flush_save(struct run *run);

#endif
