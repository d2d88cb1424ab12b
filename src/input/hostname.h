/*
 * hostname - a typed host name as DNS wants it
 */
#ifndef SMTPDX_INPUT_HOSTNAME_H
#define SMTPDX_INPUT_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "input/hygiene.h"
#include "input/usage.h"

enum { HOSTNAME_LABEL_MAX = 63, HOSTNAME_MAX = 253 };

struct hostname {
    const char *text; /* A-labels, lower case, no final dot; NULL where it is no host name */
    bool stood_in;    /* other characters stood in for ASCII ones, and there is a note for each */
};

/*
 * hostname_read() - reads a part of what was typed as a host name
 * shape:  from and to are byte offsets into typed->cleaned; an address is not
 *         told from a name; there is a note for every flaw where it is none. A label
 *         of look-alikes beside ASCII letters is read as what it looks like, and
 *         so is a name that looks like a known server's; a word of another script
 *         is a name of its own
 * errors: INPUT_NO_MEMORY
 * source: RFC 1123 section 2.1, RFC 1035 section 2.3.4, RFC 5891 with the
 *         mapping of UTS 46; an underscore is let through, for it is in use
 */
enum input_result hostname_read(struct hostname *ret, struct input_notes *notes, struct arena *arena,
                                const struct hygiene *typed, size_t from, size_t to);

/*
 * hostname_parse() - a value that is to be a host name and nothing else
 * shape:  *ret is as DNS wants it; NULL for whatever there would be a note about
 * errors: INPUT_NO_MEMORY
 */
enum input_result hostname_parse(const char **ret, struct arena *arena, const char *value);

#endif
