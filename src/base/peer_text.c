#include "base/peer_text.h"

#include <string.h>
#include <strings.h>

#include <unictype.h>
#include <unistr.h>

#include "base/buf.h"

struct peer_text peer_text_of(const char *string)
{
    if (string == NULL)
        return (struct peer_text){ 0 };
    return (struct peer_text){ .bytes = string, .len = strlen(string) };
}

bool peer_text_equal(struct peer_text a, struct peer_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

bool peer_text_equal_nocase(struct peer_text a, const char *word)
{
    return a.len == strlen(word) && (a.len == 0 || strncasecmp(a.bytes, word, a.len) == 0);
}

static bool is_printable(ucs4_t c)
{
    static const uint32_t hidden = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs |
                                   UC_CATEGORY_MASK_Co | UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl |
                                   UC_CATEGORY_MASK_Zp;

    if (c < 0x80)
        return c >= 0x20 && c != 0x7f;
    return !uc_is_general_category_withtable(c, hidden) && !uc_is_property_default_ignorable_code_point(c);
}

bool peer_text_next(struct peer_text *t, uint32_t *ret, size_t *len, bool *printable)
{
    ucs4_t c = 0;
    int n;

    if (t->len == 0)
        return false;
    n = u8_mbtoucr(&c, (const uint8_t *)t->bytes, t->len);
    if (n <= 0) {
        *ret = (unsigned char)t->bytes[0];
        *len = 1;
        *printable = false;
    } else {
        *ret = c;
        *len = (size_t)n;
        *printable = is_printable(c);
    }
    t->bytes += *len;
    t->len -= *len;
    return true;
}

bool peer_text_is_space(uint32_t c)
{
    return uc_is_property_white_space(c);
}

/* Renders one character into piece (at most 16 bytes); the result's length. */
static size_t escape_one(char *piece, const char *bytes, size_t len, bool printable)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    if (printable && len == 1 && *bytes == '\\') {
        memcpy(piece, "\\\\", 2);
        return 2;
    }
    if (printable) {
        memcpy(piece, bytes, len);
        return len;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        piece[n++] = '\\';
        piece[n++] = 'x';
        piece[n++] = digits[byte >> 4];
        piece[n++] = digits[byte & 15];
    }
    return n;
}

bool peer_text_escape(struct buf *out, struct peer_text t, size_t max_len)
{
    size_t written = 0;
    size_t len = 0;
    uint32_t c = 0;
    bool printable = false;
    const char *at = t.bytes;

    while (peer_text_next(&t, &c, &len, &printable)) {
        char piece[16];
        size_t n = escape_one(piece, at, len, printable);

        if (max_len != 0 && written + n > max_len)
            return buf_put_string(out, "...");
        if (!buf_put(out, piece, n))
            return false;
        written += n;
        at = t.bytes;
    }
    return true;
}
