/* The inputs and their order; see feeds.h. */
#include "ui/feeds.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

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

void feeds_close(struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++)
		input_close(feeds->list[i].input);
	feeds->n = 0;
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

static bool comes_later(const struct feed *a, const struct feed *b)
{
	if (a->refused || b->refused)
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
		if (feed->refused)
			feeds->model->capture.inputs[feed->index].error = xstrdup(feed->err.text);
		else if (input_kind(feed->input) == CAPFILE_PCAPNG)
			feeds->model->keys_may_come = true; /* in a decryption secrets block */
	}
}

/* ---- reading ---- */

/* Reads until there is nothing more at the moment, or `most` packets. */
static uint64_t read_feed(struct feeds *feeds, struct feed *feed, uint64_t most)
{
	struct capfile_packet packet;
	uint64_t n = 0;
	while (n < most) {
		enum input_result result = input_next(feed->input, &packet);
		if (result == INPUT_SECRETS) {
			analyze_secrets(feeds->analyze, packet.data);
			continue;
		}
		if (result != INPUT_PACKET) {
			feed->ended = result != INPUT_WAIT;
			break;
		}
		analyze_packet(feeds->analyze, feed->index, &packet);
		n++;
		feed->last = (struct origin){
		    .time = packet.time, .packet = feeds->packets + n, .input = feed->index};
	}
	feeds->packets += n;
	return n;
}

enum feeds_result feeds_read(struct feeds *feeds, uint64_t most, const struct input **reading)
{
	bool waits = false;
	*reading = NULL;
	for (uint32_t i = 0; i < feeds->n; i++) {
		struct feed *feed = &feeds->list[i];
		if (feed->ended)
			continue;
		uint64_t n = read_feed(feeds, feed, most);
		if (n > 0)
			*reading = feed->input;
		if (n == most)
			return FEEDS_MORE;
		waits = waits || !feed->ended;
		most -= n;
	}
	return waits ? FEEDS_WAIT : FEEDS_END;
}

nfds_t feeds_poll(const struct feeds *feeds, struct pollfd fds[LIMIT_INPUTS])
{
	nfds_t n = 0;
	for (uint32_t i = 0; i < feeds->n; i++)
		if (!feeds->list[i].ended)
			fds[n++] = (struct pollfd){.fd = input_fd(feeds->list[i].input), .events = POLLIN};
	return n;
}

/* ---- the model ---- */

static void note_feed(struct model *model, const struct feed *feed)
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
	note->last = feed->last;
	if (input_until(input) > model->capture.until)
		model->capture.until = input_until(input);
	if (note->error != NULL || input_problem(input)[0] == '\0')
		return;
	note->error = xstrdup(input_problem(input));
	note->truncated = true;
}

void feeds_note(struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++)
		if (!feeds->list[i].refused)
			note_feed(feeds->model, &feeds->list[i]);
}
