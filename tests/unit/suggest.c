/*
 * suggest - what target.h makes of each line of its input, typed as a server
 *
 * Prints as many lines, with a tab between: the suggestion, or "-" for none, and
 * the kind of slip.
 */
#include <stdio.h>
#include <string.h>

#include "input/target.h"

static enum input_result print_suggestion(const char *typed)
{
    struct plan *plan = plan_new();
    struct usage error = { 0 };
    enum input_result result = plan == NULL ? INPUT_NO_MEMORY : target_read(plan, typed, &error);

    if (result == INPUT_OK)
        printf("%s\t%s\n", plan->suggestion == NULL ? "-" : plan->suggestion, name_slip_word(plan->slip));
    plan_free(plan);
    return result;
}

int main(void)
{
    char line[1024];

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (print_suggestion(line) != INPUT_OK)
            return 1;
    }
    return 0;
}
