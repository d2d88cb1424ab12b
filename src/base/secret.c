#include "base/secret.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    /* Fewer bytes than this are no sight of a secret, and a secret that has not as many hides the whole text. */
    SIGHT_MIN = 4,
    /*
     * So many bytes in a row are one, wherever in the secret they stand. Long enough that a
     * password's words ("password", "authentication") do not make holes in what a server says.
     */
    SIGHT_RUN = 16,
    /* What is left of a secret without its blanks is looked for from this length on. */
    SQUEEZED_MIN = 8,
    /*
     * A text below this length has not been cut by us or by a server's line limit, and where
     * it ends in a word, that is taken for one: "wrong password" ends in no piece of "password1".
     */
    CUT_MIN = 128,
    /* Fewer characters in base64 stand in many a text by chance. */
    BASE64_MIN = 3,
    /*
     * Behind the last place where a sight is found, a cut text may hold less than one: four characters
     * in base64, one of them shared, each written in three, and a part of the next.
     */
    CUT_TAIL = 14,
};

/* One way in which a secret may be written, and where in it each run of bytes stands, in order of those bytes. */
struct sight {
    const char *bytes;
    size_t n;
    size_t run; /* bytes that make a sight: SIGHT_RUN, or all */
    const uint32_t *order;
    size_t n_order;
    bool shares_front; /* base64: the character before holds bits of it, */
    bool shares_back;  /* the one behind does */
    bool may_be_words; /* not encoded */
};

enum {
    SIGHT_GIVEN,
    SIGHT_SQUEEZED, /* without white space */
    SIGHT_BASE64,   /* three: behind 0, 1 and 2 bytes of something else */
    SIGHTS = SIGHT_BASE64 + 3,
};

struct secret {
    size_t room; /* bytes of the whole object */
    enum secret_kind kind;
    size_t n;
    struct sight sights[SIGHTS];
    char bytes[]; /* the sights' bytes and orders follow */
};

/* ---- memory ------------------------------------------------------------------------ */

static size_t whole_pages(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (n + page - 1) / page * page;
}

void *secret_room_new(size_t n)
{
    size_t size = whole_pages(n);
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED)
        return NULL;
    /* Each of these is more than must be had: a system that refuses one keeps the secret all the same. */
    mlock(room, size);
    madvise(room, size, MADV_DONTDUMP);
    madvise(room, size, MADV_WIPEONFORK);
    return room;
}

void secret_room_free(void *room, size_t n)
{
    if (room == NULL)
        return;
    explicit_bzero(room, n);
    munmap(room, whole_pages(n));
}

void secret_wipe_buf(struct buf *b)
{
    if (b->bytes != NULL)
        explicit_bzero(b->bytes, b->size);
    buf_done(b);
}

/* ---- how a secret may be written ------------------------------------------------------ */

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_base64(char c)
{
    return c != '\0' && strchr(base64_letters, c) != NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t base64_room(size_t n)
{
    return (n + 2) / 3 * 4;
}

/*
 * Base64 of bytes that stand behind `before` others: the characters that these
 * bytes alone decide. Character k holds the bits 6k to 6k + 5.
 */
static size_t put_base64(char *out, const unsigned char *bytes, size_t n, size_t before)
{
    size_t first = (8 * before + 5) / 6;
    size_t end = 8 * (before + n) / 6;
    size_t written = 0;

    for (size_t k = first; k < end; k++) {
        size_t bit = 6 * k - 8 * before;
        unsigned pair = (unsigned)bytes[bit / 8] << 8;

        if (bit / 8 + 1 < n)
            pair |= bytes[bit / 8 + 1];
        out[written++] = base64_letters[pair >> (10 - bit % 8) & 63];
    }
    return written;
}

static int compare_runs(const void *a, const void *b, void *sight)
{
    const struct sight *s = sight;

    return memcmp(s->bytes + *(const uint32_t *)a, s->bytes + *(const uint32_t *)b, s->run);
}

/* order: room for a number for every byte */
static void sight_set(struct sight *s, const char *bytes, size_t n, uint32_t *order)
{
    s->bytes = bytes;
    s->n = n;
    s->run = n < SIGHT_RUN ? n : SIGHT_RUN;
    s->order = order;
    s->n_order = n == 0 ? 0 : n - s->run + 1;
    for (size_t i = 0; i < s->n_order; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, s->n_order, sizeof *order, compare_runs, s);
}

static size_t max_of(enum secret_kind kind)
{
    return kind == SECRET_PASSWORD ? SECRET_PASSWORD_MAX : SECRET_TOKEN_MAX;
}

/* text: room behind the secret's bytes; order: room for a number for every byte of every sight */
static void set_sights(struct secret *s, char *text, uint32_t *order)
{
    size_t n = 0;

    sight_set(&s->sights[SIGHT_GIVEN], s->bytes, s->n, order);
    order += s->n;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_space(s->bytes[i]))
            text[n++] = s->bytes[i];
    }
    sight_set(&s->sights[SIGHT_SQUEEZED], text, n < SQUEEZED_MIN ? 0 : n, order);
    s->sights[SIGHT_GIVEN].may_be_words = s->sights[SIGHT_SQUEEZED].may_be_words = true;
    text += s->n;
    order += s->n;
    for (size_t before = 0; before < 3; before++) {
        struct sight *sight = &s->sights[SIGHT_BASE64 + before];

        n = put_base64(text, (const unsigned char *)s->bytes, s->n, before);
        sight_set(sight, text, n < BASE64_MIN ? 0 : n, order);
        sight->shares_front = before != 0;
        sight->shares_back = (before + s->n) % 3 != 0;
        text += n;
        order += n;
    }
}

bool secret_new(struct secret **ret, enum secret_kind kind, const void *bytes, size_t n, struct err *err)
{
    size_t text = 2 * n + 3 * base64_room(n);
    size_t room = sizeof(struct secret) + (text + 3) / 4 * 4 + text * sizeof(uint32_t);
    struct secret *s;

    if (n > max_of(kind))
        return err_set(err, ERR_LIMIT, 0, "keeping a secret");
    s = secret_room_new(room);
    if (s == NULL)
        return err_set(err, ERR_NOMEM, 0, "keeping a secret");
    s->room = room;
    s->kind = kind;
    s->n = n;
    if (n > 0)
        memcpy(s->bytes, bytes, n);
    set_sights(s, s->bytes + n, (uint32_t *)(void *)(s->bytes + (text + 3) / 4 * 4));
    *ret = s;
    return true;
}

struct secret *secret_free(struct secret *s)
{
    if (s != NULL)
        secret_room_free(s, s->room);
    return NULL;
}

enum secret_kind secret_kind(const struct secret *s)
{
    return s->kind;
}

const char *secret_bytes(const struct secret *s, size_t *n)
{
    *n = s->n;
    return s->bytes;
}

/* ---- sights in a text ------------------------------------------------------------------- */

/* How a text is read while it is searched. */
enum {
    READ_PERCENT = 1,  /* %41 is A */
    READ_PLUS = 2,     /* + is a blank, as in a form */
    READ_SQUEEZED = 4, /* white space is passed over */
    READ_URL_SAFE = 8, /* base64 of either alphabet */
};

static const struct reading {
    unsigned how;
    size_t first, end; /* sights looked for */
} readings[] = {
    { 0, SIGHT_GIVEN, SIGHT_GIVEN + 1 },
    { READ_PERCENT, SIGHT_GIVEN, SIGHT_GIVEN + 1 },
    { READ_PERCENT | READ_PLUS, SIGHT_GIVEN, SIGHT_GIVEN + 1 },
    { READ_SQUEEZED, SIGHT_SQUEEZED, SIGHT_SQUEEZED + 1 },
    { READ_SQUEEZED | READ_URL_SAFE, SIGHT_BASE64, SIGHTS },
    { READ_SQUEEZED | READ_URL_SAFE | READ_PERCENT, SIGHT_BASE64, SIGHTS },
};

/* A text under search. It holds what may be secret, so it lives in a room of its own. */
struct search {
    struct peer_text text;
    char *view;     /* the text as it is read */
    uint32_t *from; /* where in the text each byte of the view comes from, and one more: its end */
    size_t n_view;
    bool *hidden; /* a byte of the text each */
    bool any;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that is written in the three at i; -1 where none is. */
static int percent_byte(struct peer_text t, size_t i)
{
    int high, low;

    if (t.bytes[i] != '%' || t.len - i < 3)
        return -1;
    high = hex_digit(t.bytes[i + 1]);
    low = hex_digit(t.bytes[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* A text that was cut may end in a part of such a byte. */
static bool is_half_percent(struct peer_text t, size_t i)
{
    return t.bytes[i] == '%' && (t.len - i == 1 || (t.len - i == 2 && hex_digit(t.bytes[i + 1]) >= 0));
}

static void search_read(struct search *s, unsigned how)
{
    size_t i = 0;
    size_t n = 0;

    while (i < s->text.len && !((how & READ_PERCENT) != 0 && is_half_percent(s->text, i))) {
        int byte = (how & READ_PERCENT) != 0 ? percent_byte(s->text, i) : -1;
        char c = byte >= 0 ? (char)byte : s->text.bytes[i];

        s->from[n] = (uint32_t)i;
        i += byte >= 0 ? 3 : 1;
        if ((how & READ_PLUS) != 0 && byte < 0 && c == '+')
            c = ' ';
        if ((how & READ_URL_SAFE) != 0)
            c = c == '-' ? '+' : c == '_' ? '/' : c;
        if ((how & READ_SQUEEZED) == 0 || !is_space(c))
            s->view[n++] = c;
    }
    s->n_view = n;
    s->from[n] = (uint32_t)i;
}

/* Hides [first, end) of the view, and what was passed over inside. */
static void hide(struct search *s, size_t first, size_t end)
{
    size_t last = s->from[end - 1];
    size_t after = percent_byte(s->text, last) >= 0 && s->from[end] - last >= 3 ? last + 3 : last + 1;

    memset(s->hidden + s->from[first], 1, after - s->from[first]);
    s->any = true;
}

/* Where in the sight the run at `at` stands, or SIZE_MAX. */
static size_t find_run(const struct sight *sight, const char *at)
{
    size_t low = 0;
    size_t high = sight->n_order;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(at, sight->bytes + sight->order[middle], sight->run);

        if (order == 0)
            return sight->order[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}

/* The characters beside a sight in base64 that hold some of its bits as well. */
static void hide_shared(struct search *s, const struct sight *sight, size_t at, size_t place)
{
    size_t end = at + sight->run;

    if (sight->shares_front && place == 0 && at > 0 && is_base64(s->view[at - 1]))
        hide(s, at - 1, at);
    if (sight->shares_back && place + sight->run == sight->n && end < s->n_view && is_base64(s->view[end]))
        hide(s, end, end + 1);
}

static bool is_word(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(bytes[i]))
            return false;
    }
    return true;
}

/* The first bytes of the secret at the end of the text; as many as make a run have been found. */
static void look_for_cut(struct search *s, const struct sight *sight)
{
    for (size_t n = sight->run - 1; n >= SIGHT_MIN; n--) {
        size_t first = s->n_view - n;

        if (n > s->n_view || memcmp(s->view + first, sight->bytes, n) != 0)
            continue;
        if (sight->may_be_words && s->text.len < CUT_MIN && is_word(sight->bytes, n))
            continue;
        if (sight->shares_front && first > 0 && is_base64(s->view[first - 1]))
            first--;
        memset(s->hidden + s->from[first], 1, s->text.len - s->from[first]);
        s->any = true;
        return;
    }
}

static void look_for(struct search *s, const struct sight *sight)
{
    if (sight->n == 0)
        return;
    for (size_t at = 0; at + sight->run <= s->n_view; at++) {
        size_t place = find_run(sight, s->view + at);

        if (place != SIZE_MAX) {
            hide(s, at, at + sight->run);
            hide_shared(s, sight, at, place);
        }
    }
    look_for_cut(s, sight);
}

/* message: n bytes, zeros up to a multiple of three, and room for its base64 behind that */
static void look_for_message(struct search *s, unsigned char *message, size_t n)
{
    size_t whole = (n + 2) / 3 * 3;
    char *encoded = (char *)message + whole;
    size_t len = put_base64(encoded, message, whole, 0);
    uint32_t only = 0;
    struct sight sight = { .bytes = encoded, .n = len, .run = len, .order = &only, .n_order = 1 };

    memset(encoded + len - (whole - n), '=', whole - n);
    look_for(s, &sight);
}

/*
 * A secret of one or two bytes has too few characters of its own in base64. What
 * is looked for then is the whole of what was sent: PLAIN (RFC 4616), LOGIN.
 */
static bool look_for_messages(struct search *s, const struct secret *secret, struct peer_text user)
{
    size_t n = user.len + secret->n + 2;
    size_t room = n + 2 + base64_room(n);
    unsigned char *message = secret_room_new(room);

    if (message == NULL)
        return false;
    memcpy(message, secret->bytes, secret->n);
    look_for_message(s, message, secret->n);
    memset(message, 0, room);
    if (user.len > 0)
        memcpy(message + 1, user.bytes, user.len);
    memcpy(message + user.len + 2, secret->bytes, secret->n);
    look_for_message(s, message, n);
    secret_room_free(message, room);
    return true;
}

/* ---- masking ---------------------------------------------------------------------------- */

static bool put_masked(struct peer_text *ret, const struct search *s, struct arena *a)
{
    static const char mask[] = SECRET_MASK;
    size_t n = 0;
    char *out;

    for (size_t i = 0; i < s->text.len; i++) {
        if (!s->hidden[i])
            n++;
        else if (i == 0 || !s->hidden[i - 1])
            n += sizeof mask - 1;
    }
    out = arena_alloc(a, n + 1, 1);
    if (out == NULL)
        return false;
    *ret = (struct peer_text){ .bytes = out, .len = n };
    for (size_t i = 0; i < s->text.len; i++) {
        if (!s->hidden[i]) {
            *out++ = s->text.bytes[i];
        } else if (i == 0 || !s->hidden[i - 1]) {
            memcpy(out, mask, sizeof mask - 1);
            out += sizeof mask - 1;
        }
    }
    return true;
}

static bool search_text(struct search *s, const struct secret *secret, struct peer_text user)
{
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        search_read(s, readings[i].how);
        for (size_t k = readings[i].first; k < readings[i].end; k++)
            look_for(s, &secret->sights[k]);
        if (secret->n < SIGHT_MIN && readings[i].first == SIGHT_BASE64 && !look_for_messages(s, secret, user))
            return false;
    }
    if (s->any && secret->n < SIGHT_MIN)
        memset(s->hidden, 1, s->text.len);
    return true;
}

/* How much of the text is left: where its end is not hidden, that may be the beginning of the secret. */
static size_t sound_len(const struct search *s)
{
    size_t len = s->text.len;

    if (s->hidden[len - 1])
        return len;
    for (size_t left = CUT_TAIL; left > 0 && len > 0; len--) {
        if (!is_space(s->text.bytes[len - 1]))
            left--;
    }
    return len;
}

static bool mask(struct peer_text *ret, const struct secret *s, struct peer_text user, struct arena *a,
                 struct peer_text text, bool is_cut)
{
    size_t room = (text.len + 1) * sizeof(uint32_t) + 2 * text.len;
    struct search search = { .text = text };
    bool ok;

    if (s == NULL || s->n == 0 || text.len == 0) {
        *ret = arena_peer_text(a, text, text.len);
        return !arena_failed(a);
    }
    assert(text.len < UINT32_MAX);
    search.from = secret_room_new(room);
    if (search.from == NULL)
        return false;
    search.view = (char *)(search.from + text.len + 1);
    search.hidden = (bool *)(search.view + text.len);
    ok = search_text(&search, s, user);
    if (is_cut)
        search.text.len = sound_len(&search);
    ok = ok && put_masked(ret, &search, a);
    secret_room_free(search.from, room);
    return ok;
}

bool secret_mask(struct peer_text *ret, const struct secret *s, struct peer_text user, struct arena *a,
                 struct peer_text text)
{
    return mask(ret, s, user, a, text, false);
}

bool secret_mask_cut(struct peer_text *ret, const struct secret *s, struct peer_text user, struct arena *a,
                     struct peer_text text)
{
    return mask(ret, s, user, a, text, true);
}
