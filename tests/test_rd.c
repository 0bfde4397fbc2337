/*
 * dissect/rd.h: each reader by example, each cut at every byte, and random sequences of reads against a
 * plain model of what a reader promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "dissect/rd.h"
#include "tests/hex.h"

static void numbers_of_both_orders(void **state)
{
	(void)state;
	struct span s = hex_bytes("01 0203 040506 0708090a 0b0c0d0e0f101112");
	struct rd r = rd_of(s);
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u24(&r), 0x040506);
	assert_int_equal(rd_u32(&r), 0x0708090a);
	assert_int_equal(rd_at(&r), 10);
	assert_true(rd_u64(&r) == UINT64_C(0x0b0c0d0e0f101112));
	assert_true(rd_done(&r));
	hex_free(s);

	s = hex_bytes("0302 07060504 0f0e0d0c0b0a0908 ffffffffffffffff");
	r = rd_of(s);
	assert_int_equal(rd_u16le(&r), 0x0203);
	assert_int_equal(rd_u32le(&r), 0x04050607);
	assert_true(rd_u64le(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_true(rd_u64le(&r) == UINT64_MAX);
	assert_true(rd_done(&r));
	hex_free(s);
}

static uint64_t read_number(struct rd *r, size_t which)
{
	switch (which) {
	case 0:
		return rd_u8(r);
	case 1:
		return rd_u16(r);
	case 2:
		return rd_u24(r);
	case 3:
		return rd_u32(r);
	case 4:
		return rd_u64(r);
	case 5:
		return rd_u16le(r);
	case 6:
		return rd_u32le(r);
	default:
		return rd_u64le(r);
	}
}

static const size_t number_width[] = {1, 2, 3, 4, 8, 2, 4, 8};
#define NUMBERS (sizeof number_width / sizeof number_width[0])

static void short_reads_give_zero_and_stay_bad(void **state)
{
	(void)state;
	for (size_t which = 0; which < NUMBERS; which++) {
		for (size_t n = 0; n <= number_width[which]; n++) {
			uint8_t *p = malloc(n);
			memset(p, 0xff, n);
			struct rd r = rd_of(span_of(p, n));
			uint64_t v = read_number(&r, which);
			bool enough = n == number_width[which];
			assert_int_equal(rd_ok(&r), enough);
			assert_int_equal(v != 0, enough);
			assert_int_equal(rd_left(&r), 0);
			assert_int_equal(rd_at(&r), n);
			assert_int_equal(rd_done(&r), enough);
			assert_int_equal(rd_u8(&r), 0);
			assert_false(rd_ok(&r) || rd_more(&r) || rd_done(&r));
			free(p);
		}
	}
}

static void spans_and_the_rest(void **state)
{
	(void)state;
	struct span s = hex_bytes("0102030405");
	struct rd r = rd_of(s);
	rd_skip(&r, 1);
	struct rd peek = r;
	struct span two = rd_span(&r, 2);
	assert_ptr_equal(two.p, s.p + 1);
	assert_int_equal(two.n, 2);
	assert_int_equal(rd_u8(&peek), 2);
	assert_int_equal(rd_at(&r), 3);
	struct span rest = rd_rest(&r);
	assert_ptr_equal(rest.p, s.p + 3);
	assert_int_equal(rest.n, 2);
	assert_true(rd_done(&r));
	assert_int_equal(rd_rest(&r).n, 0);
	assert_int_equal(rd_span(&r, 0).n, 0);
	assert_true(rd_done(&r));
	hex_free(s);
}

static void a_span_that_is_too_long_is_empty(void **state)
{
	(void)state;
	static const size_t too_long[] = {4, 5, SIZE_MAX - 1, SIZE_MAX};
	struct span s = hex_bytes("01020304");
	for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
		struct rd r = rd_of(s);
		rd_skip(&r, 1);
		struct span got = rd_span(&r, too_long[i]);
		assert_null(got.p);
		assert_int_equal(got.n, 0);
		assert_false(rd_ok(&r));
		assert_int_equal(rd_left(&r), 0);
		assert_int_equal(rd_rest(&r).n, 0);
		assert_false(rd_ok(&r));
	}
	hex_free(s);
}

static void an_empty_span_may_be_null(void **state)
{
	(void)state;
	struct rd r = rd_of(span_of(NULL, 0));
	assert_true(rd_ok(&r) && rd_done(&r) && !rd_more(&r));
	assert_int_equal(rd_rest(&r).n, 0);
	assert_int_equal(rd_span(&r, 0).n, 0);
	assert_true(rd_done(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_false(rd_ok(&r));
}

static void vectors(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		size_t width, n;
		bool good;
	} rows[] = {
	    {"00", 1, 0, true},        {"02 aabb", 1, 2, true},     {"02 aabb cc", 1, 2, true},
	    {"0002 aabb", 2, 2, true}, {"000002 aabb", 3, 2, true}, {"02 aa", 1, 0, false},
	    {"0002 aa", 2, 0, false},  {"000002 aa", 3, 0, false},  {"", 1, 0, false},
	    {"00", 2, 0, false},       {"0000", 3, 0, false},       {"ffffff", 3, 0, false},
	    {"0100 aa", 2, 0, false},  {"010000 aa", 3, 0, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span s = hex_bytes(rows[i].hex);
		struct rd r = rd_of(s), child = rd_vec(&r, rows[i].width);
		if (rd_ok(&r) != rows[i].good || rd_ok(&child) != rows[i].good ||
		    rd_left(&child) != rows[i].n)
			fail_msg("vector %s", rows[i].hex);
		if (rows[i].good)
			assert_int_equal(rd_at(&r), rows[i].width + rows[i].n);
		if (rows[i].n > 0)
			assert_int_equal(rd_u16(&child), 0xaabb);
		hex_free(s);
	}
}

static void a_child_marks_its_parent(void **state)
{
	(void)state;
	struct span s = hex_bytes("02 aabb cc");
	for (size_t taken = 0; taken <= 3; taken++) {
		struct rd r = rd_of(s), child = rd_vec(&r, 1);
		rd_skip(&child, taken);
		assert_int_equal(rd_at(&r), 3);
		rd_end(&r, &child);
		assert_int_equal(rd_ok(&r), taken == 2);
		assert_int_equal(rd_u8(&r), taken == 2 ? 0xcc : 0);
	}
	hex_free(s);
}

static void a_failed_reader_is_at_its_end(void **state)
{
	(void)state;
	struct span s = hex_bytes("0102");
	struct rd r = rd_of(s);
	rd_fail(&r);
	assert_false(rd_ok(&r) || rd_more(&r) || rd_done(&r));
	assert_int_equal(rd_at(&r), 2);
	struct rd child = rd_vec(&r, 1);
	assert_false(rd_ok(&child));
	hex_free(s);
}

static void cuts_of_a_span(void **state)
{
	(void)state;
	struct span s = hex_bytes("0102030405");
	for (size_t off = 0; off < 8; off++) {
		for (size_t n = 0; n < 8; n++) {
			struct span cut = span_cut(s, off, n);
			size_t left = off < s.n ? s.n - off : 0;
			assert_int_equal(cut.n, n < left ? n : left);
			if (cut.n > 0)
				assert_ptr_equal(cut.p, s.p + off);
		}
	}
	assert_int_equal(span_cut(s, 1, SIZE_MAX).n, 4);
	assert_int_equal(span_cut(s, SIZE_MAX, SIZE_MAX).n, 0);
	assert_int_equal(span_cut(span_of(NULL, 0), 0, 1).n, 0);
	hex_free(s);
}

static void equal_spans(void **state)
{
	(void)state;
	struct span a = hex_bytes("010203"), b = hex_bytes("010203"), c = hex_bytes("010204");
	assert_true(span_equal(a, b));
	assert_false(span_equal(a, c));
	assert_false(span_equal(a, span_cut(b, 0, 2)));
	assert_true(span_equal(span_cut(a, 0, 2), span_cut(c, 0, 2)));
	assert_true(span_equal(span_of(NULL, 0), span_cut(a, 0, 0)));
	hex_free(a);
	hex_free(b);
	hex_free(c);
}

/* ---- random reads against a model: bytes, a place, and whether it failed ---- */
struct model {
	const uint8_t *p;
	size_t n, at;
	bool bad;
};

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static bool model_take(struct model *m, size_t n)
{
	if (!m->bad && m->n - m->at >= n) {
		m->at += n;
		return true;
	}
	m->bad = true;
	m->at = m->n;
	return false;
}

static uint64_t model_number(struct model *m, size_t width, bool little)
{
	uint64_t v = 0;
	size_t from = m->at;
	if (!model_take(m, width))
		return 0;
	for (size_t i = 0; i < width; i++)
		v |= (uint64_t)m->p[from + i] << 8 * (little ? i : width - 1 - i);
	return v;
}

static bool one_read(struct rd *r, struct model *m, uint32_t *seed)
{
	size_t which = random_next(seed) % (NUMBERS + 2);
	if (which < NUMBERS)
		return read_number(r, which) == model_number(m, number_width[which], which > 4);
	if (which == NUMBERS) {
		size_t n = random_next(seed) % 6, from = m->at;
		struct span got = rd_span(r, n);
		return model_take(m, n) ? got.n == n && got.p == m->p + from : got.n == 0;
	}
	size_t width = 1 + random_next(seed) % 3;
	struct rd child = rd_vec(r, width);
	uint64_t n = model_number(m, width, false);
	bool good = model_take(m, (size_t)n);
	return rd_ok(&child) == good && rd_left(&child) == (good ? n : 0);
}

static void random_reads_agree_with_the_model(void **state)
{
	(void)state;
	for (uint32_t first = 1; first <= 20000; first++) {
		uint32_t seed = first;
		size_t n = random_next(&seed) % 40;
		uint8_t *p = malloc(n);
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)(random_next(&seed) % 3 == 0 ? random_next(&seed) : 0);
		struct rd r = rd_of(span_of(p, n));
		struct model m = {p, n, 0, false};
		for (size_t i = 0; i < 30; i++) {
			bool same = one_read(&r, &m, &seed) && rd_at(&r) == m.at && rd_ok(&r) == !m.bad &&
			            rd_left(&r) == n - m.at && rd_more(&r) == (!m.bad && m.at < n) &&
			            rd_done(&r) == (!m.bad && m.at == n);
			if (!same)
				fail_msg("seed %u, read %zu", (unsigned)first, i);
		}
		free(p);
	}
}

/* Lists end: every turn takes a byte at least, whatever the lengths say. */
static void random_lists_end(void **state)
{
	(void)state;
	for (uint32_t first = 1; first <= 5000; first++) {
		uint32_t seed = first;
		size_t n = random_next(&seed) % 64, turns = 0;
		uint8_t *p = malloc(n);
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)(random_next(&seed) % 4);
		struct rd list = rd_of(span_of(p, n));
		while (rd_more(&list) && turns <= n) {
			(void)rd_vec(&list, 1);
			turns++;
		}
		if (turns > n)
			fail_msg("seed %u", (unsigned)first);
		free(p);
	}
}

static void lines(void **state)
{
	(void)state;
	static const char text[] = "one\r\n\n\r\ntwo\rx\nlast";
	static const char *const expected[] = {"one", "", "", "two\rx", "last", ""};
	struct rd r = rd_of(span_of(text, sizeof text - 1));
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		assert_int_equal(rd_more(&r), i < 5);
		assert_true(span_equal(rd_line(&r), span_of(expected[i], strlen(expected[i]))));
	}
	assert_true(rd_done(&r));
}

static void lines_of_any_kind(void **state)
{
	(void)state;
	static const char text[] = "one\r\n\n\r\ntwo\rx\nCRCRLF\r\r\n\r\r\r\nlast";
	static const char *const expected[] = {"one", "", "", "two", "x", "CRCRLF", "", "", "last", ""};
	enum { LINES = sizeof expected / sizeof *expected - 1 };
	struct rd r = rd_of(span_of(text, sizeof text - 1));
	for (size_t i = 0; i <= LINES; i++) {
		assert_int_equal(rd_more(&r), i < LINES);
		assert_true(span_equal(rd_any_line(&r), span_of(expected[i], strlen(expected[i]))));
	}
	assert_true(rd_done(&r));
}

/* A line counts as whole only when it is certain where its end ends; whatever comes later changes no line. */
static void whole_lines(void **state)
{
	(void)state;
	static const char text[] = "one\r\ntwo\rthree\nfour\r\r\n\r\rfive\r";
	for (size_t n = 0; n < sizeof text; n++) {
		struct rd cut = rd_of(span_of(text, n)), all = rd_of(span_of(text, sizeof text - 1));
		struct span line;
		while (rd_whole_line(&cut, &line)) {
			assert_true(span_equal(line, rd_any_line(&all)));
			assert_int_equal(rd_at(&cut), rd_at(&all));
		}
		assert_true(rd_left(&cut) == 0 || n - rd_at(&cut) <= sizeof "three");
	}
}

/* Ends that stand further apart than one step of the search. */
static void long_lines(void **state)
{
	(void)state;
	static char text[3 * 4096];
	for (size_t n = 4090; n < 4100; n++) {
		memset(text, 'x', sizeof text);
		text[n] = '\r';
		text[2 * n] = '\n';
		struct rd r = rd_of(span_of(text, sizeof text));
		assert_int_equal(rd_any_line(&r).n, n);
		assert_int_equal(rd_any_line(&r).n, n - 1);
		assert_int_equal(rd_any_line(&r).n, sizeof text - 2 * n - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_of_both_orders),
	    cmocka_unit_test(short_reads_give_zero_and_stay_bad),
	    cmocka_unit_test(spans_and_the_rest),
	    cmocka_unit_test(a_span_that_is_too_long_is_empty),
	    cmocka_unit_test(an_empty_span_may_be_null),
	    cmocka_unit_test(vectors),
	    cmocka_unit_test(a_child_marks_its_parent),
	    cmocka_unit_test(a_failed_reader_is_at_its_end),
	    cmocka_unit_test(cuts_of_a_span),
	    cmocka_unit_test(equal_spans),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(lines_of_any_kind),
	    cmocka_unit_test(whole_lines),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(random_reads_agree_with_the_model),
	    cmocka_unit_test(random_lists_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
