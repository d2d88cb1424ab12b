/*
 * classify - what replies.h makes of each line of its input
 *
 * A line: provider or @host, stage, code, enhanced code and text, with tabs
 * between them and "-" for what is not known. Prints as many lines: class,
 * finding, confidence, and then the classes that it might be as well.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knowledge/finding.h"
#include "knowledge/replies.h"

static enum reply_stage stage_of(const char *word)
{
    static const char *const words[REPLY_STAGE_COUNT] = { "-",    "greeting", "ehlo", "starttls",
                                                          "auth", "mail",     "rcpt", "data" };
    for (unsigned i = 0; i < REPLY_STAGE_COUNT; i++) {
        if (strcmp(words[i], word) == 0)
            return (enum reply_stage)i;
    }
    fprintf(stderr, "classify: no stage: %s\n", word);
    exit(2);
}

static void print_meanings(const struct reply_question *q)
{
    struct reply_meaning m[REPLIES_CANDIDATES_MAX];
    size_t n = replies_candidates(m, q);

    if (n == 0)
        printf("-\t-\t0");
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = m[i].finding == FINDING_NONE ? NULL : finding_by_id(m[i].finding);

        if (i == 0)
            printf("%s\t%s\t%.2f", reply_class_word(m[i].class), f == NULL ? "-" : f->id, m[i].confidence);
        else
            printf("\t%s", reply_class_word(m[i].class));
    }
    putchar('\n');
}

int main(void)
{
    char line[8192];

    while (fgets(line, sizeof line, stdin) != NULL) {
        struct reply_question q = { 0 };
        char *field[5] = { 0 };
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < 5; i++) {
            field[i] = strsep(&rest, "\t");
            if (field[i] == NULL)
                return 2;
        }
        if (field[0][0] == '@')
            q.host = field[0] + 1;
        else if (strcmp(field[0], "-") != 0)
            q.provider = field[0];
        q.stage = stage_of(field[1]);
        q.code = (unsigned)strtoul(field[2], NULL, 10);
        (void)sscanf(field[3], "%u.%u.%u", &q.enhanced[0], &q.enhanced[1], &q.enhanced[2]);
        q.text = peer_text_of(strcmp(field[4], "-") == 0 ? "" : field[4]);
        print_meanings(&q);
    }
    return 0;
}
