/*
 * Steps and alerts of a session -> lines as OpenSSL's callbacks and the controller print them.
 *
 * The state machine of OpenSSL 1.0 (s3_srvr.c, s3_clnt.c) is followed as far as the wire shows it: a state
 * is printed when its message was captured. Called by main through ui/as_trace.h; never changes the model.
 */
#include "ui/as_trace.h"

#include "dissect/tls_names.h"
#include "dissect/trace.h"
#include "ui/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the wire does not tell. */
#define INVENTED_PID     1
#define INVENTED_POINTER UINT64_C(0xb0000000)

/* OpenSSL 1.0 ssl.h: SSL_ST_*. The side's bit stands in states and in `where` alike. */
enum {
	SIDE_CLIENT = 0x1000,
	SIDE_SERVER = 0x2000,
	STATE_BEFORE = 0x4000,
	STATE_OK = 0x0003,
	STATE_FLUSH = 0x0100, /* and the side's bit */
	STATE_NO_CERTIFICATE = 0x2181,
	STATE_REJECTED = 0x2182, /* the vendor's own, facts.md section 7 */
};

struct trace {
	FILE *out;
	uint32_t *sequence;
	const struct session *session;
	struct session_auth auth;
	uint16_t side; /* the controller's */
	uint64_t pointer;
	int64_t time;        /* of the lines that are printed now */
	uint16_t state;      /* of the last callback */
	enum step_kind last; /* step printed, STEP_KINDS = none yet */
	bool waited;         /* for the engine, at least once */
	bool reading;        /* what the engine sent */
	bool read;           /* the last step is the engine's */
	bool asked;          /* the AuthList */
	bool done, failed;
	bool finished[2];
	uint32_t alerts; /* how many were passed */
};

/* ---- lines ---- */

/* "[06/03/15 22:28:10.762 UTC a27 10241] " */
static void stamp(struct trace *trace)
{
	enum { CENTURY = 100, US_PER_MS = 1000 };
	int64_t rest;
	time_t seconds = (time_t)format_split(trace->time, &rest);
	struct tm tm = {.tm_mday = 1};
	gmtime_r(&seconds, &tm);
	fprintf(trace->out, "[%02d/%02d/%02d %02d:%02d:%02d.%03d UTC %" PRIx32 " %d] ", tm.tm_mon + 1,
	        tm.tm_mday, (tm.tm_year % CENTURY + CENTURY) % CENTURY, tm.tm_hour, tm.tm_min, tm.tm_sec,
	        (int)(rest / (US_PER_MS * NS_PER_US)), *trace->sequence, INVENTED_PID);
	++*trace->sequence;
}

__attribute__((format(printf, 2, 3))) static void line(struct trace *trace, const char *format, ...)
{
	va_list list;
	stamp(trace);
	va_start(list, format);
	vfprintf(trace->out, format, list);
	va_end(list);
	putc('\n', trace->out);
}

/* The name of an alert as OpenSSL prints it: in words. */
static const char *alert_words(uint8_t code, char *text, size_t room)
{
	const char *name = tls_alert_name(code);
	snprintf(text, room, "%s", name != NULL ? name : "unknown");
	for (char *c = text; *c != '\0'; c++)
		if (*c == '_')
			*c = ' ';
	return text;
}

/* The four lines of one callback. An alert is told by `ret`, for other events the two strings are "unknown".
 */
static void callback(struct trace *trace, uint16_t number, unsigned where, int ret)
{
	const struct trace_state *known = trace_state(number);
	const char *type = "unknown", *description = "unknown";
	char words[64];
	if ((where & TRACE_WHERE_ALERT) != 0) {
		type = (ret >> 8) == TLS_ALERT_FATAL ? "fatal" : "warning";
		description = alert_words((uint8_t)ret, words, sizeof words);
	}
	line(trace, "SSL state = 0x%x; where = 0x%x; ret = 0x%x", (unsigned)number, where, (unsigned)ret);
	line(trace, "ret_type_string=%s", type);
	line(trace, "ret_desc_string=%s", description);
	line(trace, "SSL_state_string=%s", known != NULL ? known->name : "unknown state");
	trace->state = number;
}

static void loop(struct trace *trace, uint16_t number)
{
	callback(trace, number, trace->side | TRACE_WHERE_LOOP, 1);
}

static void leave(struct trace *trace, uint16_t number, int ret)
{
	callback(trace, number, trace->side | TRACE_WHERE_EXIT, ret);
}

static void call_handshake(struct trace *trace)
{
	line(trace,
	     "sslConnectionInit: SSL_do_handshake for conn ssl %08" PRIx64
	     ", conn state: INIT, SSL state: HANDSHAKING",
	     trace->pointer);
}

/* The controller waits in this state for the engine, and goes on when it sends: at `until`. */
static void await_engine(struct trace *trace, uint16_t number)
{
	leave(trace, number, -1);
	line(trace, "SSL_do_handshake returned WANT_READ for conn ssl %08" PRIx64, trace->pointer);
	if (!trace->waited)
		line(trace, "sslConnectionInit() success with conn state: INIT, SSL state: HANDSHAKING");
	trace->waited = true;
}

static void go_on(struct trace *trace, int64_t now)
{
	trace->time = now;
	trace->reading = true;
	line(trace, "doSSLRecvLoop: handshake not completed for conn %" PRIu32, trace->session->id);
	call_handshake(trace);
}

/* ---- states ---- */

/* The state that is complete with this message, 0 when none is. */
static uint16_t step_number(const struct trace *trace, const struct step *step)
{
	static const struct {
		enum step_kind kind;
		bool controller; /* who sends it */
		uint16_t number;
	} client[] = {
	    {STEP_CLIENT_HELLO, true, 0x1110},         {STEP_SERVER_HELLO, false, 0x1120},
	    {STEP_CERTIFICATE, false, 0x1130},         {STEP_CERTIFICATE_STATUS, false, 0x11f0},
	    {STEP_SERVER_KEY_EXCHANGE, false, 0x1140}, {STEP_CERTIFICATE_REQUEST, false, 0x1150},
	    {STEP_SERVER_HELLO_DONE, false, 0x1160},   {STEP_CERTIFICATE, true, 0x1170},
	    {STEP_CLIENT_KEY_EXCHANGE, true, 0x1180},  {STEP_CERTIFICATE_VERIFY, true, 0x1190},
	    {STEP_CHANGE_CIPHER_SPEC, true, 0x11a0},   {STEP_FINISHED, true, 0x11b0},
	    {STEP_NEW_SESSION_TICKET, false, 0x11e0},  {STEP_FINISHED, false, 0x11d0},
	};
	if (trace->side == SIDE_SERVER)
		return session_implied_state(trace->session, step).number;
	for (size_t row = 0; row < COUNT(client); row++) {
		if (client[row].kind == step->kind &&
		    client[row].controller == (step->dir == trace->session->controller))
			return client[row].number;
	}
	return 0;
}

/* The state in which the controller waits behind its own last message, 0 when it goes on by itself. */
static uint16_t awaited(const struct trace *trace)
{
	const struct session *session = trace->session;
	bool server = trace->side == SIDE_SERVER;
	switch (trace->last) {
	case STEP_KINDS:
		return server ? 0x2111 : 0;
	case STEP_CLIENT_HELLO:
		return 0x1120;
	case STEP_SERVER_HELLO_DONE:
		return session_step(session, STEP_CERTIFICATE_REQUEST, session->controller) != NULL ? 0x2180
		                                                                                    : 0x2190;
	case STEP_FINISHED:
		return server ? 0x21c0 : 0x11d0;
	default:
		return 0;
	}
}

/* ---- the AuthList ---- */

/* What the alert says is the list's answer, and not that of a date or an issuer: facts.md section 8. */
static bool list_refused(const struct trace *trace)
{
	const struct alert_seen *alert = session_fatal_alert(trace->session);
	return trace->auth.observed == AUTH_OBSERVED_REJECTED && alert != NULL &&
	       alert->code == TLS_CERTIFICATE_UNKNOWN;
}

/* Printed only when the controller was seen to decide. */
static void ask_list(struct trace *trace, const struct step *step)
{
	bool certificate = step->kind == STEP_CERTIFICATE && (step->certificates > 0 || step->damaged);
	bool accepted = trace->auth.observed == AUTH_OBSERVED_ACCEPTED;
	if ((!certificate && step->kind != STEP_CERTIFICATE_VERIFY) || trace->asked || trace->auth.inferred ||
	    (!accepted && !list_refused(trace)))
		return;
	trace->asked = true;
	line(trace, "Certificate validation done for conn ssl %08" PRIx64 ", calling authlist",
	     trace->pointer);
	if (accepted)
		line(trace, "authlist authentication successful for conn ssl %08" PRIx64, trace->pointer);
}

/* ---- events ---- */

static void start(struct trace *trace)
{
	const struct session *session = trace->session;
	uint16_t before = trace->side | STATE_BEFORE;
	trace->time = session->tcp.ack.packet != 0 ? session->tcp.ack.time : session->opened.time;
	line(trace, "Allocated new NMSP connection %" PRIu32, session->id);
	line(trace, "sslConnectionInit: SSL_new() conn ssl %08" PRIx64, trace->pointer);
	call_handshake(trace);
	callback(trace, before, TRACE_WHERE_START, 1);
	loop(trace, before);
}

static void finish(struct trace *trace)
{
	trace->done = true;
	callback(trace, STATE_OK, TRACE_WHERE_DONE, 1);
	leave(trace, STATE_OK, 1);
	line(trace, "SSL_do_handshake() success for conn ssl %08" PRIx64, trace->pointer);
	line(trace, "NMSP connection success");
}

/* OpenSSL 1.0 sends its buffer behind the last message of a flight; a client's hello is not buffered. */
static bool ends_flight(const struct step *step)
{
	return step->kind == STEP_SERVER_HELLO_DONE || step->kind == STEP_FINISHED ||
	       step->kind == STEP_HELLO_REQUEST;
}

static void print_step(struct trace *trace, const struct step *step)
{
	uint16_t number = step_number(trace, step);
	bool own = step->dir == trace->session->controller;
	if (number == 0)
		return;
	if (own)
		trace->reading = false;
	else if (!trace->reading && !trace->done && !trace->failed) {
		await_engine(trace, number);
		go_on(trace, step->at.time);
	}
	trace->time = step->at.time;
	if (!own)
		ask_list(trace, step);
	loop(trace, number);
	trace->last = step->kind;
	trace->read = !own;
	if (own && ends_flight(step))
		loop(trace, trace->side | STATE_FLUSH);
	if (step->kind == STEP_FINISHED)
		trace->finished[step->dir] = true;
	if (trace->finished[0] && trace->finished[1] && !trace->done)
		finish(trace);
}

/* The engine had no certificate to send, and this is the controller's answer. */
static bool answers_empty(const struct trace *trace, const struct alert_seen *alert)
{
	return alert->dir == trace->session->controller && alert->code == TLS_HANDSHAKE_FAILURE &&
	       session_client_certificate(trace->session) == CLIENT_CERTIFICATE_EMPTY;
}

/* The alert by which the controller rejects the engine's certificate. */
static bool rejects(const struct trace *trace, const struct alert_seen *alert)
{
	return trace->auth.observed == AUTH_OBSERVED_REJECTED && alert == session_fatal_alert(trace->session);
}

/* The error behind the controller's alert, OpenSSL 1.0 ssl3_get_client_certificate(). */
static const char *error_text(const struct trace *trace, const struct alert_seen *alert)
{
	if (trace->side == SIDE_SERVER && rejects(trace, alert))
		return " error = error:140890B2:SSL routines:SSL3_GET_CLIENT_CERTIFICATE:no certificate "
		       "returned";
	if (trace->side == SIDE_SERVER && answers_empty(trace, alert))
		return " error = error:140890C7:SSL routines:SSL3_GET_CLIENT_CERTIFICATE:"
		       "peer did not return a certificate";
	return "";
}

/* Where the controller stands when it writes this alert: behind a message that was read, one state further.
 */
static uint16_t alert_state(const struct trace *trace, const struct alert_seen *alert)
{
	if (trace->side == SIDE_SERVER && rejects(trace, alert))
		return STATE_REJECTED;
	if (trace->side == SIDE_SERVER && answers_empty(trace, alert))
		return STATE_NO_CERTIFICATE;
	return trace->read && !trace->done ? (uint16_t)(trace->state + 1) : trace->state;
}

static void say_refused(struct trace *trace)
{
	if (trace->asked)
		line(trace, "authlist authentication failed for conn ssl %08" PRIx64, trace->pointer);
	line(trace, "Peer not validated against the AuthList");
}

static void print_alert(struct trace *trace, const struct alert_seen *alert)
{
	bool own = alert->dir == trace->session->controller;
	uint16_t until = awaited(trace) != 0 || own ? awaited(trace) : trace->state;
	if (alert->encrypted)
		return;
	if (!trace->reading && !trace->done && !trace->failed && until != 0) {
		await_engine(trace, until);
		go_on(trace, alert->at.time);
	}
	trace->time = alert->at.time;
	if (list_refused(trace) && rejects(trace, alert))
		say_refused(trace);
	callback(trace, own ? alert_state(trace, alert) : trace->state,
	         own ? TRACE_WHERE_ALERT_WRITE : TRACE_WHERE_ALERT_READ, alert->level << 8 | alert->code);
	if (alert->level != TLS_ALERT_FATAL || trace->done || trace->failed)
		return;
	trace->failed = true;
	leave(trace, trace->state, -1);
	line(trace, "handshake failed for conn ssl %08" PRIx64 ", ssl_err 1%s", trace->pointer,
	     error_text(trace, alert));
}

/* The alerts before this packet. */
static void print_alerts(struct trace *trace, uint64_t before)
{
	const struct session *session = trace->session;
	while (trace->alerts < session->n_alerts && session->alerts[trace->alerts].at.packet < before)
		print_alert(trace, &session->alerts[trace->alerts++]);
}

static void close_session(struct trace *trace)
{
	const struct session *session = trace->session;
	if (!trace->reading && !trace->done && !trace->failed && awaited(trace) != 0)
		await_engine(trace, awaited(trace));
	if (session->closed.packet == 0)
		return;
	trace->time = session->closed.time;
	line(trace, "freeing Nmsp conn ssl %08" PRIx64 ", conn id %" PRIu32, trace->pointer, session->id);
}

static bool has_states(const struct trace *trace)
{
	for (uint32_t i = 0; i < trace->session->n_steps; i++)
		if (step_number(trace, &trace->session->steps[i]) != 0)
			return true;
	return false;
}

enum as_trace as_trace_session(FILE *out, const struct model *model, const struct session *session,
                               uint32_t *sequence)
{
	bool server = session_tls_client(session) != session->controller;
	struct trace trace = {.out = out,
	                      .sequence = sequence,
	                      .session = session,
	                      .side = server ? SIDE_SERVER : SIDE_CLIENT,
	                      .pointer = INVENTED_POINTER + session->id,
	                      .last = STEP_KINDS};
	uint64_t place = 0;
	if (session->trace != NULL)
		return AS_TRACE_IS_TRACE;
	if (session->tls.version == TLS_1_3)
		return AS_TRACE_TLS13;
	if (!has_states(&trace))
		return AS_TRACE_NO_STEPS;
	session_auth(model, session, &trace.auth);
	start(&trace);
	for (uint32_t i = 0; i < session->n_steps; i++) {
		const struct step *step = &session->steps[i];
		place = step->at.packet > place ? step->at.packet : place;
		print_alerts(&trace, place);
		print_step(&trace, step);
	}
	if (session_handshake(session) == HANDSHAKE_COMPLETE && !trace.done && !trace.failed)
		finish(&trace);
	print_alerts(&trace, UINT64_MAX);
	close_session(&trace);
	return AS_TRACE_PRINTED;
}
