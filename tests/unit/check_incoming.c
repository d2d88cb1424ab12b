#include "smtp/incoming.h"

#include <stdio.h>
#include <string.h>

#include "fail_alloc.h"
#include "unit.h"

enum { SCRIPT_MAX = 8 };

static const struct incoming_spec imap = { .protocol = PROTOCOL_IMAP, .inside_tls = true };
static const struct incoming_spec imap_starttls = { .protocol = PROTOCOL_IMAP, .want_starttls = true };
static const struct incoming_spec pop3 = { .protocol = PROTOCOL_POP3, .inside_tls = true };
static const struct incoming_spec greeting = { .protocol = PROTOCOL_POP3, .greeting_only = true };
static const struct incoming_spec pop3_stls = { .protocol = PROTOCOL_POP3, .want_starttls = true };

#define TLS "<tls>"
#define IC1 "a1 CAPABILITY\r\n"
#define IS "a2 STARTTLS\r\n"
#define IC3 "a3 CAPABILITY\r\n"
#define IL "a4 LOGOUT\r\n"
#define PC "CAPA\r\n"
#define PS "STLS\r\n"
#define PQ "QUIT\r\n"

#define IMAP_HI "* OK [CAPABILITY IMAP4rev1] hello\r\n"
#define IMAP_CLEAR "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n"
#define IMAP_INSIDE "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done\r\n"
#define POP3_HI "+OK POP3 ready\r\n"
#define POP3_CLEAR "+OK list\r\nTOP\r\nSTLS\r\n.\r\n"
#define POP3_INSIDE "+OK list\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n"

/* One talk: what the server says step by step, then it closes; and all that the client has to say. */
static const struct talk {
    const char *says;
    const struct incoming_spec *spec;
    const char *server[SCRIPT_MAX];
    const char *sent;
    enum smtp_stage stage;
    enum smtp_fault fault;
    enum reply_flaw flaw;
    enum service service;
    const char *refusal;
} talks[] = {
    /* healthy */
    { "IMAP inside TLS", &imap, { IMAP_HI, IMAP_INSIDE, "* BYE bye\r\na4 OK\r\n" }, IC3 IL, SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, REPLY_FINE, SERVICE_IMAP, "" },
    { "IMAP with STARTTLS", &imap_starttls,
      { IMAP_HI, IMAP_CLEAR, "a2 OK go\r\n", IMAP_INSIDE, "* BYE\r\na4 OK\r\n" }, IC1 IS TLS IC3 IL,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_IMAP, "" },
    { "IMAP in lower case, with lines of another matter in between", &imap_starttls,
      { "* ok hi\r\n", "* NO [ALERT] soon\r\n* capability imap4rev1 starttls\r\na1 ok\r\n", "* OK x\r\na2 ok\r\n",
        IMAP_INSIDE },
      IC1 IS TLS IC3 IL, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_IMAP, "" },
    { "IMAP lines that end in LF alone", &imap, { "* OK\n", "* CAPABILITY IMAP4rev1\na3 OK\n" }, IC3 IL,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_IMAP, "" },
    { "signed in from the start, inside TLS", &imap, { "* PREAUTH as you are\r\n", IMAP_INSIDE }, IC3 IL,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_IMAP, "" },
    { "POP3 inside TLS", &pop3, { POP3_HI, POP3_INSIDE, "+OK bye\r\n" }, PC PQ, SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, REPLY_FINE, SERVICE_POP3, "" },
    { "POP3 with STLS", &pop3_stls, { POP3_HI, POP3_CLEAR, "+OK go\r\n", POP3_INSIDE, "+OK bye\r\n" },
      PC PS TLS PC PQ, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_POP3, "" },
    { "POP3 of before CAPA, inside TLS", &pop3, { "+OK\r\n", "-ERR what?\r\n" }, PC PQ, SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, REPLY_FINE, SERVICE_POP3, "" },
    { "POP3 that knows STLS and not CAPA", &pop3_stls,
      { "+OK <1.2@pop.example>\r\n", "-ERR what?\r\n", "+OK go\r\n", "-ERR what?\r\n" }, PC PS TLS PC PQ,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_POP3, "" },
    { "an empty list", &pop3, { POP3_HI, "+OK\r\n.\r\n" }, PC PQ, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE,
      SERVICE_POP3, "" },

    { "the greeting alone", &greeting, { POP3_HI, "+OK bye\r\n" }, PQ, SMTP_STAGE_DONE, SMTP_FAULT_NONE,
      REPLY_FINE, SERVICE_POP3, "" },

    /* refused */
    { "IMAP turns the client away", &imap, { "* BYE too many connections\r\n" }, IL, SMTP_STAGE_GREETING,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_IMAP, "* BYE too many connections" },
    { "POP3 turns the client away", &pop3, { "-ERR [SYS/TEMP] later\r\n", "+OK\r\n" }, PQ, SMTP_STAGE_GREETING,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_POP3, "-ERR [SYS/TEMP] later" },
    { "CAPABILITY is refused", &imap, { IMAP_HI, "a3 BAD what?\r\n" }, IC3 IL, SMTP_STAGE_EHLO_TLS,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_IMAP, "a3 BAD what?" },
    { "IMAP says good-bye in the middle", &imap_starttls, { IMAP_HI, "* BYE down\r\n" }, IC1 IL, SMTP_STAGE_EHLO,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_IMAP, "* BYE down" },
    { "STARTTLS is refused", &imap_starttls, { IMAP_HI, IMAP_CLEAR, "a2 NO not now\r\n" }, IC1 IS IL,
      SMTP_STAGE_STARTTLS, SMTP_FAULT_STARTTLS_REFUSED, REPLY_FINE, SERVICE_IMAP, "a2 NO not now" },
    { "STLS is refused", &pop3_stls, { POP3_HI, POP3_CLEAR, "-ERR no\r\n" }, PC PS PQ, SMTP_STAGE_STARTTLS,
      SMTP_FAULT_STARTTLS_REFUSED, REPLY_FINE, SERVICE_POP3, "-ERR no" },
    { "STARTTLS is not offered", &imap_starttls, { IMAP_HI, "* CAPABILITY IMAP4rev1\r\na1 OK\r\n" }, IC1 IL,
      SMTP_STAGE_EHLO, SMTP_FAULT_STARTTLS_NOT_OFFERED, REPLY_FINE, SERVICE_IMAP, "" },
    { "STLS is not offered", &pop3_stls, { POP3_HI, "+OK\r\nTOP\r\n.\r\n" }, PC PQ, SMTP_STAGE_EHLO,
      SMTP_FAULT_STARTTLS_NOT_OFFERED, REPLY_FINE, SERVICE_POP3, "" },
    { "who is signed in from the start cannot have STARTTLS", &imap_starttls, { "* PREAUTH hi\r\n", IMAP_CLEAR },
      IC1 IL, SMTP_STAGE_EHLO, SMTP_FAULT_STARTTLS_NOT_OFFERED, REPLY_FINE, SERVICE_IMAP, "" },

    /* malformed */
    { "a greeting that is none", &imap, { "hello\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_UNKNOWN, "" },
    { "a greeting of no kind", &imap, { "* HELLO\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_UNKNOWN, "" },
    { "another tag", &imap, { IMAP_HI, "b3 OK\r\n" }, IC3, SMTP_STAGE_EHLO_TLS, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_IMAP, "" },
    { "OK, and no list of capabilities", &imap, { IMAP_HI, "a3 OK\r\n" }, IC3, SMTP_STAGE_EHLO_TLS,
      SMTP_FAULT_MALFORMED, REPLY_UNEXPECTED, SERVICE_IMAP, "" },
    { "a command is asked to go on", &imap, { IMAP_HI, "+ more\r\n" }, IC3, SMTP_STAGE_EHLO_TLS,
      SMTP_FAULT_MALFORMED, REPLY_UNEXPECTED, SERVICE_IMAP, "" },
    { "an answer of no kind", &pop3, { POP3_HI, "OK\r\n" }, PC, SMTP_STAGE_EHLO_TLS, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_POP3, "" },

    /* something else */
    { "SMTP", &imap, { "220 mx.example ESMTP\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE,
      SERVICE_SMTP, "" },
    { "POP3 in place of IMAP", &imap, { POP3_HI }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE,
      SERVICE_POP3, "" },
    { "IMAP in place of POP3", &pop3, { IMAP_HI }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE,
      SERVICE_IMAP, "" },
    { "HTTP", &pop3, { "HTTP/1.1 400 Bad Request\r\n\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP,
      REPLY_FINE, SERVICE_HTTP, "" },
    { "TLS answers in clear, without a line end", &imap_starttls, { "\x15\x03\x01\x01\x02\x02\x46" }, "",
      SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_TLS, "" },
    { "a control character, and the end", &pop3_stls, { "\x15" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_UNKNOWN, "" },

    /* closed */
    { "without a word", &imap, { NULL }, "", SMTP_STAGE_GREETING, SMTP_FAULT_CLOSED, REPLY_FINE, SERVICE_UNKNOWN,
      "" },
    { "within the greeting", &pop3, { "+OK m" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_CLOSED, REPLY_FINE,
      SERVICE_UNKNOWN, "" },
    { "within the list", &pop3, { POP3_HI, "+OK\r\nTOP\r\n" }, PC, SMTP_STAGE_EHLO_TLS, SMTP_FAULT_CLOSED,
      REPLY_FINE, SERVICE_POP3, "" },
    { "after STARTTLS", &imap_starttls, { IMAP_HI, IMAP_CLEAR }, IC1 IS, SMTP_STAGE_STARTTLS, SMTP_FAULT_CLOSED,
      REPLY_FINE, SERVICE_IMAP, "" },
};

/* A client that sends all at once and notes what it sent. */
struct client {
    struct incoming d;
    enum smtp_want want;
    struct buf sent;
    long allocations; /* that succeed; negative: all */
};

static bool client_init(struct client *c, const struct incoming_spec *spec)
{
    static const char room[1024];

    c->want = SMTP_WANT_READ;
    buf_init(&c->sent, sizeof room);
    ck_assert(buf_put(&c->sent, room, sizeof room)); /* so that no later put allocates */
    buf_clear(&c->sent);
    fail_alloc_start(c->allocations);
    return incoming_init(&c->d, spec, NULL);
}

static void client_done(struct client *c)
{
    incoming_done(&c->d);
    buf_done(&c->sent);
}

static void client_drain(struct client *c)
{
    buf_put(&c->sent, c->d.out.len == 0 ? "" : c->d.out.bytes, c->d.out.len);
    buf_consume(&c->d.out, c->d.out.len);
}

static void client_handshake(struct client *c)
{
    if (c->want != SMTP_WANT_HANDSHAKE)
        return;
    buf_put_string(&c->sent, TLS);
    c->want = incoming_tls_up(&c->d);
    client_drain(c);
}

/* Feeds text in pieces of cut bytes; what is wanted then is seen to before more is fed. */
static void client_hear(struct client *c, const char *text, size_t cut)
{
    size_t len = strlen(text);

    client_handshake(c);
    for (size_t at = 0; at < len; at += cut) {
        c->want = incoming_feed(&c->d, text + at, len - at < cut ? len - at : cut);
        client_drain(c);
    }
}

static void client_talk(struct client *c, const char *const *server, size_t cut)
{
    for (size_t i = 0; i < SCRIPT_MAX && server[i] != NULL; i++)
        client_hear(c, server[i], cut);
    client_handshake(c);
    c->want = incoming_eof(&c->d);
}

START_TEST(a_talk_ends_the_same_however_the_bytes_are_cut)
{
    const struct talk *t = &talks[_i];

    for (size_t cut = 1; cut <= 64; cut++) {
        struct client c = { .allocations = -1 };
        const struct smtp_learned *l = &c.d.learned;

        ck_assert(client_init(&c, t->spec));
        client_talk(&c, t->server, cut);
        ck_assert_msg(strcmp(buf_borrow(&c.sent), t->sent) == 0, "%s, cut %zu: sent %s", t->says, cut,
                      buf_borrow(&c.sent));
        ck_assert_msg(l->fault == t->fault, "%s, cut %zu: %s", t->says, cut, smtp_fault_word(l->fault));
        ck_assert_msg(l->stage == t->stage, "%s, cut %zu: stage %d", t->says, cut, (int)l->stage);
        ck_assert_msg(l->flaw == t->flaw, "%s, cut %zu: %s", t->says, cut, reply_flaw_word(l->flaw));
        ck_assert_msg(l->service == t->service, "%s, cut %zu: %s", t->says, cut, service_word(l->service));
        ck_assert_msg(peer_text_equal(l->refusal.text, peer_text_of(t->refusal)), "%s, cut %zu: %.*s", t->says,
                      cut, (int)l->refusal.text.len, l->refusal.text.bytes);
        ck_assert(c.d.complete && c.want == SMTP_WANT_CLOSE && c.d.state == INCOMING_END);
        ck_assert_uint_eq(l->n_injected, 0);
        ck_assert_int_eq(c.d.err.kind, ERR_NONE);
        client_done(&c);
    }
}
END_TEST

static void lists(const struct peer_text *list, size_t n, const char *words)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(words + at, "|");

        ck_assert_msg(list[i].len == len && memcmp(list[i].bytes, words + at, len) == 0, "%zu of %s: %.*s", i,
                      words, (int)list[i].len, list[i].bytes);
        at += len + (words[at + len] == '|');
    }
    ck_assert_msg(words[at] == '\0', "missing: %s", words + at);
}

static bool offers(const struct smtp_caps *caps, const char *mechanism)
{
    for (size_t i = 0; i < caps->n_auth; i++) {
        if (peer_text_equal_nocase(caps->auth[i], mechanism))
            return true;
    }
    return false;
}

START_TEST(what_an_imap_server_can_do_is_learned_on_both_sides_of_starttls)
{
    static const char *const server[SCRIPT_MAX] = {
        "* OK [CAPABILITY IMAP4rev1 AUTH=EVIL] hi\r\n", IMAP_CLEAR, "a2 OK\r\n",
        "* CAPABILITY IMAP4rev1 SASL-IR auth=PLAIN AUTH=XOAUTH2  ID\r\n* CAPABILITY IDLE\r\na3 OK\r\n",
    };
    struct client c = { .allocations = -1 };
    const struct smtp_learned *l = &c.d.learned;

    ck_assert(client_init(&c, &imap_starttls));
    client_talk(&c, server, 1);
    ck_assert(peer_text_equal(l->answers[SMTP_STAGE_GREETING].text,
                              peer_text_of("* OK [CAPABILITY IMAP4rev1 AUTH=EVIL] hi")));
    ck_assert(l->clear.known && l->clear.starttls && l->tls.known && !l->tls.starttls);
    lists(l->clear.keywords, l->clear.n_keywords, "IMAP4rev1|STARTTLS|LOGINDISABLED");
    lists(l->clear.auth, l->clear.n_auth, "");
    lists(l->tls.keywords, l->tls.n_keywords, "IMAP4rev1|SASL-IR|auth=PLAIN|AUTH=XOAUTH2|ID|IDLE");
    lists(l->tls.auth, l->tls.n_auth, "PLAIN|XOAUTH2");
    ck_assert_uint_eq(l->raw.len, 0);
    client_done(&c);
}
END_TEST

START_TEST(what_a_pop3_server_can_do_is_learned_on_both_sides_of_stls)
{
    static const char *const server[SCRIPT_MAX] = {
        POP3_HI, POP3_CLEAR, "+OK\r\n",
        "+OK\r\nIMPLEMENTATION x y\r\n..odd\r\nsasl PLAIN  LOGIN\r\nSASL\r\n.\r\n",
    };
    struct client c = { .allocations = -1 };
    const struct smtp_learned *l = &c.d.learned;

    ck_assert(client_init(&c, &pop3_stls));
    client_talk(&c, server, 1);
    ck_assert(peer_text_equal(l->answers[SMTP_STAGE_GREETING].text, peer_text_of("+OK POP3 ready")));
    ck_assert(l->clear.known && l->clear.starttls && l->tls.known && !l->tls.starttls);
    lists(l->clear.keywords, l->clear.n_keywords, "TOP|STLS");
    lists(l->tls.keywords, l->tls.n_keywords, "IMPLEMENTATION x y|.odd|sasl PLAIN  LOGIN|SASL");
    lists(l->tls.auth, l->tls.n_auth, "PLAIN|LOGIN");
    client_done(&c);
}
END_TEST

static const struct injection {
    const struct incoming_spec *spec;
    const char *greeting, *clear, *go, *evil, *inside, *sent;
} injections[] = {
    { &imap_starttls, IMAP_HI, IMAP_CLEAR, "a2 OK\r\n", "* CAPABILITY AUTH=EVIL\r\na3 OK\r\n", IMAP_INSIDE, IC1 IS },
    { &pop3_stls, POP3_HI, POP3_CLEAR, "+OK\r\n", "+OK\r\nSASL EVIL\r\n.\r\n", POP3_INSIDE, PC PS },
};

START_TEST(bytes_behind_the_answer_to_starttls_are_counted_and_never_read)
{
    const struct injection *x = &injections[_i];
    char wire[128];

    snprintf(wire, sizeof wire, "%s%s", x->go, x->evil);
    for (size_t cut = 1; cut <= strlen(wire); cut++) {
        struct client c = { .allocations = -1 };
        const struct smtp_learned *l = &c.d.learned;

        ck_assert(client_init(&c, x->spec));
        client_hear(&c, x->greeting, cut);
        client_hear(&c, x->clear, cut);
        client_hear(&c, wire, cut);
        ck_assert_int_eq(c.want, SMTP_WANT_HANDSHAKE);
        ck_assert_str_eq(buf_borrow(&c.sent), x->sent);
        ck_assert_uint_eq(l->n_injected, strlen(x->evil));
        ck_assert(peer_text_equal(l->injected, peer_text_of(x->evil)));
        client_hear(&c, x->inside, cut);
        ck_assert(!offers(&l->tls, "EVIL") && offers(&l->tls, "PLAIN"));
        ck_assert(c.d.complete && l->stage == SMTP_STAGE_DONE && l->fault == SMTP_FAULT_NONE);
        client_done(&c);
    }
}
END_TEST

START_TEST(what_was_not_sent_in_clear_does_not_pass_into_tls)
{
    static const char wire[] = IMAP_HI IMAP_CLEAR "a2 OK\r\n";
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &imap_starttls));
    ck_assert_int_eq(incoming_feed(&c.d, wire, sizeof wire - 1), SMTP_WANT_HANDSHAKE);
    incoming_tls_up(&c.d);
    client_drain(&c);
    ck_assert_str_eq(buf_borrow(&c.sent), IC3);
    client_done(&c);
}
END_TEST

static const struct flood {
    const char *says;
    const struct incoming_spec *spec;
    const char *first, *piece;
    enum reply_flaw flaw;
} floods[] = {
    { "a greeting without an end", &imap, "* OK ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", REPLY_LINE_TOO_LONG },
    { "untagged lines without an end", &imap, IMAP_HI, "* OK x\r\n", REPLY_TOO_MANY_LINES },
    { "capabilities without an end", &imap, IMAP_HI, "* CAPABILITY a b c d e f g h i j k l m n o p q r\r\n",
      REPLY_TOO_MANY_LINES },
    { "a list without an end", &pop3, POP3_HI "+OK\r\n", "SASL A B C D E F\r\n", REPLY_TOO_MANY_LINES },
    { "long lines", &pop3, POP3_HI "+OK\r\n",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
      REPLY_TOO_LONG },
};

START_TEST(a_flood_ends_the_talk_with_little_kept)
{
    const struct flood *f = &floods[_i];
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, f->spec));
    client_hear(&c, f->first, 100);
    for (int i = 0; i < 1 << 12; i++)
        client_hear(&c, f->piece, 1000);
    ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_MALFORMED);
    ck_assert_msg(c.d.learned.flaw == f->flaw, "%s: %s", f->says, reply_flaw_word(c.d.learned.flaw));
    ck_assert_uint_eq(c.d.learned.raw.len, PEER_RAW_MAX);
    ck_assert_uint_le(c.d.learned.tls.n_keywords, INCOMING_WORDS_MAX);
    ck_assert_int_eq(c.d.err.kind, ERR_NONE);
    client_done(&c);
}
END_TEST

/* The last byte that an answer may have is the end of one of its lines. */
START_TEST(a_flood_does_not_step_over_the_ceiling_at_the_end_of_a_line)
{
    enum { LINE = 256 };
    struct client c = { .allocations = -1 };
    char line[LINE + 1] = "+OK ";

    memset(line + 4, 'a', LINE - 6);
    strcpy(line + LINE - 2, "\r\n");
    ck_assert(client_init(&c, &pop3));
    client_hear(&c, POP3_HI, 100);
    for (int i = 0; i < INCOMING_BYTES_MAX / LINE; i++) {
        ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_NONE);
        client_hear(&c, line, 100);
        line[0] = 'X';
    }
    ck_assert_int_eq(c.d.learned.flaw, REPLY_TOO_LONG);
    client_done(&c);
}
END_TEST

START_TEST(a_nul_ends_the_talk)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &imap));
    client_hear(&c, IMAP_HI, 100);
    ck_assert_int_eq(incoming_feed(&c.d, "* CAP\0x\r\n", 9), SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.flaw, REPLY_NUL);
    ck_assert_uint_eq(c.d.learned.raw.len, 9);
    client_done(&c);
}
END_TEST

START_TEST(what_cannot_be_read_is_kept_with_what_follows_it)
{
    static const char wire[] = "HTTP/1.1 400 Bad Request\r\n\r\n<html>";

    for (size_t cut = 1; cut < sizeof wire; cut++) {
        struct client c = { .allocations = -1 };

        ck_assert(client_init(&c, &imap));
        client_hear(&c, wire, cut);
        ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
        ck_assert(peer_text_equal(c.d.learned.raw, peer_text_of(wire)));
        client_done(&c);
    }
}
END_TEST

START_TEST(the_trail_names_every_state_that_was_entered)
{
    static const char *const words[] = { "greeting",       "capability", "starttls", "handshake",
                                         "capability-tls", "logout",     "end" };
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &imap_starttls));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ IMAP_HI, IMAP_CLEAR, "a2 OK\r\n", IMAP_INSIDE }, 100);
    ck_assert_uint_eq(c.d.n_trail, sizeof words / sizeof words[0]);
    for (size_t i = 0; i < c.d.n_trail; i++)
        ck_assert_str_eq(incoming_state_word(c.d.trail[i]), words[i]);
    client_done(&c);
}
END_TEST

START_TEST(every_allocation_may_fail_once)
{
    const struct injection *x = &injections[_i];
    const char *const server[SCRIPT_MAX] = { x->greeting, x->clear, x->go, x->inside };
    bool hit = true;
    long after = 0;

    for (; hit; after++) {
        struct client c = { .allocations = after };
        bool started = client_init(&c, x->spec);

        if (started)
            client_talk(&c, server, 1000);
        hit = fail_alloc_stop();
        if (started) {
            ck_assert(c.d.complete);
            ck_assert_int_eq(c.d.err.kind, hit ? ERR_NOMEM : ERR_NONE);
            ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_NONE);
        }
        client_done(&c);
    }
    ck_assert_int_gt(after, 3);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("incoming");

    tcase_add_loop_test(t, a_talk_ends_the_same_however_the_bytes_are_cut, 0, COUNT(talks));
    tcase_add_test(t, what_an_imap_server_can_do_is_learned_on_both_sides_of_starttls);
    tcase_add_test(t, what_a_pop3_server_can_do_is_learned_on_both_sides_of_stls);
    tcase_add_loop_test(t, bytes_behind_the_answer_to_starttls_are_counted_and_never_read, 0, COUNT(injections));
    tcase_add_test(t, what_was_not_sent_in_clear_does_not_pass_into_tls);
    tcase_add_loop_test(t, a_flood_ends_the_talk_with_little_kept, 0, COUNT(floods));
    tcase_add_test(t, a_flood_does_not_step_over_the_ceiling_at_the_end_of_a_line);
    tcase_add_test(t, a_nul_ends_the_talk);
    tcase_add_test(t, what_cannot_be_read_is_kept_with_what_follows_it);
    tcase_add_test(t, the_trail_names_every_state_that_was_entered);
    tcase_add_loop_test(t, every_allocation_may_fail_once, 0, COUNT(injections));
    return unit_run("incoming", &t, 1);
}
