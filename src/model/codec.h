/*
 * codec - one description of a structure that both writes it as JSON and reads it
 *
 * A function describes a structure field by field; the codec it is given knows
 * the direction, so that what is written and what is read cannot drift apart.
 * Reading is of hostile bytes: a key that is missing, a value of the wrong
 * kind, a word that is not known and a number out of bounds are refused, with
 * the first reason kept. Keys that nobody asks for are ignored. After a refusal
 * every call does nothing.
 */
#ifndef SMTPDX_MODEL_CODEC_H
#define SMTPDX_MODEL_CODEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/peer_text.h"

/* Where a structure stands, as the beginning of every reason to refuse it. */
struct codec_place {
    const char *missing, *kind, *word, *bounds;
};
#define CODEC_PLACE(what)                                                                             \
    {                                                                                                 \
        what ": something is missing", what ": something is of the wrong kind", what ": a word is not known", \
            what ": a number, a list or a text is out of bounds"                                       \
    }

struct codec {
    bool saving;
    json_t *at;          /* the object or the array that is described; borrowed */
    size_t index;        /* of the element, where it is an array */
    struct arena *arena; /* for what is read */
    const struct codec_place *place;
    const char *why; /* a string literal, once something was refused */
    bool no_memory;
};

/* Describes one structure; c->at is its object. */
typedef void codec_fn(struct codec *c, void *item);

bool codec_failed(const struct codec *c);

/*
 * codec_has() - whether a field is to be described: always when writing, and when
 * reading where it is there. For fields that are younger than the format: an older
 * record leaves them as they are.
 */
bool codec_has(const struct codec *c, const char *key);

/* key is NULL for the element of a list, in all of these. */
void codec_bool(struct codec *c, const char *key, bool *value);
void codec_milliseconds(struct codec *c, const char *key, double *value);
bool codec_integer(struct codec *c, const char *key, int64_t *value, int64_t min, int64_t max);
#define CODEC_INTEGER(c, key, field, min, max)                     \
    do {                                                           \
        int64_t value_ = (c)->saving ? (int64_t)(field) : 0;       \
        if (codec_integer((c), (key), &value_, (min), (max)))      \
            (field) = (__typeof__(field))value_;                   \
    } while (0)

/* Text of ours: what a terminal may show as it is. */
void codec_text(struct codec *c, const char *key, const char **value);
void codec_text_or_null(struct codec *c, const char *key, const char **value);
/* Letters, digits and what else a host name or an address has. */
void codec_host(struct codec *c, const char *key, const char **value);
void codec_host_or_null(struct codec *c, const char *key, const char **value);
/* Text from outside in a string: any byte but NUL. */
void codec_outside(struct codec *c, const char *key, const char **value);
void codec_outside_or_null(struct codec *c, const char *key, const char **value);
/* Any bytes: a JSON string where they can be read, {"hex": "..."} otherwise. */
void codec_peer(struct codec *c, const char *key, struct peer_text *value);

/* 1 to 65535 */
void codec_port(struct codec *c, const char *key, uint16_t *port);
/* item: bool[FAMILY_COUNT] */
void codec_families(struct codec *c, void *item);
void codec_endpoint(struct codec *c, const char *key, struct endpoint *value);
/* null where *has is false */
void codec_address_or_null(struct codec *c, const char *key, bool *has, struct address *value);

/* The word of an enumeration: noun_word() and noun_parse() (model/word.h). */
#define CODEC_WORD(c, key, field, noun)                                                        \
    do {                                                                                       \
        const char *word_ = codec_word((c), (key), (c)->saving ? noun##_word(field) : NULL);   \
        if (word_ != NULL && !noun##_parse(&(field), word_))                                   \
            codec_refuse_word(c);                                                              \
    } while (0)
const char *codec_word(struct codec *c, const char *key, const char *word);

/* Refuses what a description has found to be wrong by itself; nothing while saving. */
void codec_refuse_word(struct codec *c);
void codec_refuse_kind(struct codec *c);

/* A set of bits, as a list of their words. */
void codec_set(struct codec *c, const char *key, unsigned *set, unsigned all, const char *(*word)(unsigned bit),
               bool (*parse)(unsigned *ret, const char *word));

void codec_object(struct codec *c, const char *key, void *item, codec_fn *describe);

/* array: the address of the pointer to n elements of size bytes. */
void codec_objects(struct codec *c, const char *key, void *array, size_t *n, size_t size, size_t max,
                   codec_fn *describe);
/* The same for elements that are no structures: describe sees the list itself, and uses NULL as the key. */
void codec_list(struct codec *c, const char *key, void *array, size_t *n, size_t size, size_t max,
                codec_fn *describe);

#endif
