/*
 * Whole replies as servers give them, and what they mean. Every collected reply
 * goes through check_reply_rows.py; here is how one is read and what decides.
 */
#include "knowledge/replies.h"

#include <string.h>

#include "knowledge/finding.h"

#include "unit.h"

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

static const char GMAIL_LOGIN[] = "https://support.google.com/mail/answer/7126229";
static const char GMAIL_APP[] = "https://support.google.com/mail/answer/185833";
static const char MICROSOFT_OFF[] = "https://aka.ms/smtp_auth_disabled";

static const struct whole_case {
    const char *says, *provider;
    enum reply_stage stage;
    unsigned code, enhanced[3];
    const char *text;
    enum finding_id finding;
    bool by_text;
    const char *help;
} whole_cases[] = {
    /* Google */
    { "Gmail refuses a password, its sentence broken over lines", "gmail", REPLY_AT_AUTH, 535, { 5, 7, 8 },
      "535-5.7.8 Username and Password not\r\n535-5.7.8 accepted. For more information, go to\r\n"
      "535 5.7.8  https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58 - gsmtp",
      FINDING_AUTH_BAD_CREDENTIALS, true, GMAIL_LOGIN },
    { "the same without the token that names it", "gmail", REPLY_AT_AUTH, 535, { 5, 7, 8 },
      "535-5.7.8 Username and Password not\r\n535 5.7.8 accepted.", FINDING_AUTH_BAD_CREDENTIALS, true,
      GMAIL_LOGIN },
    { "Gmail wants an app password", "gmail", REPLY_AT_AUTH, 534, { 5, 7, 9 },
      "534-5.7.9 Application-specific password required. For more information, go to\r\n"
      "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor x1sm - gsmtp",
      FINDING_AUTH_APP_PASSWORD_REQUIRED, true, GMAIL_APP },
    { "the same under its older number", "gmail", REPLY_AT_AUTH, 535, { 5, 7, 1 },
      "535 5.7.1 Application-specific password required.", FINDING_AUTH_APP_PASSWORD_REQUIRED, true,
      GMAIL_APP },
    { "Gmail wants a sign-in by browser, in a long address cut into lines", "gmail", REPLY_AT_AUTH, 534,
      { 5, 7, 14 }, "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsb\r\n"
      "534-5.7.14 vU3x> Please log in via your web\r\n534-5.7.14 browser and then try again.\r\n"
      "534 5.7.14  https://support.google.com/mail/answer/78754 x - gsmtp", FINDING_AUTH_WEB_LOGIN_REQUIRED,
      true, GMAIL_LOGIN },
    { "Gmail counts too many sign-ins", "gmail", REPLY_AT_AUTH, 454, { 4, 7, 0 },
      "454-4.7.0 Too many login attempts, please try again later.\r\n454 4.7.0 x - gsmtp",
      FINDING_AUTH_RATE_LIMITED, true, GMAIL_LOGIN },
    { "Gmail cannot check sign-ins now, under the same number", "gmail", REPLY_AT_AUTH, 454, { 4, 7, 0 },
      "454 4.7.0 Cannot authenticate due to temporary system problem. x - gsmtp", FINDING_AUTH_TEMPORARY,
      true, NULL },
    { "Gmail wants a sign-in first", "gmail", REPLY_AT_MAIL, 530, { 5, 7, 0 },
      "530-5.7.0 Authentication Required. For more information, go to\r\n"
      "530 5.7.0  https://support.google.com/accounts/troubleshooter/2402620. x - gsmtp",
      FINDING_SEND_AUTH_REQUIRED, true, GMAIL_LOGIN },
    { "Gmail wants TLS first, under the same number", "gmail", REPLY_AT_MAIL, 530, { 5, 7, 0 },
      "530 5.7.0 Must issue a STARTTLS command first. x - gsmtp", FINDING_INPUT_WRONG_MODE, true,
      GMAIL_LOGIN },
    { "Gmail refuses a token: {\"status\":\"400\" in base64", "gmail", REPLY_AT_AUTH, 334, { 0 },
      "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=", FINDING_AUTH_TOKEN_REJECTED, true, NULL },
    { "Gmail's limit of a day", "gmail", REPLY_AT_DATA, 550, { 5, 4, 5 },
      "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\r\n"
      "550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 x - gsmtp",
      FINDING_SEND_QUOTA_EXCEEDED, true, "https://support.google.com/a/answer/166852" },
    { "the relay does not know this address", "gmail-relay", REPLY_AT_MAIL, 550, { 5, 7, 0 },
      "550-5.7.0 Mail relay denied [192.0.2.7]. Invalid credentials for relay for one\r\n"
      "550-5.7.0 of the domains in: example.com (as obtained from HELO and MAIL FROM).\r\n550 5.7.0 x - "
      "gsmtp", FINDING_RELAY_NOT_ALLOWED, true, "https://support.google.com/a/answer/6140680" },
    { "the relay closes on an EHLO name", "gmail-relay", REPLY_AT_EHLO, 421, { 4, 7, 0 },
      "421 4.7.0 Try again later, closing connection. (EHLO) x - gsmtp", FINDING_RELAY_EHLO_DOMAIN, true,
      "https://support.google.com/a/answer/6140680" },
    { "smtp.gmail.com in the same words", "gmail", REPLY_AT_EHLO, 421, { 4, 7, 0 },
      "421 4.7.0 Try again later, closing connection. (EHLO) x - gsmtp", FINDING_SMTP_EHLO_REJECTED, true,
      "https://support.google.com/a/answer/3726730" },
    { "and at MAIL it is no matter of the EHLO name", "gmail", REPLY_AT_MAIL, 421, { 4, 7, 0 },
      "421 4.7.0 Try again later, closing connection. (MAIL) x - gsmtp", FINDING_SMTP_THROTTLED, true,
      "https://support.google.com/a/answer/6140680" },
    { "at AUTH it is the sign-ins", "gmail", REPLY_AT_AUTH, 421, { 4, 7, 0 },
      "421 4.7.0 Try again later, closing connection. (AUTH) x - gsmtp", FINDING_AUTH_RATE_LIMITED, true,
      GMAIL_LOGIN },
    /* Microsoft: 5.7.139 is all of these */
    { "5.7.139: switched off for the tenant", "office365", REPLY_AT_AUTH, 535, { 5, 7, 139 },
      "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
      "https://aka.ms/smtp_auth_disabled for more information. [TYCP286CA0001.JPNP286.PROD.OUTLOOK.COM "
      "2026-11-24T06:00:00.000Z 08DE0000000]", FINDING_AUTH_DISABLED, true, MICROSOFT_OFF },
    { "5.7.139: switched off for the mailbox", "outlook", REPLY_AT_AUTH, 535, { 5, 7, 139 },
      "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
      FINDING_AUTH_DISABLED, true, MICROSOFT_OFF },
    { "5.7.139: basic authentication is off", "outlook", REPLY_AT_AUTH, 535, { 5, 7, 139 },
      "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [x.PROD.OUTLOOK.COM]",
      FINDING_AUTH_DISABLED, true, NULL },
    { "5.7.139: the credentials were wrong", "office365", REPLY_AT_AUTH, 535, { 5, 7, 139 },
      "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [x.PROD.OUTLOOK.COM]",
      FINDING_AUTH_BAD_CREDENTIALS, true, NULL },
    { "5.7.139: a sentence shorter than the one that they all begin with", "office365", REPLY_AT_AUTH, 535,
      { 5, 7, 139 }, "535 5.7.139 Authentication unsuccessful, account is locked.",
      FINDING_AUTH_ACCOUNT_DISABLED, true, NULL },
    { "5.7.139: an ending that nobody has met", "office365", REPLY_AT_AUTH, 535, { 5, 7, 139 },
      "535 5.7.139 Authentication unsuccessful, the moon is full.", FINDING_AUTH_BAD_CREDENTIALS, true,
      NULL },
    { "5.7.30 at Microsoft", "office365", REPLY_AT_AUTH, 550, { 5, 7, 30 },
      "550 5.7.30 Basic authentication is not supported for Client Submission.", FINDING_AUTH_DISABLED, true,
      NULL },
    { "5.7.30 at Google", "gmail", REPLY_AT_DATA, 550, { 5, 7, 30 },
      "550-5.7.30 Your email has been blocked because DKIM authentication didn't\r\n550 5.7.30 pass. x - "
      "gsmtp", FINDING_SEND_SENDER_REJECTED, false, "https://support.google.com/a/answer/3726730" },
    { "Microsoft: another's sender", "office365", REPLY_AT_DATA, 554, { 5, 2, 252 },
      "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com; STOREDRV.Submission",
      FINDING_SEND_SENDER_REJECTED, true, NULL },
    { "Microsoft: the same number, too often", "office365", REPLY_AT_DATA, 550, { 5, 2, 252 },
      "550 5.2.252 Sender throttled due to continuous send as denied errors.", FINDING_SEND_QUOTA_EXCEEDED,
      true, NULL },
    { "5.2.2 at Microsoft is the sender's quota", "office365", REPLY_AT_DATA, 554, { 5, 2, 2 },
      "554 5.2.2 Submission quota exceeded", FINDING_SEND_QUOTA_EXCEEDED, true, NULL },
    { "5.2.2 elsewhere is a full mailbox", NULL, REPLY_AT_RCPT, 552, { 5, 2, 2 }, "552 5.2.2 no",
      FINDING_SEND_RECIPIENT_REJECTED, false, NULL },
    { "an Exchange of one's own", NULL, REPLY_AT_AUTH, 535, { 5, 7, 3 },
      "535 5.7.3 Authentication unsuccessful", FINDING_AUTH_BAD_CREDENTIALS, true, NULL },
    /* Yahoo, iCloud and others whose words are everybody's */
    { "Yahoo's misleading words", "yahoo", REPLY_AT_AUTH, 535, { 5, 7, 0 },
      "535 5.7.0 (#AUTH005) Too many bad auth attempts.", FINDING_AUTH_APP_PASSWORD_REQUIRED, true, NULL },
    { "iCloud in Postfix's words", "icloud", REPLY_AT_AUTH, 535, { 5, 7, 8 },
      "535 5.7.8 Error: authentication failed: authentication failure", FINDING_AUTH_APP_PASSWORD_REQUIRED,
      true, "https://support.apple.com/102525" },
    { "Postfix itself", NULL, REPLY_AT_AUTH, 535, { 5, 7, 8 },
      "535 5.7.8 Error: authentication failed: authentication failure", FINDING_AUTH_BAD_CREDENTIALS, true,
      NULL },
    { "iCloud, and words that say another thing all the same", "icloud", REPLY_AT_AUTH, 535, { 5, 7, 8 },
      "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
      FINDING_AUTH_MECHANISM_UNSUPPORTED, true, NULL },
    { "GMX with the access for mail programs switched off", "gmx-net", REPLY_AT_AUTH, 535, { 0 },
      "535 Authentication credentials invalid", FINDING_AUTH_DISABLED, true, NULL },
    { "QQ", "qq", REPLY_AT_AUTH, 535, { 0 }, "535 Login Fail. Please enter your authorization code to login.",
      FINDING_AUTH_APP_PASSWORD_REQUIRED, true, NULL },
    /* Japan */
    { "Sakura: a client abroad", "sakura", REPLY_AT_RCPT, 550, { 5, 7, 1 },
      "550 5.7.1 <hanako@example.com>... Command rejected", FINDING_SEND_LOCATION_BLOCKED, true, NULL },
    { "the same words of a server that is not theirs", NULL, REPLY_AT_RCPT, 550, { 5, 7, 1 },
      "550 5.7.1 <hanako@example.com>... Command rejected", FINDING_SEND_REJECTED, false, NULL },
    { "Sakura: no sign-in", "sakura", REPLY_AT_RCPT, 550, { 5, 7, 1 },
      "550 5.7.1 <hanako@example.com>... Relaying denied", FINDING_SEND_RELAY_DENIED, true, NULL },
    { "docomo wants a password of its own", "docomo", REPLY_AT_AUTH, 535, { 5, 7, 0 },
      "535 5.7.0 authentication failed", FINDING_AUTH_APP_PASSWORD_REQUIRED, true, NULL },
    { "POP before SMTP", "nifty", REPLY_AT_RCPT, 554, { 0 }, "554 Must get POP/APOP authorization first.",
      FINDING_SEND_AUTH_REQUIRED, true, NULL },
    /* anybody's servers */
    { "Postfix: no sign-in", NULL, REPLY_AT_RCPT, 554, { 5, 7, 1 },
      "554 5.7.1 <taro@example.com>: Relay access denied", FINDING_SEND_RELAY_DENIED, true, NULL },
    { "Postfix counts the sign-ins of a client", NULL, REPLY_AT_AUTH, 450, { 4, 7, 1 },
      "450 4.7.1 Error: too many AUTH commands from 192.0.2.7", FINDING_AUTH_RATE_LIMITED, true, NULL },
    { "relaying is denied for now", NULL, REPLY_AT_RCPT, 454, { 4, 7, 1 },
      "454 4.7.1 <taro@example.com>: Relay access denied", FINDING_SEND_RELAY_DENIED, true, NULL },
    { "the sender is somebody else's", NULL, REPLY_AT_RCPT, 553, { 5, 7, 1 },
      "553 5.7.1 <a@example.com>: Sender address rejected: not owned by user b", FINDING_SEND_SENDER_REJECTED,
      true, NULL },
    { "a name without a domain, told at RCPT", NULL, REPLY_AT_RCPT, 504, { 5, 5, 2 },
      "504 5.5.2 <pc>: Helo command rejected: need fully-qualified hostname", FINDING_SMTP_EHLO_REJECTED,
      true, NULL },
    { "greylisting", NULL, REPLY_AT_RCPT, 450, { 4, 2, 0 },
      "450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted, see http://x",
      FINDING_SEND_TEMPORARY, true, NULL },
    { "a block list", NULL, REPLY_AT_GREETING, 554, { 5, 7, 1 },
      "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
      FINDING_SEND_BLOCKLISTED, true, NULL },
    { "no reverse name", NULL, REPLY_AT_RCPT, 450, { 4, 7, 1 },
      "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.7]", FINDING_SEND_REVERSE_DNS,
      true, NULL },
    { "too many connections, in whatever number", NULL, REPLY_AT_GREETING, 554, { 5, 7, 0 },
      "554 5.7.0 Too many connections from your address", FINDING_SMTP_THROTTLED, true, NULL },
    { "a server that stops", NULL, REPLY_AT_GREETING, 421, { 0 }, "421 mx.example.com is Shutting down",
      FINDING_SERVICE_DOWN, true, NULL },
    { "too large", NULL, REPLY_AT_MAIL, 552, { 5, 3, 4 }, "552 5.3.4 Message size exceeds fixed limit",
      FINDING_SEND_TOO_LARGE, true, NULL },
};

static struct reply_question question_of(const struct whole_case *c)
{
    return (struct reply_question){
        .provider = c->provider,
        .stage = c->stage,
        .code = c->code,
        .enhanced = { c->enhanced[0], c->enhanced[1], c->enhanced[2] },
        .text = peer_text_of(c->text),
    };
}

static const char *id_of(enum finding_id id)
{
    return id == FINDING_NONE ? "nothing" : finding_by_id(id)->id;
}

START_TEST(a_whole_reply_leads_to_its_finding)
{
    const struct whole_case *c = &whole_cases[_i];
    struct reply_question q = question_of(c);
    struct reply_meaning m;

    ck_assert_msg(replies_classify(&m, &q), "%s", c->says);
    ck_assert_msg(m.finding == c->finding, "%s: %s", c->says, id_of(m.finding));
    ck_assert_msg(m.by_text == c->by_text, "%s: by text", c->says);
    if (c->help == NULL)
        ck_assert_msg(m.help_url == NULL, "%s: %s", c->says, m.help_url);
    else
        ck_assert_msg(m.help_url != NULL && strcmp(m.help_url, c->help) == 0, "%s: %s", c->says, c->help);
    ck_assert_msg(m.confidence > 0 && m.confidence <= (c->by_text ? 1 : 0.6), "%s: %f", c->says,
                  m.confidence);
}
END_TEST

/* What a number tells where no word is known. */
static const struct number_case {
    const char *says;
    enum reply_stage stage;
    unsigned code, enhanced[3];
    enum finding_id finding;
} number_cases[] = {
    { "535 at AUTH", REPLY_AT_AUTH, 535, { 0 }, FINDING_AUTH_BAD_CREDENTIALS },
    { "535 5.7.8 at AUTH", REPLY_AT_AUTH, 535, { 5, 7, 8 }, FINDING_AUTH_BAD_CREDENTIALS },
    { "454 at AUTH (RFC 4954 section 6)", REPLY_AT_AUTH, 454, { 4, 7, 0 }, FINDING_AUTH_TEMPORARY },
    { "454 at STARTTLS (RFC 3207 section 4)", REPLY_AT_STARTTLS, 454, { 0 }, FINDING_MODE_STARTTLS_REJECTED },
    { "454 at RCPT", REPLY_AT_RCPT, 454, { 0 }, FINDING_SEND_TEMPORARY },
    { "451 at AUTH", REPLY_AT_AUTH, 451, { 0 }, FINDING_AUTH_TEMPORARY },
    { "421 at AUTH", REPLY_AT_AUTH, 421, { 4, 7, 0 }, FINDING_AUTH_TEMPORARY },
    { "504 at AUTH", REPLY_AT_AUTH, 504, { 5, 5, 4 }, FINDING_AUTH_MECHANISM_UNSUPPORTED },
    { "534 at AUTH", REPLY_AT_AUTH, 534, { 0 }, FINDING_AUTH_MECHANISM_UNSUPPORTED },
    { "538 at AUTH", REPLY_AT_AUTH, 538, { 5, 7, 11 }, FINDING_INPUT_WRONG_MODE },
    { "432 at AUTH", REPLY_AT_AUTH, 432, { 4, 7, 12 }, FINDING_AUTH_WEB_LOGIN_REQUIRED },
    { "530 at MAIL", REPLY_AT_MAIL, 530, { 5, 7, 0 }, FINDING_SEND_AUTH_REQUIRED },
    { "530 5.5.1 at MAIL, an older number", REPLY_AT_MAIL, 530, { 5, 5, 1 }, FINDING_SEND_AUTH_REQUIRED },
    { "421 at the greeting", REPLY_AT_GREETING, 421, { 0 }, FINDING_SMTP_THROTTLED },
    { "421 4.3.2 at the greeting (RFC 3463 section 3.4)", REPLY_AT_GREETING, 421, { 4, 3, 2 },
      FINDING_SERVICE_DOWN },
    { "521 5.3.2 at the greeting (RFC 7504)", REPLY_AT_GREETING, 521, { 5, 3, 2 }, FINDING_SMTP_REJECTED },
    { "554 at the greeting", REPLY_AT_GREETING, 554, { 0 }, FINDING_SMTP_REJECTED },
    { "550 at EHLO", REPLY_AT_EHLO, 550, { 5, 7, 1 }, FINDING_SMTP_REJECTED },
    { "550 at MAIL: sender or policy", REPLY_AT_MAIL, 550, { 0 }, FINDING_SEND_REJECTED },
    { "550 at RCPT", REPLY_AT_RCPT, 550, { 0 }, FINDING_SEND_RECIPIENT_REJECTED },
    { "550 5.7.1 at RCPT: relay, list or rule", REPLY_AT_RCPT, 550, { 5, 7, 1 }, FINDING_SEND_REJECTED },
    { "550 5.1.1 at RCPT", REPLY_AT_RCPT, 550, { 5, 1, 1 }, FINDING_SEND_RECIPIENT_REJECTED },
    { "450 4.1.1 at RCPT: not known yet is not unknown", REPLY_AT_RCPT, 450, { 4, 1, 1 },
      FINDING_SEND_TEMPORARY },
    { "550 at the end of the message", REPLY_AT_DATA, 550, { 0 }, FINDING_SEND_REJECTED },
    { "554 5.7.1 at the end of the message", REPLY_AT_DATA, 554, { 5, 7, 1 }, FINDING_SEND_REJECTED },
    { "554 5.3.0 for good is not temporary", REPLY_AT_DATA, 554, { 5, 3, 0 }, FINDING_SEND_REJECTED },
    { "450 at RCPT", REPLY_AT_RCPT, 450, { 0 }, FINDING_SEND_TEMPORARY },
    { "451 at the end of the message", REPLY_AT_DATA, 451, { 4, 3, 0 }, FINDING_SEND_TEMPORARY },
    { "452 at RCPT: space or number, for now", REPLY_AT_RCPT, 452, { 0 }, FINDING_SEND_TEMPORARY },
    { "451 4.7.1 at RCPT, as greylisting has it", REPLY_AT_RCPT, 451, { 4, 7, 1 }, FINDING_SEND_TEMPORARY },
    { "552 at MAIL: size or space", REPLY_AT_MAIL, 552, { 0 }, FINDING_SEND_REJECTED },
    { "552 5.3.4 at MAIL", REPLY_AT_MAIL, 552, { 5, 3, 4 }, FINDING_SEND_TOO_LARGE },
    { "552 at the end of the message", REPLY_AT_DATA, 552, { 0 }, FINDING_SEND_REJECTED },
    { "553 at RCPT", REPLY_AT_RCPT, 553, { 0 }, FINDING_SEND_REJECTED },
    { "550 5.1.8 at MAIL", REPLY_AT_MAIL, 550, { 5, 1, 8 }, FINDING_SEND_SENDER_REJECTED },
    { "5.7.139 of nobody knows whom", REPLY_AT_AUTH, 535, { 5, 7, 139 }, FINDING_AUTH_BAD_CREDENTIALS },
    { "5.7.139 alone", REPLY_AT_ANY, 0, { 5, 7, 139 }, FINDING_AUTH_BAD_CREDENTIALS },
    { "5.7.1 alone is no single thing", REPLY_AT_ANY, 0, { 5, 7, 1 }, FINDING_SEND_REJECTED },
    { "5.7.57 alone", REPLY_AT_ANY, 0, { 5, 7, 57 }, FINDING_SEND_AUTH_REQUIRED },
    { "5.7.60 alone", REPLY_AT_ANY, 0, { 5, 7, 60 }, FINDING_SEND_SENDER_REJECTED },
    { "5.7.708 alone", REPLY_AT_ANY, 0, { 5, 7, 708 }, FINDING_SEND_BLOCKLISTED },
    { "534 5.7.9 is Google's", REPLY_AT_AUTH, 534, { 5, 7, 9 }, FINDING_AUTH_APP_PASSWORD_REQUIRED },
    { "534 5.7.14 as well", REPLY_AT_ANY, 534, { 5, 7, 14 }, FINDING_AUTH_WEB_LOGIN_REQUIRED },
    { "550 5.4.5 too", REPLY_AT_DATA, 550, { 5, 4, 5 }, FINDING_SEND_QUOTA_EXCEEDED },
    { "550 5.7.999 at RCPT: a rule, whichever", REPLY_AT_RCPT, 550, { 5, 7, 999 }, FINDING_SEND_REJECTED },
    { "554 5.7.350 at the end of the message", REPLY_AT_DATA, 554, { 5, 7, 350 }, FINDING_SEND_REJECTED },
    { "554 5.2.0 at RCPT is not the recipient's", REPLY_AT_RCPT, 554, { 5, 2, 0 }, FINDING_SEND_REJECTED },
    { "501 at EHLO", REPLY_AT_EHLO, 501, { 0 }, FINDING_SMTP_EHLO_REJECTED },
    { "450 4.5.0 at EHLO: for now is not for good", REPLY_AT_EHLO, 450, { 4, 5, 0 }, FINDING_SMTP_THROTTLED },
    { "an enhanced code of a refusal beside a code of success (RFC 2034 section 4)", REPLY_AT_RCPT, 250,
      { 5, 1, 1 }, FINDING_NONE },
    { "250", REPLY_AT_RCPT, 250, { 2, 1, 5 }, FINDING_NONE },
    { "334", REPLY_AT_AUTH, 334, { 0 }, FINDING_NONE },
    { "235", REPLY_AT_AUTH, 235, { 2, 7, 0 }, FINDING_NONE },
};

START_TEST(a_number_alone_tells_little_and_says_so)
{
    const struct number_case *c = &number_cases[_i];
    struct reply_question q = { .stage = c->stage,
                                .code = c->code,
                                .enhanced = { c->enhanced[0], c->enhanced[1], c->enhanced[2] },
                                .text = PEER_TEXT_LITERAL("Ah, well") };
    struct reply_meaning m;

    ck_assert_msg(replies_classify(&m, &q), "%s", c->says);
    ck_assert_msg(m.finding == c->finding, "%s: %s", c->says, id_of(m.finding));
    ck_assert_msg(!m.by_text && m.confidence <= 0.6, "%s", c->says);
}
END_TEST

START_TEST(what_nobody_knows_is_not_classified)
{
    struct reply_meaning m = { .confidence = 7 };
    struct reply_question q = { .stage = REPLY_AT_ANY, .text = PEER_TEXT_LITERAL("something is wrong") };

    ck_assert(!replies_classify(&m, &q));
    q.code = 499;
    ck_assert(!replies_classify(&m, &q));
    q = (struct reply_question){ 0 };
    ck_assert(!replies_classify(&m, &q));
    ck_assert(m.confidence == 7);
}
END_TEST

/* One sentence, however it was cut, quoted and spelled. */
static const char *const spellings[] = {
    "Username and Password not accepted",
    "5.7.8 Username and Password not accepted.",
    "535-5.7.8 Username and Password not\r\n535 5.7.8 accepted",
    "535-5.7.8 Username and\n535-5.7.8 Password\n535-5.7.8 not\n535 5.7.8 accepted",
    "535-Username and Password\r\n535 not accepted",
    "535 5.7.8 Username and Password not 535 5.7.8 accepted",
    "USERNAME  AND\tPASSWORD   NOT ACCEPTED",
    "(535, b'5.7.8 Username and Password not\\n5.7.8 accepted. ...')",
    "\r\n 535 5.7.8 username and password not accepted and more",
};

START_TEST(a_sentence_is_found_however_it_is_cut)
{
    struct reply_question q = { .stage = REPLY_AT_AUTH, .code = 535, .text = peer_text_of(spellings[_i]) };
    struct reply_meaning m;

    ck_assert(replies_classify(&m, &q));
    ck_assert_msg(m.by_text && m.class == REPLY_CLASS_AUTH_BAD_CREDENTIALS, "%s", spellings[_i]);
    ck_assert_msg(m.confidence > 0.7, "%s", spellings[_i]);
}
END_TEST

/* Near the sentence, and not it. */
static const char *const strangers[] = {
    "Username and Passwordnot accepted",
    "Username and Password 5.7.8x not accepted",
    "Username and 535Password not accepted",
    "Username and 5.7.8Password not accepted",
    "Username and Password 53 not accepted",
    "Username and Password 1535 not accepted",
    "Username and Password 935 not accepted",
    "Username and Password 5.7 not accepted",
    "Username and Password not",
};

START_TEST(what_only_resembles_a_sentence_is_another_one)
{
    struct reply_question q = { .stage = REPLY_AT_AUTH, .code = 535, .text = peer_text_of(strangers[_i]) };
    struct reply_meaning m;

    ck_assert(replies_classify(&m, &q));
    ck_assert_msg(!m.by_text, "%s", strangers[_i]);
}
END_TEST

START_TEST(words_of_success_and_of_the_other_kind_of_refusal_do_not_count)
{
    struct reply_question q = { .provider = "gmail",
                                .stage = REPLY_AT_AUTH,
                                .text = PEER_TEXT_LITERAL("Username and Password not accepted") };
    struct reply_meaning m;

    q.code = 250;
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_NONE);
    q.text = PEER_TEXT_LITERAL("listed by spamhaus");
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_NONE);
    q.text = PEER_TEXT_LITERAL("Username and Password not accepted");
    q.code = 451;
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_TEMPORARY && !m.by_text);
    q.code = 554;
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_BAD_CREDENTIALS && m.by_text);
}
END_TEST

START_TEST(a_service_is_known_by_the_end_of_its_servers_name)
{
    struct reply_question q = { .stage = REPLY_AT_AUTH,
                                .code = 535,
                                .text = PEER_TEXT_LITERAL("535 Error: authentication failed") };
    struct reply_meaning m;

    q.host = "smtp.163.com";
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_APP_PASSWORD_REQUIRED);
    q.host = "SMTP.163.COM";
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_APP_PASSWORD_REQUIRED);
    q.host = "smtp.not163.com";
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_BAD_CREDENTIALS);
    q.host = "com";
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_BAD_CREDENTIALS);
}
END_TEST

START_TEST(a_text_from_nowhere_may_name_its_provider)
{
    struct reply_question q = { .code = 550,
                                .enhanced = { 5, 7, 30 },
                                .text = PEER_TEXT_LITERAL("x - gsmtp") };
    struct reply_meaning m;

    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_POLICY_SENDER_AUTH);
    q.text = PEER_TEXT_LITERAL("x");
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_TLS_REQUIRED);
    q.text = PEER_TEXT_LITERAL("x - gsmtp");
    q.provider = "yahoo";
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_TLS_REQUIRED);
    q.provider = NULL;
    q.host = "mail.example.com";
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_TLS_REQUIRED);
}
END_TEST

START_TEST(words_of_one_stage_tell_the_stage)
{
    struct reply_question q = { .text =
                                    PEER_TEXT_LITERAL("454 4.7.0 TLS not available due to local problem") };
    struct reply_meaning m;

    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_MODE_STARTTLS_REJECTED);
    q.stage = REPLY_AT_AUTH;
    ck_assert(!replies_classify(&m, &q));
}
END_TEST

START_TEST(another_providers_words_are_worth_less)
{
    struct reply_question q = { .provider = "gmail",
                                .stage = REPLY_AT_AUTH,
                                .code = 535,
                                .text = PEER_TEXT_LITERAL("Username and Password not accepted") };
    struct reply_meaning own, foreign;

    ck_assert(replies_classify(&own, &q));
    q.provider = "biglobe";
    ck_assert(replies_classify(&foreign, &q));
    ck_assert(foreign.class == own.class && foreign.by_text && foreign.confidence < own.confidence);
}
END_TEST

START_TEST(an_enhanced_code_stands_in_for_one_that_is_not_known)
{
    struct reply_question q = { .enhanced = { 5, 7, 8 } };
    struct reply_meaning m;

    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_AUTH_BAD_CREDENTIALS);
    q.enhanced[2] = 99; /* nobody's, and of policy all the same */
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_POLICY_ADMIN);
    q.enhanced[1] = 6;
    ck_assert(!replies_classify(&m, &q));
    q = (struct reply_question){ .provider = "office365", .enhanced = { 5, 7, 620 } };
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_SEND_BLOCKLISTED);
    q.enhanced[2] = 650;
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_POLICY_ADMIN);
    q.enhanced[2] = 704;
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_AUTH_ACCOUNT_DISABLED);
    q.enhanced[2] = 705; /* in that range, and of a row of its own */
    ck_assert(replies_classify(&m, &q) && m.class == REPLY_CLASS_QUOTA_DAILY);
    q = (struct reply_question){ .stage = REPLY_AT_RCPT, .enhanced = { 4, 1, 1 } };
    ck_assert(replies_classify(&m, &q) && m.finding == FINDING_SEND_TEMPORARY);
    q.enhanced[0] = 2;
    ck_assert(!replies_classify(&m, &q));
}
END_TEST

START_TEST(candidates_are_told_once_each_the_likely_first)
{
    struct reply_question q = { .provider = "gmx-net",
                                .stage = REPLY_AT_AUTH,
                                .code = 535,
                                .text = PEER_TEXT_LITERAL("535 Authentication credentials invalid") };
    struct reply_meaning m[REPLIES_CANDIDATES_MAX], first;
    size_t n = replies_candidates(m, &q);

    ck_assert_uint_eq(n, 2);
    ck_assert(m[0].class == REPLY_CLASS_AUTH_SMTP_AUTH_DISABLED);
    ck_assert(m[1].class == REPLY_CLASS_AUTH_BAD_CREDENTIALS);
    ck_assert(replies_classify(&first, &q) && first.class == m[0].class &&
              first.confidence == m[0].confidence);
}
END_TEST

/* Sentences of more classes than there is room for: the weakest of them are left out. */
START_TEST(candidates_beyond_the_ceiling_are_the_weakest)
{
    static const char many[] = "daily sending quota exceeded p=invalidsecondfactor p=badcredentials "
                               "continuesignin mail relay denied "
                               "not a registered gmail user invalid credentials for relay too many "
                               "recipients potential security issue "
                               "message exceeded 50 hops mail message is malformed server busy";
    struct reply_question q = { .provider = "gmail", .text = PEER_TEXT_LITERAL(many) };
    struct reply_meaning m[REPLIES_CANDIDATES_MAX];

    ck_assert_uint_eq(replies_candidates(m, &q), REPLIES_CANDIDATES_MAX);
    ck_assert(m[0].class == REPLY_CLASS_RELAY_DOMAIN_NOT_ALLOWED); /* the longest */
    for (size_t i = 0; i < REPLIES_CANDIDATES_MAX; i++) {
        ck_assert(m[i].class != REPLY_CLASS_SERVER_BUSY); /* the shortest */
        for (size_t k = 0; k < i; k++)
            ck_assert(m[i].class != m[k].class);
    }
}
END_TEST

START_TEST(a_text_is_looked_at_as_far_as_its_ceiling)
{
    static const char words[] = "Username and Password not accepted";
    static char text[REPLIES_TEXT_MAX + sizeof words];
    struct reply_question q = {
        .provider = "gmail", .stage = REPLY_AT_AUTH, .code = 535, .text = { text, sizeof text }
    };
    struct reply_meaning m;

    memset(text, 'x', sizeof text);
    memcpy(text + REPLIES_TEXT_MAX - (sizeof words - 1), words, sizeof words - 1);
    ck_assert(replies_classify(&m, &q) && m.by_text);
    memset(text, 'x', sizeof text);
    memcpy(text + REPLIES_TEXT_MAX - (sizeof words - 2), words, sizeof words - 1);
    ck_assert(replies_classify(&m, &q) && !m.by_text);
}
END_TEST

START_TEST(every_class_has_a_word)
{
    for (unsigned i = 0; i < REPLY_CLASS_COUNT; i++)
        ck_assert(strchr(reply_class_word((enum reply_class)i), '.') != NULL);
    ck_assert_str_eq(reply_class_word(REPLY_CLASS_AUTH_BAD_CREDENTIALS), "auth.bad-credentials");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("replies");

    tcase_add_loop_test(t, a_whole_reply_leads_to_its_finding, 0, COUNT(whole_cases));
    tcase_add_loop_test(t, a_number_alone_tells_little_and_says_so, 0, COUNT(number_cases));
    tcase_add_test(t, what_nobody_knows_is_not_classified);
    tcase_add_loop_test(t, a_sentence_is_found_however_it_is_cut, 0, COUNT(spellings));
    tcase_add_loop_test(t, what_only_resembles_a_sentence_is_another_one, 0, COUNT(strangers));
    tcase_add_test(t, words_of_success_and_of_the_other_kind_of_refusal_do_not_count);
    tcase_add_test(t, a_service_is_known_by_the_end_of_its_servers_name);
    tcase_add_test(t, a_text_from_nowhere_may_name_its_provider);
    tcase_add_test(t, words_of_one_stage_tell_the_stage);
    tcase_add_test(t, another_providers_words_are_worth_less);
    tcase_add_test(t, an_enhanced_code_stands_in_for_one_that_is_not_known);
    tcase_add_test(t, candidates_are_told_once_each_the_likely_first);
    tcase_add_test(t, candidates_beyond_the_ceiling_are_the_weakest);
    tcase_add_test(t, a_text_is_looked_at_as_far_as_its_ceiling);
    tcase_add_test(t, every_class_has_a_word);
    return unit_run("replies", &t, 1);
}
