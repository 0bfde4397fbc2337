/* Writes the generators' files; see save.h. Called by generate.c and the benchmarks. Reads nothing. */
#include "samples/save.h"

#include <stdlib.h>

static void must(bool done, const char *path)
{
	if (done)
		return;
	perror(path);
	exit(2);
}

FILE *save_open(const char *path)
{
	FILE *file = fopen(path, "wb");
	must(file != NULL, path);
	return file;
}

void save_close(FILE *file, const char *path)
{
	must(ferror(file) == 0 && fclose(file) == 0, path);
}

void save_text(const char *path, struct span text)
{
	FILE *file = save_open(path);
	must(text.n == 0 || fwrite(text.p, 1, text.n, file) == text.n, path);
	save_close(file, path);
}

struct save_capture save_capture_open(const char *path)
{
	struct save_capture capture = {.path = path, .file = save_open(path)};
	must(capfile_write_start(&capture.writer, capture.file) == 0, path);
	return capture;
}

void save_capture_add(struct save_capture *capture, struct wire *wire)
{
	must(wire_write(wire, &capture->writer) == 0, capture->path);
}

void save_capture_secrets(struct save_capture *capture, struct span keylog)
{
	must(capfile_write_secrets(&capture->writer, keylog) == 0, capture->path);
}

void save_capture_close(struct save_capture *capture)
{
	save_close(capture->file, capture->path);
}
