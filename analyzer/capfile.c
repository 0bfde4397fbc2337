/*
 * The reader of pcap and pcapng: bytes in, packets out. Called by input.c with whatever part of a file is
 * there. A pcap file is kept as one interface, so that both formats end in the same packet_of().
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng (block and option numbers are theirs).
 * Never reads a file itself, never keeps packet bytes, never holds a block that carries no packet.
 */
#include "analyzer/capfile.h"

#include "analyzer/capfile_interface.h"
#include "analyzer/capfile_option.h"
#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"

#include <stdarg.h>
#include <stdlib.h>

#define PCAP_HEADER      24
#define PCAP_LINKTYPE    0x03ffffffu /* what libpcap keeps: the bits below R and P */
#define PCAP_FCS_PRESENT 0x04000000u
#define PCAP_FCS_SHIFT   28 /* the FCS length above it counts 16-bit words */
#define PCAP_FCS_WORD    2
#define BLOCK_FRAME      12 /* type, length, length again */
#define BLOCK_SECTION    0x0a0d0d0au
#define BLOCK_SECRETS    0x0000000au
#define SECRETS_TLS      0x544c534bu /* an NSS key log */
#define ORDER_MAGIC      0x1a2b3c4du
#define SECTION_VERSION  1
#define OPTION_TSRESOL   9
#define OPTION_FCSLEN    13
#define OPTION_TSOFFSET  14
#define OPTION_ENDTIME   3
#define OPTION_IFDROP    5
#define OPTION_OSDROP    7

struct capfile {
	enum capfile_kind kind;
	bool big; /* byte order of the file or section */
	bool bad;
	size_t need;
	char problem[160];

	size_t record_header; /* pcap */
	uint32_t fraction_ns; /* pcap: nanoseconds of one unit of the second time field */

	struct capfile_interfaces interfaces; /* of this section */
	uint32_t skip;            /* bytes still to skip in front of the trailing length of a block */
	uint32_t skipped_block;   /* length of that block, 0 when none is being skipped */
	uint64_t skipped_secrets; /* blocks */
	int64_t last_time;
	bool ours;     /* this section is of our writer */
	bool redacted; /* a section of it says so */
	int64_t until; /* as it says */
};

/* STEP_ON: something was taken that holds no packet. */
enum step { STEP_ON, STEP_PACKET, STEP_SECRETS, STEP_MORE, STEP_BAD };

struct capfile *capfile_new(void)
{
	struct capfile *file = xcalloc(1, sizeof *file);
	file->until = INT64_MIN;
	return file;
}

void capfile_free(struct capfile *file)
{
	if (file == NULL)
		return;
	capfile_interface_free(&file->interfaces);
	free(file);
}

static enum step more(struct capfile *file, size_t need)
{
	file->need = need;
	return STEP_MORE;
}

__attribute__((format(printf, 2, 3))) static enum step damage(struct capfile *file, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(file->problem, sizeof file->problem, format, args);
	va_end(args);
	file->bad = true;
	return STEP_BAD;
}

static uint16_t u16(const struct capfile *file, struct rd *r)
{
	return file->big ? rd_u16(r) : rd_u16le(r);
}

static inline uint32_t u32(const struct capfile *file, struct rd *r)
{
	uint32_t little = rd_u32le(r);
	return file->big ? __builtin_bswap32(little) : little;
}

static uint64_t u64(const struct capfile *file, struct rd *r)
{
	return file->big ? rd_u64(r) : rd_u64le(r);
}

static enum step packet_of(struct capfile *file, const struct capfile_interface *interface, int64_t time,
                           struct span data, size_t wire, struct capfile_packet *out)
{
	if (wire < data.n)
		wire = data.n;
	if (interface->fcs > 0) {
		wire = wire > interface->fcs ? wire - interface->fcs : 0;
		data = span_cut(data, 0, wire);
	}
	file->last_time = time;
	*out = (struct capfile_packet){
	    .time = time, .linktype = interface->linktype, .wire = wire, .data = data};
	return STEP_PACKET;
}

/* ---- pcap ------------------------------------------------------------------------------------------- */

static const struct variant {
	uint32_t magic;
	uint32_t fraction_ns;
	size_t record_header;
} variants[] = {
    {0xa1b2c3d4, 1000, 16},
    {0xa1b23c4d, 1, 16},
    {0xa1b2cd34, 1000, 24}, /* "modified": interface, protocol and packet type behind the lengths */
};

static const struct variant *find_variant(uint32_t magic)
{
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
		if (variants[i].magic == magic)
			return &variants[i];
	return NULL;
}

static enum step pcap_header(struct capfile *file, struct span *buffer)
{
	struct rd r = rd_of(*buffer);
	struct rd again = r;
	const struct variant *variant = find_variant(rd_u32(&again));
	file->big = variant != NULL;
	if (variant == NULL)
		variant = find_variant(rd_u32le(&r));
	if (variant == NULL)
		return damage(file, "neither pcap nor pcapng");

	r = rd_of(*buffer);
	rd_skip(&r, 16); /* magic, version, two unused fields */
	uint32_t snaplen = u32(file, &r), link = u32(file, &r);
	if (!rd_ok(&r))
		return more(file, PCAP_HEADER);
	struct capfile_interface *interface =
	    capfile_interface_add(&file->interfaces, link & PCAP_LINKTYPE, snaplen);
	if ((link & PCAP_FCS_PRESENT) != 0)
		interface->fcs = (size_t)(link >> PCAP_FCS_SHIFT) * PCAP_FCS_WORD;
	file->kind = CAPFILE_PCAP;
	file->record_header = variant->record_header;
	file->fraction_ns = variant->fraction_ns;
	*buffer = rd_rest(&r);
	return STEP_ON;
}

static enum step pcap_record(struct capfile *file, struct span *buffer, struct capfile_packet *out)
{
	struct rd r = rd_of(*buffer);
	struct rd head = rd_of(rd_span(&r, file->record_header));
	if (!rd_ok(&r))
		return more(file, file->record_header);
	uint32_t seconds = u32(file, &head);
	uint32_t fraction = u32(file, &head);
	uint32_t captured = u32(file, &head);
	uint32_t wire = u32(file, &head);
	if (captured > LIMIT_PACKET)
		return damage(file, "a packet claims %u captured bytes", captured);
	struct span data = rd_span(&r, captured);
	if (!rd_ok(&r))
		return more(file, file->record_header + captured);
	*buffer = rd_rest(&r);
	/* At most 2^32 * 10^9 + 2^32 * 10^3, which fits. */
	int64_t time = (int64_t)seconds * NS_PER_S + (int64_t)fraction * file->fraction_ns;
	return packet_of(file, &file->interfaces.items[0], time, data, wire, out);
}

/* ---- pcapng: what is in a block --------------------------------------------------------------------- */

static enum step section_block(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	(void)out;
	rd_skip(body, 4); /* byte order, already used */
	uint16_t major = u16(file, body);
	rd_skip(body, 2 + 8); /* minor version, section length */
	if (!rd_ok(body))
		return damage(file, "a section header is too short");
	if (major != SECTION_VERSION)
		return damage(file, "pcapng version %u is not known", major);
	file->redacted = capfile_option_section(body, file->big, &file->ours) || file->redacted;
	capfile_interface_section(&file->interfaces);
	file->kind = CAPFILE_PCAPNG;
	return STEP_ON;
}

static enum step interface_block(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	(void)out;
	uint16_t linktype = u16(file, body);
	rd_skip(body, 2);
	uint32_t snaplen = u32(file, body);
	struct capfile_interface *interface = capfile_interface_add(&file->interfaces, linktype, snaplen);
	if (interface == NULL)
		return damage(file, "more than %d interfaces in one section", LIMIT_INTERFACES);
	uint16_t code;
	struct rd value;
	while (capfile_option_next(body, file->big, &code, &value)) {
		if (code == OPTION_TSRESOL)
			capfile_clock_set(&interface->clock, rd_u8(&value));
		else if (code == OPTION_FCSLEN)
			interface->fcs = rd_u8(&value);
		else if (code == OPTION_TSOFFSET)
			capfile_clock_shift(&interface->clock, (int64_t)u64(file, &value));
		if (!rd_ok(&value))
			return damage(file, "option %u of an interface is too short", code);
	}
	return rd_ok(body) ? STEP_ON : damage(file, "an interface description is malformed");
}

/* isb_endtime, a time as packets have it. */
static bool take_end(struct capfile *file, const struct capfile_interface *interface, struct rd *value)
{
	uint64_t high = u32(file, value);
	int64_t end = capfile_clock_ns(&interface->clock, high << 32 | u32(file, value));
	if (rd_ok(value) && end > file->until)
		file->until = end;
	return rd_ok(value);
}

static enum step statistics_block(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	(void)out;
	uint32_t id = u32(file, body);
	rd_skip(body, 8); /* time */
	if (id >= file->interfaces.n)
		return STEP_ON;
	struct capfile_interface *interface = &file->interfaces.items[id];
	uint16_t code;
	struct rd value;
	while (capfile_option_next(body, file->big, &code, &value)) {
		if (code == OPTION_ENDTIME && file->ours && !take_end(file, interface, &value))
			return damage(file, "option %u of an interface statistics block is too short", code);
		if (code != OPTION_IFDROP && code != OPTION_OSDROP)
			continue;
		uint64_t dropped = u64(file, &value);
		if (!rd_ok(&value))
			return damage(file, "option %u of an interface statistics block is too short", code);
		*(code == OPTION_IFDROP ? &interface->ifdrop : &interface->osdrop) = dropped;
		file->interfaces.says_dropped = true;
	}
	return rd_ok(body) ? STEP_ON : damage(file, "an interface statistics block is malformed");
}

static bool take_data(struct capfile *file, struct rd *body, uint32_t captured, struct span *data)
{
	*data = rd_span(body, captured);
	if (rd_ok(body) && captured <= LIMIT_PACKET)
		return true;
	damage(file, "a packet of %u captured bytes does not fit its block", captured);
	return false;
}

/* What the enhanced packet block and its predecessor share behind the interface's number. */
static enum step timed_packet(struct capfile *file, uint32_t id, struct rd *body, struct capfile_packet *out)
{
	uint64_t high = u32(file, body);
	uint64_t units = high << 32 | u32(file, body);
	uint32_t captured = u32(file, body);
	uint32_t wire = u32(file, body);
	struct span data;
	if (!take_data(file, body, captured, &data))
		return STEP_BAD;
	if (id >= file->interfaces.n)
		return damage(file, "a packet of interface %u, which is not described", id);
	const struct capfile_interface *interface = &file->interfaces.items[id];
	return packet_of(file, interface, capfile_clock_ns(&interface->clock, units), data, wire, out);
}

static enum step enhanced_packet(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	uint32_t id = u32(file, body);
	enum step step = timed_packet(file, id, body, out);
	if (step == STEP_PACKET && rd_left(body) >= CAPFILE_OPTION)
		out->direction = capfile_option_direction(body, file->big);
	return step;
}

static enum step old_packet(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	uint16_t id = u16(file, body);
	rd_skip(body, 2); /* drops since the packet before */
	return timed_packet(file, id, body, out);
}

static enum step simple_packet(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	uint32_t wire = u32(file, body);
	if (file->interfaces.n == 0)
		return damage(file, "a packet without an interface description");
	const struct capfile_interface *interface = &file->interfaces.items[0];
	uint32_t captured = interface->snaplen > 0 && interface->snaplen < wire ? interface->snaplen : wire;
	struct span data;
	if (!take_data(file, body, captured, &data))
		return STEP_BAD;
	/* The block carries no time. That of the packet before it makes no false jump of the clock. */
	return packet_of(file, interface, file->last_time, data, wire, out);
}

static enum step secrets_block(struct capfile *file, struct rd *body, struct capfile_packet *out)
{
	uint32_t kind = u32(file, body);
	if (rd_ok(body) && kind != SECRETS_TLS)
		return STEP_ON;
	uint32_t n = u32(file, body);
	struct span text = rd_span(body, n);
	if (!rd_ok(body))
		return damage(file, "decryption secrets of %u bytes do not fit their block", n);
	*out = (struct capfile_packet){.data = text};
	return STEP_SECRETS;
}

/* ---- pcapng: blocks --------------------------------------------------------------------------------- */

/* Any other type is skipped. */
static const struct block {
	uint32_t type;
	enum step (*take)(struct capfile *file, struct rd *body, struct capfile_packet *out);
} blocks[] = {
    {6, enhanced_packet},
    {3, simple_packet},
    {2, old_packet},
    {1, interface_block},
    {5, statistics_block},
    {BLOCK_SECRETS, secrets_block},
    {BLOCK_SECTION, section_block},
};

static const struct block *find_block(uint32_t type)
{
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (blocks[i].type == type)
			return &blocks[i];
	return NULL;
}

static enum step skip_block(struct capfile *file, struct span *buffer)
{
	size_t n = file->skip < buffer->n ? file->skip : buffer->n;
	*buffer = span_cut(*buffer, n, buffer->n);
	file->skip -= (uint32_t)n;
	struct rd r = rd_of(*buffer);
	uint32_t trailer = u32(file, &r);
	if (!rd_ok(&r))
		return more(file, sizeof trailer);
	if (trailer != file->skipped_block)
		return damage(file, "the lengths of a block differ: %u and %u", file->skipped_block, trailer);
	file->skipped_block = 0;
	*buffer = rd_rest(&r);
	return STEP_ON;
}

/* Sets the byte order of the section, which is told behind its type and its length. */
static enum step section_order(struct capfile *file, struct rd r)
{
	struct rd again = r;
	uint32_t big = rd_u32(&r);
	uint32_t little = rd_u32le(&again);
	if (!rd_ok(&r))
		return more(file, BLOCK_FRAME);
	if (big != ORDER_MAGIC && little != ORDER_MAGIC)
		return damage(file, "a section header without a known byte order");
	file->big = big == ORDER_MAGIC;
	return STEP_ON;
}

static enum step pcapng_block(struct capfile *file, struct span *buffer, struct capfile_packet *out)
{
	struct rd r = rd_of(*buffer), head = rd_head(&r, 8);
	if (!rd_ok(&r))
		return more(file, BLOCK_FRAME);
	uint32_t type = u32(file, &head);
	if (type == BLOCK_SECTION) { /* which reads the same in both orders */
		enum step step = section_order(file, r);
		if (step != STEP_ON)
			return step;
	}
	uint32_t length = u32(file, &head);
	if (length < BLOCK_FRAME || length % 4 != 0)
		return damage(file, "a block claims %u bytes", length);
	const struct block *block = find_block(type);
	bool too_much = type == BLOCK_SECRETS && length > CAPFILE_NEED_MAX;
	file->skipped_secrets += too_much;
	if (block == NULL || too_much) {
		file->skipped_block = length;
		file->skip = length - BLOCK_FRAME;
		*buffer = rd_rest(&r);
		return STEP_ON;
	}
	if (length > CAPFILE_NEED_MAX)
		return damage(file, "a block of type %u claims %u bytes", type, length);
	struct rd body = rd_of(rd_span(&r, length - BLOCK_FRAME));
	uint32_t trailer = u32(file, &r);
	if (!rd_ok(&r))
		return more(file, length);
	if (trailer != length)
		return damage(file, "the lengths of a block differ: %u and %u", length, trailer);
	enum step step = block->take(file, &body, out);
	if (step != STEP_BAD)
		*buffer = rd_rest(&r);
	return step;
}

/* ---- both ------------------------------------------------------------------------------------------- */

static enum step next_step(struct capfile *file, struct span *buffer, struct capfile_packet *out)
{
	if (file->kind == CAPFILE_PCAP)
		return pcap_record(file, buffer, out);
	if (file->skipped_block > 0)
		return skip_block(file, buffer);
	if (file->kind == CAPFILE_PCAPNG)
		return pcapng_block(file, buffer, out);
	struct rd r = rd_of(*buffer);
	uint32_t magic = rd_u32(&r);
	if (!rd_ok(&r))
		return more(file, sizeof magic);
	return magic == BLOCK_SECTION ? pcapng_block(file, buffer, out) : pcap_header(file, buffer);
}

enum capfile_result capfile_next(struct capfile *file, struct span *buffer, struct capfile_packet *out)
{
	enum step step = file->bad ? STEP_BAD : STEP_ON;
	while (step == STEP_ON)
		step = next_step(file, buffer, out);
	switch (step) {
	case STEP_PACKET:
		return CAPFILE_PACKET;
	case STEP_SECRETS:
		return CAPFILE_SECRETS;
	case STEP_MORE:
		return CAPFILE_MORE;
	default:
		return CAPFILE_BAD;
	}
}

size_t capfile_need(const struct capfile *file)
{
	return file->need;
}

enum capfile_kind capfile_kind(const struct capfile *file)
{
	return file->kind;
}

int64_t capfile_dropped(const struct capfile *file)
{
	return capfile_interface_dropped(&file->interfaces);
}

uint32_t capfile_snaplen(const struct capfile *file)
{
	return file->interfaces.snaplen;
}

bool capfile_redacted(const struct capfile *file)
{
	return file->redacted;
}

int64_t capfile_until(const struct capfile *file)
{
	return file->until;
}

uint64_t capfile_skipped_secrets(const struct capfile *file)
{
	return file->skipped_secrets;
}

const char *capfile_problem(const struct capfile *file)
{
	return file->problem;
}

bool capfile_cut(const struct capfile *file, size_t left)
{
	return left > 0 || file->skipped_block > 0;
}
