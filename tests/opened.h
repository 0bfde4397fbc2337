/* Files by their paths, for tests: opened and handed to whoever reads them, as the program does it. */
#ifndef TESTS_OPENED_H
#define TESTS_OPENED_H

#include "analyzer/authlist.h"
#include "analyzer/input.h"
#include "analyzer/keylog.h"
#include "analyzer/profile_file.h"
#include "analyzer/trace_file.h"

#include <poll.h>

/* A capture, started; a pipe is waited for. */
static inline struct input *opened_input(const char *path, struct err *err)
{
	struct source source;
	if (source_open(&source, path, err) != 0)
		return NULL;
	struct input *input = input_new(&source);
	enum input_start start;
	while ((start = input_start(input, err)) == INPUT_STARTING) {
		struct pollfd ready = {.fd = input_fd(input), .events = POLLIN};
		poll(&ready, 1, -1);
	}
	if (start == INPUT_STARTED)
		return input;
	input_close(input);
	return NULL;
}

static inline struct trace_file *opened_trace(const char *path, struct err *err)
{
	struct source source;
	return source_open(&source, path, err) == 0 ? trace_file_open(&source, err) : NULL;
}

static inline int opened_authlist(struct authlist *list, const char *path, struct err *err)
{
	struct source source;
	return source_open(&source, path, err) == 0 ? authlist_read(list, &source, err) : -1;
}

static inline int opened_keylog(struct keylog *keylog, const char *path, struct err *err)
{
	struct source source;
	return source_open(&source, path, err) == 0 ? keylog_read(keylog, &source, err) : -1;
}

static inline struct profile *opened_profile(const char *path, struct err *err)
{
	struct source source;
	return source_open(&source, path, err) == 0 ? profile_file_read(&source, err) : NULL;
}

#endif
