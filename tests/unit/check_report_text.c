#include "report/report.h"

#include <string.h>

#include "fail_alloc.h"
#include "report/layout.h"
#include "report/progress.h"
#include "report_sample.h"
#include "unit.h"

enum { OUT_MAX = 256 << 10 };

/* Past SAMPLE_COUNT: the same checks as the rules judge them. */
enum { REPORT_COUNT = 2 * SAMPLE_COUNT };

static void put_report(struct buf *out, int kind, const struct report_spec *spec)
{
    struct sample s = sample_new((enum sample_kind)(kind % SAMPLE_COUNT));

    if (kind >= SAMPLE_COUNT)
        sample_judge(&s);
    buf_init(out, OUT_MAX);
    ck_assert_msg(report_put(out, REPORT_TEXT, spec, s.evidence, s.diagnosis), "%s", s.name);
    sample_free(&s);
}

/* Whether a terminal could take any byte of it for more than a character or a line end. */
static bool is_harmless(const struct buf *b)
{
    struct peer_text rest = { b->bytes, b->len };
    uint32_t c = 0;
    size_t len = 0;
    bool printable = false;

    while (peer_text_next(&rest, &c, &len, &printable)) {
        if (!printable && c != '\n')
            return false;
    }
    return true;
}

START_TEST(no_line_is_too_wide_in_any_language_and_width)
{
    static const unsigned widths[] = { 0, 1, 40, 60, 80, 132 };

    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            struct report_spec spec = { .language = (enum language)language, .width = widths[w] };
            unsigned most = widths[w] == 0   ? REPORT_WIDTH_DEFAULT
                            : widths[w] == 1 ? LAYOUT_WIDTH_MIN
                                             : widths[w];
            struct buf out;

            put_report(&out, _i, &spec);
            for (char *line = strtok(out.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
                ck_assert_msg(layout_columns(line) <= most, "over %u columns: %s", most, line);
            buf_done(&out);
        }
    }
}
END_TEST

START_TEST(nothing_but_characters_and_line_ends_is_printed)
{
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        struct report_spec spec = { .language = (enum language)language };
        struct buf out;

        put_report(&out, _i, &spec);
        ck_assert_msg(is_harmless(&out), "%s", out.bytes);
        ck_assert_int_eq(out.bytes[out.len - 1], '\n');
        buf_done(&out);
    }
}
END_TEST

/* Takes the colours away: ESC [ digits and semicolons m. */
static void strip_colors(struct buf *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->len; i++) {
        size_t end = i + 2;

        if (b->bytes[i] == '\x1b' && b->bytes[i + 1] == '[') {
            end += strspn(b->bytes + end, "0123456789;");
            ck_assert_int_eq(b->bytes[end], 'm');
            i = end;
        } else {
            b->bytes[kept++] = b->bytes[i];
        }
    }
    b->len = kept;
    b->bytes[kept] = '\0';
}

START_TEST(colour_adds_nothing_that_words_do_not_say)
{
    struct report_spec plain = { .language = LANGUAGE_EN },
                       colored = { .language = LANGUAGE_EN, .color = true };
    struct buf a, b;

    put_report(&a, _i, &plain);
    put_report(&b, _i, &colored);
    ck_assert_uint_gt(b.len, a.len);
    strip_colors(&b);
    ck_assert_str_eq(buf_borrow(&a), buf_borrow(&b));
    buf_done(&a);
    buf_done(&b);
}
END_TEST

START_TEST(quiet_is_the_verdict_line_alone)
{
    struct report_spec spec = { .language = LANGUAGE_EN, .quiet = true };
    struct buf out;

    put_report(&out, _i, &spec);
    ck_assert_ptr_eq(strchr(out.bytes, '\n'), out.bytes + out.len - 1);
    buf_done(&out);
}
END_TEST

START_TEST(every_ceiling_is_told_and_does_no_harm)
{
    struct sample s = sample_new((enum sample_kind)_i);
    struct report_spec spec = { .language = LANGUAGE_JA, .color = true };
    struct buf whole;

    buf_init(&whole, OUT_MAX);
    ck_assert(report_put(&whole, REPORT_TEXT, &spec, s.evidence, s.diagnosis));
    for (size_t ceiling = 0; ceiling < whole.len; ceiling++) {
        struct buf out;

        buf_init(&out, ceiling);
        ck_assert_msg(!report_put(&out, REPORT_TEXT, &spec, s.evidence, s.diagnosis), "%zu of %zu bytes",
                      ceiling, whole.len);
        buf_done(&out);
    }
    buf_done(&whole);
    sample_free(&s);
}
END_TEST

static const struct says_case {
    const char *says;
    enum sample_kind kind;
    enum language language;
    const char *text;
    bool there;
} says_cases[] = {
    { "the verdict comes first, in a word", SAMPLE_HEALTHY, LANGUAGE_EN, "OK: smtp.gmail.com", true },
    { "what works is shown to be typed in", SAMPLE_BLOCKED, LANGUAGE_EN, "465", true },
    { "a cell that went well has its time", SAMPLE_HEALTHY, LANGUAGE_EN, "ok 143 ms", true },
    { "a silent port says how long", SAMPLE_BLOCKED, LANGUAGE_EN, "no answer 3 s", true },
    { "the user's own setting is marked", SAMPLE_BLOCKED, LANGUAGE_EN, "587*", true },
    { "a mark without a setting would puzzle", SAMPLE_HEALTHY, LANGUAGE_EN, "587*", false },
    { "clear text is shown so that nobody types it in", SAMPLE_HEALTHY, LANGUAGE_EN, "unsafe", true },
    { "an untried family says why", SAMPLE_HEALTHY, LANGUAGE_EN, "has no IPv6 connection", true },
    { "rows that nobody needed are hidden", SAMPLE_HEALTHY, LANGUAGE_EN, "not needed", false },
    { "a healthy report has no cause", SAMPLE_HEALTHY, LANGUAGE_EN, "Cause", false },
    { "days that are left", SAMPLE_HEALTHY, LANGUAGE_EN, "62 days left", true },
    { "a flawed certificate is not ok", SAMPLE_EXPIRED, LANGUAGE_EN, "ok 143 ms", false },
    { "its flaws are named", SAMPLE_EXPIRED, LANGUAGE_EN, "expired, issuer not trusted", true },
    { "who was asked, and what came", SAMPLE_EXPIRED, LANGUAGE_EN,
      "missing certificate from http://pki.example/wr2: came after 12 ms", true },
    { "who was asked, and did not answer", SAMPLE_EXPIRED, LANGUAGE_EN,
      "whether it was revoked, from http://pki.example/wr2: no DNS answer", true },
    { "who was asked, in Japanese", SAMPLE_EXPIRED, LANGUAGE_JA, "足りない証明書（http://pki.example/wr2）：12ミリ秒で取得",
      true },
    { "nobody was asked", SAMPLE_HEALTHY, LANGUAGE_EN, "Fetched", false },
    { "where the blank is", SAMPLE_WHITESPACE, LANGUAGE_EN, "U+3000", true },
    { "what was typed stands for a name that none can be made of", SAMPLE_UNREADABLE, LANGUAGE_EN,
      "...\\x1b[2J", true },
    { "an empty value of a rule leaves no hole", SAMPLE_UNREADABLE, LANGUAGE_EN, "For ...\\x1b[2J they",
      true },
    { "nothing tried is no table", SAMPLE_WHITESPACE, LANGUAGE_EN, "What was tried", false },
    { "an early end is told", SAMPLE_INTERRUPTED, LANGUAGE_EN, "stopped early", true },
    { "where the sign-in was tried", SAMPLE_REFUSED, LANGUAGE_EN, "smtp.gmail.com, port 465, SSL/TLS", true },
    { "how it went", SAMPLE_REFUSED, LANGUAGE_EN, "refused with PLAIN", true },
    { "what the server said, its lines in one", SAMPLE_REFUSED, LANGUAGE_EN,
      "535-5.7.8 Username and Password not accepted. 535 5.7.8 More at", true },
    { "nothing was to be sent", SAMPLE_REFUSED, LANGUAGE_EN, "Test message", false },
    { "an accepted sign-in needs no words of the server", SAMPLE_SENT, LANGUAGE_EN, "Server says", false },
    { "the message that was taken is named", SAMPLE_SENT, LANGUAGE_EN, "accepted, 1.2@gmail.com", true },
    { "in Japanese too", SAMPLE_SENT, LANGUAGE_JA, "受け付けられました（1.2@gmail.com）", true },
    { "why no sign-in was tried", SAMPLE_BARRED, LANGUAGE_EN, "No sign-in was tried: the server's certificate", true },
    { "a sign-in that was not asked for is not told of", SAMPLE_HEALTHY, LANGUAGE_EN, "Signing in", false },
    { "Japanese has its own words", SAMPLE_BLOCKED, LANGUAGE_JA, "応答なし 3秒", true },
};

START_TEST(a_report_says)
{
    const struct says_case *c = &says_cases[_i];
    struct report_spec spec = { .language = c->language, .width = 120 };
    struct buf out;

    put_report(&out, (int)c->kind, &spec);
    ck_assert_msg((strstr(out.bytes, c->text) != NULL) == c->there, "%s: %s\n%s", c->says, c->text,
                  out.bytes);
    buf_done(&out);
}
END_TEST

START_TEST(progress_is_one_line_of_the_width_at_most)
{
    for (unsigned width = 10; width < 90; width += 10) {
        struct sample s = sample_new((enum sample_kind)_i);
        struct report_spec spec = { .language = LANGUAGE_JA, .width = width };
        struct buf out;

        buf_init(&out, OUT_MAX);
        ck_assert(progress_put(&out, &spec, s.evidence, 1234));
        ck_assert(is_harmless(&out) && strchr(out.bytes, '\n') == NULL);
        ck_assert_uint_le(layout_columns(out.bytes), width);
        buf_done(&out);
        sample_free(&s);
    }
}
END_TEST

START_TEST(progress_tells_the_stage_of_each_port)
{
    struct sample s = sample_new(SAMPLE_INTERRUPTED);
    struct report_spec spec = { .language = LANGUAGE_EN };
    struct buf out;

    buf_init(&out, OUT_MAX);
    ck_assert(progress_put(&out, &spec, s.evidence, 1234));
    ck_assert_str_eq(buf_borrow(&out), "smtp.gmail.com: 465 TLS, 587 greeting (1.2 s)");
    buf_done(&out);
    sample_free(&s);
}
END_TEST

static void check_progress(const struct evidence *e, const char *wanted)
{
    struct report_spec spec = { .language = LANGUAGE_EN };
    struct buf out;

    buf_init(&out, OUT_MAX);
    ck_assert(progress_put(&out, &spec, e, 1234));
    ck_assert_str_eq(buf_borrow(&out), wanted);
    buf_done(&out);
}

START_TEST(progress_tells_that_it_signs_in)
{
    struct probe connection = { .port = 465, .stage = STAGE_AUTH, .outcome = PROBE_RUNNING };
    struct errand errand = { .connection = &connection };
    struct plan plan = { .host = "smtp.gmail.com" };
    struct evidence e = { .plan = &plan, .errand = &errand };

    check_progress(&e, "smtp.gmail.com: 465 signing in (1.2 s)");
    connection.outcome = PROBE_OK;
    check_progress(&e, "smtp.gmail.com: ending (1.2 s)");
}
END_TEST

START_TEST(progress_tells_of_a_name_that_is_looked_up_until_it_has_an_address_or_none)
{
    struct sample s = sample_new(SAMPLE_HEALTHY);
    struct dns_query query = { .resolver = "192.0.2.53:53", .duration_ms = -1 };
    struct name_view name = { .role = ROLE_TARGET, .host = "smtp.gmail.com", .duration_ms = -1 };
    struct evidence e = *s.evidence;

    e.names = &name;
    e.n_names = 1;
    check_progress(&e, "smtp.gmail.com: looking up the name (1.2 s)");
    name.queries = &query;
    name.n_queries = 1;
    check_progress(&e, "smtp.gmail.com: looking up the name (1.2 s)");
    query.duration_ms = 40;
    check_progress(&e, "smtp.gmail.com: ending (1.2 s)");
    query.duration_ms = -1;
    name.role = ROLE_CONTROL;
    check_progress(&e, "smtp.gmail.com: ending (1.2 s)");
    sample_free(&s);
}
END_TEST

START_TEST(formats_are_known_by_their_words)
{
    enum report_format format = REPORT_TEXT;

    ck_assert(report_format_parse(&format, "json"));
    ck_assert_int_eq(format, REPORT_JSON);
    ck_assert(report_format_parse(&format, "ndjson"));
    ck_assert_int_eq(format, REPORT_NDJSON);
    ck_assert(report_format_parse(&format, "text"));
    ck_assert_int_eq(format, REPORT_TEXT);
    ck_assert(!report_format_parse(&format, "Text"));
    ck_assert(!report_format_parse(&format, ""));
}
END_TEST

START_TEST(memory_that_runs_short_is_told_and_does_no_harm)
{
    struct sample s = sample_new(SAMPLE_HOSTILE);
    struct report_spec spec = { .language = LANGUAGE_EN };
    bool hit = true;
    long after;

    for (after = 0; hit; after++) {
        struct buf out;
        bool ok;

        buf_init(&out, OUT_MAX);
        fail_alloc_start(after);
        ok = report_put(&out, REPORT_TEXT, &spec, s.evidence, s.diagnosis);
        hit = fail_alloc_stop();
        ck_assert_msg(ok == !hit, "after %ld allocations", after);
        buf_done(&out);
    }
    ck_assert_int_gt(after, 20);
    sample_free(&s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("report_text");

    tcase_add_loop_test(t, no_line_is_too_wide_in_any_language_and_width, 0, REPORT_COUNT);
    tcase_add_loop_test(t, nothing_but_characters_and_line_ends_is_printed, 0, REPORT_COUNT);
    tcase_add_loop_test(t, colour_adds_nothing_that_words_do_not_say, 0, REPORT_COUNT);
    tcase_add_loop_test(t, quiet_is_the_verdict_line_alone, 0, REPORT_COUNT);
    tcase_add_loop_test(t, every_ceiling_is_told_and_does_no_harm, 0, SAMPLE_COUNT);
    tcase_add_loop_test(t, a_report_says, 0, sizeof says_cases / sizeof says_cases[0]);
    tcase_add_loop_test(t, progress_is_one_line_of_the_width_at_most, 0, SAMPLE_COUNT);
    tcase_add_test(t, progress_tells_the_stage_of_each_port);
    tcase_add_test(t, progress_tells_that_it_signs_in);
    tcase_add_test(t, progress_tells_of_a_name_that_is_looked_up_until_it_has_an_address_or_none);
    tcase_add_test(t, formats_are_known_by_their_words);
    tcase_add_test(t, memory_that_runs_short_is_told_and_does_no_harm);
    return unit_run("report_text", &t, 1);
}
