/* The inputs and their order; see feeds.h. */
#include "ui/feeds.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <time.h>

/* Packets of an interface can be read after so long; those of a pipe may come from far. */
#define LIVE_LATE  (3 * LIVE_DELAY_MS * NS_PER_MS / 2)
#define LIVE_GRACE (2 * LIVE_LATE)
#define PIPE_GRACE (5 * NS_PER_S)

/* Who captures for us has a clock that is right by so much. */
#define CLOCKS_APART (600 * NS_PER_S)

void feeds_add(struct feeds *feeds, const char *path)
{
	struct feed *feed = &feeds->list[feeds->n++];
	struct source source;
	*feed = (struct feed){.name = path};
	if (source_open(&source, path, &feed->err) == 0)
		feed->input = input_new(&source);
	else
		feed->started = feed->ended = feed->refused = true;
}

int feeds_add_live(struct feeds *feeds, const char *name, const struct live_wishes *wishes, struct err *err)
{
	struct live *live = live_open(name, wishes, err);
	if (live == NULL)
		return -1;
	feeds->list[feeds->n++] = (struct feed){.name = name, .live = live, .started = true};
	return 0;
}

void feeds_close(struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++) {
		input_close(feeds->list[i].input);
		live_close(feeds->list[i].live);
	}
	feeds->n = 0;
}

int64_t feeds_clock(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static int64_t wall_clock(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

bool feeds_go_on(const struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++) {
		const struct feed *feed = &feeds->list[i];
		if (feed->live != NULL || (feed->input != NULL && input_is_pipe(feed->input)))
			return true;
	}
	return false;
}

/* ---- starting ---- */

bool feeds_start(struct feeds *feeds)
{
	bool all = true;
	for (uint32_t i = 0; i < feeds->n; i++) {
		struct feed *feed = &feeds->list[i];
		if (feed->started)
			continue;
		enum input_start start = input_start(feed->input, &feed->err);
		feed->refused = feed->ended = start == INPUT_REFUSED;
		feed->started = start != INPUT_STARTING;
		all = all && feed->started;
	}
	return all;
}

/* Interfaces stay as they were given: no file is read with them. */
static bool comes_later(const struct feed *a, const struct feed *b)
{
	if (a->refused || b->refused || a->live != NULL || b->live != NULL)
		return a->refused && !b->refused;
	return input_first_time(a->input) > input_first_time(b->input);
}

/* Equal ones stay as they were given. */
static void sort(struct feeds *feeds)
{
	for (uint32_t i = 1; i < feeds->n; i++) {
		struct feed feed = feeds->list[i];
		uint32_t at = i;
		for (; at > 0 && comes_later(&feeds->list[at - 1], &feed); at--)
			feeds->list[at] = feeds->list[at - 1];
		feeds->list[at] = feed;
	}
}

void feeds_order(struct feeds *feeds)
{
	sort(feeds);
	for (uint32_t i = 0; i < feeds->n; i++) {
		struct feed *feed = &feeds->list[i];
		feed->index = model_add_input(feeds->model, feed->name);
		if (feed->input != NULL && !feed->refused && input_redacted(feed->input))
			model_is_redacted(feeds->model);
		if (feed->refused)
			feeds->model->capture.inputs[feed->index].error =
			    xstrdup(feeds->model->redact == NULL ? feed->err.text : "it could not be read");
		else if (feed->input != NULL && input_kind(feed->input) == CAPFILE_PCAPNG)
			feeds->model->keys_may_come = true; /* in a decryption secrets block */
	}
}

/* ---- reading ---- */

static enum input_result next(struct feed *feed, struct capfile_packet *packet)
{
	static const enum input_result results[] = {
	    [LIVE_PACKET] = INPUT_PACKET, [LIVE_WAIT] = INPUT_WAIT, [LIVE_END] = INPUT_TRUNCATED};
	return feed->live != NULL ? results[live_next(feed->live, packet)] : input_next(feed->input, packet);
}

/* True when the packet is of the time feeds->until, or later. */
static bool take(struct feeds *feeds, struct feed *feed, const struct capfile_packet *packet)
{
	analyze_packet(feeds->analyze, feed->index, packet);
	feed->last = origin_of(packet->time, ++feeds->packets, feed->index);
	if (feed->first == 0)
		feed->first = feed->last.packet;
	return packet->time >= feeds->until;
}

/* Nothing comes at the moment, or ever. */
static void pause(struct feeds *feeds, struct feed *feed, bool ended)
{
	feed->ended = ended;
	if (ended)
		feed->left = feeds_clock();
	feed->waited = feed->waited || !ended;
	feeds->waited = feeds->waited || !ended;
}

/* Reads until there is nothing more at the moment, or `most` packets. *reached: one of the time feeds->until. */
static uint64_t read_feed(struct feeds *feeds, struct feed *feed, uint64_t most, bool *reached)
{
	struct capfile_packet packet;
	uint64_t n = 0;
	while (n < most && !*reached) {
		enum input_result result = next(feed, &packet);
		if (result == INPUT_SECRETS) {
			analyze_secrets(feeds->analyze, packet.data);
			continue;
		}
		if (result != INPUT_PACKET) {
			pause(feeds, feed, result != INPUT_WAIT);
			break;
		}
		*reached = take(feeds, feed, &packet);
		n++;
	}
	if (n > 0)
		feed->heard = feeds_clock();
	return n;
}

/* ---- several interfaces ---- */

/* Whether there is a next packet, and of when. */
static void look_ahead(struct feeds *feeds, struct feed *feed)
{
	if (feed->ended || feed->coming)
		return;
	enum live_result result = live_peek(feed->live, &feed->coming_at);
	feed->coming = result == LIVE_PACKET;
	if (feed->coming)
		return;
	pause(feeds, feed, result == LIVE_END);
	feed->empty_at = wall_clock();
}

static struct feed *earliest(struct feeds *feeds)
{
	struct feed *found = NULL;
	for (uint32_t i = 0; i < feeds->n; i++) {
		struct feed *feed = &feeds->list[i];
		if (feed->coming && (found == NULL || feed->coming_at < found->coming_at))
			found = feed;
	}
	return found;
}

/* Another interface, which had nothing, may still bring a packet from before that time. One by another clock
 * than ours is not waited for. */
static bool may_be_preceded(const struct feeds *feeds, int64_t time)
{
	for (uint32_t i = 0; i < feeds->n; i++) {
		const struct feed *feed = &feeds->list[i];
		if (!feed->ended && !feed->coming && time > feed->empty_at - LIVE_LATE &&
		    time < feed->empty_at + NS_PER_S)
			return true;
	}
	return false;
}

static enum feeds_result read_in_order(struct feeds *feeds, uint64_t most)
{
	struct feed *feed;
	struct capfile_packet packet;
	bool goes_on = false;
	for (uint32_t i = 0; i < feeds->n; i++)
		look_ahead(feeds, &feeds->list[i]);
	for (; (feed = earliest(feeds)) != NULL && most > 0; most--) {
		if (may_be_preceded(feeds, feed->coming_at))
			return FEEDS_WAIT;
		live_next(feed->live, &packet);
		bool reached = take(feeds, feed, &packet);
		feed->heard = feeds_clock();
		feed->coming = false;
		look_ahead(feeds, feed);
		if (reached)
			return FEEDS_MORE;
	}
	for (uint32_t i = 0; i < feeds->n; i++)
		goes_on = goes_on || !feeds->list[i].ended;
	return feed != NULL ? FEEDS_MORE : goes_on ? FEEDS_WAIT : FEEDS_END;
}

/* ---- all ---- */

enum feeds_result feeds_read(struct feeds *feeds, uint64_t most, const struct input **reading)
{
	bool waits = false, more = false, reached = false;
	*reading = NULL;
	if (feeds->n > 1 && feeds->list[0].live != NULL)
		return read_in_order(feeds, most);
	for (uint32_t i = 0; i < feeds->n && most > 0 && !reached; i++) {
		struct feed *feed = &feeds->list[i];
		if (feed->ended)
			continue;
		uint64_t n = read_feed(feeds, feed, most, &reached);
		if (n > 0 && feed->input != NULL)
			*reading = feed->input;
		more = more || n == most || reached;
		waits = waits || !feed->ended;
		most -= n;
	}
	return more ? FEEDS_MORE : waits ? FEEDS_WAIT : FEEDS_END;
}

/* The time of the capture by this input, when our clock shows `clock`. */
static int64_t now_of(const struct feeds *feeds, const struct feed *feed, int64_t clock)
{
	int64_t grace = feed->live == NULL ? PIPE_GRACE : feeds->n > 1 ? 2 * LIVE_GRACE : LIVE_GRACE;
	int64_t passed = clock - feed->heard - grace;
	return passed > 0 ? origin_after(feed->last.time, passed) : feed->last.time;
}

int64_t feeds_now(const struct feeds *feeds)
{
	int64_t latest = feeds->model->capture.last, clock = feeds_clock();
	for (uint32_t i = 0; i < feeds->n && feeds->waited; i++) {
		const struct feed *feed = &feeds->list[i];
		if (feed->ended || feed->last.packet == 0)
			continue;
		int64_t now = now_of(feeds, feed, clock);
		if (now > latest)
			latest = now;
	}
	return latest;
}

nfds_t feeds_poll(const struct feeds *feeds, struct pollfd fds[LIMIT_INPUTS])
{
	nfds_t n = 0;
	for (uint32_t i = 0; i < feeds->n; i++) {
		const struct feed *feed = &feeds->list[i];
		int fd = feed->ended || feed->coming ? -1
		         : feed->live != NULL        ? live_fd(feed->live)
		                                     : input_fd(feed->input);
		if (fd >= 0)
			fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return n;
}

/* ---- the model ---- */

/* The capture went on so long, though no packet came: silence counts. */
static void note_time(struct model *model, int64_t until)
{
	if (until > model->capture.until)
		model->capture.until = until;
}

/* Its packets come as they are captured: a pipe may also bring an old file, whose time stands still while it
 * waits. */
static bool is_of_now(const struct feed *feed)
{
	int64_t then = wall_clock() - (feeds_clock() - feed->heard);
	int64_t apart = feed->last.time > then ? feed->last.time - then : then - feed->last.time;
	return feed->live != NULL || apart <= CLOCKS_APART;
}

static void note_silence(const struct feeds *feeds, const struct feed *feed)
{
	if (feed->waited && feed->last.packet != 0 && is_of_now(feed))
		note_time(feeds->model, now_of(feeds, feed, feed->ended ? feed->left : feeds_clock()));
}

static void note_live(struct model *model, const struct feed *feed)
{
	struct capture_input *note = &model->capture.inputs[feed->index];
	struct live *live = feed->live;
	struct live_losses losses = live_losses(live);
	note->live = true;
	if (note->kind == NULL)
		note->kind = xstrdup("live");
	note->packets = live_packets(live);
	note->bytes = live_bytes(live);
	note->dropped = (int64_t)losses.kernel;
	note->missed = (int64_t)losses.interface;
	note->outage = live_outage(live);
	note->snaplen = live_snaplen(live);
	note->first = feed->first;
	note->last = feed->last;
	if (note->error != NULL || live_problem(live)[0] == '\0')
		return;
	note->error = xstrdup(live_problem(live));
	note->truncated = true;
}

static void note_file(struct model *model, const struct feed *feed)
{
	static const char *const kinds[] = {
	    [CAPFILE_UNKNOWN] = "-", [CAPFILE_PCAP] = "pcap", [CAPFILE_PCAPNG] = "pcapng"};
	struct capture_input *note = &model->capture.inputs[feed->index];
	const struct input *input = feed->input;
	free(note->kind);
	note->kind = xstrdup(kinds[input_kind(input)]);
	note->packets = input_packets(input);
	note->bytes = input_bytes(input);
	note->dropped = input_dropped(input);
	note->snaplen = input_snaplen(input);
	note->first = feed->first;
	note->last = feed->last;
	note_time(model, input_until(input));
	if (note->error != NULL || input_problem(input)[0] == '\0')
		return;
	note->error = xstrdup(input_problem(input));
	note->truncated = true;
}

void feeds_note(struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++) {
		if (feeds->list[i].live != NULL)
			note_live(feeds->model, &feeds->list[i]);
		else if (!feeds->list[i].refused)
			note_file(feeds->model, &feeds->list[i]);
		note_silence(feeds, &feeds->list[i]);
	}
}
