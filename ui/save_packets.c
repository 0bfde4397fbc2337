/* Reading again what belongs to chosen sessions; see save_packets.h. */
#include "ui/save_packets.h"

#include "analyzer/pick.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PACKETS 64 /* read at a step */

struct save_packets {
	const struct save_source *source;
	struct pick *pick;
	struct capfile_writer writer;
	int64_t until;               /* the capture went on so long */
	int64_t opened;              /* the first of the sessions, ns */
	struct spool_reader *reader; /* NULL: files are read */
	uint64_t spooled;            /* frames written of the spool */
	uint32_t feed;
	struct input *input; /* of the feed, read again; NULL: it was not begun */
	uint64_t most;       /* packets that were read of it the first time */
	uint64_t number;     /* of the last packet read */
	bool shrunk;
};

static bool all_again(const struct feeds *feeds)
{
	for (uint32_t i = 0; i < feeds->n; i++)
		if (feeds->list[i].live != NULL ||
		    (feeds->list[i].input != NULL && input_is_pipe(feeds->list[i].input)))
			return false;
	return true;
}

struct save_packets *save_packets_begin(const struct save_source *source, const struct save_order *order,
                                        struct err *err)
{
	bool again = all_again(source->feeds);
	if (!again && source->spool == NULL) {
		err_set(
		    err,
		    "an interface or a pipe cannot be read again, and no folder for temporary files could "
		    "be written when the program began: name one with TMPDIR, or use -w");
		return NULL;
	}
	struct save_packets *packets = xcalloc(1, sizeof *packets);
	packets->source = source;
	packets->pick = pick_new(source->filter);
	packets->until = model_now(source->model);
	packets->opened = INT64_MAX;
	for (size_t i = 0; i < order->n; i++) {
		pick_add(packets->pick, order->sessions[i]);
		if (order->sessions[i]->opened.time < packets->opened)
			packets->opened = order->sessions[i]->opened.time;
	}
	if (pick_last(packets->pick) == 0) {
		err_set(err, "there are no packets: a trace alone shows %s",
		        order->n == 1 ? "this session" : "these");
		save_packets_free(packets);
		return NULL;
	}
	if (!again)
		packets->reader = spool_read(source->spool);
	return packets;
}

void save_packets_free(struct save_packets *packets)
{
	if (packets == NULL)
		return;
	pick_free(packets->pick);
	spool_read_end(packets->reader);
	input_close(packets->input);
	free(packets);
}

int save_packets_open(struct save_packets *packets, FILE *out)
{
	const struct redact *redact = packets->source->model->redact;
	if (redact == NULL)
		return capfile_write_start(&packets->writer, capfile_write_stream, out);
	pick_redact(packets->pick, redact, &packets->writer);
	return capfile_write_start_redacted(&packets->writer, capfile_write_stream, out);
}

/* ---- files ---- */

/* The next one of which packets were read, from its start. False when there is none. */
static bool open_next(struct save_packets *packets)
{
	const struct feeds *feeds = packets->source->feeds;
	struct err err;
	for (; packets->feed < feeds->n; packets->feed++) {
		const struct feed *feed = &feeds->list[packets->feed];
		if (feed->input == NULL || feed->first == 0)
			continue;
		packets->number = feed->first - 1;
		packets->most = input_packets(feed->input);
		packets->input = input_again(feed->input);
		if (packets->input != NULL && input_start(packets->input, &err) == INPUT_STARTED)
			return true;
		input_close(packets->input);
		packets->input = NULL;
		packets->shrunk = true;
	}
	return false;
}

static void close_input(struct save_packets *packets)
{
	packets->shrunk = packets->shrunk || input_packets(packets->input) < packets->most;
	input_close(packets->input);
	packets->input = NULL;
	packets->feed++;
}

/* 1, 0 at the end, or -1 and errno. */
static int from_files(struct save_packets *packets)
{
	struct capfile_packet frame;
	enum input_result result;
	if (packets->number >= pick_last(packets->pick) || (packets->input == NULL && !open_next(packets)))
		return 0;
	if (input_packets(packets->input) == packets->most) {
		close_input(packets);
		return 1;
	}
	while ((result = input_next(packets->input, &frame)) == INPUT_SECRETS)
		continue;
	if (result != INPUT_PACKET) {
		close_input(packets);
		return 1;
	}
	packets->number++;
	return pick_packet(packets->pick, packets->number, &frame, &packets->writer) == 0 ? 1 : -1;
}

/* ---- the spool ---- */

static int from_spool(struct save_packets *packets)
{
	struct capfile_packet frame;
	uint64_t first;
	int result = spool_next(packets->reader, &frame, &first);
	if (result <= 0 || !pick_has(packets->pick, first))
		return result;
	packets->spooled++;
	return pick_write(packets->pick, &frame, &packets->writer) == 0 ? 1 : -1;
}

int save_packets_step(struct save_packets *packets)
{
	int result = 1;
	for (int i = 0; i < PACKETS && result > 0; i++)
		result = packets->reader != NULL ? from_spool(packets) : from_files(packets);
	if (result != 0)
		return result;
	if (pick_end(packets->pick) != 0)
		return -1;
	return capfile_write_end(&packets->writer, packets->until);
}

int save_packets_percent(const struct save_packets *packets)
{
	if (packets->reader != NULL)
		return spool_percent(packets->reader);
	return (int)(packets->number * 100 / pick_last(packets->pick));
}

uint64_t save_packets_written(const struct save_packets *packets)
{
	return packets->spooled + pick_written(packets->pick);
}

/* ---- what is missing ---- */

static const char *clock_of(const struct save_packets *packets, int64_t ns, char text[32])
{
	int64_t rest;
	struct tm tm;
	time_t seconds = (time_t)format_split(ns, &rest);
	if ((packets->source->format.utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)) == NULL)
		tm = (struct tm){.tm_mday = 1};
	strftime(text, 32, "%H:%M:%S", &tm);
	return text;
}

static void spool_lacks(const struct save_packets *packets, char text[200])
{
	struct spool_losses losses = spool_losses(packets->source->spool);
	char time[32];
	if (losses.reason != 0)
		snprintf(text, 200, "packets from %s on could not be kept (%s)",
		         clock_of(packets, losses.failed, time), strerror(losses.reason));
	else if (losses.heads >= packets->opened)
		snprintf(
		    text, 200, "packets up to %s are gone, maybe of handshakes, too",
		    clock_of(packets, losses.heads > losses.others ? losses.heads : losses.others, time));
	else if (losses.others >= packets->opened)
		snprintf(text, 200, "packets up to %s are gone, but for handshakes",
		         clock_of(packets, losses.others, time));
}

void save_packets_lack(const struct save_packets *packets, char text[200])
{
	text[0] = '\0';
	if (packets->reader != NULL)
		spool_lacks(packets, text);
	else if (packets->shrunk)
		snprintf(text, 200, "packets are missing: a file is shorter than it was, or another one");
	else if (pick_lost(packets->pick) > 0)
		snprintf(text, 200, "packets are missing: too many fragments waited for the rest of them");
}
