#include "base/tls_mode.h"

#include <string.h>

static const char *const tls_mode_words[TLS_MODE_COUNT] = {
    [TLS_MODE_NONE] = "none",
    [TLS_MODE_STARTTLS] = "starttls",
    [TLS_MODE_IMPLICIT] = "implicit",
};

const char *tls_mode_word(enum tls_mode mode)
{
    return tls_mode_words[mode];
}

bool tls_mode_parse(enum tls_mode *ret, const char *word)
{
    for (int i = 0; i < TLS_MODE_COUNT; i++) {
        if (strcmp(word, tls_mode_words[i]) == 0) {
            *ret = (enum tls_mode)i;
            return true;
        }
    }
    return false;
}
