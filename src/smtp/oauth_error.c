#include "smtp/oauth_error.h"

#include <stdio.h>

#include <jansson.h>

/* A text, or a number as text: servers spell the status either way. */
static struct peer_text read_text(const json_t *object, const char *key, struct arena *a)
{
    const json_t *value = json_object_get(object, key);
    struct peer_text text = { 0 };
    char digits[32];

    if (json_is_string(value)) {
        text = (struct peer_text){ .bytes = json_string_value(value), .len = json_string_length(value) };
    } else if (json_is_integer(value)) {
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = peer_text_of(digits);
    }
    return text.len == 0 ? text : arena_peer_text(a, text, OAUTH_TEXT_MAX);
}

bool oauth_error_read(struct oauth_error *ret, struct arena *a, struct peer_text json)
{
    json_error_t trouble;
    json_t *object;

    *ret = (struct oauth_error){ 0 };
    if (json.len == 0)
        return true;
    object = json_loadb(json.bytes, json.len, 0, &trouble);
    if (object == NULL)
        return json_error_code(&trouble) != json_error_out_of_memory;
    if (json_is_object(object)) {
        ret->known = true;
        ret->status = read_text(object, "status", a);
        ret->schemes = read_text(object, "schemes", a);
        ret->scope = read_text(object, "scope", a);
        ret->openid_configuration = read_text(object, "openid-configuration", a);
    }
    json_decref(object);
    return !arena_failed(a);
}
