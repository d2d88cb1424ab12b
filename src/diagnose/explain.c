/*
 * explain - what an error that somebody pastes means
 *
 * A server's words tell more than a cause that a program names, that more than
 * a bare number, and all of them more than how it failed or that it did.
 */
#include "diagnose/explain.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/mail_log.h"
#include "diagnose/pasted.h"
#include "diagnose/seen.h"
#include "knowledge/client_text.h"
#include "knowledge/finding.h"
#include "knowledge/provider.h"
#include "knowledge/replies.h"
#include "smtp/quoted_reply.h"

enum {
    CANDIDATES_MAX = 8,
    WRAPPED_MAX = 8,       /* lines that a sentence goes on in */
    REPLY_LINES_MAX = 16,  /* joined into one reply */
    REPLIES_ASKED_MAX = 512, /* of one text, the last ones: more tell nothing new */
    NAMES_ASKED_MAX = 256, /* of one text, the first ones */
    REPLY_REFUSED = 550,
    REPLY_FAILED = 554,
    PERCENT_MIN = 5,       /* less is not worth a word */
    BECAUSES_MAX = 2,      /* what was recognised, and where it is explained */
};

static const double IPV6_SURE = 0.8;
static const double SLIP_SURE = 0.85;
static const double SLIP_AND_UNKNOWN_SURE = 0.95; /* no such name is known */

/* How much a line tells; the greater decides. */
enum telling {
    TELLS_NOTHING,
    TELLS_FAILURE, /* that it failed */
    TELLS_SYMPTOM, /* how */
    TELLS_NUMBER,  /* with which number a server refused */
    TELLS_CAUSE,   /* why, as a program names it */
    TELLS_WORDS,   /* why, as the server said */
};

enum {
    HIT_REPLY = -1,
    HIT_NAME = -2, /* a name that looks mistyped */
};

struct candidate {
    enum finding_id finding;
    double confidence;
    int hit; /* index, or one of the following */
};

/* What one line says. */
struct judged {
    enum telling telling;
    size_t index;              /* of the line */
    size_t reply_last;         /* of the last line of the reply that begins there */
    struct candidate candidates[CANDIDATES_MAX];
    size_t n_candidates;
    struct client_text_hit hits[CLIENT_TEXT_HITS_MAX];
    size_t n_hits;
    const char *help_url;
};

struct judging {
    struct pasted pasted;
    struct pasted_server server; /* named anywhere in the text */
    const char *provider;        /* whose it is: as the user said, or by a server's name or mark; or NULL */
    explain_meant *meant;        /* may be NULL */
    char mistyped[PASTED_HOST_SIZE]; /* "" for none */
    struct buf reply;            /* lines of one reply, joined */
    struct buf words;            /* of a program, as they were pasted */
    size_t n_replies_asked;
};

/* ---- candidates ----------------------------------------------------------- */

static void drop_candidate(struct judged *j, size_t index)
{
    j->n_candidates--;
    memmove(&j->candidates[index], &j->candidates[index + 1],
            (j->n_candidates - index) * sizeof j->candidates[0]);
}

/* The best of each finding stays; the most likely comes first. */
static void add_candidate(struct judged *j, enum finding_id finding, double confidence, int hit)
{
    size_t at = 0;

    if (finding == FINDING_NONE || confidence * 100 < PERCENT_MIN)
        return;
    for (size_t i = 0; i < j->n_candidates; i++) {
        if (j->candidates[i].finding != finding)
            continue;
        if (j->candidates[i].confidence >= confidence)
            return;
        drop_candidate(j, i);
        break;
    }
    while (at < j->n_candidates && j->candidates[at].confidence >= confidence)
        at++;
    if (at == CANDIDATES_MAX)
        return;
    if (j->n_candidates == CANDIDATES_MAX)
        j->n_candidates--;
    memmove(&j->candidates[at + 1], &j->candidates[at], (j->n_candidates - at) * sizeof j->candidates[0]);
    j->candidates[at] = (struct candidate){ finding, confidence, hit };
    j->n_candidates++;
}

/* ---- a server's reply ----------------------------------------------------- */

static struct peer_text text_in(const struct buf *b)
{
    return (struct peer_text){ buf_borrow(b), b->len };
}

static bool is_last_of_reply(const struct pasted *p, size_t index)
{
    const struct pasted_line *l = &p->lines[index];

    return l->refuses && !(l->goes_on && index + 1 < p->n && p->lines[index + 1].code == l->code);
}

/* The line where the reply begins whose last line this is. */
static size_t first_of_reply(const struct pasted *p, size_t index)
{
    size_t first = index;

    while (first > 0 && index - first + 1 < REPLY_LINES_MAX && p->lines[first - 1].goes_on &&
           p->lines[first - 1].code == p->lines[index].code)
        first--;
    return first;
}

/* Without the end of a string literal that the writer has cut at line ends: "...\\n' +". */
static size_t end_of_string(struct peer_text line)
{
    size_t end = line.len;

    while (end > 0 && strchr(" \t\r'\"+,", line.bytes[end - 1]) != NULL)
        end--;
    if (end >= 2 && line.bytes[end - 2] == '\\' && line.bytes[end - 1] == 'n')
        end -= 2;
    return end;
}

/* What a log or a library puts before a reply ends in a sign; a sentence that ends in a code does not. */
static bool is_prefix(struct peer_text before)
{
    while (before.len > 0 && strchr(" \t", before.bytes[before.len - 1]) != NULL)
        before.len--;
    return before.len == 0 || strchr(":>|*<-])('\"=", before.bytes[before.len - 1]) != NULL;
}

/* Where in the line that begins, or goes on, which is to be joined. */
static size_t start_of_reply(struct peer_text line, size_t end, bool first)
{
    struct quoted_reply r;

    if (!pasted_refusal(&r, line) || r.at >= end)
        return 0;
    return first || is_prefix((struct peer_text){ line.bytes, r.at }) ? r.at : 0;
}

/* Joined with blanks: codes and all, which replies.h leaves out. */
static void join_reply(struct judging *g, size_t first, size_t last)
{
    buf_clear(&g->reply);
    for (size_t i = first; i <= last; i++) {
        struct peer_text line = pasted_line(&g->pasted, i);
        size_t end = end_of_string(line);
        size_t at = start_of_reply(line, end, i == first);

        if (i > first) {
            while (at < end && strchr(" \t", line.bytes[at]) != NULL)
                at++;
            buf_put_char(&g->reply, ' ');
        }
        buf_put(&g->reply, line.bytes + at, end - at);
    }
}

/* ---- a sentence that goes on ---------------------------------------------- */

static bool is_indented(struct peer_text line)
{
    return line.len > 0 && (line.bytes[0] == ' ' || line.bytes[0] == '\t');
}

static bool is_empty(struct peer_text line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (strchr(" \t\r", line.bytes[i]) == NULL || line.bytes[i] == '\0')
            return false;
    }
    return true;
}

/* The bracket behind "(in reply to RCPT TO command)". */
static bool ends_sentence(struct peer_text line)
{
    size_t end = end_of_string(line);

    return end > 0 && line.bytes[end - 1] == ')';
}

/*
 * The last line that a reply may go on in: the next one, and as many behind it
 * as are indented. A report of a delivery is wrapped so.
 */
static size_t end_of_wrapped(const struct pasted *p, size_t index)
{
    size_t last = index;

    while (last + 1 < p->n && last - index < WRAPPED_MAX && !p->lines[last + 1].has_reply &&
           !is_empty(pasted_line(p, last + 1)) && (last == index || is_indented(pasted_line(p, last + 1))) &&
           !(last > index && ends_sentence(pasted_line(p, last))))
        last++;
    return last;
}

static const char *host_or_null(const struct pasted_server *s)
{
    return s->host[0] == '\0' ? NULL : s->host;
}

static size_t ask(struct reply_meaning ret[static REPLIES_CANDIDATES_MAX], struct judging *g,
                  const struct quoted_reply *r, enum reply_stage stage, struct peer_text line)
{
    struct pasted_server own;
    struct reply_question q = {
        .provider = g->provider,
        .host = host_or_null(&g->server),
        .stage = stage,
        .code = r->code,
        .enhanced = { r->enhanced[0], r->enhanced[1], r->enhanced[2] },
        .text = text_in(&g->reply),
    };

    pasted_server(&own, line);
    if (own.host[0] != '\0') {
        q.host = own.host;
        q.provider = own.provider != NULL ? own.provider : g->provider;
    }
    return replies_candidates(ret, &q);
}

static bool is_of_sign_in(const struct reply_meaning *m)
{
    static const char layer[] = "auth.";

    return m->finding != FINDING_NONE && strncmp(finding_by_id(m->finding)->id, layer, sizeof layer - 1) == 0;
}

/*
 * Leaves out what the reply excludes: where words decided, what its number alone
 * may mean; a refused sign-in behind a number that few give for one, where
 * nothing says that somebody signed in
 */
static size_t drop_excluded(struct reply_meaning *meanings, size_t n, unsigned code, enum reply_stage stage)
{
    bool other_stage = stage == REPLY_AT_ANY && (code == REPLY_REFUSED || code == REPLY_FAILED);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (meanings[i].by_text ||
            (!(n > 0 && meanings[0].by_text) && !(i > 0 && other_stage && is_of_sign_in(&meanings[i]))))
            meanings[kept++] = meanings[i];
    }
    return kept;
}

/* The first meaning decides; the others share what is left beside it. */
static void add_meanings(struct judged *j, const struct reply_meaning *meanings, size_t n)
{
    double first = meanings[0].confidence;
    double others = 0;

    for (size_t i = 1; i < n; i++)
        others += meanings[i].confidence;
    j->telling = meanings[0].by_text ? TELLS_WORDS : TELLS_NUMBER;
    j->help_url = meanings[0].help_url;
    for (size_t i = 0; i < n; i++) {
        double rest = (1 - first) * meanings[i].confidence / (others > 1 ? others : 1);

        add_candidate(j, meanings[i].finding, i == 0 || rest > first ? first : rest, HIT_REPLY);
    }
}

/* As the reply itself says, on whichever of its lines; or else the command before it. */
static enum reply_stage stage_of(struct judging *g, const struct quoted_reply *r, size_t first, size_t last)
{
    struct peer_text line = pasted_line(&g->pasted, first);
    struct quoted_reply joined = { .at = 0 };
    enum reply_stage stage = pasted_stage(line, r);

    if (stage != REPLY_AT_ANY)
        return stage;
    join_reply(g, first, end_of_wrapped(&g->pasted, last));
    stage = pasted_stage(text_in(&g->reply), &joined);
    return stage != REPLY_AT_ANY ? stage : (enum reply_stage)g->pasted.lines[first].stage;
}

/* The reply whose last line is at index, where it is a refusal of which something is known. */
static void judge_reply(struct judging *g, struct judged *j, size_t index)
{
    struct reply_meaning meanings[REPLIES_CANDIDATES_MAX];
    size_t first = first_of_reply(&g->pasted, index);
    struct peer_text line = pasted_line(&g->pasted, first);
    struct quoted_reply r;
    enum reply_stage stage;
    size_t n, end;

    if (!pasted_refusal(&r, line) || g->n_replies_asked++ >= REPLIES_ASKED_MAX)
        return;
    stage = stage_of(g, &r, first, index);
    j->index = first;
    j->reply_last = index;
    join_reply(g, first, index);
    n = ask(meanings, g, &r, stage, line);
    end = end_of_wrapped(&g->pasted, index);
    for (size_t last = index + 1; (n == 0 || !meanings[0].by_text) && last <= end; last++) {
        struct reply_meaning wrapped[REPLIES_CANDIDATES_MAX];
        size_t n_wrapped;

        join_reply(g, first, last);
        n_wrapped = ask(wrapped, g, &r, stage, line);
        if (n_wrapped > 0 && wrapped[0].by_text) {
            j->reply_last = last;
            memcpy(meanings, wrapped, sizeof wrapped);
            n = n_wrapped;
        }
    }
    n = drop_excluded(meanings, n, r.code, stage);
    if (n > 0)
        add_meanings(j, meanings, n);
}

/* ---- a program's text ----------------------------------------------------- */

static enum telling telling_of(const struct client_text *t)
{
    static const enum telling tellings[] = {
        [CLIENT_TEXT_WRAPPER] = TELLS_FAILURE,
        [CLIENT_TEXT_SYMPTOM] = TELLS_SYMPTOM,
        [CLIENT_TEXT_CAUSE] = TELLS_CAUSE,
    };

    return tellings[t->sort];
}

/* What stands between the fragments of a text is part of it unless it tells more. */
static bool is_within(const struct client_text_hit *a, const struct client_text_hit *b)
{
    bool whole = b->text->n_words <= 1 || telling_of(b->text) >= telling_of(a->text);

    return whole && b->at <= a->at && a->at + a->len <= b->at + b->len && a->len < b->len;
}

/* A text that is part of a longer one that was recognised says nothing of its own. */
static void drop_parts(struct judged *j)
{
    size_t n = 0;

    for (size_t i = 0; i < j->n_hits; i++) {
        bool part = false;

        for (size_t k = 0; k < j->n_hits && !part; k++)
            part = is_within(&j->hits[i], &j->hits[k]);
        if (!part)
            j->hits[n++] = j->hits[i];
    }
    j->n_hits = n;
}

/* Of several texts each had its own share of what is certain. */
static void share(struct judged *j)
{
    double all = 0;

    for (size_t i = 0; i < j->n_candidates; i++)
        all += j->candidates[i].confidence;
    for (size_t i = 0; all > 1 && i < j->n_candidates; i++)
        j->candidates[i].confidence /= all;
}

/* The program's texts in the line, of which those that tell most count. */
static void judge_texts(const struct judging *g, struct judged *j, size_t index)
{
    size_t own;
    struct peer_text line = pasted_folded(&g->pasted, index, &own);

    j->n_hits = own == 0 ? 0 : client_text_find(j->hits, line, own);
    drop_parts(j);
    j->index = index;
    for (size_t i = 0; i < j->n_hits; i++) {
        if (telling_of(j->hits[i].text) > j->telling)
            j->telling = telling_of(j->hits[i].text);
    }
    for (size_t i = 0; i < j->n_hits; i++) {
        const struct client_text *t = j->hits[i].text;

        for (size_t k = 0; telling_of(t) == j->telling && k < t->n_means; k++)
            add_candidate(j, t->means[k].finding, t->means[k].percent / 100.0, (int)i);
    }
    share(j);
}

/* ---- the line that decides ------------------------------------------------ */

static bool tells_more(const struct judged *a, const struct judged *b)
{
    if ((a->n_candidates > 0) != (b->n_candidates > 0))
        return a->n_candidates > 0;
    return a->telling > b->telling;
}

static void replace_finding(struct judged *j, enum finding_id old, enum finding_id by)
{
    for (size_t i = 0; i < j->n_candidates; i++) {
        if (j->candidates[i].finding == old) {
            struct candidate c = j->candidates[i];

            drop_candidate(j, i);
            add_candidate(j, by, c.confidence, c.hit);
            return;
        }
    }
}

/* A network that lets all ports but 25 through is a case of its own. */
static void consider_port(const struct judging *g, struct judged *j)
{
    if (pasted_port(pasted_line(&g->pasted, j->index)) != PORT_SMTP)
        return;
    replace_finding(j, FINDING_PORT_BLOCKED, FINDING_PORT_25_BLOCKED);
}

/* Servers refuse a token in the words in which they refuse a password. */
static void consider_token(const struct judging *g, struct judged *j)
{
    if (j->n_candidates > 0 && j->candidates[0].hit == HIT_REPLY && pasted_has_token(&g->pasted, j->reply_last))
        replace_finding(j, FINDING_AUTH_BAD_CREDENTIALS, FINDING_AUTH_TOKEN_REJECTED);
}

/*
 * Where there is no way to an address of IPv6 there may be one by IPv4, which is
 * tried as well: what came of that tells more.
 */
static void consider_family(const struct judging *g, struct judged *j)
{
    static const char mark[] = "network is unreachable";
    struct peer_text line = pasted_line(&g->pasted, j->index);
    size_t own;
    struct peer_text folded;

    if (j->telling != TELLS_CAUSE || !pasted_has_ipv6(line))
        return;
    folded = pasted_folded(&g->pasted, j->index, &own);
    if (memmem(folded.bytes, own, mark, sizeof mark - 1) == NULL)
        return;
    for (size_t i = 0; i < j->n_candidates; i++) {
        if (j->candidates[i].finding == FINDING_NET_IPV6_BROKEN) {
            j->candidates[0] = (struct candidate){ FINDING_NET_IPV6_BROKEN, IPV6_SURE, j->candidates[i].hit };
            j->n_candidates = 1;
            j->telling = TELLS_FAILURE;
            return;
        }
    }
}

/* The first name in the text that is a known one with a slip; *ret_line: where. NULL where there is none. */
static const char *find_mistyped(struct judging *g, size_t *ret_line)
{
    size_t asked = 0;

    for (size_t i = 0; g->meant != NULL && i < g->pasted.n; i++) {
        struct peer_text line = pasted_line(&g->pasted, i);
        size_t start;

        for (size_t at = 0; asked < NAMES_ASKED_MAX && pasted_next_name(g->mistyped, line, &at, &start); asked++) {
            const char *meant = g->pasted.lines[i].aside ? NULL : g->meant(g->mistyped);

            *ret_line = i;
            if (meant != NULL && strlen(meant) < sizeof g->server.host)
                return meant;
        }
    }
    g->mistyped[0] = '\0';
    return NULL;
}

/* A server that has replied is one, whatever its name looks like. */
static void consider_name(struct judging *g, struct judged *j)
{
    struct judged before = *j;
    const struct provider *p;
    size_t line = 0;
    const char *meant;
    double sure = SLIP_SURE;

    for (size_t i = 0; i < g->pasted.n; i++) {
        if (g->pasted.lines[i].has_reply && !g->pasted.lines[i].aside)
            return;
    }
    meant = find_mistyped(g, &line);
    if (meant == NULL)
        return;
    memcpy(g->server.host, meant, strlen(meant) + 1);
    p = provider_by_host(meant);
    g->provider = p == NULL ? g->provider : p->id;
    for (size_t i = 0; i < before.n_candidates; i++) {
        if (before.candidates[i].finding == FINDING_INPUT_TYPO || before.candidates[i].finding == FINDING_DNS_NXDOMAIN)
            sure = SLIP_AND_UNKNOWN_SURE;
    }
    j->index = j->telling == TELLS_NOTHING ? line : j->index;
    j->telling = TELLS_CAUSE;
    j->n_candidates = 0;
    add_candidate(j, FINDING_INPUT_TYPO, sure, HIT_NAME);
    for (size_t i = 0; i < before.n_candidates; i++)
        add_candidate(j, before.candidates[i].finding, before.candidates[i].confidence * (1 - sure),
                      before.candidates[i].hit);
}

/* In what a server grants, only a cause that stands there in words is looked for. */
static void judge_line(struct judging *g, struct judged *ret, size_t index)
{
    const struct pasted_line *l = &g->pasted.lines[index];
    struct judged by_text = { .telling = TELLS_NOTHING };

    *ret = (struct judged){ .telling = TELLS_NOTHING, .index = index };
    if (is_last_of_reply(&g->pasted, index))
        judge_reply(g, ret, index);
    if (ret->telling >= TELLS_WORDS)
        return;
    judge_texts(g, &by_text, index);
    consider_family(g, &by_text);
    if (l->has_reply && !l->refuses && by_text.telling < TELLS_CAUSE)
        return;
    if (tells_more(&by_text, ret))
        *ret = by_text;
}

/* From the end, so that of two lines that tell alike the later one is met first. */
static void judge_all(struct judging *g, struct judged *best)
{
    *best = (struct judged){ .telling = TELLS_NOTHING };
    for (size_t i = g->pasted.n; i > 0; i--) {
        struct judged j;

        if (g->pasted.lines[i - 1].aside)
            continue;
        judge_line(g, &j, i - 1);
        if (tells_more(&j, best))
            *best = j;
    }
}

/* ---- the explanation ------------------------------------------------------ */

static struct argument *argument(struct because *b, const char *name, enum argument_kind kind)
{
    b->arguments[b->n_arguments] = (struct argument){ .name = name, .kind = kind };
    return &b->arguments[b->n_arguments++];
}

static void say(struct judging *g, const struct explanation *x, struct because *b, const struct judged *j,
                int hit)
{
    bool several = g->pasted.n > 1;
    struct arena *arena = x->diagnosis->arena;

    *b = (struct because){ .probe = -1 };
    if (several && hit != HIT_NAME)
        argument(b, "line", ARGUMENT_NUMBER)->value.number = (int64_t)j->index + 1;
    if (hit == HIT_NAME) {
        b->text = TEXT_EXPLAIN_TYPO;
        argument(b, "input", ARGUMENT_WORD)->value.word = arena_strdup(arena, g->mistyped);
        argument(b, "known", ARGUMENT_WORD)->value.word = arena_strdup(arena, g->server.host);
    } else if (hit == HIT_REPLY) {
        b->text = several ? TEXT_EXPLAIN_REPLY_IN_LINE : TEXT_EXPLAIN_REPLY;
        argument(b, "reply", ARGUMENT_PEER)->value.peer = arena_peer_text(arena, text_in(&g->reply), EXPLAIN_LINE_KEPT);
    } else {
        const struct client_text_hit *h = &j->hits[hit];

        buf_clear(&g->words);
        pasted_put_original(&g->words, &g->pasted, j->index, h->at, h->len);
        b->text = several ? TEXT_EXPLAIN_WORDS_IN_LINE : TEXT_EXPLAIN_WORDS;
        argument(b, "words", ARGUMENT_PEER)->value.peer =
            arena_peer_text(arena, text_in(&g->words), EXPLAIN_LINE_KEPT);
        argument(b, "program", ARGUMENT_WORD)->value.word = h->text->program;
    }
}

/* Where the provider explains the reply, as a line and for the steps' {help}. */
static void say_help(struct diagnosed *f, const char *url)
{
    struct because *b = &f->because[f->n_because++];

    *b = (struct because){ .text = TEXT_REPLY_HELP, .probe = -1 };
    argument(b, "url", ARGUMENT_WORD)->value.word = url;
    f->arguments[f->n_arguments++] =
        (struct argument){ .name = "help", .kind = ARGUMENT_WORD, .value.word = url };
}

/* What the steps say where it is not known whose server it is. */
static void fill_arguments(struct diagnosed *f, const struct plan *plan)
{
    static const struct {
        const char *name;
        enum text_id text;
    } unknown[] = {
        { "host", TEXT_EXPLAIN_HOST },         { "cleaned", TEXT_EXPLAIN_HOST },
        { "settings", TEXT_EXPLAIN_SETTINGS }, { "endpoint", TEXT_EXPLAIN_ENDPOINT },
        { "target", TEXT_EXPLAIN_TARGET },
    };

    for (size_t i = 0; plan->host == NULL && i < sizeof unknown / sizeof unknown[0]; i++)
        f->arguments[f->n_arguments++] = (struct argument){
            .name = unknown[i].name, .kind = ARGUMENT_TEXT, .value.text = unknown[i].text,
        };
}

/* What a check would only mention has made sending fail here. */
static enum severity severity_of(enum finding_id finding)
{
    enum severity usual = finding_by_id(finding)->severity;

    return usual == SEVERITY_INFO ? SEVERITY_CRITICAL : usual;
}

static bool add_findings(struct judging *g, struct explanation *x, const struct judged *j)
{
    struct diagnosis *d = x->diagnosis;

    d->findings = arena_alloc(d->arena, CANDIDATES_MAX, sizeof *d->findings);
    for (size_t i = 0; d->findings != NULL && i < j->n_candidates; i++) {
        const struct candidate *c = &j->candidates[i];
        struct diagnosed *f = &d->findings[i];

        *f = (struct diagnosed){
            .finding = c->finding,
            .severity = severity_of(c->finding),
            .confidence = c->confidence,
            .caused_by = -1,
            .because = arena_alloc(d->arena, BECAUSES_MAX, sizeof *f->because),
        };
        if (f->because == NULL)
            return false;
        say(g, x, &f->because[f->n_because++], j, c->hit);
        fill_arguments(f, x->evidence->plan);
        f->arguments[f->n_arguments++] =
            (struct argument){ .name = "evidence", .kind = ARGUMENT_PEER, .value.peer = x->excerpt };
        if (i == 0 && c->hit == HIT_REPLY && j->help_url != NULL)
            say_help(f, j->help_url);
        d->n_findings++;
    }
    d->primary = d->n_findings > 0 ? 0 : -1;
    return !g->words.failed && !arena_failed(d->arena);
}

static bool any_reply(const struct pasted *p, bool refusing)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->lines[i].aside && p->lines[i].has_reply && p->lines[i].refuses == refusing)
            return true;
    }
    return false;
}

static enum explanation_outcome outcome_of(const struct judging *g, const struct judged *best)
{
    if (best->n_candidates > 0)
        return EXPLANATION_FOUND;
    if (best->telling != TELLS_NOTHING)
        return EXPLANATION_VAGUE;
    if (any_reply(&g->pasted, false) && !any_reply(&g->pasted, true))
        return EXPLANATION_SUCCESS;
    return EXPLANATION_UNKNOWN;
}

/* Whose server it is: as the user said, as a name says, as a mark in the text says. */
static void guess_server(struct judging *g, const char *provider)
{
    const struct provider *p;

    pasted_server(&g->server, text_in(&g->pasted.masked));
    g->provider = provider != NULL ? provider : g->server.provider;
    if (g->provider == NULL && g->server.host[0] == '\0')
        g->provider = client_text_provider((struct peer_text){ g->pasted.folded, g->pasted.folded_len });
    p = g->provider == NULL ? NULL : provider_by_id(g->provider);
    if (p != NULL && (g->server.host[0] == '\0' || provider_by_host(g->server.host) != p)) {
        const char *host = provider_main_host(p);

        g->server.host[0] = '\0';
        if (host != NULL && strlen(host) < sizeof g->server.host)
            memcpy(g->server.host, host, strlen(host) + 1);
    }
}

static bool make_evidence(const struct judging *g, struct explanation *x)
{
    struct plan *plan = plan_new();

    if (plan == NULL)
        return false;
    plan->host = g->server.host[0] == '\0' ? NULL : arena_strdup(plan->arena, g->server.host);
    plan->provider = arena_strdup(plan->arena, g->provider);
    x->evidence = arena_failed(plan->arena) ? NULL : evidence_new(plan);
    plan_free(plan);
    return x->evidence != NULL;
}

static bool judge(struct judging *g, struct explanation *x)
{
    struct judged best;

    judge_all(g, &best);
    consider_port(g, &best);
    consider_token(g, &best);
    consider_name(g, &best);
    if (!make_evidence(g, x))
        return false;
    x->outcome = outcome_of(g, &best);
    x->n_lines = g->pasted.n;
    x->input = arena_peer_text(x->diagnosis->arena, text_in(&g->pasted.masked), EXPLAIN_INPUT_KEPT);
    if (best.telling == TELLS_NOTHING)
        return !arena_failed(x->diagnosis->arena);
    join_reply(g, best.index, best.reply_last); /* the lines judged last were others */
    x->line = best.index + 1;
    x->excerpt = arena_peer_text(x->diagnosis->arena, pasted_line(&g->pasted, best.index), EXPLAIN_LINE_KEPT);
    return add_findings(g, x, &best);
}

struct explanation *explain(struct peer_text text, const char *provider, explain_meant *meant)
{
    struct judging g = { .meant = meant };
    struct explanation *x = calloc(1, sizeof *x);
    bool ok = false;

    if (text.len > EXPLAIN_TEXT_MAX)
        text = (struct peer_text){ text.bytes + text.len - EXPLAIN_TEXT_MAX, EXPLAIN_TEXT_MAX };
    buf_init(&g.reply, EXPLAIN_TEXT_MAX * 4);
    buf_init(&g.words, EXPLAIN_TEXT_MAX * 4);
    if (x == NULL || (x->diagnosis = diagnosis_new()) == NULL || !pasted_init(&g.pasted, text))
        goto out;
    mail_log_set_aside(&g.pasted);
    guess_server(&g, provider);
    ok = judge(&g, x);
out:
    pasted_done(&g.pasted);
    buf_done(&g.reply);
    buf_done(&g.words);
    return ok ? x : explanation_free(x);
}

struct explanation *explanation_free(struct explanation *x)
{
    if (x == NULL)
        return NULL;
    diagnosis_free(x->diagnosis);
    evidence_free(x->evidence);
    free(x);
    return NULL;
}
