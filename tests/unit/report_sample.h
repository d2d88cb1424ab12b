/*
 * report_sample - made-up checks with a made-up diagnosis, for the tests of reports
 */
#ifndef SMTPDX_TESTS_REPORT_SAMPLE_H
#define SMTPDX_TESTS_REPORT_SAMPLE_H

#include "model/diagnosis.h"
#include "model/evidence.h"

enum sample_kind {
    SAMPLE_HEALTHY,
    SAMPLE_BLOCKED,    /* the user's port 587 is silent, 465 works */
    SAMPLE_EXPIRED,    /* the certificate has ended; an effect and another finding beside it */
    SAMPLE_WHITESPACE, /* a blank in the name, which is then not found */
    SAMPLE_UNREADABLE, /* no host can be made of what was typed */
    SAMPLE_HOSTILE,    /* everything a peer may fill is full of escape sequences */
    SAMPLE_INTERRUPTED, /* stopped while probes were running */
    SAMPLE_WRONG_MODE,  /* implicit TLS is asked for on 587; judged by the rules */
    SAMPLE_OFFLINE,     /* no route, no answer from the resolver; judged by the rules */
    SAMPLE_REFUSED,     /* the password is not accepted; judged by the rules */
    SAMPLE_SENT,        /* signed in, and the test message is taken; likewise */
    SAMPLE_BARRED,      /* no sign-in, for the certificate has ended; likewise */
};
enum { SAMPLE_COUNT = 12 };

/* Escape sequences, a clipboard write, a bidi override, a line end, bad UTF-8 and a backslash. */
extern const char sample_hostile_text[];

struct sample {
    const char *name;
    struct evidence *evidence;
    struct diagnosis *diagnosis;
};

struct sample sample_new(enum sample_kind kind);

/* Puts what the rules make of the evidence in place of the made-up diagnosis. */
void sample_judge(struct sample *s);
void sample_free(struct sample *s);

#endif
