#include "diagnose/special.h"

#include "unit.h"

static const struct special_case {
    const char *address;
    bool special;
} cases[] = {
    { "0.0.0.0", true },        { "10.0.0.1", true },          { "9.255.255.255", false },  { "11.0.0.0", false },
    { "100.64.0.1", true },     { "100.63.255.255", false },   { "100.128.0.0", false },    { "127.0.0.53", true },
    { "169.254.1.1", true },    { "172.15.255.255", false },   { "172.16.0.1", true },      { "172.31.255.255", true },
    { "172.32.0.0", false },    { "192.168.1.1", true },       { "192.167.255.255", false }, { "198.17.255.255", false },
    { "198.18.0.5", true },     { "198.19.255.255", true },    { "198.20.0.0", false },     { "223.255.255.255", false },
    { "224.0.0.1", true },      { "255.255.255.255", true },   { "142.250.1.108", false },  { "192.0.2.1", false },
    { "::", true },             { "::1", true },               { "::2", false },            { "fc00::1", true },
    { "fdff::1", true },        { "fe00::1", false },          { "fe80::1", true },         { "febf::1", true },
    { "fec0::1", false },       { "ff02::1", true },           { "2a00:1450::6c", false },  { "100::1", true },
    { "::ffff:10.0.0.1", true }, { "::ffff:142.250.1.108", false },
    { "64:ff9b::142.250.1.108", false }, { "64:ff9b::10.0.0.1", true },
};

START_TEST(an_address_is_told_from_one_that_a_public_server_may_have)
{
    struct address a;

    ck_assert_msg(address_parse(&a, cases[_i].address), "%s", cases[_i].address);
    ck_assert_msg(address_is_special(&a) == cases[_i].special, "%s", cases[_i].address);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("special");

    tcase_add_loop_test(t, an_address_is_told_from_one_that_a_public_server_may_have, 0,
                        sizeof cases / sizeof cases[0]);
    return unit_run("special", &t, 1);
}
