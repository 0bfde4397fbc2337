/*
 * Which datagrams are a DTLS session and which are not, what is named and not read, and what strangers and
 * liars cannot do to a session.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "dissect/dtls.h"
#include "tests/dtlsrun.h"

#include <stdlib.h>

/* ---- associations -------------------------------------------------------------------------------------- */

/* The ports of another recording, so that both are one pair of ends. */
static void take_ports(struct recording *to, const struct recorded *from)
{
	const uint8_t *udp = &from->bytes[DTLSRUN_ETHERNET + DTLSRUN_IP];
	uint8_t engine[2] = {udp[0], udp[1]};
	for (size_t i = 0; i < to->n; i++) {
		uint8_t *own = &to->packets[i].bytes[DTLSRUN_ETHERNET + DTLSRUN_IP];
		bool from_engine = own[2] == 0x3e && own[3] == 0xf1;
		memcpy(from_engine ? own : &own[2], engine, 2);
	}
}

static void a_new_hello_opens_a_new_session(void **state)
{
	(void)state;
	struct recording first, second;
	dtlsrun_load("dtls12", &first);
	dtlsrun_load("dtls10", &second);
	take_ports(&second, &first.packets[0]);
	size_t n = first.n;
	for (size_t i = 0; i < second.n; i++)
		recording_insert(&first, n + i, &second.packets[i]);
	struct model *model = dtlsrun_analyzed(&first, "dtls12", false);
	assert_int_equal(model->n_sessions, 2);
	const struct session *s = model->first;
	assert_string_equal(session_version_name(&s->tls, s->tls.version), "DTLSv1.2");
	assert_int_equal(session_handshake(s), HANDSHAKE_COMPLETE);
	assert_string_equal(session_version_name(&s->next->tls, s->next->tls.version), "DTLSv1.0");
	assert_int_equal(session_handshake(s->next), HANDSHAKE_COMPLETE);
	assert_int_equal(s->next->tcp.packets[0] + s->next->tcp.packets[1], second.n);
	assert_int_equal(session_state(s, model_now(model)), SESSION_CLOSED);
	model_free(model);
	recording_free(&first);
	recording_free(&second);
}

/* The first hello is answered by a cookie: the controller's OpenSSL reaches a state with the second one. */
static void states_begin_with_the_cookie(void **state)
{
	(void)state;
	static const uint16_t states[] = {0, 0, 0x2111, 0x2130, 0x2140, 0x2150, 0x2160, 0x2170, 0x2180};
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	struct model *model = dtlsrun_analyzed(&recording, "dtls12", false);
	assert_int_equal(model->first->steps[1].kind, STEP_HELLO_VERIFY_REQUEST);
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		assert_int_equal(session_step_state(model->first, &model->first->steps[i]).number, states[i]);
	model_free(model);
	recording_free(&recording);
}

static void other_protocols_on_the_port_are_no_session(void **state)
{
	(void)state;
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	for (size_t i = 0; i < recording.n; i++)
		recording.packets[i].bytes[DTLSRUN_PAYLOAD + 1] =
		    0x81; /* a DNS answer to a port that happens to be ours */
	struct model *model = dtlsrun_analyzed(&recording, "dtls12", false);
	assert_null(model->first);
	assert_int_equal(model->capture.udp_other, recording.n);
	model_free(model);
	recording_free(&recording);
}

static bool has_finding(const struct model *model, const struct session *session, const char *id)
{
	struct findings *findings = malloc(sizeof *findings);
	findings_of_session(model, session, findings);
	bool found = false;
	for (uint32_t i = 0; i < findings->n; i++)
		found = found || strcmp(findings->list[i].id, id) == 0;
	free(findings);
	return found;
}

/* "Port unreachable" of the controller about the first datagram. */
static void insert_icmp(struct recording *recording)
{
	const struct recorded *hello = &recording->packets[0];
	struct recorded icmp = *hello;
	uint8_t bytes[DTLSRUN_ETHERNET + DTLSRUN_IP + 8 + DTLSRUN_IP + DTLSRUN_UDP];
	memcpy(bytes, hello->bytes, DTLSRUN_ETHERNET + DTLSRUN_IP);
	memcpy(&bytes[DTLSRUN_ETHERNET + 12], &hello->bytes[DTLSRUN_ETHERNET + 16], 4);
	memcpy(&bytes[DTLSRUN_ETHERNET + 16], &hello->bytes[DTLSRUN_ETHERNET + 12], 4);
	bytes[DTLSRUN_ETHERNET + 2] = 0;
	bytes[DTLSRUN_ETHERNET + 3] = sizeof bytes - DTLSRUN_ETHERNET;
	bytes[DTLSRUN_ETHERNET + 9] = 1;
	memset(&bytes[DTLSRUN_ETHERNET + DTLSRUN_IP], 0, 8);
	bytes[DTLSRUN_ETHERNET + DTLSRUN_IP] = bytes[DTLSRUN_ETHERNET + DTLSRUN_IP + 1] = 3;
	memcpy(&bytes[DTLSRUN_ETHERNET + DTLSRUN_IP + 8], &hello->bytes[DTLSRUN_ETHERNET],
	       DTLSRUN_IP + DTLSRUN_UDP);
	icmp.bytes = bytes;
	icmp.n = icmp.wire = sizeof bytes;
	recording_insert(recording, 1, &icmp);
}

static void nobody_answers(void **state)
{
	(void)state;
	struct recording recording;
	dtlsrun_load("dtls-unanswered", &recording);
	struct model *model = dtlsrun_analyzed(&recording, "", false);
	assert_true(has_finding(model, model->first, "udp-unanswered"));
	assert_false(has_finding(model, model->first, "tls-stalled"));
	assert_false(has_finding(model, model->first, "capture-one-sided"));
	model_free(model);

	insert_icmp(&recording);
	model = dtlsrun_analyzed(&recording, "", false);
	assert_true(has_finding(model, model->first, "udp-refused"));
	assert_false(has_finding(model, model->first, "udp-unanswered"));
	assert_int_equal(session_state(model->first, model_now(model)), SESSION_FAILED);
	model_free(model);

	while (recording.n > 1) /* one hello that stands alone speaks against the capture */
		recording_remove(&recording, 1);
	model = dtlsrun_analyzed(&recording, "", false);
	assert_false(has_finding(model, model->first, "udp-unanswered"));
	assert_false(has_finding(model, model->first, "tls-stalled"));
	model_free(model);
	recording_free(&recording);
}

/* ---- what is named and not read ------------------------------------------------------------------------ */

static void set_payload(struct recorded *packet, const uint8_t *payload, size_t n)
{
	uint8_t *bytes = malloc(DTLSRUN_PAYLOAD + n);
	memcpy(bytes, packet->bytes, DTLSRUN_PAYLOAD);
	memcpy(&bytes[DTLSRUN_PAYLOAD], payload, n);
	bytes[DTLSRUN_ETHERNET + 2] = (uint8_t)((DTLSRUN_IP + DTLSRUN_UDP + n) >> 8);
	bytes[DTLSRUN_ETHERNET + 3] = (uint8_t)(DTLSRUN_IP + DTLSRUN_UDP + n);
	bytes[DTLSRUN_ETHERNET + DTLSRUN_IP + 4] = (uint8_t)((DTLSRUN_UDP + n) >> 8);
	bytes[DTLSRUN_ETHERNET + DTLSRUN_IP + 5] = (uint8_t)(DTLSRUN_UDP + n);
	free(packet->bytes);
	packet->bytes = bytes;
	packet->n = packet->wire = DTLSRUN_PAYLOAD + n;
}

/* A server_hello of DTLS 1.3, and the rest of both sides in its encrypted records. */
static void dtls_13_is_named(void **state)
{
	(void)state;
	enum { BODY = 46 };
	uint8_t hello[DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER + BODY] = {22, 0xfe, 0xfd, [12] = 12 + BODY,
	                                                                    2,  0,    0,    BODY};
	static const uint8_t behind[] = {0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 0xfe, 0xfc};
	hello[DTLS_RECORD_HEADER + 11] = BODY;
	hello[25] = 0xfe;
	hello[26] = 0xfd;
	memset(&hello[27], 0x5a, TLS_RANDOM);
	memcpy(&hello[27 + TLS_RANDOM], behind, sizeof behind);
	static const uint8_t sealed[] = {0x2e, 1, 2, 0, 20, 9, 9, 9, 9, 9, 9, 9, 9,
	                                 9,    9, 9, 9, 9,  9, 9, 9, 9, 9, 9, 9};
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	recording_remove(&recording, 1); /* no cookie */
	recording_remove(&recording, 1);
	set_payload(&recording.packets[1], hello, sizeof hello);
	for (size_t i = 2; i < recording.n; i++)
		set_payload(&recording.packets[i], sealed, sizeof sealed);
	struct model *model = dtlsrun_analyzed(&recording, "dtls12", true);
	const struct session *s = model->first;
	struct session_decryption decryption;
	assert_null(s->next);
	assert_string_equal(session_version_name(&s->tls, s->tls.version), "DTLSv1.3");
	assert_int_equal(session_handshake(s), HANDSHAKE_NOT_CAPTURED);
	session_decryption(model, s, &decryption);
	assert_string_equal(session_decryption_name(decryption.state), "unsupported-cipher");
	assert_non_null(strstr(decryption.detail, "DTLSv1.3"));
	struct findings *findings = malloc(sizeof *findings);
	findings_of_session(model, s, findings);
	assert_true(findings->n == 0 || findings->list[0].severity != SEVERITY_ERROR);
	free(findings);
	model_free(model);
	recording_free(&recording);
}

static void connection_ids_are_named(void **state)
{
	(void)state;
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	for (size_t i = 0; i < recording.n; i++)
		if (dtlsrun_is_data(&recording.packets[i]))
			recording.packets[i].bytes[DTLSRUN_PAYLOAD] = 25;
	struct model *model = dtlsrun_analyzed(&recording, "dtls12", true);
	struct session_decryption decryption;
	session_decryption(model, model->first, &decryption);
	assert_string_equal(session_decryption_name(decryption.state), "unsupported-cipher");
	assert_non_null(strstr(decryption.detail, "RFC 9146"));
	assert_int_equal(session_handshake(model->first), HANDSHAKE_COMPLETE);
	model_free(model);
	recording_free(&recording);
}

/* ---- strangers and liars ------------------------------------------------------------------------------- */

/* The hello of the sample from another port and with another random each: a flood with the session in it. */
static void a_flood_of_hellos_leaves_the_session(void **state)
{
	(void)state;
	enum { FLOOD = 40000, PIECES = 8 };
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	uint32_t input = model_add_input(model, "flood");
	struct recorded stranger = recording.packets[0];
	stranger.bytes = malloc(stranger.n);
	memcpy(stranger.bytes, recording.packets[0].bytes, stranger.n);
	stranger.bytes[DTLSRUN_ETHERNET + 15] = 99;
	for (size_t i = 0; i < recording.n; i++) {
		for (uint32_t k = 0; k < FLOOD / recording.n; k++) {
			uint32_t n = (uint32_t)i * FLOOD + k;
			memcpy(&stranger.bytes[DTLSRUN_ETHERNET + 12], &n, 3);
			memcpy(&stranger.bytes[DTLSRUN_PAYLOAD + 30], &n, sizeof n);
			struct capfile_packet packet = {.time = recording.packets[i].time, .linktype = 1, .wire = stranger.n,
			                                .data = span_of(stranger.bytes, stranger.n)};
			analyze_packet(analyze, input, &packet);
		}
		const struct recorded *own = &recording.packets[i];
		struct capfile_packet packet = {
		    .time = own->time, .linktype = 1, .wire = own->wire, .data = span_of(own->bytes, own->n)};
		analyze_packet(analyze, input, &packet);
	}
	analyze_end(analyze);
	assert_true(model->n_sessions <= LIMIT_SESSIONS);
	assert_true(model->capture.evicted_sessions > 0);
	unsigned found = 0;
	for (const struct session *s = model->first; s != NULL; s = s->next)
		found += session_handshake(s) == HANDSHAKE_COMPLETE &&
		         s->tcp.packets[0] + s->tcp.packets[1] == recording.n;
	assert_int_equal(found, 1);
	free(stranger.bytes);
	analyze_free(analyze);
	model_free(model);
	recording_free(&recording);
}

/* Fragments whose message never becomes whole are held up to the cap, and the session goes on. */
static void a_flood_of_fragments_is_bounded(void **state)
{
	(void)state;
	enum { PIECE = 1200, PIECES = 4000 };
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	uint32_t input = model_add_input(model, "flood");
	static uint8_t payload[DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER + PIECE];
	struct recorded forged = recording.packets[0];
	forged.bytes = malloc(forged.n);
	memcpy(forged.bytes, recording.packets[0].bytes, forged.n);
	for (size_t i = 0; i < recording.n; i++) {
		for (uint32_t k = 0; i == 0 && k < PIECES; k++) {
			uint32_t sequence = 2 + k % 60, offset = 1 + k / 60 * (PIECE + 1);
			const uint8_t head[] = {22,
			                        0xfe,
			                        0xfd,
			                        0,
			                        0,
			                        0,
			                        0,
			                        0,
			                        0,
			                        (uint8_t)(1 + k / 256),
			                        (uint8_t)k,
			                        (uint8_t)((sizeof payload - 13) >> 8),
			                        (uint8_t)(sizeof payload - 13),
			                        11,
			                        1,
			                        0xff,
			                        0xff,
			                        0,
			                        (uint8_t)sequence,
			                        (uint8_t)(offset >> 16),
			                        (uint8_t)(offset >> 8),
			                        (uint8_t)offset,
			                        0,
			                        PIECE >> 8,
			                        PIECE & 0xff};
			memcpy(payload, head, sizeof head);
			set_payload(&forged, payload, sizeof payload);
			struct capfile_packet packet = {.time = recording.packets[0].time, .linktype = 1, .wire = forged.n,
			                                .data = span_of(forged.bytes, forged.n)};
			analyze_packet(analyze, input, &packet);
		}
		const struct recorded *own = &recording.packets[i];
		struct capfile_packet packet = {
		    .time = own->time, .linktype = 1, .wire = own->wire, .data = span_of(own->bytes, own->n)};
		analyze_packet(analyze, input, &packet);
	}
	assert_true(model->capture.hits[HIT_HELD] > 0);
	analyze_end(analyze);
	assert_int_equal(model->n_sessions, 1);
	assert_true(model->first->tls.protected_records[0] > 0);
	free(forged.bytes);
	analyze_free(analyze);
	model_free(model);
	recording_free(&recording);
}

/* A record with a number far ahead, and one of an epoch that cannot be: neither hides what follows. */
static void forged_numbers_hide_nothing(void **state)
{
	(void)state;
	struct recording recording;
	dtlsrun_load("dtls12", &recording);
	struct model *full = dtlsrun_analyzed(&recording, "dtls12", true);
	for (int turn = 0; turn < 2; turn++) {
		struct recording changed;
		recording_copy(&changed, &recording);
		struct recorded *own = &changed.packets[10];
		assert_true(dtlsrun_is_data(own));
		recording_insert(&changed, 10, own);
		if (turn == 0)
			memset(&changed.packets[10].bytes[DTLSRUN_PAYLOAD + 5], 0xff, 6);
		else
			changed.packets[10].bytes[DTLSRUN_PAYLOAD + 3] = 0xff;
		struct model *model = dtlsrun_analyzed(&changed, "dtls12", true);
		assert_int_equal(dtlsrun_messages(model->first), dtlsrun_messages(full->first));
		assert_null(model->first->next);
		model_free(model);
		recording_free(&changed);
	}
	model_free(full);
	recording_free(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_hello_opens_a_new_session),
	    cmocka_unit_test(states_begin_with_the_cookie),
	    cmocka_unit_test(other_protocols_on_the_port_are_no_session),
	    cmocka_unit_test(nobody_answers),
	    cmocka_unit_test(dtls_13_is_named),
	    cmocka_unit_test(connection_ids_are_named),
	    cmocka_unit_test(a_flood_of_hellos_leaves_the_session),
	    cmocka_unit_test(a_flood_of_fragments_is_bounded),
	    cmocka_unit_test(forged_numbers_hide_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
