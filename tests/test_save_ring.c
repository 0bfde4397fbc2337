/*
 * -w with -C and -W: the files that are used in turn, each a whole capture of its own; what is on disk at any
 * moment is in test_save_moment.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/ring.h"
#include "tests/seeded.h"

#include <sys/resource.h>

/* ---- names ---- */

static bool is_there(const struct ring *ring, const char *name)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", ring->dir, name);
	return access(path, F_OK) == 0;
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		uint32_t files;
		const char *first, *last, *none;
	} rows[] = {
	    {1, "x", "x", "x0"}, {2, "x0", "x1", "x2"}, {10, "x0", "x9", "x"}, {11, "x00", "x10", "x11"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ring ring;
		ring_open(&ring, 1000000, rows[i].files, false);
		assert_true(is_there(&ring, rows[i].first));
		assert_true(is_there(&ring, rows[i].last));
		assert_false(is_there(&ring, rows[i].none));
		ring_close(&ring);
	}
}

/* Nothing is lost before it is certain that the run begins; then no packet of an earlier one is left. */
static void test_emptied_at_the_start(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	ring_open(&ring, 1000000, 3, false);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(truncate(ring_name(&ring, i), 12345), 0);
	assert_true(save_is(ring.save, ring_name(&ring, 2)));
	assert_false(save_is(ring.save, "README.md"));
	save_start(ring.save);
	for (uint32_t i = 0; i < 3; i++) {
		ring_read(&ring, i, &file);
		assert_int_equal(file.packets, 0);
		assert_int_equal(file.size, RING_HEAD);
	}
	ring_close(&ring);
}

/* ---- the turn ---- */

#define SIZE  (64 * 1024)
#define FILES 4
#define MOST  1600 /* bytes of a packet that is no giant, with its block */

/* All that is in the files, oldest first, are packets one after the other up to the last one. */
static void check_contents(const struct ring *ring)
{
	struct ring_file file[FILES];
	uint32_t newest = 0;
	uint64_t packets = 0;
	for (uint32_t i = 0; i < FILES; i++) {
		ring_read(ring, i, &file[i]);
		packets += file[i].packets;
		if (file[i].last > file[newest].last)
			newest = i;
		if (file[i].packets > 1)
			assert_true(file[i].size <= SIZE);
		if (file[i].packets > 0)
			assert_int_equal(file[i].last - file[i].first + 1, file[i].packets);
	}
	assert_int_equal(file[newest].last, ring->last);
	for (uint32_t i = newest; file[i].packets > 0 && file[i].first > 1;) {
		uint32_t before = (i + FILES - 1) % FILES;
		if (before == newest)
			break;
		assert_int_equal(file[before].last + 1, file[i].first);
		assert_int_equal(file[before].until, file[i].first); /* it was ended for this one */
		if (file[before].packets > 1 && file[i].packets > 1)
			assert_true(file[before].size > SIZE - 2 * MOST);
		i = before;
	}
	assert_true(packets == (uint64_t)ring->last || file[(newest + 1) % FILES].packets > 0);
}

static void test_turn(void **state)
{
	(void)state;
	struct ring ring;
	struct seeded seeded = seeded_of(7);
	ring_open(&ring, SIZE, FILES, false);
	save_start(ring.save);
	for (uint32_t i = 0; i < 2000; i++) {
		bool giant = i == 1111; /* larger than a file: it has one of its own */
		ring_push(&ring, i % RING_SESSIONS, giant ? 2 * SIZE : 20 + seeded_below(&seeded, MOST - 64));
		ring_flush(&ring);
		if (i % 7 == 0 || giant)
			check_contents(&ring);
	}
	ring_close(&ring);
}

/* Ended as a whole, a file tells until when packets could have come; the one in hand tells it at the end. */
static void test_last_file_ends(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	ring_open(&ring, SIZE, 2, false);
	save_start(ring.save);
	ring_push(&ring, 0, 100);
	ring_flush(&ring);
	ring_read(&ring, 0, &file);
	assert_int_equal(file.until, INT64_MIN);
	save_end(ring.save, 77);
	ring_flush(&ring);
	ring_read(&ring, 0, &file);
	assert_int_equal(file.until, 77);
	ring_close(&ring);
}

/* ---- secrets ---- */

/* Also of sessions whose secrets stand in older files, and in front of their packets. */
static void test_secrets_are_repeated(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	unsigned both = 0;
	ring_open(&ring, SIZE, FILES, true);
	save_start(ring.save);
	for (uint32_t session = 0; session < RING_SESSIONS; session++)
		ring_log(&ring, session);
	for (uint32_t i = 0; i < 1500; i++)
		ring_push(&ring, i < 700 ? i % 2 : 2 + i % 3, 500);
	ring_flush(&ring);
	for (uint32_t i = 0; i < FILES; i++) {
		ring_read(&ring, i, &file);
		assert_true(file.size <= SIZE);
		assert_int_equal(file.with_secrets, file.with_packets);
		assert_int_equal(file.unopened, 0);
		both |= file.with_packets;
	}
	assert_int_equal(both, 1u << 2 | 1u << 3 | 1u << 4);
	ring_close(&ring);
}

/* A key that comes late goes behind the packets of its session, and into no file that has none of them. */
static void test_late_secrets(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	ring_open(&ring, SIZE, FILES, true);
	save_start(ring.save);
	ring_push(&ring, 0, 40000);
	ring_push(&ring, 1, 40000); /* the second file */
	ring_log(&ring, 0);
	ring_log(&ring, 1);
	ring_late(&ring, 0);
	ring_late(&ring, 1);
	ring_late(&ring, 1);
	ring_flush(&ring);
	ring_read(&ring, 0, &file);
	assert_int_equal(file.with_secrets, 0);
	ring_read(&ring, 1, &file);
	assert_int_equal(file.with_secrets, 1u << 1);
	ring_push(&ring, 0, 100);
	ring_flush(&ring);
	ring_read(&ring, 1, &file);
	assert_int_equal(file.with_secrets, 1u << 1 | 1u << 0);
	assert_int_equal(file.secrets, 2);
	ring_close(&ring);
}

/* ---- what cannot be ---- */

static void refused(const struct ring *ring, uint32_t files, const char *part)
{
	struct err err;
	char path[128];
	snprintf(path, sizeof path, "%s/y", ring->dir);
	struct save_plan plan = {.path = path, .size = SIZE, .files = files};
	assert_null(save_open(&plan, &err));
	if (strstr(err.text, part) == NULL)
		fail_msg("%s does not say %s", err.text, part);
}

static void test_refused(void **state)
{
	(void)state;
	struct ring ring;
	char name[128];
	ring_open(&ring, SIZE, 2, false);
	snprintf(name, sizeof name, "%s/y1", ring.dir);
	assert_int_equal(symlink("y0", name), 0);
	refused(&ring, 2, "y0 and");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink("/dev/null", name), 0);
	refused(&ring, 2, "no regular file");
	assert_int_equal(unlink(name), 0);
	struct rlimit old, few;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = 20;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	refused(&ring, 30, "lower number");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	ring_close(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_emptied_at_the_start),
	    cmocka_unit_test(test_turn),
	    cmocka_unit_test(test_last_file_ends),
	    cmocka_unit_test(test_secrets_are_repeated),
	    cmocka_unit_test(test_late_secrets),
	    cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
