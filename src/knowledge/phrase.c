/*
 * phrase - fills the {names} of a text with arguments
 */
#include "knowledge/phrase.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct phrase {
    struct buf *out;
    enum language language;
    const struct argument *args;
    size_t n;
    phrase_peer_fn put_peer;
    void *user;
};

static const struct argument *phrase_find(const struct phrase *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->n; i++)
        if (strlen(p->args[i].name) == len && memcmp(p->args[i].name, name, len) == 0)
            return &p->args[i];
    return NULL;
}

/* The largest unit of which there are at least two, seconds and less as they come. */
static const struct duration_unit {
    double below_ms;
    double unit_ms;
    enum text_id text;
} duration_units[] = {
    { 999.5, 1, TEXT_UNIT_MILLISECONDS },
    { 2 * 60e3, 1e3, TEXT_UNIT_SECONDS },
    { 2 * 3600e3, 60e3, TEXT_UNIT_MINUTES },
    { 2 * 86400e3 - 3600e3, 3600e3, TEXT_UNIT_HOURS }, /* what is nearly two days is called so */
    { INFINITY, 86400e3, TEXT_UNIT_DAYS },
};

static bool phrase_put_duration(const struct phrase *p, double ms)
{
    const struct duration_unit *u = duration_units;
    char number[32];
    char *point;

    while (ms >= u->below_ms && u->unit_ms < 86400e3)
        u++;
    snprintf(number, sizeof number, u == duration_units ? "%.0f" : "%.1f", ms / u->unit_ms);
    point = strstr(number, ".0");
    if (point != NULL)
        *point = '\0';
    return phrase_put(p->out, p->language, u->text,
                      &(struct argument){ .name = "number", .kind = ARGUMENT_WORD, .value.word = number }, 1,
                      p->put_peer, p->user);
}

static bool phrase_put_date(const struct phrase *p, int64_t seconds)
{
    char date[CLOCK_TEXT_SIZE];

    clock_format_rfc3339(seconds, date);
    return buf_printf(p->out, "%.10s %.5s UTC", date, date + 11);
}

static bool phrase_put_argument(const struct phrase *p, const struct argument *a)
{
    switch (a->kind) {
    case ARGUMENT_WORD:
        return buf_put_string(p->out, a->value.word);
    case ARGUMENT_PEER:
        return p->put_peer(p->out, a->value.peer, p->user);
    case ARGUMENT_NUMBER:
        return buf_printf(p->out, "%" PRId64, a->value.number);
    case ARGUMENT_DURATION:
        return phrase_put_duration(p, a->value.duration_ms);
    case ARGUMENT_DATE:
        return phrase_put_date(p, a->value.date);
    case ARGUMENT_TEXT:
        return buf_put_string(p->out, text(p->language, (enum text_id)a->value.text));
    }
    assert(false && "an argument kind that nobody knows");
    return false;
}

/* One {name}, braces included; len counts the name alone. */
static bool phrase_put_name(const struct phrase *p, const char *brace, size_t len)
{
    const struct argument *a = phrase_find(p, brace + 1, len);

    assert(a != NULL && "a text asks for an argument that was not given");
    if (a == NULL)
        return buf_put(p->out, brace, len + 2);
    return phrase_put_argument(p, a);
}

bool phrase_put(struct buf *out, enum language language, enum text_id id, const struct argument *args,
                size_t n, phrase_peer_fn put_peer, void *user)
{
    const struct phrase p = { out, language, args, n, put_peer, user };
    const char *at = text(language, id);

    /* The build lets no brace through but those around a name. */
    for (const char *brace = strchr(at, '{'); brace != NULL; brace = strchr(at, '{')) {
        size_t len = strcspn(brace + 1, "}");

        if (!buf_put(out, at, (size_t)(brace - at)) || !phrase_put_name(&p, brace, len))
            return false;
        at = brace + 1 + len + 1;
    }
    return buf_put_string(out, at);
}
