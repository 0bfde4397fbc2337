/*
 * What a debug trace of the controller says of one session, beyond the facts that packets give too. Part of
 * the model.
 *
 * Written by trace_session.c, read by session.c, findings and screens, owned and freed by the session. Holds
 * facts; what follows from them is computed here on demand. It never parses a line.
 */
#ifndef ANALYZER_SESSION_TRACE_H
#define ANALYZER_SESSION_TRACE_H

#include "analyzer/session.h"
#include "dissect/trace.h"

/* A callback of OpenSSL (TRACE_STATE, TRACE_OPENSSL_STATE), or what the controller itself says. */
struct trace_event {
	struct origin at;
	enum trace_kind kind;
	uint16_t state, where; /* 0 = could not be read */
	int32_t ret;
	char text[LIMIT_TRACE_TEXT]; /* the state's text as printed, "" when there is none */
};

/* NMSP messages that the trace names. */
struct trace_message {
	char name[LIMIT_TRACE_TEXT]; /* "NMSP_APP_..._MSG" */
	uint64_t count;
	struct origin last;
};

/* An origin whose packet is 0: the trace does not say it. */
struct session_trace {
	bool has_pointer, has_conn, has_pid;
	bool by_engine; /* openssl s_client printed it, which is in the engine's place; else the controller */
	uint64_t pointer; /* of the controller's SSL object */
	uint32_t conn;    /* number of the connection */
	uint32_t pid;
	struct origin allocated, checked, answered, not_validated, failed, done, connected, freed;
	struct origin waiting; /* since then it waits for the peer; nothing was completed behind it */
	enum trace_answer answer;
	uint32_t error;    /* with `failed`: of OpenSSL, 0 = not printed */
	bool not_verified; /* the error says so of the engine's certificate */
	bool empty;        /* the peer sent an empty certificate message */
	uint64_t
	    lost; /* lines missing between its first and last line; without an end, to the end of the log */
	uint64_t lost_before; /* lines of the log that were missing when it began */
	struct origin first_lost;
	uint64_t unreadable; /* callbacks whose state could not be read */
	struct trace_event *events;
	uint32_t n_events, room_events;
	uint64_t events_dropped;
	struct trace_message *messages;
	uint32_t n_messages, room_messages;
	uint64_t other_messages; /* beyond LIMIT_TRACE_MESSAGES */
};

/* The session's, made when there is none yet. */
struct session_trace *session_trace_of(struct session *session);
/* Folds what the session's eviction loses into the capture's counts, and frees. NULL is allowed. */
void session_trace_free(struct model *model, struct session_trace *trace);

/* Beyond the caps events are counted and not kept. NULL then. */
struct trace_event *session_trace_add(struct model *model, struct session *session,
                                      const struct trace_event *event);
void session_trace_count(struct model *model, struct session *session, struct span name,
                         const struct origin *at);

enum session_rank session_trace_rank(const struct session *session);

/* No line of it is missing or unreadable up to this event; NULL asks for the whole session. */
bool session_trace_whole(const struct session *session, const struct origin *until);

/* All that is there of it is the line of a syslog which says that the controller closes it. */
bool session_trace_syslog(const struct session *session);

/* The handshake as the trace tells it. */
enum handshake_state session_trace_handshake(const struct session *session);

/* The callback that this line belongs to, NULL when none is kept. */
const struct trace_event *session_trace_event(const struct session_trace *trace, const struct origin *at);

/*
 * The step of the same message in the trace that belongs to this session of the wire; NULL without one. Of
 * repeated messages the first belongs to the first, and so on.
 */
const struct step *session_trace_step(const struct session *wire, const struct step *step);

/* The text of a state as printed at or in front of this line, else by OpenSSL's table; NULL for neither. */
const char *session_trace_state_name(const struct session_trace *trace, uint16_t state,
                                     const struct origin *at);

/* What the states say of the key exchange: no key exchange message of the server is static RSA. */
enum trace_told { TRACE_TOLD_NOTHING, TRACE_TOLD_YES, TRACE_TOLD_NO };
enum trace_told session_trace_static_rsa(const struct session *session);
enum trace_told session_trace_ticket(const struct session *session);

#endif
