#include "simulate/zone.h"

#include <string.h>

#include "unit.h"

static struct scenario *scenario;
static struct zone_reply reply;

static void set_up(void)
{
    static const char text[] = "target both.test\n"
                               "dns both.test A 127.0.0.1\ndns both.test AAAA ::1\n"
                               "dns two.test A 127.0.0.1\ndns two.test A 127.0.0.2\ndns two.test AAAA servfail\n"
                               "dns none.test empty\ndns gone.test nxdomain\ndns bad.test servfail\n"
                               "dns no.test refused\ndns mute.test silent\ndns late.test A 127.0.0.1 after=250\n";
    char complaint[SCENARIO_COMPLAINT_SIZE];
    struct err err = { .kind = ERR_NONE };

    ck_assert(scenario_parse(&scenario, "zone", peer_text_of(text), complaint, &err));
}

static void tear_down(void)
{
    scenario = scenario_free(scenario);
}

/* "both.test" A: header, name, type, class; returns its length. */
static size_t make_query(uint8_t *out, const char *name, unsigned type)
{
    static const uint8_t header[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
    size_t at = sizeof header;

    memcpy(out, header, sizeof header);
    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        out[at++] = (uint8_t)label;
        memcpy(out + at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    out[at++] = 0;
    out[at++] = 0;
    out[at++] = (uint8_t)type;
    out[at++] = 0;
    out[at++] = 1;
    return at;
}

static size_t ask(const char *name, unsigned type)
{
    uint8_t query[ZONE_QUERY_MAX];
    size_t len = make_query(query, name, type);

    zone_answer(&reply, scenario, 0, true, query, len);
    return len;
}

static const struct zone_case {
    const char *name;
    unsigned type, rcode, n_answers;
    unsigned delay_ms;
} zone_cases[] = {
    { "both.test", 1, 0, 1, 0 },   { "both.test", 28, 0, 1, 0 },  { "BOTH.Test", 1, 0, 1, 0 },
    { "both.test", 15, 0, 0, 0 },  { "two.test", 1, 0, 2, 0 },    { "two.test", 28, 2, 0, 0 },
    { "none.test", 1, 0, 0, 0 },   { "gone.test", 28, 3, 0, 0 },  { "bad.test", 1, 2, 0, 0 },
    { "no.test", 1, 5, 0, 0 },     { "late.test", 1, 0, 1, 250 }, { "unknown.test", 1, 3, 0, 0 },
    { "late.test", 28, 0, 0, 0 },
};

START_TEST(a_name_is_answered_as_its_lines_say)
{
    const struct zone_case *c = &zone_cases[_i];
    size_t len = ask(c->name, c->type);

    ck_assert_uint_ge(reply.len, len);
    ck_assert_uint_eq((unsigned)reply.bytes[0] << 8 | reply.bytes[1], 0x1234U);
    ck_assert_uint_eq(reply.bytes[2] & 0x80, 0x80);
    ck_assert_uint_eq(reply.bytes[3] & 0x0f, c->rcode);
    ck_assert_uint_eq(reply.bytes[7], c->n_answers);
    ck_assert_uint_eq(reply.delay_ms, c->delay_ms);
}
END_TEST

START_TEST(a_silent_name_gets_no_reply)
{
    ask("mute.test", 1);
    ck_assert_uint_eq(reply.len, 0);
}
END_TEST

START_TEST(without_ipv6_here_no_aaaa_is_given)
{
    uint8_t query[ZONE_QUERY_MAX];
    size_t len = make_query(query, "both.test", 28);

    zone_answer(&reply, scenario, 0, false, query, len);
    ck_assert_uint_eq(reply.bytes[7], 0);
    ck_assert_uint_eq(reply.bytes[3] & 0x0f, 0);
}
END_TEST

/* Every cut, in memory of exactly that size, and every byte changed: answered, refused or dropped. */
START_TEST(a_broken_query_is_refused_within_its_bytes)
{
    uint8_t whole[ZONE_QUERY_MAX];
    size_t len = make_query(whole, "both.test", 1);

    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *query = malloc(cut == 0 ? 1 : cut);

        memcpy(query, whole, cut);
        zone_answer(&reply, scenario, 0, true, query, cut);
        ck_assert_uint_eq(reply.len, cut < 12 ? 0 : 12);
        if (reply.len > 0)
            ck_assert_uint_eq(reply.bytes[3] & 0x0f, 1);
        free(query);
    }
    for (size_t at = 0; at < len; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t *query = malloc(len);

            memcpy(query, whole, len);
            query[at] = (uint8_t)value;
            zone_answer(&reply, scenario, 0, true, query, len);
            ck_assert_uint_le(reply.len, len + 16 + 28); /* at most type ANY: A and AAAA */
            free(query);
        }
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("zone");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_name_is_answered_as_its_lines_say, 0, sizeof zone_cases / sizeof zone_cases[0]);
    tcase_add_test(t, a_silent_name_gets_no_reply);
    tcase_add_test(t, without_ipv6_here_no_aaaa_is_given);
    tcase_add_test(t, a_broken_query_is_refused_within_its_bytes);
    return unit_run("zone", &t, 1);
}
