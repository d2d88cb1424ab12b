#include "base/buf.h"

#include <string.h>

#include "unit.h"

START_TEST(a_buffer_grows_up_to_its_ceiling_and_not_past_it)
{
    struct buf b;

    buf_init(&b, 100);
    for (int i = 0; i < 100; i++)
        ck_assert(buf_put_char(&b, 'x'));
    ck_assert_uint_eq(b.len, 100);
    ck_assert(!buf_put_char(&b, 'y'));
    ck_assert(b.failed);
    ck_assert_uint_eq(b.len, 100);
    ck_assert_uint_eq(strlen(buf_borrow(&b)), 100);
    buf_done(&b);
}
END_TEST

START_TEST(a_failure_sticks_until_the_buffer_is_cleared)
{
    struct buf b;

    buf_init(&b, 4);
    ck_assert(!buf_put_string(&b, "too long"));
    ck_assert(!buf_put_string(&b, "ok"));
    buf_clear(&b);
    ck_assert(buf_put_string(&b, "ok"));
    ck_assert_str_eq(buf_borrow(&b), "ok");
    buf_done(&b);
}
END_TEST

START_TEST(consuming_drops_the_front_and_keeps_the_terminator)
{
    struct buf b;

    buf_init(&b, 64);
    ck_assert(buf_printf(&b, "%s-%d", "abc", 7));
    buf_consume(&b, 2);
    ck_assert_str_eq(buf_borrow(&b), "c-7");
    buf_consume(&b, 3);
    ck_assert_str_eq(buf_borrow(&b), "");
    buf_done(&b);
}
END_TEST

START_TEST(taking_hands_the_bytes_over_and_empties_the_buffer)
{
    struct buf b;
    char *taken;

    buf_init(&b, 64);
    buf_put_string(&b, "mine");
    taken = buf_take(&b);
    ck_assert_str_eq(taken, "mine");
    ck_assert_uint_eq(b.len, 0);
    free(taken);
    buf_done(&b);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("buf");

    tcase_add_test(t, a_buffer_grows_up_to_its_ceiling_and_not_past_it);
    tcase_add_test(t, a_failure_sticks_until_the_buffer_is_cleared);
    tcase_add_test(t, consuming_drops_the_front_and_keeps_the_terminator);
    tcase_add_test(t, taking_hands_the_bytes_over_and_empties_the_buffer);
    return unit_run("buf", &t, 1);
}
