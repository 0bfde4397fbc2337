/*
 * Rules over the const model -> findings. design.md section 9.
 *
 * A finding is one function and one row in findings.c; a family of rules is one file. Rules are pure and
 * run on demand. A rule fires only on evidence that it can cite. Texts may hold captured bytes: who shows
 * them must escape them.
 */
#ifndef ANALYZER_FINDINGS_FINDINGS_H
#define ANALYZER_FINDINGS_FINDINGS_H

#include "analyzer/session.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

#define FINDING_ADVICE   8
#define FINDING_EVIDENCE 8

struct finding {
	const char *id; /* "auth-rejected" */
	enum severity severity;
	char summary[320]; /* one sentence with the numbers of this case */
	char cause[480];   /* why, ranked where several fit */
	char advice[FINDING_ADVICE][200];
	size_t command[FINDING_ADVICE]; /* where the command begins in an advice "where: command"; 0: a sentence */
	uint32_t n_advice;
	const struct authlist_engine *engine; /* whose lines to paste stand in the advice of a comparison; else NULL */
	bool cure; /* its advice removes the cause of another finding: for people it stands first */
	struct origin evidence[FINDING_EVIDENCE]; /* ascending by packet, each packet once */
	uint32_t n_evidence;
};

struct findings {
	struct finding list[LIMIT_FINDINGS]; /* gravest first, else in the order of the table */
	uint32_t n;
};

/* The findings of one session, or of the capture as a whole. `out` is about 80 KiB: allocate it once. */
void findings_of_session(const struct model *model, const struct session *session, struct findings *out);
void findings_of_capture(const struct model *model, struct findings *out);

/*
 * One sentence about the session: the summary of its gravest finding, or, when none is an error, how far
 * it got, with its numbers and what hides the rest.
 */
#define VERDICT_TEXT 624
void findings_verdict(const struct model *model, const struct session *session,
    const struct findings *findings, char text[VERDICT_TEXT]);

/*
 * The one to name where there is room for one: of the gravest, what removes the cause of the others first.
 * NULL when there is none.
 */
const struct finding *findings_leading(const struct findings *findings);

const char *findings_severity_name(enum severity severity);

/* A set of findings, by their rows in the tables of rules. */
struct findings_set {
	uint64_t word[2];
};
struct findings_set findings_set_of(const struct findings *findings);
bool findings_set_has(const struct findings_set *set, size_t row);

/* The ids of all findings, those of sessions first, in the order of the tables; NULL at the end. */
const char *findings_id(size_t row);

/* The ids of the findings that a session can have. */
const char *findings_session_id(size_t row);

/* The gravest severity that the finding of this row has. */
enum severity findings_gravest(size_t row);

/* One sentence for people: what the finding says in general. NULL when there is no such finding: meaning.c. */
const char *findings_meaning(const char *id);

#endif
