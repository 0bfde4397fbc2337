/*
 * Lines of a TLS key log -> a hash table from (label, client random, number) to secret.
 *
 * Owns every secret of the program but those that an opener works with. Entries live in chunks, so a line
 * costs no allocation; whatever held a secret is wiped before it is freed. Knows no cipher and no session.
 */
#include "analyzer/keylog.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA256_BYTES 32 /* a TLS 1.3 secret is as long as its suite's hash, RFC 8446 section 7.1 */
#define SHA384_BYTES 48
#define STORED_BYTES 48 /* the longest of them */
#define READ_BYTES   (256 * 1024)
#define CHUNK        256  /* entries */
#define HEX_DIGIT    0x10 /* set in hex_digits for a character that is a digit */

/* A table that grows moves every entry each time, which takes longer than filling one of the right size. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS      (1u << keylog->log2_buckets)
#define HASH_INITIAL_NUM_BUCKETS_LOG2 (keylog->log2_buckets)
#define LEAST_LOG2                    5
#define MOST_LOG2                     20  /* it grows beyond */
#define LINE_BYTES                    176 /* of a CLIENT_RANDOM line */

struct key {
	uint8_t label;
	uint8_t which; /* of the different secrets of this label and random */
	uint8_t client_random[TLS_RANDOM];
};

struct entry {
	struct key key;
	uint8_t n;
	uint8_t secret[STORED_BYTES];
	UT_hash_handle hh;
};

struct chunk {
	struct chunk *older, *newer;
	struct entry entries[CHUNK];
};

/* Entries are numbered in the order in which they came; number i lies at i % CHUNK of its chunk. */
struct keylog {
	struct entry *all;
	struct chunk *newest, *oldest;
	uint64_t first, end; /* numbers of the entries that are kept: from first up to end - 1 */
	uint64_t limit;
	uint8_t log2_buckets; /* that the table begins with */
	struct keylog_counts counts;
	char *name; /* of the file that was read first */
};

enum { UNUSED = KEYLOG_LABELS };

/* Labels as they stand in a log. A traffic secret with a number above 0 follows from the one before it. */
static const struct {
	const char *name;
	uint8_t label;
	bool numbered; /* any number follows */
} labels[] = {
    {"CLIENT_RANDOM", KEYLOG_MASTER, false},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_CLIENT_HANDSHAKE, false},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SERVER_HANDSHAKE, false},
    {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_CLIENT_TRAFFIC, false},
    {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SERVER_TRAFFIC, false},
    {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_CLIENT_EARLY, false},
    {"EXPORTER_SECRET", UNUSED, false},
    {"EARLY_EXPORTER_SECRET", UNUSED, false},
    {"EARLY_EXPORTER_MASTER_SECRET", UNUSED, false},
    {"CLIENT_TRAFFIC_SECRET_", UNUSED, true},
    {"SERVER_TRAFFIC_SECRET_", UNUSED, true},
    {"RSA", UNUSED, false},
    {"PMS_CLIENT_RANDOM", UNUSED, false},
    {"ECH_SECRET", UNUSED, false},
    {"ECH_CONFIG", UNUSED, false},
};

static const uint8_t hex_digits[256] = {
    ['0'] = HEX_DIGIT | 0,  ['1'] = HEX_DIGIT | 1,  ['2'] = HEX_DIGIT | 2,  ['3'] = HEX_DIGIT | 3,
    ['4'] = HEX_DIGIT | 4,  ['5'] = HEX_DIGIT | 5,  ['6'] = HEX_DIGIT | 6,  ['7'] = HEX_DIGIT | 7,
    ['8'] = HEX_DIGIT | 8,  ['9'] = HEX_DIGIT | 9,  ['A'] = HEX_DIGIT | 10, ['B'] = HEX_DIGIT | 11,
    ['C'] = HEX_DIGIT | 12, ['D'] = HEX_DIGIT | 13, ['E'] = HEX_DIGIT | 14, ['F'] = HEX_DIGIT | 15,
    ['a'] = HEX_DIGIT | 10, ['b'] = HEX_DIGIT | 11, ['c'] = HEX_DIGIT | 12, ['d'] = HEX_DIGIT | 13,
    ['e'] = HEX_DIGIT | 14, ['f'] = HEX_DIGIT | 15,
};

/* ---- the table -------------------------------------------------------------------------------------- */

struct keylog *keylog_new(void)
{
	struct keylog *keylog = xcalloc(1, sizeof *keylog);
	keylog->log2_buckets = LEAST_LOG2;
	keylog->limit = LIMIT_SECRETS;
	return keylog;
}

static void free_oldest_chunk(struct keylog *keylog)
{
	struct chunk *chunk = keylog->oldest;
	keylog->oldest = chunk->newer;
	if (keylog->oldest != NULL)
		keylog->oldest->older = NULL;
	else
		keylog->newest = NULL;
	explicit_bzero(chunk, sizeof *chunk);
	free(chunk);
}

void keylog_free(struct keylog *keylog)
{
	if (keylog == NULL)
		return;
	HASH_CLEAR(hh, keylog->all);
	while (keylog->oldest != NULL)
		free_oldest_chunk(keylog);
	free(keylog->name);
	free(keylog);
}

static struct entry *new_entry(struct keylog *keylog)
{
	size_t used = (size_t)(keylog->end % CHUNK);
	if (used == 0) {
		struct chunk *chunk = xmalloc(sizeof *chunk);
		chunk->newer = NULL;
		chunk->older = keylog->newest;
		if (keylog->newest != NULL)
			keylog->newest->newer = chunk;
		else
			keylog->oldest = chunk;
		keylog->newest = chunk;
	}
	keylog->end++;
	return &keylog->newest->entries[used];
}

static struct entry *find(const struct keylog *keylog, const struct key *key)
{
	struct entry *entry;
	HASH_FIND(hh, keylog->all, key, sizeof *key, entry);
	return entry;
}

/* Number 0 of its label and random has left: the others move up. */
static void move_up(struct keylog *keylog, struct key key)
{
	struct entry *entry;
	for (key.which = 1; (entry = find(keylog, &key)) != NULL; key.which++) {
		HASH_DELETE(hh, keylog->all, entry);
		entry->key.which--;
		HASH_ADD(hh, keylog->all, key, sizeof entry->key, entry);
	}
}

/* Of the secrets alike it is number 0: they came in the order of their numbers. */
static void drop_oldest(struct keylog *keylog)
{
	struct entry *entry = &keylog->oldest->entries[keylog->first % CHUNK];
	struct key key = entry->key;
	HASH_DELETE(hh, keylog->all, entry);
	explicit_bzero(entry, sizeof *entry);
	keylog->first++;
	keylog->counts.dropped++;
	if (keylog->first % CHUNK == 0)
		free_oldest_chunk(keylog);
	move_up(keylog, key);
}

void keylog_set_limit(struct keylog *keylog, uint64_t secrets)
{
	keylog->limit = secrets > 0 ? secrets : 1;
	while (keylog->end - keylog->first > keylog->limit)
		drop_oldest(keylog);
}

uint64_t keylog_limit(const struct keylog *keylog)
{
	return keylog->limit;
}

/* Adds under the next free number. */
static void add(struct keylog *keylog, struct key key, const struct keylog_secret *secret)
{
	unsigned hash;
	struct entry *entry;
	for (key.which = 0; key.which < LIMIT_SECRETS_ALIKE; key.which++) {
		HASH_VALUE(&key, sizeof key, hash);
		HASH_FIND_BYHASHVALUE(hh, keylog->all, &key, sizeof key, hash, entry);
		if (entry == NULL)
			break;
		if (entry->n == secret->n && memcmp(entry->secret, secret->bytes, secret->n) == 0) {
			keylog->counts.duplicates++;
			return;
		}
	}
	if (key.which == LIMIT_SECRETS_ALIKE) {
		keylog->counts.surplus++;
		return;
	}
	entry = new_entry(keylog);
	entry->key = key;
	entry->n = secret->n;
	memcpy(entry->secret, secret->bytes, secret->n);
	HASH_ADD_BYHASHVALUE(hh, keylog->all, key, sizeof entry->key, hash, entry);
	if (keylog->end - keylog->first > keylog->limit)
		drop_oldest(keylog);
}

bool keylog_find(const struct keylog *keylog, enum keylog_label label,
                 const uint8_t client_random[TLS_RANDOM], unsigned which, struct keylog_secret *out)
{
	if (which >= LIMIT_SECRETS_ALIKE)
		return false;
	struct key key = {.label = (uint8_t)label, .which = (uint8_t)which};
	memcpy(key.client_random, client_random, sizeof key.client_random);
	const struct entry *entry = find(keylog, &key);
	if (entry == NULL)
		return false;
	out->n = entry->n;
	memcpy(out->bytes, entry->secret, entry->n);
	return true;
}

void keylog_wipe(struct keylog_secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

uint64_t keylog_generation(const struct keylog *keylog)
{
	return keylog->end;
}

void keylog_between(const struct keylog *keylog, uint64_t after, uint64_t until,
                    void (*seen)(void *ctx, const uint8_t client_random[TLS_RANDOM]), void *ctx)
{
	const struct chunk *chunk = keylog->newest;
	uint64_t last = after > keylog->first ? after : keylog->first;
	for (uint64_t i = keylog->end; i > last; i--) {
		uint64_t start = i - 1 - (i - 1) % CHUNK;
		if (start >= until)
			i = start + 1; /* nothing in this chunk is wanted */
		if (i <= until)
			seen(ctx, chunk->entries[(i - 1) % CHUNK].key.client_random);
		if (i - 1 == start)
			chunk = chunk->older;
	}
}

void keylog_set_name(struct keylog *keylog, const char *path)
{
	if (keylog->name == NULL)
		keylog->name = xstrdup(path);
}

const char *keylog_name(const struct keylog *keylog)
{
	return keylog->name != NULL ? keylog->name : "in the capture";
}

struct keylog_counts keylog_counts(const struct keylog *keylog)
{
	struct keylog_counts counts = keylog->counts;
	counts.secrets = keylog->end - keylog->first;
	return counts;
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the blanks that stand next. */
static void skip_blanks(struct rd *line)
{
	while (rd_more(line) && is_blank(line->all.p[rd_at(line)]))
		rd_skip(line, 1);
}

/* Editors put it in front of a file; in logs that were joined it stands anywhere. */
static void skip_byte_order_mark(struct rd *line)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
	if (span_equal(span_cut(line->all, 0, sizeof mark), span_of(mark, sizeof mark)))
		rd_skip(line, sizeof mark);
}

/* The bytes in front of the first c. */
static struct span until(struct span text, char c)
{
	const uint8_t *at = text.n > 0 ? memchr(text.p, c, text.n) : NULL;
	return span_cut(text, 0, at != NULL ? (size_t)(at - text.p) : text.n);
}

/* The next word of a line and the blanks behind it; empty at the line's end. */
static struct span word(struct rd *line)
{
	struct span left = span_cut(line->all, rd_at(line), rd_left(line));
	struct span found = rd_span(line, until(until(left, ' '), '\t').n);
	skip_blanks(line);
	return found;
}

/* Bytes of a hex text into `out`; false when it is longer than `max` bytes or no hex. */
static bool decode(struct span hex, uint8_t *out, size_t max)
{
	if (hex.n % 2 != 0 || hex.n / 2 > max)
		return false;
	uint8_t digits = HEX_DIGIT;
	for (size_t i = 0; i < hex.n / 2; i++) {
		uint8_t high = hex_digits[hex.p[2 * i]], low = hex_digits[hex.p[2 * i + 1]];
		digits &= high & low;
		out[i] = (uint8_t)(high << 4 | (low & 0x0f));
	}
	return digits == HEX_DIGIT;
}

/* The text begins with this name, in any case. */
static bool begins(struct span text, const char *name, size_t n)
{
	return text.n >= n && strncasecmp((const char *)text.p, name, n) == 0;
}

static bool is_number(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

/* The label, UNUSED for one that no look-up asks for, -1 for none. */
static int find_label(struct span text)
{
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		size_t n = strlen(labels[i].name);
		if (!begins(text, labels[i].name, n))
			continue;
		struct span behind = span_cut(text, n, text.n);
		if (labels[i].numbered ? is_number(behind) : behind.n == 0)
			return labels[i].label;
	}
	return -1;
}

static bool length_fits(int label, size_t n)
{
	return label == KEYLOG_MASTER ? n == KEYLOG_MASTER_BYTES : n == SHA256_BYTES || n == SHA384_BYTES;
}

static void take_line(struct keylog *keylog, struct span text)
{
	struct rd line = rd_of(text);
	keylog->counts.lines++;
	skip_byte_order_mark(&line);
	skip_blanks(&line);
	if (!rd_more(&line) || text.p[rd_at(&line)] == '#')
		return;
	int label = find_label(word(&line));
	if (label == UNUSED)
		return;
	struct span client_random = word(&line), hex = word(&line);
	struct key key = {.label = (uint8_t)label};
	struct keylog_secret secret;
	if (label >= 0 && rd_done(&line) && client_random.n == 2 * sizeof key.client_random &&
	    length_fits(label, hex.n / 2) &&
	    decode(client_random, key.client_random, sizeof key.client_random) &&
	    decode(hex, secret.bytes, sizeof secret.bytes)) {
		secret.n = (uint8_t)(hex.n / 2);
		add(keylog, key, &secret);
	} else {
		keylog->counts.rubbish++;
	}
	keylog_wipe(&secret);
}

static const char *label_name(enum keylog_label label)
{
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (labels[i].label == label)
			return labels[i].name;
	return "";
}

static size_t encode(const uint8_t *bytes, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 0x0f];
	}
	return 2 * n;
}

size_t keylog_line(const struct keylog *keylog, enum keylog_label label,
                   const uint8_t client_random[TLS_RANDOM], unsigned which, char line[KEYLOG_LINE])
{
	struct keylog_secret secret;
	if (!keylog_find(keylog, label, client_random, which, &secret))
		return 0;
	const char *name = label_name(label);
	size_t n = strlen(name);
	memcpy(line, name, n);
	line[n++] = ' ';
	n += encode(client_random, TLS_RANDOM, &line[n]);
	line[n++] = ' ';
	n += encode(secret.bytes, secret.n, &line[n]);
	line[n++] = '\n';
	keylog_wipe(&secret);
	return n;
}

void keylog_parse(struct keylog *keylog, struct span text)
{
	struct rd lines = rd_of(text);
	while (rd_more(&lines))
		take_line(keylog, rd_line(&lines));
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Bytes up to the last line end; all of them when the buffer is full and holds none. */
static size_t whole_lines(const uint8_t *buffer, size_t n)
{
	size_t whole = n;
	while (whole > 0 && buffer[whole - 1] != '\n')
		whole--;
	return whole == 0 && n == READ_BYTES ? n : whole;
}

/* Before the first secret: a bucket for each line that the file may have. */
static void expect_lines(struct keylog *keylog, int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	uint64_t lines = (uint64_t)status.st_size / LINE_BYTES;
	lines = lines < keylog->limit ? lines : keylog->limit;
	while (keylog->log2_buckets < MOST_LOG2 && UINT64_C(1) << keylog->log2_buckets < lines)
		keylog->log2_buckets++;
}

/* 0, or the errno of a read that failed. */
static int read_all(struct keylog *keylog, int fd, uint8_t *buffer)
{
	size_t held = 0;
	ssize_t got;
	while ((got = source_read(fd, &buffer[held], READ_BYTES - held)) > 0) {
		held += (size_t)got;
		size_t whole = whole_lines(buffer, held);
		keylog_parse(keylog, span_of(buffer, whole));
		held -= whole;
		memmove(buffer, &buffer[whole], held);
	}
	int error = got < 0 ? errno : 0;
	keylog_parse(keylog, span_of(buffer, held));
	return error;
}

int keylog_read(struct keylog *keylog, struct source *source, struct err *err)
{
	keylog_set_name(keylog, source->name);
	expect_lines(keylog, source->fd);
	uint8_t *buffer = xmalloc(READ_BYTES);
	int error = read_all(keylog, source->fd, buffer);
	explicit_bzero(buffer, READ_BYTES);
	free(buffer);
	source_close(source);
	if (error != 0)
		return err_set(err, "cannot read key log %s: %s; give a text file with one secret a line",
		               source->name, strerror(error));
	return 0;
}
