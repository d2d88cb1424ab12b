#include "probe/hosts_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const struct hosts_case {
    const char *says;
    const char *file;
    const char *entries; /* "LINE ADDRESS ...", "" for none */
} hosts_cases[] = {
    { "a name behind an address", "192.0.2.1 mail.test\n", "1 192.0.2.1" },
    { "the last line without an end", "\n192.0.2.1\tmail.test", "2 192.0.2.1" },
    { "one of several names, in other letters", "192.0.2.1 a.test MAIL.Test b.test\n", "1 192.0.2.1" },
    { "every line, in order", "192.0.2.1 a.test\n192.0.2.2 mail.test\n192.0.2.3 mail.test\n",
      "2 192.0.2.2 3 192.0.2.3" },
    { "both families", "192.0.2.1 mail.test\n2001:db8::1 mail.test\n", "1 192.0.2.1 2 2001:db8::1" },
    { "line ends of another system", "192.0.2.1 mail.test\r\n", "1 192.0.2.1" },
    { "blanks in front", "  192.0.2.1   mail.test  \n", "1 192.0.2.1" },
    { "a comment behind it", "192.0.2.1 mail.test# old\n", "1 192.0.2.1" },
    { "in a comment", "# 192.0.2.1 mail.test\n192.0.2.1 a.test # mail.test\n", "" },
    { "no name of its own", "192.0.2.1 mail.test.example\n192.0.2.1 xmail.test\n", "" },
    { "no address", "192.0.2 mail.test\nmail.test mail.test\n192.0.2.1.5 mail.test\n", "" },
    { "an address alone", "192.0.2.1\n", "" },
    { "nothing", "", "" },
};

START_TEST(the_lines_of_a_host_are_found)
{
    const struct hosts_case *c = &hosts_cases[_i];
    size_t len = strlen(c->file);
    char *file = malloc(len + 1); /* of exactly that size, for the sanitizer */
    struct hosts_reader reader = { .rest = { file, len } };
    struct hosts_entry entry;
    char all[256] = "";

    memcpy(file, c->file, len);
    while (hosts_file_next(&entry, &reader, "mail.test")) {
        char text[ADDRESS_TEXT_SIZE];
        size_t used = strlen(all);

        snprintf(all + used, sizeof all - used, "%s%zu %s", used == 0 ? "" : " ", entry.line,
                 address_format(&entry.address, text));
    }
    ck_assert_msg(strcmp(all, c->entries) == 0, "%s: %s", c->says, all);
    free(file);
}
END_TEST

static const struct conf_case {
    const char *says;
    const char *conf;
    bool all;
} conf_cases[] = {
    { "as Debian ships it", "multi on\n", true },
    { "no such file", "", false },
    { "off", "order hosts,bind\nmulti off\n", false },
    { "in a comment", "# multi on\n", false },
    { "in other letters, with blanks", "\tMulti   ON # yes\n", true },
    { "the last one counts", "multi on\nmulti off\n", false },
    { "another keyword", "multiple on\n", false },
};

START_TEST(whether_all_lines_count_is_configured)
{
    const struct conf_case *c = &conf_cases[_i];

    ck_assert_msg(hosts_file_all_lines_count(peer_text_of(c->conf)) == c->all, "%s", c->says);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hosts_file");

    tcase_add_loop_test(t, the_lines_of_a_host_are_found, 0, sizeof hosts_cases / sizeof hosts_cases[0]);
    tcase_add_loop_test(t, whether_all_lines_count_is_configured, 0, sizeof conf_cases / sizeof conf_cases[0]);
    return unit_run("hosts_file", &t, 1);
}
