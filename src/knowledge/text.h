/*
 * text - every sentence for the user, in every language
 *
 * English stands in data/, Japanese in po/ja.po; both are compiled in, so a
 * look-up needs no locale, no installed file and no memory.
 */
#ifndef SMTPDX_KNOWLEDGE_TEXT_H
#define SMTPDX_KNOWLEDGE_TEXT_H

#include <stdbool.h>

#include "knowledge/text_id.h"

enum language {
    LANGUAGE_EN,
    LANGUAGE_JA,
};
enum { LANGUAGE_COUNT = 2 };

/* The text as it stands, with its {names}: phrase.h fills them in. "" for TEXT_NONE. */
const char *text(enum language language, enum text_id id);

/* "en", "ja": the words of --lang and of the JSON report. */
const char *language_word(enum language language);
bool language_parse(enum language *ret, const char *word);

/* The language of a locale's name ("ja_JP.UTF-8"); English for any other and for NULL. */
enum language language_of_locale(const char *locale);

#endif
