#include "simulate/read_server.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "simulate/face.h"

/* ---- certificates ---- */

static bool read_cert_names(struct reader *r, struct scenario_cert *c, char *list)
{
    c->names = arena_alloc(r->s->arena, SCENARIO_CERT_NAMES_MAX, sizeof *c->names);
    if (c->names == NULL)
        return reader_no_memory(r);
    for (char *save = NULL, *name = strtok_r(list, ",", &save); name != NULL;
         name = strtok_r(NULL, ",", &save)) {
        const char *wild = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

        if (c->n_names == SCENARIO_CERT_NAMES_MAX || !reader_is_plain_name(wild, 253))
            return reader_complain(r, "names", name, "up to 16 host names or addresses with commas between");
        if (!reader_keep_word(r, &c->names[c->n_names++], name))
            return false;
    }
    return true;
}

static const struct scenario_authority *find_authority(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_authorities; i++) {
        if (strcmp(s->authorities[i].name, name) == 0)
            return &s->authorities[i];
    }
    return NULL;
}

/* An issuer line's name goes before the words that stand for the usual ones. */
static bool read_cert_issuer(struct reader *r, struct scenario_cert *c, const char *value)
{
    static const char *const issuers[] = { "intermediate", "root", "self", "unknown", "server",
                                           "below", "limited", NULL };
    int choice = SCENARIO_ISSUER_NAMED;

    c->authority = find_authority(r->s, value);
    if (c->authority == NULL && !reader_choice(r, &choice, "issuer", value, issuers))
        return false;
    c->issuer = (enum scenario_issuer)choice;
    return true;
}

bool read_server_issuer(struct reader *r, char *rest)
{
    static const char *const words[] = { "unknown", "trusted", NULL };
    char *name = reader_word(&rest);
    struct scenario_authority *a;
    int choice;

    if (!reader_is_plain_name(name, 40) || find_authority(r->s, name) != NULL)
        return reader_complain(r, "issuer", name, "a new name of letters, digits, dots and dashes");
    /* Certificates point to them, so that they must stay where they are. */
    if (r->s->authorities == NULL)
        r->s->authorities = arena_alloc(r->s->arena, SCENARIO_AUTHORITIES_MAX, sizeof *a);
    if (r->s->authorities == NULL)
        return reader_no_memory(r);
    if (r->s->n_authorities == SCENARIO_AUTHORITIES_MAX)
        return reader_complain(r, "too many issuers", NULL, "at most 4");
    if (!reader_choice(r, &choice, "issuer", reader_word(&rest), words))
        return false;
    if (strchr(rest, '=') == NULL)
        return reader_complain(r, "name of an issuer", rest, "such as CN=Some Root,O=Some Company");
    a = &r->s->authorities[r->s->n_authorities++];
    a->trusted = choice == 1;
    return reader_keep_word(r, &a->name, name) && reader_keep_word(r, &a->dn, rest);
}

static bool read_cert_setting(struct reader *r, struct scenario_cert *c, const char *key, char *value)
{
    static const char *const keys[] = { "names", "since", "days",  "key",  "issuer",
                                        "chain", "flaw",  "staple", "ocsp", "aia", NULL };
    static const char *const kinds[] = { "ecdsa", "rsa2048", "rsa1024", "ed25519", NULL };
    static const char *const chains[] = { "full", "leaf", NULL };
    static const char *const flaws[] = { "none", "sha1", "signature", "purpose", "extension", "must-staple", NULL };
    static const char *const staples[] = { "none", "good", "revoked", "unknown", "stale", "forged", NULL };
    int which, choice;

    if (!reader_choice(r, &which, "setting", key, keys))
        return false;
    switch (which) {
    case 0:
        return read_cert_names(r, c, value);
    case 1:
        return reader_number(&c->since_days, value, -3000, 3000) ||
               reader_complain(r, "since", value, "days from now, -3000 to 3000");
    case 2:
        return reader_number(&c->until_days, value, -3000, 3000) ||
               reader_complain(r, "days", value, "days from now, -3000 to 3000");
    case 3:
        if (!reader_choice(r, &choice, "key", value, kinds))
            return false;
        c->key = (enum scenario_key)choice;
        return true;
    case 4:
        return read_cert_issuer(r, c, value);
    case 5:
        if (!reader_choice(r, &choice, "chain", value, chains))
            return false;
        c->chain = (enum scenario_chain)choice;
        return true;
    case 6:
        if (!reader_choice(r, &choice, "flaw", value, flaws))
            return false;
        c->flaw = (enum scenario_flaw)choice;
        return true;
    case 7:
        if (!reader_choice(r, &choice, "staple", value, staples))
            return false;
        c->staple = (enum scenario_staple)choice;
        return true;
    case 8:
        return reader_keep_word(r, &c->ocsp, value);
    default:
        return reader_keep_word(r, &c->aia, value);
    }
}

bool read_server_find_cert(const struct scenario *s, const char *name, size_t *ret)
{
    for (size_t i = 0; i < s->n_certs; i++) {
        if (strcmp(s->certs[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

struct scenario_cert *read_server_add_cert(struct reader *r, const char *name)
{
    struct scenario_cert *c =
        READER_APPEND(r, r->s->certs, r->s->n_certs, SCENARIO_CERTS_MAX, "certificates");

    if (c == NULL || !reader_keep_word(r, &c->name, name))
        return NULL;
    c->since_days = -1;
    c->until_days = 90;
    return c;
}

bool read_server_cert(struct reader *r, char *rest)
{
    char *word = reader_word(&rest), *value;
    struct scenario_cert *c;
    size_t place;

    if (!reader_is_plain_name(word, 40))
        return reader_complain(r, "certificate", word, "a name of letters, digits, dots and dashes");
    c = read_server_find_cert(r->s, word, &place) ? &r->s->certs[place] : read_server_add_cert(r, word);
    if (c == NULL)
        return false;
    for (word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!reader_split(r, word, &value, "names= since= days= key= issuer= chain= flaw= staple= ocsp= aia=") ||
            !read_cert_setting(r, c, word, value))
            return false;
    }
    if (c->staple != SCENARIO_STAPLE_NONE && c->issuer == SCENARIO_ISSUER_SELF)
        return reader_complain(r, "staple without an issuer", NULL, "issuer= with staple=");
    if (c->until_days <= c->since_days)
        return reader_complain(r, "certificate ends before it starts", NULL, "days= after since=");
    return true;
}

/* ---- steps ---- */

static struct scenario_step *add_step(struct reader *r, enum scenario_act act)
{
    struct scenario_handler *h = &r->s->handlers[r->s->n_handlers - 1];
    struct scenario_step *step = READER_APPEND(r, r->s->steps, r->s->n_steps, SCENARIO_STEPS_MAX, "steps");

    if (step == NULL)
        return NULL;
    *step = (struct scenario_step){ .act = act, .times = 1 };
    h->n_steps++;
    return step;
}

/* "LINE / LINE" becomes lines that end in CRLF. */
static bool read_lines(struct reader *r, struct scenario_step *step, char *rest)
{
    struct buf b;
    bool ok = true;

    buf_init(&b, 2 * SCENARIO_LINE_MAX);
    for (char *line = rest, *next; ok && line != NULL; line = next) {
        char *cut = strstr(line, " / ");
        size_t len = cut != NULL ? (size_t)(cut - line) : strlen(line);

        next = cut != NULL ? cut + 3 : NULL;
        ok = reader_unescape(r, &b, line, len) && (buf_put_string(&b, "\r\n") || reader_no_memory(r));
    }
    ok = ok && reader_keep_bytes(r, &step->bytes, &b);
    buf_done(&b);
    return ok;
}

static bool read_quoted(struct reader *r, struct scenario_step *step, char *rest)
{
    size_t len = strlen(rest);
    struct buf b;
    bool ok;

    if (len < 3 || rest[0] != '"' || rest[len - 1] != '"')
        return reader_complain(r, "bytes", rest, "\"BYTES\" with \\xNN for what cannot be typed");
    rest[len - 1] = '\0';
    buf_init(&b, 2 * SCENARIO_LINE_MAX);
    ok = reader_unescape(r, &b, rest + 1, len - 2) && reader_keep_bytes(r, &step->bytes, &b);
    buf_done(&b);
    return ok;
}

static bool step_server(struct reader *r, struct scenario_step *step, char *rest)
{
    if (*rest == '\0')
        return reader_complain(r, "nothing to say", NULL, "LINE / LINE");
    return read_lines(r, step, rest);
}

static bool step_flood(struct reader *r, struct scenario_step *step, char *rest)
{
    const char *word = reader_word(&rest);
    int times;

    if (!reader_number(&times, word, 1, SCENARIO_FLOOD_MAX))
        return reader_complain(r, "flood", word, "how often, then \"BYTES\"");
    if (!read_quoted(r, step, rest))
        return false;
    step->times = (unsigned)times;
    return step->bytes.len * step->times <= SCENARIO_FLOOD_MAX ||
           reader_complain(r, "flood", word, "at most 4 MiB");
}

static bool step_expect(struct reader *r, struct scenario_step *step, char *rest)
{
    const char *word = reader_word(&rest);

    if (strcmp(word, "*") != 0 && !reader_is_plain_name(word, 40))
        return reader_complain(r, "expect", word, "a command such as EHLO, *");
    step->bytes = arena_peer_text(r->s->arena, peer_text_of(word), strlen(word));
    return reader_nothing_more(r, rest) && (!arena_failed(r->s->arena) || reader_no_memory(r));
}

static bool step_auth(struct reader *r, struct scenario_step *step, char *rest)
{
    static const char *const faults[] = { "wrong-signature", "no-signature", "wrong-nonce", "many-rounds",
                                          "garbage", "endless", NULL };
    char *word = reader_word(&rest);
    int choice;

    if (*word == '\0')
        return true;
    if (!reader_choice(r, &choice, "fault", word, faults))
        return false;
    step->fault = (enum scenario_auth_fault)(SCENARIO_AUTH_WRONG_SIGNATURE + choice);
    return reader_nothing_more(r, rest);
}

static bool step_bare(struct reader *r, struct scenario_step *step, char *rest)
{
    (void)step;
    return reader_nothing_more(r, rest);
}

static const struct step_word {
    const char *word;
    enum scenario_act act;
    bool (*read)(struct reader *r, struct scenario_step *step, char *rest);
} step_words[] = {
    { "server", SCENARIO_ACT_SEND, step_server },   { "drip", SCENARIO_ACT_DRIP, step_server },
    { "raw", SCENARIO_ACT_SEND, read_quoted },      { "flood", SCENARIO_ACT_SEND, step_flood },
    { "expect", SCENARIO_ACT_EXPECT, step_expect }, { "message", SCENARIO_ACT_MESSAGE, step_bare },
    { "tls", SCENARIO_ACT_TLS, step_bare },         { "close", SCENARIO_ACT_CLOSE, step_bare },
    { "head", SCENARIO_ACT_HEAD, step_bare },       { "reset", SCENARIO_ACT_RESET, step_bare },
    { "hang", SCENARIO_ACT_HANG, step_bare },       { "auth", SCENARIO_ACT_AUTH, step_auth },
};

static const struct step_word *find_step_word(const char *word)
{
    for (size_t i = 0; i < sizeof step_words / sizeof step_words[0]; i++) {
        if (strcmp(step_words[i].word, word) == 0)
            return &step_words[i];
    }
    return NULL;
}

/* word is the first of the line: a step, or "at" before one. */
static bool read_step(struct reader *r, char *word, char *rest)
{
    static const char accepted[] = "server, drip, raw, flood, expect, message, head, tls, close, "
                                   "reset, hang, auth";
    const struct step_word *known;
    struct scenario_step *step;
    int delay = 0;

    if (!r->in_handler)
        return reader_complain(r, "step outside of a script", word, "port N script, or on EVENT, before it");
    if (strcmp(word, "at") == 0) {
        word = reader_word(&rest);
        if (!reader_number(&delay, word, 0, SCENARIO_DELAY_MAX_MS))
            return reader_complain(r, "at", word, "milliseconds, at most 60000");
        word = reader_word(&rest);
    }
    known = find_step_word(word);
    if (known == NULL)
        return reader_complain(r, "step", word, accepted);
    step = add_step(r, known->act);
    if (step == NULL)
        return false;
    step->delay_ms = (unsigned)delay;
    return known->read(r, step, rest);
}

/* ---- ports ---- */

static bool add_handler(struct reader *r, enum scenario_side side, const char *verb)
{
    struct scenario *s = r->s;
    struct scenario_handler *h =
        READER_APPEND(r, s->handlers, s->n_handlers, SCENARIO_HANDLERS_MAX, "events with steps");

    if (h == NULL || !reader_keep_word(r, &h->verb, verb))
        return false;
    h->side = side;
    h->first_step = s->n_steps;
    s->ports[s->n_ports - 1].n_handlers++;
    r->in_handler = true;
    return true;
}

static bool read_on(struct reader *r, char *rest)
{
    static const struct {
        const char *word;
        enum scenario_side side;
    } sides[] = {
        { "clear", SCENARIO_SIDE_CLEAR }, { "tls", SCENARIO_SIDE_TLS }, { "signed", SCENARIO_SIDE_SIGNED },
    };
    enum scenario_side side = SCENARIO_SIDE_BOTH;
    char *word = reader_word(&rest), *argument;

    if (!r->in_port)
        return reader_complain(r, "on", word, "port N submission, submissions, relay, imap or pop before it");
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        if (strcmp(word, sides[i].word) == 0) {
            side = sides[i].side;
            word = reader_word(&rest);
            break;
        }
    }
    argument = strchr(word, '=');
    if (argument != NULL)
        *argument++ = '\0';
    if (!reader_is_plain_name(word, 40) || (argument != NULL && *argument == '\0'))
        return reader_complain(r, "event", word, "connect, denied, or a command such as EHLO or EHLO=NAME");
    if (!add_handler(r, side, word))
        return false;
    if (argument != NULL && !reader_keep_word(r, &r->s->handlers[r->s->n_handlers - 1].argument, argument))
        return false;
    word = reader_word(&rest);
    return *word == '\0' || read_step(r, word, rest);
}

bool read_server_goes_on(const char *word)
{
    return strcmp(word, "on") == 0 || strcmp(word, "at") == 0 || find_step_word(word) != NULL;
}

bool read_server_on(struct reader *r, char *word, char *rest)
{
    return strcmp(word, "on") == 0 ? read_on(r, rest) : read_step(r, word, rest);
}

/* Appends what a healthy server does behind what the file says, for the first that fits is taken. */
static bool add_healthy(struct reader *r, const char *text)
{
    char line[256], *rest, *word;
    bool ok = true;

    while (ok && *text != '\0') {
        size_t len = strcspn(text, "\n");

        assert(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        text += len + 1;
        rest = line;
        word = reader_word(&rest);
        ok = read_server_on(r, word, rest);
    }
    return ok;
}

bool read_server_close_port(struct reader *r)
{
    const struct face *face;
    bool ok = true;

    if (!r->in_port)
        return true;
    face = face_of(r->s->ports[r->s->n_ports - 1].face);
    for (size_t i = 0; ok && i < FACE_TEXTS_MAX && face->texts[i] != NULL; i++)
        ok = add_healthy(r, face->texts[i]);
    r->in_port = r->in_handler = false;
    return ok;
}

static const struct scenario_port *find_port(const struct scenario *s, enum scenario_place place,
                                             uint16_t number)
{
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].place == place && s->ports[i].number == number)
            return &s->ports[i];
    }
    return NULL;
}

static bool open_port(struct reader *r, enum scenario_place place, uint16_t number, enum scenario_face face)
{
    struct scenario_port *port =
        READER_APPEND(r, r->s->ports, r->s->n_ports, SCENARIO_PORTS_MAX, "ports");

    if (port == NULL)
        return false;
    *port = (struct scenario_port){
        .place = place,
        .number = number,
        .face = face,
        .families = { true, true },
        .first_handler = r->s->n_handlers,
    };
    r->in_port = true;
    return face != SCENARIO_FACE_SCRIPT || add_handler(r, SCENARIO_SIDE_BOTH, "connect");
}

static bool read_nosni(struct reader *r, struct scenario_port *port, const char *value)
{
    port->nosni_refused = strcmp(value, "refused") == 0;
    port->has_nosni = !port->nosni_refused;
    return port->nosni_refused || read_server_find_cert(r->s, value, &port->nosni_cert) ||
           reader_complain(r, "nosni", value, "a certificate named above, refused");
}

static bool read_port_setting(struct reader *r, char *word)
{
    static const char *const keys[] = { "cert", "tls", "only", "client", "nosni", NULL };
    static const char *const clients[] = { "ignored", "asked", "needed", NULL };
    static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
    static const char *const families[] = {
        [FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6", [FAMILY_COUNT] = NULL,
    };
    struct scenario_port *port = &r->s->ports[r->s->n_ports - 1];
    char *value;
    int key, choice;

    if (!reader_split(r, word, &value, "cert=NAME, tls=1.2, only=ipv4, client=asked, nosni=NAME") ||
        !reader_choice(r, &key, "setting", word, keys))
        return false;
    if (key == 0)
        return read_server_find_cert(r->s, value, &port->cert) ||
               reader_complain(r, "certificate", value, "one named above");
    if (key == 4)
        return read_nosni(r, port, value);
    if (!reader_choice(r, &choice, keys[key], value, key == 1 ? versions : key == 2 ? families : clients))
        return false;
    if (key == 1)
        port->tls = versions[choice];
    else if (key == 3)
        port->client = (enum scenario_client)choice;
    else
        port->families[choice == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4] = false;
    return true;
}

static bool read_port_settings(struct reader *r, char *rest)
{
    for (char *word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!read_port_setting(r, word))
            return false;
    }
    return true;
}

bool read_server_port(struct reader *r, char *rest)
{
    const char *words[SCENARIO_FACE_PAGES + 1] = { NULL };
    char *word = reader_word(&rest);
    uint16_t number;
    int face;

    for (size_t i = 0; i < SCENARIO_FACE_PAGES; i++)
        words[i] = face_of((enum scenario_face)i)->word;
    if (!reader_port(r, &number, word))
        return false;
    if (find_port(r->s, SCENARIO_PLACE_HOST, number) != NULL)
        return reader_complain(r, "second port", word, "each port once");
    return reader_need_host(r) && reader_choice(r, &face, "port", reader_word(&rest), words) &&
           open_port(r, SCENARIO_PLACE_HOST, number, (enum scenario_face)face) && read_port_settings(r, rest);
}

bool read_server_control(struct reader *r, char *rest)
{
    const char *kind = reader_word(&rest), *word = reader_word(&rest);
    size_t n;
    const struct face_control *c = face_controls(&n), *end = c + n;

    if (strcmp(kind, "none") == 0) {
        r->s->no_controls = true;
        return *word == '\0' || reader_complain(r, "unexpected", word, "end of the line");
    }
    while (c < end && (strcmp(c->kind, kind) != 0 || strcmp(c->word, word) != 0))
        c++;
    if (c == end)
        return reader_complain(r, "control", *word == '\0' ? kind : word,
                               "none, mail works, web works, portal 204, or in place of these "
                               "mute, refused, dropped, portal redirect, page, 511");
    if (find_port(r->s, c->place, c->number) != NULL)
        return reader_complain(r, "second control", kind, "each once");
    return reader_need_host(r) && open_port(r, c->place, c->number, c->face) && read_port_settings(r, rest);
}

static bool add_unless_there(struct reader *r, enum scenario_place place, uint16_t number,
                             enum scenario_face face)
{
    return find_port(r->s, place, number) != NULL ||
           (open_port(r, place, number, face) && read_server_close_port(r));
}

enum { INCOMING_PORTS = 4 }; /* the last ones of the usual */

static bool asks_for_incoming(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_options; i++) {
        if (strcmp(s->options[i].name, "incoming") == 0)
            return true;
    }
    return false;
}

bool read_server_add_usual(struct reader *r)
{
    static const struct {
        uint16_t number;
        enum scenario_face face;
    } ports[] = {
        { 25, SCENARIO_FACE_RELAY },
        { 465, SCENARIO_FACE_SUBMISSIONS },
        { 587, SCENARIO_FACE_SUBMISSION },
        { 2525, SCENARIO_FACE_REFUSED },
        { 993, SCENARIO_FACE_IMAPS },
        { 143, SCENARIO_FACE_IMAP },
        { 995, SCENARIO_FACE_POPS },
        { 110, SCENARIO_FACE_POP },
    };
    size_t n = sizeof ports / sizeof ports[0] - (asks_for_incoming(r->s) ? 0 : INCOMING_PORTS), n_controls;
    const struct face_control *controls = face_controls(&n_controls);
    bool ok = true;

    for (size_t i = 0; i < n && ok; i++)
        ok = add_unless_there(r, SCENARIO_PLACE_HOST, ports[i].number, ports[i].face);
    if (ok && r->s->n_pages > 0)
        ok = add_unless_there(r, SCENARIO_PLACE_PKI, 80, SCENARIO_FACE_PAGES);
    /* The first of each place is the one that works; later ones find it there. */
    for (size_t i = 0; i < n_controls && ok && !r->s->no_controls; i++)
        ok = add_unless_there(r, controls[i].place, controls[i].number, controls[i].face);
    return ok;
}
