/* The text report: what the person at the console must find, and what must never reach the console. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "tests/fixture.h"
#include "ui/text.h"

#include <stdlib.h>
#include <string.h>

static struct page plain(void)
{
	return (struct page){.format = {.escape = ESCAPE_ASCII, .utc = true}};
}

/* The report of a model, which is freed. */
static char *report_of(struct model *model, struct page page)
{
	char *text = NULL;
	size_t n = 0;
	struct view *view = view_new(model, 0, NULL);
	page.out = open_memstream(&text, &n);
	text_report(&page, view);
	fclose(page.out);
	view_free(view);
	model_free(model);
	return text;
}

static void in_order(const char *text, const char *const parts[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(text, parts[i]);
		if (at == NULL)
			fail_msg("\"%s\" is missing or too early", parts[i]);
		text = at;
	}
}

static void test_sections(void **state)
{
	(void)state;
	static const char *const parts[] = {"times in UTC",
	                                    "second.pcapng",
	                                    "Capture",
	                                    "Sessions",
	                                    "No.",
	                                    "Session 1: failed",
	                                    "What to do",
	                                    "error auth-hash-mismatch",
	                                    "config auth-list add",
	                                    "error auth-rejected",
	                                    "- controller (AireOS):\n         show auth-list\n",
	                                    "Seen in packets 5, 6, 7",
	                                    "Summary",
	                                    "10.0.0.10 port 16113",
	                                    "What happened",
	                                    "TCP SYN",
	                                    "client_hello",
	                                    "0x2111",
	                                    "ALERT fatal certificate_unknown (46)",
	                                    "ICMP error type 3 code 13 from 10.0.0.1",
	                                    "TCP RST",
	                                    "Certificate of the engine",
	                                    "Key SHA-256",
	                                    "Certificate of the controller",
	                                    "AuthList",
	                                    "rejected",
	                                    "Capture trust",
	                                    "1 gap, 120 bytes missing",
	                                    "Session 2: ",
	                                    "2001:db8::2 port 16113",
	                                    "NMSP messages",
	                                    "42 encrypted records"};
	char *text = report_of(fixture_rich(), plain());
	in_order(text, parts, sizeof parts / sizeof parts[0]);
	has(text, "certificate (damaged)");
	has(text, "finished (encrypted)");
	free(text);
}

/* Lines to paste stand alone, whole, and once. */
static void test_paste(void **state)
{
	(void)state;
	char *text = report_of(fixture_rich(), plain());
	const char *line = strstr(text, "\n       config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 ");
	assert_non_null(line);
	assert_true(strcspn(line + 1, "\n") > PAGE_WIDTH);
	const char *again = strstr(line + 20, "config auth-list add sha256-lbs-ssc");
	if (again != NULL && again < strstr(line, "Session 2: "))
		fail_msg("twice:\n%s", text);
	has(text, "lab \\x1b[31m.list line 2");
	free(text);
}

/* A line is longer than the page only where it is one word, or is there to be pasted. */
static void check_width(const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		bool paste = n > 7 && (memcmp(text, "       ", 7) == 0 || memcmp(text, "    ", 4) == 0);
		bool word = memchr(text + strspn(text, " "), ' ', n - strspn(text, " ")) == NULL;
		if (n > PAGE_WIDTH && !paste && !word)
			fail_msg("wider than the page: %.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* The end of a long name is what tells files apart. */
static void test_long_names(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	static const char letter[] = "\xc3\xa9";
	char name[301] = "";
	for (size_t i = 0; i + 1 < sizeof name; i++)
		name[i] = letter[i % 2];
	free(model->capture.inputs[1].name);
	model->capture.inputs[1].name = strdup(name);
	authlist_parse(&model->authlist, name, span_of("", 0));
	struct page page = plain();
	page.format.escape = ESCAPE_UTF8;
	char *text = report_of(model, page);
	has(text, "\npcapng       25            16   2500  ...\xc3\xa9\xc3\xa9");
	const char *line = strstr(text, "\npcapng       25") + 1;
	size_t before = strlen("pcapng       25            16   2500  ...");
	assert_int_equal(strcspn(line, "\n"), before + 2 * (PAGE_WIDTH - before));
	check_width(strstr(text, "\nCapture\n"));
	free(text);
}

/* Only what can be typed stands on a line of its own. */
static void test_sentences_are_no_commands(void **state)
{
	(void)state;
	struct model *model = fixture_empty();
	model->capture.packets = 1;
	model->capture.tcp_other = 1;
	model->capture.busiest_port = 443;
	char *text = report_of(model, plain());
	has(text, "     - when NMSP uses another port in this network, add --port 443\n");
	free(text);
	model = fixture_rich();
	model->first->alerts[0].code = TLS_CERTIFICATE_EXPIRED;
	text = report_of(model, plain());
	has(text, "     - compare the clocks: show clock on the controller, date on the engine;\n"
	          "       then set NTP on both\n");
	free(text);
}

/* ---- allow lists and the capture's trust ---- */

static void test_lists_without_entries(void **state)
{
	(void)state;
	static const char text_of[] = "username 0050569c3489 mac aaa attribute list nmsp\n";
	struct model *model = fixture_many(1);
	char *text = report_of(model, plain());
	has(text, "no AuthList was given; -a FILE compares one");
	free(text);
	model = fixture_many(1);
	authlist_parse(&model->authlist, "lab/wlc.txt", span_of(text_of, strlen(text_of)));
	text = report_of(model, plain());
	has(text, "  Problem: line 1: username 0050569c3489: aaa attribute list nmsp is not defined\n"
	          "           in this text\n"
	          "  Problem: this is a controller's text, and no whole entry of an engine stands\n");
	has(text, "controller        0  lab/wlc.txt\n");
	has_not(text, "line 0");
	has_not(text, "no AuthList was given");
	free(text);
	model = fixture_many(1);
	authlist_parse(&model->authlist, "lab/wlc.txt", span_of(text_of, strlen(text_of)));
	authlist_parse(&model->authlist, "empty.txt", span_of("", 0));
	text = report_of(model, plain());
	has(text, "  Problem: wlc.txt: line 1: username 0050569c3489: aaa");
	has(text, "  Problem: empty.txt: no entry was found: expected are lines \"MAC HASH\", an\n");
	free(text);
	model = fixture_many(1);
	authlist_parse(&model->authlist, "empty.txt", span_of("", 0));
	text = report_of(model, plain());
	has(text, " no-list\n");
	has(text, "the given AuthList holds no entry to compare with");
	free(text);
}

static void test_trust_of_one_direction(void **state)
{
	(void)state;
	static const char all_is_well[] = "no duplicate, no gap and no cut packet in the NMSP sessions";
	char *text = report_of(fixture_many(1), plain());
	has(text, all_is_well);
	free(text);
	struct model *model = fixture_many(1);
	model->first->tcp.packets[1] = 0;
	model->first->tcp.bytes[0] = 10;
	text = report_of(model, plain());
	has(text, "Trust              only one direction of the NMSP session was captured\n");
	has_not(text, all_is_well);
	free(text);
	model = fixture_many(3);
	model->first->next->tcp.bytes[0] = 10;
	text = report_of(model, plain());
	has(text, "only one direction was captured of 1 of the 3 NMSP sessions\n");
	free(text);
}

static void test_one_of_each(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct session *s = model->last;
	s->tls.protected_records[0] = 1;
	s->tls.protected_records[1] = 0;
	s->steps_dropped = 1;
	model->first->tcp.lost_bytes[1] = 1;
	char *text = report_of(model, plain());
	has(text, "  1 encrypted record: a TLS key log of this session would open it.\n");
	has(text, "Not kept beyond these: 1 step or alert.");
	has(text, "No key is at hand for 1 encrypted record:");
	has(text, "1 gap, 1 byte missing from the capture");
	free(text);
}

static void test_width(void **state)
{
	(void)state;
	char *text = report_of(fixture_rich(), plain());
	check_width(text);
	free(text);
	text = report_of(fixture_bare(), plain());
	check_width(text);
	free(text);
}

static void test_hostile(void **state)
{
	(void)state;
	for (int mode = ESCAPE_UTF8; mode <= ESCAPE_ASCII; mode++) {
		struct page page = plain();
		page.format.escape = (enum escape_mode)mode;
		page.verbose = 2;
		char *text = report_of(fixture_rich(), page);
		for (const char *c = text; *c != '\0'; c++) {
			assert_true((unsigned char)*c >= 0x20 || *c == '\n');
			assert_false(mode == ESCAPE_ASCII && (unsigned char)*c > 0x7e);
		}
		has_not(text, "\xe2\x80\xae");
		has(text, mode == ESCAPE_ASCII ? "\\x7f\\u{e9}.pcap" : "\\x7f\xc3\xa9.pcap");
		free(text);
	}
}

static void test_colour(void **state)
{
	(void)state;
	struct page page = plain();
	page.colour = true;
	char *text = report_of(fixture_rich(), page);
	has(text, "\033[1;31m");
	free(text);
}

static void test_verbose(void **state)
{
	(void)state;
	struct page page = plain();
	char *text = report_of(fixture_rich(), page);
	has_not(text, "PKCS#1 SHA-1");
	free(text);
	page.verbose = 1;
	text = report_of(fixture_rich(), page);
	has(text, "PKCS#1 SHA-1");
	has(text, "Serial");
	free(text);
}

static void test_inferred_is_marked(void **state)
{
	(void)state;
	char *text = report_of(fixture_bare(), plain());
	has(text, "10.0.0.10 port 16113 (inferred)");
	has(text, "no packet from the controller was captured");
	free(text);
}

static void test_empty(void **state)
{
	(void)state;
	char *text = report_of(fixture_empty(), plain());
	has(text, "nothing.pcap holds 0 bytes");
	has_not(text, "Session 1");
	free(text);
}

static void test_many(void **state)
{
	(void)state;
	struct page page = plain();
	char *text = report_of(fixture_many(51), page);
	has(text, "--session N");
	has(text, "Session 1: failed");
	has_not(text, "Session 51: ");
	free(text);
	page.verbose = 1;
	text = report_of(fixture_many(51), page);
	has(text, "Session 51: ");
	free(text);
	text = report_of(fixture_many(50), plain());
	has(text, "Session 50: ");
	has_not(text, "--session N");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_paste),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_sentences_are_no_commands),
	    cmocka_unit_test(test_lists_without_entries),
	    cmocka_unit_test(test_trust_of_one_direction),
	    cmocka_unit_test(test_one_of_each),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_colour),
	    cmocka_unit_test(test_verbose),
	    cmocka_unit_test(test_inferred_is_marked),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
