#include "smtp/reply.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_DIGITS = 3 };

void reply_reader_init(struct reply_reader *r)
{
    *r = (struct reply_reader){ .line_max = REPLY_LINE_MAX, .step = REPLY_MORE };
    /* One more than a reply may have: the byte that passes the ceiling is kept as well. */
    buf_init(&r->raw, REPLY_BYTES_MAX + 1);
}

bool reply_reader_reserve(struct reply_reader *r)
{
    return buf_reserve(&r->raw, r->raw.ceiling - r->raw.len);
}

void reply_reader_done(struct reply_reader *r)
{
    free(r->reply.lines);
    buf_done(&r->raw);
    *r = (struct reply_reader){ .step = REPLY_NOMEM };
}

void reply_reader_next(struct reply_reader *r)
{
    struct buf raw = r->raw;

    free(r->reply.lines);
    buf_clear(&raw);
    *r = (struct reply_reader){ .line_max = r->line_max, .raw = raw, .step = REPLY_MORE };
}

static enum reply_step reader_flaw(struct reply_reader *r, enum reply_flaw flaw)
{
    r->flaw = flaw;
    return REPLY_BROKEN;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The code of a line is whole: the first line sets it, every other has to repeat it. */
static enum reply_step reader_code(struct reply_reader *r)
{
    if (r->n_lines == 0)
        r->reply.code = r->line_code;
    else if (r->line_code != r->reply.code)
        return reader_flaw(r, REPLY_CODE_CHANGED);
    return REPLY_MORE;
}

static enum reply_step reader_line_end(struct reply_reader *r)
{
    if (r->column < CODE_DIGITS)
        return reader_flaw(r, REPLY_NO_CODE);
    if (r->column == CODE_DIGITS) {
        if (reader_code(r) == REPLY_BROKEN)
            return REPLY_BROKEN;
        r->last_line = true;
    }
    if (!r->after_cr)
        r->reply.bare_lf = true;
    r->n_lines++;
    if (r->last_line)
        return REPLY_WHOLE;
    if (r->n_lines == REPLY_LINES_MAX)
        return reader_flaw(r, REPLY_TOO_MANY_LINES);
    r->column = 0;
    r->line_code = 0;
    r->after_cr = false;
    return REPLY_MORE;
}

static enum reply_step reader_separator(struct reply_reader *r, char c)
{
    if (c != ' ' && c != '-' && c != '\r')
        return reader_flaw(r, c == '\0' ? REPLY_NUL : REPLY_BAD_SEPARATOR);
    r->last_line = c != '-';
    r->code_alone = c == '\r';
    return reader_code(r);
}

static enum reply_step reader_byte(struct reply_reader *r, char c)
{
    enum reply_step step = REPLY_MORE;

    if (++r->total > REPLY_BYTES_MAX)
        return reader_flaw(r, REPLY_TOO_LONG);
    if (c == '\n')
        return reader_line_end(r);
    if (r->column < CODE_DIGITS) {
        if (!is_digit(c))
            return reader_flaw(r, REPLY_NO_CODE);
        r->line_code = r->line_code * 10 + (unsigned)(c - '0');
    } else if (r->column == CODE_DIGITS) {
        step = reader_separator(r, c);
    } else if (c == '\0') {
        return reader_flaw(r, REPLY_NUL);
    } else if (r->code_alone && c != '\r') {
        return reader_flaw(r, REPLY_BAD_SEPARATOR);
    } else if (r->column == r->line_max) {
        return reader_flaw(r, REPLY_LINE_TOO_LONG);
    }
    r->column++;
    r->after_cr = c == '\r';
    return step;
}

/* Up to three digits off the front of t. */
static bool take_number(struct peer_text *t, unsigned *ret)
{
    size_t n = 0;
    unsigned number = 0;

    for (; n < t->len && n < 3 && is_digit(t->bytes[n]); n++)
        number = number * 10 + (unsigned)(t->bytes[n] - '0');
    t->bytes += n;
    t->len -= n;
    *ret = number;
    return n > 0;
}

static bool take_dot(struct peer_text *t)
{
    if (t->len == 0 || t->bytes[0] != '.')
        return false;
    t->bytes++;
    t->len--;
    return true;
}

/* RFC 2034 section 4: the class is the code's first digit, and a blank follows; else it is mere text. */
static struct smtp_enhanced read_enhanced(struct peer_text line, unsigned code)
{
    struct smtp_enhanced e = { 0 };

    if (line.len == 0)
        return e;
    if (!take_number(&line, &e.class) || !take_dot(&line) || !take_number(&line, &e.subject) ||
        !take_dot(&line) || !take_number(&line, &e.detail) || (line.len > 0 && line.bytes[0] != ' ') ||
        e.class != code / 100 || (e.class != 2 && e.class != 4 && e.class != 5))
        return (struct smtp_enhanced){ 0 };
    return e;
}

/* Cuts the reply into its lines. A server may send CR CR LF: every CR before the LF goes. */
static bool reader_lines(struct reply_reader *r)
{
    const char *at = r->reply.whole.bytes;
    struct peer_text *lines = calloc(r->n_lines, sizeof *lines);

    if (lines == NULL)
        return false;
    for (size_t i = 0; i < r->n_lines; i++) {
        const char *end = memchr(at, '\n', r->reply.whole.len - (size_t)(at - r->reply.whole.bytes));
        const char *next = end + 1;

        while (end > at + CODE_DIGITS && end[-1] == '\r')
            end--;
        at += end > at + CODE_DIGITS ? CODE_DIGITS + 1 : CODE_DIGITS;
        lines[i] = (struct peer_text){ .bytes = at, .len = (size_t)(end - at) };
        at = next;
    }
    r->reply.lines = lines;
    r->reply.n_lines = r->n_lines;
    r->reply.enhanced = read_enhanced(lines[0], r->reply.code);
    return true;
}

enum reply_step reply_reader_feed(struct reply_reader *r, const char *bytes, size_t n, size_t *ret_taken)
{
    enum reply_step step = r->step;
    size_t taken = 0;

    while (step == REPLY_MORE && taken < n)
        step = reader_byte(r, bytes[taken++]);
    *ret_taken = taken;
    if (taken == 0)
        return step;
    if (!buf_put(&r->raw, bytes, taken))
        step = REPLY_NOMEM;
    r->reply.whole = (struct peer_text){ .bytes = r->raw.bytes, .len = r->raw.len };
    if (step == REPLY_WHOLE && !reader_lines(r))
        step = REPLY_NOMEM;
    r->step = step;
    return step;
}

const char *reply_flaw_word(enum reply_flaw flaw)
{
    static const char *const words[] = {
        [REPLY_FINE] = "fine",
        [REPLY_NO_CODE] = "no-code",
        [REPLY_BAD_SEPARATOR] = "bad-separator",
        [REPLY_CODE_CHANGED] = "code-changed",
        [REPLY_LINE_TOO_LONG] = "line-too-long",
        [REPLY_TOO_MANY_LINES] = "too-many-lines",
        [REPLY_TOO_LONG] = "too-long",
        [REPLY_NUL] = "nul",
        [REPLY_UNEXPECTED] = "unexpected",
    };

    return words[flaw];
}
