#include "report/fetched.h"

#include "knowledge/phrase.h"
#include "report/layout.h"

enum {
    LINE_MAX_BYTES = 4 << 10,
    URL_COLUMNS = 160,
};

static const enum text_id outcomes[] = {
    [FETCH_OK] = TEXT_FETCH_OK,
    [FETCH_UNRESOLVED] = TEXT_FETCH_UNRESOLVED,
    [FETCH_FORBIDDEN] = TEXT_FETCH_FORBIDDEN,
    [FETCH_NO_ANSWER] = TEXT_FETCH_NO_ANSWER,
    [FETCH_SILENT] = TEXT_FETCH_SILENT,
    [FETCH_REFUSED] = TEXT_FETCH_REFUSED,
    [FETCH_TOO_LONG] = TEXT_FETCH_TOO_LONG,
    [FETCH_UNFIT] = TEXT_FETCH_UNFIT,
    [FETCH_STOPPED] = TEXT_FETCH_STOPPED,
};

static bool put_url(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return term_put_peer(out, URL_COLUMNS, t);
}

bool fetched_put(struct buf *out, enum language language, const struct fetch *f)
{
    enum text_id what = f->kind == FETCH_ISSUER ? TEXT_SHOW_FETCHED_ISSUER : TEXT_SHOW_FETCHED_OCSP;
    const struct argument facts[] = {
        { .name = "time", .kind = ARGUMENT_DURATION, .value.duration_ms = f->duration_ms },
        { .name = "status", .kind = ARGUMENT_NUMBER, .value.number = f->status },
    };
    struct buf outcome;
    bool ok;

    buf_init(&outcome, LINE_MAX_BYTES);
    ok = phrase_put(&outcome, language, outcomes[f->outcome], facts, 2, put_url, NULL) &&
         phrase_put(out, language, what, (const struct argument[]){
             { .name = "url", .kind = ARGUMENT_PEER, .value.peer = peer_text_of(f->url) },
             { .name = "outcome", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&outcome) },
         }, 2, put_url, NULL);
    buf_done(&outcome);
    return ok;
}
