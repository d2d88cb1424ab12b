/*
 * interceptor - look-ups by the name of an issuer
 */
#include "knowledge/interceptor.h"

#include "base/dn.h"
#include "knowledge/tables.h"

static bool has_if_wanted(struct peer_text issuer, const char *type, const char *wanted)
{
    return wanted == NULL || dn_has(issuer, type, wanted);
}

static bool mark_fits(const struct interceptor_mark *m, struct peer_text issuer)
{
    return has_if_wanted(issuer, "CN", m->cn) && has_if_wanted(issuer, "O", m->o) &&
           has_if_wanted(issuer, "OU", m->ou);
}

const struct interceptor *interceptor_by_issuer(struct peer_text issuer)
{
    for (size_t i = 0; i < interceptor_count; i++) {
        const struct interceptor *x = &interceptor_table[i];

        for (size_t k = 0; k < x->n_marks; k++)
            if (mark_fits(&x->marks[k], issuer))
                return x;
    }
    return NULL;
}

bool interceptor_is_public_issuer(struct peer_text issuer)
{
    for (size_t i = 0; i < public_issuer_count; i++)
        if (dn_has(issuer, "O", public_issuer_table[i]))
            return true;
    return false;
}
