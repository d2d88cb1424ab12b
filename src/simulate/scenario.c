#include "simulate/scenario.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "simulate/reader.h"
#include "simulate/read_server.h"
#include "simulate/read_sign_in.h"
#include "simulate/read_world.h"

enum { ARENA_CEILING = 16 * 1024 * 1024 };

/* ---- header ---- */

static bool read_about(struct reader *r, char *rest)
{
    return reader_keep_word(r, &r->s->about, rest);
}

/* What somebody types, with \xNN for bytes that cannot stand in a file; it ends at none of them. */
static bool keep_typed(struct reader *r, const char *what, const char *text, const char **ret)
{
    struct peer_text kept;
    struct buf b;
    bool ok;

    buf_init(&b, SCENARIO_LINE_MAX);
    ok = reader_unescape(r, &b, text, strlen(text)) && reader_keep_bytes(r, &kept, &b);
    buf_done(&b);
    if (!ok)
        return false;
    if (kept.len > 0 && memchr(kept.bytes, '\0', kept.len) != NULL)
        return reader_complain(r, what, text, "no \\x00");
    *ret = kept.bytes;
    return true;
}

/* What is checked, be it a target or the content of a mail program's box. */
static bool read_typed(struct reader *r, const char *what, char *rest)
{
    if (r->s->target != NULL || *rest == '\0')
        return reader_complain(r, what, rest, "given once, not empty, and one of target and box");
    return keep_typed(r, what, rest, &r->s->target);
}

static bool read_target(struct reader *r, char *rest)
{
    return read_typed(r, "target", rest);
}

static bool read_box(struct reader *r, char *rest)
{
    r->s->is_box = true;
    return read_typed(r, "box", rest);
}

static bool read_host(struct reader *r, char *rest)
{
    char *word = reader_word(&rest);

    if (r->s->host != NULL || !reader_is_plain_name(word, 253))
        return reader_complain(r, "host", word, "one host name, before dns, cert and port");
    return reader_keep_word(r, &r->s->host, word) && reader_nothing_more(r, rest);
}

/* The long name of an option; NULL where there is none. */
static const char *long_name(const char *word)
{
    static const struct {
        const char *typed, *name;
    } letters[] = { { "-4", "ipv4" }, { "-6", "ipv6" }, { "-p", "port" } };

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strcmp(word, letters[i].typed) == 0)
            return letters[i].name;
    }
    return strncmp(word, "--", 2) == 0 &&
                   reader_is_plain_name(word + 2, 40) && word[2] != '-' ? word + 2 : NULL;
}

static bool read_options(struct reader *r, char *rest)
{
    static const char accepted[] = "--NAME VALUE, --NAME=VALUE, --NAME, -4, -6, -p PORT";
    struct scenario_option *o = NULL;

    for (char *word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        const char *name;
        char *value;

        if (*word != '-') {
            if (o == NULL || o->value != NULL)
                return reader_complain(r, "option", word, accepted);
            if (!keep_typed(r, "option", word, &o->value))
                return false;
            continue;
        }
        value = strchr(word, '=');
        if (value != NULL)
            *value++ = '\0';
        name = long_name(word);
        if (name == NULL)
            return reader_complain(r, "option", word, accepted);
        o = READER_APPEND(r, r->s->options, r->s->n_options, SCENARIO_OPTIONS_MAX, "options");
        if (o == NULL || !reader_keep_word(r, &o->name, name) ||
            (value != NULL && !keep_typed(r, "option", value, &o->value)))
            return false;
    }
    return true;
}

/* ---- what the check must say ---- */

static bool read_verdict(struct reader *r, char *rest)
{
    static const char *const words[] = { "ok", "warning", "critical", "unknown", NULL };
    char *word = reader_word(&rest);
    int choice;

    if (r->s->verdict != NULL)
        return reader_complain(r, "second verdict", word, "one");
    if (!reader_choice(r, &choice, "verdict", word, words))
        return false;
    r->s->verdict = words[choice];
    return reader_nothing_more(r, rest);
}

static bool read_id(struct reader *r, const char **ret, const char *word)
{
    if (!reader_is_plain_name(word, 60) || strchr(word, '.') == NULL)
        return reader_complain(r, "finding", word, "an id such as port.blocked");
    return reader_keep_word(r, ret, word);
}

static bool read_primary(struct reader *r, char *rest)
{
    return read_id(r, &r->s->primary, reader_word(&rest)) && reader_nothing_more(r, rest);
}

static bool read_finding(struct reader *r, char *rest)
{
    static const char *const severities[] = { "info", "warning", "critical", NULL };
    static const char accepted[] = "port=N, caused_by=ID";
    struct scenario_finding *f =
        READER_APPEND(r, r->s->findings, r->s->n_findings, SCENARIO_FINDINGS_MAX, "findings");
    char *word, *value;
    int choice;

    if (f == NULL || !read_id(r, &f->id, reader_word(&rest)) ||
        !reader_choice(r, &choice, "severity", reader_word(&rest), severities))
        return false;
    f->severity = severities[choice];
    for (word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!reader_split(r, word, &value, accepted))
            return false;
        if (strcmp(word, "port") == 0) {
            if (!reader_port(r, &f->port, value))
                return false;
        } else if (strcmp(word, "caused_by") == 0) {
            if (!read_id(r, &f->caused_by, value))
                return false;
        } else {
            return reader_complain(r, "setting", word, accepted);
        }
    }
    return true;
}

static bool read_recommended(struct reader *r, char *rest)
{
    static const char *const modes[] = { "starttls", "implicit", NULL };
    struct scenario_pair *p =
        READER_APPEND(r, r->s->recommended, r->s->n_recommended, SCENARIO_FINDINGS_MAX, "recommendations");
    int choice;

    if (p == NULL || !reader_port(r, &p->port, reader_word(&rest)) ||
        !reader_choice(r, &choice, "mode", reader_word(&rest), modes))
        return false;
    p->mode = modes[choice];
    return reader_nothing_more(r, rest);
}

static bool read_taken(struct reader *r, char *rest)
{
    static const char accepted[] = "from=ADDRESS, to=ADDRESS";
    struct scenario_taken *t = &r->s->taken;
    char *word = reader_word(&rest), *value;
    int count;

    if (t->count > 0 || !reader_number(&count, word, 1, SCENARIO_TAKEN_MAX))
        return reader_complain(r, "taken", word, "how many messages, once");
    t->count = (unsigned)count;
    for (word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!reader_split(r, word, &value, accepted))
            return false;
        if (strcmp(word, "from") != 0 && strcmp(word, "to") != 0)
            return reader_complain(r, "setting", word, accepted);
        if (!reader_keep_word(r, *word == 'f' ? &t->from : &t->to, value))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static const struct line_word {
    const char *word;
    bool (*read)(struct reader *r, char *rest);
} line_words[] = {
    { "about", read_about },     { "target", read_target },           { "host", read_host },
    { "options", read_options }, { "dns", read_world_dns },                 { "cert", read_server_cert },
    { "dns2", read_world_dns2 },
    { "dns-elsewhere", read_world_dns_elsewhere },
    { "port", read_server_port },       { "verdict", read_verdict },         { "primary", read_primary },
    { "finding", read_finding }, { "recommended", read_recommended }, { "clock", read_world_clock },
    { "box", read_box },         { "control", read_server_control },
    { "web", read_world_web },   { "net", read_world_net },
    { "issuer", read_server_issuer },  { "account", read_sign_in_account }, { "token", read_sign_in_token },
    { "oauth-error", read_sign_in_oauth_error }, { "secret", read_sign_in_secret },
    { "taken", read_taken },
};

static bool read_line(struct reader *r, char *line)
{
    static const char accepted[] = "about, target, box, host, options, dns, dns2, dns-elsewhere, issuer, cert, web, clock, "
                                   "control, net, account, token, oauth-error, secret, port, on, at, a step, "
                                   "verdict, primary, finding, recommended, taken";
    char *rest = line, *word = reader_word(&rest);

    if (*word == '\0' || *word == '#')
        return true;
    if (read_server_goes_on(word))
        return read_server_on(r, word, rest);
    for (size_t i = 0; i < sizeof line_words / sizeof line_words[0]; i++) {
        if (strcmp(line_words[i].word, word) == 0)
            return read_server_close_port(r) && line_words[i].read(r, rest);
    }
    return reader_complain(r, "word", word, accepted);
}

/* One line of the text, without blanks at its end, into line. */
static bool take_line(struct reader *r, struct peer_text *text, char line[static SCENARIO_LINE_MAX])
{
    const char *end = memchr(text->bytes, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->bytes) : text->len;

    r->line++;
    if (len >= SCENARIO_LINE_MAX)
        return reader_complain(r, "line too long", NULL, "fewer than 4096 bytes");
    if (memchr(text->bytes, '\0', len) != NULL)
        return reader_complain(r, "a zero byte", NULL, "text");
    memcpy(line, text->bytes, len);
    text->bytes += len + (end != NULL);
    text->len -= len + (end != NULL);
    while (len > 0 && (reader_is_blank(line[len - 1]) || line[len - 1] == '\r'))
        len--;
    line[len] = '\0';
    return true;
}

static bool read_text(struct reader *r, struct peer_text text)
{
    char line[SCENARIO_LINE_MAX];

    if (text.len > SCENARIO_TEXT_MAX)
        return reader_complain(r, "file too long", NULL, "at most 256 KiB");
    while (text.len > 0) {
        if (!take_line(r, &text, line) || !read_line(r, line))
            return false;
    }
    return read_server_close_port(r);
}

/* A line names it, or "*" covers it. */
static bool name_has_answers(const struct scenario *s, size_t resolver, const char *name)
{
    for (size_t i = 0; i < s->n_answers; i++) {
        const struct scenario_answer *a = &s->answers[i];

        if (a->resolver == resolver && (strcmp(a->name, "*") == 0 || strcasecmp(a->name, name) == 0))
            return true;
    }
    return false;
}

static bool add_addresses(struct reader *r, size_t resolver, const char *name, enum scenario_place place)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct scenario_answer *a = READER_APPEND(r, r->s->answers, r->s->n_answers, SCENARIO_ANSWERS_MAX,
                                                  "dns lines");

        if (a == NULL)
            return false;
        a->name = name;
        a->resolver = resolver;
        a->type = i == FAMILY_IPV4 ? SCENARIO_TYPE_A : SCENARIO_TYPE_AAAA;
        if (!scenario_place_address(&a->address, r->s, place, (enum family)i))
            a->kind = SCENARIO_ANSWER_EMPTY;
    }
    return true;
}

static bool add_names(struct reader *r, size_t resolver)
{
    for (enum scenario_place place = SCENARIO_PLACE_HOST; place < SCENARIO_PLACE_COUNT; place++) {
        const char *name = scenario_place_name(r->s, place);

        if (name != NULL && !name_has_answers(r->s, resolver, name) &&
            !add_addresses(r, resolver, name, place))
            return false;
    }
    return true;
}

static bool fill_in(struct reader *r)
{
    struct scenario *s = r->s;

    if (s->target == NULL)
        return reader_complain(r, "no target", NULL, "target NAME, box TEXT");
    if (!reader_need_host(r))
        return false;
    if (s->n_clocks == 0 && !s->no_clock &&
        READER_APPEND(r, s->clocks, s->n_clocks, SCENARIO_CLOCKS_MAX, "clocks") == NULL)
        return false;
    for (size_t i = 0; i < s->n_resolvers; i++) {
        if (!add_names(r, i))
            return false;
    }
    if (s->elsewhere_differs && !add_names(r, SCENARIO_RESOLVER_ELSEWHERE))
        return false;
    if (!read_server_add_usual(r))
        return false;
    for (size_t i = 0; i < s->n_certs; i++) {
        if (s->certs[i].n_names > 0)
            continue;
        s->certs[i].names = &s->host;
        s->certs[i].n_names = 1;
    }
    if (s->about == NULL)
        s->about = "";
    return true;
}

bool scenario_parse(struct scenario **ret, const char *name, struct peer_text text,
                    char complaint[static SCENARIO_COMPLAINT_SIZE], struct err *err)
{
    struct arena *arena = arena_new(ARENA_CEILING);
    struct reader r = { .name = name, .complaint = complaint, .err = err };

    complaint[0] = '\0';
    r.s = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *r.s);
    if (r.s == NULL) {
        arena_free(arena);
        return reader_no_memory(&r);
    }
    r.s->arena = arena;
    r.s->n_resolvers = 1;
    r.s->oauth_error = read_sign_in_usual_error();
    if (!reader_keep_word(&r, &r.s->name, name) || read_server_add_cert(&r, "default") == NULL ||
        !read_text(&r, text) || !fill_in(&r)) {
        arena_free(arena);
        return false;
    }
    *ret = r.s;
    return true;
}

struct scenario *scenario_free(struct scenario *s)
{
    if (s != NULL)
        arena_free(s->arena);
    return NULL;
}

const char *scenario_place_name(const struct scenario *s, enum scenario_place place)
{
    switch (place) {
    case SCENARIO_PLACE_HOST:
        return s->host;
    case SCENARIO_PLACE_MAIL:
        return "mail.control.test";
    case SCENARIO_PLACE_PORTAL:
        return "portal.control.test";
    case SCENARIO_PLACE_PKI:
        return s->n_pages > 0 ? "pki.example.test" : NULL;
    case SCENARIO_PLACE_WEB:
    case SCENARIO_PLACE_RESOLVER:
    case SCENARIO_PLACE_RESOLVER_2:
    case SCENARIO_PLACE_RESOLVER_ELSEWHERE:
    case SCENARIO_PLACE_CLOCK:
    case SCENARIO_PLACE_COUNT:
        break;
    }
    return NULL;
}

bool scenario_place_address(struct address *ret, const struct scenario *s, enum scenario_place place,
                            enum family family)
{
    static const char *const loopback[SCENARIO_PLACE_COUNT][FAMILY_COUNT] = {
        [SCENARIO_PLACE_HOST] = { "127.0.0.1", "::1" },
        [SCENARIO_PLACE_MAIL] = { "127.9.0.25", NULL },
        [SCENARIO_PLACE_WEB] = { "127.9.0.43", NULL },
        [SCENARIO_PLACE_PORTAL] = { "127.9.0.80", NULL },
        [SCENARIO_PLACE_RESOLVER] = { "127.0.0.1", NULL },
        [SCENARIO_PLACE_RESOLVER_2] = { "127.0.0.1", NULL },
        [SCENARIO_PLACE_CLOCK] = { "127.0.0.1", NULL },
        [SCENARIO_PLACE_PKI] = { "127.9.0.81", NULL },
    };
    /* Addresses that nobody has (RFC 5737, RFC 3849), and those of data/controls.toml, which no option names. */
    static const char *const world[SCENARIO_PLACE_COUNT][FAMILY_COUNT] = {
        [SCENARIO_PLACE_HOST] = { "203.0.113.10", "2001:db8:113::10" },
        [SCENARIO_PLACE_MAIL] = { "192.0.2.25", "2001:db8:2::25" },
        [SCENARIO_PLACE_WEB] = { "192.0.2.43", "2001:db8:2::43" },
        [SCENARIO_PLACE_PORTAL] = { "192.0.2.80", "2001:db8:2::80" },
        [SCENARIO_PLACE_RESOLVER] = { "198.51.100.53", NULL },
        [SCENARIO_PLACE_RESOLVER_2] = { "198.51.100.54", NULL },
        [SCENARIO_PLACE_RESOLVER_ELSEWHERE] = { "8.8.8.8", "2606:4700:4700::1111" },
        [SCENARIO_PLACE_CLOCK] = { "192.0.2.123", NULL },
        [SCENARIO_PLACE_PKI] = { "192.0.2.81", NULL },
    };
    const char *text = s->net.used ? world[place][family] : loopback[place][family];

    return text != NULL && address_parse(ret, text);
}

const struct scenario_source *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_sources_count; i++) {
        if (strcmp(scenario_sources[i].name, name) == 0)
            return &scenario_sources[i];
    }
    return NULL;
}
