#include "report/layout.h"

#include <string.h>

#include "unit.h"

static const struct wrap_case {
    const char *says;
    unsigned width, at, hang;
    const char *text, *lines;
} wrap_cases[] = {
    { "a short text is one line", 40, 0, 2, "mail works", "mail works\n" },
    { "an empty text is an empty line", 40, 0, 2, "", "\n" },
    { "a line ends at a blank, and the blank goes", 40, 0, 2,
      "one two three four five six seven eight nine ten",
      "one two three four five six seven eight\n  nine ten\n" },
    { "exactly full is not too long", 40, 0, 0, "0123456789 0123456789 0123456789 0123456",
      "0123456789 0123456789 0123456789 0123456\n" },
    { "the label that stands already counts", 40, 10, 10, "one two three four five six seven",
      "one two three four five six\n          seven\n" },
    { "a host name with hyphens stays whole", 40, 0, 0, "the name of this server is smtp-relay.gmail.com",
      "the name of this server is\nsmtp-relay.gmail.com\n" },
    { "a URL stays whole", 40, 0, 0, "status is told at https://www.google.com/appsstatus",
      "status is told at\nhttps://www.google.com/appsstatus\n" },
    { "a word wider than a line is cut", 40, 0, 2, "0123456789012345678901234567890123456789abc",
      "0123456789012345678901234567890123456789\n  abc\n" },
    { "a word that a label leaves no room for begins a line", 40, 30, 2, "0123456789abcdef",
      "\n  0123456789abcdef\n" },
    { "a line end in the text is one in the result", 40, 0, 2, "a\nb", "a\n  b\n" },
    { "Japanese breaks between characters, two columns each", 40, 0, 0,
      "メールサーバーの名前が正しくありません。確認", "メールサーバーの名前が正しくありません。\n確認\n" },
    { "a full stop never begins a Japanese line", 40, 2, 0, "メールサーバーの名前が正しくありません。",
      "メールサーバーの名前が正しくありませ\nん。\n" },
    { "an ASCII name in Japanese stays whole", 40, 0, 0, "送信サーバーの設定は smtp-relay.gmail.com です",
      "送信サーバーの設定は\nsmtp-relay.gmail.com です\n" },
    { "a number keeps its unit", 40, 0, 0, "the answer came only after as much as 3 s",
      "the answer came only after as much as\n3 s\n" },
    { "a width too small for anything is taken as 40", 1, 0, 0,
      "one two three four five six seven eight nine", "one two three four five six seven eight\nnine\n" },
};

START_TEST(a_text_is_broken_where_a_reader_expects_it)
{
    const struct wrap_case *c = &wrap_cases[_i];
    struct buf out;

    buf_init(&out, 4096);
    ck_assert(layout_put_text(&out, c->width, c->at, c->hang, c->text));
    ck_assert_msg(strcmp(buf_borrow(&out), c->lines) == 0, "%s:\n%s", c->says, buf_borrow(&out));
    buf_done(&out);
}
END_TEST

START_TEST(no_line_is_wider_than_asked_at_any_width)
{
    static const char text[] = "Server smtp-relay.gmail.com に接続できません: 接続の試みに、3.2 秒待っても"
                               "応答がありませんでした。（ポート587）mixed 日本語 and English words, e\xcc\x81tude.";

    for (unsigned width = LAYOUT_WIDTH_MIN; width < 120; width++) {
        struct buf out;

        buf_init(&out, 4096);
        ck_assert(layout_put_text(&out, width, 0, 3, text));
        for (char *line = strtok(out.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
            ck_assert_msg(layout_columns(line) <= width, "width %u: %s", width, line);
        buf_done(&out);
    }
}
END_TEST

START_TEST(cells_are_filled_and_cut_by_columns)
{
    struct buf out;

    buf_init(&out, 4096);
    ck_assert(layout_put_cell(&out, 8, "成功"));
    ck_assert(layout_put_cell(&out, 4, "longer"));
    ck_assert_str_eq(buf_borrow(&out), "成功    longer");
    buf_clear(&out);
    ck_assert(layout_put_cut(&out, 8, "日本語日本語"));
    ck_assert_str_eq(buf_borrow(&out), "日本...");
    buf_clear(&out);
    ck_assert(layout_put_cut(&out, 12, "日本語日本語"));
    ck_assert_str_eq(buf_borrow(&out), "日本語日本語");
    buf_clear(&out);
    ck_assert(layout_put_cut(&out, 2, "long"));
    ck_assert_str_eq(buf_borrow(&out), "..");
    buf_done(&out);
}
END_TEST

START_TEST(what_a_peer_said_is_escaped_before_it_is_cut)
{
    struct buf out;

    buf_init(&out, 4096);
    ck_assert(term_put_peer(&out, 0, PEER_TEXT_LITERAL("\x1b[2J")));
    ck_assert_str_eq(buf_borrow(&out), "\\x1b[2J");
    buf_clear(&out);
    ck_assert(term_put_peer(&out, 9, PEER_TEXT_LITERAL("\x1b[2J 日本語")));
    ck_assert_str_eq(buf_borrow(&out), "\\x1b[2...");
    buf_done(&out);
}
END_TEST

START_TEST(a_full_buffer_is_told_and_does_no_harm)
{
    static const char text[] = "one two three four five six seven eight nine ten";

    for (size_t ceiling = 0; ceiling <= strlen(text); ceiling++) {
        struct buf out;

        buf_init(&out, ceiling);
        ck_assert(!layout_put_text(&out, 40, 0, 4, text));
        buf_done(&out);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("layout");

    tcase_add_loop_test(t, a_text_is_broken_where_a_reader_expects_it, 0,
                        sizeof wrap_cases / sizeof wrap_cases[0]);
    tcase_add_test(t, no_line_is_wider_than_asked_at_any_width);
    tcase_add_test(t, cells_are_filled_and_cut_by_columns);
    tcase_add_test(t, what_a_peer_said_is_escaped_before_it_is_cut);
    tcase_add_test(t, a_full_buffer_is_told_and_does_no_harm);
    return unit_run("layout", &t, 1);
}
