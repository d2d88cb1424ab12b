/*
 * session - one connection: TCP, TLS and the dialogue, seen to its end
 *
 * Fills the cells of the matrix that its connection can tell about: a dialogue
 * on 587 tells of clear text and of STARTTLS both. Decides nothing about other
 * connections; it says when it is silent, settled and gone, and the check draws
 * the conclusions.
 */
#ifndef SMTPDX_PROBE_SESSION_H
#define SMTPDX_PROBE_SESSION_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"
#include "probe/patience.h"
#include "probe/tls.h"

struct session;

/* The check's ears. user is session_spec.user; none of them may free the session. */
struct session_listener {
    void (*changed)(void *user, size_t probe);          /* a cell of the Evidence has changed */
    void (*quiet)(void *user, struct session *s);       /* connected for a while and not at its end; again and again */
    void (*waiting)(void *user, struct session *s);     /* not connected yet; again and again */
    void (*settled)(void *user, struct session *s);     /* its cells will not change any more */
    void (*gone)(void *user, struct session *s);        /* the last word: the session is freed after this */
};

/* A connection that follows a failed one to learn one thing more; it fills no cell of the matrix. */
enum session_lesson {
    LESSON_NONE,
    LESSON_OLD_TLS,    /* offers what was given up long ago, ends with the handshake, fills tls_old alone */
    LESSON_OTHER_EHLO, /* greets with another name, ends with the answer to it */
    LESSON_NO_SNI,     /* names no server, ends with the handshake, fills no_sni_tried and no_sni_chain */
    LESSON_TWIN, /* the same once more, beside one that hangs; stands beside the matrix, whole */
    LESSON_ERRAND, /* signs in and sends; stands beside the matrix, whole, as the errand's connection */
    LESSON_SMALL_SEGMENTS, /* where full ones may vanish on the way: ends with the handshake, fills small_segments_ok */
};

/* How far it goes; a control (ROLE_CONTROL) need not be asked for more than it is there to show. */
enum session_goal {
    GOAL_ALL,
    GOAL_CONNECTION,
    GOAL_HANDSHAKE, /* implicit TLS, whatever is spoken inside */
    GOAL_GREETING,
};

struct session_spec {
    uv_loop_t *loop;
    struct evidence *evidence; /* written to until it is settled */
    double check_started_ms;   /* of the steady clock */
    const char *host; /* the name that TLS asks for; NULL: none */
    struct address address;
    uint16_t port;
    enum protocol protocol;
    enum tls_mode mode; /* NONE: clear text alone, with MAIL FROM:<> tried; STARTTLS: up to the inner EHLO */
    int cells[TLS_MODE_COUNT]; /* probes that it fills, -1 none; cells[mode] is one where there is no lesson */
    enum session_goal goal;
    enum session_lesson lesson;
    int pupil; /* the probe that failed, where there is a lesson */
    const struct secret *secret; /* of an errand: what it signs in with; NULL: none */
    struct trust *trust;         /* of an errand: whom it believes */
    const struct tls_identity *identity; /* NULL: no client certificate */
    const struct session_listener *listener;
    void *user;
};

/*
 * session_start() - connects and goes on by itself
 * shape:  listens from the loop alone, never from inside this call
 * errors: ERR_NOMEM and the like; nothing is left behind then
 */
bool session_start(struct session **ret, const struct session_spec *spec, struct err *err);

const void *session_user(const struct session *s);
uint16_t session_port(const struct session *s);
enum tls_mode session_mode(const struct session *s);
const struct address *session_address(const struct session *s);
bool session_is_settled(const struct session *s);

enum session_lesson session_lesson(const struct session *s);

/* The cell of its own mode, or what stands in for it; NULL for a lesson that ends with the handshake, and once it has settled. */
const struct probe *session_probe(const struct session *s);

/* The attempts to connect, while none of them is answered. */
struct waiting session_waiting(const struct session *s);

/* How long a connected peer has not said its first word; 0 once it has. */
double session_mute_ms(const struct session *s);

/* It has begun a handshake, and waits for the end of it. */
bool session_in_handshake(const struct session *s);

/* How long since its handshake began; 0 while there is none. */
double session_handshake_ms(const struct session *s);

/* Connected, and not a byte has come since it waits: for the first word, or in the handshake behind STARTTLS. */
bool session_is_mute(const struct session *s);

/* How long the answer to the present step, or the handshake, has been waited for; 0 before it is connected. */
double session_silent_ms(const struct session *s);

/* Tries once more from a fresh socket, while it is not connected. */
void session_knock(struct session *s);

/* The ceiling, or no more patience: what it waits for now has not come. */
void session_time_out(struct session *s);

/* Another connection has shown why this one is silent. */
void session_conclude(struct session *s, enum fault fault);

/* Not needed any more, or stopped: its cells are as if they had not been tried. */
void session_withdraw(struct session *s, enum skip_reason reason);

/* Drops the connection without further courtesy; for a settled session. */
void session_close(struct session *s);

/* A further connection of the check's, for the intrusive list of them. */
struct session **session_next(struct session *s);

#endif
