/*
 * rule_tamper - a certificate that comes from somebody else, and one for those who name no server
 *
 * Who has issued a certificate tells who opens the connection: a product that is
 * known by its name, or, for a provider that serves the public, anybody whom no
 * list of public authorities holds. Dates prove nothing, for they are copied.
 */
#include "diagnose/rule.h"
#include "diagnose/shown.h"
#include "knowledge/control.h"
#include "knowledge/interceptor.h"

static const double SURE_BY_ISSUER = 0.9; /* private, and nothing to compare it with */
static const double SURE_BY_ADDRESS = 0.8; /* what would be shown under a name was not seen */

/* ---- tls.sni-required ----------------------------------------------------- */

static bool names_its_servers(const struct chain *c)
{
    return c->n_certificates > 0 && c->certificates[0].n_names > 0;
}

/* With an address no name is sent (RFC 6066 section 3), and the certificate is for another one than it. */
static bool is_for_another(const struct draft *d, const struct chain *c)
{
    return d->e->plan->host_is_address && c->judged && !c->name_matches;
}

static struct diagnosed *judge_nameless(struct draft *d)
{
    struct diagnosed *f = NULL;
    bool proved = false;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        bool says_so = shown_for_no_name(c);
        struct because *b;

        if (s.first < 0 || (!says_so && !is_for_another(d, c)))
            continue;
        proved = proved || says_so;
        f = draft_raise(d, FINDING_TLS_SNI_REQUIRED);
        b = spot_because(d, f,
                         says_so ? TEXT_BECAUSE_TLS_SNI_REQUIRED_TOLD
                         : names_its_servers(c) ? TEXT_BECAUSE_TLS_SNI_REQUIRED_ADDRESS
                                                : TEXT_BECAUSE_TLS_SNI_REQUIRED_ADDRESS_NAMELESS,
                         &s);
        say_peer(d, b, "subject", shown_subject(&c->certificates[0]));
        shown_say_names(d, b, &c->certificates[0]);
    }
    if (f == NULL)
        return NULL;
    if (!proved)
        f->confidence = SURE_BY_ADDRESS;
    draft_judge(d, f);
    return f;
}

/* Every endpoint that shows this chain (-1: none) to those who name no server, and another one to us. */
static struct spot where_nameless_see(const struct draft *d, int chain)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role == ROLE_TARGET && p->no_sni_tried && p->chain >= 0 && p->no_sni_chain == chain &&
            p->chain != chain && seen_counts(d->e, p->port))
            spot_add(&s, d->e, (int)i);
    }
    return s;
}

/* Clients that send no name are not this user's, so that it is only told. */
static void tell_of_nameless(struct draft *d)
{
    for (int chain = -1; chain < (int)d->e->n_chains; chain++) {
        struct spot s = where_nameless_see(d, chain);
        struct diagnosed *f;
        struct because *b;

        if (s.first < 0)
            continue;
        f = draft_raise(d, FINDING_TLS_SNI_REQUIRED);
        f->severity = SEVERITY_INFO;
        /* It concerns no port of this user's: what goes wrong there has another cause. */
        b = draft_because(d, f,
                          chain < 0 ? TEXT_BECAUSE_TLS_SNI_REQUIRED_FAILS : TEXT_BECAUSE_TLS_SNI_REQUIRED_OTHER,
                          s.first);
        spot_say(d, b, &s);
        if (chain >= 0)
            say_peer(d, b, "subject", shown_subject(&d->e->chains[chain].certificates[0]));
    }
}

void rule_tls_sni_required(struct draft *d)
{
    if (judge_nameless(d) == NULL)
        tell_of_nameless(d);
}

/* ---- tls.intercepted ------------------------------------------------------ */

/* How a chain shows that somebody stands between. */
enum sign {
    SIGN_NONE,
    SIGN_PRODUCT, /* known by the name of its issuer */
    SIGN_SHARED,  /* an unrelated provider shows the same private issuer */
    SIGN_PRIVATE, /* a provider that serves the public shows a private issuer */
};

struct intrusion {
    enum sign sign;
    const struct interceptor *product; /* NULL where it is not known */
    struct peer_text issuer;
    int twin; /* the probe of the other provider, -1 none */
};

static const struct certificate *last_of(const struct chain *c)
{
    return &c->certificates[c->n_certificates - 1];
}

/* The first issuer of the chain that is a known one. */
static const struct interceptor *find_product(const struct chain *c, struct peer_text *issuer)
{
    for (size_t i = 0; i < c->n_certificates; i++) {
        const struct interceptor *found = interceptor_by_issuer(c->certificates[i].issuer);

        if (found != NULL) {
            *issuer = c->certificates[i].issuer;
            return found;
        }
    }
    return NULL;
}

/* A control of a provider or of the list, which shows the very same private issuer. */
static int find_twin(const struct draft *d, const struct chain *c)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];
        const struct chain *other;

        if (p->role != ROLE_CONTROL || p->chain < 0 || (size_t)p->chain >= d->e->n_chains ||
            (provider_by_host(p->host) == NULL && !control_is_listed(p->host)))
            continue;
        other = &d->e->chains[p->chain];
        if (shown_private(d->e, other) && peer_text_equal(last_of(other)->issuer, last_of(c)->issuer))
            return (int)i;
    }
    return -1;
}

static struct intrusion find_intrusion(const struct draft *d, const struct chain *c)
{
    struct intrusion in = { .sign = SIGN_NONE, .twin = -1 };

    if (c->n_certificates == 0 || shown_for_no_name(c))
        return in;
    in.issuer = last_of(c)->issuer;
    in.product = find_product(c, &in.issuer);
    if (shown_private(d->e, c)) {
        in.twin = find_twin(d, c);
        in.sign = in.twin >= 0 ? SIGN_SHARED : seen_known_host(d->e) ? SIGN_PRIVATE : SIGN_NONE;
    }
    if (in.product != NULL && in.product->kind != INTERCEPTOR_HELPER)
        in.sign = SIGN_PRODUCT;
    return in;
}

static enum text_id kind_text(enum interceptor_kind kind)
{
    switch (kind) {
    case INTERCEPTOR_COMPUTER:
        return TEXT_BECAUSE_TLS_INTERCEPTED_COMPUTER;
    case INTERCEPTOR_NETWORK:
        return TEXT_BECAUSE_TLS_INTERCEPTED_NETWORK;
    case INTERCEPTOR_DEBUGGER:
        return TEXT_BECAUSE_TLS_INTERCEPTED_DEBUGGER;
    case INTERCEPTOR_HELPER:
        return TEXT_BECAUSE_TLS_INTERCEPTED_HELPER;
    }
    return TEXT_BECAUSE_TLS_INTERCEPTED_COMPUTER;
}

static enum text_id sign_text(enum sign sign)
{
    switch (sign) {
    case SIGN_NONE:
    case SIGN_PRODUCT:
        break;
    case SIGN_SHARED:
        return TEXT_BECAUSE_TLS_INTERCEPTED_SHARED;
    case SIGN_PRIVATE:
        return TEXT_BECAUSE_TLS_INTERCEPTED_PRIVATE;
    }
    return TEXT_BECAUSE_TLS_INTERCEPTED_PRODUCT;
}

static void say_intrusion(struct draft *d, struct diagnosed *f, const struct spot *s,
                          const struct intrusion *in)
{
    const struct provider *provider = seen_provider(d->e);
    struct because *b = spot_because(d, f, sign_text(in->sign), s);
    struct spot twin;

    shown_say_issuer(d, b, in->issuer);
    say_word(d, b, "product", in->product == NULL ? "" : in->product->product);
    say_word(d, b, "provider", provider == NULL ? "" : provider->name);
    if (in->twin >= 0) {
        spot_init(&twin);
        spot_add(&twin, d->e, in->twin);
        spot_say(d, draft_because(d, f, TEXT_BECAUSE_TLS_INTERCEPTED_TWIN, in->twin), &twin);
    }
}

/* Where the product sits, and what it is called in the steps; once, however many ports it opens. */
static void say_product(struct draft *d, struct diagnosed *f, const struct interceptor *product)
{
    if (product == NULL)
        return;
    say_word(d, draft_because(d, f, kind_text(product->kind), -1), "product", product->product);
    if (product->kind != INTERCEPTOR_NETWORK)
        draft_step_word(d, f, "scanner", product->product);
}

/* Ports of the same host where nobody stands between. */
static bool say_elsewhere(struct draft *d, struct diagnosed *f)
{
    bool said = false;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        struct because *b;

        if (s.first < 0 || !c->judged || !c->trusted || find_intrusion(d, c).sign != SIGN_NONE)
            continue;
        b = draft_because(d, f, TEXT_BECAUSE_TLS_INTERCEPTED_ELSEWHERE, s.first);
        spot_say(d, b, &s);
        shown_say_issuer(d, b, last_of(c)->issuer);
        said = true;
    }
    return said;
}

/* What is known of all chains that are opened on the way. */
struct opened {
    const struct interceptor *product;
    bool fine;   /* a client takes every one of them */
    bool given;  /* ... because the user has said so */
    bool proved; /* by a name, or by a provider that has nothing to do with it */
};

/*
 * A client that believes the root can send: then it is only to be known, and where
 * the user has named that root himself it is as he wants it.
 */
static void judge_opened(struct draft *d, struct diagnosed *f, const struct opened *o)
{
    if (o->fine)
        f->severity = o->given ? SEVERITY_INFO : SEVERITY_WARNING;
    else
        draft_judge(d, f);
}

void rule_tls_intercepted(struct draft *d)
{
    struct opened all = { .fine = true, .given = true };
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        struct intrusion in = find_intrusion(d, c);

        if (s.first < 0 || in.sign == SIGN_NONE)
            continue;
        f = draft_raise(d, FINDING_TLS_INTERCEPTED);
        say_intrusion(d, f, &s, &in);
        all.product = in.product != NULL ? in.product : all.product;
        all.fine = all.fine && seen_chain_fine(d->e, c);
        all.given = all.given && c->root_given;
        all.proved = all.proved || in.sign != SIGN_PRIVATE;
    }
    if (f == NULL)
        return;
    say_product(d, f, all.product);
    if (say_elsewhere(d, f))
        all.proved = true;
    if (all.fine)
        draft_because(
            d, f, all.given ? TEXT_BECAUSE_TLS_INTERCEPTED_GIVEN : TEXT_BECAUSE_TLS_INTERCEPTED_TRUSTED, -1);
    if (!all.proved)
        f->confidence = SURE_BY_ISSUER;
    judge_opened(d, f, &all);
}
