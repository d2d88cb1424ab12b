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
    APP_GROUP = 4, /* letters, and four such groups with blanks between them */
    APP_PASSWORD_LEN = 4 * APP_GROUP + 3,
    KEY_MAX = 40, /* longer words are no names of settings */
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

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
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
        bool is_small_one = is_small(line.bytes[i]);

        small = small || is_small_one;
        other = other || !is_small_one;
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

/* Four groups of four small letters, as providers give them out, and nothing behind them. */
static bool is_app_password(struct peer_text line, size_t at)
{
    for (size_t i = 0; i < APP_PASSWORD_LEN; i++) {
        bool gap = i % (APP_GROUP + 1) == APP_GROUP;

        if (at + i >= line.len || (gap ? line.bytes[at + i] != ' ' : !is_small(line.bytes[at + i])))
            return false;
    }
    return skip_blanks(line, at + APP_PASSWORD_LEN) == line.len;
}

/* Where the string ends whose quotation mark stands before `at`; a backslash takes the next mark along. */
static size_t end_of_quoted(struct peer_text line, size_t at, char quote)
{
    while (at < line.len && line.bytes[at] != quote)
        at += line.bytes[at] == '\\' && at + 1 < line.len ? 2 : 1;
    return at;
}

/* What is quoted, or else one word. */
static struct stretch word_at(struct peer_text line, size_t at)
{
    struct stretch s = { .at = skip_blanks(line, at) };

    if (s.at < line.len && is_quote(line.bytes[s.at])) {
        s.at++;
        s.end = end_of_quoted(line, s.at, line.bytes[s.at - 1]);
        return s;
    }
    s.end = s.at;
    while (s.end < line.len && !is_blank(line.bytes[s.end]) && strchr(",;)}]<>", line.bytes[s.end]) == NULL)
        s.end++;
    return s;
}

/* Behind a comma: a key and a sign, with which the next setting begins. */
static bool begins_setting(struct peer_text line, size_t at)
{
    size_t start;

    at = skip_blanks(line, at);
    at += at < line.len && is_quote(line.bytes[at]) ? 1 : 0;
    start = at;
    while (at < line.len && at - start < KEY_MAX && (is_word(line.bytes[at]) || line.bytes[at] == '-'))
        at++;
    if (at == start)
        return false;
    at += at < line.len && is_quote(line.bytes[at]) ? 1 : 0;
    at = skip_blanks(line, at);
    return at < line.len && (line.bytes[at] == '=' || line.bytes[at] == ':');
}

/* A reply that stands in [at, end) behind a blank was said by a server and is no part of the value. */
static size_t before_reply(struct peer_text line, size_t at, size_t end)
{
    struct quoted_reply r = { .at = at };
    size_t from = at;

    while (quoted_reply_find(&r, (struct peer_text){ line.bytes, end }, from)) {
        if (r.at == at || is_blank(line.bytes[r.at - 1]) || line.bytes[r.at - 1] == '(')
            return r.at;
        from = r.at + 1;
    }
    return end;
}

/*
 * The value behind a sign that sets it: what is quoted, or else all of the line,
 * for passwords have blanks; the next setting or a reply ends it.
 */
static struct stretch value_at(struct peer_text line, size_t at)
{
    struct stretch s = { .at = skip_blanks(line, at) };

    if (s.at < line.len && is_quote(line.bytes[s.at]))
        return word_at(line, at);
    s.end = s.at;
    while (s.end < line.len &&
           !(strchr(",;", line.bytes[s.end]) != NULL && line.bytes[s.end] != '\0' && begins_setting(line, s.end + 1)))
        s.end++;
    s.end = before_reply(line, s.at, s.end);
    while (s.end > s.at && is_blank(line.bytes[s.end - 1]))
        s.end--;
    return s;
}

/* A key that is put together, "access_token", "clientSecret", is a setting's; "password" may be of a sentence. */
static bool is_compound(struct peer_text line, size_t at)
{
    if (at == 0)
        return false;
    return strchr("_-.", line.bytes[at - 1]) != NULL ||
           (is_small(line.bytes[at - 1]) && line.bytes[at] >= 'A' && line.bytes[at] <= 'Z');
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
    return begins || quoted || is_app_password(line, value) ||
                   (value < line.len && is_quote(line.bytes[value]))
               ? at + 1
               : 0;
}

/* "--auth-password secret": up to the next option. 0 where the key at [at, end) is no option's. */
static struct stretch argument_at(struct peer_text line, size_t at, size_t end)
{
    struct stretch s = { 0, 0 };
    size_t start = at;

    while (start > 0 && at - start < KEY_MAX && (is_word(line.bytes[start - 1]) || line.bytes[start - 1] == '-'))
        start--;
    if (line.bytes[start] != '-' || end == line.len || !is_blank(line.bytes[end]))
        return s;
    s.at = skip_blanks(line, end);
    if (s.at < line.len && is_quote(line.bytes[s.at]))
        return word_at(line, s.at);
    s.end = s.at;
    while (s.end < line.len && !(is_blank(line.bytes[s.end]) && s.end + 1 < line.len && line.bytes[s.end + 1] == '-'))
        s.end++;
    return s;
}

static void hide_values(struct masking *m)
{
    static const char *const keys[] = { "password", "passwd", "passphrase", "pass",  "pwd",
                                        "secret",   "token",  "passwort",   "パスワード", "-ap" };

    size_t first = skip_blanks(m->line, 0);

    for (size_t i = 0; i < m->line.len; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            size_t end = i + strlen(keys[k]);
            size_t value;
            struct stretch s;

            if (!stands_at(m->line, i, keys[k]) || (end < m->line.len && is_word(m->line.bytes[end])))
                continue;
            value = behind_sign(m->line, i == first || is_compound(m->line, i), end);
            s = value > 0 ? value_at(m->line, value) : argument_at(m->line, i, end);
            if (s.end > 0) {
                hide(m, s);
                i = s.end > i ? s.end - 1 : i; /* a key within a value is part of it */
            }
            break;
        }
    }
}

/* ---- forms of their own --------------------------------------------------- */

/* "curl -u user:secret" */
static void hide_user_option(struct masking *m, size_t at)
{
    static const char *const options[] = { "--user", "--proxy-user", "-u" };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        size_t end = at + strlen(options[i]);
        struct stretch s;
        const char *colon;

        if (!stands_at(m->line, at, options[i]) || end == m->line.len)
            continue;
        s = word_at(m->line, m->line.bytes[end] == '=' ? end + 1 : end); /* "-uuser:secret" too */
        colon = s.end > s.at ? memchr(m->line.bytes + s.at, ':', s.end - s.at) : NULL;
        if (colon == NULL)
            return;
        while (s.end < m->line.len && !is_blank(m->line.bytes[s.end]) && !is_quote(m->line.bytes[s.end]))
            s.end++;
        hide(m, (struct stretch){ (size_t)(colon - m->line.bytes) + 1, s.end });
        return;
    }
}

/* What is quoted, or else a name, which is short. */
static struct stretch argument_of_call(struct peer_text line, size_t at)
{
    struct stretch s = { .at = skip_blanks(line, at) };

    if (s.at < line.len && is_quote(line.bytes[s.at]))
        return word_at(line, s.at);
    s.end = s.at;
    while (s.end < line.len && s.end - s.at < KEY_MAX && (is_word(line.bytes[s.end]) || line.bytes[s.end] == '.'))
        s.end++;
    return s;
}

/* "server.login('user', 'secret')": a traceback shows the line of the program. */
static void hide_argument(struct masking *m, size_t at)
{
    static const struct {
        const char *call;
        unsigned before; /* arguments that stand before the secret */
    } calls[] = { { "login(", 1 }, { "NetworkCredential(", 1 }, { "PlainAuth(", 2 } };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct stretch s = { 0, 0 };
        size_t start = at + strlen(calls[i].call);
        unsigned n = 0;

        if (!stands_at(m->line, at, calls[i].call))
            continue;
        for (; n <= calls[i].before; n++) {
            s = argument_of_call(m->line, start);
            start = s.end + (s.end < m->line.len && is_quote(m->line.bytes[s.end]) ? 1 : 0);
            start = skip_blanks(m->line, start);
            if (n < calls[i].before && (start >= m->line.len || m->line.bytes[start++] != ','))
                return;
        }
        if (s.at > 0 && is_quote(m->line.bytes[s.at - 1]))
            hide(m, s);
        return;
    }
}

/* "Authorization: Basic dXNlcjpzZWNyZXQ=" */
static void hide_authorization(struct masking *m, size_t at)
{
    static const char *const schemes[] = { "Basic ", "Bearer ", "Digest ", "Negotiate ", "NTLM " };
    static const char key[] = "Authorization:";

    if (!stands_at(m->line, at, key))
        return;
    at = skip_blanks(m->line, at + sizeof key - 1);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (stands_at(m->line, at, schemes[i])) {
            size_t start = at + strlen(schemes[i]);
            size_t end = start;

            while (end < m->line.len && !is_quote(m->line.bytes[end]))
                end++;
            hide(m, (struct stretch){ start, end });
            return;
        }
    }
}

static bool is_token(char c)
{
    return is_word(c) || strchr("-.+/=~", c) != NULL;
}

/* What says by its beginning that it is a token; of JSON in base64 (eyJ) only one that is signed has two dots. */
static size_t hide_token(struct masking *m, size_t at)
{
    static const char *const beginnings[] = { "ya29.", "GOCSPX-", "1//0", "eyJ" };
    size_t end = at;
    unsigned dots = 0;

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        size_t len = strlen(beginnings[i]);

        if (m->line.len - at < len || memcmp(m->line.bytes + at, beginnings[i], len) != 0)
            continue;
        while (end < m->line.len && m->line.bytes[end] != '\0' && is_token(m->line.bytes[end]))
            dots += m->line.bytes[end++] == '.';
        if (beginnings[i][0] != 'e' ? end - at > len + BEARER_MIN / 2 : dots >= 2)
            hide(m, (struct stretch){ at, end });
    }
    return end;
}

/* "Bearer ya29...", "PASS secret" */
static void hide_words(struct masking *m)
{
    for (size_t i = 0; i + 5 < m->line.len; i++) {
        struct stretch s;

        if (i > 0 && is_word(m->line.bytes[i - 1]))
            continue;
        if (stands_at(m->line, i, "Bearer ")) {
            s = word_at(m->line, i + 7);
            if (s.end - s.at >= BEARER_MIN)
                hide(m, s);
        } else if (memcmp(m->line.bytes + i, "PASS ", 5) == 0) {
            hide(m, (struct stretch){ i + 5, m->line.len });
            return;
        }
        if (m->line.bytes[i] == '-' && (i == 0 || is_blank(m->line.bytes[i - 1])))
            hide_user_option(m, i);
        hide_authorization(m, i);
        hide_argument(m, i);
        s.end = hide_token(m, i);
        i = s.end > i ? s.end - 1 : i;
    }
}

/* The first word of the line, and what stands before the next. */
static struct stretch first_word(struct peer_text line, size_t at)
{
    struct stretch s = { .at = skip_blanks(line, at) };

    s.end = s.at;
    while (s.end < line.len && !is_blank(line.bytes[s.end]))
        s.end++;
    return s;
}

static bool is_last_word(struct peer_text line, struct stretch s)
{
    return skip_blanks(line, s.end) == line.len;
}

static bool is_word_here(struct peer_text line, struct stretch s, const char *word)
{
    return s.end - s.at == strlen(word) && memcmp(line.bytes + s.at, word, s.end - s.at) == 0;
}

/* What a line may say of a password with a single word behind it. */
static bool is_said_of_password(struct peer_text line, struct stretch s)
{
    static const char *const words[] = { "incorrect", "wrong",   "invalid",  "expired", "required", "rejected",
                                         "failed",    "missing", "mismatch", "refused", "needed",   "unknown" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (stands_at(line, s.at, words[i]))
            return true;
    }
    return false;
}

/*
 * Files that go without a sign: netrc's "machine H login U password P",
 * fetchmail's "user U pass P", the "password P" of msmtprc on a line of its own
 */
static void hide_netrc(struct masking *m)
{
    struct stretch s = first_word(m->line, 0);
    bool whole = is_word_here(m->line, s, "machine") || is_word_here(m->line, s, "default") ||
                 is_word_here(m->line, s, "login") || is_word_here(m->line, s, "user");

    while (s.end > s.at) {
        struct stretch value = first_word(m->line, s.end);

        bool key = is_word_here(m->line, s, "password") || (whole && is_word_here(m->line, s, "pass"));

        if (key && value.end > value.at && !is_said_of_password(m->line, value) &&
            (whole || is_last_word(m->line, value) || is_app_password(m->line, value.at))) {
            hide(m, (struct stretch){ value.at, m->line.len });
            return;
        }
        if (!whole)
            return;
        s = value;
    }
}

/* Postfix's sasl_passwd: "[smtp.example.net]:587 user@example.net:secret" */
static void hide_sasl_passwd(struct masking *m)
{
    struct stretch host = first_word(m->line, 0);
    struct stretch user = first_word(m->line, host.end);
    size_t len = user.end - user.at;
    const char *colon = len == 0 ? NULL : memchr(m->line.bytes + user.at, ':', len);
    size_t value = colon == NULL ? 0 : (size_t)(colon - m->line.bytes) + 1;
    bool in_brackets = host.end > host.at && m->line.bytes[host.at] == '[';

    if (colon == NULL || value == user.end ||
        (!in_brackets && memchr(m->line.bytes + host.at, '.', host.end - host.at) == NULL))
        return;
    if (memchr(m->line.bytes + user.at, '@', value - user.at) != NULL ||
        (in_brackets && is_last_word(m->line, user)))
        hide(m, (struct stretch){ value, m->line.len });
}

/* The port of a host without a user: "://smtp.example.net:587/" */
static bool is_port(struct peer_text line, size_t host, size_t colon)
{
    size_t at = colon + 1;

    while (at < line.len && line.bytes[at] >= '0' && line.bytes[at] <= '9')
        at++;
    return at > colon + 1 && at < line.len && line.bytes[at] == '/' &&
           memchr(line.bytes + host, '.', colon - host) != NULL;
}

/* "smtp://user:secret@host": a secret with "@" and "/" in it is one nevertheless, so the last "@" counts */
static void hide_urls(struct masking *m)
{
    for (size_t i = 0; i + 3 < m->line.len; i++) {
        size_t colon = 0;
        size_t last = 0;
        size_t at = i + 3;

        if (memcmp(m->line.bytes + i, "://", 3) != 0)
            continue;
        while (at < m->line.len && !is_blank(m->line.bytes[at])) {
            if (m->line.bytes[at] == ':' && colon == 0)
                colon = at;
            if (m->line.bytes[at] == '@')
                last = at;
            at++;
        }
        if (colon > 0 && last > colon && !is_port(m->line, i + 3, colon))
            hide(m, (struct stretch){ colon + 1, last });
        i = at - 1;
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
    hide_netrc(m);
    hide_sasl_passwd(m);
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
