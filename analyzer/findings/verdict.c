/*
 * How far a session got, in one sentence with its numbers. Called by findings.c when no finding says it
 * better. Judges nothing: whether the session is in order was decided by the rules.
 */
#include "analyzer/findings/verdict.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/session_trace.h"
#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdio.h>

#define SYN_PATIENCE (3 * NS_PER_S) /* the second SYN of common stacks is out by then: RFC 6298 section 2 */

/* Rooms of the parts of a sentence; together they fit a verdict. */
#define CONDITION_TEXT 192
#define HANDSHAKE_TEXT 120
#define DECISION_TEXT  128
#define TRAFFIC_TEXT   160
#define AMOUNT_TEXT    (2 * RULE_TEXT)

/* Packets may be captured in another order than they were sent in. */
static int64_t later(int64_t from, int64_t to)
{
	int64_t ns = origin_elapsed(from, to);
	return ns > 0 ? ns : 0;
}

/* Nanoseconds from the first hello to the message that completed the handshake, -1 when not seen. */
static int64_t handshake_time(const struct session *session)
{
	uint8_t client = session_tls_client(session);
	const struct step *hello = session_step(session, STEP_CLIENT_HELLO, client);
	const struct origin *flight = &session->tls.first_protected[client];
	if (hello == NULL)
		return -1;
	if (session->tls.version == TLS_1_3) {
		bool seen = flight->packet != 0 && session_whole(session, flight);
		return seen ? later(hello->at.time, flight->time) : -1;
	}
	const struct step *own = session_step(session, STEP_FINISHED, client);
	const struct step *others = session_step(session, STEP_FINISHED, client ^ 1);
	if (own == NULL || others == NULL)
		return -1;
	return later(hello->at.time, own->at.time > others->at.time ? own->at.time : others->at.time);
}

static const char *missing(const struct session *session)
{
	if (session_trace_syslog(session))
		return "a line of the syslog is all there is";
	if (session->trace != NULL)
		return session->midstream ? "the trace begins behind its start"
		                          : "lines of the trace are missing";
	if (session->tls.dtls_13)
		return "DTLSv1.3 hides it";
	if (session->tls.dtls_cid)
		return "records with connection ids hide it";
	if (session_one_sided(session))
		return session->tcp.packets[session->controller] == 0
		           ? "only the engine's packets are in the capture"
		           : "only the controller's packets are in the capture";
	if (session->midstream || session->n_steps == 0)
		return "the capture joined mid-way";
	return "parts of it are missing from the capture";
}

/* "TLSv1.2 handshake completed in 1.0 s", and why where version or time cannot be told. */
static const char *handshake_text(const struct session *session, char text[HANDSHAKE_TEXT])
{
	char took[RULE_TEXT];
	const char *version = session_version_name(&session->tls, session->tls.version);
	int64_t time = handshake_time(session);
	if ((version != NULL || session->trace != NULL) && time > 0)
		snprintf(text, HANDSHAKE_TEXT, "%s handshake completed in %s",
		         version != NULL ? version : "TLS", rule_duration(time, took));
	else if (session_whole(session, NULL) || time == 0)
		snprintf(text, HANDSHAKE_TEXT, "%s handshake completed", version != NULL ? version : "TLS");
	else if (version != NULL)
		snprintf(text, HANDSHAKE_TEXT, "%s handshake completed (how long it took is unknown: %s)",
		         version, missing(session));
	else
		snprintf(text, HANDSHAKE_TEXT, "TLS handshake completed (version and duration unknown: %s)",
		         missing(session));
	return text;
}

/* What hides the proof of an inferred decision. */
static const char *inferred_by(const struct subject *subject)
{
	if (!subject->auth.inferred)
		return "";
	if (subject->session->tls.opened[subject->session->controller] > 0)
		return " (inferred: it went on behind the engine's certificate)";
	return subject->session->tcp.packets[subject->session->controller] == 0
	           ? " (inferred: its packets are missing)"
	           : " (inferred: TLS 1.3 encrypts the proof)";
}

static const char *decision_text(const struct subject *subject, char text[DECISION_TEXT])
{
	char mac[RULE_TEXT];
	const char *inferred = inferred_by(subject);
	if (subject->auth.observed == AUTH_OBSERVED_ACCEPTED && subject->auth.cert != NULL)
		snprintf(text, DECISION_TEXT, "the controller accepted the engine's certificate (%s)%s",
		         rule_mac(subject->auth.cert, mac), inferred);
	else if (subject->auth.observed == AUTH_OBSERVED_ACCEPTED)
		snprintf(text, DECISION_TEXT, "the controller accepted the engine%s", inferred);
	else if (session_resumed(subject->session))
		snprintf(text, DECISION_TEXT, "an earlier session was resumed without certificates");
	else
		snprintf(text, DECISION_TEXT, "the decision about the engine's certificate is not visible");
	return text;
}

/* How the session stands now. */
static const char *standing(const struct subject *subject, char text[RULE_TEXT])
{
	char time[RULE_TEXT];
	if (subject->state == SESSION_SILENT)
		snprintf(text, RULE_TEXT, "silent for %s since",
		         rule_duration(origin_elapsed(subject->session->last.time, subject->now), time));
	else
		rule_close(subject->session, text);
	return text;
}

/* What was seen of the traffic: "28 NMSP messages", with what stays closed beside them, else records. */
static const char *amount(const struct subject *subject, char text[AMOUNT_TEXT])
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	uint64_t messages = nmsp == NULL ? 0 : nmsp->messages[0] + nmsp->messages[1];
	struct session_decryption keys;
	char read[RULE_TEXT], closed[RULE_TEXT];
	session_decryption(subject->model, session, &keys);
	if (messages == 0)
		return rule_count(session->tls.protected_records[0] + session->tls.protected_records[1],
		                  "encrypted record", text);
	rule_count(messages, "NMSP message", read);
	if (keys.data == keys.data_opened)
		snprintf(text, AMOUNT_TEXT, "%s", read);
	else
		snprintf(text, AMOUNT_TEXT, "%s and %s", read,
		         rule_count(keys.data - keys.data_opened, "closed record", closed));
	return text;
}

/* "8 encrypted records until 2026-03-02 09:56:02 UTC, still open": without records only the end. */
static const char *traffic(const struct subject *subject, char text[TRAFFIC_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT], last[RULE_TEXT], count[AMOUNT_TEXT];
	uint64_t records = session->tls.protected_records[0] + session->tls.protected_records[1];
	standing(subject, end);
	if (records == 0)
		snprintf(text, TRAFFIC_TEXT, "%s", end);
	else
		snprintf(text, TRAFFIC_TEXT, "%s until %s, %s",
		         amount(subject, count),
		         rule_date(session->last.time / NS_PER_S, last), end);
	return text;
}

/* What ails the session, by a warning about its health; NULL of one about its security or the capture. */
static const char *ailment(const struct subject *subject, const struct finding *finding)
{
	static const struct {
		const char *id, *words;
	} rows[] = {
	    {"tcp-path-mtu", "large packets lost"},
	    {"tcp-zero-window", "a closed receive window"},
	    {"tcp-retransmissions", "packets sent again"},
	    {"echo-missed", "echoes missed"},
	    {"echo-none", "no echoes"},
	    {"echo-slow", "slow echoes"},
	    {"request-unanswered", "requests unanswered"},
	    {"subscription-missing", "nothing subscribed"},
	    {"service-not-capable", "services that were not announced"},
	    {"nmsp-malformed", "malformed messages"},
	};
	if (strcmp(finding->id, "echo-missed") == 0 && subject->session->infer != NULL)
		return "echoes missed, as inferred";
	for (size_t i = 0; i < RULE_COUNT(rows); i++) {
		if (strcmp(finding->id, rows[i].id) == 0)
			return rows[i].words;
	}
	return NULL;
}

/* "Works, with trouble (packets sent again, echoes missed)": both directions may have the same one. */
static const char *condition(const struct subject *subject, const struct findings *findings,
                             char text[CONDITION_TEXT])
{
	char list[CONDITION_TEXT - sizeof "Works, with trouble ()"] = "";
	if (tcp_path_is_reset(subject))
		return "Reset";
	if (subject->state == SESSION_SILENT)
		return "Silent";
	for (uint32_t i = 0; i < findings->n; i++) {
		const char *words = ailment(subject, &findings->list[i]);
		if (words != NULL && strstr(list, words) == NULL)
			rule_list(list, sizeof list, ", ", words);
	}
	if (list[0] == '\0')
		return "Healthy";
	snprintf(text, CONDITION_TEXT, "Works, with trouble (%s)", list);
	return text;
}

static void completed(const struct subject *subject, const struct findings *findings, char text[VERDICT_TEXT])
{
	char state[CONDITION_TEXT];
	char handshake[HANDSHAKE_TEXT], decision[DECISION_TEXT], after[TRAFFIC_TEXT];
	handshake_text(subject->session, handshake);
	traffic(subject, after);
	if (subject->client_certificate == CLIENT_CERTIFICATE_NOT_REQUESTED)
		snprintf(
		    text, VERDICT_TEXT,
		    "Connected, but the controller asked for no certificate: anybody may connect. %s, %s.",
		    handshake, after);
	else if (subject->client_certificate == CLIENT_CERTIFICATE_EMPTY)
		snprintf(text, VERDICT_TEXT,
		         "Connected, but the engine sent no certificate and the controller went on. %s, %s.",
		         handshake, after);
	else
		snprintf(text, VERDICT_TEXT, "%s: %s, %s, %s.",
		         condition(subject, findings, state), handshake,
		         decision_text(subject, decision), after);
}

static void plain(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session_nmsp *nmsp = subject->session->nmsp;
	char count[RULE_TEXT], end[RULE_TEXT];
	uint64_t n = nmsp->messages[0] + nmsp->messages[1];
	snprintf(text, VERDICT_TEXT,
	         "NMSP without TLS: %s in the clear (told by the %s framing %s), nobody showed a certificate and "
	         "anybody may connect; %s.",
	         rule_count(n, "message", count), profile_origin_name(nmsp->profile->origin), nmsp->profile->name,
	         subject->session->closed.packet == 0 ? "still open" : rule_close(subject->session, end));
}

static void not_captured(const struct subject *subject, char text[VERDICT_TEXT])
{
	char after[TRAFFIC_TEXT];
	const char *captured = subject->session->trace != NULL ? "in the trace" : "captured";
	snprintf(text, VERDICT_TEXT, "Handshake not %s: %s, so who accepted whom cannot be told; %s.",
	         subject->session->n_steps > 0 ? "seen whole" : captured, missing(subject->session),
	         traffic(subject, after));
}

static void handshaking(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT], place[RULE_TEXT];
	standing(subject, end);
	if (session->n_steps > 0) {
		const struct step *last = &session->steps[session->n_steps - 1];
		snprintf(text, VERDICT_TEXT,
		         "Handshake not finished: the last message is the %s's %s (%s), %s.",
		         rule_side(session, last->dir), session_step_name(last->kind),
		         rule_place(&last->at, place), end);
	} else if (session->trace != NULL) {
		snprintf(text, VERDICT_TEXT,
		         "The trace names the connection and no handshake message of it, %s.", end);
	} else if (session->midstream) {
		snprintf(text, VERDICT_TEXT, "The capture joined mid-way and holds no handshake message, %s.",
		         end);
	} else {
		snprintf(text, VERDICT_TEXT, "TCP connection %s so far, %s.",
		         session_mute(session) ? "without a byte" : "with no handshake message", end);
	}
}

static void connecting(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	char syns[RULE_TEXT], time[RULE_TEXT];
	int64_t since = origin_elapsed(tcp->syn[0].time, subject->now);
	if (tcp->syns != 1 || tcp->packets[1] > 0)
		snprintf(text, VERDICT_TEXT, "Connecting: %s so far, the TCP handshake is not complete.",
		         rule_count(tcp->syns, "SYN", syns));
	else if (since <= 0)
		snprintf(text, VERDICT_TEXT, "One SYN of the %s, no answer: this capture ends with it.",
		         rule_side(session, 0));
	else if (since < SYN_PATIENCE)
		snprintf(text, VERDICT_TEXT,
		         "One SYN of the %s, no answer in this capture, which ends %s later.",
		         rule_side(session, 0), rule_duration(since, time));
	else
		snprintf(
		    text, VERDICT_TEXT,
		    "One SYN of the %s, no answer in this capture, which goes on for %s: a host repeats its "
		    "SYN, so it gave up at once or the capture lost packets.",
		    rule_side(session, 0), rule_duration(since, time));
}

/* Closed before the first byte: who looks whether a port is open does that. */
static void empty_connection(const struct subject *subject, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT], time[RULE_TEXT];
	snprintf(text, VERDICT_TEXT, "Connected and %s after %s without a byte%s", rule_close(session, end),
	         rule_duration(origin_elapsed(session->tcp.ack.time, session->closed.time), time),
	         session->closed_by == 0 ? ": a port check?" : ".");
}

static void bare(const struct session *session, char text[VERDICT_TEXT])
{
	const struct session_nmsp *nmsp = session->nmsp;
	char count[RULE_TEXT];
	uint64_t messages = nmsp == NULL ? 0 : nmsp->messages[0] + nmsp->messages[1];
	snprintf(text, VERDICT_TEXT,
	         "%s without TCP and TLS around them, as captured (LINKTYPE_USER0): how the session began, and whether "
	         "it lives, is not in it.",
	         messages > 0 ? rule_count(messages, "NMSP message", count) : "Bytes of no known framing");
}

void verdict_progress(const struct subject *subject, const struct findings *findings, char text[VERDICT_TEXT])
{
	const struct session *session = subject->session;
	char end[RULE_TEXT], place[RULE_TEXT];
	if (session->bare)
		bare(session, text);
	else if (session_plain_nmsp(session))
		plain(subject, text);
	else if (subject->state == SESSION_CONNECTING)
		connecting(subject, text);
	else if (subject->handshake == HANDSHAKE_COMPLETE)
		completed(subject, findings, text);
	else if (subject->handshake == HANDSHAKE_NOT_CAPTURED)
		not_captured(subject, text);
	else if (subject->state != SESSION_FAILED)
		handshaking(subject, text);
	else if (session->tcp.ack.packet != 0 && session_mute(session))
		empty_connection(subject, text);
	else if (session->trace != NULL && session->trace->error != 0)
		snprintf(text, VERDICT_TEXT,
		         "Failed before the handshake was complete: OpenSSL error %08" PRIX32 " (%s), %s.",
		         session->trace->error, rule_place(&session->trace->failed, place),
		         rule_close(session, end));
	else
		snprintf(text, VERDICT_TEXT, "Failed before the handshake was complete: %s.",
		         rule_close(session, end));
}
