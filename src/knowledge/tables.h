/*
 * tables - what data/compile.py makes of data/ and po/; for this room alone
 */
#ifndef SMTPDX_KNOWLEDGE_TABLES_H
#define SMTPDX_KNOWLEDGE_TABLES_H

#include <stddef.h>

#include "knowledge/control.h"
#include "knowledge/finding.h"
#include "knowledge/interceptor.h"
#include "knowledge/known_host.h"
#include "knowledge/port.h"
#include "knowledge/provider.h"
#include "knowledge/step.h"
#include "knowledge/text.h"
#include "knowledge/words_id.h"

extern const char *const text_table[LANGUAGE_COUNT][TEXT_COUNT];
extern const struct finding finding_table[FINDING_COUNT];
extern const struct step step_table[STEP_COUNT];

extern const struct provider provider_table[];
extern const size_t provider_count;

extern const struct port_service port_table[];
extern const size_t port_count;

/* Sorted. */
extern const struct control_host control_table[];
extern const size_t control_count;
extern const char *const known_host_table[];
extern const size_t known_host_count;

extern const struct other_host other_host_table[];
extern const size_t other_host_count;

extern const struct interceptor interceptor_table[];
extern const size_t interceptor_count;

/* Organisations, sorted. */
extern const char *const public_issuer_table[];
extern const size_t public_issuer_count;

struct word_list {
    const char *const *words; /* lower case */
    size_t n;
};

extern const struct word_list word_table[WORDS_COUNT];

#endif
