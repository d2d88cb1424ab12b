/*
 * child - what a command of the user's prints
 */
#ifndef SMTPDX_COMMAND_CHILD_H
#define SMTPDX_COMMAND_CHILD_H

#include <stddef.h>

enum child_result {
    CHILD_FINE,
    CHILD_STATUS, /* it ended with *number, which is not 0 */
    CHILD_SIGNAL, /* the signal *number ended it */
    CHILD_TOO_MUCH,
    CHILD_TOO_LATE,
    CHILD_INTERRUPTED, /* this program was: the command has been ended */
    CHILD_FAILED,      /* errno says why */
};

/*
 * child_read() - runs a command by /bin/sh, and gives what it writes to its standard output
 * shape:  room for max bytes; standard input, standard error and the environment
 *         are the program's own, so that the command may ask for something itself;
 *         no descriptor of ours but these goes along
 */
enum child_result child_read(const char *command, double limit_ms, char *room, size_t max, size_t *n, int *number);

#endif
