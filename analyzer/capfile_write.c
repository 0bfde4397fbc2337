/*
 * The writer half of capfile.h: packets -> one pcapng section (draft-ietf-opsawg-pcapng).
 *
 * Called by whoever saves packets: -w, the sample generator, the benchmarks. Keeps no packet, writes no
 * comments and no hardware names.
 */
#include "analyzer/capfile.h"

#include <endian.h>
#include <errno.h>

enum {
	BLOCK_SECTION = 0x0A0D0D0A,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECRETS = 10,
	SECRETS_TLS = 0x544C534B,
	BYTE_ORDER_MAGIC = 0x1A2B3C4D,
	VERSION_MAJOR = 1,
	OPTION_FLAGS = 2, /* of a packet */
	OPTION_ENDTIME = 3,
	OPTION_USERAPPL = 4,
	OPTION_TSRESOL = 9,
	TSRESOL_NANO = 9,
	OPTION_COMMENT = 1,
	APPLICATION_SIZE = 4 + (sizeof CAPFILE_APPLICATION - 1 + 3) / 4 * 4,
	REDACTED_SIZE = 4 + (sizeof CAPFILE_REDACTED - 1 + 3) / 4 * 4,
	SECTION_SIZE = 28 + REDACTED_SIZE + APPLICATION_SIZE + 4, /* the larger one */
	INTERFACE_SIZE = 32,
	PACKET_SIZE = 32,            /* without the packet's own bytes, */
	FLAGS = 4,
	FLAGS_SIZE = 4 + FLAGS + 4,  /* and without its direction */
	STATISTICS_SIZE = 40,
	ENDTIME = 8,
	SECRETS_SIZE = 20,           /* without the text */
	SECRETS_TEXT = LIMIT_PACKET, /* of one block, so that our reader takes it */
};

#define BLOCK_FILL UINT32_C(0x80000000) /* the first type for local use */

static const uint8_t zeros[4];

struct block {
	uint8_t bytes[SECTION_SIZE];
	size_t n;
};

static inline void block_little(struct block *block, uint64_t value, size_t width)
{
	uint64_t little = htole64(value);
	memcpy(&block->bytes[block->n], &little, width);
	block->n += width;
}

/* pcapng writes a time as two halves, the upper one first, whatever the byte order. */
static void block_time(struct block *block, uint64_t time)
{
	block_little(block, time >> 32, 4);
	block_little(block, time, 4);
}

static void block_option(struct block *block, uint16_t code, const char *text)
{
	size_t n = strlen(text);
	block_little(block, code, 2);
	block_little(block, n, 2);
	for (size_t i = 0; i < n; i++)
		block_little(block, (uint8_t)text[i], 1);
	block_little(block, 0, (4 - n % 4) % 4);
}

int capfile_write_stream(void *file, const struct span *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pieces[i].n > 0 && fwrite(pieces[i].p, 1, pieces[i].n, file) != pieces[i].n)
			return -1;
	return 0;
}

void capfile_fill(uint8_t *to, size_t n)
{
	struct block frame = {.n = 0};
	block_little(&frame, BLOCK_FILL, 4);
	block_little(&frame, n, 4);
	memset(to, 0, n);
	memcpy(to, frame.bytes, frame.n);
	memcpy(&to[n - 4], &frame.bytes[4], 4);
}

static int put_block(const struct capfile_writer *writer, const struct block *block)
{
	struct span whole = span_of(block->bytes, block->n);
	return writer->put(writer->to, &whole, 1);
}

static int start(struct capfile_writer *writer, int (*put)(void *to, const struct span *pieces, size_t n),
                 void *to, bool redacted)
{
	size_t size = redacted ? SECTION_SIZE : SECTION_SIZE - REDACTED_SIZE;
	*writer = (struct capfile_writer){.put = put, .to = to};
	struct block block = {.n = 0};
	block_little(&block, BLOCK_SECTION, 4);
	block_little(&block, size, 4);
	block_little(&block, BYTE_ORDER_MAGIC, 4);
	block_little(&block, VERSION_MAJOR, 2);
	block_little(&block, 0, 2);
	block_little(&block, UINT64_MAX, 8); /* the section's length is not known in advance */
	if (redacted)
		block_option(&block, OPTION_COMMENT, CAPFILE_REDACTED);
	block_option(&block, OPTION_USERAPPL, CAPFILE_APPLICATION);
	block_little(&block, 0, 4); /* end of options */
	block_little(&block, size, 4);
	return put_block(writer, &block);
}

int capfile_write_start(struct capfile_writer *writer,
                        int (*put)(void *to, const struct span *pieces, size_t n), void *to)
{
	return start(writer, put, to, false);
}

int capfile_write_start_redacted(struct capfile_writer *writer,
                                 int (*put)(void *to, const struct span *pieces, size_t n), void *to)
{
	return start(writer, put, to, true);
}

static int put_interface(const struct capfile_writer *writer, uint32_t linktype)
{
	struct block block = {.n = 0};
	block_little(&block, BLOCK_INTERFACE, 4);
	block_little(&block, INTERFACE_SIZE, 4);
	block_little(&block, linktype, 2);
	block_little(&block, 0, 2);
	block_little(&block, 0, 4); /* snaplen: no limit */
	block_little(&block, OPTION_TSRESOL, 2);
	block_little(&block, 1, 2);
	block_little(&block, TSRESOL_NANO, 4); /* one byte and its padding */
	block_little(&block, 0, 4);            /* end of options */
	block_little(&block, INTERFACE_SIZE, 4);
	return put_block(writer, &block);
}

/* The interface of a link type; their number when it is new. */
static uint32_t find_interface(const struct capfile_writer *writer, uint32_t linktype)
{
	uint32_t i = 0;
	while (i < writer->interfaces && writer->linktypes[i] != linktype)
		i++;
	return i;
}

/* Writes what is new; -1 when that fails. */
static int interface_of(struct capfile_writer *writer, uint32_t linktype)
{
	uint32_t interface = find_interface(writer, linktype);
	if (interface < writer->interfaces)
		return (int)interface;
	if (linktype > UINT16_MAX || writer->interfaces == CAPFILE_LINKTYPES) {
		errno = EOVERFLOW;
		return -1;
	}
	if (put_interface(writer, linktype) != 0)
		return -1;
	writer->linktypes[writer->interfaces] = linktype;
	return (int)writer->interfaces++;
}

static size_t padded(size_t n)
{
	return (n + 3) / 4 * 4;
}

static size_t packet_size(const struct capfile_packet *packet)
{
	return PACKET_SIZE + padded(packet->data.n) + (packet->direction != CAPFILE_NO_DIRECTION ? FLAGS_SIZE : 0);
}

size_t capfile_write_sizes(const struct capfile_writer *writer, const struct capfile_packet *packet,
                           size_t secrets, size_t sizes[CAPFILE_SIZES])
{
	uint32_t interfaces = writer->interfaces;
	size_t n = 0;
	if (secrets > 0)
		sizes[n++] = SECRETS_SIZE + padded(secrets);
	if (find_interface(writer, packet->linktype) == interfaces && interfaces < CAPFILE_LINKTYPES) {
		sizes[n++] = INTERFACE_SIZE;
		interfaces++;
	}
	sizes[n++] = packet_size(packet);
	for (uint32_t i = 0; i < interfaces; i++)
		sizes[n++] = STATISTICS_SIZE;
	return n;
}

/* A block of `total` bytes whose head is filled: content, padding, what the tail holds, the length again. */
static int put_content(const struct capfile_writer *writer, const struct block *head, struct span content,
                       struct block *tail, size_t total)
{
	block_little(tail, total, 4);
	struct span pieces[] = {span_of(head->bytes, head->n), content,
	                        span_of(zeros, padded(content.n) - content.n), span_of(tail->bytes, tail->n)};
	return writer->put(writer->to, pieces, sizeof pieces / sizeof pieces[0]);
}

int capfile_write_packet(struct capfile_writer *writer, const struct capfile_packet *packet)
{
	if (packet->data.n > UINT32_MAX - PACKET_SIZE - FLAGS_SIZE - sizeof zeros || packet->wire > UINT32_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	int interface = interface_of(writer, packet->linktype);
	if (interface < 0)
		return -1;
	size_t total = packet_size(packet);
	uint64_t time = packet->time > 0 ? (uint64_t)packet->time : 0; /* pcapng has no time before 1970 */
	struct block head = {.n = 0}, tail = {.n = 0};
	block_little(&head, BLOCK_PACKET, 4);
	block_little(&head, total, 4);
	block_little(&head, (uint64_t)interface, 4);
	block_time(&head, time);
	block_little(&head, packet->data.n, 4);
	block_little(&head, packet->wire, 4);
	if (packet->direction != CAPFILE_NO_DIRECTION) {
		block_little(&tail, OPTION_FLAGS, 2);
		block_little(&tail, FLAGS, 2);
		block_little(&tail, packet->direction, FLAGS);
		block_little(&tail, 0, 4); /* end of options */
	}
	return put_content(writer, &head, packet->data, &tail, total);
}

/* How much of the text goes into one block: whole lines where there is an end of a line. */
static size_t block_text(struct span text)
{
	if (text.n <= SECRETS_TEXT)
		return text.n;
	size_t n = SECRETS_TEXT;
	while (n > 0 && text.p[n - 1] != '\n')
		n--;
	return n > 0 ? n : SECRETS_TEXT;
}

static int put_secrets(const struct capfile_writer *writer, struct span text)
{
	size_t total = SECRETS_SIZE + padded(text.n);
	struct block head = {.n = 0}, tail = {.n = 0};
	block_little(&head, BLOCK_SECRETS, 4);
	block_little(&head, total, 4);
	block_little(&head, SECRETS_TLS, 4);
	block_little(&head, text.n, 4);
	return put_content(writer, &head, text, &tail, total);
}

int capfile_write_secrets(struct capfile_writer *writer, struct span keylog)
{
	while (keylog.n > 0) {
		size_t n = block_text(keylog);
		if (put_secrets(writer, span_cut(keylog, 0, n)) != 0)
			return -1;
		keylog = span_cut(keylog, n, keylog.n);
	}
	return 0;
}

int capfile_write_end(struct capfile_writer *writer, int64_t until)
{
	for (uint32_t i = 0; i < writer->interfaces && until >= 0; i++) {
		struct block block = {.n = 0};
		block_little(&block, BLOCK_STATISTICS, 4);
		block_little(&block, STATISTICS_SIZE, 4);
		block_little(&block, i, 4);
		block_time(&block, (uint64_t)until);
		block_little(&block, OPTION_ENDTIME, 2);
		block_little(&block, ENDTIME, 2);
		block_time(&block, (uint64_t)until);
		block_little(&block, 0, 4); /* end of options */
		block_little(&block, STATISTICS_SIZE, 4);
		if (put_block(writer, &block) != 0)
			return -1;
	}
	return 0;
}
