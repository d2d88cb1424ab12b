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

int main(void)
{
    TCase *t = tcase_create("address");


    tcase_add_loop_test(t, an_endpoint_is_read_with_and_without_a_port, 0,
                        sizeof endpoint_cases / sizeof endpoint_cases[0]);
    return unit_run("address", &t, 1);
}
