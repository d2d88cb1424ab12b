/*
 * pasted - a text that somebody pastes, taken apart into lines
 */
#include "diagnose/pasted.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "knowledge/client_text.h"
#include "knowledge/provider.h"
#include "smtp/log_mask.h"
#include "smtp/quoted_reply.h"

enum {
    MASKED_GROWTH = 3,  /* a secret of one byte becomes three */
    COMMAND_REACH = 8,  /* lines behind a command that may hold its reply */
    DIALOGUE_REACH = 16, /* lines before a refusal that may hold the command and the challenge */
    REPLY_CHALLENGES = 334,
    REPLY_REFUSES = 400,
    REPLIES_IN_LINE = 8,
    WORD_MAX = 40,      /* bytes; longer ones are none of the words looked for */
};

/* ---- words ---------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_of_name(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* What a word says that the server is being told or asked. */
struct stage_word {
    const char *word;
    enum reply_stage stage;
};

static const struct stage_word words[] = {
    { "auth", REPLY_AT_AUTH },         { "authentication", REPLY_AT_AUTH },
    { "authenticate", REPLY_AT_AUTH }, { "sasl", REPLY_AT_AUTH },
    { "login", REPLY_AT_AUTH },        { "password", REPLY_AT_AUTH },
    { "mail", REPLY_AT_MAIL },         { "sender", REPLY_AT_MAIL },
    { "rcpt", REPLY_AT_RCPT },         { "recipient", REPLY_AT_RCPT },
    { "recipients", REPLY_AT_RCPT },   { "data", REPLY_AT_DATA },
    { "starttls", REPLY_AT_STARTTLS }, { "ehlo", REPLY_AT_EHLO },
    { "helo", REPLY_AT_EHLO },         { "greeting", REPLY_AT_GREETING },
    { "banner", REPLY_AT_GREETING },   { "connected", REPLY_AT_GREETING },
    { "welcome", REPLY_AT_GREETING },
};

/* The last part of an exception's name. */
static const struct stage_word exceptions[] = {
    { "smtpauthenticationerror", REPLY_AT_AUTH }, { "authenticationfailedexception", REPLY_AT_AUTH },
    { "smtpsenderrefused", REPLY_AT_MAIL },       { "smtprecipientsrefused", REPLY_AT_RCPT },
    { "smtpdataerror", REPLY_AT_DATA },           { "smtpconnecterror", REPLY_AT_GREETING },
    { "smtphelloerror", REPLY_AT_EHLO },
};

static enum reply_stage stage_of(struct peer_text word, const struct stage_word *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (peer_text_equal_nocase(word, table[i].word))
            return table[i].stage;
    }
    return REPLY_AT_ANY;
}

/* "mail" and "data" are commands where they read like them; elsewhere they are words of any sentence. */
static bool is_any_word(struct peer_text word, struct peer_text behind)
{
    if (peer_text_equal_nocase(word, "mail"))
        return behind.len < 5 || strncasecmp(behind.bytes, " from", 5) != 0;
    return peer_text_equal_nocase(word, "data") && memcmp(word.bytes, "DATA", 4) != 0;
}

/* One word with all that belongs to its name, a host, an address, an exception; *ret_taken: with what ends it. */
static size_t word_len(struct peer_text text, size_t *ret_taken)
{
    size_t len = 0;

    while (len < text.len &&
           (is_of_name(text.bytes[len]) || text.bytes[len] == '@' || text.bytes[len] == '_'))
        len++;
    *ret_taken = len;
    while (len > 0 && !is_letter(text.bytes[len - 1]))
        len--;
    return len;
}

static size_t last_part(struct peer_text name)
{
    size_t at = name.len;

    while (at > 0 && is_letter(name.bytes[at - 1]))
        at--;
    return at;
}

/* The stage that the last word of its kind tells. Names of hosts and addresses are no words. */
static enum reply_stage stage_in(struct peer_text text)
{
    enum reply_stage stage = REPLY_AT_ANY;

    for (size_t at = 0; at < text.len; at++) {
        struct peer_text rest = { text.bytes + at, text.len - at };
        size_t taken;
        struct peer_text word = { rest.bytes, word_len(rest, &taken) };
        size_t part = last_part(word);
        enum reply_stage found = REPLY_AT_ANY;

        at += taken;
        if (word.len == 0)
            continue;
        rest = (struct peer_text){ word.bytes + word.len, rest.len - word.len };
        if (part > 0)
            found = stage_of((struct peer_text){ word.bytes + part, word.len - part }, exceptions,
                             sizeof exceptions / sizeof exceptions[0]);
        else if (!is_any_word(word, rest))
            found = stage_of(word, words, sizeof words / sizeof words[0]);
        if (found == REPLY_AT_ANY && part == 0)
            found = stage_of(word, exceptions, sizeof exceptions / sizeof exceptions[0]);
        if (found != REPLY_AT_ANY)
            stage = found;
    }
    return stage;
}

enum reply_stage pasted_stage(struct peer_text line, const struct quoted_reply *reply)
{
    static const char mark[] = "in reply to ";
    const char *behind = memmem(line.bytes, line.len, mark, sizeof mark - 1);
    static const char end_mark[] = "end of DATA";

    if (behind == NULL)
        return stage_in((struct peer_text){ line.bytes, reply->at });
    behind += sizeof mark - 1;
    if (memmem(behind, line.len - (size_t)(behind - line.bytes), end_mark, sizeof end_mark - 1) != NULL)
        return REPLY_AT_DATA;
    return stage_in((struct peer_text){ behind, line.len - (size_t)(behind - line.bytes) });
}

/* ---- replies -------------------------------------------------------------- */

static bool refuses(const struct quoted_reply *r)
{
    return r->code >= REPLY_REFUSES || (r->code == 0 && r->enhanced[0] >= REPLY_REFUSES / 100);
}

bool pasted_refusal(struct quoted_reply *ret, struct peer_text line)
{
    struct quoted_reply r;
    size_t from = 0;

    for (unsigned i = 0; i < REPLIES_IN_LINE && quoted_reply_find(&r, line, from); i++) {
        if (refuses(&r)) {
            *ret = r;
            return true;
        }
        from = r.at + 3;
    }
    return false;
}

/* A hyphen behind the code, and no last line of the same reply joined on behind it. */
static bool goes_on(struct peer_text line, const struct quoted_reply *r)
{
    struct quoted_reply next;

    if (r->code == 0 || r->at + 3 >= line.len || line.bytes[r->at + 3] != '-')
        return false;
    return !quoted_reply_find(&next, line, r->at + 4) || next.code != r->code;
}

static void note_reply(struct pasted_line *l, struct peer_text line)
{
    struct quoted_reply r;

    l->refuses = pasted_refusal(&r, line);
    l->has_reply = l->refuses || quoted_reply_find(&r, line, 0);
    if (!l->has_reply)
        return;
    l->code = (uint16_t)r.code;
    l->goes_on = goes_on(line, &r);
}

/* ---- lines ---------------------------------------------------------------- */

static size_t count_lines(const struct buf *text)
{
    size_t n = 1;

    for (size_t i = 0; i + 1 < text->len; i++)
        n += text->bytes[i] == '\n';
    return n;
}

static void note_stages(struct pasted *p)
{
    enum reply_stage stage = REPLY_AT_ANY;
    size_t age = 0;

    for (size_t i = 0; i < p->n; i++) {
        enum reply_stage told = p->lines[i].has_reply ? REPLY_AT_ANY : stage_in(pasted_line(p, i));

        if (told != REPLY_AT_ANY)
            stage = told;
        age = told != REPLY_AT_ANY ? 0 : age + 1;
        if (age > COMMAND_REACH)
            stage = REPLY_AT_ANY;
        p->lines[i].stage = (uint8_t)stage;
    }
}

bool pasted_init(struct pasted *p, struct peer_text text)
{
    size_t at = 0;

    *p = (struct pasted){ 0 };
    buf_init(&p->masked, MASKED_GROWTH * text.len + 1);
    if (!log_mask(&p->masked, text))
        return false;
    p->n = count_lines(&p->masked);
    p->lines = calloc(p->n, sizeof *p->lines);
    p->folded = malloc(p->masked.len + p->n);
    if (p->lines == NULL || p->folded == NULL)
        return false;
    for (size_t i = 0; i < p->n; i++) {
        struct pasted_line *l = &p->lines[i];
        const char *end = p->masked.len == 0 ? NULL : memchr(p->masked.bytes + at, '\n', p->masked.len - at);

        l->at = at;
        l->len = (end == NULL ? p->masked.len : (size_t)(end - p->masked.bytes)) - at;
        at += l->len + (end != NULL);
        l->folded = p->folded_len;
        p->folded_len += client_text_fold(p->folded + p->folded_len, pasted_line(p, i));
        if (p->folded_len > l->folded && p->folded[p->folded_len - 1] != ' ')
            p->folded[p->folded_len++] = ' ';
        note_reply(l, pasted_line(p, i));
    }
    note_stages(p);
    return true;
}

void pasted_done(struct pasted *p)
{
    buf_done(&p->masked);
    free(p->folded);
    free(p->lines);
    *p = (struct pasted){ 0 };
}

struct peer_text pasted_line(const struct pasted *p, size_t index)
{
    return (struct peer_text){ buf_borrow(&p->masked) + p->lines[index].at, p->lines[index].len };
}

static size_t folded_end(const struct pasted *p, size_t index)
{
    return index + 1 < p->n ? p->lines[index + 1].folded : p->folded_len;
}

struct peer_text pasted_folded(const struct pasted *p, size_t index, size_t *ret_own)
{
    size_t start = p->lines[index].folded;
    size_t end = folded_end(p, index + 1 < p->n ? index + 1 : index);

    *ret_own = folded_end(p, index) - start;
    if (*ret_own > 0 && p->folded[start + *ret_own - 1] == ' ')
        --*ret_own;
    return (struct peer_text){ p->folded + start, end - start };
}

/* The part of [at, end) that is of the line, in which the folded line begins at `begins`. */
static void put_part(struct buf *out, struct peer_text line, size_t begins, size_t at, size_t end)
{
    size_t from = at > begins ? client_text_unfold(line, at - begins) : 0;
    size_t to = client_text_unfold(line, end - begins);

    if (to > from)
        buf_put(out, line.bytes + from, to - from);
}

void pasted_put_original(struct buf *out, const struct pasted *p, size_t index, size_t at, size_t len)
{
    size_t own = folded_end(p, index) - p->lines[index].folded;

    if (at < own)
        put_part(out, pasted_line(p, index), 0, at, at + len);
    if (at + len <= own || index + 1 >= p->n)
        return;
    if (at < own)
        buf_put_char(out, ' ');
    put_part(out, pasted_line(p, index + 1), own, at, at + len);
}

/* ---- sign-in -------------------------------------------------------------- */

/* What stands behind the last AUTH that a client says in the line; empty where it says none. */
static struct peer_text mechanism_in(struct peer_text line)
{
    static const char command[] = "auth ";
    struct peer_text found = { NULL, 0 };

    for (size_t at = 0; at + sizeof command - 1 <= line.len; at++) {
        if (strncasecmp(line.bytes + at, command, sizeof command - 1) == 0 &&
            (at == 0 || !is_letter(line.bytes[at - 1])))
            found = (struct peer_text){ line.bytes + at + sizeof command - 1, line.len - at - (sizeof command - 1) };
    }
    return found;
}

static bool begins_with(struct peer_text t, const char *word)
{
    return t.len >= strlen(word) && strncasecmp(t.bytes, word, strlen(word)) == 0;
}

/* A list of what the server can do names tokens too. A challenge with JSON in base64 is the reason of a refusal. */
bool pasted_has_token(const struct pasted *p, size_t index)
{
    static const char json[] = "eyJ";

    for (size_t i = index + 1; i > 0 && index + 1 - i < DIALOGUE_REACH; i--) {
        const struct pasted_line *l = &p->lines[i - 1];
        struct peer_text line = pasted_line(p, i - 1);
        struct peer_text mechanism = mechanism_in(line);

        if (l->has_reply && !l->refuses) {
            if (l->code == REPLY_CHALLENGES && memmem(line.bytes, line.len, json, sizeof json - 1) != NULL)
                return true;
            continue;
        }
        if (begins_with(mechanism, "XOAUTH2") || begins_with(mechanism, "OAUTHBEARER"))
            return true;
        if (begins_with(mechanism, "PLAIN") || begins_with(mechanism, "LOGIN"))
            return false;
    }
    return false;
}

/* ---- servers -------------------------------------------------------------- */

enum { SERVER_NAME_MIN = 6 }; /* a.b.cd */

/* "server smtp.example.net", "relay=smtp.example.net": elsewhere it may be the log's own host. */
static bool is_pointed_at(struct peer_text text, size_t at)
{
    static const char *const pointers[] = { "server", "host", "relay", "to", "with", "smtp" };
    size_t end = at;
    size_t start;
    struct peer_text word;

    while (end > 0 && strchr(" \"'(<[=:/", text.bytes[end - 1]) != NULL && text.bytes[end - 1] != '\0')
        end--;
    start = end;
    while (start > 0 && end - start <= WORD_MAX && is_letter(text.bytes[start - 1]))
        start--;
    word = (struct peer_text){ text.bytes + start, end - start };
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        if (end < at && peer_text_equal_nocase(word, pointers[i]))
            return true;
    }
    return false;
}

static unsigned count_dots(const char *name)
{
    unsigned n = 0;

    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        n++;
    return n;
}

static bool has_letter(const char *name)
{
    while (*name != '\0' && !is_letter(*name))
        name++;
    return *name != '\0';
}

/* The stretch of a host's characters at `at`; false where it can be no server's name. */
static bool read_name(char ret[static PASTED_HOST_SIZE], struct peer_text text, size_t at, size_t len)
{
    while (len > 0 && (text.bytes[at + len - 1] == '.' || text.bytes[at + len - 1] == '-'))
        len--;
    if (len < SERVER_NAME_MIN || len >= PASTED_HOST_SIZE || (at > 0 && text.bytes[at - 1] == '@') ||
        text.bytes[at] == '.' || text.bytes[at] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text.bytes[at + i];

        if (c == '.' && text.bytes[at + i + 1] == '.')
            return false;
        ret[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    ret[len] = '\0';
    return count_dots(ret) >= 2 && has_letter(ret);
}

bool pasted_next_name(char ret[static PASTED_HOST_SIZE], struct peer_text text, size_t *at, size_t *ret_start)
{
    while (*at < text.len) {
        size_t start = *at;
        size_t len = 0;

        while (start + len < text.len && is_of_name(text.bytes[start + len]))
            len++;
        *at += len + 1;
        *ret_start = start;
        if (len > 0 && read_name(ret, text, start, len))
            return true;
    }
    return false;
}

void pasted_server(struct pasted_server *ret, struct peer_text text)
{
    struct pasted_server found = { .provider = NULL };
    char name[PASTED_HOST_SIZE];
    size_t start;

    for (size_t at = 0; pasted_next_name(name, text, &at, &start);) {
        const struct provider *p = provider_by_host(name);

        if (p != NULL || (found.provider == NULL && is_pointed_at(text, start))) {
            memcpy(found.host, name, strlen(name) + 1);
            found.provider = p == NULL ? NULL : p->id;
        }
    }
    *ret = found;
}

/* ---- addresses ------------------------------------------------------------ */

static bool is_of_ipv6(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
}

/* By two colons at once or seven in all: a time of day has fewer. */
bool pasted_has_ipv6(struct peer_text line)
{
    size_t at = 0;

    while (at < line.len) {
        unsigned colons = 0;
        bool twice = false;
        size_t start = at;

        for (; at < line.len && is_of_ipv6(line.bytes[at]); at++) {
            bool colon = line.bytes[at] == ':';

            twice = twice || (colon && at > start && line.bytes[at - 1] == ':');
            colons += colon;
        }
        if ((twice || colons == 7) && at - start > colons)
            return true;
        at++;
    }
    return false;
}

/* ---- ports ---------------------------------------------------------------- */

/* Up to five digits with no other digit or sign of a longer number around them. */
static uint16_t read_port(struct peer_text line, size_t at)
{
    unsigned port = 0;
    size_t n = 0;

    while (at + n < line.len && n < 6 && line.bytes[at + n] >= '0' && line.bytes[at + n] <= '9')
        port = port * 10 + (unsigned)(line.bytes[at + n++] - '0');
    return n > 0 && n < 6 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Behind the word for a port, past blanks and a sign. */
static uint16_t port_behind(struct peer_text line, size_t at)
{
    while (at < line.len && (line.bytes[at] == ' ' || line.bytes[at] == ':' || line.bytes[at] == '='))
        at++;
    return read_port(line, at);
}

/* A host's name or address in brackets stands before the colon: a time of day does not. */
static bool ends_host(struct peer_text line, size_t at)
{
    return at > 0 && (is_letter(line.bytes[at - 1]) || line.bytes[at - 1] == ']');
}

/* Behind the bracket that opens at `at`, where only what an address has stands in it; else `at`. */
static size_t skip_address(struct peer_text line, size_t at)
{
    size_t end = at + 1;

    if (line.bytes[at] != '[')
        return at;
    while (end < line.len && end - at <= WORD_MAX + 8 &&
           (is_of_ipv6(line.bytes[end]) || line.bytes[end] == '.' || line.bytes[end] == '%'))
        end++;
    return end < line.len && line.bytes[end] == ']' ? end : at;
}

uint16_t pasted_port(struct peer_text line)
{
    static const char *const words_for_port[] = { "port", "ポート" };
    uint16_t port = 0;

    for (size_t at = 0; at < line.len && port == 0; at++) {
        at = skip_address(line, at);
        if (line.bytes[at] == ':' && ends_host(line, at))
            port = read_port(line, at + 1);
        for (size_t i = 0; i < sizeof words_for_port / sizeof words_for_port[0] && port == 0; i++) {
            size_t len = strlen(words_for_port[i]);

            if (line.len - at >= len && strncasecmp(line.bytes + at, words_for_port[i], len) == 0)
                port = port_behind(line, at + len);
        }
    }
    return port;
}
