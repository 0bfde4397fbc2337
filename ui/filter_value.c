/* Values of terms: what may stand behind which operator of which field, and the range that it means. */
#include "ui/filter_fields.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define HOST_ROOM  64
#define WORD_ROOM  32 /* a longer one resembles no name */
#define FEW_WORDS  10 /* so many are listed where one is wrong */
#define MAC_DIGITS 12

static bool refuse(char problem[FILTER_PROBLEM], const char *field, const char *wants, const char *text)
{
	snprintf(problem, FILTER_PROBLEM, "%s wants %s, not \"%.60s\"", field, wants, text);
	return false;
}

/* ---- the nearest name ---- */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Letters to insert, remove or change, of two short words. */
static size_t distance(const char *a, size_t n, const char *b)
{
	size_t row[WORD_ROOM + 1];
	for (size_t i = 0; i <= n; i++)
		row[i] = i;
	for (size_t k = 0; b[k] != '\0'; k++) {
		size_t diagonal = row[0];
		row[0] = k + 1;
		for (size_t i = 0; i < n; i++) {
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[k]);
			size_t above = row[i + 1];
			row[i + 1] = least(diagonal + !same, above + 1, row[i] + 1);
			diagonal = above;
		}
	}
	return row[n];
}

const char *filter_nearest(const char *word, size_t n, const char *(*names)(size_t i))
{
	const char *nearest = NULL;
	size_t best = WORD_ROOM;
	if (n == 0 || n > WORD_ROOM)
		return NULL;
	for (size_t i = 0; names(i) != NULL; i++) {
		size_t changes = distance(word, n, names(i));
		bool begins = n >= 3 && strncasecmp(names(i), word, n) == 0;
		if (begins)
			changes = 1;
		if (changes < best && (begins || 2 * changes <= strlen(names(i)))) {
			best = changes;
			nearest = names(i);
		}
	}
	return nearest;
}

/* ---- words ---- */

static bool wrong_word(char problem[FILTER_PROBLEM], const struct filter_field *field, const char *text)
{
	const char *nearest = filter_nearest(text, strlen(text), field->words);
	size_t n = (size_t)snprintf(problem, FILTER_PROBLEM, "%s is never \"%.60s\"", field->name, text),
	       words = 0;
	if (nearest != NULL)
		n += (size_t)snprintf(&problem[n], FILTER_PROBLEM - n, "; the nearest is %s", nearest);
	while (field->words(words) != NULL)
		words++;
	for (size_t i = 0; i < words && words <= FEW_WORDS; i++)
		n += (size_t)snprintf(&problem[n], FILTER_PROBLEM - n, "%s%s",
		                      i == 0 ? "; it is one of " : " ", field->words(i));
	return false;
}

static bool parse_word(struct filter_term *term, char *text, char problem[FILTER_PROBLEM])
{
	const struct filter_field *field = &filter_fields[term->field];
	for (size_t i = 0; field->words(i) != NULL; i++) {
		if (strcasecmp(field->words(i), text) != 0)
			continue;
		memcpy(text, field->words(i), strlen(text));
		if (field->kind == FILTER_RANK)
			term->from = term->to = (int64_t)i;
		return true;
	}
	return wrong_word(problem, field, text);
}

/* ---- addresses ---- */

/* The port behind a colon, -1 when it is none. */
static long port_of(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);
	return !isdigit((unsigned char)text[0]) || *end != '\0' || port > UINT16_MAX ? -1 : port;
}

/* Takes "[2001:db8::1]:16113" apart. False when a bracket or a port is wrong. */
static bool split_host(char host[HOST_ROOM], long *port)
{
	char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');
	*port = -1;
	if (host[0] == '[' && bracket != NULL) {
		if (bracket[1] != '\0' && (bracket[1] != ':' || (*port = port_of(&bracket[2])) < 0))
			return false;
		*bracket = '\0';
		memmove(host, &host[1], strlen(host));
		return strchr(host, ':') != NULL;
	}
	if (colon == NULL || strchr(host, ':') != colon)
		return true;
	*port = port_of(&colon[1]);
	*colon = '\0';
	return *port >= 0;
}

static bool parse_host(char *text, size_t room, char problem[FILTER_PROBLEM], const char *field)
{
	static const char wants[] = "an address, or an address and a port (~ looks for a part of it)";
	char host[HOST_ROOM], address[ADDR_TEXT], usual[HOST_ROOM];
	struct addr addr = {.version = 4};
	long port;
	if (text[0] == '\0')
		return true;
	snprintf(host, sizeof host, "%s", text);
	if (strlen(text) >= sizeof host || !split_host(host, &port))
		return refuse(problem, field, wants, text);
	if (inet_pton(AF_INET, host, addr.bytes) != 1) {
		addr.version = 6;
		if (inet_pton(AF_INET6, host, addr.bytes) != 1)
			return refuse(problem, field, wants, text);
	}
	addr_text(&addr, address);
	if (port < 0)
		snprintf(usual, sizeof usual, "%s", address);
	else
		snprintf(usual, sizeof usual, addr.version == 6 ? "[%s]:%ld" : "%s:%ld", address, port);
	if (strlen(usual) >= room)
		return refuse(problem, field, "an address that is shorter", text);
	memcpy(text, usual, strlen(usual) + 1);
	return true;
}

/* Its digits alone. */
static bool parse_mac(const struct filter_term *term, char *text, char problem[FILTER_PROBLEM],
                      const char *field)
{
	bool part = term->op == FILTER_HAS || term->op == FILTER_HAS_NOT;
	char digits[MAC_DIGITS + 1];
	size_t n = 0;
	for (const char *c = text; *c != '\0'; c++) {
		if (strchr(":-.", *c) != NULL)
			continue;
		if (!isxdigit((unsigned char)*c) || n == MAC_DIGITS)
			return refuse(problem, field, "12 hex digits with or without colons", text);
		digits[n++] = (char)tolower((unsigned char)*c);
	}
	digits[n] = '\0';
	if (n > 0 && n < MAC_DIGITS && !part)
		return refuse(problem, field, "12 hex digits (~ looks for a part of them)", text);
	memcpy(text, digits, n + 1);
	return true;
}

/* ---- numbers ---- */

struct unit {
	const char *name;
	int64_t size;
};

/* Digits and one of the units. */
static bool parse_units(struct filter_term *term, const char *text, const struct unit *units, size_t n)
{
	int64_t number = 0;
	if (!isdigit((unsigned char)text[0]))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		int64_t digit = *text - '0';
		if (number > (INT64_MAX - digit) / 10)
			return false;
		number = 10 * number + digit;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, units[i].name) != 0 || number > INT64_MAX / units[i].size)
			continue;
		term->from = term->to = number * units[i].size;
		return true;
	}
	return false;
}

static bool parse_number(struct filter_term *term, const char *text, char problem[FILTER_PROBLEM],
                         const char *field)
{
	static const struct unit units[] = {
	    {"", 1}, {"k", 1000}, {"K", 1000}, {"M", 1000000}, {"G", 1000000000}};
	return parse_units(term, text, units, sizeof units / sizeof units[0]) ||
	       refuse(problem, field, "a whole number, also with k, M or G behind it", text);
}

static bool parse_duration(struct filter_term *term, const char *text, char problem[FILTER_PROBLEM],
                           const char *field)
{
	static const struct unit units[] = {{"us", NS_PER_US},      {"ms", NS_PER_MS},
	                                    {"s", NS_PER_S},        {"m", 60 * NS_PER_S},
	                                    {"h", 3600 * NS_PER_S}, {"d", 86400 * NS_PER_S}};
	return parse_units(term, text, units, sizeof units / sizeof units[0]) ||
	       refuse(problem, field, "a time such as 10s or 5m (us, ms, s, m, h, d)", text);
}

/* ---- points in time ---- */

/* A number of exactly so many digits behind one of the characters of `before` ("" = none). */
static bool field_of(const char **text, const char *before, size_t digits, int *number)
{
	const char *at = *text;
	if (before[0] != '\0' && (*at == '\0' || strchr(before, *at++) == NULL))
		return false;
	*number = 0;
	for (size_t i = 0; i < digits; i++, at++) {
		if (!isdigit((unsigned char)*at))
			return false;
		*number = 10 * *number + *at - '0';
	}
	*text = at;
	return true;
}

/* Decimals of a second: their value, and that of one step of the last one. */
static bool parse_fraction(const char **text, int64_t *ns, int64_t *step)
{
	const char *at = *text;
	if (*at != '.')
		return true;
	for (at++; isdigit((unsigned char)*at) && *step > 1; at++) {
		*step /= 10;
		*ns += (*at - '0') * *step;
	}
	bool good = at > &(*text)[1];
	*text = at;
	return good;
}

/* Seconds since 1970; false for a date that is not in the calendar, or beyond what is counted in nanoseconds.
 */
static bool seconds_of(const struct tm *fields, bool utc, int64_t *seconds)
{
	struct tm tm = *fields;
	tm.tm_isdst = -1;
	*seconds = utc ? timegm(&tm) : mktime(&tm);
	return tm.tm_mday == fields->tm_mday && tm.tm_mon == fields->tm_mon && *seconds >= 0 &&
	       *seconds < INT64_MAX / NS_PER_S - 86400;
}

/* The longest part that is written tells what counts as equal: a day, a minute, a second, less. */
static bool read_time(struct filter_term *term, const char *text, bool utc)
{
	struct tm tm = {0};
	int year, month;
	int64_t seconds, ns = 0, step = 86400 * NS_PER_S;
	if (!field_of(&text, "", 4, &year) || !field_of(&text, "-", 2, &month) ||
	    !field_of(&text, "-", 2, &tm.tm_mday))
		return false;
	if (field_of(&text, "T ", 2, &tm.tm_hour)) {
		if (!field_of(&text, ":", 2, &tm.tm_min))
			return false;
		step = 60 * NS_PER_S;
		if (field_of(&text, ":", 2, &tm.tm_sec)) {
			step = NS_PER_S;
			if (!parse_fraction(&text, &ns, &step))
				return false;
		}
	}
	bool zulu = *text == 'Z';
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	if (text[zulu] != '\0' || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 ||
	    !seconds_of(&tm, utc || zulu, &seconds))
		return false;
	term->from = seconds * NS_PER_S + ns;
	term->to = term->from + step - 1;
	return true;
}

static bool parse_time(struct filter_term *term, bool utc, const char *text, char problem[FILTER_PROBLEM],
                       const char *field)
{
	return read_time(term, text, utc) ||
	       refuse(problem, field, "a day or a time such as 2026-03-02 or 2026-03-02T09:15:00", text);
}

/* ---- any ---- */

bool filter_operator_fits(const struct filter_term *term, char problem[FILTER_PROBLEM])
{
	const struct filter_field *field = &filter_fields[term->field];
	bool text = term->op == FILTER_HAS || term->op == FILTER_HAS_NOT;
	bool order = term->op >= FILTER_LESS;
	bool is_text = field->kind == FILTER_TEXT_ANY || field->kind == FILTER_WORD ||
	               field->kind == FILTER_HOST || field->kind == FILTER_MAC;
	if (order && is_text)
		snprintf(problem, FILTER_PROBLEM, "%s has no order: it takes = != ~ !~", field->name);
	else if (text && !is_text && field->kind != FILTER_RANK)
		snprintf(problem, FILTER_PROBLEM, "%s is no text: it takes = != < <= > >=", field->name);
	else
		return true;
	return false;
}

bool filter_value(struct filter_term *term, bool utc, char *text, size_t room, char problem[FILTER_PROBLEM])
{
	const struct filter_field *field = &filter_fields[term->field];
	bool part = term->op == FILTER_HAS || term->op == FILTER_HAS_NOT;
	switch (field->kind) {
	case FILTER_TEXT_ANY:
		return true;
	case FILTER_WORD:
	case FILTER_RANK:
		return part || parse_word(term, text, problem);
	case FILTER_HOST:
		return part || parse_host(text, room, problem, field->name);
	case FILTER_MAC:
		return parse_mac(term, text, problem, field->name);
	case FILTER_NUMBER:
		return parse_number(term, text, problem, field->name);
	case FILTER_DURATION:
		return parse_duration(term, text, problem, field->name);
	case FILTER_TIME:
		return parse_time(term, utc, text, problem, field->name);
	}
	return false;
}
