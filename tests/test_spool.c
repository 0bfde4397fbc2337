/*
 * The spool: what leaves when its files are full, and what a reader sees. That it holds the same packets as
 * -w is tested on all samples in test_pick.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/spool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SIZE  1000 /* bytes of a frame; a record around it takes 40 more */
#define COST  (SIZE + 40)
#define HEADS (20 * COST)
#define PART  (10 * COST)
#define STEP  NS_PER_S

struct test {
	struct model *model;
	struct spool *spool;
	struct spool_head head[64]; /* of the sessions */
	struct session *sessions[64];
	uint32_t n;
	int64_t now;
	uint64_t frames;
};

static void start(struct test *test)
{
	struct err err;
	const struct spool_plan plan = {.heads = HEADS, .part = PART};
	*test = (struct test){.model = model_new()};
	test->spool = spool_open(test->model, &plan, &err);
	assert_non_null(test->spool);
}

static void end(struct test *test)
{
	spool_close(test->spool);
	model_free(test->model);
}

/* A session, number n of the test; `first` is the number of its first packet. */
static uint32_t open_session(struct test *test, uint64_t first)
{
	const struct origin at = origin_of(test->now, first, 0);
	test->sessions[test->n] = model_add_session(test->model, &at);
	return test->n++;
}

/* The handshake of session n is over: it cannot be seen any more, so its packets are no head. */
static void end_head(struct test *test, uint32_t n)
{
	struct session *session = test->sessions[n];
	session->tls.seen = true;
	session->tls.first_protected[0] = session->tls.first_protected[1] =
	    (struct origin){.packet = 1, .time = 1};
}

/* A frame that holds its number. */
static void push(struct test *test, uint32_t n)
{
	uint8_t bytes[SIZE] = {0};
	test->now += STEP;
	test->frames++;
	memcpy(bytes, &test->frames, sizeof test->frames);
	struct capfile_packet frame = {
	    .time = test->now, .linktype = 1, .wire = SIZE + 1, .data = span_of(bytes, sizeof bytes),
	    .direction = CAPFILE_OUTBOUND};
	assert_true(spool_packet(test->spool, &frame, test->sessions[n], &test->head[n]));
}

static uint64_t number_of(const struct capfile_packet *frame)
{
	uint64_t number;
	assert_int_equal(frame->data.n, SIZE);
	assert_int_equal(frame->wire, SIZE + 1);
	assert_int_equal(frame->direction, CAPFILE_OUTBOUND);
	assert_int_equal(frame->linktype, 1);
	memcpy(&number, frame->data.p, sizeof number);
	assert_int_equal(frame->time, (int64_t)number * STEP);
	return number;
}

/* Which frames are there; *of: the ones of this first packet. They come in order. */
static size_t read_all(struct test *test, uint64_t first, uint64_t *numbers)
{
	struct spool_reader *reader = spool_read(test->spool);
	struct capfile_packet frame;
	uint64_t of, before = 0;
	size_t n = 0;
	int result;
	while ((result = spool_next(reader, &frame, &of)) == 1) {
		uint64_t number = number_of(&frame);
		assert_true(number > before);
		before = number;
		if (of == first)
			numbers[n++] = number;
	}
	assert_int_equal(result, 0);
	assert_int_equal(spool_percent(reader), 100);
	spool_read_end(reader);
	return n;
}

static void test_order(void **state)
{
	(void)state;
	struct test test;
	uint64_t numbers[256];
	start(&test);
	assert_int_equal(read_all(&test, 1, numbers), 0);
	uint32_t old = open_session(&test, 1), new = open_session(&test, 2);
	push(&test, old);
	end_head(&test, old);
	push(&test, old); /* the end of its head */
	for (int i = 0; i < 3; i++) {
		push(&test, old);
		push(&test, new);
	}
	assert_int_equal(read_all(&test, 1, numbers), 5);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[4], 7);
	assert_int_equal(read_all(&test, 2, numbers), 3);
	assert_int_equal(numbers[2], 8);
	assert_int_equal(spool_losses(test.spool).others, INT64_MIN);
	assert_int_equal(spool_losses(test.spool).heads, INT64_MIN);
	end(&test);
}

/* The oldest leave, but not the handshake. */
static void test_parts_are_used_in_turn(void **state)
{
	(void)state;
	struct test test;
	uint64_t numbers[256];
	start(&test);
	uint32_t n = open_session(&test, 1);
	push(&test, n);
	push(&test, n);
	end_head(&test, n);
	push(&test, n);
	for (int i = 0; i < 20; i++) /* 4 to 23: both parts are full */
		push(&test, n);
	assert_int_equal(read_all(&test, 1, numbers), 23);
	assert_int_equal(spool_losses(test.spool).others, INT64_MIN);
	push(&test, n);
	assert_int_equal(spool_losses(test.spool).others, 13 * STEP);
	assert_int_equal(read_all(&test, 1, numbers), 14);
	assert_int_equal(numbers[2], 3);
	assert_int_equal(numbers[3], 14);
	assert_int_equal(spool_losses(test.spool).heads, INT64_MIN);
	end(&test);
}

static void drop(struct test *test, uint32_t n)
{
	model_drop_session(test->model, test->sessions[n]);
}

/* Heads of sessions that are gone make room; those of others stay, in their order. */
static void test_heads_of_living_sessions_stay(void **state)
{
	(void)state;
	struct test test;
	uint64_t numbers[256];
	start(&test);
	for (uint64_t i = 0; i < 10; i++)
		open_session(&test, i + 1);
	for (int round = 0; round < 2; round++)
		for (uint32_t n = 0; n < 10; n++)
			push(&test, n);
	for (uint32_t n = 1; n < 10; n += 2)
		drop(&test, n);
	uint32_t late = open_session(&test, 11);
	push(&test, late);
	assert_int_equal(read_all(&test, 2, numbers), 0);
	for (uint64_t first = 1; first < 10; first += 2) {
		assert_int_equal(read_all(&test, first, numbers), 2);
		assert_int_equal(numbers[0], first);
		assert_int_equal(numbers[1], first + 10);
	}
	assert_int_equal(read_all(&test, 11, numbers), 1);
	assert_int_equal(numbers[0], 21);
	assert_int_equal(spool_losses(test.spool).heads, INT64_MIN);
	end(&test);
}

/* More handshakes than there is room for: the oldest half leaves, and that is told. */
static void test_heads_are_bounded(void **state)
{
	(void)state;
	struct test test;
	uint64_t numbers[256];
	start(&test);
	for (uint64_t i = 0; i < 21; i++)
		push(&test, open_session(&test, i + 1));
	assert_int_equal(spool_losses(test.spool).heads, 10 * STEP);
	assert_int_equal(read_all(&test, 10, numbers), 0);
	assert_int_equal(read_all(&test, 11, numbers), 1);
	assert_int_equal(read_all(&test, 21, numbers), 1);
	end(&test);
}

/* A handshake without an end is one up to its cap; then its packets make room for others. */
static void test_head_of_one_session_is_bounded(void **state)
{
	(void)state;
	enum { FIT = (LIMIT_SPOOL_HEAD + SIZE - 1) / SIZE };
	struct err err;
	struct test test;
	uint64_t numbers[256];
	start(&test);
	spool_close(test.spool);
	const struct spool_plan plan = {.heads = 1 << 20, .part = PART};
	test.spool = spool_open(test.model, &plan, &err);
	uint32_t n = open_session(&test, 1);
	for (int i = 0; i < FIT + 21; i++)
		push(&test, n);
	assert_int_equal(read_all(&test, 1, numbers), FIT + 11);
	assert_int_equal(numbers[FIT - 1], FIT);
	assert_int_equal(numbers[FIT], FIT + 11);
	assert_int_equal(spool_losses(test.spool).heads, (FIT + 10) * STEP); /* it was one, maybe */
	end(&test);
}

/* The caps that the program uses, by frames as large as they come. */
static void test_caps(void **state)
{
	(void)state;
	enum { LARGE = 250000 };
	static uint8_t bytes[LARGE];
	struct err err;
	struct test test;
	const struct spool_plan plan = {.heads = LIMIT_SPOOL_HEADS, .part = LIMIT_SPOOL_PART};
	struct capfile_packet frame = {
	    .time = STEP, .linktype = 1, .wire = LARGE, .data = span_of(bytes, sizeof bytes)};
	uint64_t heads = 0, others = 0;
	start(&test);
	spool_close(test.spool);
	test.spool = spool_open(test.model, &plan, &err);
	for (; spool_losses(test.spool).heads == INT64_MIN; heads++) {
		struct spool_head head = {0};
		const struct origin at = origin_of(STEP, heads + 1, 0);
		spool_packet(test.spool, &frame, model_add_session(test.model, &at), &head);
	}
	assert_in_range(heads, LIMIT_SPOOL_HEADS / (LARGE + 100), LIMIT_SPOOL_HEADS / LARGE + 1);
	struct spool_head ended = {.ended = true};
	for (; spool_losses(test.spool).others == INT64_MIN; others++)
		spool_packet(test.spool, &frame, test.model->first, &ended);
	assert_in_range(others, 2 * (LIMIT_SPOOL_PART / (LARGE + 100)), 2 * (LIMIT_SPOOL_PART / LARGE) + 1);
	end(&test);
}

/* A reader sees what was there; what leaves meanwhile is told, and no head moves below it. */
static void test_reading_while_it_goes_on(void **state)
{
	(void)state;
	struct test test;
	struct capfile_packet frame;
	uint64_t of, n = 0, last = 0;
	start(&test);
	uint32_t ended = open_session(&test, 1);
	push(&test, ended);
	end_head(&test, ended);
	push(&test, ended);
	for (int i = 0; i < 20; i++)
		push(&test, ended);
	struct spool_reader *reader = spool_read(test.spool);
	assert_int_equal(spool_next(reader, &frame, &of), 1);
	for (int i = 0; i < 10; i++) /* the older part is emptied */
		push(&test, ended);
	for (uint64_t i = 0; i < 30; i++) /* more heads than there is room for */
		push(&test, open_session(&test, i + 2));
	assert_int_equal(number_of(&frame), 1);
	while (spool_next(reader, &frame, &of) == 1) {
		assert_true(number_of(&frame) > last);
		last = number_of(&frame);
		assert_true(last <= 22);
		n++;
	}
	assert_true(n >= 1 && n < 21);
	assert_true(spool_losses(test.spool).others >= 12 * STEP);
	spool_read_end(reader);
	spool_read_end(NULL);
	end(&test);
}

/* The disk is full: what is there stays, and it is told from when on nothing came to it. */
static void test_a_file_that_cannot_grow(void **state)
{
	(void)state;
	struct err err;
	struct test test;
	struct rlimit before, small = {.rlim_cur = 1 << 20, .rlim_max = 0};
	const struct spool_plan plan = {.heads = 1 << 20, .part = 2 << 20};
	uint64_t numbers[2000];
	start(&test);
	spool_close(test.spool);
	test.spool = spool_open(test.model, &plan, &err);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	uint32_t n = open_session(&test, 1);
	for (int i = 0; i < 64; i++)
		push(&test, n);
	end_head(&test, n);
	push(&test, n);                    /* the end of its head */
	(void)read_all(&test, 1, numbers); /* which brings it to the disk */
	for (int i = 0; i < 1500; i++)
		push(&test, n);
	size_t kept = read_all(&test, 1, numbers);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	struct spool_losses losses = spool_losses(test.spool);
	assert_int_equal(losses.reason, EFBIG);
	assert_true(kept > 65 && kept < 1565);
	assert_int_equal(losses.failed, ((int64_t)kept + 1) * STEP);
	end(&test);
}

static void test_no_folder(void **state)
{
	(void)state;
	struct err err;
	struct model *model = model_new();
	const struct spool_plan plan = {.heads = HEADS, .part = PART};
	assert_int_equal(setenv("TMPDIR", "/dev/null", 1), 0);
	struct spool *spool = spool_open(model, &plan, &err); /* the next one does */
	assert_non_null(spool);
	spool_close(spool);
	spool_close(NULL);
	unsetenv("TMPDIR");
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_parts_are_used_in_turn),
	    cmocka_unit_test(test_heads_of_living_sessions_stay),
	    cmocka_unit_test(test_heads_are_bounded),
	    cmocka_unit_test(test_head_of_one_session_is_bounded),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_reading_while_it_goes_on),
	    cmocka_unit_test(test_a_file_that_cannot_grow),
	    cmocka_unit_test(test_no_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
