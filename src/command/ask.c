/*
 * ask - asks for a secret on the terminal, without showing what is typed
 *
 * The terminal is given back as it was found before any signal has its way, and
 * what was typed too early or pasted too much is thrown away: it may be the
 * secret, and would go to the shell.
 */
#include "command/ask.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "command/waiting.h"

static bool put(int terminal, const char *text)
{
    return write(terminal, text, strlen(text)) >= 0;
}

static bool hide_typing(int terminal, struct termios *before)
{
    struct termios hidden;

    if (tcgetattr(terminal, before) != 0)
        return false;
    hidden = *before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_iflag |= ICRNL;
    return tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
}

/* Up to the line end, or to the end of input in its place. */
static enum waiting_step read_line(const struct waiting *w, int terminal, char *room, size_t *n, int *number)
{
    *n = 0;
    for (;;) {
        enum waiting_step step = waiting_next(w, terminal, number);
        ssize_t got;

        if (step != WAITING_READABLE)
            return step;
        got = read(terminal, room + *n, ASK_ROOM - *n);
        if (got < 0)
            return WAITING_FAILED;
        *n += (size_t)got;
        if (*n > 0 && room[*n - 1] == '\n') {
            --*n;
            return WAITING_READABLE;
        }
        if (got == 0 || *n == ASK_ROOM)
            return WAITING_READABLE;
    }
}

/* false where it is to be asked again: the program was stopped and goes on. */
static bool ask_once(const struct waiting *w, int terminal, const char *question, char *room, size_t *n,
                     enum ask_result *ret)
{
    struct termios before;
    enum waiting_step step;
    int number = 0;

    *ret = ASK_NO_TERMINAL;
    if (!hide_typing(terminal, &before))
        return true;
    step = put(terminal, question) ? read_line(w, terminal, room, n, &number) : WAITING_FAILED;
    tcsetattr(terminal, TCSAFLUSH, &before);
    put(terminal, "\n"); /* the one that was typed was not shown */
    if (step == WAITING_READABLE)
        *ret = *n >= ASK_ROOM - 1 ? ASK_TOO_LONG : ASK_ANSWERED;
    if (step != WAITING_SIGNAL)
        return true;
    if (!waiting_is_end(number)) {
        waiting_let(w, number);
        return false;
    }
    *ret = ASK_INTERRUPTED;
    return true;
}

enum ask_result ask_secret(const char *question, char room[static ASK_ROOM], size_t *n)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    enum ask_result result = ASK_NO_TERMINAL;
    struct waiting w;

    if (terminal < 0)
        return ASK_NO_TERMINAL;
    if (waiting_begin(&w, signals, sizeof signals / sizeof signals[0], 0)) {
        while (!ask_once(&w, terminal, question, room, n, &result))
            ;
        waiting_end(&w);
    }
    close(terminal);
    return result;
}
