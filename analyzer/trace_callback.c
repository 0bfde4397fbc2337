/*
 * OpenSSL's callbacks -> steps and alerts. Called by trace_session.c line by line. State numbers decide,
 * texts are kept as printed; words count only where the number is lost.
 */
#include "analyzer/trace_callback.h"

#include "dissect/tls.h"

/* Bits of OpenSSL's states and of `where`: ssl.h, SSL_ST_* and SSL_CB_*. */
enum {
	STATE_CLIENT = 0x1000,
	STATE_SERVER = 0x2000,
	STATE_BEFORE = 0x4000,
	STATE_OK = 0x0003,
	STATE_CERTIFICATE = 0x2180, /* the server reads the client's certificate */
	STATE_REJECTED = 0x2182,    /* the vendor's own: the certificate was not accepted */
	WHERE_KIND = 0x0fff,
};

/* Reasons of OpenSSL's errors, their low bits: sslerr.h. From REASON_ALERT on they are alerts that were read.
 */
enum {
	REASON_MASK = 0xfff,
	REASON_VERIFY_FAILED = 134,
	REASON_NOT_VERIFIED = TRACE_ERROR_NOT_VERIFIED & REASON_MASK,
	REASON_NO_PEER_CERT = TRACE_ERROR_NO_PEER_CERT & REASON_MASK,
	REASON_ALERT = 1000,
};

/* Alerts that end nothing when their level is not told: RFC 5246 section 7.2. */
enum { USER_CANCELED = 90, NO_RENEGOTIATION = 100 };

static uint8_t printing_side(const struct session *session)
{
	return session->trace->by_engine ? session_engine(session) : session->controller;
}

/* ---- roles ---- */

/*
 * The controller prints the trace: its states tell whether it is the TLS server. Direction 0 = the client.
 * What openssl s_client prints is of whoever tries the controller out.
 */
static void learn_roles(struct session *session, bool client_side, bool openssl)
{
	struct session_tls *tls = &session->tls;
	tls->seen = true;
	if (tls->has_client)
		return;
	tls->has_client = true;
	tls->client_dir = 0;
	session->trace->by_engine = client_side && openssl;
	session->controller = client_side && !openssl ? 0 : 1;
}

bool trace_callback_begins(const struct trace_line *line)
{
	return line->has_state && (line->state & STATE_BEFORE) != 0;
}

bool trace_callback_accepts(const struct trace_line *line)
{
	return line->has_state && line->state == STATE_CERTIFICATE && line->has_where &&
	       (line->where & WHERE_KIND) == TRACE_WHERE_LOOP;
}

bool trace_callback_judges(const struct trace_line *line)
{
	return trace_callback_accepts(line) || (line->has_state && line->state == STATE_REJECTED);
}

/* ---- steps ---- */

static bool step_kind(uint8_t message, enum step_kind *out)
{
	static const struct {
		uint8_t message;
		enum step_kind kind;
	} kinds[] = {
	    {TLS_HELLO_REQUEST, STEP_HELLO_REQUEST},
	    {TLS_CLIENT_HELLO, STEP_CLIENT_HELLO},
	    {TLS_SERVER_HELLO, STEP_SERVER_HELLO},
	    {TLS_NEW_SESSION_TICKET, STEP_NEW_SESSION_TICKET},
	    {TLS_END_OF_EARLY_DATA, STEP_END_OF_EARLY_DATA},
	    {TLS_ENCRYPTED_EXTENSIONS, STEP_ENCRYPTED_EXTENSIONS},
	    {TLS_CERTIFICATE, STEP_CERTIFICATE},
	    {TLS_SERVER_KEY_EXCHANGE, STEP_SERVER_KEY_EXCHANGE},
	    {TLS_CERTIFICATE_REQUEST, STEP_CERTIFICATE_REQUEST},
	    {TLS_SERVER_HELLO_DONE, STEP_SERVER_HELLO_DONE},
	    {TLS_CERTIFICATE_VERIFY, STEP_CERTIFICATE_VERIFY},
	    {TLS_CLIENT_KEY_EXCHANGE, STEP_CLIENT_KEY_EXCHANGE},
	    {TLS_FINISHED, STEP_FINISHED},
	    {TLS_CERTIFICATE_STATUS, STEP_CERTIFICATE_STATUS},
	    {TLS_KEY_UPDATE, STEP_KEY_UPDATE},
	    {TRACE_CHANGE_CIPHER_SPEC, STEP_CHANGE_CIPHER_SPEC},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].message != message)
			continue;
		*out = kinds[i].kind;
		return true;
	}
	return false;
}

/*
 * The certificate of the engine may have been told before its state was completed, and OpenSSL 3 names the
 * state in which it waited once more: it is one step. Only tickets come in numbers.
 */
static bool told_before(const struct session *session, enum step_kind kind, uint8_t dir)
{
	const struct step *last = session->n_steps > 0 ? &session->steps[session->n_steps - 1] : NULL;
	return last != NULL && kind != STEP_NEW_SESSION_TICKET && last->kind == kind && last->dir == dir;
}

static void add_step(const struct trace_place *place, uint8_t message, bool written, uint16_t state)
{
	struct session *session = place->session;
	uint8_t printer = printing_side(session);
	struct step step = {.at = place->at, .dir = written ? printer : printer ^ 1, .state = state};
	if (!step_kind(message, &step.kind) || told_before(session, step.kind, step.dir))
		return;
	/* A certificate that is sent is there; of one that is read the state does not say whether it is
	 * empty. */
	step.certificates = step.kind == STEP_CERTIFICATE && step.dir != 0;
	if (step.kind == STEP_ENCRYPTED_EXTENSIONS)
		session->tls.version = TLS_1_3; /* no other version has it */
	model_add_step(place->model, session, &step);
}

/* The last request behind the last server_hello. */
static bool was_requested(const struct session *session)
{
	return session_step(session, STEP_CERTIFICATE_REQUEST, session->controller) != NULL;
}

static void add_request(const struct trace_place *place)
{
	struct session *session = place->session;
	const struct origin *waiting = &session->trace->waiting;
	struct step step = {.at = waiting->packet != 0 ? *waiting : place->at,
	                    .kind = STEP_CERTIFICATE_REQUEST,
	                    .dir = session->controller,
	                    .inferred = true};
	if (session_tls_client(session) != session->controller && !was_requested(session))
		model_add_step(place->model, session, &step);
}

static struct step *engine_certificate(struct session *session)
{
	for (uint32_t i = 0; i < session->n_steps; i++) {
		struct step *step = &session->steps[i];
		if (step->kind == STEP_CERTIFICATE && step->dir == session_engine(session))
			return step;
	}
	return NULL;
}

static void add_certificate(const struct trace_place *place, uint32_t certificates, bool inferred)
{
	struct session *session = place->session;
	bool server = session_tls_client(session) != session->controller;
	struct step *known = engine_certificate(session);
	if (known != NULL) {
		known->certificates = certificates;
		return;
	}
	add_request(place);
	struct step step = {.at = place->at,
	                    .kind = STEP_CERTIFICATE,
	                    .dir = session_engine(session),
	                    .certificates = certificates,
	                    .inferred = inferred,
	                    .state = server && !inferred ? STATE_CERTIFICATE : 0};
	model_add_step(place->model, session, &step);
}

void trace_callback_certificate(const struct trace_place *place)
{
	add_certificate(place, 1, false);
}

/* ---- alerts ---- */

static bool has_alert(const struct session *session, uint8_t code, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_alerts; i++)
		if (session->alerts[i].code == code && session->alerts[i].dir == dir)
			return true;
	return false;
}

static uint8_t usual_level(uint8_t code)
{
	bool warning = code == TLS_CLOSE_NOTIFY || code == USER_CANCELED || code == NO_RENEGOTIATION;
	return warning ? TLS_ALERT_WARNING : TLS_ALERT_FATAL;
}

static void add_alert(const struct trace_place *place, const struct alert_seen *seen)
{
	struct session *session = place->session;
	struct alert_seen alert = *seen;
	if (alert.level == 0)
		alert.level = usual_level(alert.code);
	/* Only a certificate is refused like that: RFC 5246 section 7.2.2. */
	if (session_about_certificate(alert.code) && alert.dir == session->controller &&
	    was_requested(session))
		add_certificate(place, 1, engine_certificate(session) == NULL);
	model_add_alert(place->model, session, &alert);
	/* No other line may tell the end: openssl prints none behind its close_notify. */
	bool fatal = alert.level == TLS_ALERT_FATAL;
	if ((!fatal && alert.code != TLS_CLOSE_NOTIFY) || session->closed.packet != 0)
		return;
	session->closed = alert.at;
	session->close = fatal ? CLOSE_ALERT : CLOSE_NOTIFY;
	session->closed_by = alert.dir;
}

static void add_alert_of(const struct trace_place *place, bool written, uint8_t level, uint8_t code)
{
	uint8_t printer = printing_side(place->session);
	struct alert_seen alert = {
	    .at = place->at, .dir = written ? printer : printer ^ 1, .level = level, .code = code};
	struct trace_orphan *orphan = &place->process->orphan;
	if (orphan->there && orphan->code == code)
		orphan->there = false; /* its strings came first */
	add_alert(place, &alert);
}

/* Its first line is missing: the other three and what came behind them tell. */
static void settle(const struct trace_place *place, bool written)
{
	struct trace_orphan *orphan = &place->process->orphan;
	uint8_t printer = printing_side(place->session);
	if (!orphan->there)
		return;
	struct alert_seen alert = {.at = orphan->at,
	                           .dir = written ? printer : printer ^ 1,
	                           .level = orphan->level,
	                           .code = orphan->code};
	orphan->there = false;
	if (!has_alert(place->session, alert.code, alert.dir))
		add_alert(place, &alert);
}

/* The controller had judged the certificate before: then the alert is its own. */
static bool judged(const struct session *session)
{
	const struct session_trace *trace = session->trace;
	return trace->not_validated.packet != 0 ||
	       (trace->answered.packet != 0 && trace->answer == TRACE_ANSWER_NO);
}

/* The error is printed behind the alert; the message came before both, and no state tells of it. */
static void add_empty(const struct trace_place *place)
{
	const struct session *session = place->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	struct trace_place before = *place;
	if (alert != NULL && alert->dir == session->controller)
		before.at = alert->at;
	session->trace->empty = true;
	add_certificate(&before, 0, true);
}

void trace_callback_failed(const struct trace_place *place, uint32_t error)
{
	struct session *session = place->session;
	struct session_trace *trace = session->trace;
	uint32_t reason = error & REASON_MASK;
	bool read = reason >= REASON_ALERT && reason - REASON_ALERT <= UINT8_MAX;
	uint8_t code = read ? (uint8_t)(reason - REASON_ALERT) : 0;
	if (trace->failed.packet == 0)
		trace->failed = place->at;
	if (error == 0)
		return;
	if (trace->error == 0)
		trace->error = error;
	if (reason == REASON_NOT_VERIFIED || (reason == REASON_VERIFY_FAILED && was_requested(session))) {
		trace->not_verified = true;
		trace_callback_certificate(place);
	}
	settle(place, !read);
	if (reason == REASON_NO_PEER_CERT)
		add_empty(place);
	if (read && !has_alert(session, code, printing_side(session) ^ 1))
		add_alert_of(place, false, TLS_ALERT_FATAL, code);
}

/* ---- the lines of a callback ---- */

static void keep_text(struct trace_event *event, struct span text)
{
	size_t n = text.n < sizeof event->text ? text.n : sizeof event->text - 1;
	if (n > 0)
		memcpy(event->text, text.p, n);
	event->text[n] = '\0';
}

/* What the state and where say, beside steps and alerts. */
static void follow(const struct trace_place *place, const struct trace_event *event)
{
	struct session_trace *trace = place->session->trace;
	const struct trace_state *state = trace_state(event->state);
	uint16_t kind = event->where & WHERE_KIND;
	bool reads = state != NULL && state->message != TRACE_NO_MESSAGE && !state->written;
	bool ends = state == NULL || event->state == STATE_OK; /* no state in the middle is the end */
	if (kind == TRACE_WHERE_DONE && ends && trace->done.packet == 0)
		trace->done = place->at;
	if (kind == TRACE_WHERE_LOOP)
		trace->waiting = (struct origin){0};
	if (kind == TRACE_WHERE_EXIT && event->ret < 0 && reads && trace->waiting.packet == 0)
		trace->waiting = place->at;
	if (event->state == STATE_REJECTED)
		trace_callback_certificate(place);
}

static void take_alert(const struct trace_place *place, const struct trace_line *line)
{
	struct trace_callback *callback = &place->process->callback;
	if (!line->has_alert || callback->alert)
		return;
	callback->alert = true;
	add_alert_of(place, line->where == TRACE_WHERE_ALERT_WRITE, line->alert_level, line->alert);
}

void trace_callback_state(const struct trace_place *place, const struct trace_line *line)
{
	struct session *session = place->session;
	struct trace_callback *callback = &place->process->callback;
	uint16_t where = line->has_where ? line->where : 0;
	bool alert = (where & TRACE_WHERE_ALERT) != 0;
	struct trace_event event = {.at = place->at,
	                            .kind = TRACE_STATE,
	                            .state = line->has_state ? line->state : 0,
	                            .where = where,
	                            .ret = line->ret};
	if (line->has_state && line->state != STATE_OK)
		learn_roles(session, (line->state & STATE_SERVER) == 0 && (line->state & STATE_CLIENT) != 0,
		            false);
	session->tls.seen = true;
	*callback = (struct trace_callback){.open = true, .has_state = true, .where = where, .at = place->at};
	session_trace_add(place->model, session, &event);
	if (line->has_state && line->state == STATE_REJECTED)
		settle(place, true);
	if (alert) {
		take_alert(place, line);
	} else if (!line->has_state || where == 0) {
		session->trace->unreadable++;
		return;
	}
	follow(place, &event);
	const struct trace_state *state = trace_state(event.state);
	if (!alert && (where & WHERE_KIND) == TRACE_WHERE_LOOP && state != NULL)
		add_step(place, state->message, state->written, state->number);
}

/* A line of a callback whose first line is missing. */
static struct trace_callback *callback_of(const struct trace_place *place, bool again)
{
	struct trace_callback *callback = &place->process->callback;
	if (!callback->open || again) {
		*callback = (struct trace_callback){.open = true, .at = place->at};
		place->session->trace->unreadable++;
		place->session->tls.seen = true;
	}
	return callback;
}

void trace_callback_type(const struct trace_place *place, const struct trace_line *line)
{
	struct trace_callback *callback = &place->process->callback;
	callback = callback_of(place, callback->has_type || callback->has_desc);
	callback->has_type = true;
	if (!callback->has_state)
		place->process->orphan.level = line->alert_level;
}

void trace_callback_desc(const struct trace_place *place, const struct trace_line *line)
{
	struct trace_callback *callback = callback_of(place, place->process->callback.has_desc);
	struct trace_orphan *orphan = &place->process->orphan;
	callback->has_desc = true;
	if (!line->has_alert || callback->alert)
		return;
	bool known = callback->where == TRACE_WHERE_ALERT_WRITE || callback->where == TRACE_WHERE_ALERT_READ;
	if (known) {
		callback->alert = true;
		add_alert_of(place, callback->where == TRACE_WHERE_ALERT_WRITE, line->alert_level,
		             line->alert);
		return;
	}
	uint8_t level = callback->has_state || !callback->has_type ? 0 : orphan->level;
	*orphan = (struct trace_orphan){
	    .there = true, .level = line->alert_level != 0 ? line->alert_level : level, .at = place->at};
	orphan->code = line->alert;
	if (judged(place->session))
		settle(place, true);
}

void trace_callback_text(const struct trace_place *place, const struct trace_line *line)
{
	struct trace_callback *callback = callback_of(place, false);
	struct session_trace *trace = place->session->trace;
	for (uint32_t i = trace->n_events; callback->has_state && i > 0; i--) {
		struct trace_event *event = &trace->events[i - 1];
		if (origin_order(&event->at, &callback->at) != 0)
			continue;
		keep_text(event, line->words);
		break;
	}
	callback->open = false;
}

void trace_callback_openssl(const struct trace_place *place, const struct trace_line *line)
{
	struct session *session = place->session;
	struct trace_event event = {.at = place->at, .kind = line->kind};
	learn_roles(session, line->client_side, true);
	event.state = line->has_state ? line->state : 0;
	keep_text(&event, line->words);
	session_trace_add(place->model, session, &event);
	if (line->kind == TRACE_OPENSSL_ALERT && line->has_alert)
		add_alert_of(place, line->written, line->alert_level, line->alert);
	if (line->kind == TRACE_OPENSSL_ERROR && line->has_error)
		trace_callback_failed(place, line->error);
	if (line->kind == TRACE_OPENSSL_STATE && line->has_message)
		add_step(place, line->message, line->written, event.state);
}
