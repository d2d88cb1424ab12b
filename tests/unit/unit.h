/*
 * unit - what every unit test starts with: Check, and one main() for all
 */
#ifndef SMTPDX_TESTS_UNIT_H
#define SMTPDX_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

/* A bound against endless loops, far from what a busy machine makes of a test. */
enum { UNIT_TIMEOUT_S = 60 };

/* Runs the cases and gives main()'s result; Check prints TAP by its environment. */
static inline int unit_run(const char *suite_name, TCase *const *cases, size_t n)
{
    Suite *suite = suite_create(suite_name);
    SRunner *runner = srunner_create(suite);
    int failed;

    for (size_t i = 0; i < n; i++) {
        tcase_set_timeout(cases[i], UNIT_TIMEOUT_S);
        suite_add_tcase(suite, cases[i]);
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
