/*
 * A socket under a TLS end and a talk; see sim_conn.h. Called by sim_run.c. Never waits. The verdict about a
 * certificate is held back a second, facts.md section 7.
 */
#include "samples/sim_conn.h"

#include "analyzer/origin.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 16384, TEXT = 256 };

#define VERDICT_NS NS_PER_S
#define GOODBYE_NS (2 * NS_PER_S) /* for the other side's end */

void sim_conn_say(const struct sim_conn *conn, int64_t now, const char *format, ...)
{
	va_list args;
	printf("%.3f %s %u: ", (double)(now - conn->start) / NS_PER_S, conn->role, conn->number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void sim_conn_start(struct sim_conn *conn, int fd, const struct sim_tls *tls, int64_t now)
{
	bool connects = conn->plan->dir == 0;
	conn->fd = fd;
	conn->state = connects ? SIM_CONN_CONNECTS : SIM_CONN_SHAKES;
	conn->fate = connects ? SIM_CONN_NOTHING : SIM_CONN_BROKEN;
	conn->end = sim_tls_end_new(tls);
	conn->talk = sim_talk_new(conn->plan, now);
	conn->sent = 0;
	conn->hold = conn->deadline = INT64_MIN;
	conn->held = conn->ended = false;
}

void sim_conn_end(struct sim_conn *conn)
{
	if (conn->state == SIM_CONN_OVER)
		return;
	close(conn->fd);
	conn->fd = -1;
	conn->state = SIM_CONN_OVER;
	sim_tls_end_free(conn->end);
	sim_talk_free(&conn->talk);
	bytes_free(&conn->plain);
	bytes_free(&conn->out);
}

static void say_goodbye(struct sim_conn *conn, int64_t now)
{
	if (conn->state == SIM_CONN_CLOSES)
		return;
	conn->state = SIM_CONN_CLOSES;
	conn->deadline = now + GOODBYE_NS;
}

void sim_conn_close(struct sim_conn *conn, int64_t now)
{
	if (conn->state == SIM_CONN_OPEN)
		sim_tls_close(conn->end, &conn->out);
	say_goodbye(conn, now);
}

/* ---- the socket ------------------------------------------------------------------------------------- */

static void lose(struct sim_conn *conn, int64_t now, int error)
{
	if (conn->state == SIM_CONN_CONNECTS)
		sim_conn_say(conn, now, "no connection: %s", strerror(error));
	else if (conn->state != SIM_CONN_CLOSES) {
		sim_conn_say(conn, now, "broken: %s", strerror(error));
		conn->fate = SIM_CONN_BROKEN;
	}
	sim_conn_end(conn);
}

/* What came, appended to `in`. False when the connection is lost. */
static bool receive(struct sim_conn *conn, int64_t now, struct bytes *in)
{
	uint8_t chunk[CHUNK];
	while (!conn->ended) {
		ssize_t n = recv(conn->fd, chunk, sizeof chunk, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0) {
			lose(conn, now, errno);
			return false;
		}
		conn->ended = n == 0;
		bytes_add(in, span_of(chunk, (size_t)n));
	}
	return true;
}

static bool all_sent(const struct sim_conn *conn)
{
	return conn->sent == conn->out.n;
}

static void send_out(struct sim_conn *conn, int64_t now)
{
	while (!all_sent(conn)) {
		struct span left = span_cut(bytes_span(&conn->out), conn->sent, conn->out.n);
		ssize_t n = send(conn->fd, left.p, left.n, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			lose(conn, now, errno);
			return;
		}
		conn->sent += (size_t)n;
	}
	if (!all_sent(conn))
		return;
	bytes_clear(&conn->out);
	conn->sent = 0;
	if (conn->state != SIM_CONN_CLOSES)
		return;
	/* A close with bytes unread would reset the connection and take the last words with it. */
	shutdown(conn->fd, SHUT_WR);
	if (conn->ended)
		sim_conn_end(conn);
}

static bool connected(struct sim_conn *conn, int64_t now)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
		lose(conn, now, error);
		return false;
	}
	if (getpeername(conn->fd, &(struct sockaddr){0}, &(socklen_t){sizeof(struct sockaddr)}) != 0)
		return false;
	conn->state = SIM_CONN_SHAKES;
	conn->fate = SIM_CONN_BROKEN;
	sim_conn_say(conn, now, "connected");
	return true;
}

/* ---- what it means ---------------------------------------------------------------------------------- */

static void opened(struct sim_conn *conn, int64_t now)
{
	char name[TEXT];
	sim_tls_name(conn->end, name, sizeof name);
	sim_conn_say(conn, now, "session %s", name);
	conn->state = SIM_CONN_OPEN;
	conn->fate = SIM_CONN_ACCEPTED;
	conn->talk = sim_talk_new(conn->plan, now);
}

/* TLS 1.3 lets an engine believe in a session before the alert comes. */
static void failed(struct sim_conn *conn, int64_t now)
{
	char why[TEXT] = "this is not the NMSP that we speak";
	if (!conn->talk.bad)
		sim_tls_why(conn->end, why, sizeof why);
	bool rejected = sim_tls_refused(conn->end);
	conn->fate = rejected ? SIM_CONN_REJECTED : SIM_CONN_BROKEN;
	sim_conn_say(conn, now, "%s: %s", rejected ? "rejected" : "broken", why);
	say_goodbye(conn, now);
}

static void follow(struct sim_conn *conn, enum sim_tls_state state, int64_t now)
{
	if (conn->state == SIM_CONN_SHAKES && state == SIM_TLS_OPEN)
		opened(conn, now);
	if (conn->state == SIM_CONN_OPEN)
		sim_talk_read(&conn->talk, bytes_span(&conn->plain), now);
	bytes_clear(&conn->plain);
	if (conn->talk.bad || state == SIM_TLS_FAILED) {
		failed(conn, now);
	} else if (state == SIM_TLS_ENDED || conn->ended) {
		bool early = conn->state == SIM_CONN_SHAKES;
		sim_conn_say(conn, now, "%s by the other side", early ? "broken: closed" : "closed");
		sim_conn_close(conn, now);
	}
}

static void speak(struct sim_conn *conn, int64_t now)
{
	struct bytes message = {.p = NULL};
	while (conn->state == SIM_CONN_OPEN && sim_talk_next(&conn->talk, now, &message)) {
		sim_tls_write(conn->end, bytes_span(&message), &conn->out);
		bytes_clear(&message);
	}
	bytes_free(&message);
	if (conn->state == SIM_CONN_OPEN && sim_talk_over(&conn->talk)) {
		sim_conn_say(conn, now, "closed, all is said");
		sim_conn_close(conn, now);
	}
}

/* What came in reaches TLS; false while the verdict about a certificate is held back. */
static bool think(struct sim_conn *conn, struct span in, int64_t now)
{
	enum sim_tls_state state = sim_tls_step(conn->end, in, now, &conn->plain, &conn->out);
	if (sim_tls_judged(conn->end) && !conn->held) {
		conn->held = true;
		conn->hold = now + VERDICT_NS;
		return false;
	}
	follow(conn, state, now);
	speak(conn, now);
	return true;
}

void sim_conn_work(struct sim_conn *conn, int64_t now)
{
	struct bytes in = {.p = NULL};
	if (conn->state == SIM_CONN_OVER || now < conn->hold)
		return;
	conn->hold = INT64_MIN;
	if (conn->state == SIM_CONN_CONNECTS && !connected(conn, now))
		return;
	bool go = receive(conn, now, &in);
	if (go && conn->state != SIM_CONN_CLOSES)
		go = think(conn, bytes_span(&in), now);
	bytes_free(&in);
	if (go)
		send_out(conn, now);
	if (conn->state == SIM_CONN_CLOSES && now >= conn->deadline)
		sim_conn_end(conn);
}

int64_t sim_conn_due(const struct sim_conn *conn)
{
	if (conn->state == SIM_CONN_OVER)
		return INT64_MAX;
	if (conn->hold != INT64_MIN)
		return conn->hold;
	if (conn->state == SIM_CONN_CLOSES)
		return conn->deadline;
	return conn->state == SIM_CONN_OPEN ? conn->talk.due : INT64_MAX;
}
