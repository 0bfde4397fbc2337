/* The view: every column of every table answers, values are the right ones, and what is computed is right. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fixture.h"
#include "ui/format.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

static size_t walk(const struct table *table, const struct row *row);

static size_t walk_list(const struct table *table, const struct row *row)
{
	size_t cells = 0, n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		cells += walk(table, &item);
	}
	return cells;
}

/* Calls every getter below a row; formats each value for people. */
static size_t walk(const struct table *table, const struct row *row)
{
	static const struct format how = {.escape = ESCAPE_ASCII, .utc = true};
	size_t cells = 0;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		cells++;
		if (column->shape == COLUMN_OBJECT) {
			cells += walk(column->table, row);
		} else if (column->shape == COLUMN_VALUE) {
			struct value value = column->get(row);
			char *text = format_value(&value, &how);
			assert_true(strlen(text) > 0);
			free(text);
		} else {
			cells += walk_list(column->table, row);
		}
	}
	return cells;
}

static size_t walk_model(struct model *model)
{
	struct view *view = view_new(model, 0, NULL);
	struct row root = view_root(view);
	size_t cells = walk(&view_report, &root) + walk_list(&view_overview, &root);
	size_t n = view_rows(&view_sessions, &root);
	for (size_t i = 0; i < n; i++) {
		struct row row = view_row(&view_sessions, &root, i);
		cells += walk_list(&view_timeline, &row) + walk_list(&view_trust, &row);
	}
	view_free(view);
	model_free(model);
	return cells;
}

static void test_all_cells(void **state)
{
	(void)state;
	size_t empty = walk_model(fixture_empty());
	size_t bare = walk_model(fixture_bare());
	size_t rich = walk_model(fixture_rich());
	print_message("cells: empty %zu, bare %zu, rich %zu\n", empty, bare, rich);
	assert_true(empty > 20 && bare > empty + 60 && rich > bare + 300);
}

/* ---- which sessions, and the exit status ---- */

static void test_one_session(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct view *view = view_new(model, 2, NULL);
	struct row root = view_root(view);
	assert_int_equal(view_rows(&view_sessions, &root), 1);
	struct row row = view_row(&view_sessions, &root, 0);
	assert_int_equal(row.session->session->id, 2);
	view_free(view);
	view = view_new(model, 1, NULL);
	assert_int_equal(view->n_digests, 1);
	view_free(view);
	view = view_new(model, 3, NULL);
	root = view_root(view);
	assert_int_equal(view_rows(&view_sessions, &root), 0);
	view_free(view);
	model_free(model);
}

static void test_has_error(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct view *all = view_new(model, 0, NULL), *rejected = view_new(model, 1, NULL);
	assert_true(view_has_error(all));
	assert_true(view_has_error(rejected));
	view_free(all);
	view_free(rejected);
	model_free(model);
	model = fixture_bare();
	struct view *bare = view_new(model, 0, NULL);
	assert_false(view_has_error(bare));
	view_free(bare);
	model_free(model);
}

/* ---- timeline and trust ---- */

static void test_timeline(void **state)
{
	(void)state;
	static const char *const expected[] = {"TCP SYN",
	                                       "TCP SYN ACK",
	                                       "client_hello",
	                                       "gap: bytes are missing from the capture",
	                                       "server_hello",
	                                       "certificate (damaged)",
	                                       "certificate_request",
	                                       "server_hello_done",
	                                       "certificate",
	                                       "client_key_exchange",
	                                       "certificate_verify",
	                                       "change_cipher_spec",
	                                       "finished (encrypted)",
	                                       "ALERT fatal certificate_unknown (46)",
	                                       "ICMP error type 3 code 13 from 10.0.0.1",
	                                       "TCP RST"};
	struct model *model = fixture_rich();
	struct view *view = view_new(model, 0, NULL);
	struct row root = view_root(view);
	struct row row = view_row(&view_sessions, &root, 0);
	assert_int_equal(row.session->n_events, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < row.session->n_events; i++)
		assert_string_equal(row.session->events[i].text, expected[i]);
	assert_int_equal(row.session->n_trust, 3);
	view_free(view);
	model_free(model);
}

/* A step whose bytes came before a late one that precedes it keeps its place behind it. */
static void test_late_step(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct session *s = model->first;
	s->steps[5].at = s->steps[6].at;
	s->steps[5].at.packet++; /* the engine's certificate came late, in the alert's packet */
	struct view *view = view_new(model, 1, NULL);
	struct row root = view_root(view);
	struct row row = view_row(&view_sessions, &root, 0);
	const struct view_event *events = row.session->events;
	assert_string_equal(events[8].text, "certificate");
	assert_string_equal(events[9].text, "client_key_exchange");
	assert_string_equal(events[13].text, "ALERT fatal certificate_unknown (46)");
	view_free(view);
	model_free(model);
}

/* A session at every cap: nothing is written past the arrays. */
static void test_full_timeline(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct session *s = model->first;
	s->tls.not_tls = true;
	s->tls.not_tls_at = s->opened;
	struct step step = s->steps[0];
	struct alert_seen alert = s->alerts[0];
	struct icmp_seen icmp = s->icmp[0];
	for (int i = 0; i < 200; i++) {
		model_add_step(model, s, &step);
		model_add_alert(model, s, &alert);
		model_add_icmp(s, &icmp);
	}
	for (int i = 0; i < LIMIT_SYNS; i++)
		s->tcp.syn[i] = step.at;
	s->tcp.syns = 1000;
	s->tcp.fin[0] = s->tcp.fin[1] = step.at;
	s->tls.first_protected[0] = s->tls.first_protected[1] = step.at;
	struct view *view = view_new(model, 1, NULL);
	struct row root = view_root(view);
	struct row row = view_row(&view_sessions, &root, 0);
	assert_int_equal(row.session->n_events,
	                 LIMIT_STEPS + LIMIT_ALERTS + LIMIT_SYNS + LIMIT_ICMP + 1 + 2 + 1 + 2 + 1 + 1);
	view_free(view);
	model_free(model);
}

/* A certificate whose dates cannot be read shows none, and not those of 1970. */
static void test_dates_that_cannot_be_read(void **state)
{
	(void)state;
	struct model *model = fixture_rich();
	struct cert_seen *seen = &model->first->certs[0];
	const struct cert *stored = seen->cert;
	struct cert undated = *stored;
	struct view *view = view_new(model, 1, NULL);
	struct row root = view_root(view);
	struct row session = view_row(&view_sessions, &root, 0);
	struct row row = view_row(&view_certificates, &session, 0);
	size_t date = 0;
	while (view_certificates.columns[date].key == NULL ||
	       strcmp(view_certificates.columns[date].key, "not_after") != 0)
		date++;
	assert_int_equal(view_certificates.columns[date].get(&row).kind, VALUE_DATE);
	undated.has_dates = false;
	seen->cert = &undated;
	assert_int_equal(view_certificates.columns[date].get(&row).kind, VALUE_NULL);
	seen->cert = stored;
	view_free(view);
	model_free(model);
}

/* ---- formats ---- */

static void check_format(struct value value, const char *expected)
{
	static const struct format how = {.escape = ESCAPE_UTF8, .utc = true};
	char *text = format_value(&value, &how);
	assert_string_equal(text, expected);
	free(text);
}

static void test_formats(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x00, 0xab, 0xff};
	struct addr addr = {.version = 4, .bytes = {192, 0, 2, 1}};
	check_format(view_null(), "-");
	check_format(view_text(""), "-");
	check_format(view_text("a\nb"), "a\\x0ab");
	check_format(view_count(UINT64_MAX), "18446744073709551615");
	check_format(view_bool(true), "yes");
	check_format((struct value){.kind = VALUE_TIME, .ns = -1}, "1969-12-31 23:59:59.999999");
	check_format((struct value){.kind = VALUE_DATE, .seconds = 253402300799}, "9999-12-31 23:59:59");
	check_format((struct value){.kind = VALUE_DATE, .seconds = INT64_MAX}, "1900-01-01 00:00:00");
	check_format((struct value){.kind = VALUE_DATE, .seconds = -62167219201}, "-1-12-31 23:59:59");
	check_format((struct value){.kind = VALUE_DATE, .seconds = -60589296000}, "50-01-01 00:00:00");
	check_format((struct value){.kind = VALUE_OFFSET, .ns = -1500000000}, "-1.500000");
	check_format((struct value){.kind = VALUE_MAC, .mac = {0x00, 0x50, 0x56, 0x9c, 0x34, 0xf9}}, "00:50:56:9c:34:f9");
	check_format((struct value){.kind = VALUE_BYTES, .bytes = {bytes, sizeof bytes}}, "00abff");
	check_format((struct value){.kind = VALUE_CODE, .code = 0x21a0}, "0x21a0");
	check_format((struct value){.kind = VALUE_ENDPOINT, .addr = &addr, .port = 9}, "192.0.2.1 port 9");
}

static void test_rfc3339(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds, ns;
		const char *text;
	} known[] = {{0, 0, "1970-01-01T00:00:00.000000Z"},
	             {-1, 999999999, "1969-12-31T23:59:59.999999Z"},
	             {1795834196, 70809, "2026-11-28T02:49:56.000070Z"},
	             {253402300799, 0, "9999-12-31T23:59:59.000000Z"},
	             {253402300800, 0, "1900-01-01T00:00:00.000000Z"},
	             {-62167219200, 0, "0000-01-01T00:00:00.000000Z"},
	             {-62167219201, 0, "1900-01-01T00:00:00.000000Z"},
	             {INT64_MAX, 0, "1900-01-01T00:00:00.000000Z"}};
	char text[FORMAT_TIME];
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_string_equal(format_rfc3339(known[i].seconds, known[i].ns, text), known[i].text);
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		int64_t ns;
		const char *text;
	} known[] = {{0, "0 us"},
	             {12000, "12 us"},
	             {1250000, "1.25 ms"},
	             {230 * INT64_C(1000000), "230 ms"},
	             {NS_PER_S, "1.0 s"},
	             {119 * NS_PER_S, "119.0 s"},
	             {200 * NS_PER_S, "3 min 20 s"},
	             {7200 * NS_PER_S, "2 h 0 min"},
	             {187200 * NS_PER_S, "2 d 4 h"}};
	char text[FORMAT_DURATION];
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_string_equal(format_duration(known[i].ns, text), known[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_cells),
	    cmocka_unit_test(test_one_session),
	    cmocka_unit_test(test_has_error),
	    cmocka_unit_test(test_timeline),
	    cmocka_unit_test(test_late_step),
	    cmocka_unit_test(test_full_timeline),
	    cmocka_unit_test(test_dates_that_cannot_be_read),
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_rfc3339),
	    cmocka_unit_test(test_durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
