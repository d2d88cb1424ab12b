/* A challenge that tells why a token is refused. */
#include "fuzz.h"
#include "smtp/oauth_error.h"

static void sound_text(const struct oauth_error *e, struct peer_text t)
{
    FUZZ_EXPECT(t.len <= OAUTH_TEXT_MAX);
    FUZZ_EXPECT(e->known || t.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 16);
    struct oauth_error e;

    FUZZ_EXPECT(a != NULL);
    FUZZ_EXPECT(oauth_error_read(&e, a, (struct peer_text){ .bytes = (const char *)data, .len = size }));
    sound_text(&e, e.status);
    sound_text(&e, e.schemes);
    sound_text(&e, e.scope);
    sound_text(&e, e.openid_configuration);
    arena_free(a);
    return 0;
}
