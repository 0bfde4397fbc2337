/* The table of fields, and the few columns that no report has; see filter_fields.h. */
#include "ui/filter_fields.h"

#include "analyzer/session_nmsp.h"

#include <strings.h>

/* ---- words ---- */

static const char *state_word(size_t i)
{
	return i < SESSION_STATES ? session_state_name((enum session_state)i) : NULL;
}

static const char *handshake_word(size_t i)
{
	return i <= HANDSHAKE_COMPLETE ? session_handshake_name((enum handshake_state)i) : NULL;
}

static const char *observed_word(size_t i)
{
	return i <= AUTH_OBSERVED_REJECTED ? session_observed_name((enum auth_observed)i) : NULL;
}

static const char *prediction_word(size_t i)
{
	return i <= AUTH_MAC_NOT_LISTED ? auth_prediction_name((enum auth_prediction)i) : NULL;
}

static const char *version_word(size_t i)
{
	static const char *const versions[] = {"SSLv2",   "SSLv3",    "TLSv1.0", "TLSv1.1", "DTLSv1.0",
	                                       "TLSv1.2", "DTLSv1.2", "TLSv1.3", "DTLSv1.3"};
	return i < sizeof versions / sizeof versions[0] ? versions[i] : NULL;
}

/* A session without a finding has a severity too: below all others. */
static const char *severity_word(size_t i)
{
	if (i == 0)
		return "none";
	return i <= SEVERITY_ERROR + 1 ? findings_severity_name((enum severity)(i - 1)) : NULL;
}

static const char *direction_word(size_t i)
{
	static const char *const directions[] = {"IN", "OUT"};
	return i < sizeof directions / sizeof directions[0] ? directions[i] : NULL;
}

/* ---- columns; the item is the session's digest ---- */

static const struct session *session(const struct row *row)
{
	return row->session->session;
}

static const struct view_digest *digest(const struct row *row)
{
	return row->item;
}

static struct value endpoint(const struct row *row, uint8_t dir)
{
	const struct addr *addr = &session(row)->addr[dir];
	if (addr->version == 0)
		return view_null();
	return (struct value){.kind = VALUE_ENDPOINT, .addr = addr, .port = session(row)->port[dir]};
}

static struct value controller(const struct row *row)
{
	return endpoint(row, session(row)->controller);
}

static struct value engine(const struct row *row)
{
	return endpoint(row, session_engine(session(row)));
}

static struct value severity(const struct row *row)
{
	return view_text(severity_word(digest(row)->gravest == NULL ? 0 : digest(row)->severity + 1));
}

static struct value age(const struct row *row)
{
	const struct origin *last = &session(row)->last;
	int64_t now = session_now(row->view->model, session(row));
	if (last->packet == 0 || last->time == ORIGIN_NO_TIME)
		return view_null();
	return (struct value){.kind = VALUE_DURATION,
	                      .ns = now < last->time ? 0 : origin_elapsed(last->time, now)};
}

static size_t finding_count(const struct row *parent)
{
	size_t n = 0;
	for (size_t i = 0; findings_id(i) != NULL; i++)
		n += findings_set_has(&digest(parent)->findings, i);
	return n;
}

static struct value finding_id(const struct row *row)
{
	size_t left = row->index;
	for (size_t i = 0; findings_id(i) != NULL; i++)
		if (findings_set_has(&digest(row)->findings, i) && left-- == 0)
			return view_text(findings_id(i));
	return view_null();
}

static size_t kept_count(const struct row *parent)
{
	return session(parent)->nmsp == NULL ? 0 : (size_t)session(parent)->nmsp->n_kept;
}

static struct value kept_length(const struct row *row)
{
	const struct nmsp_kept *kept = session(row)->nmsp->oldest;
	for (size_t i = 0; i < row->index; i++)
		kept = kept->next;
	return view_count(kept->length);
}

static const struct column finding_columns[] = {{.get = finding_id}};
static const struct table finding_table = {TABLE_OF(finding_columns), .count = finding_count};
static const struct column length_columns[] = {{.get = kept_length}};
static const struct table length_table = {TABLE_OF(length_columns), .count = kept_count};

static const struct column own_columns[] = {
    {.key = "controller", .get = controller},
    {.key = "engine", .get = engine},
    {.key = "severity", .get = severity},
    {.key = "age", .get = age},
    {.key = "finding", .shape = COLUMN_STRINGS, .table = &finding_table},
    {.key = "length", .shape = COLUMN_STRINGS, .table = &length_table},
};

static const struct table own = {TABLE_OF(own_columns)};

/* ---- fields ---- */

#define AUTH    FILTER_NEEDS_AUTH
#define VERDICT FILTER_NEEDS_VERDICT

const struct filter_field filter_fields[] = {
    {"session", "number of the session", FILTER_NUMBER, .table = &view_sessions, .path = "id"},
    {"state", "state of the session", FILTER_WORD, .words = state_word, .table = &view_sessions,
     .path = "state"},
    {"controller", "address of the controller", FILTER_HOST, .table = &own, .path = "controller"},
    {"engine", "address of the engine", FILTER_HOST, .table = &own, .path = "engine"},
    {"mac", "MAC address of the engine", FILTER_MAC, .table = &view_sessions, .path = "engine.mac",
     .needs = AUTH},
    {"version", "chosen TLS version", FILTER_RANK, .words = version_word, .table = &view_sessions,
     .path = "tls.version"},
    {"cipher", "chosen cipher suite", FILTER_TEXT_ANY, .table = &view_sessions, .path = "tls.cipher"},
    {"handshake", "how far the handshake came", FILTER_WORD, .words = handshake_word, .table = &view_sessions,
     .path = "tls.handshake"},
    {"auth", "what the AuthList predicts", FILTER_WORD, .words = prediction_word, .table = &view_sessions,
     .path = "auth.predicted", .needs = AUTH},
    {"observed", "what the controller decided", FILTER_WORD, .words = observed_word, .table = &view_sessions,
     .path = "auth.observed", .needs = AUTH},
    {"verdict", "the sentence about the session", FILTER_TEXT_ANY, .table = &view_sessions, .path = "verdict",
     .needs = VERDICT},
    {"finding", "id of a finding of the session", FILTER_WORD, .words = findings_session_id, .table = &own,
     .path = "finding"},
    {"severity", "of the gravest finding", FILTER_RANK, .words = severity_word, .table = &own,
     .path = "severity"},
    {"requests", "echo requests", FILTER_NUMBER, .table = &view_sessions, .path = "echo.requests"},
    {"responses", "echo responses", FILTER_NUMBER, .table = &view_sessions, .path = "echo.responses"},
    {"missed", "echo requests without an answer", FILTER_NUMBER, .table = &view_sessions,
     .path = "echo.missed"},
    {"rtt", "average round trip of the echoes", FILTER_DURATION, .table = &view_sessions,
     .path = "echo.rtt.avg"},
    {"messages", "NMSP messages", FILTER_NUMBER, .table = &view_sessions, .path = "framing.messages"},
    {"packets", "packets of the session", FILTER_NUMBER, .table = &view_sessions, .path = "tcp.packets"},
    {"bytes", "TCP or UDP payload of the session", FILTER_NUMBER, .table = &view_sessions, .path = "tcp.bytes"},
    {"opened", "time of the first packet", FILTER_TIME, .table = &view_sessions, .path = "opened"},
    {"age", "time since the last packet", FILTER_DURATION, .table = &own, .path = "age"},
    {"type", "type of an NMSP message", FILTER_TEXT_ANY, .table = &view_sessions, .path = "messages.type",
     .message = "type"},
    {"direction", "direction of an NMSP message", FILTER_WORD, .words = direction_word,
     .table = &view_sessions, .path = "messages.direction", .message = "direction"},
    {"id", "number of the type of an NMSP message", FILTER_NUMBER, .table = &view_sessions,
     .path = "messages.id", .message = "id"},
    {"length", "bytes of an NMSP message that is kept", FILTER_NUMBER, .table = &own, .path = "length",
     .message = "length"},
};

const size_t filter_n_fields = sizeof filter_fields / sizeof filter_fields[0];

const char *filter_field_name(size_t row)
{
	return row < filter_n_fields ? filter_fields[row].name : NULL;
}

bool filter_asks_names(const struct filter *filter)
{
	for (uint32_t i = 0; i < filter->n_terms; i++) {
		const struct filter_field *field = &filter_fields[filter->terms[i].field];
		if (field->kind == FILTER_HOST || field->kind == FILTER_MAC || (field->needs & FILTER_NEEDS_VERDICT) != 0)
			return true;
	}
	return false;
}

const struct filter_field *filter_field_find(const char *name, size_t n)
{
	for (size_t i = 0; i < filter_n_fields; i++)
		if (strlen(filter_fields[i].name) == n && strncasecmp(filter_fields[i].name, name, n) == 0)
			return &filter_fields[i];
	return NULL;
}

void filter_help(FILE *out)
{
	enum { WIDTH = 78 };
	size_t column = WIDTH;
	fputs("Terms of --filter: FIELD, one of = != ~ (contains) !~ < <= > >=, and a value; a\n"
	      "space is \"and\", | is \"or\", ! is \"not\", with parentheses. Fields:",
	      out);
	for (size_t i = 0; i < filter_n_fields; i++) {
		size_t n = strlen(filter_fields[i].name);
		bool fits = column + 1 + n <= WIDTH;
		fprintf(out, "%s%s", fits ? " " : "\n  ", filter_fields[i].name);
		column = fits ? column + 1 + n : 2 + n;
	}
	putc('\n', out);
}
