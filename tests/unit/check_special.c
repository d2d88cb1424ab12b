#include "base/special.h"

#include "unit.h"

static const struct special_case {
    const char *text;
    bool special;
} special_cases[] = {
    { "127.0.0.1", true }, { "127.255.255.255", true }, { "128.0.0.1", false }, { "0.0.0.0", true },
    { "10.0.0.1", true }, { "11.0.0.1", false }, { "172.16.0.1", true }, { "172.31.255.255", true },
    { "172.32.0.1", false }, { "172.15.0.1", false }, { "192.168.0.1", true }, { "192.169.0.1", false },
    { "169.254.1.1", true }, { "169.255.1.1", false }, { "100.64.0.1", true }, { "100.127.255.255", true },
    { "100.128.0.1", false }, { "100.63.255.255", false }, { "8.8.8.8", false }, { "::1", true },
    { "::", true }, { "::2", false }, { "fe80::1", true }, { "febf::1", true },
    { "fec0::1", false }, { "fc00::1", true }, { "fdff::1", true }, { "fe00::1", false },
    { "2001:db8::1", false }, { "198.18.0.1", true }, { "198.20.0.1", false }, { "64:ff9b::10.0.0.1", true },
    { "64:ff9b::8.8.8.8", false }, { "::ffff:10.0.0.1", true }, { "::ffff:8.8.8.8", false }, { "1::ffff:a00:1", false },
};

START_TEST(special_addresses_are_known)
{
    struct address a;

    ck_assert(address_parse(&a, special_cases[_i].text));
    ck_assert_msg(address_is_special(&a) == special_cases[_i].special, "%s", special_cases[_i].text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("special");

    tcase_add_loop_test(t, special_addresses_are_known, 0, sizeof special_cases / sizeof special_cases[0]);
    return unit_run("special", &t, 1);
}
