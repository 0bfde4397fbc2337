/*
 * Lines of a debug trace: the three numbers, the strings, the sentences; clean, translated and damaged.
 */
#include "dissect/trace.h"

#include "dissect/limits.h"
#include "dissect/tls.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tracelines.h"

struct state_row {
	const char *text;
	bool has_state, has_where, has_ret;
	uint16_t state, where;
	int32_t ret;
	bool damaged;
};
static const struct state_row state_rows[] = {
    {"SSL state = 0x2111; where = 0x2001; ret = 0x1", true, true, true, 0x2111, 0x2001, 1, false},
    {"SSL state = 0x6000; where = 0x10; ret = 0x1", true, true, true, 0x6000, 0x10, 1, false},
    {"SSL state = 0x3; where = 0x2002; ret = 0x1", true, true, true, 3, 0x2002, 1, false},
    {"SSL state = 0x2180; where = 0x2002; ret = 0xffffffff", true, true, true, 0x2180, 0x2002, -1, false},
    {"SSL state = 0x1170; where = 0x1001; ret = 0x1", true, true, true, 0x1170, 0x1001, 1, false},
    {"SSL-staat = 0x2111; waarbij = 0x2002; ref = Oxfffffffff", true, true, true, 0x2111, 0x2002, -1, true},
    {"SSL-Zustand = Ox2l80; wobei = 0x2OOI; reg = 0xl", true, true, true, 0x2180, 0x2001, 1, true},
    {"SSL state = 0x21B0; where = 0x400B; ret = 0x22e", true, true, true, 0x2180, 0x4008, 0x22e, true},
    {"SSL state = 0x21gO; where = 0xZ001; ret = 0x1", true, true, true, 0x2190, 0x2001, 1, true},
    {"5SL state - 0x2111; where - 0x2001; ret - 0x1", true, true, true, 0x2111, 0x2001, 1, false},
    {"SSL state=0x2111;where=0x2001;ret=0x1", true, true, true, 0x2111, 0x2001, 1, false},
    {"Etat SSL = 0x2111, ou = 0x2001, ret = 0x1", true, true, true, 0x2111, 0x2001, 1, true},
    {"where = 0x2001; ret = 0x1", false, true, true, 0, 0x2001, 1, true},
    {"waarbij = 0x4008; restant = 0x22e", false, true, true, 0, 0x4008, 0x22e, true},
    {"SSL state = 0x2160; where = 0x2001;", true, true, false, 0x2160, 0x2001, 0, false},
    {"SSL state = 0x2160; ret = 0x1", true, false, true, 0x2160, 0, 1, true},
    {"SSL state = 0x2160;", true, false, false, 0x2160, 0, 0, false},
    {"where = 0x2001;", false, true, false, 0, 0x2001, 0, true},
    {"SSL state = 0x21110; where = 0x2001; ret = 0x1", false, true, true, 0, 0x2001, 1, false},
};

static void state_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof state_rows / sizeof *state_rows; i++) {
		const struct state_row *row = &state_rows[i];
		struct trace_line line = decode(row->text);
		if (line.kind != TRACE_STATE || line.has_state != row->has_state || line.state != row->state ||
		    line.has_where != row->has_where || line.where != row->where || line.has_ret != row->has_ret ||
		    line.ret != row->ret)
			fail_msg("%s: kind %d, %x/%x/%d", row->text, (int)line.kind, line.state, line.where, line.ret);
		assert_int_equal(line.client_side, row->state >> 12 == 1);
		assert_int_equal(line.repairs > 0, row->damaged);
	}
	assert_int_equal(decode("flags 0x17, mask 0x44 of slot 2").kind, TRACE_OTHER);
	assert_int_equal(decode("NMSP buffer 0x2f at 0x123456").kind, TRACE_OTHER);
}

static void alerts_of_states(void **state)
{
	(void)state;
	struct trace_line line = decode(AT "SSL state = 0x2182; where = 0x4008; ret = 0x22e");
	assert_true(line.has_alert && line.written);
	assert_int_equal(line.alert_level, TLS_ALERT_FATAL);
	assert_int_equal(line.alert, TLS_CERTIFICATE_UNKNOWN);
	line = decode("SSL state = 0x2180; where = 0x4004; ret = 0x100");
	assert_true(line.has_alert && !line.written);
	assert_int_equal(line.alert_level, TLS_ALERT_WARNING);
	assert_int_equal(line.alert, TLS_CLOSE_NOTIFY);
	assert_false(decode("SSL state = 0x2180; where = 0x4004; ret = 0x1").has_alert);
	assert_false(decode("SSL state = 0x2180; where = 0x2002; ret = 0x22e").has_alert);
}

static void strings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum trace_kind kind;
		const char *words;
	} rows[] = {
	    {AT "ret_type_string=unknown", TRACE_RET_TYPE, "unknown"},
	    {AT "ret_desc_string=unknown", TRACE_RET_DESC, "unknown"},
	    {AT "SSL_state_string=SSLv3 read client hello B", TRACE_STATE_TEXT, "SSLv3 read client hello B"},
	    {"SSL_state string=voor/accepteer", TRACE_STATE_TEXT, "voor/accepteer"},
	    {"SSL_state _string=SSLv3 lees", TRACE_STATE_TEXT, "SSLv3 lees"},
	    {"ret_desc_strlng=x", TRACE_RET_DESC, "x"},
	    {"ret_type_sfring=x", TRACE_RET_TYPE, "x"},
	    {"ret type string = x", TRACE_RET_TYPE, "x"},
	    {"ret_desc_string-x", TRACE_RET_DESC, "x"},
	    {"5SL_5tate_5tring=x", TRACE_STATE_TEXT, "x"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t *keep;
		struct trace_line line = decode_bytes(rows[i].text, strlen(rows[i].text), &keep);
		if (line.kind != rows[i].kind)
			fail_msg("%s: kind %d", rows[i].text, (int)line.kind);
		assert_span(line.words, rows[i].words);
		assert_int_equal(line.repairs > 0, i > 2);
		free(keep);
	}
	assert_int_equal(decode("ret_type_string=fatal").alert_level, TLS_ALERT_FATAL);
	assert_int_equal(decode("ret_type_string=waarschuwing").alert_level, TLS_ALERT_WARNING);
	assert_int_equal(decode("ret_type_string=unknown").alert_level, 0);
	assert_int_equal(decode("some_other_key=x").kind, TRACE_OTHER);
}

static void alerts_by_words(void **state)
{
	(void)state;
	static const struct {
		const char *words;
		int alert; /* -1: none */
	} rows[] = {
	    {"certificate unknown", 46},   {"bad certificate", 42},          {"certificate expired", 45},
	    {"unknown CA", 48},            {"handshake failure", 40},        {"close notify", 0},
	    {"protocol version", 70},      {"unexpected_message", 10},       {"certlficate unkn0wn", 46},
	    {"certificote unknown", 46},   {"certificaat onbekend", 46},     {"Zertifikat unbekannt", 46},
	    {"certificat inconnu", 46},    {"certificado desconocido", 46},  {"Zertifikat abgelaufen", 45},
	    {"certificat révoqué", 44},    {"ungültiges Zertifikat", 42},    {"unknown", -1},
	    {"onbekend", -1},              {"certificate", -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[80];
		snprintf(text, sizeof text, "ret_desc_string=%s", rows[i].words);
		struct trace_line line = decode(text);
		if (line.has_alert != (rows[i].alert >= 0) || (line.has_alert && line.alert != rows[i].alert))
			fail_msg("%s: %d %u", text, line.has_alert, line.alert);
	}
}

struct sentence {
	const char *text;
	enum trace_kind kind;
	uint64_t pointer; /* 0: none */
	int conn;         /* -1: none */
	enum trace_answer answer;
};
static const struct sentence sentences[] = {
    {"Allocated new NMSP connection 0", TRACE_ALLOCATED, 0, 0, 0},
    {"Toegewezen nieuwe NMSP-verbinding 12", TRACE_ALLOCATED, 0, 12, 0},
    {"Neue NMSP-Verbindung O zugewiesen", TRACE_ALLOCATED, 0, 0, 0},
    {"Nouvelle connexion NMSP 3", TRACE_ALLOCATED, 0, 3, 0},
    {"sslConnectionInit: SSL_new() conn ssl b2c41e70", TRACE_SSL_NEW, 0xb2c41e70, -1, 0},
    {"sslConnectionlnit: SSL_new() conn ssl 0x7f3ac0018e40", TRACE_SSL_NEW, 0x7f3ac0018e40, -1, 0},
    {"sslConnectionInit: SSL_do_handshake for conn ssl b2c41e70, conn state: INIT, SSL state: HANDSHAKING",
     TRACE_DO_HANDSHAKE, 0xb2c41e70, -1, 0},
    {"sslConnecti0nlnit: 5SL_d0_handshake for c0nn ssI b2c4Ie7O", TRACE_DO_HANDSHAKE, 0xb2c41e70, -1, 0},
    {"SSL_do_handshake returned WANT_READ for conn ssl b2c41e70", TRACE_WANT_READ, 0xb2c41e70, -1, 0},
    {"\xe2\x80\x94 Geeft WANT_READ terug voor conn ssl b2c41e70", TRACE_WANT_READ, 0xb2c41e70, -1, 0},
    {"sslConnectionInit() success with conn state: INIT, SSL state: HANDSHAKING", TRACE_INIT_DONE, 0, -1, 0},
    {"sslConnectionlnit() erfolgreich mit Status: INIT, SSL-Status: HANDSHAING", TRACE_INIT_DONE, 0, -1, 0},
    {"sslConectionInit() success", TRACE_INIT_DONE, 0, -1, 0},
    {"doSSLRecvLoop: handshake not completed for conn 0", TRACE_NOT_COMPLETED, 0, 0, 0},
    {"doSSLRecvLoop: Handshake is niet voltooid voor conn l", TRACE_NOT_COMPLETED, 0, 1, 0},
    {"d0SSLRexvLoop: conn 7", TRACE_NOT_COMPLETED, 0, 7, 0},
    {"Certificate validation done for conn ssl b2c41e70, calling authlist", TRACE_CERTIFICATE_CHECKED,
     0xb2c41e70, -1, 0},
    {"Geldigheidscertificaat, afgegeven voor conn ssl b2c41e70, oproepend tot auteur.",
     TRACE_CERTIFICATE_CHECKED, 0xb2c41e70, -1, 0},
    {"Zertifikat überprüft für conn ssl b2c41e70", TRACE_CERTIFICATE_CHECKED, 0xb2c41e70, -1, 0},
    {"authlist authentication failed for conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_NO},
    {"authlist authentication successful for conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_YES},
    {"authlist authentication unsuccessful for conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_NO},
    {"authlist: not authenticated, conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_NO},
    {"geauthentificeerd voor conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_UNKNOWN},
    {"Authlist-Authentifizierung erfolglos, conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_NO},
    {"authentification authlist réussie pour conn ssl b2c41e70", TRACE_AUTHLIST_ANSWER, 0xb2c41e70, -1,
     TRACE_ANSWER_YES},
    {"Peer not validated against the AuthList", TRACE_NOT_VALIDATED, 0, -1, 0},
    {"Peer niet gevalideerd tegen de AuthList", TRACE_NOT_VALIDATED, 0, -1, 0},
    {"Peer nicht gegen die AuthLlst validiert", TRACE_NOT_VALIDATED, 0, -1, 0},
    {"Par no validado contra AuthList", TRACE_NOT_VALIDATED, 0, -1, 0},
    {"handshake failed for conn ssl b2c41e70, ssl_err 1", TRACE_HANDSHAKE_FAILED, 0xb2c41e70, -1, 0},
    {"handdruk mislukt voor conn ssl b2c41e70", TRACE_HANDSHAKE_FAILED, 0xb2c41e70, -1, 0},
    {"SSL_do_handshake() success", TRACE_HANDSHAKE_DONE, 0, -1, 0},
    {"SSL_do_handshake() con éxito", TRACE_HANDSHAKE_DONE, 0, -1, 0},
    {"NMSP connection success", TRACE_CONNECTED, 0, -1, 0},
    {"NMSP-verbinding succes", TRACE_CONNECTED, 0, -1, 0},
    {"freeing Nmsp conn ssl b2c41e70, conn id 0", TRACE_FREED, 0xb2c41e70, 0, 0},
    {"bevrijding van Nmsp conn ssl b2c41e70, conn id O", TRACE_FREED, 0xb2c41e70, 0, 0},
    {"xyz Nmsp conn ssl b2c41e70, conn id 4", TRACE_FREED, 0xb2c41e70, 4, 0},
    {"received NMSP_APP_ECHO_REQ_MSG on conn 2", TRACE_MESSAGE, 0, 2, 0},
    {"conn ssl failed to be found", TRACE_OTHER, 0, -1, 0},
    {"NMSP connection unsuccessful", TRACE_OTHER, 0, -1, 0},
    {"LAB-3850#show trace messages nmsp", TRACE_OTHER, 0, -1, 0},
    {"b3f8a8d0, met de volgende betekenis: INIT, SSL-status: HANDSHAING", TRACE_OTHER, 0, -1, 0},
    {"NMSP_APP_STARTED", TRACE_OTHER, 0, -1, 0},
    {"", TRACE_BLANK, 0, -1, 0},
    {" \t\r", TRACE_BLANK, 0, -1, 0},
};
enum { SENTENCES = sizeof sentences / sizeof *sentences };

static void sentence_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < SENTENCES; i++) {
		const struct sentence *row = &sentences[i];
		struct trace_line line = decode(row->text);
		if (line.kind != row->kind || line.has_pointer != (row->pointer != 0) || line.pointer != row->pointer ||
		    line.has_conn != (row->conn >= 0) || (line.has_conn && (int)line.conn != row->conn) ||
		    line.answer != row->answer)
			fail_msg("%s: kind %d, pointer %llx, conn %u, answer %d", row->text, (int)line.kind,
			         (unsigned long long)line.pointer, line.conn, (int)line.answer);
	}
}

static void error_codes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t error;
	} rows[] = {
	    {"handshake failed, ssl_err 1 error = error:140890B2:SSL routines:x", TRACE_ERROR_NOT_VERIFIED},
	    {"ssl_err 1 error = error:l4O89OB2:SSL", TRACE_ERROR_NOT_VERIFIED},
	    {"ssl_err 1 error = error:14089082:SSL", TRACE_ERROR_NOT_VERIFIED},
	    {"ssl_err l err0r = error:140890C7:SSL", TRACE_ERROR_NO_PEER_CERT},
	    {"ssl_err 1 error = error:1408A0C1:SSL", 0x1408a0c1},
	    {"error:14094418:SSL", 0x14094418},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trace_line line = decode(rows[i].text);
		if (line.kind != TRACE_HANDSHAKE_FAILED || !line.has_error || line.error != rows[i].error)
			fail_msg("%s: kind %d, error %x", rows[i].text, (int)line.kind, line.error);
	}
}

static void cut_lines(void **state)
{
	(void)state;
	char text[256];
	for (size_t i = 0; i < SENTENCES; i++) {
		snprintf(text, sizeof text, AT "%s", sentences[i].text);
		cut_everywhere(text);
	}
	for (size_t i = 0; i < sizeof state_rows / sizeof *state_rows; i++) {
		snprintf(text, sizeof text, "03/0Z/26-09:15:00.120 UTC 5f2 9822 %s", state_rows[i].text);
		cut_everywhere(text);
	}
	cut_everywhere(AT "ssl_err 1 error = error:140890B2:SSL");
}

/* A long line is read up to LIMIT_LINE. */
static void long_lines(void **state)
{
	(void)state;
	size_t n = 2 * (size_t)LIMIT_LINE;
	char *text = malloc(n + 1);
	assert_non_null(text);
	memset(text, 'x', n);
	text[n] = 0;
	memcpy(text, AT, strlen(AT));
	struct trace_line line = decode(text);
	assert_int_equal(line.kind, TRACE_OTHER);
	assert_int_equal(line.text.n, LIMIT_LINE - strlen(AT));
	memcpy(&text[LIMIT_LINE - 8], " freeing", 8);
	memcpy(&text[LIMIT_LINE], " conn id 0", 10);
	assert_int_equal(decode(text).kind, TRACE_OTHER);
	memcpy(&text[LIMIT_LINE - 20], " freeing conn id 0  ", 20);
	assert_int_equal(decode(text).kind, TRACE_FREED);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(state_lines),
	    cmocka_unit_test(alerts_of_states),
	    cmocka_unit_test(strings),
	    cmocka_unit_test(alerts_by_words),
	    cmocka_unit_test(sentence_lines),
	    cmocka_unit_test(error_codes),
	    cmocka_unit_test(cut_lines),
	    cmocka_unit_test(long_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
