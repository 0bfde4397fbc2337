/* Signals; see signals.h. One that comes between the look at the flags and the wait ends the wait. */
#define _GNU_SOURCE /* ppoll */
#include "ui/signals.h"

#include "analyzer/origin.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t report_wanted, end_wanted, stop_wanted, size_changed;

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

static void on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void on_size(int number)
{
	(void)number;
	size_changed = 1;
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

/* A second signal must not end the program while it has the terminal. */
void signals_take_screen(void)
{
	struct sigaction end = {.sa_handler = on_end, .sa_flags = SA_RESTART};
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction size = {.sa_handler = on_size, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		sigaction(ends[i], &end, NULL);
	sigaction(SIGQUIT, &end, NULL);
	sigaction(SIGTSTP, &stop, NULL);
	sigaction(SIGWINCH, &size, NULL);
}

bool signals_stop(void)
{
	bool wanted = stop_wanted != 0;
	stop_wanted = 0;
	return wanted;
}

bool signals_size(void)
{
	bool changed = size_changed != 0;
	size_changed = 0;
	return changed;
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
	struct timespec wait = {.tv_sec = (time_t)(timeout / NS_PER_S),
	                        .tv_nsec = (long)(timeout % NS_PER_S)};
	sigemptyset(&taken);
	sigaddset(&taken, SIGUSR1);
	sigaddset(&taken, SIGQUIT);
	sigaddset(&taken, SIGTSTP);
	sigaddset(&taken, SIGWINCH);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		sigaddset(&taken, ends[i]);
	sigprocmask(SIG_BLOCK, &taken, &before);
	if (!report_wanted && !end_wanted && !stop_wanted && !size_changed)
		(void)ppoll(fds, n, timeout < 0 ? NULL : &wait, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
