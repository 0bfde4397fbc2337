/*
 * Fuzz target of dissect/trace: any text, line by line, wrapped lines joined as a reader does. Spans stay
 * inside the line, and a field that is absent is zero.
 */
#include "dissect/trace.h"

#include "dissect/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void inside(struct span part, struct span line)
{
	check(part.n == 0 || (part.p >= line.p && part.n <= line.n && part.p + part.n <= line.p + line.n));
}

static void check_line(const struct trace_line *out, struct span line)
{
	check(out->kind < TRACE_KINDS);
	inside(out->zone, line);
	inside(out->words, line);
	inside(out->text, line);
	inside(out->local, line);
	inside(out->remote, line);
	check(out->has_time || (out->time == 0 && !out->no_year));
	check(out->has_sequence || out->sequence == 0);
	check(out->has_pid || out->pid == 0);
	check(out->has_state || out->state == 0);
	check(out->has_where || out->where == 0);
	check(out->has_ret || out->ret == 0);
	check(out->has_pointer || out->pointer == 0);
	check(out->has_conn || out->conn == 0);
	check(out->has_error || out->error == 0);
	check(out->has_alert || out->alert == 0);
	check(out->answer == TRACE_ANSWER_UNKNOWN || out->kind == TRACE_AUTHLIST_ANSWER);
	check(out->repairs <= LIMIT_LINE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	uint8_t joined[2 * LIMIT_LINE];
	struct trace_line last = {.kind = TRACE_BLANK}, alone;
	size_t n = 0;
	while (rd_more(&r)) {
		struct span line = rd_any_line(&r);
		trace_decode(line, &alone);
		check_line(&alone, line);
		if (alone.kind == TRACE_BLANK)
			continue;
		if (!trace_continues(&last, line) || n + line.n > sizeof joined)
			n = 0;
		line = span_cut(line, 0, sizeof joined);
		if (line.n > 0)
			memcpy(&joined[n], line.p, line.n);
		n += line.n;
		trace_decode(span_of(joined, n), &last);
		check_line(&last, span_of(joined, n));
		trace_sequence_near(last.sequence, alone.sequence);
	}
	return 0;
}
