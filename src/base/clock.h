/*
 * clock - the two times of this machine, and dates as text
 */
#ifndef SMTPDX_BASE_CLOCK_H
#define SMTPDX_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970 by the wall clock, which may be wrong. */
int64_t clock_wall_ms(void);

/* Milliseconds of a clock that only goes forward, from an arbitrary start. */
double clock_steady_ms(void);

enum { CLOCK_TEXT_SIZE = 32 };

/* "2026-11-24T15:04:05Z" (RFC 3339, UTC) of a Unix time in seconds. */
const char *clock_format_rfc3339(int64_t seconds, char out[static CLOCK_TEXT_SIZE]);

#endif
