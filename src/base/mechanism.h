/*
 * mechanism - the SASL mechanisms that smtpdx signs in with, by name
 */
#ifndef SMTPDX_BASE_MECHANISM_H
#define SMTPDX_BASE_MECHANISM_H

#include <stdbool.h>
#include <stddef.h>

/* Their registered names ("SCRAM-SHA-256"), one by one from 0; NULL behind the last. */
const char *mechanism_name(size_t i);

/* The registered name of what was typed in letters of either case; NULL for another. */
const char *mechanism_parse(const char *word);

/* It takes an OAuth 2 token and no password (RFC 7628; XOAUTH2 is Google's). name: as registered. */
bool mechanism_takes_token(const char *name);

#endif
