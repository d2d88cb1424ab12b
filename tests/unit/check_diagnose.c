#include "diagnose/diagnose.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "evidence_builder.h"
#include "fail_alloc.h"
#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "knowledge/step.h"
#include "unit.h"

/*
 * What is seen, and the whole diagnosis: the verdict, and every finding with its
 * severity in order, so that the first is the primary; "<cause" after an effect.
 */
static const struct diagnosis_case {
    const char *says;
    const char *seen;
    const char *diagnosis;
} cases[] = {
#include "diagnose_cases.h"
};

static void render(struct buf *out, const struct diagnosis *d)
{
    buf_printf(out, "%s", verdict_word(d->verdict));
    for (size_t i = 0; i < d->n_findings; i++) {
        const struct diagnosed *f = &d->findings[i];

        buf_printf(out, " %s=%s", finding_by_id((enum finding_id)f->finding)->id, severity_word(f->severity));
        if (f->caused_by >= 0)
            buf_printf(out, "<%s", finding_by_id((enum finding_id)d->findings[f->caused_by].finding)->id);
    }
}

/* ---- what holds for every diagnosis --------------------------------------- */

static bool put_plainly(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, 0);
}

static void assert_text_is_complete(enum text_id id, const struct argument *args, size_t n)
{
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        struct buf b;

        buf_init(&b, 8192);
        ck_assert(phrase_put(&b, (enum language)language, id, args, n, put_plainly, NULL));
        ck_assert_msg(b.len > 0, "a text is empty");
        ck_assert_msg(strchr(buf_borrow(&b), '{') == NULL, "not filled in: %s", buf_borrow(&b));
        buf_done(&b);
    }
}

static bool has_argument(const struct diagnosed *f, const char *name)
{
    for (size_t i = 0; i < f->n_arguments; i++) {
        if (strcmp(f->arguments[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The report knows {settings}, {where} and {evidence} by itself. */
static void assert_steps_are_served(const struct diagnosed *f)
{
    static const char *const ours[] = { "host", "port", "endpoint", "cleaned" };
    const struct finding *finding = finding_by_id((enum finding_id)f->finding);

    for (size_t i = 0; i < finding->n_steps; i++) {
        const char *step = text(LANGUAGE_EN, step_by_id(finding->steps[i])->text);

        for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
            char name[32];

            snprintf(name, sizeof name, "{%s}", ours[k]);
            if (strstr(step, name) != NULL)
                ck_assert_msg(has_argument(f, ours[k]), "%s brings no %s", finding->id, name);
        }
    }
}

static void assert_finding_is_sound(const struct evidence *e, const struct diagnosis *d, size_t index)
{
    const struct diagnosed *f = &d->findings[index];
    const struct finding *finding = finding_by_id((enum finding_id)f->finding);

    ck_assert_msg(!finding->planned, "%s is only planned", finding->id);
    ck_assert_msg(f->n_because > 0 && f->n_because <= FINDING_BECAUSE_MAX, "%s: no evidence", finding->id);
    ck_assert(f->confidence > 0 && f->confidence <= 1);
    ck_assert_int_lt(f->caused_by, (int)index);
    if (f->caused_by >= 0)
        ck_assert_int_eq(d->findings[f->caused_by].caused_by, -1);
    for (size_t i = 0; i < f->n_because; i++) {
        const struct because *b = &f->because[i];

        ck_assert_int_lt(b->probe, (int)e->n_probes);
        assert_text_is_complete((enum text_id)b->text, b->arguments, b->n_arguments);
    }
    assert_steps_are_served(f);
    for (size_t i = 0; i < index; i++)
        ck_assert_uint_ne(d->findings[i].finding, f->finding);
}

static void assert_is_sound(const struct evidence *e, const struct diagnosis *d)
{
    bool grave = false;

    for (size_t i = 0; i < d->n_findings; i++) {
        assert_finding_is_sound(e, d, i);
        grave = grave || d->findings[i].severity > SEVERITY_INFO;
    }
    ck_assert_msg((d->primary >= 0) == grave, "a primary if and only if something is to be mended");
    ck_assert_int_le(d->primary, 0);
    if (d->primary == 0)
        ck_assert_int_eq(d->findings[0].caused_by, -1);
    if (d->verdict == VERDICT_CRITICAL)
        ck_assert_int_eq(d->primary, 0);
    for (size_t i = 0; i < d->n_recommended; i++)
        ck_assert_int_ne(d->recommended[i].mode, TLS_MODE_NONE);
    assert_text_is_complete((enum text_id)d->summary, d->summary_arguments, d->n_summary_arguments);
}

/* ---- cases ---------------------------------------------------------------- */

START_TEST(what_is_seen_is_diagnosed_exactly)
{
    const struct diagnosis_case *c = &cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    struct buf b;

    ck_assert(d != NULL);
    buf_init(&b, 4096);
    render(&b, d);
    ck_assert_msg(strcmp(buf_borrow(&b), c->diagnosis) == 0,
                  "%s:\n  seen     %s\n  expected %s\n  got      %s", c->says, c->seen, c->diagnosis,
                  buf_borrow(&b));
    assert_is_sound(e, d);
    buf_done(&b);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

/* ---- lines of evidence ---------------------------------------------------- */

static const struct line_case {
    const char *says;
    const char *seen;
    const char *line; /* of the primary's evidence, the first */
} line_cases[] = {
    { "an endpoint is named with its address", "ask 587; 465i ok; 587s silent",
      "smtp.example.com:587 (192.0.2.1): no answer to a connection attempt for 3.1 s" },
    { "what happened alike at several addresses is one line",
      "ask 587; 465i ok; 587s silent; 587s@2 silent; 587s@6 silent",
      "smtp.example.com:587 (192.0.2.1, 192.0.2.2, 2001:db8::6): no answer to a connection attempt for 3.1 "
      "s" },
    { "what happened alike on several ports is one line", "465i refused; 587s refused",
      "smtp.example.com:465, 587 (192.0.2.1): the server refuses the connection" },
    { "one reply on several ports is one line", "465i greeting:reply:554 no; 587s greeting:reply:554 no",
      "smtp.example.com:465, 587 (192.0.2.1): the server says: 554 no" },
    { "two replies are two lines", "465i greeting:reply:554 no; 587s greeting:reply:554 never",
      "smtp.example.com:465 (192.0.2.1): the server says: 554 no" },
    { "ports of different addresses are two lines", "465i refused; 587s refused; 587s@2 refused",
      "smtp.example.com:465 (192.0.2.1): the server refuses the connection" },
    { "an ICMP refusal names who sent it", "ask 587; 465i ok; 587s prohibited",
      "smtp.example.com:587 (192.0.2.1): 198.51.100.1 reports that this outgoing connection is not allowed" },
    { "one chain on several ports is one line", "465i ok:expired; 587s ok:expired",
      "smtp.example.com:465, 587 (192.0.2.1): the certificate of CN=smtp.example.com ended on 2026-11-22 "
      "15:04 UTC" },
    { "a certificate's names are cut after the first few", "465i ok:name",
      "smtp.example.com:465 (192.0.2.1): the certificate is for a.example, b.example, c.example, d.example, "
      "..., not "
      "for smtp.example.com" },
    { "a broken family is told by its own addresses", "465i ok; 465i@6 silent",
      "smtp.example.com:465 (2001:db8::6): no answer to a connection attempt for 3.1 s" },
    { "a blank is named by its place, number and name", "note whitespace 15 A0; 465i ok",
      "character 15 of the server name as typed is U+00A0 NO-BREAK SPACE" },
    { "a character without a name here is shown", "host none; note character 5 5F",
      "character 5 is U+005F '_', which no server name can contain" },
    { "a reply is quoted in one line", "465i greeting:reply:554 5.7.1 go away",
      "smtp.example.com:465 (192.0.2.1): the server says: 554 5.7.1 go away" },
    { "what answers is named", "ask 587; 587s greeting:not-smtp:IMAP",
      "smtp.example.com:587 (192.0.2.1): what answers is IMAP" },
    { "a port of another service is named", "ask 993; 993i silent; 465i ok",
      "port 993 is meant for something else: receiving mail (IMAP with SSL/TLS)" },
    { "a provider's ports are named", "provider gmail; ask 2525; 2525s silent; 465i ok",
      "Gmail does not take outgoing mail on port 2525, but on 465, 587" },
};

START_TEST(evidence_is_told_in_one_line)
{
    const struct line_case *c = &line_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    const struct because *because;
    struct buf b;

    ck_assert_int_eq(d->primary, 0);
    because = &d->findings[0].because[0];
    buf_init(&b, 1024);
    ck_assert(phrase_put(&b, LANGUAGE_EN, (enum text_id)because->text, because->arguments,
                         because->n_arguments, put_plainly, NULL));
    ck_assert_str_eq(buf_borrow(&b), c->line);
    buf_done(&b);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

/* ---- who stops it on the way ------------------------------------------------ */

#define BLOCKED "ask 587; 587s silent; 465i ok; "
#define BLOCKED6 "ask 587; 587s@6 silent; 465i@6 ok; "
#define LAST "192.0.2.1:587: the last on the way to answer is "
#define NEXT "; for 192.0.2.1:465 the next one is "

static const struct way_case {
    const char *says;
    const char *seen;
    const char *told; /* lines, each with a line end */
} way_cases[] = {
    { "the last that lets it pass and the next behind it are named",
      BLOCKED "path 587 465 10.0.0.1 198.51.100.1 - - | 10.0.0.1 198.51.100.1 198.51.100.9 203.0.113.1 +",
      LAST "198.51.100.1 (hop 2)" NEXT "198.51.100.9 (hop 3)\nthis points to your provider, or a network behind it\n" },
    { "behind the own router it may be either's",
      BLOCKED "path 587 465 10.0.0.1 - - | 10.0.0.1 198.51.100.1 203.0.113.1 +",
      LAST "10.0.0.1 (hop 1)" NEXT "198.51.100.1 (hop 2)\nthis points to the router next to this computer, or to "
      "your provider, or a network behind it\n" },
    { "further inside, it is the own network or a provider's",
      BLOCKED "path 587 465 10.0.0.1 10.1.0.1 - | 10.0.0.1 10.1.0.1 100.64.0.1 198.51.100.1 +",
      LAST "10.1.0.1 (hop 2)" NEXT "100.64.0.1 (hop 3)\nthis points to your own network or your provider's\n" },
    { "nobody answers, and the router would: it is this computer or that one",
      BLOCKED "path 587 465 - - - | 10.0.0.1 198.51.100.1 +",
      "192.0.2.1:587: nobody on the way answers; for 192.0.2.1:465 the first one is 10.0.0.1 (hop 1)\n"
      "this points to this computer (its firewall or security software), or to the router next to this computer\n" },
    { "nobody answers, nor does the router: nobody is named",
      BLOCKED "path 587 465 - - - | - 198.51.100.1 +",
      "192.0.2.1:587: nobody on the way answers; for 192.0.2.1:465 the first one is 198.51.100.1 (hop 2)\n" },
    { "the last before the server, or the server itself: its side",
      BLOCKED "path 587 465 10.0.0.1 198.51.100.1 203.0.113.1 - | 10.0.0.1 198.51.100.1 203.0.113.1 +",
      LAST "203.0.113.1 (hop 3)" NEXT "192.0.2.1 (hop 4)\nthis points to the server's side\n" },
    { "so near to the server that it is of its network",
      BLOCKED "path 587 465 10.0.0.1 192.0.2.250 - | 10.0.0.1 192.0.2.250 192.0.2.252 192.0.2.253 +",
      LAST "192.0.2.250 (hop 2)" NEXT "192.0.2.252 (hop 3)\nthis points to the server's side\n" },
    { "silence in between may be anybody",
      BLOCKED "path 587 465 10.0.0.1 - - - | 10.0.0.1 - - 203.0.113.1 +",
      LAST "10.0.0.1 (hop 1)" NEXT "203.0.113.1 (hop 4)\n" },
    { "no way between this computer and the server",
      BLOCKED "path 587 465 - - | +", "" },
    { "who says that he forbids it is named, and where he stands",
      BLOCKED "path 587 465 10.0.0.1 198.51.100.1 !198.51.100.1 | 10.0.0.1 198.51.100.1 198.51.100.9 203.0.113.1 +",
      "192.0.2.1:587: it is 198.51.100.1 (hop 2) that does not let this connection pass\n"
      "this points to your provider, or a network behind it\n" },
    { "the server's own firewall says so",
      BLOCKED "path 587 465 10.0.0.1 198.51.100.1 !192.0.2.1 | 10.0.0.1 198.51.100.1 +",
      "192.0.2.1:587: it is 192.0.2.1 (hop 3) that does not let this connection pass\n"
      "this points to the server's side\n" },
    { "without an open port the last one is told, and nobody is accused",
      BLOCKED "path 587 0 10.0.0.1 198.51.100.1 - |",
      LAST "198.51.100.1 (hop 2)\n" },
    { "another server's port, as long as both go the same way",
      BLOCKED "path 587 465@2 10.0.0.1 198.51.100.1 - | 10.0.0.1 198.51.100.1 198.51.100.9 +",
      LAST "198.51.100.1 (hop 2); for 192.0.2.2:465 the next one is 198.51.100.9 (hop 3)\n"
      "this points to your provider, or a network behind it\n" },
    { "another server's port, the other way",
      BLOCKED "path 587 465@2 10.0.0.1 198.51.100.1 - | 10.0.0.1 198.51.100.2 198.51.100.9 +",
      LAST "198.51.100.1 (hop 2)\n" },
    { "another server is not on the way",
      BLOCKED "path 587 465@2 10.0.0.1 198.51.100.1 - | 10.0.0.1 198.51.100.1 +",
      LAST "198.51.100.1 (hop 2); for 192.0.2.2:465 the next one is 192.0.2.2 (hop 3)\n" },
    { "IPv6",
      BLOCKED6 "path 587@6 465@6 fe80::1 2001:db8:9::1 - | fe80::1 2001:db8:9::1 2001:db8:a::1 2001:db8:b::1 +",
      "[2001:db8::6]:587: the last on the way to answer is 2001:db8:9::1 (hop 2); for [2001:db8::6]:465 the next one is "
      "2001:db8:a::1 (hop 3)\nthis points to your provider, or a network behind it\n" },
    { "a hop that could not be asked proves nothing",
      BLOCKED "path 587 465 10.0.0.1 ? - | 10.0.0.1 198.51.100.1 +", "" },
    { "a port that answers now is not stopped",
      BLOCKED "path 587 465 10.0.0.1 + | 10.0.0.1 +", "" },
    { "another port's path",
      BLOCKED "path 25 465 10.0.0.1 - | 10.0.0.1 198.51.100.1 +", "" },
};

START_TEST(who_stops_it_is_said_where_the_path_shows_it)
{
    const struct way_case *c = &way_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    struct buf b;

    assert_is_sound(e, d);
    ck_assert_uint_eq(d->findings[0].finding, FINDING_PORT_BLOCKED);
    buf_init(&b, 4096);
    for (size_t i = 0; i < d->findings[0].n_because; i++) {
        const struct because *because = &d->findings[0].because[i];

        if (because->text < TEXT_BECAUSE_PORT_BLOCKED_PATH_NEXT || because->text > TEXT_BECAUSE_PORT_BLOCKED_LIKELY_EITHER)
            continue;
        ck_assert(phrase_put(&b, LANGUAGE_EN, (enum text_id)because->text, because->arguments,
                             because->n_arguments, put_plainly, NULL));
        ck_assert(buf_put_char(&b, '\n'));
    }
    ck_assert_msg(strcmp(buf_borrow(&b), c->told) == 0, "%s: %s", c->says, buf_borrow(&b));
    buf_done(&b);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

START_TEST(very_many_bad_characters_are_counted)
{
    char seen[4096] = "465i ok";
    struct evidence *e;
    struct diagnosis *d;

    for (unsigned i = 1; i <= PLAN_NOTES_MAX; i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "; note whitespace %u 200B", i);
    e = evidence_built(seen);
    d = diagnose(e);
    assert_is_sound(e, d);
    ck_assert_uint_eq(d->findings[0].n_because, FINDING_BECAUSE_MAX);
    ck_assert_int_eq(d->findings[0].because[FINDING_BECAUSE_MAX - 1].arguments[0].value.number,
                     PLAN_NOTES_MAX - FINDING_BECAUSE_MAX + 1);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

/* ---- recommended ---------------------------------------------------------- */

static const struct recommended_case {
    const char *says;
    const char *seen;
    const char *recommended;
} recommended_cases[] = {
    { "465 with implicit TLS first, then 587 with STARTTLS, then others",
      "ports 25 465 587 2525; 2525s ok; 587s ok; 465i ok; 25s ok",
      "465/implicit 587/starttls 2525/starttls" },
    { "the usual mode of a port before another", "587i ok; 465i ok; 587s ok",
      "465/implicit 587/starttls 587/implicit" },
    { "addresses and families are not told apart", "465i ok; 465i@2 ok; 465i@6 ok", "465/implicit" },
    { "what was asked for changes no order", "ask 587; tls starttls; 465i ok; 587s ok",
      "465/implicit 587/starttls" },
    { "an unusual mode that works is named as it is", "587i ok; 587s tls:closed", "587/implicit" },
    { "no clear text", "ask 587; tls none; 587n ok:auth", "" },
    { "nothing whose certificate a client refuses", "465i ok:expired; 587s ok:name; 25s ok", "25/starttls" },
    { "nothing without a sign-in", "465i ok:noauth; 587s ok", "587/starttls" },
    { "nothing behind injected bytes", "465i ok; 587s ok:injected", "465/implicit" },
    { "nothing whose certificate was not judged", "465i ok:unjudged", "" },
    { "port 25 where it is all there is", "25s ok; 465i refused; 587s refused", "25/starttls" },
    { "not port 25 beside a submission port", "25s ok; 587s ok", "587/starttls" },
    { "not port 25 without a sign-in", "25s ok:noauth; 465i refused; 587s refused", "" },
    { "a control is never recommended", "465i silent; 587s silent; control 587s ok", "" },
};

START_TEST(what_works_is_recommended_best_first)
{
    const struct recommended_case *c = &recommended_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    struct buf b;

    buf_init(&b, 1024);
    for (size_t i = 0; i < d->n_recommended; i++)
        buf_printf(&b, "%s%u/%s", i == 0 ? "" : " ", (unsigned)d->recommended[i].port,
                   tls_mode_word(d->recommended[i].mode));
    ck_assert_msg(strcmp(buf_borrow(&b), c->recommended) == 0, "%s: expected '%s', got '%s'", c->says,
                  c->recommended, buf_borrow(&b));
    buf_done(&b);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

START_TEST(a_recommendation_brings_the_mechanisms_and_the_quickest_time)
{
    struct evidence *e = evidence_built("465i ok; 465i@2 ok:quick");
    struct diagnosis *d = diagnose(e);

    ck_assert_uint_eq(d->n_recommended, 1);
    ck_assert_str_eq(d->recommended[0].host, "smtp.example.com");
    ck_assert_uint_eq(d->recommended[0].n_auth, 2);
    ck_assert(peer_text_equal(d->recommended[0].auth[1], PEER_TEXT_LITERAL("LOGIN")));
    ck_assert(d->recommended[0].total_ms == 40);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

/* ---- certainty ------------------------------------------------------------ */

static const struct certainty_case {
    const char *says;
    const char *seen;
    double confidence; /* of the primary */
} certainty_cases[] = {
    { "silence alone is half certain", "465i silent; 587s silent", 0.5 },
    { "with a mail server elsewhere that works, nearly certain", "465i silent; 587s silent; control 587s ok",
      0.9 },
    { "with a web server elsewhere alone, a little more than half",
      "465i silent; 587s silent; control 443i ok", 0.6 },
    { "nothing answers at all, nearly certain", "465i silent; 587s silent; control 443i silent", 0.9 },
    { "what the host says itself is certain", "465i refused; 587s refused", 1 },
};

START_TEST(confidence_follows_the_controls)
{
    const struct certainty_case *c = &certainty_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);

    ck_assert_int_eq(d->primary, 0);
    ck_assert_msg(d->findings[0].confidence == c->confidence, "%s: %g", c->says, d->findings[0].confidence);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

START_TEST(a_diagnosis_outlives_its_evidence)
{
    struct evidence *e =
        evidence_built("provider gmail; ask 587; 465i ok:name; 587s greeting:reply:554 5.7.1 no");
    struct diagnosis *d = diagnose(e);
    struct evidence *none = evidence_built("");

    evidence_free(e);
    for (size_t i = 0; i < d->n_findings; i++)
        for (size_t k = 0; k < d->findings[i].n_because; k++)
            assert_text_is_complete((enum text_id)d->findings[i].because[k].text,
                                    d->findings[i].because[k].arguments,
                                    d->findings[i].because[k].n_arguments);
    assert_text_is_complete((enum text_id)d->summary, d->summary_arguments, d->n_summary_arguments);
    evidence_free(none);
    diagnosis_free(d);
}
END_TEST

START_TEST(whichever_allocation_fails_the_diagnosis_is_whole_or_none)
{
    struct evidence *e = evidence_built(
        "provider gmail; ask 587; note whitespace 3 20; 25s silent; 465i ok:name; "
        "587s greeting:reply:554 5.7.1 no; dns ok");
    bool failed = true;

    for (long after = 0; failed; after++) {
        struct diagnosis *d;

        fail_alloc_start(after);
        d = diagnose(e);
        failed = fail_alloc_stop();
        if (d != NULL)
            assert_is_sound(e, d);
        diagnosis_free(d);
    }
    evidence_free(e);
}
END_TEST

/* ---- any evidence --------------------------------------------------------- */

enum { RANDOM_EVIDENCES = 6000, RANDOM_WORDS_MAX = 2048 };

/* A small generator of our own (Numerical Recipes' constants), so that a failure can be had again. */
static unsigned next_random(unsigned *state, unsigned below)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 16) % below;
}

#define PICK(state, words) ((words)[next_random((state), sizeof(words) / sizeof((words)[0]))])

static void put_random_probe(struct buf *b, unsigned *state, unsigned port, char mode, unsigned address)
{
    static const char *const results[] = {
        "ok",
        "ok",
        "ok:noauth",
        "ok:helo,noauth",
        "ok:injected",
        "ok:expired",
        "ok:future",
        "ok:name",
        "ok:nameless",
        "ok:selfsigned",
        "ok:untrusted",
        "ok:incomplete",
        "ok:weak",
        "ok:revoked",
        "ok:badsig",
        "ok:notca",
        "ok:constraints",
        "ok:purpose",
        "ok:otherflaw",
        "ok:deep-expired",
        "silent",
        "refused",
        "prohibited",
        "unreachable",
        "local",
        "greeting:silent",
        "greeting:reset",
        "greeting:closed",
        "greeting:not-smtp:HTTP",
        "greeting:malformed",
        "greeting:tls-expected",
        "greeting:reply:421 4.3.2 shutting down",
        "greeting:reply:421 4.7.0 slow down",
        "greeting:reply:554 5.7.1 no",
        "greeting:reply:299 what",
        "ehlo:silent",
        "ehlo:closed",
        "ehlo:unreachable",
        "ehlo:reply:550 no",
        "ehlo:starttls-not-offered",
        "ehlo:starttls-not-offered:auth",
        "ehlo:starttls-not-offered:masked",
        "ehlo:starttls-not-offered:offers",
        "starttls:reply:454 no",
        "starttls:reply:502 no",
        "tls:silent",
        "tls:closed",
        "tls:reset",
        "tls:tls",
        "tls:tls:alert",
        "tls:plain-expected",
        "tls:not-smtp:HTTP",
    };
    static const char *const clear[] = {
        "ok:auth,mail",
        "ok:mail,offers",
        "ok:mail",
        "ok:auth,offers",
        "mail:reply:530 5.7.0 STARTTLS first",
        "mail:reply:538 no",
        "mail:reply:550 no",
        "greeting:silent",
        "greeting:tls-expected",
        "silent",
        "refused",
    };
    const char *result = mode == 'n' ? PICK(state, clear) : PICK(state, results);

    buf_printf(b, "%u%c@%u %s; ", port, mode, address, result);
}

static void put_random_setting(struct buf *b, unsigned *state)
{
    static const char *const providers[] = { "", "", "provider gmail; ", "provider yahoo; " };
    static const char *const asks[] = { "",          "",          "ask 25; ",          "ask 465; ",
                                        "ask 587; ", "ask 993; ", "ask 465; ask 587; " };
    static const char *const modes[] = { "", "", "tls none; ", "tls starttls; ", "tls implicit; " };
    static const char *const others[] = { "",          "",        "",         "note whitespace 3 20; ",
                                          "noroots; ", "only4; ", "route 4; " };

    buf_printf(b, "%s%s%s%s", PICK(state, providers), PICK(state, asks), PICK(state, modes),
               PICK(state, others));
}

/* Every cell of a matrix of one or two addresses was tried, and nothing was cut short. */
static void put_random_evidence(struct buf *b, unsigned *state)
{
    static const char *const controls[] = { "",
                                            "",
                                            "control 587s ok; ",
                                            "control 587s silent; control 443i ok; ",
                                            "control 443i silent; ",
                                            "control 465i refused; " };
    static const unsigned ports[] = { 25, 465, 587, 993 };
    static const unsigned addresses[] = { 1, 2, 6 };
    unsigned n = 1 + next_random(state, 2);

    put_random_setting(b, state);
    for (unsigned a = 0; a < n; a++) {
        unsigned address = addresses[(a + next_random(state, 2)) % 3];

        for (unsigned p = 0; p < (strstr(buf_borrow(b), "993") != NULL ? 4 : 3); p++)
            for (const char *mode = "nsi"; *mode != '\0'; mode++)
                if (*mode != 'n' || strstr(buf_borrow(b), "tls none") != NULL)
                    put_random_probe(b, state, ports[p], *mode, address);
    }
    buf_printf(b, "%s", PICK(state, controls));
}

/* What no network does: an endpoint takes the connection of one mode and not that of another. */
static bool is_possible(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct probe *a = &e->probes[i];
            const struct probe *b = &e->probes[k];
            bool a_stopped = a->outcome != PROBE_OK && a->stage == STAGE_CONNECT;
            bool b_stopped = b->outcome != PROBE_OK && b->stage == STAGE_CONNECT;

            if (a->role == b->role && a->port == b->port && address_equal(&a->address, &b->address) &&
                a_stopped != b_stopped)
                return false;
        }
    }
    return true;
}

/* Everything was tried to its end, so that the verdict is never 'unknown'. */
START_TEST(no_failure_is_without_a_finding_and_no_finding_without_evidence)
{
    unsigned state = 20261124;
    unsigned n = 0;

    while (n < RANDOM_EVIDENCES) {
        struct buf words;
        struct evidence *e;
        struct diagnosis *d;

        buf_init(&words, RANDOM_WORDS_MAX);
        put_random_evidence(&words, &state);
        e = evidence_built(buf_borrow(&words));
        if (is_possible(e)) {
            d = diagnose(e);
            ck_assert(d != NULL);
            assert_is_sound(e, d);
            ck_assert_msg(d->verdict != VERDICT_UNKNOWN, "no finding explains: %s", buf_borrow(&words));
            diagnosis_free(d);
            n++;
        }
        evidence_free(e);
        buf_done(&words);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("diagnose");

    tcase_add_loop_test(tc, what_is_seen_is_diagnosed_exactly, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tc, evidence_is_told_in_one_line, 0, sizeof line_cases / sizeof line_cases[0]);
    tcase_add_loop_test(tc, who_stops_it_is_said_where_the_path_shows_it, 0, sizeof way_cases / sizeof way_cases[0]);
    tcase_add_test(tc, very_many_bad_characters_are_counted);
    tcase_add_loop_test(tc, what_works_is_recommended_best_first, 0,
                        sizeof recommended_cases / sizeof recommended_cases[0]);
    tcase_add_test(tc, a_recommendation_brings_the_mechanisms_and_the_quickest_time);
    tcase_add_loop_test(tc, confidence_follows_the_controls, 0,
                        sizeof certainty_cases / sizeof certainty_cases[0]);
    tcase_add_test(tc, a_diagnosis_outlives_its_evidence);
    tcase_add_test(tc, whichever_allocation_fails_the_diagnosis_is_whole_or_none);
    tcase_add_test(tc, no_failure_is_without_a_finding_and_no_finding_without_evidence);
    return unit_run("diagnose", &tc, 1);
}
