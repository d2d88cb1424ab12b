/*
 * mail_log - which lines of a mail server's log are not about mail that it cannot send
 */
#ifndef SMTPDX_DIAGNOSE_MAIL_LOG_H
#define SMTPDX_DIAGNOSE_MAIL_LOG_H

#include "diagnose/pasted.h"

/*
 * mail_log_set_aside() - marks the lines that tell nothing of why mail cannot be sent
 * shape:  where the log has lines of its sending part, those in which the server
 *         itself turns others away; what stands before the line that says that
 *         the same message has been sent to the same recipient
 */
void mail_log_set_aside(struct pasted *p);

#endif
