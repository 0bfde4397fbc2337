/*
 * The loop of the simulators; see sim_run.h. Called by simulate.c. Opens no address but the plan's.
 */
#include "samples/sim_run.h"

#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BACKLOG = 4096, OTHER_FILES = 32 };

#define PATIENCE  (3 * NS_PER_S) /* for connections to end once all are told to */

struct slot { /* one connection after the other */
	struct sim_conn conn;
	int64_t next;  /* when it starts, INT64_MAX: it does not */
	unsigned left; /* tries behind this one */
};

struct run {
	const struct sim_run_plan *plan;
	struct slot **slots; /* each stays where it is: epoll knows it */
	size_t n, room;
	int epoll, listener; /* -1: no listener */
	int64_t start, now, due;
	bool closing;
	unsigned tries, fates[SIM_CONN_ACCEPTED + 1];
	uint64_t requests, responses, sent, received;
	struct err *err;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sooner(struct run *run, int64_t due)
{
	if (due < run->due)
		run->due = due;
}

/* ---- connections ------------------------------------------------------------------------------------ */

static socklen_t address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static struct slot *new_slot(struct run *run)
{
	if (run->n == run->room) {
		run->room = run->room == 0 ? 64 : 2 * run->room;
		run->slots = xrealloc(run->slots, run->room * sizeof(struct slot *));
	}
	struct slot *slot = xcalloc(1, sizeof *slot);
	slot->next = INT64_MAX;
	slot->conn = (struct sim_conn){.role = run->plan->role,
	                               .number = (unsigned)run->n + 1,
	                               .fd = -1,
	                               .state = SIM_CONN_OVER,
	                               .plan = &run->plan->talk,
	                               .start = run->start};
	run->slots[run->n++] = slot;
	return slot;
}

static int take_socket(struct run *run, struct slot *slot, int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = slot};
	sim_conn_start(&slot->conn, fd, run->plan->tls, run->now);
	return epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) == 0
	           ? 0
	           : err_set(run->err, "epoll: %s", strerror(errno));
}

static int accept_all(struct run *run)
{
	while (!run->closing && (run->plan->connections == 0 || run->n < run->plan->connections)) {
		int fd = accept(run->listener, NULL, NULL);
		if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED))
			return 0;
		if (fd < 0)
			return err_set(run->err, "accept: %s", strerror(errno));
		fcntl(fd, F_SETFL, O_NONBLOCK);
		struct slot *slot = new_slot(run);
		run->tries++;
		if (take_socket(run, slot, fd) != 0)
			return -1;
		sim_conn_say(&slot->conn, run->now, "connected");
	}
	return 0;
}

/* A connection that has ended is counted, and comes again if it may. */
static void settle(struct run *run, struct slot *slot)
{
	const struct sim_talk *talk = &slot->conn.talk;
	run->requests += talk->requests;
	run->responses += talk->responses;
	run->sent += talk->sent;
	run->received += talk->received;
	slot->conn.talk = (struct sim_talk){.plan = NULL};
	if (slot->left > 0 && !run->closing) {
		slot->left--;
		slot->next = run->now + run->plan->every;
		sooner(run, slot->next);
	}
}

static int connect_slot(struct run *run, struct slot *slot)
{
	const struct sockaddr_storage *address = &run->plan->address;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(run->err, "socket: %s", strerror(errno));
	slot->next = INT64_MAX;
	run->tries++;
	if (connect(fd, (const struct sockaddr *)address, address_size(address)) == 0 || errno == EINPROGRESS)
		return take_socket(run, slot, fd);
	sim_conn_say(&slot->conn, run->now, "no connection: %s", strerror(errno));
	slot->conn.fate = SIM_CONN_NOTHING;
	close(fd);
	settle(run, slot);
	return 0;
}

static void work(struct run *run, struct slot *slot)
{
	if (slot->conn.state == SIM_CONN_OVER)
		return;
	sim_conn_work(&slot->conn, run->now);
	if (slot->conn.state == SIM_CONN_OVER)
		settle(run, slot);
	else
		sooner(run, sim_conn_due(&slot->conn));
}

/* ---- the loop --------------------------------------------------------------------------------------- */

/* Everything that time alone brings about; finds when the next of it is due. */
static int look_at_all(struct run *run)
{
	run->due = INT64_MAX;
	for (size_t i = 0; i < run->n; i++) {
		struct slot *slot = run->slots[i];
		if (!run->closing && slot->next <= run->now && connect_slot(run, slot) != 0)
			return -1;
		if (sim_conn_due(&slot->conn) <= run->now)
			work(run, slot);
		else
			sooner(run, sim_conn_due(&slot->conn));
		if (!run->closing)
			sooner(run, slot->next);
	}
	return 0;
}

static void close_all(struct run *run)
{
	run->closing = true;
	for (size_t i = 0; i < run->n; i++) {
		struct slot *slot = run->slots[i];
		if (slot->conn.state == SIM_CONN_OVER)
			continue;
		sim_conn_close(&slot->conn, run->now);
		work(run, slot);
	}
}

static bool all_over(const struct run *run)
{
	unsigned wanted = run->plan->connections;
	if (run->listener >= 0 && !run->closing && (wanted == 0 || run->n < wanted))
		return false;
	for (size_t i = 0; i < run->n; i++)
		if (run->slots[i]->conn.state != SIM_CONN_OVER ||
		    (!run->closing && run->slots[i]->next != INT64_MAX))
			return false;
	return true;
}

static int wait_ms(const struct run *run, int64_t until)
{
	int64_t due = run->due < until ? run->due : until;
	if (due <= run->now)
		return 0;
	int64_t ms = (due - run->now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > 1000 ? 1000 : (int)ms;
}

static int serve_events(struct run *run, int64_t until)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(run->epoll, events, EVENTS, wait_ms(run, until));
	if (n < 0 && errno != EINTR)
		return err_set(run->err, "epoll: %s", strerror(errno));
	run->now = clock_now();
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr != NULL)
			work(run, events[i].data.ptr);
		else if (accept_all(run) != 0)
			return -1;
	}
	return 0;
}

static int loop(struct run *run)
{
	int64_t until = run->start + run->plan->lasts;
	while (!all_over(run) && run->now < until) {
		if (serve_events(run, until) != 0)
			return -1;
		if (run->now >= run->due && look_at_all(run) != 0)
			return -1;
		if (run->plan->keys != NULL)
			sooner(run, sim_keys_write(run->plan->keys, run->now));
		if (!run->closing && (stopped || run->now >= until)) {
			close_all(run);
			until = run->now + PATIENCE;
		}
	}
	return 0;
}

/* ---- beginning and end ------------------------------------------------------------------------------ */

static int listen_there(struct run *run)
{
	const struct sockaddr_storage *address = &run->plan->address;
	int on = 1;
	run->listener = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (run->listener < 0)
		return err_set(run->err, "socket: %s", strerror(errno));
	setsockopt(run->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	if (bind(run->listener, (const struct sockaddr *)address, address_size(address)) != 0 ||
	    listen(run->listener, BACKLOG) != 0 ||
	    epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->listener, &event) != 0)
		return err_set(run->err, "cannot listen there: %s", strerror(errno));
	printf("0.000 %s: listening\n", run->plan->role);
	return 0;
}

static int allow_files(struct run *run)
{
	struct rlimit limit;
	rlim_t wanted = run->plan->connections + OTHER_FILES;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < wanted)
		return err_set(run->err, "%u connections are more than ulimit -Hn allows",
		               run->plan->connections);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return 0;
}

static int begin(struct run *run)
{
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (run->epoll < 0)
		return err_set(run->err, "epoll: %s", strerror(errno));
	if (allow_files(run) != 0)
		return -1;
	if (run->plan->talk.dir == 1)
		return listen_there(run);
	for (unsigned i = 0; i < run->plan->connections; i++) {
		struct slot *slot = new_slot(run);
		slot->next = run->start + (int64_t)i * NS_PER_S / run->plan->rate;
		slot->left = run->plan->retry;
	}
	run->due = run->start;
	return 0;
}

static enum sim_run_status sum_up(struct run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		struct slot *slot = run->slots[i];
		if (slot->conn.state != SIM_CONN_OVER) {
			sim_conn_end(&slot->conn);
			settle(run, slot);
		}
		run->fates[slot->conn.fate]++;
	}
	const unsigned *fates = run->fates;
	printf("%s: tries %u, accepted %u, rejected %u, broken %u, unreachable %u, echoes %llu of %llu, "
	       "messages sent %llu, received %llu\n",
	       run->plan->role, run->tries, fates[SIM_CONN_ACCEPTED], fates[SIM_CONN_REJECTED],
	       fates[SIM_CONN_BROKEN], fates[SIM_CONN_NOTHING], (unsigned long long)run->responses,
	       (unsigned long long)run->requests, (unsigned long long)run->sent,
	       (unsigned long long)run->received);
	if (fates[SIM_CONN_NOTHING] == run->n)
		return SIM_RUN_NOBODY;
	return fates[SIM_CONN_ACCEPTED] == run->n ? SIM_RUN_ACCEPTED : SIM_RUN_REJECTED;
}

static void end(struct run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		sim_conn_end(&run->slots[i]->conn);
		free(run->slots[i]);
	}
	free(run->slots);
	if (run->listener >= 0)
		close(run->listener);
	if (run->epoll >= 0)
		close(run->epoll);
}

enum sim_run_status sim_run(const struct sim_run_plan *plan, struct err *err)
{
	struct run run = {.plan = plan, .epoll = -1, .listener = -1, .due = INT64_MAX, .err = err};
	struct sigaction action = {.sa_handler = stop};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	run.start = run.now = clock_now();
	enum sim_run_status status = SIM_RUN_TROUBLE;
	if (begin(&run) == 0 && loop(&run) == 0)
		status = sum_up(&run);
	end(&run);
	return status;
}
