/*
 * An access token: the facts keep within their bounds and are the same when it is read again, and
 * nothing of the signature stands in them.
 */
#include <string.h>

#include "base/secret.h"
#include "fuzz.h"
#include "smtp/jwt.h"

static void expect_within(struct peer_text t, size_t max)
{
    FUZZ_EXPECT(t.len <= max);
    FUZZ_EXPECT(t.len == 0 || t.bytes[t.len] == '\0');
}

static void expect_second(int64_t second)
{
    FUZZ_EXPECT(second >= -1 && second < INT64_C(253402300800));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer_text token = { (const char *)data, size };
    struct arena *a = arena_new(1 << 20);
    struct token_facts f, again;

    FUZZ_EXPECT(a != NULL && jwt_read(&f, a, token) && jwt_read(&again, a, token));
    FUZZ_EXPECT(!f.is_jwt || size <= SECRET_TOKEN_MAX);
    FUZZ_EXPECT(f.is_jwt == again.is_jwt && f.expires_s == again.expires_s);
    FUZZ_EXPECT(peer_text_equal(f.user, again.user) && peer_text_equal(f.scopes, again.scopes));
    expect_within(f.issuer, TOKEN_CLAIM_MAX);
    expect_within(f.audience, TOKEN_CLAIM_MAX);
    expect_within(f.user, TOKEN_CLAIM_MAX);
    expect_within(f.scopes, TOKEN_SCOPES_MAX);
    expect_within(f.roles, TOKEN_SCOPES_MAX);
    expect_second(f.expires_s);
    expect_second(f.not_before_s);
    expect_second(f.issued_s);
    if (f.is_jwt) {
        /* The facts of the same token with another signature, byte for byte. */
        const char *last = memrchr(token.bytes, '.', token.len);

        token.len = (size_t)(last + 1 - token.bytes);
        FUZZ_EXPECT(jwt_read(&again, a, token) && again.is_jwt);
        FUZZ_EXPECT(peer_text_equal(f.user, again.user) && peer_text_equal(f.audience, again.audience));
    }
    arena_free(a);
    return 0;
}
