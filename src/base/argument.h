/*
 * argument - a named value that a text is completed with
 *
 * A finding says `because` with a text id and arguments; only a reporter makes
 * a sentence of them, in a language and with the escaping of its surface.
 * Argument names are the {names} of the templates in data/.
 */
#ifndef SMTPDX_BASE_ARGUMENT_H
#define SMTPDX_BASE_ARGUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/peer_text.h"

enum argument_kind {
    ARGUMENT_WORD,     /* text of ours: a host as probed, an address, a finding id */
    ARGUMENT_PEER,     /* text from outside, escaped by whoever prints it */
    ARGUMENT_NUMBER,   /* a count, a port, a reply code */
    ARGUMENT_DURATION, /* milliseconds; printed as "340 ms" or "5.2 s" */
    ARGUMENT_DATE,     /* Unix time in seconds; printed as "2026-11-24 15:04 UTC" */
    ARGUMENT_TEXT,     /* the id of another text, printed in the same language */
};

struct argument {
    const char *name; /* a string literal */
    enum argument_kind kind;
    union {
        const char *word;
        struct peer_text peer;
        int64_t number;
        double duration_ms;
        int64_t date;
        unsigned text; /* enum text_id */
    } value;
};

#endif
