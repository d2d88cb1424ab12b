/*
 * child - what a command of the user's prints
 */
#include "command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/waiting.h"

enum { LAST_WORDS_MS = 1000 }; /* that a command has to end when it is asked to */

/* With the signals as the program itself was started with them. */
static bool spawn(pid_t *child, const char *command, int out, const sigset_t *mask)
{
    char *words[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "--" }, (char *)(uintptr_t)command, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t as_usual;
    int code;

    sigemptyset(&as_usual);
    sigaddset(&as_usual, SIGPIPE); /* which this program ignores */
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setsigdefault(&attributes, &as_usual);
    code = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn(child, "/bin/sh", &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    errno = code;
    return code == 0;
}

static enum child_result given_up(enum waiting_step step)
{
    return step == WAITING_TOO_LATE ? CHILD_TOO_LATE : CHILD_FAILED;
}

/* Until the command, and whatever it has started, closes its output. */
static enum child_result read_all(const struct waiting *w, int from, char *room, size_t max, size_t *n)
{
    *n = 0;
    for (;;) {
        int number;
        enum waiting_step step = waiting_next(w, from, &number);
        char beyond;
        ssize_t got;

        if (step == WAITING_SIGNAL && waiting_is_end(number))
            return CHILD_INTERRUPTED;
        if (step == WAITING_SIGNAL)
            continue;
        if (step != WAITING_READABLE)
            return given_up(step);
        got = *n < max ? read(from, room + *n, max - *n) : read(from, &beyond, 1);
        if (got <= 0)
            return got == 0 ? CHILD_FINE : CHILD_FAILED;
        if (*n == max)
            return CHILD_TOO_MUCH;
        *n += (size_t)got;
    }
}

/* Its output is closed, and it may still be at work. */
static enum child_result see_end(const struct waiting *w, pid_t child, int *status)
{
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        enum waiting_step step;
        int number;

        if (ended != 0)
            return ended == child ? CHILD_FINE : CHILD_FAILED;
        step = waiting_next(w, -1, &number);
        if (step == WAITING_SIGNAL && waiting_is_end(number))
            return CHILD_INTERRUPTED;
        if (step != WAITING_SIGNAL)
            return given_up(step);
    }
}

/* Asked first, so that it can put its own things right; a second Ctrl-C or its hesitation ends the patience. */
static void end_child(struct waiting *w, pid_t child)
{
    pid_t ended;
    int status;
    int number;

    kill(child, SIGTERM);
    waiting_limit(w, LAST_WORDS_MS);
    do
        ended = waitpid(child, &status, WNOHANG);
    while (ended == 0 && waiting_next(w, -1, &number) == WAITING_SIGNAL && !waiting_is_end(number));
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
}

static enum child_result judge(int status, int *number)
{
    if (WIFSIGNALED(status)) {
        *number = WTERMSIG(status);
        return CHILD_SIGNAL;
    }
    *number = WEXITSTATUS(status);
    return *number == 0 ? CHILD_FINE : CHILD_STATUS;
}

static enum child_result run(struct waiting *w, const char *command, char *room, size_t max, size_t *n, int *number)
{
    int ends[2];
    pid_t child = 0;
    int status = 0;
    bool begun;
    enum child_result result = CHILD_FAILED;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return CHILD_FAILED;
    begun = spawn(&child, command, ends[1], &w->before);
    close(ends[1]);
    if (begun) {
        result = read_all(w, ends[0], room, max, n);
        if (result == CHILD_FINE)
            result = see_end(w, child, &status);
        if (result == CHILD_FINE)
            result = judge(status, number);
        else
            end_child(w, child);
    }
    close(ends[0]);
    return result;
}

enum child_result child_read(const char *command, double limit_ms, char *room, size_t max, size_t *n, int *number)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGCHLD };
    enum child_result result;
    struct waiting w;

    signal(SIGCHLD, SIG_DFL); /* whoever started us may have had it ignored, and then no status is kept */
    if (!waiting_begin(&w, signals, sizeof signals / sizeof signals[0], limit_ms))
        return CHILD_FAILED;
    result = run(&w, command, room, max, n, number);
    waiting_end(&w);
    return result;
}
