/*
 * client_text - what mail programs and systems say when sending fails, as data/client-texts.toml lists it
 *
 * Such a text names a cause, or tells how it failed, or says no more than that
 * it did. A server's own words are the business of replies.h.
 */
#ifndef SMTPDX_KNOWLEDGE_CLIENT_TEXT_H
#define SMTPDX_KNOWLEDGE_CLIENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"
#include "knowledge/finding_id.h"

enum client_text_form {
    CLIENT_TEXT_WORDS,  /* fragments that all stand in one line */
    CLIENT_TEXT_CODE,   /* a word of its own; 0x may stand before it */
    CLIENT_TEXT_NUMBER, /* likewise, behind a word that says that the number of an error follows */
};

/* The better one tells more. */
enum client_text_sort {
    CLIENT_TEXT_WRAPPER, /* it failed */
    CLIENT_TEXT_SYMPTOM, /* this is how */
    CLIENT_TEXT_CAUSE,   /* this is why */
};

struct client_meaning {
    enum finding_id finding;
    unsigned char percent; /* how sure it is where nothing else is known */
};

struct client_text {
    const char *program; /* whose text it is: "Thunderbird", "OpenSSL" */
    enum client_text_form form;
    enum client_text_sort sort;
    const struct peer_text *words; /* lower case, single blanks, straight quotation marks */
    size_t n_words;
    const struct client_meaning *means; /* most likely first; none where it tells no cause */
    size_t n_means;
};

size_t client_text_total(void);
const struct client_text *client_text_at(size_t index);

enum { CLIENT_TEXT_HITS_MAX = 32 }; /* texts of programs in one line */

/* A text that stands in a line, from its first fragment to the end of the last one. */
struct client_text_hit {
    const struct client_text *text;
    size_t at, len;
};

/*
 * client_text_find() - every text that stands in a line; returns their number
 * shape:  line is folded (client_text_fold); own is how much of it belongs to
 *         the line itself, for a text may run on into the next
 */
size_t client_text_find(struct client_text_hit ret[static CLIENT_TEXT_HITS_MAX], struct peer_text line,
                        size_t own);

/*
 * client_text_fold() - writes a line the way the table has it
 * shape:  room is for line.len bytes at least; returns how many were written.
 *         ASCII letters small, runs of blanks and control characters one blank,
 *         curly quotation marks straight, a no-break space a blank
 */
size_t client_text_fold(char *room, struct peer_text line);

/* Where in a line that stands which is at `folded` once it is folded. */
size_t client_text_unfold(struct peer_text line, size_t folded);

/* The id of the provider that a mark in the folded line gives away, or NULL. */
const char *client_text_provider(struct peer_text line);

#endif
