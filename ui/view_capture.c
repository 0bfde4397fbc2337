/* The tables of the capture as a whole: program, inputs, counts, allow lists. Called through ui/view.h. */
#include "ui/view.h"

#include <stdio.h>

static const struct capture *capture(const struct row *row)
{
	return &row->view->model->capture;
}

/* ---- program ---- */

static struct value version(const struct row *row)
{
	(void)row;
	return view_text(VIEW_VERSION);
}

static struct value schema(const struct row *row)
{
	(void)row;
	return view_count(VIEW_SCHEMA);
}

/* Of --filter, as it was understood. */
static struct value filter(const struct row *row)
{
	return view_text(row->view->filter);
}

static struct value hidden(const struct row *row)
{
	return view_count(row->view->n_hidden);
}

static const struct column program_columns[] = {
    {.key = "version", .get = version},
    {.key = "schema", .get = schema},
    {.key = "filter", .get = filter},
    {.key = "hidden", .get = hidden},
    {.key = "privileges", .on_verbose = true, .shape = COLUMN_OBJECT, .table = &view_privileges},
};

static const struct table program = {TABLE_OF(program_columns)};

/* ---- inputs ---- */

static const struct capture_input *input(const struct row *row)
{
	return row->item;
}

static struct value input_file(const struct row *row)
{
	return view_input(row->view->model, (uint32_t)row->index);
}

static struct value input_type(const struct row *row)
{
	const char *kind = input(row)->kind;
	return kind == NULL || strcmp(kind, "-") == 0 ? view_null() : view_text(kind);
}

static struct value input_packet_count(const struct row *row)
{
	return input(row)->trace != NULL ? view_null() : view_count(input(row)->packets);
}

/* Packet numbers run over all inputs: where this one begins tells how to find a packet in it. */
static struct value input_first_packet(const struct row *row)
{
	return input(row)->first == 0 ? view_null() : view_count(input(row)->first);
}

static struct value input_byte_count(const struct row *row)
{
	return view_count(input(row)->bytes);
}

/* What only a trace has. */
static struct value of_trace(const struct row *row, uint64_t count)
{
	return input(row)->trace == NULL ? view_null() : view_count(count);
}

static struct value input_lines(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->lines);
}

static struct value input_understood(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->understood);
}

static struct value input_repaired(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->repaired);
}

static struct value input_strange(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->strange);
}

static struct value input_lost(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->lost);
}

static struct value input_repeated(const struct row *row)
{
	const struct trace_reading *trace = input(row)->trace;
	return of_trace(row, trace == NULL ? 0 : trace->repeated);
}

static struct value input_dropped(const struct row *row)
{
	return input(row)->dropped < 0 ? view_null() : view_count((uint64_t)input(row)->dropped);
}

static struct value input_missed(const struct row *row)
{
	return input(row)->missed < 0 ? view_null() : view_count((uint64_t)input(row)->missed);
}

/* People are told of it in the capture's own lines; for interfaces each for itself. */
static struct value live_dropped(const struct row *row)
{
	return input(row)->live ? input_dropped(row) : view_null();
}

/* Packets a second, of an interface: lately, see struct capture_input. */
static struct value input_rate(const struct row *row)
{
	return input(row)->rate < 0 ? view_null() : view_count((uint64_t)input(row)->rate);
}

static struct value input_error(const struct row *row)
{
	return view_text(input(row)->error);
}

static size_t inputs_count(const struct row *parent)
{
	return capture(parent)->n_inputs;
}

static void inputs_open(const struct row *parent, struct row *row)
{
	row->item = &capture(parent)->inputs[row->index];
}

static const struct column input_columns[] = {
    {.key = "name", .get = input_file},
    {.key = "kind", .label = "Kind", .get = input_type},
    {.key = "packets", .label = "Packets", .get = input_packet_count},
    {.label = "First number", .get = input_first_packet},
    {.key = "lines", .label = "Lines", .get = input_lines},
    {.key = "understood", .label = "Understood", .get = input_understood},
    {.key = "repaired", .label = "Repaired", .get = input_repaired},
    {.key = "not_understood", .label = "Unclear", .get = input_strange},
    {.key = "lost", .label = "Lost", .get = input_lost},
    {.key = "repeated", .get = input_repeated},
    {.key = "bytes", .label = "Bytes", .get = input_byte_count},
    {.key = "dropped", .get = input_dropped},
    {.key = "interface_dropped", .get = input_missed},
    {.key = "packets_per_second", .label = "Per second", .get = input_rate},
    {.label = "Dropped", .get = live_dropped},
    {.label = "By interface", .get = input_missed},
    {.key = "error", .get = input_error},
    {.label = "File", .path = true, .get = input_file},
};

const struct table view_capture_inputs = {TABLE_OF(input_columns), .count = inputs_count,
                                          .open = inputs_open};

/* ---- encapsulation: names of the bits of a set ---- */

static uint32_t encaps(const struct row *row)
{
	return row->session != NULL ? row->session->session->encaps : capture(row)->encaps;
}

static size_t encapsulation_count(const struct row *parent)
{
	size_t n = 0;
	for (unsigned bit = 0; bit < ENCAP_COUNT; bit++)
		n += encaps(parent) >> bit & 1;
	return n;
}

static struct value encapsulation_name(const struct row *row)
{
	size_t left = row->index;
	for (unsigned bit = 0; bit < ENCAP_COUNT; bit++)
		if ((encaps(row) >> bit & 1) != 0 && left-- == 0)
			return view_text(packet_encap_name((enum encap)bit));
	return view_null();
}

static const struct column encapsulation_columns[] = {{.get = encapsulation_name}};

const struct table view_capture_encapsulation = {TABLE_OF(encapsulation_columns),
                                                 .count = encapsulation_count};

/* ---- capture ---- */

static struct value packets(const struct row *row)
{
	return view_count(capture(row)->packets);
}

static struct value nmsp_packets(const struct row *row)
{
	return view_count(capture(row)->nmsp_packets);
}

static struct value bytes(const struct row *row)
{
	return view_count(capture(row)->bytes);
}

static struct value moment(int64_t ns)
{
	return ns == INT64_MIN ? view_null() : (struct value){.kind = VALUE_TIME, .ns = ns};
}

/* Of the packets; of the lines where only traces were read. */
static int64_t first_time(const struct capture *c)
{
	int64_t first = c->first;
	for (uint32_t i = 0; i < c->n_inputs && c->packets == 0; i++) {
		const struct trace_reading *trace = c->inputs[i].trace;
		if (trace != NULL && trace->first != ORIGIN_NO_TIME &&
		    (first == INT64_MIN || trace->first < first))
			first = trace->first;
	}
	return first;
}

static int64_t last_time(const struct capture *c)
{
	int64_t last = c->last;
	for (uint32_t i = 0; i < c->n_inputs && c->packets == 0; i++)
		if (c->inputs[i].trace != NULL && c->inputs[i].last.packet != 0 &&
		    c->inputs[i].last.time > last)
			last = c->inputs[i].last.time;
	return last;
}

static struct value first(const struct row *row)
{
	return moment(first_time(capture(row)));
}

static struct value last(const struct row *row)
{
	return moment(last_time(capture(row)));
}

static struct value period(const struct row *row)
{
	int64_t from = first_time(capture(row)), to = last_time(capture(row));
	if (from == INT64_MIN || to < from)
		return view_null();
	return (struct value){.kind = VALUE_DURATION, .ns = to - from};
}

static struct value dropped(const struct row *row)
{
	uint64_t sum = 0;
	bool known = false;
	for (uint32_t i = 0; i < capture(row)->n_inputs; i++) {
		int64_t n = capture(row)->inputs[i].dropped;
		known = known || n >= 0;
		sum += n > 0 ? (uint64_t)n : 0;
	}
	return known ? view_count(sum) : view_null();
}

static struct value duplicates(const struct row *row)
{
	return view_count(capture(row)->duplicates);
}

static struct value gaps(const struct row *row)
{
	return view_count(capture(row)->gaps);
}

static struct value cut_packets(const struct row *row)
{
	return view_count(capture(row)->cut_packets);
}

/* What lacks a direction comes first; else a sentence for people when there is nothing to say. */
static struct value trust(const struct row *row)
{
	const struct capture *c = capture(row);
	char *text = row->view->scratch;
	uint32_t sessions = 0, one_sided = 0;
	for (const struct session *s = row->view->model->first; s != NULL; s = s->next, sessions++)
		one_sided += session_one_sided(s);
	if (one_sided > 0 && sessions == 1)
		return view_text("only one direction of the NMSP session was captured");
	if (one_sided > 0) {
		snprintf(text, sizeof row->view->scratch,
		         "only one direction was captured of %u of the %u NMSP sessions", (unsigned)one_sided,
		         (unsigned)sessions);
		return view_text(text);
	}
	if (c->nmsp_packets == 0 || c->duplicates + c->gaps + c->cut_packets > 0)
		return view_null();
	return view_text("no duplicate, no gap and no cut packet in the NMSP sessions");
}

static struct value filtered(const struct row *row)
{
	return capture(row)->filtered == 0 ? view_null() : view_count(capture(row)->filtered);
}

static struct value evicted_sessions(const struct row *row)
{
	return view_count(capture(row)->evicted_sessions);
}

static struct value evicted_packets(const struct row *row)
{
	return view_count(capture(row)->evicted_packets);
}

static struct value evicted_messages(const struct row *row)
{
	return view_count(capture(row)->evicted_messages);
}

static const struct column evicted_columns[] = {
    {.key = "sessions", .get = evicted_sessions},
    {.key = "packets", .get = evicted_packets},
    {.key = "messages", .get = evicted_messages},
};

static const struct table evicted = {TABLE_OF(evicted_columns)};

static const struct column capture_columns[] = {
    {.key = "packets", .label = "Packets", .get = packets},
    {.key = "nmsp_packets", .label = "of NMSP", .get = nmsp_packets},
    {.label = "Refused by filter", .get = filtered},
    {.key = "bytes", .label = "Bytes", .verbose = 1, .get = bytes},
    {.key = "first", .label = "First packet", .get = first},
    {.key = "last", .label = "Last packet", .get = last},
    {.label = "Period", .get = period},
    {.key = "dropped", .label = "Lost by capturer", .get = dropped},
    {.label = "Trust", .get = trust},
    {.key = "duplicates", .label = "Duplicates", .hide_zero = true, .get = duplicates},
    {.key = "gaps", .label = "Gaps", .hide_zero = true, .get = gaps},
    {.key = "cut_packets", .label = "Cut packets", .hide_zero = true, .get = cut_packets},
    {.key = "encapsulation",
     .label = "Encapsulation",
     .shape = COLUMN_STRINGS,
     .table = &view_capture_encapsulation},
    {.key = "evicted", .shape = COLUMN_OBJECT, .table = &evicted},
};

const struct table view_capture = {TABLE_OF(capture_columns)};

/* ---- allow lists ---- */

static const struct authlist_file *list(const struct row *row)
{
	return row->item;
}

static struct value list_name(const struct row *row)
{
	return view_text(list(row)->name);
}

/* Sides of a file that stand before this one in the list of rows. */
static size_t sides_before(const struct authlist_file *file, enum authlist_side side)
{
	size_t n = 0;
	for (enum authlist_side i = 0; i < side; i++)
		n += file->speaks[i];
	return n;
}

/* A row is a file and a side: whose row this is among those of its file. */
static enum authlist_side side_of(const struct row *row)
{
	const struct authlist *lists = &row->view->model->authlist;
	size_t at = row->index;
	for (const struct authlist_file *file = lists->files; file != list(row); file++)
		at -= sides_before(file, AUTHLIST_SIDES);
	enum authlist_side side = 0;
	while (!list(row)->speaks[side] || sides_before(list(row), side) < at)
		side++;
	return side;
}

static struct value list_side(const struct row *row)
{
	return view_text(authlist_side_name(side_of(row)));
}

static struct value list_entries(const struct row *row)
{
	return view_count(list(row)->entries_of[side_of(row)]);
}

/* Problems are the file's and stand in its first row. */
static size_t problem_count(const struct row *parent)
{
	return sides_before(list(parent), side_of(parent)) == 0 ? list(parent)->n_problems : 0;
}

static struct value problem(const struct row *row)
{
	return view_text(authlist_problem_text(&list(row)->problems[row->index], row->view->scratch));
}

static const struct column problem_columns[] = {{.get = problem}};

const struct table view_capture_list_problems = {TABLE_OF(problem_columns), .count = problem_count};

/* A file with words of an engine and of a controller stands there twice. */
static size_t lists_count(const struct row *parent)
{
	const struct authlist *lists = &parent->view->model->authlist;
	size_t n = 0;
	for (size_t i = 0; i < lists->n_files; i++)
		n += sides_before(&lists->files[i], AUTHLIST_SIDES);
	return n;
}

static void lists_open(const struct row *parent, struct row *row)
{
	const struct authlist_file *file = parent->view->model->authlist.files;
	for (size_t at = sides_before(file, AUTHLIST_SIDES); at <= row->index; file++)
		at += sides_before(&file[1], AUTHLIST_SIDES);
	row->item = file;
}

static const struct column list_columns[] = {
    {.key = "name", .get = list_name},
    {.key = "side", .label = "Kind", .get = list_side},
    {.key = "entries", .label = "Entries", .get = list_entries},
    {.key = "problems", .shape = COLUMN_STRINGS, .table = &view_capture_list_problems},
    {.label = "AuthList", .path = true, .get = list_name},
};

const struct table view_capture_authlists = {TABLE_OF(list_columns), .count = lists_count,
                                             .open = lists_open};

/* ---- the whole report ---- */

static const struct column report_columns[] = {
    {.key = "nmspscope", .shape = COLUMN_OBJECT, .table = &program},
    {.key = "inputs", .shape = COLUMN_LIST, .table = &view_capture_inputs},
    {.key = "capture", .shape = COLUMN_OBJECT, .table = &view_capture},
    {.key = "authlists", .shape = COLUMN_LIST, .table = &view_capture_authlists},
    {.key = "authlist_comparison", .shape = COLUMN_LIST, .table = &view_comparison},
    {.key = "sessions", .shape = COLUMN_LIST, .table = &view_sessions},
    {.key = "findings", .shape = COLUMN_LIST, .table = &view_findings},
};

const struct table view_report = {TABLE_OF(report_columns)};
