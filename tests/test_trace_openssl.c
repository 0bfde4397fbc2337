/*
 * Lines of openssl -state, the syslog line of a Catalyst 9800, and the table of states.
 */
#include "dissect/trace.h"

#include "dissect/tls.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tracelines.h"

struct openssl_row {
	const char *text;
	uint16_t state; /* 0: none */
	int message;    /* -1: none */
	bool written;
};
static const struct openssl_row openssl_rows[] = {
    {"SSL_accept:before/accept initialization", 0x6000, -1, false},
    {"SSL_accept:before SSL initialization", 0x6000, -1, false},
    {"SSL_connect:before SSL initialization", 0x5000, -1, false},
    {"SSL_connect:before/connect initialization", 0x5000, -1, false},
    {"SSL_accept:SSLv3 read client hello A", 0x2110, TLS_CLIENT_HELLO, false},
    {"SSL_accept:SSLv3/TLS read client hello", 0x2111, TLS_CLIENT_HELLO, false},
    {"SSL_accept:SSLv3/TLS write server hello", 0x2130, TLS_SERVER_HELLO, true},
    {"SSL_accept:SSLv3/TLS write certificate", 0x2140, TLS_CERTIFICATE, true},
    {"SSL_accept:SSLv3/TLS write key exchange", 0x2150, TLS_SERVER_KEY_EXCHANGE, true},
    {"SSL_accept:SSLv3/TLS write certificate request", 0x2160, TLS_CERTIFICATE_REQUEST, true},
    {"SSL_accept:SSLv3/TLS write server done", 0x2170, TLS_SERVER_HELLO_DONE, true},
    {"SSL_accept:SSLv3/TLS read client certificate", 0x2180, TLS_CERTIFICATE, false},
    {"SSL_accept:SSLv3/TLS read finished", 0x21c0, TLS_FINISHED, false},
    {"SSL_accept:SSLv3/TLS write session ticket", 0x21f0, TLS_NEW_SESSION_TICKET, true},
    {"SSL_accept:SSLv3/TLS write change cipher spec", 0x21d0, TRACE_CHANGE_CIPHER_SPEC, true},
    {"SSL_accept:TLSv1.3 write encrypted extensions", 0, TLS_ENCRYPTED_EXTENSIONS, true},
    {"SSL_accept:TLSv1.3 write server certificate verify", 0, TLS_CERTIFICATE_VERIFY, true},
    {"SSL_accept:TLSv1.3 early data", 0, -1, false},
    {"SSL_accept:SSL negotiation finished successfully", 3, -1, false},
    {"SSL_connect:SSLv3/TLS write client hello", 0x1110, TLS_CLIENT_HELLO, true},
    {"SSL_connect:SSLv3/TLS read server certificate request", 0x1150, TLS_CERTIFICATE_REQUEST, false},
    {"SSL_connect:SSLv3/TLS write finished", 0x11b0, TLS_FINISHED, true},
    {"SSL_connect:SSLv3 flush data", 0x1100, -1, true},
    {"SSL_connect:TLSv1.3 read encrypted extensions", 0, TLS_ENCRYPTED_EXTENSIONS, false},
};
enum { OPENSSL_ROWS = sizeof openssl_rows / sizeof *openssl_rows };

static void openssl_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPENSSL_ROWS; i++) {
		const struct openssl_row *row = &openssl_rows[i];
		struct trace_line line = decode(row->text);
		if (line.kind != TRACE_OPENSSL_STATE || line.has_state != (row->state != 0) ||
		    line.state != row->state || line.has_message != (row->message >= 0) ||
		    (line.has_message && line.message != row->message) || line.written != row->written)
			fail_msg("%s: kind %d, state %x, message %u", row->text, (int)line.kind, line.state, line.message);
		assert_int_equal(line.client_side, row->text[4] == 'c');
	}
}

static void openssl_alerts_and_errors(void **state)
{
	(void)state;
	struct trace_line line = decode("SSL3 alert write:fatal:unknown CA");
	assert_int_equal(line.kind, TRACE_OPENSSL_ALERT);
	assert_true(line.has_alert && line.written && line.alert_level == TLS_ALERT_FATAL);
	assert_int_equal(line.alert, TLS_UNKNOWN_CA);
	line = decode("SSL3 alert read:warning:close notify");
	assert_int_equal(line.kind, TRACE_OPENSSL_ALERT);
	assert_true(line.has_alert && !line.written && line.alert_level == TLS_ALERT_WARNING && line.alert == 0);
	line = decode("SSL3 alert write:fatal:something new");
	assert_true(line.kind == TRACE_OPENSSL_ALERT && !line.has_alert);
	assert_int_equal(decode("SSL_accept:error in error").kind, TRACE_OPENSSL_ERROR);
	line = decode("SSL_connect:failed in SSLv3 read server hello A");
	assert_true(line.kind == TRACE_OPENSSL_ERROR && line.client_side);
	line = decode("808BE61E4F7F0000:error:0A0000C7:SSL routines:tls_process_client_certificate:x");
	assert_true(line.kind == TRACE_OPENSSL_ERROR && line.error == 0x0a0000c7);
}

#define NOTICE                                                                                               \
	"%NMSP_SYSLOG-5-NMSP_SSL_NOTICE: Chassis 1 R0/0: nmspd: nmspd TLS notice [TLS local: 192.0.2.10 "     \
	"remote: 2001:db8::5] closing CMX connection over TLS protocol"

static void syslog_lines(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t time; /* 0: none */
		bool no_year;
	} rows[] = {
	    {NOTICE, 0, false},
	    {"*Mar  2 2026 09:15:00.120 UTC: " NOTICE, TIME, false},
	    {"<189>1234: Mar  2 2026 09:15:00.120: " NOTICE, TIME, false},
	    {"2026-03-02T09:15:00.120456Z wlc1 " NOTICE, TIME, false},
	    {"2026/03/02 09:15:00.12 " NOTICE, TIME, false},
	    {"000123: *Mar  2 09:15:00.120: " NOTICE, INT64_C(5217300120000000), true},
	    {"Mar  2 09:15:00 wlc1 17: " NOTICE, INT64_C(5217300000000000), true},
	    {"Mar 77 09:15:00 wlc1 " NOTICE, 0, false},
	    {"0026-03-02T09:15:00 " NOTICE, 0, false},
	    {"9926-03-02T09:15:00 " NOTICE, 0, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t *keep;
		struct trace_line line = decode_bytes(rows[i].text, strlen(rows[i].text), &keep);
		if (line.kind != TRACE_SYSLOG || line.has_time != (rows[i].time != 0) || line.time != rows[i].time ||
		    line.no_year != rows[i].no_year)
			fail_msg("%s: kind %d, time %lld", rows[i].text, (int)line.kind, (long long)line.time);
		assert_span(line.local, "192.0.2.10");
		assert_span(line.remote, "2001:db8::5");
		assert_memory_equal(line.words.p, "Chassis 1", 9);
		free(keep);
	}
	assert_int_equal(decode("%LINK-3-UPDOWN: Interface up").kind, TRACE_OTHER);
}

static void syslog_ends(void **state)
{
	(void)state;
	static const struct {
		const char *text, *local, *remote;
	} rows[] = {
	    {"%NMSP_SYSLOG-5-X: [TLS local: 192.0.2.1:16113 remote: 192.0.2.9:40112] closing", "192.0.2.1",
	     "192.0.2.9"},
	    {"%NMSP_SYSLOG-5-X: [TLS local: [2001:db8::5]:16113 remote: [2001:db8::6]:7] closing", "2001:db8::5",
	     "2001:db8::6"},
	    {"%NMSP_SYSLOG-5-X: [TLS local: 2001:db8::5 remote: x] closing", "2001:db8::5", "x"},
	    {"%NMSP_SYSLOG-5-X: service started", "", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t *keep;
		struct trace_line line = decode_bytes(rows[i].text, strlen(rows[i].text), &keep);
		assert_int_equal(line.kind, TRACE_SYSLOG);
		assert_span(line.local, rows[i].local);
		assert_span(line.remote, rows[i].remote);
		free(keep);
		cut_everywhere(rows[i].text);
	}
}

static void state_table(void **state)
{
	(void)state;
	const struct trace_state *row = trace_state(0x2111);
	assert_non_null(row);
	assert_string_equal(row->name, "SSLv3 read client hello B");
	assert_int_equal(row->message, TLS_CLIENT_HELLO);
	assert_false(row->written);
	assert_int_equal(trace_state(0x2182)->message, TLS_CERTIFICATE);
	assert_int_equal(trace_state(0x21d0)->message, TRACE_CHANGE_CIPHER_SPEC);
	assert_true(trace_state(0x1170)->written);
	assert_int_equal(trace_state(0x2100)->message, TRACE_NO_MESSAGE);
	assert_null(trace_state(0x2183));
	assert_null(trace_state(0));
	assert_null(trace_state(0xffff));
	size_t n = 0;
	for (uint32_t number = 0; number <= UINT16_MAX; number++) {
		row = trace_state((uint16_t)number);
		n += row != NULL;
		assert_true(row == NULL || row->number == number);
	}
	assert_int_equal(n, 84);
}

static void cut_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPENSSL_ROWS; i++)
		cut_everywhere(openssl_rows[i].text);
	cut_everywhere("SSL3 alert write:fatal:certificate unknown");
	cut_everywhere("*Mar  2 2026 09:15:00.120 UTC: %NMSP_SYSLOG-5-X: [TLS local: 192.0.2.1 remote: 192.0.2.2]");
	cut_everywhere("2026-03-02T09:15:00.120Z %NMSP_SYSLOG-5-X: text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(openssl_states),
	    cmocka_unit_test(openssl_alerts_and_errors),
	    cmocka_unit_test(syslog_lines),
	    cmocka_unit_test(syslog_ends),
	    cmocka_unit_test(state_table),
	    cmocka_unit_test(cut_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
