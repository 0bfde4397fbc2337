/* analyzer/stream: one direction in order, against a model that knows every byte of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "analyzer/stream.h"
#include "tests/seeded.h"

#define BYTES 400
#define SEEDS 1500

/* What the model knows of a byte: its value when not below 0. */
enum { UNKNOWN = -1, CUT = -2 };

struct world {
	struct seeded random;
	struct stream stream;
	int known[BYTES]; /* by the first copy that came */
	uint64_t at;      /* what the sink was given so far, gaps included */
	uint64_t gap_bytes, data_bytes;
};

static void take_data(void *ctx, struct span bytes, const struct origin *origin)
{
	struct world *w = ctx;
	(void)origin;
	seeded_check(&w->random, bytes.n > 0 && w->at + bytes.n <= BYTES, "a piece is empty or too long");
	for (size_t i = 0; i < bytes.n; i++)
		seeded_check(&w->random, w->known[w->at + i] == bytes.p[i], "not the first copy of a byte");
	w->at += bytes.n;
	w->data_bytes += bytes.n;
}

static void take_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	struct world *w = ctx;
	(void)origin;
	seeded_check(&w->random, n > 0 && w->at + n <= BYTES, "a gap is empty or too long");
	for (uint64_t i = 0; i < n; i++)
		seeded_check(&w->random, w->known[w->at + i] < 0, "a byte that is there was given up");
	w->at += n;
	w->gap_bytes += n;
}

static struct sink sink_of(struct world *w)
{
	return (struct sink){.ctx = w, .data = take_data, .gap = take_gap, .end = NULL};
}

/* A segment of the stream in a heap block of its size; now and then a byte differs, or its end is cut off. */
static struct segment random_segment(struct world *w, bool may_lie)
{
	uint64_t off = seeded_below(&w->random, BYTES - 1);
	uint64_t length = 1 + seeded_below(&w->random, BYTES - off < 60 ? BYTES - off : 60);
	uint32_t cut = seeded_one_in(&w->random, 6) ? seeded_below(&w->random, length + 1) : 0;
	size_t n = (size_t)length - cut;
	uint8_t *bytes = malloc(n);
	assert_true(bytes != NULL || n == 0);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)((off + i) * 7 + (off + i) / 256);
	if (may_lie && n > 0 && seeded_one_in(&w->random, 4))
		bytes[seeded_below(&w->random, n)] ^= 0x80;
	return (struct segment){.off = off, .bytes = span_of(bytes, n), .cut = cut};
}

/* Enters a segment into the model. Sets what of it is new, and whether it denies bytes that are held. */
static void know(struct world *w, const struct segment *segment, bool *fresh, bool *denies)
{
	*fresh = *denies = false;
	for (uint64_t i = 0; i < segment_length(segment); i++) {
		uint64_t at = segment->off + i;
		int value = i < segment->bytes.n ? segment->bytes.p[i] : CUT;
		if (at < w->stream.next)
			continue;
		if (w->known[at] == UNKNOWN) {
			w->known[at] = value;
			*fresh = true;
		} else if (w->known[at] >= 0 && value >= 0 && w->known[at] != value) {
			*denies = true;
		}
	}
}

static void drain(struct world *w)
{
	struct sink sink = sink_of(w);
	while (stream_ready(&w->stream) != NULL)
		stream_deliver_first(&w->stream, &sink);
	seeded_check(&w->random, w->at == w->stream.next, "the sink and the stream stand at different places");
	seeded_check(&w->random, w->stream.delivered == w->data_bytes && w->stream.lost == w->gap_bytes,
	    "the sums are wrong");
	seeded_check(&w->random, w->stream.delivered + w->stream.lost == w->stream.next, "delivered + lost != next");
	seeded_check(&w->random, (w->stream.held_bytes == 0) == (w->stream.first == NULL), "held_bytes is wrong");
	for (const struct held *held = w->stream.first; held != NULL && held->next != NULL; held = held->next)
		seeded_check(&w->random, held->segment.off + segment_length(&held->segment) <=
		    held->next->segment.off, "held segments overlap");
}

static void push(struct world *w, const struct segment *segment)
{
	struct sink sink = sink_of(w);
	uint64_t conflicts = w->stream.conflicts;
	bool fresh, denies;
	know(w, segment, &fresh, &denies);
	if (w->stream.first == NULL && segment->off <= w->stream.next && seeded_one_in(&w->random, 2)) {
		stream_deliver(&w->stream, segment, &sink);
	} else {
		bool kept = stream_hold(&w->stream, segment, 1);
		seeded_check(&w->random, kept == fresh, "the answer about new bytes is wrong");
		seeded_check(&w->random, (w->stream.conflicts > conflicts) == denies, "conflicts are wrong");
	}
	free((void *)(uintptr_t)segment->bytes.p);
	drain(w);
}

static void run(uint64_t seed, bool may_lie, bool may_lose)
{
	struct world w = {.random = seeded_of(seed)};
	struct origin origin = {0};
	struct sink sink = sink_of(&w);
	for (size_t i = 0; i < BYTES; i++)
		w.known[i] = UNKNOWN;
	for (unsigned turns = 0; w.stream.next < BYTES && turns < 4000; turns++) {
		struct segment segment = random_segment(&w, may_lie);
		push(&w, &segment);
		if (may_lose && w.stream.first != NULL && seeded_one_in(&w.random, 12)) {
			stream_gap(&w.stream, w.stream.first->segment.off, &origin, &sink);
			drain(&w);
		}
	}
	seeded_check(&w.random, w.stream.next == BYTES && w.stream.first == NULL, "bytes were left behind");
	seeded_check(&w.random, w.stream.held_bytes == 0, "held bytes after the end");
	seeded_check(&w.random, may_lie || w.stream.conflicts == 0, "a conflict where no copy differs");
}

static void any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, false, false);
}

static void any_order_with_lies_and_losses(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, true, seed % 3 != 0);
}

/* What is freed while it holds something leaves nothing behind: the leak checker looks. */
static void freed_while_holding(void **state)
{
	(void)state;
	struct stream stream = {0};
	struct segment segment = {.off = 10, .bytes = span_of("abcdef", 6)};
	assert_true(stream_hold(&stream, &segment, 1));
	assert_false(stream_hold(&stream, &segment, 2));
	assert_null(stream_ready(&stream));
	assert_true(stream.held_bytes >= 6);
	stream_free(&stream);
	assert_int_equal(stream.held_bytes, 0);
	assert_null(stream.first);
}

/* End marks: each kind once, in the order in which they came, and with the last byte of their segment. */
static void end_marks(void **state)
{
	(void)state;
	struct world w = {.random = seeded_of(0)};
	struct sink sink = sink_of(&w);
	struct segment fin = {.off = 5, .fin = true}, rst = {.off = 5, .rst = true};
	struct segment data = {.off = 0, .bytes = span_of("hello", 5), .fin = true};
	for (size_t i = 0; i < data.bytes.n; i++)
		w.known[i] = data.bytes.p[i];
	assert_true(stream_hold(&w.stream, &fin, 1));
	assert_false(stream_hold(&w.stream, &fin, 2));
	assert_true(stream_hold(&w.stream, &rst, 3));
	assert_false(stream_hold(&w.stream, &rst, 4));
	assert_true(stream_hold(&w.stream, &data, 5));
	assert_false(w.stream.first->segment.rst);
	stream_deliver_first(&w.stream, &sink);
	assert_true(stream_ready(&w.stream)->segment.fin);
	stream_deliver_first(&w.stream, &sink);
	assert_true(stream_ready(&w.stream)->segment.rst);
	stream_deliver_first(&w.stream, &sink);
	assert_null(w.stream.first);
	assert_int_equal(w.at, 5);
}

/* A FIN behind bytes of which the last are held already is not lost. */
static void end_mark_behind_held_bytes(void **state)
{
	(void)state;
	struct world w = {.random = seeded_of(0)};
	struct sink sink = sink_of(&w);
	struct segment tail = {.off = 3, .bytes = span_of("lo", 2)};
	struct segment all = {.off = 1, .bytes = span_of("ello", 4), .fin = true};
	struct segment first = {.off = 0, .bytes = span_of("h", 1)};
	memcpy(w.known, (int[]){'h', 'e', 'l', 'l', 'o'}, 5 * sizeof(int));
	assert_true(stream_hold(&w.stream, &tail, 1));
	assert_true(stream_hold(&w.stream, &all, 2));
	assert_true(stream_hold(&w.stream, &first, 3));
	unsigned fins = 0;
	while (stream_ready(&w.stream) != NULL) {
		if (w.stream.first->segment.fin) {
			fins++;
			assert_true(w.stream.first->segment.off + segment_length(&w.stream.first->segment) == 5);
		}
		stream_deliver_first(&w.stream, &sink);
	}
	assert_int_equal(fins, 1);
	assert_int_equal(w.at, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(any_order_with_lies_and_losses),
		cmocka_unit_test(freed_while_holding),
		cmocka_unit_test(end_marks),
		cmocka_unit_test(end_mark_behind_held_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
