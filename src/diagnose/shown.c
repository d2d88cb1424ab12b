/*
 * shown - the certificates that servers have shown
 */
#include "diagnose/shown.h"

#include "base/buf.h"
#include "base/dn.h"
#include "knowledge/interceptor.h"

enum { NAMES_NAMED_MAX = 4, NAMES_TEXT_MAX = 300 };

struct spot shown_where(const struct draft *d, size_t chain)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role == ROLE_TARGET && p->chain == (int)chain && seen_counts(d->e, p->port))
            spot_add(&s, d->e, (int)i);
    }
    return s;
}

bool shown_without_roots(const struct evidence *e)
{
    if (e->roots_loaded)
        return e->n_roots == 0;
    return !e->interrupted && !e->ceiling_reached;
}

bool shown_distrusted(const struct evidence *e, const struct chain *c)
{
    return c->judged && !c->trusted && !shown_without_roots(e);
}

bool shown_completable(const struct chain *c)
{
    const struct certificate *last = &c->certificates[c->n_certificates - 1];

    if (c->completion != COMPLETION_NONE)
        return true;
    if (last->self_issued || (c->n_fetched > 0 && c->fetched[c->n_fetched - 1].self_issued))
        return false;
    if (c->n_certificates == 1)
        return c->issuer_public || last->has_ca_issuers;
    return c->issuer_public && last->has_ca_issuers;
}

bool shown_private(const struct evidence *e, const struct chain *c)
{
    const struct certificate *last = c->n_certificates == 0 ? NULL : &c->certificates[c->n_certificates - 1];

    if (last == NULL || !shown_distrusted(e, c) || (c->trust_flaws & TRUST_NO_ISSUER) == 0)
        return false;
    if (c->leaf_self_signed)
        return true;
    /* An old list of roots does not make a public authority a private one. */
    return !shown_completable(c) && !c->issuer_public && !interceptor_is_public_issuer(last->issuer);
}

bool shown_for_no_name(const struct chain *c)
{
    const struct certificate *leaf = c->certificates;

    if (c->n_certificates == 0 || !leaf->self_issued)
        return false;
    return dn_has(leaf->subject, "CN", "invalid2.invalid") || dn_has(leaf->subject, "OU", "No SNI provided*");
}

void shown_say_names(struct draft *d, struct because *b, const struct certificate *leaf)
{
    struct buf names;

    buf_init(&names, NAMES_TEXT_MAX);
    for (size_t i = 0; i < leaf->n_names && i < NAMES_NAMED_MAX; i++) {
        if (i > 0)
            buf_put_string(&names, ", ");
        buf_put(&names, leaf->names[i].text.bytes, leaf->names[i].text.len);
    }
    if (leaf->n_names > NAMES_NAMED_MAX)
        buf_put_string(&names, ", ...");
    say_peer(d, b, "names", (struct peer_text){ names.bytes, names.len });
    buf_done(&names);
}

void shown_say_issuer(struct draft *d, struct because *b, struct peer_text issuer)
{
    struct peer_text rest = issuer;
    struct dn_attribute a;
    struct buf said;

    buf_init(&said, NAMES_TEXT_MAX);
    while (dn_next(&rest, &a)) {
        if (a.len == 0 || (!peer_text_equal_nocase(a.type, "CN") && !peer_text_equal_nocase(a.type, "O")))
            continue;
        if (said.len > 0)
            buf_put_string(&said, ", ");
        buf_put(&said, a.value, a.len);
    }
    say_peer(d, b, "issuer", said.len > 0 ? (struct peer_text){ said.bytes, said.len } : issuer);
    buf_done(&said);
}

struct peer_text shown_subject(const struct certificate *c)
{
    return c->subject.len > 0 ? c->subject : c->common_name;
}
