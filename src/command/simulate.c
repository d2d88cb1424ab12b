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
#include "command/practice.h"
#include "simulate/scenario.h"

enum { SCENARIO_FILE_MAX = SCENARIO_TEXT_MAX };

struct simulate_settings {
    bool list;
    bool serve;
    bool recorded;
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

static enum input_result set_serve(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct simulate_settings *)owner)->serve = true;
    return INPUT_OK;
}

static enum input_result set_recorded(void *owner, const struct option_spec *o, const char *value,
                                      struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct simulate_settings *)owner)->recorded = true;
    return INPUT_OK;
}

static const struct option_spec options[] = {
    { "list", 'l', false, NULL, TEXT_OPTION_LIST_HELP, TEXT_NONE, set_list },
    { "file", 0, false, "FILE", TEXT_OPTION_FILE_HELP, TEXT_OPTION_FILE_ACCEPTED, set_file },
    { "serve", 0, false, NULL, TEXT_OPTION_SERVE_HELP, TEXT_NONE, set_serve },
    { "recorded", 0, false, NULL, TEXT_OPTION_RECORDED_HELP, TEXT_NONE, set_recorded },
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
    const struct scenario_source *source;
    struct practice practice = { .transcript = settings->transcript, .asked = asked };
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
    if (settings->serve && settings->recorded) {
        usage_set(&error, TEXT_USAGE_SERVE_OR_RECORDED);
        return face_refuse(f, &error);
    }
    s = load(f, asked->n_targets == 1 ? asked->targets[0] : NULL, settings->file);
    if (s == NULL)
        return EXIT_USAGE;
    source = settings->file == NULL ? scenario_find(s->name) : NULL;
    practice.record = source == NULL ? NULL : source->record;
    practice.about = source == NULL ? s->about : source->about[f->language];
    if (settings->serve)
        status = practice_serve(f, s, &practice);
    else if (settings->recorded)
        status = practice_show(f, s, &practice);
    else
        status = practice_check(f, s, &practice);
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
