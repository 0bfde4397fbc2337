/* The line of SIGUSR1, and the rates of interfaces; see status.h. Called by the loop. */
#include "ui/status.h"

#include "analyzer/memory.h"
#include "analyzer/session.h"

#include <inttypes.h>
#include <stdlib.h>

/* The rates since line->since, once a second has passed. */
static void measure(const struct status_line *line, const struct feeds *feeds, int64_t now)
{
	int64_t passed = now - line->since;
	for (uint32_t i = 0; i < feeds->n && passed >= NS_PER_S; i++) {
		const struct feed *feed = &feeds->list[i];
		if (feed->live == NULL)
			continue;
		double packets = (double)(live_packets(feed->live) - line->packets[i]);
		feeds->model->capture.inputs[feed->index].rate =
		    (int64_t)(packets * (double)NS_PER_S / (double)passed + 0.5);
	}
}

void status_start(struct status_line *line, const struct feeds *feeds)
{
	line->since = feeds_clock();
	for (uint32_t i = 0; i < feeds->n; i++)
		line->packets[i] = feeds->list[i].live != NULL ? live_packets(feeds->list[i].live) : 0;
}

void status_tick(struct status_line *line, const struct feeds *feeds)
{
	int64_t now = feeds_clock();
	if (now - line->since < STATUS_SECONDS * NS_PER_S)
		return;
	measure(line, feeds, now);
	status_start(line, feeds);
}

static void print_input(FILE *out, const struct capture_input *input, enum escape_mode escape)
{
	char *name = escape_text(source_shown(input->name), escape);
	fprintf(out, "; %s %" PRIu64 " packets", name, input->packets);
	free(name);
	if (input->rate >= 0)
		fprintf(out, ", %" PRId64 " a second", input->rate);
	if (input->dropped >= 0)
		fprintf(out, ", %" PRId64 " dropped", input->dropped);
	if (input->missed > 0)
		fprintf(out, ", %" PRId64 " by the interface", input->missed);
	if (input->error != NULL)
		fputs(", ended", out);
}

void status_print(struct status_line *line, const struct run *run)
{
	const struct model *model = run->model;
	uint32_t states[SESSION_STATES] = {0};
	if (run->feeds.packets > 0)
		measure(line, &run->feeds, feeds_clock());
	for (const struct session *s = model->first; s != NULL; s = s->next)
		states[session_state(s, session_now(model, s))]++;
	fprintf(stderr, "nmspscope: %" PRIu32 " session%s, %" PRIu32 " active, %" PRIu32 " failed, %" PRIu32 " silent",
	        model->n_sessions, model->n_sessions == 1 ? "" : "s", states[SESSION_ACTIVE],
	        states[SESSION_FAILED], states[SESSION_SILENT]);
	for (uint32_t i = 0; i < model->capture.n_inputs; i++)
		print_input(stderr, &model->capture.inputs[i], run->escape);
	fprintf(stderr, "; %.1f MiB of memory\n", (double)memory_used() / (1024 * 1024));
}
