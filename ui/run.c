/* What a run does, in its order; see run.h. */
#include "ui/run.h"

#include "analyzer/profile_file.h"
#include "analyzer/rsa_key.h"
#include "analyzer/tls_crypto.h"
#include "analyzer/trace_match.h"
#include "analyzer/xmalloc.h"
#include "ui/explain.h"
#include "ui/json.h"
#include "ui/loop.h"
#include "ui/report.h"
#include "ui/run_screen.h"
#include "ui/traces.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#define KEYLOG_SHARE(memory) ((memory) / 8 * 5) /* of --memory: 950,000 secrets of the default */

/* What is opened first and read later. A descriptor of -1: it was not asked for, or could not be opened. */
struct opened {
	struct source authlist[LIMIT_INPUTS];
	struct source keylog[LIMIT_INPUTS];
	struct source rsa_key[LIMIT_INPUTS], rsa_key_pass[LIMIT_INPUTS];
	struct source profile;
	struct source trace[LIMIT_INPUTS];
	struct err trace_err[LIMIT_INPUTS];
};

void run_complain(const struct run *run, const char *text)
{
	if (run->screens != NULL && screens_complain(run->screens, text))
		return;
	char *shown = escape_text(text, run->escape);
	fprintf(stderr, "nmspscope: %s\n", shown);
	free(shown);
}

/* ---- opening ---- */

static int open_list(struct source *sources, const char *const *paths, uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (source_open(&sources[i], paths[i], err) != 0)
			return -1;
	return 0;
}

static int open_interfaces(struct run *run, struct err *err)
{
	const struct options *options = run->options;
	struct live_wishes wishes = {.snaplen = options->snaplen,
	                             .buffer = options->buffer,
	                             .no_promiscuous = options->no_promiscuous,
	                             .everything = options->write_all,
	                             .ports = run->model->ports,
	                             .n_ports = run->model->n_ports};
	for (uint32_t i = 0; i < options->n_interface; i++) {
		if (feeds_add_live(&run->feeds, options->interface[i], &wishes, err) != 0)
			return -1;
		const char *warning = live_warning(run->feeds.list[run->feeds.n - 1].live);
		if (warning[0] != '\0')
			run_complain(run, warning);
	}
	return 0;
}

/* A file may still be made there: its folder is, and can be opened to the sandbox. */
static bool may_come(const char *path)
{
	char *copy = xstrdup(path);
	bool there = access(dirname(copy), F_OK) == 0;
	free(copy);
	return there;
}

/* One that is followed need not be there yet. */
static int open_keylogs(const struct run *run, struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	for (uint32_t i = 0; i < options->n_keylog; i++) {
		if (source_open(&opened->keylog[i], options->keylog[i], err) == 0)
			continue;
		if (errno != ENOENT || !feeds_go_on(&run->feeds) || !may_come(options->keylog[i]))
			return -1;
		err_set(err, "key log %.150s is not there yet: it is waited for", options->keylog[i]);
		run_complain(run, err->text);
		err->text[0] = '\0';
	}
	return 0;
}

/* A trace or capture that cannot be opened is noted with the inputs; anything else ends the run. */
static int open_all(struct run *run, struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	if (open_list(opened->authlist, options->authlist, options->n_authlist, err) != 0)
		return -1;
	if (open_list(opened->rsa_key, options->rsa_key, options->n_rsa_key, err) != 0 ||
	    open_list(opened->rsa_key_pass, options->rsa_key_pass, options->n_rsa_key_pass, err) != 0)
		return -1;
	if (options->profile != NULL && source_open(&opened->profile, options->profile, err) != 0)
		return -1;
	if (options->filter != NULL && analyze_set_filter(run->analyze, options->filter, err) != 0)
		return -1;
	for (uint32_t i = 0; i < options->n_trace; i++)
		(void)source_open(&opened->trace[i], options->trace[i], &opened->trace_err[i]);
	for (uint32_t i = 0; i < options->n_read; i++)
		feeds_add(&run->feeds, options->read[i]);
	return open_interfaces(run, err) != 0 ? -1 : open_keylogs(run, opened, err);
}

static struct opened *opened_new(void)
{
	struct opened *opened = xcalloc(1, sizeof *opened);
	opened->profile.fd = -1;
	for (uint32_t i = 0; i < LIMIT_INPUTS; i++)
		opened->authlist[i].fd = opened->keylog[i].fd = opened->trace[i].fd =
		    opened->rsa_key[i].fd = opened->rsa_key_pass[i].fd = -1;
	return opened;
}

static void opened_free(struct opened *opened)
{
	source_close(&opened->profile);
	for (uint32_t i = 0; i < LIMIT_INPUTS; i++) {
		source_close(&opened->authlist[i]);
		source_close(&opened->keylog[i]);
		source_close(&opened->trace[i]);
		source_close(&opened->rsa_key[i]);
		source_close(&opened->rsa_key_pass[i]);
	}
	free(opened);
}

/* ---- -w ---- */

/* One of the files is the one to be written. */
static bool is_read(const struct save *save, const char *const *files, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (save_is(save, files[i]))
			return true;
	return false;
}

/* Something could be opened, and may turn out to be readable. */
static bool may_be_read(const struct run *run, const struct opened *opened)
{
	bool open = run->options->n_read + run->options->n_trace == 0;
	for (uint32_t i = 0; i < run->feeds.n; i++)
		open = open || !run->feeds.list[i].refused;
	for (uint32_t i = 0; i < run->options->n_trace; i++)
		open = open || opened->trace[i].fd >= 0;
	return open;
}

/* Not made for nothing: it could not be removed again with fewer privileges. */
static int open_save(struct run *run, const struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	if (options->write == NULL || !may_be_read(run, opened))
		return 0;
	run->save = save_open(&(struct save_plan){.path = options->write,
	                                          .with_secrets = options->with_secrets,
	                                          .all = options->write_all,
	                                          .redact = run->model->redact,
	                                          .size = options->file_size,
	                                          .files = options->file_count},
	                      err);
	if (run->save == NULL)
		return -1;
	if (is_read(run->save, options->read, options->n_read) ||
	    is_read(run->save, options->trace, options->n_trace) ||
	    is_read(run->save, options->keylog, options->n_keylog) ||
	    is_read(run->save, options->authlist, options->n_authlist) ||
	    is_read(run->save, options->rsa_key, options->n_rsa_key) ||
	    is_read(run->save, options->rsa_key_pass, options->n_rsa_key_pass) ||
	    (options->profile != NULL && save_is(run->save, options->profile)))
		return err_set(err, "-w %s would overwrite a file that is read; name another file", options->write);
	save_protect(run->save);
	return 0;
}

void run_flush_save(struct run *run)
{
	struct err err;
	if (run->save == NULL || save_flush(run->save, &err) == 0)
		return;
	run_complain(run, err.text);
	run->trouble = true;
}

static void close_save(struct run *run)
{
	struct err err;
	if (save_close(run->save, &err) != 0) {
		run_complain(run, err.text);
		run->trouble = true;
	}
	run->save = NULL;
}

/* ---- privileges ---- */

/* What root makes for a user should be that user's, who could else neither read nor remove it. */
static void give_files(struct run *run)
{
	struct err err;
	uid_t uid;
	gid_t gid;
	if (run->save != NULL && sandbox_heir(run->options->user, &uid, &gid) &&
	    save_give(run->save, uid, gid, &err) != 0)
		run_complain(run, err.text);
}

/* Everything is open. What is opened later by its name: key logs that are followed, and what is written. */
static int drop_privileges(struct run *run, struct err *err)
{
	const struct options *options = run->options;
	const struct sandbox_wishes wishes = {
	    .user = options->user,
	    .reads = {options->keylog, options->n_keylog},
	    .writes = {&options->write, options->write != NULL},
	    .interfaces = {options->interface, options->n_interface},
	    .captures = options->n_interface > 0,
	};
	run->providers = tls_crypto_load();
	json_prepare();
	give_files(run);
	return sandbox_enter(&wishes, &run->privileges, err);
}

/* ---- reading ---- */

/* Whole, or followed where inputs go on: then their beginning is read as the loop begins. */
static int read_keylogs(struct run *run, struct opened *opened, struct err *err)
{
	struct keylog *keylog = run->model->keylog;
	for (uint32_t i = 0; i < run->options->n_keylog; i++) {
		struct source *source = &opened->keylog[i];
		if (feeds_go_on(&run->feeds))
			run->follow[run->n_follow++] =
			    keylog_follow_new(keylog, run->options->keylog[i], source_take(source));
		else if (keylog_read(keylog, source, err) != 0)
			return -1;
	}
	run->model->keys_may_come = run->n_follow > 0;
	return 0;
}

/* The passphrases first: an encrypted key is tried with each. */
static int read_rsa_keys(struct run *run, struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	if (options->n_rsa_key == 0)
		return 0;
	struct rsa_keys *keys = run->model->rsa_keys = rsa_keys_new();
	for (uint32_t i = 0; i < options->n_rsa_key_pass; i++)
		if (rsa_keys_read_passphrase(keys, &opened->rsa_key_pass[i], err) != 0)
			return -1;
	for (uint32_t i = 0; i < options->n_rsa_key; i++)
		if (rsa_keys_read(keys, &opened->rsa_key[i], err) != 0)
			return -1;
	return 0;
}

static int read_texts(struct run *run, struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	struct page page = report_page(run);
	struct explain explain;
	if (options->explain)
		explain_start(&explain, &page, &run->model->authlist);
	for (uint32_t i = 0; i < options->n_authlist; i++)
		if (authlist_read(&run->model->authlist, &opened->authlist[i], err) != 0)
			return -1;
	run->model->authlist.listener = NULL;
	if (read_rsa_keys(run, opened, err) != 0 || read_keylogs(run, opened, err) != 0)
		return -1;
	run->redact.profile = run->model->builtin;
	if (options->profile == NULL)
		return 0;
	run->redact.profile = run->model->profile = profile_file_read(&opened->profile, err);
	return run->model->profile != NULL ? 0 : -1;
}

static uint32_t good_captures(const struct run *run)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < run->feeds.n; i++)
		n += !run->feeds.list[i].refused;
	return n;
}

/* ---- the run ---- */

/* A text in which nothing was recognised; NULL when there is none. */
static const struct authlist_file *empty_list(const struct authlist *list)
{
	for (size_t i = 0; i < list->n_files; i++)
		if (list->files[i].entries == 0 && list->files[i].list == AUTHLIST_NONE)
			return &list->files[i];
	return NULL;
}

/* Without a capture: what one side's texts say is compared with the other's. */
static enum status compare_lists(const struct run *run, struct err *err)
{
	const struct authlist *list = &run->model->authlist;
	const struct authlist_file *empty = empty_list(list);
	if (list->n_engines > 0 && list->n_lists > 0)
		return report_print(run, err);
	if (run->options->explain)
		return STATUS_CLEAN;
	if (empty != NULL)
		err_set(err, "%.100s: no AuthList entry was found; --explain-lists shows how it was read",
		        empty->name);
	else if (list->n_lists > 0)
		err_set(err, "only what is allowed was given: add the engine's own hashes with -a (show "
		             "server-auth-info, cmxctl config controllers show), or a capture with -r FILE");
	else
		err_set(err, "only the engine's own hashes were given: add the controller's AuthList with -a (show "
		             "running-config, show auth-list), or a capture with -r FILE");
	return STATUS_TROUBLE;
}

/* In place of a report. */
static enum status show(struct run *run)
{
	loop_rest(run);
	return screens_have_error(run->screens) ? STATUS_FINDINGS : STATUS_CLEAN;
}

static enum status analyse(struct run *run, struct opened *opened, struct err *err)
{
	const struct options *options = run->options;
	if (open_all(run, opened, err) != 0 || open_save(run, opened, err) != 0 ||
	    run_screen_open(run, err) != 0)
		return STATUS_TROUBLE;
	run_screen_spool(run);
	if (drop_privileges(run, err) != 0 || read_texts(run, opened, err) != 0)
		return STATUS_TROUBLE;
	if (options->n_interface + options->n_read + options->n_trace == 0)
		return compare_lists(run, err);
	loop_signals(run);
	if (run->screens != NULL)
		run_screen_prepare(run);
	if (!loop_start(run)) {
		err_set(err, "stopped by a signal before a packet was read");
		return STATUS_TROUBLE;
	}
	uint32_t n_traces = traces_read(run, opened->trace, opened->trace_err), n_captures = good_captures(run);
	if (n_captures + n_traces == 0)
		return run->left && !run->trouble ? STATUS_CLEAN : STATUS_TROUBLE;
	if (run->save != NULL) {
		save_start(run->save);
		analyze_set_save(run->analyze, run->save);
	}
	run->joins = n_traces > 0 && n_captures + n_traces > 1;
	if (run->jsonl != NULL && !run->joins) {
		run->model->leaving.tell = jsonl_leaving;
		run->model->leaving.ctx = run->jsonl;
	}
	loop_read(run);
	if (run->joins) {
		trace_match(run->model);
		model_number_by_time(run->model);
	}
	if (run->screens != NULL)
		screens_forget(run->screens, run->joins);
	close_save(run);
	enum status status = run->screens != NULL ? show(run) : report_print(run, err);
	return run->trouble ? STATUS_TROUBLE : status;
}

static void set_up(struct run *run)
{
	const struct options *options = run->options;
	run->model->keylog = keylog_new();
	run->model->memory = options->memory;
	keylog_set_limit(run->model->keylog, KEYLOG_SHARE(options->memory) / KEYLOG_SECRET_COST);
	run->model->controller = options->controller;
	if (options->redact) {
		redact_start(&run->redact);
		run->model->redact = &run->redact;
		redact_addr(&run->redact, &run->model->controller);
		model_is_redacted(run->model);
	}
	run->model->learns = options->learn;
	for (uint32_t i = 0; i < options->n_ports; i++)
		run->model->ports[i] = options->ports[i];
	if (options->n_ports > 0)
		run->model->n_ports = options->n_ports;
}

enum status run_all(const struct options *options, enum escape_mode escape)
{
	struct err err = {.text = ""};
	tls_crypto_wipe_freed();
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	struct run run = {.options = options,
	                  .escape = escape,
	                  .model = model,
	                  .analyze = analyze,
	                  .feeds = {.model = model, .analyze = analyze}};
	struct opened *opened = opened_new();
	set_up(&run);
	struct jsonl_wishes wishes = {.interval = options->interval, .only = options->session,
	                              .filter = options->choose != NULL ? &options->chosen : NULL};
	if (options->output == OUTPUT_JSONL)
		run.jsonl = jsonl_new(stdout, model, &wishes);
	enum status status = analyse(&run, opened, &err);
	screens_close(run.screens);
	run.screens = NULL;
	if (err.text[0] != '\0')
		run_complain(&run, err.text);
	opened_free(opened);
	feeds_close(&run.feeds);
	for (uint32_t i = 0; i < run.n_follow; i++)
		keylog_follow_free(run.follow[i]);
	jsonl_free(run.jsonl);
	close_save(&run);
	analyze_free(analyze);
	spool_close(run.spool);
	model_free(model);
	tls_crypto_unload(run.providers);
	return status;
}

enum status run_version(const struct options *options, enum escape_mode escape)
{
	struct err err;
	struct run run = {.options = options, .escape = escape, .model = model_new()};
	report_version(&run);
	bool dropped = drop_privileges(&run, &err) == 0;
	if (dropped)
		report_privileges(&run);
	else
		run_complain(&run, err.text);
	model_free(run.model);
	tls_crypto_unload(run.providers);
	return dropped ? STATUS_CLEAN : STATUS_TROUBLE;
}
