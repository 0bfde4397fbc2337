/*
 * Lines of pasted text, as a terminal would show them: a cursor over one line, the pager's words taken
 * away, and wrapped hashes put together again.
 *
 * Called by authlist. Wrapped means: a line ends in hex digits, the next ones hold nothing but hex digits,
 * and together they have the length of a hash; where they stand in groups, to the digit. Never looks at more
 * than a few lines ahead.
 */
#include "dissect/authpaste.h"

#include "dissect/authtext.h"

#define ESCAPE        0x1b
#define BACKSPACE     0x08
#define DELETE        0x7f
#define BELL          0x07
#define SHA1_DIGITS   40
#define SHA256_DIGITS 64
#define MAC_DIGITS    12
#define SLACK         4 /* digits that a damaged hash may lack or have too many */
#define SHORTEST_HEAD 8 /* digits in front of the break, where the sum is only nearly a hash */
#define SHORTEST_TAIL 4 /* ... and behind it */
#define PIECES        9 /* lines of one hash: 64 digits in columns of eight, and the one in front */
#define SKIPPED       3 /* empty lines between two pieces: blank, rule, pager */
#define RUN_ROOM      (3 * SHA256_DIGITS) /* characters of a wrapped hash with its separators */
#define GROUP_LEAST   2                   /* digits of a group of a hash that is printed in groups */
#define GROUP_MOST    16

/* One line of a screen. */
struct screen {
	struct authpaste_line *line;
	size_t at; /* of the cursor */
};

/* A stretch of hex digits and separators in a line; in groups: with blanks between words of digits. */
struct run {
	size_t from, to, digits;
};

void authpaste_start(struct authpaste *paste, struct span text)
{
	static const char wide_mark[] = "\xff\xfe"; /* UTF-16: its NULs are dropped as control characters */
	size_t mark = sizeof wide_mark - 1;
	if (span_equal(span_cut(text, 0, mark), span_of(wide_mark, mark)))
		text = span_cut(text, mark, text.n);
	*paste = (struct authpaste){.text = rd_of(text)};
	paste->only_cr = text.n > 0 && memchr(text.p, '\n', text.n) == NULL;
}

/* ---- the screen ---- */

static void put(struct screen *screen, char c)
{
	struct authpaste_line *line = screen->line;
	if (screen->at == sizeof line->text)
		return;
	line->text[screen->at++] = c;
	if (screen->at > line->n)
		line->n = screen->at;
}

/* ESC [ parameters letter (ECMA-48 section 5.4): only what moves the cursor in the line counts. */
static void control_sequence(struct rd *r, struct screen *screen)
{
	size_t count = 0;
	uint8_t c = 0;
	while (rd_more(r) && (c = rd_u8(r)) < '@') {
		if (c >= '0' && c <= '9' && count < LIMIT_LINE)
			count = 10 * count + (size_t)(c - '0');
	}
	if (c == 'K' && count == 0)
		screen->line->n = screen->at;
	if (c == 'K' && count > 0)
		screen->line->n = screen->at = 0;
	if (c == 'D')
		screen->at -= count == 0 ? screen->at > 0 : count < screen->at ? count : screen->at;
}

static void escape_sequence(struct rd *r, struct screen *screen)
{
	uint8_t kind = rd_more(r) ? rd_u8(r) : 0;
	if (kind == '[')
		control_sequence(r, screen);
	else if (kind == ']') /* a window title, up to BEL */
		while (rd_more(r) && rd_u8(r) != BELL)
			continue;
	else if (kind == '(' || kind == ')')
		rd_skip(r, rd_more(r));
}

static void control(struct rd *r, struct screen *screen, uint8_t c)
{
	screen->line->repairs |= AUTHPASTE_CONTROLS;
	if (c == ESCAPE)
		escape_sequence(r, screen);
	else if (c == '\r')
		screen->at = 0;
	else if (c == BACKSPACE || c == DELETE)
		screen->at -= screen->at > 0;
}

/* What a word processor writes for plain characters; the answer is the plain one, 0 for an invisible one. */
static bool typographic(struct span left, size_t *n, char *plain)
{
	static const struct {
		const char *from, *to; /* UTF-8, first and last of a stretch */
		char plain;
	} rows[] = {
	    {"\xc2\xa0", "\xc2\xa0", ' '},         {"\xc2\xad", "\xc2\xad", 0},
	    {"\xe2\x80\x80", "\xe2\x80\x8a", ' '}, {"\xe2\x80\x8b", "\xe2\x80\x8f", 0},
	    {"\xe2\x80\x90", "\xe2\x80\x95", '-'}, {"\xe2\x80\x98", "\xe2\x80\x9f", '"'},
	    {"\xe2\x80\xaf", "\xe2\x80\xaf", ' '}, {"\xe2\x81\xa0", "\xe2\x81\xa0", 0},
	    {"\xe2\x88\x92", "\xe2\x88\x92", '-'}, {"\xe2\x94\x80", "\xe2\x95\xbf", '|'},
	    {"\xe3\x80\x80", "\xe3\x80\x80", ' '}, {"\xef\xbb\xbf", "\xef\xbb\xbf", 0},
	    {"\xef\xbc\x9a", "\xef\xbc\x9a", ':'},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		*n = strlen(rows[i].from);
		*plain = rows[i].plain;
		if (left.n >= *n && memcmp(left.p, rows[i].from, *n) >= 0 &&
		    memcmp(left.p, rows[i].to, *n) <= 0)
			return true;
	}
	return false;
}

static void draw(struct span text, struct authpaste_line *out)
{
	struct screen screen = {.line = out};
	struct rd r = rd_of(text);
	while (rd_more(&r)) {
		struct span left = span_cut(text, rd_at(&r), text.n);
		uint8_t c = rd_u8(&r);
		size_t n;
		char plain;
		if (c == '\t') {
			put(&screen, ' ');
		} else if (c < ' ' || c == DELETE) {
			control(&r, &screen, c);
		} else if (c > DELETE && typographic(left, &n, &plain)) {
			rd_skip(&r, n - 1);
			out->repairs |= AUTHPASTE_BLANKS;
			if (plain != 0)
				put(&screen, plain);
		} else {
			put(&screen, (char)c);
		}
	}
}

/* ---- the pager ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(const struct authpaste_line *line, size_t at, const char *word)
{
	size_t n = strlen(word);
	if (line->n < at + n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(line->text[at + i]) != word[i])
			return false;
	return true;
}

static size_t blanks(const struct authpaste_line *line, size_t at)
{
	while (at < line->n && line->text[at] == ' ')
		at++;
	return at;
}

static void drop_pager(struct authpaste_line *line)
{
	static const char *const words[] = {"--more--", "<--- more --->", "or (q)uit"};
	size_t at = blanks(line, 0), from = at;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (begins(line, at, words[i]) && (i < 2 || at > from))
			at = blanks(line, at + strlen(words[i]));
	if (at == from)
		return;
	line->repairs |= AUTHPASTE_PAGER;
	line->n -= at;
	memmove(line->text, &line->text[at], line->n);
}

/* ---- one line ---- */

/* The bytes up to the line end. A lone CR inside a line moves the cursor, unless the text has no LF. */
static struct span raw_line(struct authpaste *paste)
{
	if (!paste->only_cr)
		return rd_line(&paste->text);
	struct span left = span_cut(paste->text.all, rd_at(&paste->text), rd_left(&paste->text));
	const uint8_t *end = memchr(left.p, '\r', left.n);
	struct span line = rd_span(&paste->text, end != NULL ? (size_t)(end - left.p) : left.n);
	rd_skip(&paste->text, end != NULL);
	return line;
}

static bool read_line(struct authpaste *paste, struct authpaste_line *out)
{
	if (!rd_more(&paste->text))
		return false;
	struct span raw = raw_line(paste);
	out->n = 0;
	out->line = ++paste->line;
	out->lines = 1;
	out->repairs = raw.n > LIMIT_LINE ? AUTHPASTE_CUT : 0;
	raw = span_cut(raw, 0, LIMIT_LINE);
	while (raw.n > 0 && (raw.p[raw.n - 1] == '\r' || raw.p[raw.n - 1] == 0))
		raw.n--;
	draw(raw, out);
	while (out->n > 0 && out->text[out->n - 1] == ' ')
		out->n--;
	drop_pager(out);
	return true;
}

/* ---- wrapped hashes ---- */

static bool is_frame(char c)
{
	return c == ' ' || c == '|' || c == '+';
}

static bool is_joint(char c)
{
	return c == ':' || c == '-' || c == '.';
}

static bool is_digit(char c)
{
	return authtext_digit(c) >= 0 || authtext_meant(c) != c;
}

/* In front of text: the frame of a table, or the mark of a quoted mail. */
static bool is_margin(char c)
{
	return is_frame(c) || c == '>';
}

/* The word of digits and joints that ends in front of `to`. */
static struct run word_before(const struct authpaste_line *line, size_t to)
{
	struct run run = {.from = to, .to = to};
	while (run.from > 0 && (is_digit(line->text[run.from - 1]) || is_joint(line->text[run.from - 1]))) {
		run.from--;
		run.digits += is_digit(line->text[run.from]);
	}
	bool inside = run.from > 0 && !is_margin(line->text[run.from - 1]) && line->text[run.from - 1] != '"';
	return inside ? (struct run){.from = to, .to = to} : run;
}

static size_t end_of(const struct authpaste_line *line)
{
	size_t to = line->n;
	while (to > 0 && is_frame(line->text[to - 1]))
		to--;
	return to;
}

/* The run at the end of a line; its frame is left aside. */
static struct run last_run(const struct authpaste_line *line)
{
	return word_before(line, end_of(line));
}

/* The groups at the end of a line, all of one width; the line may have been broken inside of the last one. */
static struct run last_groups(const struct authpaste_line *line)
{
	struct run run = last_run(line);
	size_t width = 0;
	while (run.from > 1 && line->text[run.from - 1] == ' ') {
		struct run word = word_before(line, run.from - 1);
		bool fits = width != 0 ? word.digits == width : word.digits >= run.digits;
		if (!fits || word.to - word.from != word.digits || word.digits < GROUP_LEAST ||
		    word.digits > GROUP_MOST)
			break;
		width = word.digits;
		run.from = word.from;
		run.digits += width;
	}
	return run;
}

static size_t margin(const struct authpaste_line *line)
{
	size_t at = 0;
	while (at < line->n && is_margin(line->text[at]))
		at++;
	return at;
}

/* Nothing but the run stands in the line. */
static bool is_alone(const struct authpaste_line *line, const struct run *run)
{
	return run->digits > 0 && margin(line) == run->from;
}

/* The whole line, where it is words of digits. */
static struct run only_groups(const struct authpaste_line *line)
{
	struct run run = {.from = margin(line), .to = end_of(line)};
	for (size_t i = run.from; i < run.to; i++) {
		if (!is_digit(line->text[i]) && line->text[i] != ' ')
			return (struct run){0};
		run.digits += line->text[i] != ' ';
	}
	return run;
}

/* Blank, or the frame of a table. */
static bool is_empty(const struct authpaste_line *line)
{
	for (size_t i = 0; i < line->n; i++)
		if (!is_margin(line->text[i]) && line->text[i] != '-' && line->text[i] != '=')
			return false;
	return true;
}

static bool holds(const struct authpaste_line *line, const char *word)
{
	for (size_t i = 0; i < line->n; i++)
		if (begins(line, i, word))
			return true;
	return false;
}

static bool is_hash_length(size_t digits)
{
	return digits == SHA1_DIGITS || digits == SHA256_DIGITS;
}

static bool is_near_length(size_t digits)
{
	return (digits + SLACK >= SHA1_DIGITS && digits <= SHA1_DIGITS + SLACK) ||
	       (digits + SLACK >= SHA256_DIGITS && digits <= SHA256_DIGITS + SLACK);
}

/* Twelve digits are a MAC address, unless a command says that a hash stands here. */
static bool is_head(const struct authpaste_line *line, const struct run *run)
{
	if (run->digits == MAC_DIGITS && !holds(line, "password ") && !holds(line, "-ssc "))
		return false;
	return run->digits > 0 && run->digits < SHA256_DIGITS;
}

/* The next line that holds nothing but a run; lines that are empty are passed over. */
static bool next_piece(struct authpaste *ahead, bool groups, struct authpaste_line *line, struct run *run)
{
	for (unsigned i = 0; i <= SKIPPED && read_line(ahead, line); i++) {
		if (is_empty(line))
			continue;
		*run = groups ? only_groups(line) : last_run(line);
		return is_alone(line, run) && run->digits < SHA256_DIGITS;
	}
	return false;
}

/* A sum that is a hash to the digit is one; a nearly right one must not be made of scraps or a MAC address.
 */
static bool is_joined(size_t head, size_t piece, size_t sum, bool exact_only)
{
	if (is_hash_length(sum))
		return true;
	return !exact_only && is_near_length(sum) && !is_near_length(head) && !is_near_length(piece) &&
	       head >= SHORTEST_HEAD && piece >= SHORTEST_TAIL && piece != MAC_DIGITS;
}

/* What is put together of a hash. */
struct joint {
	char text[RUN_ROOM];
	size_t n, digits;
};

/* Adds a run without its blanks; false when it is no part of one hash. */
static bool add_run(struct joint *joint, const struct authpaste_line *line, const struct run *run)
{
	if (joint->digits + run->digits > SHA256_DIGITS + SLACK ||
	    joint->n + run->to - run->from > sizeof joint->text)
		return false;
	for (size_t i = run->from; i < run->to; i++)
		if (line->text[i] != ' ')
			joint->text[joint->n++] = line->text[i];
	joint->digits += run->digits;
	return true;
}

/* Columns of numbers are no hash. */
static bool has_letter(const struct joint *joint)
{
	for (size_t i = 0; i < joint->n; i++)
		if (lower(joint->text[i]) >= 'a' && lower(joint->text[i]) <= 'f')
			return true;
	return false;
}

/* Puts the pieces of the next lines behind the head, the last run of the line; false when it goes on nowhere.
 */
static bool join(struct authpaste *paste, const struct run *head, bool groups, struct authpaste_line *out)
{
	struct authpaste ahead = *paste, best = *paste;
	struct authpaste_line next;
	struct joint joint = {.n = 0};
	struct run run;
	size_t best_n = 0;
	bool exact = groups || is_hash_length(head->digits);
	if (!is_head(out, head) || !add_run(&joint, out, head))
		return false;
	for (unsigned i = 0; i < PIECES && next_piece(&ahead, groups, &next, &run); i++) {
		if (!add_run(&joint, &next, &run))
			break;
		if (!is_joined(head->digits, run.digits, joint.digits, exact) ||
		    (groups && !has_letter(&joint)))
			continue;
		exact = exact || is_hash_length(joint.digits);
		best = ahead;
		best_n = joint.n;
	}
	if (best_n == 0 || head->from + best_n > sizeof out->text)
		return false;
	memcpy(&out->text[head->from], joint.text, best_n);
	out->n = head->from + best_n;
	out->lines += best.line - paste->line;
	out->repairs |= AUTHPASTE_WRAPPED;
	*paste = best;
	return true;
}

bool authpaste_next(struct authpaste *paste, struct authpaste_line *out)
{
	if (!read_line(paste, out))
		return false;
	struct run word = last_run(out), groups = last_groups(out);
	/* a line of nothing but groups is bytes of something, such as a certificate in a configuration */
	if (!join(paste, &word, false, out) && !is_alone(out, &groups))
		join(paste, &groups, true, out);
	return true;
}
