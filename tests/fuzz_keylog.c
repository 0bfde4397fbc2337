/*
 * Fuzz target of analyzer/keylog: any bytes as a key log. Every line is counted once at most, reading the
 * same bytes again brings nothing new, and the bytes line by line give the same as in one piece. With a low
 * limit the newest secrets are kept, and each of them is found.
 */
#include "analyzer/keylog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool equal(struct keylog_counts a, struct keylog_counts b)
{
	return a.lines == b.lines && a.secrets == b.secrets && a.duplicates == b.duplicates &&
	       a.rubbish == b.rubbish && a.dropped == b.dropped;
}

static struct keylog *line_by_line(struct span text)
{
	struct keylog *keylog = keylog_new();
	struct rd r = rd_of(text);
	while (rd_more(&r)) {
		size_t at = rd_at(&r);
		rd_line(&r);
		keylog_parse(keylog, span_cut(text, at, rd_at(&r) - at));
	}
	return keylog;
}

static void find_each(void *ctx, enum keylog_label label, const uint8_t id[TLS_RANDOM])
{
	struct keylog *keylog = ctx;
	struct keylog_secret secret;
	struct span borrowed;
	check(keylog_borrow(keylog, label, id, 0, &borrowed));
	check(keylog_find(keylog, label, id, 0, &secret) == (borrowed.n <= KEYLOG_SECRET));
}

static void keep_few(struct span text, uint64_t secrets)
{
	enum { FEW = 3 };
	struct keylog *keylog = keylog_new();
	keylog_set_limit(keylog, FEW);
	keylog_parse(keylog, text);
	struct keylog_counts counts = keylog_counts(keylog);
	check(counts.secrets <= FEW && counts.secrets + counts.dropped == keylog_generation(keylog));
	check(counts.secrets <= secrets); /* a long one takes the room of several */
	keylog_between(keylog, 0, UINT64_MAX, find_each, keylog);
	keylog_free(keylog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct keylog *whole = keylog_new(), *lines = line_by_line(text);
	keylog_parse(whole, text);
	struct keylog_counts once = keylog_counts(whole);
	check(once.secrets + once.duplicates + once.rubbish + once.dropped <= once.lines);
	check(equal(once, keylog_counts(lines)));
	keylog_parse(whole, text);
	struct keylog_counts twice = keylog_counts(whole);
	check(twice.secrets == once.secrets && keylog_generation(whole) == once.secrets);
	check(twice.lines == 2 * once.lines && twice.rubbish == 2 * once.rubbish);
	check(twice.duplicates == 2 * once.duplicates + once.secrets);
	keylog_free(whole);
	keylog_free(lines);
	keep_few(text, once.secrets);
	return 0;
}
