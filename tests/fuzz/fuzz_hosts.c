/*
 * A hosts file: what is found stands in it, on the line that is named.
 */
#include <string.h>

#include "fuzz.h"
#include "probe/hosts_file.h"

static size_t lines_of(const uint8_t *data, size_t size)
{
    size_t n = 1;

    for (size_t i = 0; i < size; i++)
        n += data[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned family = 0; family < FAMILY_COUNT; family++) {
        struct hosts_entry entry;

        if (!hosts_file_find(&entry, (struct peer_text){ (const char *)data, size }, "mail.test", (enum family)family))
            continue;
        FUZZ_EXPECT(entry.address.family == family);
        FUZZ_EXPECT(entry.line >= 1 && entry.line <= lines_of(data, size));
    }
    return 0;
}
