/*
 * The syslog line of a Catalyst 9800's NMSP process: its own stamp, its text and the two addresses.
 *
 * Called by trace.c. The stamp is whatever the collector and the device put before the '%'; only a month
 * with a day, or an ISO date, and a time of day are understood. facts.md section 7.
 */
#include "dissect/trace_parts.h"

enum {
	CLOCK = 8,     /* "09:15:00" */
	ISO_DATE = 10, /* "2026-03-02" */
	MONTH_LETTERS = 3,
	FRACTION = 3,  /* digits of a second that are kept */
	YEAR_DIGITS = 4,
	NO_YEAR = 1970, /* not a leap year */
	ZONE = 5,
};

static bool has_shape(struct span s, size_t at, const char *shape)
{
	size_t i = 0;
	for (; shape[i] != 0; i++) {
		if (at + i >= s.n)
			return false;
		bool digit = s.p[at + i] >= '0' && s.p[at + i] <= '9';
		if (shape[i] == '0' ? !digit : s.p[at + i] != (uint8_t)shape[i])
			return false;
	}
	return true;
}

/* Where the shape first stands; s.n when nowhere. */
static size_t find_shape(struct span s, const char *shape)
{
	size_t at = 0;
	while (at < s.n && !has_shape(s, at, shape))
		at++;
	return at;
}

static uint64_t digits(struct span s, size_t at, size_t n)
{
	uint64_t v = 0;
	uint32_t repairs = 0;
	return trace_text_decimal(span_cut(s, at, n), &v, &repairs) ? v : 0;
}

static bool iso_date(struct span head, struct trace_clock *t)
{
	size_t at = find_shape(head, "0000-00-00");
	if (at == head.n)
		at = find_shape(head, "0000/00/00");
	if (at == head.n)
		return false;
	*t = (struct trace_clock){digits(head, at, 4), digits(head, at + 5, 2), digits(head, at + 8, 2), 0, 0, 0, 0};
	return true;
}

/* "Mar  2", and the year when it stands behind the day or behind the time. */
static bool month_and_day(struct span head, struct trace_clock *t)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct rd words = rd_of(head);
	struct trace_word word;
	uint64_t v;
	uint32_t repairs = 0;
	t->year = 0;
	while (trace_text_word(&words, &word)) {
		for (size_t i = 0; t->month == 0 && word.printed.n == MONTH_LETTERS && names[i] != 0; i += MONTH_LETTERS)
			if (memcmp(word.printed.p, &names[i], MONTH_LETTERS) == 0)
				t->month = i / MONTH_LETTERS + 1;
		if (t->month == 0 || !trace_text_has_digit(word.printed) ||
		    !trace_text_decimal(word.printed, &v, &repairs))
			continue;
		if (t->day == 0)
			t->day = v;
		else if (word.printed.n == YEAR_DIGITS && t->year == 0 && v >= NO_YEAR)
			t->year = v;
	}
	return t->month != 0 && t->day != 0;
}

/* Milliseconds of ".123456", zeros for what is not printed. */
static uint64_t fraction(struct span s, size_t *at)
{
	uint64_t v = 0;
	size_t n = 0;
	if (*at >= s.n || (s.p[*at] != '.' && s.p[*at] != ','))
		return 0;
	for (++*at; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at, n++)
		v = n < FRACTION ? v * 10 + (uint64_t)(s.p[*at] - '0') : v;
	for (; n < FRACTION; n++)
		v *= 10;
	return v;
}

/* "UTC" or "Z" behind the time. */
static struct span zone(struct span s, size_t at)
{
	size_t n = 0;
	while (at < s.n && s.p[at] == ' ')
		at++;
	while (at + n < s.n && n < ZONE && s.p[at + n] >= 'A' && s.p[at + n] <= 'Z')
		n++;
	return span_cut(s, at, n);
}

static void stamp(struct span head, struct trace_line *out)
{
	struct trace_clock t = {.year = 0};
	size_t at = find_shape(head, "00:00:00");
	if (at == head.n || !(iso_date(head, &t) || month_and_day(head, &t)))
		return;
	t.hour = digits(head, at, 2);
	t.minute = digits(head, at + 3, 2);
	t.second = digits(head, at + 6, 2);
	at += CLOCK;
	t.millisecond = fraction(head, &at);
	out->no_year = t.year == 0;
	t.year = out->no_year ? NO_YEAR : t.year;
	if (trace_stamp_time(&t, out))
		out->zone = zone(head, at);
	else
		out->no_year = false;
}

/* "192.0.2.1:16113", or "[2001:db8::5" of "[2001:db8::5]:16113". */
static struct span without_port(struct span s)
{
	size_t colon = trace_text_find(s, ':');
	struct span port = span_cut(s, colon + 1, s.n);
	if (s.n > 0 && s.p[0] == '[')
		return span_cut(s, 1, s.n);
	return trace_text_find(port, ':') == port.n ? span_cut(s, 0, colon) : s;
}

/* What stands behind `key` up to a blank or bracket. */
static struct span address(struct span s, const char *key)
{
	struct rd r = rd_of(s);
	struct trace_word word;
	while (trace_text_word(&r, &word)) {
		if (!trace_text_is(&word, key))
			continue;
		struct span rest = trace_text_trim(span_cut(s, rd_at(&r) + 1, s.n));
		size_t n = 0;
		while (n < rest.n && !trace_text_blank(rest.p[n]) && rest.p[n] != ']' && rest.p[n] != ',')
			n++;
		return without_port(span_cut(rest, 0, n));
	}
	return (struct span){.n = 0};
}

/* "...: %NMSP_SYSLOG-5-NMSP_SSL_NOTICE: Chassis 1 R0/0: nmspd: TLS notice [TLS local: x remote: y] ..." */
bool trace_syslog(struct trace_line *out)
{
	struct span text = out->text;
	size_t percent = trace_text_find(text, '%');
	if (percent == text.n)
		return false;
	struct span head = span_cut(text, 0, percent);
	struct span mnemonic = span_cut(text, head.n + 1, text.n);
	struct rd words = rd_of(mnemonic);
	struct trace_word word;
	size_t colon = trace_text_find(mnemonic, ':');
	if (colon == mnemonic.n || !trace_text_word(&words, &word) || !trace_text_is(&word, "NMSPSYSLOG"))
		return false;
	out->kind = TRACE_SYSLOG;
	out->words = trace_text_trim(span_cut(mnemonic, colon + 1, mnemonic.n));
	out->local = address(out->words, "local");
	out->remote = address(out->words, "remote");
	if (!out->has_time)
		stamp(head, out);
	return true;
}
