#include <netinet/in.h>
#include <string.h>

#include "simulate/packet.h"
#include "unit.h"

/* A SYN from 192.168.7.10:40000 to 203.0.113.10:587, TTL 2, sequence number 0x01020304. */
static const uint8_t syn_v4[40] = {
    0x45, 0, 0, 40, 0, 1, 0x40, 0, 2, 6, 0, 0, 192, 168, 7, 10, 203, 0, 113, 10,
    0x9c, 0x40, 0x02, 0x4b, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
};

/* The same from 2001:db8:7::10 to 2001:db8:113::10. */
static const uint8_t syn_v6[60] = {
    0x60, 0, 0, 0, 0, 20, 6, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    0x20, 0x01, 0x0d, 0xb8, 0x01, 0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    0x9c, 0x40, 0x02, 0x4b, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
};

/* A writable copy of the SYN of a family, read. */
static struct packet syn(enum family family, uint8_t bytes[static PACKET_MAX])
{
    size_t len = family == FAMILY_IPV4 ? sizeof syn_v4 : sizeof syn_v6;
    struct packet p;

    memcpy(bytes, family == FAMILY_IPV4 ? syn_v4 : syn_v6, len);
    ck_assert(packet_read(&p, bytes, len));
    return p;
}

static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    return sum;
}

/* A receiver's view (RFC 1071): the sum over what is covered, its checksum too, is all ones. */
static void ck_checksums(const uint8_t *bytes, size_t len)
{
    bool v4 = bytes[0] >> 4 == 4;
    size_t head = v4 ? 20 : 40;
    uint8_t protocol = v4 ? bytes[9] : bytes[6];
    uint32_t sum = sum_of(bytes + head, len - head);

    if (protocol != IPPROTO_ICMP)
        sum += sum_of(bytes + (v4 ? 12 : 8), v4 ? 8 : 32) + (uint32_t)(len - head) + protocol;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    ck_assert_uint_eq(sum, 0xffff);
    if (!v4)
        return;
    sum = sum_of(bytes, head);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    ck_assert_uint_eq(sum, 0xffff);
}

START_TEST(a_packet_says_where_it_goes)
{
    uint8_t bytes[PACKET_MAX];
    char text[ADDRESS_TEXT_SIZE];
    struct packet p = syn(FAMILY_IPV4, bytes);

    ck_assert_uint_eq(p.to_port, 587);
    ck_assert_int_eq(p.protocol, IPPROTO_TCP);
    ck_assert_str_eq(address_format(&p.to, text), "203.0.113.10");
    p = syn(FAMILY_IPV6, bytes);
    ck_assert_uint_eq(p.to_port, 587);
    ck_assert_str_eq(address_format(&p.from, text), "2001:db8:7::10");
}
END_TEST

START_TEST(what_is_no_whole_packet_is_not_read)
{
    uint8_t bytes[PACKET_MAX];
    struct packet p;

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        size_t len = syn((enum family)i, bytes).len;

        for (size_t cut = 0; cut < len; cut++)
            ck_assert_msg(!packet_read(&p, bytes, cut), "family %zu, %zu bytes", i, cut);
        ck_assert(!packet_read(&p, bytes, len + 1));
        bytes[0] = 0x50;
        ck_assert(!packet_read(&p, bytes, len));
    }
}
END_TEST

START_TEST(a_router_counts_a_hop_and_passes_none_that_may_go_no_further)
{
    uint8_t bytes[PACKET_MAX];

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct packet p = syn((enum family)i, bytes);

        ck_assert(packet_count_hop(&p));
        ck_assert_uint_eq(bytes[i == FAMILY_IPV4 ? 8 : 7], 1);
        ck_assert(!packet_count_hop(&p));
    }
}
END_TEST

static const struct answer_case {
    const char *says;
    enum packet_trouble trouble;
    unsigned mtu;
    uint8_t kind[FAMILY_COUNT][2]; /* type and code */
} answer_cases[] = {
    { "time exceeded (RFC 792, RFC 4443 3.3)", PACKET_TIME_EXCEEDED, 0, { { 11, 0 }, { 3, 0 } } },
    { "administratively prohibited (RFC 1812 5.2.7.1, RFC 4443 3.1)", PACKET_PROHIBITED, 0, { { 3, 13 }, { 1, 1 } } },
    { "too big (RFC 1191 4, RFC 4443 3.2)", PACKET_TOO_BIG, 1280, { { 3, 4 }, { 2, 0 } } },
};

START_TEST(a_router_says_what_is_wrong_and_quotes_the_packet)
{
    static const char *const routers[] = { "198.51.100.1", "2001:db8:64::1" };
    const struct answer_case *c = &answer_cases[_i];
    uint8_t bytes[PACKET_MAX], out[PACKET_ANSWER_MAX];

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct packet p = syn((enum family)i, bytes), answer;
        struct address router;
        size_t len;

        ck_assert(address_parse(&router, routers[i]));
        len = packet_answer(out, &p, c->trouble, c->mtu, &router);
        ck_assert_msg(packet_read(&answer, out, len), "%s", c->says);
        ck_checksums(out, len);
        ck_assert(address_equal(&answer.from, &router) && address_equal(&answer.to, &p.from));
        ck_assert_mem_eq(out + answer.head, c->kind[i], 2);
        ck_assert_uint_eq((unsigned)out[answer.head + 6] << 8 | out[answer.head + 7], c->mtu);
        ck_assert_mem_eq(out + answer.head + 8, bytes, p.head + 8);
        ck_assert_uint_eq(packet_answer(bytes, &answer, c->trouble, c->mtu, &router), 0); /* about an error: none */
    }
}
END_TEST

START_TEST(a_middlebox_resets_what_begins_and_nothing_else)
{
    uint8_t bytes[PACKET_MAX], out[PACKET_ANSWER_MAX];

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        static const uint8_t want[] = { 0x02, 0x4b, 0x9c, 0x40, 0, 0, 0, 0, 1, 2, 3, 5, 0x50, 0x14 };
        struct packet p = syn((enum family)i, bytes), reset;
        size_t len = packet_reset(out, &p);

        ck_assert(packet_read(&reset, out, len));
        ck_checksums(out, len);
        ck_assert(address_equal(&reset.from, &p.to) && address_equal(&reset.to, &p.from));
        ck_assert_mem_eq(out + reset.head, want, sizeof want);
        bytes[p.head + 13] = 0x10; /* no longer a SYN */
        ck_assert_uint_eq(packet_reset(out, &p), 0);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("packet");

    tcase_add_test(t, a_packet_says_where_it_goes);
    tcase_add_test(t, what_is_no_whole_packet_is_not_read);
    tcase_add_test(t, a_router_counts_a_hop_and_passes_none_that_may_go_no_further);
    tcase_add_loop_test(t, a_router_says_what_is_wrong_and_quotes_the_packet, 0,
                        sizeof answer_cases / sizeof answer_cases[0]);
    tcase_add_test(t, a_middlebox_resets_what_begins_and_nothing_else);
    return unit_run("packet", &t, 1);
}
