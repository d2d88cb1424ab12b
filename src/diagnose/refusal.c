/*
 * refusal - the lines about a sign-in or a test message that came to nothing
 */
#include "diagnose/refusal.h"

#include "diagnose/trouble.h"

struct because *refusal_because(struct draft *d, struct diagnosed *f, enum text_id text)
{
    const struct probe *p = d->e->errand->connection;
    struct because *b = draft_because(d, f, text, -1);

    if (p == NULL)
        return b;
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

struct diagnosed *refusal_raise(struct draft *d, enum finding_id finding, enum text_id text)
{
    const struct attempt *a = &d->attempt;
    const struct errand *errand = d->e->errand;
    struct diagnosed *f;
    struct because *b;

    if (a->finding != finding || errand->connection == NULL)
        return NULL;
    f = draft_raise(d, finding);
    f->severity = SEVERITY_CRITICAL;
    f->confidence = a->confidence;
    b = refusal_because(d, f, text);
    say_word(d, b, "mechanism", errand->sign_in.mechanism == NULL ? "AUTH" : errand->sign_in.mechanism);
    say_word(d, b, "step", trouble_step(a->stage));
    say_peer(d, b, "user", d->e->plan->user);
    if (a->reply != NULL)
        say_reply(d, b, a->reply);
    refusal_say_help(d, f);
    return f;
}
