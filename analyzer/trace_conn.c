/* The tables of open connections. Called by trace_session.c for every line. */
#include "analyzer/trace_conn.h"

#include "analyzer/session_trace.h"
#include "analyzer/xmalloc.h"

#include <arpa/inet.h>

#define LOOKED_AT 32 /* latest connections of a process that a line without its pointer may mean */

void trace_conn_free(struct trace_conns *conns)
{
	for (uint32_t i = 0; i < conns->n_processes; i++)
		while (conns->processes[i].first != NULL)
			trace_conn_remove(conns, conns->processes[i].first);
	*conns = (struct trace_conns){.n_processes = 0};
}

/* ---- processes ---- */

static struct trace_process *oldest(struct trace_conns *conns)
{
	struct trace_process *process = &conns->processes[0];
	for (uint32_t i = 1; i < conns->n_processes; i++)
		if (conns->processes[i].used < process->used)
			process = &conns->processes[i];
	return process;
}

static struct trace_process *find_process(struct trace_conns *conns, uint32_t pid)
{
	if (conns->recent != NULL && conns->recent->pid == pid)
		return conns->recent;
	for (uint32_t i = 0; i < conns->n_processes; i++)
		if (conns->processes[i].pid == pid)
			return &conns->processes[i];
	return NULL;
}

struct trace_process *trace_conn_process(struct trace_conns *conns, uint32_t pid)
{
	struct trace_process *process = find_process(conns, pid);
	if (process == NULL && conns->n_processes < LIMIT_TRACE_PROCESSES) {
		process = &conns->processes[conns->n_processes++];
		*process = (struct trace_process){.pid = pid};
	} else if (process == NULL) {
		process = oldest(conns);
		while (process->first != NULL)
			trace_conn_remove(conns, process->first);
		*process = (struct trace_process){.pid = pid};
		conns->given_up++;
	}
	process->used = ++conns->uses;
	conns->recent = process;
	return process;
}

/* ---- connections ---- */

static struct trace_conn_key key_of(const struct trace_process *process, uint64_t pointer)
{
	return (struct trace_conn_key){.pointer = pointer, .pid = process->pid};
}

/* One hexadecimal digit is another. */
static bool one_digit(uint64_t a, uint64_t b)
{
	uint64_t differs = a ^ b;
	for (; differs > 0xf && (differs & 0xf) == 0; differs >>= 4)
		;
	return differs > 0 && differs <= 0xf;
}

static struct trace_conn *find_near(const struct trace_process *process, uint64_t pointer)
{
	struct trace_conn *found = NULL;
	size_t looked = 0;
	for (struct trace_conn *conn = process->first; conn != NULL && looked < LOOKED_AT;
	     conn = conn->next) {
		looked++;
		if (!conn->has_pointer || !one_digit(conn->key.pointer, pointer))
			continue;
		if (found != NULL)
			return NULL;
		found = conn;
	}
	return found;
}

struct trace_conn *trace_conn_find(struct trace_conns *conns, const struct trace_process *process,
                                   uint64_t pointer, bool near)
{
	struct trace_conn_key key = key_of(process, pointer);
	struct trace_conn *conn = process->current;
	if (conn != NULL && conn->has_pointer && conn->key.pointer == pointer)
		return conn;
	HASH_FIND(hh, conns->table, &key, sizeof key, conn);
	return conn != NULL || !near ? conn : find_near(process, pointer);
}

struct trace_conn *trace_conn_numbered(const struct trace_process *process, uint32_t number)
{
	size_t looked = 0;
	for (struct trace_conn *conn = process->first; conn != NULL && looked < LOOKED_AT;
	     conn = conn->next) {
		looked++;
		if (conn->has_number && conn->number == number)
			return conn;
	}
	return NULL;
}

struct trace_conn *trace_conn_awaiting(const struct trace_process *process, bool refused)
{
	enum trace_answer against = refused ? TRACE_ANSWER_YES : TRACE_ANSWER_NO;
	struct trace_conn *longest = NULL;
	size_t looked = 0;
	for (struct trace_conn *conn = process->first; conn != NULL && looked < LOOKED_AT;
	     conn = conn->next) {
		looked++;
		if (conn->awaiting && conn->session->trace->answer != against)
			longest = conn;
	}
	return longest;
}

struct trace_conn *trace_conn_add(struct trace_process *process, struct session *session)
{
	struct trace_conn *conn = xcalloc(1, sizeof *conn);
	conn->session = session;
	conn->process = process;
	conn->next = process->first;
	if (process->first != NULL)
		process->first->prev = conn;
	process->first = conn;
	process->current = conn;
	process->had_any = true;
	session->conn = conn;
	return conn;
}

struct addr trace_conn_address(struct span text)
{
	char copy[INET6_ADDRSTRLEN] = "";
	struct addr out = {0};
	if (text.n == 0 || text.n >= sizeof copy)
		return out;
	memcpy(copy, text.p, text.n);
	if (inet_pton(AF_INET, copy, out.bytes) == 1)
		out.version = 4;
	else if (inet_pton(AF_INET6, copy, out.bytes) == 1)
		out.version = 6;
	return out;
}

/* False for ends that could not be read: they may be anybody's. */
static bool has_ends(const struct session *session, const struct addr ends[2])
{
	return ends[0].version != 0 && ends[1].version != 0 &&
	       addr_equal(&session->addr[session->controller], &ends[0]) &&
	       addr_equal(&session->addr[session_engine(session)], &ends[1]);
}

struct trace_conn *trace_conn_between(const struct trace_process *process, const struct addr ends[2])
{
	struct trace_conn *conn = process->first;
	while (conn != NULL && !has_ends(conn->session, ends))
		conn = conn->next;
	return conn;
}

static void forget_pointer(struct trace_conns *conns, struct trace_conn *conn)
{
	if (conn->has_pointer)
		HASH_DELETE(hh, conns->table, conn);
	conn->has_pointer = false;
}

void trace_conn_set_pointer(struct trace_conns *conns, struct trace_conn *conn, uint64_t pointer)
{
	struct trace_conn *holder = trace_conn_find(conns, conn->process, pointer, false);
	if (holder != NULL)
		forget_pointer(conns, holder);
	forget_pointer(conns, conn);
	conn->key = key_of(conn->process, pointer);
	conn->has_pointer = true;
	HASH_ADD(hh, conns->table, key, sizeof conn->key, conn);
}

void trace_conn_set_number(struct trace_conn *conn, uint32_t number)
{
	struct trace_conn *holder = trace_conn_numbered(conn->process, number);
	if (holder != NULL)
		holder->has_number = false;
	conn->has_number = true;
	conn->number = number;
}

void trace_conn_remove(struct trace_conns *conns, struct trace_conn *conn)
{
	struct trace_process *process = conn->process;
	forget_pointer(conns, conn);
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		process->first = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	if (process->current == conn) {
		process->current = NULL;
		process->callback = (struct trace_callback){.open = false};
		process->orphan = (struct trace_orphan){.there = false};
	}
	conn->session->conn = NULL;
	free(conn);
}
