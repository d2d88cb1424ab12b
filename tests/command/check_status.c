#include "command/status.h"

#include <check.h>

#include "../unit/unit.h"

static const enum smtpdx_verdict worst_first[] = {
    SMTPDX_VERDICT_CRITICAL,
    SMTPDX_VERDICT_UNKNOWN,
    SMTPDX_VERDICT_WARNING,
    SMTPDX_VERDICT_OK,
};

START_TEST(critical_counts_over_unknown_over_warning_over_ok)
{
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = i; j < 4; j++) {
            ck_assert_int_eq(status_worse(worst_first[i], worst_first[j]), worst_first[i]);
            ck_assert_int_eq(status_worse(worst_first[j], worst_first[i]), worst_first[i]);
        }
    }
}
END_TEST

START_TEST(the_numbers_are_those_of_the_contract)
{
    ck_assert_int_eq(SMTPDX_VERDICT_OK, 0);
    ck_assert_int_eq(SMTPDX_VERDICT_WARNING, 1);
    ck_assert_int_eq(SMTPDX_VERDICT_CRITICAL, 2);
    ck_assert_int_eq(SMTPDX_VERDICT_UNKNOWN, 3);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("status");

    tcase_add_test(t, critical_counts_over_unknown_over_warning_over_ok);
    tcase_add_test(t, the_numbers_are_those_of_the_contract);
    return unit_run("status", &t, 1);
}
