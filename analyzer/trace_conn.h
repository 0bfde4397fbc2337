/*
 * The connections of a trace that are open: by process, by the pointer of their SSL object, by number.
 *
 * Owned and called by trace_session.c. Knows which connection a line may mean, never what the line says.
 */
#ifndef ANALYZER_TRACE_CONN_H
#define ANALYZER_TRACE_CONN_H

#include "analyzer/hash.h"
#include "analyzer/model.h"

struct trace_process;

/* Compared as bytes: no padding. */
struct trace_conn_key {
	uint64_t pointer, pid;
};

struct trace_conn {
	struct session *session;
	struct trace_process *process;
	struct trace_conn *prev, *next; /* of the process, latest first */
	bool has_pointer, has_number;
	bool begun;                /* its handshake went beyond the first state */
	bool awaiting;             /* the AuthList was asked, and its handshake did not go on since */
	bool resumed;              /* it went on */
	struct trace_conn_key key; /* with has_pointer */
	uint32_t number;
	UT_hash_handle hh;
};

/* The four lines of a callback, as far as they came. */
struct trace_callback {
	bool open, has_state, has_type, has_desc;
	bool alert;     /* its alert was told */
	uint16_t where; /* 0 = could not be read */
	struct origin at;
};

/* An alert whose first line is missing: who sent it is told by what comes behind it. */
struct trace_orphan {
	bool there;
	uint8_t level, code;
	struct origin at;
};

struct trace_process {
	uint32_t pid;
	uint64_t used;              /* when a line named it last */
	struct trace_conn *current; /* the connection that its lines speak of; NULL = none */
	struct trace_conn *first;
	bool had_any; /* it named a connection before */
	struct trace_callback callback;
	struct trace_orphan orphan;
};

struct trace_conns {
	struct trace_process processes[LIMIT_TRACE_PROCESSES];
	uint32_t n_processes;
	struct trace_process *recent;
	struct trace_conn *table;
	uint64_t uses, given_up; /* given_up: processes that made room */
};

void trace_conn_free(struct trace_conns *conns); /* all of them, and the processes; the sessions stay */

/* The process of this id; at LIMIT_TRACE_PROCESSES the one that was named longest ago makes room. */
struct trace_process *trace_conn_process(struct trace_conns *conns, uint32_t pid);

/*
 * The connection with this pointer, NULL when none. `near`: a pointer may be misread, so the only one of the
 * process that differs in one digit will do.
 */
struct trace_conn *trace_conn_find(struct trace_conns *conns, const struct trace_process *process,
                                   uint64_t pointer, bool near);
struct trace_conn *trace_conn_numbered(const struct trace_process *process, uint32_t number);

/* An address in a line; version 0 for what is none: they are blotted out in what people paste. */
struct addr trace_conn_address(struct span text);

/* The connection of the process between the controller's and the engine's address, NULL when none is. */
struct trace_conn *trace_conn_between(const struct trace_process *process, const struct addr ends[2]);

/* The connection that waits for the AuthList for longest, its answer not against it. NULL when none does. */
struct trace_conn *trace_conn_awaiting(const struct trace_process *process, bool refused);

/* A new one; it becomes the current one of its process. */
struct trace_conn *trace_conn_add(struct trace_process *process, struct session *session);

/* Takes the pointer or number away from whoever has it. */
void trace_conn_set_pointer(struct trace_conns *conns, struct trace_conn *conn, uint64_t pointer);
void trace_conn_set_number(struct trace_conn *conn, uint32_t number);

/* The connection ends, or is no longer followed. */
void trace_conn_remove(struct trace_conns *conns, struct trace_conn *conn);

#endif
