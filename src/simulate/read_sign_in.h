/*
 * read_sign_in - the lines of a scenario about who may sign in, and with what the check tries to
 */
#ifndef SMTPDX_SIMULATE_READ_SIGN_IN_H
#define SMTPDX_SIMULATE_READ_SIGN_IN_H

#include <stdbool.h>

#include "base/peer_text.h"
#include "simulate/reader.h"

bool read_sign_in_account(struct reader *r, char *rest);
bool read_sign_in_token(struct reader *r, char *rest);
bool read_sign_in_oauth_error(struct reader *r, char *rest);
bool read_sign_in_secret(struct reader *r, char *rest);

/* What a wrong token is told where the file does not say. */
struct peer_text read_sign_in_usual_error(void);

#endif
