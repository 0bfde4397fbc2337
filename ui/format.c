/* Values as text. Knows no session. */
#include "ui/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROOM 160 /* of a value whose kind bounds its text */

int64_t format_split(int64_t ns, int64_t *rest)
{
	int64_t seconds = ns / NS_PER_S;
	*rest = ns % NS_PER_S;
	if (*rest < 0) {
		*rest += NS_PER_S;
		seconds--;
	}
	return seconds;
}

/* `n` decimal digits of a number that has no more, and what follows them; returns the place behind. */
static char *digits(char *text, int64_t number, size_t n, char behind)
{
	for (size_t i = n; i-- > 0; number /= 10)
		text[i] = (char)('0' + number % 10);
	text[n] = behind;
	return &text[n + 1];
}

/* A whole number without more digits than it needs; returns the place behind. */
static char *decimal(char *text, uint64_t number)
{
	size_t n = 1;
	for (uint64_t rest = number / 10; rest > 0; rest /= 10)
		n++;
	for (size_t i = n; i-- > 0; number /= 10)
		text[i] = (char)('0' + number % 10);
	return &text[n];
}

static char *words(char *text, const char *add)
{
	size_t n = strlen(add);
	memcpy(text, add, n);
	return &text[n];
}

/* "03-01 10:00:00" behind the year, with what stands between day and time and behind both. */
static char *day_and_time(char *text, const struct tm *tm, char between, char behind)
{
	char *end = digits(text, tm->tm_mon + INT64_C(1), 2, '-');
	end = digits(end, tm->tm_mday, 2, between);
	end = digits(end, tm->tm_hour, 2, ':');
	end = digits(end, tm->tm_min, 2, ':');
	return digits(end, tm->tm_sec, 2, behind);
}

/*
 * A report has a hundred of them for each session: strftime and snprintf would take a good part of its time.
 * A year has four digits, RFC 3339 section 5.6.
 */
const char *format_rfc3339(int64_t seconds, int64_t ns, char text[FORMAT_TIME])
{
	enum { YEAR_0 = -1900, YEAR_9999 = 8099 };
	struct tm tm;
	time_t when = (time_t)seconds;
	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < YEAR_0 || tm.tm_year > YEAR_9999)
		tm = (struct tm){.tm_mday = 1};
	char *end = digits(text, tm.tm_year + INT64_C(1900), 4, '-');
	end = day_and_time(end, &tm, 'T', '.');
	end = digits(end, ns / NS_PER_US, 6, 'Z');
	*end = '\0';
	return text;
}

/* "2026-03-01 10:00:00", and the microseconds unless `ns` is negative. */
static char *local_time(int64_t seconds, int64_t ns, const struct format *how, char text[ROOM])
{
	struct tm tm;
	time_t when = (time_t)seconds;
	struct tm *done = how->utc ? gmtime_r(&when, &tm) : localtime_r(&when, &tm);
	if (done == NULL)
		tm = (struct tm){.tm_mday = 1};
	int64_t year = tm.tm_year + INT64_C(1900);
	char *end = words(text, year < 0 ? "-" : "");
	end = words(decimal(end, (uint64_t)(year < 0 ? -year : year)), "-");
	end = day_and_time(end, &tm, ' ', '.');
	return ns < 0 ? end - 1 : digits(end, ns / NS_PER_US, 6, '.') - 1;
}

const char *format_duration(int64_t ns, char text[FORMAT_DURATION])
{
	static const int64_t ms = 1000 * NS_PER_US, minute = 60, hour = 3600, day = 86400;
	int64_t s = ns / NS_PER_S;
	if (ns < ms)
		snprintf(text, FORMAT_DURATION, "%" PRId64 " us", ns / NS_PER_US);
	else if (ns < 10 * ms)
		snprintf(text, FORMAT_DURATION, "%.2f ms", (double)ns / (double)ms);
	else if (ns < NS_PER_S)
		snprintf(text, FORMAT_DURATION, "%" PRId64 " ms", ns / ms);
	else if (s < 2 * minute)
		snprintf(text, FORMAT_DURATION, "%.1f s", (double)ns / (double)NS_PER_S);
	else if (s < 2 * hour)
		snprintf(text, FORMAT_DURATION, "%" PRId64 " min %" PRId64 " s", s / minute, s % minute);
	else if (s < 2 * day)
		snprintf(text, FORMAT_DURATION, "%" PRId64 " h %" PRId64 " min", s / hour, s % hour / minute);
	else
		snprintf(text, FORMAT_DURATION, "%" PRId64 " d %" PRId64 " h", s / day, s % day / hour);
	return text;
}

static char *hex_byte(char *text, uint8_t byte)
{
	static const char digit[] = "0123456789abcdef";
	text[0] = digit[byte >> 4];
	text[1] = digit[byte & 0x0f];
	return &text[2];
}

static void add_hex(struct buffer *out, struct span bytes)
{
	char *end = buffer_room(out, 2 * bytes.n);
	struct rd r = rd_of(bytes);
	while (rd_more(&r))
		end = hex_byte(end, rd_u8(&r));
	out->n += 2 * bytes.n;
}

static char *mac(const uint8_t bytes[6], char *text)
{
	for (size_t i = 0; i < 6; i++) {
		text = hex_byte(text, bytes[i]);
		*text++ = ':';
	}
	return text - 1;
}

static char *address(const struct addr *addr, char *text)
{
	char shown[ADDR_TEXT];
	return words(text, addr_text(addr, shown));
}

static char *offset(int64_t ns, char *text)
{
	int64_t rest;
	int64_t seconds = format_split(ns < 0 ? -ns : ns, &rest);
	char *end = words(decimal(words(text, ns < 0 ? "-" : ""), (uint64_t)seconds), ".");
	return digits(end, rest / NS_PER_US, 6, '.') - 1;
}

static char *duration(int64_t ns, char *text)
{
	char shown[FORMAT_DURATION];
	return words(text, format_duration(ns, shown));
}

/* Returns the place behind. */
static char *fixed_size(const struct value *value, const struct format *how, char text[ROOM])
{
	int64_t rest, seconds;
	switch (value->kind) {
	case VALUE_COUNT:
		return decimal(text, value->count);
	case VALUE_BOOL:
		return words(text, value->yes ? "yes" : "no");
	case VALUE_TIME:
		seconds = format_split(value->ns, &rest);
		return local_time(seconds, rest, how, text);
	case VALUE_DATE:
		return local_time(value->seconds, -1, how, text);
	case VALUE_DURATION:
		return duration(value->ns, text);
	case VALUE_OFFSET:
		return offset(value->ns, text);
	case VALUE_MAC:
		return mac(value->mac, text);
	case VALUE_ADDR:
		return address(value->addr, text);
	case VALUE_ENDPOINT:
		return decimal(words(address(value->addr, text), " port "), value->port);
	case VALUE_CODE:
		text = words(text, "0x");
		return hex_byte(hex_byte(text, (uint8_t)(value->code >> 8)), (uint8_t)value->code);
	default:
		return words(text, "-");
	}
}

void format_add(struct buffer *out, const struct value *value, const struct format *how)
{
	if (value->kind == VALUE_TEXT)
		escape_add(out, span_of(value->text, strlen(value->text)), how->escape);
	else if (value->kind == VALUE_STRING)
		escape_add(out, value->bytes, how->escape);
	else if (value->kind == VALUE_BYTES)
		add_hex(out, value->bytes);
	else
		out->n = (size_t)(fixed_size(value, how, buffer_room(out, ROOM)) - out->p);
}

char *format_value(const struct value *value, const struct format *how)
{
	struct buffer out = {.p = NULL};
	format_add(&out, value, how);
	return buffer_take(&out);
}
