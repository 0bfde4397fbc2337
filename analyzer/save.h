/*
 * The packets of NMSP sessions -> one pcapng file, for -w.
 *
 * The wiring hands over every packet that it counted to a session, and the raw frames of IP fragments, which
 * wait here until their IP packet is whole. Decides nothing about what belongs to a session; takes secrets
 * from the key log only with `with_secrets`, and only those of sessions that are named to it.
 */
#ifndef ANALYZER_SAVE_H
#define ANALYZER_SAVE_H

#include "analyzer/capfile.h"
#include "analyzer/err.h"
#include "analyzer/fragment.h"
#include "analyzer/keylog.h"

struct save;

/* Which secrets of a session stand in the file. Zeroed: none. */
struct save_keys {
	uint8_t client_random[TLS_RANDOM];
	uint64_t looked; /* generation of the key log at the last look */
	uint32_t lines; /* that are in the file: 1u << (enum keylog_label * LIMIT_SECRETS_ALIKE + number) */
};

/*
 * Opens or makes the file, and leaves what is in it. A file for secrets is readable by its owner only, an
 * older one from save_protect on. NULL and a sentence with the cure when it cannot be written. Free with
 * save_close.
 */
struct save *save_open(const char *path, bool with_secrets, struct err *err);

/* Whether this is the file that `path` names, by whatever way; "-" is standard input. */
bool save_is(const struct save *save, const char *path);

/* With secrets: only its owner may open the file. Done while we are its owner. */
void save_protect(struct save *save);

/* Empties the file and begins it. Errors of writing are kept for save_close. */
void save_start(struct save *save);

/*
 * A frame that brought an IP fragment; the place is what fragments_place says behind the push. When it
 * completed the IP packet, and that is a fragment in turn, the next call goes on with all frames of both.
 */
void save_fragment(struct save *save, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete);

/*
 * Writes a packet of a session: the frame, and the ones of its fragments in front. False when these had to be
 * given up, because more than LIMIT_SAVE_WAITING bytes waited: then nothing of the packet is written.
 */
bool save_packet(struct save *save, const struct capfile_packet *frame);

/* The frame belongs to no session: forgets the fragments that came with it. */
void save_forget(struct save *save);

/*
 * Writes the secrets of a client random that are known and not in the file yet; `keys` is of the session.
 * Does nothing without `with_secrets`.
 */
void save_secrets(struct save *save, const struct keylog *keylog, const uint8_t client_random[TLS_RANDOM],
                  struct save_keys *keys);

/* All packets were handed over: the file tells until when they could have come, in ns since 1970. */
void save_end(struct save *save, int64_t until);

/*
 * Closes the file and frees everything; NULL is allowed. -1 and a sentence when not all of it was written. A
 * file that was made by save_open and never begun by save_start is removed, if that is allowed.
 */
int save_close(struct save *save, struct err *err);

#endif
