/*
 * help - `--help` and `--version`, made from the tables that are read
 */
#include <string.h>

#include "base/buf.h"
#include "command/command.h"
#include "command/secret_source.h"
#include "input/plan_option.h"
#include "report/layout.h"

enum {
    HELP_MAX = 64 << 10,
    HELP_WIDTH = 80,
    HELP_INDENT = 6,
};

static void put_option(struct buf *out, enum language language, const struct option_spec *o)
{
    if (o->letter != 0)
        buf_printf(out, "  -%c, ", o->letter);
    else
        buf_put_string(out, "      ");
    buf_printf(out, "--%s%s%s\n", o->name, o->argument == NULL ? "" : " ",
               o->argument == NULL ? "" : o->argument);
    layout_put_spaces(out, HELP_INDENT + 4);
    layout_put_text(out, HELP_WIDTH, HELP_INDENT + 4, HELP_INDENT + 4, text(language, o->help));
}

static void put_options(struct buf *out, enum language language, const struct option_spec *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_option(out, language, &table[i]);
}

/* One command: how it is called, what for, and which options it takes. */
static const struct page {
    const char *name;
    const char *synopsis;
    enum text_id about;
    bool plan;   /* takes a Plan's options, a secret's source and --record */
} pages[] = {
    { "check", "smtpdx [check] [OPTION...] [TARGET...]", TEXT_HELP_CHECK, true },
    { "explain", "smtpdx explain [OPTION...] [TEXT...]", TEXT_HELP_EXPLAIN, false },
    { "replay", "smtpdx replay [OPTION...] FILE", TEXT_HELP_REPLAY, false },
    { "simulate", "smtpdx simulate [OPTION...] NAME", TEXT_HELP_SIMULATE, true },
};

static void put_page(struct buf *out, enum language language, const struct page *page)
{
    const struct option_spec *table;
    size_t n;

    buf_printf(out, "%s\n", page->synopsis);
    layout_put_text(out, HELP_WIDTH, 0, 0, text(language, page->about));
    buf_put_char(out, '\n');
    if (page->plan) {
        table = plan_option_table(&n);
        put_options(out, language, table, n);
        table = secret_source_options(&n);
        put_options(out, language, table, n);
        table = face_record_options(&n);
        put_options(out, language, table, n);
    }
    if (strcmp(page->name, "explain") == 0) {
        table = explain_options_table(&n);
        put_options(out, language, table, n);
    }
    if (strcmp(page->name, "simulate") == 0) {
        table = simulate_options_table(&n);
        put_options(out, language, table, n);
    }
    table = face_options(&n);
    put_options(out, language, table, n);
    if (strcmp(page->name, "explain") == 0) {
        buf_put_char(out, '\n');
        layout_put_text(out, HELP_WIDTH, 0, 0, text(language, TEXT_HELP_EXPLAIN_EXIT_STATUS));
    }
}

static void put_overview(struct buf *out, enum language language)
{
    buf_put_char(out, '\n');
    for (size_t i = 1; i < sizeof pages / sizeof pages[0]; i++) {
        buf_printf(out, "%s\n", pages[i].synopsis);
        layout_put_spaces(out, HELP_INDENT);
        layout_put_text(out, HELP_WIDTH, HELP_INDENT, HELP_INDENT, text(language, pages[i].about));
    }
    buf_put_char(out, '\n');
    layout_put_text(out, HELP_WIDTH, 0, 0, text(language, TEXT_HELP_EXIT_STATUS));
}

int command_help(const struct face *f, const char *name)
{
    struct buf out;
    bool ok;

    buf_init(&out, HELP_MAX);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(pages[i].name, name) == 0)
            put_page(&out, f->language, &pages[i]);
    }
    if (strcmp(name, "check") == 0)
        put_overview(&out, f->language);
    ok = !out.failed && face_write(f, buf_borrow(&out), out.len);
    buf_done(&out);
    return ok ? 0 : EXIT_USAGE;
}

int command_version(const struct face *f)
{
    struct buf out;
    bool ok;

    buf_init(&out, HELP_MAX);
    buf_printf(&out, "smtpdx %s\n", smtpdx_version());
    ok = !out.failed && face_write(f, buf_borrow(&out), out.len);
    buf_done(&out);
    return ok ? 0 : EXIT_USAGE;
}
