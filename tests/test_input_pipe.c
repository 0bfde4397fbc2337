/* A pipe as input is never waited for: each byte comes alone, and asking for more answers at once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/input.h"
#include "tests/opened.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE "samples/rejected.pcapng"

/* What a command prints, in memory; its length. */
static size_t output_of(const char *command, uint8_t *to, size_t room)
{
	FILE *from = popen(command, "r");
	assert_non_null(from);
	size_t n = fread(to, 1, room, from);
	assert_int_equal(pclose(from), 0);
	assert_true(n > 0 && n < room);
	return n;
}

/* How many packets can be had now; *ended when there will be no more. */
static uint64_t take_all(struct input *input, enum input_start *start, bool *ended)
{
	struct capfile_packet packet;
	struct err err;
	uint64_t n = 0;
	if (*start == INPUT_STARTING)
		*start = input_start(input, &err);
	assert_int_not_equal(*start, INPUT_REFUSED);
	if (*start == INPUT_STARTING)
		return 0;
	enum input_result result;
	while ((result = input_next(input, &packet)) == INPUT_PACKET)
		n++;
	*ended = result == INPUT_END;
	assert_true(*ended || result == INPUT_WAIT);
	return n;
}

static void bytes_alone(const uint8_t *bytes, size_t n, uint64_t expected)
{
	int ends[2];
	bool ended = false;
	uint64_t packets = 0, steps = 0;
	enum input_start start = INPUT_STARTING;
	assert_int_equal(pipe(ends), 0);
	struct source source = {.name = "a pipe", .fd = ends[0]};
	struct input *input = input_new(&source);
	for (size_t i = 0; i < n; i++) {
		uint64_t more = take_all(input, &start, &ended);
		assert_false(ended);
		packets += more;
		steps += more > 0;
		assert_int_equal(write(ends[1], &bytes[i], 1), 1);
	}
	close(ends[1]);
	packets += take_all(input, &start, &ended);
	assert_true(ended);
	assert_int_equal(packets, expected);
	assert_true(steps > 0); /* packets came while the pipe was open */
	input_close(input);
}

static void plain_and_gzipped(void **state)
{
	(void)state;
	static uint8_t bytes[64 * 1024];
	struct err err;
	struct source source;
	struct capfile_packet packet;
	assert_int_equal(source_open(&source, SAMPLE, &err), 0);
	struct input *file = input_new(&source);
	assert_int_equal(input_start(file, &err), INPUT_STARTED);
	while (input_next(file, &packet) == INPUT_PACKET)
		;
	uint64_t packets = input_packets(file);
	input_close(file);
	size_t n = output_of("cat " SAMPLE, bytes, sizeof bytes);
	bytes_alone(bytes, n, packets);
	n = output_of("(head -c 900 " SAMPLE " | gzip -c1; tail -c +901 " SAMPLE " | gzip -c1)", bytes, sizeof bytes);
	bytes_alone(bytes, n, packets);
}

/* "-" is standard input, with its own name in what is said. */
static void standard_input(void **state)
{
	(void)state;
	static uint8_t bytes[64 * 1024];
	size_t n = output_of("cat " SAMPLE, bytes, sizeof bytes);
	struct err err;
	struct capfile_packet packet;
	int ends[2], old = dup(STDIN_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, n), (ssize_t)n);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	struct input *input = opened_input("-", &err);
	assert_non_null(input);
	assert_string_equal(input_name(input), "-");
	assert_int_equal(input_size(input), 0);
	while (input_next(input, &packet) == INPUT_PACKET)
		;
	assert_true(input_packets(input) > 10);
	assert_int_equal(input_position(input), n);
	input_close(input);
	assert_null(opened_input("-", &err)); /* the pipe is at its end */
	assert_non_null(strstr(err.text, "standard input: the file is empty"));
	dup2(old, STDIN_FILENO);
	close(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(standard_input),
	    cmocka_unit_test(plain_and_gzipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
