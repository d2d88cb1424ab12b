/*
 * jwt - reads what an access token says about itself, where it is a JWT
 */
#include "smtp/jwt.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/secret.h"

static const int64_t last_second = INT64_C(253402300799); /* of the year 9999 */

/* -1 where it is none of base64url's. */
static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* No padding and nothing between (RFC 7515 section 2). */
static bool is_base64url(struct peer_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (base64url_value(t.bytes[i]) < 0)
            return false;
    }
    return t.len % 4 != 1;
}

/* out: room for three bytes out of each four; the number of bytes */
static size_t decode(char *out, struct peer_text t)
{
    unsigned long bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < t.len; i++) {
        bits = (bits << 6 | (unsigned long)base64url_value(t.bytes[i])) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (char)(bits >> n_bits & 0xff);
        }
    }
    return n;
}

/* A JSON object, or NULL. *no_memory where that is the reason. */
static json_t *read_part(struct peer_text part, bool *no_memory)
{
    size_t room = part.len + 1;
    char *bytes;
    json_t *json;
    json_error_t error;

    if (part.len == 0 || !is_base64url(part))
        return NULL;
    bytes = secret_room_new(room);
    if (bytes == NULL) {
        *no_memory = true;
        return NULL;
    }
    json = json_loadb(bytes, decode(bytes, part), JSON_ALLOW_NUL, &error);
    if (json == NULL && json_error_code(&error) == json_error_out_of_memory)
        *no_memory = true;
    secret_room_free(bytes, room);
    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* Takes what stands before the next dot off the front of t, and the dot. */
static bool take_part(struct peer_text *part, struct peer_text *t)
{
    const char *dot = t->len == 0 ? NULL : memchr(t->bytes, '.', t->len);

    if (dot == NULL)
        return false;
    *part = (struct peer_text){ .bytes = t->bytes, .len = (size_t)(dot - t->bytes) };
    t->len -= part->len + 1;
    t->bytes = dot + 1;
    return true;
}

/* ---- claims ------------------------------------------------------------------------ */

static struct peer_text string_of(const json_t *value)
{
    return (struct peer_text){ .bytes = json_string_value(value), .len = json_string_length(value) };
}

/* A string, or an array of them with a blank between each two; the rest of a list that is too long is left out. */
static struct peer_text words_of(struct arena *a, const json_t *value, size_t max)
{
    struct peer_text words;
    struct buf out;

    if (json_is_string(value))
        return arena_peer_text(a, string_of(value), max);
    buf_init(&out, max);
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct peer_text word = string_of(json_array_get(value, i));

        if (word.len == 0)
            continue;
        if (word.len + 1 > max - out.len)
            break;
        if (out.len > 0)
            buf_put_char(&out, ' ');
        buf_put(&out, word.bytes, word.len);
    }
    words = (struct peer_text){ .bytes = buf_borrow(&out), .len = out.len };
    words = arena_peer_text(a, words, max);
    buf_done(&out);
    return words;
}

/* The first of these claims that has a text. */
static struct peer_text first_of(struct arena *a, const json_t *claims, const char *const *names, size_t n, size_t max)
{
    for (size_t i = 0; i < n; i++) {
        struct peer_text words = words_of(a, json_object_get(claims, names[i]), max);

        if (words.len > 0)
            return words;
    }
    return (struct peer_text){ 0 };
}

/* A NumericDate may have a fraction (RFC 7519 section 2). */
static int64_t second_of(const json_t *value)
{
    double number = json_number_value(value);

    if (!json_is_number(value) || !(number >= 0) || number > (double)last_second)
        return -1;
    return (int64_t)number;
}

static void read_claims(struct token_facts *f, struct arena *a, const json_t *claims)
{
    static const char *const users[] = { "upn", "preferred_username", "email", "unique_name", "sub" };
    static const char *const scopes[] = { "scp", "scope" };

    *f = (struct token_facts){
        .is_jwt = true,
        .issuer = words_of(a, json_object_get(claims, "iss"), TOKEN_CLAIM_MAX),
        .audience = words_of(a, json_object_get(claims, "aud"), TOKEN_CLAIM_MAX),
        .scopes = first_of(a, claims, scopes, sizeof scopes / sizeof scopes[0], TOKEN_SCOPES_MAX),
        .roles = words_of(a, json_object_get(claims, "roles"), TOKEN_SCOPES_MAX),
        .user = first_of(a, claims, users, sizeof users / sizeof users[0], TOKEN_CLAIM_MAX),
        .expires_s = second_of(json_object_get(claims, "exp")),
        .not_before_s = second_of(json_object_get(claims, "nbf")),
        .issued_s = second_of(json_object_get(claims, "iat")),
    };
}

bool jwt_read(struct token_facts *ret, struct arena *a, struct peer_text token)
{
    struct token_facts facts = { .expires_s = -1, .not_before_s = -1, .issued_s = -1 };
    struct peer_text header, payload;
    json_t *head = NULL;
    json_t *claims = NULL;
    bool no_memory = false;

    /* What is left in token is the signature; five parts are an encrypted one, which says nothing. */
    if (token.len <= SECRET_TOKEN_MAX && take_part(&header, &token) && take_part(&payload, &token) &&
        is_base64url(token)) {
        head = read_part(header, &no_memory);
        claims = head == NULL ? NULL : read_part(payload, &no_memory);
    }
    if (claims != NULL && json_is_string(json_object_get(head, "alg")))
        read_claims(&facts, a, claims);
    json_decref(head);
    json_decref(claims);
    if (no_memory || arena_failed(a))
        return false;
    *ret = facts;
    return true;
}
