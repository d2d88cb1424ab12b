/*
 * read_server - the lines of a scenario that make its servers: cert, port, control, on, and the steps
 */
#ifndef SMTPDX_SIMULATE_READ_SERVER_H
#define SMTPDX_SIMULATE_READ_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/reader.h"

bool read_server_issuer(struct reader *r, char *rest);
bool read_server_cert(struct reader *r, char *rest);
bool read_server_port(struct reader *r, char *rest);
bool read_server_control(struct reader *r, char *rest);

/* Whether a line with this first word goes on with the port above it: an event, or a step. */
bool read_server_goes_on(const char *word);
bool read_server_on(struct reader *r, char *word, char *rest);

bool read_server_find_cert(const struct scenario *s, const char *name, size_t *ret);

/* NULL with a complaint when there are too many. */
struct scenario_cert *read_server_add_cert(struct reader *r, const char *name);

/* Ends the open port, if there is one, with what a healthy server of its face does. */
bool read_server_close_port(struct reader *r);

/* Every server that the file does not name, as it is where nothing is wrong. */
bool read_server_add_usual(struct reader *r);

#endif
