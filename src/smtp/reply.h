/*
 * reply - reads SMTP replies out of a stream of bytes, however it is cut
 *
 * Takes the bytes of one reply and not one more, so that whoever feeds it sees
 * what came behind. Every dimension of a reply has a ceiling; what passes one
 * is a flaw of the peer, and reading stops there.
 */
#ifndef SMTPDX_SMTP_REPLY_H
#define SMTPDX_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/peer_text.h"

/* RFC 5321 section 4.5.3.1.5 has 512 for a line; servers that pass it work with every client. */
enum {
    REPLY_LINE_MAX = 2048,   /* bytes before the line feed */
    REPLY_CHALLENGE_LINE_MAX = 16384, /* likewise in a sign-in; RFC 4954 section 4 has 12288 */
    REPLY_LINES_MAX = 512,
    REPLY_BYTES_MAX = 65536, /* of one reply, line ends included */
};

enum reply_flaw {
    REPLY_FINE,
    REPLY_NO_CODE,        /* a line does not begin with three digits */
    REPLY_BAD_SEPARATOR,  /* neither blank, hyphen nor line end behind the code */
    REPLY_CODE_CHANGED,   /* lines of one reply carry different codes */
    REPLY_LINE_TOO_LONG,
    REPLY_TOO_MANY_LINES, /* still no last line after REPLY_LINES_MAX */
    REPLY_TOO_LONG,
    REPLY_NUL,
    REPLY_UNEXPECTED,     /* well-formed, with a code that its command cannot have */
};

/* RFC 3463 and 2034; class 0: there was none. */
struct smtp_enhanced {
    unsigned class, subject, detail;
};

struct smtp_reply {
    unsigned code;
    struct smtp_enhanced enhanced; /* of the first line */
    struct peer_text *lines;       /* without code, separator and line end */
    size_t n_lines;
    struct peer_text whole;        /* as received, line ends included */
    bool bare_lf;                  /* a line ended in LF alone: odd, read all the same */
};

/* A reply as it is kept. Code 0: there was none. */
struct smtp_answer {
    unsigned code;
    struct smtp_enhanced enhanced;
    struct peer_text text; /* all lines as received, cut at PEER_LINE_MAX, without the last line end */
};

enum reply_step {
    REPLY_MORE,   /* all bytes taken, the reply has not ended */
    REPLY_WHOLE,  /* reply is filled */
    REPLY_BROKEN, /* flaw is set; reply.whole ends with the byte that showed it */
    REPLY_NOMEM,
};

/* Read `reply` and `flaw`, set `line_max`; the rest is the reader's own. */
struct reply_reader {
    struct smtp_reply reply; /* valid until the next feed, next or done */
    enum reply_flaw flaw;
    size_t line_max; /* REPLY_LINE_MAX unless another is set */

    struct buf raw;
    size_t total;       /* bytes of this reply */
    size_t column;      /* bytes of this line */
    size_t n_lines;     /* lines ended */
    unsigned line_code; /* of the digits of this line so far */
    bool last_line;     /* this line has no hyphen */
    bool code_alone;    /* a CR stood behind the code: only the line end may follow */
    bool after_cr;
    enum reply_step step;
};

void reply_reader_init(struct reply_reader *r);
void reply_reader_done(struct reply_reader *r);

/* Takes all the room at once that a reply can have: nothing that is read is copied, and left behind, by growing. */
bool reply_reader_reserve(struct reply_reader *r);

/*
 * reply_reader_feed() - reads on
 * shape:  *ret_taken bytes were used; what is left belongs to whatever follows the reply
 * errors: after WHOLE, BROKEN or NOMEM it takes nothing until reply_reader_next()
 * source: RFC 5321 section 4.2 and 4.2.1; a code without text and a bare LF are accepted
 */
enum reply_step reply_reader_feed(struct reply_reader *r, const char *bytes, size_t n, size_t *ret_taken);

/* Forgets the reply and is ready for the one behind it. */
void reply_reader_next(struct reply_reader *r);

/* "no-code": stable, for records and tests. */
const char *reply_flaw_word(enum reply_flaw flaw);

#endif
