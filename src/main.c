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
#include <signal.h>
#include <string.h>

#include "command/command.h"

static const struct {
    const char *name;
    int (*run)(char **words);
} commands[] = {
    { "check", command_check },
    { "replay", command_replay },
    { "simulate", command_simulate },
};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is seen when writing */
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    }
    return command_check(argc > 0 ? argv + 1 : argv);
}
