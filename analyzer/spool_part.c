/* Records in a temporary file; see spool_part.h. Called by spool.c. */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#include "analyzer/spool_part.h"

#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD sizeof(struct spool_record)
#define BUFFER (64 * 1024 + RECORD + LIMIT_PACKET)

/* Some file systems have no files without a name. */
static int open_named(const char *folder)
{
	size_t room = strlen(folder) + sizeof "/nmspscope-XXXXXX";
	char *name = xmalloc(room);
	snprintf(name, room, "%s/nmspscope-XXXXXX", folder);
	int fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

int spool_part_open(struct spool_part *part, const char *folder)
{
	*part = (struct spool_part){.last = INT64_MIN};
	part->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (part->fd < 0)
		part->fd = open_named(folder);
	if (part->fd < 0)
		return -1;
	part->buffer = xmalloc(BUFFER);
	return 0;
}

void spool_part_close(struct spool_part *part)
{
	if (part->buffer != NULL)
		close(part->fd);
	free(part->buffer);
	part->buffer = NULL;
}

uint64_t spool_part_size(const struct spool_part *part)
{
	return part->written + part->used;
}

size_t spool_part_cost(const struct spool_record *record)
{
	return RECORD + record->n;
}

int spool_part_flush(struct spool_part *part)
{
	size_t done = 0;
	while (done < part->used) {
		ssize_t n =
		    pwrite(part->fd, &part->buffer[done], part->used - done, (off_t)(part->written + done));
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	part->written += done;
	part->used = 0;
	return 0;
}

int spool_part_put(struct spool_part *part, const struct spool_record *record, const uint8_t *bytes)
{
	if (part->used + spool_part_cost(record) > BUFFER && spool_part_flush(part) != 0)
		return -1;
	if (part->used == 0)
		part->pending = record->time;
	memcpy(&part->buffer[part->used], record, RECORD);
	if (record->n > 0)
		memcpy(&part->buffer[part->used + RECORD], bytes, record->n);
	part->used += spool_part_cost(record);
	if (record->time > part->last)
		part->last = record->time;
	return 0;
}

int spool_part_empty(struct spool_part *part)
{
	part->used = 0;
	part->written = 0;
	part->last = INT64_MIN;
	part->turn++;
	return ftruncate(part->fd, 0);
}

/* ---- walking ---- */

void spool_walk_begin(struct spool_walk *walk, const struct spool_part *part)
{
	*walk = (struct spool_walk){.part = part, .turn = part->turn, .end = part->written};
	walk->buffer = xmalloc(BUFFER);
}

void spool_walk_end(struct spool_walk *walk)
{
	free(walk->buffer);
	walk->buffer = NULL;
}

/* At least `n` bytes behind what was taken, or -1. */
static int fill(struct spool_walk *walk, size_t n)
{
	if (walk->used - walk->taken >= n)
		return 0;
	walk->used -= walk->taken;
	memmove(walk->buffer, &walk->buffer[walk->taken], walk->used);
	walk->taken = 0;
	while (walk->used < n) {
		uint64_t left = walk->end - walk->at, room = BUFFER - walk->used;
		ssize_t got = pread(walk->part->fd, &walk->buffer[walk->used], left < room ? left : room,
		                    (off_t)walk->at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? EIO : errno;
			return -1;
		}
		walk->used += (size_t)got;
		walk->at += (uint64_t)got;
	}
	return 0;
}

int spool_walk_step(struct spool_walk *walk)
{
	walk->has = false;
	if (walk->turn != walk->part->turn) {
		walk->lost = walk->lost || walk->at < walk->end || walk->taken < walk->used;
		walk->at = walk->end;
		walk->taken = walk->used;
		return 0;
	}
	if (walk->at == walk->end && walk->taken == walk->used)
		return 0;
	if (fill(walk, RECORD) != 0)
		return -1;
	memcpy(&walk->record, &walk->buffer[walk->taken], RECORD);
	if (fill(walk, spool_part_cost(&walk->record)) != 0)
		return -1;
	walk->bytes = &walk->buffer[walk->taken + RECORD];
	walk->taken += spool_part_cost(&walk->record);
	walk->has = true;
	return 0;
}
