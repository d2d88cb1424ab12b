#include "knowledge/phrase.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* Escapes as a surface would, and marks that it was asked. */
static bool put_marked(struct buf *out, struct peer_text t, void *user)
{
    const char *mark = user;

    return buf_put_string(out, mark) && peer_text_escape(out, t, 0) && buf_put_string(out, mark);
}

static const char *phrase_of(struct buf *b, enum language language, enum text_id id,
                             const struct argument *args, size_t n)
{
    static const char mark[] = "|";

    buf_init(b, 4096);
    ck_assert(phrase_put(b, language, id, args, n, put_marked, (void *)mark));
    return buf_borrow(b);
}

/* "{number} s" and its like take one argument called number, of any kind. */
static void assert_number_reads(struct argument a, enum language language, const char *expected)
{
    struct buf b;

    a.name = "number";
    ck_assert_str_eq(phrase_of(&b, language, TEXT_UNIT_SECONDS, &a, 1), expected);
    buf_done(&b);
}

START_TEST(a_word_goes_in_as_it_is)
{
    assert_number_reads((struct argument){ .kind = ARGUMENT_WORD, .value.word = "a{b}%s" }, LANGUAGE_EN,
                        "a{b}%s s");
}
END_TEST

START_TEST(peer_text_goes_through_the_escaping_of_the_surface)
{
    struct argument a = { .kind = ARGUMENT_PEER, .value.peer = PEER_TEXT_LITERAL("\033[31m{x}\n") };

    assert_number_reads(a, LANGUAGE_EN, "|\\x1b[31m{x}\\x0a| s");
    assert_number_reads((struct argument){ .kind = ARGUMENT_PEER }, LANGUAGE_EN, "|| s");
}
END_TEST

START_TEST(numbers_are_plain_decimals)
{
    assert_number_reads((struct argument){ .kind = ARGUMENT_NUMBER, .value.number = 587 }, LANGUAGE_EN,
                        "587 s");
    assert_number_reads((struct argument){ .kind = ARGUMENT_NUMBER, .value.number = INT64_MIN }, LANGUAGE_EN,
                        "-9223372036854775808 s");
}
END_TEST

static const struct duration_case { double ms; const char *en, *ja; } duration_cases[] = {
    { 0, "0 ms", "0ミリ秒" },          { 0.4, "0 ms", "0ミリ秒" },      { 340, "340 ms", "340ミリ秒" },
    { 999.4, "999 ms", "999ミリ秒" },  { 999.6, "1 s", "1秒" },         { 1000, "1 s", "1秒" },
    { 5213, "5.2 s", "5.2秒" },        { 10000, "10 s", "10秒" },       { 10049, "10 s", "10秒" },
    { 90000, "90 s", "90秒" },         { 360000, "6 minutes", "6分" },  { 3600000, "60 minutes", "60分" },
    { 9000000, "2.5 hours", "2.5時間" }, { 172799900, "2 days", "2日" }, { 86400e3 * 365, "365 days", "365日" },
};

START_TEST(durations_read_as_a_person_would_say_them)
{
    const struct duration_case *c = &duration_cases[_i];
    struct argument a = { .kind = ARGUMENT_DURATION, .value.duration_ms = c->ms };
    char expected[64];

    snprintf(expected, sizeof expected, "%s s", c->en);
    assert_number_reads(a, LANGUAGE_EN, expected);
    snprintf(expected, sizeof expected, "%s秒", c->ja);
    assert_number_reads(a, LANGUAGE_JA, expected);
}
END_TEST

START_TEST(dates_stand_to_the_minute_in_utc)
{
    assert_number_reads((struct argument){ .kind = ARGUMENT_DATE, .value.date = 1795532645 }, LANGUAGE_EN,
                        "2026-11-24 15:04 UTC s");
    assert_number_reads((struct argument){ .kind = ARGUMENT_DATE, .value.date = 0 }, LANGUAGE_EN,
                        "1970-01-01 00:00 UTC s");
}
END_TEST

START_TEST(a_text_as_argument_comes_in_the_same_language)
{
    struct argument a = { .kind = ARGUMENT_TEXT, .value.text = TEXT_TLS_NONE };

    assert_number_reads(a, LANGUAGE_EN, "no encryption s");
    assert_number_reads(a, LANGUAGE_JA, "暗号化なし秒");
}
END_TEST

START_TEST(arguments_may_come_in_any_order_and_in_excess)
{
    struct argument args[] = {
        { .name = "hos", .kind = ARGUMENT_WORD, .value.word = "too short" },
        { .name = "tls", .kind = ARGUMENT_TEXT, .value.text = TEXT_TLS_IMPLICIT },
        { .name = "hosts", .kind = ARGUMENT_WORD, .value.word = "too long" },
        { .name = "port", .kind = ARGUMENT_NUMBER, .value.number = 465 },
        { .name = "host", .kind = ARGUMENT_WORD, .value.word = "smtp.gmail.com" },
    };
    struct buf b;

    ck_assert_str_eq(phrase_of(&b, LANGUAGE_EN, TEXT_REPORT_SETTINGS, args, 5),
                     "smtp.gmail.com, port 465, SSL/TLS");
    buf_done(&b);
    ck_assert_str_eq(phrase_of(&b, LANGUAGE_JA, TEXT_REPORT_SETTINGS, args, 5),
                     "smtp.gmail.com、ポート465、SSL/TLS");
    buf_done(&b);
}
END_TEST

START_TEST(a_full_buffer_is_told_at_every_length)
{
    struct argument args[] = {
        { .name = "host", .kind = ARGUMENT_WORD, .value.word = "smtp.gmail.com" },
        { .name = "port", .kind = ARGUMENT_NUMBER, .value.number = 465 },
        { .name = "tls", .kind = ARGUMENT_TEXT, .value.text = TEXT_TLS_IMPLICIT },
    };
    size_t whole = strlen("smtp.gmail.com, port 465, SSL/TLS");

    for (size_t ceiling = 0; ceiling <= whole; ceiling++) {
        struct buf b;

        buf_init(&b, ceiling);
        ck_assert_int_eq(phrase_put(&b, LANGUAGE_EN, TEXT_REPORT_SETTINGS, args, 3, put_marked, NULL),
                         ceiling == whole);
        ck_assert_int_eq(b.failed, ceiling < whole);
        buf_done(&b);
    }
}
END_TEST

/* In a child, because a debug build stops there; gives its wait status. */
static int status_of_a_missing_argument(void)
{
    pid_t child = fork();
    struct buf b;
    int status;

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        close(STDERR_FILENO);
        phrase_of(&b, LANGUAGE_EN, TEXT_UNIT_SECONDS, NULL, 0);
        _exit(strcmp(buf_borrow(&b), "{number} s"));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(a_missing_argument_stops_a_debug_build_and_else_stays_as_it_is)
{
    int status = status_of_a_missing_argument();

#ifdef NDEBUG
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#else
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("phrase");

    tcase_add_test(t, a_word_goes_in_as_it_is);
    tcase_add_test(t, peer_text_goes_through_the_escaping_of_the_surface);
    tcase_add_test(t, numbers_are_plain_decimals);
    tcase_add_loop_test(t, durations_read_as_a_person_would_say_them, 0,
                        sizeof duration_cases / sizeof *duration_cases);
    tcase_add_test(t, dates_stand_to_the_minute_in_utc);
    tcase_add_test(t, a_text_as_argument_comes_in_the_same_language);
    tcase_add_test(t, arguments_may_come_in_any_order_and_in_excess);
    tcase_add_test(t, a_full_buffer_is_told_at_every_length);
    tcase_add_test(t, a_missing_argument_stops_a_debug_build_and_else_stays_as_it_is);
    return unit_run("phrase", &t, 1);
}
