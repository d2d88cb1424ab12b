/*
 * words - look-ups in the lists of words
 */
#include "knowledge/words.h"

#include <string.h>
#include <strings.h>

#include "knowledge/tables.h"

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
