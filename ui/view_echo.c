/*
 * The tables of echoes: what was read of them, and what the sizes and times of closed records tell. Called
 * through ui/view.h. Of one session only one of the two is not empty; what is inferred is marked.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"

static struct value duration(int64_t ns)
{
	return ns < 0 ? view_null() : (struct value){.kind = VALUE_DURATION, .ns = ns};
}

static struct value time_of(int64_t ns)
{
	return (struct value){.kind = VALUE_TIME, .ns = ns};
}

/* ---- one by one ---- */

static const struct echo_moment *moment(const struct row *row)
{
	return row->item;
}

static struct value moment_sent(const struct row *row)
{
	return time_of(moment(row)->sent);
}

static struct value moment_answered(const struct row *row)
{
	return moment(row)->rtt < 0 ? view_null()
	                            : time_of(origin_after(moment(row)->sent, moment(row)->rtt));
}

static struct value moment_rtt(const struct row *row)
{
	return duration(moment(row)->rtt);
}

static const struct column moment_columns[] = {
    {.key = "sent", .get = moment_sent},
    {.key = "answered", .get = moment_answered},
    {.key = "rtt", .get = moment_rtt},
};

static void moment_open(const struct row *parent, struct row *row)
{
	row->item = &parent->session->line[row->index];
}

static uint32_t inferred_moments_of(const struct infer_rhythm *rhythm,
                                    struct echo_moment line[LIMIT_ECHO_LINE])
{
	struct infer_beat beats[LIMIT_ECHO_LINE];
	uint32_t n = infer_line(rhythm, beats);
	for (uint32_t i = 0; i < n; i++)
		line[i] = (struct echo_moment){.sent = beats[i].time,
		                               .rtt = beats[i].answered || beats[i].late
		                                          ? beats[i].delay * NS_PER_US
		                                          : -1};
	return n;
}

void view_echo_open(struct view_session *session, int64_t now)
{
	const struct session_nmsp *nmsp = session->session->nmsp;
	infer_find(session->session->infer, &session->inferred);
	session_quiet(session->session, now, &session->quiet);
	session->n_line = 0;
	if (nmsp != NULL && nmsp->echo.requests > 0)
		session->n_line = echo_line(&nmsp->echo, session->line);
	else if (session->inferred.decided)
		session->n_line = inferred_moments_of(&session->inferred.list[0], session->line);
}

/* ---- who went quiet first ---- */

static struct value quiet(const struct row *row, bool inferred)
{
	const struct session_quiet *of = &row->session->quiet;
	return of->known && of->inferred == inferred ? view_side(row->session->session, of->dir)
	                                             : view_null();
}

static struct value quiet_since(const struct row *row, bool inferred)
{
	const struct session_quiet *of = &row->session->quiet;
	return of->known && of->inferred == inferred ? view_time(&of->last) : view_null();
}

/* ---- what was read ---- */

/* What was seen of echoes; one that saw nothing while there are no messages. */
static const struct echo *echo(const struct row *row)
{
	static const struct echo nothing;
	const struct session_nmsp *of = row->session->session->nmsp;
	return of == NULL || of->first.packet == 0 ? &nothing : &of->echo;
}

static struct value echo_requests(const struct row *row)
{
	return view_count(echo(row)->requests);
}

static struct value echo_responses(const struct row *row)
{
	return view_count(echo(row)->responses);
}

/* Where a message may have been overlooked, it may be the answer. */
static bool hides_echoes(const struct row *row)
{
	return echo(row)->requests > 0 && !session_nmsp_whole(row->session->session);
}

static struct value echo_not_answered(const struct row *row)
{
	const struct session *session = row->session->session;
	if (hides_echoes(row))
		return view_null();
	int64_t now = session_now(row->view->model, session);
	return view_count(echo_missed(echo(row), session_nmsp_until(session, now)));
}

static struct value echo_spacing(const struct row *row)
{
	return duration(echo_interval(echo(row)));
}

static struct value echo_off(const struct row *row)
{
	return duration(echo_jitter(echo(row)));
}

static struct value echo_late(const struct row *row)
{
	return view_count(echo(row)->late);
}

static struct value echo_last_request(const struct row *row)
{
	return view_time(&echo(row)->last_request);
}

static struct value echo_last_response(const struct row *row)
{
	return view_time(&echo(row)->last_response);
}

static struct value echo_silence(const struct row *row)
{
	return hides_echoes(row) ? view_null() : duration(echo_longest_silence(echo(row)));
}

static struct value rtt_min(const struct row *row)
{
	struct echo_rtt rtt;
	return duration(echo_rtt(echo(row), &rtt) ? rtt.min : -1);
}

static struct value rtt_avg(const struct row *row)
{
	struct echo_rtt rtt;
	return duration(echo_rtt(echo(row), &rtt) ? rtt.avg : -1);
}

static struct value rtt_p95(const struct row *row)
{
	struct echo_rtt rtt;
	return duration(echo_rtt(echo(row), &rtt) ? rtt.p95 : -1);
}

static struct value rtt_max(const struct row *row)
{
	struct echo_rtt rtt;
	return duration(echo_rtt(echo(row), &rtt) ? rtt.max : -1);
}

static const struct column rtt_columns[] = {
    {.key = "min", .label = "Round trip, least", .verbose = 1, .get = rtt_min},
    {.key = "avg", .label = "Round trip, average", .get = rtt_avg},
    {.key = "p95", .label = "Round trip, 95 %", .verbose = 1, .get = rtt_p95},
    {.key = "max", .label = "Round trip, most", .get = rtt_max},
};

static const struct table rtt_table = {TABLE_OF(rtt_columns)};

static struct value measured_quiet(const struct row *row)
{
	return quiet(row, false);
}

static struct value measured_quiet_since(const struct row *row)
{
	return quiet_since(row, false);
}

static size_t measured_moments(const struct row *parent)
{
	return echo(parent)->requests > 0 ? parent->session->n_line : 0;
}

static const struct table measured_line = {TABLE_OF(moment_columns), .count = measured_moments,
                                           .open = moment_open};

static const struct column echo_columns[] = {
    {.key = "requests", .label = "Echo requests", .hide_zero = true, .get = echo_requests},
    {.key = "responses", .label = "Echo responses", .hide_zero = true, .get = echo_responses},
    {.key = "missed", .label = "Echoes missed", .hide_zero = true, .get = echo_not_answered},
    {.key = "interval", .label = "Echo interval", .get = echo_spacing},
    {.key = "jitter", .label = "Echo jitter, 90 %", .verbose = 1, .get = echo_off},
    {.key = "late", .label = "Echoes answered late", .hide_zero = true, .get = echo_late},
    {.key = "last_request", .label = "Last echo request", .get = echo_last_request},
    {.key = "last_response", .label = "Last echo response", .get = echo_last_response},
    {.key = "longest_silence", .label = "Longest without echo", .get = echo_silence},
    {.key = "rtt", .label = "Round trip", .shape = COLUMN_OBJECT, .table = &rtt_table},
    {.key = "quiet_first", .get = measured_quiet},
    {.key = "quiet_since", .get = measured_quiet_since},
    {.key = "timeline", .not_in_lines = true, .shape = COLUMN_LIST, .table = &measured_line},
};

const struct table view_echo = {TABLE_OF(echo_columns)};

/* ---- what is inferred ---- */

/* NULL unless an echo was found. */
static const struct infer_rhythm *rhythm(const struct row *row)
{
	return row->session->inferred.decided ? &row->session->inferred.list[0] : NULL;
}

static struct value mark(struct value value)
{
	value.inferred = true;
	return value;
}

static struct value inferred_requests(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(view_count(rhythm(row)->requests));
}

static struct value inferred_responses(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(view_count(rhythm(row)->responses));
}

/* Where a record may be missing from the capture, it may be the answer. */
static struct value inferred_missed(const struct row *row)
{
	return rhythm(row) == NULL || !session_infer_whole(row->session->session)
	           ? view_null()
	           : mark(view_count(rhythm(row)->missed));
}

static struct value inferred_late(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(view_count(rhythm(row)->late));
}

static struct value inferred_at_least(const struct row *row)
{
	return view_bool(rhythm(row) != NULL && rhythm(row)->at_least);
}

static struct value inferred_interval(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(duration(rhythm(row)->interval));
}

static struct value inferred_jitter(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(duration(rhythm(row)->jitter));
}

static struct value inferred_rtt_min(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(duration(rhythm(row)->rtt_min));
}

static struct value inferred_rtt_median(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(duration(rhythm(row)->rtt_median));
}

static struct value inferred_rtt_max(const struct row *row)
{
	return rhythm(row) == NULL ? view_null() : mark(duration(rhythm(row)->rtt_max));
}

static const struct column inferred_rtt_columns[] = {
    {.key = "min", .label = "Round trip, least", .verbose = 1, .get = inferred_rtt_min},
    {.key = "median", .label = "Round trip, median", .get = inferred_rtt_median},
    {.key = "max", .label = "Round trip, most", .verbose = 1, .get = inferred_rtt_max},
};

static const struct table inferred_rtt = {TABLE_OF(inferred_rtt_columns)};

static struct value inferred_quiet(const struct row *row)
{
	return quiet(row, true);
}

static struct value inferred_quiet_since(const struct row *row)
{
	return quiet_since(row, true);
}

static size_t inferred_moments(const struct row *parent)
{
	return rhythm(parent) == NULL ? 0 : parent->session->n_line;
}

static const struct table inferred_line = {TABLE_OF(moment_columns), .count = inferred_moments,
                                           .open = moment_open};

static struct value sizes_are(const struct row *row)
{
	const struct infer *infer = row->session->session->infer;
	return infer == NULL ? view_null() : view_text(infer_size_kind_name(infer->classes[0].size.kind));
}

static const struct column inferred_columns[] = {
    {.key = "echo_requests", .label = "Echo requests", .get = inferred_requests},
    {.key = "echo_responses", .label = "Echo responses", .get = inferred_responses},
    {.key = "echo_missed", .label = "Echoes missed", .hide_zero = true, .get = inferred_missed},
    {.key = "echo_late", .label = "Echoes answered late", .hide_zero = true, .get = inferred_late},
    {.key = "at_least", .get = inferred_at_least},
    {.key = "echo_interval", .label = "Echo interval", .get = inferred_interval},
    {.key = "echo_jitter", .label = "Echo jitter, 90 %", .verbose = 1, .get = inferred_jitter},
    {.key = "rtt", .label = "Round trip", .shape = COLUMN_OBJECT, .table = &inferred_rtt},
    {.key = "quiet_first", .get = inferred_quiet},
    {.key = "quiet_since", .get = inferred_quiet_since},
    {.key = "timeline", .not_in_lines = true, .shape = COLUMN_LIST, .table = &inferred_line},
    {.key = "rivals", .shape = COLUMN_LIST, .table = &view_inferred_rivals},
    {.key = "sizes_are", .get = sizes_are},
    {.key = "sizes", .shape = COLUMN_LIST, .table = &view_inferred_sizes},
};

const struct table view_inferred = {TABLE_OF(inferred_columns)};
