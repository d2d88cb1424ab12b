/*
 * A greeting, or the value of a Date: what is read is a time that can be, and
 * the same one when it is read again where it was found.
 */
#include "fuzz.h"
#include "smtp/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer_text text = { (const char *)data, size };
    int64_t found, parsed;
    bool any = date_find(&found, text);

    if (any)
        FUZZ_EXPECT(found >= -86400 * 5 && found <= INT64_C(253402300800) + 86400 * 5);
    if (date_parse(&parsed, text))
        FUZZ_EXPECT(any && found == parsed);
    return 0;
}
