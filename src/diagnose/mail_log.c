/*
 * mail_log - which lines of a mail server's log are not about mail that it cannot send
 */
#include "diagnose/mail_log.h"

#include <stdlib.h>
#include <string.h>

enum { SENT_KEPT = 256 }; /* of one log, the ones met last: a message is tried again within few others */

static bool has(struct peer_text line, const char *word)
{
    return memmem(line.bytes, line.len, word, strlen(word)) != NULL;
}

/* What stands behind the mark up to the sign; empty where there is none. */
static struct peer_text between(struct peer_text line, const char *mark, char sign)
{
    const char *at = memmem(line.bytes, line.len, mark, strlen(mark));
    struct peer_text rest;
    const char *end;

    if (at == NULL)
        return (struct peer_text){ NULL, 0 };
    at += strlen(mark);
    rest = (struct peer_text){ at, line.len - (size_t)(at - line.bytes) };
    end = memchr(rest.bytes, sign, rest.len);
    return (struct peer_text){ at, end == NULL ? 0 : (size_t)(end - at) };
}

/* "postfix/smtp[1212]: " */
static bool is_of_client(struct peer_text line)
{
    return has(line, "/smtp[");
}

/* "postfix/smtpd[", "dovecot: imap-login: " */
static bool is_of_server(struct peer_text line)
{
    return has(line, "/smtpd[") || has(line, "NOQUEUE") || has(line, "-login: ");
}

/* A message on its way to a recipient; a line that names no recipient is about all of them. */
struct delivery {
    struct peer_text id, to;
};

static struct delivery delivery_of(struct peer_text line)
{
    return (struct delivery){ .id = between(line, "]: ", ':'), .to = between(line, " to=<", '>') };
}

static bool is_sent(const struct delivery *sent, size_t n, struct delivery d)
{
    for (size_t i = 0; i < n && i < SENT_KEPT; i++) {
        if (peer_text_equal(sent[i].id, d.id) && (d.to.len == 0 || peer_text_equal(sent[i].to, d.to)))
            return true;
    }
    return false;
}

void mail_log_set_aside(struct pasted *p)
{
    struct delivery sent[SENT_KEPT];
    bool has_client = false;
    size_t n = 0;

    for (size_t i = 0; i < p->n && !has_client; i++)
        has_client = is_of_client(pasted_line(p, i));
    for (size_t i = p->n; has_client && i > 0; i--) {
        struct peer_text line = pasted_line(p, i - 1);
        struct delivery d = delivery_of(line);

        if (is_of_server(line) || (d.id.len > 0 && is_sent(sent, n, d)))
            p->lines[i - 1].aside = true;
        else if (d.id.len > 0 && has(line, "status=sent"))
            sent[n++ % SENT_KEPT] = d;
    }
}
