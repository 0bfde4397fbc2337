/*
 * Capture files built by hand, and the reader fed with them. Called by the tests of capfile and input.
 */
#ifndef TESTS_CAPBUILD_H
#define TESTS_CAPBUILD_H

#include "analyzer/capfile.h"

#define CAPBUILD_BYTES   8192
#define CAPBUILD_PACKETS 16
#define CAPBUILD_SECOND  INT64_C(1700000000)

struct capbuild {
	uint8_t p[CAPBUILD_BYTES];
	size_t n;
	bool big;     /* byte order of what is put next */
	size_t block; /* where the last pcapng block begins */
};

struct capbuild_packet {
	int64_t time;
	uint32_t linktype;
	size_t wire, n;
	uint8_t data[64];
};

struct capbuild_run {
	struct capbuild_packet packets[CAPBUILD_PACKETS];
	size_t n;
	char secrets[256]; /* every key log, one behind the other */
	size_t n_secrets;
	uint64_t skipped_secrets;
	bool bad, cut;
	int64_t dropped;
	uint32_t snaplen;
	enum capfile_kind kind;
	char problem[160];
};

/* Appends `width` bytes in the file's byte order; overwrites four; appends n bytes first, first + 1 ... */
void capbuild_put(struct capbuild *f, uint64_t value, size_t width);
void capbuild_set32(struct capbuild *f, size_t off, uint32_t value);
void capbuild_data(struct capbuild *f, uint8_t first, size_t n);

/* A pcap file header (snaplen 96), and a record at CAPBUILD_SECOND. */
void capbuild_pcap(struct capbuild *f, bool big, uint32_t magic, uint32_t link);
void capbuild_record(struct capbuild *f, uint32_t fraction, uint32_t captured, uint32_t wire, uint8_t first);

/* A pcapng block: what is put between the two calls is its body. Sections have an option. */
void capbuild_block(struct capbuild *f, uint32_t type);
void capbuild_block_end(struct capbuild *f);
void capbuild_option(struct capbuild *f, uint16_t code, uint64_t value, uint16_t width);
void capbuild_section(struct capbuild *f, bool big);
/* A tsresol below 0 and a tsoffset of 0 leave their option out. */
void capbuild_interface_start(struct capbuild *f, uint16_t link, uint32_t snaplen);
void capbuild_interface(struct capbuild *f, uint16_t link, uint32_t snaplen, int tsresol, int64_t tsoffset);
void capbuild_enhanced(struct capbuild *f, uint32_t id, uint64_t units, uint32_t captured, uint32_t wire,
                       uint8_t first);
void capbuild_statistics(struct capbuild *f, uint32_t id, uint64_t ifdrop, uint64_t osdrop);

/* A decryption secrets block of some kind. */
void capbuild_secrets(struct capbuild *f, uint32_t kind, const char *text);

/* Reads the first n bytes, `step` more whenever the reader asks. */
struct capbuild_run capbuild_feed(const struct capbuild *f, size_t n, size_t step);
struct capbuild_run capbuild_feed_all(const struct capbuild *f);

#endif
