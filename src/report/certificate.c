/*
 * certificate - what is wrong with the certificate of a chain, as words
 *
 * Reads the Evidence alone.
 */
#include "report/certificate.h"

static const int64_t LAST_SECOND = 253402300799; /* of the year 9999 */
static const int64_t SECONDS_A_DAY = 86400;

/* Certificates and records may hold any number; what follows adds and subtracts without overflow. */
static int64_t bounded(int64_t seconds)
{
    if (seconds > LAST_SECOND)
        return LAST_SECOND;
    return seconds < -LAST_SECOND ? -LAST_SECOND : seconds;
}

static const struct trust_word {
    unsigned flaw;
    struct certificate_flaw says;
} trust_words[] = {
    { TRUST_NO_ISSUER, { "no-issuer", TEXT_FLAW_NO_ISSUER } },
    { TRUST_ISSUER_NOT_CA, { "issuer-not-ca", TEXT_FLAW_ISSUER_NOT_CA } },
    { TRUST_WEAK_ALGORITHM, { "weak", TEXT_FLAW_WEAK } },
    { TRUST_BAD_SIGNATURE, { "bad-signature", TEXT_FLAW_BAD_SIGNATURE } },
    { TRUST_CONSTRAINTS, { "constraints", TEXT_FLAW_CONSTRAINTS } },
    { TRUST_PATH_LENGTH, { "path-length", TEXT_FLAW_PATH_LENGTH } },
    { TRUST_EXTENSION, { "extension", TEXT_FLAW_EXTENSION } },
    { TRUST_PURPOSE, { "purpose", TEXT_FLAW_PURPOSE } },
    { TRUST_REVOKED, { "revoked", TEXT_FLAW_REVOKED } },
    { TRUST_OTHER, { "other", TEXT_FLAW_OTHER } },
};

size_t certificate_flaws(struct certificate_flaw ret[static CERTIFICATE_FLAWS_MAX], const struct chain *c,
                         int64_t now_s)
{
    const struct certificate *leaf = c->n_certificates == 0 ? NULL : &c->certificates[0];
    bool self_signed = c->leaf_self_signed && !c->trusted;
    size_t n = 0;

    if (leaf == NULL)
        return 0;
    if (leaf->not_after < now_s)
        ret[n++] = (struct certificate_flaw){ "expired", TEXT_FLAW_EXPIRED };
    if (leaf->not_before > now_s)
        ret[n++] = (struct certificate_flaw){ "not-yet-valid", TEXT_FLAW_NOT_YET_VALID };
    if (!c->name_matches)
        ret[n++] = (struct certificate_flaw){ "name-mismatch", TEXT_FLAW_NAME_MISMATCH };
    if (self_signed)
        ret[n++] = (struct certificate_flaw){ "self-signed", TEXT_FLAW_SELF_SIGNED };
    for (size_t i = 0; c->judged && i < sizeof trust_words / sizeof trust_words[0]; i++) {
        /* Who signs for himself has no other issuer: told once. */
        if ((c->trust_flaws & trust_words[i].flaw) != 0 &&
            !(self_signed && trust_words[i].flaw == TRUST_NO_ISSUER))
            ret[n++] = trust_words[i].says;
    }
    return n;
}

int64_t certificate_days_left(const struct certificate *c, int64_t now_s)
{
    int64_t left = bounded(c->not_after) - bounded(now_s);

    /* Towards minus infinity: an hour past the end is day -1, not day 0. */
    return left >= 0 ? left / SECONDS_A_DAY : -((-left + SECONDS_A_DAY - 1) / SECONDS_A_DAY);
}

const struct chain *certificate_chain(const struct evidence *e, const struct probe *p)
{
    const struct chain *c;

    if (p->chain < 0 || (size_t)p->chain >= e->n_chains)
        return NULL;
    c = &e->chains[p->chain];
    return c->n_certificates == 0 ? NULL : c;
}

struct peer_text certificate_title(const struct certificate *c)
{
    if (c->n_names > 0)
        return c->names[0].text;
    return c->common_name.len > 0 ? c->common_name : c->subject;
}
