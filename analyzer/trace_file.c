/*
 * One trace: bytes into the buffer, lines out of it, a few of them looked at together so that their order
 * can be put right. Called by trace_session.c.
 *
 * Lines borrow from the buffer; the few that wait when it is filled anew are copied and decoded again, so a
 * line costs no copy. A wrapped line is joined in memory of its own.
 */
#include "analyzer/trace_file.h"

#include "analyzer/origin.h"
#include "analyzer/trace_bytes.h"
#include "analyzer/trace_memo.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)
#define JOIN_BLANKS  4 /* blank lines that a paste may put between the two parts of a wrapped line */

#define STAMP '[' /* a stamp begins with it */

/* A line that waits for its turn. */
struct slot {
	struct trace_item item;
	uint8_t own[LIMIT_LINE]; /* holds it when it was joined, or when the buffer was filled behind it */
	bool owned;
};

struct trace_file {
	char *name;
	struct trace_bytes bytes;
	uint8_t buffer[BUFFER_BYTES];
	struct rd rest; /* of the buffer: what was not taken yet */
	bool ended;     /* nothing more comes into the buffer */
	bool patient;   /* a pipe that has nothing is not waited for here */
	bool awaits;    /* nothing had come at the last look */
	uint64_t size;  /* of a file; 0 of a pipe */
	bool skipping;  /* inside of a line that is longer than the buffer */
	size_t widest;  /* columns of the longest line with a stamp so far: no screen was narrower */
	uint64_t lines;
	int64_t first_time; /* of the first stamp in the first slice; ORIGIN_NO_TIME without one */
	uint32_t first_sequence;
	char problem[160];
	struct slot slots[TRACE_ORDER_WINDOW];
	struct slot *waiting[TRACE_ORDER_WINDOW]; /* in order of reading; slots that are free stand behind */
	size_t n_waiting;
	struct trace_order order;
	struct trace_memo memo;
};

/* ---- bytes into the buffer ---- */

static void own(struct trace_file *file, struct slot *slot)
{
	struct trace_item *item = &slot->item;
	if (slot->owned)
		return;
	if (item->raw.n > 0)
		memcpy(slot->own, item->raw.p, item->raw.n);
	item->raw = span_of(slot->own, item->raw.n);
	trace_memo_decode(&file->memo, item->raw, &item->line);
	slot->owned = true;
}

/* More bytes cannot be had before some are taken. */
static bool is_full(const struct trace_file *file)
{
	return BUFFER_BYTES - rd_left(&file->rest) < TRACE_BYTES_ROOM;
}

/* At its end, and with an error, it can be read, too. */
static bool can_read(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	return poll(&ready, 1, 0) != 0;
}

/* Moves what was not taken to the front and reads once. False when there is no room, or nothing to read yet.
 */
static bool fill(struct trace_file *file)
{
	size_t kept = rd_left(&file->rest);
	if (is_full(file))
		return false;
	file->awaits = file->patient && !can_read(file->bytes.fd);
	if (file->awaits)
		return false;
	for (size_t i = 0; i < file->n_waiting; i++)
		own(file, file->waiting[i]);
	struct span left = rd_rest(&file->rest);
	if (kept > 0)
		memmove(file->buffer, left.p, kept);
	ssize_t got = trace_bytes_read(&file->bytes, &file->buffer[kept], BUFFER_BYTES - kept);
	if (got < 0)
		snprintf(file->problem, sizeof file->problem, "reading stopped: %s", strerror(errno));
	file->ended = got <= 0;
	size_t more = got > 0 ? (size_t)got : 0;
	file->rest = rd_of(span_of(file->buffer, kept + more));
	return true;
}

static void note_first(struct trace_file *file)
{
	struct rd slice = file->rest;
	struct trace_line line;
	while (file->first_time == ORIGIN_NO_TIME && rd_more(&slice)) {
		trace_decode(rd_any_line(&slice), &line);
		if (!line.has_time || line.no_year)
			continue;
		file->first_time = line.time;
		file->first_sequence = line.sequence;
	}
}

struct trace_file *trace_file_open(struct source *source, struct err *err)
{
	struct trace_file *file = xcalloc(1, sizeof *file);
	struct stat status;
	file->name = xstrdup(source->name);
	file->bytes.fd = source_take(source);
	if (fstat(file->bytes.fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
		file->size = (uint64_t)status.st_size;
	for (size_t i = 0; i < TRACE_ORDER_WINDOW; i++)
		file->waiting[i] = &file->slots[i];
	file->rest = rd_of(span_of(file->buffer, 0));
	fill(file);
	file->first_time = ORIGIN_NO_TIME;
	note_first(file);
	if (rd_left(&file->rest) > 0)
		return file;
	if (file->problem[0] != '\0')
		err_set(err, "%.120s cannot be read: %.120s", source_shown(file->name), strerror(errno));
	else
		err_set(err, "%.120s holds 0 bytes: paste the output of show trace messages nmsp into it",
		        source_shown(file->name));
	trace_file_close(file);
	return NULL;
}

void trace_file_close(struct trace_file *file)
{
	if (file == NULL)
		return;
	close(file->bytes.fd);
	free(file->name);
	free(file);
}

/* ---- lines out of the buffer ---- */

enum got { GOT_LINE, GOT_NOTHING, GOT_SHORT }; /* short: more bytes must be read first */

/* The next line of the file as far as it is in the buffer; the last one may lack its end. */
static enum got physical(const struct trace_file *file, struct rd *r, struct span *line)
{
	if (rd_whole_line(r, line))
		return GOT_LINE;
	if (!file->ended)
		return GOT_SHORT;
	if (!rd_more(r))
		return GOT_NOTHING;
	*line = rd_any_line(r);
	return GOT_LINE;
}

static bool is_blank(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t')
			return false;
	return true;
}

/* The line so far comes into memory of its own; what was joined to it can be taken back with the copy. */
static void join(struct trace_file *file, struct slot *slot, const char *between, struct span more)
{
	struct trace_item *item = &slot->item;
	size_t n = item->raw.n;
	if (n > 0 && !slot->owned)
		memcpy(slot->own, item->raw.p, n);
	slot->owned = true;
	item->joined = true;
	if (between[0] != '\0' && n < LIMIT_LINE)
		slot->own[n++] = (uint8_t)between[0];
	item->cut = item->cut || n + more.n > LIMIT_LINE;
	size_t room = LIMIT_LINE - n;
	size_t taken = more.n < room ? more.n : room;
	if (taken > 0)
		memcpy(&slot->own[n], more.p, taken);
	item->raw = span_of(slot->own, n + taken);
	trace_memo_decode(&file->memo, item->raw, &item->line);
}

/* Characters of UTF-8; bytes of anything else. Never more than bytes. */
static size_t columns(struct span line)
{
	size_t n = 0;
	for (size_t i = 0; i < line.n; i++)
		n += (line.p[i] & 0xc0) != 0x80;
	return n;
}

static void note_width(struct trace_file *file, struct span line)
{
	if (line.n <= file->widest || line.n > LIMIT_WRAPPED || line.p[0] != STAMP)
		return;
	size_t wide = columns(line);
	file->widest = wide > file->widest ? wide : file->widest;
}

/* Joins a line that the edge of the screen cut anywhere, in a word or number too. False: it is none. */
static bool join_cut(struct trace_file *file, struct slot *slot, struct span more)
{
	struct trace_item before = slot->item;
	bool owned = slot->owned;
	join(file, slot, " ", more);
	struct trace_line spaced = slot->item.line;
	slot->item = before;
	slot->owned = owned;
	join(file, slot, "", more);
	if (trace_was_cut(&before.line, more, &slot->item.line, &spaced))
		return true;
	slot->item = before;
	slot->owned = owned;
	return false;
}

/* The next byte begins a stamp: the line begins anew, and needs no closer look. */
static bool begins(const struct rd *r)
{
	struct rd peek = *r;
	return rd_more(&peek) && rd_u8(&peek) == STAMP;
}

/* Joins what was wrapped. False when the buffer ends before that can be told. */
static bool take_wrapped(struct trace_file *file, struct rd *r, uint64_t *lines, struct slot *slot)
{
	struct span part = slot->item.raw; /* the last one of what was joined */
	for (;;) {
		struct rd peek = *r;
		struct span line = {.p = NULL, .n = 0};
		uint64_t taken = 0;
		do {
			if (begins(&peek)) {
				*r = peek; /* behind blank lines, which need not be read again */
				*lines += taken;
				return true;
			}
			enum got got = physical(file, &peek, &line);
			if (got != GOT_LINE)
				return got == GOT_NOTHING || is_full(file);
			taken++;
		} while (is_blank(line) && taken <= JOIN_BLANKS);
		if (is_blank(line) || slot->item.cut)
			return true;
		bool cut = taken == 1 && part.n >= file->widest && columns(part) == file->widest &&
		           join_cut(file, slot, line);
		if (!cut && !trace_continues(&slot->item.line, line))
			return true;
		if (!cut)
			join(file, slot, " ", line);
		part = line;
		*r = peek;
		*lines += taken;
	}
}

/* Blank lines are taken at once. */
static enum got first_line(struct trace_file *file, struct rd *r, struct span *line)
{
	for (;;) {
		enum got got = physical(file, r, line);
		if (got == GOT_SHORT && is_full(file)) {
			*line = rd_rest(r);
			file->skipping = true;
			return GOT_LINE;
		}
		if (got != GOT_LINE || !is_blank(*line))
			return got;
		file->rest = *r;
		file->lines++;
	}
}

/* Takes a whole logical line into the slot. */
static enum got take(struct trace_file *file, struct slot *slot)
{
	struct rd r = file->rest;
	struct span line = {.p = NULL, .n = 0};
	enum got got = first_line(file, &r, &line);
	uint64_t lines = 1;
	if (got != GOT_LINE)
		return got;
	slot->owned = false;
	slot->item.number = file->lines + 1;
	slot->item.cut = line.n > LIMIT_LINE;
	slot->item.joined = false;
	slot->item.raw = span_cut(line, 0, LIMIT_LINE);
	note_width(file, line);
	trace_memo_decode(&file->memo, slot->item.raw, &slot->item.line);
	if (!file->skipping && !take_wrapped(file, &r, &lines, slot))
		return GOT_SHORT;
	file->rest = r;
	file->lines += lines;
	return GOT_LINE;
}

/* Bytes of a line that did not fit the buffer, up to its end. False when that has not come yet. */
static bool skip(struct trace_file *file)
{
	struct span line;
	while (!rd_whole_line(&file->rest, &line)) {
		(void)rd_rest(&file->rest);
		if (file->ended)
			break;
		if (!fill(file))
			return false;
	}
	file->skipping = false;
	return true;
}

/* Fills the window as far as the file goes, unless the first line needs no other. */
static void look_ahead(struct trace_file *file)
{
	while (file->n_waiting < TRACE_ORDER_WINDOW) {
		if (file->n_waiting == 1 && trace_order_is_next(&file->order, &file->waiting[0]->item.line))
			return;
		if (file->skipping && !skip(file))
			return;
		enum got got = take(file, file->waiting[file->n_waiting]);
		if (got == GOT_LINE)
			file->n_waiting++;
		else if (got == GOT_NOTHING || !fill(file))
			return;
	}
}

const struct trace_item *trace_file_next(struct trace_file *file)
{
	const struct trace_line *lines[TRACE_ORDER_WINDOW];
	file->awaits = false;
	look_ahead(file);
	if (file->n_waiting == 0 || file->awaits)
		return NULL;
	for (size_t i = 0; i < file->n_waiting; i++)
		lines[i] = &file->waiting[i]->item.line;
	struct trace_loss loss;
	size_t at = trace_order_pick(&file->order, lines, file->n_waiting, &loss);
	struct slot *slot = file->waiting[at];
	slot->item.loss = loss;
	file->n_waiting--;
	for (; at < file->n_waiting; at++)
		file->waiting[at] = file->waiting[at + 1];
	file->waiting[file->n_waiting] = slot;
	return &slot->item;
}

void trace_file_set_patient(struct trace_file *file)
{
	file->patient = true;
}

int trace_file_awaits(const struct trace_file *file)
{
	return file->awaits ? file->bytes.fd : -1;
}

const char *trace_file_name(const struct trace_file *file)
{
	return file->name;
}

bool trace_file_earlier(const struct trace_file *file, const struct trace_file *other)
{
	if (file->first_time != other->first_time)
		return file->first_time < other->first_time;
	return file->first_sequence < other->first_sequence;
}

const char *trace_file_problem(const struct trace_file *file)
{
	return file->problem;
}

uint64_t trace_file_lines(const struct trace_file *file)
{
	return file->lines;
}

uint64_t trace_file_bytes(const struct trace_file *file)
{
	return file->bytes.read;
}

uint64_t trace_file_size(const struct trace_file *file)
{
	return file->size;
}
