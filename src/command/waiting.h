/*
 * waiting - waits for bytes, for a limited time, and hears of signals meanwhile
 *
 * Signals come through a descriptor instead of a handler, so that nothing global
 * is needed, no read can be missed by one, and whoever waits can put things
 * right (a terminal, a child) before the signal has its way.
 */
#ifndef SMTPDX_COMMAND_WAITING_H
#define SMTPDX_COMMAND_WAITING_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct waiting {
    int signals; /* signalfd(2) */
    sigset_t held;
    sigset_t before;
    double until_ms; /* steady clock; 0: without a limit */
};

enum waiting_step {
    WAITING_READABLE, /* or at its end */
    WAITING_SIGNAL,
    WAITING_TOO_LATE,
    WAITING_FAILED, /* errno says why */
};

/*
 * waiting_begin() - holds these signals back until waiting_end()
 * shape:  one that the program ignores is left ignored; other threads must hold
 *         them back already, as all of this program's do; limit_ms 0: none
 * errors: false: errno says why, and nothing is held back
 */
bool waiting_begin(struct waiting *w, const int *numbers, size_t n, double limit_ms);
void waiting_end(struct waiting *w);

/* From now on; 0: none. */
void waiting_limit(struct waiting *w, double limit_ms);

/* fd may be -1: signals alone. *number is the signal, which will not come again. */
enum waiting_step waiting_next(const struct waiting *w, int fd, int *number);

/* Lets a signal do what it would have done; returns where that leaves the program running. */
void waiting_let(const struct waiting *w, int number);

/* Ctrl-C, or asked to end: what was begun is given up. */
bool waiting_is_end(int number);

#endif
