/*
 * refusal - the lines about a sign-in or a test message that came to nothing
 */
#include "diagnose/refusal.h"

#include "base/buf.h"

enum { MECHANISMS_TEXT_MAX = 400 };

struct because *refusal_because(struct draft *d, struct diagnosed *f, enum text_id text)
{
    const struct probe *p = d->e->errand->connection;
    struct because *b = draft_because(d, f, text, -1);

    draft_concern(d, f, p->port);
    spot_say_alone(d, b, p);
    return b;
}

void refusal_say_help(struct draft *d, struct diagnosed *f)
{
    const char *url = d->attempt.help_url;

    if (url == NULL)
        return;
    say_word(d, draft_because(d, f, TEXT_REPLY_HELP, -1), "url", url);
    draft_step_word(d, f, "help", url);
}

bool refusal_public_address(const struct draft *d, struct address *ret)
{
    return d->e->errand != NULL &&
           attempt_public_address(ret, d->attempt.reply, d->e->errand->connection);
}

/* "PLAIN, LOGIN" */
static void say_offered(struct draft *d, struct because *b, const struct probe *p)
{
    struct buf list;

    buf_init(&list, MECHANISMS_TEXT_MAX);
    for (size_t i = 0; i < p->n_auth; i++) {
        if (list.len + p->auth[i].len + 2 > MECHANISMS_TEXT_MAX)
            break;
        buf_put_string(&list, i == 0 ? "" : ", ");
        buf_put(&list, p->auth[i].bytes, p->auth[i].len);
    }
    say_peer(d, b, "offered", (struct peer_text){ list.bytes, list.len });
    buf_done(&list);
}

/* Mechanisms that the server offers and does not carry out; another was tried after each. */
static void say_set_aside(struct draft *d, struct diagnosed *f, const struct sign_in *s)
{
    for (size_t i = 0; i < s->n_set_aside; i++) {
        struct because *b = refusal_because(d, f, TEXT_REPLY_SET_ASIDE);

        say_word(d, b, "mechanism", s->set_aside[i].mechanism);
        say_reply(d, b, &s->set_aside[i].answer);
    }
}

struct diagnosed *refusal_raise(struct draft *d, enum finding_id finding, enum text_id text)
{
    const struct attempt *a = &d->attempt;
    const struct errand *errand = d->e->errand;
    struct diagnosed *f;
    struct because *b;

    if (a->finding != finding)
        return NULL;
    f = draft_raise(d, finding);
    f->severity = SEVERITY_CRITICAL;
    f->confidence = a->confidence;
    b = refusal_because(d, f, text);
    say_word(d, b, "mechanism", errand->sign_in.mechanism == NULL ? "AUTH" : errand->sign_in.mechanism);
    say_word(d, b, "step", stage_command(a->stage));
    say_peer(d, b, "user", d->e->plan->user);
    say_offered(d, b, errand->connection);
    if (a->reply != NULL)
        say_reply(d, b, a->reply);
    say_set_aside(d, f, &errand->sign_in);
    refusal_say_help(d, f);
    return f;
}
