#include "base/secret.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

enum { ARENA = 4 << 20 };

static struct secret *secret_of(enum secret_kind kind, struct peer_text bytes)
{
    struct secret *s = NULL;

    ck_assert(secret_new(&s, kind, bytes.bytes, bytes.len, NULL));
    return s;
}

static struct peer_text mask(struct arena *a, struct peer_text secret, const char *user, struct peer_text text)
{
    struct secret *s = secret_of(SECRET_PASSWORD, secret);
    struct peer_text ret = { 0 };
    /* A copy of its exact size, so that a sanitizer sees one byte read too many. */
    char *exact = malloc(text.len == 0 ? 1 : text.len);

    if (text.len > 0)
        memcpy(exact, text.bytes, text.len);
    ck_assert(secret_mask(&ret, s, peer_text_of(user), a, (struct peer_text){ .bytes = exact, .len = text.len }));
    free(exact);
    secret_free(s);
    return ret;
}

static void put_base64(struct buf *out, const char *bytes, size_t n, bool url_safe)
{
    const char *letters = url_safe ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                                   : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        unsigned long three = 0;

        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < n ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_put_char(out, i + k > n ? '=' : letters[three >> (18 - 6 * k) & 63]);
    }
}

static bool contains(struct peer_text t, const char *bytes, size_t n)
{
    return n > 0 && memmem(t.bytes, t.len, bytes, n) != NULL;
}

#define LONG \
    "535 5.7.8 The name or the password was not accepted by this server, which would like you to know, at length, that " \
    "you may have mistyped your"

static const struct mask_case {
    const char *says, *secret, *text, *masked;
} mask_cases[] = {
    { "plain", "correct horse", "bad password 'correct horse' for joe", "bad password '[secret]' for joe" },
    { "nothing of it", "correct horse", "535 5.7.8 Bad credentials", "535 5.7.8 Bad credentials" },
    { "twice", "hunter22", "hunter22 hunter22", "[secret] [secret]" },
    { "another case is another word", "hunter22", "Hunter22", "Hunter22" },
    { "percent-encoded in parts", "p\xc3\xa4ss/word", "x?p=p%C3%a4ss%2fword&y", "x?p=[secret]&y" },
    { "every byte percent-encoded", "hunter22", "%68%75%6e%74%65%72%32%32", "[secret]" },
    { "as a form has it", "two words", "p=two+words&q", "p=[secret]&q" },
    { "what looks like percent-encoding may be the secret itself", "ab%41cd", "is ab%41cd", "is [secret]" },
    { "base64 by itself", "hunter22", "got aHVudGVyMjI= now", "got [secret]= now" },
    { "base64 folded", "hunter22", "got aHVu\r\n dGVyMjI= now", "got [secret]= now" },
    { "base64 in the alphabet of URLs", ">>>?\?\?>>", "_ Pj4-Pz8_Pj4", "_ [secret]" },
    { "base64 with percent-encoded letters", ">>>?\?\?>>", "Pj4%2bPz8%2FPj4%3D", "[secret]%3D" },
    { "an app password without its blanks", "abcd efgh ijkl mnop", "is abcdefghijklmnop", "is [secret]" },
    { "plain, folded", "abcdefghijklmnop", "is abcdefgh\r\nijklmnop", "is [secret]" },
    { "cut inside", "hun7er22", "you sent hun7e", "you sent [secret]" },
    { "cut after four bytes", "hun7er22", "you sent hun7", "you sent [secret]" },
    { "three bytes tell nothing", "hun7er22", "you sent hun", "you sent hun" },
    { "a word at the end of a short text was not cut", "password1", "535 Wrong name or password",
      "535 Wrong name or password" },
    { "a long text may be cut inside a word", "password1", LONG " password", LONG " [secret]" },
    { "cut inside base64", "hunter22", "you sent aHVudG", "you sent [secret]" },
    { "cut inside a percent-encoded byte", "hun7er22", "p=hun7%65%7", "p=[secret]" },
    { "a long part of a long one", "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9", "token eyJhbGciOiJSUzI1NiIs... is bad",
      "token [secret]... is bad" },
    { "its words are no sight of it", "my authentication", "535 authentication failed", "535 authentication failed" },
    { "three bytes, and the whole text goes", "abc", "you said abc, no", "[secret]" },
    { "one byte", "x", "exact", "[secret]" },
    { "one byte that is not there", "q", "5.7.8 no", "5.7.8 no" },
    { "one byte, as LOGIN sends it", "x", "got eA==", "[secret]" },
    { "three bytes in base64", "abc", "got QUFhYmM=, YWJj", "[secret]" },
    { "no secret", "", "535 5.7.8 Bad credentials", "535 5.7.8 Bad credentials" },
};

START_TEST(a_secret_is_masked_in_a_text)
{
    const struct mask_case *c = &mask_cases[_i];
    struct arena *a = arena_new(ARENA);
    struct peer_text masked = mask(a, peer_text_of(c->secret), "joe", peer_text_of(c->text));

    ck_assert_msg(peer_text_equal(masked, peer_text_of(c->masked)), "%s: '%.*s'", c->says, (int)masked.len,
                  masked.bytes);
    arena_free(a);
}
END_TEST

/* What no neighbouring byte can change in it must be gone, and so must the characters that share bits with one. */
START_TEST(base64_is_masked_at_every_place_for_every_length)
{
    static const char pool[] = "p\xe3\x83\x91ss>>w??rd 0123456789";

    for (size_t n = 4; n < sizeof pool; n++) {
        for (size_t before = 0; before < 7; before++) {
            for (size_t after = 0; after < 4; after++) {
                struct arena *a = arena_new(ARENA);
                struct buf message, encoded;
                struct peer_text masked;
                size_t kept;

                buf_init(&message, 100);
                buf_init(&encoded, 200);
                buf_put(&message, "\0\xffuser\0", before);
                buf_put(&message, pool, n);
                buf_put(&message, "\1\1zz", after);
                put_base64(&encoded, message.bytes, message.len, (n + before) % 2 == 0);
                masked = mask(a, (struct peer_text){ .bytes = pool, .len = n }, "user",
                              peer_text_of(buf_borrow(&encoded)));
                ck_assert_msg(contains(masked, SECRET_MASK, 8), "%zu bytes behind %zu", n, before);
                kept = masked.len - 8;
                ck_assert_msg(kept <= 8 * before / 6 + (8 * after + 7) / 6 + 2, "%zu behind %zu before %zu: %.*s", n,
                              before, after, (int)masked.len, masked.bytes);
                buf_done(&message);
                buf_done(&encoded);
                arena_free(a);
            }
        }
    }
}
END_TEST

START_TEST(what_plain_and_xoauth2_send_is_masked)
{
    static const char plain[] = "\0joe@example.com\0s3cret-of-joe";
    static const char bearer[] = "user=joe@example.com\1auth=Bearer ya29.a0AfH6SMBx\1\1";
    struct arena *a = arena_new(ARENA);
    struct buf encoded;
    struct peer_text masked;

    buf_init(&encoded, 200);
    put_base64(&encoded, plain, sizeof plain - 1, false);
    masked = mask(a, PEER_TEXT_LITERAL("s3cret-of-joe"), "joe@example.com", peer_text_of(buf_borrow(&encoded)));
    ck_assert(contains(masked, SECRET_MASK, 8));
    buf_clear(&encoded);
    put_base64(&encoded, bearer, sizeof bearer - 1, false);
    masked = mask(a, PEER_TEXT_LITERAL("ya29.a0AfH6SMBx"), "joe@example.com", peer_text_of(buf_borrow(&encoded)));
    ck_assert(contains(masked, SECRET_MASK, 8));
    buf_clear(&encoded);
    put_base64(&encoded, "\0joe\0x", 6, false);
    masked = mask(a, PEER_TEXT_LITERAL("x"), "joe", peer_text_of(buf_borrow(&encoded)));
    ck_assert(peer_text_equal(masked, PEER_TEXT_LITERAL(SECRET_MASK)));
    buf_done(&encoded);
    arena_free(a);
}
END_TEST

/* Wherever the end falls: four bytes of it are not left in plain, nor four characters in base64. */
START_TEST(a_text_cut_anywhere_keeps_no_four_bytes_of_it)
{
    static const char secret[] = "Zq7#kLw9!vRt2";
    static const char text[] = "no: Zq7#kLw9!vRt2, WnE3I2tMdzkhdlJ0Mg==, Zq7%23kLw9%21vRt2";

    for (size_t n = 0; n < sizeof text; n++) {
        struct arena *a = arena_new(ARENA);
        struct peer_text masked = mask(a, PEER_TEXT_LITERAL("Zq7#kLw9!vRt2"), "joe",
                                       (struct peer_text){ .bytes = text, .len = n });

        for (size_t at = 0; at + 4 < sizeof secret; at++)
            ck_assert_msg(!contains(masked, secret + at, 4), "%.*s", (int)masked.len, masked.bytes);
        ck_assert(!contains(masked, "WnE3I", 5));
        arena_free(a);
    }
}
END_TEST

/* Of a text that is known to be cut nothing at all is left of a secret that began at its end. */
START_TEST(a_text_known_to_be_cut_keeps_no_byte_of_it)
{
    static const char *const written[] = { "Zq7#kLw9!vRt2", "WnE3I2tMdzkhdlJ0Mg==", "%5a%71%37%23%6b%4c%77%39",
                                           "W%6e%45%33%49%32%74%4d", "Zq\r\n 7\r\n #kLw9" };
    struct secret *s = secret_of(SECRET_PASSWORD, PEER_TEXT_LITERAL("Zq7#kLw9!vRt2"));

    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        for (size_t n = 1; n <= strlen(written[i]); n++) {
            struct arena *a = arena_new(ARENA);
            struct peer_text masked = { 0 };
            char text[128];
            int before = snprintf(text, sizeof text, "535 5.7.8 you are not let in with ");

            memcpy(text + before, written[i], n);
            ck_assert(secret_mask_cut(&masked, s, (struct peer_text){ 0 }, a,
                                      (struct peer_text){ .bytes = text, .len = (size_t)before + n }));
            ck_assert_uint_ge(masked.len, 16);
            ck_assert_msg(masked.bytes[masked.len - 1] == ']' || masked.len <= (size_t)before, "%.*s", (int)masked.len,
                          masked.bytes);
            arena_free(a);
        }
    }
    secret_free(s);
}
END_TEST

/* The worst that a server and a token can be: both long, and the same over and over. */
START_TEST(the_longest_text_and_token_take_no_long_time)
{
    struct arena *a = arena_new(ARENA);
    size_t n = SECRET_TOKEN_MAX;
    char *token = malloc(n);
    char *text = malloc(n);
    struct secret *s = NULL;
    struct peer_text masked = { 0 };

    memset(token, 'a', n);
    memset(text, 'a', n);
    token[n - 1] = 'b';
    ck_assert(secret_new(&s, SECRET_TOKEN, token, n, NULL));
    ck_assert(secret_mask(&masked, s, (struct peer_text){ 0 }, a, (struct peer_text){ .bytes = text, .len = n }));
    ck_assert(peer_text_equal(masked, PEER_TEXT_LITERAL(SECRET_MASK)));
    secret_free(s);
    free(token);
    free(text);
    arena_free(a);
}
END_TEST

START_TEST(a_text_of_any_bytes_is_left_as_it_is)
{
    struct arena *a = arena_new(ARENA);
    struct peer_text text = PEER_TEXT_LITERAL("a\0%%%4\xff\r\n%");

    ck_assert(peer_text_equal(mask(a, PEER_TEXT_LITERAL("hunter22"), "joe", text), text));
    ck_assert(peer_text_equal(mask(a, PEER_TEXT_LITERAL("hunter22"), "joe", PEER_TEXT_LITERAL("%")),
                              PEER_TEXT_LITERAL("%")));
    ck_assert_uint_eq(mask(a, PEER_TEXT_LITERAL("hunter22"), "joe", (struct peer_text){ 0 }).len, 0);
    arena_free(a);
}
END_TEST

START_TEST(without_memory_nothing_is_given)
{
    struct arena *a = arena_new(16);
    struct secret *s = secret_of(SECRET_PASSWORD, PEER_TEXT_LITERAL("hunter22"));
    struct peer_text masked = { 0 };

    ck_assert_ptr_nonnull(arena_alloc(a, 16, 1));
    ck_assert(!secret_mask(&masked, s, (struct peer_text){ 0 }, a, PEER_TEXT_LITERAL("it is hunter22 and more")));
    ck_assert_uint_eq(masked.len, 0);
    secret_free(s);
    arena_free(a);
}
END_TEST

START_TEST(a_secret_is_kept_as_given_and_not_past_its_bounds)
{
    struct secret *s = secret_of(SECRET_TOKEN, PEER_TEXT_LITERAL(" a\0b\n"));
    struct err err = { 0 };
    char *big = calloc(1, SECRET_TOKEN_MAX + 1);
    size_t n;

    ck_assert_int_eq(memcmp(secret_bytes(s, &n), " a\0b\n", 5), 0);
    ck_assert_uint_eq(n, 5);
    ck_assert_int_eq(secret_kind(s), SECRET_TOKEN);
    ck_assert_ptr_null(secret_free(s));
    ck_assert_ptr_null(secret_free(NULL));
    ck_assert(!secret_new(&s, SECRET_PASSWORD, big, SECRET_PASSWORD_MAX + 1, &err));
    ck_assert_int_eq(err.kind, ERR_LIMIT);
    ck_assert(!secret_new(&s, SECRET_TOKEN, big, SECRET_TOKEN_MAX + 1, NULL));
    ck_assert(secret_new(&s, SECRET_PASSWORD, big, SECRET_PASSWORD_MAX, NULL));
    secret_free(s);
    free(big);
}
END_TEST

/* The line of /proc/self/smaps that tells how the pages of an address are kept. */
static bool pages_have(const void *at, const char *flag)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool here = false;
    bool found = false;

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = (uintptr_t)at >= from && (uintptr_t)at < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    if (maps != NULL)
        fclose(maps);
    return found;
}

START_TEST(its_memory_stands_in_no_dump_and_in_no_child)
{
    struct secret *s = secret_of(SECRET_PASSWORD, PEER_TEXT_LITERAL("hunter22"));
    size_t n;
    const char *bytes = secret_bytes(s, &n);
    int status = 0;
    pid_t child;

    ck_assert(pages_have(bytes, " dd"));
    child = fork();
    if (child == 0)
        _exit(bytes[0] == '\0' && bytes[7] == '\0' ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    secret_free(s);
}
END_TEST

START_TEST(a_buffer_reserved_at_once_does_not_move)
{
    struct buf b;
    const char *before;

    buf_init(&b, 4000);
    ck_assert(buf_reserve(&b, 4000));
    before = b.bytes;
    for (int i = 0; i < 4000; i++)
        ck_assert(buf_put_char(&b, 'x'));
    ck_assert_ptr_eq(b.bytes, before);
    secret_wipe_buf(&b);
    ck_assert_ptr_null(b.bytes);
    secret_wipe_buf(&b);
}
END_TEST

static const struct form_case {
    const char *says, *bytes;
    struct secret_form form;
} form_cases[] = {
    { "nothing to say", "hunter22", { 0 } },
    { "empty", "", { .empty = true } },
    { "blank in front", " hunter22", { .blank_at_start = true } },
    { "blank behind", "hunter22\t", { .blank_at_end = true } },
    { "blank inside", "two words", { 0 } },
    { "a blank alone", " ", { .blank_at_start = true, .blank_at_end = true } },
    { "an ideographic space behind", "hunter22\xe3\x80\x80", { .blank_at_end = true, .non_ascii = true } },
    { "a no-break space in front", "\xc2\xa0x", { .blank_at_start = true, .non_ascii = true } },
    { "a line end", "hunter22\n", { .line_end = true } },
    { "a line end behind a blank", "hunter22 \r\n", { .line_end = true, .blank_at_end = true } },
    { "a line end inside", "a\nb", { .control = true } },
    { "sixteen letters in groups", "abcd efgh ijkl mnop", { .app_password_groups = true } },
    { "with blanks around", " abcd efgh ijkl mnop ",
      { .app_password_groups = true, .blank_at_start = true, .blank_at_end = true } },
    { "as a page gives them", "abcd\xc2\xa0" "efgh\xc2\xa0ijkl\xc2\xa0mnop",
      { .app_password_groups = true, .non_ascii = true } },
    { "other groups", "abc defgh ijkl mnop", { 0 } },
    { "a digit among them", "abcd efgh ijk1 mnop", { 0 } },
    { "five groups", "abcd efgh ijkl mnop qrst", { 0 } },
    { "sixteen letters alone", "abcdefghijklmnop", { .app_password_letters = true } },
    { "capitals are a password of one's own", "Abcdefghijklmnop", { 0 } },
    { "fifteen letters", "abcdefghijklmno", { 0 } },
    { "with hyphens", "abcd-efgh-ijkl-mnop", { .app_password_hyphens = true } },
    { "hyphens and blanks", "abcd-efgh ijkl-mnop", { 0 } },
    { "not ASCII", "p\xc3\xa4ss", { .non_ascii = true } },
    { "no UTF-8 at all", "p\xe4ss", { .non_ascii = true } },
    { "a zero-width space", "ab\xe2\x80\x8b" "cd", { .non_ascii = true, .invisible = true } },
    { "a byte order mark", "\xef\xbb\xbf" "abcd", { .non_ascii = true, .invisible = true } },
    { "a control character", "ab\x7f", { .control = true } },
};

START_TEST(a_form_is_told_without_the_bytes)
{
    const struct form_case *c = &form_cases[_i];
    struct secret_form form = secret_look(peer_text_of(c->bytes));

    ck_assert_msg(form.empty == c->form.empty, "%s: empty", c->says);
    ck_assert_msg(form.blank_at_start == c->form.blank_at_start, "%s: blank_at_start", c->says);
    ck_assert_msg(form.blank_at_end == c->form.blank_at_end, "%s: blank_at_end", c->says);
    ck_assert_msg(form.line_end == c->form.line_end, "%s: line_end", c->says);
    ck_assert_msg(form.app_password_groups == c->form.app_password_groups, "%s: groups", c->says);
    ck_assert_msg(form.app_password_letters == c->form.app_password_letters, "%s: letters", c->says);
    ck_assert_msg(form.app_password_hyphens == c->form.app_password_hyphens, "%s: hyphens", c->says);
    ck_assert_msg(form.non_ascii == c->form.non_ascii, "%s: non_ascii", c->says);
    ck_assert_msg(form.control == c->form.control, "%s: control", c->says);
    ck_assert_msg(form.invisible == c->form.invisible, "%s: invisible", c->says);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("secret");

    tcase_add_loop_test(t, a_secret_is_masked_in_a_text, 0, sizeof mask_cases / sizeof mask_cases[0]);
    tcase_add_test(t, base64_is_masked_at_every_place_for_every_length);
    tcase_add_test(t, what_plain_and_xoauth2_send_is_masked);
    tcase_add_test(t, a_text_cut_anywhere_keeps_no_four_bytes_of_it);
    tcase_add_test(t, a_text_known_to_be_cut_keeps_no_byte_of_it);
    tcase_add_test(t, the_longest_text_and_token_take_no_long_time);
    tcase_add_test(t, a_text_of_any_bytes_is_left_as_it_is);
    tcase_add_test(t, without_memory_nothing_is_given);
    tcase_add_test(t, a_secret_is_kept_as_given_and_not_past_its_bounds);
    tcase_add_test(t, its_memory_stands_in_no_dump_and_in_no_child);
    tcase_add_test(t, a_buffer_reserved_at_once_does_not_move);
    tcase_add_loop_test(t, a_form_is_told_without_the_bytes, 0, sizeof form_cases / sizeof form_cases[0]);
    return unit_run("secret", &t, 1);
}
