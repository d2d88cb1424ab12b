/*
 * A distinguished name: reading it ends, nothing is made longer, and what was
 * read of it is found in it again.
 */
#include "base/dn.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer_text dn = { (const char *)data, size };
    struct peer_text rest = dn;
    struct dn_attribute a;
    size_t before = size;

    while (dn_next(&rest, &a)) {
        FUZZ_EXPECT(rest.len < before && a.len <= before);
        FUZZ_EXPECT(a.len <= DN_VALUE_MAX && a.value[a.len] == '\0');
        FUZZ_EXPECT(a.type.bytes >= dn.bytes && a.type.bytes + a.type.len <= dn.bytes + dn.len);
        before = rest.len;
    }
    dn_has(dn, "CN", "a*");
    return 0;
}
