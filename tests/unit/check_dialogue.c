#include "smtp/dialogue.h"

#include <string.h>

#include "fail_alloc.h"
#include "unit.h"

enum { SCRIPT_MAX = 8 };

static const struct smtp_dialogue_spec clear = { .ehlo_name = "client.example" };
static const struct smtp_dialogue_spec starttls = { .ehlo_name = "client.example", .want_starttls = true };
static const struct smtp_dialogue_spec implicit = { .ehlo_name = "client.example", .inside_tls = true };
static const struct smtp_dialogue_spec mail = { .ehlo_name = "client.example", .try_mail = true };

#define E "EHLO client.example\r\n"
#define H "HELO client.example\r\n"
#define S "STARTTLS\r\n"
#define Q "QUIT\r\n"
#define M "MAIL FROM:<>\r\n"
#define R "RSET\r\n"
#define TLS "<tls>"

/*
 * One talk: what the server says step by step, then it closes. `sent` is all
 * that the client has to say, with the handshake marked in its place.
 */
static const struct talk {
    const char *says;
    const struct smtp_dialogue_spec *spec;
    const char *server[SCRIPT_MAX];
    const char *sent;
    enum smtp_stage stage;
    enum smtp_fault fault;
    enum reply_flaw flaw;
    enum service service;
    unsigned refusal;
} talks[] = {
    /* healthy */
    { "STARTTLS all the way", &starttls,
      { "220 mx ESMTP\r\n", "250-mx\r\n250-STARTTLS\r\n250 SIZE 1\r\n", "220 go\r\n",
      "250-mx\r\n250 AUTH PLAIN\r\n", "221 bye\r\n" },
      E S TLS E Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "implicit TLS", &implicit, { "220 mx\r\n", "250-mx\r\n250 AUTH PLAIN\r\n", "221 bye\r\n" }, E Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "in clear, nothing more wanted", &clear, { "220 mx\r\n", "250 mx\r\n", "221 bye\r\n" }, E Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "QUIT is answered by the end alone", &clear, { "220 mx\r\n", "250 mx\r\n" }, E Q, SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "QUIT is answered by noise", &clear, { "220 mx\r\n", "250 mx\r\n", "\x15\x03\x03" }, E Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "a greeting of several lines, STARTTLS first and in lower case", &starttls,
      { "220-mx\r\n220-no spam\r\n220 please\r\n", "250-mx\r\n250-starttls\r\n250 size 1\r\n", "220 go\r\n",
        "250 mx\r\n" },
      E S TLS E Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "lines end in LF alone", &starttls, { "220 mx\n", "250-mx\n250 STARTTLS\n", "220 go\n", "250 mx\n" },
      E S TLS E Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "codes without text", &starttls, { "220\r\n", "250-mx\r\n250 STARTTLS\r\n", "220\r\n", "250\r\n" },
      E S TLS E Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "HELO where EHLO is not known", &clear, { "220 mx\r\n", "500 what?\r\n", "250 mx\r\n" }, E H Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "HELO inside TLS", &implicit, { "220 mx\r\n", "502 no\r\n", "250 mx\r\n" }, E H Q, SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "MAIL in clear is accepted", &mail, { "220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n",
      "221 bye\r\n" }, E M R Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "MAIL is accepted, and the server goes", &mail, { "220 mx\r\n", "250 mx\r\n", "250 ok\r\n" }, E M R,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "a host called ftp", &clear, { "220 ftp.example FTP server of our mail\r\n", "250 mx\r\n" }, E Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_SMTP, 0 },
    { "it greets like FTP and takes EHLO all the same", &clear, { "220 FTP server\r\n", "250 mx\r\n" }, E Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, REPLY_FINE, SERVICE_FTP, 0 },

    /* refused */
    { "a greeting for good", &clear, { "554 5.7.1 go away\r\n", "221 bye\r\n" }, Q, SMTP_STAGE_GREETING,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 554 },
    { "a greeting for now", &implicit, { "421-4.7.0 later\r\n421 4.7.0 please\r\n" }, Q, SMTP_STAGE_GREETING,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 421 },
    { "EHLO", &starttls, { "220 mx\r\n", "550 5.7.1 bad name\r\n", "221 bye\r\n" }, E Q, SMTP_STAGE_EHLO,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 550 },
    { "EHLO inside TLS", &implicit, { "220 mx\r\n", "421 later\r\n" }, E Q, SMTP_STAGE_EHLO_TLS,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 421 },
    { "EHLO and HELO", &clear, { "220 mx\r\n", "502 no\r\n", "550 no\r\n" }, E H Q, SMTP_STAGE_EHLO,
      SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 550 },
    { "EHLO and HELO inside TLS", &implicit, { "220 mx\r\n", "502 no\r\n", "550 no\r\n" }, E H Q,
      SMTP_STAGE_EHLO_TLS, SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 550 },
    { "STARTTLS", &starttls, { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "454 4.7.0 not now\r\n",
      "221 bye\r\n" },
      E S Q, SMTP_STAGE_STARTTLS, SMTP_FAULT_STARTTLS_REFUSED, REPLY_FINE, SERVICE_SMTP, 454 },
    { "EHLO after STARTTLS", &starttls,
      { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n", "550 5.7.1 no\r\n" }, E S TLS E Q,
      SMTP_STAGE_EHLO_TLS, SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 550 },
    { "MAIL in clear", &mail, { "220 mx\r\n", "250 mx\r\n", "530 5.7.0 Must issue STARTTLS first\r\n" },
      E M Q, SMTP_STAGE_MAIL, SMTP_FAULT_REFUSED, REPLY_FINE, SERVICE_SMTP, 530 },
    { "STARTTLS is not offered", &starttls, { "220 mx\r\n", "250-mx\r\n250 SIZE\r\n", "221 bye\r\n" }, E Q,
      SMTP_STAGE_EHLO, SMTP_FAULT_STARTTLS_NOT_OFFERED, REPLY_FINE, SERVICE_SMTP, 0 },
    { "HELO alone cannot offer STARTTLS", &starttls, { "220 mx\r\n", "500 no\r\n",
      "250-mx\r\n250 STARTTLS\r\n" },
      E H Q, SMTP_STAGE_EHLO, SMTP_FAULT_STARTTLS_NOT_OFFERED, REPLY_FINE, SERVICE_SMTP, 0 },

    /* malformed */
    { "a greeting without a code", &clear, { "hello there\r\n" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_MALFORMED, REPLY_NO_CODE, SERVICE_UNKNOWN, 0 },
    { "a greeting of a code that is none for it", &clear, { "250 mx\r\n" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_MALFORMED, REPLY_UNEXPECTED, SERVICE_UNKNOWN, 0 },
    { "codes that change in the reply to EHLO", &clear, { "220 mx\r\n", "250-mx\r\n251 x\r\n" }, E,
      SMTP_STAGE_EHLO, SMTP_FAULT_MALFORMED, REPLY_CODE_CHANGED, SERVICE_SMTP, 0 },
    { "334 to EHLO", &clear, { "220 mx\r\n", "334 x\r\n" }, E, SMTP_STAGE_EHLO, SMTP_FAULT_MALFORMED,
      REPLY_UNEXPECTED, SERVICE_SMTP, 0 },
    { "250 to STARTTLS", &starttls, { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "250 ok\r\n" }, E S,
      SMTP_STAGE_STARTTLS, SMTP_FAULT_MALFORMED, REPLY_UNEXPECTED, SERVICE_SMTP, 0 },
    { "noise inside TLS", &starttls, { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n",
      "HTTP/1.1 200\r\n" },
      E S TLS E, SMTP_STAGE_EHLO_TLS, SMTP_FAULT_MALFORMED, REPLY_NO_CODE, SERVICE_SMTP, 0 },
    { "a beginning of something, and the end", &clear, { "HT" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_MALFORMED, REPLY_NO_CODE, SERVICE_UNKNOWN, 0 },

    /* something else */
    { "TLS answers in clear", &starttls, { "\x15\x03\x01\x01\x02\x02\x46" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_TLS, 0 },
    { "HTTP", &clear, { "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_HTTP, 0 },
    { "IMAP inside TLS", &implicit, { "* OK [CAPABILITY IMAP4rev1] ready\r\n" }, "", SMTP_STAGE_GREETING,
      SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_IMAP, 0 },
    { "POP3", &clear, { "+OK ready\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE,
      SERVICE_POP3, 0 },
    { "SSH", &clear, { "SSH-2.0-x\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE,
      SERVICE_SSH, 0 },
    { "a news server", &clear, { "200 news NNTP ready\r\n" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP,
      REPLY_FINE, SERVICE_NNTP, 0 },
    { "FTP, which does not know EHLO", &clear, { "220 (vsFTPd 3.0.3)\r\n", "530 Please login\r\n" }, E,
      SMTP_STAGE_EHLO, SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_FTP, 0 },
    { "FTP, which knows neither", &clear, { "220 ProFTPD\r\n", "500 EHLO?\r\n", "500 HELO?\r\n" }, E H,
      SMTP_STAGE_EHLO, SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_FTP, 0 },
    { "FTP, whose greeting is no reply of SMTP", &clear, { "220-FTP server\r\n hello\r\n220 x\r\n" }, "",
      SMTP_STAGE_GREETING, SMTP_FAULT_NOT_SMTP, REPLY_FINE, SERVICE_FTP, 0 },

    /* closed */
    { "without a word", &clear, { NULL }, "", SMTP_STAGE_GREETING, SMTP_FAULT_CLOSED, REPLY_FINE,
      SERVICE_UNKNOWN, 0 },
    { "within the greeting", &clear, { "220 m" }, "", SMTP_STAGE_GREETING, SMTP_FAULT_CLOSED, REPLY_FINE,
      SERVICE_UNKNOWN, 0 },
    { "after EHLO", &clear, { "220 mx\r\n" }, E, SMTP_STAGE_EHLO, SMTP_FAULT_CLOSED, REPLY_FINE,
      SERVICE_SMTP, 0 },
    { "after STARTTLS", &starttls, { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n" }, E S, SMTP_STAGE_STARTTLS,
      SMTP_FAULT_CLOSED, REPLY_FINE, SERVICE_SMTP, 0 },
    { "inside TLS", &starttls, { "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n" }, E S TLS E,
      SMTP_STAGE_EHLO_TLS, SMTP_FAULT_CLOSED, REPLY_FINE, SERVICE_SMTP, 0 },
};

/* A client that sends all at once and notes what it sent. */
struct client {
    struct smtp_dialogue d;
    enum smtp_want want;
    struct buf sent;
    long allocations; /* that succeed; negative: all */
};

static bool client_init(struct client *c, const struct smtp_dialogue_spec *spec)
{
    static const char room[1024];

    c->want = SMTP_WANT_READ;
    buf_init(&c->sent, sizeof room);
    ck_assert(buf_put(&c->sent, room, sizeof room)); /* so that no later put allocates */
    buf_clear(&c->sent);
    fail_alloc_start(c->allocations);
    return dialogue_init(&c->d, spec, NULL);
}

static void client_done(struct client *c)
{
    dialogue_done(&c->d);
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
    c->want = dialogue_tls_up(&c->d);
    client_drain(c);
}

/* Feeds text in pieces of cut bytes; what is wanted then is seen to before more is fed. */
static void client_hear(struct client *c, const char *text, size_t cut)
{
    size_t len = strlen(text);

    client_handshake(c);
    for (size_t at = 0; at < len; at += cut) {
        c->want = dialogue_feed(&c->d, text + at, len - at < cut ? len - at : cut);
        client_drain(c);
    }
}

static void client_talk(struct client *c, const char *const *server, size_t cut)
{
    for (size_t i = 0; i < SCRIPT_MAX && server[i] != NULL; i++)
        client_hear(c, server[i], cut);
    client_handshake(c);
    c->want = dialogue_eof(&c->d);
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
        ck_assert_msg(l->refusal.code == t->refusal, "%s, cut %zu: %u", t->says, cut, l->refusal.code);
        ck_assert(c.d.complete && c.want == SMTP_WANT_CLOSE && c.d.state == SMTP_STATE_END);
        ck_assert_uint_eq(l->n_injected, 0);
        ck_assert_int_eq(c.d.err.kind, ERR_NONE);
        client_done(&c);
    }
}
END_TEST

static bool offers(const struct smtp_caps *caps, const char *mechanism)
{
    for (size_t i = 0; i < caps->n_auth; i++) {
        if (peer_text_equal_nocase(caps->auth[i], mechanism))
            return true;
    }
    return false;
}

START_TEST(all_of_a_starttls_talk_is_learned)
{
    static const char *const server[SCRIPT_MAX] = {
        "220-mx one\r\n220 two\r\n", "250-mx\r\n250-STARTTLS\r\n250 AUTH=LOGIN PLAIN\r\n", "220 2.0.0 go\r\n",
        "250-mx\r\n250-SIZE 5\r\n250 AUTH PLAIN XOAUTH2\r\n",
    };
    struct client c = { .allocations = -1 };
    const struct smtp_learned *l = &c.d.learned;

    ck_assert(client_init(&c, &starttls));
    client_talk(&c, server, 1);
    ck_assert(peer_text_equal(l->answers[SMTP_STAGE_GREETING].text, peer_text_of("220-mx one\r\n220 two")));
    ck_assert_uint_eq(l->answers[SMTP_STAGE_EHLO].code, 250);
    ck_assert_uint_eq(l->answers[SMTP_STAGE_STARTTLS].code, 220);
    ck_assert_uint_eq(l->answers[SMTP_STAGE_STARTTLS].enhanced.class, 2);
    ck_assert_uint_eq(l->answers[SMTP_STAGE_MAIL].code, 0);
    ck_assert(l->clear.known && l->clear.starttls && offers(&l->clear, "LOGIN"));
    ck_assert(l->tls.known && !l->tls.starttls && l->tls.size == 5 && offers(&l->tls, "XOAUTH2"));
    ck_assert(!offers(&l->tls, "LOGIN"));
    ck_assert(!l->helo_used && !l->mail_accepted);
    ck_assert_uint_eq(l->raw.len, 0);
    client_done(&c);
}
END_TEST

START_TEST(a_refusal_is_kept_with_its_status_and_words)
{
    static const char *const server[SCRIPT_MAX] = { "220 mx\r\n", "502 no EHLO\r\n",
                                                    "550-5.7.1 not\r\n550 5.7.1 you\r\n", "221 bye\r\n" };
    struct client c = { .allocations = -1 };
    const struct smtp_answer *a = &c.d.learned.refusal;

    ck_assert(client_init(&c, &clear));
    client_talk(&c, server, 3);
    ck_assert_uint_eq(a->code, 550);
    ck_assert(a->enhanced.class == 5 && a->enhanced.subject == 7 && a->enhanced.detail == 1);
    ck_assert(peer_text_equal(a->text, peer_text_of("550-5.7.1 not\r\n550 5.7.1 you")));
    ck_assert_uint_eq(c.d.learned.answers[SMTP_STAGE_EHLO].code, 502);
    ck_assert(!c.d.learned.helo_used && !c.d.learned.clear.known);
    client_done(&c);
}
END_TEST

START_TEST(what_was_accepted_is_told)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &clear));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ "220 mx\r\n", "500 no\r\n", "250 mx\r\n" }, 9);
    ck_assert(c.d.learned.helo_used && !c.d.learned.clear.known);
    client_done(&c);

    ck_assert(client_init(&c, &mail));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ "220 mx\r\n", "250 mx\r\n", "250 ok\r\n" }, 9);
    ck_assert(c.d.learned.mail_accepted && c.d.learned.clear.known);
    client_done(&c);
}
END_TEST

START_TEST(bytes_behind_the_220_of_starttls_are_counted_and_never_read)
{
    static const char evil[] = "220 go\r\n250-mx\r\n250 AUTH EVIL\r\n";
    static const size_t len = sizeof evil - 1 - 8;

    for (size_t cut = 1; cut < sizeof evil; cut++) {
        struct client c = { .allocations = -1 };
        const struct smtp_learned *l = &c.d.learned;

        ck_assert(client_init(&c, &starttls));
        client_hear(&c, "220 mx\r\n", cut);
        client_hear(&c, "250-mx\r\n250 STARTTLS\r\n", cut);
        client_hear(&c, evil, cut);
        ck_assert_int_eq(c.want, SMTP_WANT_HANDSHAKE);
        ck_assert_str_eq(buf_borrow(&c.sent), E S);
        ck_assert_uint_eq(l->n_injected, len);
        ck_assert(peer_text_equal(l->injected, (struct peer_text){ evil + 8, len }));
        ck_assert_int_eq(l->fault, SMTP_FAULT_NONE);
        client_hear(&c, "250-mx\r\n250 AUTH PLAIN\r\n", cut);
        ck_assert(!offers(&l->tls, "EVIL") && offers(&l->tls, "PLAIN"));
        ck_assert(c.d.complete && l->stage == SMTP_STAGE_DONE);
        client_done(&c);
    }
}
END_TEST

START_TEST(of_a_megabyte_of_injected_bytes_the_first_are_kept)
{
    struct client c = { .allocations = -1 };
    char piece[1024];

    memset(piece, 'x', sizeof piece);
    ck_assert(client_init(&c, &starttls));
    client_hear(&c, "220 mx\r\n", 100);
    client_hear(&c, "250-mx\r\n250 STARTTLS\r\n", 100);
    client_hear(&c, "220 go\r\n", 100);
    for (int i = 0; i < 1024; i++)
        ck_assert_int_eq(dialogue_feed(&c.d, piece, sizeof piece), SMTP_WANT_HANDSHAKE);
    ck_assert_uint_eq(c.d.learned.n_injected, 1u << 20);
    ck_assert_uint_eq(c.d.learned.injected.len, PEER_RAW_MAX);
    client_done(&c);
}
END_TEST

START_TEST(a_server_that_says_all_at_once_is_followed)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &starttls));
    client_hear(&c, "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250 evil\r\n", 1000);
    ck_assert_int_eq(c.want, SMTP_WANT_HANDSHAKE);
    ck_assert_uint_eq(c.d.learned.n_injected, 10);
    ck_assert_str_eq(buf_borrow(&c.sent), E S);
    client_done(&c);
}
END_TEST

START_TEST(what_was_not_sent_in_clear_does_not_pass_into_tls)
{
    static const char wire[] = "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n";
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &starttls));
    ck_assert_int_eq(dialogue_feed(&c.d, wire, sizeof wire - 1), SMTP_WANT_HANDSHAKE);
    dialogue_tls_up(&c.d);
    client_drain(&c);
    ck_assert_str_eq(buf_borrow(&c.sent), E);
    client_done(&c);
}
END_TEST

START_TEST(a_talk_is_complete_once_quit_can_be_sent)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &clear));
    client_hear(&c, "220 mx\r\n", 100);
    ck_assert(!c.d.complete);
    client_hear(&c, "250 mx\r\n", 100);
    ck_assert(c.d.complete);
    ck_assert_int_eq(c.want, SMTP_WANT_READ);
    client_hear(&c, "221 bye\r\n", 100);
    ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_NONE);
    client_done(&c);
}
END_TEST

START_TEST(the_trail_names_every_state_that_was_entered)
{
    static const char *const words[] = { "greeting", "ehlo",     "starttls", "handshake",
                                         "ehlo-tls", "quit",     "end" };
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &starttls));
    client_talk(&c,
                (const char *const[SCRIPT_MAX]){ "220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n",
                "250 mx\r\n" },
                100);
    ck_assert_uint_eq(c.d.n_trail, sizeof words / sizeof words[0]);
    for (size_t i = 0; i < c.d.n_trail; i++)
        ck_assert_str_eq(smtp_state_word(c.d.trail[i]), words[i]);
    client_done(&c);
}
END_TEST

START_TEST(what_cannot_be_read_is_kept_with_what_follows_it)
{
    static const char wire[] = "HTTP/1.1 400 Bad Request\r\n\r\n<html>";

    for (size_t cut = 1; cut < sizeof wire; cut++) {
        struct client c = { .allocations = -1 };

        ck_assert(client_init(&c, &clear));
        client_hear(&c, wire, cut);
        ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
        ck_assert(peer_text_equal(c.d.learned.raw, peer_text_of(wire)));
        client_done(&c);
    }
}
END_TEST

static const struct flood_case {
    const char *says, *greeting, *piece;
    enum reply_flaw flaw;
} flood_cases[] = {
    { "a line without an end", "220 ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", REPLY_LINE_TOO_LONG },
    { "lines without an end", "", "220-aaaaaaaaaa\r\n220-bbbbbbbbbb\r\n", REPLY_TOO_MANY_LINES },
};

START_TEST(a_flood_ends_the_talk_with_little_kept)
{
    const struct flood_case *f = &flood_cases[_i];
    struct client c = { .allocations = -1 };
    int fed = 0;

    ck_assert(client_init(&c, &clear));
    client_hear(&c, f->greeting, 100);
    for (; fed < 1 << 15; fed++)
        client_hear(&c, f->piece, 1000);
    ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_MALFORMED);
    ck_assert_msg(c.d.learned.flaw == f->flaw, "%s: %s", f->says, reply_flaw_word(c.d.learned.flaw));
    ck_assert_uint_eq(c.d.learned.raw.len, PEER_RAW_MAX);
    ck_assert_str_eq(buf_borrow(&c.sent), "");
    client_done(&c);
}
END_TEST

START_TEST(a_nul_ends_the_talk)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &clear));
    ck_assert_int_eq(dialogue_feed(&c.d, "220 m\0x\r\n", 9), SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.flaw, REPLY_NUL);
    ck_assert_uint_eq(c.d.learned.raw.len, 9);
    client_done(&c);
}
END_TEST

START_TEST(another_service_with_a_digit_in_front_is_known_at_every_cut)
{
    static const char wire[] = "5\0\0\0\x0a" "8.0.36\0\1\2\3";

    for (size_t cut = 1; cut < sizeof wire; cut++) {
        struct client c = { .allocations = -1 };

        ck_assert(client_init(&c, &clear));
        for (size_t at = 0; at < sizeof wire - 1; at += cut)
            c.want = dialogue_feed(&c.d, wire + at, sizeof wire - 1 - at < cut ? sizeof wire - 1 - at : cut);
        ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
        ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_NOT_SMTP);
        ck_assert_int_eq(c.d.learned.service, SERVICE_MYSQL);
        ck_assert_uint_eq(c.d.learned.raw.len, sizeof wire - 1);
        client_done(&c);
    }
}
END_TEST

static const struct name_case {
    const char *says, *name;
    bool taken;
} name_cases[] = {
    { "a host name", "client.example", true },
    { "an address literal", "[IPv6:2001:db8::1]", true },
    { "nothing", "", false },
    { "a line end, which would be a command of its own", "x\r\nMAIL FROM:<a@example>", false },
    { "a blank", "a b", false },
    { "bytes over 127", "\xe6\x97\xa5.example", false },
};

START_TEST(a_name_that_cannot_be_sent_is_our_error)
{
    const struct name_case *c = &name_cases[_i];
    struct smtp_dialogue d;
    struct err err = { 0 };

    ck_assert_msg(dialogue_init(&d, &(struct smtp_dialogue_spec){ .ehlo_name = c->name }, &err) == c->taken,
                  "%s", c->says);
    ck_assert_int_eq(err.kind, c->taken ? ERR_NONE : ERR_INPUT);
    dialogue_done(&d);
}
END_TEST

START_TEST(every_allocation_may_fail_once)
{
    static const char *const server[SCRIPT_MAX] = {
        "220 mx\r\n", "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n", "220 go\r\n",
        "250-mx\r\n250 AUTH A B C\r\n",
        "221 bye\r\n",
    };
    bool hit = true;
    long after = 0;

    for (; hit; after++) {
        struct client c = { .allocations = after };
        bool started = client_init(&c, &starttls);

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
    ck_assert_int_gt(after, 5);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("dialogue");

    tcase_add_loop_test(t, a_talk_ends_the_same_however_the_bytes_are_cut, 0, COUNT(talks));
    tcase_add_test(t, all_of_a_starttls_talk_is_learned);
    tcase_add_test(t, a_refusal_is_kept_with_its_status_and_words);
    tcase_add_test(t, what_was_accepted_is_told);
    tcase_add_test(t, bytes_behind_the_220_of_starttls_are_counted_and_never_read);
    tcase_add_test(t, of_a_megabyte_of_injected_bytes_the_first_are_kept);
    tcase_add_test(t, a_server_that_says_all_at_once_is_followed);
    tcase_add_test(t, what_was_not_sent_in_clear_does_not_pass_into_tls);
    tcase_add_test(t, a_talk_is_complete_once_quit_can_be_sent);
    tcase_add_test(t, the_trail_names_every_state_that_was_entered);
    tcase_add_test(t, what_cannot_be_read_is_kept_with_what_follows_it);
    tcase_add_loop_test(t, a_flood_ends_the_talk_with_little_kept, 0, COUNT(flood_cases));
    tcase_add_test(t, a_nul_ends_the_talk);
    tcase_add_test(t, another_service_with_a_digit_in_front_is_known_at_every_cut);
    tcase_add_loop_test(t, a_name_that_cannot_be_sent_is_our_error, 0, COUNT(name_cases));
    tcase_add_test(t, every_allocation_may_fail_once);
    return unit_run("dialogue", &t, 1);
}
