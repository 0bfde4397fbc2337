/*
 * Rules about messages that should not be there: sent by the wrong side, or an answer to what nobody asked. Called
 * through the table in findings.c. They rest on published types and senders, and on the framing in use, which is said.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdio.h>

#define HEAD_TEXT (3 * NMSP_NOTE_HEAD + 1)

/* Its first bytes: " 01 00 00 02". */
static const char *head_of(const struct nmsp_kept *kept, char text[HEAD_TEXT])
{
	struct rd r = rd_of(span_cut(session_nmsp_bytes(kept), 0, NMSP_NOTE_HEAD));
	size_t n = 0;
	text[0] = '\0';
	while (rd_more(&r))
		n += (size_t)snprintf(&text[n], HEAD_TEXT - n, " %02x", (unsigned)rd_u8(&r));
	return text;
}

static const char *framing(const struct session_nmsp *nmsp)
{
	return profile_origin_name(nmsp->profile->origin);
}

/* ---- the wrong side -------------------------------------------------------------------------------- */

/* 1: its published sender is the other side, 0: it is this one, -1: nobody knows, or both may. */
static int is_astray(const struct session *session, uint32_t type, uint8_t dir)
{
	const struct profile_message *known = profile_find_message(session->nmsp->profile, type);
	if (known == NULL || !nmsp_documented(type) || known->sender == PROFILE_BOTH)
		return -1;
	return (known->sender == PROFILE_CONTROLLER) != (dir == session->controller);
}

void exchange_wrong_side(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	uint64_t wrong = 0, right = 0;
	char count[RULE_TEXT], head[HEAD_TEXT];
	if (nmsp == NULL || nmsp->profile == NULL)
		return;
	for (uint32_t i = 0; i < nmsp->n_counts; i++) {
		int astray = is_astray(session, nmsp->counts[i].type, nmsp->counts[i].dir);
		wrong += astray == 1 ? nmsp->counts[i].messages : 0;
		right += astray == 0 ? nmsp->counts[i].messages : 0;
	}
	if (wrong == 0 || wrong >= right) /* the latter: it is the roles or the framing that are not right */
		return;
	const struct nmsp_kept *first = nmsp->oldest;
	while (first != NULL && is_astray(session, first->type, first->dir) != 1)
		first = first->next;
	if (first == NULL)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s from the side that does not send its type; the first, of the %s: %s, which begins with%s.",
	             rule_count(wrong, "message", count), rule_side(session, first->dir),
	             nmsp_type_name(nmsp->profile, first->type), head_of(first, head));
	rule_cause(finding,
	           "A proxy or a test tool speaks for the other side, or the framing (%s) takes something else for the "
	           "type.",
	           framing(nmsp));
	for (const struct nmsp_kept *kept = first; kept != NULL; kept = kept->next)
		if (is_astray(session, kept->type, kept->dir) == 1)
			rule_evidence(finding, &kept->at);
}

/* ---- answers that nobody asked for ----------------------------------------------------------------- */

/* Published pairs (facts.md section 2). */
static const struct {
	uint32_t request, response;
} pairs[] = {{NMSP_ECHO_REQUEST, NMSP_ECHO_RESPONSE},
             {13, 14},
             {16, 17},
             {20, 21},
             {NMSP_SERVICE_SUBSCRIBE_REQUEST, NMSP_SERVICE_SUBSCRIBE_RESPONSE}};

static uint64_t counted(const struct session_nmsp *nmsp, uint32_t type)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		n += nmsp->counts[i].type == type ? nmsp->counts[i].messages : 0;
	return n;
}

static bool transaction(const struct session_nmsp *nmsp, const struct nmsp_kept *kept, uint32_t *id)
{
	struct nmsp_message message;
	if (kept->damaged || !nmsp_decode(nmsp->profile, session_nmsp_bytes(kept), &message))
		return false;
	*id = message.transaction;
	return message.has_transaction;
}

/* Nothing in front of it asks for it; false also when that cannot be told. */
static bool is_unasked(const struct session_nmsp *nmsp, const struct nmsp_kept *response, uint32_t request)
{
	uint32_t id, asked;
	if (!transaction(nmsp, response, &id))
		return false;
	for (const struct nmsp_kept *kept = nmsp->oldest; kept != response; kept = kept->next)
		if (kept->type == request && kept->dir != response->dir && (!transaction(nmsp, kept, &asked) || asked == id))
			return false;
	return true;
}

static void judge_responses(const struct subject *subject, const struct rule *rule, size_t row, struct findings *out)
{
	const struct session_nmsp *nmsp = subject->session->nmsp;
	const struct nmsp_kept *first = NULL;
	struct finding finding = {.id = rule->id, .severity = rule->severity};
	char head[HEAD_TEXT];
	uint64_t n = 0;
	/* As many requests as answers: only their transaction ids do not match. */
	if (counted(nmsp, pairs[row].response) <= counted(nmsp, pairs[row].request))
		return;
	for (const struct nmsp_kept *kept = nmsp->oldest; kept != NULL; kept = kept->next) {
		if (kept->type != pairs[row].response || !is_unasked(nmsp, kept, pairs[row].request))
			continue;
		first = first == NULL ? kept : first;
		n++;
		rule_evidence(&finding, &kept->at);
	}
	const char *name = nmsp_type_name(nmsp->profile, pairs[row].response);
	if (n == 0 || name == NULL)
		return;
	rule_summary(&finding, "%" PRIu64 " %s of the %s answer%s nothing that was asked; the first begins with%s.", n, name,
	             rule_side(subject->session, first->dir), n == 1 ? "s" : "", head_of(first, head));
	rule_cause(&finding,
	           "It answers under another transaction id, or twice after a restart of one side. Which id is which rests "
	           "on the framing (%s).",
	           framing(nmsp));
	*rule_finding(rule, out) = finding;
}

void exchange_unasked(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	if (!nmsp_whole(subject) || subject->session->midstream || subject->session->nmsp->not_kept > 0)
		return;
	for (size_t row = 0; row < RULE_COUNT(pairs); row++)
		judge_responses(subject, rule, row, out);
}
