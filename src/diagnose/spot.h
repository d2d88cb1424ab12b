/*
 * spot - some endpoints of one host, named together in one line
 *
 * "smtp.example.com:465, 587 (192.0.2.1, 2001:db8::1)": what happened alike at
 * several addresses or ports is told once.
 */
#ifndef SMTPDX_DIAGNOSE_SPOT_H
#define SMTPDX_DIAGNOSE_SPOT_H

#include "diagnose/draft.h"

enum { SPOT_ADDRESSES_MAX = 4 };

struct spot {
    int first; /* the probe that stands for all; -1 while there is none */
    struct port_set ports;
    struct address addresses[SPOT_ADDRESSES_MAX];
    size_t n_addresses;
    bool more;         /* addresses that are not named */
    double longest_ms; /* of their total times */
};

void spot_init(struct spot *s);
void spot_add(struct spot *s, const struct evidence *e, int probe);

/* The argument {endpoint} of a line. */
void spot_say(struct draft *d, struct because *b, const struct spot *s);

/* The same of one connection, which need not stand in the matrix. */
void spot_say_alone(struct draft *d, struct because *b, const struct probe *p);

/* A line about the spot, {endpoint} filled in, and the finding concerns its ports. */
struct because *spot_because(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s);

/* Which probes belong together; kind is what the caller looks for. */
typedef bool (*spot_match_fn)(const struct draft *d, const struct probe *p, int kind);

/* All probes of the target on this port that match. */
struct spot spot_of_port(const struct draft *d, uint16_t port, spot_match_fn match, int kind);

/* The same addresses, so that the ports of both can stand in one line. */
bool spot_fits(const struct spot *s, const struct spot *other);
void spot_join(struct spot *s, const struct spot *other);

/* Joins those of the spots that fit; returns how many are left. */
size_t spot_merge(struct spot *spots, size_t n);

/* All of the spokesmen on this port with this trouble. */
struct spot spot_of_trouble(const struct draft *d, uint16_t port, enum trouble trouble);

#endif
