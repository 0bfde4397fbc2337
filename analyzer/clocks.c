/*
 * The table of hosts behind clocks.h: the latest hellos of each, in a ring. Called by the handshake decoder
 * and by rules. Never judges which clock is the right one.
 */
#include "analyzer/clocks.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <string.h>

struct hello {
	struct origin at;
	int64_t offset; /* seconds */
};

struct host {
	struct addr addr;
	struct hello hellos[CLOCKS_HELLOS];
	uint64_t n; /* all that came */
	UT_hash_handle hh;
};

struct clocks {
	struct host *table; /* heard longest ago first */
};

struct clocks *clocks_new(void)
{
	return xcalloc(1, sizeof(struct clocks));
}

void clocks_free(struct clocks *clocks)
{
	if (clocks == NULL)
		return;
	while (clocks->table != NULL) {
		struct host *host = clocks->table;
		HASH_DEL(clocks->table, host);
		free(host);
	}
	free(clocks);
}

static struct host *find(const struct clocks *clocks, const struct addr *addr)
{
	struct host *host;
	HASH_FIND(hh, clocks->table, addr, sizeof *addr, host);
	return host;
}

bool clocks_add(struct clocks *clocks, const struct addr *addr, const struct origin *at,
                uint32_t gmt_unix_time)
{
	bool roomy = true;
	struct host *host = find(clocks, addr);
	if (host != NULL) {
		HASH_DEL(clocks->table, host);
	} else {
		host = xcalloc(1, sizeof *host);
		host->addr = *addr;
		roomy = HASH_COUNT(clocks->table) < LIMIT_CLOCK_HOSTS;
	}
	if (!roomy) {
		struct host *oldest = clocks->table;
		HASH_DEL(clocks->table, oldest);
		free(oldest);
	}
	host->hellos[host->n++ % CLOCKS_HELLOS] =
	    (struct hello){.at = *at, .offset = (int64_t)gmt_unix_time - at->time / NS_PER_S};
	HASH_ADD(hh, clocks->table, addr, sizeof host->addr, host);
	return roomy;
}

static int by_offset(const void *a, const void *b)
{
	const struct hello *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The hellos that agree, of `n` in order of offset: where they begin, and *count of them. */
static uint32_t densest(const struct hello *hellos, uint32_t n, uint32_t *count)
{
	uint32_t best = 0;
	*count = 0;
	for (uint32_t from = 0, to = 0; from < n; from++) {
		while (to < n && hellos[to].offset - hellos[from].offset <= CLOCKS_WITHIN)
			to++;
		if (to - from > *count) {
			best = from;
			*count = to - from;
		}
	}
	return best;
}

bool clocks_read(const struct clocks *clocks, const struct addr *addr, struct clocks_reading *out)
{
	const struct host *host = find(clocks, addr);
	struct hello sorted[CLOCKS_HELLOS];
	if (host == NULL || host->n < CLOCKS_AGREE)
		return false;
	uint32_t n = host->n < CLOCKS_HELLOS ? (uint32_t)host->n : CLOCKS_HELLOS;
	memcpy(sorted, host->hellos, n * sizeof sorted[0]);
	qsort(sorted, n, sizeof sorted[0], by_offset);
	uint32_t agree, from = densest(sorted, n, &agree);
	if (agree < CLOCKS_AGREE || agree * 100 < n * CLOCKS_SHARE)
		return false;
	*out = (struct clocks_reading){.offset = sorted[from + agree / 2].offset, .agree = agree, .of = n};
	out->first = out->last = sorted[from].at;
	for (uint32_t i = from; i < from + agree; i++) {
		if (sorted[i].at.time < out->first.time)
			out->first = sorted[i].at;
		if (sorted[i].at.time > out->last.time)
			out->last = sorted[i].at;
	}
	return origin_elapsed(out->first.time, out->last.time) > CLOCKS_WITHIN * NS_PER_S;
}

bool clocks_compare(const struct clocks *clocks, const struct addr *a, const struct addr *b, int64_t *ahead)
{
	struct clocks_reading of_a, of_b;
	if (!clocks_read(clocks, b, &of_b) || !clocks_read(clocks, a, &of_a))
		return false;
	*ahead = of_a.offset - of_b.offset;
	return true;
}
