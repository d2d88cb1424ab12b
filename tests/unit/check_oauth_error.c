#include "smtp/oauth_error.h"

#include <string.h>

#include "unit.h"

static const struct error_case {
    const char *says, *json;
    bool known;
    const char *status, *schemes, *scope, *configuration;
} error_cases[] = {
    { "Google's", "{\"status\":\"401\",\"schemes\":\"bearer mac\",\"scope\":\"https://mail.google.com/\"}",
      true,
      "401", "bearer mac", "https://mail.google.com/", "" },
    { "RFC 7628 section 3.2.2",
      "{\"status\":\"invalid_token\",\"scope\":\"example_scope\","
      "\"openid-configuration\":\"https://example.com/.well-known/openid-configuration\"}",
      true, "invalid_token", "", "example_scope", "https://example.com/.well-known/openid-configuration" },
    { "a status as a number", "{\"status\":400}", true, "400", "", "", "" },
    { "an empty object", "{}", true, "", "", "", "" },
    { "values of other kinds", "{\"status\":[1],\"scope\":null,\"schemes\":{\"a\":1}}", true, "", "", "",
      "" },
    { "a list", "[\"status\"]", false, "", "", "", "" },
    { "words", "go away", false, "", "", "", "" },
    { "something behind it", "{} x", false, "", "", "", "" },
    { "no UTF-8", "{\"status\":\"\xff\"}", false, "", "", "", "" },
    { "an escaped NUL", "{\"status\":\"a\\u0000b\"}", false, "", "", "", "" },
    { "nothing", "", false, "", "", "", "" },
};

START_TEST(an_error_is_read_as_far_as_it_is_one)
{
    const struct error_case *c = &error_cases[_i];
    struct arena *a = arena_new(1 << 16);
    struct oauth_error e;

    ck_assert_msg(oauth_error_read(&e, a, peer_text_of(c->json)), "%s", c->says);
    ck_assert_msg(e.known == c->known, "%s", c->says);
    ck_assert_msg(peer_text_equal(e.status, peer_text_of(c->status)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.schemes, peer_text_of(c->schemes)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.scope, peer_text_of(c->scope)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.openid_configuration, peer_text_of(c->configuration)), "%s", c->says);
    arena_free(a);
}
END_TEST

START_TEST(of_a_long_text_the_beginning_is_kept)
{
    struct arena *a = arena_new(1 << 16);
    char json[8192] = "{\"scope\":\"";
    struct oauth_error e;

    memset(json + strlen(json), 'x', 8000);
    strcat(json, "\"}");
    ck_assert(oauth_error_read(&e, a, peer_text_of(json)));
    ck_assert_uint_eq(e.scope.len, OAUTH_TEXT_MAX);
    arena_free(a);
}
END_TEST

START_TEST(brackets_without_end_are_no_error_of_ours)
{
    struct arena *a = arena_new(1 << 16);
    struct oauth_error e;
    char json[12288];

    memset(json, '[', sizeof json);
    ck_assert(oauth_error_read(&e, a, (struct peer_text){ .bytes = json, .len = sizeof json }));
    ck_assert(!e.known);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("oauth_error");

    tcase_add_loop_test(t, an_error_is_read_as_far_as_it_is_one, 0,
                        sizeof error_cases / sizeof error_cases[0]);
    tcase_add_test(t, of_a_long_text_the_beginning_is_kept);
    tcase_add_test(t, brackets_without_end_are_no_error_of_ours);
    return unit_run("oauth_error", &t, 1);
}
