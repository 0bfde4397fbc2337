/*
 * Starting and reading the inputs; see loop.h. Called by run.c. What must happen from time to time is a timer
 * here; each look between two slices runs those that are due.
 */
#include "ui/loop.h"

#include "ui/progress.h"
#include "ui/report.h"
#include "ui/signals.h"
#include "ui/status.h"

#include <inttypes.h>
#include <unistd.h>

#define SLICE       4096 /* packets that are read between two looks at everything else */
#define SLICE_LEAST 16
#define SECRETS     65536 /* new ones of a key log that are looked at between two looks at the clock */
#define SLICE_TIME  (10 * NS_PER_MS)  /* of reading between two looks at the keys */
#define FOLLOW      (200 * NS_PER_MS) /* how often key logs are looked at */
#define TICK        (100 * NS_PER_MS) /* how often waiting connections are looked at while nothing comes */

/* Interfaces are read so long behind the end of a run, and so long at most while packets are at hand. */
#define REST         (3 * LIVE_DELAY_MS * NS_PER_MS)
#define REST_MOST    (3 * NS_PER_S)
#define REST_STEP_MS 10

struct loop {
	struct run *run;
	struct progress progress;
	struct status_line status;
	struct screen_reading reading;
	uint64_t slice;             /* packets, while there is a screen: as many as take SLICE_TIME */
	bool left;                  /* the user left the screen */
	int64_t started;            /* monotonic, ns */
	int64_t followed;           /* the same: the last look at key logs */
	bool keys_left;             /* a key log holds more already */
	bool secrets_left;          /* new ones were not looked at yet */
	bool refused[LIMIT_INPUTS]; /* key logs that were complained of */
	int64_t flushed;            /* the same: when what was saved went to the disk last */
	bool live;                  /* interfaces are read */
};

void loop_signals(const struct run *run)
{
	signals_take();
	if (run->screens != NULL)
		signals_take_screen();
}

/* ---- waiting ---- */

static void wait_for_input(const struct run *run, int64_t timeout)
{
	struct pollfd fds[LIMIT_INPUTS + 1];
	nfds_t n = feeds_poll(&run->feeds, fds);
	if (run->screens != NULL && run->shown)
		fds[n++] = (struct pollfd){.fd = screens_fd(run->screens), .events = POLLIN};
	signals_poll(fds, n, timeout);
}

/* ---- between the slices ---- */

/* How much may be done at once next time, by the time that this one took. */
static void fit(uint64_t *slice, uint64_t most, int64_t took)
{
	if (took > SLICE_TIME && *slice > SLICE_LEAST)
		*slice /= 2;
	else if (took < SLICE_TIME / 2 && *slice < most)
		*slice *= 2;
}

/* A turn of the screen, where there is one. */
static void turn(struct loop *loop)
{
	struct run *run = loop->run;
	if (run->screens == NULL)
		return;
	if (screens_due(run->screens))
		feeds_note(&run->feeds);
	loop->left = !screens_turn(run->screens, &loop->reading) || signals_end();
}

bool loop_turn(struct run *run, int fd, int percent)
{
	struct loop loop = {.run = run, .reading = {.goes_on = true, .percent = percent}};
	struct pollfd fds[2];
	nfds_t n = 0;
	if (fd >= 0) {
		fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
		if (run->shown)
			fds[n++] = (struct pollfd){.fd = screens_fd(run->screens), .events = POLLIN};
		bool busy = run->shown && screens_busy(run->screens);
		signals_poll(fds, n, busy ? 0 : run->screens != NULL ? TICK : -1);
		if (signals_report() && run->screens == NULL)
			run_complain(run, "no packet was read yet");
	}
	turn(&loop);
	run->shown = run->screens != NULL;
	run->left = loop.left;
	return !loop.left && !signals_end();
}

/* ---- the report so far ---- */

static void print_so_far(struct loop *loop)
{
	struct run *run = loop->run;
	struct err err;
	feeds_note(&run->feeds);
	status_print(&loop->status, run);
	if (run->jsonl == NULL && report_print(run, &err) == STATUS_TROUBLE)
		run_complain(run, err.text);
	fflush(stdout);
}

/* ---- starting ---- */

bool loop_start(struct run *run)
{
	while (!feeds_start(&run->feeds) && !signals_end()) {
		wait_for_input(run, -1);
		if (signals_report())
			run_complain(run, "nothing was read yet");
	}
	if (signals_end())
		return false;
	feeds_order(&run->feeds);
	for (uint32_t i = 0; i < run->feeds.n; i++) {
		const struct feed *feed = &run->feeds.list[i];
		if (!feed->refused)
			continue;
		run_complain(run, feed->err.text);
		run->trouble = true;
	}
	return true;
}

/* ---- reading ---- */

/* Time that counts for --stop-after: ours where an interface is read, else the capture's. */
static int64_t passed(const struct loop *loop)
{
	const struct capture *capture = &loop->run->model->capture;
	if (loop->live)
		return feeds_clock() - loop->started;
	return capture->packets == 0 ? 0 : origin_elapsed(capture->first, feeds_now(&loop->run->feeds));
}

/* How many packets may still be read, whatever the time. */
static uint64_t allowed_by_amount(const struct loop *loop)
{
	const struct options *options = loop->run->options;
	uint64_t packets = loop->run->feeds.packets;
	uint64_t most = loop->slice;
	uint64_t limits[] = {options->count, options->stop_packets};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		if (limits[i] == 0)
			continue;
		uint64_t left = limits[i] > packets ? limits[i] - packets : 0;
		most = left < most ? left : most;
	}
	if (options->stop_bytes > 0 && loop->run->model->capture.bytes >= options->stop_bytes)
		return 0;
	return most;
}

/* The same; 0: the reading ends. */
static uint64_t allowed(const struct loop *loop)
{
	const struct options *options = loop->run->options;
	if (options->stop_time > 0 && passed(loop) >= options->stop_time)
		return 0;
	return allowed_by_amount(loop);
}

/* Once for each. */
static void complain_of_key_log(struct loop *loop, uint32_t i)
{
	const struct run *run = loop->run;
	struct err err;
	if (loop->refused[i] || !keylog_follow_refused(run->follow[i]))
		return;
	loop->refused[i] = true;
	err_set(
	    &err,
	    "key log %.120s may not be read by user %.40s, whom the program has become: chmod it, or choose "
	    "its owner with -Z",
	    run->options->keylog[i], run->privileges.user);
	run_complain(run, err.text);
}

/* What was written to the key logs since the last look. */
static void read_key_logs(struct loop *loop, bool now)
{
	const struct run *run = loop->run;
	int64_t clock = feeds_clock();
	if (run->n_follow == 0 || (!now && !loop->keys_left && clock - loop->followed < FOLLOW))
		return;
	loop->followed = clock;
	loop->keys_left = false;
	for (uint32_t i = 0; i < run->n_follow; i++) {
		bool more = false;
		loop->secrets_left = keylog_follow_poll(run->follow[i], clock, &more) || loop->secrets_left;
		loop->keys_left = loop->keys_left || more;
		complain_of_key_log(loop, i);
	}
}

static void follow_keys(struct loop *loop, bool now)
{
	read_key_logs(loop, now);
	int64_t start = feeds_clock(), before = start, after = start;
	uint64_t most = SLICE_LEAST; /* one may open a thousand records, or none */
	for (; loop->secrets_left && after - start < SLICE_TIME; before = after) {
		loop->secrets_left = analyze_keys(loop->run->analyze, most);
		after = feeds_clock();
		fit(&most, SECRETS, after - before);
	}
}

/* All that is there, with turns of the screen between. */
static void follow_keys_to_the_end(struct loop *loop)
{
	do {
		follow_keys(loop, true);
		turn(loop);
	} while ((loop->keys_left || loop->secrets_left) && !loop->left);
}

/* A second has passed since it was last. */
static bool flush_is_due(struct loop *loop)
{
	int64_t now = feeds_clock();
	if (loop->run->save == NULL || now - loop->flushed < NS_PER_S)
		return false;
	loop->flushed = now;
	return true;
}

/* Lines are printed as the time of the capture goes on. */
static bool lines_come(const struct run *run)
{
	return run->jsonl != NULL && !run->joins;
}

static void look(struct loop *loop)
{
	const struct run *run = loop->run;
	if (signals_report() && run->screens == NULL)
		print_so_far(loop);
	status_tick(&loop->status, &run->feeds);
	follow_keys(loop, false);
	if (!lines_come(run) || feeds_now(&run->feeds) < jsonl_due(run->jsonl))
		return;
	feeds_note(&loop->run->feeds);
	jsonl_update(run->jsonl, feeds_now(&run->feeds));
}

static void interrupted(const struct run *run)
{
	struct err err;
	err_set(&err, "stopped by a signal: the report is of the first %" PRIu64 " packets",
	        run->feeds.packets);
	run_complain(run, err.text);
}

/* A slice of the inputs. */
static enum feeds_result read_slice(struct loop *loop, uint64_t most)
{
	const struct input *reading;
	int64_t before = feeds_clock();
	loop->run->feeds.until = lines_come(loop->run) ? jsonl_due(loop->run->jsonl) : INT64_MAX;
	enum feeds_result result = feeds_read(&loop->run->feeds, most, &reading);
	if (loop->run->screens != NULL)
		fit(&loop->slice, SLICE, feeds_clock() - before);
	if (reading == NULL)
		return result;
	progress_step(&loop->progress, reading);
	uint64_t size = input_size(reading);
	loop->reading.percent = size == 0 ? -1 : (int)(input_position(reading) * 100 / size);
	return result;
}

/* What came before the end is in blocks that the kernel has not handed over yet: a moment more is read. */
static void read_rest(struct loop *loop)
{
	enum feeds_result result = FEEDS_MORE;
	int64_t since = feeds_clock(), spent = 0;
	uint64_t most;
	while ((most = allowed_by_amount(loop)) > 0 && spent < (result == FEEDS_MORE ? REST_MOST : REST)) {
		result = read_slice(loop, most);
		if (result == FEEDS_END)
			return;
		if (result == FEEDS_WAIT)
			(void)poll(NULL, 0, REST_STEP_MS);
		look(loop);
		spent = feeds_clock() - since;
	}
}

/* Something that has begun goes on at once. */
static bool is_busy(const struct loop *loop)
{
	const struct screens *screens = loop->run->screens;
	return loop->keys_left || loop->secrets_left || (screens != NULL && screens_saves(screens));
}

static void read_all(struct loop *loop)
{
	struct run *run = loop->run;
	uint64_t most;
	while ((most = allowed(loop)) > 0 && !signals_end() && !ferror(stdout) && !loop->left) {
		enum feeds_result result = read_slice(loop, most);
		if (result == FEEDS_END)
			return;
		if (result == FEEDS_WAIT || flush_is_due(loop))
			run_flush_save(run);
		if (result == FEEDS_WAIT) {
			analyze_wait(run->analyze, feeds_now(&run->feeds));
			wait_for_input(run, is_busy(loop) ? 0 : TICK);
		}
		look(loop);
		turn(loop);
	}
	bool stopped = signals_end() || allowed(loop) == 0;
	if (stopped && loop->live && run->screens == NULL && !ferror(stdout))
		read_rest(loop);
	if (signals_end() && !loop->live && run->screens == NULL && run->feeds.n > 0)
		interrupted(run);
}

void loop_read(struct run *run)
{
	struct loop loop = {
	    .run = run, .started = feeds_clock(), .slice = SLICE, .live = run->options->n_interface > 0};
	loop.reading = (struct screen_reading){.goes_on = true, .live = loop.live, .percent = -1};
	loop.left = run->left;
	run->shown = run->screens != NULL;
	progress_start(&loop.progress, !run->options->quiet && run->screens == NULL && isatty(STDERR_FILENO));
	status_start(&loop.status, &run->feeds);
	follow_keys_to_the_end(&loop);
	read_all(&loop);
	follow_keys_to_the_end(&loop);
	feeds_note(&run->feeds);
	analyze_end(run->analyze);
	progress_end(&loop.progress);
	run->left = loop.left;
}

void loop_rest(struct run *run)
{
	const struct screen_reading reading = {.live = run->options->n_interface > 0, .percent = -1};
	while (!run->left && !signals_end()) {
		run->left = !screens_turn(run->screens, &reading);
		struct pollfd keys = {.fd = screens_fd(run->screens), .events = POLLIN};
		if (!run->left && !screens_busy(run->screens))
			signals_poll(&keys, 1, -1);
	}
}
