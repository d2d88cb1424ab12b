#include "smtp/ehlo.h"

static bool is_gap(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word off the front of t; empty at its end. */
static struct peer_text take_word(struct peer_text *t)
{
    struct peer_text word;

    while (t->len > 0 && is_gap(t->bytes[0])) {
        t->bytes++;
        t->len--;
    }
    word = (struct peer_text){ .bytes = t->bytes };
    while (word.len < t->len && !is_gap(t->bytes[word.len]))
        word.len++;
    if (word.len > 0)
        t->bytes += word.len;
    t->len -= word.len;
    return word;
}

/* A keyword holds letters, digits and hyphens, so that "=" ends it as well as a blank (AUTH=LOGIN). */
static struct peer_text take_keyword(struct peer_text *t)
{
    struct peer_text word = take_word(t);

    for (size_t i = 0; i < word.len; i++)
        if (word.bytes[i] == '=') {
            *t = (struct peer_text){ .bytes = word.bytes + i + 1, .len = word.len - i - 1 + t->len };
            word.len = i;
        }
    return word;
}

/*
 * Firewalls that inspect SMTP keep the length of a keyword that they forbid:
 * eight characters, X or * all of them but for a letter at the end.
 */
static bool is_masked_starttls(struct peer_text line)
{
    const size_t len = sizeof "STARTTLS" - 1;
    char blot;

    if (line.len != len)
        return false;
    blot = line.bytes[0];
    if (blot != 'X' && blot != 'x' && blot != '*')
        return false;
    for (size_t i = 0; i < len - 1; i++)
        if (line.bytes[i] != blot)
            return false;
    return line.bytes[len - 1] == blot || (line.bytes[len - 1] >= 'A' && line.bytes[len - 1] <= 'Z');
}

/* RFC 1870 section 3: no number or 0 is no fixed limit; a number that cannot be read tells nothing. */
static uint64_t read_size(struct peer_text parameters)
{
    struct peer_text word = take_word(&parameters);
    uint64_t size = 0;

    for (size_t i = 0; i < word.len; i++) {
        unsigned digit = (unsigned)(unsigned char)word.bytes[i] - '0';

        if (digit > 9)
            return 0;
        if (size > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        size = size * 10 + digit;
    }
    return size;
}

static bool same_word(struct peer_text a, struct peer_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        unsigned char x = (unsigned char)a.bytes[i], y = (unsigned char)b.bytes[i];

        if (x >= 'a' && x <= 'z')
            x = (unsigned char)(x - 'a' + 'A');
        if (y >= 'a' && y <= 'z')
            y = (unsigned char)(y - 'a' + 'A');
        if (x != y)
            return false;
    }
    return true;
}

static bool auth_known(const struct smtp_caps *caps, struct peer_text mechanism)
{
    for (size_t i = 0; i < caps->n_auth; i++)
        if (same_word(caps->auth[i], mechanism))
            return true;
    return false;
}

/* A server may name mechanisms in both spellings, and often the same ones. */
static bool read_auth(struct smtp_caps *caps, struct arena *a, struct peer_text parameters)
{
    for (;;) {
        struct peer_text word = take_word(&parameters);
        struct peer_text *room;

        if (word.len == 0 || caps->n_auth == EHLO_AUTH_MAX)
            return true;
        if (auth_known(caps, word))
            continue;
        room = ARENA_APPEND(a, caps->auth, caps->n_auth, EHLO_AUTH_MAX);
        if (room == NULL)
            return false;
        *room = word;
    }
}

static bool read_keyword(struct smtp_caps *caps, struct arena *a, struct peer_text line)
{
    static const struct {
        const char *word;
        size_t flag;
    } plain[] = {
        { "STARTTLS", offsetof(struct smtp_caps, starttls) },
        { "SIZE", offsetof(struct smtp_caps, size_given) },
    };
    struct peer_text rest = line;
    struct peer_text keyword = take_keyword(&rest);

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (peer_text_equal_nocase(keyword, plain[i].word))
            *(bool *)((char *)caps + plain[i].flag) = true;
    if (peer_text_equal_nocase(keyword, "SIZE"))
        caps->size = read_size(rest);
    if (is_masked_starttls(line))
        caps->starttls_masked = true;
    return !peer_text_equal_nocase(keyword, "AUTH") || read_auth(caps, a, rest);
}

bool ehlo_read(struct smtp_caps *ret, struct arena *a, const struct smtp_reply *reply)
{
    struct smtp_caps caps = { .known = true };

    if (reply->n_lines > 1) {
        caps.keywords = arena_alloc(a, reply->n_lines - 1, sizeof *caps.keywords);
        if (caps.keywords == NULL)
            return false;
    }
    for (size_t i = 1; i < reply->n_lines; i++) {
        struct peer_text line = arena_peer_text(a, reply->lines[i], REPLY_LINE_MAX);

        if (line.bytes == NULL || !read_keyword(&caps, a, line))
            return false;
        caps.keywords[caps.n_keywords++] = line;
    }
    if (caps.starttls)
        caps.starttls_masked = false;
    *ret = caps;
    return true;
}
