/*
 * waiting - waits for bytes, for a limited time, and hears of signals meanwhile
 */
#include "command/waiting.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool waiting_begin(struct waiting *w, const int *numbers, size_t n, double limit_ms)
{
    waiting_limit(w, limit_ms);
    sigemptyset(&w->held);
    for (size_t i = 0; i < n; i++) {
        if (!is_ignored(numbers[i]))
            sigaddset(&w->held, numbers[i]);
    }
    w->signals = signalfd(-1, &w->held, SFD_CLOEXEC | SFD_NONBLOCK);
    if (w->signals < 0)
        return false;
    sigprocmask(SIG_BLOCK, &w->held, &w->before);
    return true;
}

void waiting_end(struct waiting *w)
{
    sigprocmask(SIG_SETMASK, &w->before, NULL);
    close(w->signals);
}

void waiting_limit(struct waiting *w, double limit_ms)
{
    w->until_ms = limit_ms == 0 ? 0 : clock_steady_ms() + limit_ms;
}

/* For poll(2). */
static int left_ms(const struct waiting *w)
{
    double left = w->until_ms - clock_steady_ms();

    if (w->until_ms == 0)
        return -1;
    if (left <= 0)
        return 0;
    return left > INT_MAX - 1 ? INT_MAX : (int)left + 1;
}

enum waiting_step waiting_next(const struct waiting *w, int fd, int *number)
{
    struct pollfd fds[] = { { .fd = w->signals, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
    struct signalfd_siginfo info;
    int n;

    do
        n = poll(fds, 2, left_ms(w));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return WAITING_FAILED;
    if (n == 0)
        return WAITING_TOO_LATE;
    if (fds[0].revents == 0)
        return WAITING_READABLE;
    if (read(w->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return WAITING_FAILED;
    *number = (int)info.ssi_signo;
    return WAITING_SIGNAL;
}

void waiting_let(const struct waiting *w, int number)
{
    raise(number);
    sigprocmask(SIG_SETMASK, &w->before, NULL); /* here it comes */
    sigprocmask(SIG_BLOCK, &w->held, NULL);
}

bool waiting_is_end(int number)
{
    return number == SIGINT || number == SIGTERM;
}
