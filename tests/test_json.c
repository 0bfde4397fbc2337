/* The JSON report: every key of the contract, in its order, with its type, whatever the data. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fixture.h"
#include "tests/tracerun.h"
#include "ui/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/*
 * A shape is a list of "key:types" in order. Types: s string, i integer, r real, b boolean, n null,
 * o object, a array.
 */
static bool has_type(const json_t *value, const char *types, size_t n)
{
	static const struct {
		json_type type;
		char letter;
	} letters[] = {{JSON_STRING, 's'}, {JSON_INTEGER, 'i'}, {JSON_REAL, 'r'},   {JSON_TRUE, 'b'},
	               {JSON_FALSE, 'b'},  {JSON_NULL, 'n'},    {JSON_OBJECT, 'o'}, {JSON_ARRAY, 'a'}};
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].type == json_typeof(value))
			return memchr(types, letters[i].letter, n) != NULL;
	return false;
}

static void check(json_t *object, const char *shape)
{
	const char *key;
	json_t *value;
	assert_true(json_is_object(object));
	json_object_foreach(object, key, value)
	{
		size_t n = strcspn(shape, ":");
		if (strlen(key) != n || strncmp(key, shape, n) != 0)
			fail_msg("key %s where the contract has %s", key, shape);
		shape += n + 1;
		n = strcspn(shape, " ");
		if (!has_type(value, shape, n))
			fail_msg("%s has not one of the types %.*s", key, (int)n, shape);
		shape += n;
		shape += strspn(shape, " ");
	}
	if (*shape != '\0')
		fail_msg("missing keys: %s", shape);
}

static void check_all(json_t *array, const char *shape)
{
	size_t i;
	json_t *item;
	assert_true(json_is_array(array));
	json_array_foreach(array, i, item) check(item, shape);
}

static json_t *get(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	assert_non_null(value);
	return value;
}

static void check_strings(json_t *array)
{
	size_t i;
	json_t *item;
	assert_true(json_is_array(array));
	json_array_foreach(array, i, item) assert_true(json_is_string(item));
}

static void check_findings(json_t *findings)
{
	size_t i;
	json_t *finding;
	check_all(findings, "id:s severity:s summary:s cause:sn advice:a evidence:a");
	json_array_foreach(findings, i, finding)
	{
		check_strings(get(finding, "advice"));
		check_all(get(finding, "evidence"), "input:sn packet:in line:in time:sn");
	}
}

static void check_offer(json_t *tls)
{
	check(get(tls, "offered"),
	      "version:sn versions:a ciphers:a ciphers_total:i server_name:sn alpn:a extensions:a groups:a "
	      "signature_algorithms:a session_id:b session_ticket:b psk:b early_data:b "
	      "extended_master_secret:b encrypt_then_mac:b");
	check(get(tls, "chosen"), "alpn:sn extensions:a session_id:b session_ticket:b psk:b "
	                          "extended_master_secret:b encrypt_then_mac:b compression:b");
	check(get(tls, "sizes"), "client_flight:sn client_flight_packet:in closing_alert_from:sn closing_alert_packet:in");
	check(get(tls, "certificate_request"), "types:a signature_algorithms:a authorities:a authorities_total:in");
}

static void check_tls(json_t *tls)
{
	size_t i;
	json_t *cert;
	check(tls,
	      "version:sn cipher:sn key_exchange:sn key_exchange_inferred:b session_ticket:sn "
	      "session_ticket_inferred:b client:sn resumed:b handshake:s client_certificate:s steps:a alerts:a "
	      "decryption:s decryption_detail:sn records:o certificates:a offered:o chosen:o "
	      "certificate_request:o sizes:o");
	check_all(get(tls, "steps"),
	          "time:sn packet:in from:s message:s state:sn state_name:sn encrypted:b damaged:b "
	          "line:in inferred:b");
	check_all(get(tls, "alerts"), "time:sn packet:in from:s level:sn code:in name:sn encrypted:b line:in");
	check(get(tls, "records"), "total:i decrypted:i passed:i lost_to_gaps:i lost_at_least:b");
	check_offer(tls);
	check_all(get(tls, "certificates"),
	          "from:s subject:sn issuer:sn serial:sn not_before:sn not_after:sn key:sn "
	          "signature:sn mac:sn type:sn hashes:o");
	json_array_foreach(get(tls, "certificates"), i, cert) check(
	    get(cert, "hashes"), "spki_sha1:sn spki_sha256:sn pkcs1_sha1:sn pkcs1_sha256:sn cert_sha1:s "
	                         "cert_sha256:s");
}

static void check_later(json_t *session)
{
	check(get(session, "framing"), "profile:sn origin:s fits:b messages:i evidence:a");
	check(get(session, "echo"),
	      "requests:i responses:i missed:i interval:rn jitter:rn late:i last_request:sn last_response:sn "
	      "longest_silence:rn rtt:o quiet_first:sn quiet_since:sn timeline:a");
	json_t *item;
	size_t i;
	json_array_foreach(get(get(session, "echo"), "timeline"), i, item)
	    check(item, "sent:s answered:sn rtt:rn");
	check(get(get(session, "echo"), "rtt"), "min:rn avg:rn p95:rn max:rn");
	check(get(session, "inferred"),
	      "echo_requests:in echo_responses:in echo_missed:in echo_late:in at_least:b echo_interval:rn echo_jitter:rn "
	      "rtt:o "
	      "quiet_first:sn quiet_since:sn timeline:a rivals:a sizes_are:sn sizes:a");
	check(get(get(session, "inferred"), "rtt"), "min:rn median:rn max:rn");
	json_array_foreach(get(get(session, "inferred"), "rivals"), i, item)
	    check(item, "fits:s request_size:i response_size:i requests:i responses:i interval:r rtt:r");
	json_array_foreach(get(get(session, "inferred"), "sizes"), i, item)
	    check(item, "direction:s size:in size_min:in count:i probable:sn last_activity:sn");
}

static void check_session(json_t *session)
{
	check(session,
	      "id:i source:s transport:sn community_id:sn state:s midstream:b verdict:s encapsulation:a controller:o "
	      "engine:o opened:sn closed:sn last_activity:sn closed_by:sn close:sn tcp:o tls:o auth:o "
	      "framing:o echo:o inferred:o capabilities:a subscriptions:a messages:a checklist:a "
	      "findings:a");
	check(get(session, "controller"), "ip:sn port:in");
	check(get(session, "engine"), "ip:sn port:in mac:sn");
	check(get(session, "tcp"),
	      "packets:in bytes:in retransmissions:in duplicates:in gaps:in lost_bytes:in "
	      "connect_time:rn");
	check_tls(get(session, "tls"));
	check(get(session, "auth"), "observed:s observed_inferred:b predicted:s predicted_inferred:b mac:sn "
	                            "matched:sn entry:o fix:a");
	check(get(get(session, "auth"), "entry"), "source:sn line:in mac:sn hash:sn");
	check_strings(get(get(session, "auth"), "fix"));
	check_strings(get(session, "encapsulation"));
	check_later(session);
	check_findings(get(session, "findings"));
}

static void check_report(json_t *report)
{
	size_t i;
	json_t *session;
	check(report,
	      "nmspscope:o inputs:a capture:o authlists:a authlist_comparison:a sessions:a findings:a");
	check(get(report, "nmspscope"), "version:s schema:i filter:sn hidden:i");
	check_all(get(report, "inputs"), "name:s kind:sn packets:in lines:in understood:in repaired:in "
	                                 "not_understood:in lost:in repeated:in bytes:i dropped:in "
	                                 "interface_dropped:in packets_per_second:in error:sn");
	check(get(report, "capture"),
	      "packets:i nmsp_packets:i bytes:i first:sn last:sn dropped:in duplicates:i "
	      "gaps:i cut_packets:i encapsulation:a evicted:o");
	check(get(get(report, "capture"), "evicted"), "sessions:i packets:i messages:i");
	check_all(get(report, "authlists"), "name:s side:s entries:i problems:a");
	check_all(get(report, "authlist_comparison"), "mac:sn result:s detail:sn engine:o list:o entry:o");
	json_array_foreach(get(report, "authlist_comparison"), i, session)
	{
		check(get(session, "engine"), "source:s line:i hash:s");
		check(get(session, "list"), "source:s files:i entries:i");
		check(get(session, "entry"), "source:sn line:in mac:sn hash:sn");
	}
	check_findings(get(report, "findings"));
	json_array_foreach(get(report, "sessions"), i, session) check_session(session);
}

/* The report of a model, which is freed; the text goes to *text when it is wanted. */
static json_t *report_of(struct model *model, char **text)
{
	char *buffer = NULL;
	size_t n = 0;
	json_error_t error;
	FILE *out = open_memstream(&buffer, &n);
	struct view *view = view_new(model, 0, NULL);
	json_report(out, view);
	view_free(view);
	model_free(model);
	fclose(out);
	json_t *report = json_loads(buffer, JSON_REJECT_DUPLICATES, &error);
	if (report == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	if (text != NULL)
		*text = buffer;
	else
		free(buffer);
	return report;
}

static void test_empty(void **state)
{
	(void)state;
	json_t *report = report_of(fixture_empty(), NULL);
	check_report(report);
	assert_int_equal(json_array_size(get(report, "sessions")), 0);
	assert_true(json_is_null(get(json_array_get(get(report, "inputs"), 0), "kind")));
	assert_true(json_is_null(get(get(report, "capture"), "dropped")));
	assert_true(json_is_null(get(get(report, "capture"), "first")));
	json_decref(report);
}

static void test_bare(void **state)
{
	(void)state;
	json_t *report = report_of(fixture_bare(), NULL);
	check_report(report);
	json_t *session = json_array_get(get(report, "sessions"), 0);
	assert_true(json_is_true(get(session, "midstream")));
	assert_string_equal(json_string_value(get(get(session, "tls"), "decryption")), "none");
	assert_string_equal(json_string_value(get(get(session, "auth"), "predicted")), "no-list");
	assert_true(json_is_null(get(get(session, "tcp"), "connect_time")));
	json_decref(report);
}

/* A trace has lines and no packets, addresses, version or bytes of messages: the shape is the same. */
static void test_trace(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-success.txt");
	json_t *report = report_of(traced.model, NULL);
	check_report(report);
	json_t *session = json_array_get(get(report, "sessions"), 0), *message;
	assert_string_equal(json_string_value(get(session, "source")), "trace");
	json_t *step = json_array_get(get(get(session, "tls"), "steps"), 0);
	assert_true(json_is_null(get(step, "packet")) && json_is_integer(get(step, "line")));
	size_t i;
	json_array_foreach(get(session, "messages"), i, message)
	    check(message, "type:s id:n direction:n count:i bytes:n last_activity:s documented:b");
	assert_int_equal(i, 6);
	json_decref(report);
	/* without stamps no time is made up, least of all one of 1970 */
	char *text;
	traced =
	    trace_text("SSL_accept:SSLv3/TLS read client hello\nSSL3 alert write:fatal:handshake failure\n");
	report = report_of(traced.model, &text);
	check_report(report);
	assert_null(strstr(text, "1970-"));
	assert_null(strstr(text, "1677-")); /* the earliest time that 64 bits of ns hold */
	free(text);
	json_decref(report);
}

static const char *string_at(json_t *object, const char *key)
{
	return json_string_value(get(object, key));
}

static void test_rich_session(void **state)
{
	(void)state;
	json_t *report = report_of(fixture_rich(), NULL);
	check_report(report);
	json_t *session = json_array_get(get(report, "sessions"), 0);
	json_t *tls = get(session, "tls");
	json_t *state_step = json_array_get(get(tls, "steps"), 5);
	assert_string_equal(string_at(session, "opened"), "2027-01-15T08:00:00.001000Z");
	assert_string_equal(string_at(session, "closed_by"), "controller");
	assert_string_equal(string_at(session, "close"), "alert");
	assert_true(json_real_value(get(get(session, "tcp"), "connect_time")) == 0.002);
	assert_string_equal(string_at(get(session, "controller"), "ip"), "10.0.0.10");
	assert_string_equal(string_at(get(session, "engine"), "mac"), "00:50:56:9c:34:89");
	assert_string_equal(string_at(tls, "cipher"), "TLS_RSA_WITH_AES_128_CBC_SHA");
	assert_string_equal(string_at(state_step, "message"), "certificate");
	assert_string_equal(string_at(state_step, "from"), "engine");
	assert_string_equal(string_at(state_step, "state"), "0x2180");
	assert_true(json_is_true(get(json_array_get(get(tls, "steps"), 2), "damaged")));
	assert_string_equal(string_at(json_array_get(get(tls, "alerts"), 0), "name"), "certificate_unknown");
	assert_string_equal(string_at(get(session, "auth"), "observed"), "rejected");
	assert_string_equal(string_at(get(session, "auth"), "predicted"), "hash-mismatch");
	assert_int_equal(json_integer_value(get(get(get(session, "auth"), "entry"), "line")), 2);
	assert_string_equal(string_at(get(get(session, "auth"), "entry"), "mac"), "00:50:56:9c:34:89");
	assert_string_equal(json_string_value(json_array_get(get(session, "encapsulation"), 1)), "gre");
	json_decref(report);
}

static const char *text_at(json_t *array, size_t i)
{
	return json_string_value(json_array_get(array, i));
}

/* What the hellos and the request say, with a name and bytes that are none among the CAs. */
static void test_offer(void **state)
{
	(void)state;
	static const uint8_t host[] = {'w', 'l', 'c', 0x1b, '[', 'm'};
	static const uint8_t alpn[] = {4, 'n', 'm', 's', 'p', 2, 'h', '2'};
	static const uint8_t lists[] = {0,    16,   0, 0,
	                                0x99, 0x99, 0, 0}; /* ALPN and an unknown extension, both empty */
	static const uint8_t names[] = {0,    2, 0x30, 0, 0, 1, 7,    0, 13, 0x30, 11,
	                                0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 3,  12,   0};
	struct model *model = fixture_rich();
	struct session_tls *tls = &model->first->tls;
	struct tls_client_hello client = {
	    .sni = span_of(host, sizeof host), .alpn = span_of(alpn, sizeof alpn), .psk = true};
	struct tls_encrypted_extensions encrypted = {.extensions = span_of(lists, sizeof lists),
	                                             .alpn = span_of(alpn, 5)};
	struct tls_certificate_request request = {.authorities = span_of(names, sizeof names)};
	tls->told[TOLD_CLIENT_HELLO] = tls_told_client(&client);
	tls->told[TOLD_ENCRYPTED_EXTENSIONS] = tls_told_encrypted(&encrypted);
	tls->told[TOLD_CERTIFICATE_REQUEST] = tls_told_request(&request);
	json_t *report = report_of(model, NULL);
	check_report(report);
	json_t *of = get(json_array_get(get(report, "sessions"), 0), "tls"),
	       *asked = get(of, "certificate_request");
	assert_string_equal(string_at(get(of, "offered"), "server_name"), "wlc\\x1b[m");
	assert_string_equal(text_at(get(get(of, "offered"), "alpn"), 1), "h2");
	assert_true(json_is_true(get(get(of, "offered"), "psk")));
	assert_false(json_is_true(get(get(of, "offered"), "session_id")));
	assert_string_equal(string_at(get(of, "chosen"), "alpn"), "nmsp");
	assert_string_equal(text_at(get(get(of, "chosen"), "extensions"), 0),
	                    "application_layer_protocol_negotiation");
	assert_string_equal(text_at(get(get(of, "chosen"), "extensions"), 1), "0x9999");
	assert_string_equal(text_at(get(asked, "authorities"), 0), "#3000");
	assert_string_equal(text_at(get(asked, "authorities"), 1), "#07");
	assert_string_equal(text_at(get(asked, "authorities"), 2), "CN=");
	assert_int_equal(json_integer_value(get(asked, "authorities_total")), 3);
	json_decref(report);
}

static void test_rich_others(void **state)
{
	(void)state;
	json_t *report = report_of(fixture_rich(), NULL);
	json_t *active = json_array_get(get(report, "sessions"), 1);
	json_t *rsa = json_array_get(get(get(active, "tls"), "certificates"), 1);
	json_t *ec = json_array_get(get(get(active, "tls"), "certificates"), 0);
	assert_string_equal(string_at(get(active, "tls"), "decryption"), "no-key");
	assert_true(json_is_string(get(get(active, "tls"), "decryption_detail")));
	assert_string_equal(string_at(get(active, "engine"), "ip"), "2001:db8::1");
	assert_string_equal(string_at(rsa, "from"), "engine");
	assert_string_equal(string_at(rsa, "key"), "RSA 2048");
	assert_true(json_is_string(get(get(rsa, "hashes"), "pkcs1_sha1")));
	assert_true(json_is_null(get(get(ec, "hashes"), "pkcs1_sha1")));
	assert_int_equal(json_integer_value(get(get(report, "capture"), "dropped")), 3);
	assert_string_equal(string_at(json_array_get(get(report, "inputs"), 1), "error"),
	                    "the file ends in the middle of a packet");
	assert_true(json_array_size(get(json_array_get(get(report, "authlists"), 0), "problems")) > 0);
	json_decref(report);
}

/* A file with words of both sides stands there once for each, and each list is compared by itself. */
static void test_lists_of_both_sides(void **state)
{
	(void)state;
	static const char both[] = "show server-auth-info\nMAC Address: 0050569c3489\nSHA1 Key Hash: "
	                           "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0\nSHA2 Key Hash: "
	                           "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177\n"
	                           "(Cisco Controller) >config auth-list add lbs-ssc 0050569c3489 "
	                           "eOafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0\n";
	static const char empty[] = "(Cisco Controller) >show auth-list\n";
	static const struct {
		const char *name, *side, *result;
		int entries, problems;
	} rows[] = {{"both", "controller", "damaged-entry", 1, 1},
	            {"both", "engine", NULL, 2, 0},
	            {"empty", "controller", "mac-not-listed", 0, 1}};
	struct model *model = model_new();
	authlist_parse(&model->authlist, "both", span_of(both, strlen(both)));
	authlist_parse(&model->authlist, "empty", span_of(empty, strlen(empty)));
	json_t *report = report_of(model, NULL);
	size_t compared = 0;
	check_report(report);
	assert_int_equal(json_array_size(get(report, "authlists")), 3);
	for (size_t i = 0; i < 3; i++) {
		json_t *row = json_array_get(get(report, "authlists"), i);
		assert_string_equal(string_at(row, "name"), rows[i].name);
		assert_string_equal(string_at(row, "side"), rows[i].side);
		assert_int_equal(json_integer_value(get(row, "entries")), rows[i].entries);
		assert_int_equal(json_array_size(get(row, "problems")), rows[i].problems);
		if (rows[i].result == NULL)
			continue;
		row = json_array_get(get(report, "authlist_comparison"), compared++);
		assert_string_equal(string_at(row, "result"), rows[i].result);
		assert_string_equal(string_at(get(row, "list"), "source"), rows[i].name);
	}
	assert_int_equal(json_array_size(get(report, "authlist_comparison")), compared);
	json_decref(report);
}

static void test_hostile(void **state)
{
	(void)state;
	char *text;
	json_t *report = report_of(fixture_rich(), &text);
	assert_string_equal(string_at(json_array_get(get(report, "inputs"), 0), "name"),
	                    "evil\\x1b[2J\\xff\\u{202e}\\u{9b}\\x7f\xc3\xa9.pcap");
	for (const char *c = text; *c != '\0'; c++)
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
	assert_null(strstr(text, "\xe2\x80\xae"));
	json_decref(report);
	free(text);
}

/* The hand-written outer object and jansson's pieces make one document with one indentation. */
static void test_layout(void **state)
{
	(void)state;
	char *text;
	json_t *report = report_of(fixture_rich(), &text);
	char *again = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	assert_int_equal(text[strlen(text) - 1], '\n');
	text[strlen(text) - 1] = '\0';
	assert_string_equal(text, again);
	free(again);
	json_decref(report);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_trace),
	    cmocka_unit_test(test_rich_session),
	    cmocka_unit_test(test_rich_others),
	    cmocka_unit_test(test_offer),
	    cmocka_unit_test(test_lists_of_both_sides),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_layout),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
