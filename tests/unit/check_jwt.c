#include "smtp/jwt.h"

#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "unit.h"

static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";

static void put_part(struct buf *out, const char *bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = strlen(bytes);

    for (size_t i = 0; i < n; i += 3) {
        unsigned long three = 0;

        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < n ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4 && i + k <= n; k++)
            buf_put_char(out, letters[three >> (18 - 6 * k) & 63]);
    }
}

static struct token_facts read_bytes(struct arena *a, struct peer_text token)
{
    struct token_facts facts;
    char *exact = malloc(token.len + 1); /* a sanitizer sees one byte read too many */
    size_t len = token.len;

    memcpy(exact + 1, token.bytes, len);
    ck_assert(jwt_read(&facts, a, (struct peer_text){ .bytes = exact + 1, .len = len }));
    memset(exact, 'x', len + 1); /* nothing refers to the token */
    free(exact);
    return facts;
}

static struct token_facts read_token(struct arena *a, const char *header, const char *claims)
{
    struct buf token;
    struct token_facts facts;

    buf_init(&token, SECRET_TOKEN_MAX);
    put_part(&token, header);
    buf_put_char(&token, '.');
    put_part(&token, claims);
    buf_put_string(&token, ".c2lnbmF0dXJl");
    facts = read_bytes(a, (struct peer_text){ .bytes = token.bytes, .len = token.len });
    buf_done(&token);
    return facts;
}

START_TEST(the_claims_of_a_token_of_microsoft_are_told)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f = read_token(a, head,
        "{\"aud\":\"https://outlook.office365.com\",\"iss\":\"https://sts.windows.net/1/\",\"iat\":1700000000,"
        "\"nbf\":1700000001,\"exp\":1700003600.5,\"scp\":\"IMAP.AccessAsUser.All SMTP.Send\",\"sub\":\"x9\","
        "\"unique_name\":\"second@contoso.example\",\"upn\":\"first@contoso.example\"}");

    ck_assert(f.is_jwt);
    ck_assert(peer_text_equal(f.audience, PEER_TEXT_LITERAL("https://outlook.office365.com")));
    ck_assert(peer_text_equal(f.issuer, PEER_TEXT_LITERAL("https://sts.windows.net/1/")));
    ck_assert(peer_text_equal(f.scopes, PEER_TEXT_LITERAL("IMAP.AccessAsUser.All SMTP.Send")));
    ck_assert(peer_text_equal(f.user, PEER_TEXT_LITERAL("first@contoso.example")));
    ck_assert_uint_eq(f.roles.len, 0);
    ck_assert_int_eq(f.issued_s, 1700000000);
    ck_assert_int_eq(f.not_before_s, 1700000001);
    ck_assert_int_eq(f.expires_s, 1700003600);
    arena_free(a);
}
END_TEST

START_TEST(lists_are_joined_and_what_is_no_text_is_left_out)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f = read_token(a, head,
        "{\"aud\":[\"one\",2,\"\",\"two\"],\"scope\":[\"a\",\"b\"],\"roles\":[\"SMTP.SendAsApp\"],\"exp\":\"soon\","
        "\"nbf\":-1,\"iat\":1e300,\"upn\":7,\"email\":\"u\\u0000\\u202e@example.com\"}");

    ck_assert(f.is_jwt);
    ck_assert(peer_text_equal(f.audience, PEER_TEXT_LITERAL("one two")));
    ck_assert(peer_text_equal(f.scopes, PEER_TEXT_LITERAL("a b")));
    ck_assert(peer_text_equal(f.roles, PEER_TEXT_LITERAL("SMTP.SendAsApp")));
    ck_assert(peer_text_equal(f.user, PEER_TEXT_LITERAL("u\0\xe2\x80\xae@example.com")));
    ck_assert_int_eq(f.expires_s, -1);
    ck_assert_int_eq(f.not_before_s, -1);
    ck_assert_int_eq(f.issued_s, -1);
    arena_free(a);
}
END_TEST

static const char *const user_claims[] = { "upn", "preferred_username", "email", "unique_name", "sub" };

START_TEST(the_best_name_of_the_user_is_taken)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f;
    struct buf claims;

    buf_init(&claims, 1000);
    buf_put_string(&claims, "{\"x\":1");
    for (int i = 4; i >= _i; i--)
        buf_printf(&claims, ",\"%s\":\"%s\"", user_claims[i], user_claims[i]);
    buf_put_char(&claims, '}');
    f = read_token(a, head, buf_borrow(&claims));
    ck_assert(peer_text_equal(f.user, peer_text_of(user_claims[_i])));
    buf_done(&claims);
    arena_free(a);
}
END_TEST

static const struct opaque_case {
    const char *says, *token;
} opaque_cases[] = {
    { "Google's", "ya29.a0AfH6SMBx.xyz" },
    { "one word", "EwBwA8l6BAAU" },
    { "empty parts", ".." },
    { "two parts", "eyJhbGciOiJub25lIn0.e30" },
    { "five parts are encrypted (RFC 7516)", "eyJhbGciOiJub25lIn0.e30.a.b.c" },
    { "a header without alg", "e30.e30." },
    { "a payload that is an array", "eyJhbGciOiJub25lIn0.W10." },
    { "padding (RFC 7515 section 2)", "eyJhbGciOiJub25lIn0=.e30=." },
    { "the other alphabet", "eyJhbGciOiJub25lIn0.e30.a+/" },
    { "a length that base64 cannot have", "eyJhbGciOiJub25lIn0.e30ab." },
    { "no JSON", "eyJhbGciOiJub25lIn0.YWJj." },
};

START_TEST(any_other_token_is_opaque)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f = read_bytes(a, peer_text_of(opaque_cases[_i].token));

    ck_assert_msg(!f.is_jwt && f.expires_s == -1 && f.user.len == 0, "%s", opaque_cases[_i].says);
    arena_free(a);
}
END_TEST

START_TEST(a_token_without_claims_and_signature_is_one)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f = read_bytes(a, PEER_TEXT_LITERAL("eyJhbGciOiJub25lIn0.e30."));

    ck_assert(f.is_jwt);
    ck_assert_uint_eq(f.user.len + f.audience.len + f.scopes.len, 0);
    ck_assert_int_eq(f.expires_s, -1);
    arena_free(a);
}
END_TEST

START_TEST(claims_are_kept_up_to_their_bounds)
{
    struct arena *a = arena_new(1 << 20);
    struct token_facts f;
    struct buf claims;

    buf_init(&claims, 1 << 16);
    buf_put_string(&claims, "{\"scp\":[\"first\"");
    for (int i = 0; i < 2000; i++)
        buf_put_string(&claims, ",\"12345678\"");
    buf_put_string(&claims, "],\"iss\":\"");
    for (int i = 0; i < 1000; i++)
        buf_put_char(&claims, 'i');
    buf_put_string(&claims, "\"}");
    f = read_token(a, head, buf_borrow(&claims));
    ck_assert(f.is_jwt);
    ck_assert_uint_le(f.scopes.len, TOKEN_SCOPES_MAX);
    ck_assert_uint_ge(f.scopes.len, TOKEN_SCOPES_MAX - 9);
    ck_assert_int_eq(f.scopes.bytes[f.scopes.len - 1], '8'); /* no scope in halves */
    ck_assert_uint_eq(f.issuer.len, TOKEN_CLAIM_MAX);
    buf_done(&claims);
    arena_free(a);
}
END_TEST

START_TEST(arrays_in_arrays_do_no_harm)
{
    struct arena *a = arena_new(1 << 20);
    struct buf claims;

    buf_init(&claims, 1 << 16);
    buf_put_string(&claims, "{\"aud\":");
    for (int i = 0; i < 30000; i++)
        buf_put_char(&claims, '[');
    ck_assert(!read_token(a, head, buf_borrow(&claims)).is_jwt);
    buf_done(&claims);
    arena_free(a);
}
END_TEST

START_TEST(without_memory_it_says_so)
{
    struct arena *a = arena_new(64);
    struct token_facts f;

    ck_assert(!jwt_read(&f, a, PEER_TEXT_LITERAL("eyJhbGciOiJub25lIn0."
                                                 "eyJ1cG4iOiJhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
                                                 "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWEifQ.")));
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("jwt");

    tcase_add_test(t, the_claims_of_a_token_of_microsoft_are_told);
    tcase_add_test(t, lists_are_joined_and_what_is_no_text_is_left_out);
    tcase_add_loop_test(t, the_best_name_of_the_user_is_taken, 0, sizeof user_claims / sizeof user_claims[0]);
    tcase_add_loop_test(t, any_other_token_is_opaque, 0, sizeof opaque_cases / sizeof opaque_cases[0]);
    tcase_add_test(t, a_token_without_claims_and_signature_is_one);
    tcase_add_test(t, claims_are_kept_up_to_their_bounds);
    tcase_add_test(t, arrays_in_arrays_do_no_harm);
    tcase_add_test(t, without_memory_it_says_so);
    return unit_run("jwt", &t, 1);
}
