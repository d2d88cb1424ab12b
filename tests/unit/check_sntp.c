#include "probe/sntp.h"

#include <string.h>

#include "unit.h"

static const uint64_t COOKIE = UINT64_C(0x0123456789abcdef);

/* 2026-11-24 15:04:05.5 UTC */
static const int64_t NOON_MS = INT64_C(1795532645500);

static void put_32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A good answer of stratum 2: 10 ms of root delay, 20 ms of dispersion. */
static void good_reply(uint8_t out[static SNTP_PACKET_SIZE])
{
    memset(out, 0, SNTP_PACKET_SIZE);
    out[0] = 4 << 3 | 4;
    out[1] = 2;
    put_32(out + 4, 655);
    put_32(out + 8, 1311);
    put_32(out + 24, 0x01234567);
    put_32(out + 28, 0x89abcdef);
    put_32(out + 32, (uint32_t)(1795532645 + 2208988800));
    put_32(out + 36, 0x80000000);
    put_32(out + 40, (uint32_t)(1795532645 + 2208988800));
    put_32(out + 44, 0x80000000);
}

START_TEST(a_request_says_nothing_but_the_cookie)
{
    uint8_t packet[SNTP_PACKET_SIZE];

    memset(packet, 0xff, sizeof packet);
    sntp_write_request(packet, COOKIE);
    ck_assert_uint_eq(packet[0], 4 << 3 | 3);
    for (size_t i = 1; i < 40; i++)
        ck_assert_uint_eq(packet[i], 0);
    ck_assert_mem_eq(packet + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
}
END_TEST

START_TEST(an_answer_tells_when_it_came_and_left)
{
    uint8_t packet[SNTP_PACKET_SIZE];
    struct sntp_reply r;
    int64_t lower, upper;

    good_reply(packet);
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_TIME);
    ck_assert_int_eq(r.received_ms, NOON_MS);
    ck_assert_int_eq(r.sent_ms, NOON_MS);
    ck_assert_int_eq(r.distance_ms, 5 + 21);
    /* The local clock is 2000 ms behind; the way took 30 ms, of which nobody knows the halves. */
    ck_assert(sntp_interval(&r, NOON_MS - 2000 - 15, NOON_MS - 2000 + 15, &lower, &upper));
    ck_assert_int_eq(lower, 2000 - 15 - 1 - r.distance_ms);
    ck_assert_int_eq(upper, 2000 + 15 + 1 + r.distance_ms);
}
END_TEST

static const struct packet_case {
    const char *says;
    size_t at;
    uint8_t value; /* in place of the good one */
    size_t len;
    enum sntp_result result;
} packet_cases[] = {
    { "all well", 0, 4 << 3 | 4, 48, SNTP_TIME },
    { "an older version", 0, 3 << 3 | 4, 48, SNTP_TIME },
    { "a leap second to come", 0, 1 << 6 | 4 << 3 | 4, 48, SNTP_TIME },
    { "an extension behind it", 0, 4 << 3 | 4, 60, SNTP_TIME },
    { "stratum 15", 1, 15, 48, SNTP_TIME },
    { "stratum 16", 1, 16, 48, SNTP_UNSYNCHRONISED },
    { "a clock that is not set", 0, 3 << 6 | 4 << 3 | 4, 48, SNTP_UNSYNCHRONISED },
    { "a clock that may be off by hours", 4, 0x7f, 48, SNTP_UNSYNCHRONISED },
    { "a request that came back", 0, 4 << 3 | 3, 48, SNTP_NOT_OURS },
    { "a broadcast", 0, 4 << 3 | 5, 48, SNTP_NOT_OURS },
    { "a version that is none", 0, 0 << 3 | 4, 48, SNTP_NOT_OURS },
    { "a version to come", 0, 5 << 3 | 4, 48, SNTP_NOT_OURS },
    { "the cookie of somebody else", 24, 0x02, 48, SNTP_NOT_OURS },
    { "the cookie off by its last bit", 31, 0xee, 48, SNTP_NOT_OURS },
    { "a byte too short", 0, 4 << 3 | 4, 47, SNTP_NOT_OURS },
    { "nothing", 0, 4 << 3 | 4, 0, SNTP_NOT_OURS },
};

START_TEST(an_answer_is_judged_before_it_is_believed)
{
    const struct packet_case *c = &packet_cases[_i];
    uint8_t packet[64] = { 0 };
    struct sntp_reply r;

    good_reply(packet);
    packet[c->at] = c->value;
    ck_assert_msg(sntp_read_reply(&r, packet, c->len, COOKIE) == c->result, "%s", c->says);
}
END_TEST

START_TEST(a_kiss_of_death_names_its_reason)
{
    uint8_t packet[SNTP_PACKET_SIZE];
    struct sntp_reply r;

    good_reply(packet);
    packet[0] = 3 << 6 | 4 << 3 | 4; /* as they come: not synchronised either */
    packet[1] = 0;
    memcpy(packet + 12, "RATE", 4);
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_KISS_OF_DEATH);
    ck_assert_str_eq(r.kiss, "RATE");
    memcpy(packet + 12, "\x1b[2J", 4);
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_KISS_OF_DEATH);
    ck_assert_str_eq(r.kiss, "");
    packet[24] ^= 1; /* forged, to keep us from asking */
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_NOT_OURS);
}
END_TEST

START_TEST(times_without_a_date_are_none)
{
    uint8_t packet[SNTP_PACKET_SIZE];
    struct sntp_reply r;

    good_reply(packet);
    memset(packet + 40, 0, 8);
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_UNSYNCHRONISED);
}
END_TEST

/* Timestamps begin again in February 2036. */
static const struct era_case {
    const char *says;
    uint32_t ntp;
    int64_t seconds;
} era_cases[] = {
    { "the first second of 2000", UINT32_C(3155673600), INT64_C(946684800) },
    { "the last second of the first era", UINT32_C(4294967295), INT64_C(2085978495) },
    { "the second second of the next", 1, INT64_C(2085978497) },
    { "the year 2100", UINT32_C(2019777504), INT64_C(4105756000) },
};

START_TEST(a_timestamp_is_of_the_era_that_can_be)
{
    const struct era_case *c = &era_cases[_i];
    uint8_t packet[SNTP_PACKET_SIZE];
    struct sntp_reply r;

    good_reply(packet);
    put_32(packet + 40, c->ntp);
    put_32(packet + 44, 1);
    ck_assert_int_eq(sntp_read_reply(&r, packet, sizeof packet, COOKIE), SNTP_TIME);
    ck_assert_msg(r.sent_ms == c->seconds * 1000, "%s: %lld", c->says, (long long)r.sent_ms);
}
END_TEST

START_TEST(an_answer_from_before_the_question_is_none)
{
    struct sntp_reply r = { .received_ms = 1000, .sent_ms = 999 };
    int64_t lower, upper;

    ck_assert(!sntp_interval(&r, 0, 10, &lower, &upper));
    r.sent_ms = 1100; /* it says that it thought for longer than we waited */
    ck_assert(!sntp_interval(&r, 0, 10, &lower, &upper));
    r.sent_ms = 1009;
    ck_assert(sntp_interval(&r, 0, 10, &lower, &upper));
    ck_assert(lower <= upper);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sntp");

    tcase_add_test(t, a_request_says_nothing_but_the_cookie);
    tcase_add_test(t, an_answer_tells_when_it_came_and_left);
    tcase_add_loop_test(t, an_answer_is_judged_before_it_is_believed, 0, sizeof packet_cases / sizeof *packet_cases);
    tcase_add_test(t, a_kiss_of_death_names_its_reason);
    tcase_add_test(t, times_without_a_date_are_none);
    tcase_add_loop_test(t, a_timestamp_is_of_the_era_that_can_be, 0, sizeof era_cases / sizeof *era_cases);
    tcase_add_test(t, an_answer_from_before_the_question_is_none);
    return unit_run("sntp", &t, 1);
}
