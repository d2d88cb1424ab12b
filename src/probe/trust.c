/*
 * trust - the roots that are believed
 */
#include "probe/trust.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "probe/file.h"

/* Strength is judged apart, certificate by certificate: a root's own signature proves nothing, so it may be weak. */
static const unsigned verify_flags = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 |
                                     GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;

struct trust {
    uv_work_t work;
    gnutls_x509_trust_list_t list;
    gnutls_x509_trust_list_t given; /* the files' alone, in copies of its own */
    bool with_system;
    char **files;     /* that were asked for, in order */
    struct buf *pems; /* what is in them; the thread's until it is ready */
    size_t n_files;
    size_t n_roots;
    size_t n_broken;  /* certificates in the files that cannot be read */
    bool ready;
    atomic_bool closing; /* nobody waits for the thread any more */
    trust_ready_fn *tell;
    void *user;
};

static void trust_free(struct trust *t)
{
    for (size_t i = 0; i < t->n_files; i++) {
        free(t->files[i]);
        buf_done(&t->pems[i]);
    }
    free(t->files);
    free(t->pems);
    if (t->list != NULL)
        gnutls_x509_trust_list_deinit(t->list, 1);
    if (t->given != NULL)
        gnutls_x509_trust_list_deinit(t->given, 1);
    free(t);
}

/* ---- loading ---------------------------------------------------------------- */

/* Drops what stands before a word; false, and nothing is left, where it is not there. */
static bool skip_to(struct peer_text *text, const char *word)
{
    const char *at = text->len == 0 ? NULL : memmem(text->bytes, text->len, word, strlen(word));
    size_t skipped = at == NULL ? text->len : (size_t)(at - text->bytes);

    text->bytes += skipped;
    text->len -= skipped;
    return at != NULL;
}

static bool begins_with(struct peer_text text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.bytes, word, strlen(word)) == 0;
}

/* Cuts the next certificate off, up to its END; of length 0 where there is none. RFC 7468 section 5.1. */
static struct peer_text take_certificate(struct peer_text *pem)
{
    struct peer_text block;

    while (skip_to(pem, "-----BEGIN ")) {
        block = *pem;
        skip_to(pem, "-----END ");
        skip_to(pem, "\n");
        block.len -= pem->len;
        if (begins_with(block, "-----BEGIN CERTIFICATE-----") ||
            begins_with(block, "-----BEGIN X509 CERTIFICATE-----"))
            return block;
    }
    return (struct peer_text){ NULL, 0 };
}

/* NULL where it cannot be read. */
static gnutls_x509_crt_t read_certificate(struct peer_text block)
{
    gnutls_datum_t pem = { (unsigned char *)(uintptr_t)block.bytes, (unsigned)block.len };
    gnutls_x509_crt_t crt;

    if (gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM) >= 0)
        return crt;
    gnutls_x509_crt_deinit(crt);
    return NULL;
}

/* Looks at the first certificate alone: thousands more may follow, and the check waits for this. */
static bool holds_a_certificate(const struct buf *file)
{
    struct peer_text pem = { buf_borrow(file), file->len };
    gnutls_x509_crt_t crt = read_certificate(take_certificate(&pem));

    if (crt == NULL)
        return false;
    gnutls_x509_crt_deinit(crt);
    return true;
}

/* A list owns what is in it, so that a copy goes into this one. */
static void note_given(struct trust *t, struct peer_text block)
{
    gnutls_x509_crt_t crt = read_certificate(block);

    if (crt != NULL && gnutls_x509_trust_list_add_cas(t->given, &crt, 1, GNUTLS_TL_NO_DUPLICATES) <= 0)
        gnutls_x509_crt_deinit(crt);
}

static void load_file(struct trust *t, const struct buf *file)
{
    struct peer_text pem = { buf_borrow(file), file->len };

    for (struct peer_text block = take_certificate(&pem); block.len > 0 && !atomic_load(&t->closing);
         block = take_certificate(&pem)) {
        gnutls_x509_crt_t crt = read_certificate(block);
        int n = crt == NULL ? 0 : gnutls_x509_trust_list_add_cas(t->list, &crt, 1, GNUTLS_TL_NO_DUPLICATES);

        if (n > 0) {
            t->n_roots += (size_t)n; /* the list owns it now */
            note_given(t, block);
            continue;
        }
        t->n_broken++;
        if (crt != NULL)
            gnutls_x509_crt_deinit(crt);
    }
}

static void on_load(uv_work_t *work)
{
    struct trust *t = work->data;
    int n = t->with_system ? gnutls_x509_trust_list_add_system_trust(t->list, 0, 0) : 0;

    if (n > 0)
        t->n_roots = (size_t)n;
    for (size_t i = 0; i < t->n_files; i++) {
        load_file(t, &t->pems[i]);
        buf_done(&t->pems[i]);
    }
}

static void on_loaded(uv_work_t *work, int status)
{
    struct trust *t = work->data;

    (void)status;
    t->ready = true;
    if (atomic_load(&t->closing))
        trust_free(t);
    else
        t->tell(t->user);
}

/* errors: ERR_NOMEM, ERR_SYSTEM; ERR_INPUT where a file holds no certificate, *bad_file naming it */
static bool trust_remember(struct trust *t, const struct plan *plan, const char **bad_file, struct err *err)
{
    t->with_system = plan->system_ca;
    t->files = calloc(plan->n_ca_files + 1, sizeof *t->files);
    t->pems = calloc(plan->n_ca_files + 1, sizeof *t->pems);
    if (t->files == NULL || t->pems == NULL)
        return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
    for (size_t i = 0; i < plan->n_ca_files; i++) {
        struct buf *pem = &t->pems[i];

        t->files[i] = strdup(plan->ca_files[i]);
        if (t->files[i] == NULL)
            return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
        t->n_files++;
        buf_init(pem, PLAN_CA_FILE_MAX);
        if (!file_read(pem, plan->ca_files[i]) && err_is_shortage(errno))
            return err_set(err, ERR_SYSTEM, errno, "reading a file of root certificates");
        if (pem->failed || !holds_a_certificate(pem)) {
            *bad_file = plan->ca_files[i];
            return err_set(err, ERR_INPUT, 0, "reading a file of root certificates");
        }
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
    if (gnutls_x509_trust_list_init(&t->list, 0) < 0 || gnutls_x509_trust_list_init(&t->given, 0) < 0) {
        trust_free(t);
        return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
    }
    if (!trust_remember(t, plan, bad_file, err)) {
        trust_free(t);
        return false;
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
    return t->ready ? t->n_roots : 0; /* the thread still writes to it */
}

size_t trust_broken(const struct trust *t)
{
    return t->ready ? t->n_broken : 0;
}

/* ---- questions to them --------------------------------------------------------- */

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
    return status != 0 && flaws == 0 ? TRUST_OTHER : flaws;
}

/* GnuTLS' opinion of n certificates, leaf first; false where it has none. */
static bool verify(gnutls_x509_trust_list_t roots, gnutls_x509_crt_t *crts, unsigned n, unsigned flags,
                   unsigned *status)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER };

    return gnutls_x509_trust_list_verify_crt2(roots, crts, n, &purpose, 1, flags, status, NULL) >= 0;
}

bool trust_verify(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n, unsigned *flaws)
{
    unsigned status = 0;

    if (trust_roots(t) == 0 || !verify(t->list, crts, n, verify_flags, &status))
        return false;
    *flaws = flaws_of_status(status);
    return true;
}

bool trust_is_given(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n)
{
    unsigned status = 0;

    return trust_roots(t) > 0 && verify(t->given, crts, n, verify_flags, &status) && status == 0;
}

bool trust_is_current(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n)
{
    unsigned flags = verify_flags & ~(unsigned)(GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS);
    unsigned status = 0;

    return trust_roots(t) > 0 && verify(t->list, crts, n, flags, &status) && status == 0;
}

static bool organisation_of(gnutls_x509_crt_t crt, bool issuer, char *out, size_t size)
{
    size_t len = size;
    int status = issuer ? gnutls_x509_crt_get_issuer_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0, out, &len)
                        : gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0, out, &len);

    return status == 0;
}

bool trust_owns_root(const struct trust *t, gnutls_x509_crt_t crt)
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

gnutls_x509_crt_t trust_find_issuer(const struct trust *t, gnutls_x509_crt_t crt)
{
    gnutls_x509_crt_t issuer = NULL;

    if (!t->ready || gnutls_x509_trust_list_get_issuer(t->list, crt, &issuer, GNUTLS_TL_GET_COPY) < 0)
        return NULL;
    return issuer;
}

void trust_close(struct trust *t)
{
    if (t == NULL)
        return;
    if (t->ready)
        trust_free(t);
    else
        atomic_store(&t->closing, true); /* the loop frees it when the thread is back */
}
