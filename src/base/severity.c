#include "base/severity.h"

static const char *const severity_words[] = {
    [SEVERITY_INFO] = "info",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_CRITICAL] = "critical",
};

const char *severity_word(enum severity severity)
{
    return severity_words[severity];
}
