/*
 * What the first record of a TLS 1.3 client's encrypted flight tells by its size alone; see session.h. Pure:
 * reads the model, keeps nothing. Says nothing where the size fits more than one message.
 */
#include "analyzer/session.h"

#include "analyzer/tls_suite.h"
#include "analyzer/tls_told.h"

/* Of plaintext, RFC 8446 sections 4, 4.4.2, 4.4.4 and 6. */
#define ALERT             2
#define HEADER            4 /* of a handshake message */
#define EMPTY_CERTIFICATE (HEADER + 1 + 3)
#define SMALL_CERTIFICATE 160 /* with a key of 32 bytes and a signature of 64 one has more */

/* Early data comes in front of the flight, and what was opened needs no guess. */
static bool can_tell(const struct session *session, uint8_t client)
{
	const struct session_tls *tls = &session->tls;
	const struct tls_told *hello = tls->told[TOLD_CLIENT_HELLO];
	const struct origin *first = &tls->first_protected[client];
	return tls->version == TLS_1_3 && tls->server_hello && hello != NULL &&
	       (hello->flags & TOLD_EARLY_DATA) == 0 && first->packet != 0 && tls->opened[client] == 0 &&
	       session_whole(session, first);
}

enum client_flight session_client_flight(const struct session *session)
{
	uint8_t client = session_tls_client(session);
	const struct tls_suite *suite = tls_suite_find(session->tls.cipher);
	if (!can_tell(session, client) || suite == NULL || !suite->tls13)
		return CLIENT_FLIGHT_UNKNOWN;
	size_t body = session->tls.first_protected_length[client];
	size_t around = suite->cipher->tag_bytes + 1; /* the tag, and the type behind the plaintext */
	size_t plain = body > around ? body - around : 0;
	size_t finished = HEADER + suite->hash->bytes;
	if (plain >= SMALL_CERTIFICATE)
		return CLIENT_FLIGHT_CERTIFICATE;
	if (plain == EMPTY_CERTIFICATE || plain == EMPTY_CERTIFICATE + finished)
		return CLIENT_FLIGHT_EMPTY;
	if (plain == finished)
		return CLIENT_FLIGHT_FINISHED;
	return plain == ALERT ? CLIENT_FLIGHT_ALERT : CLIENT_FLIGHT_UNKNOWN;
}
