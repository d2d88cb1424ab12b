/*
 * reader - the lines of a scenario file, word by word and value by value
 *
 * What the readers of the groups (read_server, read_world, scenario) have in
 * common. Every failure leaves one line in complaint and ERR_INPUT, or
 * ERR_NOMEM; words are cut in place, so a line is read once.
 */
#ifndef SMTPDX_SIMULATE_READER_H
#define SMTPDX_SIMULATE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "simulate/scenario.h"

struct reader {
    struct scenario *s;
    const char *name;
    unsigned line;
    char *complaint; /* SCENARIO_COMPLAINT_SIZE */
    struct err *err;
    bool in_port;    /* s->ports[s->n_ports - 1] is still open */
    bool in_handler; /* likewise the last handler */
};

/* Both return false, for the caller to hand on. */
bool reader_no_memory(struct reader *r);
/* "NAME:LINE: what 'word': accepted", with name and word made harmless; word and accepted may be NULL. */
bool reader_complain(struct reader *r, const char *what, const char *word, const char *accepted);

bool reader_is_blank(char c);
/* Cuts the next word off *rest; "" at the end of the line. */
char *reader_word(char **rest);
bool reader_nothing_more(struct reader *r, char *rest);

bool reader_number(int *ret, const char *text, int min, int max);
bool reader_port(struct reader *r, uint16_t *ret, const char *word);
/* The place of word in a list that ends in NULL, or a complaint that shows the list. */
bool reader_choice(struct reader *r, int *ret, const char *what, const char *word, const char *const *list);
/* Host names, finding ids and the like: letters, digits, dots, dashes, colons, underscores. */
bool reader_is_plain_name(const char *text, size_t max);
/* Splits "key=value" in place; complains where there is no value. */
bool reader_split(struct reader *r, char *word, char **value, const char *accepted);
/* Appends len bytes of text with escapes and {host} resolved. */
bool reader_unescape(struct reader *r, struct buf *out, const char *text, size_t len);

/* Copies into the scenario. */
bool reader_keep_bytes(struct reader *r, struct peer_text *ret, const struct buf *b);
bool reader_keep_word(struct reader *r, const char **ret, const char *word);

/* ARENA_APPEND that words its two failures. */
void *reader_append(struct reader *r, void *array, size_t *n, size_t size, size_t max, const char *what);
#define READER_APPEND(r, array, n, max, what) \
    ((__typeof__(array))reader_append((r), &(array), &(n), sizeof *(array), (max), (what)))

/* The host is the target unless said otherwise, from the first line on that needs it. */
bool reader_need_host(struct reader *r);

#endif
