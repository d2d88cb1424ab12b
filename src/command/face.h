/*
 * face - how a command speaks: language, format, colours, where the report goes
 *
 * The options that every command takes, and the only place that writes.
 */
#ifndef SMTPDX_COMMAND_FACE_H
#define SMTPDX_COMMAND_FACE_H

#include <stdbool.h>
#include <stddef.h>

#include "input/option.h"
#include "knowledge/text.h"
#include "report/report.h"
#include "smtpdx.h"

enum {
    EXIT_USAGE = 3,
    EXIT_INTERRUPTED = 130, /* 128 + SIGINT, as shells have it */
};

enum face_format {
    FACE_TEXT,
    FACE_JSON,   /* an array where there are several reports */
    FACE_NDJSON, /* a line each */
};

enum face_color {
    FACE_COLOR_AUTO,
    FACE_COLOR_ALWAYS,
    FACE_COLOR_NEVER,
};

struct face {
    enum language language;
    enum face_format format;
    enum face_color color;
    bool quiet;
    bool help;
    bool version;
    const char *output; /* NULL: standard output */
    const char *record; /* NULL: none is kept */
};

/*
 * face_init() - text, colours on a terminal, the language of the locale
 * shape:  words: the whole command line, where --lang is looked for before the
 *         rest is read, so that what is refused is told in that language
 */
void face_init(struct face *f, char **words);

/* Options of every command, and those that only a command with a network has. Owners are a struct face. */
const struct option_spec *face_options(size_t *ret_n);
const struct option_spec *face_record_options(size_t *ret_n);

/* One line on stderr, "smtpdx: ..."; always EXIT_USAGE. */
int face_refuse(const struct face *f, const struct usage *error);
int face_refuse_line(const char *line);

/* Likewise a line that refuses nothing. */
void face_note(const struct face *f, const struct usage *note);

/* Our own failure: no memory, or the system refuses; always EXIT_USAGE. */
int face_fail(const struct face *f, enum smtpdx_status status);

/* How a report is laid out: language, width, colours. */
struct report_spec face_spec(const struct face *f);

/* One report as bytes; free() them. */
enum smtpdx_status face_render(const struct face *f, const struct smtpdx_evidence *evidence,
                               const struct smtpdx_diagnosis *diagnosis, char **bytes, size_t *len);

/*
 * face_write() - puts out what was rendered, whole or not at all
 * errors: false, having said why; a reader that has gone away is no error
 */
bool face_write(const struct face *f, const char *bytes, size_t len);

/* As face_write(), into a file of its own. */
bool face_write_file(const struct face *f, const char *path, const char *bytes, size_t len);

/*
 * face_read_file() - a whole file, or standard input for "-"; free() the bytes
 * errors: false, having said why
 */
bool face_read_file(const struct face *f, const char *path, size_t max, char **bytes, size_t *len);

/* What is under way is drawn on stderr. */
bool face_shows_progress(const struct face *f);
void face_draw_progress(const struct face *f, const struct smtpdx_evidence *evidence);
void face_clear_progress(void);

#endif
