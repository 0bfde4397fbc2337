/*
 * The command line. One table of options, from which the parsing, the help (and the manual page) are made.
 * Never opens a file and never analyses anything.
 */
#ifndef UI_OPTIONS_H
#define UI_OPTIONS_H

#include "analyzer/err.h"
#include "dissect/limits.h"
#include "dissect/packet.h"
#include "ui/filter.h"

#include <stdio.h>

/* OUTPUT_AUTO: the screen on a terminal, else text. */
enum output { OUTPUT_AUTO, OUTPUT_UI, OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSONL };

enum action { ACTION_RUN, ACTION_HELP, ACTION_VERSION, ACTION_LIST_INTERFACES, ACTION_TEMPLATE };

#define OPTIONS_LONG_ONLY 256 /* options without a letter are numbered from here */

struct option_row {
	int letter;
	const char *name;
	const char *argument; /* NULL when it takes none */
	const char *help;     /* broken into the lines of -h */
};

/* The options in the order of the help; NULL at the end. */
const struct option_row *options_row(size_t i);

/* Strings borrow from argv, except the filter. */
struct options {
	enum action action;
	const char *interface[LIMIT_INPUTS];
	uint32_t n_interface;
	uint32_t snaplen, buffer; /* bytes; 0 = the default */
	bool no_promiscuous;
	const char *read[LIMIT_INPUTS];
	uint32_t n_read;
	const char *trace[LIMIT_INPUTS];
	uint32_t n_trace;
	const char *authlist[LIMIT_INPUTS];
	uint32_t n_authlist;
	const char *keylog[LIMIT_INPUTS];
	uint32_t n_keylog;
	const char *rsa_key[LIMIT_INPUTS], *rsa_key_pass[LIMIT_INPUTS];
	uint32_t n_rsa_key, n_rsa_key_pass;
	const char *profile; /* NULL when not given */
	uint16_t ports[LIMIT_PORTS];
	uint32_t n_ports;       /* 0: the default port */
	struct addr controller; /* version 0 when not given */
	enum output output;
	uint64_t count;   /* packets to read, 0 = all */
	int64_t interval; /* ns between summaries of -o jsonl; 0 = none */
	uint64_t memory;  /* bytes the program may take */
	int64_t stop_time; /* --stop-after, of which one is set: ns; 0 = never */
	uint64_t stop_packets, stop_bytes;
	uint32_t session; /* the one to report, 0 = all */
	const char *choose; /* --filter; NULL when not given */
	struct filter chosen; /* the same, parsed */
	struct filter_error mistake; /* where it is wrong: column 0 = nowhere */
	const char *write; /* NULL when not given */
	bool has_interval; /* --interval was given */
	bool redact;
	bool with_secrets, write_all; /* only together with `write` */
	uint64_t file_size;  /* bytes of one of the files that -w uses in turn; 0: there is one without end */
	uint32_t file_count; /* how many; both or none are given */
	const char *user;  /* to become when started as root; NULL when not given */
	bool utc, quiet, messages, explain, as_trace, learn;
	bool ascii; /* also where the locale has more */
	unsigned verbose;
	char *filter; /* the words that remain, joined; NULL when there are none */
};

/* Fills all of `out`. -1 with a sentence that says the cure. Free with options_free in both cases. */
int options_parse(struct options *out, int argc, char **argv, struct err *err);
void options_free(struct options *options);

/* Part of options_parse: -1 with a sentence when they do not go together. */
int options_check(const struct options *options, struct err *err);

/* The help text of -h. */
void options_help(FILE *out);

#endif
