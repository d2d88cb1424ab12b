/*
 * smtpdx - why mail cannot be sent, as a library
 *
 *   plan:      what to find out, set by the names of the command's options
 *   engine:    the loop, the resolver, the trust store and the secret that is signed in with,
 *              which no plan, evidence or report holds; outlives many checks
 *   check:     one plan carried out; yields events, then the evidence
 *   evidence:  all that was seen; can be saved and loaded
 *   diagnosis: what it means, worked out without a network
 *   report:    the diagnosis as bytes, in a format and a language
 *
 * Objects are opaque; each belongs to whoever made it and ends with its _free
 * function, which takes NULL. An engine and what was started in it belong to
 * one thread; only smtpdx_engine_interrupt() may be called from elsewhere.
 * Strings are UTF-8. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SMTPDX_H
#define SMTPDX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SMTPDX_PUBLIC __attribute__((visibility("default")))

enum smtpdx_status {
    SMTPDX_OK,
    SMTPDX_USAGE,     /* an option, a value or a file cannot be used: ask smtpdx_plan_error() */
    SMTPDX_NO_MEMORY,
    SMTPDX_SYSTEM,    /* the system refuses something: errno says why */
};

/* The numbers are the exit statuses of the command and the Nagios states. */
enum smtpdx_verdict {
    SMTPDX_VERDICT_OK = 0,
    SMTPDX_VERDICT_WARNING = 1,
    SMTPDX_VERDICT_CRITICAL = 2,
    SMTPDX_VERDICT_UNKNOWN = 3,
};

struct smtpdx_plan;
struct smtpdx_engine;
struct smtpdx_evidence;
struct smtpdx_diagnosis;

/* "0.1.0" */
SMTPDX_PUBLIC const char *smtpdx_version(void);

SMTPDX_PUBLIC enum smtpdx_status smtpdx_plan_new(struct smtpdx_plan **ret);
SMTPDX_PUBLIC void smtpdx_plan_free(struct smtpdx_plan *plan);

/*
 * smtpdx_plan_set() - sets one option
 * shape:  name is "target" or a long option of `smtpdx check` without its
 *         dashes; value is as on the command line, NULL for an option that
 *         takes none. Without "target" the plan is for Gmail.
 * errors: SMTPDX_USAGE and the plan unchanged; the reason in smtpdx_plan_error()
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_plan_set(struct smtpdx_plan *plan, const char *name, const char *value);

/*
 * smtpdx_plan_check() - whether the options that were set go together
 * errors: SMTPDX_USAGE as smtpdx_check_start(), which looks into the files as well
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_plan_check(struct smtpdx_plan *plan);

/*
 * smtpdx_plan_error() - the last refusal as one line: what, where, what is accepted
 * shape:  language "en" or "ja"; valid until the next call with this plan
 * errors: "" where nothing was refused
 */
SMTPDX_PUBLIC const char *smtpdx_plan_error(struct smtpdx_plan *plan, const char *language);

enum smtpdx_secret_kind {
    SMTPDX_PASSWORD,
    SMTPDX_TOKEN, /* OAuth 2 access token */
};

SMTPDX_PUBLIC enum smtpdx_status smtpdx_engine_new(struct smtpdx_engine **ret);

/* Ends what is still running without a word to its listener. */
SMTPDX_PUBLIC void smtpdx_engine_free(struct smtpdx_engine *engine);

/*
 * smtpdx_engine_set_secret() - what checks sign in with whose plan has a "user"
 * shape:  any bytes, used as they are, in place of a secret that was set before;
 *         none of them: no secret. The copy is locked in memory where that is
 *         permitted, and wiped with the engine or when another takes its place
 * errors: SMTPDX_USAGE for more than 4096 bytes of a password or 65536 of a
 *         token, and while a check has begun and not ended; nothing is changed
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_engine_set_secret(struct smtpdx_engine *engine, enum smtpdx_secret_kind kind,
                                                          const void *bytes, size_t len);

enum smtpdx_event {
    SMTPDX_EVENT_CHANGED,  /* the evidence has grown, or a tenth of a second has passed */
    SMTPDX_EVENT_FINISHED, /* the last event of a check; the evidence is whole */
};

/*
 * Hears of one check. The evidence is borrowed, and ends when the listener
 * returns from SMTPDX_EVENT_FINISHED.
 */
typedef void smtpdx_listener(void *user, enum smtpdx_event event, const struct smtpdx_evidence *evidence);

/*
 * smtpdx_check_start() - begins to carry out a plan
 * shape:  the plan is copied; nothing is contacted and nobody called before
 *         smtpdx_engine_run()
 * errors: SMTPDX_USAGE where options do not go together or a file that the plan
 *         names cannot be used
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_check_start(struct smtpdx_engine *engine, struct smtpdx_plan *plan,
                                                    smtpdx_listener *listener, void *user);

/* Runs until every check has ended and said good-bye to its server. */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_engine_run(struct smtpdx_engine *engine);

/*
 * Ends every check that has been started with what is known by now; one that is started later
 * is none of them. Safe in a signal handler and from any thread.
 */
SMTPDX_PUBLIC void smtpdx_engine_interrupt(struct smtpdx_engine *engine);

/* Bytes; a record is never longer, and a longer one is refused. */
enum { SMTPDX_RECORD_MAX = 64 << 20 };

/* The evidence as a record: JSON, one object; free() *bytes. */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_evidence_save(const struct smtpdx_evidence *evidence, char **bytes,
                                                      size_t *len);

/*
 * smtpdx_evidence_load() - reads a record again
 * shape:  *why names the place and the reason where it is refused: a string
 *         literal or NULL
 * errors: SMTPDX_USAGE for a record that is not one
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_evidence_load(struct smtpdx_evidence **ret, const char *bytes, size_t len,
                                                      const char **why);
SMTPDX_PUBLIC void smtpdx_evidence_free(struct smtpdx_evidence *evidence);

/* Works out what the evidence means; refers to it, so keep the evidence as long. */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_diagnose(struct smtpdx_diagnosis **ret,
                                                 const struct smtpdx_evidence *evidence);
SMTPDX_PUBLIC enum smtpdx_verdict smtpdx_diagnosis_verdict(const struct smtpdx_diagnosis *diagnosis);
SMTPDX_PUBLIC void smtpdx_diagnosis_free(struct smtpdx_diagnosis *diagnosis);

struct smtpdx_report_options {
    const char *format;   /* "text", "json", "ndjson" (one line), "progress" (one line of what is under way) */
    const char *language; /* "en", "ja" */
    unsigned width;       /* columns of text; 0 is 80 */
    int color;            /* 0 or 1 */
    int quiet;            /* 1: the verdict line alone */
};

/*
 * smtpdx_report() - the diagnosis as bytes
 * shape:  free() *bytes, which are also terminated; "progress" takes NULL for
 *         the diagnosis
 * errors: SMTPDX_USAGE for an unknown format or language
 */
SMTPDX_PUBLIC enum smtpdx_status smtpdx_report(const struct smtpdx_evidence *evidence,
                                               const struct smtpdx_diagnosis *diagnosis,
                                               const struct smtpdx_report_options *options, char **bytes,
                                               size_t *len);

#ifdef __cplusplus
}
#endif

#endif
