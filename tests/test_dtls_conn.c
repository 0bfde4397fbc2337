/*
 * DTLS associations through the whole analysis, as properties over the samples: what reorder, copies and replays
 * must not change, what a lost datagram may change, and what strangers and liars may not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "analyzer/session_nmsp.h"
#include "dissect/dtls.h"
#include "tests/opened.h"
#include "tests/recording.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 40, SUMMARY = 8192, ETHERNET = 14, IP = 20, UDP = 8, PAYLOAD = ETHERNET + IP + UDP };

static const char *const samples[] = {"dtls12", "dtls10", "dtls-fragments", "dtls-rejected"};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* ---- what a run gives ---------------------------------------------------------------------------------- */

static void add(char *summary, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *summary, const char *format, ...)
{
	size_t used = strlen(summary);
	va_list args;
	va_start(args, format);
	vsnprintf(summary + used, SUMMARY - used, format, args);
	va_end(args);
}

static void add_side(char *summary, const struct session *s, uint8_t dir)
{
	add(summary, "\nside %u:", dir);
	for (uint32_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].dir == dir)
			add(summary, " %s%s", session_step_name(s->steps[i].kind), s->steps[i].damaged ? "!" : "");
	for (uint32_t i = 0; i < s->n_alerts; i++)
		if (s->alerts[i].dir == dir)
			add(summary, " alert %u", s->alerts[i].code);
	for (uint32_t type = 0; s->nmsp != NULL && type < 256; type++)
		for (uint32_t i = 0; i < s->nmsp->n_counts; i++)
			if (s->nmsp->counts[i].dir == dir && s->nmsp->counts[i].type == type)
				add(summary, " %u:%llu/%llu", type, (unsigned long long)s->nmsp->counts[i].messages,
				    (unsigned long long)s->nmsp->counts[i].bytes);
}

/* Times and packet numbers of the verdict may move. */
static void blank_numbers(char *text)
{
	char *to = text;
	for (const char *from = text; *from != '\0'; from++)
		if (!isdigit((unsigned char)*from) && *from != '.' && strchr("um", *from) == NULL)
			*to++ = *from;
	*to = '\0';
}

static void summarize(const struct model *model, char *summary)
{
	struct findings *findings = malloc(sizeof *findings);
	summary[0] = '\0';
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		char verdict[VERDICT_TEXT];
		add_side(summary, s, 0);
		add_side(summary, s, 1);
		findings_of_session(model, s, findings);
		findings_verdict(model, s, findings, verdict);
		blank_numbers(verdict);
		add(summary, "\n%s %s", session_handshake_name(session_handshake(s)), verdict);
		for (uint32_t i = 0; i < findings->n; i++)
			if (findings->list[i].severity == SEVERITY_ERROR)
				add(summary, " [%s]", findings->list[i].id);
	}
	free(findings);
}

static struct model *analyzed(const struct recording *recording, const char *name, bool keys)
{
	struct model *model = model_new();
	char path[128];
	struct err err;
	snprintf(path, sizeof path, "samples/%s.keys", name);
	if (keys) {
		model->keylog = keylog_new();
		if (strcmp(name, "dtls-rejected") != 0)
			assert_int_equal(opened_keylog(model->keylog, path, &err), 0);
	}
	recording_analyze(recording, model);
	return model;
}

static void run(const struct recording *recording, const char *name, bool keys, char *summary)
{
	struct model *model = analyzed(recording, name, keys);
	summarize(model, summary);
	model_free(model);
}

static void load(const char *name, struct recording *recording)
{
	char path[128];
	snprintf(path, sizeof path, "samples/%s.pcapng", name);
	recording_read(recording, path);
	assert_true(recording->n > 0);
}

/* ---- properties ---------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct recorded *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

/* Moves datagrams of both directions by `most`, up to 20 places. */
static void shuffle_by(struct recording *recording, uint64_t *seed, int64_t most)
{
	int64_t times[512];
	assert_true(recording->n <= 512);
	for (size_t i = 0; i < recording->n; i++)
		times[i] = recording->packets[i].time;
	for (size_t i = 0; i < recording->n; i++) {
		size_t far = i + 20 < recording->n ? i + 20 : recording->n - 1;
		int64_t room = times[far] - times[i];
		recording->packets[i].time += (int64_t)recording_random(seed, (uint64_t)(room < most ? room : most) + 1);
	}
	qsort(recording->packets, recording->n, sizeof recording->packets[0], by_time);
}

/* As a mirror of both ports of a switch does. */
static void shuffle(struct recording *recording, uint64_t *seed)
{
	shuffle_by(recording, seed, 2 * NS_PER_MS);
}

static void shuffle_far(struct recording *recording, uint64_t *seed)
{
	shuffle_by(recording, seed, 400 * NS_PER_MS);
}

/* Copies of the mirror at once, of the network or of somebody who replays some datagrams later. */
static void repeat(struct recording *recording, uint64_t *seed)
{
	for (size_t i = 0; i < recording->n; i++) {
		uint64_t dice = recording_random(seed, 6);
		size_t at = i + 1 + (dice == 1 ? recording_random(seed, 12) : 0);
		if (dice > 1)
			continue;
		at = at < recording->n ? at : recording->n;
		struct recorded copy = recording->packets[i];
		copy.time = recording->packets[at - 1].time;
		recording_insert(recording, at, &copy);
		i++;
	}
}

static void both(struct recording *recording, uint64_t *seed)
{
	repeat(recording, seed);
	shuffle(recording, seed);
}

/* Cuts the lines of the verdict off: it tells of answers in front of their questions. */
static void without_verdict(char *summary)
{
	char *line = strstr(summary, "\ncomplete");
	if (line != NULL)
		line[strlen("\ncomplete")] = '\0';
}

static void same_after(void (*change)(struct recording *, uint64_t *), bool verdict, const char *what)
{
	char *expected = malloc(SUMMARY), *got = malloc(SUMMARY);
	for (size_t s = 0; s < 2 * N_SAMPLES; s++) {
		const char *name = samples[s / 2];
		struct recording original, changed;
		load(name, &original);
		run(&original, name, s % 2 == 0, expected);
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			uint64_t state = seed;
			recording_copy(&changed, &original);
			change(&changed, &state);
			run(&changed, name, s % 2 == 0, got);
			if (!verdict) {
				without_verdict(expected);
				without_verdict(got);
			}
			if (strcmp(expected, got) != 0)
				fail_msg("%s%s, %s, seed %llu:\nexpected%s\n\ngot%s\n", name, s % 2 == 0 ? " with keys" : "", what,
				         (unsigned long long)seed, expected, got);
			recording_free(&changed);
		}
		recording_free(&original);
	}
	free(expected);
	free(got);
}

static void any_order_gives_the_same(void **state)
{
	(void)state;
	same_after(shuffle, true, "reordered");
	same_after(shuffle_far, false, "reordered far");
}

static void copies_and_replays_change_nothing(void **state)
{
	(void)state;
	same_after(repeat, true, "repeated");
	same_after(both, true, "repeated and reordered");
}

static uint64_t messages_of(const struct session *session)
{
	return session->nmsp == NULL ? 0 : session->nmsp->messages[0] + session->nmsp->messages[1];
}

static bool is_data(const struct recorded *packet)
{
	return packet->bytes[PAYLOAD] == TLS_APPLICATION_DATA;
}

static void a_lost_datagram_takes_only_what_it_carried(void **state)
{
	(void)state;
	struct recording original, less;
	load("dtls12", &original);
	struct model *full = analyzed(&original, "dtls12", true);
	uint64_t all = messages_of(full->first);
	assert_true(all > 20);
	for (size_t i = 0; i < original.n; i++) {
		recording_copy(&less, &original);
		recording_remove(&less, i);
		struct model *model = analyzed(&less, "dtls12", true);
		const struct session *s = model->first;
		uint64_t left = messages_of(s);
		bool hello = i == 2 || i == 3; /* with the cookie; the server's */
		uint64_t expected = is_data(&original.packets[i]) ? all - 1 : all;
		if (left != expected && !hello)
			fail_msg("without packet %zu: %llu messages", i + 1, (unsigned long long)left);
		assert_null(s->next);
		assert_int_equal(s->nmsp != NULL ? s->nmsp->malformed : 0, 0);
		uint64_t refused = s->tls.refused[0] + s->tls.refused[1];
		assert_int_equal(refused, 0);
		model_free(model);
		recording_free(&less);
	}
	model_free(full);
	recording_free(&original);
}

static void one_flipped_bit_refuses_one_record(void **state)
{
	(void)state;
	struct recording original, changed;
	load("dtls12", &original);
	struct model *full = analyzed(&original, "dtls12", true);
	for (size_t i = 0; i < original.n; i++) {
		if (!is_data(&original.packets[i]))
			continue;
		recording_copy(&changed, &original);
		changed.packets[i].bytes[PAYLOAD + DTLS_RECORD_HEADER + 9] ^= 4;
		struct model *model = analyzed(&changed, "dtls12", true);
		assert_int_equal(messages_of(model->first), messages_of(full->first) - 1);
		assert_int_equal(model->first->tls.refused[0] + model->first->tls.refused[1], 1);
		model_free(model);
		recording_free(&changed);
	}
	model_free(full);
	recording_free(&original);
}

static void every_cut_of_every_datagram_is_no_harm(void **state)
{
	(void)state;
	struct recording original, changed;
	load("dtls-fragments", &original);
	for (size_t i = 0; i < original.n; i += 3) {
		for (size_t n = 0; n < original.packets[i].n; n += 7) {
			recording_copy(&changed, &original);
			struct recorded *packet = &changed.packets[i];
			uint8_t *exact = malloc(n > 0 ? n : 1);
			memcpy(exact, packet->bytes, n);
			free(packet->bytes);
			packet->bytes = exact;
			packet->n = n;
			struct model *model = analyzed(&changed, "dtls-fragments", true);
			assert_non_null(model->first);
			assert_null(model->first->next);
			model_free(model);
			recording_free(&changed);
		}
	}
	recording_free(&original);
}

/* ---- associations -------------------------------------------------------------------------------------- */

/* The ports of another recording, so that both are one pair of ends. */
static void take_ports(struct recording *to, const struct recorded *from)
{
	const uint8_t *udp = &from->bytes[ETHERNET + IP];
	uint8_t engine[2] = {udp[0], udp[1]};
	for (size_t i = 0; i < to->n; i++) {
		uint8_t *own = &to->packets[i].bytes[ETHERNET + IP];
		bool from_engine = own[2] == 0x3e && own[3] == 0xf1;
		memcpy(from_engine ? own : &own[2], engine, 2);
	}
}

static void a_new_hello_opens_a_new_session(void **state)
{
	(void)state;
	struct recording first, second;
	load("dtls12", &first);
	load("dtls10", &second);
	take_ports(&second, &first.packets[0]);
	size_t n = first.n;
	for (size_t i = 0; i < second.n; i++)
		recording_insert(&first, n + i, &second.packets[i]);
	struct model *model = analyzed(&first, "dtls12", false);
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

static void other_protocols_on_the_port_are_no_session(void **state)
{
	(void)state;
	struct recording recording;
	load("dtls12", &recording);
	for (size_t i = 0; i < recording.n; i++)
		recording.packets[i].bytes[PAYLOAD + 1] = 0x81; /* a DNS answer to a port that happens to be ours */
	struct model *model = analyzed(&recording, "dtls12", false);
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
	uint8_t bytes[ETHERNET + IP + 8 + IP + UDP];
	memcpy(bytes, hello->bytes, ETHERNET + IP);
	memcpy(&bytes[ETHERNET + 12], &hello->bytes[ETHERNET + 16], 4);
	memcpy(&bytes[ETHERNET + 16], &hello->bytes[ETHERNET + 12], 4);
	bytes[ETHERNET + 2] = 0;
	bytes[ETHERNET + 3] = sizeof bytes - ETHERNET;
	bytes[ETHERNET + 9] = 1;
	memset(&bytes[ETHERNET + IP], 0, 8);
	bytes[ETHERNET + IP] = bytes[ETHERNET + IP + 1] = 3;
	memcpy(&bytes[ETHERNET + IP + 8], &hello->bytes[ETHERNET], IP + UDP);
	icmp.bytes = bytes;
	icmp.n = icmp.wire = sizeof bytes;
	recording_insert(recording, 1, &icmp);
}

static void nobody_answers(void **state)
{
	(void)state;
	struct recording recording;
	load("dtls-unanswered", &recording);
	struct model *model = analyzed(&recording, "", false);
	assert_true(has_finding(model, model->first, "udp-unanswered"));
	assert_false(has_finding(model, model->first, "tls-stalled"));
	assert_false(has_finding(model, model->first, "capture-one-sided"));
	model_free(model);

	insert_icmp(&recording);
	model = analyzed(&recording, "", false);
	assert_true(has_finding(model, model->first, "udp-refused"));
	assert_false(has_finding(model, model->first, "udp-unanswered"));
	assert_int_equal(session_state(model->first, model_now(model)), SESSION_FAILED);
	model_free(model);

	while (recording.n > 1) /* one hello that stands alone speaks against the capture */
		recording_remove(&recording, 1);
	model = analyzed(&recording, "", false);
	assert_false(has_finding(model, model->first, "udp-unanswered"));
	assert_false(has_finding(model, model->first, "tls-stalled"));
	model_free(model);
	recording_free(&recording);
}

/* ---- what is named and not read ------------------------------------------------------------------------ */

static void set_payload(struct recorded *packet, const uint8_t *payload, size_t n)
{
	uint8_t *bytes = malloc(PAYLOAD + n);
	memcpy(bytes, packet->bytes, PAYLOAD);
	memcpy(&bytes[PAYLOAD], payload, n);
	bytes[ETHERNET + 2] = (uint8_t)((IP + UDP + n) >> 8);
	bytes[ETHERNET + 3] = (uint8_t)(IP + UDP + n);
	bytes[ETHERNET + IP + 4] = (uint8_t)((UDP + n) >> 8);
	bytes[ETHERNET + IP + 5] = (uint8_t)(UDP + n);
	free(packet->bytes);
	packet->bytes = bytes;
	packet->n = packet->wire = PAYLOAD + n;
}

/* A server_hello of DTLS 1.3, and the rest of both sides in its encrypted records. */
static void dtls_13_is_named(void **state)
{
	(void)state;
	enum { BODY = 46 };
	uint8_t hello[DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER + BODY] = {22, 0xfe, 0xfd, [12] = 12 + BODY, 2, 0, 0, BODY};
	static const uint8_t behind[] = {0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 0xfe, 0xfc};
	hello[DTLS_RECORD_HEADER + 11] = BODY;
	hello[25] = 0xfe;
	hello[26] = 0xfd;
	memset(&hello[27], 0x5a, TLS_RANDOM);
	memcpy(&hello[27 + TLS_RANDOM], behind, sizeof behind);
	static const uint8_t sealed[] = {0x2e, 1, 2, 0, 20, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
	struct recording recording;
	load("dtls12", &recording);
	recording_remove(&recording, 1); /* no cookie */
	recording_remove(&recording, 1);
	set_payload(&recording.packets[1], hello, sizeof hello);
	for (size_t i = 2; i < recording.n; i++)
		set_payload(&recording.packets[i], sealed, sizeof sealed);
	struct model *model = analyzed(&recording, "dtls12", true);
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
	load("dtls12", &recording);
	for (size_t i = 0; i < recording.n; i++)
		if (is_data(&recording.packets[i]))
			recording.packets[i].bytes[PAYLOAD] = 25;
	struct model *model = analyzed(&recording, "dtls12", true);
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
	load("dtls12", &recording);
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	uint32_t input = model_add_input(model, "flood");
	struct recorded stranger = recording.packets[0];
	stranger.bytes = malloc(stranger.n);
	memcpy(stranger.bytes, recording.packets[0].bytes, stranger.n);
	stranger.bytes[ETHERNET + 15] = 99;
	for (size_t i = 0; i < recording.n; i++) {
		for (uint32_t k = 0; k < FLOOD / recording.n; k++) {
			uint32_t n = (uint32_t)i * FLOOD + k;
			memcpy(&stranger.bytes[ETHERNET + 12], &n, 3);
			memcpy(&stranger.bytes[PAYLOAD + 30], &n, sizeof n);
			struct capfile_packet packet = {recording.packets[i].time, 1, stranger.n,
			                                span_of(stranger.bytes, stranger.n)};
			analyze_packet(analyze, input, &packet);
		}
		const struct recorded *own = &recording.packets[i];
		struct capfile_packet packet = {own->time, 1, own->wire, span_of(own->bytes, own->n)};
		analyze_packet(analyze, input, &packet);
	}
	analyze_end(analyze);
	assert_true(model->n_sessions <= LIMIT_SESSIONS);
	assert_true(model->capture.evicted_sessions > 0);
	unsigned found = 0;
	for (const struct session *s = model->first; s != NULL; s = s->next)
		found += session_handshake(s) == HANDSHAKE_COMPLETE && s->tcp.packets[0] + s->tcp.packets[1] == recording.n;
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
	load("dtls12", &recording);
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
			const uint8_t head[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, (uint8_t)(1 + k / 256), (uint8_t)k,
			                        (uint8_t)((sizeof payload - 13) >> 8), (uint8_t)(sizeof payload - 13),
			                        11, 1, 0xff, 0xff, 0, (uint8_t)sequence, (uint8_t)(offset >> 16),
			                        (uint8_t)(offset >> 8), (uint8_t)offset, 0, PIECE >> 8, PIECE & 0xff};
			memcpy(payload, head, sizeof head);
			set_payload(&forged, payload, sizeof payload);
			struct capfile_packet packet = {recording.packets[0].time, 1, forged.n, span_of(forged.bytes, forged.n)};
			analyze_packet(analyze, input, &packet);
		}
		const struct recorded *own = &recording.packets[i];
		struct capfile_packet packet = {own->time, 1, own->wire, span_of(own->bytes, own->n)};
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
	load("dtls12", &recording);
	struct model *full = analyzed(&recording, "dtls12", true);
	for (int turn = 0; turn < 2; turn++) {
		struct recording changed;
		recording_copy(&changed, &recording);
		struct recorded *own = &changed.packets[10];
		assert_true(is_data(own));
		recording_insert(&changed, 10, own);
		if (turn == 0)
			memset(&changed.packets[10].bytes[PAYLOAD + 5], 0xff, 6);
		else
			changed.packets[10].bytes[PAYLOAD + 3] = 0xff;
		struct model *model = analyzed(&changed, "dtls12", true);
		assert_int_equal(messages_of(model->first), messages_of(full->first));
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
	    cmocka_unit_test(any_order_gives_the_same),
	    cmocka_unit_test(copies_and_replays_change_nothing),
	    cmocka_unit_test(a_lost_datagram_takes_only_what_it_carried),
	    cmocka_unit_test(one_flipped_bit_refuses_one_record),
	    cmocka_unit_test(every_cut_of_every_datagram_is_no_harm),
	    cmocka_unit_test(a_new_hello_opens_a_new_session),
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
