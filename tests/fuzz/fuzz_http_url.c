/*
 * A URL that a certificate names: what is read of it can go into a request, and
 * makes a URL that is read alike.
 */
#include <string.h>

#include "base/address.h"
#include "fuzz.h"
#include "probe/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_url u, again;
    struct address address;
    struct buf out;

    if (!http_url_read(&u, (struct peer_text){ (const char *)data, size }))
        return 0;
    FUZZ_EXPECT(size <= HTTP_URL_MAX && u.port > 0 && u.path[0] == '/');
    for (const char *c = u.path; *c != '\0'; c++)
        FUZZ_EXPECT(*c > ' ' && *c <= '~' && *c != '#');
    FUZZ_EXPECT(u.host[0] != '\0' && strpbrk(u.host, "@/?#%\\ \r\n") == NULL);
    FUZZ_EXPECT(strchr(u.host, ':') == NULL || (address_parse(&address, u.host) && address.scope == 0));
    buf_init(&out, 2 * HTTP_URL_MAX);
    FUZZ_EXPECT(http_url_put(&out, u.host, u.port, u.path));
    if (out.len <= HTTP_URL_MAX) { /* an address may have grown in its usual form */
        FUZZ_EXPECT(http_url_read(&again, (struct peer_text){ buf_borrow(&out), out.len }));
        FUZZ_EXPECT(strcmp(again.host, u.host) == 0 && again.port == u.port);
        FUZZ_EXPECT(strcmp(again.path, u.path) == 0);
    }
    buf_done(&out);
    return 0;
}
