/* The clock and the counts of a trace. Called by trace_session.c line by line. */
#include "analyzer/trace_reading.h"

#include "analyzer/trace_zone.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

struct trace_clock trace_reading_start(struct model *model, uint32_t input)
{
	struct capture_input *note = &model->capture.inputs[input];
	note->trace = xcalloc(1, sizeof *note->trace);
	note->trace->first = ORIGIN_NO_TIME;
	free(note->kind);
	note->kind = xstrdup("trace");
	return (struct trace_clock){
	    .model = model,
	    .input = input,
	    .now = {.time = ORIGIN_NO_TIME, .input = input & ORIGIN_INPUT_MOST, .line = true},
	};
}

static struct trace_reading *reading_of(const struct trace_clock *clock)
{
	return clock->model->capture.inputs[clock->input].trace;
}

/* The zone rarely changes. */
static int64_t zone_offset(struct trace_clock *clock, struct span zone)
{
	struct trace_reading *reading = reading_of(clock);
	struct span name = span_cut(zone, 0, sizeof clock->zone - 1);
	int32_t seconds;
	if (span_equal(name, span_of(clock->zone, strlen(clock->zone))))
		return clock->offset;
	if (!trace_zone(zone, &seconds) && reading->zone[0] == '\0')
		memcpy(reading->zone, name.p, name.n); /* the array is zero */
	memset(clock->zone, 0, sizeof clock->zone);
	memcpy(clock->zone, name.p, name.n);
	clock->offset = seconds * NS_PER_S;
	return clock->offset;
}

void trace_reading_lost(struct trace_clock *clock, const struct trace_item *item)
{
	struct trace_reading *reading = reading_of(clock);
	const struct trace_loss *loss = &item->loss;
	if (loss->lines == 0)
		return;
	reading->lost += loss->lines;
	if (reading->n_ranges < LIMIT_TRACE_RANGES)
		reading->ranges[reading->n_ranges] =
		    (struct trace_range){.from = loss->from, .to = loss->to, .at = clock->now};
	reading->n_ranges++;
}

struct origin trace_reading_line(struct trace_clock *clock, const struct trace_item *item)
{
	struct trace_reading *reading = reading_of(clock);
	const struct trace_line *line = &item->line;
	clock->now.packet = item->number & ORIGIN_PACKET_MOST;
	if (line->has_time && !line->no_year)
		clock->now.time = line->time - (line->zone.n > 0 ? zone_offset(clock, line->zone) : 0);
	reading->stamped = reading->stamped || (line->has_time && line->has_sequence && line->has_pid);
	if (reading->first == ORIGIN_NO_TIME)
		reading->first = clock->now.time;
	clock->model->capture.inputs[clock->input].last = clock->now;
	if (item->cut)
		model_hit(clock->model, HIT_TRACE_LINE, &clock->now);
	return clock->now;
}

static void keep(struct trace_reading *reading, const struct trace_item *item)
{
	struct trace_note note = {.line = item->number};
	struct span text = span_cut(item->raw, 0, sizeof note.text - 1);
	if (reading->n_notes >= LIMIT_TRACE_NOTES)
		return;
	if (text.n > 0)
		memcpy(note.text, text.p, text.n);
	reading->notes = model_grow(reading->notes, reading->n_notes, &reading->room_notes, sizeof note);
	reading->notes[reading->n_notes++] = note;
}

void trace_reading_count(struct trace_clock *clock, const struct trace_item *item, bool understood)
{
	struct trace_reading *reading = reading_of(clock);
	if (!understood) {
		reading->strange++;
		keep(reading, item);
		return;
	}
	reading->understood++;
	reading->repaired += item->line.repairs > 0 || item->joined;
}

void trace_reading_end(struct model *model, uint32_t input, const struct trace_file *file)
{
	struct capture_input *note = &model->capture.inputs[input];
	note->trace->lines = trace_file_lines(file);
	note->bytes = trace_file_bytes(file);
	if (trace_file_problem(file)[0] == '\0')
		return;
	note->error = xstrdup(trace_file_problem(file));
	note->truncated = true;
}
