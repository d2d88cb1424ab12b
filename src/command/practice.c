#include "command/practice.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "command/run.h"
#include "simulate/player.h"

enum {
    GUIDE_MAX = 64 * 1024,
    PATH_SIZE = 64,
    MASKED_SPARE = 4096,
};

/* The player's options first, the user's after them, so that the user's count. */
static int check_against(const struct face *f, const struct simulate *player, const struct scenario *s,
                         const struct plans *asked, struct secret **used)
{
    struct simulate_option given[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(player, given, SIMULATE_OPTIONS_MAX);
    struct plans p;
    bool ok = true;
    int status;

    plans_init(&p);
    p.secret = asked->secret;
    p.secret.practice = s->secret.bytes;
    p.secret.practice_kind = s->secret.token ? SECRET_TOKEN : SECRET_PASSWORD;
    for (size_t i = 0; i < n && ok; i++)
        ok = strcmp(given[i].name, "target") == 0 ? plans_add_target(&p, given[i].value)
                                                  : plans_add_option(&p, given[i].name, given[i].value);
    for (size_t i = 0; i < asked->n_options && ok; i++)
        ok = plans_add_option(&p, asked->options[i].name, asked->options[i].value);
    status = ok ? plans_run(&p, f, used) : face_fail(f, SMTPDX_NO_MEMORY);
    plans_done(&p);
    return status;
}

/* The player knows the secrets of its scenario; a user may have signed in with another. */
static void show_masked(const char *said, const struct secret *secret)
{
    struct peer_text text = peer_text_of(said);
    struct arena *a = arena_new(2 * text.len + MASKED_SPARE);

    if (a != NULL && secret_mask(&text, secret, PEER_TEXT_LITERAL(""), a, text))
        fwrite(text.bytes, 1, text.len, stderr);
    arena_free(a);
}

/* secret: that was signed in with, or NULL */
static int end(struct simulate *player, const struct practice *p, const struct secret *secret, int status)
{
    simulate_stop(player);
    if (p->transcript) {
        show_masked(simulate_transcript(player), secret);
        show_masked(simulate_complaints(player), secret);
    }
    simulate_free(player);
    return status;
}

static int fail(const struct face *f, const struct err *err)
{
    errno = err->code;
    return face_fail(f, err->kind == ERR_NOMEM ? SMTPDX_NO_MEMORY : SMTPDX_SYSTEM);
}

int practice_check(const struct face *f, const struct scenario *s, const struct practice *p)
{
    struct simulate *player = NULL;
    struct secret *used = NULL;
    struct err err = { 0 };
    struct usage note;
    int status;

    if (simulate_start(&player, s, &err)) {
        status = check_against(f, player, s, p->asked, &used);
        status = end(player, p, used, status);
        secret_free(used);
        return status;
    }
    if (!s->net.used || p->record == NULL || err.kind != ERR_SYSTEM)
        return fail(f, &err);
    usage_set(&note, TEXT_PRACTICE_NOT_PERMITTED);
    usage_word(&note, "reason", strerror(err.code));
    face_note(f, &note);
    return run_show(f, s->name, p->record, strlen(p->record));
}

int practice_show(const struct face *f, const struct scenario *s, const struct practice *p)
{
    struct usage note;

    if (p->record == NULL) {
        usage_set(&note, TEXT_USAGE_NOT_RECORDED);
        usage_peer(&note, "value", s->name);
        return face_refuse(f, &note);
    }
    usage_set(&note, TEXT_PRACTICE_RECORDED);
    face_note(f, &note);
    return run_show(f, s->name, p->record, strlen(p->record));
}

/* ---- servers that stay ---------------------------------------------------------- */

struct guide {
    const struct face *f;
    struct buf out;
};

/* A line of the guide; the values of its {names} are in u. */
static void put(struct guide *g, const struct usage *u)
{
    usage_put(&g->out, g->f->language, u);
    buf_put_char(&g->out, '\n');
}

static void put_value(struct guide *g, enum text_id id, const char *value)
{
    struct usage u;

    usage_set(&u, id);
    usage_peer(&u, "value", value);
    put(g, &u);
}

/* As another process opens it: ours is the file without a name that the player holds. */
static const char *others_path(const char *path, char out[static PATH_SIZE])
{
    static const char own[] = "/proc/self/";

    if (strncmp(path, own, sizeof own - 1) != 0)
        return path;
    snprintf(out, PATH_SIZE, "/proc/%d/%s", (int)getpid(), path + sizeof own - 1);
    return out;
}

static void put_ports(struct guide *g, const struct simulate *player, const struct scenario *s)
{
    for (size_t i = 0; i < s->n_ports; i++) {
        const struct scenario_port *port = &s->ports[i];
        struct endpoint at = { .port = simulate_port(player, port->number) };
        char text[ENDPOINT_TEXT_SIZE];
        struct usage u;

        if (port->place != SCENARIO_PLACE_HOST ||
            !scenario_place_address(&at.address, s, port->place, FAMILY_IPV4))
            continue;
        usage_set(&u, TEXT_PRACTICE_PORT);
        usage_number(&u, "port", port->number);
        usage_word(&u, "value", endpoint_format(&at, text));
        put(g, &u);
    }
}

static void put_accounts(struct guide *g, const struct scenario *s)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        const struct scenario_account *a = &s->accounts[i];
        struct usage u;

        usage_set(&u, a->token ? TEXT_PRACTICE_TOKEN : TEXT_PRACTICE_ACCOUNT);
        usage_peer(&u, "user", a->user.bytes);
        usage_peer(&u, "value", a->secret.bytes);
        put(g, &u);
    }
}

/* A word for a shell, whatever bytes it has; in $'' they are all printable (POSIX.1-2024, section 2.2.4). */
static void put_word(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:=/_[],@";

    buf_put_char(out, ' ');
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        buf_put_string(out, word);
        return;
    }
    buf_put_string(out, "$'");
    for (; *word != '\0'; word++) {
        unsigned char c = (unsigned char)*word;

        if (isalnum(c) || strchr(plain, c) != NULL || c == ' ')
            buf_put_char(out, *word);
        else
            buf_printf(out, "\\x%02x", c);
    }
    buf_put_char(out, '\'');
}

static void put_option(struct buf *out, const struct simulate_option *o)
{
    char path[PATH_SIZE];

    if (strcmp(o->name, "target") != 0)
        buf_printf(out, " --%s", o->name);
    if (o->value != NULL)
        put_word(out, others_path(o->value, path));
}

/* A command that prints the secret; printf itself resolves what a shell would take for something else. */
static void put_secret(struct guide *g, const struct scenario_secret *s)
{
    struct buf command;

    buf_init(&command, GUIDE_MAX);
    buf_put_string(&command, "printf '%b\\n' '");
    for (size_t i = 0; i < s->bytes.len; i++) {
        unsigned char c = (unsigned char)s->bytes.bytes[i];

        if (isalnum(c) || c == ' ')
            buf_put_char(&command, (char)c);
        else
            buf_printf(&command, "\\0%03o", c);
    }
    buf_put_char(&command, '\'');
    buf_put_string(&g->out, s->token ? " --token-command" : " --password-command");
    put_word(&g->out, buf_borrow(&command));
    g->out.failed = g->out.failed || command.failed;
    buf_done(&command);
}

static void put_about(struct guide *g, const char *about)
{
    buf_put_string(&g->out, "  ");
    peer_text_escape(&g->out, peer_text_of(about), SCENARIO_LINE_MAX);
    buf_put_char(&g->out, '\n');
}

static void put_guide(struct guide *g, const struct simulate *player, const struct scenario *s,
                      const char *about)
{
    struct simulate_option o[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(player, o, SIMULATE_OPTIONS_MAX);
    char path[PATH_SIZE];

    put_value(g, TEXT_PRACTICE_SERVES, s->name);
    if (*about != '\0')
        put_about(g, about);
    buf_put_char(&g->out, '\n');
    put_value(g, TEXT_PRACTICE_HOST, s->host);
    put_ports(g, player, s);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(o[i].name, "resolver") == 0)
            put_value(g, TEXT_PRACTICE_RESOLVER, o[i].value);
        else if (strcmp(o[i].name, "ca-file") == 0)
            put_value(g, TEXT_PRACTICE_ROOT, others_path(o[i].value, path));
    }
    put_accounts(g, s);
    buf_put_char(&g->out, '\n');
    buf_put_string(&g->out, text(g->f->language, TEXT_PRACTICE_OWN_CHECK));
    buf_put_string(&g->out, "\n  smtpdx");
    for (size_t i = 0; i < n; i++)
        put_option(&g->out, &o[i]);
    if (s->secret.given)
        put_secret(g, &s->secret);
    buf_put_char(&g->out, '\n');
}

int practice_serve(const struct face *f, const struct scenario *s, const struct practice *p)
{
    struct guide g = { .f = f };
    struct simulate *player = NULL;
    struct err err = { 0 };
    struct usage error;
    sigset_t ends;
    int caught, status = 0;

    if (s->net.used) {
        usage_set(&error, TEXT_USAGE_NOT_SERVED);
        usage_peer(&error, "value", s->name);
        return face_refuse(f, &error);
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* from now on they wait until they are asked for */
    if (!simulate_start(&player, s, &err))
        return fail(f, &err);
    buf_init(&g.out, GUIDE_MAX);
    put_guide(&g, player, s, p->about);
    if (g.out.failed)
        status = face_fail(f, SMTPDX_NO_MEMORY);
    else if (!face_write(f, buf_borrow(&g.out), g.out.len))
        status = EXIT_USAGE;
    else
        sigwait(&ends, &caught);
    buf_done(&g.out);
    return end(player, p, NULL, status);
}
