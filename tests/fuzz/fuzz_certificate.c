/*
 * A chain of one to three certificates, cut out of the input by lengths of two
 * bytes, the last one being the rest: kept as Evidence, judged against a root
 * that is made at the start, kept once more.
 */
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "probe/chain.h"
#include "probe/x509.h"
#include "simulate/mint.h"

enum { NOW = 1800000000, CERTIFICATES_MAX = 3 };

static struct plan *plan;
static struct trust *trust;

static void on_ready(void *user)
{
    (void)user;
}

/* The roots are loaded once, from a file as a user gives it. */
static void set_up(void)
{
    static const char *files[1];
    char path[] = "/tmp/smtpdx-fuzz-root-XXXXXX";
    int fd = mkstemp(path);
    const char *bad_file;
    struct mint *mint;
    struct buf pem;
    uv_loop_t loop;

    buf_init(&pem, 16 * 1024);
    FUZZ_EXPECT(fd >= 0 && mint_new(&mint, NOW, NULL) && mint_put_root(mint, &pem, NULL));
    FUZZ_EXPECT(write(fd, pem.bytes, pem.len) == (ssize_t)pem.len && close(fd) == 0);
    FUZZ_EXPECT((plan = plan_new()) != NULL && uv_loop_init(&loop) == 0);
    files[0] = path;
    plan->system_ca = false;
    plan->ca_files = files;
    plan->n_ca_files = 1;
    FUZZ_EXPECT(trust_new(&trust, &loop, plan, on_ready, NULL, &bad_file, NULL));
    uv_run(&loop, UV_RUN_DEFAULT);
    FUZZ_EXPECT(trust_is_ready(trust) && trust_roots(trust) == 1 && uv_loop_close(&loop) == 0);
    plan->ca_files = NULL;
    plan->n_ca_files = 0;
    unlink(path);
    buf_done(&pem);
    mint_free(mint);
}

static unsigned cut(gnutls_datum_t ders[CERTIFICATES_MAX], const uint8_t *data, size_t size)
{
    unsigned n = 0;

    while (n < CERTIFICATES_MAX - 1 && size > 2) {
        size_t len = (size_t)data[0] << 8 | data[1];

        if (len > size - 2)
            break;
        ders[n++] = (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)(data + 2), .size = (unsigned)len };
        data += 2 + len;
        size -= 2 + len;
    }
    ders[n++] = (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)data, .size = (unsigned)size };
    return n;
}

static void sound_chain(const struct chain *c, unsigned n)
{
    const struct certificate *leaf = &c->certificates[0];

    FUZZ_EXPECT(c->n_certificates == n && c->judged);
    FUZZ_EXPECT(strlen(leaf->sha256) == 64);
    for (size_t i = 0; i < n; i++) {
        FUZZ_EXPECT(c->certificates[i].n_names <= CERTIFICATE_NAMES_MAX);
        FUZZ_EXPECT(c->certificates[i].der.bytes != NULL);
    }
    FUZZ_EXPECT(c->trusted == (c->trust_flaws == 0));
    FUZZ_EXPECT((c->trust_flaws & ~(unsigned)TRUST_FLAW_ALL) == 0);
    FUZZ_EXPECT(!c->leaf_self_signed || leaf->self_issued);
    FUZZ_EXPECT(!c->name_matches || leaf->n_names > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gnutls_datum_t ders[CERTIFICATES_MAX];
    unsigned n = cut(ders, data, size);
    struct evidence *e;
    int index;

    if (trust == NULL)
        set_up();
    e = evidence_new(plan);
    FUZZ_EXPECT(e != NULL);
    index = x509_chain_put(e, "mail.example.test", ders, n);
    FUZZ_EXPECT(index == (int)e->n_chains - 1);
    if (index == 0) {
        struct address a = { .family = FAMILY_IPV4, .bytes = { 192, 0, 2, 1 } };

        chain_judge_all(trust, e);
        sound_chain(&e->chains[0], n);
        FUZZ_EXPECT(x509_chain_put(e, "mail.example.test", ders, n) == 0);
        e->plan->host_is_address = true;
        e->plan->host_address = a;
        chain_judge_all(trust, e);
    }
    FUZZ_EXPECT(!arena_failed(e->arena));
    evidence_free(e);
    return 0;
}
