/*
 * The texts of programs: how a line is folded, and where in it one is found.
 */
#include "knowledge/client_text.h"

#include <string.h>

#include "knowledge/finding.h"
#include "unit.h"

enum { LINE_MAX_BYTES = 512 };

static struct peer_text folded(char room[static LINE_MAX_BYTES], const char *line)
{
    ck_assert_uint_le(strlen(line), LINE_MAX_BYTES);
    return (struct peer_text){ room, client_text_fold(room, peer_text_of(line)) };
}

static const struct fold_case {
    const char *says, *line, *folded;
} fold_cases[] = {
    { "letters are small", "Connection REFUSED", "connection refused" },
    { "blanks are single, and none is at the front", "\t a \t b", "a b" },
    { "a no-break space is a blank", "a\xc2\xa0" "b", "a b" },
    { "an ideographic space is a blank", "a\xe3\x80\x80" "b", "a b" },
    { "quotation marks are straight", "\xe2\x80\x9c" "a\xe2\x80\x9d \xe2\x80\x98" "b\xe2\x80\x99", "\"a\" 'b'" },
    { "control characters are blanks", "a\x1b\x07" "b", "a b" },
    { "other letters stay", "エラー", "エラー" },
    { "so do odd bytes", "\xff\xe2\x80", "\xff\xe2\x80" },
};

START_TEST(a_line_is_folded_as_the_table_is_written)
{
    const struct fold_case *c = &fold_cases[_i];
    char room[LINE_MAX_BYTES];

    ck_assert_msg(peer_text_equal(folded(room, c->line), peer_text_of(c->folded)), "%s", c->says);
}
END_TEST

/* The first text in the table of which this is a word. */
static const struct client_text *text_of(const char *word)
{
    for (size_t i = 0; i < client_text_total(); i++) {
        const struct client_text *t = client_text_at(i);

        if (peer_text_equal(t->words[0], peer_text_of(word)))
            return t;
    }
    ck_abort_msg("no such text: %s", word);
    return NULL;
}

/* Where the text stands in the line; NULL where it does not. Valid until the next call. */
static const struct client_text_hit *hit_of(const struct client_text *t, struct peer_text line, size_t own)
{
    static struct client_text_hit hits[CLIENT_TEXT_HITS_MAX];
    size_t n = client_text_find(hits, line, own);

    for (size_t i = 0; i < n; i++) {
        if (hits[i].text == t)
            return &hits[i];
    }
    return NULL;
}

static const struct find_case {
    const char *says, *word, *line;
    bool found;
} find_cases[] = {
    { "a fragment", "connection refused", "connect: Connection refused", true },
    { "both fragments", "connecting to outgoing server", "connecting to outgoing server x failed", true },
    { "one fragment of two", "connecting to outgoing server", "connecting to outgoing server x", false },
    { "a code", "800ccc0e", "error 800ccc0e.", true },
    { "a code with 0x", "800ccc0e", "(0x800CCC0E)", true },
    { "a part of a longer code", "800ccc0e", "0x1800ccc0e", false },
    { "a code that goes on", "800ccc0e", "800ccc0e1", false },
    { "the second place of a code", "econnreset", "xeconnreset econnreset", true },
    { "a number behind a word", "10060", "Socket Error: 10060", true },
    { "a number behind a Japanese word", "10060", "ソケット エラー : 10060", true },
    { "a number alone", "10060", "10060", true },
    { "a number of anything", "10060", "message 10060", false },
};

START_TEST(a_text_is_found_where_it_stands)
{
    const struct find_case *c = &find_cases[_i];
    char room[LINE_MAX_BYTES];
    struct peer_text line = folded(room, c->line);
    const struct client_text_hit *hit = hit_of(text_of(c->word), line, line.len);

    ck_assert_msg((hit != NULL) == c->found, "%s", c->says);
    ck_assert_msg(hit == NULL || (hit->len > 0 && hit->at + hit->len <= line.len), "%s: outside of it", c->says);
}
END_TEST

START_TEST(a_text_begins_in_the_line_itself)
{
    static const char line[] = "the connection was refused: connection refused";
    const struct client_text *t = text_of("connection refused");

    ck_assert_uint_eq(hit_of(t, peer_text_of(line), sizeof line - 1)->at, 28);
    ck_assert_msg(hit_of(t, peer_text_of(line), 35) != NULL, "it runs on into the next");
    ck_assert_msg(hit_of(t, peer_text_of(line), 28) == NULL, "it is the next line's");
}
END_TEST

START_TEST(a_text_reaches_from_its_first_fragment_to_the_last)
{
    static const char line[] = "a connecting to outgoing server x failed b";
    const struct client_text_hit *hit = hit_of(text_of("connecting to outgoing server"), peer_text_of(line), sizeof line - 1);

    ck_assert_ptr_nonnull(hit);
    ck_assert_uint_eq(hit->at, 2);
    ck_assert_uint_eq(hit->len, sizeof "connecting to outgoing server x failed" - 1);
}
END_TEST

START_TEST(the_place_in_the_line_is_found_again)
{
    static const char line[] = "  \xe2\x80\x9c" "A  b";

    ck_assert_uint_eq(client_text_unfold(peer_text_of(line), 1), 5);
    ck_assert_uint_eq(client_text_unfold(peer_text_of(line), 3), 7);
    ck_assert_uint_eq(client_text_unfold(peer_text_of(line), 4), 9);
    ck_assert_uint_eq(client_text_unfold(peer_text_of(line), 99), 9);
}
END_TEST

START_TEST(what_a_text_means_can_be_told)
{
    for (size_t i = 0; i < client_text_total(); i++) {
        const struct client_text *t = client_text_at(i);

        for (size_t k = 0; k < t->n_means; k++)
            ck_assert_msg(finding_by_id(t->means[k].finding)->title != TEXT_NONE, "%s: %s", t->words[0].bytes,
                          finding_by_id(t->means[k].finding)->id);
    }
}
END_TEST

START_TEST(a_mark_gives_the_provider_away)
{
    ck_assert_str_eq(client_text_provider(peer_text_of("535 no x - gsmtp")), "gmail");
    ck_assert_ptr_null(client_text_provider(peer_text_of("535 no")));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("client_text");

    tcase_add_loop_test(t, a_line_is_folded_as_the_table_is_written, 0, sizeof fold_cases / sizeof fold_cases[0]);
    tcase_add_loop_test(t, a_text_is_found_where_it_stands, 0, sizeof find_cases / sizeof find_cases[0]);
    tcase_add_test(t, a_text_begins_in_the_line_itself);
    tcase_add_test(t, a_text_reaches_from_its_first_fragment_to_the_last);
    tcase_add_test(t, the_place_in_the_line_is_found_again);
    tcase_add_test(t, what_a_text_means_can_be_told);
    tcase_add_test(t, a_mark_gives_the_provider_away);
    return unit_run("client_text", &t, 1);
}
