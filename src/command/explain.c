/*
 * explain - `smtpdx explain [TEXT...]`: what an error message means, without a network
 *
 * Whoever pastes a log wants the line at its end: a longer text is read on, and
 * what came first is forgotten.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "command/args.h"
#include "command/command.h"
#include "diagnose/explain.h"
#include "input/slip.h"
#include "knowledge/provider.h"
#include "report/explanation.h"

enum { REPORT_MAX = 1 << 20 };

struct explain_options {
    const char *provider;
};

static enum input_result set_provider(void *owner, const struct option_spec *o, const char *value,
                                      struct usage *error)
{
    if (provider_by_id(value) == NULL)
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    ((struct explain_options *)owner)->provider = value;
    return INPUT_OK;
}

static const struct option_spec options[] = {
    { "provider", 0, false, "ID", TEXT_OPTION_PROVIDER_HELP, TEXT_OPTION_PROVIDER_ACCEPTED, set_provider },
};

const struct option_spec *explain_options_table(size_t *ret_n)
{
    *ret_n = sizeof options / sizeof options[0];
    return options;
}

/* A shell splits a message at its blanks; here they come back. */
static void add_word(struct buf *text, const char *word)
{
    if (text->len > 0)
        buf_put_char(text, ' ');
    buf_put_string(text, word);
}

/* All of standard input, or its end. false: errno says why */
static bool read_input(struct buf *text)
{
    enum { CHUNK = 64 << 10 };
    char *chunk = malloc(CHUNK);
    size_t n = 0;

    while (chunk != NULL && (n = fread(chunk, 1, CHUNK, stdin)) > 0) {
        if (text->len + n > EXPLAIN_TEXT_MAX)
            buf_consume(text, text->len + n - EXPLAIN_TEXT_MAX);
        if (!buf_put(text, chunk, n))
            break;
    }
    free(chunk);
    if (chunk == NULL || text->failed)
        errno = ENOMEM;
    return chunk != NULL && !text->failed && !ferror(stdin);
}

static const char *meant(const char *name)
{
    struct slip slip;

    return slip_find(&slip, name) ? slip.meant : NULL;
}

/* Recognised is 0: this command judges a text, and not whether mail can be sent. */
static int put_meaning(const struct face *f, const struct buf *text, const char *provider)
{
    static const enum report_format formats[] = {
        [FACE_TEXT] = REPORT_TEXT, [FACE_JSON] = REPORT_JSON, [FACE_NDJSON] = REPORT_NDJSON,
    };
    struct explanation *x = explain((struct peer_text){ buf_borrow(text), text->len }, provider, meant);
    const struct report_spec spec = face_spec(f);
    struct buf report;
    int status = EXIT_USAGE;

    if (x == NULL)
        return face_fail(f, SMTPDX_NO_MEMORY);
    buf_init(&report, REPORT_MAX);
    if (!explanation_put(&report, formats[f->format], &spec, x))
        status = face_fail(f, SMTPDX_NO_MEMORY);
    else if (face_write(f, buf_borrow(&report), report.len) && x->outcome == EXPLANATION_FOUND)
        status = EXIT_SUCCESS;
    buf_done(&report);
    explanation_free(x);
    return status;
}

static int refuse(const struct face *f, enum text_id reason)
{
    struct usage error;

    usage_set(&error, reason);
    return face_refuse(f, &error);
}

static bool is_blank(const struct buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if (text->bytes[i] == '\0' || strchr(" \t\r\n", text->bytes[i]) == NULL)
            return false;
    }
    return true;
}

static int explain_text(const struct face *f, struct buf *text, bool from_input, const char *provider)
{
    if (from_input && isatty(STDIN_FILENO))
        return refuse(f, TEXT_USAGE_EXPLAIN_NONE);
    if (from_input && !read_input(text))
        return face_fail(f, SMTPDX_SYSTEM);
    if (text->failed)
        return face_fail(f, SMTPDX_NO_MEMORY);
    if (is_blank(text))
        return refuse(f, TEXT_USAGE_EXPLAIN_NONE);
    return put_meaning(f, text, provider);
}

static int read_words(struct face *f, struct explain_options *own, struct buf *text, bool *from_input,
                      char **words)
{
    struct args a;
    struct args_item item;
    struct usage error = { 0 };
    enum args_result result;
    const struct option_spec *table;
    bool dash = false;
    bool given = false;
    size_t n;

    args_init(&a, words);
    table = face_options(&n);
    args_add_table(&a, table, n);
    args_add_table(&a, options, sizeof options / sizeof options[0]);
    while ((result = args_next(&a, &item, &error)) == ARGS_ITEM) {
        void *owner = item.table == 0 ? (void *)f : (void *)own;

        if (item.option == NULL && strcmp(item.value, "-") == 0 && !dash && !given) {
            dash = true;
        } else if (item.option == NULL) {
            add_word(text, item.value);
            given = true;
        } else if (option_apply(item.option, owner, item.value, &error) != INPUT_OK) {
            return face_refuse(f, &error);
        }
    }
    if (result == ARGS_REFUSED)
        return face_refuse(f, &error);
    if (dash && given && !f->help && !f->version)
        return refuse(f, TEXT_USAGE_EXPLAIN_BOTH);
    *from_input = !given;
    return 0;
}

int command_explain(char **words)
{
    struct explain_options own = { 0 };
    struct face face;
    struct buf text;
    bool from_input = false;
    int status;

    face_init(&face, words);
    buf_init(&text, EXPLAIN_TEXT_MAX);
    status = read_words(&face, &own, &text, &from_input, words);
    if (status == 0 && face.help)
        status = command_help(&face, "explain");
    else if (status == 0 && face.version)
        status = command_version(&face);
    else if (status == 0)
        status = explain_text(&face, &text, from_input, own.provider);
    buf_done(&text);
    return status;
}
