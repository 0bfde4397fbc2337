/* The progress line. */
#include "ui/progress.h"

#include "analyzer/origin.h"
#include "ui/escape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define INTERVAL       (NS_PER_S / 5)
#define NAME_WIDTH     50

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

void progress_start(struct progress *progress, bool on)
{
	*progress = (struct progress){.on = on};
	if (on)
		progress->next = now() + INTERVAL;
}

void progress_step(struct progress *progress, const struct input *input)
{
	if (!progress->on || now() < progress->next)
		return;
	char *name = escape_text(input_name(input), ESCAPE_ASCII);
	uint64_t size = input_size(input), position = input_position(input);
	fprintf(stderr, "\r\033[K%.*s: %" PRIu64 " packets", NAME_WIDTH, name, input_packets(input));
	if (size > 0)
		fprintf(stderr, ", %" PRIu64 " %%", position * 100 / size);
	fflush(stderr);
	free(name);
	progress->drawn = true;
	progress->next = now() + INTERVAL;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
}
