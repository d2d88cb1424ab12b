#include "base/dn.h"

#include <string.h>

#include "unit.h"

/* Attributes as TYPE=VALUE, one after the other, "|" between. */
static const struct read_case {
    const char *says;
    const char *dn;
    const char *attributes;
} read_cases[] = {
    { "one", "CN=mail.example", "CN=mail.example" },
    { "several", "CN=a,O=b,C=c", "CN=a|O=b|C=c" },
    { "several in one RDN", "CN=a+OU=b,C=c", "CN=a|OU=b|C=c" },
    { "an escaped comma", "O=ESET\\, spol. s r. o.,C=SK", "O=ESET, spol. s r. o.|C=SK" },
    { "escaped specials", "CN=\\#a\\+b\\=c\\\\", "CN=#a+b=c\\" },
    { "bytes in hex digits", "CN=\\41\\e8\\91\\89", "CN=A\xe8\x91\x89" },
    { "an equals sign in a value", "CN=a=b", "CN=a=b" },
    { "an empty value", "CN=,O=b", "CN=|O=b" },
    { "a value in hex digits is not read", "1.2.3=#0403,O=b", "1.2.3=|O=b" },
    { "no name at all", "", "" },
    { "no equals sign", "CN", "" },
    { "it ends within an escape", "O=b,CN=a\\", "O=b" },
};

START_TEST(a_name_is_read_attribute_by_attribute)
{
    const struct read_case *c = &read_cases[_i];
    struct peer_text rest = peer_text_of(c->dn);
    struct dn_attribute a;
    char read[256] = "";

    while (dn_next(&rest, &a)) {
        ck_assert_uint_eq(strlen(a.value), a.len);
        if (read[0] != '\0')
            strcat(read, "|");
        strncat(read, a.type.bytes, a.type.len);
        strcat(read, "=");
        strcat(read, a.value);
    }
    ck_assert_msg(strcmp(read, c->attributes) == 0, "%s: %s", c->says, read);
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_none)
{
    char dn[DN_VALUE_MAX + 16] = "CN=";
    struct peer_text rest;
    struct dn_attribute a;

    memset(dn + 3, 'x', DN_VALUE_MAX);
    rest = peer_text_of(dn);
    ck_assert(dn_next(&rest, &a));
    ck_assert_uint_eq(a.len, DN_VALUE_MAX);
    strcat(dn, "x,O=b");
    rest = peer_text_of(dn);
    ck_assert(dn_next(&rest, &a));
    ck_assert_uint_eq(a.len, 0);
    ck_assert(dn_has(peer_text_of(dn), "O", "b"));
}
END_TEST

static const struct has_case {
    const char *type;
    const char *wanted;
    bool has;
} has_cases[] = {
    { "CN", "Some Root", true },  { "cn", "some ROOT", true }, { "CN", "Some*", true },   { "CN", "Some Root*", true },
    { "CN", "Some", false },      { "CN", "Root*", false },    { "CN", "Some Root X*", false },
    { "O", "Some Root", false },  { "O", "Works", true },      { "OU", "Works", false },  { "C", "*", false },
};

START_TEST(a_value_is_found_by_its_type)
{
    const struct has_case *c = &has_cases[_i];

    ck_assert_msg(dn_has(PEER_TEXT_LITERAL("CN=Some Root,O=Works"), c->type, c->wanted) == c->has, "%s=%s", c->type,
                  c->wanted);
}
END_TEST

/* What stands behind a 0 is no part of a string in C, and must not be taken for one. */
START_TEST(a_value_with_a_zero_in_it_is_no_other)
{
    ck_assert(!dn_has(PEER_TEXT_LITERAL("O=Works\\00Root"), "O", "Works"));
    ck_assert(dn_has(PEER_TEXT_LITERAL("O=Works\\00Root"), "O", "Works*"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("dn");

    tcase_add_loop_test(t, a_name_is_read_attribute_by_attribute, 0, sizeof read_cases / sizeof read_cases[0]);
    tcase_add_test(t, a_value_that_does_not_fit_is_none);
    tcase_add_loop_test(t, a_value_is_found_by_its_type, 0, sizeof has_cases / sizeof has_cases[0]);
    tcase_add_test(t, a_value_with_a_zero_in_it_is_no_other);
    return unit_run("dn", &t, 1);
}
