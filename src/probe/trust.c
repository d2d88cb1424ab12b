/*
 * trust - the roots that are believed, and what they say of a chain
 *
 * Trust is judged without the clock: windows of validity are facts of their
 * own, which the rules judge against the estimated time.
 */
#include "probe/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "probe/x509.h"

enum { CA_FILE_MAX = 8 * 1024 * 1024 };

/* What today's clients accept: 112 bits of security, so RSA from 2048 on (NIST SP 800-57), and no SHA-1. */
static const unsigned verify_flags = GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM) | GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                     GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;

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

/* A whole file, bounded; NULL where it cannot be read. */
static unsigned char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    unsigned char *bytes = malloc(CA_FILE_MAX + 1);

    if (file != NULL && bytes != NULL) {
        *len = fread(bytes, 1, CA_FILE_MAX + 1, file);
        if (!ferror(file) && *len <= CA_FILE_MAX) {
            fclose(file);
            return bytes;
        }
    }
    if (file != NULL)
        fclose(file);
    free(bytes);
    return NULL;
}

static bool load_file(struct trust *t, const char *path)
{
    gnutls_datum_t pem = { 0 };
    gnutls_x509_crt_t *crts = NULL;
    gnutls_x509_crt_t *all;
    unsigned n = 0;
    size_t len = 0;
    int status;

    pem.data = read_file(path, &len);
    if (pem.data == NULL)
        return false;
    pem.size = (unsigned)len;
    status = gnutls_x509_crt_list_import2(&crts, &n, &pem, GNUTLS_X509_FMT_PEM, 0);
    free(pem.data);
    if (status < 0 || n == 0)
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
    if (uv_queue_work(loop, &t->work, on_load, on_loaded) != 0) {
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
        { GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, TRUST_CONSTRAINTS },
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
                               GNUTLS_VERIFY_DO_NOT_ALLOW_SAME | GNUTLS_VERIFY_DISABLE_CA_SIGN |
                                   GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN,
                               &status) < 0)
        return false;
    return (status & GNUTLS_CERT_SIGNATURE_FAILURE) == 0;
}

static unsigned import_chain(gnutls_x509_crt_t out[CHAIN_CERTIFICATES_MAX], const struct chain *chain)
{
    unsigned n = 0;

    for (size_t i = 0; i < chain->n_certificates; i++) {
        gnutls_datum_t der = { .data = (unsigned char *)(uintptr_t)chain->certificates[i].der.bytes,
                               .size = (unsigned)chain->certificates[i].der.len };

        if (gnutls_x509_crt_init(&out[n]) < 0)
            return n;
        if (gnutls_x509_crt_import(out[n], &der, GNUTLS_X509_FMT_DER) >= 0) {
            n++;
            continue;
        }
        gnutls_x509_crt_deinit(out[n]);
        if (i == 0)
            return 0; /* without its leaf it is another chain */
    }
    return n;
}

/* The library stops at the first flaw from the root downwards, which may be a mere effect of this one. */
static bool has_issuer_without_authority(gnutls_x509_crt_t *crts, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        if (gnutls_x509_crt_check_issuer(crts[i - 1], crts[i]) != 0 && gnutls_x509_crt_get_ca_status(crts[i], NULL) == 0)
            return true;
    }
    return false;
}

/* Whether the roots believe it; no signature is checked where a key would take minutes. */
static void judge_trust(struct trust *t, struct chain *chain, gnutls_x509_crt_t *crts, unsigned n)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER };
    unsigned status = GNUTLS_CERT_INVALID;

    for (unsigned i = 0; i < n; i++) {
        if (!x509_key_is_bearable(crts[i])) {
            chain->judged = true;
            chain->trust_flaws = TRUST_OTHER;
            return;
        }
    }
    if (gnutls_x509_trust_list_verify_crt2(t->list, crts, n, &purpose, 1, verify_flags, &status, NULL) < 0)
        return;
    chain->judged = true;
    chain->trust_flaws = flaws_of_status(status);
    chain->trusted = status == 0;
    if (!chain->trusted && has_issuer_without_authority(crts, n))
        chain->trust_flaws |= TRUST_ISSUER_NOT_CA;
    chain->issuer_public = !chain->trusted && issuer_owns_a_root(t, crts[n - 1]);
}

void trust_judge(struct trust *t, struct chain *chain, const struct address *host_address)
{
    gnutls_x509_crt_t crts[CHAIN_CERTIFICATES_MAX];
    unsigned n = import_chain(crts, chain);

    if (n == 0)
        return;
    chain->name_matches = x509_name_matches(crts[0], chain->host, host_address);
    chain->leaf_self_signed = x509_key_is_bearable(crts[0]) && signs_itself(crts[0]);
    if (t->ready && t->n_roots > 0)
        judge_trust(t, chain, crts, n);
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(crts[i]);
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
