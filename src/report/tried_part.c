/*
 * tried_part - the sign-in and the test message in the JSON report
 */
#include "report/tried_part.h"

#include "report/tried.h"

static json_t *reply(const struct refused_reply *r)
{
    return r == NULL ? json_null() : part_peer_lines(r->text);
}

static json_t *peer_or_null(struct peer_text t)
{
    return t.len == 0 ? json_null() : part_peer(t);
}

static json_t *error(struct part *f, const struct probe *p)
{
    json_t *object;

    if (p->fault == FAULT_NONE)
        return json_null();
    object = json_object();
    part_put(f, object, "code", json_string(fault_word(p->fault)));
    part_put(f, object, "text", part_peer_or_null(p->error_text));
    return object;
}

/* The connection that was made for it, beside those of the matrix. */
static json_t *connection(struct part *f, const struct probe *p)
{
    char text_of_address[ADDRESS_TEXT_SIZE] = "";
    json_t *object;

    if (p == NULL)
        return json_null();
    if (p->has_address)
        address_format(&p->address, text_of_address);
    object = json_object();
    part_put(f, object, "host", json_string(p->host == NULL ? "" : p->host));
    part_put(f, object, "address", json_string(text_of_address));
    part_put(f, object, "port", json_integer(p->port));
    part_put(f, object, "tls", json_string(tls_mode_word(p->mode)));
    part_put(f, object, "stage", json_string(stage_word(p->stage)));
    part_put(f, object, "error", error(f, p));
    part_put(f, object, "auth", part_peer_array(f, p->auth, p->n_auth));
    return object;
}

/* What the server says of a token that it refuses. */
static json_t *oauth(struct part *f, const struct sign_in *s)
{
    json_t *object;

    if (s->oauth_status.len == 0 && s->oauth_schemes.len == 0 && s->oauth_scope.len == 0)
        return json_null();
    object = json_object();
    part_put(f, object, "status", peer_or_null(s->oauth_status));
    part_put(f, object, "schemes", peer_or_null(s->oauth_schemes));
    part_put(f, object, "scope", peer_or_null(s->oauth_scope));
    return object;
}

static json_t *barred_because(const struct errand *r)
{
    return r->bar == BAR_NONE ? json_null() : json_string(errand_bar_word(r->bar));
}

json_t *tried_part_sign_in(struct part *f)
{
    const struct errand *r = f->e->errand;
    enum tried tried = tried_sign_in(f->e);
    json_t *object;

    if (r == NULL || tried == TRIED_NOT_ASKED)
        return json_null();
    object = json_object();
    part_put(f, object, "result", json_string(tried_word(tried)));
    part_put(f, object, "barred_because", barred_because(r));
    part_put(f, object, "secret", json_string(secret_kind_word(r->sign_in.kind)));
    part_put(f, object, "mechanism", part_string_or_null(r->sign_in.mechanism));
    part_put(f, object, "reply", reply(tried_sign_in_reply(f->e)));
    part_put(f, object, "oauth", oauth(f, &r->sign_in));
    part_put(f, object, "connection", connection(f, r->connection));
    return object;
}

/* Where it was refused or lost. */
static json_t *stage(const struct evidence *e, enum tried tried)
{
    return tried == TRIED_REFUSED || tried == TRIED_LOST ? json_string(stage_word(tried_message_stage(e)))
                                                         : json_null();
}

static json_t *bytes(uint64_t n)
{
    return n == 0 ? json_null() : json_integer((json_int_t)n);
}

json_t *tried_part_sending(struct part *f)
{
    const struct errand *r = f->e->errand;
    enum tried tried = tried_message(f->e);
    json_t *object;

    if (r == NULL || tried == TRIED_NOT_ASKED)
        return json_null();
    object = json_object();
    part_put(f, object, "result", json_string(tried_word(tried)));
    part_put(f, object, "barred_because", barred_because(r));
    part_put(f, object, "stage", stage(f->e, tried));
    part_put(f, object, "message_id", part_string_or_null(r->sending.message_id));
    part_put(f, object, "size", bytes(r->sending.size));
    part_put(f, object, "size_limit", bytes(r->sending.size_limit));
    part_put(f, object, "reply", reply(tried_message_reply(f->e)));
    part_put(f, object, "connection", connection(f, r->connection));
    return object;
}
