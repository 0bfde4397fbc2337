/* The table with one line per session, made from the digests so that no session need be opened. */
#include "ui/view.h"

static const struct view_digest *digest(const struct row *row)
{
	return row->item;
}

static struct value id(const struct row *row)
{
	return view_count(digest(row)->session->id);
}

static struct value state(const struct row *row)
{
	const struct session *session = digest(row)->session;
	return view_text(session_state_name(session_state(session, session_now(row->view->model, session))));
}

static struct value address(const struct row *row, uint8_t dir)
{
	const struct addr *addr = &digest(row)->session->addr[dir];
	return addr->version == 0 ? view_null() : (struct value){.kind = VALUE_ADDR, .addr = addr};
}

static struct value controller(const struct row *row)
{
	return address(row, digest(row)->session->controller);
}

static struct value engine(const struct row *row)
{
	return address(row, session_engine(digest(row)->session));
}

static struct value tls(const struct row *row)
{
	return view_text(view_tls_version(digest(row)->session));
}

static struct value authlist(const struct row *row)
{
	struct session_auth auth;
	session_auth(row->view->model, digest(row)->session, &auth);
	return view_text(session_observed_name(auth.observed));
}

static struct value gravest(const struct row *row)
{
	return view_text(digest(row)->gravest);
}

static size_t overview_count(const struct row *parent)
{
	return parent->view->n_digests;
}

static void overview_open(const struct row *parent, struct row *row)
{
	row->item = &parent->view->digests[row->index];
}

static const struct column columns[] = {
    {.label = "No.", .get = id},
    {.label = "State", .get = state},
    {.label = "Controller", .get = controller},
    {.label = "Engine", .get = engine},
    {.label = "TLS", .get = tls},
    {.label = "AuthList", .get = authlist},
    {.label = "Gravest finding", .get = gravest},
};

const struct table view_overview = {TABLE_OF(columns), .count = overview_count, .open = overview_open};
