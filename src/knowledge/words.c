/*
 * words - look-ups in the lists of words
 */
#include "knowledge/words.h"

#include <string.h>
#include <strings.h>

#include "knowledge/tables.h"

static bool stands_in(const char *word, struct peer_text text)
{
    size_t len = strlen(word);

    for (size_t at = 0; at + len <= text.len; at++) {
        if (strncasecmp(text.bytes + at, word, len) == 0)
            return true;
    }
    return false;
}

bool words_stand_in(enum words_id list, struct peer_text text)
{
    for (size_t i = 0; i < word_table[list].n; i++) {
        if (stands_in(word_table[list].words[i], text))
            return true;
    }
    return false;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name);
    size_t ending_len = strlen(ending);

    if (len < ending_len || strcasecmp(name + len - ending_len, ending) != 0)
        return false;
    return len == ending_len || name[len - ending_len - 1] == '.';
}

bool words_end(enum words_id list, const char *name)
{
    for (size_t i = 0; i < word_table[list].n; i++) {
        if (ends_in(name, word_table[list].words[i]))
            return true;
    }
    return false;
}
