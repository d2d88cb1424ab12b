/*
 * face - what a port of a practice server is, and what a healthy one does there
 *
 * Tables alone. What a healthy server does is written in the language of the
 * scenario files and stands behind what a file says, so that the file counts.
 */
#ifndef SMTPDX_SIMULATE_FACE_H
#define SMTPDX_SIMULATE_FACE_H

#include <stddef.h>
#include <stdint.h>

#include "simulate/scenario.h"

enum { FACE_TEXTS_MAX = 3 };

struct face {
    const char *word;                  /* as files call it */
    enum scenario_protocol protocol;
    const char *texts[FACE_TEXTS_MAX]; /* its handlers; NULL behind the last */
};

const struct face *face_of(enum scenario_face face);

/* The reply to a command that nothing is said of, with its end; {tag} is to be resolved. */
const char *face_puzzled(enum scenario_protocol protocol);

/* What a control can be; the first of each kind is what it is where the file does not say. */
struct face_control {
    const char *kind, *word;
    enum scenario_place place;
    uint16_t number;
    enum scenario_face face;
};

const struct face_control *face_controls(size_t *n);

#endif
