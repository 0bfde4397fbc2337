/*
 * The stamp in front of a trace line: time, zone, sequence, process.
 *
 * Called by trace.c. A clean stamp is read by its fixed places; only what is not clean
 * goes through the repairs. A date that does not exist gives no time, and nothing is guessed for it.
 */
#include "dissect/trace_parts.h"

enum {
	ZONE = 5,           /* letters of a time zone's name */
	SEQUENCE_DIGITS = 8,
	PID_DIGITS = 10,
	STAMP_ROOM = 60,    /* a stamp, damaged or not, ends within so many bytes */
	MOST_REPAIRED = 8,  /* of the 15 digits of date and time */
	CENTURY = 2000,     /* of the two-digit years */
	FIRST_YEAR = 1970,  /* nanoseconds fit 64 bits, and are not negative */
	LAST_YEAR = 2200,
	EPOCH = 719468,     /* days from 0000-03-01 to 1970-01-01 */
};

static const int64_t second_ns = 1000000000, millisecond_ns = 1000000;

static uint8_t peek(const struct rd *r)
{
	return rd_more(r) ? r->all.p[rd_at(r)] : 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* Days from 1970-01-01 in the Gregorian calendar; the year is counted from March. All of it exists. */
static uint32_t days_of(const struct trace_clock *t)
{
	uint32_t year = (uint32_t)t->year - (t->month <= 2), month = ((uint32_t)t->month + 9) % 12;
	uint32_t leap = year / 4 - year / 100 + year / 400;
	return year * 365 + leap + (month * 153 + 2) / 5 + (uint32_t)t->day - 1 - EPOCH;
}

static bool exists(const struct trace_clock *t)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (t->year < FIRST_YEAR || t->year > LAST_YEAR || t->month < 1 || t->month > 12)
		return false;
	bool leap = t->month == 2 && t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);
	return t->day >= 1 && t->day <= days[t->month - 1] + (uint64_t)leap && t->hour <= 23 && t->minute <= 59 &&
	       t->second <= 60;
}

bool trace_stamp_time(const struct trace_clock *t, struct trace_line *out)
{
	if (!exists(t))
		return false;
	uint32_t minutes = (days_of(t) * 24 + (uint32_t)t->hour) * 60 + (uint32_t)t->minute;
	int64_t seconds = (int64_t)minutes * 60 + (int64_t)t->second;
	out->time = seconds * second_ns + (int64_t)t->millisecond * millisecond_ns;
	out->has_time = true;
	return true;
}

/* ---- clean ------------------------------------------------------------------------------------------- */

/* Where the parts of "MM/DD/YY HH:MM:SS.mmm" stand. */
enum { MONTH = 0, DAY = 3, YEAR = 6, HOUR = 9, MINUTE = 12, SECOND = 15, MILLISECOND = 18, CLOCK = 21 };

enum { NO_PAIR = 128 }; /* a bit that no number of two digits has */

static inline unsigned digit_at(struct span s, size_t at)
{
	return s.p[at] - (unsigned)'0';
}

static inline unsigned pair_at(struct span s, size_t at)
{
	unsigned tens = digit_at(s, at), ones = digit_at(s, at + 1);
	return tens <= 9 && ones <= 9 ? tens * 10 + ones : NO_PAIR;
}

/* The signs and the blank between the digits are as printed. */
static inline bool is_in_place(struct span s)
{
	return s.n >= CLOCK && s.p[DAY - 1] == '/' && s.p[YEAR - 1] == '/' && s.p[HOUR - 1] == ' ' &&
	       s.p[MINUTE - 1] == ':' && s.p[SECOND - 1] == ':' && s.p[MILLISECOND - 1] == '.';
}

/* With is_in_place. */
static inline bool clean_clock(struct span s, struct trace_clock *t)
{
	unsigned month = pair_at(s, MONTH), day = pair_at(s, DAY), year = pair_at(s, YEAR),
	         hour = pair_at(s, HOUR), minute = pair_at(s, MINUTE), second = pair_at(s, SECOND),
	         hundredth = pair_at(s, MILLISECOND), thousandth = digit_at(s, MILLISECOND + 2);
	*t = (struct trace_clock){
	    CENTURY + year, month, day, hour, minute, second, hundredth * 10 + thousandth};
	return thousandth <= 9 && !((month | day | year | hour | minute | second | hundredth) & NO_PAIR);
}

enum { NO_DIGIT = 16 };

/* The value of a lower-case hex digit as it stands; NO_DIGIT for anything else. */
static inline unsigned hex_digit(uint8_t c)
{
	unsigned letter = c - (unsigned)'a';
	return is_digit(c) ? c - (unsigned)'0' : letter < 6 ? letter + 10 : NO_DIGIT;
}

/* Lower-case hex digits and the blank behind them, which is taken. */
static inline bool clean_sequence(struct span s, size_t *at, uint32_t *sequence)
{
	uint32_t v = 0;
	size_t i = *at, end = i + SEQUENCE_DIGITS + 1 < s.n ? i + SEQUENCE_DIGITS + 1 : s.n;
	for (unsigned digit; i < end && (digit = hex_digit(s.p[i])) < NO_DIGIT; i++)
		v = v << 4 | digit;
	bool good = i > *at && i < end && s.p[i] == ' ';
	*sequence = v;
	*at = i + 1;
	return good;
}

/* Digits and the bracket behind them, which is taken. */
static inline bool clean_pid(struct span s, size_t *at, uint32_t *pid)
{
	uint64_t v = 0;
	size_t i = *at, end = i + PID_DIGITS + 1 < s.n ? i + PID_DIGITS + 1 : s.n;
	for (unsigned digit; i < end && (digit = digit_at(s, i)) <= 9; i++)
		v = v * 10 + digit;
	bool good = i > *at && i < end && s.p[i] == ']' && v <= UINT32_MAX;
	*pid = (uint32_t)v;
	*at = i + 1;
	return good;
}

/* Zone, sequence, process and bracket behind the blank at `at`. */
static bool clean_tail(struct span line, size_t at, struct trace_line *out, struct span *text)
{
	uint32_t sequence, pid;
	if (at >= line.n || line.p[at++] != ' ')
		return false;
	size_t from = at;
	while (at < line.n && is_capital(line.p[at]))
		at++;
	size_t zone = at - from;
	if (zone == 0 || zone > ZONE || at == line.n || line.p[at++] != ' ' ||
	    !clean_sequence(line, &at, &sequence) || !clean_pid(line, &at, &pid))
		return false;
	out->zone = span_cut(line, from, zone);
	out->sequence = sequence;
	out->pid = pid;
	out->has_sequence = out->has_pid = true;
	*text = span_cut(line, at, line.n);
	return true;
}

static bool clean(struct span line, struct trace_line *out, struct span *text)
{
	struct trace_clock t;
	struct span clock = span_cut(line, 1, CLOCK);
	if (line.p[0] != '[' || !is_in_place(clock) || !clean_clock(clock, &t) ||
	    !clean_tail(line, 1 + CLOCK, out, text))
		return false;
	trace_stamp_time(&t, out);
	return true;
}

/* ---- damaged ----------------------------------------------------------------------------------------- */

/* Bytes of the blank that comes next: pages and mail programs make two of UTF-8 of it, U+00A0. 0: none. */
static size_t blank(const struct rd *r)
{
	static const uint8_t unbroken[] = {0xc2, 0xa0};
	uint8_t c = peek(r);
	if (trace_text_blank(c))
		return 1;
	if (c != unbroken[0])
		return 0;
	struct span next = span_cut(r->all, rd_at(r), sizeof unbroken);
	return span_equal(next, span_of(unbroken, sizeof unbroken)) ? next.n : 0;
}

static void skip_blanks(struct rd *r)
{
	for (size_t n; (n = blank(r)) > 0;)
		rd_skip(r, n);
}

/* A dash may stand where a blank was. */
static void skip_gap(struct rd *r, uint32_t *repairs)
{
	for (skip_blanks(r); peek(r) == '-' || peek(r) == '_'; skip_blanks(r)) {
		(*repairs)++;
		rd_skip(r, 1);
	}
}

/* Up to `most` digits and look-alikes of digits. */
static bool number(struct rd *r, size_t most, uint64_t *value, uint32_t *repairs)
{
	uint64_t v = 0;
	size_t n = 0;
	for (; n < most && rd_more(r); n++) {
		int digit = trace_text_digit(peek(r));
		if (digit < 0)
			break;
		*repairs += !is_digit(rd_u8(r));
		v = v * 10 + (uint64_t)digit;
	}
	if (n > 0)
		*value = v;
	return n > 0;
}

/* The sign between two numbers, or one that OCR makes of it; blanks may stand around it. */
static bool sign(struct rd *r, char wanted, uint32_t *repairs)
{
	skip_blanks(r);
	uint8_t c = peek(r);
	if (c == 0 || strchr("/|\\-.,:;'", c) == NULL)
		return false;
	*repairs += c != (uint8_t)wanted;
	rd_skip(r, 1);
	skip_blanks(r);
	return true;
}

static bool clock_in_parts(struct rd *r, struct trace_clock *t, uint32_t *repairs)
{
	bool good = number(r, 2, &t->month, repairs) && sign(r, '/', repairs) && number(r, 2, &t->day, repairs) &&
	            sign(r, '/', repairs) && number(r, 2, &t->year, repairs);
	skip_gap(r, repairs);
	good = good && number(r, 2, &t->hour, repairs) && sign(r, ':', repairs) &&
	       number(r, 2, &t->minute, repairs) && sign(r, ':', repairs) && number(r, 2, &t->second, repairs) &&
	       sign(r, '.', repairs) && number(r, 3, &t->millisecond, repairs);
	t->year += CENTURY;
	return good;
}

/* Most of what is damaged has its signs in their places, and what looks like a digit among its digits. */
static bool clock_in_place(struct span s, struct trace_clock *t, uint32_t *repairs)
{
	uint8_t repaired[CLOCK];
	uint32_t n = 0;
	if (!is_in_place(s))
		return false;
	for (size_t i = 0; i < CLOCK; i++) {
		int digit = is_digit(s.p[i]) ? -1 : trace_text_digit(s.p[i]);
		repaired[i] = digit < 0 ? s.p[i] : (uint8_t)('0' + digit);
		n += digit >= 0;
	}
	if (!clean_clock(span_of(repaired, CLOCK), t))
		return false;
	*repairs += n;
	return true;
}

static bool date_and_time(struct rd *r, struct trace_clock *t, uint32_t *repairs)
{
	if (!clock_in_place(span_cut(r->all, rd_at(r), CLOCK), t, repairs))
		return clock_in_parts(r, t, repairs);
	rd_skip(r, CLOCK);
	return true;
}

static bool ends_token(const struct rd *r)
{
	return blank(r) > 0 || peek(r) == ']' || peek(r) == ')' || peek(r) == '-';
}

/* What stands before the next blank, dash or bracket. */
static struct span token(struct rd *r)
{
	struct rd end = *r;
	while (rd_more(&end) && (hex_digit(peek(&end)) < NO_DIGIT || !ends_token(&end)))
		rd_skip(&end, 1);
	return rd_span(r, rd_at(&end) - rd_at(r));
}

/* Capitals, and digits that OCR made of some; a sequence glued behind is left to be read. */
static struct span zone(struct rd *r)
{
	struct rd glued = *r;
	struct span whole = token(r);
	size_t n = 0, capitals = 0;
	while (n < whole.n && (is_capital(whole.p[n]) || is_digit(whole.p[n])))
		capitals += is_capital(whole.p[n++]);
	if (n == whole.n && n <= ZONE && n > 0 && is_capital(whole.p[0]))
		return whole;
	for (capitals = 0; capitals < whole.n && is_capital(whole.p[capitals]);)
		capitals++;
	*r = glued;
	return capitals > 1 && capitals <= ZONE ? rd_span(r, capitals) : (struct span){.n = 0};
}

/* Hex digits; letters that are none and look like none strayed in. */
static bool sequence(struct span s, struct trace_line *out)
{
	uint64_t v = 0, digit;
	size_t n = 0;
	uint32_t repairs = 0;
	for (size_t i = 0; i < s.n; i++) {
		digit = hex_digit(s.p[i]);
		if (digit < NO_DIGIT || trace_text_hex(span_cut(s, i, 1), &digit, &repairs)) {
			v = v << 4 | digit;
			n++;
		} else {
			repairs++;
		}
	}
	if (n == 0 || n > SEQUENCE_DIGITS || s.n > n + 2)
		return false;
	out->sequence = (uint32_t)v;
	out->has_sequence = true;
	out->repairs += repairs;
	return true;
}

static bool pid(struct span s, struct trace_line *out)
{
	uint64_t v;
	uint32_t repairs = 0;
	if (!trace_text_has_digit(s) || !trace_text_decimal(s, &v, &repairs) || v > UINT32_MAX)
		return false;
	out->pid = (uint32_t)v;
	out->has_pid = true;
	out->repairs += repairs;
	return true;
}

/* Zone, sequence, process and bracket, as many as are there. */
static struct span damaged_tail(struct rd *r, struct trace_line *out)
{
	skip_gap(r, &out->repairs);
	out->zone = zone(r);
	skip_gap(r, &out->repairs);
	struct rd back = *r;
	if (sequence(token(r), out)) {
		skip_gap(r, &out->repairs);
		back = *r;
	}
	if (pid(token(r), out))
		back = *r;
	*r = back;
	skip_blanks(r);
	struct span left = span_cut(r->all, rd_at(r), STAMP_ROOM / 2);
	size_t end = trace_text_find(left, ']');
	if (end < left.n && (!out->has_pid || end == 0))
		rd_skip(r, end + 1);
	else
		out->repairs++;
	return rd_rest(r);
}

static bool damaged(struct span line, struct trace_line *out, struct span *text)
{
	struct rd r = rd_of(line);
	struct trace_clock t = {.year = 0};
	uint32_t repairs = 0;
	skip_blanks(&r);
	uint8_t first = peek(&r);
	repairs += first != '[';
	if (first != 0 && strchr("[({|", first) != NULL)
		rd_skip(&r, 1);
	skip_blanks(&r);
	if (!date_and_time(&r, &t, &repairs) || repairs > MOST_REPAIRED)
		return false;
	trace_stamp_time(&t, out);
	out->repairs += repairs;
	if (!clean_tail(line, rd_at(&r), out, text))
		*text = damaged_tail(&r, out);
	return true;
}

/* The end of a stamp whose beginning is lost: "... a27 10241] text". */
static bool end_of_stamp(struct span line, struct trace_line *out, struct span *text)
{
	struct span head = span_cut(line, 0, STAMP_ROOM);
	size_t bracket = trace_text_find(head, ']');
	if (bracket == head.n)
		return false;
	head = trace_text_trim(span_cut(head, 0, bracket));
	struct span last[2] = {{.n = 0}, {.n = 0}};
	struct rd r = rd_of(head);
	while (rd_more(&r)) {
		last[0] = last[1];
		last[1] = token(&r);
		rd_skip(&r, rd_more(&r) ? 1 : 0);
		skip_blanks(&r);
	}
	struct trace_line found = {.repairs = 1};
	if (last[1].n < 2 || !trace_text_has_digit(last[0]) || !sequence(last[0], &found) || !pid(last[1], &found))
		return false;
	out->has_sequence = out->has_pid = true;
	out->sequence = found.sequence;
	out->pid = found.pid;
	out->repairs += found.repairs;
	*text = span_cut(line, bracket + 1, line.n);
	return true;
}

struct span trace_stamp(struct span line, struct trace_line *out)
{
	struct span text, head = span_cut(line, 0, STAMP_ROOM);
	if (line.n == 0)
		return line;
	if (clean(line, out, &text))
		return text;
	if (trace_text_find(head, '%') < head.n)
		return line;
	if (damaged(line, out, &text) || end_of_stamp(line, out, &text))
		return text;
	return line;
}
