#include "smtp/date.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    YEAR_MIN = 1970,
    YEAR_MAX = 9999,
    MINUTE = 60,
    HOUR = 3600,
    DAY = 86400,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip(struct peer_text *t, size_t n)
{
    t->bytes += n;
    t->len -= n;
}

static bool skip_blanks(struct peer_text *t)
{
    bool any = false;

    while (t->len > 0 && (*t->bytes == ' ' || *t->bytes == '\t')) {
        skip(t, 1);
        any = true;
    }
    return any;
}

static bool take_char(struct peer_text *t, char c)
{
    if (t->len == 0 || *t->bytes != c)
        return false;
    skip(t, 1);
    return true;
}

/* A number of min to max digits, and no digit behind it. */
static bool take_number(struct peer_text *t, int *ret, size_t min, size_t max)
{
    size_t n = 0;
    int value = 0;

    while (n < t->len && n < max && is_digit(t->bytes[n]))
        value = value * 10 + (t->bytes[n++] - '0');
    if (n < min || (n < t->len && is_digit(t->bytes[n])))
        return false;
    skip(t, n);
    *ret = value;
    return true;
}

/* The place of a word of letters in a list; -1 where it is none of them. */
static int take_word(struct peer_text *t, const char *const *words, int n_words)
{
    size_t len = 0;

    while (len < t->len && is_letter(t->bytes[len]))
        len++;
    for (int i = 0; i < n_words; i++) {
        if (strlen(words[i]) == len && strncasecmp(words[i], t->bytes, len) == 0) {
            skip(t, len);
            return i;
        }
    }
    return -1;
}

static bool take_weekday(struct peer_text *t)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

    if (t->len == 0 || !is_letter(*t->bytes))
        return true;
    if (take_word(t, days, 7) < 0 || !take_char(t, ','))
        return false;
    skip_blanks(t);
    return true;
}

static bool take_month(struct peer_text *t, int *ret)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int month = take_word(t, months, 12);

    *ret = month + 1;
    return month >= 0;
}

/* Seconds east of Greenwich. Letters of the military are not read: nobody agrees on their sign. */
static bool take_zone(struct peer_text *t, int *ret)
{
    static const char *const names[] = { "GMT", "UT", "UTC", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT" };
    static const int hours[] = { 0, 0, 0, 0, -5, -4, -6, -5, -7, -6, -8, -7 };
    int sign = take_char(t, '+') ? 1 : take_char(t, '-') ? -1 : 0;
    int number, name;

    if (sign != 0) {
        if (!take_number(t, &number, 4, 4) || number % 100 > 59)
            return false;
        *ret = sign * (number / 100 * HOUR + number % 100 * MINUTE);
        return true;
    }
    name = take_word(t, names, 12);
    if (name < 0)
        return false;
    *ret = hours[name] * HOUR;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970 to the first of January. */
static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return (int64_t)(year - 1970) * 365 + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) + (y / 400 - 1969 / 400);
}

struct date {
    int day, month, year, hour, minute, second, zone;
};

static bool take_time(struct peer_text *t, struct date *d)
{
    d->second = 0;
    if (!take_number(t, &d->hour, 2, 2) || !take_char(t, ':') || !take_number(t, &d->minute, 2, 2))
        return false;
    if (take_char(t, ':') && !take_number(t, &d->second, 2, 2))
        return false;
    /* 60: a leap second. */
    return d->hour < 24 && d->minute < 60 && d->second <= 60;
}

static bool take_day(struct peer_text *t, struct date *d)
{
    if (!take_number(t, &d->day, 1, 2) || !skip_blanks(t) || !take_month(t, &d->month) || !skip_blanks(t) ||
        !take_number(t, &d->year, 4, 4))
        return false;
    return d->year >= YEAR_MIN && d->year <= YEAR_MAX && d->day >= 1 && d->day <= days_of(d->year, d->month);
}

bool date_parse(int64_t *ret, struct peer_text t)
{
    struct date d;
    int64_t days;

    if (!take_weekday(&t) || !take_day(&t, &d) || !skip_blanks(&t) || !take_time(&t, &d) || !skip_blanks(&t) ||
        !take_zone(&t, &d.zone))
        return false;
    days = days_before(d.year) + d.day - 1;
    for (int month = 1; month < d.month; month++)
        days += days_of(d.year, month);
    *ret = days * DAY + d.hour * HOUR + d.minute * MINUTE + d.second - d.zone;
    return true;
}

bool date_find(int64_t *ret, struct peer_text t)
{
    bool in_word = false;

    /* A date begins where a word does; "x24 Nov 2026 ..." is none. */
    for (; t.len > 0; skip(&t, 1)) {
        bool word = is_digit(*t.bytes) || is_letter(*t.bytes);

        if (word && !in_word && date_parse(ret, t))
            return true;
        in_word = word;
    }
    return false;
}
