#include "base/peer_text.h"

#include "base/buf.h"
#include "unit.h"

static const struct escape_case {
    const char *says, *bytes, *prints;
} escape_cases[] = {
    { "plain ASCII stays", "220 mx ESMTP", "220 mx ESMTP" },
    { "an escape sequence is shown, not sent", "\x1b[31mred", "\\x1b[31mred" },
    { "a backslash doubles, so that the text reads back", "a\\x1b", "a\\\\x1b" },
    { "Japanese stays", "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac" },
    { "a bidi override is shown", "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xae" "b" },
    { "a C1 control in UTF-8 is shown", "\xc2\x9b" "31m", "\\xc2\\x9b" "31m" },
    { "an overlong form is shown", "\xc0\xaf", "\\xc0\\xaf" },
    { "a cut character is shown", "\xe6\x97", "\\xe6\\x97" },
    { "a zero-width joiner is shown", "\xe2\x80\x8d", "\\xe2\\x80\\x8d" },
    { "a line separator is shown", "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
    { "a tab and a line end are shown", "\t\r\n", "\\x09\\x0d\\x0a" },
};

START_TEST(what_a_peer_said_is_harmless_when_printed)
{
    const struct escape_case *c = &escape_cases[_i];
    struct buf out;

    buf_init(&out, 1000);
    ck_assert(peer_text_escape(&out, peer_text_of(c->bytes), 0));
    ck_assert_msg(peer_text_equal(peer_text_of(buf_borrow(&out)), peer_text_of(c->prints)), "%s: %s", c->says,
                  buf_borrow(&out));
    buf_done(&out);
}
END_TEST

START_TEST(a_long_text_is_cut_and_says_so)
{
    struct buf out;

    buf_init(&out, 1000);
    ck_assert(peer_text_escape(&out, peer_text_of("0123456789\x1b"), 10));
    ck_assert_str_eq(buf_borrow(&out), "0123456789...");
    buf_done(&out);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("peer_text");

    tcase_add_loop_test(t, what_a_peer_said_is_harmless_when_printed, 0,
                        sizeof escape_cases / sizeof escape_cases[0]);
    tcase_add_test(t, a_long_text_is_cut_and_says_so);
    return unit_run("peer_text", &t, 1);
}
