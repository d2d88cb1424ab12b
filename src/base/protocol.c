#include "base/protocol.h"

#include <string.h>

static const struct {
    const char *word;
    const char *name;
} protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_SMTP] = { "smtp", "SMTP" },
    [PROTOCOL_IMAP] = { "imap", "IMAP" },
    [PROTOCOL_POP3] = { "pop3", "POP" },
};

const char *protocol_word(enum protocol protocol)
{
    return protocols[protocol].word;
}

bool protocol_parse(enum protocol *ret, const char *word)
{
    for (int i = 0; i < PROTOCOL_COUNT; i++) {
        if (strcmp(word, protocols[i].word) == 0) {
            *ret = (enum protocol)i;
            return true;
        }
    }
    return false;
}

const char *protocol_name(enum protocol protocol)
{
    return protocols[protocol].name;
}
