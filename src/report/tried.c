/*
 * tried - how the sign-in and the test message went
 */
#include "report/tried.h"

#include "report/advice.h"
#include "report/layout.h"

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

/* ---- the section -------------------------------------------------------------- */

enum {
    TRIED_TEXT_MAX = 16 << 10,
    TRIED_REPLY_COLUMNS = 300, /* of one line of a reply */
};

static void put_row(struct page *p, enum text_id id, const char *value)
{
    static const enum text_id labels[] = { TEXT_TRIED_AT, TEXT_TRIED_SIGN_IN, TEXT_TRIED_MESSAGE,
                                           TEXT_TRIED_ANSWER };

    page_put_row(p, page_label_columns(p, labels, sizeof labels / sizeof labels[0]), id, value);
}

/* The lines of one reply follow each other as those of one text. */
static void put_reply(struct page *p, const struct refused_reply *r)
{
    struct peer_text rest = r->text;
    struct buf text;

    buf_init(&text, TRIED_TEXT_MAX);
    while (rest.len > 0) {
        size_t n = 0;

        while (n < rest.len && rest.bytes[n] != '\r' && rest.bytes[n] != '\n')
            n++;
        if (n > 0 && text.len > 0)
            buf_put_char(&text, ' ');
        term_put_peer(&text, TRIED_REPLY_COLUMNS, (struct peer_text){ rest.bytes, n });
        n += n < rest.len;
        rest.bytes += n;
        rest.len -= n;
    }
    if (text.len > 0)
        put_row(p, TEXT_TRIED_ANSWER, buf_borrow(&text));
    p->out->failed |= text.failed;
    buf_done(&text);
}

static void put_place(struct page *p, const struct probe *c)
{
    struct buf text;

    buf_init(&text, TRIED_TEXT_MAX);
    advice_put_setting(&text, p->spec->language, &(struct setting){ c->host, c->port, c->mode }, NULL);
    put_row(p, TEXT_TRIED_AT, buf_borrow(&text));
    p->out->failed |= text.failed;
    buf_done(&text);
}

static void put_sign_in(struct page *p)
{
    static const enum text_id texts[] = {
        [TRIED_NOT_REACHED] = TEXT_TRIED_PUT_OFF,   [TRIED_ACCEPTED] = TEXT_TRIED_ACCEPTED,
        [TRIED_REFUSED] = TEXT_TRIED_REFUSED,       [TRIED_BROKEN_OFF] = TEXT_TRIED_BROKEN_OFF,
        [TRIED_NO_MECHANISM] = TEXT_TRIED_NO_MECHANISM, [TRIED_UNSAYABLE] = TEXT_TRIED_UNSAYABLE,
        [TRIED_LOST] = TEXT_TRIED_LOST,
    };
    const char *mechanism = p->e->errand->sign_in.mechanism;
    enum tried tried = tried_sign_in(p->e);

    if (tried == TRIED_NOT_ASKED)
        return;
    put_row(p, TEXT_TRIED_SIGN_IN, page_say(p, texts[tried], (const struct argument[]){
        { .name = "mechanism", .kind = ARGUMENT_WORD, .value.word = mechanism == NULL ? "AUTH" : mechanism },
        { .name = "step", .kind = ARGUMENT_WORD, .value.word = stage_command(STAGE_AUTH) },
    }, 2));
    if (tried == TRIED_REFUSED)
        put_reply(p, tried_sign_in_reply(p->e));
}

static void put_message(struct page *p)
{
    static const enum text_id texts[] = {
        [TRIED_NOT_REACHED] = TEXT_TRIED_NOT_REACHED,  [TRIED_ACCEPTED] = TEXT_TRIED_TAKEN,
        [TRIED_RECIPIENT] = TEXT_TRIED_RECIPIENT,      [TRIED_REFUSED] = TEXT_TRIED_MESSAGE_REFUSED,
        [TRIED_TOO_LARGE] = TEXT_TRIED_TOO_LARGE,      [TRIED_LOST] = TEXT_TRIED_LOST,
    };
    const char *id = p->e->errand->sending.message_id;
    enum tried tried = tried_message(p->e);

    if (tried == TRIED_NOT_ASKED)
        return;
    put_row(p, TEXT_TRIED_MESSAGE, page_say(p, texts[tried], (const struct argument[]){
        { .name = "id", .kind = ARGUMENT_WORD, .value.word = id == NULL ? "" : id },
        { .name = "step", .kind = ARGUMENT_WORD, .value.word = stage_command(tried_message_stage(p->e)) },
    }, 2));
    if (tried == TRIED_REFUSED)
        put_reply(p, tried_message_reply(p->e));
}

/* Why nothing was tried at all; TEXT_NONE where something was. */
static enum text_id bar_text(const struct evidence *e)
{
    static const struct {
        enum text_id signing_in, sending;
    } bars[] = {
        [BAR_NONE] = { TEXT_NONE, TEXT_NONE },
        [BAR_NO_WAY] = { TEXT_BAR_NO_WAY, TEXT_BAR_NO_WAY_SENDING },
        [BAR_NO_TLS] = { TEXT_BAR_NO_TLS, TEXT_BAR_NO_TLS_SENDING },
        [BAR_OLD_TLS] = { TEXT_BAR_OLD_TLS, TEXT_BAR_NO_WAY_SENDING },
        [BAR_UNVERIFIED] = { TEXT_BAR_UNVERIFIED, TEXT_BAR_NO_WAY_SENDING },
        [BAR_LOOK_ALIKE] = { TEXT_BAR_LOOK_ALIKE, TEXT_BAR_NO_WAY_SENDING },
        [BAR_NO_SECRET] = { TEXT_BAR_NO_SECRET, TEXT_BAR_NO_WAY_SENDING },
        [BAR_STOPPED] = { TEXT_BAR_STOPPED, TEXT_BAR_STOPPED_SENDING },
    };
    enum errand_bar bar = e->errand->bar;

    if (bar == BAR_NONE && e->errand->connection == NULL)
        bar = BAR_STOPPED;
    return e->plan->user.bytes != NULL ? bars[bar].signing_in : bars[bar].sending;
}

void tried_put_section(struct page *p)
{
    enum text_id bar;

    if (p->e->errand == NULL)
        return;
    bar = bar_text(p->e);
    page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_SIGN_IN));
    if (bar != TEXT_NONE) {
        page_put_spaces(p, 2);
        page_put_wrapped(p, 2, 2, page_label(p, bar));
        return;
    }
    put_place(p, p->e->errand->connection);
    put_sign_in(p);
    put_message(p);
}
