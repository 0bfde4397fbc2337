/*
 * Characters, words and numbers of damaged text, see trace_text.h.
 *
 * Called by the trace_*.c files for whatever is not clean. Never looks past the span it is given, and keeps
 * nothing between calls.
 */
#include "dissect/trace_text.h"

enum {
	SKIPPED = '-',   /* an underscore: OCR loses it, or makes a blank of it */
	SEPARATOR = '.', /* all letters and digits stand behind these two */
	ASCII = 128,
	BYTES = 256,
	LATIN = 0xc3, /* first byte of the accented letters U+00C0 to U+00FF in UTF-8 */
	HEX_DIGITS = 16,
};

static const char folded[BYTES + 1] = "................"
                                      "................"
                                      "................"
                                      "olz34s67bg......"
                                      ".abcdefghljklmno"
                                      "pqrstuvwxyz....-"
                                      ".abcdefghljklmno"
                                      "pqrstuvwxyz....."
                                      "................"
                                      "................"
                                      "................"
                                      "................"
                                      "................"
                                      "................"
                                      "................"
                                      "................";

/* U+00C0 to U+00FF. */
static const char unaccented[] = "aaaaaaaceeeellll.nooooo.ouuuuy.s"
                                 "aaaaaaaceeeellll.nooooo.ouuuuy.y";

char trace_text_fold(char c)
{
	char f = folded[(unsigned char)c];
	return f > SEPARATOR ? f : 0;
}

struct span trace_text_trim(struct span s)
{
	size_t from = 0, to = s.n;
	while (from < to && trace_text_blank(s.p[from]))
		from++;
	while (to > from && trace_text_blank(s.p[to - 1]))
		to--;
	return span_cut(s, from, to - from);
}

size_t trace_text_find(struct span s, char c)
{
	const uint8_t *found = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
	return found == NULL ? s.n : (size_t)(found - s.p);
}

/* The folded letter of two bytes from i on; one that is none is a separator of a byte. */
static char accented(struct span s, size_t i, size_t *bytes)
{
	if (s.p[i] != LATIN || i + 1 >= s.n || (s.p[i + 1] & 0xc0) != 0x80)
		return SEPARATOR;
	*bytes = 2;
	return unaccented[s.p[i + 1] & 0x3f];
}

/* The folded letter at i and how many bytes it takes; SEPARATOR and SKIPPED as they are. */
static inline char letter(struct span s, size_t i, size_t *bytes)
{
	*bytes = 1;
	return s.p[i] < ASCII ? folded[s.p[i]] : accented(s, i, bytes);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Where the next letter stands, from `at` on. */
static inline size_t skip_separators(struct span s, size_t at)
{
	size_t bytes;
	while (at < s.n && letter(s, at, &bytes) == SEPARATOR)
		at += bytes;
	return at;
}

bool trace_text_word(struct rd *r, struct trace_word *out)
{
	struct span s = r->all;
	size_t from = skip_separators(s, rd_at(r)), to = from, n, bytes;
	size_t room = from + least(s.n - from, TRACE_TEXT_WORD);
	for (char c; to < room && (c = folded[s.p[to]]) > SEPARATOR; to++)
		out->fold[to - from] = c;
	for (n = to - from; to < s.n; to += bytes) { /* what is no plain letter, or beyond the room */
		char c = letter(s, to, &bytes);
		if (c == SEPARATOR)
			break;
		if (n < TRACE_TEXT_WORD && c != SKIPPED)
			out->fold[n++] = c;
	}
	out->n = n;
	out->fold[n] = 0;
	out->printed = span_cut(s, from, to - from);
	rd_skip(r, to - rd_at(r));
	return to > from;
}

bool trace_text_printed(struct rd *r, struct span *out)
{
	struct span s = r->all;
	size_t from = skip_separators(s, rd_at(r)), to = from, bytes;
	for (; to < s.n && letter(s, to, &bytes) != SEPARATOR; to += bytes)
		;
	*out = span_cut(s, from, to - from);
	rd_skip(r, to - rd_at(r));
	return to > from;
}

static bool stands(const struct trace_word *word, size_t at, const char *text)
{
	size_t i = 0;
	while (text[i] != 0 && word->fold[at + i] == folded[(unsigned char)text[i]])
		i++;
	return text[i] == 0;
}

bool trace_text_begins(const struct trace_word *word, const char *text)
{
	return stands(word, 0, text);
}

bool trace_text_holds(const struct trace_word *word, const char *text)
{
	size_t n = strlen(text);
	for (size_t at = 0; at + n <= word->n; at++)
		if (stands(word, at, text))
			return true;
	return false;
}

/* The next letter or digit of s from *at on, folded; 0 at the end. */
static inline char next_letter(struct span s, size_t *at)
{
	while (*at < s.n) {
		size_t bytes;
		char c = letter(s, *at, &bytes);
		*at += bytes;
		if (c > SEPARATOR)
			return c;
	}
	return 0;
}

bool trace_text_same(struct span s, const char *text)
{
	struct span other = span_of(text, strlen(text));
	size_t i = 0, k = 0;
	for (;;) {
		char a = next_letter(s, &i), b = next_letter(other, &k);
		if (a != b)
			return false;
		if (a == 0)
			return true;
	}
}

size_t trace_text_letters(struct span s, char out[TRACE_TEXT_LETTERS])
{
	size_t n = 0, at = 0;
	for (char c = next_letter(s, &at); c != 0 && n < TRACE_TEXT_LETTERS; c = next_letter(s, &at))
		out[n++] = c;
	return n;
}

/* What the two begin and end with alike costs nothing. */
static void drop_common(struct span *a, struct span *b)
{
	size_t front = 0, back = 0;
	while (front < a->n && front < b->n && a->p[front] == b->p[front])
		front++;
	*a = span_cut(*a, front, a->n);
	*b = span_cut(*b, front, b->n);
	while (back < a->n && back < b->n && a->p[a->n - 1 - back] == b->p[b->n - 1 - back])
		back++;
	a->n -= back;
	b->n -= back;
}

/*
 * Levenshtein's distance, a row at a time, until the whole row is beyond the limit. Cells farther than the
 * limit from the diagonal are beyond it anyway, and left out.
 */
static size_t distance(struct span a, struct span b, size_t limit)
{
	size_t row[TRACE_TEXT_LETTERS + 1], beyond = limit + 1, best = 0;
	for (size_t k = 0; k <= b.n; k++)
		row[k] = least(k, beyond);
	for (size_t i = 0; i < a.n && best <= limit; i++) {
		size_t from = i > limit ? i - limit : 0, to = least(b.n, i + limit + 1);
		size_t corner = row[from];
		best = row[from] = i + 1; /* beyond the limit where from is not 0 */
		for (size_t k = from; k < to; k++) {
			size_t replaced = corner + (a.p[i] != b.p[k]);
			corner = row[k + 1];
			row[k + 1] = least(replaced, least(row[k], corner) + 1);
			best = least(best, row[k + 1]);
		}
	}
	return least(best > limit ? beyond : row[b.n], beyond);
}

size_t trace_text_distance(struct span letters, const char *text, size_t limit)
{
	char folds[TRACE_TEXT_LETTERS];
	struct span other = span_of(folds, trace_text_letters(span_of(text, strlen(text)), folds));
	if (letters.n > other.n + limit || other.n > letters.n + limit)
		return limit + 1;
	drop_common(&letters, &other);
	return distance(letters, other, limit);
}

/* The digit that a letter looks like, -1 for none. */
static int look_alike(uint8_t c)
{
	switch (c) {
	case 'O':
	case 'o':
		return 0;
	case 'l':
	case 'I':
	case 'i':
	case '|':
		return 1;
	case 'Z':
	case 'z':
		return 2;
	case 'S':
	case 's':
		return 5;
	case 'B':
		return 8;
	case 'g':
	case 'q':
		return 9;
	default:
		return -1;
	}
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

int trace_text_digit(uint8_t c)
{
	return is_digit(c) ? c - '0' : look_alike(c);
}

bool trace_text_decimal(struct span s, uint64_t *value, uint32_t *repairs)
{
	uint64_t v = 0;
	uint32_t repaired = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = trace_text_digit(s.p[i]);
		if (d < 0 || v > (UINT64_MAX - (unsigned)d) / 10)
			return false;
		v = v * 10 + (unsigned)d;
		repaired += !is_digit(s.p[i]);
	}
	*value = v;
	*repairs += repaired;
	return s.n > 0;
}

static int hex_digit(uint8_t c, bool capitals)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F' && (capitals || c != 'B'))
		return c - 'A' + 10;
	return -1;
}

static bool in_capitals(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'F' && s.p[i] != 'B')
			return true;
	return false;
}

bool trace_text_hex(struct span s, uint64_t *value, uint32_t *repairs)
{
	uint64_t v = 0;
	uint32_t repaired = 0;
	bool capitals = in_capitals(s);
	if (s.n == 0 || s.n > HEX_DIGITS)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i], capitals);
		if (d < 0) {
			d = look_alike(s.p[i]);
			repaired++;
		}
		if (d < 0)
			return false;
		v = v << 4 | (unsigned)d;
	}
	*value = v;
	*repairs += repaired;
	return true;
}

bool trace_text_has_digit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_digit(s.p[i]))
			return true;
	return false;
}
