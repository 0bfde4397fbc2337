/*
 * The table of the AuthList entry that a decision rests on, of a session or of the comparison of two texts.
 * Called through ui/view.h. Empty where the decision rests on none.
 */
#include "ui/view.h"

#include <stdio.h>

static const struct authlist_entry *entry(const struct row *row)
{
	return row->session != NULL ? row->session->auth.decision.entry : row->view->comparison.entry;
}

struct value view_entry_mac(const struct authtext_token *token)
{
	uint8_t bytes[6];
	if (token->damage != 0 || !authtext_mac(token->text, bytes))
		return view_text(token->text);
	return view_mac(bytes);
}

struct value view_entry_place(const struct row *row, const struct authlist_entry *of)
{
	char *text = row->view->scratch;
	if (of == NULL)
		return view_null();
	snprintf(text, sizeof row->view->scratch, "%s line %u",
	         row->view->model->authlist.files[of->file].name, (unsigned)of->line);
	return view_text(text);
}

static struct value place(const struct row *row)
{
	return view_entry_place(row, entry(row));
}

static struct value source(const struct row *row)
{
	if (entry(row) == NULL)
		return view_null();
	return view_text(row->view->model->authlist.files[entry(row)->file].name);
}

static struct value line(const struct row *row)
{
	return entry(row) == NULL ? view_null() : view_count(entry(row)->line);
}

static struct value mac(const struct row *row)
{
	return entry(row) == NULL ? view_null() : view_entry_mac(&entry(row)->mac);
}

static struct value hash(const struct row *row)
{
	return entry(row) == NULL ? view_null() : view_text(entry(row)->hash.text);
}

static const struct column columns[] = {
    {.label = "Entry", .get = place},
    {.key = "source", .get = source},
    {.key = "line", .get = line},
    {.key = "mac", .label = "Entry MAC", .get = mac},
    {.key = "hash", .label = "Entry hash", .get = hash},
};

const struct table view_entry = {TABLE_OF(columns)};
