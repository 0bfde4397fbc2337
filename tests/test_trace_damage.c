/*
 * Whole traces that were pasted: wrapped lines, look-alikes by chance, the published paste.
 */
#include "dissect/trace.h"

#include "dissect/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/seeded.h"
#include "tests/tracelines.h"

static void wrapped_lines(void **state)
{
	(void)state;
	static const struct {
		const char *before, *line;
		bool continues;
	} rows[] = {
	    {AT "sslConnectionInit: SSL_do_handshake for conn ssl", "b3f8a8d0, conn state: INIT", true},
	    {AT "sslConnectionInit() success with conn state: INIT,", "SSL state: HANDSHAKING", true},
	    {AT "doSSLRecvLoop: handshake not completed for", "conn 0", true},
	    {AT "handshake failed for conn ssl b3f8a8d0, ssl_err", "1 error = error:140890B2:SSL", true},
	    {AT "handshake failed for conn ssl b3f8a8d0, ssl_err 1 error:140890B2:SSL", "returned", true},
	    {AT "Certificate validation done for conn ssl", "b3f8a8d0, calling authlist authentication", true},
	    {AT "SSL state = 0x2160;", "where = 0x2001; ret = 0x1", true},
	    {AT "SSL state = 0x2160; where =", "0x2001; ret = 0x1", true},
	    {AT "SSL_state_string=SSLv3 write certificate", "request A", true},
	    {AT "SSL_state_string=SSLv3 read client hello B", "for conn ssl b3f8a8d0", false},
	    {AT "SSL_state_string=SSLv3 write certificate A", "where = 0x2001; ret = 0x1", false},
	    {AT "Certificate validation done for conn ssl b3f8a8d0, calling authlist.",
	     "geauthentificeerd voor conn ssl b3f8a8d0", false},
	    {AT "SSL state = 0x2160; where = 0x2001; ret = 0x1", "and more", false},
	    {AT "sslConnectionInit: SSL_do_handshake for conn ssl", AT "ret_type_string=unknown", false},
	    {AT "sslConnectionInit: SSL_do_handshake for conn ssl", "LAB-3850#", false},
	    {AT "sslConnectionInit: SSL_do_handshake for conn ssl", "", false},
	    {AT "freeing Nmsp conn ssl b3f8a8d0, conn id 0", "Regards, somebody", false},
	    {AT "sslConnectionInit()", "success with conn state: INIT, SSL state: HANDSHAKING", true},
	    {AT "freeing Nmsp conn ssl b3f8a8d0,", "conn id 0", true},
	    {AT "freeing Nmsp conn ssl b3f8a8d0,", "freeing Nmsp conn ssl b3f8a8d4, conn id 1", false},
	    {AT "sent", "NMSP_APP_ECHO_RSP_MSG on conn 0", true},
	    {AT "sent NMSP_APP_ECHO_RSP_MSG", "on conn 0", true},
	    {AT "sent NMSP_APP_ECHO_RSP_MSG on conn 0", "Regards, somebody", false},
	    {"LAB-3850#show trace messages nmsp", "some text", false},
	    {"", "some text", false},
	    {"SSL_accept:SSLv3/TLS read finished", "some text", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trace_line before;
		trace_decode(span_of(rows[i].before, strlen(rows[i].before)), &before);
		if (trace_continues(&before, span_of(rows[i].line, strlen(rows[i].line))) != rows[i].continues)
			fail_msg("%s | %s", rows[i].before, rows[i].line);
	}
}

/* Every piece continues the line until it has grown past LIMIT_WRAPPED. */
static void long_wrapped_line(void **state)
{
	(void)state;
	static const char piece[] = " more of it";
	char joined[2 * LIMIT_WRAPPED] = AT "sslConnectionInit() success with";
	struct trace_line before;
	size_t n = strlen(joined);
	trace_decode(span_of(joined, n), &before);
	while (trace_continues(&before, span_of(piece, strlen(piece)))) {
		assert_true(before.text.n <= LIMIT_WRAPPED && n + strlen(piece) < sizeof joined);
		memcpy(&joined[n], piece, strlen(piece));
		n += strlen(piece);
		trace_decode(span_of(joined, n), &before);
	}
	assert_true(before.text.n > LIMIT_WRAPPED);
}

static char look_alike(char c)
{
	static const char pairs[] = "0OO0o01ll1I1lIIl5SS58BB82ZZ29gg9";
	for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
		if (pairs[i] == c)
			return pairs[i + 1];
	return c;
}

static bool same(const struct trace_line *a, const struct trace_line *b)
{
	return a->kind == b->kind && a->time == b->time && a->sequence == b->sequence && a->pid == b->pid &&
	       a->state == b->state && a->where == b->where && a->ret == b->ret && a->pointer == b->pointer &&
	       a->conn == b->conn && a->error == b->error && a->alert == b->alert && a->answer == b->answer;
}

/* With one number each, of a row of the table of states. */
static const char *const texts[] = {
    "SSL state = 0x%x; where = 0x2001; ret = 0x1",
    "SSL state = 0x%x; where = 0x2002; ret = 0xffffffff",
    "SSL state = 0x2182; where = 0x4008; ret = 0x22e",
    "ret_type_string=unknown",
    "ret_desc_string=certificate unknown",
    "SSL_state_string=SSLv3 read client certificate A",
    "Allocated new NMSP connection %u",
    "sslConnectionInit: SSL_do_handshake for conn ssl b3f8%04x, conn state: INIT, SSL state: HANDSHAKING",
    "SSL_do_handshake returned WANT_READ for conn ssl b3f8%04x",
    "doSSLRecvLoop: handshake not completed for conn %u",
    "authlist authentication failed for conn ssl b3f8%04x",
    "Peer not validated against the AuthList",
    "handshake failed for conn ssl b3f8%04x, ssl_err 1 error = error:140890B2:SSL routines",
    "freeing Nmsp conn ssl b3f8%04x, conn id 0",
    "NMSP connection success",
};

/* Look-alikes at one character in a hundred keep kind and numbers of 99 lines in 100. */
static void look_alikes(void **state)
{
	(void)state;
	enum { TURNS = 20000 };
	struct seeded s = seeded_of(4);
	unsigned kept = 0;
	for (unsigned i = 0; i < TURNS; i++) {
		char text[200], words[160];
		const struct trace_state *row;
		while ((row = trace_state((uint16_t)(0x2100 + seeded_below(&s, 0x100)))) == NULL)
			continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(words, sizeof words, texts[i % (sizeof texts / sizeof *texts)], row->number);
#pragma GCC diagnostic pop
		snprintf(text, sizeof text, "[03/%02u/26 09:%02u:18.%03u UTC %x %u] %s", 1 + seeded_below(&s, 28),
		         seeded_below(&s, 60), seeded_below(&s, 1000), 0x100 + seeded_below(&s, 0xf00),
		         1000 + seeded_below(&s, 30000), words);
		struct trace_line clean = decode(text);
		for (char *c = text; *c != 0; c++)
			*c = seeded_one_in(&s, 100) ? look_alike(*c) : *c;
		struct trace_line damaged = decode(text);
		kept += same(&clean, &damaged);
		assert_true(clean.kind != TRACE_OTHER && clean.repairs == 0);
	}
	print_message("look-alikes: %u of %u lines kept\n", kept, TURNS);
	assert_true(kept >= TURNS / 100 * 99);
}

/* The published paste, where it is at hand: kinds in order, blank lines aside. */
static void published_paste(void **state)
{
	(void)state;
	static const char kinds[] = "..ANHh" "S123S123S123.Ii" "WwHh" "S123S123S123s123S123S123R" "WHhCc" "aV"
	                            "S123S123FffX";
	static const char letters[TRACE_KINDS + 1] = " .S123ANHIRWCaVFDK" "XMLoqe";
	char text[16384];
	FILE *file = fopen("../shared/data/trace-failure-nl.txt", "r");
	if (file == NULL) {
		print_message("LEFT OUT: no published paste here\n");
		return;
	}
	struct rd r = rd_of(span_of(text, fread(text, 1, sizeof text, file)));
	fclose(file);
	char joined[512];
	struct trace_line last = {.kind = TRACE_BLANK};
	size_t at = 0, n = 0;
	while (rd_more(&r)) {
		struct span line = rd_any_line(&r);
		struct trace_line alone;
		trace_decode(line, &alone);
		if (alone.kind == TRACE_BLANK)
			continue;
		bool more = trace_continues(&last, line);
		n = more ? n : 0;
		assert_true(n + line.n + 1 < sizeof joined);
		if (more)
			joined[n++] = ' ';
		memcpy(&joined[n], line.p, line.n);
		n += line.n;
		trace_decode(span_of(joined, n), &last);
		char letter = letters[last.kind];
		char expected = kinds[at];
		bool joins = expected >= 'a' && expected <= 'z' && expected != 'a' && expected != 's';
		if (letter != (joins || expected == 's' ? expected - 'a' + 'A' : expected) || more != joins)
			fail_msg("line %zu, \"%.*s\": %c instead of %c", at, (int)line.n, (const char *)line.p, letter,
			         expected);
		assert_int_equal(expected == 's', last.kind == TRACE_STATE && !last.has_state);
		at++;
	}
	assert_int_equal(at, strlen(kinds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrapped_lines),
	    cmocka_unit_test(long_wrapped_line),
	    cmocka_unit_test(look_alikes),
	    cmocka_unit_test(published_paste),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
