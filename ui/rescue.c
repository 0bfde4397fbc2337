/* The last thing that a dying program does; see rescue.h. Only calls that POSIX allows in a signal handler.
 */
#include "ui/rescue.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define STACK_BYTES (64 * 1024) /* a program whose stack has no room left gets this one */

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

#define FAULTS (sizeof faults / sizeof faults[0])

static struct {
	volatile sig_atomic_t taken;
	int terminal;
	bool has_settings;
	struct termios settings;
	char bytes[RESCUE_BYTES];
	size_t n;
	struct sigaction before[FAULTS];
} kept;

static char stack[STACK_BYTES];

static void give_back(void)
{
	if (kept.taken == 0)
		return;
	kept.taken = 0;
	for (size_t done = 0; done < kept.n;) {
		ssize_t part = write(kept.terminal, &kept.bytes[done], kept.n - done);
		if (part < 0 && errno != EINTR)
			break;
		done += part > 0 ? (size_t)part : 0;
	}
	if (kept.has_settings)
		tcsetattr(kept.terminal, TCSANOW, &kept.settings);
}

/* An instruction that failed fails again on return, which is then told as if nobody had been in between. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	give_back();
	for (size_t i = 0; i < FAULTS; i++)
		if (faults[i] == number)
			sigaction(number, &kept.before[i], NULL);
	if (number == SIGABRT || info->si_code <= 0)
		raise(number);
}

void rescue_prepare(int terminal, const char *bytes, size_t n)
{
	stack_t other, own = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction take = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	kept.terminal = terminal;
	kept.has_settings = tcgetattr(terminal, &kept.settings) == 0;
	kept.n = n < RESCUE_BYTES ? n : RESCUE_BYTES;
	memcpy(kept.bytes, bytes, kept.n);
	if (sigaltstack(NULL, &other) == 0 && (other.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&own, NULL);
	for (size_t i = 0; i < FAULTS; i++)
		sigaction(faults[i], &take, &kept.before[i]);
}

void rescue_taken(bool taken)
{
	kept.taken = taken;
}
