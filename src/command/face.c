/*
 * face - how a command speaks: language, format, colours, where the report goes
 */
#include "command/face.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum {
    LINE_MAX_BYTES = 8192,
    COLUMNS = 80,
    COLUMNS_MIN = 40,
    COLUMNS_MAX = 120, /* longer lines are hard to read */
};

/* ---- places to write to -------------------------------------------------------- */

/* Names that stand for what this program has open already. */
static bool is_descriptor(const char *path)
{
    static const char *const places[] = { "/dev/std", "/dev/fd/", "/proc/" };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strncmp(path, places[i], strlen(places[i])) == 0)
            return true;
    }
    return false;
}

/*
 * A file is replaced in one step, so that no half of it is ever seen; a device,
 * a pipe and what is open already are written to, and so is a link to nothing.
 */
static bool is_replaced(const char *path)
{
    struct stat there;

    if (is_descriptor(path))
        return false;
    return stat(path, &there) == 0 ? S_ISREG(there.st_mode) : lstat(path, &there) != 0;
}

/* "FOLDER/", or nothing for the working directory. */
static void put_folder(struct buf *out, const char *path)
{
    const char *name = strrchr(path, '/');

    if (name != NULL)
        buf_put(out, path, (size_t)(name + 1 - path));
}

/* errno where a new file cannot be made beside this one, else 0. */
static int folder_problem(const char *path)
{
    struct buf folder;
    int problem = 0;

    buf_init(&folder, LINE_MAX_BYTES);
    put_folder(&folder, path);
    buf_put_char(&folder, '.'); /* "FILE/." is no folder, where "FILE" could be written to */
    if (folder.failed)
        problem = ENAMETOOLONG;
    else if (access(buf_borrow(&folder), W_OK | X_OK) != 0)
        problem = errno;
    buf_done(&folder);
    return problem;
}

/* errno of what would go wrong in writing there, as far as can be told beforehand; else 0. */
static int place_problem(const char *path)
{
    struct stat there;
    char *real;
    int problem;

    if (*path == '\0')
        return ENOENT;
    if (stat(path, &there) != 0 && errno != ENOENT)
        return errno;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
        return EISDIR;
    if (!is_replaced(path))
        return access(path, W_OK) != 0 && errno != ENOENT ? errno : 0;
    real = realpath(path, NULL);
    problem = folder_problem(real == NULL ? path : real);
    free(real);
    return problem;
}

static bool write_all(FILE *file, const char *bytes, size_t len)
{
    return fwrite(bytes, 1, len, file) == len && fflush(file) == 0;
}

/* Closes it in any case; errno is the first thing that went wrong. */
static bool write_and_close(FILE *file, const char *bytes, size_t len)
{
    bool ok = write_all(file, bytes, len);
    int code = errno;

    if (fclose(file) != 0 && ok)
        return false;
    errno = code;
    return ok;
}

/* Behind what is there, so that `-o /dev/stdout >> log` adds to the log. */
static bool append_to(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "ae");

    return file != NULL && write_and_close(file, bytes, len);
}

/* A new file beside the old one takes its place and its permissions. */
static bool replace_file(const char *path, const char *bytes, size_t len)
{
    struct buf temporary;
    struct stat there;
    FILE *file;
    bool ok;
    int code;

    buf_init(&temporary, LINE_MAX_BYTES);
    put_folder(&temporary, path);
    buf_printf(&temporary, ".smtpdx-%ld.tmp", (long)getpid());
    file = temporary.failed ? NULL : fopen(buf_borrow(&temporary), "wxe");
    ok = file != NULL;
    if (ok && stat(path, &there) == 0)
        ok = fchmod(fileno(file), there.st_mode & 0777) == 0;
    if (file != NULL) {
        ok = write_and_close(file, bytes, len) && ok && rename(buf_borrow(&temporary), path) == 0;
        code = errno;
        if (!ok)
            unlink(buf_borrow(&temporary));
        errno = code;
    }
    buf_done(&temporary);
    return ok;
}

/* false: errno says why */
static bool write_to(const char *path, const char *bytes, size_t len)
{
    char *real;
    bool ok;

    if (!is_replaced(path))
        return append_to(path, bytes, len);
    real = realpath(path, NULL); /* a link to a file stays one */
    ok = replace_file(real == NULL ? path : real, bytes, len);
    free(real);
    return ok;
}

/* ---- options ------------------------------------------------------------------- */

static enum input_result set_format(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    static const char *const words[] = { [FACE_TEXT] = "text", [FACE_JSON] = "json", [FACE_NDJSON] = "ndjson" };
    struct face *f = owner;

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            f->format = (enum face_format)i;
            return INPUT_OK;
        }
    }
    return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
}

static enum input_result set_language(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct face *f = owner;

    return language_parse(&f->language, value) ? INPUT_OK : option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
}

static enum input_result set_color(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    static const char *const words[] = {
        [FACE_COLOR_AUTO] = "auto",
        [FACE_COLOR_ALWAYS] = "always",
        [FACE_COLOR_NEVER] = "never",
    };
    struct face *f = owner;

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            f->color = (enum face_color)i;
            return INPUT_OK;
        }
    }
    return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
}

/* Told before anything is contacted: a check whose report has no place to go is a check lost. */
static enum input_result set_place(const char **ret, const struct option_spec *o, const char *value,
                                   struct usage *error)
{
    int problem = place_problem(value);

    if (problem != 0) {
        option_refuse(o, value, TEXT_USAGE_UNWRITABLE, error);
        usage_word(error, "reason", strerror(problem));
        return INPUT_USAGE;
    }
    *ret = value;
    return INPUT_OK;
}

static enum input_result set_output(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    return set_place(&((struct face *)owner)->output, o, value, error);
}

static enum input_result set_record(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    return set_place(&((struct face *)owner)->record, o, value, error);
}

static enum input_result set_quiet(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct face *)owner)->quiet = true;
    return INPUT_OK;
}

static enum input_result set_help(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct face *)owner)->help = true;
    return INPUT_OK;
}

static enum input_result set_version(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct face *)owner)->version = true;
    return INPUT_OK;
}

static const struct option_spec options[] = {
    { "format", 'f', false, "text|json|ndjson", TEXT_OPTION_FORMAT_HELP, TEXT_NONE, set_format },
    { "output", 'o', false, "FILE", TEXT_OPTION_OUTPUT_HELP, TEXT_OPTION_OUTPUT_ACCEPTED, set_output },
    { "lang", 0, false, "en|ja", TEXT_OPTION_LANG_HELP, TEXT_NONE, set_language },
    { "color", 0, false, "auto|always|never", TEXT_OPTION_COLOR_HELP, TEXT_NONE, set_color },
    { "quiet", 'q', false, NULL, TEXT_OPTION_QUIET_HELP, TEXT_NONE, set_quiet },
    { "help", 'h', false, NULL, TEXT_OPTION_HELP_HELP, TEXT_NONE, set_help },
    { "version", 'V', false, NULL, TEXT_OPTION_VERSION_HELP, TEXT_NONE, set_version },
};

static const struct option_spec record_options[] = {
    { "record", 0, false, "FILE", TEXT_OPTION_RECORD_HELP, TEXT_OPTION_OUTPUT_ACCEPTED, set_record },
};

const struct option_spec *face_options(size_t *ret_n)
{
    *ret_n = sizeof options / sizeof options[0];
    return options;
}

const struct option_spec *face_record_options(size_t *ret_n)
{
    *ret_n = sizeof record_options / sizeof record_options[0];
    return record_options;
}

/* The first of them that is set counts, as in setlocale(3). */
static void follow_locale(struct face *f)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);

        if (locale != NULL && *locale != '\0') {
            f->language = language_of_locale(locale);
            return;
        }
    }
}

void face_init(struct face *f, char **words)
{
    static const char lang[] = "--lang";
    const size_t len = sizeof lang - 1;

    *f = (struct face){ 0 };
    follow_locale(f);
    for (; *words != NULL; words++) {
        if (strncmp(*words, lang, len) == 0 && (*words)[len] == '=')
            language_parse(&f->language, *words + len + 1);
        else if (strcmp(*words, lang) == 0 && words[1] != NULL)
            language_parse(&f->language, words[1]);
    }
}

/* ---- refusals -------------------------------------------------------------------- */

int face_refuse_line(const char *line)
{
    fprintf(stderr, "smtpdx: %s\n", line);
    return EXIT_USAGE;
}

void face_note(const struct face *f, const struct usage *note)
{
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    usage_put(&line, f->language, note);
    face_refuse_line(buf_borrow(&line));
    buf_done(&line);
}

int face_refuse(const struct face *f, const struct usage *error)
{
    face_note(f, error);
    return EXIT_USAGE;
}

int face_fail(const struct face *f, enum smtpdx_status status)
{
    const char *reason = status == SMTPDX_NO_MEMORY ? strerrordesc_np(ENOMEM) : strerror(errno);

    fprintf(stderr, "smtpdx: %s: %s\n", text(f->language, TEXT_USAGE_CANNOT_GO_ON), reason);
    return EXIT_USAGE;
}

static void refuse_file(const struct face *f, const char *path, enum text_id id)
{
    struct usage error;

    usage_set(&error, id);
    usage_peer(&error, "file", path);
    usage_word(&error, "reason", strerror(errno));
    face_refuse(f, &error);
}

/* ---- reports ------------------------------------------------------------------------ */

static unsigned columns_of(int fd)
{
    struct winsize size;

    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS;
    if (size.ws_col < COLUMNS_MIN)
        return COLUMNS_MIN;
    return size.ws_col > COLUMNS_MAX ? COLUMNS_MAX : size.ws_col;
}

/* A terminal that understands more than text. */
static bool is_capable(int fd)
{
    const char *terminal = getenv("TERM");

    return isatty(fd) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* https://no-color.org: any value but the empty one. */
static bool wants_color(const struct face *f)
{
    const char *no_color = getenv("NO_COLOR");

    switch (f->color) {
    case FACE_COLOR_ALWAYS:
        return true;
    case FACE_COLOR_NEVER:
        return false;
    case FACE_COLOR_AUTO:
        break;
    }
    return f->output == NULL && is_capable(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

struct report_spec face_spec(const struct face *f)
{
    return (struct report_spec){
        .language = f->language,
        .width = f->output == NULL ? columns_of(STDOUT_FILENO) : COLUMNS,
        .color = wants_color(f),
        .quiet = f->quiet,
    };
}

enum smtpdx_status face_render(const struct face *f, const struct smtpdx_evidence *evidence,
                               const struct smtpdx_diagnosis *diagnosis, char **bytes, size_t *len)
{
    static const char *const formats[] = { [FACE_TEXT] = "text", [FACE_JSON] = "json", [FACE_NDJSON] = "ndjson" };
    struct report_spec spec = face_spec(f);
    struct smtpdx_report_options o = {
        .format = formats[f->format],
        .language = language_word(spec.language),
        .width = spec.width,
        .color = spec.color,
        .quiet = spec.quiet,
    };

    return smtpdx_report(evidence, diagnosis, &o, bytes, len);
}

bool face_write_file(const struct face *f, const char *path, const char *bytes, size_t len)
{
    if (write_to(path, bytes, len))
        return true;
    refuse_file(f, path, TEXT_USAGE_CANNOT_WRITE);
    return false;
}

bool face_write(const struct face *f, const char *bytes, size_t len)
{
    const char *path = f->output == NULL ? "stdout" : f->output;

    if ((f->output == NULL ? write_all(stdout, bytes, len) : write_to(path, bytes, len)) || errno == EPIPE)
        return true;
    refuse_file(f, path, TEXT_USAGE_CANNOT_WRITE);
    return false;
}

bool face_read_file(const struct face *f, const char *path, size_t max, char **bytes, size_t *len)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    char *room = file == NULL ? NULL : malloc(max + 1);

    if (room != NULL) {
        *len = fread(room, 1, max + 1, file);
        if (!ferror(file) && *len <= max) {
            *bytes = room;
            room = NULL;
            if (!standard)
                fclose(file);
            return true;
        }
        if (*len > max)
            errno = EFBIG;
    }
    refuse_file(f, path, TEXT_USAGE_CANNOT_READ);
    if (file != NULL && !standard)
        fclose(file);
    free(room);
    return false;
}

/* ---- progress ------------------------------------------------------------------------ */

bool face_shows_progress(const struct face *f)
{
    return !f->quiet && is_capable(STDERR_FILENO);
}

void face_draw_progress(const struct face *f, const struct smtpdx_evidence *evidence)
{
    struct smtpdx_report_options o = {
        .format = "progress",
        .language = language_word(f->language),
        .width = columns_of(STDERR_FILENO) - 1, /* the last column would make the terminal wrap */
    };
    char *line = NULL;
    size_t len = 0;

    if (smtpdx_report(evidence, NULL, &o, &line, &len) == SMTPDX_OK)
        fprintf(stderr, "\r%s\033[K", line);
    free(line);
}

void face_clear_progress(void)
{
    fputs("\r\033[K", stderr);
}
