/*
 * A resolv.conf: whatever stands in it, servers that can be asked come out, and
 * the same ones where everything but their lines is left away.
 */
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "probe/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct endpoint servers[RESOLVER_SYSTEM_MAX];
    struct endpoint again[RESOLVER_SYSTEM_MAX];
    size_t n = resolver_read_servers((struct peer_text){ (const char *)data, size }, servers);
    struct buf lines;

    FUZZ_EXPECT(n <= RESOLVER_SYSTEM_MAX);
    buf_init(&lines, 4096);
    for (size_t i = 0; i < n; i++) {
        char text[ADDRESS_TEXT_SIZE];

        FUZZ_EXPECT(servers[i].port == 53);
        buf_printf(&lines, "nameserver %s\n", address_format(&servers[i].address, text));
    }
    FUZZ_EXPECT(resolver_read_servers((struct peer_text){ buf_borrow(&lines), lines.len }, again) == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_EXPECT(address_equal(&servers[i].address, &again[i].address));
    buf_done(&lines);
    return 0;
}
