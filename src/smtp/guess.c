#include "smtp/guess.h"

#include <string.h>
#include <strings.h>

/* What may stand in one place; text stands in either case. */
struct span {
    unsigned char low, high;
};

enum { SPANS_MAX = 7 };

static const struct signature {
    enum service service;
    size_t len;
    struct span spans[SPANS_MAX];
    const char *text; /* in place of spans */
} signatures[] = {
    { SERVICE_TLS, 3, { { 0x14, 0x17 }, { 3, 3 }, { 0, 4 } }, NULL },
    { .service = SERVICE_HTTP, .len = 5, .text = "HTTP/" },
    { .service = SERVICE_HTTP, .len = 9, .text = "<!DOCTYPE" },
    { .service = SERVICE_HTTP, .len = 5, .text = "<html" },
    { .service = SERVICE_IMAP, .len = 4, .text = "* OK" },
    { .service = SERVICE_IMAP, .len = 9, .text = "* PREAUTH" },
    { .service = SERVICE_IMAP, .len = 5, .text = "* BYE" },
    { .service = SERVICE_POP3, .len = 3, .text = "+OK" },
    { .service = SERVICE_SSH, .len = 4, .text = "SSH-" },
    /* A frame: length (three bytes, little end first), sequence 0; then protocol 10 and version "5.7..." */
    { SERVICE_MYSQL, 6, { { 1, 255 }, { 0, 15 }, { 0, 0 }, { 0, 0 }, { 10, 10 }, { '3', '9' } }, NULL },
    /* The frame with an error packet instead: codes 1024 to 1279 (host blocked, too many connections) */
    { SERVICE_MYSQL, 7, { { 1, 255 }, { 0, 15 }, { 0, 0 }, { 0, 0 }, { 255, 255 }, { 0, 255 }, { 4, 4 } },
      NULL },
};

enum likeness { DIFFERENT, ALIKE_SO_FAR, ALIKE };

static enum likeness compare(const struct signature *s, struct peer_text first)
{
    size_t n = first.len < s->len ? first.len : s->len;

    if (s->text != NULL) {
        if (n > 0 && strncasecmp(first.bytes, s->text, n) != 0)
            return DIFFERENT;
    } else {
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)first.bytes[i];

            if (c < s->spans[i].low || c > s->spans[i].high)
                return DIFFERENT;
        }
    }
    return n == s->len ? ALIKE : ALIKE_SO_FAR;
}

static bool has_word(struct peer_text text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++)
        if (strncasecmp(text.bytes + i, word, len) == 0)
            return true;
    return false;
}

static bool has_any(struct peer_text text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (has_word(text, *words))
            return true;
    return false;
}

/*
 * SMTP, FTP and NNTP greet in the same form. A host may well be called
 * ftp.example and serve mail, so that FTP has to name its program or call
 * itself a server, and the word mail outweighs it.
 */
static enum service guess_by_greeting(unsigned code, struct peer_text first)
{
    static const char *const ftp[] = { "vsFTPd",     "ProFTPD",     "Pure-FTPd",   "FileZilla Server",
                                       "FTP server", "FTP service", "WU-FTPD",   NULL };
    static const char *const news[] = { "NNTP", "NNRP", "InterNetNews", "posting", "news server", NULL };

    if (has_word(first, "SMTP"))
        return SERVICE_SMTP;
    if (has_any(first, ftp) && !has_word(first, "mail"))
        return SERVICE_FTP;
    if ((code == 200 || code == 201 || code == 400 || code == 502) && has_any(first, news))
        return SERVICE_NNTP;
    return code == 220 || code / 100 == 4 || code / 100 == 5 ? SERVICE_SMTP : SERVICE_UNKNOWN;
}

/* The three digits of a reply, or 0. */
static unsigned greeting_code(struct peer_text first)
{
    unsigned code = 0;

    if (first.len < 4 || strchr(" -\r\n", first.bytes[3]) == NULL || first.bytes[3] == '\0')
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (first.bytes[i] < '0' || first.bytes[i] > '9')
            return 0;
        code = code * 10 + (unsigned)(first.bytes[i] - '0');
    }
    return code;
}

enum service guess_service(struct peer_text first)
{
    unsigned code;

    if (first.len == 0)
        return SERVICE_NOTHING;
    if (first.len > PEER_RAW_MAX)
        first.len = PEER_RAW_MAX;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (compare(&signatures[i], first) == ALIKE)
            return signatures[i].service;
    code = greeting_code(first);
    return code == 0 ? SERVICE_UNKNOWN : guess_by_greeting(code, first);
}

bool guess_undecided(struct peer_text first)
{
    if (guess_service(first) != SERVICE_UNKNOWN)
        return false;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (compare(&signatures[i], first) == ALIKE_SO_FAR)
            return true;
    return false;
}
