/*
 * How far a session got, in one sentence with its numbers. Called by findings.c when no finding says it
 * better. Judges nothing: whether the session is in order was decided by the rules.
 */
#include "analyzer/findings/verdict.h"

#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdio.h>

static const char *version_name(const struct session *session)
{
	const char *name = tls_version_name(session->tls.version);
	return name != NULL ? name : "TLS";
}

/* Nanoseconds from the first hello to the message that completed the handshake, -1 when not seen. */
static int64_t handshake_time(const struct session *session)
{
	if (session->n_steps == 0 || session->steps[0].kind != STEP_CLIENT_HELLO)
		return -1;
	uint8_t client = session_tls_client(session);
	int64_t start = session->steps[0].at.time;
	if (session->tls.version == TLS_1_3) {
		const struct origin *flight = &session->tls.first_protected[client];
		return flight->packet == 0 ? -1 : origin_elapsed(start, flight->time);
	}
	const struct step *own = session_step(session, STEP_FINISHED, client);
	const struct step *others = session_step(session, STEP_FINISHED, client ^ 1);
	if (own == NULL || others == NULL)
		return -1;
	return origin_elapsed(start, own->at.time > others->at.time ? own->at.time : others->at.time);
}

static void decision_text(const struct subject *subject, char *text, size_t room)
{
	char mac[RULE_TEXT];
	const char *inferred =
	    subject->auth.inferred ? " (inferred: encryption or the capture hides the proof)" : "";
	if (subject->auth.observed == AUTH_OBSERVED_ACCEPTED && subject->auth.cert != NULL)
		snprintf(text, room, "the controller accepted the engine's certificate (%s)%s",
		         rule_mac(subject->auth.cert, mac), inferred);
	else if (subject->auth.observed == AUTH_OBSERVED_ACCEPTED)
		snprintf(text, room, "the controller accepted the engine%s", inferred);
	else if (session_resumed(subject->session))
		snprintf(text, room, "an earlier session was resumed without certificates");
	else if (subject->client_certificate == CLIENT_CERTIFICATE_NOT_REQUESTED)
		snprintf(text, room, "the controller asked for no certificate");
	else if (subject->client_certificate == CLIENT_CERTIFICATE_EMPTY)
		snprintf(text, room, "the engine sent no certificate and the controller went on");
	else
		snprintf(text, room, "the decision about the engine's certificate is not visible");
}

static const char *standing(const struct subject *subject, char text[RULE_TEXT])
{
	char time[RULE_TEXT];
	if (subject->state == SESSION_SILENT)
		snprintf(text, RULE_TEXT, "silent for %s since",
		         rule_duration(origin_elapsed(subject->session->last.time, subject->now), time));
	else if (subject->state == SESSION_CLOSED)
		rule_close(subject->session, text);
	else
		snprintf(text, RULE_TEXT, "still open");
	return text;
}

static uint64_t records(const struct session *session)
{
	return session->tls.protected_records[0] + session->tls.protected_records[1];
}

static void completed(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char took[RULE_TEXT], end[RULE_TEXT], last[RULE_TEXT], count[RULE_TEXT], decision[160];
	char in[RULE_TEXT + 4] = "";
	int64_t time = handshake_time(session);
	if (time >= 0)
		snprintf(in, sizeof in, " in %s", rule_duration(time, took));
	decision_text(subject, decision, sizeof decision);
	snprintf(text, VERDICT_TEXT, "%s: %s handshake completed%s, %s, %s until %s, %s.",
	         subject->state == SESSION_SILENT ? "Silent" : "Healthy", version_name(session), in, decision,
	         rule_count(records(session), "encrypted record", count),
	         rule_date(session->last.time / NS_PER_S, last), standing(subject, end));
}

static const char *missing(const struct session *session)
{
	if (session_one_sided(session))
		return session->tcp.packets[session->controller] == 0
		           ? "only the engine's packets are in the capture"
		           : "only the controller's packets are in the capture";
	if (session->midstream || session->n_steps == 0)
		return "the capture joined mid-way";
	return "bytes of it are missing from the capture";
}

static void not_captured(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT], last[RULE_TEXT], count[RULE_TEXT];
	snprintf(text, VERDICT_TEXT,
	         "Handshake not captured: %s, so who accepted whom cannot be told; %s until %s, %s.",
	         missing(session), rule_count(records(session), "encrypted record", count),
	         rule_date(session->last.time / NS_PER_S, last), standing(subject, end));
}

static void handshaking(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT];
	if (session->n_steps == 0) {
		snprintf(text, VERDICT_TEXT, "TCP connection with no handshake message so far, %s.",
		         standing(subject, end));
		return;
	}
	const struct step *last = &session->steps[session->n_steps - 1];
	snprintf(text, VERDICT_TEXT,
	         "Handshake not finished: the last message is %s of the %s (packet %" PRIu64 "), %s.",
	         session_step_name(last->kind), rule_side(session, last->dir), last->at.packet,
	         standing(subject, end));
}

void verdict_progress(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT];
	if (subject->state == SESSION_CONNECTING)
		snprintf(text, VERDICT_TEXT,
		         "Connecting: %" PRIu32 " SYN so far, the TCP handshake is not complete.",
		         session->tcp.syns);
	else if (subject->handshake == HANDSHAKE_COMPLETE)
		completed(subject, text);
	else if (subject->handshake == HANDSHAKE_NOT_CAPTURED)
		not_captured(subject, text);
	else if (subject->state == SESSION_FAILED)
		snprintf(text, VERDICT_TEXT, "Failed before the handshake was complete: %s.",
		         rule_close(session, end));
	else
		handshaking(subject, text);
}
