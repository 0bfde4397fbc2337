/*
 * The tables of what was decrypted: framing, messages by type. Called through ui/view.h. All is empty while
 * no plaintext came. What only the profile tells is marked assumed. Echoes
 * are view_echo.c, services view_services.c.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/session_trace.h"

#include <inttypes.h>
#include <stdio.h>

/* NULL while no plaintext came. */
static const struct session_nmsp *nmsp(const struct row *row)
{
	const struct session_nmsp *of = row->session->session->nmsp;
	return of == NULL || of->first.packet == 0 ? NULL : of;
}

/* The profile that cuts the messages, NULL while none is known. */
static const struct profile *profile(const struct row *row)
{
	return nmsp(row) == NULL ? NULL : nmsp(row)->profile;
}

/* OUT = engine to controller, as on the MSE's page. */
static struct value direction(const struct row *row, uint8_t dir)
{
	return view_text(dir == row->session->session->controller ? "IN" : "OUT");
}

/* ---- framing ---- */

static struct value framing_profile(const struct row *row)
{
	return profile(row) == NULL ? view_null() : view_text(profile(row)->name);
}

static struct value framing_origin(const struct row *row)
{
	return view_text(profile(row) == NULL ? "unknown" : profile_origin_name(profile(row)->origin));
}

static bool fits(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	return profile(row) != NULL && of->tried > 0 && of->fitted == of->tried && of->misfits == 0;
}

static struct value framing_fits(const struct row *row)
{
	return view_bool(fits(row));
}

static struct value framing_messages(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	return view_count(of == NULL ? 0 : of->messages[0] + of->messages[1]);
}

/* For people: one line; nothing before there is plaintext. */
static struct value framing_text(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	if (of == NULL || !of->decided)
		return view_null();
	if (of->profile == NULL)
		return view_text("unknown");
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s (%s)", of->profile->name,
	         profile_origin_name(of->profile->origin));
	return view_text(row->view->scratch);
}

enum evidence {
	EVIDENCE_NONE_WHOLE,
	EVIDENCE_FITTED,
	EVIDENCE_NAMED,
	EVIDENCE_MISFITS,
	EVIDENCE_ROLES,
	EVIDENCE_UNLEARNED,
	EVIDENCES
};

/* There is such a sentence to say of this session. */
static bool has_evidence(const struct session_nmsp *of, enum evidence which)
{
	switch (which) {
	case EVIDENCE_NONE_WHOLE:
		return of->tried == 0;
	case EVIDENCE_FITTED:
	case EVIDENCE_NAMED:
		return of->tried > 0;
	case EVIDENCE_MISFITS:
		return of->misfits > 0;
	case EVIDENCE_ROLES:
		return of->roles_told;
	default:
		return of->profile == NULL && of->unlearned != NULL;
	}
}

/* What the learner said comes first. */
static uint32_t learned_lines(const struct session_nmsp *of)
{
	return of->learned == NULL ? 0 : of->learned->evidence.n + of->learned->unsure.n;
}

static const char *roles_evidence(const struct session *session)
{
	if (!session->bare)
		return "the senders of messages tell which side is the controller";
	return session->directed ? "the packets tell the directions (epb_flags), types of messages which one is the engine's"
	                         : "the types of messages tell their side, where only one side sends them";
}

static struct value learned_line(const struct learned *learned, size_t n, struct view *view)
{
	bool sure = n < learned->evidence.n;
	const char *line = sure ? learned->evidence.text[n] : learned->unsure.text[n - learned->evidence.n];
	snprintf(view->scratch, sizeof view->scratch, "%s%s", sure ? "" : "not told: ", line);
	return view_text(view->scratch);
}

/* Sentence n of those that are to be said; EVIDENCES when there are fewer. */
static enum evidence find_evidence(const struct session_nmsp *of, size_t n)
{
	enum evidence which = 0;
	while (which < EVIDENCES && (!has_evidence(of, which) || n-- > 0))
		which++;
	return which;
}

static size_t evidence_count(const struct row *parent)
{
	const struct session_nmsp *of = nmsp(parent);
	size_t n = 0;
	if (of == NULL || !of->decided)
		return 0;
	while (find_evidence(of, n) < EVIDENCES)
		n++;
	return n + learned_lines(of);
}

static struct value evidence(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	char *text = row->view->scratch;
	size_t room = sizeof row->view->scratch;
	if (row->index < learned_lines(of))
		return learned_line(of->learned, row->index, row->view);
	switch (find_evidence(of, row->index - learned_lines(of))) {
	case EVIDENCE_NONE_WHOLE:
		return view_text("no whole message was found");
	case EVIDENCE_FITTED:
		snprintf(text, room, "%u of the first %u message%s well formed", (unsigned)of->fitted,
		         (unsigned)of->tried, of->tried == 1 ? " is" : "s are");
		break;
	case EVIDENCE_NAMED:
		snprintf(text, room, "%u of the first %u message%s a type that the profile names",
		         (unsigned)of->named, (unsigned)of->tried, of->tried == 1 ? " has" : "s have");
		break;
	case EVIDENCE_MISFITS:
		snprintf(text, room, "%u place%s where no message can start", (unsigned)of->misfits,
		         view_plural(of->misfits));
		break;
	case EVIDENCE_ROLES:
		return view_text(roles_evidence(row->session->session));
	default:
		snprintf(text, room, "not learned: %s", of->unlearned);
	}
	return view_text(text);
}

static const struct column evidence_columns[] = {{.get = evidence}};
static const struct table evidence_table = {TABLE_OF(evidence_columns), .count = evidence_count};

static const struct column framing_columns[] = {
    {.label = "NMSP framing", .get = framing_text},
    {.key = "profile", .get = framing_profile},
    {.key = "origin", .get = framing_origin},
    {.key = "fits", .get = framing_fits},
    {.key = "messages", .label = "NMSP messages", .hide_zero = true, .get = framing_messages},
    {.key = "evidence", .shape = COLUMN_STRINGS, .table = &evidence_table},
};

const struct table view_framing = {TABLE_OF(framing_columns)};

/* ---- messages by type ---- */

static const struct nmsp_count *count(const struct row *row)
{
	return row->item;
}

/* Rows of types that were not counted one by one have none. */
static bool has_type(const struct row *row)
{
	const struct nmsp_count *other = nmsp(row)->other;
	return count(row) != &other[0] && count(row) != &other[1];
}

struct value view_messages_type(const struct row *row, uint32_t type)
{
	const char *name = profile(row) == NULL ? NULL : nmsp_type_name(profile(row), type);
	if (name != NULL)
		return view_text(name);
	snprintf(row->view->scratch, sizeof row->view->scratch, "TYPE_%" PRIu32, type);
	return view_text(row->view->scratch);
}

struct value view_messages_type_marked(const struct row *row, uint32_t type)
{
	const struct profile_message *known =
	    profile(row) == NULL ? NULL : profile_find_message(profile(row), type);
	if (known == NULL || nmsp_documented(type))
		return view_messages_type(row, type);
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s (%s)", known->name,
	         profile_origin_name(known->assumed ? PROFILE_ASSUMED : profile(row)->origin));
	return view_text(row->view->scratch);
}

static size_t decrypted_counts(const struct row *parent)
{
	const struct session_nmsp *of = nmsp(parent);
	if (of == NULL)
		return 0;
	return of->n_counts + (of->other[0].messages > 0) + (of->other[1].messages > 0);
}

/* A message that a trace names, behind the ones that were decrypted; NULL for those. */
static const struct trace_message *traced(const struct row *row)
{
	size_t n = decrypted_counts(row);
	const struct session *session = view_trace_session(row->session->session);
	return row->index < n ? NULL : &session->trace->messages[row->index - n];
}

static struct value count_type(const struct row *row)
{
	if (traced(row) != NULL)
		return view_text(traced(row)->name);
	return has_type(row) ? view_messages_type(row, count(row)->type) : view_text("other");
}

static struct value count_type_marked(const struct row *row)
{
	if (traced(row) != NULL)
		return view_text(traced(row)->name);
	return has_type(row) ? view_messages_type_marked(row, count(row)->type) : view_text("other");
}

static struct value count_id(const struct row *row)
{
	if (traced(row) != NULL)
		return view_null();
	return has_type(row) ? view_count(count(row)->type) : view_null();
}

static struct value count_direction(const struct row *row)
{
	if (traced(row) != NULL)
		return view_null();
	const struct session *of = row->session->session;
	return session_nmsp_knows_side(of, count(row)->type) ? direction(row, count(row)->dir) : view_null();
}

static struct value count_messages(const struct row *row)
{
	if (traced(row) != NULL)
		return view_count(traced(row)->count);
	return view_count(count(row)->messages);
}

static struct value count_bytes(const struct row *row)
{
	if (traced(row) != NULL)
		return view_null();
	return view_count(count(row)->bytes);
}

static struct value count_last(const struct row *row)
{
	if (traced(row) != NULL)
		return view_time(&traced(row)->last);
	return view_time(&count(row)->last);
}

/* Over the session's messages of all types; what came once, or within a minute, is no rate. */
static struct value count_rate(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	if (traced(row) != NULL || count(row)->messages < 2)
		return view_null();
	int64_t minutes = origin_elapsed(of->first.time, of->last.time) / (60 * NS_PER_S);
	double hours = (double)origin_elapsed(of->first.time, of->last.time) / (3600.0 * NS_PER_S);
	return minutes < 1 ? view_null() : view_count((uint64_t)((double)count(row)->messages / hours + 0.5));
}

static struct value count_documented(const struct row *row)
{
	return view_bool(traced(row) == NULL && has_type(row) && nmsp_documented(count(row)->type));
}

static size_t counts(const struct row *parent)
{
	const struct session *session = view_trace_session(parent->session->session);
	return decrypted_counts(parent) + (session == NULL ? 0 : session->trace->n_messages);
}

static void count_open(const struct row *parent, struct row *row)
{
	const struct session_nmsp *of = nmsp(parent);
	if (row->index >= decrypted_counts(parent))
		return;
	if (row->index < of->n_counts)
		row->item = &of->counts[row->index];
	else
		row->item = &of->other[row->index > of->n_counts || of->other[0].messages == 0];
}

static const struct column message_columns[] = {
    {.label = "Message type", .get = count_type_marked},
    {.key = "type", .get = count_type},
    {.key = "id", .get = count_id},
    {.key = "direction", .label = "In/Out", .get = count_direction},
    {.key = "count", .label = "Count", .get = count_messages},
    {.label = "Last activity", .get = count_last},
    {.key = "bytes", .label = "Bytes", .get = count_bytes},
    {.key = "last_activity", .get = count_last},
    {.key = "documented", .get = count_documented},
};

/* What a narrow screen cuts stands last. */
static const struct column rate_columns[] = {
    {.label = "Message type", .get = count_type_marked},
    {.label = "In/Out", .get = count_direction},
    {.label = "Count", .get = count_messages},
    {.label = "Bytes", .get = count_bytes},
    {.label = "/hour", .get = count_rate},
    {.label = "Last activity", .get = count_last},
};

const struct table view_message_rates = {TABLE_OF(rate_columns), .count = counts, .open = count_open};
const struct table view_messages = {TABLE_OF(message_columns), .count = counts, .open = count_open};
