#include "base/address.h"

#include "unit.h"

static const struct endpoint_case {
    const char *text, *prints; /* prints NULL: refused */
} endpoint_cases[] = {
    { "192.0.2.1", "192.0.2.1:53" },
    { "192.0.2.1:5353", "192.0.2.1:5353" },
    { "2001:db8::1", "[2001:db8::1]:53" },
    { "[2001:db8::1]", "[2001:db8::1]:53" },
    { "[2001:db8::1]:5353", "[2001:db8::1]:5353" },
    { "192.0.2.1:0", NULL },
    { "192.0.2.1:65536", NULL },
    { "192.0.2.1:", NULL },
    { "192.0.2", NULL },
    { "[2001:db8::1", NULL },
    { "[2001:db8::1]x", NULL },
    { "mail.example", NULL },
    { "192.0.2.1 ", NULL },
    { "", NULL },
};

START_TEST(an_endpoint_is_read_with_and_without_a_port)
{
    const struct endpoint_case *c = &endpoint_cases[_i];
    struct endpoint e;
    char text[ENDPOINT_TEXT_SIZE];
    bool read = endpoint_parse(&e, c->text, 53);

    ck_assert_msg(read == (c->prints != NULL), "%s", c->text);
    if (read)
        ck_assert_str_eq(endpoint_format(&e, text), c->prints);
}
END_TEST

static const struct local_case {
    const char *text;
    bool local;
} local_cases[] = {
    { "127.0.0.1", true },      { "127.255.255.255", true },   { "128.0.0.1", false },      { "0.0.0.0", true },
    { "10.0.0.1", true },       { "11.0.0.1", false },         { "172.16.0.1", true },      { "172.31.255.255", true },
    { "172.32.0.1", false },    { "172.15.0.1", false },       { "192.168.0.1", true },     { "192.169.0.1", false },
    { "169.254.1.1", true },    { "169.255.1.1", false },      { "100.64.0.1", true },      { "100.127.255.255", true },
    { "100.128.0.1", false },   { "100.63.255.255", false },   { "8.8.8.8", false },        { "::1", true },
    { "::", true },             { "::2", false },              { "fe80::1", true },         { "febf::1", true },
    { "fec0::1", false },       { "fc00::1", true },           { "fdff::1", true },         { "fe00::1", false },
    { "2001:db8::1", false },   { "::ffff:10.0.0.1", true },   { "::ffff:8.8.8.8", false }, { "1::ffff:a00:1", false },
};

START_TEST(local_addresses_are_known)
{
    struct address a;

    ck_assert(address_parse(&a, local_cases[_i].text));
    ck_assert_msg(address_is_local(&a) == local_cases[_i].local, "%s", local_cases[_i].text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("address");

    tcase_add_loop_test(t, local_addresses_are_known, 0, sizeof local_cases / sizeof local_cases[0]);

    tcase_add_loop_test(t, an_endpoint_is_read_with_and_without_a_port, 0,
                        sizeof endpoint_cases / sizeof endpoint_cases[0]);
    return unit_run("address", &t, 1);
}
