#include "smtp/oauth_error.h"

#include <stdio.h>

#include <jansson.h>

enum { WORK_MAX = 1 << 20 }; /* to mask one text in */

struct reading {
    const json_t *object;
    struct arena *arena;
    const struct secret *secret;
    struct peer_text user;
    bool failed; /* memory was short */
};

/* The server may quote the token that it refuses; it is masked before the text is cut. */
static struct peer_text keep_text(struct reading *r, struct peer_text text)
{
    struct arena *work = arena_new(WORK_MAX);
    struct peer_text kept = { 0 };

    if (work == NULL || !secret_mask(&text, r->secret, r->user, work, text))
        r->failed = true;
    else
        kept = arena_peer_text(r->arena, text, OAUTH_TEXT_MAX);
    arena_free(work);
    return kept;
}

/* A text, or a number as text: servers spell the status either way. */
static struct peer_text read_text(struct reading *r, const char *key)
{
    const json_t *value = json_object_get(r->object, key);
    struct peer_text text = { 0 };
    char digits[32];

    if (json_is_string(value)) {
        text = (struct peer_text){ .bytes = json_string_value(value), .len = json_string_length(value) };
    } else if (json_is_integer(value)) {
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = peer_text_of(digits);
    }
    return text.len == 0 ? text : keep_text(r, text);
}

bool oauth_error_read(struct oauth_error *ret, struct arena *a, struct peer_text json, const struct secret *secret,
                      struct peer_text user)
{
    struct reading r = { .arena = a, .secret = secret, .user = user };
    json_error_t trouble;
    json_t *object;

    *ret = (struct oauth_error){ 0 };
    if (json.len == 0)
        return true;
    object = json_loadb(json.bytes, json.len, 0, &trouble);
    if (object == NULL)
        return json_error_code(&trouble) != json_error_out_of_memory;
    r.object = object;
    ret->status = read_text(&r, "status");
    ret->schemes = read_text(&r, "schemes");
    ret->scope = read_text(&r, "scope");
    json_decref(object);
    return !r.failed && !arena_failed(a);
}
