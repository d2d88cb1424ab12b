#include "smtp/dialogue.h"

#include <stdio.h>
#include <string.h>

#include <gsasl.h>

#include "fail_alloc.h"
#include "unit.h"

enum { SCRIPT_MAX = 12 };

/* A blank at the end of the password: it has to arrive. */
#define USER "user@example.com"
#define PASSWORD "s3cret pass "
#define PASSWORD_64 "czNjcmV0IHBhc3Mg"
#define TOKEN "token-of-mine"

#define ERRAND .user = { USER, sizeof USER - 1 }, .host = "mail.example", .port = 465
#define MESSAGE .mail_from = "from@example.com", .rcpt_to = "to@example.net"
static const struct smtp_errand sign_in = { ERRAND, .sign_in = true };
static const struct smtp_errand login = { ERRAND, .sign_in = true, .auth = "LOGIN" };
static const struct smtp_errand sends = { ERRAND, .sign_in = true, MESSAGE };
static const struct smtp_errand asks = { ERRAND, .sign_in = true, MESSAGE, .stop_after_rcpt = true };
static const struct smtp_errand relay = { MESSAGE };
#define WIDE "\xe7\x94\xb2@example.jp"
static const struct smtp_errand wide = { .mail_from = "from@example.com", .rcpt_to = WIDE };

#define E "EHLO client.example\r\n"
#define Q "QUIT\r\n"
#define M "MAIL FROM:<from@example.com>"
#define R "RCPT TO:<to@example.net>\r\n"
#define D "DATA\r\n<message>"
#define ASK "<permission?>"
#define PLAIN "AUTH PLAIN AHVzZXJAZXhhbXBsZS5jb20AczNjcmV0IHBhc3Mg\r\n"
#define LOGIN "AUTH LOGIN\r\n"
#define NAME_64 "dXNlckBleGFtcGxlLmNvbQ==\r\n"
#define BEARER                                                                                    \
    "AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9bWFpbC5leGFtcGxlAXBvcnQ9NDY1AWF1dGg9Qm" \
    "VhcmVyIHRva2VuLW9mLW1pbmUBAQ==\r\n"
#define XOAUTH2 "AUTH XOAUTH2 dXNlcj11c2VyQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHRva2VuLW9mLW1pbmUBAQ==\r\n"
#define GREETS "220 mx\r\n"
#define OFFERS(words) "250-mx\r\n250 AUTH " words "\r\n"
#define IN "235 2.7.0 ok\r\n"
#define BYE "221 bye\r\n"

/*
 * One talk inside TLS: what the server says step by step, then it closes.
 * `sent` is all that the client says, the question and the message marked in
 * their places.
 */
static const struct talk {
    const char *says;
    const struct smtp_errand *errand;
    enum secret_kind kind;
    const char *server[SCRIPT_MAX];
    const char *sent;
    enum smtp_stage stage;
    enum smtp_fault fault;
    unsigned refusal;
    const char *mechanism; /* the last that was begun */
    bool accepted;
} talks[] = {
    /* signed in */
    { "PLAIN", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("LOGIN PLAIN"), IN, BYE }, E ASK PLAIN Q,
      SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, 0, "PLAIN", true },
    { "LOGIN, that asks in base64", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("LOGIN"), "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", IN },
      E ASK LOGIN NAME_64 PASSWORD_64 "\r\n" Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "LOGIN", true },
    { "LOGIN, that asks in plain words or none, and with LF alone", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("LOGIN"), "334 Username:\n", "334\r\n", IN }, E ASK LOGIN NAME_64 PASSWORD_64 "\r\n" Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "LOGIN", true },
    { "LOGIN, as it was asked for", &login, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN LOGIN"), "334 \r\n", "334 \r\n", "235\r\n" },
      E ASK LOGIN NAME_64 PASSWORD_64 "\r\n" Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "LOGIN", true },
    { "CRAM-MD5", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("CRAM-MD5"), "334 PDFAbXg+\r\n", IN },
      E ASK "AUTH CRAM-MD5\r\ndXNlckBleGFtcGxlLmNvbSA3N2MxZDA3ZTFlYmVkNzFiNGZiNjZmNThlZmEzMmE0Zg==\r\n" Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "CRAM-MD5", true },
    { "OAUTHBEARER", &sign_in, SECRET_TOKEN, { GREETS, OFFERS("XOAUTH2 OAUTHBEARER PLAIN"), IN },
      E ASK BEARER Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "OAUTHBEARER", true },
    { "XOAUTH2", &sign_in, SECRET_TOKEN, { GREETS, OFFERS("XOAUTH2 PLAIN"), IN }, E ASK XOAUTH2 Q,
      SMTP_STAGE_DONE,
      SMTP_FAULT_NONE, 0, "XOAUTH2", true },

    /* refused */
    { "a wrong password, tried once", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("LOGIN PLAIN CRAM-MD5"), "535-5.7.8 Username and\r\n535 5.7.8 Password\r\n", BYE },
      E ASK PLAIN Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 535, "PLAIN", false },
    { "a wrong user name", &login, SECRET_PASSWORD, { GREETS, OFFERS("LOGIN"), "334 \r\n",
      "535 5.7.8 who?\r\n" },
      E ASK LOGIN NAME_64 Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 535, "LOGIN", false },
    { "for now", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"), "454 4.7.0 later\r\n" }, E ASK PLAIN Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 454, "PLAIN", false },
    { "a token, told in JSON to XOAUTH2", &sign_in, SECRET_TOKEN,
      { GREETS, OFFERS("XOAUTH2"),
        "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNv"
        "bS8ifQ==\r\n",
        "535 5.7.8 no\r\n" },
      E ASK XOAUTH2 "\r\n" Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 535, "XOAUTH2", false },
    { "a token, told in JSON to OAUTHBEARER", &sign_in, SECRET_TOKEN,
      { GREETS, OFFERS("OAUTHBEARER"),
        "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJtYWlsIHRva2VuLW9mLW1pbmUifQ==\r\n",
        "535 5.7.8 no\r\n" },
      E ASK BEARER "AQ==\r\n" Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 535, "OAUTHBEARER", false },
    { "while it was being thought about", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN") "421 4.4.2 too slow\r\n", BYE }, E ASK Q, SMTP_STAGE_AUTH,
      SMTP_FAULT_REFUSED, 421,
      NULL, false },

    /* the mechanism is refused */
    { "504, and another does", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN LOGIN"), "504 5.7.4 Unrecognized authentication type\r\n", "334 \r\n",
      "334 \r\n", IN },
      E ASK PLAIN LOGIN NAME_64 PASSWORD_64 "\r\n" Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "LOGIN", true },
    { "534 because it is too weak", &sign_in, SECRET_TOKEN,
      { GREETS, OFFERS("XOAUTH2 OAUTHBEARER"), "534 5.7.9 Authentication Mechanism is too weak\r\n", IN },
      E ASK BEARER XOAUTH2 Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "XOAUTH2", true },
    { "534 that means the account", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN LOGIN"),
      "534-5.7.9 Application-specific password required.\r\n534 5.7.9 x\r\n" },
      E ASK PLAIN Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 534, "PLAIN", false },
    { "504 to all of them", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN LOGIN CRAM-MD5"), "504 a\r\n", "504 b\r\n", "504 c\r\n" },
      E ASK PLAIN LOGIN "AUTH CRAM-MD5\r\n" Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 504, "CRAM-MD5", false },
    { "504 to the one that was asked for", &login, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN LOGIN"),
      "504 a\r\n" },
      E ASK LOGIN Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 504, "LOGIN", false },

    /* no way in */
    { "AUTH is not offered", &sign_in, SECRET_PASSWORD, { GREETS, "250-mx\r\n250 SIZE 9\r\n", BYE }, E ASK Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_AUTH_NOT_OFFERED, 0, NULL, false },
    { "HELO alone offers nothing", &sign_in, SECRET_PASSWORD, { GREETS, "500 what?\r\n", "250 mx\r\n", BYE },
      E "HELO client.example\r\n" ASK Q, SMTP_STAGE_AUTH, SMTP_FAULT_AUTH_NOT_OFFERED, 0, NULL, false },
    { "nothing in common", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("GSSAPI XOAUTH2"), BYE }, E ASK Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_NO_MECHANISM, 0, NULL, false },
    { "not the one that was asked for", &login, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"), BYE }, E ASK Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_NO_MECHANISM, 0, NULL, false },

    /* hostile, or broken */
    { "a challenge to CRAM-MD5 that is no base64", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("CRAM-MD5"), "334 <1@mx>\r\n", "501 cancelled\r\n", BYE },
      E ASK "AUTH CRAM-MD5\r\n*\r\n" Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_CHALLENGE, 0, "CRAM-MD5", false },
    { "a third question of LOGIN", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("LOGIN"), "334 \r\n", "334 \r\n", "334 \r\n", "501 cancelled\r\n", BYE },
      E ASK LOGIN NAME_64 PASSWORD_64 "\r\n*\r\n" Q, SMTP_STAGE_AUTH, SMTP_FAULT_CHALLENGE, 0, "LOGIN",
      false },
    { "questions without an end, also to *", &sign_in, SECRET_TOKEN,
      { GREETS, OFFERS("XOAUTH2"), "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n" },
      E ASK XOAUTH2 "\r\n*\r\n" Q, SMTP_STAGE_AUTH, SMTP_FAULT_CHALLENGE, 0, "XOAUTH2", false },
    { "a challenge to PLAIN, which has said all", &sign_in, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN"), "334 bW9yZQ==\r\n", "501 no\r\n" }, E ASK PLAIN "*\r\n" Q, SMTP_STAGE_AUTH,
      SMTP_FAULT_CHALLENGE, 0, "PLAIN", false },
    { "504 before AUTH", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN") "504 no\r\n", BYE }, E ASK Q,
      SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 504, NULL, false },
    { "354 to AUTH", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"), "354 go\r\n" }, E ASK PLAIN,
      SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, "PLAIN", false },
    { "235 before LOGIN was asked anything", &login, SECRET_PASSWORD, { GREETS, OFFERS("LOGIN"), IN }, E ASK LOGIN,
      SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, "LOGIN", false },
    { "235 to the name alone", &login, SECRET_PASSWORD, { GREETS, OFFERS("LOGIN"), "334 \r\n", IN },
      E ASK LOGIN NAME_64, SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, "LOGIN", false },
    { "235 in place of the challenge", &sends, SECRET_PASSWORD, { GREETS, OFFERS("CRAM-MD5"), IN },
      E ASK "AUTH CRAM-MD5\r\n", SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, "CRAM-MD5", false },
    { "250 to AUTH", &sends, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"), "250 ok\r\n" }, E ASK PLAIN,
      SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, "PLAIN", false },
    { "235 before AUTH", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN") IN }, E ASK, SMTP_STAGE_AUTH,
      SMTP_FAULT_MALFORMED, 0, NULL, false },
    { "334 before AUTH", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("LOGIN") "334 \r\n334 \r\n" }, E ASK,
      SMTP_STAGE_AUTH, SMTP_FAULT_MALFORMED, 0, NULL, false },
    { "the end after AUTH", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN") }, E ASK PLAIN,
      SMTP_STAGE_AUTH,
      SMTP_FAULT_CLOSED, 0, "PLAIN", false },
    { "the end after *", &sign_in, SECRET_PASSWORD, { GREETS, OFFERS("CRAM-MD5"), "334 !\r\n" },
      E ASK "AUTH CRAM-MD5\r\n*\r\n", SMTP_STAGE_AUTH, SMTP_FAULT_CHALLENGE, 0, "CRAM-MD5", false },

    /* sending */
    { "a message", &sends, SECRET_PASSWORD,
      { GREETS, "250-mx\r\n250-SIZE 10000\r\n250 AUTH PLAIN\r\n", IN, "250 ok\r\n", "251 forwarded\r\n",
      "354 go\r\n",
        "250 2.0.0 queued\r\n", BYE },
      E ASK PLAIN M " SIZE=<size>\r\n" R D Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "PLAIN", true },
    { "a message where no SIZE is offered, and none need sign in", &relay, SECRET_PASSWORD,
      { GREETS, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n", BYE }, E M "\r\n" R D Q,
      SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, NULL, false },
    { "SIZE without a limit", &relay, SECRET_PASSWORD,
      { GREETS, "250-mx\r\n250 SIZE 0\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n", BYE },
      E M " SIZE=<size>\r\n" R D Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, NULL, false },
    { "the recipient alone", &asks, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN"), IN, "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", BYE },
      E ASK PLAIN M "\r\n" R "RSET\r\n" Q, SMTP_STAGE_DONE, SMTP_FAULT_NONE, 0, "PLAIN", true },
    { "nothing is sent by whom is not let in", &sends, SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"),
      "535 no\r\n", BYE },
      E ASK PLAIN Q, SMTP_STAGE_AUTH, SMTP_FAULT_REFUSED, 535, "PLAIN", false },
    { "the sender is refused", &sends, SECRET_PASSWORD,
      { GREETS, OFFERS("PLAIN"), IN, "553 5.7.1 not yours\r\n", BYE }, E ASK PLAIN M "\r\n" Q,
      SMTP_STAGE_MAIL,
      SMTP_FAULT_REFUSED, 553, "PLAIN", true },
    { "the recipient is refused", &relay, SECRET_PASSWORD,
      { GREETS, "250 mx\r\n", "250 ok\r\n", "550 5.7.1 relaying denied\r\n", BYE }, E M "\r\n" R Q,
      SMTP_STAGE_RCPT,
      SMTP_FAULT_REFUSED, 550, NULL, false },
    { "DATA is refused", &relay, SECRET_PASSWORD,
      { GREETS, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "451 4.3.0 later\r\n", BYE },
      E M "\r\n" R "DATA\r\n" Q,
      SMTP_STAGE_DATA, SMTP_FAULT_REFUSED, 451, NULL, false },
    { "250 to DATA", &relay, SECRET_PASSWORD, { GREETS, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n",
      "250 ok\r\n" },
      E M "\r\n" R "DATA\r\n", SMTP_STAGE_DATA, SMTP_FAULT_MALFORMED, 0, NULL, false },
    { "the message is refused", &relay, SECRET_PASSWORD,
      { GREETS, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "550 5.7.1 spam\r\n", BYE },
      E M "\r\n" R D Q, SMTP_STAGE_MESSAGE, SMTP_FAULT_REFUSED, 550, NULL, false },
    { "the end after the message", &relay, SECRET_PASSWORD,
      { GREETS, "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n" }, E M "\r\n" R D, SMTP_STAGE_MESSAGE,
      SMTP_FAULT_CLOSED, 0, NULL, false },
    { "the message is larger than the server takes", &relay, SECRET_PASSWORD,
      { GREETS, "250-mx\r\n250 SIZE 100\r\n", BYE }, E Q, SMTP_STAGE_MAIL, SMTP_FAULT_TOO_LARGE, 0, NULL,
      false },
    { "an address that is not ASCII", &wide, SECRET_PASSWORD, { GREETS, "250-mx\r\n250 8BITMIME\r\n", BYE },
      E Q,
      SMTP_STAGE_MAIL, SMTP_FAULT_NEEDS_SMTPUTF8, 0, NULL, false },
    { "... where it is taken", &wide, SECRET_PASSWORD,
      { GREETS, "250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", "250 ok\r\n", "550 no\r\n" },
      E M " BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<" WIDE ">\r\n" Q, SMTP_STAGE_RCPT,
      SMTP_FAULT_REFUSED,
      550, NULL, false },
};

/* ---- the client ------------------------------------------------------------------------- */

struct client {
    struct smtp_dialogue d;
    struct smtp_errand errand;
    struct secret *secret;
    enum smtp_want want;
    struct buf sent;
    bool forbids;
    long allocations; /* that succeed; negative: all */
};

static bool client_init(struct client *c, const struct smtp_errand *errand, enum secret_kind kind,
                        const char *secret)
{
    static const char room[1 << 17];
    struct smtp_dialogue_spec spec = {
        .ehlo_name = "client.example",
        .inside_tls = true,
        .errand = &c->errand,
    };

    ck_assert(secret_new(&c->secret, kind, secret, strlen(secret), NULL));
    c->errand = *errand;
    c->errand.secret = c->secret;
    c->errand.wall_ms = 1795532645000;
    c->want = SMTP_WANT_READ;
    buf_init(&c->sent, sizeof room);
    ck_assert(buf_put(&c->sent, room, sizeof room)); /* so that no later put allocates */
    buf_clear(&c->sent);
    if (c->allocations >= 0)
        fail_alloc_start(c->allocations);
    return dialogue_init(&c->d, &spec, NULL);
}

static const char *secret_for(const struct talk *t)
{
    return t->kind == SECRET_TOKEN ? TOKEN : PASSWORD;
}

static void client_done(struct client *c)
{
    dialogue_done(&c->d);
    secret_free(c->secret);
    buf_done(&c->sent);
}

/* What was sent, with what differs from run to run replaced. */
static void client_drain(struct client *c)
{
    struct buf *out = &c->d.out;
    const char *size = out->len == 0 ? NULL : strstr(buf_borrow(out), " SIZE=");

    if (c->d.state == SMTP_STATE_MESSAGE && out->len > 0) {
        buf_put_string(&c->sent, "<message>");
    } else if (size != NULL) {
        buf_put(&c->sent, out->bytes, (size_t)(size - out->bytes));
        buf_put_string(&c->sent, " SIZE=<size>\r\n");
    } else {
        buf_put(&c->sent, buf_borrow(out), out->len);
    }
    buf_consume(out, out->len);
}

static void client_answer(struct client *c)
{
    if (c->want != SMTP_WANT_PERMISSION)
        return;
    buf_put_string(&c->sent, ASK);
    c->want = c->forbids ? dialogue_forbid(&c->d) : dialogue_permit(&c->d, NULL, 0);
    client_drain(c);
}

/* Feeds text in pieces of cut bytes, and then sees to what is wanted. */
static void client_hear(struct client *c, const char *text, size_t cut)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += cut) {
        c->want = dialogue_feed(&c->d, text + at, len - at < cut ? len - at : cut);
        client_drain(c);
    }
    client_answer(c);
}

static void client_talk(struct client *c, const char *const *server, size_t cut)
{
    for (size_t i = 0; i < SCRIPT_MAX && server[i] != NULL; i++)
        client_hear(c, server[i], cut);
    c->want = dialogue_eof(&c->d);
}

START_TEST(a_talk_ends_the_same_however_the_bytes_are_cut)
{
    const struct talk *t = &talks[_i];

    for (size_t cut = 1; cut <= 64; cut++) {
        struct client c = { .allocations = -1 };
        const struct smtp_learned *l = &c.d.learned;
        const char *mechanism;

        ck_assert(client_init(&c, t->errand, t->kind, secret_for(t)));
        client_talk(&c, t->server, cut);
        mechanism = l->sign_in.mechanism == NULL ? "none" : l->sign_in.mechanism;
        ck_assert_msg(strcmp(buf_borrow(&c.sent), t->sent) == 0, "%s, cut %zu: sent %s", t->says, cut,
                      buf_borrow(&c.sent));
        ck_assert_msg(l->fault == t->fault, "%s, cut %zu: %s", t->says, cut, smtp_fault_word(l->fault));
        ck_assert_msg(l->stage == t->stage, "%s, cut %zu: stage %d", t->says, cut, (int)l->stage);
        ck_assert_msg(l->refusal.code == t->refusal, "%s, cut %zu: %u", t->says, cut, l->refusal.code);
        ck_assert_msg(strcmp(mechanism, t->mechanism == NULL ? "none" : t->mechanism) == 0, "%s: %s", t->says,
                      mechanism);
        ck_assert_msg(l->sign_in.accepted == t->accepted, "%s", t->says);
        ck_assert_msg(l->sign_in.begun == (t->mechanism != NULL), "%s", t->says);
        ck_assert_msg(l->sending.begun == (strstr(t->sent, M) != NULL), "%s", t->says);
        ck_assert(c.d.complete && c.want == SMTP_WANT_CLOSE && c.d.state == SMTP_STATE_END);
        ck_assert_int_eq(c.d.err.kind, ERR_NONE);
        client_done(&c);
    }
}
END_TEST

/* ---- what is learned ---------------------------------------------------------------------- */

START_TEST(why_a_token_is_refused_is_learned_and_masked)
{
    struct client c = { .allocations = -1 };
    const struct smtp_learned *l = &c.d.learned;

    ck_assert(client_init(&c, &sign_in, SECRET_TOKEN, TOKEN));
    client_talk(&c,
                (const char *const[SCRIPT_MAX]){
                    GREETS, OFFERS("OAUTHBEARER"),
                    "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJtYWlsIHRva2VuLW9mLW1pbmUifQ==\r\n",
                    "535 5.7.8 no\r\n" },
                100);
    ck_assert(peer_text_equal(l->sign_in.oauth.status, peer_text_of("invalid_token")));
    ck_assert(peer_text_equal(l->sign_in.oauth.scope, peer_text_of("mail " SECRET_MASK)));
    ck_assert_uint_eq(l->answers[SMTP_STAGE_AUTH].code, 535);
    client_done(&c);
}
END_TEST

START_TEST(what_was_sent_and_what_became_of_it_is_learned)
{
    struct client c = { .allocations = -1 };
    const struct smtp_learned *l = &c.d.learned;

    ck_assert(client_init(&c, &sends, SECRET_PASSWORD, PASSWORD));
    client_talk(&c,
                (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("PLAIN"), IN, "250 sender\r\n",
                "250 recipient\r\n",
                                                 "354 go\r\n", "250 2.0.0 queued\r\n", BYE },
                100);
    ck_assert(l->sending.accepted);
    ck_assert_uint_gt(l->sending.size, 300);
    ck_assert_ptr_nonnull(strstr(l->sending.message_id, "@example.com"));
    ck_assert_uint_eq(strlen(l->sending.message_id), 32 + strlen("@example.com"));
    ck_assert(peer_text_equal(l->answers[SMTP_STAGE_MAIL].text, peer_text_of("250 sender")));
    ck_assert(peer_text_equal(l->answers[SMTP_STAGE_RCPT].text, peer_text_of("250 recipient")));
    ck_assert_uint_eq(l->answers[SMTP_STAGE_DATA].code, 354);
    ck_assert_uint_eq(l->answers[SMTP_STAGE_MESSAGE].enhanced.class, 2);
    ck_assert(!l->mail_accepted);
    client_done(&c);
}
END_TEST

START_TEST(a_mechanism_that_was_set_aside_is_learned)
{
    struct client c = { .allocations = -1 };
    const struct smtp_sign_in *s = &c.d.learned.sign_in;

    ck_assert(client_init(&c, &sign_in, SECRET_TOKEN, TOKEN));
    client_talk(&c,
                (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("OAUTHBEARER XOAUTH2"), "504 5.5.4 a\r\n", IN },
                100);
    ck_assert_uint_eq(s->n_set_aside, 1);
    ck_assert_str_eq(s->set_aside[0].mechanism, "OAUTHBEARER");
    ck_assert_uint_eq(s->set_aside[0].answer.code, 504);
    ck_assert_uint_eq(c.d.learned.answers[SMTP_STAGE_AUTH].code, 235);
    client_done(&c);
}
END_TEST

START_TEST(without_permission_nothing_secret_is_said)
{
    struct client c = { .allocations = -1, .forbids = true };

    ck_assert(client_init(&c, &sends, SECRET_PASSWORD, PASSWORD));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("PLAIN"), BYE }, 100);
    ck_assert_str_eq(buf_borrow(&c.sent), E ASK Q);
    ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_NONE);
    ck_assert(!c.d.learned.sign_in.begun);
    client_done(&c);
}
END_TEST

/* In pieces, and all at once. */
START_TEST(one_who_talks_on_and_on_before_the_permission_is_left)
{
    struct client c = { .allocations = -1 };
    char noise[3000];

    memset(noise, 'x', sizeof noise - 1);
    noise[sizeof noise - 1] = '\0';
    ck_assert(client_init(&c, &sign_in, SECRET_PASSWORD, PASSWORD));
    client_hear(&c, GREETS, 100);
    c.want = dialogue_feed(&c.d, OFFERS("PLAIN"), strlen(OFFERS("PLAIN")));
    for (int i = 0; i < (_i == 0 ? 3 : 1); i++)
        c.want = dialogue_feed(&c.d, noise, _i == 0 ? 1023 : sizeof noise - 1);
    ck_assert_int_eq(c.want, SMTP_WANT_CLOSE);
    ck_assert_int_eq(c.d.learned.flaw, REPLY_TOO_LONG);
    ck_assert(c.d.learned.early);
    ck_assert_uint_eq(c.d.learned.raw.len, PEER_RAW_MAX);
    client_done(&c);
}
END_TEST

/* ---- the secret ------------------------------------------------------------------------------ */

static bool holds(const void *bytes, size_t n, const char *what)
{
    return bytes != NULL && n > 0 && memmem(bytes, n, what, strlen(what)) != NULL;
}

static bool text_holds(struct peer_text t)
{
    return holds(t.bytes, t.len, "s3cret") || holds(t.bytes, t.len, "czNjcmV0");
}

/* Every text that is kept of a server. */
static bool learned_holds_secret(const struct smtp_learned *l)
{
    bool found = text_holds(l->raw) || text_holds(l->refusal.text) || text_holds(l->sign_in.oauth.scope);

    for (size_t i = 0; i < SMTP_STAGE_COUNT; i++)
        found = found || text_holds(l->answers[i].text);
    for (size_t i = 0; i < l->sign_in.n_set_aside; i++)
        found = found || text_holds(l->sign_in.set_aside[i].answer.text);
    return found;
}

#define QUOTES "s3cret pass  AHVzZXJAZXhhbXBsZS5jb20AczNjcmV0IHBhc3Mg"

static const struct quote_case {
    const char *says;
    const char *server[SCRIPT_MAX];
} quote_cases[] = {
    { "in a refusal", { GREETS, OFFERS("PLAIN"), "535-5.7.8 " QUOTES "\r\n535 5.7.8 czNjcmV0IHBhc3Mg\r\n" } },
    { "in success, and at every later stage",
      { GREETS, OFFERS("PLAIN"), "235 " QUOTES "\r\n", "250 " QUOTES "\r\n", "250 " QUOTES "\r\n",
        "354 " QUOTES "\r\n", "550 " QUOTES "\r\n" } },
    { "in a mechanism's refusal", { GREETS, OFFERS("PLAIN LOGIN"), "504 " QUOTES "\r\n", "535 no\r\n" } },
    { "in what is no reply", { GREETS, OFFERS("PLAIN"), "hello " QUOTES } },
    { "in a reply that never ends", { GREETS, OFFERS("PLAIN"), "535-" QUOTES "\r\n535 " QUOTES } },
    { "in a challenge", { GREETS, OFFERS("CRAM-MD5"), "334 czNjcmV0IHBhc3Mg\r\n", "334 " QUOTES } },
    { "in the answer to *", { GREETS, OFFERS("CRAM-MD5"), "334 !\r\n", "501 " QUOTES "\r\n" } },
};

START_TEST(a_quoted_secret_is_masked_wherever_it_stands)
{
    const struct quote_case *q = &quote_cases[_i];

    for (size_t cut = 1; cut <= 64; cut += cut < 16 ? 1 : 7) {
        struct client c = { .allocations = -1 };

        ck_assert(client_init(&c, &sends, SECRET_PASSWORD, PASSWORD));
        for (size_t i = 0; i < SCRIPT_MAX && q->server[i] != NULL; i++) {
            client_hear(&c, q->server[i], cut);
            ck_assert_msg(!learned_holds_secret(&c.d.learned), "%s, cut %zu", q->says, cut);
        }
        c.want = dialogue_eof(&c.d);
        ck_assert_msg(!learned_holds_secret(&c.d.learned), "%s, cut %zu", q->says, cut);
        client_done(&c);
    }
}
END_TEST

/* The room for what is kept of it ends within the secret, after one byte of it, after two and so on. */
START_TEST(what_is_no_reply_is_cut_with_no_byte_of_the_secret)
{
    for (size_t kept = 1; kept < sizeof PASSWORD; kept++) {
        struct client c = { .allocations = -1 };
        const struct peer_text *raw = &c.d.learned.raw;
        char noise[1024];

        memset(noise, 'x', sizeof noise);
        snprintf(noise + PEER_RAW_MAX - kept, sizeof noise - PEER_RAW_MAX, "%s", PASSWORD);
        ck_assert(client_init(&c, &sign_in, SECRET_PASSWORD, PASSWORD));
        client_talk(&c, (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("PLAIN"), noise }, 1000);
        ck_assert_uint_gt(raw->len, PEER_RAW_MAX - 32);
        ck_assert(memchr(raw->bytes, '3', raw->len) == NULL && raw->bytes[raw->len - 1] != 's');
        client_done(&c);
    }
}
END_TEST

/* A reply that grows leaves no copy of what it held behind. */
START_TEST(a_long_answer_is_read_where_the_short_one_was)
{
    struct client c = { .allocations = -1 };
    const char *before;

    ck_assert(client_init(&c, &login, SECRET_PASSWORD, PASSWORD));
    client_hear(&c, GREETS, 100);
    client_hear(&c, OFFERS("LOGIN"), 100);
    before = c.d.reader.raw.bytes;
    ck_assert_uint_gt(c.d.reader.raw.size, REPLY_BYTES_MAX);
    for (int i = 0; i < 500; i++)
        client_hear(&c, "535-5.7.8 " QUOTES "\r\n", 100);
    ck_assert_ptr_eq(c.d.reader.raw.bytes, before);
    ck_assert_int_eq(c.d.err.kind, ERR_NONE);
    client_done(&c);
}
END_TEST

START_TEST(a_secret_that_was_sent_does_not_stay_in_the_buffer)
{
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &login, SECRET_PASSWORD, PASSWORD));
    client_hear(&c, GREETS, 100);
    client_hear(&c, OFFERS("LOGIN"), 100);
    client_hear(&c, "334 \r\n", 100);
    client_hear(&c, "334 \r\n", 100);
    ck_assert_uint_eq(c.d.out.len, 0);
    ck_assert(holds(c.d.out.bytes, c.d.out.size, "NjcmV0IHBh")); /* consumed, and lying there */
    dialogue_feed(&c.d, "2", 1);
    ck_assert(!holds(c.d.out.bytes, c.d.out.size, "NjcmV0IHBh"));
    client_done(&c);
}
END_TEST

/* As long as a token with many claims is. */
START_TEST(a_long_token_goes_behind_an_empty_challenge)
{
    struct client c = { .allocations = -1 };
    char token[3001] = { 0 };

    memset(token, 'k', sizeof token - 1);
    ck_assert(client_init(&c, &sign_in, SECRET_TOKEN, token));
    client_hear(&c, GREETS, 100);
    client_hear(&c, OFFERS("XOAUTH2"), 100);
    ck_assert(strcmp(buf_borrow(&c.sent), E ASK "AUTH XOAUTH2\r\n") == 0);
    client_hear(&c, "334 \r\n", 100);
    ck_assert_uint_eq(c.sent.len,
                      strlen(E ASK "AUTH XOAUTH2\r\n") + (16 + 5 + 13 + 3000 + 2 + 2) / 3 * 4 + 2);
    client_hear(&c, "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n", 100);
    ck_assert(peer_text_equal(c.d.learned.sign_in.oauth.status, peer_text_of("400")));
    client_hear(&c, "535 no\r\n", 100);
    ck_assert_uint_eq(c.d.learned.refusal.code, 535);
    client_done(&c);
}
END_TEST

START_TEST(success_before_a_long_token_was_asked_for_is_none)
{
    struct client c = { .allocations = -1 };
    char token[3001] = { 0 };

    memset(token, 'k', sizeof token - 1);
    ck_assert(client_init(&c, &sends, SECRET_TOKEN, token));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("XOAUTH2"), IN }, 100);
    ck_assert_int_eq(c.d.learned.flaw, REPLY_UNEXPECTED);
    ck_assert(!c.d.learned.sign_in.accepted && !c.d.learned.sending.begun);
    client_done(&c);
}
END_TEST

START_TEST(a_token_of_the_greatest_length_fits)
{
    static char token[SECRET_TOKEN_MAX + 1];
    struct client c = { .allocations = -1 };

    memset(token, 'k', sizeof token - 1);
    ck_assert(client_init(&c, &sign_in, SECRET_TOKEN, token));
    client_talk(&c, (const char *const[SCRIPT_MAX]){ GREETS, OFFERS("OAUTHBEARER"), "334\r\n", IN }, 100);
    ck_assert_int_eq(c.d.err.kind, ERR_NONE);
    ck_assert(c.d.learned.sign_in.accepted);
    client_done(&c);
}
END_TEST

/* ---- SCRAM and long challenges ------------------------------------------------------------------ */

START_TEST(success_before_the_server_has_proved_itself_is_none)
{
    static const char *const early[][SCRIPT_MAX] = {
        { GREETS, OFFERS("SCRAM-SHA-256"), IN, BYE },
        { GREETS, OFFERS("SCRAM-SHA-1"), IN, BYE },
    };

    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        struct client c = { .allocations = -1 };

        ck_assert(client_init(&c, &sends, SECRET_PASSWORD, PASSWORD));
        client_talk(&c, early[i], 100);
        ck_assert_int_eq(c.d.learned.fault, SMTP_FAULT_UNVERIFIED);
        ck_assert(!c.d.learned.sign_in.accepted);
        ck_assert_ptr_null(strstr(buf_borrow(&c.sent), "MAIL"));
        ck_assert_str_eq(buf_borrow(&c.sent) + c.sent.len - strlen(Q), Q);
        client_done(&c);
    }
}
END_TEST

/* The server's first message to the client's, which is the last line sent. */
static void scram_first(const struct client *c, char out[static 512])
{
    const char *line = strstr(buf_borrow(&c->sent), "AUTH SCRAM-SHA-256 ") + strlen("AUTH SCRAM-SHA-256 ");
    char *hello = NULL, *challenge = NULL;
    size_t n = 0;
    char text[256];

    ck_assert_int_eq(gsasl_base64_from(line, strcspn(line, "\r"), &hello, &n), GSASL_OK);
    snprintf(text, sizeof text, "r=%.*sx,s=QSXCR+Q6sek8bf92,i=4096", (int)(n - 5), strstr(hello, ",r=") + 3);
    text[strcspn(text, "\n")] = '\0';
    ck_assert_int_eq(gsasl_base64_to(text, strlen(text), &challenge, NULL), GSASL_OK);
    snprintf(out, 512, "334 %s\r\n", challenge);
    gsasl_free(hello);
    gsasl_free(challenge);
}

static const struct proof_case {
    const char *says, *last, *then;
    enum smtp_fault fault;
    const char *sent; /* behind the client's proof */
} proof_cases[] = {
    { "a wrong proof", "334 dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9\r\n", "501 cancelled\r\n",
      SMTP_FAULT_UNVERIFIED, "*\r\n" Q },
    { "a refusal told as an error", "334 ZT1vdGhlci1lcnJvcg==\r\n", "535 5.7.8 no\r\n", SMTP_FAULT_REFUSED,
      "\r\n" Q },
    { "an error, and success all the same", "334 ZT1vdGhlci1lcnJvcg==\r\n", IN, SMTP_FAULT_UNVERIFIED,
      "\r\n" Q },
    { "no proof, and success", IN, BYE, SMTP_FAULT_UNVERIFIED, Q },
    { "a refusal", "535 5.7.8 no\r\n", BYE, SMTP_FAULT_REFUSED, Q },
};

START_TEST(the_proof_of_a_scram_server_decides)
{
    const struct proof_case *p = &proof_cases[_i];
    struct client c = { .allocations = -1 };
    char first[512];
    size_t mark;

    ck_assert(client_init(&c, &sends, SECRET_PASSWORD, PASSWORD));
    client_hear(&c, GREETS, 100);
    client_hear(&c, OFFERS("SCRAM-SHA-256 PLAIN"), 100);
    scram_first(&c, first);
    client_hear(&c, first, 100);
    mark = c.sent.len;
    client_hear(&c, p->last, 100);
    client_hear(&c, p->then, 100);
    ck_assert_msg(c.d.learned.fault == p->fault, "%s: %s", p->says, smtp_fault_word(c.d.learned.fault));
    ck_assert_msg(strcmp(buf_borrow(&c.sent) + mark, p->sent) == 0, "%s: %s", p->says,
                  buf_borrow(&c.sent) + mark);
    ck_assert(!c.d.learned.sign_in.accepted);
    client_done(&c);
}
END_TEST

START_TEST(a_binding_makes_it_plus)
{
    static const char binding[32] = "thirty-two bytes of an exporter";
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &sign_in, SECRET_PASSWORD, PASSWORD));
    client_hear(&c, GREETS, 100);
    c.want = dialogue_feed(&c.d, OFFERS("SCRAM-SHA-256 SCRAM-SHA-256-PLUS"),
                           strlen(OFFERS("SCRAM-SHA-256 SCRAM-SHA-256-PLUS")));
    ck_assert_int_eq(c.want, SMTP_WANT_PERMISSION);
    client_drain(&c);
    dialogue_permit(&c.d, binding, sizeof binding);
    client_drain(&c);
    ck_assert_str_eq(c.d.learned.sign_in.mechanism, "SCRAM-SHA-256-PLUS");
    ck_assert_ptr_nonnull(strstr(buf_borrow(&c.sent), "AUTH SCRAM-SHA-256-PLUS cD10bHMtZXhwb3J0ZXIsL"));
    client_done(&c);
}
END_TEST

/* RFC 4954 section 4 has 12288 octets for a challenge. */
START_TEST(a_challenge_may_be_long_and_not_endless)
{
    static const struct {
        size_t len;
        enum smtp_fault fault;
    } cases[] = { { 12280, SMTP_FAULT_NONE }, { 20000, SMTP_FAULT_MALFORMED } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct client c = { .allocations = -1 };
        char line[20004] = "334 ";

        memset(line + 4, 'Q', cases[i].len);
        memcpy(line + 4 + cases[i].len - 2, "\r\n", 2);
        ck_assert(client_init(&c, &sign_in, SECRET_PASSWORD, PASSWORD));
        client_hear(&c, GREETS, 100);
        client_hear(&c, OFFERS("LOGIN"), 100);
        for (size_t at = 0; at < cases[i].len + 4; at += 1000) {
            size_t left = cases[i].len + 4 - at;

            c.want = dialogue_feed(&c.d, line + at, left < 1000 ? left : 1000);
            client_drain(&c);
        }
        ck_assert_int_eq(c.d.learned.fault, cases[i].fault);
        if (cases[i].fault == SMTP_FAULT_NONE)
            ck_assert_str_eq(buf_borrow(&c.sent), E ASK LOGIN NAME_64);
        client_done(&c);
    }
}
END_TEST

/* ---- this side ------------------------------------------------------------------------------------- */

static const struct sayable_case {
    const char *says, *offers, *secret, *mechanism;
    enum smtp_fault fault;
} sayable_cases[] = {
    { "SCRAM cannot carry a tab, PLAIN can", OFFERS("SCRAM-SHA-256 PLAIN"), "a\tbcd", "PLAIN",
      SMTP_FAULT_NONE },
    { "none can", OFFERS("SCRAM-SHA-256 CRAM-MD5"), "a\tbcd", NULL, SMTP_FAULT_UNSAYABLE },
};

START_TEST(what_one_mechanism_cannot_carry_another_may)
{
    const struct sayable_case *s = &sayable_cases[_i];
    struct client c = { .allocations = -1 };

    ck_assert(client_init(&c, &sign_in, SECRET_PASSWORD, s->secret));
    client_hear(&c, GREETS, 100);
    client_hear(&c, s->offers, 100);
    ck_assert_msg(c.d.learned.fault == s->fault, "%s: %s", s->says, smtp_fault_word(c.d.learned.fault));
    ck_assert((c.d.learned.sign_in.mechanism == NULL) == (s->mechanism == NULL));
    ck_assert_int_eq(c.d.err.kind, ERR_NONE);
    client_done(&c);
}
END_TEST

START_TEST(an_address_that_would_be_a_command_is_our_error)
{
    struct smtp_errand errand = { .mail_from = "from@example.com", .rcpt_to = "a@b>\r\nRCPT TO:<c@d" };
    struct smtp_dialogue_spec spec = { .ehlo_name = "client.example", .inside_tls = true, .errand = &errand };
    struct smtp_dialogue d;
    struct err err = { 0 };

    ck_assert(!dialogue_init(&d, &spec, &err));
    ck_assert_int_eq(err.kind, ERR_INPUT);
    dialogue_done(&d);
}
END_TEST

static const struct short_case {
    const char *says;
    enum secret_kind kind;
    const char *server[SCRIPT_MAX];
} short_cases[] = {
    { "a password and a message", SECRET_PASSWORD,
      { GREETS, OFFERS("SCRAM-SHA-256 PLAIN LOGIN"), "504 no\r\n", "504 no\r\n", "334 \r\n", "334 \r\n", IN,
        "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n", BYE } },
    { "a token", SECRET_TOKEN,
      { GREETS, OFFERS("XOAUTH2"), "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n", "535 no\r\n", BYE } },
    { "what is no reply", SECRET_PASSWORD, { GREETS, OFFERS("PLAIN"), "hello s3cret" } },
};

START_TEST(every_allocation_may_fail_once)
{
    const struct short_case *s = &short_cases[_i];
    bool hit = true;
    long after = 0;

    for (; hit; after++) {
        struct client c = { .allocations = after };
        bool started = client_init(&c, &sends, s->kind, s->kind == SECRET_TOKEN ? TOKEN : PASSWORD);

        if (started)
            client_talk(&c, s->server, 1000);
        hit = fail_alloc_stop();
        if (started) {
            ck_assert(c.d.complete);
            ck_assert_msg(!hit || c.d.err.kind == ERR_NOMEM || c.d.learned.fault == SMTP_FAULT_MALFORMED,
            "%s, %ld",
                          s->says, after);
            ck_assert(!learned_holds_secret(&c.d.learned));
        }
        client_done(&c);
    }
    ck_assert_int_gt(after, 5);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("sign_in");

    tcase_add_loop_test(t, a_talk_ends_the_same_however_the_bytes_are_cut, 0, COUNT(talks));
    tcase_add_test(t, why_a_token_is_refused_is_learned_and_masked);
    tcase_add_test(t, what_was_sent_and_what_became_of_it_is_learned);
    tcase_add_test(t, a_mechanism_that_was_set_aside_is_learned);
    tcase_add_test(t, without_permission_nothing_secret_is_said);
    tcase_add_loop_test(t, one_who_talks_on_and_on_before_the_permission_is_left, 0, 2);
    tcase_add_loop_test(t, a_quoted_secret_is_masked_wherever_it_stands, 0, COUNT(quote_cases));
    tcase_add_test(t, what_is_no_reply_is_cut_with_no_byte_of_the_secret);
    tcase_add_test(t, a_long_answer_is_read_where_the_short_one_was);
    tcase_add_test(t, a_secret_that_was_sent_does_not_stay_in_the_buffer);
    tcase_add_test(t, a_long_token_goes_behind_an_empty_challenge);
    tcase_add_test(t, success_before_a_long_token_was_asked_for_is_none);
    tcase_add_test(t, a_token_of_the_greatest_length_fits);
    tcase_add_test(t, success_before_the_server_has_proved_itself_is_none);
    tcase_add_loop_test(t, the_proof_of_a_scram_server_decides, 0, COUNT(proof_cases));
    tcase_add_test(t, a_binding_makes_it_plus);
    tcase_add_test(t, a_challenge_may_be_long_and_not_endless);
    tcase_add_loop_test(t, what_one_mechanism_cannot_carry_another_may, 0, COUNT(sayable_cases));
    tcase_add_test(t, an_address_that_would_be_a_command_is_our_error);
    tcase_add_loop_test(t, every_allocation_may_fail_once, 0, COUNT(short_cases));
    return unit_run("sign_in", &t, 1);
}
