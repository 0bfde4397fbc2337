/*
 * Loaded in front of a program (LD_PRELOAD) whose secrets are known: looks for pieces of them in each block
 * of memory that is freed or grown, and at the end of the program in all that it can write to: heap, stacks,
 * data.
 *
 * LEFT_PIECES names a file of pieces, one a line: "h" and hex digits, which are looked for as bytes and as
 * digits of either case, or "t" and text. LEFT_REPORT names the file that it appends to: where a piece was
 * found, and at the end one line of sums. LEFT_CONTROL, when set, frees a block with the first piece in it.
 * It opens all before the program does anything, since a sandbox may follow. Called by tests/wiped.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECES = 512, PIECE = 64, MASK = 0x5a, HIGH_FD = 200, SHOWN = 20, FRAMES = 12, LEAST = 12 };

extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t n);

/* Masked, so that a search finds none of them here. */
static struct {
	uint8_t masked[PIECE];
	size_t n;
} pieces[PIECES];
static size_t n_pieces;
static uint8_t begins[1 << 13]; /* a bit for each two bytes that a piece begins with */
static int report = -1, maps = -1;
static bool ready;
static uint64_t freed, found, searched;

static void add(const uint8_t *bytes, size_t n)
{
	n = n < PIECE ? n : PIECE;
	if (n < LEAST || n_pieces == PIECES)
		abort(); /* a piece that chance makes, or one that would not be looked for */
	for (size_t i = 0; i < n; i++)
		pieces[n_pieces].masked[i] = bytes[i] ^ MASK;
	pieces[n_pieces++].n = n;
	unsigned two = bytes[0] | (unsigned)bytes[1] << 8;
	begins[two >> 3] |= (uint8_t)(1 << (two & 7));
}

static void add_digits(char *digits)
{
	uint8_t bytes[PIECE], n = 0;
	size_t length = strlen(digits);
	for (; n < PIECE && (size_t)2 * n + 1 < length; n++) {
		char two[] = {digits[2 * n], digits[2 * n + 1], '\0'};
		bytes[n] = (uint8_t)strtoul(two, NULL, 16);
	}
	add(bytes, n);
	add((uint8_t *)digits, length);
	for (char *at = digits; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	add((uint8_t *)digits, length);
	explicit_bzero(bytes, sizeof bytes);
}

static void read_pieces(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (n <= 0)
		abort();
	close(fd);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		line[0] == 'h' ? add_digits(line + 1) : add((uint8_t *)line + 1, strlen(line + 1));
	explicit_bzero(text, sizeof text);
}

static bool is_piece(const uint8_t *at, size_t left, size_t which)
{
	size_t i = 0;
	if (pieces[which].n > left)
		return false;
	while (i < pieces[which].n && (at[i] ^ MASK) == pieces[which].masked[i])
		i++;
	return i == pieces[which].n;
}

static void tell(const char *where, size_t which, size_t off, size_t n)
{
	void *frames[FRAMES];
	if (found++ >= SHOWN)
		return;
	dprintf(report, "%s: piece %zu at %zu of %zu\n", where, which, off, n);
	backtrace_symbols_fd(frames, backtrace(frames, FRAMES), report);
}

static void search(const char *where, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at + LEAST <= n; at++) {
		unsigned two = bytes[at] | (unsigned)bytes[at + 1] << 8;
		if ((begins[two >> 3] & 1 << (two & 7)) == 0)
			continue;
		for (size_t which = 0; which < n_pieces; which++)
			if (is_piece(&bytes[at], n - at, which))
				tell(where, which, at, n);
	}
}

static void let_go(const char *how, void *block)
{
	if (block == NULL || !ready)
		return;
	freed++;
	search(how, block, malloc_usable_size(block));
}

void free(void *block)
{
	let_go("freed", block);
	__libc_free(block);
}

void *realloc(void *block, size_t n)
{
	let_go("grown", block);
	return __libc_realloc(block, n);
}

/* A line of /proc/self/maps: memory of the process alone that it can write to. */
static void search_region(const char *line)
{
	uintptr_t from, to;
	char mode[5];
	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, mode) != 3 ||
	    strncmp(mode, "rw", 2) != 0)
		return;
	searched += to - from;
	search(strrchr(line, ' ') + 1, (const uint8_t *)from, to - from); /* NOLINT */
}

__attribute__((constructor)) static void begin(void)
{
	static void *frames[1];
	const char *path = getenv("LEFT_PIECES"), *to = getenv("LEFT_REPORT");
	if (path == NULL || to == NULL)
		return;
	report = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	report = fcntl(report, F_DUPFD_CLOEXEC, HIGH_FD);
	maps = fcntl(open("/proc/self/maps", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, HIGH_FD);
	if (report < 0 || maps < 0)
		abort();
	backtrace(frames, 1); /* loads what it needs */
	read_pieces(path);
	ready = true;
	const char *control = getenv("LEFT_CONTROL");
	uint8_t *block = control != NULL ? malloc(PIECE) : NULL;
	for (size_t i = 0; block != NULL && i < pieces[0].n; i++)
		block[i] = pieces[0].masked[i] ^ MASK;
	__asm__ volatile("" : : "r"(block) : "memory"); /* else the compiler leaves the bytes out */
	if (block != NULL && strcmp(control, "freed") == 0)
		free(block);
}

__attribute__((destructor)) static void end(void)
{
	static char text[1 << 16];
	size_t n = 0;
	ssize_t more;
	if (!ready)
		return;
	ready = false;
	while (n + 1 < sizeof text && (more = read(maps, &text[n], sizeof text - 1 - n)) > 0)
		n += (size_t)more;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		search_region(line);
	dprintf(report,
	        "%zu pieces, %" PRIu64 " blocks freed, %" PRIu64 " KiB at the end: %" PRIu64 " found\n",
	        n_pieces, freed, searched >> 10, found);
}
