/*
 * slip - is a name a known server's with a slip of the pen?
 *
 * A distance of optimal string alignment whose steps cost what they are likely
 * to be worth: the cheaper a step, the likelier a slip. A name may be off by one
 * step of any kind, a long one also by two cheap ones. Before that come whole
 * names: labels exchanged, other dots, another ending.
 */
#include "input/slip.h"

#include <stdlib.h>
#include <string.h>

#include "input/hostname.h"
#include "knowledge/known_host.h"
#include "knowledge/provider.h"

enum {
    COST_PUNCTUATION = 6, /* a dot left out, doubled, or something else in its place */
    COST_DOUBLED = 6,     /* a letter struck twice, or once where it belongs twice */
    COST_EXCHANGED = 6,
    COST_NEIGHBOUR = 7,   /* a key beside the right one, or what looks like it */
    COST_ENDING = 8,      /* .net for .com */
    COST_LEFT_OUT = 9,    /* or put in */
    COST_OTHER = 10,
    COST_LIKELY = COST_NEIGHBOUR, /* the most that a likely step costs */
    COST_LIMIT = 1000,

    SHORT_LEN = 10, /* below it names are alike by chance: no step but the cheap ones */
    LONG_LEN = 12,
    CHANCE_LEN = 4,
    CHANCE_LEN_DOMAIN = 5, /* love.com is not live.com */
    CHANCE_LEN_ENDING = 5, /* smtp.mail.org is not smtp.mail.com */
    CHANCE_LEN_TWICE = 6,  /* ttmail.com is not gmail.com */
    BUDGET_SHORT = 7,
    BUDGET_ONE = 10,
    BUDGET_TWO = 14,
    LEN_DIFFERENCE_MAX = 2,
};

/* ---- what one step costs ----------------------------------------------------- */

static bool is_punctuation(char c)
{
    return strchr(".,;:-_'/", c) != NULL && c != '\0';
}

/* The keys around each on layouts that share QWERTY; ten keys a row, '?' where there is none that counts. */
static bool are_neighbours(char a, char b)
{
    static const char rows[] = "1234567890"
                               "qwertyuiop"
                               "asdfghjkl?"
                               "zxcvbnm???";
    const char *at = strchr(rows, a);
    const char *other = strchr(rows, b);
    long row, column;

    if (at == NULL || other == NULL || *at == '?' || *at == '\0' || *other == '\0')
        return false;
    row = (at - rows) / 10 - (other - rows) / 10;
    column = (at - rows) % 10 - (other - rows) % 10;
    /* Each row lies a little to the right of the one above it. */
    return (row == 0 && labs(column) == 1) || (row == 1 && (column == 0 || column == -1)) ||
           (row == -1 && (column == 0 || column == 1));
}

static bool look_alike(char a, char b)
{
    static const char pairs[][2] = {
        { '0', 'o' }, { '1', 'l' }, { '1', 'i' }, { 'i', 'l' }, { '5', 's' }, { 'u', 'v' },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if ((pairs[i][0] == a && pairs[i][1] == b) || (pairs[i][0] == b && pairs[i][1] == a))
            return true;
    }
    return false;
}

static int cost_of_wrong(char typed, char known)
{
    if (typed == known)
        return 0;
    if (is_punctuation(typed) && is_punctuation(known))
        return COST_PUNCTUATION;
    return are_neighbours(typed, known) || look_alike(typed, known) ? COST_NEIGHBOUR : COST_OTHER;
}

/* Of a character at i that stands in one name alone. */
static int cost_of_lone(const char *name, size_t i)
{
    if (is_punctuation(name[i]))
        return COST_PUNCTUATION;
    return i > 0 && name[i - 1] == name[i] ? COST_DOUBLED : COST_LEFT_OUT;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* ---- the distance of two names ------------------------------------------------ */

/* Rows of the alignment: of the character before the last, the last, and this one. */
struct rows {
    int before[HOSTNAME_MAX + 1], last[HOSTNAME_MAX + 1], now[HOSTNAME_MAX + 1];
};

/* Two letters that look like one, where they end at i of text, and that one at k of other. */
static bool look_like_one(const char *text, size_t i, const char *other, size_t k)
{
    static const char *const pairs[] = { "rnm", "vvw", "cld" };

    for (size_t n = 0; i > 1 && n < sizeof pairs / sizeof pairs[0]; n++) {
        if (text[i - 2] == pairs[n][0] && text[i - 1] == pairs[n][1] && other[k - 1] == pairs[n][2])
            return true;
    }
    return false;
}

static void fill_row(struct rows *r, const char *typed, size_t i, const char *known, size_t len)
{
    r->now[0] = r->last[0] + cost_of_lone(typed, i - 1);
    for (size_t k = 1; k <= len; k++) {
        int cost = r->last[k - 1] + cost_of_wrong(typed[i - 1], known[k - 1]);

        cost = least(cost, r->last[k] + cost_of_lone(typed, i - 1));
        cost = least(cost, r->now[k - 1] + cost_of_lone(known, k - 1));
        if (i > 1 && k > 1 && typed[i - 1] == known[k - 2] && typed[i - 2] == known[k - 1])
            cost = least(cost, r->before[k - 2] + COST_EXCHANGED);
        if (look_like_one(typed, i, known, k))
            cost = least(cost, r->before[k - 1] + COST_NEIGHBOUR);
        if (look_like_one(known, k, typed, i))
            cost = least(cost, r->last[k - 2] + COST_NEIGHBOUR);
        r->now[k] = cost;
    }
}

static int alignment_cost(const char *typed, size_t typed_len, const char *known, size_t len)
{
    struct rows r = { .last = { 0 } };

    for (size_t k = 1; k <= len; k++)
        r.last[k] = r.last[k - 1] + cost_of_lone(known, k - 1);
    for (size_t i = 1; i <= typed_len; i++) {
        fill_row(&r, typed, i, known, len);
        memcpy(r.before, r.last, sizeof r.before);
        memcpy(r.last, r.now, sizeof r.last);
    }
    return r.last[len];
}

static const char *ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? name : dot + 1;
}

/* What is left of two names when what they have in common at both ends is taken away. */
struct difference {
    const char *typed, *known;
    size_t n_typed, n_known;
};

static struct difference difference_of(const char *typed, const char *known)
{
    struct difference d = { typed, known, strlen(typed), strlen(known) };

    while (d.n_typed > 0 && d.n_known > 0 && *d.typed == *d.known)
        d.typed++, d.known++, d.n_typed--, d.n_known--;
    while (d.n_typed > 0 && d.n_known > 0 && d.typed[d.n_typed - 1] == d.known[d.n_known - 1])
        d.n_typed--, d.n_known--;
    return d;
}

/* Of the root zone: every ending of two letters that is in use. */
static bool is_country(const char *ending)
{
    static const char countries[] =
        "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv "
        "bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es "
        "et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu "
        "id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt "
        "lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no "
        "np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si "
        "sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk "
        "us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

    return strlen(ending) == 2 && strchr(ending, ' ') == NULL && strstr(countries, ending) != NULL;
}

/*
 * Two countries' endings are two names, unless their letters were exchanged:
 * smtp.example.at is not smtp.example.it.
 */
static bool is_of_another_country(const char *typed, const char *known)
{
    const char *a = ending_of(typed);
    const char *b = ending_of(known);

    return is_country(a) && strlen(b) == 2 && strcmp(a, b) != 0 && !(a[0] == b[1] && a[1] == b[0]);
}

static bool is_of_all_countries(const char *ending)
{
    return strcmp(ending, "com") == 0 || strcmp(ending, "net") == 0 || strcmp(ending, "org") == 0;
}

/* smtp.gmail.net: a name of so many letters is not somebody else's by chance. */
static bool has_other_ending(const char *typed, const char *known)
{
    const char *a = ending_of(typed);
    const char *b = ending_of(known);
    const char *from;

    if (!is_of_all_countries(a) || !is_of_all_countries(b) || b == known || a - typed != b - known ||
        strncmp(typed, known, (size_t)(b - known)) != 0)
        return false;
    for (from = b - 1; from > known && from[-1] != '.';)
        from--;
    return b - 1 - from >= CHANCE_LEN_ENDING;
}

/* smtp-mail-yahoo-com: dots left out, doubled or replaced, as many as there may be. */
static bool has_other_dots(const char *typed, const char *known)
{
    for (;; typed++, known++) {
        while (is_punctuation(*typed))
            typed++;
        while (is_punctuation(*known))
            known++;
        if (*typed != *known || *typed == '\0')
            return *typed == *known;
    }
}

/* gmail.smtp.com: the same labels, two that stand beside each other exchanged. */
static bool has_labels_exchanged(const char *typed, const char *known)
{
    const char *first = known;

    for (const char *dot = strchr(first, '.'); dot != NULL; first = dot + 1, dot = strchr(first, '.')) {
        size_t before = (size_t)(first - known);
        size_t a = (size_t)(dot - first);
        size_t b = strcspn(dot + 1, ".");

        if (strncmp(typed, known, before) == 0 && strncmp(typed + before, dot + 1, b) == 0 &&
            typed[before + b] == '.' && strncmp(typed + before + b + 1, first, a) == 0 &&
            strcmp(typed + before + b + 1 + a, dot + 1 + b) == 0)
            return true;
    }
    return false;
}

/* "co" of co.jp: the same for everybody in a country. */
static bool is_part_of_ending(const char *label)
{
    static const char *const parts[] = { "co.", "com.", "ne.", "net.", "or.", "org." };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(parts[i]);

        if (strncmp(label, parts[i], len) == 0 && strchr(label + len, '.') == NULL)
            return true;
    }
    return false;
}

/* In a label below so many letters another name is that close by chance, whatever it says: smtp.gol.com. */
static bool is_by_chance(const char *typed, const char *known, long chance_len)
{
    struct difference d = difference_of(typed, known);
    const char *from = d.known, *to = d.known;

    while (from > known && from[-1] != '.')
        from--;
    to += strcspn(to, ".");
    return *to == '.' && to - from < chance_len && !is_part_of_ending(from);
}

/* More than one step within one short label. */
static bool is_by_chance_twice(const char *typed, const char *known)
{
    struct difference d = difference_of(typed, known);

    return memchr(d.typed, '.', d.n_typed) == NULL && memchr(d.known, '.', d.n_known) == NULL &&
           is_by_chance(typed, known, CHANCE_LEN_TWICE);
}

static int budget_of(size_t len)
{
    if (len < SHORT_LEN)
        return BUDGET_SHORT;
    return len < LONG_LEN ? BUDGET_ONE : BUDGET_TWO;
}

static int distance(const char *typed, const char *known)
{
    size_t typed_len = strlen(typed);
    size_t len = strlen(known);
    int cost;

    if (typed_len == len && has_labels_exchanged(typed, known))
        return COST_EXCHANGED;
    if (len >= SHORT_LEN && has_other_dots(typed, known))
        return COST_PUNCTUATION;
    if (has_other_ending(typed, known))
        return COST_ENDING;
    if (typed_len > len + LEN_DIFFERENCE_MAX || len > typed_len + LEN_DIFFERENCE_MAX ||
        is_of_another_country(typed, known))
        return COST_LIMIT;
    cost = alignment_cost(typed, typed_len, known, len);
    if (cost > budget_of(len) || (cost > COST_LIKELY && is_by_chance(typed, known, CHANCE_LEN)) ||
        (cost > BUDGET_ONE && is_by_chance_twice(typed, known)))
        return COST_LIMIT;
    return cost;
}

/* ---- what kind it is ----------------------------------------------------------- */

static bool is_of_punctuation(const struct difference *d)
{
    return d->n_typed <= 1 && d->n_known <= 1 && (d->n_known == 0 || is_punctuation(*d->known)) &&
           (d->n_typed == 0 || is_punctuation(*d->typed));
}

static bool is_in_ending(const struct difference *d, const char *typed, const char *known)
{
    return d->typed >= ending_of(typed) && d->known >= ending_of(known) && strchr(typed, '.') != NULL;
}

static enum name_slip kind_of(const struct difference *d, const char *typed, const char *known)
{
    if (is_of_punctuation(d))
        return SLIP_DOT;
    if (is_in_ending(d, typed, known))
        return SLIP_ENDING;
    if (d->n_typed == 2 && d->n_known == 2 && d->typed[0] == d->known[1] && d->typed[1] == d->known[0])
        return SLIP_EXCHANGED;
    if (strlen(typed) == strlen(known) && has_labels_exchanged(typed, known))
        return SLIP_LABELS;
    if ((d->n_typed == 2 && d->n_known == 1 && look_like_one(d->typed, 2, d->known, 1)) ||
        (d->n_typed == 1 && d->n_known == 2 && look_like_one(d->known, 2, d->typed, 1)))
        return SLIP_LETTER;
    if (d->n_typed == 0 && d->n_known == 1)
        return SLIP_MISSING;
    if (d->n_typed == 1 && d->n_known == 0)
        return SLIP_EXTRA;
    return d->n_typed == 1 && d->n_known == 1 ? SLIP_LETTER : SLIP_SEVERAL;
}

/* ---- the search ------------------------------------------------------------------ */

struct search {
    const char *typed;
    int cost;
    const char *of, *meant;
};

static void try_name(struct search *s, const char *known, const char *meant)
{
    /* "*.example" stands for names that nobody can know. */
    int cost = known[0] == '*' ? COST_LIMIT : distance(s->typed, known);

    /* What does not send mail is a poor guess: there the step must be a likely one. */
    if (cost >= s->cost || (known != meant && cost > COST_LIKELY))
        return;
    s->cost = cost;
    s->of = known;
    s->meant = meant;
}

/* smtp.email.com is not smtp.mail.com: the two differ in a domain that is a listed one. */
static bool differs_in_mail_domain(const char *typed, const char *known)
{
    const char *dot = strchr(typed, '.');

    return dot != NULL && strncmp(typed, known, (size_t)(dot - typed) + 1) == 0 &&
           provider_by_mail_domain(dot + 1) != NULL;
}

static void try_host(struct search *s, const char *known, const char *meant)
{
    if (!differs_in_mail_domain(s->typed, known))
        try_name(s, known, meant);
}

static void try_providers(struct search *s)
{
    for (size_t i = 0; i < provider_total(); i++) {
        const struct provider *p = provider_at(i);

        for (size_t k = 0; k < p->n_hosts; k++)
            try_host(s, p->hosts[k].host, p->hosts[k].host);
    }
}

static void try_domains(struct search *s, const struct provider *p)
{
    const char *server = provider_main_host(p);

    for (size_t i = 0; server != NULL && i < p->n_domains; i++) {
        if (is_by_chance(s->typed, p->domains[i], CHANCE_LEN_DOMAIN))
            continue;
        try_name(s, p->domains[i], p->domains[i]);
        if (s->of == p->domains[i])
            s->meant = server;
    }
}

static bool take_slip(struct slip *ret, const struct search *s)
{
    struct difference d;

    if (s->of == NULL)
        return false;
    d = difference_of(s->typed, s->of);
    *ret = (struct slip){
        .kind = kind_of(&d, s->typed, s->of),
        .of = s->of,
        .meant = s->meant,
        .at = (size_t)(d.typed - s->typed),
        .n = d.n_typed,
    };
    return true;
}

bool slip_find_domain(struct slip *ret, const char *domain)
{
    struct search s = { .typed = domain, .cost = COST_LIMIT };

    if (strlen(domain) > HOSTNAME_MAX || provider_by_mail_domain(domain) != NULL)
        return false;
    for (size_t i = 0; i < provider_total(); i++)
        try_domains(&s, provider_at(i));
    return take_slip(ret, &s);
}

bool slip_find(struct slip *ret, const char *name)
{
    struct search s = { .typed = name, .cost = COST_LIMIT };

    if (strlen(name) > HOSTNAME_MAX || known_host_is(name))
        return false;
    try_providers(&s);
    for (size_t i = 0; i < known_host_total(); i++)
        try_host(&s, known_host_at(i), known_host_at(i));
    for (size_t i = 0; i < other_host_total(); i++)
        try_host(&s, other_host_at(i)->host, other_host_at(i)->right);
    return take_slip(ret, &s);
}
