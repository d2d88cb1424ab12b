#include "input/hygiene.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* What a copied name brings along. All of them are blanks to the eye. */
static const struct blank {
    const char *says, *bytes;
    uint32_t code_point;
} blanks[] = {
    { "a blank", " ", 0x20 },
    { "a tab", "\t", 0x09 },
    { "a line feed", "\n", 0x0a },
    { "a vertical tab", "\v", 0x0b },
    { "a form feed", "\f", 0x0c },
    { "a carriage return", "\r", 0x0d },
    { "a next line", "\xc2\x85", 0x85 },
    { "a no-break space", "\xc2\xa0", 0xa0 },
    { "a soft hyphen", "\xc2\xad", 0xad },
    { "a combining grapheme joiner", "\xcd\x8f", 0x34f },
    { "an Arabic letter mark", "\xd8\x9c", 0x61c },
    { "an ogham space", "\xe1\x9a\x80", 0x1680 },
    { "a Mongolian vowel separator", "\xe1\xa0\x8e", 0x180e },
    { "an en quad", "\xe2\x80\x80", 0x2000 },
    { "a hair space", "\xe2\x80\x8a", 0x200a },
    { "a zero-width space", "\xe2\x80\x8b", 0x200b },
    { "a zero-width non-joiner", "\xe2\x80\x8c", 0x200c },
    { "a zero-width joiner", "\xe2\x80\x8d", 0x200d },
    { "a left-to-right mark", "\xe2\x80\x8e", 0x200e },
    { "a right-to-left mark", "\xe2\x80\x8f", 0x200f },
    { "a line separator", "\xe2\x80\xa8", 0x2028 },
    { "a paragraph separator", "\xe2\x80\xa9", 0x2029 },
    { "a left-to-right embedding", "\xe2\x80\xaa", 0x202a },
    { "a right-to-left override", "\xe2\x80\xae", 0x202e },
    { "a narrow no-break space", "\xe2\x80\xaf", 0x202f },
    { "a mathematical space", "\xe2\x81\x9f", 0x205f },
    { "a word joiner", "\xe2\x81\xa0", 0x2060 },
    { "an invisible plus", "\xe2\x81\xa4", 0x2064 },
    { "a first strong isolate", "\xe2\x81\xa8", 0x2068 },
    { "a pop directional isolate", "\xe2\x81\xa9", 0x2069 },
    { "a braille blank", "\xe2\xa0\x80", 0x2800 },
    { "an ideographic space", "\xe3\x80\x80", 0x3000 },
    { "a Hangul filler", "\xe3\x85\xa4", 0x3164 },
    { "a variation selector", "\xef\xb8\x8f", 0xfe0f },
    { "a byte order mark", "\xef\xbb\xbf", 0xfeff },
    { "a half-width Hangul filler", "\xef\xbe\xa0", 0xffa0 },
    { "a tag letter", "\xf3\xa0\x81\xb3", 0xe0073 },
};

struct cleaned {
    struct arena *arena;
    struct input_notes notes;
    struct hygiene h;
};

static struct cleaned clean(const char *bytes, size_t len)
{
    struct cleaned c = { .arena = arena_new(1 << 20) };

    ck_assert(hygiene_clean(&c.h, &c.notes, c.arena, (struct peer_text){ .bytes = bytes, .len = len }));
    return c;
}

/* Puts the blank in front of the character at column `at` of a name. */
static void check_blank_at(const struct blank *b, size_t at)
{
    static const char name[] = "smtp.gmail.com";
    char typed[64];
    struct cleaned c;

    snprintf(typed, sizeof typed, "%.*s%s%s", (int)(at - 1), name, b->bytes, name + at - 1);
    c = clean(typed, strlen(typed));
    ck_assert_msg(strcmp(c.h.cleaned, name) == 0, "%s at column %zu is taken out", b->says, at);
    ck_assert_msg(c.h.n_blanks == 1 && c.notes.n == 1, "%s at column %zu is noted once", b->says, at);
    ck_assert_int_eq(c.notes.notes[0].flaw, INPUT_FLAW_WHITESPACE);
    ck_assert_uint_eq(c.notes.notes[0].column, at);
    ck_assert_uint_eq(c.notes.notes[0].code_point, b->code_point);
    ck_assert(c.h.is_text);
    arena_free(c.arena);
}

START_TEST(what_cannot_be_seen_is_found_in_front_inside_and_behind)
{
    check_blank_at(&blanks[_i], 1);
    check_blank_at(&blanks[_i], 5);
    check_blank_at(&blanks[_i], strlen("smtp.gmail.com") + 1);
}
END_TEST

START_TEST(columns_count_characters_and_follow_the_cleaned_bytes)
{
    static const char typed[] = " \xe3\x80\x80m\xc3\xbc\xe2\x80\x8bx";
    static const uint16_t columns[] = { 3, 4, 4, 6, 7 };
    struct cleaned c = clean(typed, strlen(typed));

    ck_assert_str_eq(c.h.cleaned, "m\xc3\xbcx");
    ck_assert_uint_eq(c.h.len, 4);
    ck_assert_uint_eq(c.h.n_blanks, 3);
    ck_assert_mem_eq(c.h.columns, columns, sizeof columns);
    arena_free(c.arena);
}
END_TEST

static const struct kept_case {
    const char *says, *typed;
} kept_cases[] = {
    { "a name in ASCII", "smtp.gmail.com" },
    { "a name with an umlaut", "m\xc3\xbcnchen.example" },
    { "a Japanese name", "\xe6\x97\xa5\xe6\x9c\xac.example" },
    { "a full-width letter, which can be seen", "\xef\xbd\x93mtp.gmail.com" },
    { "the non-joiner that a Persian name is spelt with (RFC 5892 A.1)",
      "\xd9\x86\xd8\xa7\xd9\x85\xd9\x87\xe2\x80\x8c\xd8\xa7\xdb\x8c.example" },
    { "the joiner behind a virama (RFC 5892 A.2)", "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7.example" },
    { "control characters, which are no blanks", "a\x1b\x7f\x01z" },
    { "nothing", "" },
};

START_TEST(what_belongs_to_a_name_stays)
{
    const struct kept_case *k = &kept_cases[_i];
    struct cleaned c = clean(k->typed, strlen(k->typed));

    ck_assert_msg(strcmp(c.h.cleaned, k->typed) == 0 && c.notes.n == 0 && c.h.is_text, "%s", k->says);
    arena_free(c.arena);
}
END_TEST

static const struct hostile_case {
    const char *says, *typed;
    size_t len, column;
} hostile_cases[] = {
    { "a byte that begins nothing", "ab\xff.com", 7, 3 },
    { "a lone continuation byte", "a\x80", 2, 2 },
    { "an overlong dot", "a\xc0\xae" "b", 4, 2 },
    { "a surrogate", "a\xed\xa0\x80", 4, 2 },
    { "past the last code point", "a\xf4\x90\x80\x80", 5, 2 },
    { "a character cut at the end", "abc\xe3\x80", 5, 4 },
    { "a NUL", "a\0b", 3, 2 },
};

START_TEST(bytes_that_are_no_text_are_noted_and_dropped)
{
    const struct hostile_case *x = &hostile_cases[_i];
    struct cleaned c = clean(x->typed, x->len);

    ck_assert_msg(!c.h.is_text, "%s", x->says);
    ck_assert_msg(c.notes.n > 0 && c.notes.notes[0].flaw == INPUT_FLAW_CHARACTER, "%s", x->says);
    ck_assert_uint_eq(c.notes.notes[0].column, x->column);
    ck_assert_uint_eq(c.notes.notes[0].code_point, 0);
    ck_assert_uint_eq(strlen(c.h.cleaned), c.h.len);
    arena_free(c.arena);
}
END_TEST

START_TEST(blanks_leave_room_for_the_note_that_says_why_there_is_no_host)
{
    static char typed[PLAN_INPUT_MAX];
    struct cleaned c;

    memset(typed, ' ', sizeof typed);
    typed[sizeof typed - 1] = '\xff';
    c = clean(typed, sizeof typed);
    ck_assert_uint_eq(c.h.n_blanks, sizeof typed - 1);
    ck_assert_uint_eq(c.notes.n, PLAN_NOTES_MAX / 2 + 1);
    ck_assert_int_eq(c.notes.notes[c.notes.n - 1].flaw, INPUT_FLAW_CHARACTER);
    ck_assert_uint_eq(c.notes.notes[c.notes.n - 1].column, PLAN_INPUT_MAX);
    arena_free(c.arena);
}
END_TEST

START_TEST(a_shortage_of_memory_is_told)
{
    struct input_notes notes = { 0 };
    struct arena *arena = arena_new(64);
    struct hygiene h;

    ck_assert(!hygiene_clean(&h, &notes, arena, PEER_TEXT_LITERAL("smtp.gmail.com and some more of it")));
    arena_free(arena);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hygiene");

    tcase_add_loop_test(t, what_cannot_be_seen_is_found_in_front_inside_and_behind, 0,
                        sizeof blanks / sizeof blanks[0]);
    tcase_add_test(t, columns_count_characters_and_follow_the_cleaned_bytes);
    tcase_add_loop_test(t, what_belongs_to_a_name_stays, 0, sizeof kept_cases / sizeof kept_cases[0]);
    tcase_add_loop_test(t, bytes_that_are_no_text_are_noted_and_dropped, 0,
                        sizeof hostile_cases / sizeof hostile_cases[0]);
    tcase_add_test(t, blanks_leave_room_for_the_note_that_says_why_there_is_no_host);
    tcase_add_test(t, a_shortage_of_memory_is_told);
    return unit_run("hygiene", &t, 1);
}
