/*
 * chain - what the roots say of the chains that were shown, and what these lack
 *
 * Trust is judged without the clock: windows of validity are facts of their
 * own, which the rules judge against the estimated time.
 */
#include "probe/chain.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "probe/aia.h"
#include "probe/http.h"
#include "probe/ocsp.h"
#include "probe/x509.h"

/* One chain with what it was read into, while it is judged. */
struct judged {
    struct chain *chain;
    gnutls_x509_crt_t crts[CHAIN_CERTIFICATES_MAX];
    unsigned n;
    gnutls_x509_crt_t fetched[CHAIN_FETCHED_MAX];
    unsigned n_fetched;
    bool fetched_counts; /* with what was fetched the chain leads to a root: those are its issuers indeed */
};

static gnutls_x509_crt_t read_certificate(const struct certificate *c)
{
    gnutls_datum_t der = { .data = (unsigned char *)(uintptr_t)c->der.bytes, .size = (unsigned)c->der.len };
    gnutls_x509_crt_t crt = NULL;

    if (gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) >= 0)
        return crt;
    gnutls_x509_crt_deinit(crt);
    return NULL;
}

static void judged_init(struct judged *j, struct chain *chain)
{
    *j = (struct judged){ .chain = chain };
    for (size_t i = 0; i < chain->n_certificates; i++) {
        gnutls_x509_crt_t crt = read_certificate(&chain->certificates[i]);

        if (crt != NULL)
            j->crts[j->n++] = crt;
        else if (i == 0)
            return; /* without its leaf it is another chain */
    }
    for (size_t i = 0; i < chain->n_fetched; i++) {
        gnutls_x509_crt_t crt = read_certificate(&chain->fetched[i]);

        if (crt != NULL)
            j->fetched[j->n_fetched++] = crt;
    }
}

static void judged_done(struct judged *j)
{
    for (unsigned i = 0; i < j->n; i++)
        gnutls_x509_crt_deinit(j->crts[i]);
    for (unsigned i = 0; i < j->n_fetched; i++)
        gnutls_x509_crt_deinit(j->fetched[i]);
}

static bool is_believed(struct trust *t, gnutls_x509_crt_t *crts, unsigned n)
{
    unsigned flaws;

    return trust_verify(t, crts, n, &flaws) && flaws == 0;
}

/* How many from the leaf on are enough for a client with these roots; what is sent beyond them is idle. */
static size_t count_needed(struct trust *t, struct judged *j)
{
    for (unsigned n = 1; n < j->n; n++) {
        if (is_believed(t, j->crts, n))
            return n;
    }
    return j->n;
}

/* Today's clients take no weak key and no weak signature; a root that is sent along is not looked at. */
static bool is_weak(const struct chain *c)
{
    size_t n = c->n_needed > 0 ? c->n_needed : c->n_certificates;

    for (size_t i = 0; i < n; i++) {
        const struct certificate *x = &c->certificates[i];

        if ((x->weak_key || x->weak_signature) && (i == 0 || !x->self_issued))
            return true;
    }
    return false;
}

/* RFC 5280 section 4.2.1.9: self-issued certificates do not count, nor does the leaf. */
static bool breaks_path_length(const struct judged *j)
{
    int n_below = 0;

    for (unsigned i = 1; i < j->n; i++) {
        unsigned is_ca = 0;
        int path_length = -1;

        if (gnutls_x509_crt_get_basic_constraints(j->crts[i], NULL, &is_ca, &path_length) >= 0 &&
            path_length >= 0 && path_length < n_below)
            return true;
        n_below += gnutls_x509_crt_check_issuer(j->crts[i], j->crts[i]) == 0;
    }
    return false;
}

static unsigned name_flaws(const struct judged *j, unsigned flaws)
{
    /* GnuTLS says the same of both. */
    if ((flaws & (TRUST_CONSTRAINTS | TRUST_ISSUER_NOT_CA | TRUST_OTHER)) != 0 && breaks_path_length(j))
        flaws = (flaws & ~(unsigned)(TRUST_CONSTRAINTS | TRUST_ISSUER_NOT_CA | TRUST_OTHER)) |
                TRUST_PATH_LENGTH;
    return flaws;
}

/* The library stops at the first flaw from the root downwards, which may be a mere effect of this one. */
static bool has_issuer_without_authority(const struct judged *j)
{
    for (unsigned i = 1; i < j->n; i++) {
        if (gnutls_x509_crt_check_issuer(j->crts[i - 1], j->crts[i]) != 0 &&
            gnutls_x509_crt_get_ca_status(j->crts[i], NULL) == 0)
            return true;
    }
    return false;
}

/* A signature by such a key would be checked for minutes. */
static bool is_bearable(const struct judged *j)
{
    for (unsigned i = 0; i < j->n; i++) {
        if (!x509_key_is_bearable(j->crts[i]))
            return false;
    }
    for (unsigned i = 0; i < j->n_fetched; i++) {
        if (!x509_key_is_bearable(j->fetched[i]))
            return false;
    }
    return true;
}

static bool signs_itself(gnutls_x509_crt_t crt)
{
    unsigned status = 0;

    if (gnutls_x509_crt_check_issuer(crt, crt) == 0)
        return false;
    /*
     * Weak algorithms and missing CA marks are other matters: is it its own signature? Unless told not to,
     * the library believes a certificate that is on the list of trusted ones without a look at it.
     */
    if (gnutls_x509_crt_verify(crt, &crt, 1,
                               GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 |
                                   GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME |
                                   GNUTLS_VERIFY_DISABLE_CA_SIGN,
                               &status) < 0)
        return false;
    return (status & GNUTLS_CERT_SIGNATURE_FAILURE) == 0;
}

/* Whether the roots believe it. */
static void judge_trust(struct trust *t, struct judged *j)
{
    struct chain *c = j->chain;
    unsigned flaws;

    if (trust_roots(t) == 0)
        return;
    if (!is_bearable(j)) {
        c->judged = true;
        c->trust_flaws = TRUST_OTHER;
        return;
    }
    if (!trust_verify(t, j->crts, j->n, &flaws))
        return;
    c->judged = true;
    c->trust_flaws = name_flaws(j, flaws);
    c->trusted = flaws == 0;
    if (!c->trusted && has_issuer_without_authority(j))
        c->trust_flaws |= TRUST_ISSUER_NOT_CA;
    if (c->trusted) {
        c->n_needed = count_needed(t, j);
        c->root_given = trust_is_given(t, j->crts, j->n);
        c->current = trust_is_current(t, j->crts, j->n);
    }
    if (is_weak(c))
        c->trust_flaws |= TRUST_WEAK_ALGORITHM;
    c->issuer_public = !c->trusted && trust_owns_root(t, j->crts[j->n - 1]);
    c->trusted = c->trust_flaws == 0;
}

/* ---- revocation ----------------------------------------------------------- */

static bool issues(gnutls_x509_crt_t issuer, gnutls_x509_crt_t crt)
{
    return gnutls_x509_crt_check_issuer(crt, issuer) != 0 && gnutls_x509_crt_equals(crt, issuer) == 0;
}

/* Who issued the leaf, as sent along, fetched or known here; the caller's to free. NULL where nobody is. */
static gnutls_x509_crt_t issuer_of_leaf(struct trust *t, const struct judged *j)
{
    gnutls_x509_crt_t issuer = NULL;

    for (size_t i = 1; i < j->chain->n_certificates; i++) {
        issuer = read_certificate(&j->chain->certificates[i]);
        if (issuer != NULL && issues(issuer, j->crts[0]))
            return issuer;
        gnutls_x509_crt_deinit(issuer);
    }
    for (size_t i = 0; j->fetched_counts && i < j->chain->n_fetched; i++) {
        issuer = read_certificate(&j->chain->fetched[i]);
        if (issuer != NULL && issues(issuer, j->crts[0]))
            return issuer;
        gnutls_x509_crt_deinit(issuer);
    }
    return trust_find_issuer(t, j->crts[0]);
}

static bool says_whether_revoked(const struct ocsp_answer *answer)
{
    return answer->status == OCSP_GOOD || answer->status == OCSP_REVOKED;
}

/* What the server staples counts first; what was fetched counts where that says nothing. */
static void judge_revocation(struct trust *t, struct judged *j)
{
    struct chain *c = j->chain;
    gnutls_x509_crt_t issuer;

    if ((c->staple.bytes == NULL && c->fetched_ocsp.bytes == NULL) || !trust_is_ready(t) || !is_bearable(j))
        return;
    issuer = issuer_of_leaf(t, j);
    c->ocsp_fetched = false;
    if (c->staple.bytes != NULL)
        c->ocsp = ocsp_read(c->staple, j->crts[0], issuer);
    if (c->fetched_ocsp.bytes != NULL && (c->staple.bytes == NULL || !says_whether_revoked(&c->ocsp))) {
        c->ocsp = ocsp_read(c->fetched_ocsp, j->crts[0], issuer);
        c->ocsp_fetched = true;
    }
    gnutls_x509_crt_deinit(issuer);
    if (c->judged && c->ocsp.status == OCSP_REVOKED) {
        c->trust_flaws |= TRUST_REVOKED;
        c->trusted = false;
    }
}

/* ---- what a server leaves out ---------------------------------------------- */

/* A certificate of another chain that has issued the last one, or NULL. */
static gnutls_x509_crt_t find_issuer(const struct judged *all, size_t n_all, const struct judged *j)
{
    gnutls_x509_crt_t last = j->crts[j->n - 1];

    for (size_t i = 0; i < n_all; i++) {
        for (unsigned k = 1; k < all[i].n; k++) {
            if (issues(all[i].crts[k], last))
                return all[i].crts[k];
        }
    }
    return NULL;
}

/* The chain would be trusted with what other ports and addresses send along. */
static bool completes(struct trust *t, const struct judged *all, size_t n_all,
                      const struct judged *incomplete)
{
    struct judged longer = *incomplete; /* borrows */

    while (longer.n < CHAIN_CERTIFICATES_MAX) {
        gnutls_x509_crt_t issuer = find_issuer(all, n_all, &longer);

        if (issuer == NULL)
            return false;
        longer.crts[longer.n++] = issuer;
        if (is_believed(t, longer.crts, longer.n))
            return true;
    }
    return false;
}

/* The chain is trusted with what was fetched for it. */
static bool completes_with_fetched(struct trust *t, const struct judged *j)
{
    struct judged longer = *j; /* borrows */

    if (j->n_fetched == 0 || !is_bearable(j))
        return false;
    for (unsigned i = 0; i < j->n_fetched && longer.n < CHAIN_CERTIFICATES_MAX; i++)
        longer.crts[longer.n++] = j->fetched[i];
    return is_believed(t, longer.crts, longer.n);
}

static void judge_completion(struct trust *t, const struct judged *all, size_t n_all, const struct judged *j)
{
    if (j->n == 0 || (j->chain->trust_flaws & TRUST_NO_ISSUER) == 0)
        return;
    if (completes(t, all, n_all, j))
        j->chain->completion = COMPLETION_SEEN;
    else if (j->fetched_counts)
        j->chain->completion = COMPLETION_FETCHED;
}

void chain_judge_all(struct trust *t, struct evidence *e)
{
    const struct address *address = e->plan->host_is_address ? &e->plan->host_address : NULL;
    struct judged *all = calloc(e->n_chains + 1, sizeof *all);

    if (all == NULL) {
        e->incomplete = true;
        return;
    }
    for (size_t i = 0; i < e->n_chains; i++) {
        struct judged *j = &all[i];

        judged_init(j, &e->chains[i]);
        if (j->n == 0)
            continue;
        j->chain->name_matches = x509_name_matches(j->crts[0], j->chain->host, address);
        j->chain->leaf_self_signed = x509_key_is_bearable(j->crts[0]) && signs_itself(j->crts[0]);
        j->fetched_counts = completes_with_fetched(t, j);
        judge_trust(t, j);
        judge_revocation(t, j);
    }
    for (size_t i = 0; i < e->n_chains; i++)
        judge_completion(t, all, e->n_chains, &all[i]);
    for (size_t i = 0; i < e->n_chains; i++)
        judged_done(&all[i]);
    free(all);
}

bool chain_is_verified(const struct evidence *e, int chain)
{
    const struct chain *c = chain < 0 ? NULL : &e->chains[chain];

    return c != NULL && c->judged && c->trusted && c->current && c->name_matches && c->ocsp.status != OCSP_REVOKED;
}

/* ---- what the network may still tell ----------------------------------------- */

/* The certificate at which the way up from the leaf ends, as far as it is known. */
static gnutls_x509_crt_t top_of(const struct judged *j)
{
    gnutls_x509_crt_t top = j->crts[0];

    for (unsigned steps = 0; steps < CHAIN_CERTIFICATES_MAX + CHAIN_FETCHED_MAX; steps++) {
        gnutls_x509_crt_t above = NULL;

        for (unsigned i = 1; above == NULL && i < j->n; i++)
            above = issues(j->crts[i], top) ? j->crts[i] : NULL;
        for (unsigned i = 0; above == NULL && i < j->n_fetched; i++)
            above = issues(j->fetched[i], top) ? j->fetched[i] : NULL;
        if (above == NULL)
            break;
        top = above;
    }
    return top;
}

/* Read for a question between; false where there is nothing to ask. */
static bool begin_question(struct judged *j, const struct trust *t, const struct evidence *e, size_t chain)
{
    if (trust_roots(t) == 0)
        return false;
    judged_init(j, &e->chains[chain]);
    if (j->n > 0 && is_bearable(j))
        return true;
    judged_done(j);
    return false;
}

bool chain_doubts(struct trust *t, const struct evidence *e, size_t chain)
{
    const struct address *address = e->plan->host_is_address ? &e->plan->host_address : NULL;
    struct chain judged = e->chains[chain];
    struct judged j;
    bool doubtful;

    if (trust_roots(t) == 0)
        return false;
    judged_init(&j, &judged);
    if (j.n > 0)
        judge_trust(t, &j);
    doubtful = j.n > 0 && (!judged.trusted || !x509_name_matches(j.crts[0], judged.host, address));
    judged_done(&j);
    return doubtful;
}

bool chain_misses_issuer(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret)
{
    struct judged j;
    unsigned flaws;
    bool misses;

    if (!begin_question(&j, t, e, chain))
        return false;
    misses = j.n_fetched < CHAIN_FETCHED_MAX && trust_verify(t, j.crts, j.n, &flaws) &&
             (flaws & TRUST_NO_ISSUER) != 0 && !completes_with_fetched(t, &j) &&
             aia_url(ret, top_of(&j), FETCH_ISSUER);
    judged_done(&j);
    return misses;
}

bool chain_take_issuer(struct evidence *e, size_t chain, struct peer_text body)
{
    gnutls_x509_crt_t issuer = NULL;
    struct judged j;
    bool taken;

    judged_init(&j, &e->chains[chain]);
    taken = j.n > 0 && aia_read_issuer(&issuer, body, top_of(&j)) && x509_fetched_put(e, chain, issuer);
    gnutls_x509_crt_deinit(issuer);
    judged_done(&j);
    return taken;
}

bool chain_misses_ocsp(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret,
                       struct buf *request)
{
    gnutls_x509_crt_t issuer;
    struct judged j;
    struct ocsp_answer stapled = { .status = OCSP_NONE };
    bool misses;

    if (!begin_question(&j, t, e, chain))
        return false;
    j.fetched_counts = completes_with_fetched(t, &j);
    issuer = issuer_of_leaf(t, &j);
    if (issuer != NULL && j.chain->staple.bytes != NULL)
        stapled = ocsp_read(j.chain->staple, j.crts[0], issuer);
    misses = issuer != NULL && j.chain->fetched_ocsp.bytes == NULL && !says_whether_revoked(&stapled) &&
             aia_url(ret, j.crts[0], FETCH_OCSP) && aia_put_ocsp_request(request, j.crts[0], issuer);
    gnutls_x509_crt_deinit(issuer);
    judged_done(&j);
    return misses;
}

bool chain_take_ocsp(struct trust *t, struct evidence *e, size_t chain, struct peer_text body)
{
    struct chain *c = &e->chains[chain];
    gnutls_x509_crt_t issuer;
    struct judged j;
    bool counts;

    if (!begin_question(&j, t, e, chain))
        return false;
    j.fetched_counts = completes_with_fetched(t, &j);
    issuer = issuer_of_leaf(t, &j);
    counts = issuer != NULL && ocsp_read(body, j.crts[0], issuer).status != OCSP_INVALID;
    if (counts)
        c->fetched_ocsp = arena_peer_text(e->arena, body, HTTP_BODY_MAX);
    gnutls_x509_crt_deinit(issuer);
    judged_done(&j);
    return counts && c->fetched_ocsp.bytes != NULL;
}
