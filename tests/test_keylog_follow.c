/*
 * A key log that is followed while it is written: appended to in any pieces, replaced, truncated, deleted, a
 * FIFO.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/keylog_follow.h"
#include "dissect/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK (KEYLOG_FOLLOW_SETTLED / 4)
#define LINE 192

struct test {
	char folder[32], path[64], other[64];
	struct keylog *keylog;
	struct keylog_follow *follow;
	int64_t now;
	bool more;
};

static int set_up(void **state)
{
	struct test *test = calloc(1, sizeof *test);
	assert_non_null(test);
	snprintf(test->folder, sizeof test->folder, "/tmp/follow-XXXXXX");
	assert_non_null(mkdtemp(test->folder));
	snprintf(test->path, sizeof test->path, "%s/key.log", test->folder);
	snprintf(test->other, sizeof test->other, "%s/new.log", test->folder);
	test->keylog = keylog_new();
	test->follow = keylog_follow_new(test->keylog, test->path, -1);
	*state = test;
	return 0;
}

static int tear_down(void **state)
{
	struct test *test = *state;
	keylog_follow_free(test->follow);
	keylog_free(test->keylog);
	unlink(test->path);
	unlink(test->other);
	rmdir(test->folder);
	free(test);
	return 0;
}

/* Line i with its line end; returns its length. */
static size_t line_of(unsigned i, char line[LINE])
{
	return (size_t)snprintf(line, LINE, "CLIENT_RANDOM %064x %096x\n", i, i);
}

static void put(const char *path, const char *mode, const void *bytes, size_t n)
{
	FILE *file = fopen(path, mode);
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void put_lines(const char *path, const char *mode, unsigned from, unsigned to)
{
	char line[LINE];
	put(path, mode, "", 0);
	for (unsigned i = from; i < to; i++)
		put(path, "a", line, line_of(i, line));
}

static bool has(const struct test *test, unsigned i)
{
	uint8_t client_random[TLS_RANDOM] = {0};
	struct keylog_secret secret;
	for (unsigned k = 0; k < sizeof i; k++)
		client_random[TLS_RANDOM - 1 - k] = (uint8_t)(i >> 8 * k);
	bool found = keylog_find(test->keylog, KEYLOG_MASTER, client_random, 0, &secret);
	keylog_wipe(&secret);
	return found;
}

static bool poll_once(struct test *test)
{
	uint64_t before = keylog_generation(test->keylog);
	test->now += TICK;
	bool came = keylog_follow_poll(test->follow, test->now, &test->more);
	assert_int_equal(came, keylog_generation(test->keylog) != before);
	return came;
}

/* Polls until there is no more to take at once. */
static void poll_all(struct test *test)
{
	do
		poll_once(test);
	while (test->more);
}

static void holds(const struct test *test, unsigned secrets, unsigned duplicates, unsigned rubbish)
{
	struct keylog_counts counts = keylog_counts(test->keylog);
	assert_int_equal(counts.secrets, secrets);
	assert_int_equal(counts.duplicates, duplicates);
	assert_int_equal(counts.rubbish, rubbish);
}

static void appended_to(void **state)
{
	struct test *test = *state;
	assert_false(poll_once(test)); /* it does not exist yet */
	assert_string_equal(keylog_name(test->keylog), test->path);
	put(test->path, "w", "", 0);
	poll_all(test);
	for (unsigned i = 0; i < 50; i++) {
		put_lines(test->path, "a", i, i + 1);
		assert_true(poll_once(test));
		assert_true(has(test, i));
		assert_false(poll_once(test));
	}
	holds(test, 50, 0, 0);
}

/* A line in two pieces, cut at every place, with polls between them. */
static void half_lines(void **state)
{
	struct test *test = *state;
	char line[LINE];
	size_t n = line_of(0, line);
	put(test->path, "w", "", 0);
	for (size_t cut = 1; cut < n; cut++) {
		line_of((unsigned)cut, line);
		put(test->path, "a", line, cut);
		poll_all(test);
		assert_false(has(test, (unsigned)cut));
		put(test->path, "a", &line[cut], n - cut);
		poll_all(test);
		assert_true(has(test, (unsigned)cut));
	}
	holds(test, (unsigned)n - 1, 0, 0);
}

/* The last line has no end: it counts after a second, and its end that comes later is no second line. */
static void a_last_line_without_end(void **state)
{
	struct test *test = *state;
	static const char *const ends[] = {"\n", "\r\n"};
	char line[LINE];
	for (unsigned i = 0; i < 4; i++) {
		const char *end = ends[i % 2];
		size_t n = line_of(i, line) - 1;
		bool returns = i == 3; /* half of the line's end is there */
		line[n] = '\r';
		put(test->path, "a", line, n + returns);
		poll_all(test);
		assert_false(has(test, i));
		for (int k = 0; k < 20; k++)
			poll_all(test);
		assert_true(has(test, i));
		put(test->path, "a", end + returns, strlen(end) - returns);
		poll_all(test);
	}
	holds(test, 4, 0, 0);
	assert_int_equal(keylog_counts(test->keylog).lines, 4);
}

/* What counted as a line was half of one. */
static void a_pause_within_a_line(void **state)
{
	struct test *test = *state;
	char line[LINE];
	size_t n = line_of(7, line);
	put(test->path, "w", line, n / 2);
	for (int k = 0; k < 20; k++)
		poll_all(test);
	holds(test, 0, 0, 1);
	put(test->path, "a", &line[n / 2], n - n / 2);
	assert_true(poll_once(test));
	assert_true(has(test, 7));
}

static void replaced(void **state)
{
	struct test *test = *state;
	char line[LINE];
	put_lines(test->path, "w", 0, 10);
	poll_all(test);
	size_t n = line_of(50, line);
	put_lines(test->path, "a", 10, 12); /* nobody looks before the other file comes */
	put(test->path, "a", line, n - 1);  /* its last line has no end */
	put_lines(test->other, "w", 100, 103);
	assert_int_equal(rename(test->other, test->path), 0);
	poll_all(test);
	assert_true(has(test, 11) && has(test, 50) && has(test, 102));
	put_lines(test->path, "a", 103, 104);
	assert_true(poll_once(test));
	holds(test, 17, 0, 0);
}

static void deleted_and_made_again(void **state)
{
	struct test *test = *state;
	put_lines(test->path, "w", 0, 3);
	poll_all(test);
	FILE *writer = fopen(test->path, "a");
	assert_non_null(writer);
	assert_int_equal(unlink(test->path), 0);
	assert_false(poll_once(test));
	char line[LINE];
	assert_int_equal(fwrite(line, 1, line_of(3, line), writer),
	                 line_of(3, line)); /* it is still written */
	fclose(writer);
	assert_true(poll_once(test));
	put_lines(test->path, "w", 4, 6);
	poll_all(test);
	assert_true(has(test, 3) && has(test, 5));
	holds(test, 6, 0, 0);
}

static void truncated(void **state)
{
	struct test *test = *state;
	put_lines(test->path, "w", 0, 10);
	poll_all(test);
	put(test->path, "w", "", 0);
	poll_all(test);
	put_lines(test->path, "a", 10, 15);
	poll_all(test);
	holds(test, 15, 0, 0);
	put_lines(test->path, "w", 20, 22); /* shorter than before */
	poll_all(test);
	holds(test, 17, 0, 0);
	put_lines(test->path, "w", 30, 80); /* longer than before, between two looks */
	poll_all(test);
	holds(test, 67, 0, 0);
	put_lines(test->path, "w", 30, 80); /* the same once more is the same file */
	put_lines(test->path, "a", 80, 81);
	assert_true(poll_once(test));
	holds(test, 68, 0, 0);
}

/* The beginning of a file is remembered, also when it came in small pieces. */
static void truncated_behind_a_small_beginning(void **state)
{
	struct test *test = *state;
	put(test->path, "w", "# log\n", 6);
	poll_all(test);
	put_lines(test->path, "a", 0, 3);
	poll_all(test);
	poll_all(test);
	put(test->path, "w", "# log\n", 6);
	put_lines(test->path, "a", 10, 20);
	poll_all(test);
	holds(test, 13, 0, 0);
}

static void ten_megabytes_of_rubbish(void **state)
{
	struct test *test = *state;
	size_t n = 10 << 20;
	uint8_t *bytes = malloc(n);
	assert_non_null(bytes);
	uint64_t random = 1;
	for (size_t turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < n; i++) {
			random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			bytes[i] = turn == 0 ? 'x' : (uint8_t)(random >> 56);
			if (turn == 2 && bytes[i] == '\n')
				bytes[i] = 0;
		}
		put(test->path, "a", bytes, n);
		put(test->path, "a", "\n", 1);
		put_lines(test->path, "a", (unsigned)turn, (unsigned)turn + 1);
		unsigned polls = 0;
		do {
			poll_once(test);
			assert_true(++polls <= n / LIMIT_FOLLOWED + 2);
		} while (test->more);
		assert_true(polls > n / LIMIT_FOLLOWED);
		assert_true(has(test, (unsigned)turn));
	}
	assert_int_equal(keylog_counts(test->keylog).secrets, 3);
	free(bytes);
}

/* Of a line that is too long the beginning is one line of rubbish. */
static void a_line_that_is_too_long(void **state)
{
	struct test *test = *state;
	char piece[LIMIT_LINE];
	memset(piece, 'x', sizeof piece);
	put(test->path, "w", piece, sizeof piece);
	for (int i = 0; i < 40; i++) {
		poll_all(test);
		put(test->path, "a", piece, 1 + (size_t)i * 97);
	}
	put(test->path, "a", "\n", 1);
	put_lines(test->path, "a", 0, 1);
	poll_all(test);
	assert_true(has(test, 0));
	assert_true(keylog_counts(test->keylog).rubbish <= 2); /* once as a last line */
}

/* More comes with every look: none takes for ever, and all is read in the end. */
static void growth_while_read(void **state)
{
	struct test *test = *state;
	enum { TURNS = 20, BLOCK = 20000 };
	char *block = malloc(BLOCK * LINE), line[LINE];
	assert_non_null(block);
	put(test->path, "w", "", 0);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		size_t n = 0;
		for (unsigned i = 0; i < BLOCK; i++) {
			size_t length = line_of(turn * BLOCK + i, line);
			memcpy(&block[n], line, length);
			n += length;
		}
		put(test->path, "a", block, n);
		uint64_t before = keylog_counts(test->keylog).lines;
		poll_once(test);
		assert_true(keylog_counts(test->keylog).lines - before <= LIMIT_FOLLOWED / 170);
	}
	poll_all(test);
	holds(test, TURNS * BLOCK, 0, 0);
	free(block);
}

static void a_fifo(void **state)
{
	struct test *test = *state;
	char line[LINE];
	size_t n = line_of(1, line);
	assert_int_equal(mkfifo(test->path, 0600), 0);
	assert_false(poll_once(test)); /* nobody writes */
	for (int turn = 0; turn < 3; turn++) {
		int writer = open(test->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		assert_true(writer >= 0);
		assert_false(poll_once(test)); /* somebody writes nothing */
		assert_int_equal(write(writer, line, n / 2), n / 2);
		assert_false(poll_once(test));
		assert_int_equal(write(writer, &line[n / 2], n - n / 2), n - n / 2);
		assert_int_equal(poll_once(test), turn == 0);
		close(writer);
		assert_false(poll_once(test));
	}
	holds(test, 1, 2, 0);
}

static void what_is_no_file(void **state)
{
	struct test *test = *state;
	assert_int_equal(mkdir(test->path, 0700), 0);
	for (int i = 0; i < 3; i++)
		assert_false(poll_once(test));
	assert_int_equal(rmdir(test->path), 0);
	assert_int_equal(symlink("/dev/zero", test->path), 0);
	for (int i = 0; i < 3; i++)
		assert_false(poll_once(test));
	assert_int_equal(unlink(test->path), 0);
	assert_int_equal(symlink(test->path, test->path), 0); /* a loop */
	assert_false(poll_once(test));
	assert_int_equal(unlink(test->path), 0);
	put_lines(test->path, "w", 0, 1);
	poll_all(test);
	assert_true(has(test, 0));
}

/* The descriptor was opened before; the path may not be opened, as it is after the privileges were dropped.
 */
static void by_the_first_descriptor(void **state)
{
	struct test *test = *state;
	put_lines(test->path, "w", 0, 2);
	int fd = open(test->path, O_RDONLY | O_CLOEXEC),
	    writer = open(test->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	char line[LINE];
	assert_true(fd >= 0 && writer >= 0);
	assert_int_equal(rename(test->path, test->other), 0);
	assert_int_equal(symlink(test->path, test->path), 0);
	keylog_follow_free(test->follow);
	test->follow = keylog_follow_new(test->keylog, test->path, fd);
	assert_true(poll_once(test));
	assert_int_equal(write(writer, line, line_of(2, line)), line_of(2, line));
	assert_true(poll_once(test));
	holds(test, 3, 0, 0);
	close(writer);
}

/* A FIFO that was opened so that reading waits does not make the loop wait. */
static void a_descriptor_that_would_block(void **state)
{
	struct test *test = *state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	keylog_follow_free(test->follow);
	test->follow = keylog_follow_new(test->keylog, test->path, ends[0]);
	assert_false(poll_once(test));
	char line[LINE];
	assert_int_equal(write(ends[1], line, line_of(2, line)), line_of(2, line));
	assert_true(poll_once(test));
	close(ends[1]);
}

static unsigned below(uint64_t *random, unsigned n)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*random >> 33) % n;
}

/* Anything that may happen to the file, in any order: no line is missed that stood there at a look. */
static void anything_in_any_order(void **state)
{
	struct test *test = *state;
	uint64_t random = 20260302;
	unsigned next = 0, pending = 0;
	for (int turn = 0; turn < 3000; turn++) {
		unsigned what = below(&random, 12), n = below(&random, 40);
		bool missing = access(test->path, F_OK) != 0;
		if (what == 0 && pending == 0) {
			unlink(test->path);
		} else if (what <= 2 && pending == 0) {
			put_lines(what == 1 ? test->other : test->path, "w", next, next + n);
			next += n;
			if (what == 1)
				rename(test->other, test->path);
			pending = n;
		} else if (what <= 8 && !missing) {
			put_lines(test->path, "a", next, next + n);
			next += n;
			pending += n;
		} else {
			poll_all(test);
			pending = 0;
		}
	}
	poll_all(test);
	for (unsigned i = 0; i < next; i++)
		if (!has(test, i))
			fail_msg("line %u of %u was missed", i, next);
	assert_true(next > 1000);
	assert_int_equal(keylog_counts(test->keylog).rubbish, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(appended_to),
	    CASE(half_lines),
	    CASE(a_last_line_without_end),
	    CASE(a_pause_within_a_line),
	    CASE(replaced),
	    CASE(deleted_and_made_again),
	    CASE(truncated),
	    CASE(truncated_behind_a_small_beginning),
	    CASE(ten_megabytes_of_rubbish),
	    CASE(a_line_that_is_too_long),
	    CASE(growth_while_read),
	    CASE(a_fifo),
	    CASE(what_is_no_file),
	    CASE(by_the_first_descriptor),
	    CASE(a_descriptor_that_would_block),
	    CASE(anything_in_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
