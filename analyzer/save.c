/*
 * The file of -w: opening it without harm, packets, secrets, errors. Called by the wiring for every packet
 * of a session, by main for the rest. The first error of writing is kept, and nothing is written behind it.
 */
#include "analyzer/save.h"

#include "analyzer/save_wait.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (64 * 1024)
#define OPEN_TO_ALL  0666 /* the umask takes away from it */
#define OPEN_TO_ME   0600

struct save {
	char *path;
	FILE *file;
	struct stat status;
	char *buffer; /* of the stream: ours, so that it can be wiped */
	struct capfile_writer writer;
	bool with_secrets;
	bool made;    /* was not there before */
	bool started; /* by save_start */
	int error; /* errno of what failed first; 0: nothing did */
	struct save_wait *wait;
};

static int refuse(const char *path, struct err *err)
{
	return err_set(err, "cannot write %s: %s; give -w a file in a folder where you may write", path,
	               strerror(errno));
}

struct save *save_open(const char *path, bool with_secrets, struct err *err)
{
	struct stat status;
	mode_t mode = with_secrets ? OPEN_TO_ME : OPEN_TO_ALL;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	bool made = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	if (fd < 0 || fstat(fd, &status) != 0) {
		refuse(path, err);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct save *save = xcalloc(1, sizeof *save);
	save->path = xstrdup(path);
	save->status = status;
	save->with_secrets = with_secrets;
	save->made = made;
	save->buffer = xmalloc(BUFFER_BYTES);
	save->wait = save_wait_new();
	save->file = fdopen(fd, "w");
	if (save->file == NULL)
		abort(); /* only memory can be missing */
	setvbuf(save->file, save->buffer, _IOFBF, BUFFER_BYTES);
	return save;
}

bool save_is(const struct save *save, const char *path)
{
	struct stat status;
	int known = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &status) : stat(path, &status);
	return known == 0 && status.st_dev == save->status.st_dev && status.st_ino == save->status.st_ino;
}

static void note(struct save *save, int result)
{
	if (result != 0 && save->error == 0)
		save->error = errno;
}

/* An older file may be open to all. */
void save_protect(struct save *save)
{
	if (save->with_secrets && S_ISREG(save->status.st_mode))
		note(save, fchmod(fileno(save->file), OPEN_TO_ME));
}

void save_start(struct save *save)
{
	int fd = fileno(save->file);
	save->started = true;
	if (save->error == 0 && S_ISREG(save->status.st_mode))
		note(save, ftruncate(fd, 0));
	if (save->error == 0)
		note(save, capfile_write_start(&save->writer, save->file));
}

/* ---- packets --------------------------------------------------------------------------------------- */

static void write_frame(struct save *save, const struct capfile_packet *frame)
{
	if (save->error == 0)
		note(save, capfile_write_packet(&save->writer, frame));
}

void save_fragment(struct save *save, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete)
{
	save_wait_fragment(save->wait, frame, place, complete);
}

bool save_packet(struct save *save, const struct capfile_packet *frame)
{
	if (save_wait_lost(save->wait)) {
		save_wait_forget(save->wait);
		return false;
	}
	const struct capfile_packet *waited = save_wait_first(save->wait);
	if (waited == NULL)
		write_frame(save, frame);
	for (; waited != NULL; waited = save_wait_first(save->wait)) {
		write_frame(save, waited);
		save_wait_drop_first(save->wait);
	}
	return true;
}

void save_forget(struct save *save)
{
	save_wait_forget(save->wait);
}

/* ---- secrets --------------------------------------------------------------------------------------- */

/* Of one client random. */
#define LINES (KEYLOG_LABELS * LIMIT_SECRETS_ALIKE)

/* The lines that are known and not in the file yet; they are then. */
static size_t new_lines(const struct keylog *keylog, struct save_keys *keys, char text[LINES * KEYLOG_LINE])
{
	size_t n = 0;
	for (unsigned i = 0; i < LINES; i++) {
		enum keylog_label label = i / LIMIT_SECRETS_ALIKE;
		if (keys->lines >> i & 1)
			continue;
		size_t line =
		    keylog_line(keylog, label, keys->client_random, i % LIMIT_SECRETS_ALIKE, &text[n]);
		if (line > 0)
			keys->lines |= 1u << i;
		n += line;
	}
	return n;
}

void save_secrets(struct save *save, const struct keylog *keylog, const uint8_t client_random[TLS_RANDOM],
                  struct save_keys *keys)
{
	char text[LINES * KEYLOG_LINE];
	if (!save->with_secrets || save->error != 0)
		return;
	uint64_t generation = keylog_generation(keylog);
	bool same = memcmp(keys->client_random, client_random, TLS_RANDOM) == 0;
	if (same && keys->looked == generation)
		return;
	if (!same)
		keys->lines = 0;
	memcpy(keys->client_random, client_random, TLS_RANDOM);
	keys->looked = generation;
	size_t n = new_lines(keylog, keys, text);
	if (n > 0)
		note(save, capfile_write_secrets(&save->writer, span_of(text, n)));
	explicit_bzero(text, sizeof text);
}

/* ---- the end --------------------------------------------------------------------------------------- */

void save_end(struct save *save, int64_t until)
{
	if (save->error == 0)
		note(save, capfile_write_end(&save->writer, until));
}

int save_close(struct save *save, struct err *err)
{
	if (save == NULL)
		return 0;
	note(save, fflush(save->file));
	note(save, fclose(save->file));
	if (save->made && !save->started && save_is(save, save->path))
		unlink(save->path);
	int result = 0;
	if (save->error != 0)
		result = err_set(err, "%s is not complete: %s; make room or name another file with -w", save->path,
		                 strerror(save->error));
	explicit_bzero(save->buffer, BUFFER_BYTES);
	free(save->buffer);
	save_wait_free(save->wait);
	free(save->path);
	free(save);
	return result;
}
