/*
 * check - `smtpdx [check] [OPTION...] [TARGET...]`: diagnoses servers
 */
#include <stddef.h>

#include "command/command.h"
#include "command/plans.h"
#include "command/run.h"

int command_check(char **words)
{
    struct face face;
    struct plans plans;
    int status;

    face_init(&face, words);
    plans_init(&plans);
    status = plans_read(&plans, &face, words, NULL);
    if (status == 0 && face.help)
        status = command_help(&face, "check");
    else if (status == 0 && face.version)
        status = command_version(&face);
    else if (status == 0)
        status = plans_run(&plans, &face, NULL);
    plans_done(&plans);
    return status;
}
