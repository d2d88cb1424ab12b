/*
 * The secret, a NUL, and a text that a server says: the mask keeps within its bounds, leaves the
 * secret nowhere in plain, takes a text without it as it is, and finds nothing new the second time.
 * The form of the secret is told whatever it is.
 */
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "fuzz.h"

static void expect_form(struct peer_text bytes)
{
    struct secret_form f = secret_look(bytes);

    FUZZ_EXPECT(f.empty == (bytes.len == 0));
    FUZZ_EXPECT(!(f.app_password_groups && f.app_password_letters) && !(f.app_password_groups && f.app_password_hyphens));
    FUZZ_EXPECT(!f.invisible || f.non_ascii);
}

/* Somewhere between two masks: what only the end of one makes together with the text behind it is no sight of it. */
static bool is_shown(struct peer_text masked, struct peer_text bytes)
{
    static const char mask[] = SECRET_MASK;
    const size_t len = sizeof mask - 1;

    while (masked.len > 0) {
        const char *next = memmem(masked.bytes, masked.len, mask, len);
        size_t piece = next == NULL ? masked.len : (size_t)(next - masked.bytes);

        if (memmem(masked.bytes, piece, bytes.bytes, bytes.len) != NULL)
            return true;
        if (next == NULL)
            return false;
        masked.bytes += piece + len;
        masked.len -= piece + len;
    }
    return false;
}

static void expect_masked(const struct secret *s, struct peer_text bytes, struct peer_text text)
{
    struct arena *a = arena_new(16 << 20);
    struct peer_text masked = { 0 };

    FUZZ_EXPECT(a != NULL && secret_mask(&masked, s, bytes, a, text));
    FUZZ_EXPECT(masked.len <= 2 * text.len + sizeof SECRET_MASK);
    FUZZ_EXPECT(bytes.len == 0 || !is_shown(masked, bytes));
    if (masked.len == 0 || memmem(masked.bytes, masked.len, SECRET_MASK, sizeof SECRET_MASK - 1) == NULL)
        FUZZ_EXPECT(peer_text_equal(masked, text));
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
    struct peer_text bytes = { (const char *)data, end == NULL ? size : (size_t)(end - data) };
    struct peer_text text = { 0 };
    struct secret *s = NULL;

    if (end != NULL)
        text = (struct peer_text){ (const char *)end + 1, size - bytes.len - 1 };
    expect_form(bytes);
    if (bytes.len > SECRET_TOKEN_MAX)
        return 0;
    FUZZ_EXPECT(secret_new(&s, SECRET_TOKEN, bytes.bytes, bytes.len, NULL));
    expect_masked(s, bytes, text);
    secret_free(s);
    return 0;
}
