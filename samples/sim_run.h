/*
 * A simulator at work: one thread, one epoll, any number of connections, a bounded time.
 */
#ifndef SAMPLES_SIM_RUN_H
#define SAMPLES_SIM_RUN_H

#include "samples/sim_conn.h"

#include <netinet/in.h>

/* Everything is borrowed. Times are nanoseconds. */
struct sim_run_plan {
	const char *role;
	struct sockaddr_storage address; /* to listen at (controller) or to connect to (engine) */
	const struct sim_tls *tls;
	struct sim_keys *keys; /* NULL: no key log */
	struct sim_talk_plan talk;
	unsigned connections; /* engine: at a time; controller: in all, 0: as many as come */
	unsigned rate;        /* engine: new ones a second */
	unsigned retry;       /* engine: each comes again so often, */
	int64_t every;        /* so long after its end */
	int64_t lasts;        /* then all are closed in good order; SIGINT and SIGTERM do that too */
};

enum sim_run_status {
	SIM_RUN_ACCEPTED, /* every connection; of an engine's the last try counts */
	SIM_RUN_REJECTED, /* one or more were rejected or broke off */
	SIM_RUN_TROUBLE,  /* it could not run, `err` says why */
	SIM_RUN_NOBODY,   /* no connection came about */
};

/* Prints a line an event, and the sums at the end, on standard output. */
enum sim_run_status sim_run(const struct sim_run_plan *plan, struct err *err);

#endif
