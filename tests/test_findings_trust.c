/* Findings about the trust in a capture: each with a model that fires it and the quiet ones beside it. */
#include "tests/findings_check.h"

static const struct finding *first(struct test *test)
{
	return &test->findings.list[0];
}

static void lost_by_the_capturing_program(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	for (int i = 0; i < 3; i++)
		model_add_input(test->f.model, i == 2 ? "b.pcapng" : "a.pcapng");
	assert_string_equal(capture_ids(test), ""); /* -1: nothing is said */
	capture->inputs[1].dropped = 0;
	assert_string_equal(capture_ids(test), "");
	fixture_syn(&test->f);
	capture->inputs[2].dropped = 7;
	assert_string_equal(capture_ids(test), "capture-dropped");
	assert_string_equal(first(test)->summary,
	                    "The capturing program lost 7 packets and kept 1 (b.pcapng).");
	contains(first(test)->cause, "No bytes are missing from the NMSP sessions");
	capture->inputs[0].dropped = 5;
	capture->gaps = 2;
	capture_ids(test);
	assert_string_equal(first(test)->summary,
	                    "The capturing program lost 12 packets and kept 1 (most of them in b.pcapng).");
	contains(first(test)->cause, "2 gaps in the NMSP sessions may be this loss");
}

/* Of an interface the advice is this program's own, and what the interface lost itself counts, too. */
static void lost_by_an_interface(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	model_add_input(test->f.model, "eth1");
	capture->inputs[0].live = true;
	capture->inputs[0].dropped = capture->inputs[0].missed = 0;
	assert_string_equal(capture_ids(test), "");
	fixture_syn(&test->f);
	capture->inputs[0].dropped = 7;
	assert_string_equal(capture_ids(test), "capture-dropped");
	assert_string_equal(first(test)->summary, "This capture lost 7 packets and kept 1 (eth1).");
	assert_int_equal(first(test)->n_advice, 2);
	contains(first(test)->advice[0], "nmspscope -i eth1 -B 131072");
	assert_null(strstr(first(test)->cause, "The interface or its driver"));
	capture->inputs[0].missed = 20;
	capture_ids(test);
	assert_string_equal(first(test)->summary, "This capture lost 27 packets and kept 1 (eth1).");
	contains(first(test)->cause, "The interface or its driver lost packets");
	contains(first(test)->advice[1], "ethtool -g eth1");
	capture->inputs[0].dropped = 0;
	capture_ids(test);
	assert_int_equal(first(test)->n_advice, 2);
	assert_null(strstr(first(test)->advice[0], "-B"));
}

static void copies_of_the_mirror(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	fixture_healthy(&test->f);
	assert_string_equal(capture_ids(test), "");
	capture->duplicates = 3;
	capture->nmsp_packets = 20;
	capture->first_duplicate = (struct origin){.packet = 4};
	assert_string_equal(capture_ids(test), "capture-duplicates");
	contains(first(test)->summary,
	         "3 packets of the NMSP sessions came twice, of 20 in all, first packet 4.");
	assert_int_equal(first(test)->evidence[0].packet, 4);
}

/* Of a mirror that takes longer than a round trip. */
static void late_copies_of_the_mirror(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp = &test->f.session->tcp;
	fixture_healthy(&test->f);
	tcp->first_late_copy = fixture_packet(&test->f, E, 10);
	tcp->late_copies = 9;
	assert_string_equal(capture_ids(test), "");
	tcp->late_copies = 10;
	assert_string_equal(capture_ids(test), "capture-duplicates");
	contains(first(test)->summary, "10 packets of the NMSP sessions came again, the first at packet ");
	contains(first(test)->cause, "They are counted as retransmissions");
	assert_int_equal(first(test)->evidence[0].packet, tcp->first_late_copy.packet);
	test->f.model->capture.duplicates = 3;
	test->f.model->capture.first_duplicate = (struct origin){.packet = 4};
	assert_string_equal(capture_ids(test), "capture-duplicates");
	contains(first(test)->summary, "3 packets of the NMSP sessions came twice");
	contains(first(test)->cause, "10 packets came again later than a round trip");
	assert_int_equal(first(test)->n_evidence, 2);
}

static void repeats_with_other_bytes(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->tcp.conflicts = 1;
	test->f.session->tcp.first_conflict = fixture_packet(&test->f, E, 10);
	assert_string_equal(ids(test), "capture-conflict! keys-missing?");
	contains(first(test)->cause, "believes the first copy");
}

static void clock_that_goes_back(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	capture->backwards = 2;
	capture->furthest_back = 90 * NS_PER_S;
	capture->backwards_at = (struct origin){.packet = 9};
	assert_string_equal(capture_ids(test), "capture-clock-jump");
	assert_string_equal(first(test)->summary,
	                    "The capture's clock runs backwards 2 times, by up to 90.0 s (packet 9).");
}

/* A SYN-ACK so late; the data behind the SYN shows that it answers this SYN. */
static void clock_that_leaps_forward(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp = &test->f.session->tcp;
	fixture_syn(&test->f);
	fixture_wait(&test->f, 601 * NS_PER_S);
	tcp->syn_ack = fixture_packet(&test->f, C, 0);
	assert_string_equal(capture_ids(test), "");
	fixture_packet(&test->f, E, 100);
	assert_string_equal(capture_ids(test), "capture-clock-jump");
	contains(first(test)->summary, "the SYN of session 1 is answered 10.0 minutes later");
	tcp->gaps[E] = 1;
	assert_string_equal(capture_ids(test), "");
	tcp->gaps[E] = 0;
	tcp->syn_ack.input = 1; /* each input has its own clock */
	assert_string_equal(capture_ids(test), "");
	tcp->syn_ack.input = 0;
	tcp->syn_ack.time = tcp->syn[0].time + 600 * NS_PER_S;
	assert_string_equal(capture_ids(test), "");
	fixture_wait(&test->f, 24 * 3600 * NS_PER_S); /* silence is no leap */
	fixture_packet(&test->f, E, 100);
	assert_string_equal(capture_ids(test), "");
}

static void clock_that_leaps_beside_timestamps(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp = &test->f.session->tcp;
	static const int64_t hour = 3600 * NS_PER_S;
	struct tcp_leap of_engine = {{.packet = 20}, {.packet = 24, .time = hour}, NS_PER_S};
	struct tcp_leap of_controller = {{.packet = 21}, {.packet = 23, .time = hour}, 2 * NS_PER_S};
	fixture_healthy(&test->f);
	tcp->leap[E] = of_engine;
	assert_string_equal(capture_ids(test), ""); /* this host may have been suspended */
	tcp->leap[C] = of_controller;
	assert_string_equal(capture_ids(test), "capture-clock-jump");
	assert_string_equal(
	    first(test)->summary,
	    "The capture's clock leaps forward: from packet 21 to packet 23 it moves by 60.0 "
	    "minutes, and by the TCP timestamps of both hosts of session 1 no more than 2.0 s "
	    "went by.");
	assert_int_equal(first(test)->evidence[0].packet, 21);
	assert_int_equal(first(test)->evidence[1].packet, 23);
	tcp->leap[C].from.packet = 30;
	tcp->leap[C].to.packet = 31;
	assert_string_equal(capture_ids(test), ""); /* not the same time */
}

static void segments_of_no_network(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp = &test->f.session->tcp;
	fixture_healthy(&test->f);
	tcp->largest[C] = 9000;
	tcp->largest_at[C] = fixture_packet(&test->f, C, 9000);
	assert_string_equal(capture_ids(test), ""); /* jumbo frames: what was announced is not known */
	tcp->mss[E] = 8960;
	assert_string_equal(capture_ids(test), "capture-offload");
	assert_string_equal(
	    first(test)->summary,
	    "1 session holds segments larger than any packet of the network, up to 9000 bytes.");
	tcp->mss[E] = 9000;
	tcp->mss[C] = 1460; /* counts for the other direction */
	assert_string_equal(capture_ids(test), "");
	tcp->mss[E] = 0;
	tcp->largest[C] = 9217; /* no interface sends that, whatever was announced */
	assert_string_equal(capture_ids(test), "capture-offload");
	assert_int_equal(first(test)->severity, SEVERITY_INFO);
	contains(first(test)->cause, "Packet counts and sizes in this report are those of the host");
}

static void packets_without_a_length(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->no_length = fixture_packet(&test->f, C, 100);
	assert_string_equal(capture_ids(test), "capture-offload");
	assert_string_equal(first(test)->summary, "1 session holds packets whose IP length is 0.");
	assert_int_equal(first(test)->evidence[0].packet, test->f.session->no_length.packet);
}

static void checksums_that_the_card_finishes(void **state)
{
	struct test *test = *state;
	struct session_tcp *tcp = &test->f.session->tcp;
	fixture_healthy(&test->f);
	tcp->checked[C] = tcp->checked[E] = 20;
	tcp->first_unfinished[C] = tcp->syn_ack;
	tcp->unfinished[C] = 17; /* of 20 */
	assert_string_equal(capture_ids(test), "");
	tcp->unfinished[C] = 18;
	assert_string_equal(capture_ids(test), "capture-offload");
	assert_string_equal(
	    first(test)->summary,
	    "The TCP checksums of the controller are unfinished: 18 of 20 packets looked at, in 1 session.");
	contains(first(test)->cause, "made on the controller's host, or on its virtual switch");
	assert_int_equal(first(test)->evidence[0].packet, tcp->syn_ack.packet);
	tcp->unfinished[E] = 20;
	tcp->first_unfinished[E] = tcp->syn[0];
	capture_ids(test);
	contains(first(test)->summary,
	         "of both sides are unfinished: 38 of 40 packets looked at, in 1 session.");
	contains(first(test)->cause, "made on a host that both sides run on");
	assert_int_equal(first(test)->evidence[0].packet, tcp->syn[0].packet);
	tcp->unfinished[E] = 0;
	tcp->unfinished[C] = tcp->checked[C] = 2; /* by chance */
	assert_string_equal(capture_ids(test), "");
	tcp->unfinished[C] = tcp->checked[C] = 3; /* a handshake that fails is no longer */
	assert_string_equal(capture_ids(test), "capture-offload");
}

static void cut_packets_name_the_snaplen(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->tcp.cut_packets = 1;
	test->f.session->tcp.first_cut = fixture_packet(&test->f, E, 10);
	test->f.model->capture.largest_wire = 1514;
	assert_string_equal(ids(test), "capture-cut-packets! keys-missing?");
	contains(first(test)->cause, "The largest packet has 1514 bytes; -s 0 keeps all of each.");
}

static const struct CMUnitTest tests[] = {
    CASE(lost_by_the_capturing_program),    CASE(copies_of_the_mirror),
    CASE(repeats_with_other_bytes),         CASE(clock_that_goes_back),
    CASE(clock_that_leaps_forward),         CASE(segments_of_no_network),
    CASE(cut_packets_name_the_snaplen),     CASE(clock_that_leaps_beside_timestamps),
    CASE(late_copies_of_the_mirror),        CASE(packets_without_a_length),
    CASE(checksums_that_the_card_finishes), CASE(lost_by_an_interface),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
