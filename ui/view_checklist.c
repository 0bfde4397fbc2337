/* The table of the vendor's checklist, of the session that is open. Called through ui/view.h. */
#include "ui/view.h"

static struct value item(const struct row *row)
{
	return view_text(checklist_item_name((enum checklist_item)row->index));
}

static struct value answer(const struct row *row)
{
	return view_text(checklist_answer_name(row->session->checklist.item[row->index].answer));
}

static struct value why(const struct row *row)
{
	return view_text(row->session->checklist.item[row->index].why);
}

static size_t count(const struct row *parent)
{
	(void)parent;
	return CHECKLIST_ITEMS;
}

static const struct column columns[] = {
    {.key = "item", .label = "Item", .get = item},
    {.key = "answer", .label = "Answer", .get = answer},
    {.key = "why", .label = "Why", .get = why},
};

const struct table view_checklist = {TABLE_OF(columns), .count = count};
