/*
 * incoming_line - what one line of an IMAP or POP3 server means
 */
#include "smtp/incoming_line.h"

struct peer_text line_take_word(struct peer_text *t)
{
    struct peer_text word;

    while (t->len > 0 && t->bytes[0] == ' ') {
        t->bytes++;
        t->len--;
    }
    word = (struct peer_text){ .bytes = t->bytes };
    while (word.len < t->len && word.bytes[word.len] != ' ')
        word.len++;
    if (word.len > 0)
        t->bytes += word.len;
    t->len -= word.len;
    return word;
}

/* One blank stands between the parts of an IMAP response, and none in front. */
static bool takes(struct peer_text *line, const char *word)
{
    struct peer_text rest = *line;

    if (line->len == 0 || line->bytes[0] == ' ' || !peer_text_equal_nocase(line_take_word(&rest), word))
        return false;
    if (rest.len > 0) {
        rest.bytes++;
        rest.len--;
    }
    *line = rest;
    return true;
}

static enum line_meaning imap_greeting(struct peer_text line)
{
    struct peer_text rest = line;

    if (takes(&rest, "OK") || imap_is_preauth(line))
        return LINE_YES;
    return takes(&rest, "BYE") ? LINE_NO : LINE_ALIEN;
}

enum line_meaning imap_line(struct peer_text line, const char *tag, struct peer_text *rest)
{
    if (takes(&line, "*")) {
        if (tag == NULL)
            return imap_greeting(line);
        if (takes(&line, "BYE"))
            return LINE_NO;
        if (!takes(&line, "CAPABILITY"))
            return LINE_MORE;
        *rest = line;
        return LINE_WORDS;
    }
    if (tag == NULL || !takes(&line, tag))
        return LINE_ALIEN;
    if (takes(&line, "OK"))
        return LINE_YES;
    return takes(&line, "NO") || takes(&line, "BAD") ? LINE_NO : LINE_ALIEN;
}

bool imap_is_preauth(struct peer_text greeting)
{
    return (takes(&greeting, "*"), takes(&greeting, "PREAUTH"));
}

enum line_meaning pop3_line(struct peer_text line, bool listing, struct peer_text *rest)
{
    if (listing) {
        if (line.len == 1 && line.bytes[0] == '.')
            return LINE_YES;
        if (line.len > 0 && line.bytes[0] == '.') {
            line.bytes++;
            line.len--;
        }
        *rest = line;
        return LINE_WORDS;
    }
    if (takes(&line, "+OK"))
        return LINE_YES;
    return takes(&line, "-ERR") ? LINE_NO : LINE_ALIEN;
}
