#include "smtp/guess.h"

#include <string.h>

#include "unit.h"

#define FIRST(s)                                                                                             \
    {                                                                                                        \
        (s), sizeof(s) - 1                                                                                   \
    }

static const struct guess_case {
    const char *says;
    struct peer_text first;
    enum service service;
} guess_cases[] = {
    { "nothing", { NULL, 0 }, SERVICE_NOTHING },
    { "an SMTP greeting", FIRST("220 mx.example ESMTP Postfix\r\n"), SERVICE_SMTP },
    { "an SMTP greeting that names nothing", FIRST("220 mx.example\r\n"), SERVICE_SMTP },
    { "an SMTP greeting of several lines", FIRST("220-mx.example\r\n220 hello\r\n"), SERVICE_SMTP },
    { "a code alone", FIRST("220\r\n"), SERVICE_SMTP },
    { "an SMTP server that refuses", FIRST("554 5.7.1 go away\r\n"), SERVICE_SMTP },
    { "an SMTP server that is busy", FIRST("421 4.7.0 later\r\n"), SERVICE_SMTP },
    { "a mail server on a host called ftp", FIRST("220 ftp.example ESMTP ready\r\n"), SERVICE_SMTP },
    { "a mail server that also speaks of an FTP server", FIRST("220 our mail and FTP server\r\n"),
      SERVICE_SMTP },
    { "a host called ftp and no more", FIRST("220 ftp.example ready\r\n"), SERVICE_SMTP },
    { "vsFTPd", FIRST("220 (vsFTPd 3.0.3)\r\n"), SERVICE_FTP },
    { "ProFTPD", FIRST("220 ProFTPD Server (Debian) [192.0.2.1]\r\n"), SERVICE_FTP },
    { "Pure-FTPd", FIRST("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n"), SERVICE_FTP },
    { "FileZilla", FIRST("220-FileZilla Server 1.8.0\r\n"), SERVICE_FTP },
    { "IIS", FIRST("220 Microsoft FTP Service\r\n"), SERVICE_FTP },
    { "an FTP server that is full", FIRST("421 Too many users, FTP server full\r\n"), SERVICE_FTP },
    { "a news server", FIRST("200 news.example InterNetNews NNRP server INN 2.7 ready (posting ok)\r\n"),
      SERVICE_NNTP },
    { "a news server without posting", FIRST("201 news.example server ready (no posting)\r\n"),
      SERVICE_NNTP },
    { "a code of 200 that says nothing of news", FIRST("200 ready\r\n"), SERVICE_UNKNOWN },
    { "IMAP", FIRST("* OK [CAPABILITY IMAP4rev1] ready\r\n"), SERVICE_IMAP },
    { "IMAP in lower case", FIRST("* ok ready\r\n"), SERVICE_IMAP },
    { "IMAP signed in already", FIRST("* PREAUTH\r\n"), SERVICE_IMAP },
    { "IMAP that goes", FIRST("* BYE busy\r\n"), SERVICE_IMAP },
    { "POP3", FIRST("+OK Dovecot ready.\r\n"), SERVICE_POP3 },
    { "SSH", FIRST("SSH-2.0-OpenSSH_9.2p1\r\n"), SERVICE_SSH },
    { "HTTP", FIRST("HTTP/1.1 400 Bad Request\r\n"), SERVICE_HTTP },
    { "a page without a header", FIRST("<html>\r\n<head>"), SERVICE_HTTP },
    { "a page with a document type", FIRST("<!doctype html>"), SERVICE_HTTP },
    { "a TLS alert", FIRST("\x15\x03\x01\x00\x02\x02\x46"), SERVICE_TLS },
    { "a TLS handshake", FIRST("\x16\x03\x03\x00\x7a\x02"), SERVICE_TLS },
    { "TLS application data", FIRST("\x17\x03\x03"), SERVICE_TLS },
    { "a record of a type that TLS does not have", FIRST("\x19\x03\x03\x00"), SERVICE_UNKNOWN },
    { "a record of a version that TLS does not have", FIRST("\x15\x04\x01\x00"), SERVICE_UNKNOWN },
    { "MySQL",
      FIRST("\x4a\x00\x00\x00\x0a"
            "8.0.36\x00"),
      SERVICE_MYSQL },
    { "MySQL with a length that looks like a digit",
      FIRST("5\x00\x00\x00\x0a"
            "5.5.5-10.11.6-MariaDB"),
      SERVICE_MYSQL },
    { "MySQL that refuses this host", FIRST("\x45\x00\x00\x00\xff\x6a\x04Host '192.0.2.1' is not allowed"),
      SERVICE_MYSQL },
    { "a word", FIRST("hello\r\n"), SERVICE_UNKNOWN },
    { "four digits", FIRST("2200 x\r\n"), SERVICE_UNKNOWN },
    { "a NUL behind a code", FIRST("220\0x\r\n"), SERVICE_UNKNOWN },
    { "noise", FIRST("\xff\xfe\x00\x01"), SERVICE_UNKNOWN },
};

START_TEST(a_service_is_known_by_its_first_bytes)
{
    const struct guess_case *c = &guess_cases[_i];
    enum service service = guess_service(c->first);

    ck_assert_msg(service == c->service, "%s: %s", c->says, service_word(service));
}
END_TEST

/* What has no form of a reply is told by a prefix, and a prefix may come in pieces. */
START_TEST(a_name_once_given_is_kept_and_what_may_still_be_named_says_so)
{
    const struct guess_case *c = &guess_cases[_i];
    enum service before = SERVICE_UNKNOWN;

    if (c->service == SERVICE_SMTP || c->service == SERVICE_FTP || c->service == SERVICE_NNTP)
        return;
    for (size_t n = 1; n <= c->first.len; n++) {
        struct peer_text first = { c->first.bytes, n };
        enum service service = guess_service(first);

        ck_assert_msg(before == SERVICE_UNKNOWN || service == before, "%s: %zu bytes", c->says, n);
        ck_assert_msg(c->service == SERVICE_UNKNOWN || service != SERVICE_UNKNOWN || guess_undecided(first),
                      "%s: given up at %zu bytes", c->says, n);
        ck_assert(service == SERVICE_UNKNOWN || !guess_undecided(first));
        before = service;
    }
}
END_TEST

START_TEST(what_can_be_nothing_known_is_decided_at_once)
{
    ck_assert(!guess_undecided(peer_text_of("hello")));
    ck_assert(!guess_undecided(peer_text_of("HTTQ")));
    ck_assert(!guess_undecided(peer_text_of("220")));
    ck_assert(guess_undecided(peer_text_of("HTT")));
    ck_assert(guess_undecided(peer_text_of("* ")));
    ck_assert(guess_undecided(peer_text_of("")) == false);
}
END_TEST

START_TEST(only_the_first_bytes_count)
{
    char bytes[2 * PEER_RAW_MAX];

    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "220", 3);
    memcpy(bytes + PEER_RAW_MAX, "vsFTPd", 6);
    ck_assert_int_eq(guess_service((struct peer_text){ bytes, sizeof bytes }), SERVICE_SMTP);
    memcpy(bytes + PEER_RAW_MAX - 6, "vsFTPd", 6);
    ck_assert_int_eq(guess_service((struct peer_text){ bytes, sizeof bytes }), SERVICE_FTP);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("guess");

    tcase_add_loop_test(t, a_service_is_known_by_its_first_bytes, 0, COUNT(guess_cases));
    tcase_add_loop_test(t, a_name_once_given_is_kept_and_what_may_still_be_named_says_so, 0,
                        COUNT(guess_cases));
    tcase_add_test(t, what_can_be_nothing_known_is_decided_at_once);
    tcase_add_test(t, only_the_first_bytes_count);
    return unit_run("guess", &t, 1);
}
