/* Key logs: which lines give a secret, what is counted, files in pieces, the cap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "analyzer/keylog.h"
#include "dissect/limits.h"
#include "tests/hex.h"
#include "tests/opened.h"

#define RANDOM   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SECRET32 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define SECRET48 SECRET32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define MASTER   "CLIENT_RANDOM " RANDOM " " SECRET48

/* Parses from a heap block of exactly the text's size. */
static void parse(struct keylog *keylog, const char *text, size_t n)
{
	char *exact = malloc(n > 0 ? n : 1);
	assert_non_null(exact);
	memcpy(exact, text, n);
	keylog_parse(keylog, span_of(exact, n));
	free(exact);
}

/* The secret is number `which` of those of its label and random. */
static bool has_as(const struct keylog *keylog, enum keylog_label label, const char *client_random,
                   unsigned which, const char *secret)
{
	struct span key = hex_bytes(client_random), right = hex_bytes(secret);
	struct keylog_secret found = {.n = 0};
	bool same = keylog_find(keylog, label, key.p, which, &found) &&
	            span_equal(span_of(found.bytes, found.n), right);
	keylog_wipe(&found);
	assert_int_equal(found.n, 0);
	hex_free(key);
	hex_free(right);
	return same;
}

static bool has(const struct keylog *keylog, enum keylog_label label, const char *client_random,
                const char *secret)
{
	return has_as(keylog, label, client_random, 0, secret);
}

static void counts_are(const struct keylog *keylog, struct keylog_counts right)
{
	struct keylog_counts counts = keylog_counts(keylog);
	assert_int_equal(counts.lines, right.lines);
	assert_int_equal(counts.secrets, right.secrets);
	assert_int_equal(counts.duplicates, right.duplicates);
	assert_int_equal(counts.rubbish, right.rubbish);
	assert_int_equal(counts.surplus, right.surplus);
	assert_int_equal(counts.dropped, right.dropped);
	assert_int_equal(keylog_generation(keylog), right.secrets + right.dropped);
}

/* One text into an empty log: its counts. */
static struct keylog_counts counts_of(const char *text)
{
	struct keylog *keylog = keylog_new();
	parse(keylog, text, strlen(text));
	struct keylog_counts counts = keylog_counts(keylog);
	keylog_free(keylog);
	return counts;
}

static void every_label_is_found(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum keylog_label label;
	} labels[] = {
	    {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_CLIENT_EARLY},
	    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_CLIENT_HANDSHAKE},
	    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SERVER_HANDSHAKE},
	    {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_CLIENT_TRAFFIC},
	    {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SERVER_TRAFFIC},
	};
	struct keylog *keylog = keylog_new();
	parse(keylog, MASTER, strlen(MASTER));
	assert_true(has(keylog, KEYLOG_MASTER, RANDOM, SECRET48));
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		char line[512];
		const char *secret = i % 2 == 0 ? SECRET32 : SECRET48;
		assert_false(has(keylog, labels[i].label, RANDOM, secret));
		int n = snprintf(line, sizeof line, "%s %s %s\n", labels[i].name, RANDOM, secret);
		parse(keylog, line, (size_t)n);
		assert_true(has(keylog, labels[i].label, RANDOM, secret));
		assert_false(has(keylog, labels[i].label, OTHER, secret));
	}
	counts_are(keylog, (struct keylog_counts){.lines = 6, .secrets = 6});
	keylog_free(keylog);
}

static void the_ways_a_line_may_look(void **state)
{
	(void)state;
	static const char *const good[] = {
	    MASTER,
	    MASTER "\n",
	    MASTER "\r\n",
	    "  " MASTER "  ",
	    "\t " MASTER "\t\r\n",
	    "\xef\xbb\xbf" MASTER "\n",
	    "\xef\xbb\xbf\t" MASTER,
	    "CLIENT_RANDOM\t" RANDOM "\t \t" SECRET48,
	    "client_random  " RANDOM "   " SECRET48,
	    "Client_Random 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F "
	    "A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCEC"
	    "F",
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct keylog *keylog = keylog_new();
		parse(keylog, good[i], strlen(good[i]));
		assert_true(has(keylog, KEYLOG_MASTER, RANDOM, SECRET48));
		counts_are(keylog, (struct keylog_counts){.lines = 1, .secrets = 1});
		keylog_free(keylog);
	}
}

static void different_secrets_are_kept(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	static const char text[] =
	    MASTER "\n" MASTER "\nCLIENT_RANDOM " RANDOM " c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	           "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf\n"
	           "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET32 "\n";
	parse(keylog, text, sizeof text - 1);
	static const char other[] = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	                            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
	counts_are(keylog, (struct keylog_counts){.lines = 4, .secrets = 3, .duplicates = 1});
	parse(keylog, text, sizeof text - 1);
	counts_are(keylog, (struct keylog_counts){.lines = 8, .secrets = 3, .duplicates = 5});
	assert_true(has_as(keylog, KEYLOG_MASTER, RANDOM, 0, SECRET48));
	assert_true(has_as(keylog, KEYLOG_MASTER, RANDOM, 1, other));
	struct keylog_secret none;
	struct span random = hex_bytes(RANDOM);
	assert_false(keylog_find(keylog, KEYLOG_MASTER, random.p, 2, &none));
	assert_true(keylog_find(keylog, KEYLOG_CLIENT_TRAFFIC, random.p, 0, &none));
	assert_false(keylog_find(keylog, KEYLOG_CLIENT_TRAFFIC, random.p, 1, &none));
	hex_free(random);
	keylog_free(keylog);
}

static void a_few_different_secrets(void **state)
{
	(void)state;
	enum { MORE = 3 };
	struct keylog *keylog = keylog_new();
	char line[sizeof MASTER + 1], secret[sizeof SECRET48];
	for (unsigned i = 0; i < LIMIT_SECRETS_ALIKE + MORE; i++) {
		snprintf(secret, sizeof secret, "%08x%s", i, &SECRET48[8]);
		int n = snprintf(line, sizeof line, "CLIENT_RANDOM %s %s\n", RANDOM, secret);
		parse(keylog, line, (size_t)n);
		assert_true(has_as(keylog, KEYLOG_MASTER, RANDOM, i, secret) == (i < LIMIT_SECRETS_ALIKE));
	}
	counts_are(keylog, (struct keylog_counts){.lines = LIMIT_SECRETS_ALIKE + MORE,
	                                          .secrets = LIMIT_SECRETS_ALIKE,
	                                          .surplus = MORE});
	keylog_free(keylog);
}

static void an_empty_mark(void **state)
{
	(void)state;
	struct keylog_counts counts = counts_of("\xef\xbb\xbf");
	assert_true(counts.lines == 1 && counts.rubbish == 0);
	counts = counts_of("\xef\xbb\xbf# comment\n");
	assert_true(counts.lines == 1 && counts.rubbish == 0);
}

static void what_is_no_secret_is_counted(void **state)
{
	(void)state;
	static const char *const rubbish[] = {
	    "CLIENT_RANDOM",
	    "CLIENT_RANDOM " RANDOM,
	    "CLIENT_RANDOM " RANDOM " ",
	    "CLIENT_RANDOM " RANDOM " " SECRET32,      /* a master secret has 48 bytes */
	    "CLIENT_RANDOM " RANDOM " " SECRET48 "00", /* and no more */
	    "CLIENT_RANDOM " RANDOM " " SECRET48 "0",
	    "CLIENT_RANDOM " RANDOM "00 " SECRET48,
	    "CLIENT_RANDOM " RANDOM " " SECRET48 " more",
	    "CLIENT_RANDOM 0001 " SECRET48,
	    "CLIENT_RANDOM g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f " SECRET48,
	    "CLIENT_RANDOM " RANDOM " " SECRET32 "c0c1c2c3c4c5c6c7c8c9cacbcccdce.f",
	    "CLIENT_RANDOM " RANDOM " " SECRET32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcec.",
	    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " a0a1a2",
	    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET32 "c0c1c2c3c4c5c6c7",
	    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET32 SECRET32, /* no hash of TLS 1.3 has 64 bytes */
	    "CLIENT_TRAFFIC_SECRET_ " RANDOM " " SECRET32,
	    "CLIENT_TRAFFIC_SECRET_x " RANDOM " " SECRET32,
	    "CLIENT_RANDO " RANDOM " " SECRET48,
	    "CLIENT_RANDOMS " RANDOM " " SECRET48,
	    "LABEL " RANDOM " " SECRET48,
	    "\xff\xfe",
	    "\xef\xbb" MASTER,
	    "-----BEGIN CERTIFICATE-----",
	};
	for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
		struct keylog_counts counts = counts_of(rubbish[i]);
		if (counts.lines != 1 || counts.rubbish != 1 || counts.secrets != 0)
			fail_msg("taken: %s", rubbish[i]);
	}
	static const char nul[] = "CLIENT_RANDOM\0" RANDOM;
	struct keylog *keylog = keylog_new();
	parse(keylog, nul, sizeof nul);
	counts_are(keylog, (struct keylog_counts){.lines = 1, .rubbish = 1});
	keylog_free(keylog);
}

static void known_labels_are_no_rubbish(void **state)
{
	(void)state;
	static const char *const quiet[] = {
	    "",
	    "\n",
	    "\r\n",
	    "   ",
	    "# comment",
	    "  # CLIENT_RANDOM",
	    "EXPORTER_SECRET " RANDOM " " SECRET32,
	    "EARLY_EXPORTER_SECRET " RANDOM " " SECRET32,
	    "EARLY_EXPORTER_MASTER_SECRET " RANDOM " " SECRET32,
	    "CLIENT_TRAFFIC_SECRET_1 " RANDOM " " SECRET32,
	    "server_traffic_secret_27 " RANDOM " " SECRET32,
	    "ECH_SECRET " RANDOM " " SECRET32,
	    "ECH_CONFIG " RANDOM " 00",
	};
	for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
		struct keylog_counts counts = counts_of(quiet[i]);
		if (counts.lines != (i > 0) || counts.rubbish != 0 || counts.secrets != 0)
			fail_msg("not quiet: %s", quiet[i]);
	}
}

/* A log that is still being written: any cut is refused, and what follows it is read. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n <= strlen(MASTER); n++) {
		struct keylog *keylog = keylog_new();
		bool whole = n == strlen(MASTER);
		parse(keylog, MASTER, n);
		counts_are(keylog, (struct keylog_counts){
		                       .lines = n > 0, .secrets = whole, .rubbish = n > 0 && !whole});
		parse(keylog, MASTER "\n", strlen(MASTER) + 1);
		assert_true(has(keylog, KEYLOG_MASTER, RANDOM, SECRET48));
		keylog_free(keylog);
	}
}

static struct keylog *read_file(void (*write_to)(FILE *))
{
	char path[] = "/tmp/keylog-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	assert_non_null(file);
	write_to(file);
	assert_int_equal(fclose(file), 0);
	struct keylog *keylog = keylog_new();
	struct err err;
	assert_int_equal(opened_keylog(keylog, path, &err), 0);
	unlink(path);
	return keylog;
}

enum { MANY = 5000 };

static void write_many(FILE *file)
{
	for (int i = 0; i < MANY; i++)
		fprintf(file, "CLIENT_RANDOM %08x%s %08x%s%s", (unsigned)i, &RANDOM[8], (unsigned)i,
		        &SECRET48[8],
		        i == MANY - 1 ? ""
		        : i % 3 == 0  ? "\r\n"
		                      : "\n");
}

/* More than one buffer, so lines lie across its end; the last line has no end. */
static void a_file_is_read_whole(void **state)
{
	(void)state;
	struct keylog *keylog = read_file(write_many);
	counts_are(keylog, (struct keylog_counts){.lines = MANY, .secrets = MANY});
	for (int i = 0; i < MANY; i++) {
		char client_random[65], secret[97];
		snprintf(client_random, sizeof client_random, "%08x%s", (unsigned)i, &RANDOM[8]);
		snprintf(secret, sizeof secret, "%08x%s", (unsigned)i, &SECRET48[8]);
		assert_true(has(keylog, KEYLOG_MASTER, client_random, secret));
	}
	keylog_free(keylog);
}

static void write_long_line(FILE *file)
{
	for (int i = 0; i < 600 * 1024; i++)
		fputc('x', file);
	fputs("\n" MASTER "\n", file);
}

static void a_line_longer_than_the_buffer(void **state)
{
	(void)state;
	struct keylog *keylog = read_file(write_long_line);
	assert_true(keylog_counts(keylog).rubbish > 0);
	assert_int_equal(keylog_counts(keylog).secrets, 1);
	assert_true(has(keylog, KEYLOG_MASTER, RANDOM, SECRET48));
	keylog_free(keylog);
}

static void write_nothing(FILE *file)
{
	(void)file;
}

static void an_empty_file(void **state)
{
	(void)state;
	struct keylog *keylog = read_file(write_nothing);
	counts_are(keylog, (struct keylog_counts){.lines = 0});
	keylog_free(keylog);
}

static void what_cannot_be_read(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	struct err err;
	assert_int_equal(opened_keylog(keylog, "/nowhere/key.log", &err), -1);
	assert_non_null(strstr(err.text, "/nowhere/key.log"));
	assert_int_equal(opened_keylog(keylog, "/", &err), -1);
	assert_non_null(strstr(err.text, "/"));
	keylog_free(keylog);
}

/* Line i of many, each with a client random of its own. */
static void parse_line(struct keylog *keylog, unsigned i)
{
	char line[sizeof MASTER + 1];
	int n = snprintf(line, sizeof line, "CLIENT_RANDOM %08x%s %s\n", i, &RANDOM[8], SECRET48);
	keylog_parse(keylog, span_of(line, (size_t)n));
}

static bool has_line(const struct keylog *keylog, unsigned i)
{
	char client_random[sizeof RANDOM];
	snprintf(client_random, sizeof client_random, "%08x%s", i, &RANDOM[8]);
	return has(keylog, KEYLOG_MASTER, client_random, SECRET48);
}

/* The oldest make room for the newest. */
static void the_cap_holds(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	for (unsigned i = 0; i < LIMIT_SECRETS + 3; i++)
		parse_line(keylog, i);
	counts_are(keylog, (struct keylog_counts){
	                       .lines = LIMIT_SECRETS + 3, .secrets = LIMIT_SECRETS, .dropped = 3});
	assert_true(!has_line(keylog, 2) && has_line(keylog, 3) && has_line(keylog, LIMIT_SECRETS + 2));
	keylog_free(keylog);
}

static void a_cap_that_is_set(void **state)
{
	(void)state;
	static const unsigned limits[] = {1, 2, 255, 256, 257, 700};
	enum { LINES = 2000 };
	for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++) {
		struct keylog *keylog = keylog_new();
		keylog_set_limit(keylog, limits[k]);
		for (unsigned i = 0; i < LINES; i++)
			parse_line(keylog, i);
		for (unsigned i = 0; i < LINES; i++)
			assert_true(has_line(keylog, i) == (i >= LINES - limits[k]));
		counts_are(keylog, (struct keylog_counts){
		                       .lines = LINES, .secrets = limits[k], .dropped = LINES - limits[k]});
		parse_line(keylog, 0); /* what was dropped may come again */
		assert_true(has_line(keylog, 0));
		keylog_free(keylog);
	}
}

static void a_cap_that_is_lowered(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	for (unsigned i = 0; i < 1000; i++)
		parse_line(keylog, i);
	keylog_set_limit(keylog, 0); /* one is always kept */
	assert_int_equal(keylog_limit(keylog), 1);
	counts_are(keylog, (struct keylog_counts){.lines = 1000, .secrets = 1, .dropped = 999});
	assert_true(has_line(keylog, 999));
	keylog_free(keylog);
}

/* Of the secrets of one label and random the oldest leaves too, and the others are found from 0 on. */
static void the_oldest_of_those_alike_leaves(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	char line[sizeof MASTER + 1], secret[sizeof SECRET48];
	keylog_set_limit(keylog, 3);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(secret, sizeof secret, "%08x%s", i, &SECRET48[8]);
		int n = snprintf(line, sizeof line, "CLIENT_RANDOM %s %s\n", RANDOM, secret);
		parse(keylog, line, (size_t)n);
		unsigned kept = i < 3 ? i : 2;
		assert_true(has_as(keylog, KEYLOG_MASTER, RANDOM, kept, secret));
		snprintf(secret, sizeof secret, "%08x%s", i - kept, &SECRET48[8]);
		assert_true(has_as(keylog, KEYLOG_MASTER, RANDOM, 0, secret));
		assert_false(has_as(keylog, KEYLOG_MASTER, RANDOM, kept + 1, secret));
	}
	counts_are(keylog, (struct keylog_counts){.lines = 10, .secrets = 3, .dropped = 7});
	keylog_free(keylog);
}

struct told {
	unsigned n, next; /* the random that is expected next */
};

static void tell(void *ctx, enum keylog_label label, const uint8_t client_random[TLS_RANDOM])
{
	struct told *told = ctx;
	assert_int_equal(label, KEYLOG_MASTER);
	struct rd r = rd_of(span_of(client_random, TLS_RANDOM));
	assert_int_equal(rd_u32(&r), told->next--);
	told->n++;
}

static void new_secrets_are_told(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	keylog_set_limit(keylog, 600);
	for (unsigned i = 0; i < 1500; i++) {
		parse_line(keylog, i);
		struct told told = {.next = i};
		keylog_between(keylog, i, i + 1, tell, &told);
		assert_int_equal(told.n, 1);
		keylog_between(keylog, i + 1, UINT64_MAX, tell, &told);
		assert_int_equal(told.n, 1);
		if (i % 100 != 0)
			continue;
		told = (struct told){.next = i};
		keylog_between(keylog, 0, UINT64_MAX, tell, &told);
		assert_int_equal(told.n, i < 600 ? i + 1 : 600);
		for (unsigned until = 1; until <= i + 1;
		     until += 97) { /* in parts, also where some are gone */
			unsigned first = i < 600 ? 0 : i - 599, after = until < 150 ? 0 : until - 150;
			told = (struct told){.next = until - 1};
			keylog_between(keylog, after, until, tell, &told);
			unsigned from = after > first ? after : first;
			assert_int_equal(told.n, until > from ? until - from : 0);
		}
	}
	keylog_free(keylog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_label_is_found),
	    cmocka_unit_test(the_ways_a_line_may_look),
	    cmocka_unit_test(different_secrets_are_kept),
	    cmocka_unit_test(a_few_different_secrets),
	    cmocka_unit_test(an_empty_mark),
	    cmocka_unit_test(what_is_no_secret_is_counted),
	    cmocka_unit_test(known_labels_are_no_rubbish),
	    cmocka_unit_test(cut_at_every_byte),
	    cmocka_unit_test(a_file_is_read_whole),
	    cmocka_unit_test(a_line_longer_than_the_buffer),
	    cmocka_unit_test(an_empty_file),
	    cmocka_unit_test(what_cannot_be_read),
	    cmocka_unit_test(the_cap_holds),
	    cmocka_unit_test(a_cap_that_is_set),
	    cmocka_unit_test(a_cap_that_is_lowered),
	    cmocka_unit_test(the_oldest_of_those_alike_leaves),
	    cmocka_unit_test(new_secrets_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
