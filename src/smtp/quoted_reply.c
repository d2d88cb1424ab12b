/*
 * quoted_reply - the reply of a server inside what somebody else wrote
 *
 * A number counts by what stands around it: an enhanced code of its class
 * behind it, or a word, a colon or an arrow that announces it before it.
 */
#include "smtp/quoted_reply.h"

#include <string.h>
#include <strings.h>

enum { CODE_DIGITS = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_word(struct peer_text t, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (peer_text_equal_nocase(t, words[i]))
            return true;
    }
    return false;
}

/* ---- codes ---------------------------------------------------------------- */

/* HTTP's 403, 404 and their like are none of them, nor are the ports 465 and 587. */
static bool is_known(unsigned code)
{
    static const unsigned short codes[] = {
        211, 214, 220, 221, 235, 250, 251, 252, 334, 354, 421, 422, 431, 432, 441, 442, 446, 447, 449, 450,
        451, 452, 453, 454, 455, 471, 500, 501, 502, 503, 504, 510, 511, 512, 513, 515, 517, 521, 523, 524,
        525, 526, 530, 531, 532, 533, 534, 535, 538, 540, 541, 550, 551, 552, 553, 554, 555, 556, 557, 559,
        571,
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

/* "5.7.8", with nothing behind it that makes it a longer number; how many bytes, 0 for none. */
static size_t read_enhanced(unsigned ret[static 3], struct peer_text t)
{
    unsigned parts[3] = { 0 };
    size_t at = 0;

    for (unsigned i = 0; i < 3; i++) {
        size_t start = at;

        while (at < t.len && at - start < CODE_DIGITS && is_digit(t.bytes[at]))
            parts[i] = parts[i] * 10 + (unsigned)(t.bytes[at++] - '0');
        if (at == start || (i < 2 && (at == t.len || t.bytes[at++] != '.')))
            return 0;
    }
    if (at < t.len && (is_digit(t.bytes[at]) || is_letter(t.bytes[at]) ||
                       (t.bytes[at] == '.' && at + 1 < t.len && is_digit(t.bytes[at + 1]))))
        return 0;
    if (parts[0] != 2 && parts[0] != 4 && parts[0] != 5)
        return 0;
    memcpy(ret, parts, sizeof parts);
    return at;
}

static struct peer_text from_of(struct peer_text line, size_t at)
{
    return (struct peer_text){ line.bytes + at, line.len - at };
}

/* ---- what stands around a number ------------------------------------------ */

/* A measure behind it makes a number an amount. */
static bool is_amount(struct peer_text behind)
{
    static const char *const units[] = {
        "ms",  "s",   "sec", "second", "seconds", "min",   "minutes",  "hours",      "byte",
        "bytes", "kb", "mb", "kib",    "mib",     "lines", "messages", "recipients",
    };
    size_t len = 0;

    while (behind.len > 0 && is_blank(behind.bytes[0]))
        behind = from_of(behind, 1);
    while (len < behind.len && is_letter(behind.bytes[len]))
        len++;
    return is_word((struct peer_text){ behind.bytes, len }, units, sizeof units / sizeof units[0]) ||
           (behind.len > 0 && behind.bytes[0] == '%');
}

/* Where the last word before `at` begins. */
static size_t word_before(struct peer_text line, size_t at)
{
    while (at > 0 && (is_letter(line.bytes[at - 1]) || line.bytes[at - 1] == '_'))
        at--;
    return at;
}

static bool ends_in(struct peer_text word, const char *ending)
{
    size_t len = strlen(ending);

    return word.len >= len && strncasecmp(word.bytes + word.len - len, ending, len) == 0;
}

static bool announces(struct peer_text word)
{
    static const char *const endings[] = { "said",   "code",     "responded", "response", "reply", "returned",
                                           "status", "error",    "exception", "message",  "smtp",  "server",
                                           "got",    "received", "remote",    "failed" };

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (ends_in(word, endings[i]))
            return true;
    }
    return false;
}

/* Before a colon or an equals sign: of anything but a reply. */
static bool is_of_another(struct peer_text word)
{
    static const char *const others[] = {
        "port",  "pid", "uid",   "id",    "size",    "bytes",  "length", "count",
        "nrcpt", "ttl", "time", "timeout", "delay", "delays", "line",   "column",
    };

    return is_word(word, others, sizeof others / sizeof others[0]);
}

/* Where what leads up to the number ends: quotation marks, brackets and Python's b'' are left out. */
static size_t before_quotes(struct peer_text line, size_t at)
{
    for (;;) {
        size_t quoted = at;

        while (at > 0 && (is_blank(line.bytes[at - 1]) || is_one_of(line.bytes[at - 1], "\"'`([{")))
            at--;
        if (at == 0 || at == quoted || line.bytes[at - 1] != 'b' || !is_one_of(line.bytes[at], "\"'") ||
            (at > 1 && is_letter(line.bytes[at - 2])))
            return at;
        at--;
    }
}

/* By a word, a colon or an arrow, or by a sentence in another script, whose words nobody here knows. */
static bool is_announced(struct peer_text line, size_t at)
{
    size_t end = before_quotes(line, at);
    bool adjacent = end == at;
    struct peer_text word;
    char c;

    if (end == 0)
        return true;
    c = line.bytes[end - 1];
    if ((unsigned char)c >= 0x80 || is_one_of(c, ">*~|"))
        return true;
    if (c == '<' || c == '-')
        return !adjacent || c == '<';
    if (c == ':' || c == '=') {
        size_t stop = end - 1;

        while (stop > 0 && (is_blank(line.bytes[stop - 1]) || is_one_of(line.bytes[stop - 1], "\"'")))
            stop--;
        if (adjacent && stop > 0 && is_digit(line.bytes[stop - 1]))
            return false; /* of a time or a port */
        if (stop > 0 && (unsigned char)line.bytes[stop - 1] >= 0x80)
            return true;
        word = (struct peer_text){ line.bytes + word_before(line, stop), stop - word_before(line, stop) };
        return c == ':' && !adjacent ? !is_of_another(word) : announces(word);
    }
    word = (struct peer_text){ line.bytes + word_before(line, end), end - word_before(line, end) };
    return (!adjacent || c == '#') && announces(word);
}

/* ---- reading -------------------------------------------------------------- */

static bool stands_alone(struct peer_text line, size_t at)
{
    return at == 0 || !(is_digit(line.bytes[at - 1]) || is_letter(line.bytes[at - 1]) ||
                        is_one_of(line.bytes[at - 1], "._/+$@%&\\"));
}

static bool ends_there(struct peer_text line, size_t at)
{
    if (at == line.len || is_one_of(line.bytes[at], " \t-\"'`),;:<]\\\r"))
        return true;
    return line.bytes[at] == '.' && (at + 1 == line.len || !is_digit(line.bytes[at + 1]));
}

static struct peer_text skip_marks(struct peer_text t)
{
    while (t.len > 0 && is_one_of(t.bytes[0], " \t-:,;\"'`"))
        t = from_of(t, 1);
    return t;
}

/* Without the marks that the writer has put around the text. */
static struct peer_text trim(struct peer_text t)
{
    t = skip_marks(t);
    while (t.len > 0 && is_one_of(t.bytes[t.len - 1], " \t\r\"'`)]}"))
        t.len--;
    return t;
}

/* Goes past separators, Python's b'' and an enhanced code of the same class, which is kept. */
static struct peer_text skip_enhanced(struct quoted_reply *r, struct peer_text t)
{
    unsigned enhanced[3];
    size_t n;

    t = skip_marks(t);
    if (t.len > 1 && t.bytes[0] == 'b' && is_one_of(t.bytes[1], "\"'"))
        t = skip_marks(from_of(t, 1));
    if (t.len > 0 && t.bytes[0] == '#')
        t = from_of(t, 1);
    n = read_enhanced(enhanced, t);
    if (n == 0 || enhanced[0] != r->code / 100)
        return t;
    memcpy(r->enhanced, enhanced, sizeof enhanced);
    return from_of(t, n);
}

static bool read_code(struct quoted_reply *r, struct peer_text line, size_t at)
{
    struct peer_text t = from_of(line, at);
    struct quoted_reply found = { .at = at };

    if (t.len < CODE_DIGITS || !is_digit(t.bytes[0]) || !is_digit(t.bytes[1]) || !is_digit(t.bytes[2]) ||
        !stands_alone(line, at) || !ends_there(line, at + CODE_DIGITS))
        return false;
    for (unsigned i = 0; i < CODE_DIGITS; i++)
        found.code = found.code * 10 + (unsigned)(t.bytes[i] - '0');
    if (!is_known(found.code) || is_amount(from_of(t, CODE_DIGITS)))
        return false;
    t = skip_enhanced(&found, from_of(t, CODE_DIGITS));
    if (found.enhanced[0] == 0 && !is_announced(line, at))
        return false;
    found.text = trim(t);
    *r = found;
    return true;
}

/* An enhanced code alone looks like a version or an address, so something has to announce it. */
static bool read_enhanced_alone(struct quoted_reply *r, struct peer_text line, size_t at)
{
    struct quoted_reply found = { .at = at };
    size_t n = read_enhanced(found.enhanced, from_of(line, at));

    if (n == 0 || found.enhanced[0] == 2 || !stands_alone(line, at) || !is_announced(line, at))
        return false;
    found.text = trim(from_of(line, at + n));
    *r = found;
    return true;
}

bool quoted_reply_find(struct quoted_reply *ret, struct peer_text line, size_t from)
{
    for (size_t at = from; at < line.len; at++) {
        if (is_digit(line.bytes[at]) && (read_code(ret, line, at) || read_enhanced_alone(ret, line, at)))
            return true;
    }
    return false;
}
