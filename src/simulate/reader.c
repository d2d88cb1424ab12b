#include "simulate/reader.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    QUOTED_MAX = 40, /* of a word that a complaint repeats */
};

bool reader_no_memory(struct reader *r)
{
    return err_set(r->err, ERR_NOMEM, 0, "reading a scenario");
}

bool reader_complain(struct reader *r, const char *what, const char *word, const char *accepted)
{
    struct buf b;

    buf_init(&b, SCENARIO_COMPLAINT_SIZE - 1);
    peer_text_escape(&b, peer_text_of(r->name), 2 * QUOTED_MAX);
    buf_printf(&b, ":%u: %s", r->line, what);
    if (word != NULL) {
        buf_put_string(&b, " '");
        peer_text_escape(&b, peer_text_of(word), QUOTED_MAX);
        buf_put_char(&b, '\'');
    }
    if (accepted != NULL)
        buf_printf(&b, ": %s", accepted);
    snprintf(r->complaint, SCENARIO_COMPLAINT_SIZE, "%s", buf_borrow(&b));
    buf_done(&b);
    return err_set(r->err, ERR_INPUT, 0, "reading a scenario");
}

bool reader_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char *reader_word(char **rest)
{
    char *word = *rest, *end;

    while (reader_is_blank(*word))
        word++;
    for (end = word; *end != '\0' && !reader_is_blank(*end);)
        end++;
    if (*end != '\0')
        *end++ = '\0';
    while (reader_is_blank(*end))
        end++;
    *rest = end;
    return word;
}

bool reader_number(int *ret, const char *text, int min, int max)
{
    const char *digits = *text == '-' ? text + 1 : text;
    long value = 0;

    if (*digits == '\0' || strlen(digits) > 8)
        return false;
    for (const char *c = digits; *c != '\0'; c++) {
        if (!isdigit((unsigned char)*c))
            return false;
        value = value * 10 + (*c - '0');
    }
    if (digits != text)
        value = -value;
    if (value < min || value > max)
        return false;
    *ret = (int)value;
    return true;
}

bool reader_port(struct reader *r, uint16_t *ret, const char *word)
{
    return port_parse(ret, word) || reader_complain(r, "port", word, "a number from 1 to 65535");
}

bool reader_choice(struct reader *r, int *ret, const char *what, const char *word,
                        const char *const *list)
{
    struct buf all;

    for (int i = 0; list[i] != NULL; i++) {
        if (strcmp(word, list[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    buf_init(&all, SCENARIO_COMPLAINT_SIZE);
    for (int i = 0; list[i] != NULL; i++)
        buf_printf(&all, "%s%s", i == 0 ? "" : ", ", list[i]);
    reader_complain(r, what, word, buf_borrow(&all));
    buf_done(&all);
    return false;
}

bool reader_is_plain_name(const char *text, size_t max)
{
    size_t len = strlen(text);

    return len > 0 && len <= max && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                 "0123456789.-:_") == len;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character behind a backslash; returns how many bytes of text it took, 0 where it is no escape. */
static size_t unescape_one(char *ret, const char *text)
{
    static const char from[] = "\\\"rnt", to[] = "\\\"\r\n\t";
    const char *known = *text == '\0' ? NULL : strchr(from, *text);

    if (known != NULL) {
        *ret = to[known - from];
        return 1;
    }
    if (*text != 'x' || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
        return 0;
    *ret = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    return 3;
}

bool reader_unescape(struct reader *r, struct buf *out, const char *text, size_t len)
{
    static const char host[] = "{host}";
    const char *end = text + len;

    while (text < end) {
        size_t taken = 1;
        char c = *text;

        if (c == '\\') {
            taken = unescape_one(&c, text + 1);
            if (taken == 0 || taken >= (size_t)(end - text))
                return reader_complain(r, "escape", text, "\\\\ \\\" \\r \\n \\t \\xNN");
            taken++;
        } else if (r->s->host != NULL && strncmp(text, host, sizeof host - 1) == 0) {
            buf_put_string(out, r->s->host);
            text += sizeof host - 1;
            continue;
        }
        buf_put_char(out, c);
        text += taken;
    }
    return !out->failed || reader_no_memory(r);
}

bool reader_keep_bytes(struct reader *r, struct peer_text *ret, const struct buf *b)
{
    *ret = arena_peer_text(r->s->arena, (struct peer_text){ buf_borrow(b), b->len }, b->len);
    return !arena_failed(r->s->arena) || reader_no_memory(r);
}

bool reader_keep_word(struct reader *r, const char **ret, const char *word)
{
    *ret = arena_strdup(r->s->arena, word);
    return *ret != NULL || reader_no_memory(r);
}

void *reader_append(struct reader *r, void *array, size_t *n, size_t size, size_t max, const char *what)
{
    void *ret;

    if (*n == max) {
        reader_complain(r, "too many", what, NULL);
        return NULL;
    }
    ret = arena_append(r->s->arena, array, n, size, max);
    if (ret == NULL)
        reader_no_memory(r);
    return ret;
}

bool reader_split(struct reader *r, char *word, char **value, const char *accepted)
{
    char *sign = strchr(word, '=');

    if (sign == NULL || sign == word || sign[1] == '\0')
        return reader_complain(r, "setting", word, accepted);
    *sign = '\0';
    *value = sign + 1;
    return true;
}

bool reader_nothing_more(struct reader *r, char *rest)
{
    return *rest == '\0' || reader_complain(r, "unexpected", rest, "end of the line");
}

bool reader_need_host(struct reader *r)
{
    if (r->s->host != NULL)
        return true;
    if (r->s->target == NULL || !reader_is_plain_name(r->s->target, 253))
        return reader_complain(r, "the servers have no name", NULL,
                               "a target that is a host name, or host NAME");
    r->s->host = r->s->target;
    return true;
}
