#include "diagnose/diagnose.h"

#include <string.h>

#include "base/buf.h"
#include "evidence_builder.h"
#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "unit.h"

static bool put_plainly(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, 0);
}

/* ---- what is told beside a reply that refuses ------------------------------- */

#define AT "smtp.example.com:465 (192.0.2.1): "
#define DENIED "465i ok; errand 465i auth:reply:535 no"
#define RELAY "provider gmail-relay; ports 587; send b@example.net a@example.com; 587s ok; errand 587s"
#define RELAYED "smtp-relay.gmail.com:587 (192.0.2.1): the relay says to RCPT: "
#define GREETED "the name given in EHLO is [192.0.2.9]; without a sign-in the relay looks there for the domain of a customer\n"

static const struct told_case {
    const char *says;
    const char *seen;
    const char *told; /* all lines of the primary, each with a line end */
} told_cases[] = {
    { "who signs in, with what, and the reply", "user a@example.com; " DENIED,
      AT "the sign-in of a@example.com with PLAIN is refused: 535 no\n" },
    { "the lines of a reply are joined", "user a@example.com; 465i ok; errand 465i auth:reply:535-no\r\n535 never",
      AT "the sign-in of a@example.com with PLAIN is refused: 535-no / 535 never\n" },
    { "blanks around the password", "user a@example.com; form front,end,line; " DENIED,
      AT "the sign-in of a@example.com with PLAIN is refused: 535 no\n"
      "the password or token begins with a blank, and was sent so\n"
      "the password or token ends with a blank, and was sent so\n"
      "the password or token ends with a line end, and was sent so\n" },
    { "no password at all", "user a@example.com; form empty; " DENIED,
      AT "the sign-in of a@example.com with PLAIN is refused: 535 no\n"
      "the password or token that was given is empty\n" },
    { "four groups at a server that nobody knows", "user a@example.com; form groups; " DENIED,
      AT "the sign-in of a@example.com with PLAIN is refused: 535 no\n"
      "the password has the form of an app password in four groups with blanks between; servers other than Google's may "
      "take the blanks for part of it\n" },
    { "four groups at Gmail, which takes the blanks out",
      "provider gmail; user a@gmail.com; form groups; 465i ok; errand 465i auth:reply:535 no",
      "smtp.gmail.com:465 (192.0.2.1): the sign-in of a@gmail.com with PLAIN is refused: 535 no\n"
      "what was given has the form of an app password, as Gmail makes them\n" },
    { "an ordinary password at Gmail",
      "provider gmail; user a@gmail.com; 465i ok; errand 465i auth:reply:535 no",
      "smtp.gmail.com:465 (192.0.2.1): the sign-in of a@gmail.com with PLAIN is refused: 535 no\n"
      "what was given does not have the form of an app password; Gmail takes no other password from mail programs\n" },
    { "an ordinary password where the form of others is not known",
      "provider naver; user a@naver.com; 465i ok; errand 465i auth:reply:599 no",
      "smtp.naver.com:465 (192.0.2.1): the sign-in of a@naver.com with PLAIN is refused: 599 no\n"
      "Naver Mail takes an app password of its own making from mail programs, not the usual password\n" },
    { "what the server says of a token", "user a@example.com; token 401 mail.send; " DENIED,
      AT "the token is refused with XOAUTH2: 535 no\nthe server gives as its status: 401\n"
      "the server wants a token for: mail.send\n" },
    { "what a token says of itself",
      "user a@example.com; token; claims 1700000000 -1 b@example.com https://outlook.office.com SMTP.Send; " DENIED,
      AT "the token is refused with XOAUTH2: 535 no\nthe token itself says that it ended on 2023-11-14 22:13 UTC\n"
      "the token was made for b@example.com, and the user name is a@example.com\n"
      "the token says that it is meant for: https://outlook.office.com\nthe token says that it allows: SMTP.Send\n" },
    { "a token that begins later", "user a@example.com; token; claims -1 1800000000 A@EXAMPLE.com - -; " DENIED,
      AT "the token is refused with XOAUTH2: 535 no\nthe token itself says that it begins on 2027-01-15 08:00 UTC only\n" },
    { "what is offered, and what there is", "user a@example.com; 465i ok; errand 465i auth:no-mechanism",
      AT "the server offers PLAIN, LOGIN\nwhat was given is a password, which goes with SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, "
      "LOGIN and CRAM-MD5\n" },
    { "what is offered, and what a token goes with", "user a@example.com; token; 465i ok; errand 465i auth:no-mechanism",
      AT "the server offers PLAIN, LOGIN\nwhat was given is a token, which goes with OAUTHBEARER and XOAUTH2\n" },
    { "what was forced", "user a@example.com; auth CRAM-MD5; 465i ok; errand 465i auth:no-mechanism",
      AT "the server offers PLAIN, LOGIN\nno other way than CRAM-MD5 was allowed\n" },
    { "the sender beside who has signed in",
      "user a@example.com; send b@example.net c@example.org; 465i ok; errand 465i mail:reply:553 5.7.1 <c@example.org>: "
      "Sender address rejected: not owned by user a@example.com",
      AT "the server says to MAIL: 553 5.7.1 <c@example.org>: Sender address rejected: not owned by user a@example.com\n"
      "the sender is c@example.org, and a@example.com has signed in\n" },
    { "the size and the limit",
      "send b@example.net a@example.com; size 900 500; 465i ok; errand 465i mail:too-large",
      AT "by what the server itself tells as its limit, the message is too large\n"
      "the message has 900 bytes, and the server tells 500 bytes as its limit\n" },
    { "the public address, as the relay quotes it", RELAY " rcpt:reply:550 5.7.0 Mail relay denied [203.0.113.9].",
      RELAYED "550 5.7.0 Mail relay denied [203.0.113.9].\n"
      "the provider itself explains this answer: https://support.google.com/a/answer/6140680\n"
      "the relay sees 203.0.113.9 as the address of this side: this is the one that has to be registered\n" GREETED },
    { "the public address, as it was greeted with",
      RELAY " rcpt:reply:550 5.7.0 Mail relay denied; ehlo-line 250-smtp-relay.gmail.com at your service, [203.0.113.9]",
      RELAYED "550 5.7.0 Mail relay denied\n"
      "the provider itself explains this answer: https://support.google.com/a/answer/6140680\n"
      "the relay sees 203.0.113.9 as the address of this side: this is the one that has to be registered\n" GREETED },
    { "what stands in brackets and is the server itself",
      RELAY " rcpt:reply:550 5.7.0 Mail relay denied [x]; ehlo-line 250-[192.0.2.1] at your service",
      RELAYED "550 5.7.0 Mail relay denied [x]\n"
      "the provider itself explains this answer: https://support.google.com/a/answer/6140680\n" GREETED },
    { "an address of IPv6 that is not registered", RELAY " rcpt:reply:550 5.7.0 Mail relay denied [IPv6:2001:db8::9].",
      RELAYED "550 5.7.0 Mail relay denied [IPv6:2001:db8::9].\n"
      "the provider itself explains this answer: https://support.google.com/a/answer/6140680\n"
      "the relay sees 2001:db8::9 as the address of this side, which is of IPv6: it has to be registered as well, or IPv4 be "
      "used\n" GREETED },
    { "a connection over IPv6, and no address is told", RELAY "@6 rcpt:reply:550 5.7.0 Mail relay denied",
      "smtp-relay.gmail.com:587 (2001:db8::6): the relay says to RCPT: 550 5.7.0 Mail relay denied\n"
      "the provider itself explains this answer: https://support.google.com/a/answer/6140680\n"
      "the connection was made over IPv6: registered addresses of IPv4 do not count for it\n" GREETED },
};

START_TEST(what_is_known_beside_a_refusal_is_told)
{
    const struct told_case *c = &told_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    struct buf b;

    ck_assert_int_eq(d->primary, 0);
    buf_init(&b, 4096);
    for (size_t i = 0; i < d->findings[0].n_because; i++) {
        const struct because *because = &d->findings[0].because[i];

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

/* ---- the one sentence -------------------------------------------------------- */

#define SENDS "465i ok; send b@example.net a@example.com; "

static const struct sentence_case {
    const char *seen;
    enum text_id summary;
} sentence_cases[] = {
    { "465i ok", TEXT_REPORT_VERDICT_OK },
    { "user a@example.com; 465i ok; errand 465i ok", TEXT_REPORT_VERDICT_OK_SIGNED_IN },
    { SENDS "errand 465i ok", TEXT_REPORT_VERDICT_OK_SENT },
    { "user a@example.com; " SENDS "errand 465i ok", TEXT_REPORT_VERDICT_OK_SIGNED_IN_SENT },
    { SENDS "stop rcpt; errand 465i data:none", TEXT_REPORT_VERDICT_OK_RECIPIENT },
    { "user a@example.com; " SENDS "stop rcpt; errand 465i data:none", TEXT_REPORT_VERDICT_OK_SIGNED_IN_RECIPIENT },
    { "user a@example.com; 465i ok; errand 465i ok; warn 90", TEXT_REPORT_VERDICT_WARNING },
    { "user a@example.com; 465i ok; bar stopped", TEXT_REPORT_VERDICT_UNKNOWN },
};

START_TEST(no_more_is_promised_than_was_tried)
{
    struct evidence *e = evidence_built(sentence_cases[_i].seen);
    struct diagnosis *d = diagnose(e);

    ck_assert_uint_eq(d->summary, sentence_cases[_i].summary);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("attempt");

    tcase_add_loop_test(tc, what_is_known_beside_a_refusal_is_told, 0, sizeof told_cases / sizeof told_cases[0]);
    tcase_add_loop_test(tc, no_more_is_promised_than_was_tried, 0, sizeof sentence_cases / sizeof sentence_cases[0]);
    return unit_run("attempt", &tc, 1);
}
