#include "smtp/ehlo.h"

#include <string.h>

#include "unit.h"

/* Reads wire as a reply to EHLO; texts lie in the arena that is given back. */
static struct arena *caps_of(const char *wire, struct smtp_caps *ret)
{
    struct arena *a = arena_new(1u << 20);
    struct reply_reader r;
    size_t taken;

    ck_assert_ptr_nonnull(a);
    reply_reader_init(&r);
    ck_assert_int_eq(reply_reader_feed(&r, wire, strlen(wire), &taken), REPLY_WHOLE);
    ck_assert(ehlo_read(ret, a, &r.reply));
    reply_reader_done(&r); /* the keywords have to outlive the reply */
    return a;
}

static const struct starttls_case {
    const char *says, *wire;
    bool starttls, masked;
} starttls_cases[] = {
    { "first", "250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n", true, false },
    { "last", "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n", true, false },
    { "lower case", "250-mx\r\n250 starttls\r\n", true, false },
    { "mixed case and bare LF", "250-mx\n250 StartTLS\n", true, false },
    { "a blank at the end", "250-mx\r\n250 STARTTLS \r\n", true, false },
    { "the old parameter", "250-mx\r\n250 STARTTLS REQUIRED\r\n", true, false },
    { "not offered", "250-mx\r\n250 SIZE\r\n", false, false },
    { "only in the greeting line", "250 STARTTLS\r\n", false, false },
    { "only as part of a word", "250-mx\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n", false, false },
    { "only as a parameter", "250-mx\r\n250 X-NO STARTTLS\r\n", false, false },
    { "masked, with a letter", "250-mx\r\n250-XXXXXXXA\r\n250 SIZE\r\n", false, true },
    { "masked, with another letter", "250-mx\r\n250 XXXXXXXC\r\n", false, true },
    { "masked, X alone", "250-mx\r\n250 XXXXXXXX\r\n", false, true },
    { "masked, stars", "250-mx\r\n250 ********\r\n", false, true },
    { "masked in another place, and offered", "250-mx\r\n250-XXXXXXXB\r\n250 STARTTLS\r\n", true, false },
    { "a longer keyword masked", "250-mx\r\n250 XXXXXXXXXXXXA\r\n", false, false },
    { "a shorter keyword masked", "250-mx\r\n250 XXXB\r\n", false, false },
    { "a private keyword of the same length", "250-mx\r\n250 XFORWARD\r\n", false, false },
};

START_TEST(starttls_is_seen_wherever_and_however_it_is_written)
{
    const struct starttls_case *c = &starttls_cases[_i];
    struct smtp_caps caps;
    struct arena *a = caps_of(c->wire, &caps);

    ck_assert_msg(caps.starttls == c->starttls, "%s: offered", c->says);
    ck_assert_msg(caps.starttls_masked == c->masked, "%s: masked", c->says);
    ck_assert(caps.known);
    arena_free(a);
}
END_TEST

static const struct auth_case {
    const char *says, *wire, *mechanisms;
} auth_cases[] = {
    { "a list", "250-mx\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n", "PLAIN LOGIN XOAUTH2 " },
    { "the old spelling", "250-mx\r\n250 AUTH=LOGIN PLAIN\r\n", "LOGIN PLAIN " },
    { "both spellings, each mechanism once",
      "250-mx\r\n250-AUTH PLAIN LOGIN\r\n250 AUTH=PLAIN LOGIN NTLM\r\n", "PLAIN LOGIN NTLM " },
    { "the same in another case", "250-mx\r\n250 auth plain PLAIN Plain\r\n", "plain " },
    { "many blanks and a tab", "250-mx\r\n250 AUTH  PLAIN\t LOGIN  \r\n", "PLAIN LOGIN " },
    { "the old spelling with a blank", "250-mx\r\n250 AUTH= LOGIN\r\n", "LOGIN " },
    { "no mechanism", "250-mx\r\n250 AUTH\r\n", "" },
    { "nothing offered", "250-mx\r\n250 SIZE\r\n", "" },
    { "another keyword that begins like it", "250-mx\r\n250 AUTHENTICATE PLAIN\r\n", "" },
};

START_TEST(mechanisms_are_listed_once_each)
{
    const struct auth_case *c = &auth_cases[_i];
    struct smtp_caps caps;
    struct arena *a = caps_of(c->wire, &caps);
    char listed[200] = "";

    for (size_t i = 0; i < caps.n_auth; i++) {
        strncat(listed, caps.auth[i].bytes, caps.auth[i].len);
        strcat(listed, " ");
    }
    ck_assert_msg(strcmp(listed, c->mechanisms) == 0, "%s: %s", c->says, listed);
    arena_free(a);
}
END_TEST

static const struct size_case {
    const char *says, *wire;
    bool given;
    uint64_t size;
} size_cases[] = {
    { "a limit", "250-mx\r\n250 SIZE 35882577\r\n", true, 35882577 },
    { "without a number (RFC 1870 section 3)", "250-mx\r\n250 SIZE\r\n", true, 0 },
    { "no fixed limit", "250-mx\r\n250 size 0\r\n", true, 0 },
    { "the spelling of old servers", "250-mx\r\n250 SIZE=1000\r\n", true, 1000 },
    { "the greatest number", "250-mx\r\n250 SIZE 18446744073709551615\r\n", true, UINT64_MAX },
    { "a number beyond it", "250-mx\r\n250 SIZE 18446744073709551616\r\n", true, UINT64_MAX },
    { "a number far beyond it", "250-mx\r\n250 SIZE 99999999999999999999999999999\r\n", true, UINT64_MAX },
    { "no number", "250-mx\r\n250 SIZE -1\r\n", true, 0 },
    { "not told", "250-mx\r\n250 HELP\r\n", false, 0 },
};

START_TEST(the_size_limit_is_read_and_cannot_overflow)
{
    const struct size_case *c = &size_cases[_i];
    struct smtp_caps caps;
    struct arena *a = caps_of(c->wire, &caps);

    ck_assert_msg(caps.size_given == c->given && caps.size == c->size, "%s: %ju", c->says,
                  (uintmax_t)caps.size);
    arena_free(a);
}
END_TEST

START_TEST(each_keyword_is_kept_and_what_matters_has_its_flag)
{
    struct smtp_caps caps;
    struct arena *a = caps_of("250-mx at your service\r\n250-PIPELINING\r\n250-8bitmime\r\n250-SMTPUTF8\r\n"
                              "250-EnhancedStatusCodes\r\n250 CHUNKING\r\n",
                              &caps);

    ck_assert(!caps.starttls && !caps.size_given);
    ck_assert_uint_eq(caps.n_keywords, 5);
    ck_assert(peer_text_equal(caps.keywords[0], peer_text_of("PIPELINING")));
    ck_assert(peer_text_equal(caps.keywords[4], peer_text_of("CHUNKING")));
    arena_free(a);

    a = caps_of("250 mx\r\n", &caps);
    ck_assert(caps.known);
    ck_assert(!caps.starttls && !caps.size_given);
    ck_assert_uint_eq(caps.n_keywords, 0);
    arena_free(a);
}
END_TEST

/* "250-mx", n lines of piece, and last. */
static void many_lines(struct buf *wire, const char *piece, int n, const char *last)
{
    buf_init(wire, REPLY_BYTES_MAX);
    buf_put_string(wire, "250-mx\r\n");
    for (int i = 0; i < n; i++)
        buf_printf(wire, "250-%s%d\r\n", piece, i);
    buf_put_string(wire, last);
    ck_assert(!wire->failed);
}

START_TEST(a_keyword_behind_hundreds_of_others_is_seen)
{
    struct smtp_caps caps;
    struct buf wire;
    struct arena *a;

    many_lines(&wire, "X-", 500, "250 STARTTLS\r\n");
    a = caps_of(buf_borrow(&wire), &caps);
    ck_assert(caps.starttls);
    ck_assert_uint_eq(caps.n_keywords, 501);
    arena_free(a);
    buf_done(&wire);
}
END_TEST

START_TEST(mechanisms_beyond_the_ceiling_are_dropped)
{
    struct smtp_caps caps;
    struct buf wire;
    struct arena *a;

    many_lines(&wire, "AUTH X", 100, "250 STARTTLS\r\n");
    a = caps_of(buf_borrow(&wire), &caps);
    ck_assert_uint_eq(caps.n_auth, EHLO_AUTH_MAX);
    ck_assert(caps.starttls);
    arena_free(a);
    buf_done(&wire);
}
END_TEST

START_TEST(a_full_arena_is_our_failure_and_changes_nothing)
{
    static const char wire[] = "250-mx\r\n250-AUTH A B C D E F G H\r\n250 STARTTLS\r\n";
    struct reply_reader r;
    size_t taken, refused = 0;

    reply_reader_init(&r);
    ck_assert_int_eq(reply_reader_feed(&r, wire, strlen(wire), &taken), REPLY_WHOLE);
    for (size_t ceiling = 0; ceiling < 600; ceiling += 16) {
        struct arena *a = arena_new(ceiling);
        struct smtp_caps caps = { 0 };

        if (!ehlo_read(&caps, a, &r.reply)) {
            ck_assert(!caps.known && arena_failed(a));
            refused++;
        } else {
            ck_assert(caps.starttls);
            ck_assert_uint_eq(caps.n_auth, 8);
        }
        arena_free(a);
    }
    ck_assert_uint_gt(refused, 0);
    ck_assert_uint_lt(refused, 600 / 16);
    reply_reader_done(&r);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("ehlo");

    tcase_add_loop_test(t, starttls_is_seen_wherever_and_however_it_is_written, 0, COUNT(starttls_cases));
    tcase_add_loop_test(t, mechanisms_are_listed_once_each, 0, COUNT(auth_cases));
    tcase_add_loop_test(t, the_size_limit_is_read_and_cannot_overflow, 0, COUNT(size_cases));
    tcase_add_test(t, each_keyword_is_kept_and_what_matters_has_its_flag);
    tcase_add_test(t, a_keyword_behind_hundreds_of_others_is_seen);
    tcase_add_test(t, mechanisms_beyond_the_ceiling_are_dropped);
    tcase_add_test(t, a_full_arena_is_our_failure_and_changes_nothing);
    return unit_run("ehlo", &t, 1);
}
