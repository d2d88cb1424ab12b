/*
 * text - look-ups in the table of texts
 */
#include "knowledge/text.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "knowledge/tables.h"

static const char *const language_words[LANGUAGE_COUNT] = {
    [LANGUAGE_EN] = "en",
    [LANGUAGE_JA] = "ja",
};

const char *text(enum language language, enum text_id id)
{
    assert((size_t)language < LANGUAGE_COUNT && id < TEXT_COUNT);
    return text_table[language][id];
}

const char *language_word(enum language language)
{
    return language_words[language];
}

bool language_parse(enum language *ret, const char *word)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        if (strcmp(word, language_words[i]) == 0) {
            *ret = (enum language)i;
            return true;
        }
    }
    return false;
}

enum language language_of_locale(const char *locale)
{
    if (locale == NULL || strncmp(locale, "ja", 2) != 0)
        return LANGUAGE_EN;
    /* "ja" ends there, or its territory, codeset or modifier follows. */
    return strchr("_.@", locale[2]) != NULL ? LANGUAGE_JA : LANGUAGE_EN;
}
