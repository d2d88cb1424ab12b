/*
 * word - enumerations by their words, both ways from one table
 *
 * WORD_FUNCTIONS(noun, words) defines what a header declares as
 *     const char *noun_word(enum noun value);
 *     bool noun_parse(enum noun *ret, const char *word);
 * words has one for every value, from 0.
 */
#ifndef SMTPDX_MODEL_WORD_H
#define SMTPDX_MODEL_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The index of a word in a table of n; false where it is none of them. */
static inline bool word_find(size_t *ret, const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

#define WORD_FUNCTIONS(noun, words)                                               \
    const char *noun##_word(enum noun value)                                      \
    {                                                                             \
        return (words)[value];                                                    \
    }                                                                             \
    bool noun##_parse(enum noun *ret, const char *word)                           \
    {                                                                             \
        size_t index;                                                             \
                                                                                  \
        if (!word_find(&index, word, (words), sizeof(words) / sizeof *(words)))   \
            return false;                                                         \
        *ret = (enum noun)index;                                                  \
        return true;                                                              \
    }

/*
 * The same for an enumeration of single bits, of which sets are made:
 *     const char *noun_word(unsigned bit);
 *     bool noun_parse(unsigned *ret, const char *word);
 * words has one for every bit, from the lowest.
 */
#define WORD_FUNCTIONS_OF_BITS(noun, words)                                       \
    const char *noun##_word(unsigned bit)                                         \
    {                                                                             \
        return (words)[__builtin_ctz(bit)];                                       \
    }                                                                             \
    bool noun##_parse(unsigned *ret, const char *word)                            \
    {                                                                             \
        size_t index;                                                             \
                                                                                  \
        if (!word_find(&index, word, (words), sizeof(words) / sizeof *(words)))   \
            return false;                                                         \
        *ret = 1u << index;                                                       \
        return true;                                                              \
    }

#endif
