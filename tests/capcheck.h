/*
 * What the tests of the capture file reader assert in common. A header, because only they link cmocka.
 */
#ifndef TESTS_CAPCHECK_H
#define TESTS_CAPCHECK_H

#include "tests/capbuild.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static inline void assert_same(const struct capbuild_run *a, const struct capbuild_run *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a->packets[i].time, b->packets[i].time);
		assert_int_equal(a->packets[i].linktype, b->packets[i].linktype);
		assert_int_equal(a->packets[i].wire, b->packets[i].wire);
		assert_int_equal(a->packets[i].n, b->packets[i].n);
		assert_memory_equal(a->packets[i].data, b->packets[i].data, sizeof a->packets[i].data);
	}
}

/* Whatever the slices, and wherever the file is cut: the same packets, or the first of them. */
static inline void check_slices(const struct capbuild *f)
{
	struct capbuild_run whole = capbuild_feed_all(f);
	assert_false(whole.bad);
	assert_false(whole.cut);
	for (size_t step = 1; step <= f->n; step++) {
		struct capbuild_run run = capbuild_feed(f, f->n, step);
		assert_int_equal(run.n, whole.n);
		assert_false(run.bad);
		assert_false(run.cut);
		assert_int_equal(run.dropped, whole.dropped);
		assert_string_equal(run.secrets, whole.secrets);
		assert_same(&run, &whole, whole.n);
	}
	for (size_t n = 0; n < f->n; n++) {
		struct capbuild_run run = capbuild_feed(f, n, n > 0 ? n : 1);
		assert_false(run.bad);
		assert_true(run.n <= whole.n);
		assert_memory_equal(run.secrets, whole.secrets, run.n_secrets);
		assert_same(&run, &whole, run.n);
	}
}

static inline void assert_packet(const struct capbuild_run *run, size_t i, int64_t ns, uint32_t link,
                                 size_t n, size_t wire, uint8_t first)
{
	assert_true(i < run->n);
	assert_int_equal(run->packets[i].time, ns);
	assert_int_equal(run->packets[i].linktype, link);
	assert_int_equal(run->packets[i].n, n);
	assert_int_equal(run->packets[i].wire, wire);
	if (n > 0)
		assert_int_equal(run->packets[i].data[n - 1], first + n - 1);
}

static inline void assert_damage(const struct capbuild *f, size_t packets, const char *word)
{
	struct capbuild_run run = capbuild_feed_all(f);
	assert_true(run.bad);
	assert_int_equal(run.n, packets);
	if (strstr(run.problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", run.problem, word);
	struct capbuild_run slow = capbuild_feed(f, f->n, 1);
	assert_true(slow.bad);
	assert_int_equal(slow.n, packets);
}

#endif
