/*
 * read_server - the lines of a scenario that make its servers: cert, port, on, and the steps
 */
#ifndef SMTPDX_SIMULATE_READ_SERVER_H
#define SMTPDX_SIMULATE_READ_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/reader.h"

bool read_server_cert(struct reader *r, char *rest);
bool read_server_port(struct reader *r, char *rest);

/* Whether a line with this first word goes on with the port above it: an event, or a step. */
bool read_server_goes_on(const char *word);
bool read_server_on(struct reader *r, char *word, char *rest);

/* NULL with a complaint when there are too many. */
struct scenario_cert *read_server_add_cert(struct reader *r, const char *name);

bool read_server_open_port(struct reader *r, uint16_t number, enum scenario_face face);
/* Ends the open port, if there is one, with what a healthy server of its face does. */
bool read_server_close_port(struct reader *r);
const struct scenario_port *read_server_find_port(const struct scenario *s, uint16_t number);

#endif
