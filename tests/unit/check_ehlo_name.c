/*
 * What is said in EHLO on behalf of a machine. What --ehlo takes is shown by check_option.
 */
#include "input/ehlo_name.h"

#include "unit.h"

static const struct name_case {
    const char *says, *machine;
    const char *greets; /* NULL: an address literal is better */
} name_cases[] = {
    { "a full name", "pc.corp.example.com", "pc.corp.example.com" },
    { "upper case and a final dot", "PC.Example.COM.", "pc.example.com" },
    { "a name in other letters", "b\xC3\xBC" "ro.example.com", "xn--bro-hoa.example.com" },
    { "a bare name", "pc", NULL },
    { "no name", "", NULL },
    { "what the hosts file calls every machine", "localhost", NULL },
    { "... with its domain", "localhost.localdomain", NULL },
    { "a domain of the hosts file alone", "pc.localdomain", NULL },
    { "a machine whose name is localhost (RFC 6761)", "localhost.example.com", NULL },
    { "a name of multicast DNS (RFC 6762)", "macbook.local", NULL },
    { "a name of a home network (RFC 8375)", "pc.home.arpa", NULL },
    { "a name that a router gives (RFC 6762 appendix G)", "pc.lan", NULL },
    { "an underscore (RFC 1123 section 2.1)", "my_pc.example.com", NULL },
    { "an address", "192.0.2.1", NULL },
    { "an address literal is no machine's name", "[192.0.2.1]", NULL },
    { "a blank", "pc .example.com", NULL },
    { "two dots", "pc..example.com", NULL },
    { "a line end, which would be a command of its own", "pc.example.com\r\nQUIT", NULL },
    { "no text at all", "\xff.example.com", NULL },
};

START_TEST(a_machine_greets_with_its_name_where_that_means_something_elsewhere)
{
    const struct name_case *c = &name_cases[_i];
    struct arena *a = arena_new(1u << 20);
    const char *name = "unset";

    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(ehlo_name_own(&name, a, c->machine), INPUT_OK);
    if (c->greets == NULL)
        ck_assert_msg(name == NULL, "%s: %s", c->says, name);
    else
        ck_assert_msg(name != NULL && strcmp(name, c->greets) == 0, "%s: %s", c->says, name);
    arena_free(a);
}
END_TEST

START_TEST(a_relay_is_greeted_with_the_senders_domain)
{
    static const struct {
        const char *sender, *greets;
    } cases[] = { { "alice@example.org", "example.org" }, { "alice", NULL },          { "alice@pc", NULL },
                  { "alice@office.local", NULL },         { "a@b@example.org", NULL }, { NULL, NULL } };
    struct arena *a = arena_new(1u << 20);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = "unset";

        ck_assert_int_eq(ehlo_name_sender(&name, a, peer_text_of(cases[i].sender)), INPUT_OK);
        ck_assert_pstr_eq(name, cases[i].greets);
    }
    arena_free(a);
}
END_TEST

START_TEST(a_user_may_greet_with_a_private_name)
{
    struct arena *a = arena_new(1u << 20);
    const char *name = NULL;

    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(ehlo_name_read(&name, a, "macbook.local"), INPUT_OK);
    ck_assert_str_eq(name, "macbook.local");
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ehlo_name");

    tcase_add_loop_test(t, a_machine_greets_with_its_name_where_that_means_something_elsewhere, 0,
                        sizeof name_cases / sizeof *name_cases);
    tcase_add_test(t, a_user_may_greet_with_a_private_name);
    tcase_add_test(t, a_relay_is_greeted_with_the_senders_domain);
    return unit_run("ehlo_name", &t, 1);
}
