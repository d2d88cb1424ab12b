/*
 * notes - what one connection has to say, written into its cells of the matrix
 *
 * A connection may stand for several cells: a dialogue on 587 tells of clear
 * text and of STARTTLS both. What is learned goes into every cell that is still
 * open; a cell that has ended is not written to any more. Knows neither socket
 * nor loop, and decides nothing.
 */
#ifndef SMTPDX_PROBE_NOTES_H
#define SMTPDX_PROBE_NOTES_H

#include "model/evidence.h"
#include "probe/dial.h"
#include "probe/tls.h"
#include "smtp/dialogue.h"

typedef void notes_changed_fn(void *user, size_t probe);

struct notes {
    struct evidence *evidence; /* NULL once closed */
    int cells[TLS_MODE_COUNT]; /* probes that are filled in, -1 none */
    enum tls_mode mode;        /* the connection's own */
    struct probe *trial;       /* stands in for the cell of that mode, beside the matrix; NULL: nothing does */
    const char *ehlo;          /* the name that was sent, or NULL */
    const struct smtp_learned *learned; /* NULL before the dialogue begins */
    double slowest_ms; /* of all replies so far, -1 before the first */
    enum stage slowest_stage;
    double started_ms; /* steady clock: the first packet */
    notes_changed_fn *changed;
    void *user;
};

/* The cell of a mode, or what stands in for it; NULL where there is none. */
struct probe *notes_cell(const struct notes *n, enum tls_mode mode);

/* How the report calls a step of the dialogue. */
enum stage notes_stage(enum smtp_stage stage);

/* An answer as the Evidence keeps it. */
struct refused_reply notes_reply_kept(struct arena *arena, const struct smtp_answer *a);

/* ---- as it goes on ---- */

/* A connection that tries a cell once more in another way is noted beside the matrix. errors: false, no memory */
bool notes_stand_beside(struct notes *n, const struct probe *cell);

/* Every cell is being tried. */
void notes_open(struct notes *n);

/* The first packet leaves now. */
void notes_start(struct notes *n, double check_started_ms);

void notes_connected(struct notes *n, double connect_ms, double round_trip_ms);

/* So many connections have been begun. */
void notes_attempts(struct notes *n, unsigned attempts);

/* The handshake of the connection's own mode has begun, or is done. */
void notes_tls_begun(struct notes *n);
void notes_tls_up(struct notes *n, const struct tls *tls, double tls_ms);

/* The dialogue stands at a stage; greeting_ms counts where the greeting has just come. */
void notes_progress(struct notes *n, double greeting_ms);

/* A reply took so long. */
void notes_reply(struct notes *n, enum smtp_stage stage, double took_ms);

/* Clear text alone is learned once its EHLO is answered, whatever comes of STARTTLS. */
void notes_end_clear_text(struct notes *n);

/* ---- why it fails ---- */

/* The words of a library or the system. */
void notes_error(struct notes *n, const char *code, const char *text);
void notes_icmp(struct notes *n, const struct icmp_report *icmp);
void notes_tls_failure(struct notes *n, const struct tls_failure *f);

/* The first bytes of what was not understood. */
void notes_raw(struct notes *n, struct peer_text raw, enum service service);

/* ---- the end ---- */

/* Every open cell ends alike, with what was learned. */
void notes_end(struct notes *n, enum probe_outcome outcome, enum stage stage, enum fault fault);

/* Every open cell is as if it had not been tried. */
void notes_withdraw(struct notes *n, enum skip_reason reason);

/* The Evidence may go from here on. */
void notes_close(struct notes *n);

#endif
