/* Signals; see signals.h. One that comes between the look at the flags and the wait ends the wait. */
#define _GNU_SOURCE /* ppoll */
#include "ui/signals.h"

#include "analyzer/origin.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t report_wanted, end_wanted;

static void on_report(int number)
{
	(void)number;
	report_wanted = 1;
}

static void on_end(int number)
{
	(void)number;
	end_wanted = 1;
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

void signals_take(void)
{
	struct sigaction report = {.sa_handler = on_report, .sa_flags = SA_RESTART};
	struct sigaction end = {.sa_handler = on_end, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
	sigaction(SIGUSR1, &report, NULL);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		sigaction(ends[i], &end, NULL);
}

bool signals_report(void)
{
	bool wanted = report_wanted != 0;
	report_wanted = 0;
	return wanted;
}

bool signals_end(void)
{
	return end_wanted != 0;
}

void signals_poll(struct pollfd *fds, nfds_t n, int64_t timeout)
{
	sigset_t taken, before;
	struct timespec wait = {.tv_sec = (time_t)(timeout / NS_PER_S), .tv_nsec = (long)(timeout % NS_PER_S)};
	sigemptyset(&taken);
	sigaddset(&taken, SIGUSR1);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		sigaddset(&taken, ends[i]);
	sigprocmask(SIG_BLOCK, &taken, &before);
	if (!report_wanted && !end_wanted)
		(void)ppoll(fds, n, timeout < 0 ? NULL : &wait, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
