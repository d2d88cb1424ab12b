#include "simulate/face.h"

/* ---- mail that goes out ---- */

static const char healthy_session[] = "on HELO server 250 {host}\n"
                                      "on EHLO server 250-{host} / 250-SIZE 36700160 / 250 8BITMIME\n"
                                      "on RCPT server 250 2.1.5 OK\n"
                                      "on DATA server 354 Go on\n"
                                      "message\n"
                                      "server 250 2.0.0 Taken\n"
                                      "on RSET server 250 2.0.0 OK\n"
                                      "on NOOP server 250 2.0.0 OK\n"
                                      "on QUIT server 221 2.0.0 Bye\n"
                                      "close\n"
                                      "on clear STARTTLS server 220 2.0.0 Ready to start TLS\n"
                                      "tls\n";

static const char healthy_sign_in[] =
    "on tls EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-AUTH PLAIN LOGIN / "
    "250 ENHANCEDSTATUSCODES\n"
    "on signed AUTH server 503 5.5.1 Signed in already\n"
    "on tls AUTH auth\n"
    "on accepted server 235 2.7.0 Signed in\n"
    "on denied server 535 5.7.8 User or password is wrong\n"
    "on cancelled server 501 5.7.0 Sign-in cancelled\n"
    "on malformed server 501 5.5.2 That is no such response\n"
    "on unoffered server 504 5.5.4 That mechanism is not offered\n"
    "on signed MAIL server 250 2.1.0 OK\n"
    "on tls MAIL server 530 5.7.0 Sign in first\n";

static const char healthy_relay[] =
    "on connect server 220 {host} ESMTP\n"
    "on clear EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-STARTTLS / "
    "250 ENHANCEDSTATUSCODES\n"
    "on MAIL server 250 2.1.0 OK\n";

static const char healthy_submission[] =
    "on connect server 220 {host} ESMTP\n"
    "on clear EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-STARTTLS / "
    "250 ENHANCEDSTATUSCODES\n"
    "on clear AUTH server 538 5.7.11 Encryption is needed\n"
    "on clear MAIL server 530 5.7.0 STARTTLS comes first\n";

static const char healthy_submissions[] = "on connect tls\n"
                                          "server 220 {host} ESMTP\n";

/* ---- mail that comes in: as far as a client gets without signing in ---- */

static const char healthy_imap[] =
    "on connect server * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] {host} is ready\n"
    "on clear CAPABILITY server * CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED / {tag} OK That is all\n"
    "on clear STARTTLS server {tag} OK Ready to start TLS\n"
    "tls\n";

static const char healthy_imaps[] = "on connect tls\n"
                                    "server * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] {host} is ready\n";

static const char healthy_mailbox[] =
    "on CAPABILITY server * CAPABILITY IMAP4rev1 AUTH=PLAIN / {tag} OK That is all\n"
    "on NOOP server {tag} OK\n"
    "on LOGOUT server * BYE / {tag} OK\n"
    "close\n";

/* The words in angle brackets offer APOP (RFC 1939 section 7). */
static const char healthy_pop[] = "on connect server +OK {host} is ready <1896.697170952@{host}>\n"
                                  "on clear CAPA server +OK / STLS / UIDL / .\n"
                                  "on clear STLS server +OK Ready to start TLS\n"
                                  "tls\n";

static const char healthy_pops[] = "on connect tls\n"
                                   "server +OK {host} is ready <1896.697170952@{host}>\n";

static const char healthy_maildrop[] = "on CAPA server +OK / USER / SASL PLAIN / UIDL / .\n"
                                       "on NOOP server -ERR Sign in first\n"
                                       "on QUIT server +OK Bye\n"
                                       "close\n";

/* ---- others ---- */

static const char healthy_web[] = "on connect tls\n"
                                  "hang\n";

static const char mute[] = "on connect hang\n";

static const char http_204[] = "on GET head\n"
                               "raw \"HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n\"\n"
                               "close\n";

static const char http_redirect[] = "on GET head\n"
                                    "raw \"HTTP/1.1 302 Found\\r\\nLocation: http://login.portal.test/\\r\\n"
                                    "Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n\"\n"
                                    "close\n";

static const char http_page[] = "on GET head\n"
                                "raw \"HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: 24\\r\\n"
                                "Connection: close\\r\\n\\r\\n<h1>Please sign in</h1>\\r\\n\"\n"
                                "close\n";

static const char http_511[] = "on GET head\n"
                               "raw \"HTTP/1.1 511 Network Authentication Required\\r\\nContent-Length: 0\\r\\n"
                               "Connection: close\\r\\n\\r\\n\"\n"
                               "close\n";

static const struct face faces[] = {
    [SCENARIO_FACE_REFUSED] = { "refused", SCENARIO_PROTOCOL_SMTP, { NULL } },
    [SCENARIO_FACE_DROPPED] = { "dropped", SCENARIO_PROTOCOL_SMTP, { NULL } },
    [SCENARIO_FACE_MUTE] = { "mute", SCENARIO_PROTOCOL_SMTP, { mute } },
    [SCENARIO_FACE_SCRIPT] = { "script", SCENARIO_PROTOCOL_SMTP, { NULL } },
    [SCENARIO_FACE_SUBMISSION] = { "submission", SCENARIO_PROTOCOL_SMTP,
                                   { healthy_submission, healthy_sign_in, healthy_session } },
    [SCENARIO_FACE_SUBMISSIONS] = { "submissions", SCENARIO_PROTOCOL_SMTP,
                                    { healthy_submissions, healthy_sign_in, healthy_session } },
    [SCENARIO_FACE_RELAY] = { "relay", SCENARIO_PROTOCOL_SMTP, { healthy_relay, healthy_session } },
    [SCENARIO_FACE_IMAP] = { "imap", SCENARIO_PROTOCOL_IMAP, { healthy_imap, healthy_mailbox } },
    [SCENARIO_FACE_IMAPS] = { "imaps", SCENARIO_PROTOCOL_IMAP, { healthy_imaps, healthy_mailbox } },
    [SCENARIO_FACE_POP] = { "pop", SCENARIO_PROTOCOL_POP, { healthy_pop, healthy_maildrop } },
    [SCENARIO_FACE_POPS] = { "pops", SCENARIO_PROTOCOL_POP, { healthy_pops, healthy_maildrop } },
    [SCENARIO_FACE_WEB] = { "web", SCENARIO_PROTOCOL_SMTP, { healthy_web } },
    [SCENARIO_FACE_HTTP_204] = { "http-204", SCENARIO_PROTOCOL_SMTP, { http_204 } },
    [SCENARIO_FACE_HTTP_REDIRECT] = { "http-redirect", SCENARIO_PROTOCOL_SMTP, { http_redirect } },
    [SCENARIO_FACE_HTTP_PAGE] = { "http-page", SCENARIO_PROTOCOL_SMTP, { http_page } },
    [SCENARIO_FACE_HTTP_511] = { "http-511", SCENARIO_PROTOCOL_SMTP, { http_511 } },
    [SCENARIO_FACE_PAGES] = { "pages", SCENARIO_PROTOCOL_SMTP, { NULL } },
};
_Static_assert(sizeof faces / sizeof faces[0] == SCENARIO_FACE_COUNT, "each face has its text");

const struct face *face_of(enum scenario_face face)
{
    return &faces[face];
}

const char *face_puzzled(enum scenario_protocol protocol)
{
    static const char *const replies[] = {
        [SCENARIO_PROTOCOL_SMTP] = "500 5.5.2 What?\r\n",
        [SCENARIO_PROTOCOL_IMAP] = "{tag} BAD What?\r\n",
        [SCENARIO_PROTOCOL_POP] = "-ERR What?\r\n",
    };

    return replies[protocol];
}

const struct face_control *face_controls(size_t *n)
{
    static const struct face_control controls[] = {
        { "mail", "works", SCENARIO_PLACE_MAIL, 587, SCENARIO_FACE_SUBMISSION },
        { "mail", "mute", SCENARIO_PLACE_MAIL, 587, SCENARIO_FACE_MUTE },
        { "mail", "refused", SCENARIO_PLACE_MAIL, 587, SCENARIO_FACE_REFUSED },
        { "mail", "dropped", SCENARIO_PLACE_MAIL, 587, SCENARIO_FACE_DROPPED },
        { "web", "works", SCENARIO_PLACE_WEB, 443, SCENARIO_FACE_WEB },
        { "web", "mute", SCENARIO_PLACE_WEB, 443, SCENARIO_FACE_MUTE },
        { "web", "refused", SCENARIO_PLACE_WEB, 443, SCENARIO_FACE_REFUSED },
        { "web", "dropped", SCENARIO_PLACE_WEB, 443, SCENARIO_FACE_DROPPED },
        { "portal", "204", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_HTTP_204 },
        { "portal", "redirect", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_HTTP_REDIRECT },
        { "portal", "page", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_HTTP_PAGE },
        { "portal", "511", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_HTTP_511 },
        { "portal", "mute", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_MUTE },
        { "portal", "refused", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_REFUSED },
        { "portal", "dropped", SCENARIO_PLACE_PORTAL, 80, SCENARIO_FACE_DROPPED },
    };

    *n = sizeof controls / sizeof controls[0];
    return controls;
}
