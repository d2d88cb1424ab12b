/*
 * Secrets in a pasted text are masked; what tells the fault stays. check_explain.py has the forms of whole logs.
 */
#include "smtp/log_mask.h"

#include <string.h>
#include <time.h>

#include "unit.h"

enum { LONG_LINE = 1 << 20 };

static const struct mask_case {
    const char *says, *text, *masked;
} mask_cases[] = {
    { "an initial response", "AUTH PLAIN AGEAYg==", "AUTH PLAIN ***" },
    { "in small letters", "auth plain AGEAYg==", "auth plain ***" },
    { "in a string", "send: 'AUTH PLAIN AGEAYg==\\r\\n'", "send: 'AUTH PLAIN ***\\r\\n'" },
    { "an answer on its own line", "334 \nAGEAYg==\n535 no", "334 \n***\n535 no" },
    { "an answer to AUTH", "AUTH PLAIN\nAGEAYg==", "AUTH PLAIN\n***" },
    { "behind a direction", "S: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 535 no", "S: 334 UGFzc3dvcmQ6\nC: ***\nS: 535 no" },
    { "a line that follows the reply is none", "334 \nAGEAYg==\n535 no\nGood bye", "334 \n***\n535 no\nGood bye" },
    { "a list of mechanisms", "250-AUTH PLAIN LOGIN XOAUTH2", "250-AUTH PLAIN LOGIN XOAUTH2" },
    { "a sentence", "AUTH LOGIN failed for you", "AUTH LOGIN failed for you" },
    { "a setting", "password=secret, port=587", "password=***, port=587" },
    { "a setting with blanks", "smtp_pass = secret", "smtp_pass = ***" },
    { "in quotation marks", "\"pass\": \"my secret\", \"port\": 587", "\"pass\": \"***\", \"port\": 587" },
    { "of PHP", "'password' => 'secret'", "'password' => '***'" },
    { "at the beginning of a line", "Password: secret", "Password: ***" },
    { "of a sentence", "wrong password: try again", "wrong password: try again" },
    { "two, the second before the first that was found", "pass='a1' AUTH PLAIN AGEAYg==", "pass='***' AUTH PLAIN ***" },
    { "a value with blanks", "MAIL_PASSWORD=abcd efgh ijkl mnop", "MAIL_PASSWORD=***" },
    { "... behind a colon", "password: abcd efgh ijkl mnop", "password: ***" },
    { "... in a sentence", "my app password: abcd efgh ijkl mnop", "my app password: ***" },
    { "... up to the reply", "password=two words 535 5.7.8 no", "password=*** 535 5.7.8 no" },
    { "a reply in the place of the value", "Password: 535 no", "Password: 535 no" },
    { "... up to the next setting", "password=two words; host=a, b", "password=***; host=a, b" },
    { "a quotation mark in quotation marks", "\"pass\": \"a\\\"b\", 1", "\"pass\": \"***\", 1" },
    { "netrc", "machine smtp.gmail.com login alice password hunter2", "machine smtp.gmail.com login alice password ***" },
    { "msmtprc", "host smtp.gmail.com\npassword   hunter2", "host smtp.gmail.com\npassword   ***" },
    { "a line that says something of it", "password incorrect", "password incorrect" },
    { "a longer one", "password is not accepted", "password is not accepted" },
    { "sasl_passwd", "[smtp.gmail.com]:587 alice@gmail.com:hunter2", "[smtp.gmail.com]:587 alice@gmail.com:***" },
    { "... without brackets", "smtp.gmail.com alice@gmail.com:hun ter2", "smtp.gmail.com alice@gmail.com:***" },
    { "a host that failed", "[192.0.2.1]:587 error: refused", "[192.0.2.1]:587 error: refused" },
    { "swaks", "swaks --auth-password hunter2 --server a", "swaks --auth-password *** --server a" },
    { "an option with a file", "--password-file secret", "--password-file secret" },
    { "curl", "curl -u alice:hunter2 -v", "curl -u alice:*** -v" },
    { "swaks, short", "swaks -ap hunter2 -s a", "swaks -ap *** -s a" },
    { "curl in one word", "curl -ualice:hunter2 -v", "curl -ualice:*** -v" },
    { "fetchmail", "user alice pass hunter2", "user alice pass ***" },
    { "a line of Python", "    s.login(\"a\", 'hunter2')", "    s.login(\"a\", '***')" },
    { "... that names a variable", "    s.login(user, password)", "    s.login(user, password)" },
    { "a line of Go", "smtp.PlainAuth(\"\", \"a\", \"hunter2\", host)", "smtp.PlainAuth(\"\", \"a\", \"***\", host)" },
    { "curl, in quotation marks", "curl --user 'alice:hun ter2' -v", "curl --user 'alice:***' -v" },
    { "basic authorization", "Authorization: Basic YWxpY2U6aHVudGVyMg==", "Authorization: Basic ***" },
    { "a bare token", "got ya29.a0AfB_by-secret here", "got *** here" },
    { "a token of a setting", "x access_token: ya29.a0AfB", "x access_token: ***" },
    { "a secret of a client", "client_secret: GOCSPX-abc", "client_secret: ***" },
    { "a secret of a client alone", "is GOCSPX-abcdefgh.", "is ***" },
    { "a signed token", "id eyJhbGciOiJ9.eyJzdWIi.c2ln end", "id *** end" },
    { "the status of a refused token", "334 eyJzdGF0dXMiOiI0MDAifQ==", "334 eyJzdGF0dXMiOiI0MDAifQ==" },
    { "a word that ends like a key", "bypass: no", "bypass: no" },
    { "a URL with a slash in the password", "smtps://alice:hun/ter2@h.example", "smtps://alice:***@h.example" },
    { "a URL with an at sign in it", "smtps://alice:hun@ter2@h.example x@y", "smtps://alice:***@h.example x@y" },
    { "a URL whose user is an address", "smtp://a@b.example:hun@ter2@h", "smtp://a@b.example:***@h" },
    { "a URL", "smtp://joe:secret@smtp.example.net:587", "smtp://joe:***@smtp.example.net:587" },
    { "a URL without a password", "smtp://smtp.example.net:587/a@b", "smtp://smtp.example.net:587/a@b" },
    { "a bearer token", "Authorization: Bearer ya29.secret", "Authorization: Bearer ***" },
    { "a command of POP", "PASS secret word", "PASS ***" },
    { "a value that never ends", "pass=\"secret", "pass=\"***" },
    { "a key at the end", "pass=", "pass=" },
    { "nothing", "", "" },
};

START_TEST(a_secret_is_masked_and_nothing_else)
{
    const struct mask_case *c = &mask_cases[_i];
    struct buf out;

    buf_init(&out, 4096);
    ck_assert(log_mask(&out, peer_text_of(c->text)));
    ck_assert_msg(strcmp(buf_borrow(&out), c->masked) == 0, "%s: %s", c->says, buf_borrow(&out));
    buf_done(&out);
}
END_TEST

/* Time that grows with the square of the length would be minutes. */
START_TEST(a_long_line_takes_no_long_time)
{
    static const char *const parts[] = { "PASS ", "pass=a, ", "pass=", "://", "-u a:", "ya29.", "eyJ", "Bearer \"",
                                         "token -", "password ", "Authorization: Basic \"", "pass=535 ", "-pass ", "-ap ",
                                         "login('a', ", "-u", "login(" };
    size_t len = strlen(parts[_i]);
    struct buf text, out;
    clock_t start = clock();

    buf_init(&text, LONG_LINE + len);
    while (text.len < LONG_LINE)
        ck_assert(buf_put(&text, parts[_i], len));
    buf_init(&out, 4 * LONG_LINE);
    ck_assert(log_mask(&out, (struct peer_text){ buf_borrow(&text), text.len }));
    ck_assert_msg(clock() - start < 2 * CLOCKS_PER_SEC, "%s", parts[_i]);
    buf_done(&text);
    buf_done(&out);
}
END_TEST

START_TEST(a_room_that_is_too_small_is_told)
{
    struct buf out;

    buf_init(&out, 8);
    ck_assert(!log_mask(&out, peer_text_of("longer than eight")));
    buf_done(&out);
}
END_TEST

/* The word over and over: its line is gone through once, and not once for each. */
START_TEST(a_line_of_commands_takes_no_long_time)
{
    size_t n = 4 << 20;
    char *line = malloc(n);
    clock_t begun = clock();
    struct buf out;

    for (size_t i = 0; i < n; i++)
        line[i] = "PASS "[i % 5];
    buf_init(&out, n);
    ck_assert(log_mask(&out, (struct peer_text){ .bytes = line, .len = n }));
    ck_assert_str_eq(buf_borrow(&out), "PASS ***");
    ck_assert_int_lt((clock() - begun) / CLOCKS_PER_SEC, 3);
    buf_done(&out);
    free(line);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("log_mask");

    tcase_add_loop_test(t, a_secret_is_masked_and_nothing_else, 0, sizeof mask_cases / sizeof mask_cases[0]);
    tcase_add_test(t, a_line_of_commands_takes_no_long_time);
    tcase_add_loop_test(t, a_long_line_takes_no_long_time, 0, 17);
    tcase_add_test(t, a_room_that_is_too_small_is_told);
    return unit_run("log_mask", &t, 1);
}
