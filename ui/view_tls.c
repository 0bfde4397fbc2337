/* The tables of TLS: versions, steps, alerts, certificates. Called through ui/view.h. */
#include "analyzer/session_trace.h"
#include "dissect/tls_names.h"
#include "ui/view.h"

#include <inttypes.h>
#include <stdio.h>

static const struct session *session(const struct row *row)
{
	return row->session->session;
}

static const struct session_tls *tls(const struct row *row)
{
	return &session(row)->tls;
}

/* A registered name, else the number as it is. */
static struct value named(const char *name, uint16_t code)
{
	return name != NULL ? view_text(name) : (struct value){.kind = VALUE_CODE, .code = code};
}

const char *view_tls_version(const struct session *of)
{
	return of->tls.version == 0 ? NULL : session_version_name(&of->tls, of->tls.version);
}

static struct value version(const struct row *row)
{
	if (tls(row)->version == 0)
		return view_null();
	return named(session_version_name(tls(row), tls(row)->version), tls(row)->version);
}

static struct value cipher(const struct row *row)
{
	if (!tls(row)->server_hello)
		return view_null();
	return named(tls_cipher_name(tls(row)->cipher), tls(row)->cipher);
}

/* For people: told by the states of a trace, which names neither version nor cipher. */
/* What a trace tells of them; a captured session has its cipher. */
static enum trace_told static_rsa(const struct row *row)
{
	return session(row)->trace == NULL ? TRACE_TOLD_NOTHING : session_trace_static_rsa(session(row));
}

static enum trace_told issued(const struct row *row)
{
	return session(row)->trace == NULL ? TRACE_TOLD_NOTHING : session_trace_ticket(session(row));
}

static struct value key_exchange(const struct row *row)
{
	switch (static_rsa(row)) {
	case TRACE_TOLD_YES:
		return view_text("static RSA (inferred: the controller sent no key exchange, state 0x2150)");
	case TRACE_TOLD_NO:
		return view_text("ephemeral (the controller sent a key exchange)");
	case TRACE_TOLD_NOTHING:
		break;
	}
	return view_null();
}

static struct value ticket(const struct row *row)
{
	switch (issued(row)) {
	case TRACE_TOLD_YES:
		return view_text("issued");
	case TRACE_TOLD_NO:
		return view_text("none (inferred: no state 0x21f0)");
	case TRACE_TOLD_NOTHING:
		break;
	}
	return view_null();
}

/* For programs: the same, and whether it rests on a state that is not there. */
static struct value key_exchange_name(const struct row *row)
{
	static const char *const names[] = {
	    [TRACE_TOLD_NOTHING] = NULL, [TRACE_TOLD_YES] = "static-rsa", [TRACE_TOLD_NO] = "ephemeral"};
	return view_text(names[static_rsa(row)]);
}

static struct value key_exchange_inferred(const struct row *row)
{
	return view_bool(static_rsa(row) == TRACE_TOLD_YES);
}

static struct value ticket_name(const struct row *row)
{
	static const char *const names[] = {
	    [TRACE_TOLD_NOTHING] = NULL, [TRACE_TOLD_YES] = "issued", [TRACE_TOLD_NO] = "none"};
	return view_text(names[issued(row)]);
}

static struct value ticket_inferred(const struct row *row)
{
	return view_bool(issued(row) == TRACE_TOLD_NO);
}

static struct value client(const struct row *row)
{
	return tls(row)->has_client ? view_side(session(row), tls(row)->client_dir) : view_null();
}

static struct value resumed(const struct row *row)
{
	return view_bool(session_resumed(session(row)));
}

static struct value handshake(const struct row *row)
{
	return view_text(session_handshake_name(row->session->handshake));
}

static struct value client_certificate(const struct row *row)
{
	return view_text(session_client_certificate_name(session_client_certificate(session(row))));
}

/* ---- steps ---- */

static const struct step *step(const struct row *row)
{
	return row->item;
}

static struct value step_time(const struct row *row)
{
	return view_time(&step(row)->at);
}

static struct value step_packet(const struct row *row)
{
	return view_packet(&step(row)->at);
}

static struct value step_line(const struct row *row)
{
	const struct origin *printed = view_trace_printed(session(row), step(row));
	return view_line(printed != NULL ? printed : &step(row)->at);
}

static struct value step_from(const struct row *row)
{
	return view_side(session(row), step(row)->dir);
}

static struct value step_message(const struct row *row)
{
	return view_text(session_step_name(step(row)->kind));
}

static struct value step_state(const struct row *row)
{
	struct step_state state = session_step_state(session(row), step(row));
	return state.number == 0 ? view_null() : (struct value){.kind = VALUE_CODE, .code = state.number};
}

static struct value step_state_name(const struct row *row)
{
	struct step_state state = session_step_state(session(row), step(row));
	return state.number == 0 ? view_null() : view_text(state.name);
}

static struct value step_encrypted(const struct row *row)
{
	return view_bool(step(row)->encrypted);
}

static struct value step_inferred(const struct row *row)
{
	return view_bool(step(row)->inferred);
}

static struct value step_damaged(const struct row *row)
{
	return view_bool(step(row)->damaged);
}

static size_t steps_count(const struct row *parent)
{
	return session(parent)->n_steps;
}

static void steps_open(const struct row *parent, struct row *row)
{
	row->item = &session(parent)->steps[row->index];
}

static const struct column step_columns[] = {
    {.key = "time", .get = step_time},           {.key = "packet", .get = step_packet},
    {.key = "from", .get = step_from},           {.key = "message", .get = step_message},
    {.key = "state", .get = step_state},         {.key = "state_name", .get = step_state_name},
    {.key = "encrypted", .get = step_encrypted}, {.key = "damaged", .get = step_damaged},
    {.key = "line", .get = step_line},           {.key = "inferred", .get = step_inferred},
};

static const struct table steps = {TABLE_OF(step_columns), .count = steps_count, .open = steps_open};

/* ---- alerts ---- */

static const struct alert_seen *alert(const struct row *row)
{
	return row->item;
}

static struct value alert_time(const struct row *row)
{
	return view_time(&alert(row)->at);
}

static struct value alert_packet(const struct row *row)
{
	return view_packet(&alert(row)->at);
}

static struct value alert_line(const struct row *row)
{
	return view_line(&alert(row)->at);
}

static struct value alert_from(const struct row *row)
{
	return view_side(session(row), alert(row)->dir);
}

static struct value alert_level(const struct row *row)
{
	if (alert(row)->encrypted)
		return view_null();
	return view_text(alert(row)->level == TLS_ALERT_FATAL ? "fatal" : "warning");
}

static struct value alert_code(const struct row *row)
{
	return alert(row)->encrypted ? view_null() : view_count(alert(row)->code);
}

static struct value alert_name(const struct row *row)
{
	return alert(row)->encrypted ? view_null() : view_text(tls_alert_name(alert(row)->code));
}

static struct value alert_encrypted(const struct row *row)
{
	return view_bool(alert(row)->encrypted);
}

static size_t alerts_count(const struct row *parent)
{
	return session(parent)->n_alerts;
}

static void alerts_open(const struct row *parent, struct row *row)
{
	row->item = &session(parent)->alerts[row->index];
}

static const struct column alert_columns[] = {
    {.key = "time", .get = alert_time},           {.key = "packet", .get = alert_packet},
    {.key = "from", .get = alert_from},           {.key = "level", .get = alert_level},
    {.key = "code", .get = alert_code},           {.key = "name", .get = alert_name},
    {.key = "encrypted", .get = alert_encrypted}, {.key = "line", .get = alert_line},
};

static const struct table alerts = {TABLE_OF(alert_columns), .count = alerts_count, .open = alerts_open};

/* ---- records ---- */

static struct value decryption(const struct row *row)
{
	return view_text(session_decryption_name(row->session->decryption.state));
}

static struct value decryption_detail(const struct row *row)
{
	const struct session_decryption *of = &row->session->decryption;
	char random[SESSION_RANDOM];
	if (of->state != DECRYPTION_NO_KEY && of->state != DECRYPTION_BAD_KEY)
		return view_text(of->detail);
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s; client random %s", of->detail,
	         session_random(session(row), random));
	return view_text(row->view->scratch);
}

/* For people both in one; the client random stands in the finding. */
static struct value decryption_why(const struct row *row)
{
	const struct session_decryption *of = &row->session->decryption;
	if (of->state == DECRYPTION_NONE)
		return view_null();
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s: %s", session_decryption_name(of->state),
	         of->detail);
	return view_text(row->view->scratch);
}

static struct value records_total(const struct row *row)
{
	return view_count(tls(row)->records[0] + tls(row)->records[1]);
}

static struct value records_decrypted(const struct row *row)
{
	return view_count(tls(row)->opened[0] + tls(row)->opened[1]);
}

static struct value records_passed(const struct row *row)
{
	return view_count(row->session->decryption.passed);
}

static struct value lost_to_gaps(const struct row *row)
{
	return view_count(tls(row)->lost_to_gaps[0] + tls(row)->lost_to_gaps[1]);
}

static struct value lost_at_least(const struct row *row)
{
	return view_bool(tls(row)->lost_at_least[0] || tls(row)->lost_at_least[1]);
}

static struct value lost_of(const struct row *row)
{
	uint64_t lost = tls(row)->lost_to_gaps[0] + tls(row)->lost_to_gaps[1];
	bool at_least = tls(row)->lost_at_least[0] || tls(row)->lost_at_least[1];
	if (lost == 0)
		return view_null();
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s%" PRIu64 " protected record%s",
	         at_least ? "at least " : "", lost, view_plural(lost));
	return view_text(row->view->scratch);
}

static struct value passed_of(const struct row *row)
{
	const struct session_decryption *of = &row->session->decryption;
	if (of->passed == 0)
		return view_null();
	snprintf(row->view->scratch, sizeof row->view->scratch, "%" PRIu64 " of %" PRIu64, of->passed,
	         of->passed_of);
	return view_text(row->view->scratch);
}

static const struct column record_columns[] = {
    {.key = "total", .get = records_total},
    {.key = "decrypted", .get = records_decrypted},
    {.key = "passed", .get = records_passed},
    {.key = "lost_to_gaps", .get = lost_to_gaps},
    {.key = "lost_at_least", .get = lost_at_least},
};

static const struct table records = {TABLE_OF(record_columns)};

static const struct column columns[] = {
    {.key = "version", .label = "TLS version", .get = version},
    {.key = "cipher", .label = "Cipher", .get = cipher},
    {.label = "Key exchange", .get = key_exchange},
    {.label = "Session ticket", .get = ticket},
    {.key = "key_exchange", .get = key_exchange_name},
    {.key = "key_exchange_inferred", .get = key_exchange_inferred},
    {.key = "session_ticket", .get = ticket_name},
    {.key = "session_ticket_inferred", .get = ticket_inferred},
    {.key = "client", .label = "TLS client", .verbose = 1, .get = client},
    {.key = "resumed", .label = "Resumed", .verbose = 1, .get = resumed},
    {.key = "handshake", .label = "Handshake", .get = handshake},
    {.key = "client_certificate", .label = "Client certificate", .get = client_certificate},
    {.key = "steps", .shape = COLUMN_LIST, .table = &steps},
    {.key = "alerts", .shape = COLUMN_LIST, .table = &alerts},
    {.label = "Decryption", .get = decryption_why},
    {.label = "Passed before the key", .verbose = 1, .get = passed_of},
    {.label = "Lost to gaps", .get = lost_of},
    {.key = "decryption", .get = decryption},
    {.key = "decryption_detail", .get = decryption_detail},
    {.key = "records", .shape = COLUMN_OBJECT, .table = &records},
    {.key = "certificates", .shape = COLUMN_LIST, .table = &view_certificates},
    {.key = "offered", .shape = COLUMN_OBJECT, .table = &view_offered},
    {.key = "chosen", .shape = COLUMN_OBJECT, .table = &view_chosen},
    {.key = "certificate_request", .shape = COLUMN_OBJECT, .table = &view_request},
    {.key = "sizes", .shape = COLUMN_OBJECT, .table = &view_sizes},
};

const struct table view_tls = {TABLE_OF(columns)};
