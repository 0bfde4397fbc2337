/* What a filter holds for: every field, every operator, unknown values, messages, and any expression of
 * terms. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/seeded.h"

#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/fixture.h"
#include "tests/model_fixture.h"
#include "tests/nmsptalk.h"
#include "ui/text.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>

struct shown {
	struct fixture f;
	struct messages *messages;
	struct view *view;
};

static void say(struct shown *shown, uint8_t dir, uint16_t type, uint32_t transaction)
{
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	struct sink sink = messages_sink(shown->messages, dir);
	nmsptalk_bare(talk, type, transaction);
	struct origin at = fixture_packet(&shown->f, dir, talk->n);
	sink.data(sink.ctx, span_of(talk->bytes, talk->n), &at);
	free(talk);
}

/* The framing of few messages is decided at their end. */
static void end(struct shown *shown, uint8_t dir)
{
	struct sink sink = messages_sink(shown->messages, dir);
	sink.end(sink.ctx, &shown->f.session->last);
}

/* A healthy session of 10.1.1.5:40000 with an echo pair and a type without a name; a minute passes behind it.
 */
static int start(void **state)
{
	struct shown *shown = xcalloc(1, sizeof *shown);
	fixture_new(&shown->f);
	fixture_healthy(&shown->f);
	fixture_list(&shown->f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	shown->messages = messages_new(shown->f.model, shown->f.session);
	say(shown, FIXTURE_ENGINE, NMSP_ECHO_REQUEST, 3);
	say(shown, FIXTURE_CONTROLLER, NMSP_ECHO_RESPONSE, 3);
	say(shown, FIXTURE_ENGINE, 777, 4);
	end(shown, FIXTURE_ENGINE);
	end(shown, FIXTURE_CONTROLLER);
	fixture_wait(&shown->f, 20 * NS_PER_S);
	shown->view = view_bare(shown->f.model);
	*state = shown;
	return 0;
}

static int stop(void **state)
{
	struct shown *shown = *state;
	view_free(shown->view);
	messages_free(shown->messages);
	fixture_free(&shown->f);
	free(shown);
	return 0;
}

static struct filter parse(const char *text)
{
	struct filter filter;
	struct filter_error err;
	if (!filter_parse(text, true, &filter, &err))
		fail_msg("%s: column %u: %s", text, (unsigned)err.column, err.text);
	return filter;
}

static bool asked(struct shown *shown, const char *text)
{
	struct filter filter = parse(text);
	struct findings *findings = xcalloc(1, sizeof *findings);
	findings_of_session(shown->f.model, shown->f.session, findings);
	struct view_digest digest = view_digest_of(shown->f.session, findings);
	free(findings);
	return filter_session(&filter, shown->view, &digest);
}

struct expected {
	const char *text;
	bool holds;
};

static void check(struct shown *shown, const struct expected *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (asked(shown, cases[i].text) != cases[i].holds)
			fail_msg("%s %s", cases[i].text, cases[i].holds ? "should hold" : "should not hold");
}

#define CHECK(shown, cases) check((shown), (cases), sizeof(cases) / sizeof((cases)[0]))

/* ---- sessions ---- */

static void test_texts(void **state)
{
	static const struct expected cases[] = {
	    {"", true},
	    {"state=active", true},
	    {"state!=active", false},
	    {"state=failed", false},
	    {"state!=failed", true},
	    {"state~ACT", true},
	    {"state~ive", true},
	    {"state~fail", false},
	    {"state!~fail", true},
	    {"cipher=tls_ecdhe_rsa_with_aes_256_gcm_sha384", true},
	    {"cipher~GCM", true},
	    {"cipher=GCM", false},
	    {"cipher!~cbc", true},
	    {"handshake=complete", true},
	    {"handshake=failed", false},
	    {"auth=match", true},
	    {"auth!=match", false},
	    {"auth~match", true},
	    {"auth=hash-mismatch", false},
	    {"observed=accepted", true},
	    {"observed=rejected", false},
	    {"verdict~\"handshake completed\"", true},
	    {"verdict~rejected", false},
	    {"engine=10.1.1.5", true},
	    {"engine=10.1.1.5:40000", true},
	    {"engine=10.1.1.5:16113", false},
	    {"engine!=10.1.1.5", false},
	    {"engine=10.1.1.9", false},
	    {"engine~10.1.", true},
	    {"engine~.5:4", true},
	    {"engine!~10.2.", true},
	    {"controller=10.1.1.9:16113", true},
	    {"controller=10.1.1.5", false},
	    {"mac=00:50:56:9c:34:89", true},
	    {"mac=0050.569C.3489", true},
	    {"mac!=00:50:56:9c:34:88", true},
	    {"mac~56:9c", true},
	    {"mac~01", false},
	};
	CHECK(*state, cases);
}

static void test_numbers(void **state)
{
	static const struct expected cases[] = {
	    {"session=1", true},
	    {"session!=1", false},
	    {"session=2", false},
	    {"session<1", false},
	    {"session<2", true},
	    {"session<=1", true},
	    {"session<=0", false},
	    {"session>0", true},
	    {"session>1", false},
	    {"session>=1", true},
	    {"session>=2", false},
	    {"requests=1 responses=1 missed=0 messages=3", true},
	    {"requests>1 | responses>1 | missed>0 | messages!=3", false},
	    {"packets>10 packets<1k", true},
	    {"bytes>1k", true},
	    {"bytes>1M", false},
	    {"version=TLSv1.2", true},
	    {"version!=TLSv1.2", false},
	    {"version<TLSv1.2", false},
	    {"version<=TLSv1.2", true},
	    {"version>TLSv1.1", true},
	    {"version>=TLSv1.3", false},
	    {"version~v1.", true},
	    {"version!~v1.", false},
	    {"age>=20s", true},
	    {"age>19s age<21s", true},
	    {"age<1m", true},
	    {"age>5m", false},
	    {"rtt=1ms", true},
	    {"rtt>999us", true},
	    {"rtt>1ms", false},
	    {"opened=2015-12-13", true},
	    {"opened!=2015-12-13", false},
	    {"opened=2015-12-13T09:46", true},
	    {"opened=2015-12-13T09:46:40.000000", true},
	    {"opened=2015-12-13T09:47", false},
	    {"opened>2015-12-13", false},
	    {"opened>=2015-12-13", true},
	    {"opened<2015-12-13", false},
	    {"opened<=2015-12-13", true},
	    {"opened>2015-12-12", true},
	    {"opened<2015-12-14", true},
	};
	CHECK(*state, cases);
}

/* Several values: one that does is enough, and none may be equal with !=. */
static void test_lists(void **state)
{
	static const struct expected cases[] = {
	    {"type=echo_request", true},
	    {"type~ECHO", true},
	    {"type=TYPE_777", true},
	    {"type=ECHO", false},
	    {"type!=ECHO_REQUEST", false},
	    {"type!=CAPABILITY_NOTIFICATION", true},
	    {"direction=IN direction=OUT", true},
	    {"direction!=IN", false},
	    {"id=777", true},
	    {"id>777", false},
	    {"id>2", true},
	    {"id!=5", true},
	    {"length=12", true},
	    {"length<12", false},
	};
	CHECK(*state, cases);
}

static void test_severity(void **state)
{
	struct shown *shown = *state;
	static const struct expected healthy[] = {
	    {"severity=info", true},          {"severity<warning", true},       {"severity>=info", true},
	    {"severity=none", false},         {"finding=keys-missing", true},   {"severity!=error", true},
	    {"finding=auth-rejected", false}, {"finding!=auth-rejected", true}, {"finding~auth", false},
	};
	CHECK(shown, healthy);
	fixture_alert(&shown->f, FIXTURE_CONTROLLER, TLS_ALERT_FATAL, 80);
	static const struct expected failed[] = {
	    {"severity=error", true},      {"severity>=warning", true}, {"severity<error", false},
	    {"severity~err", true},        {"finding=tls-alert", true}, {"finding~tls-", true},
	    {"finding!=tls-alert", false}, {"finding!~zzz", true},
	};
	CHECK(shown, failed);
}

static void test_no_finding(void **state)
{
	struct shown *shown = *state;
	struct view_digest digest = {.session = shown->f.session};
	struct filter none =
	    parse("severity=none severity<info !severity>=info finding!=keys-missing finding!~a");
	struct filter some = parse("severity>none | severity>=info | finding~a");
	assert_true(filter_session(&none, shown->view, &digest));
	assert_false(filter_session(&some, shown->view, &digest));
}

/* Nothing is known: no number, no rank, no time; the empty text. */
static void test_unknown(void **state)
{
	struct shown *shown = *state;
	struct session *session = shown->f.session;
	session->tls.version = 0;
	session->tls.server_hello = false;
	session->n_certs = 0;
	session->addr[FIXTURE_ENGINE].version = 0;
	session->opened.time = ORIGIN_NO_TIME;
	session->last.time = ORIGIN_NO_TIME;
	static const struct expected cases[] = {
	    {"version=TLSv1.2", false},
	    {"version!=TLSv1.2", true},
	    {"version<TLSv1.3", false},
	    {"version>=SSLv2", false},
	    {"version~\"\"", true},
	    {"cipher=\"\"", true},
	    {"cipher!=\"\"", false},
	    {"cipher~x", false},
	    {"mac=\"\"", true},
	    {"mac~00", false},
	    {"engine=\"\"", true},
	    {"engine=10.1.1.5", false},
	    {"engine!=10.1.1.5", true},
	    {"controller=\"\"", false},
	    {"opened>=2000-01-01", false},
	    {"opened<2000-01-01", false},
	    {"opened!=2000-01-01", true},
	    {"age>=0s", false},
	    {"age!=0s", true},
	};
	CHECK(shown, cases);
}

static void test_ip6(void **state)
{
	struct shown *shown = *state;
	struct addr *addr = &shown->f.session->addr[FIXTURE_ENGINE];
	*addr = (struct addr){.version = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	static const struct expected cases[] = {
	    {"engine=2001:DB8:0::1", true},    {"engine=[2001:db8::1]:40000", true},
	    {"engine=[2001:db8::1]:1", false}, {"engine~2001:db8:", true},
	    {"engine~db8::1]:4", true},        {"engine=2001:db8::2", false},
	};
	CHECK(shown, cases);
}

/* ---- messages ---- */

static unsigned count_messages(struct shown *shown, const char *text)
{
	struct filter filter = parse(text);
	unsigned n = 0;
	view_session_open(shown->view, shown->f.session);
	for (const struct nmsp_kept *kept = shown->f.session->nmsp->oldest; kept != NULL; kept = kept->next)
		n += filter_message(&filter, shown->view, kept);
	return n;
}

static void test_messages(void **state)
{
	assert_int_equal(count_messages(*state, ""), 3);
	assert_int_equal(count_messages(*state, "type=ECHO_REQUEST"), 1);
	assert_int_equal(count_messages(*state, "type!=ECHO_REQUEST"), 2);
	assert_int_equal(count_messages(*state, "type~ECHO direction=IN"), 1);
	assert_int_equal(count_messages(*state, "direction=OUT"), 2);
	assert_int_equal(count_messages(*state, "id>=2"), 2);
	assert_int_equal(count_messages(*state, "length=12"), 3);
	assert_int_equal(count_messages(*state, "length>12"), 0);
	assert_int_equal(count_messages(*state, "type=TYPE_777 state=active"), 1);
	assert_int_equal(count_messages(*state, "type=TYPE_777 state=failed"), 0);
	assert_int_equal(count_messages(*state, "severity=info finding!=tls-alert auth=match"), 3);
}

/* ---- expressions ---- */

/* Appends a random expression of terms that are known to hold or not; tells whether it does. */
static bool grow(struct seeded *s, char *text, unsigned depth)
{
	bool holds = false;
	uint32_t parts = 1 + seeded_below(s, 3);
	for (uint32_t i = 0; i < parts; i++) {
		strcat(text, i > 0 ? "|" : "");
		bool all = true;
		for (uint32_t n = 1 + seeded_below(s, 3); n > 0; n--) {
			bool turned = seeded_one_in(s, 3), one = seeded_one_in(s, 2);
			strcat(text, turned ? " !" : " ");
			if (depth > 0 && seeded_one_in(s, 3)) {
				strcat(text, "(");
				one = grow(s, text, depth - 1);
				strcat(text, ")");
			} else {
				strcat(text, one ? "session=1" : "session=2");
			}
			all = all && one != turned;
		}
		holds = holds || all;
	}
	return holds;
}

static void test_expressions(void **state)
{
	unsigned tried = 0;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		struct seeded s = seeded_of(seed);
		char text[1 << 14] = "", printed[FILTER_TEXT];
		struct filter filter;
		struct filter_error err;
		bool holds = grow(&s, text, 3);
		if (!filter_parse(text, true, &filter, &err))
			continue; /* too many terms */
		tried++;
		struct shown *shown = *state;
		struct view_digest digest = {.session = shown->f.session};
		seeded_check(&s, filter_session(&filter, shown->view, &digest) == holds, text);
		filter_print(&filter, printed);
		struct filter again = parse(printed);
		seeded_check(&s, filter_session(&again, shown->view, &digest) == holds, printed);
	}
	assert_true(tried > 2500);
}

/* ---- views ---- */

static char *report_of(const struct view *view, struct page page)
{
	char *text = NULL;
	size_t n = 0;
	struct view *shown = xmemdup(view, sizeof *view);
	page.out = open_memstream(&text, &n);
	text_report(&page, shown);
	fclose(page.out);
	free(shown);
	return text;
}

static void test_view(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t only;
		size_t shown, hidden;
		bool error;
	} cases[] = {
	    {"state=failed", 0, 1, 1, true},
	    {"severity=error", 0, 1, 1, true},
	    {"state!=failed", 0, 1, 1, false},
	    {"session=3", 0, 0, 2, false},
	    {"session>0", 0, 2, 0, true},
	    {"", 0, 2, 0, true},
	    {"state=failed", 1, 1, 0, true},
	    {"state=failed", 2, 0, 1, false},
	    {"finding=auth-rejected", 0, 1, 1, true},
	};
	struct model *model = fixture_rich();
	model->capture.inputs[0].truncated = false;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct filter filter = parse(cases[i].text);
		struct view *view = view_new(model, cases[i].only, &filter);
		assert_int_equal(view->n_digests, cases[i].shown);
		assert_int_equal(view->n_hidden, cases[i].hidden);
		assert_int_equal(view_has_error(view), cases[i].error);
		assert_true((view->filter == NULL) == filter_is_empty(&filter));
		view_free(view);
	}
	model_free(model);
}

static void test_report(void **state)
{
	(void)state;
	struct page page = {.format = {.escape = ESCAPE_ASCII, .utc = true}};
	struct model *model = fixture_rich();
	struct filter none = parse("verdict~\"\x1b[2J\"");
	struct view *view = view_new(model, 0, &none);
	char *text = report_of(view, page);
	has(text, "Sessions\n0 of 2 sessions, --filter verdict~\\x1b[2J\n");
	has_not(text, "\x1b");
	has_not(text, "Session 1");
	free(text);
	view_free(view);
	struct filter one = parse("state=failed");
	view = view_new(model, 0, &one);
	text = report_of(view, page);
	has(text, "Sessions\n1 of 2 sessions, --filter state=failed\n");
	has(text, "Session 1: failed");
	has_not(text, "Session 2");
	free(text);
	view_free(view);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_texts, start, stop),
	    cmocka_unit_test_setup_teardown(test_numbers, start, stop),
	    cmocka_unit_test_setup_teardown(test_lists, start, stop),
	    cmocka_unit_test_setup_teardown(test_severity, start, stop),
	    cmocka_unit_test_setup_teardown(test_no_finding, start, stop),
	    cmocka_unit_test_setup_teardown(test_unknown, start, stop),
	    cmocka_unit_test_setup_teardown(test_ip6, start, stop),
	    cmocka_unit_test_setup_teardown(test_messages, start, stop),
	    cmocka_unit_test_setup_teardown(test_expressions, start, stop),
	    cmocka_unit_test(test_view),
	    cmocka_unit_test(test_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
