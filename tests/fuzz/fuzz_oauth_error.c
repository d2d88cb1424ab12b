/* A challenge that tells why a token is refused. */
#include <string.h>

#include "fuzz.h"
#include "smtp/oauth_error.h"

static const char word[] = "s3cret-token";

static void sound_text(struct peer_text t)
{
    FUZZ_EXPECT(t.len <= OAUTH_TEXT_MAX);
    FUZZ_EXPECT(t.len == 0 || memmem(t.bytes, t.len, word, sizeof word - 1) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 16);
    struct secret *secret = NULL;
    struct peer_text json = { .bytes = (const char *)data, .len = size };
    struct oauth_error e;

    FUZZ_EXPECT(a != NULL && secret_new(&secret, SECRET_TOKEN, word, sizeof word - 1, NULL));
    FUZZ_EXPECT(oauth_error_read(&e, a, json, secret, (struct peer_text){ 0 }));
    sound_text(e.status);
    sound_text(e.schemes);
    sound_text(e.scope);
    secret_free(secret);
    arena_free(a);
    return 0;
}
