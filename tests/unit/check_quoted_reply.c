/*
 * A server's reply is found in what programs and logs make of it; other numbers are not.
 */
#include "smtp/quoted_reply.h"

#include <string.h>

#include "unit.h"

static const struct reply_case {
    const char *says, *line;
    unsigned code; /* 0 with detail 0: there is none */
    unsigned enhanced[3];
    const char *text;
} reply_cases[] = {
    { "alone", "535", 535, { 0 }, "" },
    { "as sent", "535 5.7.8 no", 535, { 5, 7, 8 }, "no" },
    { "one line of several", "535-5.7.8 no", 535, { 5, 7, 8 }, "no" },
    { "without an enhanced code", "550 no", 550, { 0 }, "no" },
    { "an enhanced code of another class belongs to the text", "550 4.7.8 no", 550, { 0 }, "4.7.8 no" },
    { "behind a colon", "Invalid login: 535-5.7.8 no", 535, { 5, 7, 8 }, "no" },
    { "behind a word", "the server said 535 no", 535, { 0 }, "no" },
    { "behind an arrow", "<** 550 no", 550, { 0 }, "no" },
    { "of a dialogue", "2026-11-24 01:15:04 SERVER -> CLIENT: 535 no", 535, { 0 }, "no" },
    { "of curl", "< 535 no", 535, { 0 }, "no" },
    { "of Python", "SMTPAuthenticationError(535, b'5.7.8 no')", 535, { 5, 7, 8 }, "no" },
    { "of Python, an error's text", "smtplib.SMTPDataError: (550, b'no')", 550, { 0 }, "no" },
    { "in brackets", "Authorization failed (535 5.7.8 no)", 535, { 5, 7, 8 }, "no" },
    { "in quotation marks", "got code \"530\", with message", 530, { 0 }, "with message" },
    { "of a delivery status", "#5.7.1 smtp;550 5.7.1 no", 550, { 5, 7, 1 }, "no" },
    { "behind an equals sign that sets a code", "responseCode=535", 535, { 0 }, "" },
    { "behind a Japanese word", "エラー535", 535, { 0 }, "" },
    { "behind a Japanese word and a colon", "エラーコード:535", 535, { 0 }, "" },
    { "a sentence's full stop behind it", "It said 535.", 535, { 0 }, "." },
    { "an enhanced code alone", "responded: 5.7.1 no", 0, { 5, 7, 1 }, "no" },
    { "... is the whole text", "5.7.8", 0, { 5, 7, 8 }, "" },
    { "consent is a reply too", "S: 250 OK", 250, { 0 }, "OK" },

    { "a time of day", "10:15:05.550 connecting", 0, { 0 }, NULL },
    { "a process", "postfix/qmgr[535]: removed", 0, { 0 }, NULL },
    { "a size", "size=550, nrcpt=1", 0, { 0 }, NULL },
    { "a port behind a host", "smtp.example.net:450", 0, { 0 }, NULL },
    { "a port behind a blank", "port: 450", 0, { 0 }, NULL },
    { "a port that submission has", "to port 465", 0, { 0 }, NULL },
    { "a line of a program", "File \"send.py\", line 535, in main", 0, { 0 }, NULL },
    { "a length of time", "SMTP timed out: 450 ms", 0, { 0 }, NULL },
    { "a part of an address", "192.0.2.450", 0, { 0 }, NULL },
    { "a part of a longer number", "1535 25350", 0, { 0 }, NULL },
    { "a status of HTTP", "server replied: 404 Not Found", 0, { 0 }, NULL },
    { "a version", "PHPMailer 5.2.9", 0, { 0 }, NULL },
    { "an address that looks like an enhanced code", "server: 5.7.8.1", 0, { 0 }, NULL },
    { "nothing", "", 0, { 0 }, NULL },
};

START_TEST(a_reply_is_found_in_what_others_wrote)
{
    const struct reply_case *c = &reply_cases[_i];
    struct quoted_reply r = { .code = 1 };
    bool found = quoted_reply_find(&r, peer_text_of(c->line), 0);

    ck_assert_msg(found == (c->text != NULL), "%s: %s: %u", c->says, c->line, found ? r.code : 0);
    if (!found) {
        ck_assert_uint_eq(r.code, 1);
        return;
    }
    ck_assert_msg(r.code == c->code, "%s: %u", c->says, r.code);
    ck_assert_msg(memcmp(r.enhanced, c->enhanced, sizeof r.enhanced) == 0, "%s: enhanced code", c->says);
    ck_assert_msg(peer_text_equal(r.text, peer_text_of(c->text)), "%s: '%.*s'", c->says, (int)r.text.len, r.text.bytes);
}
END_TEST

/* However many quotation marks stand before it, no more stack is taken. */
START_TEST(quotation_marks_without_end_are_passed_over)
{
    size_t n = 4 << 20;
    char *line = malloc(n + 4);
    struct quoted_reply r;

    for (size_t i = 0; i < n; i++)
        line[i] = i % 2 == 0 ? 'b' : '\'';
    memcpy(line + n, "535", 4);
    ck_assert(quoted_reply_find(&r, (struct peer_text){ .bytes = line, .len = n + 3 }, n));
    ck_assert_uint_eq(r.code, 535);
    free(line);
}
END_TEST

START_TEST(the_next_reply_stands_behind_the_first)
{
    static const char line[] = "Expected response code \"250\" but got code \"530\"";
    struct quoted_reply r;

    ck_assert(quoted_reply_find(&r, peer_text_of(line), 0) && r.code == 250);
    ck_assert(quoted_reply_find(&r, peer_text_of(line), r.at + 3) && r.code == 530);
    ck_assert(!quoted_reply_find(&r, peer_text_of(line), r.at + 3));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("quoted_reply");

    tcase_add_loop_test(t, a_reply_is_found_in_what_others_wrote, 0, sizeof reply_cases / sizeof reply_cases[0]);
    tcase_add_test(t, quotation_marks_without_end_are_passed_over);
    tcase_add_test(t, the_next_reply_stands_behind_the_first);
    return unit_run("quoted_reply", &t, 1);
}
