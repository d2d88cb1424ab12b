#include "probe/dns_answer.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* A packet for "m.t" that grows record by record. */
struct packet {
    uint8_t bytes[16384];
    size_t len;
};

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_TXT = 16, TYPE_AAAA = 28 };

static void put(struct packet *p, const void *bytes, size_t len)
{
    ck_assert_uint_le(p->len + len, sizeof p->bytes);
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

static size_t write_name(uint8_t *out, const char *name)
{
    size_t at = 0;

    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        out[at++] = (uint8_t)label;
        memcpy(out + at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    out[at++] = 0;
    return at;
}

static void begin(struct packet *p)
{
    static const uint8_t head[] = {
        0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'm', 1, 't', 0, 0, 1, 0, 1,
    };

    p->len = 0;
    put(p, head, sizeof head);
}

static void add(struct packet *p, const char *owner, unsigned type, const void *data, size_t size)
{
    uint8_t name[256];
    uint8_t head[10] = {
        (uint8_t)(type >> 8), (uint8_t)type, 0, 1, 0, 0, 1, 44, (uint8_t)(size >> 8), (uint8_t)size,
    };

    put(p, name, write_name(name, owner));
    put(p, head, sizeof head);
    put(p, data, size);
    if (++p->bytes[7] == 0)
        p->bytes[6]++;
}

static void add_alias(struct packet *p, const char *owner, const char *target)
{
    uint8_t name[256];

    add(p, owner, TYPE_CNAME, name, write_name(name, target));
}

static void add_address(struct packet *p, const char *owner, unsigned last)
{
    add(p, owner, TYPE_A, (uint8_t[]){ 192, 0, 2, (uint8_t)last }, 4);
}

static struct dns_answer answer;

static void read_it(const struct packet *p, size_t len)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len); /* for the sanitizer */

    memcpy(exact, p->bytes, len);
    memset(&answer, 0, sizeof answer);
    answer.type = RECORD_A;
    dns_answer_read(&answer, "m.t", exact, len);
    free(exact);
}

static struct packet packet;

START_TEST(addresses_are_read_with_their_time_to_live)
{
    begin(&packet);
    add_address(&packet, "M.t", 1);
    add(&packet, "m.t", TYPE_TXT, "\3abc", 4);
    add_address(&packet, "m.t", 2);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_OK);
    ck_assert_uint_eq(answer.n_addresses, 2);
    ck_assert_uint_eq(answer.addresses[1].bytes[3], 2);
    ck_assert_int_eq(answer.ttl_s[0], 300);
    ck_assert_str_eq(answer.canonical, "");
}
END_TEST

START_TEST(the_end_of_a_chain_is_the_canonical_name_in_whatever_order)
{
    begin(&packet);
    add_address(&packet, "c.t", 7);
    add_alias(&packet, "b.t", "C.T");
    add_alias(&packet, "m.t", "b.t");
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_OK);
    ck_assert_uint_eq(answer.n_addresses, 1);
    ck_assert_str_eq(answer.canonical, "C.T");
}
END_TEST

START_TEST(an_alias_of_a_name_without_addresses_gives_none)
{
    begin(&packet);
    add_alias(&packet, "m.t", "b.t");
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_NO_DATA);
    ck_assert_str_eq(answer.canonical, "b.t");
}
END_TEST

START_TEST(a_circle_is_told)
{
    begin(&packet);
    add_alias(&packet, "m.t", "b.t");
    add_alias(&packet, "b.t", "m.t");
    add_address(&packet, "m.t", 1);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_MALFORMED);
    ck_assert_uint_eq(answer.n_addresses, 0);
    ck_assert_str_ne(answer.canonical, "");
    begin(&packet);
    add_alias(&packet, "m.t", "m.t");
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_MALFORMED);
    ck_assert_str_eq(answer.canonical, "m.t");
}
END_TEST

START_TEST(addresses_of_another_name_do_not_count)
{
    begin(&packet);
    add_address(&packet, "evil.t", 1);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_MALFORMED);
    ck_assert_uint_eq(answer.n_addresses, 0);
    add_address(&packet, "m.t", 2);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_OK);
    ck_assert_uint_eq(answer.n_addresses, 1);
    ck_assert_uint_eq(answer.addresses[0].bytes[3], 2);
}
END_TEST

START_TEST(a_crowd_is_cut_and_counted)
{
    begin(&packet);
    for (unsigned i = 0; i < 500; i++)
        add_address(&packet, "m.t", i);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_OK);
    ck_assert_uint_eq(answer.n_addresses, DNS_ANSWER_ADDRESSES_MAX);
    ck_assert_uint_eq(answer.n_refused, 500 - DNS_ANSWER_ADDRESSES_MAX);
}
END_TEST

START_TEST(too_many_aliases_are_not_followed)
{
    char from[16] = "m.t";

    begin(&packet);
    for (unsigned i = 0; i < 100; i++) {
        char to[16];

        snprintf(to, sizeof to, "n%u.t", i);
        add_alias(&packet, from, to);
        memcpy(from, to, sizeof from);
    }
    add_address(&packet, from, 1);
    read_it(&packet, packet.len);
    ck_assert_int_eq(answer.outcome, DNS_MALFORMED);
}
END_TEST

START_TEST(a_packet_that_is_cut_cannot_be_read)
{
    begin(&packet);
    add_alias(&packet, "m.t", "b.t");
    add_address(&packet, "b.t", 1);
    for (size_t cut = 0; cut < packet.len; cut++) {
        read_it(&packet, cut);
        ck_assert_msg(answer.outcome == DNS_MALFORMED && answer.n_addresses == 0, "cut at %zu", cut);
    }
}
END_TEST

static const struct code_case {
    const char *says;
    unsigned code;
    enum dns_outcome outcome;
} code_cases[] = {
    { "SERVFAIL", 2, DNS_SERVFAIL }, { "NXDOMAIN", 3, DNS_NXDOMAIN }, { "REFUSED", 5, DNS_REFUSED },
    { "YXDOMAIN", 6, DNS_SERVFAIL }, { "NOTAUTH", 9, DNS_SERVFAIL },
};

START_TEST(a_refusal_is_no_answer)
{
    const struct code_case *c = &code_cases[_i];

    begin(&packet);
    packet.bytes[3] |= (uint8_t)c->code;
    read_it(&packet, packet.len);
    ck_assert_msg(answer.outcome == c->outcome, "%s: %d", c->says, (int)answer.outcome);
    add_address(&packet, "m.t", 1);
    read_it(&packet, packet.len);
    ck_assert_msg(answer.outcome == c->outcome && answer.n_addresses == 0, "%s with an address", c->says);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("dns_answer");

    tcase_add_test(t, addresses_are_read_with_their_time_to_live);
    tcase_add_test(t, the_end_of_a_chain_is_the_canonical_name_in_whatever_order);
    tcase_add_test(t, an_alias_of_a_name_without_addresses_gives_none);
    tcase_add_test(t, a_circle_is_told);
    tcase_add_test(t, addresses_of_another_name_do_not_count);
    tcase_add_test(t, a_crowd_is_cut_and_counted);
    tcase_add_test(t, too_many_aliases_are_not_followed);
    tcase_add_test(t, a_packet_that_is_cut_cannot_be_read);
    tcase_add_loop_test(t, a_refusal_is_no_answer, 0, sizeof code_cases / sizeof code_cases[0]);
    return unit_run("dns_answer", &t, 1);
}
