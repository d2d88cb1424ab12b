/*
 * codec - one description of a structure that both writes it as JSON and reads it
 *
 * Writing trusts what it is given and can fail for want of memory alone.
 */
#include "model/codec.h"

#include <stdlib.h>
#include <string.h>

/* Beyond what any clock or timer of a check can say, and far from where sums overflow. */
static const double milliseconds_max = 1e12;

bool codec_failed(const struct codec *c)
{
    return c->why != NULL || c->no_memory;
}

bool codec_has(const struct codec *c, const char *key)
{
    return c->saving || json_object_get(c->at, key) != NULL;
}

static void refuse(struct codec *c, const char *why)
{
    if (!codec_failed(c))
        c->why = why;
}

/* Gives the value a place in what is written; takes the reference over. */
static void put(struct codec *c, const char *key, json_t *value)
{
    int rc;

    if (key == NULL)
        rc = json_array_append_new(c->at, value);
    else
        rc = json_object_set_new_nocheck(c->at, key, value);
    if (rc != 0)
        c->no_memory = true;
}

/* The value that is to be read; NULL where there is none, which is refused. */
static json_t *take(struct codec *c, const char *key)
{
    json_t *value = key == NULL ? json_array_get(c->at, c->index) : json_object_get(c->at, key);

    if (value == NULL)
        refuse(c, c->place->missing);
    return value;
}

void codec_bool(struct codec *c, const char *key, bool *value)
{
    const json_t *json;

    if (codec_failed(c))
        return;
    if (c->saving) {
        put(c, key, json_boolean(*value));
        return;
    }
    json = take(c, key);
    if (json != NULL && !json_is_boolean(json))
        refuse(c, c->place->kind);
    *value = json_is_true(json);
}

void codec_milliseconds(struct codec *c, const char *key, double *value)
{
    const json_t *json;

    if (codec_failed(c))
        return;
    if (c->saving) {
        put(c, key, json_real(*value));
        return;
    }
    json = take(c, key);
    if (json != NULL && !json_is_number(json))
        refuse(c, c->place->kind);
    *value = json_number_value(json);
    if (!(*value >= -milliseconds_max && *value <= milliseconds_max))
        refuse(c, c->place->bounds);
}

bool codec_integer(struct codec *c, const char *key, int64_t *value, int64_t min, int64_t max)
{
    const json_t *json;

    if (codec_failed(c))
        return false;
    if (c->saving) {
        put(c, key, json_integer(*value));
        return false;
    }
    json = take(c, key);
    if (json != NULL && !json_is_integer(json))
        refuse(c, c->place->kind);
    *value = json_integer_value(json);
    if (*value < min || *value > max)
        refuse(c, c->place->bounds);
    return !codec_failed(c);
}

/* ---- text ------------------------------------------------------------------ */

/* Whether t stands in a JSON string as it is; line ends do, for they are escaped there. */
static bool is_readable(struct peer_text t, bool with_line_ends)
{
    uint32_t character;
    size_t len;
    bool printable;

    while (peer_text_next(&t, &character, &len, &printable)) {
        bool line_end = character == '\r' || character == '\n' || character == '\t';

        if (!printable && !(with_line_ends && line_end))
            return false;
    }
    return true;
}

static json_t *hex_of(struct peer_text t)
{
    static const char digits[] = "0123456789abcdef";
    json_t *object = json_object();
    char *hex = malloc(2 * t.len + 1);

    if (object == NULL || hex == NULL)
        goto failed;
    for (size_t i = 0; i < t.len; i++) {
        hex[2 * i] = digits[(unsigned char)t.bytes[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)t.bytes[i] & 15];
    }
    if (json_object_set_new_nocheck(object, "hex", json_stringn_nocheck(hex, 2 * t.len)) != 0)
        goto failed;
    free(hex);
    return object;
failed:
    free(hex);
    json_decref(object);
    return NULL;
}

static json_t *json_of(struct peer_text t)
{
    if (is_readable(t, true))
        return json_stringn_nocheck(t.len == 0 ? "" : t.bytes, t.len);
    return hex_of(t);
}

/* The value of a hexadecimal digit, -1 for any other character. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *copy_of_hex(struct codec *c, const char *hex, size_t *len)
{
    char *bytes = arena_alloc(c->arena, *len / 2 + 1, 1);

    if (bytes == NULL) {
        c->no_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < *len / 2; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            refuse(c, c->place->kind);
            return NULL;
        }
        bytes[i] = (char)(high << 4 | low);
    }
    *len /= 2;
    return bytes;
}

/* The bytes of a JSON string or of {"hex": ...}, terminated, in the arena; empty where they are refused. */
static struct peer_text text_of(struct codec *c, const json_t *json)
{
    const json_t *hex = json_object_get(json, "hex");
    const json_t *string = hex == NULL ? json : hex;
    struct peer_text t = { 0 };
    size_t len = json_string_length(string);

    if (!json_is_string(string) || (hex != NULL && len % 2 != 0)) {
        refuse(c, c->place->kind);
    } else if (hex == NULL) {
        t = arena_peer_text(c->arena, (struct peer_text){ json_string_value(string), len }, len);
        c->no_memory = arena_failed(c->arena);
    } else {
        t.bytes = copy_of_hex(c, json_string_value(string), &len);
        t.len = t.bytes == NULL ? 0 : len;
    }
    return t;
}

void codec_peer(struct codec *c, const char *key, struct peer_text *value)
{
    const json_t *json;

    if (codec_failed(c))
        return;
    if (c->saving) {
        put(c, key, json_of(*value));
        return;
    }
    json = take(c, key);
    if (json != NULL)
        *value = text_of(c, json);
}

/* What a string may hold; NULL where it is refused. */
typedef bool text_test(struct peer_text t);

static bool is_ours(struct peer_text t)
{
    return is_readable(t, false);
}

static bool is_host(struct peer_text t)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_:%";

    for (size_t i = 0; i < t.len; i++) {
        if (t.bytes[i] == '\0' || strchr(allowed, t.bytes[i]) == NULL)
            return false;
    }
    return t.len > 0;
}

static bool is_string(struct peer_text t)
{
    return t.len == 0 || memchr(t.bytes, '\0', t.len) == NULL;
}

static void codec_string(struct codec *c, const char *key, const char **value, bool or_null, text_test *test)
{
    const json_t *json;
    struct peer_text t;

    if (codec_failed(c))
        return;
    if (c->saving) {
        put(c, key, *value == NULL ? json_null() : json_of(peer_text_of(*value)));
        return;
    }
    *value = NULL;
    json = take(c, key);
    if (json == NULL || (or_null && json_is_null(json)))
        return;
    t = text_of(c, json);
    if (!test(t))
        refuse(c, c->place->kind);
    *value = t.bytes;
}

void codec_text(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, false, is_ours);
}

void codec_text_or_null(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, true, is_ours);
}

void codec_host(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, false, is_host);
}

void codec_host_or_null(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, true, is_host);
}

void codec_outside(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, false, is_string);
}

void codec_outside_or_null(struct codec *c, const char *key, const char **value)
{
    codec_string(c, key, value, true, is_string);
}

void codec_port(struct codec *c, const char *key, uint16_t *port)
{
    CODEC_INTEGER(c, key, *port, 1, UINT16_MAX);
}

void codec_families(struct codec *c, void *item)
{
    bool *families = item;

    codec_bool(c, "ipv4", &families[FAMILY_IPV4]);
    codec_bool(c, "ipv6", &families[FAMILY_IPV6]);
}

void codec_endpoint(struct codec *c, const char *key, struct endpoint *value)
{
    char text[ENDPOINT_TEXT_SIZE];
    const char *string = c->saving ? endpoint_format(value, text) : NULL;

    codec_text(c, key, &string);
    /* Without a port of its own it would be read with port 0. */
    if (!c->saving && !codec_failed(c) && (!endpoint_parse(value, string, 0) || value->port == 0))
        refuse(c, c->place->kind);
}

void codec_address_or_null(struct codec *c, const char *key, bool *has, struct address *value)
{
    char text[ADDRESS_TEXT_SIZE];
    const char *string = c->saving && *has ? address_format(value, text) : NULL;

    codec_text_or_null(c, key, &string);
    if (c->saving || codec_failed(c))
        return;
    *has = string != NULL;
    if (*has && !address_parse(value, string))
        refuse(c, c->place->kind);
}

/* ---- words ----------------------------------------------------------------- */

/* The word that was read, NULL while saving and where there is none. */
const char *codec_word(struct codec *c, const char *key, const char *word)
{
    const json_t *json;

    if (codec_failed(c))
        return NULL;
    if (c->saving) {
        put(c, key, json_string(word));
        return NULL;
    }
    json = take(c, key);
    if (json != NULL && !json_is_string(json))
        refuse(c, c->place->kind);
    return json_string_value(json);
}

void codec_refuse_word(struct codec *c)
{
    refuse(c, c->place->word);
}

void codec_refuse_kind(struct codec *c)
{
    refuse(c, c->place->kind);
}

/* ---- what holds other values ----------------------------------------------- */

/* Steps into the object or array under key; what to come back to is returned. */
static struct codec enter(struct codec *c, const char *key, json_type type)
{
    struct codec outer = *c;

    if (c->saving) {
        c->at = type == JSON_OBJECT ? json_object() : json_array();
        put(&outer, key, c->at);
        c->no_memory = outer.no_memory;
    } else {
        c->at = take(c, key);
        if (c->at != NULL && json_typeof(c->at) != type)
            refuse(c, c->place->kind);
    }
    c->index = 0;
    return outer;
}

static void leave(struct codec *c, const struct codec *outer)
{
    c->at = outer->at;
    c->index = outer->index;
    c->place = outer->place;
}

void codec_object(struct codec *c, const char *key, void *item, codec_fn *describe)
{
    struct codec outer;

    if (codec_failed(c))
        return;
    outer = enter(c, key, JSON_OBJECT);
    if (!codec_failed(c))
        describe(c, item);
    leave(c, &outer);
}

/* Room for as many elements as the list has that was entered. */
static void *new_elements(struct codec *c, size_t *n, size_t size, size_t max)
{
    void *elements = NULL;

    *n = json_array_size(c->at);
    if (*n > max)
        refuse(c, c->place->bounds);
    else if (*n > 0 && (elements = arena_alloc(c->arena, *n, size)) == NULL)
        c->no_memory = true;
    if (elements == NULL)
        *n = 0;
    return elements;
}

static void codec_array(struct codec *c, const char *key, void *array, size_t *n, size_t size, size_t max,
                        codec_fn *describe, bool objects)
{
    unsigned char *elements;
    struct codec outer;

    if (codec_failed(c))
        return;
    outer = enter(c, key, JSON_ARRAY);
    if (!c->saving && !codec_failed(c)) {
        elements = new_elements(c, n, size, max);
        memcpy(array, &elements, sizeof elements);
    }
    memcpy(&elements, array, sizeof elements);
    for (c->index = 0; !codec_failed(c) && c->index < *n; c->index++) {
        if (objects)
            codec_object(c, NULL, elements + c->index * size, describe);
        else
            describe(c, elements + c->index * size);
    }
    leave(c, &outer);
}

void codec_objects(struct codec *c, const char *key, void *array, size_t *n, size_t size, size_t max,
                   codec_fn *describe)
{
    codec_array(c, key, array, n, size, max, describe, true);
}

void codec_list(struct codec *c, const char *key, void *array, size_t *n, size_t size, size_t max,
                codec_fn *describe)
{
    codec_array(c, key, array, n, size, max, describe, false);
}

static void write_set(struct codec *c, unsigned set, unsigned all, const char *(*word)(unsigned bit))
{
    for (unsigned bit = 1; bit <= all; bit <<= 1) {
        if ((set & bit) != 0)
            codec_word(c, NULL, word(bit));
    }
}

static unsigned read_set(struct codec *c, bool (*parse)(unsigned *ret, const char *word))
{
    unsigned set = 0;

    for (; !codec_failed(c) && c->index < json_array_size(c->at); c->index++) {
        const char *word = codec_word(c, NULL, NULL);
        unsigned bit = 0;

        if (word != NULL && !parse(&bit, word))
            codec_refuse_word(c);
        set |= bit;
    }
    return set;
}

void codec_set(struct codec *c, const char *key, unsigned *set, unsigned all, const char *(*word)(unsigned bit),
               bool (*parse)(unsigned *ret, const char *word))
{
    struct codec outer;

    if (codec_failed(c))
        return;
    outer = enter(c, key, JSON_ARRAY);
    if (c->saving)
        write_set(c, *set, all, word);
    else
        *set = read_set(c, parse);
    leave(c, &outer);
}
