/*
 * gen_trace FILE SESSIONS SAMPLE: a trace of the sample's session again and again: each with its own pointer
 * and time, sequence numbers that rise, and an end. Wrapped and blank lines stay, and so does the damage of
 * the stamps.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 256, LINE = 256, MS = 1000, DAY = 86400 };

static const char pointer[] = "b2c41e70", date[] = "03/02/26", prompt[] = "LAB-3850#", zone[] = "UTC";

struct sample {
	char lines[LINES][LINE];
	size_t n;
};

static void load(const char *path, struct sample *sample)
{
	char line[LINE];
	bool freed = false;
	FILE *in = fopen(path, "r");
	while (in != NULL && sample->n + 1 < LINES && fgets(line, sizeof line, in) != NULL) {
		freed = freed || strstr(line, "conn id 0") != NULL;
		if (strstr(line, prompt) == NULL)
			snprintf(sample->lines[sample->n++], LINE, "%s", line);
	}
	if (in != NULL)
		fclose(in);
	if (sample->n > 0 && !freed)
		snprintf(sample->lines[sample->n++], LINE,
		         "[%s 09:00:00.000 %s 1 9822] freeing Nmsp conn ssl %s, conn id 0\n", date, zone,
		         pointer);
}

static void put_text(FILE *out, const char *text, unsigned session)
{
	const char *at = strstr(text, pointer);
	if (at == NULL)
		fputs(text, out);
	else
		fprintf(out, "%.*s%08x%s", (int)(at - text), text, 0xb0000000U + 16 * session,
		        at + strlen(pointer));
}

/* The printed stamp with another time and sequence; behind it, or all of a line without one. */
static const char *put_stamp(FILE *out, const char *line, unsigned session, size_t i)
{
	static unsigned sequence = 1;
	char time[32], digits[16];
	const char *at = strstr(line, date);
	if (at == NULL || strstr(at, zone) == NULL)
		return line;
	fprintf(out, "%.*s03/%02u/26", (int)(at - line), line, 1 + session / DAY % 28);
	snprintf(time, sizeof time, "%02u:%02u:%02u.%03u", session / 3600 % 24, session / 60 % 60,
	         session % 60, (unsigned)(i * MS / LINES));
	for (at += strlen(date); *at == ' '; at++)
		fputc(' ', out);
	for (size_t k = 0; time[k] != '\0'; k++, at++)
		fputc(time[k] == '0' ? *at == 'O' ? 'O' : '0' : time[k], out);
	const char *number = at + strlen(" UTC ");
	size_t n = strspn(number, "0123456789abcdef");
	snprintf(digits, sizeof digits, "%x", sequence++);
	/* A letter that strayed into the sample's three digits. */
	fprintf(out, "%.*s%.1s%s%s", (int)(number - at), at, digits, n > 3 ? "d" : "", &digits[1]);
	return number + n;
}

int main(int argc, char **argv)
{
	static struct sample sample;
	unsigned sessions = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	if (argc > 3)
		load(argv[3], &sample);
	FILE *out = sample.n > 0 ? fopen(argv[1], "w") : NULL;
	if (out == NULL)
		return 1;
	for (unsigned session = 0; session < sessions; session++)
		for (size_t i = 0; i < sample.n; i++)
			put_text(out, put_stamp(out, sample.lines[i], session, i), session);
	return fclose(out) == 0 ? 0 : 1;
}
