/*
 * text - the report for a person at a terminal
 *
 * Top down from what everybody understands to what an administrator wants: the
 * verdict, the cause, how it is known, what to do, what to type in, what else
 * was found, then the matrix of what was tried and the facts. Colour only
 * underlines what the words say. Everything a peer said passes term_put_peer().
 */
#include "report/face.h"

#include <stdio.h>
#include <string.h>

#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "knowledge/provider.h"
#include "knowledge/step.h"
#include "model/clock_estimate.h"
#include "report/advice.h"
#include "report/certificate.h"
#include "report/fetched.h"
#include "report/layout.h"
#include "report/matrix.h"
#include "report/page.h"
#include "report/tried.h"
#include "report/typed.h"

enum {
    LINE_MAX_BYTES = 64 << 10, /* one completed text */
    NAME_COLUMNS = 60,         /* of a peer's name in a line of facts */
    CHAINS_SHOWN = 3,
    CLOCK_SHOWN_MS = 30 * 1000, /* a clock that is off by no more is right */
    ISSUERS_SHOWN = 3,
    EFFECT_DEPTH = 3,
};

static unsigned at_least(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned at_most(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- verdict -------------------------------------------------------------- */

static const struct verdict_face {
    enum text_id word;
    enum tone tone;
} verdict_faces[] = {
    [VERDICT_OK] = { TEXT_VERDICT_OK, TONE_GOOD },
    [VERDICT_WARNING] = { TEXT_VERDICT_WARNING, TONE_CARE },
    [VERDICT_CRITICAL] = { TEXT_VERDICT_CRITICAL, TONE_BAD },
    [VERDICT_UNKNOWN] = { TEXT_VERDICT_UNKNOWN, TONE_CARE },
};

/* The name by which a reader knows the target; NULL where none could be made of what was typed. */
static const char *host_of(const struct page *p)
{
    return p->e->plan->host;
}

static const char *say_summary(struct page *p)
{
    return page_say(p, (enum text_id)p->d->summary, p->d->summary_arguments, p->d->n_summary_arguments);
}

static void put_verdict(struct page *p)
{
    const struct verdict_face *face = &verdict_faces[p->d->verdict];
    const char *word = page_label(p, face->word);
    const char *host = host_of(p);
    const char *sentence = say_summary(p);
    const char *colon = page_label(p, TEXT_SHOW_COLON);
    unsigned at = layout_columns(word) + layout_columns(colon);

    page_put_toned(p, face->tone, word);
    buf_put_string(p->out, colon);
    /* Two reports after another are told apart by their hosts. */
    if (host != NULL && strstr(sentence, host) == NULL) {
        layout_put_cut(p->out, p->width / 2, host);
        buf_put_string(p->out, colon);
        at += at_most(layout_columns(host), p->width / 2) + layout_columns(colon);
    }
    if (p->spec->quiet) {
        buf_put_string(p->out, sentence);
        buf_put_char(p->out, '\n');
    } else {
        page_put_wrapped(p, at, 0, sentence);
    }
}

/* ---- findings ------------------------------------------------------------- */

/* The cause, unless the verdict line has just said it. */
static void put_cause(struct page *p, const struct diagnosed *found)
{
    const char *lead =
        page_label(p, p->d->verdict == VERDICT_WARNING ? TEXT_SHOW_NOTICED : TEXT_REPORT_HEADING_CAUSE);
    const char *colon = page_label(p, TEXT_SHOW_COLON);

    if (strstr(say_summary(p), page_title(p, found)) != NULL)
        return;
    buf_put_char(p->out, '\n');
    buf_put_string(p->out, lead);
    buf_put_string(p->out, colon);
    page_put_wrapped(p, layout_columns(lead) + layout_columns(colon), 0, page_title(p, found));
}

/* A mistake in what was typed is shown where it stands. */
static void put_typed(struct page *p, const struct diagnosed *found)
{
    static const struct shown_flaw {
        enum finding_id finding;
        enum input_flaw flaw;
    } shown[] = {
        { FINDING_INPUT_WHITESPACE, INPUT_FLAW_WHITESPACE },
        { FINDING_INPUT_CONFUSABLE, INPUT_FLAW_CONFUSABLE },
        { FINDING_INPUT_TYPO, INPUT_FLAW_SLIP },
        { FINDING_INPUT_LOOK_ALIKE, INPUT_FLAW_SLIP },
        { FINDING_INPUT_NOT_A_HOSTNAME, INPUT_FLAW_DECORATION },
        { FINDING_INPUT_INVALID, INPUT_FLAW_CHARACTER },
    };
    struct buf lines;

    buf_init(&lines, LINE_MAX_BYTES);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (shown[i].finding == (enum finding_id)found->finding &&
            !typed_put_marked(&lines, p->width, 2, p->e->plan, shown[i].flaw))
            p->out->failed = true;
    }
    if (lines.len > 0) {
        buf_put_char(p->out, '\n');
        buf_put(p->out, buf_borrow(&lines), lines.len);
    }
    buf_done(&lines);
}

static void put_primary(struct page *p)
{
    const struct diagnosed *found = &p->d->findings[p->d->primary];

    put_cause(p, found);
    put_typed(p, found);
    page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_BECAUSE));
    page_put_becauses(p, 2, found);
    page_put_steps(p, found);
}

/* Findings whose cause is `cause`, each with its own effects below it. */
static void put_effects(struct page *p, int cause, unsigned depth)
{
    unsigned indent = 2 + 2 * depth;

    for (size_t i = 0; i < p->d->n_findings && depth < EFFECT_DEPTH; i++) {
        const struct diagnosed *found = &p->d->findings[i];

        if (found->caused_by != cause || (int)i == p->d->primary)
            continue;
        page_put_item(p, indent, "*", page_title(p, found));
        page_put_becauses(p, indent + 2, found);
        put_effects(p, (int)i, depth + 1);
    }
}

static bool has_effects(const struct page *p, int cause)
{
    for (size_t i = 0; i < p->d->n_findings; i++) {
        if (p->d->findings[i].caused_by == cause && (int)i != p->d->primary)
            return true;
    }
    return false;
}

static void put_others(struct page *p)
{
    if (p->d->primary >= 0 && has_effects(p, p->d->primary)) {
        page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_EFFECTS));
        put_effects(p, p->d->primary, 0);
    }
    if (has_effects(p, -1)) {
        page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_ALSO));
        put_effects(p, -1, 0);
    }
}

/* ---- settings ------------------------------------------------------------- */

/* Other combinations that work: only what differs from the best one is named. */
static void put_alternatives(struct page *p, const struct recommended *best)
{
    struct buf list;

    buf_init(&list, LINE_MAX_BYTES);
    for (size_t i = 1; i < p->d->n_recommended; i++) {
        const struct recommended *r = &p->d->recommended[i];

        if (r->mode != TLS_MODE_NONE)
            advice_put_setting(&list, p->spec->language, &(struct setting){ r->host, r->port, r->mode },
                               best->host);
    }
    if (list.len > 0) {
        page_put_spaces(p, 2);
        page_put_wrapped(p, 2, 4, page_say(p, TEXT_SHOW_ALSO_WORKS, (const struct argument[]){
            { .name = "settings", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&list) },
        }, 1));
    }
    if (list.failed)
        p->out->failed = true;
    buf_done(&list);
}

static const enum text_id user_name_texts[] = {
    [USERNAME_FULL_ADDRESS] = TEXT_USERNAME_FULL_ADDRESS,
    [USERNAME_LOCAL_PART] = TEXT_USERNAME_LOCAL_PART,
    [USERNAME_OTHER] = TEXT_USERNAME_OTHER,
};

static void put_settings(struct page *p)
{
    static const enum text_id labels[] = {
        TEXT_REPORT_LABEL_HOST, TEXT_REPORT_LABEL_PORT, TEXT_REPORT_LABEL_TLS, TEXT_REPORT_LABEL_USERNAME,
    };
    unsigned columns = page_label_columns(p, labels, sizeof labels / sizeof labels[0]);
    const struct provider *provider = advice_provider(p->e->plan);
    const struct recommended *best = NULL;
    char port[8];

    if (p->d->n_recommended == 0)
        return;
    best = &p->d->recommended[0];
    page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_SETTINGS));
    page_put_row(p, columns, TEXT_REPORT_LABEL_HOST, best->host);
    snprintf(port, sizeof port, "%u", best->port);
    page_put_row(p, columns, TEXT_REPORT_LABEL_PORT, port);
    page_put_row(p, columns, TEXT_REPORT_LABEL_TLS, page_label(p, advice_mode_name(best->mode)));
    if (provider != NULL)
        page_put_row(p, columns, TEXT_REPORT_LABEL_USERNAME, page_label(p, user_name_texts[provider->username]));
    put_alternatives(p, best);
}

/* ---- matrix --------------------------------------------------------------- */

enum { MATRIX_GAP = 2 }; /* columns between columns */

/* How wide the columns are: port, encryption, then a family each. */
struct grid {
    unsigned port, mode, cells[FAMILY_COUNT];
};

static const enum tone matrix_tones[] = {
    [MATRIX_NOTHING] = TONE_DIM,
    [MATRIX_GOOD] = TONE_GOOD,
    [MATRIX_CARE] = TONE_CARE,
    [MATRIX_BAD] = TONE_BAD,
};

static const char *const family_names[FAMILY_COUNT] = { [FAMILY_IPV4] = "IPv4", [FAMILY_IPV6] = "IPv6" };

static const char *cell_words(struct page *p, const struct matrix_cell *cell)
{
    if (cell->shown == NULL)
        return "-";
    buf_clear(&p->line);
    if (!matrix_put_cell(&p->line, p->spec->language, p->e, cell))
        p->out->failed = true;
    return buf_borrow(&p->line);
}

static struct grid grid_measure(struct page *p, const struct matrix *m)
{
    struct grid g = {
        .port = at_least(layout_columns(page_label(p, TEXT_REPORT_LABEL_PORT)), 6), /* "65535*" */
        .mode = layout_columns(page_label(p, TEXT_REPORT_LABEL_TLS)),
        .cells = { 4, 4 },
    };
    unsigned room;

    for (size_t i = 0; i < m->n_rows; i++) {
        g.mode = at_least(g.mode, layout_columns(page_label(p, advice_mode_name(m->rows[i].mode))));
        for (int f = 0; f < FAMILY_COUNT; f++)
            g.cells[f] = at_least(g.cells[f], layout_columns(cell_words(p, &m->rows[i].cells[f])));
    }
    /* A narrow terminal cuts the cells, never the settings. */
    room = g.port + g.mode + 4 * MATRIX_GAP;
    room = p->width > room ? p->width - room : 0;
    for (int f = 0; f < FAMILY_COUNT; f++)
        g.cells[f] =
            at_most(g.cells[f], at_least(room / 2, room - at_most(room, g.cells[FAMILY_COUNT - 1 - f])));
    return g;
}

static void put_cell(struct page *p, unsigned columns, enum tone tone, const char *words, bool last)
{
    struct buf cut;

    buf_init(&cut, LINE_MAX_BYTES);
    page_put_spaces(p, MATRIX_GAP);
    if (!layout_put_cut(&cut, columns, words))
        p->out->failed = true;
    page_put_toned(p, tone, buf_borrow(&cut));
    if (last)
        buf_put_char(p->out, '\n');
    else
        page_put_spaces(p, columns - layout_columns(buf_borrow(&cut)));
    buf_done(&cut);
}

static void put_matrix_row(struct page *p, const struct grid *g, const struct matrix_row *row)
{
    char port[8];

    snprintf(port, sizeof port, "%u%s", row->port, row->asked ? "*" : "");
    put_cell(p, g->port, TONE_PLAIN, port, false);
    put_cell(p, g->mode, TONE_PLAIN, page_label(p, advice_mode_name(row->mode)), false);
    for (int f = 0; f < FAMILY_COUNT; f++)
        put_cell(p, g->cells[f], matrix_tones[matrix_tone(p->e, &row->cells[f])],
                 cell_words(p, &row->cells[f]), f == FAMILY_COUNT - 1);
}

/* Why a whole column is empty: "not tried" alone would worry people. */
static void put_family_note(struct page *p, const struct matrix *m, enum family family)
{
    static const enum text_id notes[] = {
        [SKIP_NONE] = TEXT_NONE,
        [SKIP_NOT_NEEDED] = TEXT_NONE,
        [SKIP_NO_ROUTE] = TEXT_SHOW_NO_ROUTE,
        [SKIP_NO_ADDRESS] = TEXT_SHOW_NO_ADDRESS,
        [SKIP_UNRESOLVED] = TEXT_SHOW_UNRESOLVED,
        [SKIP_NOT_ASKED] = TEXT_SHOW_NOT_ASKED,
        [SKIP_STOPPED] = TEXT_NONE,
    };
    bool typed_address = p->e->plan->host_is_address || p->e->plan->has_address;
    enum skip_reason reason = SKIP_NONE;

    if (!matrix_all_skipped(m, family, &reason) || notes[reason] == TEXT_NONE)
        return;
    /* Who gave one address knows why the other family is empty. */
    if (reason == SKIP_NOT_ASKED && typed_address)
        return;
    page_put_spaces(p, 2);
    page_put_wrapped(p, 2, 2, page_say(p, notes[reason], (const struct argument[]){
        { .name = "family", .kind = ARGUMENT_WORD, .value.word = family_names[family] },
    }, 1));
}

/* The protocols by which mail is read from a name. */
static void list_protocols(struct page *p, struct buf *list, const char *host)
{
    bool speaks[PROTOCOL_COUNT] = { false };

    for (size_t i = 0; i < p->e->plan->n_incoming_servers; i++) {
        const struct incoming_server *server = &p->e->plan->incoming_servers[i];

        speaks[server->protocol] = speaks[server->protocol] || strcmp(server->host, host) == 0;
    }
    for (unsigned i = 0; i < PROTOCOL_COUNT; i++) {
        if (!speaks[i])
            continue;
        if (list->len > 0)
            buf_put_string(list, page_label(p, TEXT_SHOW_AND));
        buf_put_string(list, protocol_name((enum protocol)i));
    }
}

static void put_matrix_heading(struct page *p, enum role role, const char *host)
{
    struct buf protocols;

    buf_init(&protocols, LINE_MAX_BYTES);
    if (role == ROLE_INCOMING)
        list_protocols(p, &protocols, host);
    page_put_heading(p, page_say(p, role == ROLE_INCOMING ? TEXT_SHOW_MATRIX_INCOMING : TEXT_SHOW_MATRIX,
                                 (const struct argument[]){
        { .name = "host", .kind = ARGUMENT_WORD, .value.word = host },
        { .name = "protocols", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&protocols) },
    }, 2));
    p->out->failed |= protocols.failed;
    buf_done(&protocols);
}

/* host: the rows of that name alone; NULL for all of the role. */
static void put_matrix(struct page *p, enum role role, const char *host)
{
    struct matrix m;
    struct grid g;
    bool asked = false;

    matrix_init(&m, p->e, role, host);
    if (m.n_rows == 0)
        return;
    g = grid_measure(p, &m);
    put_matrix_heading(p, role, m.host == NULL ? "" : m.host);
    put_cell(p, g.port, TONE_PLAIN, page_label(p, TEXT_REPORT_LABEL_PORT), false);
    put_cell(p, g.mode, TONE_PLAIN, page_label(p, TEXT_REPORT_LABEL_TLS), false);
    put_cell(p, g.cells[FAMILY_IPV4], TONE_PLAIN, family_names[FAMILY_IPV4], false);
    put_cell(p, g.cells[FAMILY_IPV6], TONE_PLAIN, family_names[FAMILY_IPV6], true);
    for (size_t i = 0; i < m.n_rows; i++) {
        put_matrix_row(p, &g, &m.rows[i]);
        asked = asked || m.rows[i].asked;
    }
    if (asked)
        page_put_item(p, 2, "*", page_label(p, TEXT_SHOW_ASKED));
    put_family_note(p, &m, FAMILY_IPV4);
    put_family_note(p, &m, FAMILY_IPV6);
}

static void put_incoming(struct page *p)
{
    for (size_t i = 0; i < p->e->n_names; i++) {
        if (p->e->names[i].role == ROLE_INCOMING)
            put_matrix(p, ROLE_INCOMING, p->e->names[i].host);
    }
}

/* ---- facts ---------------------------------------------------------------- */

static const enum text_id fact_labels[] = { TEXT_SHOW_ADDRESSES, TEXT_REPORT_LABEL_CERTIFICATE,
                                            TEXT_SHOW_ISSUED_BY, TEXT_SHOW_PROTOCOL, TEXT_SHOW_CLOCK,
                                            TEXT_SHOW_FETCHED, TEXT_SHOW_CONTACTED };

static unsigned fact_columns(const struct page *p)
{
    return page_label_columns(p, fact_labels, sizeof fact_labels / sizeof fact_labels[0]);
}

static void put_addresses(struct page *p)
{
    const struct name_view *name = evidence_target_name(p->e);
    struct buf list;

    if (name == NULL || name->n_addresses == 0 || p->e->plan->host_is_address)
        return;
    buf_init(&list, LINE_MAX_BYTES);
    for (size_t i = 0; i < name->n_addresses; i++) {
        char address[ADDRESS_TEXT_SIZE];

        if (i > 0)
            buf_put_string(&list, ", ");
        buf_put_string(&list, address_format(&name->addresses[i].address, address));
    }
    page_put_row(p, fact_columns(p), TEXT_SHOW_ADDRESSES, buf_borrow(&list));
    p->out->failed |= list.failed;
    buf_done(&list);
}

static void put_flaws(struct page *p, struct buf *list, const struct certificate_flaw *flaws, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_string(list, page_label(p, TEXT_SHOW_AND));
        buf_put_string(list, page_label(p, flaws[i].text));
    }
}

static void put_certificate(struct page *p, const struct chain *c)
{
    struct certificate_flaw flaws[CERTIFICATE_FLAWS_MAX];
    const struct certificate *leaf = &c->certificates[0];
    int64_t now_s = clock_now_s(p->e);
    size_t n = certificate_flaws(flaws, c, now_s);
    struct buf name, list;

    buf_init(&name, LINE_MAX_BYTES);
    buf_init(&list, LINE_MAX_BYTES);
    term_put_peer(&name, NAME_COLUMNS, certificate_title(leaf));
    put_flaws(p, &list, flaws, n);
    page_put_row(p, fact_columns(p), TEXT_REPORT_LABEL_CERTIFICATE,
            page_say(p, n == 0 ? TEXT_SHOW_CERTIFICATE_FINE : TEXT_SHOW_CERTIFICATE_FLAWED,
                (const struct argument[]){
                    { .name = "name", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&name) },
                    { .name = "date", .kind = ARGUMENT_DATE, .value.date = leaf->not_after },
                    { .name = "days",
                      .kind = ARGUMENT_NUMBER,
                      .value.number = certificate_days_left(leaf, now_s) },
                    { .name = "problems", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&list) },
                },
                4));
    p->out->failed |= name.failed || list.failed;
    buf_done(&name);
    buf_done(&list);
}

/* Who vouches for it: the names of what was sent along, and of who issued the last one. */
static void put_issuers(struct page *p, const struct chain *c)
{
    const struct certificate *last = &c->certificates[c->n_certificates - 1];
    struct buf list;

    buf_init(&list, LINE_MAX_BYTES);
    for (size_t i = 1; i < c->n_certificates && i <= ISSUERS_SHOWN; i++) {
        const struct certificate *x = &c->certificates[i];

        if (i > 1)
            buf_put_string(&list, page_label(p, TEXT_SHOW_AND));
        term_put_peer(&list, NAME_COLUMNS, x->common_name.len > 0 ? x->common_name : x->subject);
    }
    if (!last->self_issued && c->n_certificates <= ISSUERS_SHOWN) {
        if (list.len > 0)
            buf_put_string(&list, page_label(p, TEXT_SHOW_AND));
        term_put_peer(&list, NAME_COLUMNS, last->issuer);
    }
    if (list.len > 0)
        page_put_row(p, fact_columns(p), TEXT_SHOW_ISSUED_BY, buf_borrow(&list));
    p->out->failed |= list.failed;
    buf_done(&list);
}

/* Each chain of the target once, in the order in which its cells stand. */
static void put_certificates(struct page *p)
{
    const struct chain *seen[CHAINS_SHOWN];
    size_t n = 0;

    for (size_t i = 0; i < p->e->n_probes && n < CHAINS_SHOWN; i++) {
        const struct probe *probe = &p->e->probes[i];
        const struct chain *c = probe->role == ROLE_TARGET ? certificate_chain(p->e, probe) : NULL;
        bool known = c == NULL;

        for (size_t k = 0; k < n; k++)
            known = known || seen[k] == c;
        if (known)
            continue;
        seen[n++] = c;
        put_certificate(p, c);
        put_issuers(p, c);
    }
}

static void put_protocols(struct page *p)
{
    struct buf list;

    buf_init(&list, LINE_MAX_BYTES);
    for (size_t i = 0; i < p->e->n_probes; i++) {
        const struct probe *probe = &p->e->probes[i];

        if (probe->role != ROLE_TARGET || probe->tls_version == NULL ||
            strstr(buf_borrow(&list), probe->tls_version) != NULL)
            continue;
        if (list.len > 0)
            buf_put_string(&list, ", ");
        term_put_peer(&list, NAME_COLUMNS, peer_text_of(probe->tls_version));
    }
    if (list.len > 0)
        page_put_row(p, fact_columns(p), TEXT_SHOW_PROTOCOL, buf_borrow(&list));
    p->out->failed |= list.failed;
    buf_done(&list);
}

/* Told where it matters. */
static void put_clock(struct page *p)
{
    int64_t offset_ms = clock_offset_ms(&p->e->clock);
    const struct argument off = { .name = "offset",
                                  .kind = ARGUMENT_DURATION,
                                  .value.duration_ms = (double)(offset_ms < 0 ? -offset_ms : offset_ms) };

    if (off.value.duration_ms > CLOCK_SHOWN_MS)
        page_put_row(p, fact_columns(p), TEXT_SHOW_CLOCK,
                page_say(p, offset_ms < 0 ? TEXT_SHOW_CLOCK_AHEAD : TEXT_SHOW_CLOCK_BEHIND, &off, 1));
}

/* Whoever was contacted besides the target is named. */
static void put_fetches(struct page *p)
{
    for (size_t i = 0; i < p->e->n_fetches; i++) {
        struct buf line;

        buf_init(&line, LINE_MAX_BYTES);
        p->out->failed |= !fetched_put(&line, p->spec->language, &p->e->fetches[i]);
        page_put_row(p, fact_columns(p), TEXT_SHOW_FETCHED, buf_borrow(&line));
        buf_done(&line);
    }
}

static bool was_contacted(const struct probe *p)
{
    return p->role == ROLE_CONTROL && p->outcome != PROBE_SKIPPED && p->outcome != PROBE_RUNNING;
}

/* The other family of the same endpoint fared alike. */
static bool was_listed(const struct evidence *e, size_t probe)
{
    const struct probe *p = &e->probes[probe];

    for (size_t i = 0; i < probe; i++) {
        const struct probe *before = &e->probes[i];

        if (was_contacted(before) && before->port == p->port && strcmp(before->host, p->host) == 0 &&
            (before->outcome == PROBE_OK) == (p->outcome == PROBE_OK))
            return true;
    }
    return false;
}

/* The endpoints elsewhere that answered, or those that did not. */
static bool list_contacted(struct buf *list, const struct evidence *e, bool answered)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];
        char port[8];

        if (!was_contacted(p) || (p->outcome == PROBE_OK) != answered || was_listed(e, i))
            continue;
        snprintf(port, sizeof port, ":%u", (unsigned)p->port);
        if (list->len > 0)
            buf_put_string(list, ", ");
        buf_put_string(list, p->host);
        buf_put_string(list, port);
    }
    return list->len > 0;
}

/* Whom a failure made the check turn to. */
static void put_contacted(struct page *p)
{
    static const enum text_id says[] = { TEXT_SHOW_CONTACTED_SILENT, TEXT_SHOW_CONTACTED_ANSWERS };

    for (int answered = 1; answered >= 0; answered--) {
        struct buf list;

        buf_init(&list, LINE_MAX_BYTES);
        if (list_contacted(&list, p->e, answered != 0))
            page_put_row(p, fact_columns(p), TEXT_SHOW_CONTACTED,
                         page_say(p, says[answered], (const struct argument[]){
                             { .name = "list", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&list) },
                         }, 1));
        p->out->failed |= list.failed;
        buf_done(&list);
    }
}

static bool has_facts(const struct page *p)
{
    for (size_t i = 0; i < p->e->n_probes; i++) {
        if (was_contacted(&p->e->probes[i]))
            return true;
        if (p->e->probes[i].role == ROLE_TARGET && certificate_chain(p->e, &p->e->probes[i]) != NULL)
            return true;
    }
    return evidence_target_name(p->e) != NULL && p->e->names[0].n_addresses > 0 &&
           !p->e->plan->host_is_address;
}

static void put_facts(struct page *p)
{
    if (!has_facts(p))
        return;
    buf_put_char(p->out, '\n');
    put_addresses(p);
    put_certificates(p);
    put_protocols(p);
    put_clock(p);
    put_fetches(p);
    put_contacted(p);
}

/* What makes the report less than whole. */
static void put_limits(struct page *p)
{
    const struct limit {
        bool reached;
        enum text_id says;
    } limits[] = {
        { p->e->interrupted, TEXT_SHOW_INTERRUPTED },
        { p->e->ceiling_reached && !p->e->interrupted, TEXT_SHOW_CEILING },
        { p->e->incomplete, TEXT_SHOW_INCOMPLETE },
        { p->e->n_roots_broken > 0, TEXT_SHOW_BROKEN_ROOTS },
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].reached)
            page_put_heading(p, page_label(p, limits[i].says));
    }
    if (p->e->plan->incoming && p->e->plan->n_incoming_servers == 0 && host_of(p) != NULL)
        page_put_heading(p, page_say(p, TEXT_SHOW_INCOMING_UNKNOWN, (const struct argument[]){
            { .name = "host", .kind = ARGUMENT_WORD, .value.word = host_of(p) },
        }, 1));
    if (p->e->own_trouble != NULL)
        page_put_heading(p, page_say(p, TEXT_SHOW_OWN_TROUBLE, (const struct argument[]){
            { .name = "reason", .kind = ARGUMENT_PEER, .value.peer = peer_text_of(p->e->own_trouble) },
        }, 1));
}

bool report_text(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                 const struct diagnosis *d)
{
    struct page p;

    page_init(&p, out, spec, e, d);
    put_verdict(&p);
    if (!spec->quiet) {
        if (d->primary >= 0)
            put_primary(&p);
        put_settings(&p);
        put_others(&p);
        put_matrix(&p, ROLE_TARGET, NULL);
        put_matrix(&p, ROLE_SUGGESTION, NULL);
        put_incoming(&p);
        tried_put_section(&p);
        put_facts(&p);
        put_limits(&p);
    }
    page_done(&p);
    return !out->failed;
}
