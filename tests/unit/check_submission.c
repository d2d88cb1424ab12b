#include "probe/submission.h"

#include "evidence_builder.h"
#include "unit.h"

static const bool suspect[EVIDENCE_PROBES_MAX];

/* ---- where to go ------------------------------------------------------------ */

static const struct place_case {
    const char *says;
    const char *seen;
    bool last;
    enum submission_choice choice;
    int port; /* where it goes */
} place_cases[] = {
    { "465 before 587", "587s ok; 465i ok", false, SUBMISSION_GO, 465 },
    { "587 waits for 465", "465i waiting:1; 587s ok", false, SUBMISSION_WAIT, 0 },
    { "587 where 465 has failed", "465i refused; 587s ok", false, SUBMISSION_GO, 587 },
    { "the user's own setting first", "ask 587; 465i ok; 587s ok", false, SUBMISSION_GO, 587 },
    { "it is waited for", "ask 587; 465i ok; 587s waiting:1", false, SUBMISSION_WAIT, 0 },
    { "it has failed", "ask 587; 465i ok; 587s refused", false, SUBMISSION_GO, 465 },
    { "2525 where nothing else works", "465i refused; 587s refused; 2525s ok", false, SUBMISSION_GO, 2525 },
    { "25 comes last", "465i refused; 587s refused; 25s ok; 2525s ok", true, SUBMISSION_GO, 2525 },
    { "nothing is there yet", "465i refused", false, SUBMISSION_WAIT, 0 },
    { "nothing will come", "465i refused; 587s silent", true, SUBMISSION_BARRED, 0 },
    { "clear text is no place", "587n ok; 25n ok", true, SUBMISSION_BARRED, 0 },
    { "nor is another server", "control 465i ok", true, SUBMISSION_BARRED, 0 },
};

/* Nothing secret goes there, so that certificates do not matter. */
START_TEST(a_message_goes_where_clients_are_told_to_go)
{
    const struct place_case *c = &place_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    size_t probe = 0;

    e->plan->send_to = "you@example.test";
    e->plan->send_from = "me@example.test";
    ck_assert(submission_begin(e, NULL));
    ck_assert_int_eq(e->errand->bar, BAR_STOPPED);
    ck_assert_msg(submission_choose(e, false, suspect, c->last, &probe) == c->choice, "%s", c->says);
    if (c->choice == SUBMISSION_GO) {
        ck_assert_msg(e->probes[probe].port == c->port, "%s: %u", c->says, e->probes[probe].port);
        ck_assert_int_eq(e->errand->bar, BAR_NONE);
    }
    if (c->choice == SUBMISSION_BARRED)
        ck_assert_int_eq(e->errand->bar, BAR_NO_WAY);
    evidence_free(e);
}
END_TEST

START_TEST(a_place_that_looks_like_failing_is_not_waited_for)
{
    struct evidence *e = evidence_built("465i waiting:1; 587s ok");
    bool doubts[EVIDENCE_PROBES_MAX] = { true };
    size_t probe;

    e->plan->send_to = "you@example.test";
    ck_assert(submission_begin(e, NULL));
    ck_assert_int_eq(submission_choose(e, false, suspect, false, &probe), SUBMISSION_WAIT);
    ck_assert_int_eq(submission_choose(e, false, doubts, false, &probe), SUBMISSION_GO);
    ck_assert_uint_eq(e->probes[probe].port, 587);
    evidence_free(e);
}
END_TEST

/* ---- where a secret does not go ---------------------------------------------- */

static void trust_all(struct evidence *e)
{
    for (size_t i = 0; i < e->n_chains; i++) {
        struct chain *c = &e->chains[i];

        c->judged = c->trusted = c->current = c->name_matches = true;
        c->ocsp.status = OCSP_NONE;
    }
}

static void wrong_name(struct evidence *e)
{
    e->chains[0].name_matches = false;
}

static void untrusted(struct evidence *e)
{
    e->chains[0].trusted = false;
}

static void unjudged(struct evidence *e)
{
    e->chains[0].judged = false;
}

static void ended(struct evidence *e)
{
    e->chains[0].current = false;
}

static void revoked(struct evidence *e)
{
    e->chains[0].ocsp.status = OCSP_REVOKED;
}

static void no_chain(struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++)
        e->probes[i].chain = -1;
}

static void look_alike(struct evidence *e)
{
    e->plan->slip = SLIP_LETTER;
}

static void accepted(struct evidence *e)
{
    e->plan->slip = SLIP_LETTER;
    e->plan->accept_look_alike = true;
}

static void clear_text(struct evidence *e)
{
    e->plan->tls_asked = true;
    e->plan->tls = TLS_MODE_NONE;
}

static void old_tls(struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        e->probes[i].outcome = PROBE_FAILED;
        e->probes[i].tls_old = "TLS1.0";
    }
}

static void no_auth(struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++)
        e->probes[i].n_auth = 0;
}

static void nothing(struct evidence *e)
{
    (void)e;
}

static const struct bar_case {
    const char *says;
    void (*spoil)(struct evidence *e);
    enum errand_bar bar; /* NONE: it goes */
} bar_cases[] = {
    { "all is well", nothing, BAR_NONE },
    { "the certificate is for another name", wrong_name, BAR_UNVERIFIED },
    { "nobody known has issued it", untrusted, BAR_UNVERIFIED },
    { "nobody has looked at it", unjudged, BAR_UNVERIFIED },
    { "it has ended", ended, BAR_UNVERIFIED },
    { "it was revoked", revoked, BAR_UNVERIFIED },
    { "there is none", no_chain, BAR_UNVERIFIED },
    { "the name is one slip away", look_alike, BAR_LOOK_ALIKE },
    { "the user knows that", accepted, BAR_NONE },
    { "the user's setting is clear text", clear_text, BAR_NO_TLS },
    { "the server knows old versions alone", old_tls, BAR_OLD_TLS },
    { "no sign-in is offered", no_auth, BAR_NO_WAY },
};

START_TEST(a_secret_goes_to_nobody_who_is_not_verified)
{
    const struct bar_case *c = &bar_cases[_i];
    struct evidence *e = evidence_built("465i ok");
    struct secret *secret;
    struct err err = { 0 };
    size_t probe;
    enum submission_choice choice;

    ck_assert_uint_eq(e->n_chains, 1);
    trust_all(e);
    e->plan->user = PEER_TEXT_LITERAL("me@example.test ");
    c->spoil(e);
    ck_assert(secret_new(&secret, SECRET_PASSWORD, "abcd efgh ijkl mnop", 19, &err));
    ck_assert(submission_begin(e, secret));
    ck_assert(e->errand->sign_in.form.app_password_groups);
    ck_assert(e->errand->sign_in.user_form.blank_at_end);
    choice = submission_choose(e, true, suspect, true, &probe);
    ck_assert_msg(e->errand->bar == c->bar, "%s: %s", c->says, errand_bar_word(e->errand->bar));
    ck_assert_int_eq(choice, c->bar == BAR_NONE ? SUBMISSION_GO : SUBMISSION_BARRED);
    secret_free(secret);
    evidence_free(e);
}
END_TEST

START_TEST(without_a_secret_nothing_is_begun)
{
    struct evidence *e = evidence_built("465i ok");
    size_t probe;

    e->plan->user = PEER_TEXT_LITERAL("me");
    ck_assert(submission_begin(e, NULL));
    ck_assert_int_eq(submission_choose(e, false, suspect, false, &probe), SUBMISSION_BARRED);
    ck_assert_int_eq(e->errand->bar, BAR_NO_SECRET);
    evidence_free(e);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("submission");

    tcase_add_loop_test(t, a_message_goes_where_clients_are_told_to_go, 0, sizeof place_cases / sizeof place_cases[0]);
    tcase_add_test(t, a_place_that_looks_like_failing_is_not_waited_for);
    tcase_add_loop_test(t, a_secret_goes_to_nobody_who_is_not_verified, 0, sizeof bar_cases / sizeof bar_cases[0]);
    tcase_add_test(t, without_a_secret_nothing_is_begun);
    return unit_run("submission", &t, 1);
}
