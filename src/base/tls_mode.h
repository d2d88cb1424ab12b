/*
 * tls_mode - how a connection is protected: not, from the STARTTLS command on, from the first byte
 */
#ifndef SMTPDX_BASE_TLS_MODE_H
#define SMTPDX_BASE_TLS_MODE_H

#include <stdbool.h>

enum tls_mode {
    TLS_MODE_NONE,
    TLS_MODE_STARTTLS,
    TLS_MODE_IMPLICIT,
};
enum { TLS_MODE_COUNT = 3 };

/* "none", "starttls", "implicit": the words of --tls and of the JSON report. */
const char *tls_mode_word(enum tls_mode mode);
bool tls_mode_parse(enum tls_mode *ret, const char *word);

#endif
