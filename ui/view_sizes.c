/* What the sizes of encrypted records tell of a TLS 1.3 session, all of it inferred. Called through
 * ui/view.h. */
#include "ui/view.h"

static const struct session *session(const struct row *row)
{
	return row->session->session;
}

static const char *side(const struct row *row, uint8_t dir)
{
	return dir == session(row)->controller ? "controller" : "engine";
}

static struct value flight(const struct row *row)
{
	switch (session_client_flight(session(row))) {
	case CLIENT_FLIGHT_CERTIFICATE:
		return view_text("certificate");
	case CLIENT_FLIGHT_EMPTY:
		return view_text("empty-certificate");
	case CLIENT_FLIGHT_FINISHED:
		return view_text("no-certificate");
	case CLIENT_FLIGHT_ALERT:
		return view_text("alert");
	case CLIENT_FLIGHT_UNKNOWN:
		break;
	}
	return view_null();
}

static struct value flight_packet(const struct row *row)
{
	if (session_client_flight(session(row)) == CLIENT_FLIGHT_UNKNOWN)
		return view_null();
	return view_count(session(row)->tls.first_protected[session_tls_client(session(row))].packet);
}

/* The controller's goes first: it judges. */
static bool hidden_alert(const struct row *row, uint8_t *dir)
{
	uint8_t controller = session(row)->controller;
	*dir = session_hidden_alert(session(row), controller) ? controller : controller ^ 1;
	return session_hidden_alert(session(row), *dir);
}

static struct value alert_from(const struct row *row)
{
	uint8_t dir;
	return hidden_alert(row, &dir) ? view_text(side(row, dir)) : view_null();
}

static struct value alert_packet(const struct row *row)
{
	uint8_t dir;
	return hidden_alert(row, &dir) ? view_count(session(row)->tls.last_protected[dir].packet)
	                               : view_null();
}

static const struct column columns[] = {
    {.key = "client_flight", .label = "Client's flight", .get = flight},
    {.key = "client_flight_packet", .label = "In packet", .get = flight_packet},
    {.key = "closing_alert_from", .label = "Closing alert from", .get = alert_from},
    {.key = "closing_alert_packet", .label = "In packet", .get = alert_packet},
};

const struct table view_sizes = {TABLE_OF(columns)};
