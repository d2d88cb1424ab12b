/*
 * phrase - fills the {names} of a text with arguments
 */
#ifndef SMTPDX_KNOWLEDGE_PHRASE_H
#define SMTPDX_KNOWLEDGE_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/argument.h"
#include "base/buf.h"
#include "knowledge/text.h"

/* Appends what came from outside, escaped for the surface that out is for. */
typedef bool (*phrase_peer_fn)(struct buf *out, struct peer_text t, void *user);

/*
 * phrase_put() - appends the text, each {name} replaced by the argument of that name
 * shape:  words go in as they are, peer text through put_peer and nothing else;
 *         a text that is an argument is not filled in itself
 * units:  durations as "340 ms", "5.2 s", in the language's own words; dates
 *         as "2026-11-24 15:04 UTC"
 * errors: false when out refused the bytes; a {name} without an argument is our
 *         bug: it stops a debug build and stays in the text otherwise
 */
bool phrase_put(struct buf *out, enum language language, enum text_id id, const struct argument *args,
                size_t n, phrase_peer_fn put_peer, void *user);

#endif
