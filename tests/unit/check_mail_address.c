#include "base/mail_address.h"

#include <string.h>

#include "unit.h"

static const struct address_case {
    const char *says, *address;
    bool valid;
} address_cases[] = {
    { "an address", "user@example.com", true },
    { "a tag, and dots", "a.b+c@mail.example.com", true },
    { "an address literal", "user@[192.0.2.1]", false },
    { "two ats, the first in quotes", "\"a@b\"@example.com", false },
    { "two ats", "a@b@example.com", false },
    { "not ASCII in front", "\xe7\x94\xb2@example.jp", false },
    { "not ASCII behind", "user@\xe4\xbe\x8b.jp", false },
    { "no UTF-8", "a\xff@c", false },
    { "no at", "user", false },
    { "no user", "@example.com", false },
    { "no domain", "user@", false },
    { "nothing", "", false },
    { "a dot in front", ".user@example.com", false },
    { "two dots", "user@example..com", false },
    { "a line end, and a command of somebody else's choice", "a@b\r\nRCPT TO:<c@d>", false },
    { "a bare line feed", "a@b\nc", false },
    { "a bracket that ends the path", "a@b> SIZE=1", false },
    { "a bracket, and no blank", "a@b>c", false },
    { "a bracket that begins one", "<a@b", false },
    { "a blank", "a b@c", false },
    { "a control character", "a\x1b@c", false },
    { "DEL", "a\x7f@c", false },
};

START_TEST(an_address_is_never_a_command)
{
    const struct address_case *c = &address_cases[_i];

    ck_assert_msg(mail_address_is_valid(peer_text_of(c->address)) == c->valid, "%s", c->says);
}
END_TEST

START_TEST(a_nul_is_part_of_no_address)
{
    ck_assert(!mail_address_is_valid(PEER_TEXT_LITERAL("a\0b@example.com")));
    ck_assert(!mail_address_is_valid(PEER_TEXT_LITERAL("a@example.com\0")));
}
END_TEST

/* len bytes: a local part of `local`, and labels of two letters. */
static bool takes(size_t local, size_t len)
{
    char address[400];

    memset(address, 'a', local);
    address[local] = '@';
    for (size_t i = local + 1; i < len; i++)
        address[i] = (i - local) % 3 == 0 && i + 1 < len ? '.' : 'b';
    return mail_address_is_valid((struct peer_text){ .bytes = address, .len = len });
}

START_TEST(an_address_and_its_local_part_have_a_greatest_length)
{
    ck_assert(takes(64, MAIL_ADDRESS_MAX));
    ck_assert(!takes(64, MAIL_ADDRESS_MAX + 1));
    ck_assert(takes(1, MAIL_ADDRESS_MAX));
    ck_assert(!takes(65, 100));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("mail_address");

    tcase_add_loop_test(t, an_address_is_never_a_command, 0, sizeof address_cases / sizeof address_cases[0]);
    tcase_add_test(t, a_nul_is_part_of_no_address);
    tcase_add_test(t, an_address_and_its_local_part_have_a_greatest_length);
    return unit_run("mail_address", &t, 1);
}
