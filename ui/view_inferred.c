/*
 * The tables of what sizes and times of closed records tell beside the echo: other pairs in a rhythm, and
 * records by direction and size. Called through ui/view.h. All of it is inferred but the counts and lengths
 * themselves.
 */
#include "ui/view.h"

#include <inttypes.h>
#include <stdio.h>

static struct value duration(int64_t ns)
{
	return (struct value){.kind = VALUE_DURATION, .ns = ns};
}

/* ---- other pairs in a rhythm ---- */

static const struct infer_rhythm *rival(const struct row *row)
{
	return row->item;
}

static size_t rivals(const struct row *parent)
{
	const struct infer_found *found = &parent->session->inferred;
	return found->n - found->decided;
}

static void rival_open(const struct row *parent, struct row *row)
{
	const struct infer_found *found = &parent->session->inferred;
	row->item = &found->list[row->index + found->decided];
}

static struct value rival_fits(const struct row *row)
{
	return view_text(row->session->inferred.decided ? "poll" : "echo or poll");
}

static struct value rival_asks(const struct row *row)
{
	return view_count(rival(row)->request->size.most);
}

static struct value rival_says(const struct row *row)
{
	return view_count(rival(row)->response->size.most);
}

static struct value rival_requests(const struct row *row)
{
	return view_count(rival(row)->requests);
}

static struct value rival_responses(const struct row *row)
{
	return view_count(rival(row)->responses);
}

static struct value rival_interval(const struct row *row)
{
	return duration(rival(row)->interval);
}

static struct value rival_rtt(const struct row *row)
{
	return duration(rival(row)->rtt_median);
}

static const struct column rival_columns[] = {
    {.label = "Fits a", .get = rival_fits},
    {.key = "fits", .get = rival_fits},
    {.key = "request_size", .label = "Bytes OUT", .get = rival_asks},
    {.key = "response_size", .label = "Bytes IN", .get = rival_says},
    {.key = "requests", .label = "Requests", .get = rival_requests},
    {.key = "responses", .label = "Responses", .get = rival_responses},
    {.key = "interval", .label = "Every", .get = rival_interval},
    {.key = "rtt", .label = "Round trip", .get = rival_rtt},
};

const struct table view_inferred_rivals = {TABLE_OF(rival_columns), .count = rivals, .open = rival_open};

/* ---- sizes ---- */

static const struct infer *infer(const struct row *row)
{
	return row->session->session->infer;
}

/* NULL in rows of sizes that were not counted one by one. */
static const struct infer_class *class_of(const struct row *row)
{
	return row->item;
}

static const struct infer_class *nth_class(const struct infer *of, size_t n)
{
	for (uint32_t i = 0; of != NULL && i < of->n_classes; i++)
		if (of->classes[i].records > 0 && n-- == 0)
			return &of->classes[i];
	return NULL;
}

static size_t count_classes(const struct infer *of)
{
	size_t n = 0;
	for (uint32_t i = 0; i < of->n_classes; i++)
		n += of->classes[i].records > 0;
	return n;
}

static size_t sizes(const struct row *parent)
{
	const struct infer *of = infer(parent);
	return of == NULL ? 0 : count_classes(of) + (of->other[0] > 0) + (of->other[1] > 0);
}

static void size_open(const struct row *parent, struct row *row)
{
	row->item = nth_class(infer(parent), row->index);
}

/* Of the rows without a size: direction 0 stands before 1. */
static uint8_t other_dir(const struct row *row)
{
	const struct infer *of = infer(row);
	return row->index > count_classes(of) || of->other[0] == 0;
}

static struct value size_direction(const struct row *row)
{
	uint8_t dir = class_of(row) != NULL ? class_of(row)->dir : other_dir(row);
	return view_text(dir == row->session->session->controller ? "IN" : "OUT");
}

static struct value size_most(const struct row *row)
{
	return class_of(row) != NULL ? view_count(class_of(row)->size.most) : view_null();
}

static struct value size_least(const struct row *row)
{
	return class_of(row) != NULL ? view_count(class_of(row)->size.least) : view_null();
}

static struct value size_text(const struct row *row)
{
	char *text = row->view->scratch;
	size_t room = sizeof row->view->scratch;
	if (class_of(row) == NULL)
		return view_text("others");
	const struct infer_size *size = &class_of(row)->size;
	if (size->kind == INFER_SIZE_RANGE)
		snprintf(text, room, "%" PRIu32 " to %" PRIu32, size->least, size->most);
	else
		snprintf(text, room, "%s%" PRIu32 "%s", size->kind == INFER_SIZE_BOUND ? "<= " : "",
		         size->most, size->kind == INFER_SIZE_PROTECTED ? " encrypted" : "");
	return view_text(text);
}

static struct value size_records(const struct row *row)
{
	return view_count(class_of(row) != NULL ? class_of(row)->records : infer(row)->other[other_dir(row)]);
}

static struct value size_last(const struct row *row)
{
	return class_of(row) != NULL ? view_time(&class_of(row)->last) : view_null();
}

static struct value size_probable(const struct row *row)
{
	return class_of(row) == NULL
	           ? view_null()
	           : view_text(infer_probable(infer(row), class_of(row), &row->session->inferred));
}

static const struct column size_columns[] = {
    {.label = "Bytes", .get = size_text},
    {.key = "direction", .label = "In/Out", .get = size_direction},
    {.key = "size", .get = size_most},
    {.key = "size_min", .get = size_least},
    {.key = "count", .label = "Records", .get = size_records},
    {.label = "Last activity", .get = size_last},
    {.key = "probable", .label = "Probably (inferred)", .get = size_probable},
    {.key = "last_activity", .get = size_last},
};

const struct table view_inferred_sizes = {TABLE_OF(size_columns), .count = sizes, .open = size_open};
