#include "smtp/date.h"

#include <string.h>

#include "unit.h"

enum { NONE = -1 };

static const struct date_case {
    const char *says, *text;
    int64_t seconds;
} date_cases[] = {
    { "the whole of it", "Tue, 24 Nov 2026 15:04:05 +0000", 1795532645 },
    { "as HTTP writes it (RFC 9110)", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
    { "no day of the week", "24 Nov 2026 15:04:05 +0000", 1795532645 },
    { "no seconds", "24 Nov 2026 15:04 +0000", 1795532640 },
    { "east of Greenwich", "Wed, 25 Nov 2026 00:04:05 +0900", 1795532645 },
    { "west of Greenwich", "24 Nov 2026 10:04:05 -0500", 1795532645 },
    { "half an hour", "24 Nov 2026 20:34:05 +0530", 1795532645 },
    { "an obsolete zone", "24 Nov 2026 10:04:05 EST", 1795532645 },
    { "a comment behind", "24 Nov 2026 15:04:05 +0000 (UTC)", 1795532645 },
    { "a day of one digit", "1 Jan 1970 00:00:00 +0000", 0 },
    { "letters of any size", "TUE, 24 nov 2026 15:04:05 gmt", 1795532645 },
    { "the leap day", "29 Feb 2024 00:00:00 +0000", 1709164800 },
    { "the end of a century that leaps", "1 Mar 2000 00:00:00 +0000", 951868800 },
    { "a leap second", "31 Dec 2016 23:59:60 +0000", 1483228800 },
    { "the last second that can be written", "31 Dec 9999 23:59:59 +0000", 253402300799 },
    { "no leap day", "29 Feb 2023 00:00:00 +0000", NONE },
    { "no leap day in 2100", "29 Feb 2100 00:00:00 +0000", NONE },
    { "the 31st of November", "31 Nov 2026 15:04:05 +0000", NONE },
    { "day 0", "0 Nov 2026 15:04:05 +0000", NONE },
    { "hour 24", "24 Nov 2026 24:04:05 +0000", NONE },
    { "no zone", "24 Nov 2026 15:04:05", NONE },
    { "a zone of the military", "24 Nov 2026 15:04:05 A", NONE },
    { "a zone that nobody has", "24 Nov 2026 15:04:05 +0061", NONE },
    { "a month that nobody has", "24 Nof 2026 15:04:05 +0000", NONE },
    { "a day that nobody has", "Tux, 24 Nov 2026 15:04:05 +0000", NONE },
    { "a year of two digits", "24 Nov 26 15:04:05 +0000", NONE },
    { "a year of five digits", "24 Nov 20260 15:04:05 +0000", NONE },
    { "before there was a clock", "24 Nov 1969 15:04:05 +0000", NONE },
    { "as ISO 8601 writes it", "2026-11-24T15:04:05Z", NONE },
    { "nothing", "", NONE },
};

START_TEST(a_date_is_read_or_refused)
{
    const struct date_case *c = &date_cases[_i];
    int64_t seconds = NONE;
    bool read = date_parse(&seconds, peer_text_of(c->text));

    ck_assert_msg(read == (c->seconds != NONE) && seconds == c->seconds, "%s: %lld", c->says, (long long)seconds);
}
END_TEST

START_TEST(a_date_that_is_cut_is_none_or_itself)
{
    static const char text[] = "Tue, 24 Nov 2026 15:04:05 +0000";
    int64_t seconds;

    for (size_t len = 0; len < sizeof text - 1; len++)
        ck_assert_msg(!date_parse(&seconds, (struct peer_text){ text, len }), "%zu bytes", len);
}
END_TEST

static const struct greeting_case {
    const char *says, *text;
    int64_t seconds;
} greeting_cases[] = {
    { "Exim", "220 mx.example ESMTP Exim 4.96 Tue, 24 Nov 2026 15:04:05 +0000\r\n", 1795532645 },
    { "sendmail", "220 mx.example ESMTP Sendmail 8.17.1/8.17.1; Tue, 24 Nov 2026 15:04:05 GMT\r\n", 1795532645 },
    { "Exchange", "220 mx.example Microsoft ESMTP MAIL Service ready at Tue, 24 Nov 2026 15:04:05 +0000\r\n",
      1795532645 },
    { "on a second line", "220-mx.example\r\n220 24 Nov 2026 15:04:05 +0000\r\n", 1795532645 },
    { "Postfix", "220 mx.example ESMTP Postfix (Debian/GNU)\r\n", NONE },
    { "the first of two", "220 24 Nov 2026 15:04:05 +0000, 24 Nov 2020 15:04:05 +0000\r\n", 1795532645 },
    { "a number before it", "220 1124 Nov 2026 15:04:05 +0000\r\n", NONE },
    { "a letter before it", "220 x24 Nov 2026 15:04:05 +0000\r\n", NONE },
    { "nothing", "", NONE },
};

START_TEST(the_date_of_a_greeting_is_found)
{
    const struct greeting_case *c = &greeting_cases[_i];
    int64_t seconds = NONE;
    bool found = date_find(&seconds, peer_text_of(c->text));

    ck_assert_msg(found == (c->seconds != NONE) && seconds == c->seconds, "%s: %lld", c->says, (long long)seconds);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("date");

    tcase_add_loop_test(t, a_date_is_read_or_refused, 0, sizeof date_cases / sizeof *date_cases);
    tcase_add_test(t, a_date_that_is_cut_is_none_or_itself);
    tcase_add_loop_test(t, the_date_of_a_greeting_is_found, 0, sizeof greeting_cases / sizeof *greeting_cases);
    return unit_run("date", &t, 1);
}
