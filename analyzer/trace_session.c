/*
 * Lines -> connections -> sessions. Called by main with whole traces and by tests line by line. Callbacks
 * carry no pointer: they belong to the connection that their process named last.
 */
#include "analyzer/trace_session.h"

#include "analyzer/rank.h"
#include "analyzer/session_trace.h"
#include "analyzer/trace_callback.h"
#include "analyzer/trace_known.h"
#include "analyzer/trace_reading.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

struct trace_sessions {
	struct model *model;
	struct trace_clock clock;
	struct trace_reading *reading;
	struct trace_conns conns;
	struct trace_known *known;
	struct origin now; /* of the line at hand */
	uint64_t lost;     /* lines, of all traces */
	bool begun;        /* it is known whether this trace goes on where the one before it was */
	bool again;        /* the last line with an identity was read before */
};

struct trace_sessions *trace_session_new(struct model *model)
{
	struct trace_sessions *sessions = xcalloc(1, sizeof *sessions);
	sessions->model = model;
	sessions->known = trace_known_new();
	return sessions;
}

static void note_loss(const struct trace_sessions *sessions, struct session_trace *trace)
{
	uint64_t lost = sessions->lost - trace->lost_before;
	if (lost > 0 && trace->lost == 0)
		trace->first_lost = sessions->now;
	trace->lost = lost;
}

/* What is open when a trace ends may have gone on in the lines that are missing behind its last one. */
static void note_losses(const struct trace_sessions *sessions)
{
	for (uint32_t i = 0; i < sessions->conns.n_processes; i++)
		for (struct trace_conn *conn = sessions->conns.processes[i].first; conn != NULL;
		     conn = conn->next)
			note_loss(sessions, conn->session->trace);
}

void trace_session_begin(struct trace_sessions *sessions, uint32_t input)
{
	note_losses(sessions);
	sessions->clock = trace_reading_start(sessions->model, input);
	sessions->reading = sessions->model->capture.inputs[input].trace;
	sessions->begun = false;
	sessions->again = false;
}

/* ---- sessions ---- */

static void make_room(struct trace_sessions *sessions)
{
	struct model *model = sessions->model;
	while (model->n_sessions >= LIMIT_SESSIONS) {
		struct session *victim = rank_victim(model);
		if (victim->conn != NULL)
			trace_conn_remove(&sessions->conns, victim->conn);
		model_hit(model, HIT_SESSIONS, &sessions->now);
		model_drop_session(model, victim);
	}
}

static struct trace_conn *open_conn(struct trace_sessions *sessions, struct trace_process *process,
                                    bool midstream)
{
	make_room(sessions);
	struct session *session = model_add_session(sessions->model, &sessions->now);
	struct session_trace *trace = session_trace_of(session);
	session->midstream = midstream;
	session->controller = 1; /* until its states say otherwise */
	session->controller_known = true;
	trace->pid = process->pid;
	trace->has_pid = process->pid != 0;
	trace->lost_before = sessions->lost;
	rank_update(sessions->model, session);
	process->callback = (struct trace_callback){.open = false};
	process->orphan = (struct trace_orphan){.there = false};
	return trace_conn_add(process, session);
}

/* The line belongs to this connection, and so do the callbacks of its process from here on. */
static void touch(struct trace_sessions *sessions, struct trace_conn *conn)
{
	struct session_trace *trace = conn->session->trace;
	note_loss(sessions, trace);
	conn->session->last = sessions->now;
	if (conn->process->current == conn)
		return;
	conn->process->current = conn;
	conn->process->callback = (struct trace_callback){.open = false};
}

static void name_pointer(struct trace_sessions *sessions, struct trace_conn *conn, uint64_t pointer)
{
	trace_conn_set_pointer(&sessions->conns, conn, pointer);
	conn->session->trace->has_pointer = true;
	conn->session->trace->pointer = pointer;
}

static void name_number(struct trace_conn *conn, uint32_t number)
{
	trace_conn_set_number(conn, number);
	conn->session->trace->has_conn = true;
	conn->session->trace->conn = number;
}

static bool is_over(const struct trace_conn *conn)
{
	return session_trace_handshake(conn->session) == HANDSHAKE_FAILED;
}

/*
 * The connection that a line names, NULL when it names none. One without a pointer takes an unknown one, or
 * that of a connection that failed and whose end is missing.
 */
static struct trace_conn *named(struct trace_sessions *sessions, struct trace_process *process,
                                const struct trace_line *line)
{
	struct trace_conn *current = process->current;
	bool nameless = current != NULL && !current->has_pointer;
	struct trace_conn *conn;
	if (!line->has_pointer)
		return line->has_conn ? trace_conn_numbered(process, line->conn) : NULL;
	conn = trace_conn_find(&sessions->conns, process, line->pointer, !nameless);
	if (nameless && (conn == NULL || is_over(conn))) {
		name_pointer(sessions, current, line->pointer);
		return current;
	}
	return conn;
}

/*
 * The AuthList answers after a pause in which its process may have served others, and what comes then names
 * nobody: it is for the one that has waited longest and whose answer fits.
 */
static void go_on(struct trace_process *process, bool refused)
{
	struct trace_conn *current = process->current, *next;
	if (current != NULL && current->resumed)
		return;
	next = trace_conn_awaiting(process, refused);
	if (next == NULL)
		return;
	next->awaiting = false;
	next->resumed = true;
	if (next != current)
		process->callback = (struct trace_callback){.open = false};
	process->current = next;
}

/* The same, else the current one, else, if the line proves that there is one, a new one that began before. */
static struct trace_conn *belongs_to(struct trace_sessions *sessions, struct trace_process *process,
                                     const struct trace_line *line)
{
	struct trace_conn *conn = named(sessions, process, line);
	if (conn == NULL && !line->has_pointer)
		conn = process->current;
	if (conn == NULL && !trace_proves(line))
		return NULL;
	if (conn == NULL) {
		conn = open_conn(sessions, process, true);
		if (line->has_pointer)
			name_pointer(sessions, conn, line->pointer);
	}
	if (line->has_conn && !conn->has_number)
		name_number(conn, line->conn);
	touch(sessions, conn);
	return conn;
}

/* ---- what the controller says ---- */

static void add_event(struct trace_sessions *sessions, struct session *session, enum trace_kind kind)
{
	struct trace_event event = {.at = sessions->now, .kind = kind};
	session_trace_add(sessions->model, session, &event);
}

static void note_once(struct origin *fact, const struct origin *at)
{
	if (fact->packet == 0)
		*fact = *at;
}

/* The controller's own lines about a connection that is there. */
static void take_words(const struct trace_place *place, const struct trace_line *line)
{
	struct session_trace *trace = place->session->trace;
	switch (line->kind) {
	case TRACE_CERTIFICATE_CHECKED:
		note_once(&trace->checked, &place->at);
		trace_callback_certificate(place);
		break;
	case TRACE_AUTHLIST_ANSWER:
		note_once(&trace->answered, &place->at);
		if (line->answer != TRACE_ANSWER_UNKNOWN)
			trace->answer = line->answer;
		trace_callback_certificate(place);
		break;
	case TRACE_NOT_VALIDATED:
		note_once(&trace->not_validated, &place->at);
		trace_callback_certificate(place);
		break;
	case TRACE_HANDSHAKE_FAILED:
		trace_callback_failed(place, line->has_error ? line->error : 0);
		break;
	case TRACE_HANDSHAKE_DONE:
		note_once(&trace->done, &place->at);
		break;
	case TRACE_CONNECTED:
		note_once(&trace->connected, &place->at);
		break;
	default:
		break;
	}
}

static void take_freed(struct trace_sessions *sessions, struct trace_conn *conn)
{
	struct session *session = conn->session;
	note_once(&session->trace->freed, &sessions->now);
	if (session->closed.packet == 0)
		session->closed = sessions->now;
	trace_conn_remove(&sessions->conns, conn);
}

/* ---- syslog ---- */

/* The notice of a Catalyst 9800 that it closes a session: all that the log has of it. */
static bool take_syslog(struct trace_sessions *sessions, struct trace_process *process,
                        const struct trace_line *line)
{
	struct addr ends[2] = {trace_conn_address(line->local), trace_conn_address(line->remote)};
	if (line->local.n == 0 || line->remote.n == 0)
		return false; /* a notice of something else */
	struct trace_conn *conn = trace_conn_between(process, ends);
	if (conn == NULL) {
		conn = open_conn(sessions, process, true);
		conn->session->addr[conn->session->controller] = ends[0];
		conn->session->addr[session_engine(conn->session)] = ends[1];
	}
	touch(sessions, conn);
	add_event(sessions, conn->session, TRACE_SYSLOG);
	take_freed(sessions, conn);
	return true;
}

/* ---- lines ---- */

static struct trace_place place_of(struct trace_sessions *sessions, struct trace_conn *conn)
{
	return (struct trace_place){.model = sessions->model,
	                            .process = conn->process,
	                            .session = conn->session,
	                            .at = sessions->now};
}

/* A new connection, unless the one that was just allocated waits for its pointer. */
static bool take_beginning(struct trace_sessions *sessions, struct trace_process *process,
                           const struct trace_line *line)
{
	struct trace_conn *conn = process->current;
	bool waits = line->kind == TRACE_SSL_NEW && conn != NULL && !conn->has_pointer && !conn->begun;
	if (!waits && !trace_proves(line))
		return false;
	if (!waits)
		conn = open_conn(sessions, process, false);
	touch(sessions, conn);
	if (line->has_pointer)
		name_pointer(sessions, conn, line->pointer);
	if (line->has_conn)
		name_number(conn, line->conn);
	if (line->kind != TRACE_ALLOCATED)
		return true;
	conn->session->trace->allocated = sessions->now;
	add_event(sessions, conn->session, TRACE_ALLOCATED);
	return true;
}

/* The first state of a handshake begins a session, when the one at hand has one behind it. NULL: no proof. */
static struct trace_conn *conn_of_state(struct trace_sessions *sessions, struct trace_process *process,
                                        const struct trace_line *line)
{
	bool begins = trace_callback_begins(line);
	if (trace_callback_judges(line))
		go_on(process, !trace_callback_accepts(line));
	struct trace_conn *conn = process->current;
	bool another = conn == NULL || (begins && conn->begun);
	if (another && !trace_proves(line))
		return NULL;
	if (another)
		conn = open_conn(sessions, process, !begins);
	if (begins)
		conn->session->midstream = false;
	else
		conn->begun = true;
	touch(sessions, conn);
	return conn;
}

static bool take_callback(struct trace_sessions *sessions, struct trace_process *process,
                          const struct trace_line *line)
{
	bool state = line->kind == TRACE_STATE || line->kind == TRACE_OPENSSL_STATE;
	if (process->current == NULL && !state && line->kind != TRACE_OPENSSL_ALERT)
		return trace_proves(line); /* the rest of a callback whose connection is not known */
	struct trace_conn *conn =
	    state ? conn_of_state(sessions, process, line) : belongs_to(sessions, process, line);
	if (conn == NULL)
		return false;
	struct trace_place place = place_of(sessions, conn);
	switch (line->kind) {
	case TRACE_STATE:
		trace_callback_state(&place, line);
		break;
	case TRACE_RET_TYPE:
		trace_callback_type(&place, line);
		break;
	case TRACE_RET_DESC:
		trace_callback_desc(&place, line);
		break;
	case TRACE_STATE_TEXT:
		trace_callback_text(&place, line);
		break;
	default:
		trace_callback_openssl(&place, line);
		break;
	}
	rank_update(sessions->model, conn->session);
	return true;
}

/* A message needs no connection to be named, but one that was there. */
static bool take_message(struct trace_sessions *sessions, struct trace_process *process,
                         const struct trace_line *line)
{
	bool names = line->has_pointer || line->has_conn;
	if (!names && process->current == NULL && process->had_any)
		return true;
	struct trace_conn *conn = belongs_to(sessions, process, line);
	if (conn == NULL)
		return false;
	session_trace_count(sessions->model, conn->session, line->words, &sessions->now);
	return true;
}

/* A line that lost its stamp is of the process that printed the one before. */
static struct trace_process *process_of(struct trace_conns *conns, const struct trace_line *line)
{
	if (line->has_pid || conns->recent == NULL)
		return trace_conn_process(conns, line->pid);
	return trace_conn_process(conns, conns->recent->pid);
}

/*
 * Words alone, without a stamp and without a name, speak of a connection only where the controller's lines
 * stand around them: other programs' output has such words too.
 */
static bool is_hearsay(const struct trace_process *process, const struct trace_line *line)
{
	bool names = line->has_pointer || line->has_conn || line->has_pid;
	return !names && (process->pid == 0 || process->current == NULL);
}

static bool take_sentence(struct trace_sessions *sessions, struct trace_process *process,
                          const struct trace_line *line)
{
	if (line->kind == TRACE_NOT_VALIDATED && !line->has_pointer)
		go_on(process, true);
	struct trace_conn *conn = belongs_to(sessions, process, line);
	if (conn == NULL)
		return false;
	struct trace_place place = place_of(sessions, conn);
	if (line->kind == TRACE_CERTIFICATE_CHECKED) {
		conn->awaiting = true;
		conn->resumed = false;
	}
	take_words(&place, line);
	if (line->kind == TRACE_WANT_READ)
		note_once(&conn->session->trace->waiting, &sessions->now);
	else if (line->kind != TRACE_DO_HANDSHAKE && line->kind != TRACE_INIT_DONE &&
	         line->kind != TRACE_NOT_COMPLETED)
		add_event(sessions, conn->session, line->kind);
	if (line->kind == TRACE_FREED)
		take_freed(sessions, conn);
	rank_update(sessions->model, place.session);
	return true;
}

/* False when the line means nothing here. */
static bool take_line(struct trace_sessions *sessions, const struct trace_line *line)
{
	uint64_t given_up = sessions->conns.given_up;
	struct trace_process *process = process_of(&sessions->conns, line);
	if (sessions->conns.given_up > given_up)
		model_hit(sessions->model, HIT_TRACE_PROCESSES, &sessions->now);
	switch (line->kind) {
	case TRACE_STATE:
	case TRACE_RET_TYPE:
	case TRACE_RET_DESC:
	case TRACE_STATE_TEXT:
	case TRACE_OPENSSL_STATE:
	case TRACE_OPENSSL_ALERT:
	case TRACE_OPENSSL_ERROR:
		return take_callback(sessions, process, line);
	case TRACE_ALLOCATED:
	case TRACE_SSL_NEW:
		return take_beginning(sessions, process, line);
	case TRACE_SYSLOG:
		return take_syslog(sessions, process, line);
	case TRACE_MESSAGE:
		return take_message(sessions, process, line);
	default:
		break;
	}
	return !is_hearsay(process, line) && take_sentence(sessions, process, line);
}

/* Was read before; a line without an identity goes with the one in front of it. */
static bool is_again(struct trace_sessions *sessions, const struct trace_line *line)
{
	if (trace_known_identity(line)) {
		sessions->again = trace_known_again(sessions->known, line);
		sessions->begun = sessions->begun || sessions->again;
	}
	return sessions->again;
}

/* The first line that means something on its own, and is new, begins another log. */
static bool begins_log(struct trace_sessions *sessions, const struct trace_line *line)
{
	if (!sessions->begun && (trace_known_identity(line) || trace_proves(line))) {
		trace_conn_free(&sessions->conns);
		sessions->begun = true;
	}
	return sessions->begun;
}

void trace_session_line(struct trace_sessions *sessions, const struct trace_item *item)
{
	sessions->now = trace_reading_line(&sessions->clock, item);
	if (is_again(sessions, &item->line)) {
		sessions->reading->repeated++;
		return;
	}
	sessions->lost += item->loss.lines;
	trace_reading_lost(&sessions->clock, item);
	bool understood = begins_log(sessions, &item->line) && item->line.kind != TRACE_OTHER &&
	                  take_line(sessions, &item->line);
	trace_reading_count(&sessions->clock, item, understood);
}

void trace_session_end(struct trace_sessions *sessions)
{
	note_losses(sessions);
	trace_conn_free(&sessions->conns);
	trace_known_free(sessions->known);
	free(sessions);
}

int trace_session_finish(struct trace_sessions *sessions, uint32_t input, const struct trace_file *file,
                         struct err *err)
{
	trace_reading_end(sessions->model, input, file);
	if (sessions->reading->understood > 0 || sessions->reading->stamped)
		return 0;
	const char *name = strcmp(trace_file_name(file), "-") == 0 ? "standard input" : trace_file_name(file);
	return err_set(
	    err,
	    "%.90s is no debug trace: no line has a stamp like [03/02/26 09:15:00.120 UTC 5f2 9822] or a "
	    "state of OpenSSL; give the output of show trace messages nmsp, and a capture with -r",
	    name);
}

int trace_session_read(struct trace_sessions *sessions, uint32_t input, struct trace_file *file,
                       struct err *err)
{
	const struct trace_item *item;
	trace_session_begin(sessions, input);
	while ((item = trace_file_next(file)) != NULL)
		trace_session_line(sessions, item);
	return trace_session_finish(sessions, input, file, err);
}
