/* The table of options and what each does to struct options. */
#include "ui/options.h"

#include "analyzer/xmalloc.h"
#include "ui/view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#define LONG_ONLY 256 /* options without a letter are numbered from here */

enum {
	OPTION_PORT = LONG_ONLY,
	OPTION_CONTROLLER,
	OPTION_SESSION,
	OPTION_MESSAGES,
	OPTION_EXPLAIN,
	OPTION_WITH_SECRETS,
	OPTION_AS_TRACE
};

struct option_row {
	int letter;
	const char *name;
	const char *argument; /* NULL when it takes none */
	const char *help;
};

static const struct option_row rows[] = {
    {'r', "read", "FILE", "read a capture: pcap or pcapng, also gzipped;\n- is standard input; repeatable"},
    {'t', "trace", "FILE", "read a debug trace of a controller, as pasted;\n- is standard input; repeatable"},
    {'a', "authlist", "FILE",
     "AuthList text: of the controller, of the engine, \"MAC\nHASH\" lines or PEM certificates; repeatable. "
     "Texts of\nboth sides are compared, also without a capture"},
    {OPTION_EXPLAIN, "explain-lists", NULL, "print what was understood of each AuthList text,\nline by line"},
    {'k', "keylog", "FILE", "decrypt with this TLS key log (NSS format);\nrepeatable (default: the file that\n$SSLKEYLOGFILE names, when there is one)"},
    {'P', "profile", "FILE", "framing profile of the NMSP messages\n(default: assumed-1)"},
    {OPTION_PORT, "port", "PORT,...", "NMSP ports (default 16113)"},
    {OPTION_CONTROLLER, "controller", "IP", "which side is the controller, when the port\ndoes not tell"},
    {'o', "output", "FORMAT", "text or json (default text)"},
    {'w', "write", "FILE", "save the packets that belong to NMSP sessions\n(pcapng)"},
    {OPTION_WITH_SECRETS, "with-secrets", NULL, "with -w: save the secrets of these sessions too;\n"
     "whoever has the file can decrypt them"},
    {'c', "count", "N", "stop after N packets"},
    {'Z', "user", "USER", "the user to become when started as root (default:\nwho called sudo, else the owner of the current\nfolder, else nobody)"},
    {OPTION_SESSION, "session", "N", "report only session N"},
    {OPTION_MESSAGES, "messages", NULL, "only with -o json: list the messages one by one\n(in text -v does)"},
    {OPTION_AS_TRACE, "as-trace", NULL,
     "no report: print the handshakes as the controller's\ndebug trace has them"},
    {'u', "utc", NULL, "times in UTC (default: local time)"},
    {'q', "quiet", NULL, "no progress"},
    {'v', "verbose", NULL, "more detail: -v lists the messages,\n-vv their fields and bytes"},
    {'V', "version", NULL, "print the version, and which privileges are left\nwhile anything is read"},
    {'h', "help", NULL, "print this help"},
};

#define ROWS (sizeof rows / sizeof rows[0])

/* ---- values ---- */

static int number(const char *name, const char *text, uint64_t max, uint64_t *out, struct err *err)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0 || value > max)
		return err_set(err, "%s wants a whole number from 1 to %llu, not \"%s\"", name,
		               (unsigned long long)max, text);
	*out = value;
	return 0;
}

static int parse_ports(struct options *out, const char *list, struct err *err)
{
	char part[16];
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		uint64_t port;
		if (out->n_ports == LIMIT_PORTS)
			return err_set(err, "--port takes at most %d ports", LIMIT_PORTS);
		snprintf(part, sizeof part, "%.*s", (int)(n < sizeof part ? n : sizeof part - 1), list);
		if (number("--port", part, UINT16_MAX, &port, err) != 0)
			return -1;
		out->ports[out->n_ports++] = (uint16_t)port;
		list += n + (list[n] == ',');
	}
	if (out->n_ports == 0)
		return err_set(err, "--port wants port numbers, for example --port 16113,16114");
	return 0;
}

static int parse_controller(struct options *out, const char *text, struct err *err)
{
	struct addr *addr = &out->controller;
	*addr = (struct addr){0};
	if (inet_pton(AF_INET, text, addr->bytes) == 1)
		addr->version = 4;
	else if (inet_pton(AF_INET6, text, addr->bytes) == 1)
		addr->version = 6;
	else
		return err_set(err, "--controller wants an IP address, not \"%s\"; names are not resolved",
		               text);
	return 0;
}

static int parse_output(struct options *out, const char *text, struct err *err)
{
	if (strcmp(text, "text") == 0)
		out->output = OUTPUT_TEXT;
	else if (strcmp(text, "json") == 0)
		out->output = OUTPUT_JSON;
	else
		return err_set(err, "-o wants text or json, not \"%s\"", text);
	return 0;
}

static int add_file(const char **files, uint32_t *n, const char *path, struct err *err)
{
	if (*n == LIMIT_INPUTS)
		return err_set(err, "at most %d files can be read at a time; join some with mergecap",
		               LIMIT_INPUTS);
	files[(*n)++] = path;
	return 0;
}

/* Options without a value. */
static void apply_flag(struct options *out, int letter)
{
	switch (letter) {
	case OPTION_WITH_SECRETS:
		out->with_secrets = true;
		break;
	case OPTION_MESSAGES:
		out->messages = true;
		break;
	case OPTION_EXPLAIN:
		out->explain = true;
		break;
	case OPTION_AS_TRACE:
		out->as_trace = true;
		break;
	case 'u':
		out->utc = true;
		break;
	case 'q':
		out->quiet = true;
		break;
	case 'v':
		out->verbose++;
		break;
	case 'V':
		out->action = ACTION_VERSION;
		break;
	default:
		out->action = ACTION_HELP;
	}
}

static int apply(struct options *out, int letter, const char *value, struct err *err)
{
	uint64_t n;
	switch (letter) {
	case 'r':
		return add_file(out->read, &out->n_read, value, err);
	case 't':
		return add_file(out->trace, &out->n_trace, value, err);
	case 'a':
		return add_file(out->authlist, &out->n_authlist, value, err);
	case 'k':
		return add_file(out->keylog, &out->n_keylog, value, err);
	case 'P':
		out->profile = value;
		return 0;
	case OPTION_PORT:
		return parse_ports(out, value, err);
	case OPTION_CONTROLLER:
		return parse_controller(out, value, err);
	case 'o':
		return parse_output(out, value, err);
	case 'c':
		return number("-c", value, INT64_MAX, &out->count, err);
	case OPTION_SESSION:
		if (number("--session", value, UINT32_MAX, &n, err) != 0)
			return -1;
		out->session = (uint32_t)n;
		return 0;
	case 'w':
		out->write = value;
		return 0;
	case 'Z':
		out->user = value;
		return 0;
	default:
		apply_flag(out, letter);
		return 0;
	}
}

/* ---- getopt ---- */

static void getopt_tables(char letters[2 * ROWS + 2], struct option names[ROWS + 1])
{
	size_t n = 0;
	letters[n++] = ':'; /* missing arguments are told from unknown options */
	for (size_t i = 0; i < ROWS; i++) {
		names[i] =
		    (struct option){.name = rows[i].name,
		                    .has_arg = rows[i].argument != NULL ? required_argument : no_argument,
		                    .val = rows[i].letter};
		if (rows[i].letter >= LONG_ONLY)
			continue;
		letters[n++] = (char)rows[i].letter;
		if (rows[i].argument != NULL)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	names[ROWS] = (struct option){0};
}

/* getopt also names a known option, when it is long and was given a value that it does not take. */
static bool is_known(int letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == letter)
			return true;
	return false;
}

static char *join(int n, char **text)
{
	size_t length = 1;
	for (int i = 0; i < n; i++)
		length += strlen(text[i]) + 1;
	char *all = xcalloc(length, 1);
	for (int i = 0; i < n; i++) {
		strcat(all, i > 0 ? " " : "");
		strcat(all, text[i]);
	}
	return all;
}

static int check(const struct options *options, struct err *err)
{
	if (options->action != ACTION_RUN)
		return 0;
	if (options->explain && options->n_authlist == 0)
		return err_set(err, "--explain-lists needs a text to explain: add -a FILE");
	if (options->explain && options->output == OUTPUT_JSON)
		return err_set(err, "--explain-lists is text for people: leave out -o json, whose authlists[] has "
		                    "the problems");
	if (options->messages && options->output != OUTPUT_JSON)
		return err_set(err, "--messages is for JSON: add -o json; in text, -v lists the messages");
	if (options->with_secrets && options->write == NULL)
		return err_set(err, "--with-secrets needs a file to put them in: add -w FILE");
	if (options->write != NULL && strcmp(options->write, "-") == 0)
		return err_set(err, "-w wants the name of a file: standard output carries the report");
	if (options->write != NULL && options->n_read == 0 && options->n_trace > 0)
		return err_set(err, "-w writes packets, and a trace has none: add a capture with -r FILE");
	if (options->as_trace && options->output == OUTPUT_JSON)
		return err_set(err, "--as-trace prints a trace in place of the report: leave out -o json");
	if (options->n_read + options->n_trace > 0 || (options->n_authlist > 0 && options->write == NULL))
		return 0;
	return err_set(err, "nothing to read: usage is nmspscope -r FILE [-t TRACE] [-a AUTHLIST] [options] "
	                    "[capture filter]; -h lists the options");
}

int options_parse(struct options *out, int argc, char **argv, struct err *err)
{
	char letters[2 * ROWS + 2];
	struct option names[ROWS + 1];
	int letter;
	*out = (struct options){0};
	getopt_tables(letters, names);
	opterr = 0;
	optind = 0; /* GNU: start anew, so that tests can parse many lines */
	while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (letter == ':')
			return err_set(err, "%s wants a value; -h lists the options", argv[optind - 1]);
		if (letter == '?' && optopt != 0 && !is_known(optopt))
			return err_set(err, "unknown option -%c; -h lists the options", optopt);
		if (letter == '?')
			return err_set(err, "%s is not understood; -h lists the options", argv[optind - 1]);
		if (apply(out, letter, optarg, err) != 0)
			return -1;
	}
	if (optind < argc)
		out->filter = join(argc - optind, &argv[optind]);
	return check(out, err);
}

void options_free(struct options *options)
{
	free(options->filter);
	options->filter = NULL;
}

/* ---- help ---- */

#define HELP_COLUMN 27

static void help_row(FILE *out, const struct option_row *row)
{
	char left[64], letter[8] = "    ";
	if (row->letter < LONG_ONLY)
		snprintf(letter, sizeof letter, "-%c, ", row->letter);
	snprintf(left, sizeof left, "  %s--%s %s", letter, row->name,
	         row->argument != NULL ? row->argument : "");
	fprintf(out, "%-*s", HELP_COLUMN, left);
	for (const char *c = row->help; *c != '\0'; c++)
		if (*c == '\n')
			fprintf(out, "\n%*s", HELP_COLUMN, "");
		else
			putc(*c, out);
	putc('\n', out);
}

void options_help(FILE *out)
{
	fputs("usage: nmspscope -r FILE... [-t FILE]... [-a FILE]... [options] [capture filter]\n\n"
	      "Says of each NMSP session between a location engine (MSE, CMX, connector) and a\n"
	      "controller whether it is healthy, and if not, who rejected whom, at which step,\n"
	      "why, and what to type.\n\n",
	      out);
	for (size_t i = 0; i < ROWS; i++)
		help_row(out, &rows[i]);
	fputs("\nThe words that remain are a capture filter as in tcpdump, such as: host 10.1.1.1\n"
	      "Exit status: 0 no error found, 1 at least one error found, 2 could not run.\n",
	      out);
}
