#include "probe/patience.h"

#include "evidence_builder.h"
#include "unit.h"

static const struct patience_case {
    const char *says;
    const char *seen;
    double round_trip_ms; /* of what connects there; -1 as it is */
    struct waiting waiting;
    enum patience wanted;
    bool suspects;
} cases[] = {
    { "the first attempt is young", "465i ok", 30, { 1, 250 }, PATIENCE_AGAIN, false },
    { "the third is the one that makes suspicious", "465i ok", 30, { 3, 250 }, PATIENCE_AGAIN, true },
    { "five are not enough", "465i ok", 30, { 5, 5000 }, PATIENCE_AGAIN, true },
    { "the sixth is given its time", "465i ok", 30, { 6, 299 }, PATIENCE_WAIT, true },
    { "and no more", "465i ok", 30, { 6, 300 }, PATIENCE_OVER, true },
    { "three round trips where these are long", "465i ok", 800, { 6, 2399 }, PATIENCE_WAIT, true },
    { "and no more of them", "465i ok", 800, { 6, 2400 }, PATIENCE_OVER, true },
    { "an attempt younger than a round trip says nothing", "465i ok", 800, { 3, 799 }, PATIENCE_AGAIN, false },
    { "what connects elsewhere is a measure too", "control 443i ok", 30, { 6, 300 }, PATIENCE_OVER, true },
    { "without a measure two attempts more", "465i silent", -1, { 7, 5000 }, PATIENCE_AGAIN, true },
    { "and three seconds, for the line may be slow", "465i silent", -1, { 8, 2999 }, PATIENCE_WAIT, true },
    { "and no more than that", "465i silent", -1, { 8, 3000 }, PATIENCE_OVER, true },
};

/* What is seen, the one connection that stands having taken so long. */
static const struct evidence *seen(const struct patience_case *c)
{
    struct evidence *e = evidence_built(c->seen);

    for (size_t i = 0; i < e->n_probes; i++)
        e->probes[i].round_trip_ms = c->round_trip_ms;
    return e;
}

START_TEST(silence_is_waited_for_as_long_as_it_may_be_chance)
{
    const struct patience_case *c = &cases[_i];
    const struct evidence *e = seen(c);

    ck_assert_msg(patience_with(e, &c->waiting) == c->wanted, "%s", c->says);
    ck_assert_msg(patience_suspects(e, &c->waiting) == c->suspects, "%s: suspects", c->says);
    evidence_free((struct evidence *)e);
}
END_TEST

START_TEST(attempts_are_further_apart_on_a_slow_line)
{
    struct evidence *e = evidence_built("465i ok");

    e->probes[0].round_trip_ms = 30;
    ck_assert_double_eq(patience_interval_ms(e), 250);
    e->probes[0].round_trip_ms = 400;
    ck_assert_double_eq(patience_interval_ms(e), 600);
    evidence_free(e);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("patience");

    tcase_add_loop_test(t, silence_is_waited_for_as_long_as_it_may_be_chance, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(t, attempts_are_further_apart_on_a_slow_line);
    return unit_run("patience", &t, 1);
}
