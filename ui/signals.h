/*
 * Signals as flags that a loop looks at. The flags are the only changing globals of the program, because a signal
 * handler is given nothing else.
 */
#ifndef UI_SIGNALS_H
#define UI_SIGNALS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* SIGUSR1, SIGINT, SIGTERM and SIGHUP from here on; a second one of those that end has its default effect. */
void signals_take(void);

/*
 * The same with SIGQUIT, SIGTSTP and SIGWINCH, while there is a screen: no signal of these ends the program by itself until
 * signals_take is called again.
 */
void signals_take_screen(void);

/* SIGTSTP came since the last call: Ctrl-Z. */
bool signals_stop(void);

/* SIGWINCH came since the last call: the terminal has another size. */
bool signals_size(void);

/* SIGUSR1 came since the last call. */
bool signals_report(void);

/* SIGINT, SIGTERM or SIGHUP came, or SIGQUIT while there is a screen. */
bool signals_end(void);

/* As poll(2), with the timeout in ns, negative = none; returns at once when a signal came since the last look. */
void signals_poll(struct pollfd *fds, nfds_t n, int64_t timeout);

#endif
