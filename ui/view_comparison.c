/*
 * The table of the AuthList comparison: what each engine says of itself against what each list allows.
 * design.md section 8. Rows are there when texts of both sides were given. Called through ui/view.h.
 */
#include "ui/view.h"

static const struct authlist *list(const struct row *row)
{
	return &row->view->model->authlist;
}

static const struct authlist_engine *engine(const struct row *row)
{
	return row->item;
}

static const struct auth_decision *decision(const struct row *row)
{
	return &row->view->comparison;
}

static const struct authlist_entry *own_entry(const struct row *row)
{
	return authlist_own_entry(list(row), engine(row), decision(row)->entry);
}

static struct value mac(const struct row *row)
{
	return view_entry_mac(&own_entry(row)->mac);
}

static struct value result(const struct row *row)
{
	return view_text(auth_prediction_name(decision(row)->prediction));
}

static struct value meaning(const struct row *row)
{
	if (authlist_is_incomparable(list(row), engine(row), decision(row)))
		return view_text("unknown: the engine's text lacks the hash of this digest");
	switch (decision(row)->prediction) {
	case AUTH_MATCH:
		return view_text("same: the list allows this engine");
	case AUTH_DAMAGED_ENTRY:
		return view_text("damaged: the same but for a typing error");
	case AUTH_HASH_KIND:
		return view_text("wrong kind: its hash, but of the digest that is not wanted");
	case AUTH_HASH_MISMATCH:
		return view_text("different: the list has another hash for this MAC");
	case AUTH_HASH_OTHER_MAC:
		return view_text("different: the list has this hash under another MAC");
	case AUTH_MAC_NOT_LISTED:
		return view_text("missing: the list has no entry for this engine");
	case AUTH_NO_LIST:
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
		break;
	}
	return view_null();
}

static struct value detail(const struct row *row)
{
	return view_text(decision(row)->detail);
}

/* ---- the engine's own entry ---- */

static struct value own_place(const struct row *row)
{
	return view_entry_place(row, own_entry(row));
}

static struct value own_source(const struct row *row)
{
	return view_text(list(row)->files[own_entry(row)->file].name);
}

static struct value own_line(const struct row *row)
{
	return view_count(own_entry(row)->line);
}

static struct value own_hash(const struct row *row)
{
	return view_text(own_entry(row)->hash.text);
}

static const struct column own_columns[] = {
    {.label = "Engine's text", .get = own_place},
    {.key = "source", .get = own_source},
    {.key = "line", .get = own_line},
    {.key = "hash", .label = "Engine's hash", .get = own_hash},
};

static const struct table own_table = {TABLE_OF(own_columns)};

/* ---- the list it is compared with ---- */

static uint32_t one(const struct row *row)
{
	return (uint32_t)(row->index % list(row)->n_lists);
}

static struct value list_source(const struct row *row)
{
	return view_text(list(row)->files[list(row)->lists[one(row)].file].name);
}

static struct value list_files(const struct row *row)
{
	return view_count(list(row)->lists[one(row)].files);
}

static struct value list_entries(const struct row *row)
{
	return view_count(list(row)->lists[one(row)].entries);
}

static const struct column list_columns[] = {
    {.key = "source", .label = "AuthList", .path = true, .get = list_source},
    {.key = "files", .get = list_files}, /* plain files are one list, by the name of the first */
    {.key = "entries", .get = list_entries},
};

static const struct table list_table = {TABLE_OF(list_columns)};

/* ---- rows ---- */

/* Each engine with each list by itself: a good list does not hide a broken one. */
static size_t count(const struct row *parent)
{
	return list(parent)->n_engines * list(parent)->n_lists;
}

static void open(const struct row *parent, struct row *row)
{
	row->item = &list(parent)->engines[row->index / list(parent)->n_lists];
	authlist_compare(list(parent), row->item, one(row), &row->view->comparison);
}

static const struct column columns[] = {
    {.key = "mac", .label = "Engine MAC", .get = mac},
    {.key = "result", .label = "Result", .get = result},
    {.label = "That is", .get = meaning},
    {.key = "detail", .label = "In detail", .get = detail},
    {.key = "engine", .label = "Engine's text", .shape = COLUMN_OBJECT, .table = &own_table},
    {.key = "list", .label = "AuthList", .shape = COLUMN_OBJECT, .table = &list_table},
    {.key = "entry", .label = "Entry", .shape = COLUMN_OBJECT, .table = &view_entry},
};

const struct table view_comparison = {TABLE_OF(columns), .count = count, .open = open};
