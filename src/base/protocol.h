/*
 * protocol - what mail programs speak: SMTP for sending, IMAP or POP3 for reading
 */
#ifndef SMTPDX_BASE_PROTOCOL_H
#define SMTPDX_BASE_PROTOCOL_H

#include <stdbool.h>

enum protocol {
    PROTOCOL_SMTP,
    PROTOCOL_IMAP,
    PROTOCOL_POP3,
};
enum { PROTOCOL_COUNT = 3 };

/* "smtp", "imap", "pop3": the words of records and of the JSON report. */
const char *protocol_word(enum protocol protocol);
bool protocol_parse(enum protocol *ret, const char *word);

/* As people write it: "SMTP", "IMAP", "POP". */
const char *protocol_name(enum protocol protocol);

#endif
