/*
 * The AuthList answer for one session: what the controller was seen to decide, what the user's list says,
 * and the lines that would put it right. design.md section 6.
 *
 * Called by findings and screens through session.h, on demand. Pure: reads the model, keeps nothing.
 */
#include "analyzer/session.h"

#include "analyzer/session_trace.h"

#include <stdio.h>

#define AT_ONCE NS_PER_S /* a close this soon after an alert belongs to it */

/* Cites a packet once, in its place; a packet number of 0 is no packet. */
static void cite(struct session_auth *out, const struct origin *origin)
{
	uint32_t place = out->n_evidence;
	if (origin->packet == 0 || out->n_evidence == sizeof out->evidence / sizeof out->evidence[0])
		return;
	while (place > 0 && origin_order(&out->evidence[place - 1], origin) > 0)
		place--;
	if (place > 0 && origin_order(&out->evidence[place - 1], origin) == 0)
		return;
	memmove(&out->evidence[place + 1], &out->evidence[place],
	        (out->n_evidence - place) * sizeof out->evidence[0]);
	out->evidence[place] = *origin;
	out->n_evidence++;
}

static void prove(struct session_auth *out, const struct step *step)
{
	if (step != NULL)
		cite(out, &step->at);
}

bool session_about_certificate(uint8_t code)
{
	switch (code) {
	case TLS_BAD_CERTIFICATE:
	case TLS_UNSUPPORTED_CERTIFICATE:
	case TLS_CERTIFICATE_REVOKED:
	case TLS_CERTIFICATE_EXPIRED:
	case TLS_CERTIFICATE_UNKNOWN:
	case TLS_UNKNOWN_CA:
	case TLS_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

/* The step that proves a certificate of the engine: the message, or the signature that follows only one. */
static const struct step *engine_certificate(const struct session *session)
{
	uint8_t engine = session_engine(session);
	const struct step *certificate = session_step(session, STEP_CERTIFICATE, engine);
	if (certificate != NULL && certificate->certificates > 0)
		return certificate;
	return session_step(session, STEP_CERTIFICATE_VERIFY, engine);
}

/*
 * The controller's message that says that it took the engine's certificate. As the server of TLS 1.3 its
 * finished comes before the certificate, and a ticket is the first word behind it (RFC 8446 section 4.6.1).
 */
static const struct step *controllers_answer(const struct session *session)
{
	bool server = session_tls_client(session) != session->controller;
	bool early = server && session->tls.version == TLS_1_3;
	return session_step(session, early ? STEP_NEW_SESSION_TICKET : STEP_FINISHED, session->controller);
}

static bool observe_rejection(const struct session *session, struct session_auth *out)
{
	uint8_t engine = session_engine(session);
	const struct step *certificate = engine_certificate(session);
	const struct step *damaged = session_step(session, STEP_CERTIFICATE, engine);
	if (certificate == NULL && damaged != NULL && damaged->damaged)
		certificate = damaged;
	const struct alert_seen *alert = session_fatal_alert(session);
	if (certificate == NULL || alert == NULL || alert->dir != session->controller ||
	    !session_about_certificate(alert->code) || controllers_answer(session) != NULL)
		return false;
	out->observed = AUTH_OBSERVED_REJECTED;
	prove(out, session_step(session, STEP_CERTIFICATE_REQUEST, session->controller));
	prove(out, certificate);
	cite(out, &alert->at);
	return true;
}

/* The controller's own words. Numbers come first: alert and states were asked before. */
static bool observe_in_words(const struct session *session, struct session_auth *out)
{
	const struct session_trace *trace = session->trace;
	const struct step *certificate = engine_certificate(session);
	const struct alert_seen *alert = session_fatal_alert(session);
	bool answered = trace->answered.packet != 0;
	bool refused = trace->not_validated.packet != 0 || trace->not_verified ||
	               (answered && trace->answer == TRACE_ANSWER_NO);
	bool through = trace->done.packet != 0 || trace->connected.packet != 0;
	bool allowed = answered && trace->answer == TRACE_ANSWER_YES && trace->failed.packet == 0;
	if (refused && !through)
		out->observed = AUTH_OBSERVED_REJECTED;
	else if ((through && (certificate != NULL || answered)) || (allowed && alert == NULL))
		out->observed = AUTH_OBSERVED_ACCEPTED;
	else
		return false;
	prove(out, certificate);
	cite(out, &trace->answered);
	if (out->observed == AUTH_OBSERVED_ACCEPTED) {
		cite(out, trace->done.packet != 0 ? &trace->done : &trace->connected);
		return true;
	}
	cite(out, &trace->not_validated);
	cite(out, &trace->failed);
	return true;
}

static bool observe_acceptance(const struct session *session, struct session_auth *out)
{
	const struct step *request = session_step(session, STEP_CERTIFICATE_REQUEST, session->controller);
	const struct step *certificate = engine_certificate(session);
	const struct step *answer = controllers_answer(session);
	if (answer == NULL && session->tls.version != TLS_1_3)
		answer = session_step(session, STEP_CHANGE_CIPHER_SPEC, session->controller);
	bool engine_is_client = session_tls_client(session) == session_engine(session);
	if (certificate == NULL || answer == NULL || (request == NULL && !engine_is_client))
		return false;
	out->observed = AUTH_OBSERVED_ACCEPTED;
	prove(out, request);
	prove(out, certificate);
	prove(out, answer);
	return true;
}

/* With the controller's direction missing: the engine goes on after its own finished. */
static bool infer_one_sided(const struct session *session, struct session_auth *out)
{
	uint8_t engine = session_engine(session);
	const struct step *certificate = engine_certificate(session);
	const struct step *finished = session_step(session, STEP_FINISHED, engine);
	const struct origin *data = &session->tls.first_protected[engine];
	if (session->tcp.packets[session->controller] > 0 || certificate == NULL || finished == NULL ||
	    data->packet == 0)
		return false;
	out->observed = AUTH_OBSERVED_ACCEPTED;
	out->inferred = true;
	prove(out, certificate);
	prove(out, finished);
	cite(out, data);
	return true;
}

static void infer_tls13(const struct session *session, struct session_auth *out)
{
	/* More than certificate, certificate_verify and finished; more than OpenSSL's two session tickets. */
	enum { CLIENT_FLIGHT = 3, SERVER_TICKETS = 2 };
	const struct session_tls *tls = &session->tls;
	uint8_t engine = session_engine(session);
	uint8_t controller = session->controller;
	enum client_flight flight = session_client_flight(session);
	bool sent = flight == CLIENT_FLIGHT_CERTIFICATE || flight == CLIENT_FLIGHT_UNKNOWN;
	if (tls->version != TLS_1_3 || session_tls_client(session) != engine || !sent ||
	    session_client_certificate(session) == CLIENT_CERTIFICATE_NOT_REQUESTED)
		return;
	if (session_hidden_alert(session, controller)) {
		const struct origin *alert = &tls->last_protected[controller];
		if (session->closed.packet == 0 || session->closed_by != controller ||
		    origin_elapsed(alert->time, session->closed.time) > AT_ONCE)
			return;
		out->observed = AUTH_OBSERVED_REJECTED;
		cite(out, &tls->first_protected[engine]);
		cite(out, alert);
		cite(out, &session->closed);
	} else if (tls->protected_after_reply[engine] > CLIENT_FLIGHT &&
	           tls->protected_after_reply[controller] > SERVER_TICKETS) {
		out->observed = AUTH_OBSERVED_ACCEPTED;
		cite(out, &tls->first_protected[engine]);
		cite(out, &tls->last_protected[controller]);
	}
	out->inferred = out->observed != AUTH_OBSERVED_NONE;
}

/* The first problem of a line, NULL when none. */
static const struct authlist_problem *line_problem(const struct authlist_file *file)
{
	for (size_t i = 0; i < file->n_problems; i++) {
		if (file->problems[i].line != 0)
			return &file->problems[i];
	}
	return NULL;
}

/* Why the lists that were given hold nothing that could be compared: a file with a damaged line tells most.
 */
static void say_no_entry(const struct authlist *list, struct auth_decision *out)
{
	const struct authlist_file *file = NULL;
	char problem[AUTHLIST_PROBLEM];
	for (size_t i = 0; i < list->n_files; i++) {
		const struct authlist_file *other = &list->files[i];
		if (other->entries == 0 &&
		    (file == NULL || (line_problem(file) == NULL && line_problem(other))))
			file = other;
	}
	if (file == NULL)
		snprintf(out->detail, sizeof out->detail,
		         "the given texts are the engine's own, which allow nobody");
	else if (line_problem(file) == NULL)
		snprintf(out->detail, sizeof out->detail, "no entry was found in %.60s",
		         authlist_file_name(file));
	else
		snprintf(out->detail, sizeof out->detail, "no entry was found in %.60s; %.110s",
		         authlist_file_name(file), authlist_problem_text(line_problem(file), problem));
}

static enum auth_prediction without_certificate(const struct session *session)
{
	switch (session_client_certificate(session)) {
	case CLIENT_CERTIFICATE_SENT:
	case CLIENT_CERTIFICATE_NOT_VISIBLE:
		return AUTH_NOT_VISIBLE;
	case CLIENT_CERTIFICATE_NONE:
	case CLIENT_CERTIFICATE_EMPTY:
	case CLIENT_CERTIFICATE_NOT_REQUESTED:
		break;
	}
	return AUTH_NO_CERTIFICATE;
}

static void observe(const struct session *session, struct session_auth *out)
{
	if (session_resumed(session))
		return;
	if (observe_rejection(session, out) || observe_acceptance(session, out))
		return;
	if (session->trace != NULL)
		observe_in_words(session, out);
	else if (!infer_one_sided(session, out))
		infer_tls13(session, out);
}

/* What the controller itself said goes before what was not seen or only inferred. */
static void ask_trace(const struct session *traced, struct session_auth *out)
{
	struct session_auth told = {.observed = AUTH_OBSERVED_NONE};
	observe(traced, &told);
	if (told.observed == AUTH_OBSERVED_NONE || told.inferred)
		return;
	out->observed = told.observed;
	out->inferred = false;
	out->n_evidence = told.n_evidence;
	memcpy(out->evidence, told.evidence, sizeof out->evidence);
}

/* The digest that this controller is sent, by the table of controllers of an engine's text. */
static size_t wanted(const struct model *model, const struct session *session)
{
	const struct addr *address = &session->addr[session->controller];
	return address->version == 4 ? authlist_wants(&model->authlist, address->bytes) : 0;
}

/* An engine's own text tells what the certificate holds that this session does not show. */
static void stand_in(const struct model *model, struct session_auth *out)
{
	const struct authlist *list = &model->authlist;
	const struct authlist_engine *engine = authlist_only_engine(list);
	char why[sizeof out->decision.detail];
	if (engine == NULL)
		return;
	authlist_compare(list, engine, AUTHLIST_ALL, &out->decision);
	out->stand_in = engine;
	snprintf(why, sizeof why, "%s", out->decision.detail);
	snprintf(out->decision.detail, sizeof out->decision.detail,
	         "by the engine's own text %.60s, for a certificate that is not visible%s%.200s",
	         authlist_file_name(&list->files[engine->file]), why[0] != '\0' ? "; " : "", why);
}

static void predict(const struct model *model, const struct session *session, struct session_auth *out)
{
	if (model->authlist.n_lists == 0) {
		out->decision.prediction = AUTH_NO_LIST;
		if (model->authlist.n_files > 0)
			say_no_entry(&model->authlist, &out->decision);
	} else if (out->cert != NULL) {
		authlist_decide(&model->authlist, out->cert, wanted(model, session), &out->decision);
	} else {
		out->decision.prediction = without_certificate(session);
		if (out->decision.prediction == AUTH_NOT_VISIBLE)
			stand_in(model, out);
	}
}

void session_auth(const struct model *model, const struct session *session, struct session_auth *out)
{
	*out = (struct session_auth){.cert = session_cert(session, session_engine(session))};
	if (session->bare) {
		out->decision.prediction = AUTH_NOT_VISIBLE;
		return;
	}
	predict(model, session, out);
	observe(session, out);
	if (session->traced != NULL && (out->observed == AUTH_OBSERVED_NONE || out->inferred))
		ask_trace(session->traced, out);
}

void session_auth_fix(const struct model *model, const struct session_auth *auth, struct auth_fix *out)
{
	struct authlist_key key = {.mac = ""};
	if (auth->cert != NULL)
		key = authlist_key_of_cert(auth->cert);
	else if (auth->stand_in != NULL)
		key = authlist_key_of_engine(&model->authlist, auth->stand_in);
	authlist_fix(&model->authlist, &key, out);
}
