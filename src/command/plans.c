/*
 * plans - options of a check, collected and given to every target's Plan
 */
#include "command/plans.h"

#include <stdlib.h>
#include <string.h>

#include "command/args.h"
#include "command/run.h"
#include "input/plan_option.h"

void plans_init(struct plans *p)
{
    *p = (struct plans){ 0 };
}

void plans_done(struct plans *p)
{
    free(p->options);
    free(p->targets);
    plans_init(p);
}

bool plans_add_option(struct plans *p, const char *name, const char *value)
{
    struct plans_option *options = realloc(p->options, (p->n_options + 1) * sizeof *options);

    if (options == NULL)
        return false;
    options[p->n_options++] = (struct plans_option){ .name = name, .value = value };
    p->options = options;
    return true;
}

bool plans_add_target(struct plans *p, const char *target)
{
    const char **targets = realloc(p->targets, (p->n_targets + 1) * sizeof(const char *));

    if (targets == NULL)
        return false;
    targets[p->n_targets++] = target;
    p->targets = targets;
    return true;
}

enum { TABLE_FACE, TABLE_RECORD, TABLE_PLAN, TABLE_SECRET, TABLE_OWN };

/* Whose options stand in this table. */
static void *owner_of(struct plans *p, struct face *f, size_t table, const struct plans_table *own)
{
    if (table == TABLE_SECRET)
        return &p->secret;
    return table == TABLE_OWN ? own->owner : f;
}

static int take_item(struct plans *p, struct face *f, const struct args_item *item, const struct plans_table *own)
{
    struct usage error = { 0 };

    if (item->option == NULL)
        return plans_add_target(p, item->value) ? 0 : face_fail(f, SMTPDX_NO_MEMORY);
    if (item->table == TABLE_PLAN)
        return plans_add_option(p, item->option->name, item->value) ? 0 : face_fail(f, SMTPDX_NO_MEMORY);
    if (option_apply(item->option, owner_of(p, f, item->table, own), item->value, &error) == INPUT_OK)
        return 0;
    return face_refuse(f, &error);
}

int plans_read(struct plans *p, struct face *f, char **words, const struct plans_table *own)
{
    struct args a;
    struct args_item item;
    struct usage error = { 0 };
    enum args_result result;
    const struct option_spec *table;
    size_t n;
    int status = 0;

    args_init(&a, words);
    table = face_options(&n);
    args_add_table(&a, table, n);
    table = face_record_options(&n);
    args_add_table(&a, table, n);
    table = plan_option_table(&n);
    args_add_table(&a, table, n);
    table = secret_source_options(&n);
    args_add_table(&a, table, n);
    if (own != NULL)
        args_add_table(&a, own->options, own->n);
    while (status == 0 && (result = args_next(&a, &item, &error)) != ARGS_END)
        status = result == ARGS_REFUSED ? face_refuse(f, &error) : take_item(p, f, &item, own);
    if (status == 0 && f->record != NULL && p->n_targets > 1) {
        usage_set(&error, TEXT_USAGE_RECORD_ONE);
        status = face_refuse(f, &error);
    }
    return status;
}

/* A plan for one target; target NULL: the default. */
static int make_plan(struct smtpdx_plan **ret, const struct plans *p, const struct face *f, const char *target)
{
    struct smtpdx_plan *plan = NULL;
    enum smtpdx_status status = smtpdx_plan_new(&plan);
    int refused = 0;

    for (size_t i = 0; status == SMTPDX_OK && i < p->n_options; i++)
        status = smtpdx_plan_set(plan, p->options[i].name, p->options[i].value);
    if (status == SMTPDX_OK && target != NULL)
        status = smtpdx_plan_set(plan, "target", target);
    if (status == SMTPDX_OK)
        status = smtpdx_plan_check(plan);
    if (status == SMTPDX_OK) {
        *ret = plan;
        return 0;
    }
    refused = status == SMTPDX_USAGE ? face_refuse_line(smtpdx_plan_error(plan, language_word(f->language)))
                                     : face_fail(f, status);
    smtpdx_plan_free(plan);
    return refused;
}

/* The value of an option that was given, the last one of several; NULL. */
static const char *value_of(const struct plans *p, const char *name)
{
    for (size_t i = p->n_options; i > 0; i--) {
        if (strcmp(p->options[i - 1].name, name) == 0)
            return p->options[i - 1].value;
    }
    return NULL;
}

static int take_secret(struct secret **ret, const struct plans *p, const struct face *f)
{
    const char *last = value_of(p, "stop-after");
    struct secret_need need = {
        .user = value_of(p, "user"),
        .auth = value_of(p, "auth"),
        .begins = last == NULL || (strcmp(last, "greeting") != 0 && strcmp(last, "tls") != 0),
    };

    return secret_source_take(ret, &p->secret, &need, f);
}

int plans_run(const struct plans *p, const struct face *f, struct secret **used)
{
    struct run *r = run_new(f);
    size_t n = p->n_targets == 0 ? 1 : p->n_targets;
    struct secret *secret = NULL;
    int status = r == NULL ? face_fail(f, SMTPDX_NO_MEMORY) : 0;

    for (size_t i = 0; status == 0 && i < n; i++) {
        struct smtpdx_plan *plan = NULL;

        status = make_plan(&plan, p, f, p->n_targets == 0 ? NULL : p->targets[i]);
        if (status == 0 && !run_add(r, plan))
            status = face_fail(f, SMTPDX_NO_MEMORY);
    }
    if (status == 0)
        status = take_secret(&secret, p, f);
    if (status == 0)
        status = run_all(r, secret);
    run_free(r);
    if (used != NULL)
        *used = secret;
    else
        secret_free(secret);
    return status;
}
