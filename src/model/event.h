/*
 * event - something in the Evidence has changed; for progress and live faces
 */
#ifndef SMTPDX_MODEL_EVENT_H
#define SMTPDX_MODEL_EVENT_H

#include <stddef.h>

struct evidence;

enum event_kind {
    EVENT_STARTED,  /* the first of all */
    EVENT_NAME,     /* names[index] */
    EVENT_PROBE,    /* probes[index] */
    EVENT_FINISHED, /* nothing will change any more */
};

struct event {
    enum event_kind kind;
    size_t index;
    const struct evidence *evidence;
};

#endif
