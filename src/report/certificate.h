/*
 * certificate - what is wrong with the certificate of a chain, as words
 *
 * For showing, not for judging: the rules decide what it means for the user.
 */
#ifndef SMTPDX_REPORT_CERTIFICATE_H
#define SMTPDX_REPORT_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knowledge/text_id.h"
#include "model/evidence.h"

enum { CERTIFICATE_FLAWS_MAX = 12 };

/* One thing that is wrong: the stable word of the JSON report, and its name for people. */
struct certificate_flaw {
    const char *word;
    enum text_id text;
};

/*
 * certificate_flaws() - what is wrong with the first certificate of a chain
 * shape:  fills ret and returns how many; a chain that could not be judged for
 *         want of roots has only the flaws that need none
 * units:  now_s is Unix time, right or wrong: what the local clock said
 */
size_t certificate_flaws(struct certificate_flaw ret[static CERTIFICATE_FLAWS_MAX], const struct chain *c,
                         int64_t now_s);

/* Whole days until the end, negative after it; bounded to what four-digit years need. */
int64_t certificate_days_left(const struct certificate *c, int64_t now_s);

/* The chain that the probe was shown, NULL where it saw no certificate. */
const struct chain *certificate_chain(const struct evidence *e, const struct probe *p);

/* The name to call it by: the first of its names, else its common name, else its subject. */
struct peer_text certificate_title(const struct certificate *c);

#endif
