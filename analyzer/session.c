/*
 * What follows from a session's facts: how far its handshake got, in which state it is, who sent which
 * certificate.
 *
 * Findings and screens call it on demand. Pure: it changes nothing and keeps nothing. What the
 * controller's AuthList says is session_auth.c, names are session_names.c.
 */
#include "analyzer/session.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/session_trace.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define SILENT_INTERVALS 3 /* without a packet, design.md section 4 */

/* Records of a TLS 1.3 handshake whose messages each fill a record of their own, RFC 8446 section 2. */
#define CLIENT_FLIGHT  3 /* certificate, certificate_verify, finished */
#define SERVER_FLIGHT  5 /* encrypted_extensions, certificate_request and the three above */
#define SERVER_TICKETS 2 /* OpenSSL's default */

/* Body of an encrypted TLS 1.3 alert: level, description, inner type, tag. */
#define ALERT_BODY      (2 + 1 + 16)
#define ALERT_BODY_CCM8 (2 + 1 + 8)
#define CIPHER_CCM8     0x1305

static bool seen(const struct origin *at)
{
	return at->packet != 0;
}

const struct step *session_step(const struct session *session, enum step_kind kind, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_steps; i++) {
		const struct step *step = &session->steps[i];
		if (step->kind == kind && step->dir == dir)
			return step;
	}
	return NULL;
}

const struct alert_seen *session_fatal_alert(const struct session *session)
{
	for (uint32_t i = 0; i < session->n_alerts; i++) {
		const struct alert_seen *alert = &session->alerts[i];
		if (!alert->encrypted && alert->level == TLS_ALERT_FATAL && alert->code != TLS_CLOSE_NOTIFY)
			return alert;
	}
	return NULL;
}

const struct cert *session_cert(const struct session *session, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_certs; i++) {
		if (session->certs[i].dir == dir)
			return session->certs[i].cert;
	}
	return NULL;
}

/* A kind of ICMP error. */
struct icmp_kind {
	uint8_t version, type, code;
};

/* The first error that answers a SYN and is one of these; NULL when the other side was heard. */
static const struct icmp_seen *icmp_answer(const struct session *session, const struct icmp_kind *kinds,
                                           size_t n)
{
	if (seen(&session->tcp.syn_ack) || seen(&session->tcp.last[1]))
		return NULL;
	for (uint32_t i = 0; i < session->n_icmp; i++) {
		const struct icmp_seen *icmp = &session->icmp[i];
		for (size_t row = 0; row < n; row++)
			if (icmp->version == kinds[row].version && icmp->type == kinds[row].type &&
			    icmp->code == kinds[row].code)
				return icmp;
	}
	return NULL;
}

const struct icmp_seen *session_icmp_refusal(const struct session *session)
{
	static const struct icmp_kind refusals[] = {
	    {4, 3, 2},  /* RFC 792: protocol unreachable */
	    {4, 3, 3},  /* port unreachable */
	    {4, 3, 9},  /* RFC 1122: network prohibited */
	    {4, 3, 10}, /* host prohibited */
	    {4, 3, 13}, /* RFC 1812: communication prohibited */
	    {6, 1, 1},  /* RFC 4443: prohibited */
	    {6, 1, 4},  /* port unreachable */
	    {6, 1, 5},  /* source address failed policy */
	    {6, 1, 6},  /* reject route */
	};
	return icmp_answer(session, refusals, COUNT(refusals));
}

const struct icmp_seen *session_icmp_unreachable(const struct session *session)
{
	static const struct icmp_kind unreachable[] = {
	    {4, 3, 0},  /* RFC 792: network unreachable */
	    {4, 3, 1},  /* host unreachable */
	    {4, 3, 6},  /* RFC 1122: network unknown */
	    {4, 3, 7},  /* host unknown */
	    {4, 11, 0}, /* RFC 792: time to live exceeded */
	    {6, 1, 0},  /* RFC 4443: no route */
	    {6, 1, 3},  /* address unreachable */
	    {6, 3, 0},  /* hop limit exceeded */
	};
	return icmp_answer(session, unreachable, COUNT(unreachable));
}

uint8_t session_tls_client(const struct session *session)
{
	return session->tls.has_client ? session->tls.client_dir : session_engine(session);
}

bool session_one_sided(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	uint8_t dir = tcp->packets[0] == 0;
	if (tcp->packets[dir ^ 1] != 0)
		return false;
	uint64_t syns = dir == 0 ? tcp->syns : 0;
	if (session->tls.datagram)
		return session->n_steps != 1 || session->steps[0].kind != STEP_CLIENT_HELLO; /* which nobody may answer */
	return tcp->bytes[dir] > 0 || tcp->packets[dir] > syns + 1;
}

bool session_mute(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	return tcp->delivered[0] + tcp->delivered[1] + tcp->lost_bytes[0] + tcp->lost_bytes[1] == 0;
}

bool session_whole(const struct session *session, const struct origin *until)
{
	const struct session_tcp *tcp = &session->tcp;
	if (session->trace != NULL)
		return session_trace_whole(session, until);
	if (session->midstream || session_one_sided(session))
		return false;
	if (tcp->gaps[0] + tcp->gaps[1] > 0 &&
	    (until == NULL || origin_elapsed(until->time, tcp->first_gap.time) <= GAP_SECONDS * NS_PER_S))
		return false;
	return tcp->cut_packets == 0 || (until != NULL && tcp->first_cut.packet > until->packet);
}

static bool hello_seen(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	if (tls->client_hello || tls->server_hello || tls->ssl2_hello)
		return true;
	for (uint32_t i = 0; i < session->n_steps; i++) {
		if (session->steps[i].kind == STEP_CLIENT_HELLO ||
		    session->steps[i].kind == STEP_SERVER_HELLO)
			return true;
	}
	return false;
}

static uint16_t alert_body(const struct session *session)
{
	return session->tls.cipher == CIPHER_CCM8 ? ALERT_BODY_CCM8 : ALERT_BODY;
}

/* The client closed, or said close_notify, before the server's last record. */
static bool client_left(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	uint8_t server = client ^ 1;
	return tls->closed_before_last[server] ||
	       (tls->last_protected_length[client] == alert_body(session) && tls->latest_protected == server);
}

/* The only record of this side behind the other's flight has the size of an alert that ends a handshake. */
static bool may_be_alert(const struct session *session, uint8_t dir)
{
	const struct session_tls *tls = &session->tls;
	bool closed = tls->opened[dir] == 0 || tls->keys_lost[dir];
	return closed && tls->protected_after_reply[dir] == 1 &&
	       tls->last_protected_length[dir] == alert_body(session) &&
	       (dir == session_tls_client(session) || !client_left(session));
}

bool session_hidden_alert(const struct session *session, uint8_t dir)
{
	return session->tls.version == TLS_1_3 && may_be_alert(session, dir) && session_whole(session, NULL);
}

static bool any_hidden_alert(const struct session *session)
{
	return session_hidden_alert(session, 0) || session_hidden_alert(session, 1);
}

/*
 * With keys: the server may refuse the client after the last message of the handshake (RFC 8446 section
 * 4.4.2.4). An alert is then all that it says.
 */
static bool refused_tls13(const struct session *session)
{
	uint8_t server = session_tls_client(session) ^ 1;
	const struct alert_seen *alert = session_fatal_alert(session);
	return alert != NULL && alert->dir == server && session->tls.protected_after_reply[server] <= 1;
}

static bool complete_tls13(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	uint8_t server = client ^ 1;
	if (!hello_seen(session) || any_hidden_alert(session) || refused_tls13(session))
		return false;
	if (seen(&tls->first_protected[0]) && seen(&tls->first_protected[1]))
		return (tls->protected_after_reply[server] > 0 && !may_be_alert(session, server)) ||
		       tls->protected_after_reply[client] > CLIENT_FLIGHT;
	return !session_whole(session, NULL) &&
	       (tls->protected_records[client] > CLIENT_FLIGHT ||
	        tls->protected_records[server] > SERVER_FLIGHT + SERVER_TICKETS);
}

static bool handshake_complete(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	const struct step *own = session_step(session, STEP_FINISHED, client);
	const struct step *others = session_step(session, STEP_FINISHED, client ^ 1);
	bool finished = own != NULL && others != NULL;
	if (tls->version == TLS_1_3 && finished && session_whole(session, NULL))
		return !refused_tls13(session);
	if (tls->version == TLS_1_3)
		return complete_tls13(session);
	if (finished)
		return true;
	if (!hello_seen(session) || session_whole(session, NULL))
		return false;
	if (tls->version == 0 && own == NULL && others == NULL)
		return complete_tls13(session); /* it may be: there the handshake itself looks like data */
	/* Something is missing. Up to TLS 1.2 application data follows the finished messages, and only a
	 * client may hurry (false start, RFC 7918), after its own. */
	return (own != NULL && seen(&tls->first_protected[client])) ||
	       seen(&tls->first_protected[client ^ 1]);
}

enum handshake_state session_handshake(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	if (session->trace != NULL)
		return session_trace_handshake(session);
	if (!tls->seen)
		return HANDSHAKE_NONE;
	if (handshake_complete(session))
		return HANDSHAKE_COMPLETE;
	bool hello = hello_seen(session);
	if (!hello && (seen(&tls->first_protected[0]) || seen(&tls->first_protected[1])))
		return HANDSHAKE_NOT_CAPTURED;
	if (session_fatal_alert(session) != NULL || any_hidden_alert(session))
		return HANDSHAKE_FAILED;
	if (tls->dtls_13 || tls->dtls_cid)
		return HANDSHAKE_NOT_CAPTURED; /* its end cannot be read */
	bool closed = seen(&session->closed);
	if (!session_whole(session, NULL) && (closed || !hello))
		return HANDSHAKE_NOT_CAPTURED;
	return closed ? HANDSHAKE_FAILED : HANDSHAKE_INCOMPLETE;
}

/* The TCP handshake is not over, as far as seen. */
static bool connecting(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	return session->trace == NULL && !session->midstream && !seen(&tcp->ack) &&
	       tcp->bytes[0] + tcp->bytes[1] == 0 && !session_one_sided(session);
}

bool session_plain_nmsp(const struct session *session)
{
	const struct session_nmsp *nmsp = session->nmsp;
	return session->tls.not_tls && nmsp != NULL && nmsp->profile != NULL && nmsp->named > 0 &&
	       2 * nmsp->fitted >= nmsp->tried;
}

/* The capture lacks the end, and the trace that is joined to it tells. */
static bool failed_in_trace(const struct session *session, enum handshake_state on_wire)
{
	return session->traced != NULL && on_wire != HANDSHAKE_COMPLETE &&
	       session_handshake(session->traced) == HANDSHAKE_FAILED;
}

enum session_state session_state(const struct session *session, int64_t now)
{
	enum handshake_state handshake = session_handshake(session);
	if (session->bare)
		return SESSION_ACTIVE;
	if (handshake == HANDSHAKE_FAILED || failed_in_trace(session, handshake) ||
	    session_icmp_refusal(session) != NULL)
		return SESSION_FAILED;
	if (seen(&session->closed)) {
		bool never = handshake == HANDSHAKE_NONE && session_whole(session, NULL) &&
		             !session_plain_nmsp(session);
		return never ? SESSION_FAILED : SESSION_CLOSED;
	}
	if (connecting(session))
		return SESSION_CONNECTING;
	/* A controller prints nothing of a session that is in order. */
	bool quiet = session->trace != NULL && handshake != HANDSHAKE_INCOMPLETE;
	int64_t unheard = origin_elapsed(session->last.time, now);
	bool may_be = session->infer == NULL || unheard >= NS_PER_S; /* no interval is inferred that is shorter */
	if (!quiet && may_be && unheard >= session_intervals(session, SILENT_INTERVALS))
		return SESSION_SILENT;
	if (handshake == HANDSHAKE_COMPLETE || handshake == HANDSHAKE_NOT_CAPTURED || session->midstream ||
	    session_plain_nmsp(session))
		return SESSION_ACTIVE;
	return SESSION_HANDSHAKING;
}

/* Index of the first step of this kind and direction, n_steps when there is none. */
static uint32_t step_index(const struct session *session, enum step_kind kind, uint8_t dir)
{
	const struct step *step = session_step(session, kind, dir);
	return step == NULL ? session->n_steps : (uint32_t)(step - session->steps);
}

/* States of an abbreviated handshake alone: the server finishes first (RFC 5246 section 7.3). */
static bool resumed_in_trace(const struct session *session)
{
	uint8_t client = session_tls_client(session);
	uint32_t own = step_index(session, STEP_FINISHED, client);
	uint32_t others = step_index(session, STEP_FINISHED, client ^ 1);
	return session_trace_whole(session, NULL) && own < session->n_steps && others < own &&
	       session_step(session, STEP_SERVER_HELLO, client ^ 1) != NULL &&
	       session_step(session, STEP_CERTIFICATE, client ^ 1) == NULL &&
	       session_step(session, STEP_CLIENT_KEY_EXCHANGE, client) == NULL;
}

bool session_resumed(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	if (session->trace != NULL)
		return resumed_in_trace(session);
	if (!tls->server_hello)
		return false;
	if (tls->version == TLS_1_3)
		return tls->psk_chosen;
	if (!tls->answered_ticket_or_id)
		return false;
	if (tls->same_session_id)
		return true;
	/* A ticket without an id: the server finishes first and sends no certificate (RFC 5077 section 3.1).
	 */
	uint8_t client = session_tls_client(session);
	uint8_t server = client ^ 1;
	const struct step *finished = session_step(session, STEP_FINISHED, server);
	return finished != NULL && session_whole(session, &finished->at) &&
	       session_step(session, STEP_SERVER_HELLO_DONE, server) == NULL &&
	       step_index(session, STEP_FINISHED, server) < step_index(session, STEP_FINISHED, client);
}

/*
 * The client went on without having been asked. One direction without a hole proves it: the server's holds
 * no request, the client's no answer to one (RFC 5246 section 7.4.6).
 */
static bool not_requested(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	uint8_t server = client ^ 1;
	bool tls13 = tls->version == TLS_1_3; /* there the messages are seen only with keys */
	const struct step *done =
	    session_step(session, tls13 ? STEP_FINISHED : STEP_SERVER_HELLO_DONE, server);
	const struct step *key =
	    session_step(session, tls13 ? STEP_FINISHED : STEP_CLIENT_KEY_EXCHANGE, client);
	if (!tls->server_hello || session->midstream ||
	    tls->undecodable + tls->too_long + session->steps_dropped > 0 ||
	    session_step(session, STEP_CERTIFICATE_REQUEST, server) != NULL)
		return false;
	if (key != NULL && !key->damaged && session->tcp.gaps[client] == 0)
		return true;
	return done != NULL && !done->damaged &&
	       (session->tcp.gaps[server] == 0 || session_whole(session, &done->at));
}

/* All that this side sent so far is in the capture and could be read. */
static bool side_whole(const struct session *session, uint8_t dir)
{
	const struct session_tls *tls = &session->tls;
	bool there = seen(&session->tcp.last[dir]) || !session_one_sided(session);
	return there && !session->midstream && session->tcp.gaps[dir] == 0 &&
	       tls->undecodable + tls->too_long + session->steps_dropped == 0;
}

/* A message that comes behind the place of the client's certificate was seen, or data was. */
static bool beyond_certificate(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	uint8_t server = client ^ 1;
	if (seen(&tls->first_protected[client]))
		return true;
	if (tls->version == TLS_1_3)
		return false;
	return tls->protected_on[client] || tls->protected_on[server] ||
	       seen(&tls->first_protected[server]) ||
	       session_step(session, STEP_CLIENT_KEY_EXCHANGE, client) != NULL ||
	       session_step(session, STEP_FINISHED, server) != NULL;
}

/* The trace of the server shows every state: a request is a state, and so is what the client sent. */
static enum client_certificate certificate_in_trace(const struct session *session)
{
	uint8_t client = session_tls_client(session);
	const struct step *certificate = session_step(session, STEP_CERTIFICATE, client);
	const struct step *request = session_step(session, STEP_CERTIFICATE_REQUEST, client ^ 1);
	if (session->trace->empty)
		return CLIENT_CERTIFICATE_EMPTY;
	if (certificate != NULL && certificate->certificates > 0)
		return CLIENT_CERTIFICATE_SENT;
	if (certificate != NULL || session_resumed(session) || !session_trace_whole(session, NULL))
		return CLIENT_CERTIFICATE_NOT_VISIBLE;
	bool tls13 = session->tls.version == TLS_1_3;
	bool beyond =
	    session_step(session, tls13 ? STEP_FINISHED : STEP_CLIENT_KEY_EXCHANGE, client) != NULL;
	if (beyond && request == NULL && session_step(session, STEP_SERVER_HELLO, client ^ 1) != NULL)
		return CLIENT_CERTIFICATE_NOT_REQUESTED;
	return beyond ? CLIENT_CERTIFICATE_NOT_VISIBLE : CLIENT_CERTIFICATE_NONE;
}

enum client_certificate session_client_certificate(const struct session *session)
{
	uint8_t client = session_tls_client(session);
	const struct step *certificate = session_step(session, STEP_CERTIFICATE, client);
	if (session_step(session, STEP_CERTIFICATE_VERIFY, client) != NULL)
		return CLIENT_CERTIFICATE_SENT; /* RFC 5246 section 7.4.8: only behind a certificate */
	if (session->trace != NULL)
		return certificate_in_trace(session);
	if (certificate != NULL && certificate->certificates > 0)
		return CLIENT_CERTIFICATE_SENT;
	if (certificate != NULL)
		return certificate->damaged ? CLIENT_CERTIFICATE_NOT_VISIBLE : CLIENT_CERTIFICATE_EMPTY;
	if (session_resumed(session))
		return CLIENT_CERTIFICATE_NOT_VISIBLE;
	if (not_requested(session))
		return CLIENT_CERTIFICATE_NOT_REQUESTED;
	bool hidden = beyond_certificate(session) || !side_whole(session, client);
	return hidden ? CLIENT_CERTIFICATE_NOT_VISIBLE : CLIENT_CERTIFICATE_NONE;
}

int64_t session_now(const struct model *model, const struct session *session)
{
	if (session->trace == NULL)
		return model_now(model);
	const struct origin *last = &model->capture.inputs[session->opened.input].last;
	return last->packet == 0 || session->last.time == ORIGIN_NO_TIME ? session->last.time : last->time;
}

int64_t session_connect_time(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	if (tcp->syns == 0 || !seen(&tcp->ack))
		return -1;
	return origin_elapsed(tcp->syn[0].time, tcp->ack.time);
}

/* RFC 4648 section 4, for a whole number of 20 bytes: one padding character. */
static void base64_sha1(const uint8_t digest[20], char text[29])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < 7; i++) {
		uint32_t bits = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8;
		bits |= i < 6 ? digest[3 * i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			text[4 * i + k] = digits[bits >> (18 - 6 * k) & 63];
	}
	text[27] = '=';
	text[28] = '\0';
}

void session_community_id(const struct session *session, char text[COMMUNITY_ID])
{
	uint8_t bytes[2 + 16 + 16 + 2 + 2 + 2] = {0}; /* seed, addresses, protocol and padding, ports */
	uint8_t digest[20];
	size_t width = session->addr[0].version == 6 ? 16 : 4;
	int order = memcmp(session->addr[0].bytes, session->addr[1].bytes, width);
	uint8_t low = order > 0 || (order == 0 && session->port[0] > session->port[1]);
	size_t n = 2;
	text[0] = '\0';
	if (session->addr[0].version == 0)
		return;
	for (uint8_t i = 0; i < 2; i++, n += width)
		memcpy(&bytes[n], session->addr[low ^ i].bytes, width);
	bytes[n] = session->tls.datagram ? IP_UDP : IP_TCP;
	n += 2;
	for (uint8_t i = 0; i < 2; i++) {
		bytes[n++] = (uint8_t)(session->port[low ^ i] >> 8);
		bytes[n++] = (uint8_t)(session->port[low ^ i] & 0xff);
	}
	cert_sha1(span_of(bytes, n), digest);
	memcpy(text, "1:", 2);
	base64_sha1(digest, &text[2]);
}
