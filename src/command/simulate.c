/*
 * simulate - `smtpdx simulate NAME`: a practice server with one fault, diagnosed
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/args.h"
#include "command/command.h"
#include "command/plans.h"
#include "command/run.h"
#include "simulate/player.h"
#include "simulate/scenario.h"

enum { SCENARIO_FILE_MAX = SCENARIO_TEXT_MAX };

struct simulate_settings {
    bool list;
    bool transcript;
    const char *file;
};

static enum input_result set_list(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct simulate_settings *)owner)->list = true;
    return INPUT_OK;
}

static enum input_result set_file(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    /* Standard input is taken as it comes; what is in a file shows when it is read. */
    if (strcmp(value, "-") != 0 && access(value, R_OK) != 0) {
        const char *reason = strerror(errno);

        option_refuse(o, value, TEXT_USAGE_UNREADABLE, error);
        usage_word(error, "reason", reason);
        return INPUT_USAGE;
    }
    ((struct simulate_settings *)owner)->file = value;
    return INPUT_OK;
}

static enum input_result set_transcript(void *owner, const struct option_spec *o, const char *value,
                                        struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct simulate_settings *)owner)->transcript = true;
    return INPUT_OK;
}

static const struct option_spec options[] = {
    { "list", 'l', false, NULL, TEXT_OPTION_LIST_HELP, TEXT_NONE, set_list },
    { "file", 0, false, "FILE", TEXT_OPTION_FILE_HELP, TEXT_OPTION_FILE_ACCEPTED, set_file },
    { "transcript", 0, false, NULL, TEXT_OPTION_TRANSCRIPT_HELP, TEXT_NONE, set_transcript },
};

const struct option_spec *simulate_options_table(size_t *ret_n)
{
    *ret_n = sizeof options / sizeof options[0];
    return options;
}

/* A scenario from the collection or from a file; NULL having said why. */
static struct scenario *load(const struct face *f, const char *name, const char *file)
{
    const struct scenario_source *source = file == NULL ? scenario_find(name) : NULL;
    struct scenario *s = NULL;
    char complaint[SCENARIO_COMPLAINT_SIZE] = "";
    struct err err = { 0 };
    char *bytes = NULL;
    size_t len = 0;

    if (file == NULL && source == NULL) {
        struct usage error;

        usage_set(&error, TEXT_USAGE_NO_SCENARIO);
        usage_peer(&error, "value", name);
        face_refuse(f, &error);
        return NULL;
    }
    if (file != NULL && !face_read_file(f, file, SCENARIO_FILE_MAX, &bytes, &len))
        return NULL;
    if (!scenario_parse(&s, file == NULL ? name : file,
                        file == NULL ? peer_text_of(source->text) : (struct peer_text){ bytes, len }, complaint, &err)) {
        if (err.kind == ERR_INPUT)
            face_refuse_line(complaint);
        else
            face_fail(f, SMTPDX_NO_MEMORY);
    }
    free(bytes);
    return s;
}

/* The player's options first, the user's after them, so that the user's count. */
static int check_against(const struct face *f, const struct simulate *player, const struct plans *asked)
{
    struct simulate_option given[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(player, given, SIMULATE_OPTIONS_MAX);
    struct plans p;
    bool ok = true;
    int status;

    plans_init(&p);
    for (size_t i = 0; i < n && ok; i++)
        ok = strcmp(given[i].name, "target") == 0 ? plans_add_target(&p, given[i].value)
                                                  : plans_add_option(&p, given[i].name, given[i].value);
    for (size_t i = 0; i < asked->n_options && ok; i++)
        ok = plans_add_option(&p, asked->options[i].name, asked->options[i].value);
    status = ok ? plans_run(&p, f) : face_fail(f, SMTPDX_NO_MEMORY);
    plans_done(&p);
    return status;
}

static int play(const struct face *f, const struct scenario *s, const struct simulate_settings *settings,
                const struct plans *asked)
{
    struct simulate *player = NULL;
    struct err err = { 0 };
    int status;

    if (!simulate_start(&player, s, &err))
        return face_fail(f, err.kind == ERR_NOMEM ? SMTPDX_NO_MEMORY : SMTPDX_SYSTEM);
    status = check_against(f, player, asked);
    simulate_stop(player);
    if (settings->transcript)
        fprintf(stderr, "%s%s", simulate_transcript(player), simulate_complaints(player));
    simulate_free(player);
    return status;
}

static int list(const struct face *f)
{
    struct buf out;
    int status = 0;

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < scenario_sources_count; i++)
        buf_printf(&out, "%-30s %s\n", scenario_sources[i].name, scenario_sources[i].about[f->language]);
    if (out.failed)
        status = face_fail(f, SMTPDX_NO_MEMORY);
    else if (!face_write(f, buf_borrow(&out), out.len))
        status = EXIT_USAGE;
    buf_done(&out);
    return status;
}

static int run_words(struct face *f, struct simulate_settings *settings, struct plans *asked)
{
    struct scenario *s;
    struct usage error;
    int status;

    if (f->help)
        return command_help(f, "simulate");
    if (f->version)
        return command_version(f);
    if (settings->list)
        return list(f);
    if ((asked->n_targets == 1) == (settings->file != NULL) || asked->n_targets > 1) {
        usage_set(&error, TEXT_USAGE_SIMULATE_ONE);
        return face_refuse(f, &error);
    }
    s = load(f, asked->n_targets == 1 ? asked->targets[0] : NULL, settings->file);
    if (s == NULL)
        return EXIT_USAGE;
    status = play(f, s, settings, asked);
    scenario_free(s);
    return status;
}

int command_simulate(char **words)
{
    struct simulate_settings settings = { 0 };
    struct face face;
    struct plans asked;
    int status;

    face_init(&face, words);
    plans_init(&asked);
    status = plans_read(&asked, &face, words, &(struct plans_table){ options, sizeof options / sizeof options[0],
                                                                     &settings });
    if (status == 0)
        status = run_words(&face, &settings, &asked);
    plans_done(&asked);
    return status;
}
