/*
 * plan_json - the Plan within a record: each of its fields, in both directions
 */
#ifndef SMTPDX_MODEL_PLAN_JSON_H
#define SMTPDX_MODEL_PLAN_JSON_H

#include "model/codec.h"

/* item: a struct plan */
void codec_plan(struct codec *c, void *item);

#endif
