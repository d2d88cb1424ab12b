#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double clock_steady_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

const char *clock_format_rfc3339(int64_t seconds, char out[static CLOCK_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm tm;

    /* A certificate may name any year; four digits are what RFC 3339 can say. */
    if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099) {
        snprintf(out, CLOCK_TEXT_SIZE, "%s", seconds < 0 ? "0000-01-01T00:00:00Z" : "9999-12-31T23:59:59Z");
        return out;
    }
    strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}
