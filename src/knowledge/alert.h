/*
 * alert - the names of TLS alerts, as RFC 8446 and its forerunners write them
 */
#ifndef SMTPDX_KNOWLEDGE_ALERT_H
#define SMTPDX_KNOWLEDGE_ALERT_H

/* "handshake_failure"; "unassigned" for a number without a name. Static. */
const char *alert_name(unsigned number);

#endif
