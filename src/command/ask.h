/*
 * ask - asks for a secret on the terminal, without showing what is typed
 */
#ifndef SMTPDX_COMMAND_ASK_H
#define SMTPDX_COMMAND_ASK_H

#include <stddef.h>

enum ask_result {
    ASK_ANSWERED,
    ASK_NO_TERMINAL,
    ASK_TOO_LONG, /* a terminal drops what goes beyond its line, so it may have been more */
    ASK_INTERRUPTED,
};

/* Bytes that room must have: the longest line of a terminal (N_TTY). */
enum { ASK_ROOM = 4096 };

/*
 * ask_secret() - one line, without its end
 * shape:  question is shown as it is; the terminal is this process's own, wherever
 *         standard input and output lead
 */
enum ask_result ask_secret(const char *question, char room[static ASK_ROOM], size_t *n);

#endif
