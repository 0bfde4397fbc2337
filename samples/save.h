/*
 * Files of the generators: a sample or a benchmark capture that cannot be written ends the program.
 */
#ifndef SAMPLES_SAVE_H
#define SAMPLES_SAVE_H

#include "samples/wire.h"

FILE *save_open(const char *path);
void save_close(FILE *file, const char *path); /* also tells of writes that failed before */

void save_text(const char *path, struct span text); /* a whole file */

/* A pcapng capture that grows by the frames of a wire; the path is borrowed until it is closed. */
struct save_capture {
	const char *path;
	FILE *file;
	struct capfile_writer writer;
};

struct save_capture save_capture_open(const char *path);
void save_capture_add(struct save_capture *capture, struct wire *wire); /* empties the wire */
void save_capture_secrets(struct save_capture *capture, struct span keylog);
/* Says that packets were lost: a statistics block of the first interface. */
void save_capture_dropped(struct save_capture *capture, uint64_t packets);
void save_capture_tear(struct save_capture *capture, size_t n); /* the last bytes are gone */
void save_capture_close(struct save_capture *capture);

#endif
