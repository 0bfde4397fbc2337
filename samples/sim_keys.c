/* A key log that may be late; see sim_keys.h. Called by sim_tls.c and sim_run.c. Never reads its file. */
#include "samples/sim_keys.h"

#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line {
	int64_t due;
	char *text;
};

struct sim_keys {
	FILE *file;
	int64_t delay;
	struct line *lines; /* in the order in which they are due */
	size_t n, room, written;
};

int sim_keys_open(struct sim_keys **keys, const char *path, int64_t delay, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL)
		return err_set(err, "cannot write the key log %s: %s", path, strerror(errno));
	*keys = xcalloc(1, sizeof **keys);
	(*keys)->file = file;
	(*keys)->delay = delay;
	return 0;
}

void sim_keys_add(struct sim_keys *keys, const char *line, int64_t now)
{
	if (keys->n == keys->room) {
		keys->room = keys->room == 0 ? 16 : 2 * keys->room;
		keys->lines = xrealloc(keys->lines, keys->room * sizeof keys->lines[0]);
	}
	keys->lines[keys->n++] = (struct line){.due = now + keys->delay, .text = xstrdup(line)};
}

int64_t sim_keys_write(struct sim_keys *keys, int64_t now)
{
	bool wrote = false;
	for (; keys->written < keys->n && keys->lines[keys->written].due <= now; keys->written++) {
		char *text = keys->lines[keys->written].text;
		fprintf(keys->file, "%s\n", text);
		free(text);
		wrote = true;
	}
	if (wrote)
		fflush(keys->file);
	if (keys->written < keys->n)
		return keys->lines[keys->written].due;
	keys->n = keys->written = 0;
	return INT64_MAX;
}

int sim_keys_close(struct sim_keys *keys)
{
	if (keys == NULL)
		return 0;
	sim_keys_write(keys, INT64_MAX);
	bool bad = ferror(keys->file) != 0;
	bad = fclose(keys->file) != 0 || bad;
	free(keys->lines);
	free(keys);
	return bad ? -1 : 0;
}
