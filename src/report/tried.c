/*
 * tried - how the sign-in and the test message went, in one word each
 */
#include "report/tried.h"

#include "knowledge/phrase.h"

static bool is_barred(const struct errand *r)
{
    return r == NULL || r->bar != BAR_NONE || r->connection == NULL;
}

static bool refuses(const struct refused_reply *r)
{
    return r->code >= 400;
}

static bool accepts(const struct refused_reply *r)
{
    return r->code / 100 == 2;
}

/* ---- the sign-in ------------------------------------------------------------ */

enum tried tried_sign_in(const struct evidence *e)
{
    const struct errand *r = e->errand;

    if (e->plan->user.bytes == NULL)
        return TRIED_NOT_ASKED;
    if (is_barred(r))
        return TRIED_NOT_REACHED;
    if (r->sign_in.accepted)
        return TRIED_ACCEPTED;
    switch (r->connection->fault) {
    case FAULT_NO_MECHANISM:
        return TRIED_NO_MECHANISM;
    case FAULT_UNSAYABLE:
        return TRIED_UNSAYABLE;
    case FAULT_UNVERIFIED:
    case FAULT_CHALLENGE:
        return TRIED_BROKEN_OFF;
    default:
        break;
    }
    if (refuses(&r->sign_in.answer))
        return TRIED_REFUSED;
    return r->sign_in.begun ? TRIED_LOST : TRIED_NOT_REACHED;
}

const struct refused_reply *tried_sign_in_reply(const struct evidence *e)
{
    const struct errand *r = e->errand;

    if (is_barred(r) || r->sign_in.answer.code == 0 || tried_sign_in(e) == TRIED_BROKEN_OFF)
        return NULL;
    return &r->sign_in.answer;
}

/* ---- the test message -------------------------------------------------------- */

/* The answers in their order. */
struct step {
    const struct refused_reply *reply;
    enum stage stage;
};
enum { STEPS = 4 };

static void list_steps(struct step ret[static STEPS], const struct sending *s)
{
    ret[0] = (struct step){ &s->mail, STAGE_MAIL };
    ret[1] = (struct step){ &s->rcpt, STAGE_RCPT };
    ret[2] = (struct step){ &s->data, STAGE_DATA };
    ret[3] = (struct step){ &s->message, STAGE_MESSAGE };
}

enum tried tried_message(const struct evidence *e)
{
    const struct errand *r = e->errand;
    struct step steps[STEPS];

    if (e->plan->send_to == NULL)
        return TRIED_NOT_ASKED;
    if (is_barred(r))
        return TRIED_NOT_REACHED;
    if (accepts(&r->sending.message))
        return TRIED_ACCEPTED;
    if (r->connection->fault == FAULT_TOO_LARGE)
        return TRIED_TOO_LARGE;
    list_steps(steps, &r->sending);
    for (size_t i = 0; i < STEPS; i++) {
        if (refuses(steps[i].reply))
            return TRIED_REFUSED;
    }
    if (e->plan->last_step == LAST_STEP_RCPT && accepts(&r->sending.rcpt))
        return TRIED_RECIPIENT;
    return r->sending.begun ? TRIED_LOST : TRIED_NOT_REACHED;
}

enum stage tried_message_stage(const struct evidence *e)
{
    struct step steps[STEPS];

    list_steps(steps, &e->errand->sending);
    for (size_t i = 0; i < STEPS; i++) {
        if (refuses(steps[i].reply))
            return steps[i].stage;
    }
    return e->errand->connection->stage;
}

const struct refused_reply *tried_message_reply(const struct evidence *e)
{
    const struct refused_reply *last = NULL;
    struct step steps[STEPS];

    if (is_barred(e->errand) || e->plan->send_to == NULL)
        return NULL;
    list_steps(steps, &e->errand->sending);
    for (size_t i = 0; i < STEPS; i++) {
        if (steps[i].reply->code != 0)
            last = steps[i].reply;
    }
    return last;
}

/* ---- words ------------------------------------------------------------------- */

const char *tried_word(enum tried tried)
{
    static const char *const words[] = {
        [TRIED_NOT_ASKED] = "not-asked",       [TRIED_NOT_REACHED] = "not-tried",
        [TRIED_ACCEPTED] = "accepted",         [TRIED_RECIPIENT] = "recipient-accepted",
        [TRIED_REFUSED] = "refused",           [TRIED_BROKEN_OFF] = "broken-off",
        [TRIED_NO_MECHANISM] = "no-mechanism", [TRIED_UNSAYABLE] = "unsayable",
        [TRIED_TOO_LARGE] = "too-large",       [TRIED_LOST] = "lost",
    };

    return words[tried];
}

bool tried_put_sign_in(struct buf *out, enum language language, const struct evidence *e)
{
    static const enum text_id texts[] = {
        [TRIED_NOT_ASKED] = TEXT_TRIED_PUT_OFF,         [TRIED_NOT_REACHED] = TEXT_TRIED_PUT_OFF,
        [TRIED_ACCEPTED] = TEXT_TRIED_ACCEPTED,         [TRIED_RECIPIENT] = TEXT_TRIED_ACCEPTED,
        [TRIED_REFUSED] = TEXT_TRIED_REFUSED,           [TRIED_BROKEN_OFF] = TEXT_TRIED_BROKEN_OFF,
        [TRIED_NO_MECHANISM] = TEXT_TRIED_NO_MECHANISM, [TRIED_UNSAYABLE] = TEXT_TRIED_UNSAYABLE,
        [TRIED_TOO_LARGE] = TEXT_TRIED_PUT_OFF,         [TRIED_LOST] = TEXT_TRIED_LOST,
    };
    const char *mechanism = e->errand->sign_in.mechanism;

    return phrase_put(out, language, texts[tried_sign_in(e)], (const struct argument[]){
        { .name = "mechanism", .kind = ARGUMENT_WORD, .value.word = mechanism == NULL ? "AUTH" : mechanism },
        { .name = "step", .kind = ARGUMENT_WORD, .value.word = stage_command(STAGE_AUTH) },
    }, 2, NULL, NULL);
}

bool tried_put_message(struct buf *out, enum language language, const struct evidence *e)
{
    static const enum text_id texts[] = {
        [TRIED_NOT_ASKED] = TEXT_TRIED_NOT_REACHED,    [TRIED_NOT_REACHED] = TEXT_TRIED_NOT_REACHED,
        [TRIED_ACCEPTED] = TEXT_TRIED_TAKEN,           [TRIED_RECIPIENT] = TEXT_TRIED_RECIPIENT,
        [TRIED_REFUSED] = TEXT_TRIED_MESSAGE_REFUSED,  [TRIED_BROKEN_OFF] = TEXT_TRIED_NOT_REACHED,
        [TRIED_NO_MECHANISM] = TEXT_TRIED_NOT_REACHED, [TRIED_UNSAYABLE] = TEXT_TRIED_NOT_REACHED,
        [TRIED_TOO_LARGE] = TEXT_TRIED_TOO_LARGE,      [TRIED_LOST] = TEXT_TRIED_LOST,
    };
    const char *id = e->errand->sending.message_id;

    return phrase_put(out, language, texts[tried_message(e)], (const struct argument[]){
        { .name = "id", .kind = ARGUMENT_WORD, .value.word = id == NULL ? "" : id },
        { .name = "step", .kind = ARGUMENT_WORD, .value.word = stage_command(tried_message_stage(e)) },
    }, 2, NULL, NULL);
}

enum text_id tried_bar(const struct evidence *e)
{
    static const enum text_id bars[] = {
        [BAR_NONE] = TEXT_NONE,               [BAR_NO_WAY] = TEXT_BAR_NO_WAY,
        [BAR_NO_TLS] = TEXT_BAR_NO_TLS,       [BAR_OLD_TLS] = TEXT_BAR_OLD_TLS,
        [BAR_UNVERIFIED] = TEXT_BAR_UNVERIFIED, [BAR_LOOK_ALIKE] = TEXT_BAR_LOOK_ALIKE,
        [BAR_NO_SECRET] = TEXT_BAR_NO_SECRET, [BAR_STOPPED] = TEXT_BAR_STOPPED,
    };
    const struct errand *r = e->errand;

    if (r == NULL)
        return TEXT_NONE;
    if (e->plan->user.bytes == NULL && (r->bar == BAR_NO_WAY || r->bar == BAR_STOPPED))
        return TEXT_BAR_NO_WAY_SENDING;
    if (r->bar == BAR_NONE && r->connection == NULL)
        return TEXT_BAR_STOPPED;
    return bars[r->bar];
}
