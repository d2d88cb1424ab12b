#include "simulate/read_world.h"

#include <string.h>

#include "simulate/read_server.h"

enum {
    OFFSET_MAX_S = 10000 * 86400,
};

/* ---- DNS ---- */

static bool read_dns_setting(struct reader *r, struct scenario_answer *a, char *word)
{
    static const char accepted[] = "after=MS, stray=yes, lost=N";
    char *value;
    int number;

    if (!reader_split(r, word, &value, accepted))
        return false;
    if (strcmp(word, "stray") == 0 && strcmp(value, "yes") == 0) {
        a->stray = true;
        return true;
    }
    if (strcmp(word, "lost") == 0) {
        if (!reader_number(&number, value, 1, SCENARIO_LOST_MAX))
            return reader_complain(r, "lost", value, "1 to 100");
        a->lost = (unsigned)number;
        return true;
    }
    if (strcmp(word, "after") != 0)
        return reader_complain(r, "setting", word, accepted);
    if (!reader_number(&number, value, 0, SCENARIO_DELAY_MAX_MS))
        return reader_complain(r, "after", value, "milliseconds, at most 60000");
    a->delay_ms = (unsigned)number;
    return true;
}

static bool read_dns_settings(struct reader *r, struct scenario_answer *a, char *rest)
{
    for (char *word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!read_dns_setting(r, a, word))
            return false;
    }
    return true;
}

/* What follows the word of an answer that has more to it. */
static bool read_dns_detail(struct reader *r, struct scenario_answer *a, char **rest)
{
    char *word;
    int count;

    switch (a->kind) {
    case SCENARIO_ANSWER_CNAME:
        word = reader_word(rest);
        if (!reader_is_plain_name(word, 253))
            return reader_complain(r, "cname", word, "a host name");
        return reader_keep_word(r, &a->alias, word);
    case SCENARIO_ANSWER_MANY:
        word = reader_word(rest);
        if (a->type != SCENARIO_TYPE_A || !reader_number(&count, word, 1, SCENARIO_MANY_MAX))
            return reader_complain(r, "many", word, "A many N, at most 4000");
        a->count = (unsigned)count;
        return true;
    case SCENARIO_ANSWER_ADDRESS:
        return reader_complain(r, "answer", "an address", "A ADDRESS, AAAA ADDRESS");
    case SCENARIO_ANSWER_NXDOMAIN:
    case SCENARIO_ANSWER_EMPTY:
    case SCENARIO_ANSWER_SERVFAIL:
    case SCENARIO_ANSWER_REFUSED:
    case SCENARIO_ANSWER_SILENT:
        break;
    }
    return true;
}

static bool read_answer(struct reader *r, size_t resolver, char *rest)
{
    static const char *const kinds[] = {
        "an address", "nxdomain", "empty", "servfail", "refused", "silent", "cname", "many", NULL,
    };
    char *word = reader_word(&rest);
    struct scenario_answer *a;
    int kind = SCENARIO_ANSWER_ADDRESS;

    if (strcmp(word, "*") != 0 && !reader_is_plain_name(word, 253))
        return reader_complain(r, "name", word, "a host name, *");
    a = READER_APPEND(r, r->s->answers, r->s->n_answers, SCENARIO_ANSWERS_MAX, "dns lines");
    if (a == NULL || !reader_keep_word(r, &a->name, word))
        return false;
    a->resolver = resolver;
    word = reader_word(&rest);
    if (strcmp(word, "A") == 0 || strcmp(word, "AAAA") == 0) {
        a->type = word[1] == '\0' ? SCENARIO_TYPE_A : SCENARIO_TYPE_AAAA;
        word = reader_word(&rest);
    }
    if (a->type != SCENARIO_TYPE_ANY && address_parse(&a->address, word)) {
        if ((a->address.family == FAMILY_IPV4) != (a->type == SCENARIO_TYPE_A))
            return reader_complain(r, "address", word, "IPv4 for A, IPv6 for AAAA");
    } else {
        if (!reader_choice(r, &kind, "answer", word, kinds))
            return false;
        a->kind = (enum scenario_answer_kind)kind;
        if (!read_dns_detail(r, a, &rest))
            return false;
    }
    return read_dns_settings(r, a, rest);
}

bool read_world_dns(struct reader *r, char *rest)
{
    return read_answer(r, 0, rest);
}

bool read_world_dns2(struct reader *r, char *rest)
{
    r->s->n_resolvers = 2;
    return read_answer(r, 1, rest);
}

bool read_world_dns_elsewhere(struct reader *r, char *rest)
{
    r->s->elsewhere_differs = true;
    return read_answer(r, SCENARIO_RESOLVER_ELSEWHERE, rest);
}

/* ---- the web server ---- */

static bool read_page_kind(struct reader *r, struct scenario_page *p, const char *word)
{
    static const struct {
        enum scenario_page_kind kind;
        enum scenario_staple ocsp;
    } meanings[] = {
        { SCENARIO_PAGE_ISSUER, SCENARIO_STAPLE_NONE },    { SCENARIO_PAGE_ISSUERS, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_GOOD },      { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_REVOKED },
        { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_UNKNOWN },   { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_FORGED },
        { SCENARIO_PAGE_HTML, SCENARIO_STAPLE_NONE },      { SCENARIO_PAGE_MISSING, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_REDIRECT, SCENARIO_STAPLE_NONE },  { SCENARIO_PAGE_LONG, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_SILENT, SCENARIO_STAPLE_NONE },    { SCENARIO_PAGE_NEVER, SCENARIO_STAPLE_NONE },
    };
    static const char *const words[] = { "issuer", "issuers", "good", "revoked", "unknown", "forged", "html",
                                         "missing", "redirect", "long", "silent", "never", NULL };
    int choice;

    if (!reader_choice(r, &choice, "page", word, words))
        return false;
    p->kind = meanings[choice].kind;
    p->ocsp = meanings[choice].ocsp;
    return true;
}

bool read_world_web(struct reader *r, char *rest)
{
    static const char accepted[] = "cert=NAME";
    struct scenario_page *p = READER_APPEND(r, r->s->pages, r->s->n_pages, SCENARIO_PAGES_MAX, "pages");
    char *word = reader_word(&rest), *value;

    if (p == NULL)
        return false;
    if (word[0] != '/' || strlen(word) > 200)
        return reader_complain(r, "path", word, "a short one that begins with a slash");
    if (!reader_keep_word(r, &p->path, word) || !read_page_kind(r, p, reader_word(&rest)))
        return false;
    for (word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!reader_split(r, word, &value, accepted))
            return false;
        if (strcmp(word, "cert") != 0)
            return reader_complain(r, "setting", word, accepted);
        if (!read_server_find_cert(r->s, value, &p->cert))
            return reader_complain(r, "certificate", value, "one named above");
    }
    /* Those before HTML are made by its issuer; one of an issuer line is there for its certificate alone. */
    if (p->kind < SCENARIO_PAGE_HTML && (r->s->certs[p->cert].issuer == SCENARIO_ISSUER_SELF ||
                                         r->s->certs[p->cert].issuer == SCENARIO_ISSUER_NAMED))
        return reader_complain(r, "page without an issuer", NULL, "issuer= of the certificate, before it");
    return true;
}

/* ---- the time ---- */

/* "-2d", "90": seconds, minutes, hours or days. */
static bool parse_offset(int *ret, char *text)
{
    static const struct {
        char letter;
        int seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    size_t len = strlen(text);
    int unit = 1;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (len > 1 && text[len - 1] == units[i].letter) {
            unit = units[i].seconds;
            text[--len] = '\0';
        }
    }
    if (!reader_number(ret, text, -99999999, 99999999) || *ret > OFFSET_MAX_S / unit ||
        *ret < -OFFSET_MAX_S / unit)
        return false;
    *ret *= unit;
    return true;
}

static bool read_kiss(struct scenario_clock *c, const char *code)
{
    if (strlen(code) != 4 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 4)
        return false;
    memcpy(c->kiss, code, 5);
    c->fault = SCENARIO_CLOCK_KISS;
    return true;
}

static bool read_clock_setting(struct reader *r, struct scenario_clock *c, char *word)
{
    static const char *const faults[] = { "silent", "wrong-origin", "unsynchronised", "no-date", NULL };
    static const char *const keys[] = { "offset", "kiss", NULL };
    char *value;
    int choice;

    if (strchr(word, '=') == NULL) {
        if (!reader_choice(r, &choice, "fault", word, faults))
            return false;
        c->fault = (enum scenario_clock_fault)(SCENARIO_CLOCK_SILENT + choice);
        return true;
    }
    if (!reader_split(r, word, &value, "offset=N, kiss=RATE") ||
        !reader_choice(r, &choice, "setting", word, keys))
        return false;
    if (choice == 0)
        return parse_offset(&c->offset_s, value) ||
               reader_complain(r, "offset", value, "a number of s, m, h or d, ten thousand days at most");
    return read_kiss(c, value) || reader_complain(r, "kiss", value, "four capital letters such as RATE");
}

bool read_world_clock(struct reader *r, char *rest)
{
    static const char *const kinds[] = { "sntp", "http", "none", NULL };
    struct scenario_clock *c;
    int kind;

    if (!reader_choice(r, &kind, "clock", reader_word(&rest), kinds))
        return false;
    if (kind == 2) {
        r->s->no_clock = true;
        return reader_nothing_more(r, rest);
    }
    c = READER_APPEND(r, r->s->clocks, r->s->n_clocks, SCENARIO_CLOCKS_MAX, "clocks");
    if (c == NULL)
        return false;
    c->http = kind == 1;
    for (char *word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!read_clock_setting(r, c, word))
            return false;
    }
    return true;
}

/* ---- the network between ---- */

struct net_settings {
    unsigned hop;
    bool one_place;
    enum scenario_place place;
    bool families[FAMILY_COUNT];
};

static bool read_net_setting(struct reader *r, struct net_settings *set, char *word, bool with_place)
{
    static const char *const keys[] = { "at", "only", "of", NULL };
    static const char *const families[] = { "ipv4", "ipv6", NULL };
    static const char *const places[] = { "host", "mail", "web", "portal", NULL };
    char *value;
    int key, choice;

    if (!reader_split(r, word, &value, "at=HOP, only=ipv4, of=host") ||
        !reader_choice(r, &key, "setting", word, keys))
        return false;
    if (key == 0) {
        if (!reader_number(&choice, value, 0, SCENARIO_HOPS))
            return reader_complain(r, "hop", value, "0 to 4");
        set->hop = (unsigned)choice;
        return true;
    }
    if (key == 2 && !with_place)
        return reader_complain(r, "setting", word, "at=HOP, only=ipv4");
    if (!reader_choice(r, &choice, keys[key], value, key == 1 ? families : places))
        return false;
    if (key == 1) {
        set->families[choice == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4] = false;
    } else {
        set->one_place = true;
        set->place = (enum scenario_place)choice;
    }
    return true;
}

static bool read_net_settings(struct reader *r, struct net_settings *ret, char *rest, bool with_place)
{
    *ret = (struct net_settings){ .hop = 2, .families = { true, true } };
    for (char *word = reader_word(&rest); *word != '\0'; word = reader_word(&rest)) {
        if (!read_net_setting(r, ret, word, with_place))
            return false;
    }
    return true;
}

static bool read_block(struct reader *r, enum scenario_block_kind kind, char *rest)
{
    struct scenario_net *net = &r->s->net;
    struct scenario_block *b = READER_APPEND(r, net->blocks, net->n_blocks, SCENARIO_BLOCKS_MAX, "blocks");
    const char *word = reader_word(&rest);
    struct net_settings set;

    if (b == NULL || (strcmp(word, "all") != 0 && !reader_port(r, &b->port, word)) ||
        !read_net_settings(r, &set, rest, true))
        return false;
    if (set.hop == 0 && set.one_place && kind != SCENARIO_BLOCK_DROP)
        return reader_complain(r, "of", "at=0", "drop alone, or no of=");
    b->kind = kind;
    b->hop = set.hop;
    b->one_place = set.one_place;
    b->place = set.place;
    memcpy(b->families, set.families, sizeof b->families);
    return true;
}

static bool read_mtu(struct reader *r, bool told, char *rest)
{
    const char *word = reader_word(&rest);
    struct net_settings set;
    int mtu;

    if (!reader_number(&mtu, word, 576, 1499))
        return reader_complain(r, "mtu", word, "bytes, 576 to 1499");
    if (!read_net_settings(r, &set, rest, false))
        return false;
    r->s->net.mtu = (unsigned)mtu;
    r->s->net.mtu_hop = set.hop;
    r->s->net.mtu_told = told;
    memcpy(r->s->net.mtu_families, set.families, sizeof set.families);
    return true;
}

static bool read_no_route(struct reader *r, char *rest)
{
    struct net_settings set;

    if (!read_net_settings(r, &set, rest, false))
        return false;
    memcpy(r->s->net.no_route, set.families, sizeof set.families);
    return true;
}

static bool read_delay(struct reader *r, char *rest)
{
    const char *word = reader_word(&rest);
    int delay;

    if (!reader_number(&delay, word, 0, 1000))
        return reader_complain(r, "delay", word, "milliseconds, at most 1000");
    r->s->net.delay_ms = (unsigned)delay;
    return reader_nothing_more(r, rest);
}

static bool read_hosts_line(struct reader *r, char *rest)
{
    struct scenario_net *net = &r->s->net;
    struct scenario_host *h =
        READER_APPEND(r, net->hosts, net->n_hosts, SCENARIO_HOSTS_MAX, "lines of hosts");
    const char *word = reader_word(&rest);

    if (h == NULL)
        return false;
    if (!address_parse(&h->address, word))
        return reader_complain(r, "hosts", word, "ADDRESS NAME");
    word = reader_word(&rest);
    if (!reader_is_plain_name(word, 253))
        return reader_complain(r, "hosts", word, "ADDRESS NAME");
    return reader_keep_word(r, &h->name, word) && reader_nothing_more(r, rest);
}

bool read_world_net(struct reader *r, char *rest)
{
    enum word { DROP, REJECT, RESET, MTU, NARROW, NO_ROUTE, DELAY, HOSTS, NO_ROOTS };
    static const char *const words[] = { "drop", "reject", "reset", "mtu", "narrow", "no-route",
                                         "delay", "hosts", "no-roots", NULL };
    struct scenario_net *net = &r->s->net;
    int word;

    if (!net->used)
        *net = (struct scenario_net){ .used = true, .delay_ms = 1 };
    if (*rest == '\0')
        return true;
    if (!reader_choice(r, &word, "net", reader_word(&rest), words))
        return false;
    switch ((enum word)word) {
    case DROP:
        return read_block(r, SCENARIO_BLOCK_DROP, rest);
    case REJECT:
        return read_block(r, SCENARIO_BLOCK_REJECT, rest);
    case RESET:
        return read_block(r, SCENARIO_BLOCK_RESET, rest);
    case MTU:
        return read_mtu(r, false, rest);
    case NARROW:
        return read_mtu(r, true, rest);
    case NO_ROUTE:
        return read_no_route(r, rest);
    case DELAY:
        return read_delay(r, rest);
    case HOSTS:
        return read_hosts_line(r, rest);
    case NO_ROOTS:
        net->no_roots = true;
        return reader_nothing_more(r, rest);
    }
    return true;
}
