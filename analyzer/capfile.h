/*
 * The incremental reader of pcap and pcapng, and the pcapng writer. Bytes in, packets out.
 *
 * The reader never blocks and holds no packet: the caller keeps a buffer, offers what it has, and gets
 * packets that borrow from it. Both byte orders; pcap in micro- and nanoseconds (and the variants below);
 * pcapng with several sections, interfaces, link types, snaplens and time resolutions, and TLS key logs in
 * decryption secrets blocks; unknown blocks are skipped. Formats: draft-ietf-opsawg-pcap and -pcapng.
 */
#ifndef ANALYZER_CAPFILE_H
#define ANALYZER_CAPFILE_H

#include "dissect/limits.h"
#include "dissect/rd.h"

#include <stdio.h>

/* What the writer calls itself in the section header. */
#define CAPFILE_APPLICATION "nmspscope"

/* What it says there of a file whose addresses and names are tokens. */
#define CAPFILE_REDACTED "redacted: addresses and names are tokens"

/* The most that capfile_need ever asks for: a packet, its block header and some options. */
#define CAPFILE_NEED_MAX (LIMIT_PACKET + 4096)

/* From the place where it was captured, draft-ietf-opsawg-pcapng section 4.3.1; these are its numbers. */
enum capfile_direction { CAPFILE_NO_DIRECTION, CAPFILE_INBOUND, CAPFILE_OUTBOUND };

struct capfile_packet {
	int64_t time; /* nanoseconds since 1970-01-01 UTC; clamped to what fits */
	uint32_t linktype;
	size_t wire;       /* length on the wire, never below data.n */
	struct span data;  /* borrowed from the buffer that capfile_next was given */
	enum capfile_direction direction;
};

enum capfile_result {
	CAPFILE_PACKET,  /* *out holds a packet */
	CAPFILE_SECRETS, /* out->data holds lines of a TLS key log, all else in *out is 0 */
	CAPFILE_MORE,    /* the buffer holds no whole item: append at least capfile_need() bytes in all */
	CAPFILE_BAD,     /* damage at this place: capfile_problem() says what; nothing more comes */
};

enum capfile_kind { CAPFILE_UNKNOWN, CAPFILE_PCAP, CAPFILE_PCAPNG };

struct capfile;

struct capfile *capfile_new(void);
void capfile_free(struct capfile *file); /* NULL is allowed */

/*
 * Takes the next packet or key log from *buffer and moves the start of *buffer behind what was taken, also
 * when the answer is CAPFILE_MORE (blocks that hold neither, and the part of a skipped block that is there).
 */
enum capfile_result capfile_next(struct capfile *file, struct span *buffer, struct capfile_packet *out);

/* After CAPFILE_MORE: how many bytes the buffer must hold to get further; at most CAPFILE_NEED_MAX. */
size_t capfile_need(const struct capfile *file);

enum capfile_kind capfile_kind(const struct capfile *file);

/* Packets that the capturing program says it lost (pcapng interface statistics), -1 when it says nothing. */
int64_t capfile_dropped(const struct capfile *file);

/* The smallest snaplen of the file's interfaces, 0 when unlimited or unknown. */
uint32_t capfile_snaplen(const struct capfile *file);

/*
 * Until when the capture went on, behind its last packet too; INT64_MIN when the file does not say. Believed
 * only of our own writer: other tools may keep the time of a file of which they copy a part.
 */
int64_t capfile_until(const struct capfile *file);

/* A section of our own writer says that its addresses and names are tokens. */
bool capfile_redacted(const struct capfile *file);

/* Decryption secrets blocks that were not handed out because they exceed CAPFILE_NEED_MAX. */
uint64_t capfile_skipped_secrets(const struct capfile *file);

/* Why the last call answered CAPFILE_BAD: a sentence without a full stop. */
const char *capfile_problem(const struct capfile *file);

/*
 * The end of the input in the middle of an item: true when `left` unread bytes (or a skipped block that is
 * not complete) show that the file was cut.
 */
bool capfile_cut(const struct capfile *file, size_t left);

/*
 * The pcapng writer: one section, nanoseconds, one interface per link type, written when first needed. Every
 * block is handed on whole, in one call. All return 0, or -1 when it was not taken (errno is set) or the
 * packet does not fit (EOVERFLOW: a 17th link type). A time before 1970 is written as 1970.
 */
#define CAPFILE_LINKTYPES 16
struct capfile_writer {
	/* Takes one block, the pieces one behind the other. 0, or -1 and errno. */
	int (*put)(void *to, const struct span *pieces, size_t n);
	void *to; /* the caller's */
	uint32_t linktypes[CAPFILE_LINKTYPES];
	uint32_t interfaces;
};

/* Says in the file that what is in it is redacted. */
int capfile_write_start_redacted(struct capfile_writer *writer,
                                 int (*put)(void *to, const struct span *pieces, size_t n), void *to);

int capfile_write_start(struct capfile_writer *writer,
                        int (*put)(void *to, const struct span *pieces, size_t n), void *to);

/*
 * Makes a block of n bytes that readers skip (a type for local use). n is a multiple of 4 and not below
 * CAPFILE_FILL_MIN.
 */
#define CAPFILE_FILL_MIN 16
void capfile_fill(uint8_t *block, size_t n);

/* A `put` for a stdio stream, which is `to`. */
int capfile_write_stream(void *file, const struct span *pieces, size_t n);

/*
 * Sizes of the blocks, in their order, of so many bytes of secrets (of one block; 0: none), a packet, its
 * interface where that is new, and the end behind it. Returns their number.
 */
#define CAPFILE_SIZES (CAPFILE_LINKTYPES + 3)
size_t capfile_write_sizes(const struct capfile_writer *writer, const struct capfile_packet *packet,
                           size_t secrets, size_t sizes[CAPFILE_SIZES]);

int capfile_write_packet(struct capfile_writer *writer, const struct capfile_packet *packet);

/*
 * Lines of a TLS key log as decryption secrets blocks (draft-ietf-opsawg-pcapng section 4.7): one, or as
 * many as keep each below CAPFILE_NEED_MAX; a line is cut only where it is longer than a block.
 */
int capfile_write_secrets(struct capfile_writer *writer, struct span keylog);

/* The end, once: until when packets could have come. A time before 1970 is left out. */
int capfile_write_end(struct capfile_writer *writer, int64_t until);

#endif
