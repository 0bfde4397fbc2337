/*
 * The packets of NMSP sessions, or all packets -> pcapng files, for -w: one, or several that are used in
 * turn.
 *
 * The wiring hands over every packet, says whether it counted it to a session, and hands over the raw frames
 * of IP fragments, which wait here until their IP packet is whole. Decides nothing about what belongs to a
 * session; takes secrets from the key log only with `with_secrets`, and only those of sessions that are named
 * to it. A connection is an NMSP session by its port from its first packet on, so nothing else has to wait.
 */
#ifndef ANALYZER_SAVE_H
#define ANALYZER_SAVE_H

#include "analyzer/capfile.h"
#include "analyzer/err.h"
#include "analyzer/fragment.h"
#include "analyzer/keylog.h"
#include "analyzer/redact.h"

#include <sys/types.h>

struct save;

struct save_plan {
	const char *path; /* borrowed by save_open only */
	bool with_secrets;
	bool all;       /* packets of no session, too */
	const struct redact *redact; /* addresses and names become tokens, and `all` and `with_secrets` are not set; or NULL */
	uint64_t size;  /* bytes of a file at most, but at least one packet is in it; 0: no end */
	uint32_t files; /* with `size`: how many are used in turn, LIMIT_SAVE_FILES at most; else 0 */
};

/* Which secrets of a session stand in the current file. Zeroed: none. */
struct save_keys {
	uint8_t client_random[TLS_RANDOM];
	uint64_t turn;   /* of the file, as save counts them; the session has packets in it */
	uint64_t looked; /* generation of the key log at the last look */
	uint32_t lines; /* that are in the file: a bit for each that a session may have */
};

/* A session as far as it matters here. All is borrowed for a call. */
struct save_session {
	const struct keylog *keylog;  /* NULL: there is none */
	const struct keylog *learned; /* with it: master secrets that followed from others */
	const uint8_t *client_random; /* NULL: not known yet */
	struct save_keys *keys;       /* of this session */
};

/*
 * Opens or makes the files, and leaves what is in them; see save_files_open for their names. Files for
 * secrets are readable by their owner only, older ones from save_start on. NULL and a sentence with the cure
 * when they cannot be written. Free with save_close.
 */
struct save *save_open(const struct save_plan *plan, struct err *err);

/* Whether one of the files is the one that `path` names, by whatever way; "-" is standard input. */
bool save_is(const struct save *save, const char *path);

/* With secrets: only their owner may open the files. Done while we are that. */
void save_protect(struct save *save);

/* As save_files_give; -1 and a sentence when it fails. */
int save_give(struct save *save, uid_t uid, gid_t gid, struct err *err);

/* Empties the files and begins each. Errors of writing are kept for save_flush and save_close. */
void save_start(struct save *save);

/*
 * A frame that brought an IP fragment; the place is what fragments_place says behind the push. When it
 * completed the IP packet, and that is a fragment in turn, the next call goes on with all frames of both.
 */
void save_fragment(struct save *save, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete);

/*
 * Writes a packet of a session: the frame, and the ones of its fragments in front, and in front of these the
 * secrets of the session that are known and not in the file yet. A file that would get too large for one of
 * them is ended before, and the next one begun. False when fragments had to be given up, because more than
 * LIMIT_SAVE_WAITING bytes waited: then nothing of the packet is written.
 */
bool save_packet(struct save *save, const struct capfile_packet *frame, const struct save_session *session);

/* A packet of bare NMSP messages (LINKTYPE_USER0) is written. */
void save_bare(struct save *save, const struct capfile_packet *frame);

/* The frame belongs to no session: it is written if all are, and else forgotten with the fragments it
 * completed. */
void save_other(struct save *save, const struct capfile_packet *frame);

/* Secrets that came late: those of a session that has packets in the current file. */
void save_secrets(struct save *save, const struct save_session *session);

/*
 * What was handed over is in the file behind this call (under --redact: but for packets that wait for the rest of a
 * handshake message), which ends with a whole packet then, as it does at
 * any moment between two calls. -1 and a sentence, once, when something could not be written before or now.
 */
int save_flush(struct save *save, struct err *err);

/* All packets were handed over: the file tells until when they could have come, in ns since 1970. */
void save_end(struct save *save, int64_t until);

/*
 * Closes the files and frees everything; NULL is allowed. -1 and a sentence when not all of it was written,
 * unless save_flush said so. Files that were made by save_open and never begun by save_start are removed, if
 * that is allowed.
 */
int save_close(struct save *save, struct err *err);

#endif
