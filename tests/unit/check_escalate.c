#include "probe/escalate.h"

#include "evidence_builder.h"
#include "unit.h"

enum { NOTHING = 0, BOTH = FURTHER_CONTROLS | FURTHER_RESOLVERS };

static const struct probe_case {
    const char *says;
    const char *seen; /* the last probe is the one that is asked about */
    unsigned further;
} probe_cases[] = {
    { "a healthy port", "465i ok", NOTHING },
    { "two attempts are no failure", "ask 587; 587s waiting:2", NOTHING },
    { "three begin to be one", "ask 587; 587s waiting:3", BOTH },
    { "a port that the user is set to", "ask 587; 465i ok; 587s silent", BOTH },
    { "a port that the provider serves", "provider gmail; 465i ok; 587s refused", BOTH },
    { "a port that nobody needs", "465i ok; 587s refused", NOTHING },
    { "25 is looked at and never held against anybody", "provider gmail; 465i ok; 25s silent", NOTHING },
    { "while another port may still connect", "465i waiting:1; 587s refused", NOTHING },
    { "no port can be reached", "465i waiting:3; 587s refused", BOTH },
    { "this computer's own refusal", "ask 587; 587s local", NOTHING },
    { "no greeting", "587s greeting:silent", BOTH },
    { "another service", "587s greeting:not-smtp:HTTP", BOTH },
    { "a handshake that fails", "465i tls:tls:alert=40", BOTH },
    { "the other mode of the port", "587i tls:plain-expected", NOTHING },
    { "a reply that turns away at once", "587s greeting:reply:421 4.3.2 closing", BOTH },
    { "a reply to EHLO", "587s ehlo:reply:550 no", NOTHING },
    { "a control that fails calls for nothing", "465i silent; control 443i silent", NOTHING },
};

START_TEST(a_failure_of_the_target_calls_for_more)
{
    const struct probe_case *c = &probe_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    const struct probe *last = &e->probes[e->n_probes - 1];

    ck_assert_msg(escalate_for_probe(e, last) == c->further, "%s: got %u", c->says, escalate_for_probe(e, last));
    e->plan->only_target = true;
    ck_assert_msg(escalate_for_probe(e, last) == NOTHING, "%s: --only-target", c->says);
    evidence_free(e);
}
END_TEST

static const struct name_case {
    const char *says;
    const char *seen;
    unsigned further;
} name_cases[] = {
    { "addresses came", "465i ok", NOTHING },
    { "there is no such name", "dns nxdomain", FURTHER_RESOLVERS },
    { "nobody answers", "dns timeout", BOTH },
    { "the resolver fails", "dns servfail", BOTH },
};

START_TEST(a_name_that_gives_nothing_calls_for_more)
{
    const struct name_case *c = &name_cases[_i];
    struct evidence *e = evidence_built(c->seen);

    ck_assert_msg(escalate_for_name(e, &e->names[0]) == c->further, "%s: got %u", c->says,
                  escalate_for_name(e, &e->names[0]));
    e->names[0].role = ROLE_TIME;
    ck_assert_msg(escalate_for_name(e, &e->names[0]) == NOTHING, "%s: another's name", c->says);
    evidence_free(e);
}
END_TEST

START_TEST(what_works_needs_no_other_witness)
{
    struct evidence *e = evidence_built("465i ok; 587s silent");

    e->probes[0].tls_ms = 20;
    ck_assert(!escalate_decides(e));
    e->probes[0].role = ROLE_CONTROL;
    ck_assert(escalate_decides(e));
    evidence_free(e);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("escalate");

    tcase_add_loop_test(t, a_failure_of_the_target_calls_for_more, 0, sizeof probe_cases / sizeof probe_cases[0]);
    tcase_add_loop_test(t, a_name_that_gives_nothing_calls_for_more, 0, sizeof name_cases / sizeof name_cases[0]);
    tcase_add_test(t, what_works_needs_no_other_witness);
    return unit_run("escalate", &t, 1);
}
