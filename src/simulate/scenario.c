#include "simulate/scenario.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum {
    ARENA_CEILING = 16 * 1024 * 1024,
    QUOTED_MAX = 40, /* of a word that a complaint repeats */
    SCENARIO_OFFSET_MAX_S = 10000 * 86400,
    WEB_PORT = 80,
};

/* ---- what a healthy server does, in the language of the files ---- */

static const char healthy_session[] = "on HELO server 250 {host}\n"
                                      "on EHLO server 250-{host} / 250-SIZE 36700160 / 250 8BITMIME\n"
                                      "on RCPT server 250 2.1.5 OK\n"
                                      "on DATA server 354 Go on\n"
                                      "message\n"
                                      "server 250 2.0.0 Taken\n"
                                      "on RSET server 250 2.0.0 OK\n"
                                      "on NOOP server 250 2.0.0 OK\n"
                                      "on QUIT server 221 2.0.0 Bye\n"
                                      "close\n"
                                      "on clear STARTTLS server 220 2.0.0 Ready to start TLS\n"
                                      "tls\n";

static const char healthy_sign_in[] =
    "on tls EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-AUTH PLAIN LOGIN / "
    "250 ENHANCEDSTATUSCODES\n"
    "on tls AUTH server 535 5.7.8 User or password is wrong\n"
    "on tls MAIL server 530 5.7.0 Sign in first\n";

static const char healthy_relay[] =
    "on connect server 220 {host} ESMTP\n"
    "on clear EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-STARTTLS / "
    "250 ENHANCEDSTATUSCODES\n"
    "on MAIL server 250 2.1.0 OK\n";

static const char healthy_submission[] =
    "on connect server 220 {host} ESMTP\n"
    "on clear EHLO server 250-{host} / 250-SIZE 36700160 / 250-8BITMIME / 250-STARTTLS / "
    "250 ENHANCEDSTATUSCODES\n"
    "on clear AUTH server 538 5.7.11 Encryption is needed\n"
    "on clear MAIL server 530 5.7.0 STARTTLS comes first\n";

static const char healthy_submissions[] = "on connect tls\n"
                                          "server 220 {host} ESMTP\n";

static const struct face {
    const char *word;
    const char *texts[3]; /* its handlers, behind those of the file */
} faces[] = {
    [SCENARIO_FACE_REFUSED] = { "refused", { NULL } },
    [SCENARIO_FACE_DROPPED] = { "dropped", { NULL } },
    [SCENARIO_FACE_SCRIPT] = { "script", { NULL } },
    [SCENARIO_FACE_SUBMISSION] = { "submission",
                                   { healthy_submission, healthy_sign_in, healthy_session } },
    [SCENARIO_FACE_SUBMISSIONS] = { "submissions",
                                    { healthy_submissions, healthy_sign_in, healthy_session } },
    [SCENARIO_FACE_RELAY] = { "relay", { healthy_relay, healthy_session } },
};
enum { N_FACES = sizeof faces / sizeof faces[0] };

static const struct {
    uint16_t number;
    enum scenario_face face;
} usual_ports[] = {
    { 25, SCENARIO_FACE_RELAY },
    { 465, SCENARIO_FACE_SUBMISSIONS },
    { 587, SCENARIO_FACE_SUBMISSION },
    { 2525, SCENARIO_FACE_REFUSED },
};

/* ---- the reader ---- */

struct reader {
    struct scenario *s;
    const char *name;
    unsigned line;
    char *complaint;
    struct err *err;
    bool in_port;    /* s->ports[s->n_ports - 1] is still open */
    bool in_handler; /* likewise the last handler */
};

static bool no_memory(struct reader *r)
{
    return err_set(r->err, ERR_NOMEM, 0, "reading a scenario");
}

/* "NAME:LINE: what 'word': accepted", with name and word made harmless; word may be NULL. */
static bool complain(struct reader *r, const char *what, const char *word, const char *accepted)
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

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the next word off *rest; "" at the end of the line. */
static char *next_word(char **rest)
{
    char *word = *rest, *end;

    while (is_blank(*word))
        word++;
    for (end = word; *end != '\0' && !is_blank(*end);)
        end++;
    if (*end != '\0')
        *end++ = '\0';
    while (is_blank(*end))
        end++;
    *rest = end;
    return word;
}

static bool parse_number(int *ret, const char *text, int min, int max)
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

static bool read_port_number(struct reader *r, uint16_t *ret, const char *word)
{
    return port_parse(ret, word) || complain(r, "port", word, "a number from 1 to 65535");
}

/* The place of word in a list that ends in NULL, or a complaint that shows the list. */
static bool read_choice(struct reader *r, int *ret, const char *what, const char *word,
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
    complain(r, what, word, buf_borrow(&all));
    buf_done(&all);
    return false;
}

/* Host names, finding ids and the like: letters, digits, dots, dashes, colons, underscores. */
static bool is_plain_name(const char *text, size_t max)
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

/* Appends len bytes of text with escapes and {host} resolved. */
static bool unescape(struct reader *r, struct buf *out, const char *text, size_t len)
{
    static const char host[] = "{host}";
    const char *end = text + len;

    while (text < end) {
        size_t taken = 1;
        char c = *text;

        if (c == '\\') {
            taken = unescape_one(&c, text + 1);
            if (taken == 0 || taken >= (size_t)(end - text))
                return complain(r, "escape", text, "\\\\ \\\" \\r \\n \\t \\xNN");
            taken++;
        } else if (r->s->host != NULL && strncmp(text, host, sizeof host - 1) == 0) {
            buf_put_string(out, r->s->host);
            text += sizeof host - 1;
            continue;
        }
        buf_put_char(out, c);
        text += taken;
    }
    return !out->failed || no_memory(r);
}

static bool keep_bytes(struct reader *r, struct peer_text *ret, const struct buf *b)
{
    *ret = arena_peer_text(r->s->arena, (struct peer_text){ buf_borrow(b), b->len }, b->len);
    return !arena_failed(r->s->arena) || no_memory(r);
}

static bool keep_word(struct reader *r, const char **ret, const char *word)
{
    *ret = arena_strdup(r->s->arena, word);
    return *ret != NULL || no_memory(r);
}

/* ARENA_APPEND that words its two failures. */
static void *append(struct reader *r, void *array, size_t *n, size_t size, size_t max, const char *what)
{
    void *ret;

    if (*n == max) {
        complain(r, "too many", what, NULL);
        return NULL;
    }
    ret = arena_append(r->s->arena, array, n, size, max);
    if (ret == NULL)
        no_memory(r);
    return ret;
}
#define APPEND(r, array, n, max, what) \
    ((__typeof__(array))append((r), &(array), &(n), sizeof *(array), (max), (what)))

/* Splits "key=value"; complains where there is no value. */
static bool split_setting(struct reader *r, char *word, char **value, const char *accepted)
{
    char *sign = strchr(word, '=');

    if (sign == NULL || sign == word || sign[1] == '\0')
        return complain(r, "setting", word, accepted);
    *sign = '\0';
    *value = sign + 1;
    return true;
}

static bool nothing_more(struct reader *r, char *rest)
{
    return *rest == '\0' || complain(r, "unexpected", rest, "end of the line");
}

/* ---- header ---- */

static bool read_about(struct reader *r, char *rest)
{
    return keep_word(r, &r->s->about, rest);
}

/* What is checked, be it a target or the content of a mail program's box. */
static bool read_typed(struct reader *r, const char *what, char *rest)
{
    struct peer_text kept;
    struct buf b;
    bool ok;

    if (r->s->target != NULL || *rest == '\0')
        return complain(r, what, rest, "given once, not empty, and one of target and box");
    buf_init(&b, SCENARIO_LINE_MAX);
    ok = unescape(r, &b, rest, strlen(rest)) && keep_bytes(r, &kept, &b);
    buf_done(&b);
    if (!ok)
        return false;
    if (memchr(kept.bytes, '\0', kept.len) != NULL)
        return complain(r, what, rest, "no \\x00");
    r->s->target = kept.bytes;
    return true;
}

static bool read_target(struct reader *r, char *rest)
{
    return read_typed(r, "target", rest);
}

static bool read_box(struct reader *r, char *rest)
{
    r->s->is_box = true;
    return read_typed(r, "box", rest);
}

static bool read_host(struct reader *r, char *rest)
{
    char *word = next_word(&rest);

    if (r->s->host != NULL || !is_plain_name(word, 253))
        return complain(r, "host", word, "one host name, before dns, cert and port");
    return keep_word(r, &r->s->host, word) && nothing_more(r, rest);
}

/* The host is the target unless said otherwise, from the first line on that needs it. */
static bool need_host(struct reader *r)
{
    if (r->s->host != NULL)
        return true;
    if (r->s->target == NULL || !is_plain_name(r->s->target, 253))
        return complain(r, "the servers have no name", NULL, "a target that is a host name, or host NAME");
    r->s->host = r->s->target;
    return true;
}

/* The long name of an option; NULL where there is none. */
static const char *long_name(const char *word)
{
    static const struct {
        const char *typed, *name;
    } letters[] = { { "-4", "ipv4" }, { "-6", "ipv6" }, { "-p", "port" } };

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strcmp(word, letters[i].typed) == 0)
            return letters[i].name;
    }
    return strncmp(word, "--", 2) == 0 && is_plain_name(word + 2, 40) && word[2] != '-' ? word + 2 : NULL;
}

static bool read_options(struct reader *r, char *rest)
{
    static const char accepted[] = "--NAME VALUE, --NAME=VALUE, --NAME, -4, -6, -p PORT";
    struct scenario_option *o = NULL;

    for (char *word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        const char *name;
        char *value;

        if (*word != '-') {
            if (o == NULL || o->value != NULL)
                return complain(r, "option", word, accepted);
            if (!keep_word(r, &o->value, word))
                return false;
            continue;
        }
        value = strchr(word, '=');
        if (value != NULL)
            *value++ = '\0';
        name = long_name(word);
        if (name == NULL)
            return complain(r, "option", word, accepted);
        o = APPEND(r, r->s->options, r->s->n_options, SCENARIO_OPTIONS_MAX, "options");
        if (o == NULL || !keep_word(r, &o->name, name) || (value != NULL && !keep_word(r, &o->value, value)))
            return false;
    }
    return true;
}

static bool read_dns_setting(struct reader *r, struct scenario_answer *a, char *word)
{
    static const char accepted[] = "after=MS, stray=yes";
    char *value;
    int delay;

    if (!split_setting(r, word, &value, accepted))
        return false;
    if (strcmp(word, "stray") == 0 && strcmp(value, "yes") == 0) {
        a->stray = true;
        return true;
    }
    if (strcmp(word, "after") != 0)
        return complain(r, "setting", word, accepted);
    if (!parse_number(&delay, value, 0, SCENARIO_DELAY_MAX_MS))
        return complain(r, "after", value, "milliseconds, at most 60000");
    a->delay_ms = (unsigned)delay;
    return true;
}

static bool read_dns_settings(struct reader *r, struct scenario_answer *a, char *rest)
{
    for (char *word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!read_dns_setting(r, a, word))
            return false;
    }
    return true;
}

/* What follows the word of an answer that has more to it. */
static bool read_dns_detail(struct reader *r, struct scenario_answer *a, char **rest)
{
    char *word;
    int count;

    switch (a->kind) {
    case SCENARIO_ANSWER_CNAME:
        word = next_word(rest);
        if (!is_plain_name(word, 253))
            return complain(r, "cname", word, "a host name");
        return keep_word(r, &a->alias, word);
    case SCENARIO_ANSWER_MANY:
        word = next_word(rest);
        if (a->type != SCENARIO_TYPE_A || !parse_number(&count, word, 1, SCENARIO_MANY_MAX))
            return complain(r, "many", word, "A many N, at most 4000");
        a->count = (unsigned)count;
        return true;
    case SCENARIO_ANSWER_ADDRESS:
        return complain(r, "answer", "an address", "A ADDRESS, AAAA ADDRESS");
    case SCENARIO_ANSWER_NXDOMAIN:
    case SCENARIO_ANSWER_EMPTY:
    case SCENARIO_ANSWER_SERVFAIL:
    case SCENARIO_ANSWER_REFUSED:
    case SCENARIO_ANSWER_SILENT:
        break;
    }
    return true;
}

static bool read_answer(struct reader *r, size_t resolver, char *rest)
{
    static const char *const kinds[] = {
        "an address", "nxdomain", "empty", "servfail", "refused", "silent", "cname", "many", NULL,
    };
    char *word = next_word(&rest);
    struct scenario_answer *a;
    int kind = SCENARIO_ANSWER_ADDRESS;

    if (strcmp(word, "*") != 0 && !is_plain_name(word, 253))
        return complain(r, "name", word, "a host name, *");
    a = APPEND(r, r->s->answers, r->s->n_answers, SCENARIO_ANSWERS_MAX, "dns lines");
    if (a == NULL || !keep_word(r, &a->name, word))
        return false;
    a->resolver = resolver;
    word = next_word(&rest);
    if (strcmp(word, "A") == 0 || strcmp(word, "AAAA") == 0) {
        a->type = word[1] == '\0' ? SCENARIO_TYPE_A : SCENARIO_TYPE_AAAA;
        word = next_word(&rest);
    }
    if (a->type != SCENARIO_TYPE_ANY && address_parse(&a->address, word)) {
        if ((a->address.family == FAMILY_IPV4) != (a->type == SCENARIO_TYPE_A))
            return complain(r, "address", word, "IPv4 for A, IPv6 for AAAA");
    } else {
        if (!read_choice(r, &kind, "answer", word, kinds))
            return false;
        a->kind = (enum scenario_answer_kind)kind;
        if (!read_dns_detail(r, a, &rest))
            return false;
    }
    return read_dns_settings(r, a, rest);
}

static bool read_dns(struct reader *r, char *rest)
{
    return read_answer(r, 0, rest);
}

static bool read_dns2(struct reader *r, char *rest)
{
    r->s->n_resolvers = 2;
    return read_answer(r, 1, rest);
}

/* ---- certificates ---- */

static bool read_cert_names(struct reader *r, struct scenario_cert *c, char *list)
{
    c->names = arena_alloc(r->s->arena, SCENARIO_CERT_NAMES_MAX, sizeof *c->names);
    if (c->names == NULL)
        return no_memory(r);
    for (char *save = NULL, *name = strtok_r(list, ",", &save); name != NULL;
         name = strtok_r(NULL, ",", &save)) {
        const char *wild = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

        if (c->n_names == SCENARIO_CERT_NAMES_MAX || !is_plain_name(wild, 253))
            return complain(r, "names", name, "up to 16 host names or addresses with commas between");
        if (!keep_word(r, &c->names[c->n_names++], name))
            return false;
    }
    return true;
}

static bool read_cert_setting(struct reader *r, struct scenario_cert *c, const char *key, char *value)
{
    static const char *const keys[] = { "names", "since", "days",  "key",  "issuer",
                                        "chain", "flaw",  "staple", "ocsp", "aia", NULL };
    static const char *const kinds[] = { "ecdsa", "rsa2048", "rsa1024", "ed25519", NULL };
    static const char *const issuers[] = { "intermediate", "root", "self", "unknown", "server",
                                           "below", "limited", NULL };
    static const char *const chains[] = { "full", "leaf", NULL };
    static const char *const flaws[] = { "none", "sha1", "signature", "purpose", "extension", NULL };
    static const char *const staples[] = { "none", "good", "revoked", "unknown", "forged", NULL };
    int which, choice;

    if (!read_choice(r, &which, "setting", key, keys))
        return false;
    switch (which) {
    case 0:
        return read_cert_names(r, c, value);
    case 1:
        return parse_number(&c->since_days, value, -3000, 3000) ||
               complain(r, "since", value, "days from now, -3000 to 3000");
    case 2:
        return parse_number(&c->until_days, value, -3000, 3000) ||
               complain(r, "days", value, "days from now, -3000 to 3000");
    case 3:
        if (!read_choice(r, &choice, "key", value, kinds))
            return false;
        c->key = (enum scenario_key)choice;
        return true;
    case 4:
        if (!read_choice(r, &choice, "issuer", value, issuers))
            return false;
        c->issuer = (enum scenario_issuer)choice;
        return true;
    case 5:
        if (!read_choice(r, &choice, "chain", value, chains))
            return false;
        c->chain = (enum scenario_chain)choice;
        return true;
    case 6:
        if (!read_choice(r, &choice, "flaw", value, flaws))
            return false;
        c->flaw = (enum scenario_flaw)choice;
        return true;
    case 7:
        if (!read_choice(r, &choice, "staple", value, staples))
            return false;
        c->staple = (enum scenario_staple)choice;
        return true;
    case 8:
        return keep_word(r, &c->ocsp, value);
    default:
        return keep_word(r, &c->aia, value);
    }
}

static bool find_cert(const struct scenario *s, const char *name, size_t *ret)
{
    for (size_t i = 0; i < s->n_certs; i++) {
        if (strcmp(s->certs[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static struct scenario_cert *add_cert(struct reader *r, const char *name)
{
    struct scenario_cert *c = APPEND(r, r->s->certs, r->s->n_certs, SCENARIO_CERTS_MAX, "certificates");

    if (c == NULL || !keep_word(r, &c->name, name))
        return NULL;
    c->since_days = -1;
    c->until_days = 90;
    return c;
}

static bool read_cert(struct reader *r, char *rest)
{
    char *word = next_word(&rest), *value;
    struct scenario_cert *c;
    size_t place;

    if (!is_plain_name(word, 40))
        return complain(r, "certificate", word, "a name of letters, digits, dots and dashes");
    c = find_cert(r->s, word, &place) ? &r->s->certs[place] : add_cert(r, word);
    if (c == NULL)
        return false;
    for (word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!split_setting(r, word, &value, "names= since= days= key= issuer= chain= flaw= staple= ocsp= aia=") ||
            !read_cert_setting(r, c, word, value))
            return false;
    }
    if (c->staple != SCENARIO_STAPLE_NONE && c->issuer == SCENARIO_ISSUER_SELF)
        return complain(r, "staple without an issuer", NULL, "issuer= with staple=");
    if (c->until_days <= c->since_days)
        return complain(r, "certificate ends before it starts", NULL, "days= after since=");
    return true;
}

/* ---- the web server ---- */

static const struct scenario_port *find_port(const struct scenario *s, uint16_t number)
{
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].number == number)
            return &s->ports[i];
    }
    return NULL;
}

static bool read_page_kind(struct reader *r, struct scenario_page *p, const char *word)
{
    static const struct {
        enum scenario_page_kind kind;
        enum scenario_staple ocsp;
    } meanings[] = {
        { SCENARIO_PAGE_ISSUER, SCENARIO_STAPLE_NONE },    { SCENARIO_PAGE_ISSUERS, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_GOOD },      { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_REVOKED },
        { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_UNKNOWN },   { SCENARIO_PAGE_OCSP, SCENARIO_STAPLE_FORGED },
        { SCENARIO_PAGE_HTML, SCENARIO_STAPLE_NONE },      { SCENARIO_PAGE_MISSING, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_REDIRECT, SCENARIO_STAPLE_NONE },  { SCENARIO_PAGE_LONG, SCENARIO_STAPLE_NONE },
        { SCENARIO_PAGE_SILENT, SCENARIO_STAPLE_NONE },    { SCENARIO_PAGE_NEVER, SCENARIO_STAPLE_NONE },
    };
    static const char *const words[] = { "issuer",  "issuers",  "good", "revoked", "unknown", "forged", "html",
                                         "missing", "redirect", "long", "silent",  "never",   NULL };
    int choice;

    if (!read_choice(r, &choice, "page", word, words))
        return false;
    p->kind = meanings[choice].kind;
    p->ocsp = meanings[choice].ocsp;
    return true;
}

static bool read_web(struct reader *r, char *rest)
{
    static const char accepted[] = "cert=NAME";
    struct scenario_page *p = APPEND(r, r->s->pages, r->s->n_pages, SCENARIO_PAGES_MAX, "pages");
    char *word = next_word(&rest), *value;

    if (p == NULL)
        return false;
    if (find_port(r->s, WEB_PORT) != NULL)
        return complain(r, "web", word, "no port 80 beside it");
    if (word[0] != '/' || strlen(word) > 200)
        return complain(r, "path", word, "a short one that begins with a slash");
    if (!keep_word(r, &p->path, word) || !read_page_kind(r, p, next_word(&rest)))
        return false;
    for (word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!split_setting(r, word, &value, accepted))
            return false;
        if (strcmp(word, "cert") != 0)
            return complain(r, "setting", word, accepted);
        if (!find_cert(r->s, value, &p->cert))
            return complain(r, "certificate", value, "one named above");
    }
    if ((p->kind == SCENARIO_PAGE_OCSP || p->kind == SCENARIO_PAGE_ISSUER || p->kind == SCENARIO_PAGE_ISSUERS) &&
        r->s->certs[p->cert].issuer == SCENARIO_ISSUER_SELF)
        return complain(r, "page without an issuer", NULL, "issuer= of the certificate, before it");
    return true;
}

/* ---- the time ---- */

/* "-2d", "90": seconds, minutes, hours or days. */
static bool parse_offset(int *ret, char *text)
{
    static const struct {
        char letter;
        int seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    size_t len = strlen(text);
    int unit = 1;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (len > 1 && text[len - 1] == units[i].letter) {
            unit = units[i].seconds;
            text[--len] = '\0';
        }
    }
    if (!parse_number(ret, text, -99999999, 99999999) || *ret > SCENARIO_OFFSET_MAX_S / unit ||
        *ret < -SCENARIO_OFFSET_MAX_S / unit)
        return false;
    *ret *= unit;
    return true;
}

static bool read_kiss(struct scenario_clock *c, const char *code)
{
    if (strlen(code) != 4 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 4)
        return false;
    memcpy(c->kiss, code, 5);
    c->fault = SCENARIO_CLOCK_KISS;
    return true;
}

static bool read_clock_setting(struct reader *r, struct scenario_clock *c, char *word)
{
    static const char *const faults[] = { "silent", "wrong-origin", "unsynchronised", "no-date", NULL };
    static const char *const keys[] = { "offset", "kiss", NULL };
    char *value;
    int choice;

    if (strchr(word, '=') == NULL) {
        if (!read_choice(r, &choice, "fault", word, faults))
            return false;
        c->fault = (enum scenario_clock_fault)(SCENARIO_CLOCK_SILENT + choice);
        return true;
    }
    if (!split_setting(r, word, &value, "offset=N, kiss=RATE") || !read_choice(r, &choice, "setting", word, keys))
        return false;
    if (choice == 0)
        return parse_offset(&c->offset_s, value) ||
               complain(r, "offset", value, "a number of s, m, h or d, ten thousand days at most");
    return read_kiss(c, value) || complain(r, "kiss", value, "four capital letters such as RATE");
}

static bool read_clock(struct reader *r, char *rest)
{
    static const char *const kinds[] = { "sntp", "http", "none", NULL };
    struct scenario_clock *c;
    int kind;

    if (!read_choice(r, &kind, "clock", next_word(&rest), kinds))
        return false;
    if (kind == 2) {
        r->s->no_clock = true;
        return nothing_more(r, rest);
    }
    c = APPEND(r, r->s->clocks, r->s->n_clocks, SCENARIO_CLOCKS_MAX, "clocks");
    if (c == NULL)
        return false;
    c->http = kind == 1;
    for (char *word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!read_clock_setting(r, c, word))
            return false;
    }
    return true;
}

/* ---- steps ---- */

static struct scenario_step *add_step(struct reader *r, enum scenario_act act)
{
    struct scenario_handler *h = &r->s->handlers[r->s->n_handlers - 1];
    struct scenario_step *step = APPEND(r, r->s->steps, r->s->n_steps, SCENARIO_STEPS_MAX, "steps");

    if (step == NULL)
        return NULL;
    *step = (struct scenario_step){ .act = act, .times = 1 };
    h->n_steps++;
    return step;
}

/* "LINE / LINE" becomes lines that end in CRLF. */
static bool read_lines(struct reader *r, struct scenario_step *step, char *rest)
{
    struct buf b;
    bool ok = true;

    buf_init(&b, 2 * SCENARIO_LINE_MAX);
    for (char *line = rest, *next; ok && line != NULL; line = next) {
        char *cut = strstr(line, " / ");
        size_t len = cut != NULL ? (size_t)(cut - line) : strlen(line);

        next = cut != NULL ? cut + 3 : NULL;
        ok = unescape(r, &b, line, len) && (buf_put_string(&b, "\r\n") || no_memory(r));
    }
    ok = ok && keep_bytes(r, &step->bytes, &b);
    buf_done(&b);
    return ok;
}

static bool read_quoted(struct reader *r, struct scenario_step *step, char *rest)
{
    size_t len = strlen(rest);
    struct buf b;
    bool ok;

    if (len < 3 || rest[0] != '"' || rest[len - 1] != '"')
        return complain(r, "bytes", rest, "\"BYTES\" with \\xNN for what cannot be typed");
    rest[len - 1] = '\0';
    buf_init(&b, 2 * SCENARIO_LINE_MAX);
    ok = unescape(r, &b, rest + 1, len - 2) && keep_bytes(r, &step->bytes, &b);
    buf_done(&b);
    return ok;
}

static bool step_server(struct reader *r, struct scenario_step *step, char *rest)
{
    if (*rest == '\0')
        return complain(r, "nothing to say", NULL, "LINE / LINE");
    return read_lines(r, step, rest);
}

static bool step_flood(struct reader *r, struct scenario_step *step, char *rest)
{
    const char *word = next_word(&rest);
    int times;

    if (!parse_number(&times, word, 1, SCENARIO_FLOOD_MAX))
        return complain(r, "flood", word, "how often, then \"BYTES\"");
    if (!read_quoted(r, step, rest))
        return false;
    step->times = (unsigned)times;
    return step->bytes.len * step->times <= SCENARIO_FLOOD_MAX || complain(r, "flood", word, "at most 4 MiB");
}

static bool step_expect(struct reader *r, struct scenario_step *step, char *rest)
{
    const char *word = next_word(&rest);

    if (strcmp(word, "*") != 0 && !is_plain_name(word, 40))
        return complain(r, "expect", word, "a command such as EHLO, *");
    step->bytes = arena_peer_text(r->s->arena, peer_text_of(word), strlen(word));
    return nothing_more(r, rest) && (!arena_failed(r->s->arena) || no_memory(r));
}

static bool step_bare(struct reader *r, struct scenario_step *step, char *rest)
{
    (void)step;
    return nothing_more(r, rest);
}

static const struct step_word {
    const char *word;
    enum scenario_act act;
    bool (*read)(struct reader *r, struct scenario_step *step, char *rest);
} step_words[] = {
    { "server", SCENARIO_ACT_SEND, step_server },   { "drip", SCENARIO_ACT_DRIP, step_server },
    { "raw", SCENARIO_ACT_SEND, read_quoted },      { "flood", SCENARIO_ACT_SEND, step_flood },
    { "expect", SCENARIO_ACT_EXPECT, step_expect }, { "message", SCENARIO_ACT_MESSAGE, step_bare },
    { "tls", SCENARIO_ACT_TLS, step_bare },         { "close", SCENARIO_ACT_CLOSE, step_bare },
    { "reset", SCENARIO_ACT_RESET, step_bare },     { "hang", SCENARIO_ACT_HANG, step_bare },
};

static const struct step_word *find_step_word(const char *word)
{
    for (size_t i = 0; i < sizeof step_words / sizeof step_words[0]; i++) {
        if (strcmp(step_words[i].word, word) == 0)
            return &step_words[i];
    }
    return NULL;
}

/* word is the first of the line: a step, or "at" before one. */
static bool read_step(struct reader *r, char *word, char *rest)
{
    static const char accepted[] = "server, drip, raw, flood, expect, message, tls, close, reset, hang";
    const struct step_word *known;
    struct scenario_step *step;
    int delay = 0;

    if (!r->in_handler)
        return complain(r, "step outside of a script", word, "port N script, or on EVENT, before it");
    if (strcmp(word, "at") == 0) {
        word = next_word(&rest);
        if (!parse_number(&delay, word, 0, SCENARIO_DELAY_MAX_MS))
            return complain(r, "at", word, "milliseconds, at most 60000");
        word = next_word(&rest);
    }
    known = find_step_word(word);
    if (known == NULL)
        return complain(r, "step", word, accepted);
    step = add_step(r, known->act);
    if (step == NULL)
        return false;
    step->delay_ms = (unsigned)delay;
    return known->read(r, step, rest);
}

/* ---- ports ---- */

static bool add_handler(struct reader *r, enum scenario_side side, const char *verb)
{
    struct scenario *s = r->s;
    struct scenario_handler *h =
        APPEND(r, s->handlers, s->n_handlers, SCENARIO_HANDLERS_MAX, "events with steps");

    if (h == NULL || !keep_word(r, &h->verb, verb))
        return false;
    h->side = side;
    h->first_step = s->n_steps;
    s->ports[s->n_ports - 1].n_handlers++;
    r->in_handler = true;
    return true;
}

static bool read_on(struct reader *r, char *rest)
{
    enum scenario_side side = SCENARIO_SIDE_BOTH;
    char *word = next_word(&rest), *argument;

    if (!r->in_port)
        return complain(r, "on", word, "port N submission, submissions or relay before it");
    if (strcmp(word, "clear") == 0 || strcmp(word, "tls") == 0) {
        side = *word == 'c' ? SCENARIO_SIDE_CLEAR : SCENARIO_SIDE_TLS;
        word = next_word(&rest);
    }
    argument = strchr(word, '=');
    if (argument != NULL)
        *argument++ = '\0';
    if (!is_plain_name(word, 40) || (argument != NULL && *argument == '\0'))
        return complain(r, "event", word, "connect, or a command such as EHLO or EHLO=NAME");
    if (!add_handler(r, side, word))
        return false;
    if (argument != NULL && !keep_word(r, &r->s->handlers[r->s->n_handlers - 1].argument, argument))
        return false;
    word = next_word(&rest);
    return *word == '\0' || read_step(r, word, rest);
}

static bool read_line(struct reader *r, char *line);

/* Appends what a healthy server does behind what the file says, for the first that fits is taken. */
static bool add_healthy(struct reader *r, const char *text)
{
    char line[256];
    bool ok = true;

    while (ok && *text != '\0') {
        size_t len = strcspn(text, "\n");

        assert(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        text += len + 1;
        ok = read_line(r, line);
    }
    return ok;
}

static bool close_port(struct reader *r)
{
    const struct face *face;
    bool ok = true;

    if (!r->in_port)
        return true;
    face = &faces[r->s->ports[r->s->n_ports - 1].face];
    for (size_t i = 0; ok && i < sizeof face->texts / sizeof face->texts[0] && face->texts[i] != NULL; i++)
        ok = add_healthy(r, face->texts[i]);
    r->in_port = r->in_handler = false;
    return ok;
}

static bool open_port(struct reader *r, uint16_t number, enum scenario_face face)
{
    struct scenario_port *port = APPEND(r, r->s->ports, r->s->n_ports, SCENARIO_PORTS_MAX, "ports");

    if (port == NULL)
        return false;
    *port = (struct scenario_port){
        .number = number,
        .face = face,
        .families = { true, true },
        .first_handler = r->s->n_handlers,
    };
    r->in_port = true;
    return face != SCENARIO_FACE_SCRIPT || add_handler(r, SCENARIO_SIDE_BOTH, "connect");
}

static bool read_port_setting(struct reader *r, char *word)
{
    static const char *const keys[] = { "cert", "tls", "only", "client", NULL };
    static const char *const clients[] = { "ignored", "asked", "needed", NULL };
    static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
    static const char *const families[] = {
        [FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6", [FAMILY_COUNT] = NULL,
    };
    struct scenario_port *port = &r->s->ports[r->s->n_ports - 1];
    char *value;
    int key, choice;

    if (!split_setting(r, word, &value, "cert=NAME, tls=1.2, only=ipv4, client=asked") ||
        !read_choice(r, &key, "setting", word, keys))
        return false;
    if (key == 0)
        return find_cert(r->s, value, &port->cert) || complain(r, "certificate", value, "one named above");
    if (!read_choice(r, &choice, keys[key], value, key == 1 ? versions : key == 2 ? families : clients))
        return false;
    if (key == 1)
        port->tls = versions[choice];
    else if (key == 3)
        port->client = (enum scenario_client)choice;
    else
        port->families[choice == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4] = false;
    return true;
}

static bool read_port(struct reader *r, char *rest)
{
    const char *words[N_FACES + 1] = { NULL };
    char *word = next_word(&rest);
    uint16_t number;
    int face;

    for (size_t i = 0; i < N_FACES; i++)
        words[i] = faces[i].word;
    if (!read_port_number(r, &number, word))
        return false;
    if (find_port(r->s, number) != NULL || (number == WEB_PORT && r->s->n_pages > 0))
        return complain(r, "second port", word, "each port once, and not 80 with web");
    if (!need_host(r) || !read_choice(r, &face, "port", next_word(&rest), words) ||
        !open_port(r, number, (enum scenario_face)face))
        return false;
    for (word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!read_port_setting(r, word))
            return false;
    }
    return true;
}

/* ---- what the check must say ---- */

static bool read_verdict(struct reader *r, char *rest)
{
    static const char *const words[] = { "ok", "warning", "critical", "unknown", NULL };
    char *word = next_word(&rest);
    int choice;

    if (r->s->verdict != NULL)
        return complain(r, "second verdict", word, "one");
    if (!read_choice(r, &choice, "verdict", word, words))
        return false;
    r->s->verdict = words[choice];
    return nothing_more(r, rest);
}

static bool read_id(struct reader *r, const char **ret, const char *word)
{
    if (!is_plain_name(word, 60) || strchr(word, '.') == NULL)
        return complain(r, "finding", word, "an id such as port.blocked");
    return keep_word(r, ret, word);
}

static bool read_primary(struct reader *r, char *rest)
{
    return read_id(r, &r->s->primary, next_word(&rest)) && nothing_more(r, rest);
}

static bool read_finding(struct reader *r, char *rest)
{
    static const char *const severities[] = { "info", "warning", "critical", NULL };
    static const char accepted[] = "port=N, caused_by=ID";
    struct scenario_finding *f =
        APPEND(r, r->s->findings, r->s->n_findings, SCENARIO_FINDINGS_MAX, "findings");
    char *word, *value;
    int choice;

    if (f == NULL || !read_id(r, &f->id, next_word(&rest)) ||
        !read_choice(r, &choice, "severity", next_word(&rest), severities))
        return false;
    f->severity = severities[choice];
    for (word = next_word(&rest); *word != '\0'; word = next_word(&rest)) {
        if (!split_setting(r, word, &value, accepted))
            return false;
        if (strcmp(word, "port") == 0) {
            if (!read_port_number(r, &f->port, value))
                return false;
        } else if (strcmp(word, "caused_by") == 0) {
            if (!read_id(r, &f->caused_by, value))
                return false;
        } else {
            return complain(r, "setting", word, accepted);
        }
    }
    return true;
}

static bool read_recommended(struct reader *r, char *rest)
{
    static const char *const modes[] = { "starttls", "implicit", NULL };
    struct scenario_pair *p =
        APPEND(r, r->s->recommended, r->s->n_recommended, SCENARIO_FINDINGS_MAX, "recommendations");
    int choice;

    if (p == NULL || !read_port_number(r, &p->port, next_word(&rest)) ||
        !read_choice(r, &choice, "mode", next_word(&rest), modes))
        return false;
    p->mode = modes[choice];
    return nothing_more(r, rest);
}

/* ---- the whole ---- */

static const struct line_word {
    const char *word;
    bool (*read)(struct reader *r, char *rest);
} line_words[] = {
    { "about", read_about },     { "target", read_target },           { "host", read_host },
    { "options", read_options }, { "dns", read_dns },                 { "cert", read_cert },
    { "dns2", read_dns2 },
    { "port", read_port },       { "verdict", read_verdict },         { "primary", read_primary },
    { "finding", read_finding }, { "recommended", read_recommended }, { "clock", read_clock },
    { "box", read_box },         { "web", read_web },
};

static bool read_line(struct reader *r, char *line)
{
    static const char accepted[] = "about, target, box, host, options, dns, dns2, cert, web, clock, port, on, at, a step, verdict, "
                                   "primary, finding, recommended";
    char *rest = line, *word = next_word(&rest);

    if (*word == '\0' || *word == '#')
        return true;
    if (strcmp(word, "on") == 0)
        return read_on(r, rest);
    if (strcmp(word, "at") == 0 || find_step_word(word) != NULL)
        return read_step(r, word, rest);
    for (size_t i = 0; i < sizeof line_words / sizeof line_words[0]; i++) {
        if (strcmp(line_words[i].word, word) == 0)
            return close_port(r) && line_words[i].read(r, rest);
    }
    return complain(r, "word", word, accepted);
}

/* One line of the text, without blanks at its end, into line. */
static bool take_line(struct reader *r, struct peer_text *text, char line[static SCENARIO_LINE_MAX])
{
    const char *end = memchr(text->bytes, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->bytes) : text->len;

    r->line++;
    if (len >= SCENARIO_LINE_MAX)
        return complain(r, "line too long", NULL, "fewer than 4096 bytes");
    if (memchr(text->bytes, '\0', len) != NULL)
        return complain(r, "a zero byte", NULL, "text");
    memcpy(line, text->bytes, len);
    text->bytes += len + (end != NULL);
    text->len -= len + (end != NULL);
    while (len > 0 && (is_blank(line[len - 1]) || line[len - 1] == '\r'))
        len--;
    line[len] = '\0';
    return true;
}

static bool read_text(struct reader *r, struct peer_text text)
{
    char line[SCENARIO_LINE_MAX];

    if (text.len > SCENARIO_TEXT_MAX)
        return complain(r, "file too long", NULL, "at most 256 KiB");
    while (text.len > 0) {
        if (!take_line(r, &text, line) || !read_line(r, line))
            return false;
    }
    return close_port(r);
}

/* A line names the host, or "*" covers it. */
static bool host_has_answers(const struct scenario *s, size_t resolver)
{
    for (size_t i = 0; i < s->n_answers; i++) {
        const struct scenario_answer *a = &s->answers[i];

        if (a->resolver == resolver && (strcmp(a->name, "*") == 0 || strcasecmp(a->name, s->host) == 0))
            return true;
    }
    return false;
}

static bool add_loopback(struct reader *r, size_t resolver)
{
    static const char *const texts[] = { "127.0.0.1", "::1" };

    for (size_t i = 0; i < 2; i++) {
        struct scenario_answer *a =
            APPEND(r, r->s->answers, r->s->n_answers, SCENARIO_ANSWERS_MAX, "dns lines");

        if (a == NULL)
            return false;
        a->name = r->s->host;
        a->resolver = resolver;
        a->type = i == 0 ? SCENARIO_TYPE_A : SCENARIO_TYPE_AAAA;
        address_parse(&a->address, texts[i]);
    }
    return true;
}

static bool fill_in(struct reader *r)
{
    struct scenario *s = r->s;

    if (s->target == NULL)
        return complain(r, "no target", NULL, "target NAME, box TEXT");
    if (!need_host(r))
        return false;
    if (s->n_clocks == 0 && !s->no_clock && APPEND(r, s->clocks, s->n_clocks, SCENARIO_CLOCKS_MAX, "clocks") == NULL)
        return false;
    for (size_t i = 0; i < s->n_resolvers; i++) {
        if (!host_has_answers(s, i) && !add_loopback(r, i))
            return false;
    }
    for (size_t i = 0; i < sizeof usual_ports / sizeof usual_ports[0]; i++) {
        if (find_port(s, usual_ports[i].number) == NULL &&
            !(open_port(r, usual_ports[i].number, usual_ports[i].face) && close_port(r)))
            return false;
    }
    for (size_t i = 0; i < s->n_certs; i++) {
        if (s->certs[i].n_names > 0)
            continue;
        s->certs[i].names = &s->host;
        s->certs[i].n_names = 1;
    }
    if (s->about == NULL)
        s->about = "";
    return true;
}

bool scenario_parse(struct scenario **ret, const char *name, struct peer_text text,
                    char complaint[static SCENARIO_COMPLAINT_SIZE], struct err *err)
{
    struct arena *arena = arena_new(ARENA_CEILING);
    struct reader r = { .name = name, .complaint = complaint, .err = err };

    complaint[0] = '\0';
    r.s = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *r.s);
    if (r.s == NULL) {
        arena_free(arena);
        return no_memory(&r);
    }
    r.s->arena = arena;
    r.s->n_resolvers = 1;
    if (!keep_word(&r, &r.s->name, name) || add_cert(&r, "default") == NULL || !read_text(&r, text) ||
        !fill_in(&r)) {
        arena_free(arena);
        return false;
    }
    *ret = r.s;
    return true;
}

struct scenario *scenario_free(struct scenario *s)
{
    if (s != NULL)
        arena_free(s->arena);
    return NULL;
}

const struct scenario_source *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_sources_count; i++) {
        if (strcmp(scenario_sources[i].name, name) == 0)
            return &scenario_sources[i];
    }
    return NULL;
}
