/*
 * step - look-ups in the table of steps
 */
#include "knowledge/step.h"

#include <assert.h>
#include <string.h>

#include "knowledge/tables.h"

const struct step *step_by_id(enum step_id id)
{
    assert(id < STEP_COUNT);
    return &step_table[id];
}

bool step_lookup(enum step_id *ret, const char *name)
{
    for (int i = 0; i < STEP_COUNT; i++) {
        if (strcmp(step_table[i].id, name) == 0) {
            *ret = (enum step_id)i;
            return true;
        }
    }
    return false;
}

const char *step_origin_word(enum step_origin origin)
{
    return origin == STEP_ORIGIN_ARTICLE ? "article" : "beyond";
}
