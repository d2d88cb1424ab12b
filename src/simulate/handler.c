#include "simulate/handler.h"

#include <ctype.h>
#include <string.h>

/* Takes the word at the front of *line, and one blank behind it. */
static struct peer_text take_word(struct peer_text *line)
{
    struct peer_text word = { line->bytes, 0 };
    size_t used;

    while (word.len < line->len && isgraph((unsigned char)line->bytes[word.len]))
        word.len++;
    used = word.len < line->len ? word.len + 1 : word.len;
    *line = (struct peer_text){ line->bytes + used, line->len - used };
    return word;
}

struct handler_command handler_split(struct peer_text line, enum scenario_protocol protocol)
{
    struct handler_command c = { .tag = { line.bytes, 0 } };

    if (protocol == SCENARIO_PROTOCOL_IMAP)
        c.tag = take_word(&line);
    c.verb = take_word(&line);
    c.argument = line;
    return c;
}

bool handler_put_tagged(struct buf *out, struct peer_text bytes, struct peer_text tag)
{
    static const char name[] = "{tag}";
    const char *at;

    while ((at = memmem(bytes.bytes, bytes.len, name, sizeof name - 1)) != NULL) {
        size_t before = (size_t)(at - bytes.bytes), used = before + sizeof name - 1;

        buf_put(out, bytes.bytes, before);
        buf_put(out, tag.bytes, tag.len);
        bytes = (struct peer_text){ bytes.bytes + used, bytes.len - used };
    }
    buf_put(out, bytes.bytes, bytes.len);
    return !out->failed;
}

bool handler_is_event(const char *word)
{
    static const char *const events[] = { "connect",   "accepted", "denied", "cancelled",
                                          "malformed", "unoffered" };

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(word, events[i]) == 0)
            return true;
    }
    return false;
}

static bool is_its_moment(const struct scenario_handler *h, struct handler_moment now)
{
    switch (h->side) {
    case SCENARIO_SIDE_BOTH:
        break;
    case SCENARIO_SIDE_CLEAR:
        return !now.in_tls;
    case SCENARIO_SIDE_TLS:
        return now.in_tls;
    case SCENARIO_SIDE_SIGNED:
        return now.signed_in;
    }
    return true;
}

static const struct scenario_handler *find(const struct scenario *s, const struct scenario_port *port,
                                           struct handler_moment now, struct handler_command c, bool event)
{
    for (size_t i = 0; i < port->n_handlers; i++) {
        const struct scenario_handler *h = &s->handlers[port->first_handler + i];

        if (handler_is_event(h->verb) == event && is_its_moment(h, now) &&
            peer_text_equal_nocase(c.verb, h->verb) &&
            (h->argument == NULL || peer_text_equal_nocase(c.argument, h->argument)))
            return h;
    }
    return NULL;
}

const struct scenario_handler *handler_find(const struct scenario *s, const struct scenario_port *port,
                                            struct handler_moment now, struct handler_command c)
{
    return find(s, port, now, c, false);
}

const struct scenario_handler *handler_find_event(const struct scenario *s, const struct scenario_port *port,
                                                  struct handler_moment now, const char *event,
                                                  struct peer_text argument)
{
    return find(s, port, now, (struct handler_command){ .verb = peer_text_of(event), .argument = argument },
                true);
}
