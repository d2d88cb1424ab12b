#include "smtp/oauth_error.h"

#include <string.h>

#include "unit.h"

static const struct error_case {
    const char *says, *json;
    const char *status, *schemes, *scope;
} error_cases[] = {
    { "Google's", "{\"status\":\"401\",\"schemes\":\"bearer mac\",\"scope\":\"https://mail.google.com/\"}",
      "401", "bearer mac", "https://mail.google.com/" },
    { "RFC 7628 section 3.2.2",
      "{\"status\":\"invalid_token\",\"scope\":\"example_scope\","
      "\"openid-configuration\":\"https://example.com/.well-known/openid-configuration\"}",
      "invalid_token", "", "example_scope" },
    { "a status as a number", "{\"status\":400}", "400", "", "" },
    { "an empty object", "{}", "", "", "" },
    { "values of other kinds", "{\"status\":[1],\"scope\":null,\"schemes\":{\"a\":1}}", "", "", "" },
    { "a list", "[\"status\"]", "", "", "" },
    { "words", "go away", "", "", "" },
    { "something behind it", "{\"status\":\"401\"} x", "", "", "" },
    { "no UTF-8", "{\"status\":\"\xff\"}", "", "", "" },
    { "an escaped NUL", "{\"status\":\"a\\u0000b\"}", "", "", "" },
    { "nothing", "", "", "", "" },
    { "the token", "{\"status\":\"ya29.mine\",\"schemes\":\"x\",\"scope\":\"not ya29.mine\"}", SECRET_MASK, "x",
      "not " SECRET_MASK },
    { "the token in JSON's escapes", "{\"status\":\"\\u0079\\u0061\\u00329.mine\",\"scope\":\"ya29\\u002emine\"}",
      SECRET_MASK, "", SECRET_MASK },
};

static struct secret *token(void)
{
    struct secret *s = NULL;

    ck_assert(secret_new(&s, SECRET_TOKEN, "ya29.mine", 9, NULL));
    return s;
}

static bool read_error(struct oauth_error *ret, struct arena *a, struct peer_text json)
{
    struct secret *s = token();
    bool ok = oauth_error_read(ret, a, json, s, PEER_TEXT_LITERAL("joe"));

    secret_free(s);
    return ok;
}

START_TEST(an_error_is_read_as_far_as_it_is_one)
{
    const struct error_case *c = &error_cases[_i];
    struct arena *a = arena_new(1 << 16);
    struct oauth_error e;

    ck_assert_msg(read_error(&e, a, peer_text_of(c->json)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.status, peer_text_of(c->status)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.schemes, peer_text_of(c->schemes)), "%s", c->says);
    ck_assert_msg(peer_text_equal(e.scope, peer_text_of(c->scope)), "%s", c->says);
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
    ck_assert(read_error(&e, a, peer_text_of(json)));
    ck_assert_uint_eq(e.scope.len, OAUTH_TEXT_MAX);
    arena_free(a);
}
END_TEST

/* Of a token that stands across the place of the cut nothing is left either. */
START_TEST(a_text_is_masked_before_it_is_cut)
{
    struct arena *a = arena_new(1 << 16);
    char json[1024] = "{\"scope\":\"";
    struct oauth_error e;

    memset(json + strlen(json), 'x', OAUTH_TEXT_MAX - 3);
    strcat(json, "ya29.mine\"}");
    ck_assert(read_error(&e, a, peer_text_of(json)));
    ck_assert_uint_eq(e.scope.len, OAUTH_TEXT_MAX);
    ck_assert(memcmp(e.scope.bytes + OAUTH_TEXT_MAX - 3, SECRET_MASK, 3) == 0);
    arena_free(a);
}
END_TEST

START_TEST(brackets_without_end_are_no_error_of_ours)
{
    struct arena *a = arena_new(1 << 16);
    struct oauth_error e;
    char json[12288];

    memset(json, '[', sizeof json);
    ck_assert(read_error(&e, a, (struct peer_text){ .bytes = json, .len = sizeof json }));
    ck_assert_uint_eq(e.status.len, 0);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("oauth_error");

    tcase_add_loop_test(t, an_error_is_read_as_far_as_it_is_one, 0,
                        sizeof error_cases / sizeof error_cases[0]);
    tcase_add_test(t, of_a_long_text_the_beginning_is_kept);
    tcase_add_test(t, a_text_is_masked_before_it_is_cut);
    tcase_add_test(t, brackets_without_end_are_no_error_of_ours);
    return unit_run("oauth_error", &t, 1);
}
