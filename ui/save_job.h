/*
 * Writing what `s` has asked for, a little at a time between two pictures: the file is whole when it has its
 * name, and before that it has another one and is removed when the work ends early.
 *
 * The kinds: packets are found again in the inputs or in the spool (save_packets.c), the rest is written from
 * the model (save_report.c). Called by screens.c. Never writes a secret.
 */
#ifndef UI_SAVE_JOB_H
#define UI_SAVE_JOB_H

#include "analyzer/sandbox.h"
#include "analyzer/spool.h"
#include "ui/feeds.h"
#include "ui/format.h"
#include "ui/save_dialog.h"

/* Where it comes from. All is borrowed. */
struct save_source {
	const struct model *model;
	const struct feeds *feeds;
	struct spool *spool;                 /* NULL: there is none */
	const struct capture_filter *filter; /* of the reading; NULL without one */
	const struct sandbox_state *privileges;
	const struct findings
	    *capture; /* of the capture, where the model is a copy that cannot tell them; else NULL */
	struct format format;
	unsigned verbose; /* number of -v */
	bool messages;    /* --messages */
};

struct save_job;

/* The sessions, in order of id, must be in the model; they may leave it later. */
struct save_order {
	enum save_what what;
	const char *path;
	bool replace;
	const struct session *const *sessions;
	size_t n;
};

/* NULL and a sentence for whoever typed the path when nothing can be written. Free with save_job_free. */
struct save_job *save_job_begin(const struct save_source *source, const struct save_order *order,
                                struct err *err);

/* Removes the file when it is not complete. NULL is allowed. */
void save_job_free(struct save_job *job);

enum save_state { SAVE_WORKS, SAVE_DONE, SAVE_FAILED };

/* Works for about so many ns. */
enum save_state save_job_step(struct save_job *job, int64_t budget);

/* 0 to 100. */
int save_job_percent(const struct save_job *job);

/* How it ended: a sentence, also on what is missing in the file: then *lacks is true. Borrowed. */
const char *save_job_result(const struct save_job *job, bool *lacks);

/* Sessions of the model get other numbers, or it is freed before the next step: a report that was begun
 * cannot go on. */
void save_job_disturb(struct save_job *job);

#endif
