#include "model/clock_estimate.h"

#include "unit.h"

#define SNTP(lower, upper) { .kind = CLOCK_SNTP, .answered = true, .has_lower = true, .has_upper = true, \
                             .lower_ms = (lower), .upper_ms = (upper) }
#define HTTP(lower, upper) { .kind = CLOCK_HTTP_DATE, .answered = true, .has_lower = true, .has_upper = true, \
                             .lower_ms = (lower), .upper_ms = (upper) }
#define GREETING(lower, upper) { .kind = CLOCK_SMTP_GREETING, .answered = true, .has_lower = true, \
                                 .has_upper = true, .lower_ms = (lower), .upper_ms = (upper) }
#define WINDOW(lower, upper) { .kind = CLOCK_CERTIFICATE, .answered = true, .has_lower = true, \
                               .has_upper = true, .lower_ms = (lower), .upper_ms = (upper) }
#define BUILD(lower) { .kind = CLOCK_BUILD_DATE, .answered = true, .has_lower = true, .lower_ms = (lower) }
#define OCSP(lower, upper) { .kind = CLOCK_OCSP, .answered = true, .has_lower = true, .has_upper = true, \
                             .lower_ms = (lower), .upper_ms = (upper) }
#define SILENT { .kind = CLOCK_SNTP, .error = "silent" }

enum { SOURCES = 5 };

static const struct estimate_case {
    const char *says;
    struct clock_source sources[SOURCES];
    size_t n;
    bool known, has_upper;
    int64_t lower_ms, upper_ms;
    const char *agree; /* a letter a source: y or n */
} estimate_cases[] = {
    { "nobody", { { 0 } }, 0, false, false, 0, 0, "" },
    { "silence", { SILENT, SILENT }, 2, false, false, 0, 0, "nn" },
    { "one server", { SNTP(-10, 20) }, 1, true, true, -10, 20, "y" },
    { "one server beside a silent one", { SILENT, SNTP(-10, 20) }, 2, true, true, -10, 20, "ny" },
    { "two that overlap", { SNTP(0, 20), HTTP(10, 30) }, 2, true, true, 10, 20, "yy" },
    { "two that touch", { SNTP(0, 10), SNTP(10, 20) }, 2, true, true, 10, 10, "yy" },
    { "one within another", { SNTP(0, 100), SNTP(40, 50) }, 2, true, true, 40, 50, "yy" },
    { "two that disagree", { SNTP(0, 10), SNTP(11, 20) }, 2, false, false, 0, 0, "nn" },
    { "two of three", { SNTP(0, 10), SNTP(1000, 1010), SNTP(5, 15) }, 3, true, true, 5, 10, "yny" },
    { "three that all disagree", { SNTP(0, 1), SNTP(10, 11), SNTP(20, 21) }, 3, false, false, 0, 0, "nnn" },
    { "two against two", { SNTP(0, 10), SNTP(5, 15), SNTP(100, 110), SNTP(105, 115) }, 4, false, false, 0, 0, "nnnn" },
    { "three of five", { SNTP(0, 10), SNTP(2, 9), SNTP(3, 12), SNTP(100, 110), SNTP(-100, -90) }, 5, true, true, 3, 9,
      "yyynn" },
    { "the example of RFC 5905's ancestor", { SNTP(8, 12), SNTP(11, 13), SNTP(10, 12) }, 3, true, true, 11, 12, "yyy" },
    { "an interval the wrong way round is none", { SNTP(10, 0), SNTP(-5, 5) }, 2, true, true, -5, 5, "ny" },
    { "a greeting alone", { GREETING(5000, 6000) }, 1, false, false, 0, 0, "n" },
    { "a greeting that agrees", { SNTP(5500, 5510), GREETING(5000, 6000) }, 2, true, true, 5500, 5510, "yy" },
    { "greetings never outvote", { SNTP(0, 1), GREETING(5000, 6000), GREETING(5000, 6000) }, 3, true, true, 0, 1,
      "ynn" },
    { "a window alone", { WINDOW(5000, 6000) }, 1, false, false, 0, 0, "n" },
    { "a window that disagrees", { SNTP(0, 1), WINDOW(5000, 6000) }, 2, true, true, 0, 1, "yn" },
    { "a build of yesterday", { BUILD(-5000) }, 1, false, false, 0, 0, "n" },
    { "a build of tomorrow", { BUILD(5000) }, 1, true, false, 5000, 0, "y" },
    { "a build of tomorrow, a certificate of later", { BUILD(5000), WINDOW(7000, 9000) }, 2, true, false, 7000, 0,
      "yy" },
    { "a build of tomorrow, a certificate that has ended", { BUILD(5000), WINDOW(1000, 4000) }, 2, true, false, 5000,
      0, "yn" },
    { "a server that tells of times before the build", { BUILD(-5000), SNTP(-9000, -8000) }, 2, false, false, 0, 0,
      "nn" },
    { "and another that does not", { BUILD(-5000), SNTP(-9000, -8000), SNTP(0, 10) }, 3, true, true, 0, 10, "yny" },
    { "a statement of an issuer from the future", { OCSP(5000, 99000) }, 1, true, false, 5000, 0, "y" },
    { "a statement of an issuer throws a liar out", { OCSP(-100, 99000), SNTP(-9000, -8000), SNTP(0, 10) }, 3, true,
      true, 0, 10, "yny" },
};

START_TEST(sources_make_an_estimate_together)
{
    const struct estimate_case *c = &estimate_cases[_i];
    struct clock_source sources[SOURCES];
    struct clock_view v = { .sources = sources, .n_sources = c->n };
    size_t n_agree = 0;

    for (size_t i = 0; i < c->n; i++)
        sources[i] = c->sources[i];
    clock_combine(&v);
    ck_assert_msg(v.known == c->known && v.has_upper == c->has_upper, "%s", c->says);
    ck_assert_msg(v.lower_ms == c->lower_ms && v.upper_ms == c->upper_ms, "%s: %lld to %lld", c->says,
                  (long long)v.lower_ms, (long long)v.upper_ms);
    for (size_t i = 0; i < c->n; i++) {
        ck_assert_msg(sources[i].agrees == (c->agree[i] == 'y'), "%s: source %zu", c->says, i);
        n_agree += sources[i].agrees;
    }
    ck_assert_uint_eq(v.n_agree, n_agree);
}
END_TEST

/* The order in which they answer must not matter. */
START_TEST(the_estimate_is_the_same_in_any_order)
{
    const struct estimate_case *c = &estimate_cases[_i];

    for (size_t turn = 0; turn < c->n; turn++) {
        struct clock_source sources[SOURCES];
        struct clock_view v = { .sources = sources, .n_sources = c->n };

        for (size_t i = 0; i < c->n; i++)
            sources[i] = c->sources[(i + turn) % c->n];
        clock_combine(&v);
        ck_assert_msg(v.known == c->known && v.lower_ms == c->lower_ms && v.upper_ms == c->upper_ms, "%s", c->says);
    }
}
END_TEST

START_TEST(true_time_is_local_time_and_the_offset)
{
    struct evidence e = { .started_wall_ms = 1000000, .clock = { .known = true, .has_upper = true,
                                                                 .lower_ms = -4000, .upper_ms = -2000 } };

    ck_assert_int_eq(clock_offset_ms(&e.clock), -3000);
    ck_assert_int_eq(clock_uncertainty_ms(&e.clock), 1000);
    ck_assert_int_eq(clock_now_s(&e), 997);
    ck_assert_int_eq(clock_earliest_s(&e), 996);
    ck_assert_int_eq(clock_latest_s(&e), 998);
    e.clock.has_upper = false;
    ck_assert_int_eq(clock_uncertainty_ms(&e.clock), -1);
    ck_assert_int_eq(clock_now_s(&e), 996);
    ck_assert(clock_latest_s(&e) == INT64_MAX);
    e.clock.known = false;
    ck_assert_int_eq(clock_now_s(&e), 1000);
    ck_assert_int_eq(clock_earliest_s(&e), 1000);
    ck_assert_int_eq(clock_latest_s(&e), 1000);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("clock_estimate");
    int n = (int)(sizeof estimate_cases / sizeof *estimate_cases);

    tcase_add_loop_test(t, sources_make_an_estimate_together, 0, n);
    tcase_add_loop_test(t, the_estimate_is_the_same_in_any_order, 0, n);
    tcase_add_test(t, true_time_is_local_time_and_the_offset);
    return unit_run("clock_estimate", &t, 1);
}
