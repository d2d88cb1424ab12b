#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

START_TEST(an_array_keeps_its_elements_while_it_grows)
{
    struct arena *a = arena_new(1 << 20);
    int *numbers = NULL;
    size_t n = 0;

    for (int i = 0; i < 1000; i++) {
        int *slot = ARENA_APPEND(a, numbers, n, 1000);

        ck_assert_ptr_nonnull(slot);
        ck_assert_int_eq(*slot, 0);
        *slot = i;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(numbers[i], i);
    ck_assert_ptr_null(ARENA_APPEND(a, numbers, n, 1000));
    ck_assert_uint_eq(n, 1000);
    ck_assert(!arena_failed(a));
    arena_free(a);
}
END_TEST

START_TEST(the_ceiling_holds_and_the_failure_is_remembered)
{
    struct arena *a = arena_new(10000);

    ck_assert_ptr_nonnull(arena_alloc(a, 9000, 1));
    ck_assert_ptr_null(arena_alloc(a, 9000, 1));
    ck_assert(arena_failed(a));
    ck_assert_ptr_null(arena_alloc(a, SIZE_MAX, 8));
    arena_free(a);
}
END_TEST

START_TEST(peer_text_is_cut_at_its_limit_and_terminated)
{
    struct arena *a = arena_new(10000);
    struct peer_text t = arena_peer_text(a, PEER_TEXT_LITERAL("abc\0def"), 5);

    ck_assert_uint_eq(t.len, 5);
    ck_assert_int_eq(memcmp(t.bytes, "abc\0d\0", 6), 0);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("arena");

    tcase_add_test(t, an_array_keeps_its_elements_while_it_grows);
    tcase_add_test(t, the_ceiling_holds_and_the_failure_is_remembered);
    tcase_add_test(t, peer_text_is_cut_at_its_limit_and_terminated);
    return unit_run("arena", &t, 1);
}
