/*
 * log_mask - takes the secrets out of a log or a setting that somebody pastes
 *
 * Goes line by line and marks the secrets in a copy; what is marked is then put
 * out as one mask, whose length tells nothing.
 */
#include "smtp/log_mask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mechanism.h"
#include "smtp/quoted_reply.h"

enum {
    BEARER_MIN = 8, /* shorter words behind "Bearer" are of a sentence */
    ANSWER_MIN = 4,
    MARK = '\x01', /* in the copy; one that was in the text is masked as well */
};

/* A stretch of a line, [at, end). */
struct stretch {
    size_t at, end;
};

struct masking {
    struct peer_text line;
    char *marked;      /* the copy of the line */
    bool is_answering; /* AUTH or a 334 came last: the client's next line is an answer to it */
};

/* ---- characters ----------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_base64(char c)
{
    return (is_word(c) && c != '_') || c == '+' || c == '/' || c == '=';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static size_t skip_blanks(struct peer_text line, size_t at)
{
    while (at < line.len && is_blank(line.bytes[at]))
        at++;
    return at;
}

static bool stands_at(struct peer_text line, size_t at, const char *word)
{
    size_t len = strlen(word);

    return line.len - at >= len && strncasecmp(line.bytes + at, word, len) == 0;
}

static void hide(struct masking *m, struct stretch s)
{
    memset(m->marked + s.at, MARK, s.end - s.at);
}

/* ---- AUTH and its answers ------------------------------------------------- */

static struct stretch base64_at(struct peer_text line, size_t at)
{
    struct stretch s = { at, at };

    while (s.end < line.len && is_base64(line.bytes[s.end]))
        s.end++;
    return s;
}

/* Where the name ends that stands at `at`, and nothing that goes on with it; `at` where it does not. */
static size_t name_at(struct peer_text line, size_t at, const char *name)
{
    size_t end = at + strlen(name);

    return stands_at(line, at, name) && (end == line.len || !(is_word(line.bytes[end]) || line.bytes[end] == '-'))
               ? end
               : at;
}

/* The name of a mechanism, ours or another; where it ends, or `at` where there is none. */
static size_t mechanism_at(struct peer_text line, size_t at)
{
    static const char *const others[] = { "PLAIN-CLIENTTOKEN", "DIGEST-MD5", "XOAUTH", "NTLM", "GSSAPI", "EXTERNAL" };
    size_t end = at;

    for (size_t i = 0; end == at && mechanism_name(i) != NULL; i++)
        end = name_at(line, at, mechanism_name(i));
    for (size_t i = 0; end == at && i < sizeof others / sizeof others[0]; i++)
        end = name_at(line, at, others[i]);
    return end;
}

/* A word of a sentence has small letters alone; what was encoded has others too. */
static bool looks_encoded(struct peer_text line, struct stretch s)
{
    bool small = false;
    bool other = false;

    for (size_t i = s.at; i < s.end; i++) {
        bool is_small = line.bytes[i] >= 'a' && line.bytes[i] <= 'z';

        small = small || is_small;
        other = other || !is_small;
    }
    return s.end > s.at && (line.bytes[s.end - 1] == '=' || (other && (small || s.end - s.at > 3)));
}

/* "AUTH PLAIN AGEAYg==", but not the list of a server and no sentence. */
static void hide_auth(struct masking *m, bool is_reply)
{
    for (size_t i = 0; i + 4 < m->line.len; i++) {
        size_t at, end;

        if (!stands_at(m->line, i, "AUTH") || (i > 0 && is_word(m->line.bytes[i - 1])) ||
            !is_blank(m->line.bytes[i + 4]))
            continue;
        at = skip_blanks(m->line, i + 4);
        end = mechanism_at(m->line, at);
        if (end == at)
            continue;
        at = skip_blanks(m->line, end);
        if (mechanism_at(m->line, at) == at && looks_encoded(m->line, base64_at(m->line, at)))
            hide(m, base64_at(m->line, at));
        m->is_answering = m->is_answering || !is_reply;
    }
}

/* The last word of the line, quotation marks and a written-out line end left out. */
static struct stretch last_word(struct peer_text line)
{
    struct stretch s = { line.len, line.len };

    while (s.end > 0 && (is_blank(line.bytes[s.end - 1]) || is_quote(line.bytes[s.end - 1])))
        s.end--;
    while (s.end >= 2 && line.bytes[s.end - 2] == '\\' && strchr("nr", line.bytes[s.end - 1]) != NULL)
        s.end -= 2;
    s.at = s.end;
    while (s.at > 0 && is_base64(line.bytes[s.at - 1]))
        s.at--;
    return s;
}

/* ---- passwords in the clear ----------------------------------------------- */

static bool ends_value(char c, char quote)
{
    return quote != '\0' ? c == quote : is_blank(c) || strchr(",;)}]<>", c) != NULL;
}

/* The value behind a sign that sets it: what is quoted, or else one word. */
static struct stretch value_at(struct peer_text line, size_t at)
{
    struct stretch s = { .at = skip_blanks(line, at) };
    char quote = s.at < line.len && is_quote(line.bytes[s.at]) ? line.bytes[s.at] : '\0';

    if (quote != '\0')
        s.at++;
    s.end = s.at;
    while (s.end < line.len && !ends_value(line.bytes[s.end], quote))
        s.end++;
    return s;
}

/* Where a sign stands behind the key that gives it a value, past the sign; 0 where none does. */
static size_t behind_sign(struct peer_text line, bool begins, size_t end)
{
    bool quoted = end < line.len && is_quote(line.bytes[end]);
    size_t at = skip_blanks(line, quoted ? end + 1 : end);
    size_t value;

    if (at == line.len)
        return 0;
    if (line.bytes[at] == '=')
        return at + 1 < line.len && line.bytes[at + 1] == '>' ? at + 2 : at + 1;
    if (stands_at(line, at, "："))
        return begins ? at + strlen("：") : 0;
    if (line.bytes[at] != ':')
        return 0;
    value = skip_blanks(line, at + 1);
    return begins || quoted || (value < line.len && is_quote(line.bytes[value])) ? at + 1 : 0;
}

static void hide_values(struct masking *m)
{
    static const char *const keys[] = { "password", "passwd", "passphrase", "pass",  "pwd",
                                        "secret",   "token",  "passwort",   "パスワード" };

    size_t first = skip_blanks(m->line, 0);

    for (size_t i = 0; i < m->line.len; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            size_t end = i + strlen(keys[k]);
            size_t value;
            struct stretch s;

            if (!stands_at(m->line, i, keys[k]) || (end < m->line.len && is_word(m->line.bytes[end])))
                continue;
            value = behind_sign(m->line, i == first, end);
            if (value > 0) {
                s = value_at(m->line, value);
                hide(m, s);
                i = s.end > i ? s.end - 1 : i; /* a key within a value is part of it */
            }
            break;
        }
    }
}

/* "Bearer ya29...", "PASS secret" */
static void hide_words(struct masking *m)
{
    for (size_t i = 0; i + 5 < m->line.len; i++) {
        struct stretch s;

        if (i > 0 && is_word(m->line.bytes[i - 1]))
            continue;
        if (stands_at(m->line, i, "Bearer ")) {
            s = value_at(m->line, i + 7);
            if (s.end - s.at >= BEARER_MIN)
                hide(m, s);
        } else if (memcmp(m->line.bytes + i, "PASS ", 5) == 0) {
            hide(m, (struct stretch){ i + 5, m->line.len });
            return;
        }
    }
}

/* "smtp://user:secret@host" */
static void hide_urls(struct masking *m)
{
    for (size_t i = 0; i + 3 < m->line.len; i++) {
        size_t colon = 0;
        size_t at = i + 3;

        if (memcmp(m->line.bytes + i, "://", 3) != 0)
            continue;
        while (at < m->line.len && !is_blank(m->line.bytes[at]) && strchr("@/", m->line.bytes[at]) == NULL) {
            if (m->line.bytes[at] == ':' && colon == 0)
                colon = at;
            at++;
        }
        if (colon > 0 && at < m->line.len && m->line.bytes[at] == '@')
            hide(m, (struct stretch){ colon + 1, at });
    }
}

/* ---- the whole ------------------------------------------------------------ */

static void mask_line(struct masking *m)
{
    struct quoted_reply reply;
    bool is_reply = quoted_reply_find(&reply, m->line, 0);

    if (m->is_answering && !is_reply) {
        struct stretch answer = last_word(m->line);

        if (answer.end - answer.at >= ANSWER_MIN)
            hide(m, answer);
    }
    if (is_reply)
        m->is_answering = reply.code == 334;
    hide_auth(m, is_reply);
    hide_urls(m);
    hide_values(m);
    hide_words(m);
}

static void put_masked(struct buf *out, const char *marked, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const char *mark = memchr(marked + at, MARK, len - at);
        size_t plain = mark == NULL ? len - at : (size_t)(mark - marked) - at;

        buf_put(out, marked + at, plain);
        at += plain;
        if (mark != NULL)
            buf_put_string(out, "***");
        while (at < len && marked[at] == MARK)
            at++;
    }
}

bool log_mask(struct buf *out, struct peer_text text)
{
    char *marked = malloc(text.len + 1);
    struct masking m = { .marked = marked };
    struct peer_text rest = text;

    if (marked == NULL)
        return false;
    if (text.len > 0)
        memcpy(marked, text.bytes, text.len);
    while (rest.len > 0) {
        const char *end = memchr(rest.bytes, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.bytes);
        size_t taken = end == NULL ? len : len + 1;

        m.line = (struct peer_text){ rest.bytes, len };
        mask_line(&m);
        m.marked += taken;
        rest.bytes += taken;
        rest.len -= taken;
    }
    put_masked(out, marked, text.len);
    free(marked);
    return !out->failed;
}
