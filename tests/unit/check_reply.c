#include "smtp/reply.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Bytes with their length, so that a NUL may be among them. */
#define WIRE(s) (s), sizeof(s) - 1

/* Feeds cut bytes at a time until the reply ends; the number of bytes that were taken. */
static size_t feed(struct reply_reader *r, const char *wire, size_t len, size_t cut, enum reply_step *ret)
{
    size_t total = 0;

    *ret = REPLY_MORE;
    while (*ret == REPLY_MORE && total < len) {
        size_t n = len - total < cut ? len - total : cut;
        size_t taken = 0;

        *ret = reply_reader_feed(r, wire + total, n, &taken);
        total += taken;
    }
    return total;
}

static const struct reply_case {
    const char *says, *wire;
    size_t len, taken;
    enum reply_step step;
    enum reply_flaw flaw;
    unsigned code;
    const char *lines[4];
    bool bare_lf;
} reply_cases[] = {
    { "one line", WIRE("220 mx ESMTP\r\n"), 14, REPLY_WHOLE, REPLY_FINE, 220, { "mx ESMTP" }, false },
    { "last line: blank after the code (RFC 5321 4.2.1)", WIRE("250-a\r\n250 b\r\n"), 14, REPLY_WHOLE,
      REPLY_FINE, 250, { "a", "b" }, false },
    { "a code alone", WIRE("250\r\n"), 5, REPLY_WHOLE, REPLY_FINE, 250, { "" }, false },
    { "a code alone ends several lines", WIRE("250-a\r\n250\r\n"), 12, REPLY_WHOLE, REPLY_FINE, 250, { "a",
      "" }, false },
    { "a code and a blank", WIRE("250 \r\n"), 6, REPLY_WHOLE, REPLY_FINE, 250, { "" }, false },
    { "an empty line within", WIRE("250-\r\n250 b\r\n"), 13, REPLY_WHOLE, REPLY_FINE, 250, { "", "b" },
      false },
    { "LF alone ends a line", WIRE("250-a\n250 b\n"), 12, REPLY_WHOLE, REPLY_FINE, 250, { "a", "b" }, true },
    { "a code alone before LF", WIRE("250\n"), 4, REPLY_WHOLE, REPLY_FINE, 250, { "" }, true },
    { "LF alone in one line of two", WIRE("250-a\n250 b\r\n"), 13, REPLY_WHOLE, REPLY_FINE, 250, { "a",
      "b" }, true },
    { "CR CR LF ends a line", WIRE("250 a\r\r\n"), 8, REPLY_WHOLE, REPLY_FINE, 250, { "a" }, false },
    { "a code alone before CR CR LF", WIRE("250\r\r\n"), 6, REPLY_WHOLE, REPLY_FINE, 250, { "" }, false },
    { "CR within a line is text", WIRE("250 a\rb\r\n"), 9, REPLY_WHOLE, REPLY_FINE, 250, { "a\rb" }, false },
    { "bytes over 127 are text", WIRE("250 \xe6\x97\xa5\xff\r\n"), 10, REPLY_WHOLE, REPLY_FINE, 250,
      { "\xe6\x97\xa5\xff" }, false },
    { "bytes behind the reply stay", WIRE("220 go\r\n250 evil\r\n"), 8, REPLY_WHOLE, REPLY_FINE, 220,
      { "go" }, false },
    { "the reply has not ended", WIRE("250-a\r\n250 b\r"), 13, REPLY_MORE, REPLY_FINE, 250, { NULL }, false },
    { "code changes between lines", WIRE("250-a\r\n251 b\r\n"), 11, REPLY_BROKEN, REPLY_CODE_CHANGED, 250,
      { NULL }, false },
    { "code changes to a code alone", WIRE("250-a\r\n251\n"), 11, REPLY_BROKEN, REPLY_CODE_CHANGED, 250,
      { NULL }, false },
    { "no digits", WIRE("hello\r\n"), 1, REPLY_BROKEN, REPLY_NO_CODE, 0, { NULL }, false },
    { "two digits", WIRE("25 a\r\n"), 3, REPLY_BROKEN, REPLY_NO_CODE, 0, { NULL }, false },
    { "an empty line", WIRE("\r\n"), 1, REPLY_BROKEN, REPLY_NO_CODE, 0, { NULL }, false },
    { "an empty line that ends in LF", WIRE("\n"), 1, REPLY_BROKEN, REPLY_NO_CODE, 0, { NULL }, false },
    { "a second line without a code (FTP does this)", WIRE("220-a\r\n b\r\n"), 8, REPLY_BROKEN,
      REPLY_NO_CODE, 220, { NULL }, false },
    { "four digits", WIRE("2500 a\r\n"), 4, REPLY_BROKEN, REPLY_BAD_SEPARATOR, 0, { NULL }, false },
    { "a tab behind the code", WIRE("250\ta\r\n"), 4, REPLY_BROKEN, REPLY_BAD_SEPARATOR, 0, { NULL }, false },
    { "text behind code and CR", WIRE("250\ra\r\n"), 5, REPLY_BROKEN, REPLY_BAD_SEPARATOR, 250, { NULL },
      false },
    { "NUL in the text", WIRE("250 a\0b\r\n"), 6, REPLY_BROKEN, REPLY_NUL, 250, { NULL }, false },
    { "NUL in place of the separator", WIRE("250\0a\r\n"), 4, REPLY_BROKEN, REPLY_NUL, 0, { NULL }, false },
    { "NUL in place of the code", WIRE("\0\0\0\r\n"), 1, REPLY_BROKEN, REPLY_NO_CODE, 0, { NULL }, false },
};

START_TEST(a_reply_reads_the_same_however_it_is_cut)
{
    const struct reply_case *c = &reply_cases[_i];

    for (size_t cut = 1; cut <= c->len; cut++) {
        struct reply_reader r;
        enum reply_step step;
        size_t taken, n_lines = 0;

        reply_reader_init(&r);
        taken = feed(&r, c->wire, c->len, cut, &step);
        ck_assert_msg(step == c->step, "%s, cut every %zu bytes: step %d", c->says, cut, (int)step);
        ck_assert_msg(taken == c->taken, "%s, cut every %zu bytes: took %zu", c->says, cut, taken);
        ck_assert_msg(r.flaw == c->flaw, "%s, cut every %zu bytes: %s", c->says, cut,
                      reply_flaw_word(r.flaw));
        ck_assert_msg(r.reply.code == c->code, "%s: code %u", c->says, r.reply.code);
        ck_assert_msg(r.reply.bare_lf == c->bare_lf, "%s: bare LF", c->says);
        ck_assert(peer_text_equal(r.reply.whole, (struct peer_text){ c->wire, taken }));
        while (c->lines[n_lines] != NULL) {
            ck_assert_msg(n_lines < r.reply.n_lines, "%s: too few lines", c->says);
            ck_assert_msg(peer_text_equal(r.reply.lines[n_lines], peer_text_of(c->lines[n_lines])),
                          "%s: line %zu",
                          c->says, n_lines);
            n_lines++;
        }
        ck_assert_uint_eq(r.reply.n_lines, n_lines);
        reply_reader_done(&r);
    }
}
END_TEST

static const struct enhanced_case {
    const char *says, *wire;
    unsigned class, subject, detail;
} enhanced_cases[] = {
    { "a status before text", "535 5.7.8 Bad credentials\r\n", 5, 7, 8 },
    { "three digits of detail", "535 5.7.139 Basic authentication is off\r\n", 5, 7, 139 },
    { "a status alone", "250 2.1.0\r\n", 2, 1, 0 },
    { "the first line's, in several lines", "421-4.7.0 Try later\r\n421 4.7.0 (x)\r\n", 4, 7, 0 },
    { "none", "250 OK\r\n", 0, 0, 0 },
    { "none in a code alone", "250\r\n", 0, 0, 0 },
    { "a class that is not the code's (RFC 2034 section 4)", "250 5.1.1 x\r\n", 0, 0, 0 },
    { "a reply of class 3 has none", "354 3.0.0 go\r\n", 0, 0, 0 },
    { "an address is none", "220 2.0.0.1 ESMTP\r\n", 0, 0, 0 },
    { "a version is none", "220 2.0 ESMTP\r\n", 0, 0, 0 },
    { "four digits are none", "550 5.1000.1 x\r\n", 0, 0, 0 },
    { "cut off behind the dot", "550 5.7.\r\n", 0, 0, 0 },
};

START_TEST(an_enhanced_status_is_read_where_it_is_one)
{
    const struct enhanced_case *c = &enhanced_cases[_i];
    struct reply_reader r;
    enum reply_step step;

    reply_reader_init(&r);
    feed(&r, c->wire, strlen(c->wire), 1000, &step);
    ck_assert_int_eq(step, REPLY_WHOLE);
    ck_assert_msg(r.reply.enhanced.class == c->class && r.reply.enhanced.subject == c->subject &&
                      r.reply.enhanced.detail == c->detail,
                  "%s: %u.%u.%u", c->says, r.reply.enhanced.class, r.reply.enhanced.subject,
                  r.reply.enhanced.detail);
    reply_reader_done(&r);
}
END_TEST

/* n copies of piece, with tail behind them. */
static char *repeat(const char *piece, size_t n, const char *tail, size_t *ret_len)
{
    size_t len = strlen(piece);
    char *bytes = malloc(len * n + strlen(tail) + 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + i * len, piece, len);
    strcpy(bytes + len * n, tail);
    *ret_len = len * n + strlen(tail);
    return bytes;
}

static const struct bound_case {
    const char *says, *piece;
    size_t n;
    const char *tail;
    enum reply_step step;
    enum reply_flaw flaw;
    size_t taken;
} bound_cases[] = {
    { "a line of a megabyte", "222 aaaa", 1u << 17, "\r\n", REPLY_BROKEN, REPLY_LINE_TOO_LONG,
      REPLY_LINE_MAX + 1 },
    { "as many lines as there may be", "250-a\r\n", REPLY_LINES_MAX - 1, "250 a\r\n", REPLY_WHOLE, REPLY_FINE,
      (size_t)REPLY_LINES_MAX * 7 },
    { "one line more", "250-a\r\n", REPLY_LINES_MAX, "250 a\r\n", REPLY_BROKEN, REPLY_TOO_MANY_LINES,
      (size_t)REPLY_LINES_MAX * 7 },
    { "lines without an end", "250-a\r\n", 100000, "", REPLY_BROKEN, REPLY_TOO_MANY_LINES,
      (size_t)REPLY_LINES_MAX * 7 },
    { "few lines and many bytes",
      "250-0123456789012345678901234567890123456789012345678901234567890123456789"
      "0123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678901234567890123456789\r\n",
      500, "250 a\r\n", REPLY_BROKEN, REPLY_TOO_LONG, REPLY_BYTES_MAX + 1 },
};

START_TEST(every_dimension_of_a_reply_has_a_ceiling)
{
    static const size_t cuts[] = { 1, 7, 4096, 1u << 21 };
    const struct bound_case *c = &bound_cases[_i];
    size_t len;
    char *wire = repeat(c->piece, c->n, c->tail, &len);

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct reply_reader r;
        enum reply_step step;
        size_t taken;

        reply_reader_init(&r);
        taken = feed(&r, wire, len, cuts[i], &step);
        ck_assert_msg(step == c->step && r.flaw == c->flaw && taken == c->taken, "%s: %d %s %zu", c->says,
                      (int)step, reply_flaw_word(r.flaw), taken);
        ck_assert_uint_eq(r.reply.whole.len, taken);
        reply_reader_done(&r);
    }
    free(wire);
}
END_TEST

START_TEST(a_line_may_be_as_long_as_the_ceiling_and_not_longer)
{
    for (size_t extra = 0; extra < 2; extra++) {
        struct reply_reader r;
        enum reply_step step;
        size_t len;
        char *wire = repeat("2", REPLY_LINE_MAX - 1 + extra, "\r\n", &len);

        wire[3] = ' ';
        reply_reader_init(&r);
        feed(&r, wire, len, 1, &step);
        ck_assert_int_eq(step, extra == 0 ? REPLY_WHOLE : REPLY_BROKEN);
        ck_assert_int_eq(r.flaw, extra == 0 ? REPLY_FINE : REPLY_LINE_TOO_LONG);
        reply_reader_done(&r);
        free(wire);
    }
}
END_TEST

START_TEST(a_reply_that_has_ended_takes_nothing_until_the_next_is_asked_for)
{
    static const char wire[] = "250-a\n250 2.0.0 b\n354 c\r\n";
    struct reply_reader r;
    enum reply_step step;
    size_t taken;

    reply_reader_init(&r);
    taken = feed(&r, wire, strlen(wire), 100, &step);
    ck_assert_int_eq(step, REPLY_WHOLE);
    ck_assert_int_eq(reply_reader_feed(&r, wire + taken, strlen(wire) - taken, &(size_t){ 0 }), REPLY_WHOLE);
    ck_assert_uint_eq(r.reply.code, 250);
    reply_reader_next(&r);
    taken += feed(&r, wire + taken, strlen(wire) - taken, 100, &step);
    ck_assert_int_eq(step, REPLY_WHOLE);
    ck_assert_uint_eq(taken, strlen(wire));
    ck_assert_uint_eq(r.reply.code, 354);
    ck_assert_uint_eq(r.reply.n_lines, 1);
    ck_assert_uint_eq(r.reply.enhanced.class, 0);
    ck_assert(!r.reply.bare_lf);
    reply_reader_done(&r);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("reply");

    tcase_add_loop_test(t, a_reply_reads_the_same_however_it_is_cut, 0, COUNT(reply_cases));
    tcase_add_loop_test(t, an_enhanced_status_is_read_where_it_is_one, 0, COUNT(enhanced_cases));
    tcase_add_loop_test(t, every_dimension_of_a_reply_has_a_ceiling, 0, COUNT(bound_cases));
    tcase_add_test(t, a_line_may_be_as_long_as_the_ceiling_and_not_longer);
    tcase_add_test(t, a_reply_that_has_ended_takes_nothing_until_the_next_is_asked_for);
    return unit_run("reply", &t, 1);
}
