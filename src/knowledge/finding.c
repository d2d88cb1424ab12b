/*
 * finding - look-ups in the table of findings
 */
#include "knowledge/finding.h"

#include <assert.h>
#include <string.h>

#include "knowledge/tables.h"

const struct finding *finding_by_id(enum finding_id id)
{
    assert(id > FINDING_NONE && id < FINDING_COUNT);
    return &finding_table[id];
}

enum finding_id finding_lookup(const char *name)
{
    for (int i = FINDING_NONE + 1; i < FINDING_COUNT; i++)
        if (strcmp(finding_table[i].id, name) == 0)
            return (enum finding_id)i;
    return FINDING_NONE;
}
