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

static enum input_result set_output(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct face *f = owner;

    if (*value == '\0')
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    f->output = value;
    return INPUT_OK;
}

static enum input_result set_record(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct face *f = owner;

    if (*value == '\0')
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    f->record = value;
    return INPUT_OK;
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
    { "output", 'o', false, "FILE", TEXT_OPTION_OUTPUT_HELP, TEXT_NONE, set_output },
    { "lang", 0, false, "en|ja", TEXT_OPTION_LANG_HELP, TEXT_NONE, set_language },
    { "color", 0, false, "auto|always|never", TEXT_OPTION_COLOR_HELP, TEXT_NONE, set_color },
    { "quiet", 'q', false, NULL, TEXT_OPTION_QUIET_HELP, TEXT_NONE, set_quiet },
    { "help", 'h', false, NULL, TEXT_OPTION_HELP_HELP, TEXT_NONE, set_help },
    { "version", 'V', false, NULL, TEXT_OPTION_VERSION_HELP, TEXT_NONE, set_version },
};

static const struct option_spec record_options[] = {
    { "record", 0, false, "FILE", TEXT_OPTION_RECORD_HELP, TEXT_NONE, set_record },
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

void face_init(struct face *f)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    *f = (struct face){ 0 };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);

        if (locale != NULL && *locale != '\0') {
            f->language = language_of_locale(locale);
            return;
        }
    }
}

/* ---- refusals -------------------------------------------------------------------- */

int face_refuse_line(const char *line)
{
    fprintf(stderr, "smtpdx: %s\n", line);
    return EXIT_USAGE;
}

int face_refuse(const struct face *f, const struct usage *error)
{
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    usage_put(&line, f->language, error);
    face_refuse_line(buf_borrow(&line));
    buf_done(&line);
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
    return f->output == NULL && isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

enum smtpdx_status face_render(const struct face *f, const struct smtpdx_evidence *evidence,
                               const struct smtpdx_diagnosis *diagnosis, char **bytes, size_t *len)
{
    static const char *const formats[] = { [FACE_TEXT] = "text", [FACE_JSON] = "json", [FACE_NDJSON] = "ndjson" };
    struct smtpdx_report_options o = {
        .format = formats[f->format],
        .language = language_word(f->language),
        .width = f->output == NULL ? columns_of(STDOUT_FILENO) : COLUMNS,
        .color = wants_color(f),
        .quiet = f->quiet,
    };

    return smtpdx_report(evidence, diagnosis, &o, bytes, len);
}

static bool write_all(FILE *file, const char *bytes, size_t len)
{
    return fwrite(bytes, 1, len, file) == len && fflush(file) == 0;
}

bool face_write_file(const struct face *f, const char *path, const char *bytes, size_t len)
{
    struct buf temporary;
    struct stat there;
    FILE *file;
    bool ok;

    /* A device or a pipe is written to; a file is replaced in one step, so that no half of it is ever seen. */
    bool direct = stat(path, &there) == 0 && !S_ISREG(there.st_mode);

    buf_init(&temporary, LINE_MAX_BYTES);
    buf_printf(&temporary, direct ? "%s" : "%s.%ld.tmp", path, (long)getpid());
    file = temporary.failed ? NULL : fopen(buf_borrow(&temporary), direct ? "we" : "wxe");
    ok = file != NULL && write_all(file, bytes, len);
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!direct && ok)
        ok = rename(buf_borrow(&temporary), path) == 0;
    if (!ok) {
        int code = errno;

        if (!direct && file != NULL)
            unlink(buf_borrow(&temporary));
        errno = code;
        refuse_file(f, path, TEXT_USAGE_CANNOT_WRITE);
    }
    buf_done(&temporary);
    return ok;
}

bool face_write(const struct face *f, const char *bytes, size_t len)
{
    if (f->output != NULL)
        return face_write_file(f, f->output, bytes, len);
    if (write_all(stdout, bytes, len) || errno == EPIPE)
        return true;
    refuse_file(f, "stdout", TEXT_USAGE_CANNOT_WRITE);
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
    const char *terminal = getenv("TERM");

    return !f->quiet && isatty(STDERR_FILENO) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
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
