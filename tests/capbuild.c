/*
 * Capture files built by hand in every variant, and the reader fed with them in slices of any size, each
 * in a heap block of its exact size, so that ASan sees any read past its end. Called by the tests of
 * capfile and input.
 */
#include "tests/capbuild.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- building files --------------------------------------------------------------------------------- */

void capbuild_put(struct capbuild *f, uint64_t value, size_t width)
{
	assert(f->n + width <= CAPBUILD_BYTES);
	for (size_t i = 0; i < width; i++)
		f->p[f->n++] = (uint8_t)(value >> 8 * (f->big ? width - 1 - i : i));
}

void capbuild_set32(struct capbuild *f, size_t off, uint32_t value)
{
	size_t n = f->n;
	f->n = off;
	capbuild_put(f, value, 4);
	f->n = n;
}

/* n bytes: first, first + 1, and so on */
void capbuild_data(struct capbuild *f, uint8_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		capbuild_put(f, (uint8_t)(first + i), 1);
}

void capbuild_pcap(struct capbuild *f, bool big, uint32_t magic, uint32_t link)
{
	*f = (struct capbuild){.big = big};
	capbuild_put(f, magic, 4);
	capbuild_put(f, 2, 2);
	capbuild_put(f, 4, 2);
	capbuild_put(f, 0, 8);
	capbuild_put(f, 96, 4);
	capbuild_put(f, link, 4);
}

void capbuild_record(struct capbuild *f, uint32_t fraction, uint32_t captured, uint32_t wire, uint8_t first)
{
	capbuild_put(f, (uint64_t)CAPBUILD_SECOND, 4);
	capbuild_put(f, fraction, 4);
	capbuild_put(f, captured, 4);
	capbuild_put(f, wire, 4);
	capbuild_data(f, first, captured);
}

void capbuild_block(struct capbuild *f, uint32_t type)
{
	f->block = f->n;
	capbuild_put(f, type, 4);
	capbuild_put(f, 0, 4);
}

void capbuild_block_end(struct capbuild *f)
{
	while (f->n % 4 != 0)
		capbuild_put(f, 0, 1);
	uint32_t length = (uint32_t)(f->n - f->block + 4);
	capbuild_set32(f, f->block + 4, length);
	capbuild_put(f, length, 4);
}

void capbuild_option(struct capbuild *f, uint16_t code, uint64_t value, uint16_t width)
{
	capbuild_put(f, code, 2);
	capbuild_put(f, width, 2);
	capbuild_put(f, value, width);
	while (f->n % 4 != 0)
		capbuild_put(f, 0, 1);
}

void capbuild_section(struct capbuild *f, bool big)
{
	f->big = big;
	capbuild_block(f, 0x0a0d0d0a);
	capbuild_put(f, 0x1a2b3c4d, 4);
	capbuild_put(f, 1, 2);
	capbuild_put(f, 0, 2);
	capbuild_put(f, UINT64_MAX, 8);
	capbuild_option(f, 4, 0x6162, 2);
	capbuild_put(f, 0, 4);
	capbuild_block_end(f);
}

void capbuild_interface_start(struct capbuild *f, uint16_t link, uint32_t snaplen)
{
	capbuild_block(f, 1);
	capbuild_put(f, link, 2);
	capbuild_put(f, 0, 2);
	capbuild_put(f, snaplen, 4);
}

void capbuild_interface(struct capbuild *f, uint16_t link, uint32_t snaplen, int tsresol, int64_t tsoffset)
{
	capbuild_interface_start(f, link, snaplen);
	if (tsresol >= 0)
		capbuild_option(f, 9, (uint64_t)tsresol, 1);
	if (tsoffset != 0)
		capbuild_option(f, 14, (uint64_t)tsoffset, 8);
	if (tsresol >= 0 || tsoffset != 0)
		capbuild_put(f, 0, 4);
	capbuild_block_end(f);
}

void capbuild_enhanced(struct capbuild *f, uint32_t id, uint64_t units, uint32_t captured, uint32_t wire,
                       uint8_t first)
{
	capbuild_block(f, 6);
	capbuild_put(f, id, 4);
	capbuild_put(f, units >> 32, 4);
	capbuild_put(f, units & UINT32_MAX, 4);
	capbuild_put(f, captured, 4);
	capbuild_put(f, wire, 4);
	capbuild_data(f, first, captured);
	capbuild_block_end(f);
}

void capbuild_statistics(struct capbuild *f, uint32_t id, uint64_t ifdrop, uint64_t osdrop)
{
	capbuild_block(f, 5);
	capbuild_put(f, id, 4);
	capbuild_put(f, 0, 8);
	capbuild_option(f, 4, 1000, 8);
	capbuild_option(f, 5, ifdrop, 8);
	capbuild_option(f, 7, osdrop, 8);
	capbuild_put(f, 0, 4);
	capbuild_block_end(f);
}

void capbuild_secrets(struct capbuild *f, uint32_t kind, const char *text)
{
	size_t n = strlen(text);
	capbuild_block(f, 10);
	capbuild_put(f, kind, 4);
	capbuild_put(f, n, 4);
	for (size_t i = 0; i < n; i++)
		capbuild_put(f, (uint8_t)text[i], 1);
	capbuild_block_end(f);
}

/* ---- reading them ----------------------------------------------------------------------------------- */

static void see(struct capbuild_run *run, const struct capfile_packet *packet)
{
	assert(run->n < CAPBUILD_PACKETS);
	assert(packet->data.n <= packet->wire);
	struct capbuild_packet *seen = &run->packets[run->n++];
	*seen = (struct capbuild_packet){packet->time, packet->linktype, packet->wire, packet->data.n, {0}};
	assert(packet->data.n <= sizeof seen->data);
	if (packet->data.n > 0)
		memcpy(seen->data, packet->data.p, packet->data.n);
}

static void see_secrets(struct capbuild_run *run, const struct capfile_packet *secrets)
{
	struct span text = secrets->data;
	assert(secrets->time == 0 && secrets->linktype == 0 && secrets->wire == 0);
	assert(text.n < sizeof run->secrets - run->n_secrets);
	for (size_t i = 0; i < text.n; i++)
		run->secrets[run->n_secrets++] = (char)text.p[i];
}

/* The first n bytes of the file, `step` bytes more whenever the reader asks. */
struct capbuild_run capbuild_feed(const struct capbuild *f, size_t n, size_t step)
{
	struct capbuild_run run = {.n = 0};
	struct capfile *reader = capfile_new();
	size_t begin = 0, end = 0;
	enum capfile_result result = CAPFILE_MORE;
	while (result != CAPFILE_BAD) {
		uint8_t *block = malloc(end - begin);
		if (end > begin)
			assert(block != NULL);
		for (size_t i = begin; i < end; i++)
			block[i - begin] = f->p[i];
		struct span left = span_of(block, end - begin);
		struct capfile_packet packet;
		while ((result = capfile_next(reader, &left, &packet)) == CAPFILE_PACKET ||
		       result == CAPFILE_SECRETS)
			(result == CAPFILE_PACKET ? see : see_secrets)(&run, &packet);
		begin = end - left.n;
		free(block);
		if (result == CAPFILE_MORE) {
			assert(capfile_need(reader) > left.n);
			assert(capfile_need(reader) <= CAPFILE_NEED_MAX);
			if (end == n)
				break;
			end = n - end < step ? n : end + step;
		}
	}
	run.bad = result == CAPFILE_BAD;
	run.cut = capfile_cut(reader, end - begin);
	run.dropped = capfile_dropped(reader);
	run.skipped_secrets = capfile_skipped_secrets(reader);
	run.snaplen = capfile_snaplen(reader);
	run.kind = capfile_kind(reader);
	snprintf(run.problem, sizeof run.problem, "%s", capfile_problem(reader));
	capfile_free(reader);
	return run;
}

struct capbuild_run capbuild_feed_all(const struct capbuild *f)
{
	return capbuild_feed(f, f->n, f->n);
}
