/*
 * shown - the certificates that servers have shown: who showed which, and who vouches for them
 *
 * Questions to the chains of the Evidence that several rules ask; each answer
 * is found by looking, and nothing is kept.
 */
#ifndef SMTPDX_DIAGNOSE_SHOWN_H
#define SMTPDX_DIAGNOSE_SHOWN_H

#include "diagnose/spot.h"

/* Every endpoint of the target that showed this chain on a port that counts. */
struct spot shown_where(const struct draft *d, size_t chain);

/* This machine has no roots to hold a chain against. */
bool shown_without_roots(const struct evidence *e);

/* It was held against the roots, and was not believed. */
bool shown_distrusted(const struct evidence *e, const struct chain *c);

/*
 * shown_completable() - what the server left out was found, or must be somewhere
 * shape:  a leaf that comes alone either has a public issuer or says where its
 *         issuer is; a longer chain must do both, for a private one says where its
 *         root is too, and lacks nothing but trust; as does one whose fetched
 *         issuers end in a root that is not known here
 */
bool shown_completable(const struct chain *c);

/* Nobody who is known here has issued it, and nothing hints at an authority that issues for the public. */
bool shown_private(const struct evidence *e, const struct chain *c);

/* What Google's servers show to a client that names no server; it comes from Google itself. */
bool shown_for_no_name(const struct chain *c);

/* {names}: what the leaf is for, "a.example, b.example, ..."; empty where it names nothing. */
void shown_say_names(struct draft *d, struct because *b, const struct certificate *leaf);

/* {issuer}: the common name and the organisation; the whole name where it has none of them. */
void shown_say_issuer(struct draft *d, struct because *b, struct peer_text issuer);

/* What a certificate is called by: the whole subject where there is one. */
struct peer_text shown_subject(const struct certificate *c);

#endif
