/*
 * Lines of a TLS key log -> secrets of the table (keylog.h). Called with text from files, from decryption
 * secrets blocks and from a log that is followed. What held a secret is wiped.
 */
#include "analyzer/keylog.h"

#include "analyzer/keylog_table.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA256_BYTES 32 /* a TLS 1.3 secret is as long as its suite's hash, RFC 8446 section 7.1 */
#define SHA384_BYTES 48
#define READ_BYTES   (256 * 1024)
#define HEX_DIGIT    0x10 /* set in hex_digits for a character that is a digit */
#define LINE_BYTES   176  /* of a CLIENT_RANDOM line */

enum { UNUSED = KEYLOG_NAMES };

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
    {"RSA", KEYLOG_PREMASTER_RSA, false},
    {"PMS_CLIENT_RANDOM", KEYLOG_PREMASTER, false},
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

/* A premaster secret has the length of its key exchange. */
static bool length_fits(enum keylog_label label, size_t n)
{
	switch (label) {
	case KEYLOG_MASTER:
	case KEYLOG_PREMASTER_RSA:
		return n == KEYLOG_MASTER_BYTES;
	case KEYLOG_PREMASTER:
		return n > 0;
	default:
		return n == SHA256_BYTES || n == SHA384_BYTES;
	}
}

/* A secret of a line, as text. */
struct taken {
	struct keylog_foreseen foreseen;
	struct span hex;
};

/* So many are foreseen together: enough to wait for their memory once. */
#define BATCH 16

struct batch {
	struct keylog *keylog;
	struct taken taken[BATCH];
	size_t n;
};

static void add_taken(struct keylog *keylog, const struct taken *taken)
{
	uint8_t secret[LIMIT_PREMASTER];
	size_t n = taken->hex.n / 2;
	if (decode(taken->hex, secret, sizeof secret))
		keylog_add_foreseen(keylog, &taken->foreseen, span_of(secret, n));
	else
		keylog_count_rubbish(keylog);
	explicit_bzero(secret, n < sizeof secret ? n : sizeof secret);
}

static void add_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		keylog_foresee_entry(batch->keylog, &batch->taken[i].foreseen);
	for (size_t i = 0; i < batch->n; i++)
		add_taken(batch->keylog, &batch->taken[i]);
	batch->n = 0;
}

/* Label, id and secret. False when the text is none of these; of the secret that is seen when it is added. */
static bool take_secret(struct batch *batch, enum keylog_label label, struct span id_hex, struct span hex)
{
	uint8_t id[TLS_RANDOM] = {0};
	size_t id_bytes = label == KEYLOG_PREMASTER_RSA ? KEYLOG_RSA_ID : TLS_RANDOM;
	if (id_hex.n != 2 * id_bytes || !length_fits(label, hex.n / 2) || !decode(id_hex, id, sizeof id))
		return false;
	struct taken *taken = &batch->taken[batch->n++];
	taken->hex = hex;
	keylog_foresee(batch->keylog, label, id, &taken->foreseen);
	if (batch->n == BATCH)
		add_batch(batch);
	return true;
}

static void take_line(struct batch *batch, struct span text)
{
	struct rd line = rd_of(text);
	keylog_count_line(batch->keylog);
	skip_byte_order_mark(&line);
	skip_blanks(&line);
	if (!rd_more(&line) || text.p[rd_at(&line)] == '#')
		return;
	int label = find_label(word(&line));
	if (label == UNUSED)
		return;
	struct span id = word(&line), secret = word(&line);
	if (label < 0 || !rd_done(&line) || !take_secret(batch, (enum keylog_label)label, id, secret))
		keylog_count_rubbish(batch->keylog);
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
	struct batch batch;
	batch.keylog = keylog;
	batch.n = 0;
	struct rd lines = rd_of(text);
	while (rd_more(&lines))
		take_line(&batch, rd_line(&lines));
	add_batch(&batch);
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

static void expect_lines(struct keylog *keylog, int fd)
{
	struct stat status;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		keylog_expect(keylog, (uint64_t)status.st_size / LINE_BYTES);
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
