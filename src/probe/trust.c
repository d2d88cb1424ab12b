/*
 * trust - the roots that are believed, and what they say of a chain
 *
 * Trust is judged without the clock: windows of validity are facts of their
 * own, which the rules judge against the estimated time.
 */
#include "probe/trust.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "probe/aia.h"
#include "probe/file.h"
#include "probe/http.h"
#include "probe/ocsp.h"
#include "probe/x509.h"

enum { CA_FILE_MAX = 8 * 1024 * 1024 };

/* Strength is judged apart, certificate by certificate: a root's own signature proves nothing, so it may be weak. */
static const unsigned verify_flags = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 |
                                     GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;

struct trust {
    uv_work_t work;
    gnutls_x509_trust_list_t list;
    bool with_system;
    char **files; /* that were asked for, in order */
    size_t n_files;
    gnutls_x509_crt_t *extra; /* from the files, until the list owns them */
    unsigned n_extra;
    size_t n_roots;
    bool ready;
    bool closing;
    trust_ready_fn *tell;
    void *user;
};

static void trust_free(struct trust *t)
{
    for (unsigned i = 0; i < t->n_extra; i++)
        gnutls_x509_crt_deinit(t->extra[i]);
    free(t->extra);
    for (size_t i = 0; i < t->n_files; i++)
        free(t->files[i]);
    free(t->files);
    if (t->list != NULL)
        gnutls_x509_trust_list_deinit(t->list, 1);
    free(t);
}

/* The certificates of a PEM file, in GnuTLS' memory; false where there is none. */
static bool read_certificates(gnutls_x509_crt_t **crts, unsigned *n, const char *path)
{
    struct buf pem;
    bool read;

    buf_init(&pem, CA_FILE_MAX);
    read = file_read(&pem, path) && !pem.failed &&
           gnutls_x509_crt_list_import2(crts, n, &(gnutls_datum_t){ (unsigned char *)pem.bytes, (unsigned)pem.len },
                                        GNUTLS_X509_FMT_PEM, 0) >= 0;
    buf_done(&pem);
    return read && *n > 0;
}

static bool load_file(struct trust *t, const char *path)
{
    gnutls_x509_crt_t *crts = NULL;
    gnutls_x509_crt_t *all;
    unsigned n = 0;

    if (!read_certificates(&crts, &n, path))
        return false;
    all = realloc(t->extra, (t->n_extra + n) * sizeof *all);
    if (all != NULL) {
        memcpy(all + t->n_extra, crts, n * sizeof *all);
        t->extra = all;
        t->n_extra += n;
    } else {
        for (unsigned i = 0; i < n; i++)
            gnutls_x509_crt_deinit(crts[i]);
    }
    gnutls_free(crts);
    return all != NULL;
}

static void on_load(uv_work_t *work)
{
    struct trust *t = work->data;
    int n;

    if (!t->with_system)
        return;
    n = gnutls_x509_trust_list_add_system_trust(t->list, 0, 0);
    if (n > 0)
        t->n_roots = (size_t)n;
}

static void on_loaded(uv_work_t *work, int status)
{
    struct trust *t = work->data;
    int n;

    (void)status;
    t->ready = true;
    if (t->closing) {
        trust_free(t);
        return;
    }
    n = t->n_extra == 0 ? 0 : gnutls_x509_trust_list_add_cas(t->list, t->extra, t->n_extra, GNUTLS_TL_NO_DUPLICATES);
    if (n > 0) {
        t->n_roots += (size_t)n;
        t->n_extra = 0; /* the list owns them now */
    }
    t->tell(t->user);
}

static bool trust_remember(struct trust *t, const struct plan *plan)
{
    t->with_system = plan->system_ca;
    t->files = calloc(plan->n_ca_files + 1, sizeof *t->files);
    if (t->files == NULL)
        return false;
    for (size_t i = 0; i < plan->n_ca_files; i++) {
        t->files[i] = strdup(plan->ca_files[i]);
        if (t->files[i] == NULL)
            return false;
        t->n_files++;
    }
    return true;
}

/* The loop's threads are born here and inherit what is blocked: a signal is for the program's own threads. */
static int queue_without_signals(uv_loop_t *loop, struct trust *t)
{
    sigset_t all, before;
    int status;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = uv_queue_work(loop, &t->work, on_load, on_loaded);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

bool trust_new(struct trust **ret, uv_loop_t *loop, const struct plan *plan, trust_ready_fn *ready, void *user,
               const char **bad_file, struct err *err)
{
    struct trust *t = calloc(1, sizeof *t);

    if (t == NULL)
        return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
    if (!trust_remember(t, plan) || gnutls_x509_trust_list_init(&t->list, 0) < 0) {
        trust_free(t);
        return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
    }
    for (size_t i = 0; i < plan->n_ca_files; i++) {
        if (!load_file(t, plan->ca_files[i])) {
            *bad_file = plan->ca_files[i];
            trust_free(t);
            return err_set(err, ERR_INPUT, 0, "reading a file of root certificates");
        }
    }
    t->tell = ready;
    t->user = user;
    t->work.data = t;
    if (queue_without_signals(loop, t) != 0) {
        trust_free(t);
        return err_set(err, ERR_SYSTEM, 0, "loading the root certificates");
    }
    *ret = t;
    return true;
}

bool trust_fits(const struct trust *t, const struct plan *plan)
{
    if (t->with_system != plan->system_ca || t->n_files != plan->n_ca_files)
        return false;
    for (size_t i = 0; i < t->n_files; i++) {
        if (strcmp(t->files[i], plan->ca_files[i]) != 0)
            return false;
    }
    return true;
}

bool trust_is_ready(const struct trust *t)
{
    return t->ready;
}

size_t trust_roots(const struct trust *t)
{
    return t->n_roots;
}

static unsigned flaws_of_status(unsigned status)
{
    static const struct {
        unsigned status;
        unsigned flaw;
    } table[] = {
        { GNUTLS_CERT_SIGNER_NOT_FOUND, TRUST_NO_ISSUER },
        { GNUTLS_CERT_SIGNER_NOT_CA, TRUST_ISSUER_NOT_CA },
        { GNUTLS_CERT_INSECURE_ALGORITHM, TRUST_WEAK_ALGORITHM },
        { GNUTLS_CERT_SIGNATURE_FAILURE, TRUST_BAD_SIGNATURE },
        { GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, TRUST_CONSTRAINTS },
        { GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, TRUST_EXTENSION },
        { GNUTLS_CERT_PURPOSE_MISMATCH, TRUST_PURPOSE },
        { GNUTLS_CERT_REVOKED, TRUST_REVOKED },
    };
    unsigned flaws = 0;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if ((status & table[i].status) != 0)
            flaws |= table[i].flaw;
    }
    return (status & GNUTLS_CERT_INVALID) != 0 && flaws == 0 ? TRUST_OTHER : flaws;
}

static bool organisation_of(gnutls_x509_crt_t crt, bool issuer, char *out, size_t size)
{
    size_t len = size;
    int status = issuer ? gnutls_x509_crt_get_issuer_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0, out, &len)
                        : gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0, out, &len);

    return status == 0;
}

/* Whether the organisation that issued this certificate owns a root that is believed here. */
static bool issuer_owns_a_root(struct trust *t, gnutls_x509_crt_t crt)
{
    gnutls_x509_trust_list_iter_t at = NULL;
    gnutls_x509_crt_t root;
    char wanted[256];
    char owner[256];
    bool found = false;

    if (!organisation_of(crt, true, wanted, sizeof wanted))
        return false;
    while (!found && gnutls_x509_trust_list_iter_get_ca(t->list, &at, &root) == 0) {
        found = organisation_of(root, false, owner, sizeof owner) && strcmp(owner, wanted) == 0;
        gnutls_x509_crt_deinit(root);
    }
    gnutls_x509_trust_list_iter_deinit(at);
    return found;
}

static bool signs_itself(gnutls_x509_crt_t crt)
{
    unsigned status = 0;

    if (gnutls_x509_crt_check_issuer(crt, crt) == 0)
        return false;
    /*
     * Weak algorithms and missing CA marks are other matters: is it its own signature? Unless told not to, the
     * library believes a certificate that is on the list of trusted ones without a look at it.
     */
    if (gnutls_x509_crt_verify(crt, &crt, 1,
                               verify_flags | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME | GNUTLS_VERIFY_DISABLE_CA_SIGN,
                               &status) < 0)
        return false;
    return (status & GNUTLS_CERT_SIGNATURE_FAILURE) == 0;
}

/* ---- chains --------------------------------------------------------------- */

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

/* GnuTLS' opinion of n certificates, leaf first; false where it has none. */
static bool verify(struct trust *t, gnutls_x509_crt_t *crts, unsigned n, unsigned *status)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER };

    return gnutls_x509_trust_list_verify_crt2(t->list, crts, n, &purpose, 1, verify_flags, status, NULL) >= 0;
}

/* How many from the leaf on are enough for a client with these roots; what is sent beyond them is idle. */
static size_t count_needed(struct trust *t, struct judged *j)
{
    unsigned status;

    for (unsigned n = 1; n < j->n; n++) {
        if (verify(t, j->crts, n, &status) && status == 0)
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

        if (gnutls_x509_crt_get_basic_constraints(j->crts[i], NULL, &is_ca, &path_length) >= 0 && path_length >= 0 &&
            path_length < n_below)
            return true;
        n_below += gnutls_x509_crt_check_issuer(j->crts[i], j->crts[i]) == 0;
    }
    return false;
}

static unsigned flaws_of(struct judged *j, unsigned status)
{
    unsigned flaws = flaws_of_status(status);

    /* GnuTLS says the same of both. */
    if ((flaws & (TRUST_CONSTRAINTS | TRUST_ISSUER_NOT_CA | TRUST_OTHER)) != 0 && breaks_path_length(j))
        flaws = (flaws & ~(unsigned)(TRUST_CONSTRAINTS | TRUST_ISSUER_NOT_CA | TRUST_OTHER)) | TRUST_PATH_LENGTH;
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

/* Whether the roots believe it. */
static void judge_trust(struct trust *t, struct judged *j)
{
    struct chain *c = j->chain;
    unsigned status = 0;

    if (!t->ready || t->n_roots == 0)
        return;
    if (!is_bearable(j)) {
        c->judged = true;
        c->trust_flaws = TRUST_OTHER;
        return;
    }
    if (!verify(t, j->crts, j->n, &status))
        return;
    c->judged = true;
    c->trust_flaws = flaws_of(j, status);
    c->trusted = status == 0;
    if (!c->trusted && has_issuer_without_authority(j))
        c->trust_flaws |= TRUST_ISSUER_NOT_CA;
    if (c->trusted)
        c->n_needed = count_needed(t, j);
    if (is_weak(c))
        c->trust_flaws |= TRUST_WEAK_ALGORITHM;
    c->issuer_public = !c->trusted && issuer_owns_a_root(t, j->crts[j->n - 1]);
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
    if (gnutls_x509_trust_list_get_issuer(t->list, j->crts[0], &issuer, GNUTLS_TL_GET_COPY) < 0)
        return NULL;
    return issuer;
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

    if ((c->staple.bytes == NULL && c->fetched_ocsp.bytes == NULL) || !t->ready || !is_bearable(j))
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
static bool completes(struct trust *t, const struct judged *all, size_t n_all, const struct judged *incomplete)
{
    struct judged longer = *incomplete; /* borrows */
    unsigned status = 0;

    while (longer.n < CHAIN_CERTIFICATES_MAX) {
        gnutls_x509_crt_t issuer = find_issuer(all, n_all, &longer);

        if (issuer == NULL)
            return false;
        longer.crts[longer.n++] = issuer;
        if (verify(t, longer.crts, longer.n, &status) && status == 0)
            return true;
    }
    return false;
}

/* The chain is trusted with what was fetched for it. */
static bool completes_with_fetched(struct trust *t, const struct judged *j)
{
    struct judged longer = *j; /* borrows */
    unsigned status = 0;

    if (j->n_fetched == 0 || !is_bearable(j))
        return false;
    for (unsigned i = 0; i < j->n_fetched && longer.n < CHAIN_CERTIFICATES_MAX; i++)
        longer.crts[longer.n++] = j->fetched[i];
    return verify(t, longer.crts, longer.n, &status) && status == 0;
}

static void judge_completion(struct trust *t, const struct judged *all, size_t n_all, const struct judged *j)
{
    if (j->n == 0 || !t->ready || (j->chain->trust_flaws & TRUST_NO_ISSUER) == 0)
        return;
    if (completes(t, all, n_all, j))
        j->chain->completion = COMPLETION_SEEN;
    else if (j->fetched_counts)
        j->chain->completion = COMPLETION_FETCHED;
}

void trust_judge(struct trust *t, struct evidence *e)
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
        j->fetched_counts = t->ready && completes_with_fetched(t, j);
        judge_trust(t, j);
        judge_revocation(t, j);
    }
    for (size_t i = 0; i < e->n_chains; i++)
        judge_completion(t, all, e->n_chains, &all[i]);
    for (size_t i = 0; i < e->n_chains; i++)
        judged_done(&all[i]);
    free(all);
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
    if (!t->ready || t->n_roots == 0)
        return false;
    judged_init(j, &e->chains[chain]);
    if (j->n > 0 && is_bearable(j))
        return true;
    judged_done(j);
    return false;
}

bool trust_misses_issuer(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret)
{
    unsigned status = 0;
    struct judged j;
    bool misses;

    if (!begin_question(&j, t, e, chain))
        return false;
    misses = j.n_fetched < CHAIN_FETCHED_MAX && verify(t, j.crts, j.n, &status) &&
             (flaws_of_status(status) & TRUST_NO_ISSUER) != 0 && !completes_with_fetched(t, &j) &&
             aia_url(ret, top_of(&j), FETCH_ISSUER);
    judged_done(&j);
    return misses;
}

bool trust_take_issuer(struct evidence *e, size_t chain, struct peer_text body)
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

bool trust_misses_ocsp(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret,
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

bool trust_take_ocsp(struct trust *t, struct evidence *e, size_t chain, struct peer_text body)
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

void trust_close(struct trust *t)
{
    if (t == NULL)
        return;
    if (t->ready)
        trust_free(t);
    else
        t->closing = true; /* the loop frees it when the thread is back */
}
