/*
 * One NMSP connection: TLS peers over a TCP conversation, or DTLS peers over UDP. The scenarios and benchmarks play it step by
 * step; frames go to the wire it was given. dir 0 = engine, 1 = controller.
 */
#ifndef SAMPLES_SESSION_H
#define SAMPLES_SESSION_H

#include "samples/tlspeer.h"
#include "samples/wire.h"

struct session_plan {
	struct wire_host host[2];
	int64_t start; /* nanoseconds since 1970-01-01 UTC */
	bool plaintext;     /* no TLS: messages follow the TCP handshake */
	bool other_framing; /* the messages have another header than assumed-1's */
	bool clocks;        /* hellos carry the time of the wire, */
	int64_t clock[2];   /* so many seconds ahead of it */
	struct tlspeer_plan tls;
};

struct session {
	struct wire_conversation talk;
	struct tlspeer *tls; /* NULL in plaintext */
	size_t mtu;          /* of DTLS over UDP; 0: TLS over TCP */
	bool other_framing;
	bool clocks;
	int64_t clock[2];
	bool paused;          /* the wait for the AuthList's answer is over */
	bool spoken[2];
	bool split;           /* the engine has written its first record, which is never split */
	uint32_t transaction; /* of the engine's last request */
};

/* Sends nothing yet. Wire and plan are borrowed; session_free gives back the rest. */
struct session session_new(struct wire *wire, const struct session_plan *plan);
void session_free(struct session *session);

/* Lets time pass; what is not acknowledged yet is after the usual 40 ms. */
void session_wait(struct session *session, int64_t ns);

/*
 * Lets `dir` work, puts what it says on the wire and delivers it. False when it had nothing to say. The
 * controller's answer to a certificate comes a second late, facts.md section 7.
 */
bool session_step(struct session *session, int dir);

/*
 * Opens TCP and steps both sides until neither has more to say; true when the handshake is complete. In
 * plaintext it is with TCP's.
 */
bool session_handshake(struct session *session);

/* Sends one NMSP message as application data; TLS 1.0 engines as two records, 1 and n-1 bytes. */
void session_message(struct session *session, int dir, struct span message);

/* close_notify of `dir`, then the TCP close where there is one. */
void session_close(struct session *session, int dir);

#endif
