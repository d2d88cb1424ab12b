/*
 * draft - a Diagnosis while the rules write it
 *
 * Writes into the arena of the Diagnosis alone.
 */
#include "diagnose/draft.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum { SAID_MAX = 400 }; /* bytes quoted of anything that came from outside */

bool port_set_has(const struct port_set *set, uint16_t port)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->ports[i] == port)
            return true;
    }
    return false;
}

void port_set_add(struct port_set *set, uint16_t port)
{
    if (set->n < PLAN_PORTS_MAX && !port_set_has(set, port))
        set->ports[set->n++] = port;
}

static bool has_spokesman(const struct draft *d, int probe)
{
    for (size_t i = 0; i < d->n_spokesmen; i++) {
        if (d->spokesmen[i] == probe)
            return true;
    }
    return false;
}

void draft_init(struct draft *d, struct diagnosis *diagnosis, const struct evidence *e)
{
    *d = (struct draft){ .e = e, .d = diagnosis, .arena = diagnosis->arena, .attempt = attempt_of(e) };
    diagnosis->findings = arena_alloc(d->arena, DIAGNOSIS_FINDINGS_MAX, sizeof *diagnosis->findings);
    for (size_t i = 0; i < e->n_probes && i < EVIDENCE_PROBES_MAX; i++) {
        int spokesman = e->probes[i].role == ROLE_TARGET ? seen_spokesman(e, i) : -1;

        if (spokesman >= 0 && !has_spokesman(d, spokesman))
            d->spokesmen[d->n_spokesmen++] = spokesman;
    }
}

struct diagnosed *draft_find(const struct draft *d, enum finding_id finding)
{
    for (size_t i = 0; i < d->d->n_findings; i++) {
        if (d->d->findings[i].finding == finding)
            return &d->d->findings[i];
    }
    return NULL;
}

struct diagnosed *draft_raise(struct draft *d, enum finding_id finding)
{
    struct diagnosed *f = draft_find(d, finding);

    if (f != NULL)
        return f;
    f = &d->spare;
    if (d->d->findings != NULL && d->d->n_findings < DIAGNOSIS_FINDINGS_MAX)
        f = &d->d->findings[d->d->n_findings++];
    *f = (struct diagnosed){
        .finding = finding,
        .severity = SEVERITY_CRITICAL,
        .confidence = 1,
        .caused_by = -1,
        .because = arena_alloc(d->arena, FINDING_BECAUSE_MAX, sizeof *f->because),
    };
    return f;
}

static size_t index_of(const struct draft *d, const struct diagnosed *f)
{
    return f == &d->spare ? 0 : (size_t)(f - d->d->findings);
}

void draft_concern(struct draft *d, const struct diagnosed *f, uint16_t port)
{
    port_set_add(&d->ports[index_of(d, f)], port);
}

const struct port_set *draft_ports(const struct draft *d, const struct diagnosed *f)
{
    return &d->ports[index_of(d, f)];
}

static bool stops_the_user(const struct draft *d, const struct port_set *set)
{
    const struct plan *plan = d->e->plan;

    if (plan->n_asked_ports == 0)
        return !seen_can_send(d->e);
    for (size_t i = 0; i < set->n; i++) {
        if (plan_asks_port(plan, set->ports[i]) && !seen_setting_works(d->e, set->ports[i]))
            return true;
    }
    return false;
}

void draft_judge(struct draft *d, struct diagnosed *f)
{
    f->severity = stops_the_user(d, draft_ports(d, f)) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

struct because *draft_because(struct draft *d, struct diagnosed *f, enum text_id text, int probe)
{
    struct because *b = &d->spare_because;

    if (f->because != NULL && f->n_because < FINDING_BECAUSE_MAX)
        b = &f->because[f->n_because++];
    *b = (struct because){ .text = text, .probe = probe };
    return b;
}

static struct argument *next_argument(struct because *b, const char *name, enum argument_kind kind)
{
    assert(b->n_arguments < BECAUSE_ARGUMENTS_MAX);
    b->arguments[b->n_arguments] = (struct argument){ .name = name, .kind = kind };
    return &b->arguments[b->n_arguments++];
}

static const char *kept_word(struct draft *d, const char *word)
{
    const char *copy = arena_strdup(d->arena, word);

    return copy == NULL ? "" : copy;
}

void say_word(struct draft *d, struct because *b, const char *name, const char *word)
{
    next_argument(b, name, ARGUMENT_WORD)->value.word = kept_word(d, word);
}

void say_peer(struct draft *d, struct because *b, const char *name, struct peer_text text)
{
    next_argument(b, name, ARGUMENT_PEER)->value.peer = arena_peer_text(d->arena, text, SAID_MAX);
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

static void put_joined_lines(struct buf *out, struct peer_text t)
{
    while (t.len > 0 && is_line_end(t.bytes[t.len - 1]))
        t.len--;
    for (size_t i = 0; i < t.len; i++) {
        if (!is_line_end(t.bytes[i]))
            buf_put_char(out, t.bytes[i]);
        else if (t.bytes[i] == '\n')
            buf_put_string(out, " / ");
    }
}

void say_reply(struct draft *d, struct because *b, const struct refused_reply *r)
{
    struct buf line;

    buf_init(&line, SAID_MAX);
    put_joined_lines(&line, r->text);
    if (line.len == 0)
        buf_printf(&line, "%u", r->code);
    say_peer(d, b, "reply", (struct peer_text){ line.bytes, line.len });
    buf_done(&line);
}

void say_text(struct because *b, const char *name, enum text_id text)
{
    next_argument(b, name, ARGUMENT_TEXT)->value.text = text;
}

void say_number(struct because *b, const char *name, int64_t number)
{
    next_argument(b, name, ARGUMENT_NUMBER)->value.number = number;
}

void say_duration(struct because *b, const char *name, double ms)
{
    next_argument(b, name, ARGUMENT_DURATION)->value.duration_ms = ms < 0 ? 0 : ms;
}

void say_date(struct because *b, const char *name, int64_t seconds)
{
    next_argument(b, name, ARGUMENT_DATE)->value.date = seconds;
}

/* Time servers that agree, by name; else what has set the bound. */
void say_time_source(struct draft *d, struct because *b)
{
    const struct clock_view *v = &d->e->clock;
    bool issuer = false;
    struct buf names;

    buf_init(&names, SAID_MAX);
    for (size_t i = 0; i < v->n_sources; i++) {
        const struct clock_source *s = &v->sources[i];

        issuer = issuer || (s->agrees && s->kind == CLOCK_OCSP);
        if (s->agrees && s->name != NULL && (s->kind == CLOCK_SNTP || s->kind == CLOCK_HTTP_DATE))
            buf_printf(&names, "%s%s", names.len == 0 ? "" : ", ", s->name);
    }
    if (names.len > 0)
        say_peer(d, b, "source", (struct peer_text){ names.bytes, names.len });
    else
        say_text(b, "source", issuer ? TEXT_CLOCK_OCSP : TEXT_CLOCK_BUILD);
    buf_done(&names);
}

static void add_step_argument(struct diagnosed *f, struct argument argument)
{
    for (size_t i = 0; i < f->n_arguments; i++) {
        if (strcmp(f->arguments[i].name, argument.name) == 0)
            return;
    }
    assert(f->n_arguments < BECAUSE_ARGUMENTS_MAX);
    f->arguments[f->n_arguments++] = argument;
}

void draft_step_word(struct draft *d, struct diagnosed *f, const char *name, const char *word)
{
    add_step_argument(f, (struct argument){ .name = name, .kind = ARGUMENT_WORD, .value.word = kept_word(d, word) });
}

void draft_step_text(struct draft *d, struct diagnosed *f, const char *name, enum text_id text)
{
    (void)d;
    add_step_argument(f, (struct argument){ .name = name, .kind = ARGUMENT_TEXT, .value.text = text });
}

const char *draft_host(const struct draft *d)
{
    return d->e->plan->host == NULL ? "" : d->e->plan->host;
}
