/*
 * trouble - the finding of a dialogue that goes wrong, port by port
 */
#include "diagnose/trouble.h"

#include "diagnose/refusal.h"
#include "diagnose/whole.h"

static void say_details(struct draft *d, struct because *b, const struct probe *p, enum stage stage,
                        const struct refused_reply *reply)
{
    say_word(d, b, "step", stage_command(stage));
    say_word(d, b, "service", service_word(p->service));
    say_peer(d, b, "raw", p->raw);
    say_word(d, b, "ehlo", p->ehlo == NULL ? "" : p->ehlo);
    say_word(d, b, "other", p->other_ehlo == NULL ? "" : p->other_ehlo);
    say_reply(d, b, reply);
}

static void say_trouble(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = spot_because(d, f, text, s);

    say_duration(b, "waited", s->longest_ms);
    say_details(d, b, p, p->stage, &p->reply);
}

/* Whoever was to sign in or to send on that connection cannot, whatever the matrix shows. */
static void say_attempt(struct draft *d, struct diagnosed *f, trouble_text_fn text_of)
{
    const struct attempt *a = &d->attempt;
    const struct probe *p = d->e->errand->connection;
    struct because *b = draft_because(d, f, text_of(p), -1);

    draft_concern(d, f, p->port);
    spot_say_alone(d, b, p);
    say_duration(b, "waited", p->total_ms);
    say_details(d, b, p, a->stage, a->reply != NULL ? a->reply : &p->reply);
    refusal_say_help(d, f);
    f->severity = SEVERITY_CRITICAL;
}

/* Told by the same line, but for the port. */
static bool is_told_alike(const struct draft *d, const struct spot *s, const struct spot *other)
{
    const struct probe *a = &d->e->probes[s->first];
    const struct probe *b = &d->e->probes[other->first];

    return spot_fits(s, other) && a->fault == b->fault && a->stage == b->stage && a->service == b->service &&
           a->reply.code == b->reply.code && peer_text_equal(a->reply.text, b->reply.text) &&
           peer_text_equal(a->raw, b->raw);
}

/* Adds the spot to one of n that is told alike, or to their end. */
static void gather(const struct draft *d, struct spot *spots, size_t *n, const struct spot *s)
{
    for (size_t i = 0; i < *n; i++) {
        if (is_told_alike(d, &spots[i], s)) {
            spot_join(&spots[i], s);
            return;
        }
    }
    spots[(*n)++] = *s;
}

void trouble_judge(struct draft *d, enum trouble trouble, enum finding_id finding, trouble_text_fn text_of)
{
    struct port_set ports = whole_counted_ports(d);
    struct spot spots[PLAN_PORTS_MAX];
    struct diagnosed *f;
    size_t n = 0;

    for (size_t i = 0; i < ports.n; i++) {
        struct spot s = spot_of_trouble(d, ports.ports[i], trouble);

        if (s.first >= 0 && !whole_explains(d, ports.ports[i]))
            gather(d, spots, &n, &s);
    }
    if (n == 0 && d->attempt.finding != finding)
        return;
    f = draft_raise(d, finding);
    for (size_t i = 0; i < n; i++)
        say_trouble(d, f, text_of(&d->e->probes[spots[i].first]), &spots[i]);
    draft_judge(d, f);
    if (d->attempt.finding == finding)
        say_attempt(d, f, text_of);
}
