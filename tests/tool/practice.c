/*
 * practice - holds a scenario on the air for a human, or for a test of another program
 *
 * usage: practice FILE.scn [ROOT.pem]
 * Prints the options for a check, writes the root where asked, plays until stdin ends,
 * then prints the transcript on stdout and the complaints on stderr; exit 1 where there are any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "probe/file.h"
#include "simulate/player.h"
#include "simulate/scenario.h"

static void print_options(const struct simulate *p)
{
    struct simulate_option options[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(p, options, SIMULATE_OPTIONS_MAX);

    for (size_t i = 0; i < n; i++)
        printf("%s%s%s\n", options[i].name, options[i].value != NULL ? " " : "",
               options[i].value != NULL ? options[i].value : "");
    printf("\n");
    fflush(stdout);
}

static bool write_root(const struct simulate *p, const char *path)
{
    FILE *f = fopen(path, "w");

    return f != NULL && (fputs(simulate_root(p), f), fclose(f) == 0);
}

int main(int argc, char **argv)
{
    char complaint[SCENARIO_COMPLAINT_SIZE];
    struct err err = { .kind = ERR_NONE };
    struct scenario *s = NULL;
    struct simulate *p = NULL;
    struct buf text;
    int status = EXIT_FAILURE;

    buf_init(&text, SCENARIO_TEXT_MAX + 1);
    if (argc < 2 || !file_read(&text, argv[1]) || text.failed) {
        fprintf(stderr, "usage: practice FILE.scn [ROOT.pem]\n");
    } else if (!scenario_parse(&s, argv[1], (struct peer_text){ buf_borrow(&text), text.len }, complaint, &err)) {
        fprintf(stderr, "%s\n", complaint);
    } else if (!simulate_start(&p, s, &err) || (argc > 2 && !write_root(p, argv[2]))) {
        fprintf(stderr, "practice: %s failed\n", err.doing != NULL ? err.doing : "writing the root");
    } else {
        print_options(p);
        while (getchar() != EOF)
            ;
        simulate_stop(p);
        fputs(simulate_transcript(p), stdout);
        fputs(simulate_complaints(p), stderr);
        status = *simulate_complaints(p) == '\0' ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    simulate_free(p);
    scenario_free(s);
    buf_done(&text);
    return status;
}
