/*
 * resolver - one nameserver, asked by c-ares on the engine's loop
 *
 * A channel holds one server, so that it is known who answered what. Channels
 * belong to the engine and serve every check.
 */
#ifndef SMTPDX_PROBE_RESOLVER_H
#define SMTPDX_PROBE_RESOLVER_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"
#include "probe/dns_answer.h"

enum { RESOLVER_SYSTEM_MAX = 3 }; /* nameserver lines that are used (glibc's MAXNS) */

struct resolver;
struct question;

typedef void resolver_answer_fn(void *user, const struct dns_answer *answer);

bool resolver_new(struct resolver **ret, uv_loop_t *loop, const struct endpoint *server, struct err *err);

/* Ends every question without an answer to its asker; the memory goes when the loop has closed the handles. */
void resolver_close(struct resolver *r);

const struct endpoint *resolver_server(const struct resolver *r);

/*
 * resolver_ask() - asks for the addresses of a host
 * shape:  answer is called once; from inside this call where the query cannot
 *         even be sent, *ret being set before
 * errors: false when memory is short
 */
bool resolver_ask(struct question **ret, struct resolver *r, const char *host, enum record_type type,
                  resolver_answer_fn *answer, void *user, struct err *err);

/* The asker does not want to hear the answer any more. Takes NULL. */
void question_abandon(struct question *q);

/* The nameserver lines of a resolv.conf, up to RESOLVER_SYSTEM_MAX. source: resolv.conf(5) */
size_t resolver_read_servers(struct peer_text conf, struct endpoint ret[static RESOLVER_SYSTEM_MAX]);

/*
 * resolver_system_servers() - the nameservers of /etc/resolv.conf, up to RESOLVER_SYSTEM_MAX
 * shape:  *n is 0 where none is configured, or there is no such file
 * errors: ERR_SYSTEM where this side has no descriptor left to look
 */
bool resolver_system_servers(struct endpoint ret[static RESOLVER_SYSTEM_MAX], size_t *n, struct err *err);

#endif
