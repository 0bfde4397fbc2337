/*
 * screen MODE [--feed FILE] [--late FROM TO] PROGRAM ARGUMENTS...: how long keys take to reach the screen.
 * Runs the program on a terminal of its own, types, and prints the median, the 95th percentile and the
 * maximum of the time in ms from the key to the last byte of what it changed, and their number.
 *
 *   still    waits until nothing moves any more, then types keys of every kind
 *   reading  types while inputs are read: turns between two screens whose heads can be told apart
 *
 * --feed writes FILE to the program's standard input, which stays open behind it. --late then writes the key
 * log FROM to TO at once, and only from there on keys are typed.
 */
#define _GNU_SOURCE /* memmem */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ROWS = 40,
	COLS = 120,
	MOST = 400,      /* keys that are measured */
	CALM = 700,      /* ms without output: nothing moves any more */
	PAUSE = 15,      /* ms without output: a picture is whole */
	TURNS = 120,     /* of keys while inputs are read */
	ROUNDS = 12,     /* of keys of every kind */
	PATIENCE = 1000, /* ms for a key */
	START = 120000,  /* ms until nothing moves */
	BUFFER = 1 << 16,
};

struct screen {
	pid_t child;
	int terminal;
	double times[MOST]; /* ms */
	size_t n;
	bool ended; /* the terminal has no program any more */
};

static void fail(const char *what)
{
	fprintf(stderr, "screen: %s\n", what);
	exit(2);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What the program prints within so many ms; 0 when nothing comes. */
static size_t take(struct screen *screen, char *to, size_t room, int wait)
{
	struct pollfd fd = {.fd = screen->terminal, .events = POLLIN};
	if (poll(&fd, 1, wait) <= 0)
		return 0;
	ssize_t got = read(screen->terminal, to, room);
	screen->ended = screen->ended || got <= 0;
	return got > 0 ? (size_t)got : 0;
}

/* Until nothing has come for so many ms. */
static void calm(struct screen *screen, int quiet)
{
	char buffer[BUFFER];
	double start = now();
	while (take(screen, buffer, sizeof buffer, quiet) > 0)
		if (now() - start > START)
			fail("the screen never comes to rest");
}

/*
 * Types and waits for what it changes: the last byte before a pause, and where there is a mark, from the mark
 * on.
 */
static void type(struct screen *screen, const char *keys, const char *mark)
{
	static char seen[16 * BUFFER];
	size_t n = 0, got;
	double start = now(), last = 0;
	if (write(screen->terminal, keys, strlen(keys)) < 0)
		fail("keys cannot be typed");
	while (!screen->ended && now() - start < PATIENCE) {
		bool found = mark == NULL ? n > 0 : memmem(seen, n, mark, strlen(mark)) != NULL;
		if (found && last == 0)
			last = now();
		got = take(screen, &seen[n], sizeof seen - n, found ? PAUSE : PATIENCE);
		if (got == 0)
			break;
		n += got;
		if (found || mark == NULL || memmem(seen, n, mark, strlen(mark)) != NULL)
			last = now();
		if (n > sizeof seen / 2)
			n = 0;
	}
	if (screen->ended)
		return;
	if (last == 0)
		fprintf(stderr, "screen: no answer to %s\n", keys);
	if (screen->n < MOST)
		screen->times[screen->n++] = last == 0 ? PATIENCE : last - start;
}

/* ---- both modes ---- */

static const char *const every_kind[] = {
    "j", "\033OB", "\033[6~", "G", "k", "g",  "e", "e", "E",  ">",    ">", "r", "<", "<",
    "w", "w",      "/",       "9", "9", "\r", "n", "N", "\r", "3", "j", "k", "4", "5",
    "6", "G",      "g",       "7", "?", "q",  "1", "p", "p",  "\014", "2", "e", "1",
};

static void still(struct screen *screen)
{
	calm(screen, CALM);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < sizeof every_kind / sizeof every_kind[0]; i++)
			type(screen, every_kind[i], NULL);
}

static void reading(struct screen *screen)
{
	static const struct timespec apart = {.tv_nsec = 17000000}; /* never in step with the pictures */
	char buffer[BUFFER];
	for (int i = 0; i < TURNS && !screen->ended; i++) {
		type(screen, i % 2 == 0 ? "2" : "1", i % 2 == 0 ? "[2 Status" : "[1 Sessions");
		nanosleep(&apart, NULL);
		while (take(screen, buffer, sizeof buffer, 0) > 0)
			continue;
	}
}

/* ---- the program ---- */

static void copy(const char *from, int to)
{
	char buffer[BUFFER];
	ssize_t n;
	int fd = open(from, O_RDONLY);
	if (fd < 0)
		fail(from);
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		for (ssize_t done = 0, part; done < n; done += part)
			if ((part = write(to, &buffer[done], (size_t)(n - done))) < 0)
				fail("the program does not take what it is fed with");
	close(fd);
}

/* A process of its own feeds, so that the screen is looked at meanwhile. It ends with ours. */
static pid_t feed(const char *file, int pipe_end)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	copy(file, pipe_end);
	for (;;)
		pause();
}

static void run(char **command, int input)
{
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("SSLKEYLOGFILE");
	if (input >= 0)
		dup2(input, STDIN_FILENO);
	execv(command[0], command);
	perror(command[0]);
	_exit(127);
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print(struct screen *screen)
{
	size_t n = screen->n;
	if (n == 0)
		fail("no key was answered");
	qsort(screen->times, n, sizeof screen->times[0], by_time);
	printf("%.1f %.1f %.1f %zu\n", screen->times[n / 2], screen->times[n * 95 / 100],
	       screen->times[n - 1], n);
}

static void leave(struct screen *screen)
{
	char buffer[BUFFER];
	double start = now();
	if (write(screen->terminal, "\033Q", 2) == 2)
		while (!screen->ended && now() - start < PATIENCE)
			(void)take(screen, buffer, sizeof buffer, 100);
	if (!screen->ended)
		kill(screen->child, SIGKILL);
	waitpid(screen->child, NULL, 0);
	close(screen->terminal);
}

int main(int argc, char **argv)
{
	const char *fed = NULL, *late[2] = {NULL, NULL};
	struct screen screen = {0};
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
	int at = 2, ends[2] = {-1, -1};
	pid_t feeder = 0;
	if (argc > at + 1 && strcmp(argv[at], "--feed") == 0) {
		fed = argv[at + 1];
		at += 2;
	}
	if (argc > at + 2 && strcmp(argv[at], "--late") == 0) {
		late[0] = argv[at + 1];
		late[1] = argv[at + 2];
		at += 3;
	}
	if (argc <= at || (strcmp(argv[1], "still") != 0 && strcmp(argv[1], "reading") != 0))
		fail("usage: screen still|reading [--feed FILE] [--late FROM TO] PROGRAM ARGUMENTS...");
	if (fed != NULL && pipe(ends) != 0)
		fail("no pipe");
	screen.child = forkpty(&screen.terminal, NULL, NULL, &size);
	if (screen.child == 0)
		run(&argv[at], ends[0]);
	if (fed != NULL)
		feeder = feed(fed, ends[1]);
	if (late[0] != NULL) {
		calm(&screen, CALM);
		int keys = open(late[1], O_WRONLY | O_APPEND);
		copy(late[0], keys);
		close(keys);
	}
	if (strcmp(argv[1], "still") == 0)
		still(&screen);
	else
		reading(&screen);
	leave(&screen);
	if (feeder > 0) {
		kill(feeder, SIGKILL);
		waitpid(feeder, NULL, 0);
	}
	print(&screen);
	return 0;
}
