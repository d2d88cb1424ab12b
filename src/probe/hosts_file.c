/*
 * hosts_file - the local file that overrides DNS, read from its bytes
 */
#include "probe/hosts_file.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the first line off; what stands behind '#' is no part of it. */
static struct peer_text take_line(struct peer_text *file)
{
    const char *end = memchr(file->bytes, '\n', file->len);
    struct peer_text line = { file->bytes, end == NULL ? file->len : (size_t)(end - file->bytes) };
    size_t used = line.len + (end != NULL);
    const char *comment = line.len == 0 ? NULL : memchr(line.bytes, '#', line.len);

    file->bytes += used;
    file->len -= used;
    if (comment != NULL)
        line.len = (size_t)(comment - line.bytes);
    return line;
}

/* Cuts the first word off; of length 0 where there is none. */
static struct peer_text take_word(struct peer_text *line)
{
    struct peer_text word;

    while (line->len > 0 && is_blank(line->bytes[0])) {
        line->bytes++;
        line->len--;
    }
    word = (struct peer_text){ line->bytes, 0 };
    while (word.len < line->len && !is_blank(line->bytes[word.len]))
        word.len++;
    line->bytes += word.len;
    line->len -= word.len;
    return word;
}

static bool read_address(struct address *ret, struct peer_text word)
{
    char text[ADDRESS_TEXT_SIZE];

    if (word.len == 0 || word.len >= sizeof text || memchr(word.bytes, '\0', word.len) != NULL)
        return false;
    memcpy(text, word.bytes, word.len);
    text[word.len] = '\0';
    return address_parse(ret, text);
}

static bool names_host(struct peer_text line, const char *host)
{
    for (struct peer_text word = take_word(&line); word.len > 0; word = take_word(&line)) {
        if (peer_text_equal_nocase(word, host))
            return true;
    }
    return false;
}

bool hosts_file_next(struct hosts_entry *ret, struct hosts_reader *r, const char *host)
{
    while (r->rest.len > 0) {
        struct peer_text line = take_line(&r->rest);
        struct peer_text word = take_word(&line);

        r->line++;
        /* The name is looked for first: of the many lines of a block list few have it. */
        if (word.len == 0 || !names_host(line, host) || !read_address(&ret->address, word))
            continue;
        ret->line = r->line;
        return true;
    }
    return false;
}

bool hosts_file_all_lines_count(struct peer_text conf)
{
    bool all = false;

    while (conf.len > 0) {
        struct peer_text line = take_line(&conf);

        if (peer_text_equal_nocase(take_word(&line), "multi"))
            all = peer_text_equal_nocase(take_word(&line), "on");
    }
    return all;
}
