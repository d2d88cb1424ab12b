/*
 * mechanism - the SASL mechanisms that smtpdx signs in with, by name
 */
#ifndef SMTPDX_BASE_MECHANISM_H
#define SMTPDX_BASE_MECHANISM_H

/* The registered name ("SCRAM-SHA-256") of what was typed in letters of either case; NULL for another. */
const char *mechanism_parse(const char *word);

#endif
