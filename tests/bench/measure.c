/*
 * measure COMMAND... [-- COMMAND...]: runs it three times without its output and prints the best wall time in
 * seconds, the highest peak memory in MiB and the best processor time. Two commands run seven times each, in
 * turns, so that a machine that is slow for a while is slow for both; a line for each. A status above 1 is a
 * failure: 1 is the program's "findings".
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 3, RUNS_IN_TURNS = 7, NOT_FOUND = 127 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(char **command)
{
	int nothing = open("/dev/null", O_WRONLY);
	if (nothing >= 0) {
		dup2(nothing, STDOUT_FILENO);
		execvp(command[0], command);
	}
	perror(command[0]);
	_exit(NOT_FOUND);
}

struct figures {
	double seconds, processor, mebibytes;
};

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* False when the command failed. */
static bool measure(char **command, struct figures *out)
{
	double start = now();
	pid_t child = fork();
	if (child == 0)
		run(command);
	int status;
	struct rusage usage;
	if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1)
		return false;
	*out = (struct figures){
	    .seconds = now() - start,
	    .processor = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
	    .mebibytes = (double)usage.ru_maxrss / 1024,
	};
	return true;
}

static void keep_best(struct figures *best, const struct figures *once, bool first)
{
	if (first || once->seconds < best->seconds)
		best->seconds = once->seconds;
	if (first || once->processor < best->processor)
		best->processor = once->processor;
	if (once->mebibytes > best->mebibytes)
		best->mebibytes = once->mebibytes;
}

int main(int argc, char **argv)
{
	struct figures best[2] = {0}, once;
	char **commands[2] = {&argv[1]};
	int n = 1;
	for (int i = 2; i < argc - 1 && n == 1; i++)
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			commands[n++] = &argv[i + 1];
		}
	if (argc < 2) {
		fputs("usage: measure COMMAND... [-- COMMAND...]\n", stderr);
		return 2;
	}
	for (int i = 0; i < n * (n == 1 ? RUNS : RUNS_IN_TURNS); i++) {
		if (!measure(commands[i % n], &once)) {
			fprintf(stderr, "measure: %s failed\n", commands[i % n][0]);
			return 2;
		}
		keep_best(&best[i % n], &once, i < n);
	}
	for (int i = 0; i < n; i++)
		printf("%.3f %.1f %.3f\n", best[i].seconds, best[i].mebibytes, best[i].processor);
	return 0;
}
