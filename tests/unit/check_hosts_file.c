#include "probe/hosts_file.h"

#include <string.h>

#include "unit.h"

static const struct hosts_case {
    const char *says;
    const char *file;
    enum family family;
    const char *address; /* NULL: none */
    size_t line;
} hosts_cases[] = {
    { "a name behind an address", "192.0.2.1 mail.test\n", FAMILY_IPV4, "192.0.2.1", 1 },
    { "the last line without an end", "\n192.0.2.1\tmail.test", FAMILY_IPV4, "192.0.2.1", 2 },
    { "one of several names, in other letters",
      "192.0.2.1 a.test MAIL.Test b.test\n", FAMILY_IPV4, "192.0.2.1", 1 },
    { "the first line of several",
      "192.0.2.1 a.test\n192.0.2.2 mail.test\n192.0.2.3 mail.test\n", FAMILY_IPV4, "192.0.2.2", 2 },
    { "the line of the family",
      "192.0.2.1 mail.test\n2001:db8::1 mail.test\n", FAMILY_IPV6, "2001:db8::1", 2 },
    { "line ends of another system", "192.0.2.1 mail.test\r\n", FAMILY_IPV4, "192.0.2.1", 1 },
    { "blanks in front", "  192.0.2.1   mail.test  \n", FAMILY_IPV4, "192.0.2.1", 1 },
    { "a comment behind it", "192.0.2.1 mail.test# old\n", FAMILY_IPV4, "192.0.2.1", 1 },
    { "in a comment", "# 192.0.2.1 mail.test\n192.0.2.1 a.test # mail.test\n", FAMILY_IPV4, NULL, 0 },
    { "no name of its own", "192.0.2.1 mail.test.example\n192.0.2.1 xmail.test\n", FAMILY_IPV4, NULL, 0 },
    { "no address", "192.0.2 mail.test\nmail.test mail.test\n192.0.2.1.5 mail.test\n", FAMILY_IPV4, NULL, 0 },
    { "an address alone", "192.0.2.1\n", FAMILY_IPV4, NULL, 0 },
    { "nothing", "", FAMILY_IPV4, NULL, 0 },
};

START_TEST(a_line_of_the_hosts_file_is_found)
{
    const struct hosts_case *c = &hosts_cases[_i];
    struct hosts_entry entry = { .line = 0 };
    char text[ADDRESS_TEXT_SIZE];
    size_t len = strlen(c->file);
    char *file = malloc(len + 1); /* of exactly that size, for the sanitizer */
    bool found;

    memcpy(file, c->file, len);
    found = hosts_file_find(&entry, (struct peer_text){ file, len }, "mail.test", c->family);
    ck_assert_msg(found == (c->address != NULL), "%s", c->says);
    if (found) {
        ck_assert_str_eq(address_format(&entry.address, text), c->address);
        ck_assert_uint_eq(entry.line, c->line);
    }
    free(file);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hosts_file");

    tcase_add_loop_test(t, a_line_of_the_hosts_file_is_found, 0, sizeof hosts_cases / sizeof hosts_cases[0]);
    return unit_run("hosts_file", &t, 1);
}
