/*
 * One connection of a simulator: a non-blocking socket, the TLS end and the talk over it. sim_run.c tells it
 * when the socket is ready and what time it is.
 */
#ifndef SAMPLES_SIM_CONN_H
#define SAMPLES_SIM_CONN_H

#include "samples/sim_talk.h"
#include "samples/sim_tls.h"

enum sim_conn_state {
	SIM_CONN_CONNECTS,
	SIM_CONN_SHAKES, /* TLS hands */
	SIM_CONN_OPEN,
	SIM_CONN_CLOSES, /* has said its last and waits for the other side's end */
	SIM_CONN_OVER,   /* the socket is closed */
};

/* What became of it. */
enum sim_conn_fate {
	SIM_CONN_NOTHING,  /* no TCP connection came about */
	SIM_CONN_BROKEN,   /* the handshake or the session ended otherwise than by a close */
	SIM_CONN_REJECTED, /* by the controller, because of the certificate; the engine knows it by the alert
	                    */
	SIM_CONN_ACCEPTED,
};

struct sim_conn {
	const char *role; /* begins its lines */
	unsigned number;  /* from 1 */
	int fd;
	enum sim_conn_state state;
	enum sim_conn_fate fate;
	struct sim_tls_end *end;
	struct sim_talk talk;
	const struct sim_talk_plan *plan;
	struct bytes plain; /* read, but the verdict is held back */
	struct bytes out;   /* not sent yet */
	size_t sent;        /* of it */
	int64_t start;      /* of the program; the lines count from it */
	int64_t hold;       /* nothing happens before; INT64_MIN: no pause */
	int64_t deadline;   /* while it closes */
	bool held, ended;   /* the verdict had its pause; the other side has closed its direction */
};

/* Takes over a socket that connects (engine) or is connected (controller). */
void sim_conn_start(struct sim_conn *conn, int fd, const struct sim_tls *tls, int64_t now);

/* Reads, thinks and writes as far as the socket and the time allow. */
void sim_conn_work(struct sim_conn *conn, int64_t now);

/* When time alone gives it something to do. */
int64_t sim_conn_due(const struct sim_conn *conn);

/* Says goodbye in good order; sim_conn_work then ends it. */
void sim_conn_close(struct sim_conn *conn, int64_t now);

/* Closes the socket as it stands. */
void sim_conn_end(struct sim_conn *conn);

/* One line on standard output: seconds since the start, role, number, text. */
__attribute__((format(printf, 3, 4))) void sim_conn_say(const struct sim_conn *conn, int64_t now,
                                                        const char *format, ...);

#endif
