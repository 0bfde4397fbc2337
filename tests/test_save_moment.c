/*
 * What is on disk while -w writes: whole packets at any moment, also when there is no room for more.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/ring.h"
#include "tests/seeded.h"

#include <signal.h>
#include <sys/resource.h>

#define PAGE 4096

/* Sizes of which many end just in front of the end of a page, or just behind it. */
static size_t draw(struct seeded *seeded)
{
	switch (seeded_below(seeded, 8)) {
	case 0:
		return seeded_below(seeded, 20000);
	case 1:
		return PAGE - 64 + seeded_below(seeded, 64);
	default:
		return 1 + seeded_below(seeded, 1600);
	}
}

/* Without a flush: the buffer is written out when it is full. */
static void test_whole_after_every_packet(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	struct seeded seeded = seeded_of(3);
	struct stat status;
	unsigned sizes = 0;
	off_t size = 0;
	ring_open(&ring, 0, 1, true);
	save_start(ring.save);
	for (uint32_t i = 0; i < 1000; i++) {
		if (i % 200 == 0)
			ring_log(&ring, i / 200);
		ring_push(&ring, i % RING_SESSIONS, draw(&seeded));
		assert_int_equal(stat(ring_name(&ring, 0), &status), 0);
		if (status.st_size == size)
			continue;
		sizes++;
		size = status.st_size;
		ring_read(&ring, 0, &file);
	}
	assert_true(sizes > 10);
	ring_close(&ring);
}

static void test_flush_shows_the_last_packet(void **state)
{
	(void)state;
	struct ring ring;
	struct ring_file file;
	struct seeded seeded = seeded_of(4);
	ring_open(&ring, 0, 1, false);
	save_start(ring.save);
	for (uint32_t i = 0; i < 200; i++) {
		ring_push(&ring, 0, draw(&seeded));
		ring_flush(&ring);
		ring_read(&ring, 0, &file);
		assert_int_equal(file.last, ring.last);
	}
	ring_close(&ring);
}

/* ---- in the middle of a write ---- */

/* A kernel makes a file longer page by page while it writes. */
static bool is_cut(struct span bytes)
{
	struct capfile *reader = capfile_new();
	struct capfile_packet item;
	enum capfile_result result;
	while ((result = capfile_next(reader, &bytes, &item)) == CAPFILE_PACKET || result == CAPFILE_SECRETS)
		;
	bool cut = result == CAPFILE_BAD || capfile_cut(reader, bytes.n);
	capfile_free(reader);
	return cut;
}

static uint8_t *slurp(const char *path, size_t *n)
{
	struct err err;
	struct source source;
	uint8_t *bytes;
	assert_int_equal(source_open(&source, path, &err), 0);
	assert_int_equal(source_slurp(&source, 16 << 20, &bytes, n, &err), 0);
	return bytes;
}

/* The ends of pages at which the file would be cut. */
static unsigned cut_pages(struct ring *ring)
{
	size_t n;
	unsigned cut = 0;
	ring_flush(ring);
	uint8_t *bytes = slurp(ring_name(ring, 0), &n);
	assert_true(n > 10 * PAGE);
	for (size_t end = PAGE; end <= n; end += PAGE)
		cut += is_cut(span_of(bytes, end));
	free(bytes);
	return cut;
}

static void test_whole_at_every_page(void **state)
{
	(void)state;
	enum { HEADER = 36 }; /* of a packet, with its padding and tail */
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct ring ring;
		struct seeded seeded = seeded_of(seed);
		ring_open(&ring, 0, 1, true);
		save_start(ring.save);
		for (uint32_t i = 0; i < 300; i++) {
			if (i % 60 == 0)
				ring_log(&ring, i / 60);
			size_t n = draw(&seeded);
			ring_push(&ring, i % RING_SESSIONS, n <= PAGE - HEADER - CAPFILE_FILL_MIN ? n : 1000);
		}
		seeded_check(&seeded, cut_pages(&ring) == 0, "a page ends in the middle of a block");
		ring_close(&ring);
	}
}

/*
 * A packet that is longer than a page lies over the end of one, of no more than it must, and leaves nothing
 * at its own end that is too short to be filled.
 */
static void test_long_packets(void **state)
{
	(void)state;
	enum { FRAME = 32, LONG = 3 * PAGE, PAGES = 3 };
	struct ring ring;
	struct ring_file file;
	struct stat status;
	unsigned over = 0;
	ring_open(&ring, 0, 1, false);
	save_start(ring.save);
	for (size_t gap = 0; gap < 40; gap += 4) {
		ring_push(&ring, 0, 100);
		ring_flush(&ring);
		assert_int_equal(stat(ring_name(&ring, 0), &status), 0);
		ring_push(&ring, 0, LONG - (size_t)status.st_size % PAGE - FRAME - gap);
		over += PAGES;
	}
	ring_push(&ring, 0, 100);
	assert_true(cut_pages(&ring) <= over);
	ring_read(&ring, 0, &file);
	assert_int_equal(file.packets, ring.last);
	ring_close(&ring);
}

/* ---- no room ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_no_room(void **state)
{
	(void)state;
	enum { ROOM = 30001 };
	struct ring ring;
	struct ring_file file;
	struct err err;
	signal(SIGXFSZ, SIG_IGN);
	for (uint32_t files = 1; files <= 3; files += 2) {
		ring_open(&ring, 10 * ROOM, files, false);
		save_start(ring.save);
		limit_files(ROOM);
		for (unsigned i = 0; i < 1000; i++)
			ring_push(&ring, 0, 1000);
		assert_int_equal(save_flush(ring.save, &err), -1);
		assert_non_null(strstr(err.text, ring_name(&ring, 0)));
		assert_non_null(strstr(err.text, "is not complete: File too large"));
		assert_int_equal(save_flush(ring.save, &err), 0); /* it is told once */
		limit_files(RLIM_INFINITY);
		ring_push(&ring, 0, 1000);
		ring_flush(&ring);
		ring_read(&ring, 0, &file);
		assert_in_range(file.size, ROOM - 1500, ROOM);
		assert_in_range(file.packets, 1, ROOM / 1000);
		assert_int_equal(file.last, file.packets); /* nothing behind what is missing */
		ring_close(&ring);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_after_every_packet),
	    cmocka_unit_test(test_flush_shows_the_last_packet),
	    cmocka_unit_test(test_whole_at_every_page),
	    cmocka_unit_test(test_long_packets),
	    cmocka_unit_test(test_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
