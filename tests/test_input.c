/*
 * Tests of capture inputs: plain and gzipped files, standard input, damage, and what is said about files
 * that are no capture.
 */
#include "analyzer/input.h"
#include "tests/capbuild.h"
#include "tests/opened.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#define SECRETS_TLS 0x544c534b
#define PLENTY 40000 /* packets of the big file: several buffers of bytes */

static char path[] = "/tmp/test_input.XXXXXX";

static void write_file(const void *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	if (n > 0)
		assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

/* Appends a gzip member; the answer is the new size. */
static size_t gzip(uint8_t *to, size_t at, size_t room, const void *bytes, size_t n)
{
	uint8_t *copy = malloc(n);
	assert_non_null(copy);
	memcpy(copy, bytes, n);
	z_stream z = {
	    .next_in = copy, .avail_in = (uInt)n, .next_out = &to[at], .avail_out = (uInt)(room - at)};
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t size = at + z.total_out;
	deflateEnd(&z);
	free(copy);
	return size;
}

static struct input *open_good(const char *name)
{
	struct err err = {.text = ""};
	struct input *input = opened_input(name, &err);
	if (input == NULL)
		fail_msg("%s", err.text);
	return input;
}

static void assert_refused(const char *name, const char *words)
{
	struct err err = {.text = ""};
	assert_null(opened_input(name, &err));
	if (strstr(err.text, words) == NULL || strstr(err.text, name) != err.text)
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

/* Reads to the end: how many packets there were, with those that were read before. */
static uint64_t drain(struct input *input, enum input_result last)
{
	struct capfile_packet packet;
	enum input_result result;
	uint64_t n = input_packets(input);
	while ((result = input_next(input, &packet)) == INPUT_PACKET)
		n++;
	assert_int_equal(result, last);
	assert_int_equal(input_next(input, &packet), last);
	assert_int_equal(input_packets(input), n);
	assert_int_equal(input_problem(input)[0] == '\0', last == INPUT_END);
	return n;
}

static void assert_truncated(uint64_t packets, const char *words)
{
	struct input *input = open_good(path);
	assert_int_equal(drain(input, INPUT_TRUNCATED), packets);
	if (strstr(input_problem(input), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", input_problem(input), words);
	input_close(input);
}

static void small_pcap(struct capbuild *f)
{
	capbuild_pcap(f, false, 0xa1b2c3d4, 1);
	for (uint8_t i = 0; i < 3; i++)
		capbuild_record(f, i, 20, 30, i);
}

/* Packets of changing sizes that say their number; the caller frees it. */
static uint8_t *big_pcap(size_t *n)
{
	uint8_t *bytes = malloc(PLENTY * 100);
	assert_non_null(bytes);
	struct capbuild f;
	capbuild_pcap(&f, true, 0xa1b2c3d4, 1);
	memcpy(bytes, f.p, f.n);
	*n = f.n;
	for (uint32_t i = 0; i < PLENTY; i++) {
		f.n = 0;
		capbuild_record(&f, i, i % 60, 60, 1);
		memcpy(&bytes[*n], f.p, f.n);
		*n += f.n;
	}
	return bytes;
}

static void check_big(struct input *input)
{
	struct capfile_packet packet;
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < PLENTY; i++) {
		assert_int_equal(input_next(input, &packet), INPUT_PACKET);
		assert_int_equal(packet.time, CAPBUILD_SECOND * 1000000000 + INT64_C(1000) * i);
		assert_int_equal(packet.data.n, i % 60);
		for (size_t k = 0; k < packet.data.n; k++)
			assert_int_equal(packet.data.p[k], k + 1);
		bytes += packet.data.n;
	}
	assert_int_equal(input_next(input, &packet), INPUT_END);
	assert_int_equal(input_packets(input), PLENTY);
	assert_int_equal(input_bytes(input), bytes);
	assert_string_equal(input_problem(input), "");
}

static void plain(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = big_pcap(&n);
	write_file(bytes, n);
	struct input *input = open_good(path);
	assert_string_equal(input_name(input), path);
	assert_int_equal(input_first_time(input), CAPBUILD_SECOND * 1000000000);
	assert_int_equal(input_kind(input), CAPFILE_PCAP);
	assert_int_equal(input_dropped(input), -1);
	assert_int_equal(input_snaplen(input), 96);
	assert_int_equal(input_packets(input), 0);
	assert_int_equal(input_size(input), n);
	assert_true(input_position(input) > 0 && input_position(input) < n);
	check_big(input);
	assert_int_equal(input_position(input), n);
	input_close(input);
	input_close(NULL);
	free(bytes);
}

static void gzipped(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = big_pcap(&n);
	uint8_t *packed = malloc(n);
	assert_non_null(packed);
	size_t whole = gzip(packed, 0, n, bytes, n);
	write_file(packed, whole);
	struct input *input = open_good(path);
	check_big(input);
	assert_int_equal(input_position(input), whole);
	assert_int_equal(input_size(input), whole);
	input_close(input);

	/* three members, the one in the middle empty, the border inside a packet */
	size_t members = gzip(packed, 0, n, bytes, 1000001);
	members = gzip(packed, members, n, bytes, 0);
	members = gzip(packed, members, n, &bytes[1000001], n - 1000001);
	write_file(packed, members);
	input = open_good(path);
	check_big(input);
	input_close(input);
	free(packed);
	free(bytes);
}

static void gzip_cut_and_damaged(void **state)
{
	(void)state;
	struct capbuild f;
	small_pcap(&f);
	uint8_t packed[1024];
	size_t n = gzip(packed, 0, sizeof packed, f.p, f.n);
	for (size_t cut = 0; cut < n; cut++) {
		write_file(packed, cut);
		struct err err;
		struct input *input = opened_input(path, &err);
		if (input == NULL)
			continue;
		assert_true(drain(input, INPUT_TRUNCATED) <= 3);
		assert_non_null(strstr(input_problem(input), "the gzip data ends early"));
		input_close(input);
	}
	write_file(packed, n - 1);
	assert_truncated(3, "after 3 packets, at byte 132 of the unpacked file");
	write_file(packed, 12);
	assert_refused(path, "the gzip data ends early");
	packed[n - 8] ^= 1; /* its checksum */
	write_file(packed, n);
	assert_truncated(3, "the gzip data is damaged");
	packed[n - 8] ^= 1;
	packed[n] = 'x';
	packed[n + 1] = 'y';
	write_file(packed, n + 2);
	assert_truncated(3, "the gzip data is damaged");
}

static void cut_everywhere(void **state)
{
	(void)state;
	struct capbuild f;
	small_pcap(&f);
	for (size_t n = 0; n < 24; n++) {
		write_file(f.p, n);
		assert_refused(path, n == 0 ? "empty (0 bytes)" : n < 4 ? ": " : "ends inside its header");
	}
	for (size_t n = 24; n <= f.n; n++) {
		write_file(f.p, n);
		if ((n - 24) % 36 != 0) {
			assert_truncated((n - 24) / 36, "ends in the middle");
			continue;
		}
		struct input *input = open_good(path);
		assert_int_equal(drain(input, INPUT_END), (n - 24) / 36);
		input_close(input);
	}
}

static void no_packets(void **state)
{
	(void)state;
	struct capbuild f;
	capbuild_pcap(&f, true, 0xa1b23c4d, 1);
	write_file(f.p, f.n);
	struct input *input = open_good(path);
	assert_int_equal(input_first_time(input), INT64_MAX);
	assert_int_equal(drain(input, INPUT_END), 0);
	input_close(input);
}

static void damage_says_where(void **state)
{
	(void)state;
	struct capbuild f;
	small_pcap(&f);
	capbuild_set32(&f, 24 + 36 + 8, 0x7fffffff);
	write_file(f.p, f.n);
	assert_truncated(1, "a packet claims 2147483647 captured bytes, after 1 packet, at byte 60");
	capbuild_set32(&f, 24 + 8, 0x7fffffff);
	write_file(f.p, f.n);
	assert_truncated(0, "after 0 packets, at byte 24");
}

static void largest_packet(void **state)
{
	(void)state;
	static uint8_t bytes[2 * (16 + LIMIT_PACKET) + 24];
	struct capbuild f;
	capbuild_pcap(&f, false, 0xa1b2c3d4, 1);
	memcpy(bytes, f.p, f.n);
	f.n = 0;
	capbuild_record(&f, 0, 0, LIMIT_PACKET, 0);
	capbuild_set32(&f, 8, LIMIT_PACKET);
	memcpy(&bytes[24], f.p, f.n);
	memcpy(&bytes[24 + 16 + LIMIT_PACKET], f.p, f.n);
	bytes[sizeof bytes - 1] = 0x77;
	write_file(bytes, sizeof bytes);
	struct input *input = open_good(path);
	struct capfile_packet packet;
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	assert_int_equal(packet.data.n, LIMIT_PACKET);
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	assert_int_equal(packet.data.n, LIMIT_PACKET);
	assert_int_equal(packet.data.p[LIMIT_PACKET - 1], 0x77);
	assert_int_equal(input_next(input, &packet), INPUT_END);
	input_close(input);
}

static void assert_secrets(struct input *input, const char *text)
{
	struct capfile_packet secrets;
	assert_int_equal(input_next(input, &secrets), INPUT_SECRETS);
	assert_true(span_equal(secrets.data, span_of(text, strlen(text))));
}

static void secrets(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, false);
	capbuild_secrets(&f, SECRETS_TLS, "first");
	capbuild_interface(&f, 1, 0, -1, 0);
	capbuild_secrets(&f, SECRETS_TLS, "second\n");
	size_t head = f.n;
	capbuild_enhanced(&f, 0, 12345, 8, 8, 1);
	capbuild_secrets(&f, SECRETS_TLS, "third");
	capbuild_enhanced(&f, 0, 12346, 8, 8, 1);
	capbuild_secrets(&f, SECRETS_TLS, "fourth");
	write_file(f.p, f.n);
	struct input *input = open_good(path);
	struct capfile_packet packet;
	assert_int_equal(input_first_time(input), 12345000);
	assert_secrets(input, "first\nsecond\n\n");
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	assert_int_equal(packet.time, 12345000);
	assert_secrets(input, "third");
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	assert_int_equal(packet.time, 12346000);
	assert_secrets(input, "fourth");
	assert_int_equal(input_next(input, &packet), INPUT_END);
	assert_int_equal(input_packets(input), 2);
	assert_int_equal(input_bytes(input), 16);
	assert_int_equal(input_skipped_secrets(input), 0);
	input_close(input);

	write_file(f.p, head); /* no packet at all */
	input = open_good(path);
	assert_int_equal(input_first_time(input), INT64_MAX);
	assert_secrets(input, "first\nsecond\n\n");
	assert_int_equal(drain(input, INPUT_END), 0);
	input_close(input);
}

/* Key logs in front of the first packet beyond the cap are counted; behind it there is no cap. */
static void check_early(bool empty_first)
{
	struct capbuild f = {.n = 0};
	capbuild_section(&f, true);
	capbuild_interface(&f, 1, 0, -1, 0);
	if (empty_first) /* one byte less room: the last block fits without its line end only */
		capbuild_secrets(&f, SECRETS_TLS, "");
	size_t head = f.n;
	char text[1024];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	capbuild_secrets(&f, SECRETS_TLS, text);
	size_t block = f.n - head, fit = LIMIT_EARLY_SECRETS / sizeof text;
	size_t n = head + 2 * (fit + 1) * block + 100, at = head;
	uint8_t *bytes = malloc(n);
	assert_non_null(bytes);
	memcpy(bytes, f.p, head);
	for (size_t i = 0; i <= fit; i++, at += block)
		memcpy(&bytes[at], &f.p[head], block);
	struct capbuild packet_of = {.big = true};
	capbuild_enhanced(&packet_of, 0, 1, 8, 8, 1);
	memcpy(&bytes[at], packet_of.p, packet_of.n);
	at += packet_of.n;
	for (size_t i = 0; i <= fit; i++, at += block)
		memcpy(&bytes[at], &f.p[head], block);
	write_file(bytes, at);
	free(bytes);

	struct input *input = open_good(path);
	struct capfile_packet packet;
	uint64_t skipped = empty_first ? 2 : 1;
	assert_int_equal(input_skipped_secrets(input), skipped);
	assert_int_equal(input_next(input, &packet), INPUT_SECRETS);
	assert_int_equal(packet.data.n, empty_first ? LIMIT_EARLY_SECRETS - 1023 : LIMIT_EARLY_SECRETS);
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	for (size_t i = 0; i <= fit; i++)
		assert_secrets(input, text);
	assert_int_equal(input_next(input, &packet), INPUT_END);
	assert_int_equal(input_skipped_secrets(input), skipped);
	input_close(input);
}

static void early_secrets(void **state)
{
	(void)state;
	check_early(false);
	check_early(true);
}

static void pcapng_facts(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, true);
	capbuild_interface(&f, 1, 200, -1, 0);
	capbuild_enhanced(&f, 0, 12345, 8, 8, 1);
	capbuild_statistics(&f, 0, 3, 4);
	write_file(f.p, f.n);
	struct input *input = open_good(path);
	assert_int_equal(input_kind(input), CAPFILE_PCAPNG);
	assert_int_equal(input_first_time(input), 12345000);
	assert_int_equal(drain(input, INPUT_END), 1);
	assert_int_equal(input_dropped(input), 7);
	assert_int_equal(input_snaplen(input), 200);
	input_close(input);
}

static void not_a_capture(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		const char *words;
	} cases[] = {
	    {"*spamApTask1: Jan 01 00:00:00.000: SSL_accept:before/accept\r\n", "text"},
	    {"x", "text"},
	    {"\x1b[1mbold\x1b[0m\n", "text"},
	    {"\x01\x02\x03\x04garbage", "neither pcap nor pcapng"},
	    {"\x28\xb5\x2f\xfdzzzz", "zstd -d"},
	    {"\xfd\x37zXZ", "xz -d"},
	    {"PK\x03\x04", "unzip"},
	    {"snoop", "editcap"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file(cases[i].bytes, strlen(cases[i].bytes));
		assert_refused(path, cases[i].words);
	}
	uint8_t packed[256];
	size_t n = gzip(packed, 0, sizeof packed, "hello\n", 6);
	write_file(packed, n);
	assert_refused(path, "text");
	n = gzip(packed, 0, sizeof packed, "", 0);
	write_file(packed, n);
	assert_refused(path, "empty (0 bytes)");
	assert_refused("/tmp", "Is a directory");
	assert_refused("/tmp/there/is/no/such.pcap", "No such file or directory");
	if (geteuid() != 0) {
		assert_int_equal(chmod(path, 0), 0);
		assert_refused(path, "Permission denied");
		assert_int_equal(chmod(path, 0600), 0);
	}
}

/* Two readings of one file do not move each other, wherever the file stood when it was given. */
static void read_again(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = big_pcap(&n), *packed = malloc(2 * n);
	assert_non_null(packed);
	for (int kind = 0; kind < 3; kind++) {
		enum { BEFORE = 7 }; /* somebody has read so much of it */
		struct err err;
		struct source source;
		struct capfile_packet packet;
		size_t n_packed = kind == 1 ? gzip(packed, 0, 2 * n, bytes, n) : n + BEFORE;
		if (kind != 1)
			memcpy(&packed[BEFORE], bytes, n);
		write_file(kind == 0 ? &packed[BEFORE] : packed, kind == 0 ? n : n_packed);
		assert_int_equal(source_open(&source, path, &err), 0);
		if (kind == 2)
			assert_int_equal(lseek(source.fd, BEFORE, SEEK_SET), BEFORE);
		struct input *first = input_new(&source);
		assert_int_equal(input_start(first, &err), INPUT_STARTED);
		assert_int_equal(input_next(first, &packet), INPUT_PACKET);
		struct input *second = input_again(first);
		assert_non_null(second);
		assert_int_equal(input_start(second, &err), INPUT_STARTED);
		for (int i = 0; i < PLENTY / 2; i++)
			assert_int_equal(input_next(second, &packet), INPUT_PACKET);
		assert_int_equal(drain(first, INPUT_END), PLENTY);
		assert_int_equal(drain(second, INPUT_END), PLENTY);
		input_close(second);
		second = input_again(first);
		input_close(first);
		assert_int_equal(input_start(second, &err), INPUT_STARTED);
		assert_int_equal(drain(second, INPUT_END), PLENTY);
		input_close(second);
	}
	free(packed);
	free(bytes);
}

int main(void)
{
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain),
	    cmocka_unit_test(read_again),
	    cmocka_unit_test(gzipped),
	    cmocka_unit_test(gzip_cut_and_damaged),
	    cmocka_unit_test(cut_everywhere),
	    cmocka_unit_test(no_packets),
	    cmocka_unit_test(damage_says_where),
	    cmocka_unit_test(largest_packet),
	    cmocka_unit_test(secrets),
	    cmocka_unit_test(early_secrets),
	    cmocka_unit_test(pcapng_facts),
	    cmocka_unit_test(not_a_capture),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
