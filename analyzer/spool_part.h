/*
 * One of the files of the spool: records one behind the other, written at its end and walked through from its
 * start.
 *
 * Part of the spool. Nobody else can open the file, so what is read is what was written.
 */
#ifndef ANALYZER_SPOOL_PART_H
#define ANALYZER_SPOOL_PART_H

#include "analyzer/capfile.h"

struct spool_record {
	uint64_t number;  /* in the order in which they came */
	uint64_t session; /* number of its first packet */
	int64_t time;
	uint32_t wire, direction; /* enum capfile_direction */
	uint32_t linktype, n;     /* n: bytes behind the record */
};

struct spool_part {
	int fd;
	uint64_t written; /* bytes in the file */
	uint8_t *buffer;
	size_t used;
	int64_t pending; /* time of the first record that is not in the file yet; only with `used` */
	uint64_t turn;   /* counts how often it was emptied */
	int64_t last;    /* the latest time in it, INT64_MIN when it is empty */
};

/* An unlinked file in this folder; -1 and errno. */
int spool_part_open(struct spool_part *part, const char *folder);
void spool_part_close(struct spool_part *part);

uint64_t spool_part_size(const struct spool_part *part);

/* What it takes. */
size_t spool_part_cost(const struct spool_record *record);

/* These return 0, or -1 and errno. */
int spool_part_put(struct spool_part *part, const struct spool_record *record, const uint8_t *bytes);
int spool_part_flush(struct spool_part *part);
int spool_part_empty(struct spool_part *part);

/* A way through what is in a part when it begins. */
struct spool_walk {
	const struct spool_part *part;
	uint64_t turn, at, end; /* at: what is read next of the file */
	uint8_t *buffer;
	size_t used, taken;         /* of the buffer */
	struct spool_record record; /* the current one, and its bytes: borrowed until the next step */
	const uint8_t *bytes;
	bool has;  /* there is a current one */
	bool lost; /* the part was emptied meanwhile */
};

/* What is in it must have been flushed. Stands in front of the first record. Free with spool_walk_end. */
void spool_walk_begin(struct spool_walk *walk, const struct spool_part *part);
void spool_walk_end(struct spool_walk *walk);

/* To the next record; walk->has is false at the end. -1 and errno when it cannot be read. */
int spool_walk_step(struct spool_walk *walk);

#endif
