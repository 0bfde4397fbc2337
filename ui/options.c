/* The table of options and what each does to struct options. */
#include "ui/options.h"

#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "ui/view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <strings.h>

enum {
	OPTION_PORT = OPTIONS_LONG_ONLY,
	OPTION_LEARN,
	OPTION_TEMPLATE,
	OPTION_CONTROLLER,
	OPTION_SESSION,
	OPTION_FILTER,
	OPTION_MESSAGES,
	OPTION_EXPLAIN,
	OPTION_WITH_SECRETS,
	OPTION_WRITE_ALL,
	OPTION_REDACT,
	OPTION_AS_TRACE,
	OPTION_STOP_AFTER,
	OPTION_MEMORY,
	OPTION_INTERVAL,
	OPTION_ASCII,
	OPTION_RSA_KEY,
	OPTION_RSA_KEY_PASS
};

#define MIB            (UINT64_C(1) << 20)
#define MEMORY_LEAST   64  /* MiB */
#define MEMORY_DEFAULT 256 /* MiB */
#define INTERVAL       60  /* seconds */

static const struct option_row rows[] = {
    {'i', "interface", "IFACE", "capture live; any is all interfaces; repeatable"},
    {'D', "list-interfaces", NULL, "list the interfaces and end"},
    {'r', "read", "FILE", "read a capture: pcap or pcapng, also gzipped;\n- is standard input; repeatable"},
    {'t', "trace", "FILE", "read a debug trace of a controller, as pasted;\n- is standard input; repeatable"},
    {'a', "authlist", "FILE",
     "AuthList text: of the controller, of the engine, \"MAC\nHASH\" lines or PEM certificates; repeatable. "
     "Texts of\nboth sides are compared, also without a capture"},
    {OPTION_EXPLAIN, "explain-lists", NULL, "print what was understood of each AuthList text,\nline by line"},
    {'k', "keylog", "FILE", "decrypt with this TLS key log (NSS format),\nfollowed while interfaces or pipes are read;\nrepeatable (default: the file that\n$SSLKEYLOGFILE names, when there is one)"},
    {OPTION_RSA_KEY, "rsa-key", "FILE", "decrypt static-RSA sessions with this private key of\na controller (PEM, PKCS#1 or PKCS#8); repeatable"},
    {OPTION_RSA_KEY_PASS, "rsa-key-pass", "FILE", "passphrase of an encrypted --rsa-key: the first line\nof FILE; repeatable, each is tried"},
    {'P', "profile", "FILE", "framing profile of the NMSP messages (default:\nassumed-1, or what is learned from them)"},
    {OPTION_LEARN, "learn", NULL, "no report: learn the framing of decrypted messages\nand print it as a profile, for -P"},
    {OPTION_TEMPLATE, "profile-template", NULL, "print a commented profile to start from, and end"},
    {OPTION_PORT, "port", "PORT,...", "NMSP ports (default 16113)"},
    {OPTION_CONTROLLER, "controller", "IP", "which side is the controller, when the port\ndoes not tell"},
    {'o', "output", "FORMAT", "ui, text, json, or jsonl: a line for each change\n(default: ui, the screen, on a terminal, else text).\nOf interfaces text and json come at the end, and\nwhen SIGUSR1 asks for them"},
    {OPTION_INTERVAL, "interval", "SECONDS", "with -o jsonl: summary lines of the capture and of\neach session so often (default 60; 0: none)"},
    {'w', "write", "FILE", "save the packets that belong to NMSP sessions\n(pcapng)"},
    {OPTION_WITH_SECRETS, "with-secrets", NULL, "with -w: save the secrets of these sessions too;\n"
     "whoever has the file can decrypt them"},
    {OPTION_WRITE_ALL, "write-all", NULL, "with -w: save every packet that is read"},
    {OPTION_REDACT, "redact", NULL,
     "addresses and names become stable tokens of the same\nlength in all that is written, packets too"},
    {'C', "file-size", "SIZE",
     "with -w and -W: no file is larger than SIZE million\nbytes (KiB, MiB, GiB with a k, M, G behind it)"},
    {'W', "file-count", "N", "with -w and -C: N files, FILE0, FILE1 ..., used in\nturn; what is in them is lost"},
    {'s', "snaplen", "N", "with -i: bytes kept of a packet (default 262144)"},
    {'B', "buffer", "KIB", "with -i: the kernel's buffer (default 16384 KiB)"},
    {'p', "no-promiscuous", NULL, "with -i: only what the interface itself receives"},
    {'c', "count", "N", "stop after N packets"},
    {OPTION_STOP_AFTER, "stop-after", "N", "stop after a time (10s, 10m, 10h), packets (1000p) or\ncaptured bytes (200M)"},
    {OPTION_MEMORY, "memory", "MIB", "memory to use at most (default 256, at least 64):\nbeyond it sessions are given up, closed ones first"},
    {'Z', "user", "USER", "the user to become when started as root (default:\nwho called sudo, else the owner of the current\nfolder, else nobody)"},
    {OPTION_SESSION, "session", "N", "report only session N"},
    {OPTION_FILTER, "filter", "EXPR", "report only sessions that match, such as\n'state=failed', 'engine~10.1. severity>=warning'"},
    {OPTION_MESSAGES, "messages", NULL, "only with -o json: list the messages one by one\n(in text -v does)"},
    {OPTION_AS_TRACE, "as-trace", NULL,
     "no report: print the handshakes as the controller's\ndebug trace has them"},
    {OPTION_ASCII, "ascii", NULL, "only ASCII on the screen and in the report"},
    {'u', "utc", NULL, "times in UTC (default: local time)"},
    {'q', "quiet", NULL, "no progress"},
    {'v', "verbose", NULL, "more detail: -v lists the messages,\n-vv their fields and bytes"},
    {'V', "version", NULL, "print the version, and which privileges are left\nwhile anything is read"},
    {'h', "help", NULL, "print this help"},
};

#define ROWS (sizeof rows / sizeof rows[0])

const struct option_row *options_row(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

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

/* As tcpdump has it. */
static int parse_file_size(struct options *out, const char *text, struct err *err)
{
	static const struct {
		const char *suffix;
		uint64_t unit;
	} units[] = {{"", 1000 * 1000}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
	size_t digits = strspn(text, "0123456789");
	errno = 0;
	uint64_t value = strtoull(text, NULL, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (digits == 0 || strcasecmp(&text[digits], units[i].suffix) != 0)
			continue;
		if (value == 0 || errno != 0 || value > INT64_MAX / units[i].unit)
			break;
		out->file_size = value * units[i].unit;
		return 0;
	}
	return err_set(err, "-C wants a size in millions of bytes, or with k, M or G behind it, not \"%s\"",
	               text);
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

/* 10s, 10m, 10h: a time; 1000p: packets; 200M and 200k: bytes. */
static int parse_stop(struct options *out, const char *text, struct err *err)
{
	static const struct {
		char unit;
		uint64_t factor;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'p', 1}, {'k', 1000}, {'M', 1000 * 1000}};
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	uint64_t factor = 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		factor = *end == units[i].unit ? units[i].factor : factor;
	if (text[0] < '0' || text[0] > '9' || errno != 0 || value == 0 || factor == 0 || end[1] != '\0' ||
	    value > UINT32_MAX)
		return err_set(err, "--stop-after wants 10s, 10m or 10h, 1000p (packets) or 200M (bytes), not \"%s\"",
		               text);
	bool bytes = *end == 'k' || *end == 'M';
	out->stop_packets = *end == 'p' ? value : 0;
	out->stop_bytes = bytes ? value * factor : 0;
	out->stop_time = *end == 'p' || bytes ? 0 : (int64_t)(value * factor) * NS_PER_S;
	return 0;
}

static int parse_output(struct options *out, const char *text, struct err *err)
{
	if (strcmp(text, "ui") == 0)
		out->output = OUTPUT_UI;
	else if (strcmp(text, "text") == 0)
		out->output = OUTPUT_TEXT;
	else if (strcmp(text, "json") == 0)
		out->output = OUTPUT_JSON;
	else if (strcmp(text, "jsonl") == 0)
		out->output = OUTPUT_JSONL;
	else
		return err_set(err, "-o wants ui, text, json or jsonl, not \"%s\"", text);
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
	case OPTION_WRITE_ALL:
		out->write_all = true;
		break;
	case OPTION_REDACT:
		out->redact = true;
		break;
	case OPTION_MESSAGES:
		out->messages = true;
		break;
	case OPTION_LEARN:
		out->learn = true;
		break;
	case OPTION_TEMPLATE:
		out->action = ACTION_TEMPLATE;
		break;
	case OPTION_EXPLAIN:
		out->explain = true;
		break;
	case OPTION_AS_TRACE:
		out->as_trace = true;
		break;
	case 'p':
		out->no_promiscuous = true;
		break;
	case 'D':
		out->action = ACTION_LIST_INTERFACES;
		break;
	case OPTION_ASCII:
		out->ascii = true;
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

/* Options whose value is a number. */
static int apply_number(struct options *out, int letter, const char *value, struct err *err)
{
	uint64_t n = 0;
	int result = 0;
	switch (letter) {
	case 's':
		result = number("-s", value, LIMIT_PACKET, &n, err);
		out->snaplen = (uint32_t)n;
		return result;
	case 'B':
		result = number("-B", value, INT32_MAX / 1024, &n, err);
		out->buffer = (uint32_t)n * 1024;
		return result;
	case 'W':
		result = number("-W", value, LIMIT_SAVE_FILES, &n, err);
		out->file_count = (uint32_t)n;
		return result;
	case OPTION_SESSION:
		result = number("--session", value, UINT32_MAX, &n, err);
		out->session = (uint32_t)n;
		return result;
	case OPTION_INTERVAL:
		out->has_interval = true;
		if (strcmp(value, "0") != 0)
			result = number("--interval", value, UINT32_MAX, &n, err);
		out->interval = (int64_t)n * NS_PER_S;
		return result;
	case OPTION_MEMORY:
		if (number("--memory", value, UINT32_MAX, &n, err) != 0)
			return -1;
		out->memory = n * MIB;
		return n >= MEMORY_LEAST ? 0 : err_set(err, "--memory wants %d MiB at least", MEMORY_LEAST);
	default:
		return number("-c", value, INT64_MAX, &out->count, err);
	}
}

/* Options whose value is a file, several of which may be given, or an interface. */
static int apply_input(struct options *out, int letter, const char *value, struct err *err)
{
	switch (letter) {
	case 'i':
		return add_file(out->interface, &out->n_interface, value, err);
	case 'r':
		return add_file(out->read, &out->n_read, value, err);
	case 't':
		return add_file(out->trace, &out->n_trace, value, err);
	case 'a':
		return add_file(out->authlist, &out->n_authlist, value, err);
	case OPTION_RSA_KEY:
		return add_file(out->rsa_key, &out->n_rsa_key, value, err);
	case OPTION_RSA_KEY_PASS:
		return add_file(out->rsa_key_pass, &out->n_rsa_key_pass, value, err);
	default:
		return add_file(out->keylog, &out->n_keylog, value, err);
	}
}

static int apply(struct options *out, int letter, const char *value, struct err *err)
{
	if (letter == OPTION_RSA_KEY || letter == OPTION_RSA_KEY_PASS ||
	    (letter < OPTIONS_LONG_ONLY && strchr("irtak", letter) != NULL))
		return apply_input(out, letter, value, err);
	switch (letter) {
	case 's':
	case 'B':
	case 'c':
	case 'W':
	case OPTION_SESSION:
	case OPTION_INTERVAL:
	case OPTION_MEMORY:
		return apply_number(out, letter, value, err);
	case OPTION_STOP_AFTER:
		return parse_stop(out, value, err);
	case OPTION_PORT:
		return parse_ports(out, value, err);
	case OPTION_CONTROLLER:
		return parse_controller(out, value, err);
	case 'o':
		return parse_output(out, value, err);
	case 'C':
		return parse_file_size(out, value, err);
	case 'P':
		out->profile = value;
		return 0;
	case OPTION_FILTER:
		out->choose = value;
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
		if (rows[i].letter >= OPTIONS_LONG_ONLY)
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

/* Behind all options: -u tells how times are read. */
static int parse_filter(struct options *out, struct err *err)
{
	if (out->choose != NULL && !filter_parse(out->choose, out->utc, &out->chosen, &out->mistake))
		return err_set(err, "--filter, column %u: %s", (unsigned)out->mistake.column, out->mistake.text);
	if (out->redact && filter_asks_names(&out->chosen))
		return err_set(err, "--redact replaces addresses before --filter asks for them: choose by other fields, "
		                    "such as session=1, or name the host in the capture filter: host ADDRESS");
	return 0;
}

int options_parse(struct options *out, int argc, char **argv, struct err *err)
{
	char letters[2 * ROWS + 2];
	struct option names[ROWS + 1];
	int letter;
	*out = (struct options){.memory = MEMORY_DEFAULT * MIB, .interval = INTERVAL * NS_PER_S};
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
	return options_check(out, err) != 0 ? -1 : parse_filter(out, err);
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
	if (row->letter < OPTIONS_LONG_ONLY)
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
	fputs("usage: nmspscope -i IFACE... | -r FILE... [-t FILE]... [-a FILE]... [options]\n"
	      "                 [capture filter]\n\n"
	      "Says of each NMSP session between a location engine (MSE, CMX, connector) and a\n"
	      "controller whether it is healthy, and if not, who rejected whom, at which step,\n"
	      "why, and what to type.\n\n",
	      out);
	for (size_t i = 0; i < ROWS; i++)
		help_row(out, &rows[i]);
	putc('\n', out);
	filter_help(out);
	fputs("\nThe words that remain are a capture filter as in tcpdump, such as: host 10.1.1.1\n"
	      "Exit status: 0 no error found, 1 at least one error found, 2 could not run.\n",
	      out);
}
