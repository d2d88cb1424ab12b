#include "command/child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "base/clock.h"
#include "command/waiting.h"

enum { ROOM = 64, PATIENT_MS = 30000, BRIEF_MS = 150 };

static bool is_held_back(int number)
{
    sigset_t held;

    return sigprocmask(SIG_BLOCK, NULL, &held) != 0 || sigismember(&held, number) != 0;
}

static const struct child_case {
    const char *says, *command;
    double limit_ms;
    enum child_result result;
    int number;
    const char *printed; /* NULL: not looked at */
} child_cases[] = {
    { "what it prints", "printf 'a b\\n'", PATIENT_MS, CHILD_FINE, 0, "a b\n" },
    { "nothing", "true", PATIENT_MS, CHILD_FINE, 0, "" },
    { "in pieces", "printf a; sleep 0.05; printf b", PATIENT_MS, CHILD_FINE, 0, "ab" },
    { "as much as there is room", "printf %064d 0", PATIENT_MS, CHILD_FINE, 0, NULL },
    { "one byte more", "printf %065d 0", PATIENT_MS, CHILD_TOO_MUCH, 0, NULL },
    { "without an end", "yes", PATIENT_MS, CHILD_TOO_MUCH, 0, NULL },
    { "a status", "printf x; exit 7", PATIENT_MS, CHILD_STATUS, 7, NULL },
    { "no such command", "exec 2>/dev/null; /nonexistent", PATIENT_MS, CHILD_STATUS, 127, NULL },
    { "a signal", "kill -9 $$", PATIENT_MS, CHILD_SIGNAL, SIGKILL, NULL },
    { "a command that begins like an option", "-x 2>/dev/null || printf y", PATIENT_MS, CHILD_FINE, 0, "y" },
    { "a broken pipe ends it as any command", "kill -PIPE $$; printf alive", PATIENT_MS, CHILD_SIGNAL, SIGPIPE, NULL },
    { "it prints too late", "exec sleep 60", BRIEF_MS, CHILD_TOO_LATE, 0, NULL },
    { "it ends too late", "printf x; exec >&-; exec sleep 60", BRIEF_MS, CHILD_TOO_LATE, 0, NULL },
    { "it does not want to end", "trap '' TERM; while :; do sleep 0.05; done", BRIEF_MS, CHILD_TOO_LATE, 0, NULL },
};

START_TEST(a_command_ends_as_it_is_told)
{
    const struct child_case *c = &child_cases[_i];
    double begun = clock_steady_ms();
    char room[ROOM];
    size_t n = 0;
    int number = 0;
    enum child_result result = child_read(c->command, c->limit_ms, room, sizeof room, &n, &number);

    ck_assert_msg(result == c->result, "%s: %d", c->says, result);
    ck_assert_msg(number == c->number, "%s: %d", c->says, number);
    if (c->printed != NULL)
        ck_assert_msg(n == strlen(c->printed) && memcmp(room, c->printed, n) == 0, "%s", c->says);
    ck_assert_msg(clock_steady_ms() - begun < 10000, "%s: it took too long", c->says);
    ck_assert(!is_held_back(SIGINT) && !is_held_back(SIGTERM) && !is_held_back(SIGCHLD));
}
END_TEST

START_TEST(an_interrupt_of_this_program_ends_the_command)
{
    char command[100];
    char room[ROOM];
    size_t n = 0;
    int number = 0;
    double begun = clock_steady_ms();

    snprintf(command, sizeof command, "kill -TERM %ld; exec sleep 60", (long)getpid());
    ck_assert_int_eq(child_read(command, PATIENT_MS, room, sizeof room, &n, &number), CHILD_INTERRUPTED);
    ck_assert(clock_steady_ms() - begun < 10000);
    ck_assert(!is_held_back(SIGTERM));
}
END_TEST

START_TEST(an_interrupt_that_is_ignored_is_none)
{
    void (*before)(int);
    char command[100];
    char room[ROOM];
    size_t n = 0;
    int number = 0;

    before = signal(SIGINT, SIG_IGN);
    snprintf(command, sizeof command, "kill -INT %ld; printf x", (long)getpid());
    ck_assert_int_eq(child_read(command, PATIENT_MS, room, sizeof room, &n, &number), CHILD_FINE);
    ck_assert_uint_eq(n, 1);
    signal(SIGINT, before);
}
END_TEST

START_TEST(a_status_is_known_where_children_were_ignored)
{
    char room[ROOM];
    size_t n = 0;
    int number = 0;

    signal(SIGCHLD, SIG_IGN);
    ck_assert_int_eq(child_read("exit 3", PATIENT_MS, room, sizeof room, &n, &number), CHILD_STATUS);
    ck_assert_int_eq(number, 3);
}
END_TEST

/* Whoever holds the writing end of its pipe says that it has not ended. */
START_TEST(waiting_for_a_pipe_has_a_limit)
{
    static const int signals[] = { SIGTERM };
    struct waiting w;
    int ends[2];
    int number = 0;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(waiting_begin(&w, signals, 1, BRIEF_MS));
    ck_assert_int_eq(waiting_next(&w, ends[0], &number), WAITING_TOO_LATE);
    waiting_limit(&w, 0);
    raise(SIGTERM);
    ck_assert_int_eq(waiting_next(&w, ends[0], &number), WAITING_SIGNAL);
    ck_assert_int_eq(number, SIGTERM);
    close(ends[1]);
    ck_assert_int_eq(waiting_next(&w, ends[0], &number), WAITING_READABLE);
    waiting_end(&w);
    ck_assert(!is_held_back(SIGTERM));
    close(ends[0]);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("child");

    signal(SIGPIPE, SIG_IGN); /* as in the program */
    tcase_add_loop_test(t, a_command_ends_as_it_is_told, 0, sizeof child_cases / sizeof child_cases[0]);
    tcase_add_test(t, an_interrupt_of_this_program_ends_the_command);
    tcase_add_test(t, an_interrupt_that_is_ignored_is_none);
    tcase_add_test(t, a_status_is_known_where_children_were_ignored);
    tcase_add_test(t, waiting_for_a_pipe_has_a_limit);
    return unit_run("child", &t, 1);
}
