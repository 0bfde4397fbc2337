/*
 * A file of trace lines: whole lines out of slices, wrapped ones joined, neighbours put right, losses told
 * from misread numbers, and the caps of lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/opened.h"
#include "tests/tracerun.h"

#include "tests/seeded.h"

#include <sys/wait.h>

#define CALLBACK_LINE "9822] ret_type_string=unknown"
#define CALLBACK      CALLBACK_LINE "\n"

/* ---- order ---- */

/* "1 2 3 (lost 4 to 6) 7": the sequence numbers as they come out, with what is missing; u = without a stamp.
 */
static const char *order_of(const char *const *numbers, size_t n)
{
	static char text[512];
	struct trace_order order = {0};
	struct trace_line lines[32] = {0};
	const struct trace_line *waiting[32];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		lines[i].has_sequence = numbers[i][0] != 'u';
		lines[i].has_pid = lines[i].has_sequence;
		lines[i].pid = strchr(numbers[i], '/') != NULL ? 2 : 1;
		lines[i].sequence = (uint32_t)strtoul(numbers[i], NULL, 16);
		waiting[i] = &lines[i];
	}
	while (n > 0) {
		struct trace_loss loss;
		size_t window = n < TRACE_ORDER_WINDOW ? n : TRACE_ORDER_WINDOW;
		size_t at = trace_order_pick(&order, waiting, window, &loss);
		if (loss.lines > 0)
			used += (size_t)snprintf(&text[used], sizeof text - used, "(lost %x to %x) ",
			                         loss.from, loss.to);
		used += (size_t)snprintf(&text[used], sizeof text - used,
		                         waiting[at]->has_sequence ? "%x " : "u ", waiting[at]->sequence);
		memmove(&waiting[at], &waiting[at + 1], (--n - at) * sizeof(const struct trace_line *));
	}
	return text;
}

#define ORDER(...)                                                                                           \
	order_of((const char *const[]){__VA_ARGS__},                                                         \
	         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void order(void **state)
{
	(void)state;
	assert_string_equal(ORDER("a1", "a2", "a3"), "a1 a2 a3 ");
	assert_string_equal(ORDER("a1", "a3", "a2", "a4"), "a1 a2 a3 a4 ");
	assert_string_equal(ORDER("a2", "a1", "a3"), "a1 a2 a3 ");
	assert_string_equal(ORDER("a1", "a3", "a4", "a2", "a5"), "a1 a2 a3 a4 a5 ");
	assert_string_equal(ORDER("fffffffe", "ffffffff", "0", "1"), "fffffffe ffffffff 0 1 ");
}

static void losses(void **state)
{
	(void)state;
	assert_string_equal(ORDER("a1", "a4", "a5"), "a1 (lost a2 to a3) a4 a5 ");
	assert_string_equal(ORDER("a1", "a5", "a4", "a6"), "a1 (lost a2 to a3) a4 a5 a6 ");
	assert_string_equal(ORDER("a1", "a4"), "a1 (lost a2 to a3) a4 ");
	assert_string_equal(ORDER("a1", "u", "a3", "a4"),
	                    "a1 u a3 a4 "); /* the number of the one without a stamp */
	assert_string_equal(ORDER("a1", "u", "a4", "a5"), "a1 u (lost a3 to a3) a4 a5 ");
}

static void misread_numbers_are_no_loss(void **state)
{
	(void)state;
	assert_string_equal(ORDER("a4a", "ad4b", "a4c", "a4d"), "a4a ad4b a4c a4d ");
	assert_string_equal(ORDER("a4a", "a4b", "777777", "a4d"), "a4a a4b 777777 a4d ");
	assert_string_equal(ORDER("a4a", "a4b", "777777"), "a4a a4b 777777 ");
	assert_string_equal(ORDER("a4a", "777777", "888888", "a4d"), "a4a 777777 888888 a4d ");
	assert_string_equal(ORDER("a4a", "ad4b", "ad4c", "a4d"), "a4a ad4b ad4c a4d ");
}

static void counts_that_start_anew_are_no_loss(void **state)
{
	(void)state;
	assert_string_equal(ORDER("a4a", "a4b", "1", "2", "3"), "a4a a4b 1 2 3 ");
	assert_string_equal(ORDER("a4", "a5", "f0000000", "f0000001"), "a4 a5 f0000000 f0000001 ");
	assert_string_equal(ORDER("a4", "5000/", "a5", "5001/", "a6"),
	                    "a4 5000 a5 5001 a6 "); /* each for itself */
}

/* ---- lines ---- */

/* Opens the text as a file; the file is gone when this returns. */
static struct trace_file *open_text(const char *text, size_t n)
{
	struct err err;
	char path[] = "/tmp/trace.XXXXXX";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	struct trace_file *file = opened_trace(path, &err);
	unlink(path);
	assert_non_null(file);
	return file;
}

static void check_item(struct trace_file *file, uint64_t number, enum trace_kind kind, bool joined)
{
	const struct trace_item *item = trace_file_next(file);
	assert_non_null(item);
	assert_int_equal(item->number, number);
	assert_int_equal(item->line.kind, kind);
	assert_int_equal(item->joined, joined);
}

/* Old Macs and terminals end lines with CR alone; a paste may have several kinds. */
static void line_ends(void **state)
{
	(void)state;
	static const char *const ends[][2] = {
	    {"\n", "\n"}, {"\r\n", "\r\n"}, {"\r", "\r"}, {"\r\r\n", "\r"}, {"\n", "\r"}};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char text[512];
		snprintf(text, sizeof text,
		         "%s%s[03/02/26 09:15:00.120 UTC 5f3 9822] sslConnectionInit: SSL_do_handshake for "
		         "conn ssl%s"
		         "b3f8a8d0, conn state: INIT%s%s%s%s",
		         "[03/02/26 09:15:00.120 UTC 5f2 " CALLBACK_LINE, ends[i][0], ends[i][1], ends[i][0],
		         ends[i][1], "[03/02/26 09:15:00.120 UTC 5f4 " CALLBACK_LINE, ends[i][0]);
		struct trace_file *file = open_text(text, strlen(text));
		check_item(file, 1, TRACE_RET_TYPE, false);
		check_item(file, 2, TRACE_DO_HANDSHAKE, true);
		check_item(file, 5, TRACE_RET_TYPE, false);
		assert_null(trace_file_next(file));
		assert_int_equal(trace_file_lines(file), 5);
		trace_file_close(file);
	}
}

/* The text as UTF-16; \1 to \3 are characters of two, three and four bytes of UTF-8. */
static size_t wide(const char *text, bool big, char *out)
{
	static const struct {
		uint8_t from;
		uint16_t units[2];
	} others[] = {{1, {0xfc}}, {2, {0x2014}}, {3, {0xd83d, 0xde00}}};
	size_t n = 0;
	for (const char *c = text; *c != '\0'; c++) {
		uint16_t units[2] = {(uint8_t)*c};
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			if ((uint8_t)*c == others[i].from)
				memcpy(units, others[i].units, sizeof units);
		for (size_t i = 0; i < 2 && (i == 0 || units[i] != 0); i++) {
			out[n++] = (char)(big ? units[i] >> 8 : units[i] & 0xff);
			out[n++] = (char)(big ? units[i] & 0xff : units[i] >> 8);
		}
	}
	return n;
}

/* What the shells and editors of Windows save. */
static void utf16(void **state)
{
	(void)state;
	static const char text[] = "[03/02/26 09:15:00.100 UTC a1 9822] \1\2\3\r\n"
	                           "[03/02/26 09:15:00.100 UTC a2 9822] freeing Nmsp conn ssl\r\n"
	                           "b2c41e70, conn id 0\r\n"
	                           "[03/02/26 09:15:00.100 UTC a3 9822] NMSP connection success";
	static const char narrow[] = "\xc3\xbc\xe2\x80\x94\xef\xbf\xbd\xef\xbf\xbd";
	for (unsigned big = 0; big <= 1; big++) {
		char bytes[2 * sizeof text + 8] = {big ? '\xfe' : '\xff', big ? '\xff' : '\xfe'};
		size_t n = 2 + wide(text, big, &bytes[2]);
		bytes[n] = 'x'; /* half a unit: cut by whoever copied it */
		struct trace_file *file = open_text(bytes, n + 1);
		const struct trace_item *item = trace_file_next(file);
		assert_non_null(item);
		assert_true(span_equal(item->line.text, span_of(narrow, strlen(narrow))));
		check_item(file, 2, TRACE_FREED, true);
		check_item(file, 4, TRACE_CONNECTED, false);
		assert_null(trace_file_next(file));
		assert_int_equal(trace_file_bytes(file), n + 1);
		trace_file_close(file);
	}
}

static void wrapped_lines(void **state)
{
	(void)state;
	static const char text[] =
	    "[03/02/26 09:15:00.100 UTC a1 9822] sslConnectionInit: SSL_do_handshake for conn ssl\r\n"
	    "b2c41e70, conn state: INIT, SSL state: HANDSHAKING\r\n"
	    "\n"
	    "[03/02/26 09:15:00.100 UTC a2 9822] freeing Nmsp conn ssl\n"
	    "\n\n"
	    "b2c41e70, conn id 0\n"
	    "[03/02/26 09:15:00.100 UTC a3 9822] NMSP connection success";
	struct trace_file *file = open_text(text, strlen(text));
	check_item(file, 1, TRACE_DO_HANDSHAKE, true);
	check_item(file, 4, TRACE_FREED, true);
	check_item(file, 8, TRACE_CONNECTED, false);
	assert_null(trace_file_next(file));
	assert_null(trace_file_next(file));
	assert_int_equal(trace_file_lines(file), 8);
	assert_int_equal(trace_file_bytes(file), strlen(text));
	trace_file_close(file);
}

/* A pipe with the text in pieces of any size; another process fills it. */
static struct trace_file *open_pipe(const char *text, size_t n, struct seeded *s)
{
	struct err err;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		for (size_t sent = 0; sent < n;) {
			size_t piece = 1 + seeded_below(s, 300);
			ssize_t wrote = write(ends[1], &text[sent], piece < n - sent ? piece : n - sent);
			if (wrote <= 0)
				break;
			sent += (size_t)wrote;
			usleep(10);
		}
		_exit(0);
	}
	close(ends[1]);
	int saved = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct trace_file *file = opened_trace("-", &err);
	dup2(saved, STDIN_FILENO);
	close(saved);
	return file;
}

/* Waits here where the file does not. */
static const struct trace_item *patiently(struct trace_file *file)
{
	const struct trace_item *item;
	struct pollfd ready = {.events = POLLIN};
	while ((item = trace_file_next(file)) == NULL && (ready.fd = trace_file_awaits(file)) >= 0)
		assert_int_equal(poll(&ready, 1, -1), 1);
	return item;
}

/* A pipe that has nothing is not waited for, and nothing is lost by asking too early. */
static void nothing_has_come(void **state)
{
	(void)state;
	static const char first[] = "[03/02/26 09:15:00.100 UTC 1 " CALLBACK,
	                  rest[] = "[03/02/26 09:15:00.100 UTC 2 9822] ret_",
	                  last[] = "type_string=unknown\n";
	int ends[2];
	struct err err;
	assert_int_equal(pipe(ends), 0);
	struct source source = {.name = "trace.txt", .fd = ends[0]};
	assert_int_equal(write(ends[1], first, sizeof first - 1), sizeof first - 1);
	struct trace_file *file = trace_file_open(&source, &err);
	assert_non_null(file);
	trace_file_set_patient(file);
	assert_null(trace_file_next(file)); /* it may be wrapped, or stand behind its neighbour */
	assert_int_equal(trace_file_awaits(file), ends[0]);
	assert_int_equal(write(ends[1], rest, sizeof rest - 1), sizeof rest - 1);
	assert_null(trace_file_next(file));
	assert_int_equal(write(ends[1], last, sizeof last - 1), sizeof last - 1);
	close(ends[1]);
	for (uint32_t i = 1; i <= 2; i++) {
		const struct trace_item *item = trace_file_next(file);
		assert_non_null(item);
		assert_int_equal(item->line.sequence, i);
		assert_int_equal(item->line.kind, TRACE_RET_TYPE);
	}
	assert_null(trace_file_next(file));
	assert_int_equal(trace_file_awaits(file), -1);
	assert_int_equal(trace_file_size(file), 0);
	trace_file_close(file);
}

/* Whatever the slices in which a pipe delivers them, the lines are the same. */
static void slices(void **state)
{
	(void)state;
	size_t n = 0;
	char *text = trace_slurp("samples/trace-success-ocr.txt", &n);
	for (uint64_t seed = 1; seed <= 40; seed++) {
		if (seed == 21) { /* and so in UTF-16, of whatever characters */
			char *other = malloc(2 * n + 2);
			memcpy(other, "\xff\xfe", 2);
			n = 2 + wide(text, false, &other[2]);
			free(text);
			text = other;
		}
		struct seeded s = seeded_of(seed);
		struct trace_file *piped = open_pipe(text, n, &s), *whole = open_text(text, n);
		const struct trace_item *a, *b;
		if (seed % 2 == 0)
			trace_file_set_patient(piped);
		do {
			a = trace_file_next(whole);
			b = patiently(piped);
			seeded_check(&s, (a == NULL) == (b == NULL), "the same number of lines");
			if (a == NULL)
				break;
			seeded_check(&s, a->number == b->number && span_equal(a->raw, b->raw),
			             "the same line");
			seeded_check(&s, a->line.kind == b->line.kind, "the same meaning");
		} while (a != NULL);
		trace_file_close(piped);
		trace_file_close(whole);
		wait(NULL);
	}
	free(text);
}

/* More lines than the buffer holds, so that some wait while it is filled. */
static void many_lines(void **state)
{
	(void)state;
	enum { LINES = 20000, ROOM = 64 };
	char *text = calloc(LINES, ROOM);
	size_t n = 0;
	for (unsigned i = 0; i < LINES; i++) /* every other pair has changed places */
		n += (size_t)sprintf(&text[n], "[03/02/26 09:15:00.100 UTC %x " CALLBACK,
		                     0x1000 + (i & 2 ? i ^ 1 : i));
	struct trace_file *file = open_text(text, n);
	for (unsigned i = 0; i < LINES; i++) {
		const struct trace_item *item = trace_file_next(file);
		assert_non_null(item);
		assert_int_equal(item->line.sequence, 0x1000 + i);
		assert_int_equal(item->loss.lines, 0);
		assert_int_equal(item->line.kind, TRACE_RET_TYPE);
	}
	assert_null(trace_file_next(file));
	trace_file_close(file);
	free(text);
}

/* ---- caps ---- */

/* A line of more bytes than LIMIT_LINE, and one of more than the buffer: cut, and the next one is whole. */
static void long_lines(void **state)
{
	(void)state;
	static const size_t lengths[] = {LIMIT_LINE, LIMIT_LINE + 1, 256 * 1024, 1000 * 1000};
	static const char next[] = "\n[03/02/26 09:15:00.100 UTC a2 9822] NMSP connection success\n";
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char *text = malloc(lengths[i] + sizeof next);
		memset(text, 'x', lengths[i]);
		memcpy(&text[lengths[i]], next, sizeof next);
		struct trace_file *file = open_text(text, lengths[i] + strlen(next));
		const struct trace_item *item = trace_file_next(file);
		assert_non_null(item);
		assert_int_equal(item->cut, lengths[i] > LIMIT_LINE);
		assert_int_equal(item->raw.n, LIMIT_LINE);
		check_item(file, 2, TRACE_CONNECTED, false);
		assert_null(trace_file_next(file));
		trace_file_close(file);
		free(text);
	}
}

/* A wrapped line that never ends. */
static void endless_wrapping(void **state)
{
	(void)state;
	enum { PIECES = 3000 };
	static const char piece[] = "words and more words\n";
	char *text = calloc(PIECES, sizeof piece + 64);
	strcpy(text, "[03/02/26 09:15:00.100 UTC a1 9822] freeing Nmsp conn ssl\n");
	size_t n = strlen(text);
	for (size_t i = 0; i < PIECES; i++)
		n += (size_t)sprintf(&text[n], "%s", piece);
	struct trace_file *file = open_text(text, n);
	const struct trace_item *item;
	while ((item = trace_file_next(file)) != NULL)
		assert_true(item->raw.n <= LIMIT_LINE);
	assert_int_equal(trace_file_lines(file), PIECES + 1);
	trace_file_close(file);
	free(text);
}

/* No newline, only newlines, nothing that can be opened. */
static void odd_files(void **state)
{
	(void)state;
	struct err err;
	struct trace_file *file = open_text("\n\n\n \t\n", 6);
	assert_null(trace_file_next(file));
	assert_int_equal(trace_file_lines(file), 4);
	trace_file_close(file);
	assert_null(opened_trace("/nowhere/at all", &err));
	has(err.text, "/nowhere/at all cannot be opened");
	assert_null(opened_trace("/dev/null", &err));
	has(err.text, "holds 0 bytes");
	assert_null(opened_trace("/tmp", &err));
	has(err.text, "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(order),
	    cmocka_unit_test(line_ends),
	    cmocka_unit_test(losses),
	    cmocka_unit_test(misread_numbers_are_no_loss),
	    cmocka_unit_test(counts_that_start_anew_are_no_loss),
	    cmocka_unit_test(utf16),
	    cmocka_unit_test(wrapped_lines),
	    cmocka_unit_test(nothing_has_come),
	    cmocka_unit_test(slices),
	    cmocka_unit_test(many_lines),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(endless_wrapping),
	    cmocka_unit_test(odd_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
