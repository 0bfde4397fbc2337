/*
 * Traces that were wrapped: by a screen, which cuts at its last column, and by a page, which breaks between
 * words. Whatever the width, sessions, steps, alerts, decisions and messages are those of the whole lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/tracelines.h"
#include "tests/tracerun.h"

#include <inttypes.h>

#define ROOM (1 << 20)

/* What the model tells, apart from times and line numbers. */
static char *tell(const struct traced *traced)
{
	char *text = malloc(ROOM);
	size_t n = 0;
	for (const struct session *s = traced->model->first; s != NULL; s = s->next) {
		const struct alert_seen *alert = session_fatal_alert(s);
		n += (size_t)snprintf(&text[n], ROOM - n, "%s, %s, %d, alert %d, error %x, messages",
		                      trace_states(s), trace_observed(traced, s), session_handshake(s),
		                      alert != NULL ? alert->code : -1, s->trace->error);
		for (uint32_t i = 0; i < s->trace->n_messages; i++)
			n += (size_t)snprintf(&text[n], ROOM - n, " %" PRIu64 " %s",
			                      s->trace->messages[i].count, s->trace->messages[i].name);
		n += (size_t)snprintf(&text[n], ROOM - n, "\n");
	}
	return text;
}

/* Bytes of the line that fit; the cut is after whole characters of UTF-8. */
static size_t fits(const char *line, size_t n, size_t width)
{
	size_t i = 0;
	for (size_t wide = 0; i < n; i++)
		if (((uint8_t)line[i] & 0xc0) != 0x80 && ++wide > width)
			break;
	return i;
}

/* As a page breaks: in front of the word that does not fit. The blank is lost. */
static size_t fits_words(const char *line, size_t n, size_t width)
{
	size_t to = fits(line, n, width);
	while (to < n && to > 0 && line[to] != ' ')
		to--;
	return to > 0 ? to : fits(line, n, width);
}

static char *wrapped(const char *text, size_t width, bool words)
{
	char *out = malloc(2 * ROOM);
	size_t n = 0;
	while (*text != '\0') {
		size_t left = strcspn(text, "\n");
		size_t piece = words ? fits_words(text, left, width) : fits(text, left, width);
		memcpy(&out[n], text, piece);
		n += piece;
		text += piece;
		text += (words && piece < left && *text == ' ') || piece == left;
		out[n++] = '\n';
	}
	out[n] = '\0';
	return out;
}

static void check(const char *text, const char *want, size_t width, bool words)
{
	char *changed = wrapped(text, width, words);
	struct traced traced = trace_text(changed);
	char *got = tell(&traced);
	if (strcmp(got, want) != 0)
		fail_msg("%zu columns%s:\n%sinstead of\n%s", width, words ? " by words" : "", got, want);
	free(got);
	free(changed);
	model_free(traced.model);
}

static void any_width(void **state)
{
	(void)state;
	enum { NARROWEST = 60, WIDEST = 132 };
	static const char *const samples[] = {"failure",     "success", "failure-ocr", "success-ocr",
	                                      "interleaved", "reuse",   "midway"};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		char path[64];
		size_t n;
		snprintf(path, sizeof path, "samples/trace-%s.txt", samples[i]);
		char *text = trace_slurp(path, &n);
		assert_non_null(text);
		struct traced traced = trace_text(text);
		char *want = tell(&traced);
		for (size_t width = NARROWEST; width <= WIDEST; width++) {
			check(text, want, width, false);
			check(text, want, width, true);
		}
		free(want);
		free(text);
		model_free(traced.model);
	}
}

/* The two parts of a line, and whether the edge of a screen cut it there. */
static void cuts(void **state)
{
	(void)state;
	static const struct {
		const char *before, *line;
		bool cut;
	} rows[] = {
	    {AT "SSL state = 0x6000; where = 0x20", "01; ret = 0x1", true},
	    {AT "SSL state = 0x2182; where = 0x4008; ret = 0x2", "2e", true},
	    {AT "SSL state = 0x2111; where = 0x2002; ret = 0xffff", "ffff", true},
	    {AT "SSL-staat = 0x2130; waarbij = 0x", "2001; reg = 0x1", true},
	    {AT "SSL_do_handshake returned WANT_READ for conn ssl b2c41e", "70", true},
	    {AT "Peer not vali", "dated against the AuthList", true},
	    {AT "SSL_state_string=SSLv3 read client cert", "ificate A", true},
	    {AT "sslConnectionInit: SSL_new() conn ssl", "b2c41e70", false},
	    {AT "sslConnectionInit: SSL_new() conn ssl b2c41e70", "b2c41e70, conn state: INIT", false},
	    {AT "Peer not", "validated against the AuthList", false},
	    {AT "authlist authentication", "failed for conn ssl b2c41e70", false},
	    {AT "SSL state = 0x2111; where = 0x2001; ret = 0x1", "Building configuration...", false},
	    {AT "SSL state = 0x2111; where = 0x2001; ret = 0x1", "LAB-3850#", false},
	    {AT "SSL_state_string=SSLv3 write certificate A", "where = 0x2001; ret = 0x1", false},
	    {AT "ret_type_string=unkn", AT "ret_desc_string=unknown", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char tight[256], spaced[256];
		snprintf(tight, sizeof tight, "%s%s", rows[i].before, rows[i].line);
		snprintf(spaced, sizeof spaced, "%s %s", rows[i].before, rows[i].line);
		struct trace_line before, joined[2];
		trace_decode(span_of(rows[i].before, strlen(rows[i].before)), &before);
		trace_decode(span_of(tight, strlen(tight)), &joined[0]);
		trace_decode(span_of(spaced, strlen(spaced)), &joined[1]);
		if (trace_was_cut(&before, span_of(rows[i].line, strlen(rows[i].line)), &joined[0],
		                  &joined[1]) != rows[i].cut)
			fail_msg("%s | %s", rows[i].before, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts),
	    cmocka_unit_test(any_width),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
