/*
 * replay - `smtpdx replay FILE`: a record diagnosed and shown again, without a network
 */
#include <stdlib.h>

#include "command/args.h"
#include "command/command.h"
#include "command/run.h"

static int replay(const struct face *f, const char *path)
{
    char *bytes = NULL;
    size_t len = 0;
    int status;

    if (!face_read_file(f, path, SMTPDX_RECORD_MAX, &bytes, &len))
        return EXIT_USAGE;
    status = run_show(f, path, bytes, len);
    free(bytes);
    return status;
}

int command_replay(char **words)
{
    struct face face;
    struct args a;
    struct args_item item;
    struct usage error = { 0 };
    enum args_result result;
    const char *path = NULL;
    size_t n;
    const struct option_spec *table = face_options(&n);

    face_init(&face, words);
    args_init(&a, words);
    args_add_table(&a, table, n);
    while ((result = args_next(&a, &item, &error)) == ARGS_ITEM) {
        if (item.option != NULL && option_apply(item.option, &face, item.value, &error) != INPUT_OK)
            return face_refuse(&face, &error);
        if (item.option == NULL && path != NULL) {
            usage_set(&error, TEXT_USAGE_REPLAY_ONE);
            return face_refuse(&face, &error);
        }
        if (item.option == NULL)
            path = item.value;
    }
    if (result == ARGS_REFUSED)
        return face_refuse(&face, &error);
    if (face.help)
        return command_help(&face, "replay");
    if (face.version)
        return command_version(&face);
    if (path == NULL) {
        usage_set(&error, TEXT_USAGE_REPLAY_ONE);
        return face_refuse(&face, &error);
    }
    return replay(&face, path);
}
