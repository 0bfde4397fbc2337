/*
 * What hosts say of the time in their hellos: up to TLS 1.2 a random begins with the sender's clock
 * (gmt_unix_time, RFC 5246 section 7.4.1.2), though many fill it with noise.
 *
 * Written by tls_handshake.c for each hello, read by the rules about clocks. It answers only where the
 * hellos of a host agree with each other, so noise is never taken for a clock. Part of the model.
 */
#ifndef ANALYZER_CLOCKS_H
#define ANALYZER_CLOCKS_H

#include "analyzer/origin.h"
#include "dissect/packet.h"

#define CLOCKS_HELLOS 16 /* latest hellos of a host that are looked at */
#define CLOCKS_AGREE  3  /* so many have to agree on one offset, */
#define CLOCKS_SHARE  80 /* percent of the hellos too, */
#define CLOCKS_WITHIN 2  /* all within so many seconds */

struct clocks;

struct clocks *clocks_new(void);
void clocks_free(struct clocks *clocks); /* NULL is allowed */

/* A hello of this host came at this time. False when another host was forgotten for it (LIMIT_CLOCK_HOSTS).
 */
bool clocks_add(struct clocks *clocks, const struct addr *host, const struct origin *at,
                uint32_t gmt_unix_time);

struct clocks_reading {
	int64_t offset;     /* seconds that the host's clock is ahead of the capture's; below 0: behind */
	uint32_t agree, of; /* hellos */
	struct origin first, last; /* of those that agree */
};

/*
 * The host's clock against the capture's. False when its hellos do not agree, or when those that do came so
 * close together that a fixed number would agree as well.
 */
bool clocks_read(const struct clocks *clocks, const struct addr *host, struct clocks_reading *out);

/* Seconds that the clock of `a` is ahead of that of `b`, below 0: behind. False when not both can be read. */
bool clocks_compare(const struct clocks *clocks, const struct addr *a, const struct addr *b, int64_t *ahead);

#endif
