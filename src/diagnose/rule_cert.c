/*
 * rule_cert - certificates that a client would not take
 *
 * Judges each chain once, however many ports showed it. Windows of validity are
 * held against the true time where it is known, else against the clock of this
 * machine; trust was judged without them. A chain
 * that was not judged raises nothing but what its dates say.
 */
#include "diagnose/rule.h"
#include "diagnose/shown.h"
#include "diagnose/whole.h"
#include "model/clock_estimate.h"

static const double SURE_OF_DATES = 0.9;      /* no other clock has confirmed the local one */
static const double SURE_OF_INCOMPLETE = 0.9; /* the missing certificate was not seen */

/* What breaks trust beyond an unknown issuer. */
enum {
    TRUST_BROKEN = TRUST_ISSUER_NOT_CA | TRUST_BAD_SIGNATURE | TRUST_CONSTRAINTS | TRUST_PURPOSE | TRUST_OTHER |
                   TRUST_PATH_LENGTH | TRUST_EXTENSION
};

/* ---- who showed it -------------------------------------------------------- */

/* The arguments that every text about a certificate may use. */
static struct because *say_certificate(struct draft *d, struct diagnosed *f, enum text_id text,
                                       const struct spot *s, const struct certificate *c)
{
    struct because *b = spot_because(d, f, text, s);

    say_peer(d, b, "subject", shown_subject(c));
    say_peer(d, b, "issuer", c->issuer);
    return b;
}

/* Where the last thing of the kind that came was fetched for a chain; "" where nothing was. */
static const char *url_of_fetch(const struct evidence *e, size_t chain, enum fetch_kind kind)
{
    const char *url = "";

    for (size_t i = 0; i < e->n_fetches; i++) {
        const struct fetch *f = &e->fetches[i];

        if (f->chain == chain && f->kind == kind && f->outcome == FETCH_OK)
            url = f->url;
    }
    return url;
}

/* One rule's question to one chain: the text that tells the flaw, or TEXT_NONE; *ret is where it lies. */
typedef enum text_id (*chain_flaw_fn)(const struct draft *d, const struct chain *c, size_t *ret);

static struct diagnosed *judge_chains(struct draft *d, enum finding_id finding, chain_flaw_fn flaw)
{
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        size_t at = 0;
        enum text_id text = s.first < 0 || c->n_certificates == 0 ? TEXT_NONE : flaw(d, c, &at);
        struct because *b;

        if (text == TEXT_NONE)
            continue;
        f = draft_raise(d, finding);
        b = say_certificate(d, f, text, &s, &c->certificates[at]);
        say_date(b, "begins", c->certificates[at].not_before);
        say_date(b, "ends", c->certificates[at].not_after);
        if (text == TEXT_BECAUSE_CERT_REVOKED_FETCHED)
            say_word(d, b, "url", url_of_fetch(d->e, i, FETCH_OCSP));
        if (text == TEXT_BECAUSE_CERT_INCOMPLETE_CHAIN_FETCHED)
            say_word(d, b, "url", url_of_fetch(d->e, i, FETCH_ISSUER));
        if (finding == FINDING_CERT_REVOKED || finding == FINDING_CERT_BAD_STAPLE) {
            say_date(b, "revoked", c->ocsp.revoked_at);
            say_date(b, "updated", c->ocsp.this_update);
            say_date(b, "until", c->ocsp.next_update);
        } else {
            say_word(d, b, "key", c->certificates[at].key == NULL ? "" : c->certificates[at].key);
            say_word(d, b, "signature", c->certificates[at].signature == NULL ? "" : c->certificates[at].signature);
        }
    }
    if (f != NULL)
        draft_judge(d, f);
    return f;
}

/* A root that a server sends along is not looked at: a client has its own, or none. */
static bool is_extra_root(const struct chain *c, size_t at)
{
    return at > 0 && c->certificates[at].self_issued;
}

/* ---- windows of validity -------------------------------------------------- */

static enum text_id flaw_of_window(const struct draft *d, const struct chain *c, int window,
                                   enum text_id text, size_t *ret)
{
    int at = seen_window(d->e, c, window);

    if (at < 0)
        return TEXT_NONE;
    *ret = (size_t)at;
    return text;
}

static enum text_id flaw_expired(const struct draft *d, const struct chain *c, size_t *ret)
{
    return flaw_of_window(d, c, WINDOW_ENDED, TEXT_BECAUSE_CERT_EXPIRED_ENDED, ret);
}

static enum text_id flaw_not_yet_valid(const struct draft *d, const struct chain *c, size_t *ret)
{
    return flaw_of_window(d, c, WINDOW_AHEAD, TEXT_BECAUSE_CERT_NOT_YET_VALID_BEGINS, ret);
}

static void judge_dates(struct draft *d, enum finding_id finding, chain_flaw_fn flaw, enum text_id now,
                        enum text_id true_time)
{
    struct diagnosed *f = judge_chains(d, finding, flaw);

    if (f == NULL)
        return;
    if (d->e->clock.known) {
        struct because *b = draft_because(d, f, true_time, -1);

        say_date(b, "now", clock_now_s(d->e));
        say_time_source(d, b);
        return;
    }
    f->confidence = SURE_OF_DATES;
    say_date(draft_because(d, f, now, -1), "now", d->e->started_wall_ms / 1000);
}

void rule_cert_expired(struct draft *d)
{
    judge_dates(d, FINDING_CERT_EXPIRED, flaw_expired, TEXT_BECAUSE_CERT_EXPIRED_NOW,
                TEXT_BECAUSE_CERT_EXPIRED_TRUE_TIME);
}

void rule_cert_not_yet_valid(struct draft *d)
{
    judge_dates(d, FINDING_CERT_NOT_YET_VALID, flaw_not_yet_valid, TEXT_BECAUSE_CERT_NOT_YET_VALID_NOW,
                TEXT_BECAUSE_CERT_NOT_YET_VALID_TRUE_TIME);
}

/* ---- an end that is near --------------------------------------------------- */

static const int64_t SECONDS_A_DAY = 86400;

/* The one of the chain that ends first. */
static const struct certificate *first_to_end(const struct chain *c)
{
    const struct certificate *first = &c->certificates[0];

    for (size_t i = 1; i < seen_needed(c); i++) {
        if (!is_extra_root(c, i) && c->certificates[i].not_after < first->not_after)
            first = &c->certificates[i];
    }
    return first;
}

static bool ends_within(const struct certificate *c, int64_t now, int days)
{
    return days >= 0 && c->not_after < now + days * SECONDS_A_DAY;
}

void rule_cert_expires_soon(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    int64_t now = clock_now_s(d->e);
    bool critical = false;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        const struct certificate *first = c->n_certificates == 0 ? NULL : first_to_end(c);
        struct because *b;

        if (s.first < 0 || first == NULL || first->not_after < now)
            continue;
        /* Ended by the wrong clock of this machine: that clock is the story. */
        if (first->not_after < d->e->started_wall_ms / 1000)
            continue;
        if (!ends_within(first, now, plan->warn_days) && !ends_within(first, now, plan->crit_days))
            continue;
        critical = critical || ends_within(first, now, plan->crit_days);
        f = draft_raise(d, FINDING_CERT_EXPIRES_SOON);
        b = say_certificate(d, f, TEXT_BECAUSE_CERT_EXPIRES_SOON_ENDS, &s, first);
        say_date(b, "ends", first->not_after);
        say_number(b, "days", (first->not_after - now) / SECONDS_A_DAY);
    }
    if (f != NULL)
        f->severity = critical ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

/* ---- trust ---------------------------------------------------------------- */

void rule_cert_no_trust_store(struct draft *d)
{
    struct diagnosed *f;

    if (!shown_without_roots(d->e))
        return;
    for (size_t i = 0; i < d->e->n_chains; i++) {
        struct spot s = shown_where(d, i);

        if (s.first < 0)
            continue;
        f = draft_raise(d, FINDING_CERT_NO_TRUST_STORE);
        spot_because(d, f, TEXT_BECAUSE_CERT_NO_TRUST_STORE_EMPTY, &s);
        draft_judge(d, f);
    }
}

/* No more is known against it than that its issuer is not. */
static bool lacks_issuer(const struct draft *d, const struct chain *c)
{
    unsigned others = TRUST_BROKEN | TRUST_WEAK_ALGORITHM | TRUST_REVOKED;

    if (!shown_distrusted(d->e, c) || c->leaf_self_signed)
        return false;
    return (c->trust_flaws & TRUST_NO_ISSUER) != 0 || (c->trust_flaws & others) == 0;
}

static enum text_id flaw_self_signed(const struct draft *d, const struct chain *c, size_t *ret)
{
    (void)ret;
    return shown_distrusted(d->e, c) && c->leaf_self_signed ? TEXT_BECAUSE_CERT_SELF_SIGNED_LEAF : TEXT_NONE;
}

static enum text_id flaw_incomplete(const struct draft *d, const struct chain *c, size_t *ret)
{
    *ret = c->n_certificates - 1;
    if (!lacks_issuer(d, c) || !shown_completable(c))
        return TEXT_NONE;
    switch (c->completion) {
    case COMPLETION_SEEN:
        return TEXT_BECAUSE_CERT_INCOMPLETE_CHAIN_SEEN;
    case COMPLETION_FETCHED:
        return TEXT_BECAUSE_CERT_INCOMPLETE_CHAIN_FETCHED;
    case COMPLETION_NONE:
        break;
    }
    return TEXT_BECAUSE_CERT_INCOMPLETE_CHAIN_MISSING;
}

static enum text_id flaw_untrusted(const struct draft *d, const struct chain *c, size_t *ret)
{
    *ret = c->n_certificates - 1;
    return lacks_issuer(d, c) && !shown_completable(c) ? TEXT_BECAUSE_CERT_UNTRUSTED_ISSUER_UNKNOWN
                                                      : TEXT_NONE;
}

static enum text_id flaw_invalid(const struct draft *d, const struct chain *c, size_t *ret)
{
    (void)ret;
    if (!shown_distrusted(d->e, c) || c->leaf_self_signed || (c->trust_flaws & TRUST_BROKEN) == 0)
        return TEXT_NONE;
    if (c->trust_flaws & TRUST_BAD_SIGNATURE)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_SIGNATURE;
    if (c->trust_flaws & TRUST_ISSUER_NOT_CA)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_NOT_CA;
    if (c->trust_flaws & TRUST_PATH_LENGTH)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_PATH_LENGTH;
    if (c->trust_flaws & TRUST_EXTENSION)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_EXTENSION;
    if (c->trust_flaws & TRUST_CONSTRAINTS)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_CONSTRAINTS;
    if (c->trust_flaws & TRUST_PURPOSE)
        return TEXT_BECAUSE_CERT_INVALID_CHAIN_PURPOSE;
    return TEXT_BECAUSE_CERT_INVALID_CHAIN_OTHER;
}

static enum text_id flaw_weak(const struct draft *d, const struct chain *c, size_t *ret)
{
    if (!shown_distrusted(d->e, c) || (c->trust_flaws & TRUST_WEAK_ALGORITHM) == 0)
        return TEXT_NONE;
    for (size_t i = 0; i < seen_needed(c); i++) {
        const struct certificate *x = &c->certificates[i];

        *ret = i;
        if (is_extra_root(c, i) || (!x->weak_key && !x->weak_signature))
            continue;
        return x->weak_key ? TEXT_BECAUSE_CERT_WEAK_KEY : TEXT_BECAUSE_CERT_WEAK_SIGNATURE;
    }
    *ret = 0;
    return TEXT_BECAUSE_CERT_WEAK_KEY;
}

static enum text_id flaw_revoked(const struct draft *d, const struct chain *c, size_t *ret)
{
    (void)ret;
    if (!shown_distrusted(d->e, c) || (c->trust_flaws & TRUST_REVOKED) == 0)
        return TEXT_NONE;
    if (c->ocsp.status != OCSP_REVOKED || c->ocsp.revoked_at < 0)
        return TEXT_BECAUSE_CERT_REVOKED_REVOKED;
    return c->ocsp_fetched ? TEXT_BECAUSE_CERT_REVOKED_FETCHED : TEXT_BECAUSE_CERT_REVOKED_STAPLED;
}

/* An answer that has ended is no answer; that it has, more than the local clock must say. */
static bool has_ended(const struct draft *d, const struct ocsp_answer *o)
{
    return o->next_update >= 0 && clock_earliest_s(d->e) > o->next_update &&
           (d->e->clock.known || d->e->plan->no_clock);
}

/* GnuTLS' clients refuse both, and others where the certificate demands it (RFC 7633 section 4.3.3). */
static enum text_id flaw_staple(const struct draft *d, const struct chain *c, size_t *ret)
{
    (void)ret;
    if (!c->judged || !c->trusted)
        return TEXT_NONE;
    /* What was fetched is no staple, and counts only where that says nothing. */
    if (!c->ocsp_fetched && c->ocsp.status == OCSP_GOOD && has_ended(d, &c->ocsp))
        return TEXT_BECAUSE_CERT_BAD_STAPLE_ENDED;
    if (c->certificates[0].must_staple &&
        (c->staple.bytes == NULL || (!c->ocsp_fetched && c->ocsp.status == OCSP_INVALID)))
        return TEXT_BECAUSE_CERT_BAD_STAPLE_MISSING;
    return TEXT_NONE;
}

void rule_cert_self_signed(struct draft *d)
{
    judge_chains(d, FINDING_CERT_SELF_SIGNED, flaw_self_signed);
}

void rule_cert_incomplete_chain(struct draft *d)
{
    struct diagnosed *f = judge_chains(d, FINDING_CERT_INCOMPLETE_CHAIN, flaw_incomplete);
    bool proved = true;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        size_t at;

        proved = proved && flaw_incomplete(d, &d->e->chains[i], &at) != TEXT_BECAUSE_CERT_INCOMPLETE_CHAIN_MISSING;
    }
    if (f != NULL && !proved)
        f->confidence = SURE_OF_INCOMPLETE;
}

void rule_cert_untrusted_issuer(struct draft *d)
{
    judge_chains(d, FINDING_CERT_UNTRUSTED_ISSUER, flaw_untrusted);
}

void rule_cert_invalid_chain(struct draft *d)
{
    judge_chains(d, FINDING_CERT_INVALID_CHAIN, flaw_invalid);
}

void rule_cert_weak(struct draft *d)
{
    judge_chains(d, FINDING_CERT_WEAK, flaw_weak);
}

void rule_cert_revoked(struct draft *d)
{
    judge_chains(d, FINDING_CERT_REVOKED, flaw_revoked);
}

/* Some programs refuse it and others do not look, so that mail can be sent, and it is to be mended. */
void rule_cert_bad_staple(struct draft *d)
{
    struct diagnosed *f = judge_chains(d, FINDING_CERT_BAD_STAPLE, flaw_staple);

    if (f != NULL)
        f->severity = SEVERITY_WARNING;
}

/* ---- names ---------------------------------------------------------------- */

void rule_cert_name_mismatch(struct draft *d)
{
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < d->e->n_chains; i++) {
        const struct chain *c = &d->e->chains[i];
        struct spot s = shown_where(d, i);
        const struct certificate *leaf = c->certificates;
        struct because *b;

        if (s.first < 0 || !c->judged || c->name_matches || c->n_certificates == 0)
            continue;
        f = draft_raise(d, FINDING_CERT_NAME_MISMATCH);
        b = say_certificate(d, f,
                            leaf->n_names > 0 ? TEXT_BECAUSE_CERT_NAME_MISMATCH_NAMES
                                              : TEXT_BECAUSE_CERT_NAME_MISMATCH_NAMELESS,
                            &s, leaf);
        say_word(d, b, "host", c->host == NULL ? draft_host(d) : c->host);
        shown_say_names(d, b, leaf);
    }
    if (f != NULL)
        draft_judge(d, f);
}
