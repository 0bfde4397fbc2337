/* Which options go together, and which of them need another one; part of options_parse. */
#include "ui/options.h"

#include <string.h>

static int check_write(const struct options *options, struct err *err)
{
	if (options->n_rsa_key_pass > 0 && options->n_rsa_key == 0)
		return err_set(err, "--rsa-key-pass belongs to a key: add --rsa-key FILE");
	if (options->with_secrets && options->write == NULL)
		return err_set(err, "--with-secrets needs a file to put them in: add -w FILE");
	if (options->write_all && options->write == NULL)
		return err_set(err, "--write-all needs a file to put them in: add -w FILE");
	if (options->file_size + options->file_count > 0 && options->write == NULL)
		return err_set(err, "-C and -W are about the files that are written: add -w FILE");
	if (options->file_size > 0 && options->file_count == 0)
		return err_set(err,
		               "-C needs -W N, the number of files: they are all made before privileges are "
		               "dropped, and used in turn");
	if (options->file_count > 0 && options->file_size == 0)
		return err_set(err,
		               "-W needs -C SIZE: how large a file may become before the next one is used");
	if (options->write != NULL && strcmp(options->write, "-") == 0)
		return err_set(err, "-w wants the name of a file: standard output carries the report");
	if (options->write != NULL && options->n_read + options->n_interface == 0 && options->n_trace > 0)
		return err_set(err, "-w writes packets, and a trace has none: add a capture with -r FILE");
	return 0;
}

static int check_redact(const struct options *options, struct err *err)
{
	if (!options->redact)
		return 0;
	if (options->with_secrets)
		return err_set(err, "--redact and --with-secrets do not go together: with the secrets all names can be read");
	if (options->write_all)
		return err_set(err, "--redact knows no packets but those of NMSP sessions: leave out --write-all");
	if (options->n_authlist + options->n_trace > 0)
		return err_set(err, "--redact knows packets only, no texts of -a and -t: leave these out");
	if (options->n_read + options->n_interface == 0)
		return err_set(err, "--redact needs packets: add a capture with -r FILE");
	return 0;
}

static bool is_text(const struct options *options)
{
	return options->output == OUTPUT_AUTO || options->output == OUTPUT_TEXT;
}

int options_check(const struct options *options, struct err *err)
{
	if (options->action != ACTION_RUN)
		return 0;
	if (options->explain && options->n_authlist == 0)
		return err_set(err, "--explain-lists needs a text to explain: add -a FILE");
	if (options->has_interval && options->output != OUTPUT_JSONL)
		return err_set(err, "--interval is for JSON lines: add -o jsonl");
	if (options->explain && !is_text(options))
		return err_set(err, "--explain-lists is text for people: leave out -o json, whose authlists[] has "
		                    "the problems");
	if (options->messages && options->output != OUTPUT_JSON)
		return err_set(err, "--messages is for JSON: add -o json; in text, -v lists the messages");
	if (options->n_interface > 0 && options->n_read > 0)
		return err_set(err, "-i and -r do not go together: capture with -w FILE, and read that later");
	if (options->n_interface == 0 &&
	    (options->snaplen > 0 || options->buffer > 0 || options->no_promiscuous))
		return err_set(err, "-s, -B and -p are for a live capture: add -i IFACE");
	if (check_write(options, err) != 0 || check_redact(options, err) != 0)
		return -1;
	if (options->choose != NULL && options->n_interface + options->n_read + options->n_trace == 0)
		return err_set(err, "--filter chooses among sessions, which need a capture: add -r FILE");
	if (options->as_trace && !is_text(options))
		return err_set(err, "--as-trace prints a trace in place of the report: leave out -o json");
	if (options->learn && options->profile != NULL)
		return err_set(err, "--learn finds a profile: leave out -P");
	if (options->learn && (!is_text(options) || options->as_trace))
		return err_set(err, "--learn prints a profile in place of the report: leave out -o and --as-trace");
	if (options->learn && options->n_interface + options->n_read == 0)
		return err_set(err, "--learn needs messages to learn from: add -r FILE, and -k KEYLOG");
	if (options->n_interface + options->n_read + options->n_trace > 0 || (options->n_authlist > 0 && options->write == NULL))
		return 0;
	return err_set(err, "nothing to read: usage is nmspscope -i IFACE | -r FILE [-t TRACE] [-a AUTHLIST] [options] "
	                    "[capture filter]; -h lists the options");
}
