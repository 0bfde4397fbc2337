/*
 * generate DIR: writes every sample of scenarios.c as DIR/NAME.pcapng, with DIR/NAME.list beside it where
 * the sample has an allow list. Run by `make samples`. Keys are new in every run, times are not.
 */
#include "analyzer/origin.h"
#include "samples/scenarios.h"

#include <stdlib.h>

#define FIRST_START (INT64_C(1772442900) * NS_PER_S) /* 2026-03-02 09:15:00 UTC */
#define APART       (600 * NS_PER_S)

enum { FIRST_PORT = 40100, PORTS_APART = 10 };

static FILE *open_file(const char *folder, const char *name, const char *suffix)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
	FILE *file = fopen(path, "wb");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	return file;
}

static void close_file(FILE *file, const char *name)
{
	if (ferror(file) == 0 && fclose(file) == 0)
		return;
	perror(name);
	exit(2);
}

static void write_capture(struct wire *wire, const char *folder, const char *name)
{
	struct capfile_writer writer;
	FILE *file = open_file(folder, name, ".pcapng");
	if (capfile_write_start(&writer, file) != 0 || wire_write(wire, &writer) != 0) {
		perror(name);
		exit(2);
	}
	close_file(file, name);
}

static void generate(const struct scenarios_cast *cast, size_t row, const char *folder)
{
	const struct scenarios_row *scenario = &scenarios_all[row];
	struct scenarios_stage stage = {
	    .cast = cast,
	    .start = FIRST_START + (int64_t)row * APART,
	    .port = (uint16_t)(FIRST_PORT + row * PORTS_APART),
	};
	scenario->play(&stage);
	printf("%-18s %3zu packets  %s\n", scenario->name, stage.wire.n, scenario->text);
	write_capture(&stage.wire, folder, scenario->name);
	wire_free(&stage.wire);
	if (scenario->list == LISTS_NONE)
		return;
	FILE *list = open_file(folder, scenario->name, ".list");
	lists_write(scenario->list, &cast->engine, &cast->other, list);
	close_file(list, scenario->name);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: generate DIR\n", stderr);
		return 2;
	}
	struct scenarios_cast cast = scenarios_cast();
	for (size_t row = 0; row < scenarios_count; row++)
		generate(&cast, row, argv[1]);
	scenarios_cast_free(&cast);
	return 0;
}
