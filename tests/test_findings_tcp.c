/* Findings about an established connection: each with a model that fires it and the quiet ones beside it. */
#include "tests/findings_check.h"

#define HEALTHY "keys-missing?"

static struct session_tcp *tcp_of(struct test *test)
{
	return &test->f.session->tcp;
}

static const struct finding *first(struct test *test)
{
	return &test->findings.list[0];
}

/* ---- unanswered, refused, accepted and given up ---------------------------------------------------- */

static void unanswered_tells_the_retries(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < LIMIT_SYNS + 2; i++) {
		fixture_syn(&test->f);
		fixture_wait(&test->f, 999 * NS_PER_US * 1000);
	}
	assert_string_equal(ids(test), "tcp-unanswered");
	contains(first(test)->cause,
	         "SYNs were sent at 0, 1.0 s, 2.0 s, 3.0 s, 4.0 s, 5.0 s, 6.0 s, 7.0 s, ....");
}

static void refused_tells_the_ttl(void **state)
{
	struct test *test = *state;
	fixture_syn(&test->f);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-refused");
	contains_not(first(test)->cause, "TTL");
	tcp_of(test)->rst_ttl[C] = 250;
	ids(test);
	contains(first(test)->cause, "The RST came 1.0 ms after the SYN with TTL 250:");
}

static void listener_gives_up_at_once(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_close(&test->f, CLOSE_FIN, C);
	assert_string_equal(ids(test), ""); /* the engine's FIN may be missing */
	tcp_of(test)->fin[E] = fixture_packet(&test->f, E, 0);
	assert_string_equal(ids(test), "tcp-no-tls");
	assert_string_equal(test->verdict,
	                    "The TCP connection was established and closed by the controller (FIN) "
	                    "after 1.0 ms, before any ClientHello.");
	restart(test);
	fixture_connect(&test->f);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-no-tls");
	restart(test);
	fixture_connect(&test->f);
	fixture_close(&test->f, CLOSE_RST, E); /* a scan */
	assert_string_equal(ids(test), "");
}

/* The controller's FIN acknowledges nothing, and the ClientHello comes before or behind it. */
static void closed_before_it_read(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_close(&test->f, CLOSE_FIN, C);
	tcp_of(test)->closed_unread = true;
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	test->f.session->tls.client_hello = true;
	test->f.session->tls.offered_version = TLS_1_0; /* nobody looked at it */
	assert_string_equal(ids(test), "tcp-no-tls");
	assert_string_equal(test->verdict,
	                    "The TCP connection was established and closed by the controller (FIN) "
	                    "after 1.0 ms, before it read the engine's ClientHello.");
	contains(first(test)->cause, "NMSP is not enabled or its program is not ready");
	contains_not(first(test)->cause, "path");
	assert_int_equal(first(test)->n_evidence, 4);
	tcp_of(test)->closed_unread = false; /* it was there, so it was refused or not answered */
	contains_not(ids(test), "tcp-no-tls");
	tcp_of(test)->closed_unread = true;
	test->f.session->closed.time += 60 * NS_PER_S; /* sent long before: it never arrived */
	contains_not(ids(test), "tcp-no-tls");
	restart(test);
	fixture_connect(&test->f);
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	fixture_close(&test->f, CLOSE_FIN, E);
	tcp_of(test)->closed_unread = true; /* the engine's own: the controller had said nothing */
	assert_string_equal(ids(test), "tls-stalled");
}

/* ---- reset ----------------------------------------------------------------------------------------- */

static void reset_of_a_healthy_session(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tcp-reset! " HEALTHY);
	contains(first(test)->summary, "RST from the controller's address");
	contains(first(test)->cause, "crashed, restarted or gave the connection up");
	assert_true(strncmp(test->verdict, "Reset: ", 7) == 0);
}

static void resets_that_end_nothing(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	fixture_close(&test->f, CLOSE_FIN, E);
	tcp_of(test)->rst = fixture_packet(&test->f, C, 0);
	tcp_of(test)->rst_dir = C;
	assert_string_equal(ids(test), HEALTHY);
	restart(test);
	fixture_healthy(&test->f);
	fixture_alert(&test->f, E, TLS_ALERT_WARNING, TLS_CLOSE_NOTIFY);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), HEALTHY);
	restart(test);
	fixture_healthy(&test->f);
	fixture_gap(&test->f, C, 1); /* may hold a FIN */
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "capture-gaps! " HEALTHY);
	restart(test);
	test->f.session->midstream = true;
	fixture_close(&test->f, CLOSE_RST, C);
	fixture_packet(&test->f, E, 0);
	assert_string_equal(ids(test), "capture-midstream?");
}

static void ttl_of_a_reset(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp;
	fixture_healthy(&test->f);
	fixture_wait(&test->f, 120 * NS_PER_S);
	fixture_close(&test->f, CLOSE_RST, C);
	tcp = tcp_of(test);
	tcp->last_data[E].time = tcp->rst.time - 120 * NS_PER_S;
	tcp->ttl[C] = tcp->rst_ttl[C] = 60;
	tcp->rst_ttl[E] = 255;
	ids(test);
	contains_not(first(test)->cause, "TTL");
	contains(first(test)->cause, "No data came for 2.0 minutes before it");
	tcp->rst_ttl[C] = 255;
	ids(test);
	contains(first(test)->cause, "The RST has TTL 255, every other packet of the controller has 60");
	contains(first(test)->advice[0], "firewalls");
	tcp->ttl_mixed[C] = true;
	ids(test);
	contains_not(first(test)->cause, "TTL");
	tcp->ttl_mixed[C] = false;
	tcp->packets[C] = 2;
	ids(test);
	contains_not(first(test)->cause, "TTL");
}

static void reset_inside_the_handshake(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "tls-stalled"); /* which tells of the RST */
	tcp_of(test)->ttl[C] = 60;
	tcp_of(test)->rst_ttl[C] = 255;
	assert_string_equal(ids(test), "tls-stalled tcp-reset!");
	contains(test->findings.list[1].summary, "inside the handshake, behind server_hello_done:");
}

/* ---- large packets --------------------------------------------------------------------------------- */

/* The controller's first large segment is repeated `times` times and not acknowledged; the engine is heard.
 */
static void stick(struct test *test, uint32_t times, uint32_t length)
{
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	struct session_tcp *tcp = tcp_of(test);
	tcp->largest[C] = length;
	tcp->largest_seq[C] = 4711;
	tcp->largest_at[C] = fixture_packet(&test->f, C, length);
	fixture_packet(&test->f, E, 0);
	struct tcp_repeat *repeat = &tcp->repeat[C];
	*repeat = (struct tcp_repeat){.seq = 4711, .length = length, .times = times};
	for (uint32_t i = 0; i < times; i++) {
		fixture_wait(&test->f, NS_PER_S);
		repeat->last = fixture_packet(&test->f, C, length);
		repeat->first = i == 0 ? repeat->last : repeat->first;
		tcp->retransmissions[C]++;
	}
}

static void large_segments_that_never_arrive(void **state)
{
	struct test *test = *state;
	stick(test, 3, 1460);
	assert_string_equal(ids(test), "tcp-path-mtu!");
	assert_string_equal(
	    first(test)->summary,
	    "Large packets of the controller do not arrive: 1460 bytes were sent 4 times in 3.0 s "
	    "and the engine never acknowledged them; smaller packets pass.");
	fixture_wait(&test->f, 10 * NS_PER_S);
	assert_string_equal(ids(test), "tls-stalled tcp-path-mtu!");
	contains(first(test)->cause, "large packets of the controller do not arrive");
	restart(test);
	stick(test, 20, 1460); /* one segment is no lossy path */
	assert_string_equal(ids(test), "tcp-path-mtu!");
}

static void segments_that_are_stuck_for_another_reason(void **state)
{
	struct test *test = *state;
	stick(test, 2, 1460);
	assert_string_equal(ids(test), "");
	restart(test);
	stick(test, 5, 536);
	assert_string_equal(ids(test), "");
	restart(test);
	stick(test, 5, 1460);
	tcp_of(test)->largest_seq[C] = 1; /* one so large arrived before */
	assert_string_equal(ids(test), "");
	restart(test);
	stick(test, 5, 1460);
	tcp_of(test)->last[E] = tcp_of(test)->largest_at[C]; /* the engine is dead */
	tcp_of(test)->last[E].packet--;
	assert_string_equal(ids(test), "");
}

/* One that is small, or one in front of which the other side went away. */
static void segments_that_nobody_acknowledges(void **state)
{
	struct test *test = *state;
	stick(test, 6, 536);
	assert_string_equal(ids(test), "tcp-retransmissions!");
	contains(first(test)->summary,
	         "The controller repeated the same 536 bytes 6 times in 5.0 s (packets ");
	contains(first(test)->summary, "), and the engine never acknowledged them.");
	contains(first(test)->cause, "Nothing came from the engine any more: it is down or was restarted");
	assert_int_equal(first(test)->n_evidence, 3);
	fixture_packet(&test->f, E, 0);
	ids(test);
	contains(first(test)->cause, "Other packets of the engine still came:");
	tcp_of(test)->last[E].packet = 0; /* a capture of one direction */
	contains_not(ids(test), "tcp-retransmissions");
	restart(test);
	stick(test, 6, 536);
	tcp_of(test)->repeat[C].first.time += 6 * 1000 * NS_PER_US; /* not so long yet */
	assert_string_equal(ids(test), "");
}

static void routers_that_do_not_get_there(void **state)
{
	static const struct {
		uint8_t version, type, code;
		const char *name, *cause, *route;
	} known[] = {
	    {4, 3, 0, "network unreachable", "That router has no path", "show ip route"},
	    {4, 3, 1, "host unreachable", "That router has no path", "show ip route"},
	    {4, 11, 0, "time to live exceeded", "go round between routers", "show ip route"},
	    {6, 1, 0, "no route to destination", "That router has no path", "show ipv6 route"},
	    {6, 1, 3, "address unreachable", "That router has no path", "show ipv6 route"},
	    {6, 3, 0, "hop limit exceeded", "go round between routers", "show ipv6 route"},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct icmp_seen icmp = {
		    .version = known[i].version, .type = known[i].type, .code = known[i].code};
		restart(test);
		fixture_syn(&test->f);
		icmp.at = (struct origin){.packet = 2, .time = FIXTURE_START};
		model_add_icmp(test->f.session, &icmp);
		assert_string_equal(ids(test), "tcp-unanswered");
		contains(first(test)->summary, known[i].name);
		contains(first(test)->cause, known[i].cause);
		contains(first(test)->advice[1], known[i].route);
		tcp_of(test)->syn_ack = (struct origin){.packet = 3}; /* a later SYN got through */
		contains_not(ids(test), "tcp-unanswered");
	}
}

static void routers_that_say_so(void **state)
{
	struct test *test = *state;
	stick(test, 5, 1460);
	tcp_of(test)->last[E].packet = 1;
	struct icmp_seen icmp = {.at = fixture_packet(&test->f, E, 0),
	                         .dir = C,
	                         .version = 4,
	                         .type = 3,
	                         .code = 4,
	                         .mtu = 1400,
	                         .from = {.version = 4, .bytes = {10, 9, 9, 9}}};
	tcp_of(test)->last[E].packet = 1;
	model_add_icmp(test->f.session, &icmp);
	struct icmp_seen *seen = &test->f.session->icmp[0];
	assert_string_equal(ids(test), "tcp-path-mtu!");
	contains(first(test)->cause,
	         "10.9.9.9 says by ICMP that its next link carries packets of 1400 bytes");
	seen->dir = E;
	assert_string_equal(ids(test), "");
	seen->dir = C;
	seen->code = 1;
	assert_string_equal(ids(test), "");
	seen->version = 6;
	seen->type = 2;
	seen->code = 0;
	seen->mtu = 0;
	assert_string_equal(ids(test), "tcp-path-mtu!");
	contains(first(test)->cause, "says by ICMP that the packets are too big");
	tcp_of(test)->repeat[C].times = 0; /* smaller ones were sent, and acknowledged */
	assert_string_equal(ids(test), "");
}

/* ---- window, loss ---------------------------------------------------------------------------------- */

static void closed_window(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	struct tcp_zero_window *zero = &tcp_of(test)->zero_window[E];
	zero->from = fixture_packet(&test->f, E, 0);
	zero->to = fixture_packet(&test->f, E, 0);
	zero->to.time = zero->from.time + NS_PER_S - 1;
	assert_string_equal(ids(test), HEALTHY);
	zero->to.time++;
	assert_string_equal(ids(test), "tcp-zero-window! " HEALTHY);
	contains(first(test)->summary, "The engine's receive window was closed for at least 1.0 s");
	contains(first(test)->advice[0], "cmxctl");
	tcp_of(test)->zero_window[C] = *zero;
	assert_string_equal(ids(test), "tcp-zero-window! tcp-zero-window! " HEALTHY);
}

static void lossy_path(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	struct session_tcp *tcp = tcp_of(test);
	tcp->first_data[C] = tcp->last[C];
	tcp->packets[C] = 500;
	tcp->retransmissions[C] = 9;
	assert_string_equal(ids(test), HEALTHY);
	tcp->retransmissions[C] = 10;
	assert_string_equal(ids(test), "tcp-retransmissions! " HEALTHY);
	contains(first(test)->summary, "The controller sent 10 of its 500 packets again (2.0 %)");
	contains(first(test)->cause, "The TCP handshake took 2.0 ms.");
	tcp->packets[E] = 500;
	tcp->retransmissions[E] = 50;
	tcp->first_data[E] = tcp->last[E];
	assert_string_equal(ids(test), "tcp-retransmissions! tcp-retransmissions! " HEALTHY);
	assert_true(strncmp(test->verdict, "Works, with trouble (packets sent again): TLSv1.2", 49) == 0);
	tcp->retransmissions[E] = 0;
	tcp->packets[C] = 550;
	assert_string_equal(ids(test), HEALTHY);
	tcp->packets[C] = 100;
	tcp->late_copies = 1; /* a slow mirror */
	assert_string_equal(ids(test), HEALTHY);
	tcp->late_copies = 100;
	assert_string_equal(ids(test), HEALTHY);
	tcp->late_copies = 0;
	tcp->repeat[C].times = 1; /* one segment that nobody answers */
	assert_string_equal(ids(test), HEALTHY);
}

static const struct CMUnitTest tests[] = {
    CASE(unanswered_tells_the_retries),
    CASE(refused_tells_the_ttl),
    CASE(listener_gives_up_at_once),
    CASE(closed_before_it_read),
    CASE(reset_of_a_healthy_session),
    CASE(resets_that_end_nothing),
    CASE(ttl_of_a_reset),
    CASE(reset_inside_the_handshake),
    CASE(large_segments_that_never_arrive),
    CASE(segments_that_are_stuck_for_another_reason),
    CASE(routers_that_say_so),
    CASE(routers_that_do_not_get_there),
    CASE(segments_that_nobody_acknowledges),
    CASE(closed_window),
    CASE(lossy_path),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
