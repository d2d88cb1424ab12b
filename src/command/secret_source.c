/*
 * secret_source - where the password or the token of a sign-in comes from
 *
 * What is read stands in one room of its full size from the first byte on, so
 * that no growing buffer leaves a copy; the room is wiped when the secret has
 * been made. What is wrong is told without a byte of it, and without the
 * command, which may hold it.
 */
#include "command/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mechanism.h"
#include "command/ask.h"
#include "command/child.h"
#include "command/waiting.h"

enum {
    LIMIT_S = 60, /* a command may ask for a master password first, and a person types it */
    LINE_END_MAX = 2,
    QUESTION_MAX = 2048,
    PATH_ROOM = 4096,
};

/* ---- options ------------------------------------------------------------------------ */

static enum input_result set_source(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct secret_source *s = owner;

    if (s->option != NULL) {
        usage_set(error, TEXT_USAGE_SECRET_TWICE);
        usage_word(error, "option", s->option->name);
        usage_word(error, "other", o->name);
        return INPUT_USAGE;
    }
    s->option = o;
    s->value = value;
    return INPUT_OK;
}

enum { PASSWORD_FILE, PASSWORD_COMMAND, TOKEN_FILE, TOKEN_COMMAND };

static const struct option_spec options[] = {
    [PASSWORD_FILE] = { "password-file", 0, false, "FILE", TEXT_OPTION_PASSWORD_FILE_HELP,
                        TEXT_OPTION_SECRET_FILE_ACCEPTED, set_source },
    [PASSWORD_COMMAND] = { "password-command", 0, false, "COMMAND", TEXT_OPTION_PASSWORD_COMMAND_HELP,
                           TEXT_OPTION_SECRET_COMMAND_ACCEPTED, set_source },
    [TOKEN_FILE] = { "token-file", 0, false, "FILE", TEXT_OPTION_TOKEN_FILE_HELP, TEXT_OPTION_SECRET_FILE_ACCEPTED,
                     set_source },
    [TOKEN_COMMAND] = { "token-command", 0, false, "COMMAND", TEXT_OPTION_TOKEN_COMMAND_HELP,
                        TEXT_OPTION_SECRET_COMMAND_ACCEPTED, set_source },
};

const struct option_spec *secret_source_options(size_t *ret_n)
{
    *ret_n = sizeof options / sizeof options[0];
    return options;
}

/* ---- taking ---------------------------------------------------------------------------- */

/* One secret on its way from its source. */
struct taking {
    const struct face *face;
    enum secret_kind kind;
    const char *source; /* as a complaint names it */
    char *room;         /* capacity bytes */
    size_t capacity;
    size_t max; /* that a secret of its kind may have */
    size_t n;
    const char *open_to_others; /* the file that every user can read, or NULL */
};

static void complain(struct usage *u, const struct taking *t, enum text_id id)
{
    usage_set(u, id);
    usage_word(u, "source", t->source);
}

static int refuse(const struct taking *t, enum text_id id)
{
    struct usage u;

    complain(&u, t, id);
    return face_refuse(t->face, &u);
}

static int refuse_number(const struct taking *t, enum text_id id, int64_t number)
{
    struct usage u;

    complain(&u, t, id);
    usage_number(&u, "number", number);
    return face_refuse(t->face, &u);
}

static int refuse_file(const struct taking *t, const char *path, int problem)
{
    struct usage u;

    complain(&u, t, TEXT_USAGE_SECRET_UNREADABLE);
    usage_peer(&u, "file", path);
    usage_word(&u, "reason", strerror(problem));
    return face_refuse(t->face, &u);
}

/* ---- a file ---- */

/* An open file of a kind that has an end; 0, or the exit status. */
static int judge_file(struct taking *t, int fd, const char *path)
{
    struct stat there;
    struct usage u;

    if (fstat(fd, &there) != 0)
        return refuse_file(t, path, errno);
    if (S_ISDIR(there.st_mode))
        return refuse_file(t, path, EISDIR);
    if (S_ISCHR(there.st_mode) || S_ISBLK(there.st_mode)) {
        complain(&u, t, TEXT_USAGE_SECRET_DEVICE);
        usage_peer(&u, "file", path);
        return face_refuse(t->face, &u);
    }
    if (S_ISREG(there.st_mode) && (there.st_mode & S_IROTH) != 0)
        t->open_to_others = path;
    return 0;
}

/* A pipe has a writer that may take its time. */
static int read_pieces(struct taking *t, const struct waiting *w, int fd, const char *path)
{
    while (t->n < t->capacity) {
        int number;
        ssize_t got;

        switch (waiting_next(w, fd, &number)) {
        case WAITING_READABLE:
            break;
        case WAITING_SIGNAL:
            return EXIT_INTERRUPTED;
        case WAITING_TOO_LATE:
            return refuse_number(t, TEXT_USAGE_SECRET_TOO_LATE, LIMIT_S);
        case WAITING_FAILED:
            return refuse_file(t, path, errno);
        }
        got = read(fd, t->room + t->n, t->capacity - t->n);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EAGAIN)
            return refuse_file(t, path, errno);
        t->n += got < 0 ? 0 : (size_t)got;
    }
    return 0;
}

static int read_descriptor(struct taking *t, int fd, const char *path)
{
    static const int signals[] = { SIGINT, SIGTERM };
    struct waiting w;
    int status = judge_file(t, fd, path);

    if (status != 0)
        return status;
    if (!waiting_begin(&w, signals, sizeof signals / sizeof signals[0], LIMIT_S * 1000))
        return refuse_file(t, path, errno);
    status = read_pieces(t, &w, fd, path);
    waiting_end(&w);
    return status;
}

/* Opening a pipe does not wait for its writer: that is done with a limit, as reading is. */
static int read_file(struct taking *t, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int status;

    if (fd < 0)
        return refuse_file(t, path, errno);
    status = read_descriptor(t, fd, path);
    close(fd);
    return status;
}

/* ---- a command ---- */

static int read_command(struct taking *t, const char *command)
{
    int number = 0;

    switch (child_read(command, LIMIT_S * 1000, t->room, t->capacity, &t->n, &number)) {
    case CHILD_FINE:
        return 0;
    case CHILD_STATUS:
        return refuse_number(t, TEXT_USAGE_SECRET_STATUS, number);
    case CHILD_SIGNAL:
        return refuse_number(t, TEXT_USAGE_SECRET_SIGNAL, number);
    case CHILD_TOO_MUCH:
        return refuse_number(t, TEXT_USAGE_SECRET_TOO_LONG, (int64_t)t->max);
    case CHILD_TOO_LATE:
        return refuse_number(t, TEXT_USAGE_SECRET_TOO_LATE, LIMIT_S);
    case CHILD_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case CHILD_FAILED:
        break;
    }
    return face_fail(t->face, SMTPDX_SYSTEM);
}

/* ---- the terminal ---- */

static int ask(struct taking *t, const char *user)
{
    struct usage question, u;
    struct buf line;
    enum ask_result result;

    usage_set(&question, t->kind == SECRET_PASSWORD ? TEXT_PROMPT_ASK_PASSWORD : TEXT_PROMPT_ASK_TOKEN);
    usage_peer(&question, "user", user);
    buf_init(&line, QUESTION_MAX);
    usage_put(&line, t->face->language, &question);
    buf_put_char(&line, ' ');
    result = ask_secret(buf_borrow(&line), t->room, &t->n);
    buf_done(&line);
    switch (result) {
    case ASK_ANSWERED:
        return 0;
    case ASK_TOO_LONG:
        return refuse_number(t, TEXT_USAGE_SECRET_LONG_LINE, ASK_ROOM - 2);
    case ASK_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case ASK_NO_TERMINAL:
        break;
    }
    usage_set(&u, TEXT_USAGE_SECRET_NO_TERMINAL);
    return face_refuse(t->face, &u);
}

/* ---- from bytes to a secret ---- */

static bool begin(struct taking *t, const struct face *f, enum secret_kind kind, const char *source)
{
    *t = (struct taking){ .face = f, .kind = kind, .source = source };
    t->max = kind == SECRET_PASSWORD ? SECRET_PASSWORD_MAX : SECRET_TOKEN_MAX;
    t->capacity = t->max + LINE_END_MAX + 1; /* the last one shows that there is more */
    t->room = secret_room_new(t->capacity);
    return t->room != NULL;
}

static void drop_line_end(struct taking *t)
{
    if (t->n == 0 || t->room[t->n - 1] != '\n')
        return;
    t->n--;
    if (t->n > 0 && t->room[t->n - 1] == '\r')
        t->n--;
}

static int make_secret(struct secret **ret, const struct taking *t)
{
    if (t->n == 0)
        return refuse(t, TEXT_USAGE_SECRET_EMPTY);
    if (t->n > t->max)
        return refuse_number(t, TEXT_USAGE_SECRET_TOO_LONG, (int64_t)t->max);
    if (memchr(t->room, '\0', t->n) != NULL)
        return refuse(t, TEXT_USAGE_SECRET_NUL);
    return secret_new(ret, t->kind, t->room, t->n, NULL) ? 0 : face_fail(t->face, SMTPDX_NO_MEMORY);
}

/* status: of the reading */
static int finish(struct secret **ret, struct taking *t, int status)
{
    struct usage note;

    if (status == 0) {
        drop_line_end(t);
        status = make_secret(ret, t);
    }
    secret_room_free(t->room, t->capacity);
    if (status == 0 && t->open_to_others != NULL && !t->face->quiet) {
        usage_set(&note, TEXT_PROMPT_OPEN_TO_OTHERS);
        usage_peer(&note, "file", t->open_to_others);
        face_note(t->face, &note);
    }
    return status;
}

/* ---- the sources, in the order in which they count ---------------------------------------- */

static bool is_token_option(const struct option_spec *o)
{
    return o == &options[TOKEN_FILE] || o == &options[TOKEN_COMMAND];
}

static int take_named(struct secret **ret, const struct secret_source *s, const struct face *f)
{
    const struct option_spec *o = s->option;
    char name[32];
    struct taking t;
    int status;

    snprintf(name, sizeof name, "--%s", o->name);
    if (!begin(&t, f, is_token_option(o) ? SECRET_TOKEN : SECRET_PASSWORD, name))
        return face_fail(f, SMTPDX_NO_MEMORY);
    if (o == &options[PASSWORD_COMMAND] || o == &options[TOKEN_COMMAND])
        status = read_command(&t, s->value);
    else if (strcmp(s->value, "-") == 0)
        status = read_descriptor(&t, STDIN_FILENO, "-");
    else
        status = read_file(&t, s->value);
    return finish(ret, &t, status);
}

/* systemd.exec(5), "Credentials"; false where there is none of this kind. */
static bool find_credential(char path[static PATH_ROOM], enum secret_kind kind)
{
    static const char *const names[] = {
        [SECRET_PASSWORD] = "smtpdx.password",
        [SECRET_TOKEN] = "smtpdx.token",
    };
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    int len;

    if (folder == NULL || *folder != '/')
        return false;
    len = snprintf(path, PATH_ROOM, "%s/%s", folder, names[kind]);
    /* One that is there and may not be read is told when it is read. */
    return len > 0 && len < PATH_ROOM && (access(path, F_OK) == 0 || errno == EACCES);
}

static int take_credential(struct secret **ret, enum secret_kind kind, const char *path, const struct face *f)
{
    struct taking t;

    if (!begin(&t, f, kind, "$CREDENTIALS_DIRECTORY"))
        return face_fail(f, SMTPDX_NO_MEMORY);
    return finish(ret, &t, read_file(&t, path));
}

static int take_answer(struct secret **ret, enum secret_kind kind, const char *user, const struct face *f)
{
    struct taking t;

    if (!begin(&t, f, kind, "--user"))
        return face_fail(f, SMTPDX_NO_MEMORY);
    return finish(ret, &t, ask(&t, user));
}

static int refuse_option(const struct face *f, enum text_id id, const struct option_spec *o, const char *auth)
{
    struct usage u;

    usage_set(&u, id);
    usage_word(&u, "option", o->name);
    if (auth != NULL)
        usage_word(&u, "auth", auth);
    return face_refuse(f, &u);
}

/* The mechanism asked for goes with one kind of secret alone. */
static bool fits(enum secret_kind kind, const char *mechanism)
{
    return mechanism == NULL || mechanism_takes_token(mechanism) == (kind == SECRET_TOKEN);
}

/* Nothing is named: what systemd has put ready, else whoever sits at the terminal. */
static int take_unnamed(struct secret **ret, const char *user, const char *mechanism, const struct face *f)
{
    char password[PATH_ROOM], token[PATH_ROOM];
    bool has_password = fits(SECRET_PASSWORD, mechanism) && find_credential(password, SECRET_PASSWORD);
    bool has_token = fits(SECRET_TOKEN, mechanism) && find_credential(token, SECRET_TOKEN);
    struct usage u;

    if (has_password && has_token) {
        usage_set(&u, TEXT_USAGE_SECRET_TWO_CREDENTIALS);
        return face_refuse(f, &u);
    }
    if (has_password)
        return take_credential(ret, SECRET_PASSWORD, password, f);
    if (has_token)
        return take_credential(ret, SECRET_TOKEN, token, f);
    return take_answer(ret, fits(SECRET_PASSWORD, mechanism) ? SECRET_PASSWORD : SECRET_TOKEN, user, f);
}

int secret_source_take(struct secret **ret, const struct secret_source *source, const struct secret_need *need,
                       const struct face *f)
{
    const char *mechanism = need->auth == NULL ? NULL : mechanism_parse(need->auth);
    const struct option_spec *o = source->option;
    bool is_token = is_token_option(o);

    *ret = NULL;
    if (o != NULL && need->user == NULL)
        return refuse_option(f, TEXT_USAGE_SECRET_WITHOUT_USER, o, NULL);
    if (o != NULL && !fits(is_token ? SECRET_TOKEN : SECRET_PASSWORD, mechanism))
        return refuse_option(f, is_token ? TEXT_USAGE_SECRET_IS_TOKEN : TEXT_USAGE_SECRET_IS_PASSWORD, o, mechanism);
    if (need->user == NULL || !need->begins)
        return 0;
    if (o != NULL)
        return take_named(ret, source, f);
    if (source->practice.len == 0)
        return take_unnamed(ret, need->user, mechanism, f);
    return secret_new(ret, source->practice_kind, source->practice.bytes, source->practice.len, NULL)
               ? 0
               : face_fail(f, SMTPDX_NO_MEMORY);
}
