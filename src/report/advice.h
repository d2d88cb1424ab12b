/*
 * advice - the values that the texts of a finding's steps are completed with
 *
 * A finding brings the values that its rule knows; what every step may ask for
 * besides (data/steps.toml: host, settings, port, endpoint, cleaned, where,
 * evidence, clock, scanner, target, help, public, limit, and those of variant.h)
 * is filled in here from the plan, from what was seen to work, or else from what
 * the provider is known to serve.
 */
#ifndef SMTPDX_REPORT_ADVICE_H
#define SMTPDX_REPORT_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "knowledge/phrase.h"
#include "model/diagnosis.h"
#include "model/evidence.h"
#include "report/variant.h"

enum { ADVICE_COMMON_COUNT = 13 + VARIANT_COUNT };

struct advice {
    struct argument arguments[BECAUSE_ARGUMENTS_MAX + ADVICE_COMMON_COUNT];
    size_t n;
    struct buf host, settings, endpoint, where, evidence, clock; /* what the arguments point to */
};

/*
 * advice_init() - collects the arguments for the steps of finding f
 * shape:  put_peer is the escaping of the surface, as for phrase_put(); keep f,
 *         e and d as long as the advice
 * errors: false when memory is short; advice_done() is due all the same
 */
bool advice_init(struct advice *a, enum language language, const struct evidence *e,
                 const struct diagnosis *d, const struct diagnosed *f, phrase_peer_fn put_peer);
void advice_done(struct advice *a);

/* "SSL/TLS", "STARTTLS": as the settings of mail programs call it. */
enum text_id advice_mode_name(enum tls_mode mode);

struct setting {
    const char *host;
    uint16_t port;
    enum tls_mode mode;
};

/*
 * advice_put_setting() - "smtp.example.net, port 587, STARTTLS"
 * shape:  after " or " where out holds something already; without the host
 *         where it is known_host (NULL: none), which was named before
 * errors: false when out refused the bytes
 */
bool advice_put_setting(struct buf *out, enum language language, const struct setting *s,
                        const char *known_host);

/* The provider that the plan names or that owns its host; NULL where it is none that is known. */
struct provider;
const struct provider *advice_provider(const struct plan *p);

#endif
