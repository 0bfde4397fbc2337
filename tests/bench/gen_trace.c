/*
 * gen_trace FILE: a trace of some hundred MB, the session of samples/trace-success.txt again and again: each
 * with its own pointer and time, sequence numbers that rise, and an end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS = 40000, LINES = 128, LINE = 256, MS = 1000 };

static const char pointer[] = "b2c41e70";

/* The text behind the stamps. */
static size_t load(const char *path, char lines[LINES][LINE])
{
	size_t n = 0;
	char line[LINE];
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return 0;
	while (n < LINES && fgets(line, sizeof line, in) != NULL) {
		const char *text = strstr(line, "] ");
		if (text != NULL)
			snprintf(lines[n++], LINE, "%s", text + 2);
	}
	fclose(in);
	return n;
}

static void put(FILE *out, const char *text, unsigned session)
{
	const char *at = strstr(text, pointer);
	if (at == NULL)
		fputs(text, out);
	else
		fprintf(out, "%.*s%08x%s", (int)(at - text), text, 0xb0000000U + 16 * session,
		        at + strlen(pointer));
}

int main(int argc, char **argv)
{
	static char lines[LINES][LINE];
	size_t n = load("samples/trace-success.txt", lines);
	FILE *out = argc > 1 && n > 0 ? fopen(argv[1], "w") : NULL;
	unsigned sequence = 1;
	if (out == NULL)
		return 1;
	snprintf(lines[n < LINES ? n++ : LINES - 1], LINE, "freeing Nmsp conn ssl %s, conn id 0\n", pointer);
	for (unsigned session = 0; session < SESSIONS; session++) {
		for (size_t i = 0; i < n; i++) {
			fprintf(out, "[03/%02u/26 %02u:%02u:%02u.%03u UTC %x 9822] ", 1 + session / 86400,
			        session / 3600 % 24, session / 60 % 60, session % 60, (unsigned)(i * MS / LINES),
			        sequence++);
			put(out, lines[i], session);
		}
	}
	return fclose(out) == 0 ? 0 : 1;
}
