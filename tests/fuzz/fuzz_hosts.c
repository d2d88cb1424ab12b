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
    struct hosts_reader reader = { .rest = { (const char *)data, size } };
    struct hosts_entry entry;
    size_t before = 0;

    while (hosts_file_next(&entry, &reader, "mail.test")) {
        FUZZ_EXPECT(entry.line > before && entry.line <= lines_of(data, size));
        before = entry.line;
    }
    hosts_file_all_lines_count((struct peer_text){ (const char *)data, size });
    return 0;
}
