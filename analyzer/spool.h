/*
 * The packets of sessions while an input is read that cannot be read again: what `s` saves from an interface
 * or a pipe.
 *
 * Three unlinked temporary files, made before privileges are dropped and bounded by limits.h. Heads of
 * sessions, which are the packets up to the end of the TLS handshake, go into one: when it is full, those of
 * sessions that have left the model are taken out of it. All other packets go into the two parts in turn:
 * when one is full the other is emptied and used, so the oldest leave first. A head has no end where no
 * handshake comes, so beyond LIMIT_SPOOL_HEAD bytes a session's packets are others, too.
 *
 * Each packet is there with its fragments, in front of it. Readers see them in the order in which they came.
 */
#ifndef ANALYZER_SPOOL_H
#define ANALYZER_SPOOL_H

#include "analyzer/capfile.h"
#include "analyzer/err.h"
#include "analyzer/fragment.h"
#include "analyzer/model.h"

struct spool;

/* Bytes of the heads, and of each of the two parts. */
struct spool_plan {
	uint64_t heads, part;
};

/* How far a session's head has come; zeroed to begin with. */
struct spool_head {
	uint64_t bytes;
	bool ended;
};

/*
 * Makes the files in $TMPDIR, /var/tmp or /tmp, the first of them where it can be. The model is borrowed.
 * NULL and a sentence when there is no such folder. Free with spool_close.
 */
struct spool *spool_open(const struct model *model, const struct spool_plan *plan, struct err *err);
void spool_close(struct spool *spool); /* NULL is allowed */

/* As save_fragment, save_packet and save_other. */
void spool_fragment(struct spool *spool, const struct capfile_packet *frame, struct fragments_place place,
                    bool complete);
bool spool_packet(struct spool *spool, const struct capfile_packet *frame, const struct session *session,
                  struct spool_head *head);
void spool_other(struct spool *spool);

/* What a session lacks. Times are ns since 1970, INT64_MIN: nothing. */
struct spool_losses {
	int64_t others; /* packets that are no head left up to this time */
	int64_t heads;  /* heads left, up to this time, of sessions that still are in the model */
	int64_t failed; /* a file could not be written: nothing is there from this time on */
	int reason;     /* errno of that */
};
struct spool_losses spool_losses(const struct spool *spool);

struct spool_reader;

/* Reads what is there now; what comes later is not seen. While one reads no head leaves. */
struct spool_reader *spool_read(struct spool *spool);
void spool_read_end(struct spool_reader *reader); /* NULL is allowed */

/*
 * The next frame, borrowed until the next call, and the number of the first packet of its session. 0 at the
 * end, -1 and errno when it cannot be read. Packets that leave while they are read are counted in the losses.
 */
int spool_next(struct spool_reader *reader, struct capfile_packet *out, uint64_t *first);

/* How much of it was read, 0 to 100. */
int spool_percent(const struct spool_reader *reader);

#endif
