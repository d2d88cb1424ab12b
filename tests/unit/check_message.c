#include "smtp/message.h"

#include <string.h>

#include "base/mail_address.h"
#include "smtp/date.h"
#include "unit.h"

static const struct message_facts facts = {
    .from = "from@example.com", .to = "to@example.net", .id = "0123@example.com",
    .wall_ms = 1795532645999, .utc_offset_minutes = 9 * 60,
};

START_TEST(the_message_says_what_it_is)
{
    static const char expected[] =
        "Date: Wed, 25 Nov 2026 00:04:05 +0900\r\n"
        "From: <from@example.com>\r\n"
        "To: <to@example.net>\r\n"
        "Message-ID: <0123@example.com>\r\n"
        "Subject: Test message from smtpdx\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "This is a test message. The program smtpdx sent it to see whether mail can be sent.\r\n"
        "Whoever ran the program asked for it, sending as from@example.com.\r\n"
        "It needs no answer and can be deleted.\r\n";
    struct buf out;

    buf_init(&out, MESSAGE_MAX);
    ck_assert(message_write(&out, &facts));
    ck_assert_str_eq(buf_borrow(&out), expected);
    buf_done(&out);
}
END_TEST

static const struct date_case {
    int64_t wall_ms;
    int offset;
    const char *date; /* NULL: it cannot be written */
} date_cases[] = {
    { 1795532645000, 0, "Tue, 24 Nov 2026 15:04:05 +0000" },
    { 1795532645000, -210, "Tue, 24 Nov 2026 11:34:05 -0330" },
    { 0, 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
    { 951782400000, 60, "Tue, 29 Feb 2000 01:00:00 +0100" },
    { 253402300800000, 0, NULL }, /* the year 10000 */
    { INT64_MIN, 0, NULL },
    { 0, 24 * 60, NULL },
};

START_TEST(the_date_is_read_back_as_it_was)
{
    const struct date_case *c = &date_cases[_i];
    struct message_facts f = facts;
    struct buf out;
    int64_t seconds = -1;

    f.wall_ms = c->wall_ms;
    f.utc_offset_minutes = c->offset;
    buf_init(&out, MESSAGE_MAX);
    ck_assert(message_write(&out, &f) == (c->date != NULL));
    if (c->date != NULL) {
        ck_assert(strncmp(buf_borrow(&out) + 6, c->date, strlen(c->date)) == 0);
        ck_assert(date_parse(&seconds, peer_text_of(c->date)));
        ck_assert_int_eq(seconds, c->wall_ms / 1000);
    }
    buf_done(&out);
}
END_TEST

START_TEST(the_longest_addresses_fit_and_no_line_begins_with_a_dot)
{
    char address[MAIL_ADDRESS_MAX + 1] = { 0 };
    struct message_facts f = facts;
    struct buf out;

    memset(address, 'a', MAIL_ADDRESS_MAX);
    address[1] = '@';
    f.from = f.to = f.id = address;
    buf_init(&out, MESSAGE_MAX);
    ck_assert(message_write(&out, &f));
    for (const char *line = out.bytes; line != NULL; line = strstr(line, "\r\n")) {
        line += line == out.bytes ? 0 : 2;
        ck_assert(*line != '.');
        ck_assert_uint_le(strcspn(line, "\r"), 998);
    }
    buf_done(&out);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("message");

    tcase_add_test(t, the_message_says_what_it_is);
    tcase_add_loop_test(t, the_date_is_read_back_as_it_was, 0, COUNT(date_cases));
    tcase_add_test(t, the_longest_addresses_fit_and_no_line_begins_with_a_dot);
    return unit_run("message", &t, 1);
}
