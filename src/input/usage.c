/*
 * usage - why an option or a value was refused, as one line that can be told in any language
 */
#include "input/usage.h"

#include <assert.h>

#include "knowledge/phrase.h"

enum { SHOWN_VALUE_MAX = 200 };

enum input_result usage_set(struct usage *u, enum text_id text)
{
    *u = (struct usage){ .text = text };
    return INPUT_USAGE;
}

static struct argument *usage_add(struct usage *u, const char *name, enum argument_kind kind)
{
    struct argument *a = &u->arguments[u->n];

    assert(u->n < USAGE_ARGUMENTS_MAX);
    u->n++;
    *a = (struct argument){ .name = name, .kind = kind };
    return a;
}

void usage_word(struct usage *u, const char *name, const char *word)
{
    usage_add(u, name, ARGUMENT_WORD)->value.word = word;
}

void usage_peer(struct usage *u, const char *name, const char *value)
{
    usage_add(u, name, ARGUMENT_PEER)->value.peer = peer_text_of(value);
}

void usage_number(struct usage *u, const char *name, int64_t number)
{
    usage_add(u, name, ARGUMENT_NUMBER)->value.number = number;
}

void usage_text(struct usage *u, const char *name, enum text_id text)
{
    usage_add(u, name, ARGUMENT_TEXT)->value.text = text;
}

bool usage_keep(struct usage *u, struct arena *arena)
{
    for (size_t i = 0; i < u->n; i++) {
        struct argument *a = &u->arguments[i];

        /* One byte more than is shown, so that the cut is still told. */
        if (a->kind == ARGUMENT_PEER)
            a->value.peer = arena_peer_text(arena, a->value.peer, SHOWN_VALUE_MAX + 1);
        else if (a->kind == ARGUMENT_WORD)
            a->value.word = arena_strdup(arena, a->value.word);
    }
    return !arena_failed(arena);
}

static bool put_escaped(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, SHOWN_VALUE_MAX);
}

bool usage_put(struct buf *out, enum language language, const struct usage *u)
{
    return phrase_put(out, language, u->text, u->arguments, u->n, put_escaped, NULL);
}
