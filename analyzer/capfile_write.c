/*
 * The writer half of capfile.h: packets -> one pcapng section (draft-ietf-opsawg-pcapng).
 *
 * Called by whoever saves packets: -w, the sample generator, the benchmarks. Keeps no packet, writes no
 * comments and no hardware names, and never closes the stream.
 */
#include "analyzer/capfile.h"

#include <errno.h>

enum {
	BLOCK_SECTION = 0x0A0D0D0A,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1A2B3C4D,
	VERSION_MAJOR = 1,
	OPTION_TSRESOL = 9,
	TSRESOL_NANO = 9,
	SECTION_SIZE = 28,
	INTERFACE_SIZE = 32,
	PACKET_SIZE = 32, /* without the packet's own bytes */
};

struct block {
	uint8_t bytes[PACKET_SIZE];
	size_t n;
};

static void block_little(struct block *block, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		block->bytes[block->n++] = (uint8_t)(value >> (8 * i));
}

static int put(FILE *file, const void *bytes, size_t n)
{
	return n == 0 || fwrite(bytes, 1, n, file) == n ? 0 : -1;
}

static int put_block(FILE *file, const struct block *block)
{
	return put(file, block->bytes, block->n);
}

int capfile_write_start(struct capfile_writer *writer, FILE *file)
{
	*writer = (struct capfile_writer){.file = file};
	struct block block = {.n = 0};
	block_little(&block, BLOCK_SECTION, 4);
	block_little(&block, SECTION_SIZE, 4);
	block_little(&block, BYTE_ORDER_MAGIC, 4);
	block_little(&block, VERSION_MAJOR, 2);
	block_little(&block, 0, 2);
	block_little(&block, UINT64_MAX, 8); /* the section's length is not known in advance */
	block_little(&block, SECTION_SIZE, 4);
	return put_block(file, &block);
}

static int put_interface(FILE *file, uint32_t linktype)
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
	return put_block(file, &block);
}

/* The interface of a link type, written when it is new; -1 when that fails. */
static int interface_of(struct capfile_writer *writer, uint32_t linktype)
{
	size_t room = sizeof writer->linktypes / sizeof writer->linktypes[0];
	for (uint32_t i = 0; i < writer->interfaces; i++)
		if (writer->linktypes[i] == linktype)
			return (int)i;
	if (linktype > UINT16_MAX || writer->interfaces == room) {
		errno = EOVERFLOW;
		return -1;
	}
	if (put_interface(writer->file, linktype) != 0)
		return -1;
	writer->linktypes[writer->interfaces] = linktype;
	return (int)writer->interfaces++;
}

int capfile_write_packet(struct capfile_writer *writer, const struct capfile_packet *packet)
{
	static const uint8_t zeros[4];
	if (packet->data.n > UINT32_MAX - PACKET_SIZE - sizeof zeros || packet->wire > UINT32_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	int interface = interface_of(writer, packet->linktype);
	if (interface < 0)
		return -1;
	size_t padding = (4 - packet->data.n % 4) % 4;
	size_t total = PACKET_SIZE + packet->data.n + padding;
	uint64_t time = packet->time > 0 ? (uint64_t)packet->time : 0; /* pcapng has no time before 1970 */
	struct block head = {.n = 0}, tail = {.n = 0};
	block_little(&head, BLOCK_PACKET, 4);
	block_little(&head, total, 4);
	block_little(&head, (uint64_t)interface, 4);
	block_little(&head, time >> 32, 4);
	block_little(&head, time, 4);
	block_little(&head, packet->data.n, 4);
	block_little(&head, packet->wire, 4);
	block_little(&tail, total, 4);
	if (put_block(writer->file, &head) != 0 || put(writer->file, packet->data.p, packet->data.n) != 0)
		return -1;
	return put(writer->file, zeros, padding) != 0 ? -1 : put_block(writer->file, &tail);
}
