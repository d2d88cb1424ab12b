/*
 * smtpdx - tells why mail cannot be sent
 *
 * The map of the house; data flows one way, from what was typed to bytes:
 *
 *   typed -> input -> Plan -> probe -> Evidence -> diagnose -> Diagnosis -> report -> bytes
 *
 *   base       words that everybody speaks: buffers, arenas, peer text, addresses
 *   model      the plain data that crosses rooms
 *   knowledge  const tables made from data/ and po/: findings, steps, texts, providers
 *   input      what was typed -> Plan
 *   smtp       the protocol without a socket
 *   probe      Plan -> Evidence, the only room with a network
 *   diagnose   Evidence -> Diagnosis, the only room with opinions
 *   report     Diagnosis -> text, JSON
 *   simulate   practice servers with one named fault
 *   command    one file a command; this file only picks it
 *   smtpdx.c   the library's public face
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"

static const struct {
    const char *name;
    int (*run)(char **words);
} commands[] = {
    { "check", command_check },
    { "explain", command_explain },
    { "replay", command_replay },
    { "simulate", command_simulate },
};

/*
 * A descriptor that was closed when the program began would be given to the next
 * socket, and the report would go to a mail server. What is put in its place
 * refuses what is asked of it, as a closed one does.
 */
static void fill_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    fill_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is seen when writing */
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    }
    return command_check(argc > 0 ? argv + 1 : argv);
}
