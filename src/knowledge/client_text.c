/*
 * client_text - looks a line up among the texts of data/client-texts.toml
 */
#include "knowledge/client_text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "knowledge/client_text_table.h"

size_t client_text_total(void)
{
    return client_text_count;
}

const struct client_text *client_text_at(size_t index)
{
    assert(index < client_text_count);
    return &client_text_table[index];
}

/* ---- folding -------------------------------------------------------------- */

/* Characters that programs and pages put in the place of plain ones. */
static const struct stand_in {
    const char *bytes;
    char plain;
} stand_ins[] = {
    { "\xc2\xa0", ' ' },      /* U+00A0 NO-BREAK SPACE */
    { "\xe3\x80\x80", ' ' },  /* U+3000 IDEOGRAPHIC SPACE */
    { "\xe2\x80\x98", '\'' }, /* U+2018, U+2019: curly apostrophes */
    { "\xe2\x80\x99", '\'' },
    { "\xe2\x80\x9c", '"' }, /* U+201C, U+201D: curly quotation marks */
    { "\xe2\x80\x9d", '"' },
};

/* The plain character for what begins here, and how many bytes it stands for. */
static char plain_at(struct peer_text t, size_t *ret_n)
{
    unsigned char c = (unsigned char)t.bytes[0];

    *ret_n = 1;
    for (size_t i = 0; c >= 0x80 && i < sizeof stand_ins / sizeof stand_ins[0]; i++) {
        size_t n = strlen(stand_ins[i].bytes);

        if (n <= t.len && memcmp(t.bytes, stand_ins[i].bytes, n) == 0) {
            *ret_n = n;
            return stand_ins[i].plain;
        }
    }
    if (c < ' ' || c == 0x7f)
        return ' ';
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : (char)c;
}

/* Goes on until the line is used up or max bytes are written; room may be NULL. *ret_read: of the line. */
static size_t fold(char *room, size_t max, struct peer_text line, size_t *ret_read)
{
    size_t len = 0;
    size_t at = 0;
    char last = ' ';

    while (at < line.len && len < max) {
        size_t n;
        char c = plain_at((struct peer_text){ line.bytes + at, line.len - at }, &n);

        if (c != ' ' || last != ' ') {
            if (room != NULL)
                room[len] = c;
            len++;
            last = c;
        }
        at += n;
    }
    *ret_read = at;
    return len;
}

size_t client_text_fold(char *room, struct peer_text line)
{
    size_t n_read;

    return fold(room, SIZE_MAX, line, &n_read);
}

size_t client_text_unfold(struct peer_text line, size_t folded)
{
    size_t n_read;

    (void)fold(NULL, folded, line, &n_read);
    return n_read;
}

/* ---- finding -------------------------------------------------------------- */

static const char *find(struct peer_text line, struct peer_text word)
{
    return memmem(line.bytes, line.len, word.bytes, word.len);
}

/* Every fragment begins in the line itself. */
static bool find_words(struct client_text_hit *ret, struct peer_text line, size_t own)
{
    const struct client_text *t = ret->text;
    size_t start = own;
    size_t end = 0;

    for (size_t i = 0; i < t->n_words; i++) {
        const char *at = find(line, t->words[i]);
        size_t found;

        if (at == NULL || (size_t)(at - line.bytes) >= own)
            return false;
        found = (size_t)(at - line.bytes);
        start = found < start ? found : start;
        end = found + t->words[i].len > end ? found + t->words[i].len : end;
    }
    ret->at = start;
    ret->len = end - start;
    return true;
}

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/*
 * Where the first of the words ends that the number of an error stands behind,
 * in the languages whose texts were seen; past the line where there is none
 */
static size_t end_of_announcement(struct peer_text line)
{
    static const char *const words[] = { "err", "socket", "winsock", "wsa", "エラー", "ソケット", "fehler" };
    size_t first = line.len + 1;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *at = find(line, peer_text_of(words[i]));
        size_t end = at == NULL ? first : (size_t)(at - line.bytes) + strlen(words[i]);

        first = end < first ? end : first;
    }
    return first;
}

/* A number that makes up the whole line needs no word before it. */
static bool is_announced(size_t announced, size_t at, size_t len, size_t own)
{
    return (at == 0 && len >= own) || announced <= at;
}

static bool find_code(struct client_text_hit *ret, struct peer_text line, size_t own, size_t announced)
{
    struct peer_text rest = { line.bytes, own };
    struct peer_text code = ret->text->words[0];

    for (const char *at = find(rest, code); at != NULL; at = find(rest, code)) {
        size_t start = (size_t)(at - line.bytes);
        size_t end = start + code.len;
        bool prefixed = start >= 2 && line.bytes[start - 2] == '0' && line.bytes[start - 1] == 'x';
        size_t first = prefixed ? start - 2 : start;

        if ((first == 0 || !is_of_word(line.bytes[first - 1])) &&
            (end == own || !is_of_word(line.bytes[end])) &&
            (ret->text->form == CLIENT_TEXT_CODE || is_announced(announced, first, end, own))) {
            ret->at = first;
            ret->len = end - first;
            return true;
        }
        rest = (struct peer_text){ line.bytes + end, own - end };
    }
    return false;
}

size_t client_text_find(struct client_text_hit ret[static CLIENT_TEXT_HITS_MAX], struct peer_text line,
                        size_t own)
{
    size_t n = 0;
    size_t announced = end_of_announcement((struct peer_text){ line.bytes, own });

    for (size_t i = 0; i < client_text_count && n < CLIENT_TEXT_HITS_MAX; i++) {
        struct client_text_hit hit = { .text = &client_text_table[i] };

        if (hit.text->words[0].len > line.len)
            continue; /* most texts, where lines are as short as a hostile log has them */
        if (hit.text->form == CLIENT_TEXT_WORDS ? find_words(&hit, line, own)
                                                  : find_code(&hit, line, own, announced))
            ret[n++] = hit;
    }
    return n;
}

const char *client_text_provider(struct peer_text line)
{
    for (size_t i = 0; i < provider_hint_count; i++) {
        if (find(line, peer_text_of(provider_hint_table[i].word)) != NULL)
            return provider_hint_table[i].provider;
    }
    return NULL;
}
