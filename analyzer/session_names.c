/*
 * The names of what follows from a session: states, handshake messages, and the controller's own name of
 * each message. Called by findings and screens through session.h. Tables only: judges nothing.
 */
#include "analyzer/session.h"

#include "analyzer/session_trace.h"
#include "dissect/dtls.h"
#include "dissect/names.h"
#include "dissect/tls_names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The server answers it with a cookie and forgets it, RFC 6347 section 4.2.1: no state is reached. */
static bool is_forgotten(const struct session *session, const struct step *step)
{
	const struct step *first = session_step(session, STEP_CLIENT_HELLO, step->dir);
	return step->kind == STEP_CLIENT_HELLO && first != NULL && step->place == first->place &&
	       session_step(session, STEP_HELLO_VERIFY_REQUEST, step->dir ^ 1) != NULL;
}

struct step_state session_implied_state(const struct session *session, const struct step *step)
{
	static const struct {
		enum step_kind kind;
		bool controller; /* who sends it */
		struct step_state state;
	} table[] = {
	    {STEP_HELLO_REQUEST, true, {0x2120, "SSLv3 write hello request A"}},
	    {STEP_CLIENT_HELLO, false, {0x2111, "SSLv3 read client hello B"}},
	    {STEP_SERVER_HELLO, true, {0x2130, "SSLv3 write server hello A"}},
	    {STEP_CERTIFICATE, true, {0x2140, "SSLv3 write certificate A"}},
	    {STEP_CERTIFICATE_STATUS, true, {0x2200, "SSLv3 write certificate status A"}},
	    {STEP_SERVER_KEY_EXCHANGE, true, {0x2150, "SSLv3 write key exchange A"}},
	    {STEP_CERTIFICATE_REQUEST, true, {0x2160, "SSLv3 write certificate request A"}},
	    {STEP_SERVER_HELLO_DONE, true, {0x2170, "SSLv3 write server done A"}},
	    {STEP_CERTIFICATE, false, {0x2180, "SSLv3 read client certificate A"}},
	    {STEP_CLIENT_KEY_EXCHANGE, false, {0x2190, "SSLv3 read client key exchange A"}},
	    {STEP_CERTIFICATE_VERIFY, false, {0x21a0, "SSLv3 read certificate verify A"}},
	    {STEP_FINISHED, false, {0x21c0, "SSLv3 read finished A"}},
	    {STEP_NEW_SESSION_TICKET, true, {0x21f0, "SSLv3 write session ticket A"}},
	    {STEP_CHANGE_CIPHER_SPEC, true, {0x21d0, "SSLv3 write change cipher spec A"}},
	    {STEP_FINISHED, true, {0x21e0, "SSLv3 write finished A"}},
	};
	struct step_state none = {0, NULL};
	if (step->inferred || session_tls_client(session) == session->controller ||
	    session->tls.version == TLS_1_3 || is_forgotten(session, step))
		return none;
	for (size_t row = 0; row < COUNT(table); row++) {
		if (table[row].kind == step->kind &&
		    table[row].controller == (step->dir == session->controller))
			return table[row].state;
	}
	return none;
}

struct step_state session_step_state(const struct session *session, const struct step *step)
{
	const struct step_state none = {0, NULL};
	if (session->traced != NULL) {
		const struct step *printed = session_trace_step(session, step);
		bool stated = printed != NULL && printed->state != 0;
		return stated ? session_step_state(session->traced, printed) : none;
	}
	if (step->state != 0 && session->trace != NULL && !step->inferred)
		return (struct step_state){step->state,
		                           session_trace_state_name(session->trace, step->state, &step->at)};
	return session_implied_state(session, step);
}

const char *session_state_name(enum session_state state)
{
	static const struct name names[] = {
	    {SESSION_CONNECTING, "connecting"}, {SESSION_HANDSHAKING, "handshaking"},
	    {SESSION_ACTIVE, "active"},         {SESSION_CLOSED, "closed"},
	    {SESSION_FAILED, "failed"},         {SESSION_SILENT, "silent"},
	};
	return name_find(names, COUNT(names), state);
}

const char *session_handshake_name(enum handshake_state state)
{
	static const struct name names[] = {
	    {HANDSHAKE_NONE, "none"},
	    {HANDSHAKE_NOT_CAPTURED, "not-captured"},
	    {HANDSHAKE_INCOMPLETE, "incomplete"},
	    {HANDSHAKE_FAILED, "failed"},
	    {HANDSHAKE_COMPLETE, "complete"},
	};
	return name_find(names, COUNT(names), state);
}

const char *session_client_certificate_name(enum client_certificate value)
{
	static const struct name names[] = {
	    {CLIENT_CERTIFICATE_NONE, "none"},
	    {CLIENT_CERTIFICATE_NOT_REQUESTED, "not-requested"},
	    {CLIENT_CERTIFICATE_NOT_VISIBLE, "not-visible"},
	    {CLIENT_CERTIFICATE_EMPTY, "empty"},
	    {CLIENT_CERTIFICATE_SENT, "sent"},
	};
	return name_find(names, COUNT(names), value);
}

const char *session_observed_name(enum auth_observed observed)
{
	static const struct name names[] = {
	    {AUTH_OBSERVED_NONE, "none"},
	    {AUTH_OBSERVED_ACCEPTED, "accepted"},
	    {AUTH_OBSERVED_REJECTED, "rejected"},
	};
	return name_find(names, COUNT(names), observed);
}

const char *session_step_name(enum step_kind kind)
{
	static const struct name names[] = {
	    {STEP_CLIENT_HELLO, "client_hello"},
	    {STEP_SERVER_HELLO, "server_hello"},
	    {STEP_HELLO_RETRY_REQUEST, "hello_retry_request"},
    {STEP_HELLO_VERIFY_REQUEST, "hello_verify_request"},
	    {STEP_ENCRYPTED_EXTENSIONS, "encrypted_extensions"},
	    {STEP_CERTIFICATE, "certificate"},
	    {STEP_CERTIFICATE_STATUS, "certificate_status"},
	    {STEP_SERVER_KEY_EXCHANGE, "server_key_exchange"},
	    {STEP_CERTIFICATE_REQUEST, "certificate_request"},
	    {STEP_SERVER_HELLO_DONE, "server_hello_done"},
	    {STEP_CLIENT_KEY_EXCHANGE, "client_key_exchange"},
	    {STEP_CERTIFICATE_VERIFY, "certificate_verify"},
	    {STEP_CHANGE_CIPHER_SPEC, "change_cipher_spec"},
	    {STEP_FINISHED, "finished"},
	    {STEP_NEW_SESSION_TICKET, "new_session_ticket"},
	    {STEP_END_OF_EARLY_DATA, "end_of_early_data"},
	    {STEP_KEY_UPDATE, "key_update"},
	    {STEP_HELLO_REQUEST, "hello_request"},
	    {STEP_ENCRYPTED_HANDSHAKE, "encrypted_handshake"},
	};
	return name_find(names, COUNT(names), kind);
}

const char *session_close_name(enum close_kind close)
{
	static const struct name names[] = {{CLOSE_FIN, "fin"}, {CLOSE_RST, "rst"}, {CLOSE_ALERT, "alert"}};
	return name_find(names, COUNT(names), close);
}

const char *session_version_name(const struct session_tls *tls, uint16_t version)
{
	uint16_t dtls = tls->datagram ? dtls_of_tls(version) : 0;
	return tls_version_name(dtls != 0 ? dtls : version);
}
