/*
 * Messages whose length lies: each message of a sample, with every kind of lie, changes nothing but itself;
 * and long genuine messages full of other messages are never taken for a lie.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "tests/nmsprun.h"
#include "tests/recording.h"

enum {
	PORT = 16113,
	LENGTH_AT = 4,
	TYPES = 68,
	MESSAGES = 28,
	LAST_AT = 42 /* packets of the last messages */
};

/* ---- the sample ---- */

static void put_length(struct recorded *packet, size_t payload, size_t value)
{
	uint8_t *at = &packet->bytes[packet->n - payload + LENGTH_AT];
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t get_length(const struct recorded *packet, size_t payload)
{
	const uint8_t *at = &packet->bytes[packet->n - payload + LENGTH_AT];
	return (size_t)at[0] << 8 | at[1];
}

/* assumed-1 with other words about the length or the elements. */
static struct profile *profile_with(bool body, bool opaque)
{
	struct profile *profile = xcalloc(1, sizeof *profile);
	profile_builtin(profile);
	profile->length_is_body = body;
	profile->has_elements = !opaque;
	return profile;
}

struct tally {
	uint64_t counts[TYPES][2], malformed, lost, cut_off;
	bool echo_alarm;
};

static void run(const struct recording *recording, bool body, bool opaque, struct tally *out)
{
	struct model *model = model_new();
	struct findings *findings = xcalloc(1, sizeof *findings);
	if (body || opaque)
		model->profile = profile_with(body, opaque);
	recording_analyze(recording, model);
	const struct session_nmsp *nmsp = model->first->nmsp;
	*out = (struct tally){.malformed = nmsp->malformed,
	                      .lost = nmsp->lost[0] + nmsp->lost[1],
	                      .cut_off = nmsp->cut_off[0] + nmsp->cut_off[1]};
	nmsprun_check_sums(nmsp);
	for (uint32_t type = 0; type < TYPES; type++)
		for (uint8_t dir = 0; dir < 2; dir++)
			out->counts[type][dir] = nmsprun_count(nmsp, type, dir);
	findings_of_session(model, model->first, findings);
	for (uint32_t i = 0; i < findings->n; i++)
		out->echo_alarm |= strncmp(findings->list[i].id, "echo", 4) == 0;
	free(findings);
	model_free(model);
}

/* Messages of the truth that were not counted. */
static uint64_t missing(const struct tally *truth, const struct tally *told)
{
	uint64_t n = 0;
	for (uint32_t type = 0; type < TYPES; type++)
		for (int dir = 0; dir < 2; dir++)
			if (told->counts[type][dir] < truth->counts[type][dir])
				n += truth->counts[type][dir] - told->counts[type][dir];
	return n;
}

static void read_sample(struct recording *recording, bool body)
{
	recording_read(recording, "samples/plaintext.pcapng");
	for (size_t i = 0; body && i < recording->n; i++) {
		int dir;
		size_t payload = recording_payload(&recording->packets[i], PORT, &dir);
		if (payload > 0)
			put_length(&recording->packets[i], payload, payload - NMSPTALK_HEADER);
	}
}

/* All lies about the message of a packet. The most messages that are missing, the liar included. */
static uint64_t lie_about(struct recording *recording, size_t at, bool body, bool opaque,
                          const struct tally *truth)
{
	int dir;
	uint64_t most = 0;
	struct recorded *packet = &recording->packets[at];
	size_t n = recording_payload(packet, PORT, &dir), told = get_length(packet, n), own = n - told;
	const size_t lies[] = {0,     1,     NMSPTALK_HEADER - 1, NMSPTALK_HEADER, n / 2, 16, n + 1, n + 4,
	                       2 * n, 0xffff};
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		size_t lie = lies[i] > own ? lies[i] - own : 0;
		struct tally tally;
		if (lie == told)
			continue;
		put_length(packet, n, lie);
		run(recording, body, opaque, &tally);
		uint64_t lost = missing(truth, &tally);
		most = lost > most ? lost : most;
		if (tally.echo_alarm || (!opaque && (tally.malformed + tally.cut_off == 0 || lost > 1)))
			print_error("packet %zu, length %zu for %zu, body %d, opaque %d: %llu missing, %llu "
			            "malformed, %llu lost, echo alarm %d\n",
			            at + 1, lie, told, body, opaque, (unsigned long long)lost,
			            (unsigned long long)tally.malformed, (unsigned long long)tally.lost,
			            tally.echo_alarm);
		assert_false(tally.echo_alarm);
		assert_true(opaque || tally.malformed + tally.cut_off > 0);
		assert_true(tally.cut_off == 0 || at >= LAST_AT || opaque);
		assert_true(lost <= (opaque ? 3 : 1));
	}
	put_length(packet, n, told);
	return most;
}

static void lie_about_all(bool body, bool opaque)
{
	struct recording recording;
	struct tally truth;
	unsigned messages = 0;
	read_sample(&recording, body);
	run(&recording, body, opaque, &truth);
	assert_int_equal(truth.malformed + truth.lost, 0);
	for (size_t i = 0; i < recording.n; i++) {
		int dir;
		if (recording_payload(&recording.packets[i], PORT, &dir) == 0)
			continue;
		lie_about(&recording, i, body, opaque, &truth);
		messages++;
	}
	assert_int_equal(messages, MESSAGES);
	recording_free(&recording);
}

static void test_sample(void **state)
{
	(void)state;
	lie_about_all(false, false);
}

static void test_length_of_body(void **state)
{
	(void)state;
	lie_about_all(true, false);
}

static void test_no_elements(void **state)
{
	(void)state;
	lie_about_all(false, true);
}

/* ---- streams ---- */

enum { LIAR = 16, SAYS = 0xffff };

/* An engine's talk with one liar in it, cut into pieces of `step` bytes, or as Java does: 1 byte and the
 * rest. */
static void talk(struct nmsprun *run, const struct nmsptalk *stream, size_t step)
{
	for (size_t at = 0, n; at < stream->n; at += n) {
		n = step > 0 ? step
		             : (size_t)stream->bytes[at + LENGTH_AT] << 8 | stream->bytes[at + LENGTH_AT + 1];
		if (n == SAYS)
			n = NMSPTALK_HEADER + 6;
		if (step == 0)
			nmsprun_stream(run, NMSPRUN_ENGINE, stream, at, at + 1, 1);
		nmsprun_stream(run, NMSPRUN_ENGINE, stream, step == 0 ? at + 1 : at, at + n, n);
	}
}

/* Whatever the pieces are: the liar's own bytes are lost, and nothing else. */
static void test_pieces(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	size_t liar = s->n;
	nmsptalk_number(s, LIAR, 9, 16, 2, 9);
	s->bytes[liar + LENGTH_AT] = s->bytes[liar + LENGTH_AT + 1] = 0xff;
	for (int i = 0; i < 2; i++)
		nmsprun_engine(s);
	for (size_t step = 0; step < s->n; step++) {
		struct nmsprun run;
		nmsprun_start(&run);
		talk(&run, s, step);
		nmsprun_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		nmsprun_check_sums(nmsp);
		assert_int_equal(nmsp->malformed, 1);
		assert_int_equal(nmsp->notes[0].length, SAYS);
		assert_int_equal(nmsp->notes[0].swallowed, NMSPTALK_HEADER + 6);
		assert_int_equal(nmsp->notes[0].head[LENGTH_AT], 0xff);
		assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], NMSPTALK_HEADER + 6);
		assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 30);
		nmsprun_stop(&run);
	}
	free(s);
}

/* ---- genuine ones ---- */

enum { BULK_ELEMENT = 17, SHORTEST_BODY = 40, ROUNDS = 3000 };

/* `n` bytes of messages as an engine sends them; the last one is made to fit. */
static void nest(struct nmsptalk *stream, size_t n, uint64_t *seed)
{
	size_t end = stream->n + n;
	while (end - stream->n >= (size_t)2 * SHORTEST_BODY)
		if (recording_random(seed, 2) == 0)
			nmsptalk_bare(stream, 1, 7);
		else
			nmsptalk_number(stream, 16, 8, 16, 2, 8);
	nmsptalk_bulk(stream, 20, end - stream->n);
}

/*
 * Long messages whose bodies are nothing but messages, with pieces that begin and end where these do: in an
 * element of their own, or with no elements at all.
 */
static void adversary(bool opaque, uint64_t *seed)
{
	struct nmsprun run;
	size_t fronts[16], n_fronts = 0;
	struct nmsptalk *s = xcalloc(1, sizeof *s), *inner = xcalloc(1, sizeof *inner);
	size_t pieces = 2 + recording_random(seed, 12);
	for (size_t i = 0; i < pieces; i++) {
		nest(inner, SHORTEST_BODY + recording_random(seed, 400), seed);
		fronts[n_fronts++] = inner->n;
	}
	size_t body = inner->n + (opaque ? 0 : 4);
	nmsprun_engine(s);
	nmsptalk_head(s, 16, NMSPTALK_HEADER + body, 5);
	if (!opaque) {
		nmsptalk_put(s, BULK_ELEMENT, 2);
		nmsptalk_put(s, inner->n, 2);
	}
	size_t start = s->n, at = 0;
	memcpy(&s->bytes[s->n], inner->bytes, inner->n);
	s->n += inner->n;
	size_t end = s->n;
	nmsprun_engine(s);
	nmsprun_start(&run);
	if (opaque) {
		messages_free(run.messages);
		run.model->profile = profile_with(false, true);
		run.messages = messages_new(run.model, run.session);
	}
	bool front_alone = recording_random(seed, 2) == 0;
	for (size_t i = front_alone ? 0 : 1; i <= n_fronts; i++) {
		size_t to = i == 0 ? start : start + fronts[i - 1];
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, at, to, s->n);
		run.now.time += opaque ? 0 : 2 * NS_PER_S;
		at = to;
	}
	assert_int_equal(at, end);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, end, s->n, s->n);
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 21);
	assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], 0);
	nmsprun_stop(&run);
	free(inner);
	free(s);
}

static void test_genuine(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (int i = 0; i < ROUNDS; i++) {
		if (i == 0)
			print_message("seed %llu\n", (unsigned long long)seed);
		adversary(i % 2 == 0, &seed);
	}
}

/* Behind so many bytes the length is believed: nothing more is kept of them. */
static void test_watch_is_bounded(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	enum { HEADER = 8, FAR = 3 * LIMIT_WATCHED, FIRST = 20, NESTED = 1000 };
	nmsprun_start_with(&run, "name far\norigin user\nbyte-order big\nheader 8\ntype 0 4\n"
	                         "length 4 4 total\nelements none\nmessage 1 A both\n");
	nmsptalk_put(s, 1, 4);
	nmsptalk_put(s, FAR, 4);
	s->n = FIRST;
	while (s->n + NESTED <= FAR) {
		nmsptalk_put(s, 1, 4);
		nmsptalk_put(s, NESTED, 4);
		s->n += NESTED - HEADER;
	}
	s->n = FAR;
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, FIRST, s->n);
	for (size_t at = FIRST; at < s->n; at += NESTED - 1)
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, at, at + NESTED - 1, s->n);
	nmsprun_end(&run);
	assert_int_equal(run.session->nmsp->malformed, 0);
	assert_int_equal(run.session->nmsp->messages[NMSPRUN_ENGINE], 1);
	nmsprun_stop(&run);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sample),      cmocka_unit_test(test_length_of_body),
	    cmocka_unit_test(test_no_elements), cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_genuine),     cmocka_unit_test(test_watch_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
