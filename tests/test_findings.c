/* Each finding with a model that fires it and one just below the line; order, severity and verdict. */
#include "tests/findings_check.h"

/* ---- healthy --------------------------------------------------------------------------------------- */

static void healthy_sessions_have_no_finding(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	assert_string_equal(ids(test), "keys-missing?");
	contains(test->verdict,
	         "Healthy: TLSv1.2 handshake completed in 12.0 ms, the controller accepted the engine's "
	         "certificate (MAC 00:50:56:9c:34:89), 8 encrypted records until "
	         "2015-12-13 09:46:40 UTC, still open.");
	fixture_list(&test->f, MATCHING_LIST);
	assert_string_equal(ids(test), "keys-missing?");
	fixture_alert(&test->f, E, TLS_ALERT_WARNING, TLS_CLOSE_NOTIFY);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_CLOSE_NOTIFY);
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(ids(test), "keys-missing?");
}

/* ---- TCP ------------------------------------------------------------------------------------------- */

static void unanswered_needs_a_repeated_syn(void **state)
{
	struct test *test = *state;
	fixture_syn(&test->f);
	assert_string_equal(ids(test), "");
	fixture_wait(&test->f, 3600 * NS_PER_S);
	assert_string_equal(ids(test), "");
	fixture_syn(&test->f);
	assert_string_equal(ids(test), "tcp-unanswered");
	contains(test->verdict,
	         "The engine 10.1.1.5 port 40000 gets no answer from the controller 10.1.1.9 port 16113: "
	         "2 SYNs in 60.0 minutes");
	fixture_packet(&test->f, C, 0);
	assert_string_equal(ids(test), "");
}

static void icmp_answers(void **state)
{
	struct test *test = *state;
	fixture_syn(&test->f);
	struct icmp_seen icmp = {.at = fixture_packet(&test->f, E, 0), .version = 4, .type = 3, .code = 4};
	test->f.session->tcp.packets[E]--;
	icmp.from = test->f.session->addr[C];
	model_add_icmp(test->f.session, &icmp);
	assert_string_equal(ids(test), "");
	test->f.session->icmp[0].code = 1;
	assert_string_equal(ids(test), "tcp-unanswered");
	contains(test->verdict, "10.1.1.9 answers its SYN with ICMP \"host unreachable\"");
	test->f.session->icmp[0].code = 3;
	assert_string_equal(ids(test), "tcp-refused");
	contains(test->verdict, "10.1.1.9 answered the SYN with ICMP \"port unreachable\"");
	contains(test->findings.list[0].cause, "The host itself refuses");
}

static void refused_is_a_reset_of_the_syn(void **state)
{
	struct test *test = *state;
	fixture_syn(&test->f);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-refused");
	contains(test->findings.list[0].advice[1], "nmsp enable");
	restart(test);
	fixture_healthy(&test->f);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-reset! keys-missing?");
}

static void no_tls_needs_five_seconds(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_wait(&test->f, 5 * NS_PER_S - 2000 * NS_PER_US);
	assert_string_equal(ids(test), "");
	fixture_wait(&test->f, 2000 * NS_PER_US);
	assert_string_equal(ids(test), "tcp-no-tls");
	contains(test->verdict, "nobody sent a byte for 5.0 s: no ClientHello of the engine; still open.");
	fixture_gap(&test->f, E, 100);
	assert_string_equal(ids(test), "capture-gaps!");
	contains(test->findings.list[0].summary, ", and no handshake was seen.");
	restart(test);
	fixture_connect(&test->f);
	fixture_wait(&test->f, 5 * NS_PER_S - 2000 * NS_PER_US);
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(ids(test), "");
	restart(test);
	fixture_connect(&test->f);
	fixture_wait(&test->f, 5 * NS_PER_S - 1000 * NS_PER_US);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-no-tls");
	contains(test->verdict, "nobody sent a byte for 5.0 s: no ClientHello of the engine; closed by the "
	                        "controller (RST).");
	restart(test);
	fixture_connect(&test->f);
	fixture_packet(&test->f, E, 1);
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(ids(test), "");
}

/* ---- TLS ------------------------------------------------------------------------------------------- */

static void not_tls_shows_the_bytes(void **state)
{
	struct test *test = *state;
	struct session_tls *tls = &test->f.session->tls;
	fixture_connect(&test->f);
	tls->not_tls_at = fixture_packet(&test->f, E, 18);
	assert_string_equal(ids(test), "");
	tls->not_tls = true;
	tls->not_tls_n = 16;
	memcpy(tls->not_tls_bytes, "GET / HTTP/1.1\r\n", 16);
	assert_string_equal(ids(test), "tls-not-tls");
	contains(test->verdict, "(47 45 54 20 2f");
	contains(test->verdict, "an HTTP request");
	tls->not_tls_n = 3;
	ids(test);
	contains(test->verdict, "(47 45 54): no protocol that we know");
}

static void alert_before_the_certificate(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_SERVER_HELLO, C);
	fixture_alert(&test->f, C, TLS_ALERT_WARNING, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "");
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-alert");
	contains(test->verdict,
	         "The controller ended the handshake with the fatal alert handshake_failure(40) 2.0 ms "
	         "after the engine's client_hello.");
	test->f.session->alerts[1].code = TLS_CERTIFICATE_EXPIRED;
	assert_string_equal(ids(test), "tls-alert");
	assert_null(strstr(test->findings.list[0].cause, "expired"));
}

static void alert_of_the_engine_about_the_controllers_certificate(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_alert(&test->f, E, TLS_ALERT_FATAL, TLS_UNKNOWN_CA);
	assert_string_equal(ids(test), "tls-alert");
	contains(test->verdict, "The engine ended the handshake with the fatal alert unknown_ca(48)");
	contains(test->findings.list[0].cause, "not trusted");
}

/* The engine's flight is lost: the alert still speaks of the certificate that was asked for. */
static void alert_about_a_lost_certificate(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_string_equal(ids(test), "tls-alert");
	contains(test->findings.list[0].cause, "no certificate that it could mean was seen");
	fixture_gap(&test->f, E, 1153);
	assert_string_equal(ids(test), "tls-alert capture-gaps!");
	contains(test->findings.list[0].cause,
	         "a list of allowed keys. The certificate itself is not in the capture.");
	contains(test->findings.list[0].advice[0], "show auth-list");
	test->f.session->alerts[0].code = 200;
	assert_string_equal(ids(test), "tls-alert capture-gaps!");
	contains(test->findings.list[0].cause, "The alert alone does not tell why. ");
	restart(test);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, C);
	fixture_gap(&test->f, E, 1153);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	ids(test);
	contains(test->findings.list[0].cause, "no certificate that it could mean was seen");
}

static void stalled_handshake(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_wait(&test->f, 5 * NS_PER_S - 2000 * NS_PER_US);
	assert_string_equal(ids(test), "");
	contains(test->verdict, "the last message is the controller's server_hello_done");
	fixture_wait(&test->f, 2000 * NS_PER_US);
	assert_string_equal(ids(test), "tls-stalled");
	assert_string_equal(
	    test->verdict,
	    "The handshake stopped after the controller's server_hello_done: the controller waited "
	    "5.0 s for the engine's certificate; nothing more came.");
	fixture_gap(&test->f, E, 900);
	assert_string_equal(ids(test), "capture-gaps!");
}

static void closed_handshake(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_SERVER_HELLO, C);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tls-stalled");
	assert_string_equal(
	    test->verdict,
	    "The handshake stopped after the engine's client_hello: the engine waited 1.0 ms for "
	    "the controller's server_hello; closed by the controller (RST).");
	contains(test->findings.list[0].cause, "The controller closed the connection instead of going on");
	contains_not(test->findings.list[0].cause, "path MTU");
	test->f.session->closed_by = E;
	ids(test);
	contains(test->findings.list[0].cause, "The engine did not wait for it");
}

static void empty_certificate(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_certificate(&test->f, E, 0);
	assert_string_equal(ids(test), "");
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-empty-certificate");
	contains(test->verdict,
	         "got an empty certificate message, and answered fatal handshake_failure(40).");
	restart(test);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_certificate(&test->f, E, 0);
	fixture_step(&test->f, STEP_FINISHED, E);
	fixture_step(&test->f, STEP_FINISHED, C);
	assert_string_equal(ids(test), "tls-empty-certificate!");
}

static void no_certificate_request(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE_REQUEST, C);
	fixture_step(&test->f, STEP_SERVER_HELLO_DONE, C);
	fixture_step(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	fixture_step(&test->f, STEP_FINISHED, E);
	assert_string_equal(ids(test), "");
	fixture_step(&test->f, STEP_FINISHED, C);
	assert_string_equal(ids(test), "tls-no-certificate-request!");
	contains(test->verdict, "the controller asked for no certificate");
}

static void tls13_without_keys(void **state)
{
	struct test *test = *state;
	fixture_tls13(&test->f);
	fixture_data(&test->f, C, 19);
	fixture_close(&test->f, CLOSE_FIN, C);
	assert_string_equal(ids(test), "auth-rejected keys-missing?");
	contains(test->verdict, "Rejected by the controller (inferred)");
	restart(test);
	fixture_tls13(&test->f);
	fixture_data(&test->f, C, 250);
	fixture_close(&test->f, CLOSE_FIN, C);
	assert_string_equal(ids(test), "keys-missing?");
	contains(test->verdict, "not visible");
}

static void tls13_alert_of_the_engine(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	test->f.session->tls.version = TLS_1_3;
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	fixture_step(&test->f, STEP_SERVER_HELLO, C);
	fixture_data(&test->f, C, 900);
	fixture_data(&test->f, E, 19);
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(ids(test), "tls-alert keys-missing?");
	contains(test->verdict, "The engine answered the encrypted flight of the controller");
}

/* ---- the capture ----------------------------------------------------------------------------------- */

static void one_sided_capture(void **state)
{
	struct test *test = *state;
	test->f.session->midstream = true;
	fixture_packet(&test->f, C, 0);
	assert_string_equal(ids(test), "capture-midstream?");
	fixture_data(&test->f, C, 100);
	assert_string_equal(ids(test), "capture-one-sided! capture-midstream?");
	assert_string_equal(test->findings.list[0].summary,
	                    "The capture holds 2 packets of the controller and none of the engine.");
	contains(test->verdict, "only the controller's packets are in the capture, so who accepted whom "
	                        "cannot be told; 1 encrypted record until");
	fixture_data(&test->f, E, 100);
	assert_string_equal(ids(test), "capture-midstream?");
	contains(test->verdict, "joined mid-way");
}

/* The end of a handshake that was seen is not said to lie before the capture. */
static void joined_in_a_handshake_that_failed(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	test->f.session->midstream = true;
	assert_string_equal(ids(test), "auth-rejected capture-midstream?");
	contains(test->findings.list[1].cause, "how the TLS handshake ended was seen");
}

static void gaps_and_cuts(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	fixture_gap(&test->f, E, 1460);
	assert_string_equal(ids(test), "capture-gaps! keys-missing?");
	contains(test->findings.list[0].summary,
	         "1460 bytes are missing from the capture (engine 1460, controller 0) in 1 ");
	contains(test->findings.list[0].summary, "and the handshake was followed to its end.");
	contains(test->verdict, "Healthy");
	test->f.session->tcp.lost_bytes[E] = 1;
	ids(test);
	contains(test->findings.list[0].summary,
	         "1 byte is missing from the capture (engine 1, controller 0) in 1 place,");
	test->f.session->tcp.cut_packets = 1;
	test->f.session->tcp.first_cut = test->f.session->last;
	assert_string_equal(ids(test), "capture-cut-packets! keys-missing?");
	contains(test->findings.list[0].summary,
	         "cut 1 packet of this session, first packet 24; 1 byte is missing.");
	contains(test->findings.list[0].advice[0], "tcpdump -s 0");
}

/* ---- any model ------------------------------------------------------------------------------------- */

static void random_event(struct fixture *f, unsigned *seed)
{
	uint8_t dir = (uint8_t)(rand_r(seed) & 1);
	switch (rand_r(seed) % 12) {
	case 0:
		fixture_alert(f, dir, TLS_ALERT_FATAL, (uint8_t)rand_r(seed));
		break;
	case 1:
		fixture_data(f, dir, rand_r(seed) & 1 ? 19 : 90);
		break;
	case 2:
		fixture_gap(f, dir, (uint64_t)rand_r(seed));
		break;
	case 3:
		fixture_wait(f, (int64_t)rand_r(seed) << 6);
		break;
	case 4:
		if (f->session->n_certs < 2)
			fixture_certificate(f, dir, rand_r(seed) & 1);
		break;
	case 5:
		fixture_close(f, rand_r(seed) & 1 ? CLOSE_FIN : CLOSE_RST, dir);
		break;
	default:
		fixture_step(f, (enum step_kind)(rand_r(seed) % STEP_KINDS), dir);
		break;
	}
}

static void random_session(struct fixture *f, unsigned *seed)
{
	f->session->controller = rand_r(seed) % 8 != 0;
	f->session->midstream = rand_r(seed) % 4 == 0;
	if (!f->session->midstream)
		fixture_connect(f);
	if (rand_r(seed) % 4 == 0)
		f->session->tls.version = TLS_1_3;
	if (rand_r(seed) % 2 == 0)
		fixture_list(f, FIXTURE_MAC " " OTHER_HASH);
	for (int i = 1 + rand_r(seed) % 24; i > 0; i--)
		random_event(f, seed);
	if (rand_r(seed) % 8 == 0)
		f->session->opened.time = f->session->last.time = INT64_MIN;
}

/* Whatever happened to a session: every text is there and cut to its room, and evidence is cited. */
static void random_sessions_keep_the_promises(void **state)
{
	struct test *test = *state;
	unsigned seed = 4711;
	for (int round = 0; round < 20000; round++) {
		restart(test);
		random_session(&test->f, &seed);
		ids(test);
		assert_true(strlen(test->verdict) > 10 && strlen(test->verdict) < VERDICT_TEXT - 1);
	}
}

static void every_row_has_an_id(void **state)
{
	(void)state;
	size_t rows = 0;
	for (; findings_id(rows) != NULL; rows++)
		assert_int_equal(strspn(findings_id(rows), "abcdefghijklmnopqrstuvwxyz-"), strlen(findings_id(rows)));
	assert_true(rows > 40);
	assert_string_equal(findings_severity_name(SEVERITY_ERROR), "error");
}

static const struct CMUnitTest tests[] = {
    CASE(healthy_sessions_have_no_finding),
    CASE(unanswered_needs_a_repeated_syn),
    CASE(icmp_answers),
    CASE(refused_is_a_reset_of_the_syn),
    CASE(no_tls_needs_five_seconds),
    CASE(not_tls_shows_the_bytes),
    CASE(alert_before_the_certificate),
    CASE(alert_of_the_engine_about_the_controllers_certificate),
    CASE(alert_about_a_lost_certificate),
    CASE(stalled_handshake),
    CASE(closed_handshake),
    CASE(empty_certificate),
    CASE(no_certificate_request),
    CASE(tls13_without_keys),
    CASE(tls13_alert_of_the_engine),
    CASE(one_sided_capture),
    CASE(joined_in_a_handshake_that_failed),
    CASE(gaps_and_cuts),
    CASE(random_sessions_keep_the_promises),
    CASE(every_row_has_an_id),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
