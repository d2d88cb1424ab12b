/*
 * draft - a Diagnosis while the rules write it
 *
 * Holds beside each finding the ports that it is about, for its severity and
 * for what causes what. Memory that runs short is noticed once, at the end:
 * until then a rule writes into a spare finding.
 */
#ifndef SMTPDX_DIAGNOSE_DRAFT_H
#define SMTPDX_DIAGNOSE_DRAFT_H

#include "diagnose/attempt.h"
#include "diagnose/seen.h"
#include "knowledge/finding.h"
#include "knowledge/text.h"
#include "model/diagnosis.h"

struct port_set {
    uint16_t ports[PLAN_PORTS_MAX];
    size_t n;
};

bool port_set_has(const struct port_set *set, uint16_t port);
void port_set_add(struct port_set *set, uint16_t port);

struct draft {
    const struct evidence *e;
    struct diagnosis *d;
    struct arena *arena; /* the Diagnosis's */
    struct port_set ports[DIAGNOSIS_FINDINGS_MAX];
    /* Who speaks for each endpoint of the target that connects and does not work. */
    int spokesmen[EVIDENCE_PROBES_MAX];
    size_t n_spokesmen;
    struct attempt attempt; /* at signing in and sending */
    struct diagnosed spare;
    struct because spare_because;
};

void draft_init(struct draft *d, struct diagnosis *diagnosis, const struct evidence *e);

/* The finding of that id, made where there is none yet: critical and certain until said otherwise. */
struct diagnosed *draft_raise(struct draft *d, enum finding_id finding);

/* The finding of that id, or NULL where it was not raised. */
struct diagnosed *draft_find(const struct draft *d, enum finding_id finding);

void draft_concern(struct draft *d, const struct diagnosed *f, uint16_t port);
const struct port_set *draft_ports(const struct draft *d, const struct diagnosed *f);

/*
 * draft_judge() - severity by the effect on this user, of the ports that the finding is about
 * shape:  critical where a port that was asked for does not work as it is set,
 *         or, where none was asked for, nothing does; else a warning
 */
void draft_judge(struct draft *d, struct diagnosed *f);

/* One line of evidence; probe: its index, or -1. */
struct because *draft_because(struct draft *d, struct diagnosed *f, enum text_id text, int probe);

/* Arguments of a line; names are the {names} of its text. Values are copied. */
void say_word(struct draft *d, struct because *b, const char *name, const char *word);
void say_peer(struct draft *d, struct because *b, const char *name, struct peer_text text);
/* {reply}: what refused, its lines joined into one; the number alone where there is no text. */
void say_reply(struct draft *d, struct because *b, const struct refused_reply *r);
void say_text(struct because *b, const char *name, enum text_id text);
void say_number(struct because *b, const char *name, int64_t number);
void say_duration(struct because *b, const char *name, double ms);
void say_date(struct because *b, const char *name, int64_t seconds);

/* {source}: who told the time, where it is known. */
void say_time_source(struct draft *d, struct because *b);

/* An argument for the texts of the finding's steps; the first one of a name stays. */
/* The same for a text in the language of the report. */
void draft_step_text(struct draft *d, struct diagnosed *f, const char *name, enum text_id text);
void draft_step_word(struct draft *d, struct diagnosed *f, const char *name, const char *word);

/* The name of the target as it was probed; empty where none can be made of what was typed. */
const char *draft_host(const struct draft *d);

#endif
