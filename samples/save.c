/* Writes the generators' files; see save.h. Called by generate.c and the benchmarks. Reads nothing. */
#include "samples/save.h"

#include "samples/bytes.h"

#include <stdlib.h>
#include <unistd.h>

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
	must(capfile_write_start(&capture.writer, capfile_write_stream, capture.file) == 0, path);
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

/* draft-ietf-opsawg-pcapng section 4.6 */
void save_capture_dropped(struct save_capture *capture, uint64_t packets)
{
	enum { BLOCK_STATISTICS = 5, TOTAL = 40, OPTION_IFDROP = 5, COUNTER = 8 };
	struct bytes block = {.p = NULL};
	bytes_little(&block, BLOCK_STATISTICS, 4);
	bytes_little(&block, TOTAL, 4);
	bytes_zeros(&block, 4 + 8); /* interface 0; no time */
	bytes_little(&block, OPTION_IFDROP, 2);
	bytes_little(&block, COUNTER, 2);
	bytes_little(&block, packets, COUNTER);
	bytes_zeros(&block, 4); /* end of options */
	bytes_little(&block, TOTAL, 4);
	must(fwrite(block.p, 1, block.n, capture->file) == block.n, capture->path);
	bytes_free(&block);
}

void save_capture_tear(struct save_capture *capture, size_t n)
{
	long size = fflush(capture->file) == 0 ? ftell(capture->file) : -1;
	must(size >= (long)n && ftruncate(fileno(capture->file), size - (long)n) == 0, capture->path);
}

void save_capture_close(struct save_capture *capture)
{
	save_close(capture->file, capture->path);
}
