/*
 * replies_table - what data/compile.py makes of data/replies.toml; for replies.c alone
 */
#ifndef SMTPDX_KNOWLEDGE_REPLIES_TABLE_H
#define SMTPDX_KNOWLEDGE_REPLIES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knowledge/replies.h"

struct reply_words {
    const char *const *words; /* as replies.c folds a text: lower case, one blank between two words */
    size_t n;
};

struct reply_row {
    struct reply_words texts; /* any of them; none: the number decides */
    uint16_t code;            /* 0: any that refuses */
    uint16_t enhanced[3];     /* class 0: either; with subject and detail 0 too: any or none */
    uint16_t detail_last;     /* enhanced[2] is the first of a range */
    uint8_t stages;           /* bit 1 << enum reply_stage; REPLY_AT_ANY is never set, 0: all */
    uint8_t percent;          /* how sure the row is */
    bool weak;                /* its words also stand in sentences that mean something else */
    enum reply_class class;
    enum finding_id finding;  /* FINDING_NONE: that of the class */
    const char *help_url;     /* or NULL */
};

/* One provider's or service's rows; neither providers nor hosts: anybody's. */
struct reply_set {
    struct reply_words providers; /* ids */
    struct reply_words hosts;     /* endings of names */
    struct reply_words marks;     /* words that give it away in a text from nowhere */
    const struct reply_row *rows;
    size_t n;
};

extern const struct reply_set reply_set_table[];
extern const size_t reply_set_count;

extern const char *const reply_class_table[REPLY_CLASS_COUNT];
extern const enum finding_id reply_finding_table[REPLY_CLASS_COUNT][REPLY_STAGE_COUNT];

#endif
