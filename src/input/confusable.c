/*
 * confusable - characters that look like ASCII ones and are none
 *
 * The table holds letters that are alike in the usual typefaces; small capitals
 * and what only resembles from afar are left out.
 */
#include "input/confusable.h"

#include <stddef.h>
#include <stdlib.h>
#include <uninorm.h>
#include <unistr.h>

static const struct look_alike {
    uint32_t code_point;
    char ascii;
} look_alikes[] = {
    /* Greek */
    { 0x0391, 'a' }, { 0x0392, 'b' }, { 0x0395, 'e' }, { 0x0396, 'z' }, { 0x0397, 'h' }, { 0x0399, 'i' },
    { 0x039a, 'k' }, { 0x039c, 'm' }, { 0x039d, 'n' }, { 0x039f, 'o' }, { 0x03a1, 'p' }, { 0x03a4, 't' },
    { 0x03a5, 'y' }, { 0x03a7, 'x' }, { 0x03b1, 'a' }, { 0x03b3, 'y' }, { 0x03b5, 'e' }, { 0x03b7, 'n' },
    { 0x03b9, 'i' }, { 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c4, 't' },
    { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x03c9, 'w' }, { 0x03f2, 'c' }, { 0x03f3, 'j' },
    /* Cyrillic */
    { 0x0405, 's' }, { 0x0406, 'i' }, { 0x0408, 'j' }, { 0x0410, 'a' }, { 0x0412, 'b' }, { 0x0415, 'e' },
    { 0x041a, 'k' }, { 0x041c, 'm' }, { 0x041d, 'h' }, { 0x041e, 'o' }, { 0x0420, 'p' }, { 0x0421, 'c' },
    { 0x0422, 't' }, { 0x0423, 'y' }, { 0x0425, 'x' }, { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0433, 'r' },
    { 0x0435, 'e' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043d, 'h' }, { 0x043e, 'o' }, { 0x043f, 'n' },
    { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0455, 's' },
    { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0475, 'v' }, { 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04cf, 'l' },
    { 0x0501, 'd' }, { 0x051b, 'q' }, { 0x051d, 'w' },
    /* Armenian */
    { 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0575, 'j' }, { 0x0578, 'n' }, { 0x057d, 'u' }, { 0x0581, 'g' },
    { 0x0585, 'o' },
    /* Latin */
    { 0x0131, 'i' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0269, 'i' }, { 0x028b, 'v' }, { 0x1d0f, 'o' },
    { 0x1d1c, 'u' }, { 0x1d20, 'v' }, { 0x1d21, 'w' }, { 0x1d22, 'z' },
    /* hyphens, dots, commas */
    { 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' }, { 0x2013, '-' }, { 0x2014, '-' }, { 0x2015, '-' },
    { 0x2043, '-' }, { 0x2212, '-' }, { 0x30fc, '-' }, { 0xff70, '-' }, { 0x3001, ',' }, { 0x3002, '.' },
    { 0xff61, '.' }, { 0xff64, ',' },
};

static char single_ascii(const ucs4_t *text, size_t len)
{
    if (len != 1 || text[0] <= 0x20 || text[0] >= 0x7f)
        return 0;
    return text[0] >= 'A' && text[0] <= 'Z' ? (char)(text[0] - 'A' + 'a') : (char)text[0];
}

static char compatible_ascii(ucs4_t c)
{
    ucs4_t room[32];
    size_t len = sizeof room / sizeof room[0];
    ucs4_t *mapped = u32_normalize(UNINORM_NFKC, &c, 1, room, &len);

    /* What does not fit is longer than one character, and in memory of its own. */
    if (mapped != room) {
        free(mapped);
        return 0;
    }
    return single_ascii(mapped, len);
}

bool confusable_is_form(uint32_t c)
{
    return c >= 0x80 && compatible_ascii(c) != 0;
}

char confusable_ascii(uint32_t c)
{
    if (c < 0x80)
        return 0;
    for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++) {
        if (look_alikes[i].code_point == c)
            return look_alikes[i].ascii;
    }
    return compatible_ascii(c);
}

char confusable_bare(uint32_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int n = c < 0x80 ? -1 : uc_canonical_decomposition(c, parts);
    char bare = n > 0 ? single_ascii(parts, 1) : 0;

    return bare >= 'a' && bare <= 'z' ? bare : 0;
}
