/*
 * The program: the command line, what it asks for, the exit status.
 */
#include "ui/interfaces.h"
#include "ui/profile_template.h"
#include "ui/run.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void complain(enum escape_mode escape, const struct err *err)
{
	const struct run run = {.escape = escape};
	run_complain(&run, err->text);
}

/* Characters on a terminal, none of which is wide or joins another: escaped text with few exceptions. */
static int width_of(const char *text)
{
	int n = 0;
	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Somebody looks: the filter, and a caret below the place that is wrong. */
static void point_at(enum escape_mode escape, const char *filter, size_t at)
{
	char *shown = escape_text(filter, escape);
	char *before = escape_bytes(span_of(filter, at), escape);
	fprintf(stderr, "  %s\n  %*s^\n", shown, width_of(before), "");
	free(before);
	free(shown);
}

/* The file that TLS libraries write their secrets to; who did not ask for it is told of no trouble. */
static void choose_keylog(struct options *options)
{
	const char *path = getenv("SSLKEYLOGFILE");
	struct stat file;
	if (options->n_keylog == 0 && path != NULL && stat(path, &file) == 0 && S_ISREG(file.st_mode) &&
	    access(path, R_OK) == 0)
		options->keylog[options->n_keylog++] = path;
}

static enum status act(struct options *options, int argc, char **argv, enum escape_mode escape)
{
	struct err err;
	if (options_parse(options, argc, argv, &err) != 0) {
		complain(escape, &err);
		if (options->mistake.column > 0 && isatty(STDERR_FILENO))
			point_at(escape, options->choose, options->mistake.at);
		return STATUS_TROUBLE;
	}
	switch (options->action) {
	case ACTION_HELP:
		options_help(stdout);
		return STATUS_CLEAN;
	case ACTION_VERSION:
		return run_version(options, escape);
	case ACTION_TEMPLATE:
		profile_template_print(stdout);
		return STATUS_CLEAN;
	case ACTION_LIST_INTERFACES:
		if (interfaces_print(stdout, &err) == 0)
			return STATUS_CLEAN;
		complain(escape, &err);
		return STATUS_TROUBLE;
	case ACTION_RUN:
		break;
	}
	choose_keylog(options);
	return run_all(options, options->ascii ? ESCAPE_ASCII : escape);
}

/* What was printed is worth nothing when it did not arrive. */
static bool output_failed(enum escape_mode escape)
{
	struct err err;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return false;
	err_set(&err, "standard output could not be written: %s", strerror(errno));
	complain(escape, &err);
	return true;
}

int main(int argc, char **argv)
{
	struct options options;
	setlocale(LC_CTYPE, "");
	enum escape_mode escape = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? ESCAPE_UTF8 : ESCAPE_ASCII;
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of writing, said in a line */
	signal(SIGXFSZ, SIG_IGN); /* so is a file that has become too large */
	enum status status = act(&options, argc, argv, escape);
	if (output_failed(escape))
		status = STATUS_TROUBLE;
	options_free(&options);
	return (int)status;
}
