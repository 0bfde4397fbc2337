/*
 * The pcapng writer, byte by byte against the draft; what it writes is also read back in test_capfile.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/capfile.h"

#include <errno.h>
#include <stdlib.h>

enum { SECTION = 48, INTERFACE = 32, PACKET = 32, STATISTICS = 40 };

struct written {
	char *bytes;
	size_t n;
	FILE *file;
	struct capfile_writer writer;
};

static void start(struct written *w)
{
	w->file = open_memstream(&w->bytes, &w->n);
	assert_non_null(w->file);
	assert_int_equal(capfile_write_start(&w->writer, capfile_write_stream, w->file), 0);
}

static struct rd finish(struct written *w)
{
	assert_int_equal(fclose(w->file), 0);
	return rd_of(span_of(w->bytes, w->n));
}

static int write_one(struct written *w, uint32_t linktype, int64_t time, struct span data, size_t wire)
{
	struct capfile_packet packet = {.time = time, .wire = wire, .linktype = linktype, .data = data};
	return capfile_write_packet(&w->writer, &packet);
}

static void expect_section(struct rd *r)
{
	static const uint8_t section[SECTION] = {
	    0x0a, 0x0d, 0x0d, 0x0a, 48,   0,   0,   0,   0x4d, 0x3c, 0x2b, 0x1a, 1,   0,   0,   0,
	    0xff, 0xff, 0xff, 0xff, 0xff, 255, 255, 255, 4,    0,    9,    0,    'n', 'm', 's', 'p',
	    's',  'c',  'o',  'p',  'e',  0,   0,   0,   0,    0,    0,    0,    48,  0,   0,   0};
	assert_memory_equal(rd_span(r, SECTION).p, section, SECTION);
}

static void expect_interface(struct rd *r, uint16_t linktype)
{
	uint8_t interface[INTERFACE] = {1, 0, 0, 0, 32, [16] = 9, 0, 1, 0, 9, [28] = 32};
	interface[8] = (uint8_t)linktype;
	interface[9] = (uint8_t)(linktype >> 8);
	assert_memory_equal(rd_span(r, INTERFACE).p, interface, INTERFACE);
}

static void expect_packet(struct rd *r, uint32_t interface, uint64_t time, struct span data, size_t wire)
{
	size_t padded = (data.n + 3) / 4 * 4;
	assert_int_equal(rd_u32le(r), 6);
	assert_int_equal(rd_u32le(r), PACKET + padded);
	assert_int_equal(rd_u32le(r), interface);
	assert_int_equal(rd_u32le(r), time >> 32);
	assert_int_equal(rd_u32le(r), time & UINT32_MAX);
	assert_int_equal(rd_u32le(r), data.n);
	assert_int_equal(rd_u32le(r), wire);
	assert_true(span_equal(rd_span(r, data.n), data));
	for (size_t i = data.n; i < padded; i++)
		assert_int_equal(rd_u8(r), 0);
	assert_int_equal(rd_u32le(r), PACKET + padded);
}

static void test_empty_file_is_a_section(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	struct rd r = finish(&w);
	expect_section(&r);
	assert_true(rd_done(&r));
	free(w.bytes);
}

static void test_every_padding(void **state)
{
	(void)state;
	static const uint8_t data[] = {1, 2, 3, 4, 5};
	int64_t time = INT64_C(1772442900123456789);
	struct written w;
	start(&w);
	for (size_t n = 0; n <= sizeof data; n++)
		assert_int_equal(write_one(&w, 1, time, span_of(data, n), 1500), 0);
	struct rd r = finish(&w);
	expect_section(&r);
	expect_interface(&r, 1);
	for (size_t n = 0; n <= sizeof data; n++)
		expect_packet(&r, 0, (uint64_t)time, span_of(data, n), 1500);
	assert_true(rd_done(&r));
	free(w.bytes);
}

static void test_one_interface_per_link_type(void **state)
{
	(void)state;
	struct span data = span_of("abcd", 4);
	struct written w;
	start(&w);
	assert_int_equal(write_one(&w, 1, 1, data, 4), 0);
	assert_int_equal(write_one(&w, 276, 2, data, 4), 0);
	assert_int_equal(write_one(&w, 1, 3, data, 4), 0);
	assert_int_equal(write_one(&w, 276, 4, data, 4), 0);
	struct rd r = finish(&w);
	expect_section(&r);
	expect_interface(&r, 1);
	expect_packet(&r, 0, 1, data, 4);
	expect_interface(&r, 276);
	expect_packet(&r, 1, 2, data, 4);
	expect_packet(&r, 0, 3, data, 4);
	expect_packet(&r, 1, 4, data, 4);
	assert_true(rd_done(&r));
	free(w.bytes);
}

static void test_time_before_1970_is_1970(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	assert_int_equal(write_one(&w, 1, -5, span_of("abcd", 4), 4), 0);
	struct rd r = finish(&w);
	rd_skip(&r, SECTION + INTERFACE);
	expect_packet(&r, 0, 0, span_of("abcd", 4), 4);
	free(w.bytes);
}

static void test_end_of_the_capture(void **state)
{
	(void)state;
	int64_t time = INT64_C(1772442900123456789);
	struct written w;
	start(&w);
	assert_int_equal(capfile_write_end(&w.writer, time), 0); /* no interface: nothing to say it of */
	assert_int_equal(write_one(&w, 1, 5, span_of(NULL, 0), 0), 0);
	assert_int_equal(capfile_write_end(&w.writer, -1), 0);
	assert_int_equal(capfile_write_end(&w.writer, time), 0);
	struct rd r = finish(&w);
	expect_section(&r);
	expect_interface(&r, 1);
	expect_packet(&r, 0, 5, span_of(NULL, 0), 0);
	assert_int_equal(rd_u32le(&r), 5);
	assert_int_equal(rd_u32le(&r), STATISTICS);
	assert_int_equal(rd_u32le(&r), 0);
	assert_int_equal(rd_u32le(&r), time >> 32);
	assert_int_equal(rd_u32le(&r), time & UINT32_MAX);
	assert_int_equal(rd_u32le(&r), 3 | 8 << 16); /* isb_endtime */
	assert_int_equal(rd_u32le(&r), time >> 32);
	assert_int_equal(rd_u32le(&r), time & UINT32_MAX);
	assert_int_equal(rd_u32le(&r), 0);
	assert_int_equal(rd_u32le(&r), STATISTICS);
	assert_true(rd_done(&r));
	free(w.bytes);
}

static void test_too_many_link_types(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	for (uint32_t linktype = 1; linktype <= 16; linktype++)
		assert_int_equal(write_one(&w, linktype, 1, span_of(NULL, 0), 0), 0);
	errno = 0;
	assert_int_equal(write_one(&w, 17, 1, span_of(NULL, 0), 0), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_int_equal(write_one(&w, 16, 1, span_of(NULL, 0), 0), 0);
	assert_int_equal(write_one(&w, 0x10001, 1, span_of(NULL, 0), 0), -1);
	(void)finish(&w);
	free(w.bytes);
}

static void test_a_full_disk_is_told(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "wb");
	if (full == NULL) {
		print_message("LEFT OUT: there is no /dev/full\n");
		return;
	}
	setvbuf(full, NULL, _IONBF, 0);
	struct capfile_writer writer;
	errno = 0;
	assert_int_equal(capfile_write_start(&writer, capfile_write_stream, full), -1);
	assert_int_equal(errno, ENOSPC);
	struct capfile_packet packet = {.linktype = 1, .wire = 4, .data = span_of("abcd", 4)};
	assert_int_equal(capfile_write_packet(&writer, &packet), -1);
	assert_int_equal(writer.interfaces, 0);
	assert_int_equal(capfile_write_secrets(&writer, span_of("abcd", 4)), -1);
	fclose(full);
}

static void expect_secrets(struct rd *r, struct span text)
{
	size_t padded = (text.n + 3) / 4 * 4;
	assert_int_equal(rd_u32le(r), 10);
	assert_int_equal(rd_u32le(r), 20 + padded);
	assert_int_equal(rd_u32le(r), 0x544c534b);
	assert_int_equal(rd_u32le(r), text.n);
	assert_true(span_equal(rd_span(r, text.n), text));
	for (size_t i = text.n; i < padded; i++)
		assert_int_equal(rd_u8(r), 0);
	assert_int_equal(rd_u32le(r), 20 + padded);
}

static void test_secrets_are_a_block(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	for (size_t n = 0; n <= 5; n++)
		assert_int_equal(capfile_write_secrets(&w.writer, span_of("ab\ncd", n)), 0);
	struct rd r = finish(&w);
	expect_section(&r);
	for (size_t n = 1; n <= 5; n++)
		expect_secrets(&r, span_of("ab\ncd", n));
	assert_true(rd_done(&r));
	free(w.bytes);
}

/* Every block is read again, and lines are cut only where they are longer than a block. */
static void test_long_secrets_are_blocks_of_lines(void **state)
{
	(void)state;
	static char text[3 * LIMIT_PACKET];
	size_t line = 176; /* of a CLIENT_RANDOM */
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % line == line - 1 && i < LIMIT_PACKET ? '\n' : (char)('a' + i % 23);
	struct written w;
	start(&w);
	assert_int_equal(capfile_write_secrets(&w.writer, span_of(text, sizeof text)), 0);
	(void)finish(&w);
	struct capfile *reader = capfile_new();
	struct span left = span_of(w.bytes, w.n);
	struct capfile_packet secrets;
	size_t whole = LIMIT_PACKET / line * line;
	size_t sizes[] = {whole, LIMIT_PACKET, LIMIT_PACKET, LIMIT_PACKET - whole};
	size_t seen = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		assert_int_equal(capfile_next(reader, &left, &secrets), CAPFILE_SECRETS);
		assert_true(span_equal(secrets.data, span_of(&text[seen], sizes[i])));
		seen += sizes[i];
	}
	assert_int_equal(capfile_next(reader, &left, &secrets), CAPFILE_MORE);
	assert_false(capfile_cut(reader, left.n));
	capfile_free(reader);
	free(w.bytes);
}

/* Of packets of any length, and only where there is one. */
static void test_directions(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	for (size_t n = 0; n < 9; n++) {
		struct capfile_packet packet = {.linktype = 147,
		                                .wire = n,
		                                .data = span_of("abcdefghi", n),
		                                .direction = (enum capfile_direction)(n % 3)};
		assert_int_equal(capfile_write_packet(&w.writer, &packet), 0);
	}
	(void)finish(&w);
	struct capfile *reader = capfile_new();
	struct span left = span_of(w.bytes, w.n);
	struct capfile_packet packet;
	for (size_t n = 0; n < 9; n++) {
		assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_PACKET);
		assert_int_equal(packet.direction, n % 3);
		assert_true(span_equal(packet.data, span_of("abcdefghi", n)));
	}
	assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_MORE);
	assert_int_equal(left.n, 0);
	capfile_free(reader);
	free(w.bytes);
}

/* What the sizes promise is what is written, whether the interface is new or not. */
static void test_sizes(void **state)
{
	(void)state;
	struct written w;
	start(&w);
	size_t sizes[CAPFILE_SIZES], sum = 0;
	struct capfile_packet packet = {.wire = 9, .data = span_of("abcde", 5)};
	for (uint32_t i = 0; i < 2 * CAPFILE_LINKTYPES; i++) {
		size_t secrets = i % 3 == 0 ? 0 : 3;
		packet.linktype = i % CAPFILE_LINKTYPES;
		packet.direction = (enum capfile_direction)(i % 3);
		assert_int_equal(fflush(w.file), 0);
		size_t before = w.n, n = capfile_write_sizes(&w.writer, &packet, secrets, sizes);
		assert_int_equal(capfile_write_secrets(&w.writer, span_of("abc", secrets)), 0);
		assert_int_equal(capfile_write_packet(&w.writer, &packet), 0);
		assert_int_equal(fflush(w.file), 0);
		for (sum = before; n > w.writer.interfaces; n--)
			sum += sizes[n - w.writer.interfaces - 1];
		assert_int_equal(n, w.writer.interfaces); /* the end of each */
		assert_int_equal(sizes[1 + (i < CAPFILE_LINKTYPES) + (secrets > 0)], STATISTICS);
		assert_int_equal(w.n, sum);
	}
	packet.linktype = 99; /* it does not fit: there is nothing that could be new */
	assert_int_equal(capfile_write_sizes(&w.writer, &packet, 3, sizes), CAPFILE_SIZES - 1);
	(void)finish(&w);
	free(w.bytes);
}

/* Our reader takes nothing from it. */
static void test_filling(void **state)
{
	(void)state;
	for (size_t n = CAPFILE_FILL_MIN; n < 5000; n += 4) {
		uint8_t *bytes = malloc(n);
		assert_non_null(bytes);
		capfile_fill(bytes, n);
		struct rd r = rd_of(span_of(bytes, n));
		assert_int_equal(rd_u32le(&r), 0x80000000);
		assert_int_equal(rd_u32le(&r), n);
		struct span content = rd_span(&r, n - 12);
		for (size_t i = 0; i < content.n; i++)
			assert_int_equal(content.p[i], 0);
		assert_int_equal(rd_u32le(&r), n);
		assert_true(rd_done(&r));
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_file_is_a_section),
	    cmocka_unit_test(test_every_padding),
	    cmocka_unit_test(test_one_interface_per_link_type),
	    cmocka_unit_test(test_time_before_1970_is_1970),
	    cmocka_unit_test(test_end_of_the_capture),
	    cmocka_unit_test(test_too_many_link_types),
	    cmocka_unit_test(test_secrets_are_a_block),
	    cmocka_unit_test(test_long_secrets_are_blocks_of_lines),
	    cmocka_unit_test(test_a_full_disk_is_told),
	    cmocka_unit_test(test_directions),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_filling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
