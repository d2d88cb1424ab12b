#include "probe/ocsp.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/mint.h"
#include "unit.h"

enum { NOW = 1800000000, DAY_S = 24 * 60 * 60 };

static struct mint *mint;
static const char *host = "mail.example.test";

static void set_up(void)
{
    struct err err = { .kind = ERR_NONE };

    ck_assert(mint_new(&mint, NOW, &err));
}

static void tear_down(void)
{
    mint = mint_free(mint);
}

static struct mint_chain chain_with(enum scenario_staple staple)
{
    struct scenario_cert spec = { .names = &host, .n_names = 1, .since_days = -1, .until_days = 90, .staple = staple };
    struct mint_chain chain;
    struct err err = { .kind = ERR_NONE };

    ck_assert(mint_chain(&chain, mint, &spec, &err));
    return chain;
}

static struct peer_text bytes_of(const struct mint_chain *c)
{
    return (struct peer_text){ c->staple.bytes, c->staple.len };
}

static const struct {
    const char *says;
    enum scenario_staple staple;
    enum ocsp_status status;
} status_cases[] = {
    { "good", SCENARIO_STAPLE_GOOD, OCSP_GOOD },
    { "revoked", SCENARIO_STAPLE_REVOKED, OCSP_REVOKED },
    { "not known to the responder", SCENARIO_STAPLE_UNKNOWN, OCSP_UNKNOWN },
    { "signed by another", SCENARIO_STAPLE_FORGED, OCSP_INVALID },
};

START_TEST(an_answer_is_read_as_it_was_made)
{
    struct mint_chain c = chain_with(status_cases[_i].staple);
    struct ocsp_answer o = ocsp_read(bytes_of(&c), c.certificates[0], c.certificates[1]);
    bool counts = status_cases[_i].status != OCSP_INVALID;
    bool revoked = status_cases[_i].status == OCSP_REVOKED;

    ck_assert_msg(o.status == status_cases[_i].status, "%s: %s", status_cases[_i].says, ocsp_status_word(o.status));
    ck_assert_int_eq(o.this_update, counts ? NOW - DAY_S / 2 : -1);
    ck_assert_int_eq(o.next_update, counts ? NOW + 7 * DAY_S : -1);
    ck_assert_int_eq(o.revoked_at, revoked ? NOW - 2 * DAY_S : -1);
    mint_chain_done(&c);
}
END_TEST

START_TEST(an_answer_counts_for_its_leaf_and_issuer_alone)
{
    struct mint_chain c = chain_with(SCENARIO_STAPLE_REVOKED);
    struct mint_chain other = chain_with(SCENARIO_STAPLE_NONE);

    ck_assert_int_eq(ocsp_read(bytes_of(&c), other.certificates[0], c.certificates[1]).status, OCSP_INVALID);
    ck_assert_int_eq(ocsp_read(bytes_of(&c), c.certificates[0], other.certificates[0]).status, OCSP_INVALID);
    ck_assert_int_eq(ocsp_read(bytes_of(&c), c.certificates[0], NULL).status, OCSP_INVALID);
    mint_chain_done(&other);
    mint_chain_done(&c);
}
END_TEST

/* Whatever is cut off or changed, nothing but what was signed is believed. */
START_TEST(a_damaged_answer_does_not_count)
{
    struct mint_chain c = chain_with(SCENARIO_STAPLE_REVOKED);
    char *damaged = malloc(c.staple.len);

    ck_assert_ptr_nonnull(damaged);
    for (size_t at = 0; at < c.staple.len; at++) {
        struct ocsp_answer o = ocsp_read((struct peer_text){ c.staple.bytes, at }, c.certificates[0], c.certificates[1]);

        ck_assert_msg(o.status == OCSP_INVALID, "cut at %zu", at);
        memcpy(damaged, c.staple.bytes, c.staple.len);
        damaged[at] ^= 1;
        o = ocsp_read((struct peer_text){ damaged, c.staple.len }, c.certificates[0], c.certificates[1]);
        ck_assert_msg(o.status == OCSP_INVALID || (o.status == OCSP_REVOKED && o.revoked_at == NOW - 2 * DAY_S),
                      "changed at %zu: %s", at, ocsp_status_word(o.status));
    }
    free(damaged);
    mint_chain_done(&c);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ocsp");

    tcase_add_unchecked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, an_answer_is_read_as_it_was_made, 0, sizeof status_cases / sizeof status_cases[0]);
    tcase_add_test(t, an_answer_counts_for_its_leaf_and_issuer_alone);
    tcase_add_test(t, a_damaged_answer_does_not_count);
    return unit_run("ocsp", &t, 1);
}
