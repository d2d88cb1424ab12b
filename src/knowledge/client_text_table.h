/*
 * client_text_table - what data/compile.py makes of data/client-texts.toml; for client_text.c alone
 */
#ifndef SMTPDX_KNOWLEDGE_CLIENT_TEXT_TABLE_H
#define SMTPDX_KNOWLEDGE_CLIENT_TEXT_TABLE_H

#include "knowledge/client_text.h"

extern const struct client_text client_text_table[];
extern const size_t client_text_count;

/* A mark that gives away whose server a text is about. */
struct provider_hint {
    const char *word; /* lower case */
    const char *provider;
};

extern const struct provider_hint provider_hint_table[];
extern const size_t provider_hint_count;

#endif
