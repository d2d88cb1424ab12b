/*
 * whole - what a rule finds when it looks at the host as a whole
 *
 * Shared by the rules of net, port and smtp, which must not each tell the same
 * failure in their own words.
 */
#ifndef SMTPDX_DIAGNOSE_WHOLE_H
#define SMTPDX_DIAGNOSE_WHOLE_H

#include "diagnose/spot.h"

/* This machine reaches nobody, or nobody by the one family that there is to try. */
bool whole_has_no_network(const struct draft *d);

/* A finding about the whole host or network speaks for this port already. */
bool whole_explains(const struct draft *d, uint16_t port);

/* The asked port is none for sending: what else goes wrong there follows from that. */
bool whole_port_is_wrong(const struct draft *d, uint16_t port);

/* The best reach of the families that work at all. */
enum reach whole_port_reach(const struct draft *d, uint16_t port);

/* Some port of the target that counts has this reach. */
bool whole_has_reach(const struct draft *d, enum reach reach);

/* Every port that counts and was reached at all has this reach, and at least one has. */
bool whole_is(const struct draft *d, enum reach reach);

/* An ICMP refusal "prohibited" came for a port that counts. */
bool whole_is_prohibited(const struct draft *d);

/* What became of connections to these ports; those that ended alike at the same addresses in one line. */
void whole_say_connections(struct draft *d, struct diagnosed *f, const struct port_set *ports,
                           enum reach reach);

/* The ports of the Plan; only those that count. */
struct port_set whole_ports(const struct draft *d);
struct port_set whole_counted_ports(const struct draft *d);

/* One line about a single probe of any role. */
struct because *whole_say_probe(struct draft *d, struct diagnosed *f, enum text_id text, int probe);

/* One address of a name: {resolver}, {host}, {address}. */
void whole_say_answer(struct draft *d, struct diagnosed *f, enum text_id text, const struct name_view *name,
                      const struct found_address *a);

/* What a resolver elsewhere gives for the target: the first address that a public server may have; or NULL. */
const struct found_address *whole_elsewhere(const struct draft *d);

/* A line about it, where there is one. */
void whole_say_elsewhere(struct draft *d, struct diagnosed *f, enum text_id text);

#endif
