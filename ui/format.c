/* Values as text. Allocates the answer; knows no session. */
#include "ui/format.h"

#include "analyzer/xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROOM 160

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
	end = digits(end, tm.tm_mon + INT64_C(1), 2, '-');
	end = digits(end, tm.tm_mday, 2, 'T');
	end = digits(end, tm.tm_hour, 2, ':');
	end = digits(end, tm.tm_min, 2, ':');
	end = digits(end, tm.tm_sec, 2, '.');
	end = digits(end, ns / NS_PER_US, 6, 'Z');
	*end = '\0';
	return text;
}

/* "2026-03-01 10:00:00", and the microseconds unless `ns` is negative. */
static void local_time(int64_t seconds, int64_t ns, const struct format *how, char text[ROOM])
{
	struct tm tm;
	time_t when = (time_t)seconds;
	struct tm *done = how->utc ? gmtime_r(&when, &tm) : localtime_r(&when, &tm);
	if (done == NULL)
		tm = (struct tm){.tm_mday = 1};
	char date[32];
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm);
	if (ns < 0)
		snprintf(text, ROOM, "%s", date);
	else
		snprintf(text, ROOM, "%s.%06" PRId64, date, ns / NS_PER_US);
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

static char *hex(struct span bytes)
{
	static const char digit[] = "0123456789abcdef";
	char *text = xmalloc(bytes.n * 2 + 1), *end = text;
	struct rd r = rd_of(bytes);
	while (rd_more(&r)) {
		uint8_t byte = rd_u8(&r);
		*end++ = digit[byte >> 4];
		*end++ = digit[byte & 0x0f];
	}
	*end = '\0';
	return text;
}

static void mac(const uint8_t bytes[6], char text[ROOM])
{
	snprintf(text, ROOM, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
	         bytes[4], bytes[5]);
}

static void endpoint(const struct value *value, char text[ROOM])
{
	char address[ADDR_TEXT];
	snprintf(text, ROOM, "%s port %u", addr_text(value->addr, address), (unsigned)value->port);
}

static void offset(int64_t ns, char text[ROOM])
{
	int64_t rest;
	int64_t seconds = format_split(ns < 0 ? -ns : ns, &rest);
	snprintf(text, ROOM, "%s%" PRId64 ".%06" PRId64, ns < 0 ? "-" : "", seconds, rest / NS_PER_US);
}

static void fixed_size(const struct value *value, const struct format *how, char text[ROOM])
{
	int64_t rest, seconds;
	switch (value->kind) {
	case VALUE_COUNT:
		snprintf(text, ROOM, "%" PRIu64, value->count);
		break;
	case VALUE_BOOL:
		snprintf(text, ROOM, "%s", value->yes ? "yes" : "no");
		break;
	case VALUE_TIME:
		seconds = format_split(value->ns, &rest);
		local_time(seconds, rest, how, text);
		break;
	case VALUE_DATE:
		local_time(value->seconds, -1, how, text);
		break;
	case VALUE_DURATION:
		format_duration(value->ns, text);
		break;
	case VALUE_OFFSET:
		offset(value->ns, text);
		break;
	case VALUE_MAC:
		mac(value->mac, text);
		break;
	case VALUE_ADDR:
		addr_text(value->addr, text);
		break;
	case VALUE_ENDPOINT:
		endpoint(value, text);
		break;
	case VALUE_CODE:
		snprintf(text, ROOM, "0x%04x", (unsigned)value->code);
		break;
	default:
		snprintf(text, ROOM, "-");
	}
}

char *format_value(const struct value *value, const struct format *how)
{
	if (value->kind == VALUE_TEXT)
		return escape_text(value->text, how->escape);
	if (value->kind == VALUE_STRING)
		return escape_bytes(value->bytes, how->escape);
	if (value->kind == VALUE_BYTES)
		return hex(value->bytes);
	char text[ROOM];
	fixed_size(value, how, text);
	return xstrdup(text);
}
