/*
 * What goes into the files of -w: packets, secrets, the turn of the files, errors. Called by the wiring for
 * every packet, by main for the rest. The first error of writing is kept, and nothing is written behind it.
 */
#include "analyzer/save.h"

#include "analyzer/save_files.h"
#include "analyzer/save_redact.h"
#include "analyzer/save_wait.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <stdlib.h>

/* Of one client random. */
#define LOGGED (KEYLOG_LABELS * LIMIT_SECRETS_ALIKE) /* lines of a session in the key log, */
#define LINES  (LOGGED + 1)                          /* and the master secret that was learned */

struct save {
	struct save_files *files;
	struct capfile_writer writer;
	struct save_wait *wait;
	struct save_redact *redact; /* NULL: packets are written as they are */
	bool with_secrets, all;
	uint64_t size;    /* of a file at most, 0: no end */
	uint64_t turn;    /* counts the files that were begun, from 1 */
	uint64_t packets; /* in the current file */
	int error;        /* errno of what failed first; 0: nothing did */
	bool told;
};

static void write_redacted(void *ctx, const struct capfile_packet *packet);

struct save *save_open(const struct save_plan *plan, struct err *err)
{
	struct save_files *files =
	    save_files_open(plan->path, plan->files > 0 ? plan->files : 1, plan->with_secrets, err);
	if (files == NULL)
		return NULL;
	struct save *save = xcalloc(1, sizeof *save);
	save->files = files;
	save->wait = save_wait_new();
	save->with_secrets = plan->with_secrets;
	save->all = plan->all;
	save->size = plan->size;
	save->turn = 1;
	if (plan->redact != NULL)
		save->redact = save_redact_new(plan->redact, write_redacted, save);
	return save;
}

bool save_is(const struct save *save, const char *path)
{
	return save_files_have(save->files, path);
}

static void note(struct save *save, int result)
{
	if (result != 0 && save->error == 0)
		save->error = errno;
}

void save_protect(struct save *save)
{
	note(save, save_files_protect(save->files));
}

int save_give(struct save *save, uid_t uid, gid_t gid, struct err *err)
{
	if (save_files_give(save->files, uid, gid) == 0)
		return 0;
	return err_set(err, "%s cannot be given to user %lu: %s", save_files_name(save->files),
	               (unsigned long)uid, strerror(errno));
}

void save_start(struct save *save)
{
	if (save->error == 0)
		note(save, save->redact == NULL
		               ? capfile_write_start(&save->writer, save_files_put, save->files)
		               : capfile_write_start_redacted(&save->writer, save_files_put, save->files));
	if (save->error == 0)
		note(save, save_files_start(save->files));
}

/* ---- secrets --------------------------------------------------------------------------------------- */

/* The lines that are known and not in the file yet; they are then. */
static size_t new_lines(const struct save_session *session, char text[LINES * KEYLOG_LINE])
{
	struct save_keys *keys = session->keys;
	size_t n = 0;
	for (unsigned i = 0; i < LINES; i++) {
		if (keys->lines >> i & 1)
			continue;
		size_t line =
		    i == LOGGED
		        ? keylog_line(session->learned, KEYLOG_MASTER, keys->client_random, 0, &text[n])
		        : keylog_line(session->keylog, i / LIMIT_SECRETS_ALIKE, keys->client_random,
		                      i % LIMIT_SECRETS_ALIKE, &text[n]);
		if (line > 0)
			keys->lines |= 1u << i;
		n += line;
	}
	return n;
}

/* Secrets for the current file, in which the session has packets; as new_lines. */
static size_t wanted(const struct save *save, const struct save_session *session,
                     char text[LINES * KEYLOG_LINE])
{
	struct save_keys *keys = session->keys;
	if (keys->turn != save->turn)
		*keys = (struct save_keys){.turn = save->turn};
	if (!save->with_secrets || session->keylog == NULL || session->client_random == NULL)
		return 0;
	uint64_t generation = keylog_generation(session->keylog) + keylog_generation(session->learned);
	bool same_random = memcmp(keys->client_random, session->client_random, TLS_RANDOM) == 0;
	if (same_random && keys->looked == generation)
		return 0;
	if (!same_random)
		keys->lines = 0;
	memcpy(keys->client_random, session->client_random, TLS_RANDOM);
	keys->looked = generation;
	return new_lines(session, text);
}

static void write_secrets(struct save *save, char *text, size_t n)
{
	if (n == 0)
		return;
	if (save->error == 0)
		note(save, capfile_write_secrets(&save->writer, span_of(text, n)));
	explicit_bzero(text, n);
}

void save_secrets(struct save *save, const struct save_session *session)
{
	char text[LINES * KEYLOG_LINE];
	if (session->keys->turn == save->turn)
		write_secrets(save, text, wanted(save, session, text));
}

/* ---- packets --------------------------------------------------------------------------------------- */

static bool is_full(const struct save *save, const struct capfile_packet *frame, size_t secrets)
{
	size_t sizes[CAPFILE_SIZES];
	if (save->size == 0 || save->packets == 0)
		return false;
	size_t n = capfile_write_sizes(&save->writer, frame, secrets, sizes);
	return save_files_size_with(save->files, sizes, n) > save->size;
}

/* The section with which every file begins is there already. */
static void take_next(struct save *save, int64_t until)
{
	note(save, capfile_write_end(&save->writer, until));
	if (save->error == 0)
		note(save, save_files_next(save->files));
	save->writer.interfaces = 0;
	save->packets = 0;
	save->turn++;
}

static void write_frame(struct save *save, const struct capfile_packet *frame,
                        const struct save_session *session)
{
	char text[LINES * KEYLOG_LINE];
	if (save->error != 0)
		return;
	size_t secrets = session != NULL ? wanted(save, session, text) : 0;
	if (is_full(save, frame, secrets)) {
		take_next(save, frame->time);
		secrets = session != NULL ? wanted(save, session, text) : 0;
	}
	write_secrets(save, text, secrets);
	if (save->error == 0)
		note(save, capfile_write_packet(&save->writer, frame));
	save->packets++;
}

static void write_redacted(void *ctx, const struct capfile_packet *packet)
{
	struct save *save = ctx;
	write_frame(save, packet, NULL);
}

static void put_frame(struct save *save, const struct capfile_packet *frame,
                      const struct save_session *session)
{
	if (save->redact != NULL)
		save_redact_push(save->redact, frame);
	else
		write_frame(save, frame, session);
}

void save_fragment(struct save *save, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete)
{
	if (!save->all)
		save_wait_fragment(save->wait, frame, place, complete);
}

bool save_packet(struct save *save, const struct capfile_packet *frame, const struct save_session *session)
{
	if (save_wait_lost(save->wait)) {
		save_wait_forget(save->wait);
		return false;
	}
	const struct capfile_packet *waited = save_wait_first(save->wait);
	if (waited == NULL)
		put_frame(save, frame, session);
	for (; waited != NULL; waited = save_wait_first(save->wait)) {
		put_frame(save, waited, session);
		save_wait_drop_first(save->wait);
	}
	return true;
}

void save_bare(struct save *save, const struct capfile_packet *frame)
{
	put_frame(save, frame, NULL);
}

void save_other(struct save *save, const struct capfile_packet *frame)
{
	if (save->all)
		write_frame(save, frame, NULL);
	save_wait_forget(save->wait);
}

/* ---- the end --------------------------------------------------------------------------------------- */

void save_end(struct save *save, int64_t until)
{
	if (save->redact != NULL)
		save_redact_end(save->redact);
	if (save->error == 0)
		note(save, capfile_write_end(&save->writer, until));
}

static int tell(struct save *save, struct err *err)
{
	const char *name = save_files_name(save->files);
	if (save->error == 0 || save->told)
		return 0;
	save->told = true;
	if (save->error == EOVERFLOW)
		return err_set(
		    err,
		    "%s is not complete: there is no room in a file for one more link type; read less "
		    "at a time",
		    name);
	return err_set(err, "%s is not complete: %s; make room or name another file with -w", name,
	               strerror(save->error));
}

int save_flush(struct save *save, struct err *err)
{
	if (save->error == 0)
		note(save, save_files_flush(save->files));
	return tell(save, err);
}

int save_close(struct save *save, struct err *err)
{
	if (save == NULL)
		return 0;
	if (save->error == 0)
		note(save, save_files_flush(save->files));
	note(save, save_files_close(save->files));
	int result = tell(save, err);
	const char *left = save_files_left(save->files);
	if (result == 0 && left != NULL)
		result = err_set(err, "%s was made for nothing, and may not be removed: it is empty", left);
	save_files_free(save->files);
	save_wait_free(save->wait);
	save_redact_free(save->redact);
	free(save);
	return result;
}
