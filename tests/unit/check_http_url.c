#include "probe/http_url.h"

#include <string.h>

#include "unit.h"

static const struct url_case {
    const char *says, *text;
    const char *host; /* NULL: refused */
    unsigned port;
    const char *path;
} url_cases[] = {
    { "as a CA writes it", "http://ocsp.example.test", "ocsp.example.test", 80, "/" },
    { "with a path", "http://pki.example.test/a/b.crt", "pki.example.test", 80, "/a/b.crt" },
    { "with a port", "http://pki.example.test:8080/a", "pki.example.test", 8080, "/a" },
    { "with a query, and without a path (RFC 3986 3.3)", "http://pki.example.test?a=b", "pki.example.test", 80,
      "/?a=b" },
    { "scheme and host have no case (RFC 9110 4.2.3)", "HTTP://PKI.Example.TEST/A", "pki.example.test", 80,
      "/A" },
    { "an address", "http://192.0.2.1/a", "192.0.2.1", 80, "/a" },
    { "an address in brackets", "http://[2001:DB8::1]:81/a", "2001:db8::1", 81, "/a" },
    { "another scheme", "https://pki.example.test/", NULL, 0, NULL },
    { "a directory", "ldap://pki.example.test/", NULL, 0, NULL },
    { "a scheme alone", "http://", NULL, 0, NULL },
    { "no host", "http:///a", NULL, 0, NULL },
    { "a name to sign in with", "http://me@pki.example.test/", NULL, 0, NULL },
    { "a password", "http://me:secret@pki.example.test/", NULL, 0, NULL },
    { "a fragment", "http://pki.example.test/#a", NULL, 0, NULL },
    { "port 0", "http://pki.example.test:0/", NULL, 0, NULL },
    { "port 65536", "http://pki.example.test:65536/", NULL, 0, NULL },
    { "an empty port", "http://pki.example.test:/", NULL, 0, NULL },
    { "two ports", "http://pki.example.test:80:81/", NULL, 0, NULL },
    { "a blank", "http://pki.example.test/a b", NULL, 0, NULL },
    { "a line end", "http://pki.example.test/a\r\nHost: b", NULL, 0, NULL },
    { "a blank in front", " http://pki.example.test/", NULL, 0, NULL },
    { "a letter that is no ASCII", "http://pki.example.test/\xc3\xa9", NULL, 0, NULL },
    { "brackets that stay open", "http://[2001:db8::1/", NULL, 0, NULL },
    { "an interface of this machine", "http://[fe80::1%lo]/", NULL, 0, NULL },
    { "IPv6 without brackets", "http://2001:db8::1/", NULL, 0, NULL },
    { "a percent sign in the host", "http://%31.example.test/", NULL, 0, NULL },
    { "a backslash in the host", "http://a.test\\b.test/", NULL, 0, NULL },
    { "a dot alone", "http://./", NULL, 0, NULL },
    { "nothing", "", NULL, 0, NULL },
};

START_TEST(a_url_is_read_into_its_parts)
{
    const struct url_case *c = &url_cases[_i];
    struct http_url u = { .host = "" };
    bool read = http_url_read(&u, peer_text_of(c->text));

    ck_assert_msg(read == (c->host != NULL), "%s", c->says);
    if (!read)
        return;
    ck_assert_msg(strcmp(u.host, c->host) == 0 && u.port == c->port && strcmp(u.path, c->path) == 0,
                  "%s: %s %u %s", c->says, u.host, u.port, u.path);
}
END_TEST

START_TEST(a_zero_byte_does_not_end_it)
{
    static const char text[] = "http://a.test/\0@b.test/";
    struct http_url u;

    ck_assert(!http_url_read(&u, (struct peer_text){ text, sizeof text - 1 }));
}
END_TEST

START_TEST(it_is_no_longer_than_the_ceiling)
{
    char text[HTTP_URL_MAX + 2] = "http://a.test/";
    struct http_url u;

    memset(text + strlen(text), 'x', sizeof text - 1 - strlen(text));
    ck_assert(!http_url_read(&u, (struct peer_text){ text, HTTP_URL_MAX + 1 }));
    ck_assert(http_url_read(&u, (struct peer_text){ text, HTTP_URL_MAX }));
    ck_assert_uint_eq(strlen(u.path), HTTP_URL_MAX - strlen("http://a.test"));
    memset(text + 7, 'a', HTTP_HOST_SIZE);
    ck_assert(!http_url_read(&u, (struct peer_text){ text, 7 + HTTP_HOST_SIZE }));
    ck_assert(http_url_read(&u, (struct peer_text){ text, 7 + HTTP_HOST_SIZE - 1 }));
}
END_TEST

START_TEST(its_parts_make_the_same_url_again)
{
    static const char *const urls[] = {
        "http://a.test/b?c", "http://a.test:8080/", "http://[2001:db8::1]/", "http://[2001:db8::1]:81/b",
    };

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct http_url u;
        struct buf out;

        buf_init(&out, 2 * HTTP_URL_MAX);
        ck_assert(http_url_read(&u, peer_text_of(urls[i])) && http_url_put(&out, u.host, u.port, u.path));
        ck_assert_str_eq(buf_borrow(&out), urls[i]);
        buf_done(&out);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("http_url");

    tcase_add_loop_test(t, a_url_is_read_into_its_parts, 0, sizeof url_cases / sizeof url_cases[0]);
    tcase_add_test(t, a_zero_byte_does_not_end_it);
    tcase_add_test(t, it_is_no_longer_than_the_ceiling);
    tcase_add_test(t, its_parts_make_the_same_url_again);
    return unit_run("http_url", &t, 1);
}
