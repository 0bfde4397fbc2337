/*
 * The tables of sessions: identity, endpoints, TCP, and the parts that need decrypted messages, which are
 * there in their empty shape. Called through ui/view.h.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"

static const struct session *session(const struct row *row)
{
	return row->session->session;
}

/* A session of a trace alone has no packets to count. */
static struct value tcp_count(const struct row *row, uint64_t count)
{
	return (session(row)->trace != NULL || session(row)->bare) && session(row)->tcp.packets[0] + session(row)->tcp.packets[1] == 0
	           ? view_null()
	           : view_count(count);
}

/* The number of two directions together. */
static struct value both(const struct row *row, const uint64_t counts[2])
{
	return tcp_count(row, counts[0] + counts[1]);
}

static struct value inferred_unless(bool measured, struct value value)
{
	value.inferred = !measured;
	return value;
}

/* ---- endpoints ---- */

static struct value ip(const struct row *row, uint8_t dir)
{
	const struct addr *addr = &session(row)->addr[dir];
	return addr->version == 0 ? view_null() : (struct value){.kind = VALUE_ADDR, .addr = addr};
}

static struct value endpoint(const struct row *row, uint8_t dir)
{
	if (session(row)->addr[dir].version == 0)
		return view_text(session(row)->bare ? "not in bare messages" : "address not in a trace");
	if (session(row)->port[dir] == 0)
		return ip(row, dir);
	struct value value = {
	    .kind = VALUE_ENDPOINT, .addr = &session(row)->addr[dir], .port = session(row)->port[dir]};
	return inferred_unless(session(row)->controller_known, value);
}

static struct value controller_ip(const struct row *row)
{
	return ip(row, session(row)->controller);
}

static struct value port(const struct row *row, uint8_t dir)
{
	return session(row)->port[dir] == 0 && (session(row)->trace != NULL || session(row)->bare)
	           ? view_null()
	           : view_count(session(row)->port[dir]);
}

static struct value controller_port(const struct row *row)
{
	return port(row, session(row)->controller);
}

static struct value controller(const struct row *row)
{
	return endpoint(row, session(row)->controller);
}

static struct value engine_ip(const struct row *row)
{
	return ip(row, session_engine(session(row)));
}

static struct value engine_port(const struct row *row)
{
	return port(row, session_engine(session(row)));
}

static struct value engine(const struct row *row)
{
	return endpoint(row, session_engine(session(row)));
}

static struct value engine_mac(const struct row *row)
{
	const struct cert *cert = row->session->auth.cert;
	if (cert == NULL || !cert->has_mac)
		return view_null();
	return view_mac(cert->mac);
}

static const struct column controller_columns[] = {
    {.key = "ip", .get = controller_ip},
    {.key = "port", .get = controller_port},
};

static const struct column engine_columns[] = {
    {.key = "ip", .get = engine_ip},
    {.key = "port", .get = engine_port},
    {.key = "mac", .get = engine_mac},
};

static const struct table controller_table = {TABLE_OF(controller_columns)};
static const struct table engine_table = {TABLE_OF(engine_columns)};

/* ---- TCP ---- */

static struct value tcp_packets(const struct row *row)
{
	return both(row, session(row)->tcp.packets);
}

static struct value tcp_bytes(const struct row *row)
{
	return both(row, session(row)->tcp.bytes);
}

static struct value tcp_retransmissions(const struct row *row)
{
	return both(row, session(row)->tcp.retransmissions);
}

static struct value tcp_duplicates(const struct row *row)
{
	return tcp_count(row, session(row)->tcp.duplicates);
}

static struct value tcp_gaps(const struct row *row)
{
	return both(row, session(row)->tcp.gaps);
}

static struct value tcp_lost_bytes(const struct row *row)
{
	if (session(row)->tls.datagram)
		return view_null(); /* of a missing datagram nobody knows how many */
	return both(row, session(row)->tcp.lost_bytes);
}

static struct value tcp_connect_time(const struct row *row)
{
	int64_t ns = session_connect_time(session(row));
	return ns < 0 ? view_null() : (struct value){.kind = VALUE_DURATION, .ns = ns};
}

static const struct column tcp_columns[] = {
    {.key = "packets", .label = "Packets", .get = tcp_packets},
    {.key = "bytes", .label = "Payload bytes", .get = tcp_bytes},
    {.key = "retransmissions", .label = "Retransmissions", .verbose = 1, .get = tcp_retransmissions},
    {.key = "duplicates", .label = "Duplicates", .verbose = 1, .get = tcp_duplicates},
    {.key = "gaps", .label = "Gaps", .verbose = 1, .get = tcp_gaps},
    {.key = "lost_bytes", .label = "Lost bytes", .verbose = 1, .get = tcp_lost_bytes},
    {.key = "connect_time", .label = "Connect time", .get = tcp_connect_time},
};

static const struct table tcp = {TABLE_OF(tcp_columns)};

/* ---- sessions ---- */

static struct value id(const struct row *row)
{
	return view_count(session(row)->id);
}

static struct value source(const struct row *row)
{
	if (session(row)->trace != NULL)
		return view_text("trace");
	return view_text(session(row)->traced != NULL ? "both" : "wire");
}

/* null: a trace does not say. */
static struct value transport(const struct row *row)
{
	if (session(row)->trace != NULL)
		return view_null();
	return view_text(session(row)->tls.datagram ? "udp" : "tcp");
}

static struct value community_id(const struct row *row)
{
	return view_text(row->session->community_id);
}

static struct value state(const struct row *row)
{
	return view_text(session_state_name(row->session->state));
}

static struct value midstream(const struct row *row)
{
	return view_bool(session(row)->midstream);
}

static struct value verdict(const struct row *row)
{
	return view_text(row->session->verdict);
}

static struct value opened(const struct row *row)
{
	return view_time(&session(row)->opened);
}

static struct value closed(const struct row *row)
{
	return view_time(&session(row)->closed);
}

static struct value last_activity(const struct row *row)
{
	return view_time(&session(row)->last);
}

static struct value closed_by(const struct row *row)
{
	return session(row)->close == CLOSE_NONE ? view_null()
	                                         : view_side(session(row), session(row)->closed_by);
}

static struct value close_how(const struct row *row)
{
	return view_text(session_close_name(session(row)->close));
}

static size_t sessions_count(const struct row *parent)
{
	return parent->view->n_digests;
}

static void sessions_open(const struct row *parent, struct row *row)
{
	view_session_open(parent->view, parent->view->digests[row->index].session);
	row->session = &parent->view->open;
	row->item = row->session;
}

/* Of those that were counted, the ones that message_list has no room for: the oldest. */
static struct value messages_dropped(const struct row *row)
{
	const struct session_nmsp *of = row->session->session->nmsp;
	return view_count(of == NULL ? 0 : of->not_kept);
}

static const struct column columns[] = {
    {.label = "Controller", .get = controller},
    {.label = "Engine", .get = engine},
    {.label = "Engine's MAC", .get = engine_mac},
    {.key = "id", .get = id, .lines = LINE_HEAD},
    {.key = "source", .get = source, .lines = LINE_HEAD},
    {.key = "transport", .get = transport, .lines = LINE_HEAD},
    {.key = "community_id", .get = community_id, .lines = LINE_HEAD},
    {.key = "state", .label = "State", .get = state, .lines = LINE_STATE | LINE_SUMMARY},
    {.key = "midstream", .get = midstream, .lines = LINE_STATE},
    {.key = "verdict", .get = verdict, .lines = LINE_VERDICT | LINE_SUMMARY},
    {.key = "encapsulation",
     .shape = COLUMN_STRINGS,
     .table = &view_capture_encapsulation,
     .lines = LINE_STATE},
    {.key = "controller", .shape = COLUMN_OBJECT, .table = &controller_table, .lines = LINE_HEAD},
    {.key = "engine", .shape = COLUMN_OBJECT, .table = &engine_table, .lines = LINE_HEAD},
    {.key = "opened", .label = "Opened", .get = opened, .lines = LINE_STATE},
    {.key = "closed", .label = "Closed", .get = closed, .lines = LINE_STATE},
    {.key = "last_activity", .label = "Last activity", .get = last_activity, .lines = LINE_STATE | LINE_SUMMARY},
    {.key = "closed_by", .label = "Closed by", .get = closed_by, .lines = LINE_STATE},
    {.key = "close", .label = "Closed with", .get = close_how, .lines = LINE_STATE},
    {.key = "tcp", .label = "TCP", .shape = COLUMN_OBJECT, .table = &tcp, .lines = LINE_STATE | LINE_SUMMARY},
    {.key = "tls", .label = "TLS", .shape = COLUMN_OBJECT, .table = &view_tls, .lines = LINE_STATE},
    {.label = "Encapsulation", .shape = COLUMN_STRINGS, .table = &view_capture_encapsulation},
    {.label = "Community ID", .get = community_id},
    {.key = "auth", .shape = COLUMN_OBJECT, .table = &view_auth, .lines = LINE_DECISION},
    {.key = "framing", .label = "Framing", .shape = COLUMN_OBJECT, .table = &view_framing},
    {.key = "echo", .label = "Echo", .shape = COLUMN_OBJECT, .table = &view_echo, .lines = LINE_SUMMARY},
    {.key = "inferred",
     .label = "Inferred",
     .shape = COLUMN_OBJECT,
     .table = &view_inferred,
     .lines = LINE_SUMMARY},
    {.key = "capabilities", .label = "Services (assumed)", .shape = COLUMN_STRINGS, .table = &view_capabilities},
    {.key = "subscriptions", .shape = COLUMN_LIST, .table = &view_subscriptions},
    {.key = "service_changes", .shape = COLUMN_LIST, .table = &view_service_changes, .on_request = true},
    {.key = "messages", .shape = COLUMN_LIST, .table = &view_messages, .lines = LINE_SUMMARY},
    {.key = "message_list", .shape = COLUMN_LIST, .table = &view_message_list, .on_request = true},
    {.key = "messages_dropped", .on_request = true, .get = messages_dropped},
    {.key = "checklist", .shape = COLUMN_LIST, .table = &view_checklist},
    {.key = "findings", .shape = COLUMN_LIST, .table = &view_findings},
};

const struct table view_sessions = {TABLE_OF(columns), .count = sessions_count, .open = sessions_open};
