/* Starting and reading the inputs; see loop.h. Called by run.c. */
#include "ui/loop.h"

#include "ui/progress.h"

#include <unistd.h>

#define SLICE 4096 /* packets that are read between two looks at everything else */

static void wait_for_pipes(const struct run *run)
{
	struct pollfd fds[LIMIT_INPUTS];
	nfds_t n = feeds_poll(&run->feeds, fds);
	poll(fds, n, -1);
}

void loop_start(struct run *run)
{
	while (!feeds_start(&run->feeds))
		wait_for_pipes(run);
	feeds_order(&run->feeds);
	for (uint32_t i = 0; i < run->feeds.n; i++) {
		const struct feed *feed = &run->feeds.list[i];
		if (!feed->refused)
			continue;
		run_complain(run, feed->err.text);
		run->trouble = true;
	}
}

void loop_read(struct run *run)
{
	struct progress progress;
	progress_start(&progress, !run->options->quiet && isatty(STDERR_FILENO));
	enum feeds_result result = FEEDS_MORE;
	while (result != FEEDS_END) {
		const struct input *reading;
		uint64_t most = SLICE;
		if (run->options->count > 0 && run->options->count - run->feeds.packets < most)
			most = run->options->count - run->feeds.packets;
		if (most == 0)
			break;
		result = feeds_read(&run->feeds, most, &reading);
		if (reading != NULL)
			progress_step(&progress, reading);
		if (result != FEEDS_WAIT)
			continue;
		run_flush_save(run);
		wait_for_pipes(run);
	}
	feeds_note(&run->feeds);
	analyze_end(run->analyze);
	progress_end(&progress);
}
