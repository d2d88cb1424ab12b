#include "report/report.h"

#include <string.h>

#include <jansson.h>

#include "fail_alloc.h"
#include "report_sample.h"
#include "unit.h"

enum { OUT_MAX = 1 << 20 };

static json_t *report_of(enum sample_kind kind, enum language language)
{
    struct sample s = sample_new(kind);
    struct report_spec spec = { .language = language };
    struct buf out;
    json_error_t error;
    json_t *report;

    buf_init(&out, OUT_MAX);
    ck_assert_msg(report_put(&out, REPORT_JSON, &spec, s.evidence, s.diagnosis), "%s", s.name);
    report = json_loadb(out.bytes, out.len, 0, &error);
    ck_assert_msg(report != NULL, "%s: %s", s.name, error.text);
    buf_done(&out);
    sample_free(&s);
    return report;
}

static json_t *at(json_t *value, const char *key)
{
    json_t *found = json_object_get(value, key);

    ck_assert_msg(found != NULL, "no %s", key);
    return found;
}

static json_t *probe_at(json_t *report, size_t index)
{
    return json_array_get(at(report, "probes"), index);
}

/* Whether any string in it, however deep, could do more than show itself when printed. */
static bool is_harmless(json_t *value)
{
    struct peer_text rest = { json_string_value(value), json_string_length(value) };
    bool printable = true, harmless = true;
    const char *key;
    json_t *inner;
    size_t i, len;
    uint32_t c;

    while (json_is_string(value) && peer_text_next(&rest, &c, &len, &printable))
        harmless = harmless && (printable || c == '\n');
    json_array_foreach(value, i, inner)
        harmless = harmless && is_harmless(inner);
    json_object_foreach(value, key, inner)
        harmless = harmless && is_harmless(inner);
    return harmless;
}

START_TEST(what_peers_said_is_visible_text)
{
    json_t *report = report_of((enum sample_kind)_i, LANGUAGE_JA);

    ck_assert(is_harmless(report));
    json_decref(report);
}
END_TEST

START_TEST(ndjson_is_the_same_report_on_one_line)
{
    struct sample s = sample_new((enum sample_kind)_i);
    struct report_spec spec = { .language = LANGUAGE_JA };
    json_t *pretty = report_of((enum sample_kind)_i, LANGUAGE_JA), *line;
    struct buf out;

    buf_init(&out, OUT_MAX);
    ck_assert(report_put(&out, REPORT_NDJSON, &spec, s.evidence, s.diagnosis));
    ck_assert_msg(memchr(out.bytes, '\n', out.len) == out.bytes + out.len - 1, "%s", s.name);
    line = json_loadb(out.bytes, out.len, 0, NULL);
    ck_assert_msg(json_equal(line, pretty), "%s", s.name);
    json_decref(line);
    json_decref(pretty);
    buf_done(&out);
    sample_free(&s);
}
END_TEST

START_TEST(a_hostile_greeting_reads_back)
{
    json_t *report = report_of(SAMPLE_HOSTILE, LANGUAGE_EN);

    ck_assert_str_eq(json_string_value(at(probe_at(report, 0), "greeting")),
                     "220 \\x1b[31mred\\x1b]52;c;cm0gLXJm\\x07 "
                     "\\xe2\\x80\\xaeevil\\x0d\\x0anext\\xc2\\x9b2J \\xff\\\\ 日本");
    json_decref(report);
}
END_TEST

START_TEST(numbers_are_round_and_unknown_is_null)
{
    json_t *report = report_of(SAMPLE_HEALTHY, LANGUAGE_EN);
    json_t *timing = at(probe_at(report, 0), "timing_ms");
    char *printed = json_dumps(timing, JSON_COMPACT | JSON_REAL_PRECISION(12));

    ck_assert_str_eq(printed, "{\"connect\":20.01,\"greeting\":40.1,\"tls\":41,\"total\":143,"
                                "\"slowest\":40.1,\"slowest_stage\":\"greeting\"}");
    free(printed);
    printed = json_dumps(at(report, "duration_ms"), JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    ck_assert_str_eq(printed, "1234.57");
    free(printed);
    ck_assert(json_is_null(at(at(probe_at(report, 4), "timing_ms"), "connect")));
    ck_assert(json_is_null(at(at(probe_at(report, 4), "timing_ms"), "slowest")));
    ck_assert(json_is_null(at(at(probe_at(report, 4), "timing_ms"), "slowest_stage")));
    ck_assert(json_is_null(at(at(report, "clock"), "offset_ms")));
    json_decref(report);
}
END_TEST

START_TEST(ids_stand_in_english_and_texts_in_the_language)
{
    json_t *english = report_of(SAMPLE_BLOCKED, LANGUAGE_EN),
           *japanese = report_of(SAMPLE_BLOCKED, LANGUAGE_JA);

    ck_assert_str_eq(json_string_value(at(japanese, "language")), "ja");
    ck_assert_str_eq(json_string_value(at(english, "primary")), "port.blocked");
    ck_assert(json_equal(at(english, "primary"), at(japanese, "primary")));
    ck_assert(json_equal(at(english, "probes"), at(japanese, "probes")));
    ck_assert(!json_equal(at(english, "summary"), at(japanese, "summary")));
    ck_assert(!json_equal(at(english, "findings"), at(japanese, "findings")));
    json_decref(english);
    json_decref(japanese);
}
END_TEST

START_TEST(an_effect_names_its_cause_and_a_because_its_probe)
{
    json_t *report = report_of(SAMPLE_EXPIRED, LANGUAGE_EN);
    json_t *found = at(report, "findings");

    ck_assert(json_is_null(at(json_array_get(found, 0), "caused_by")));
    ck_assert_str_eq(json_string_value(at(json_array_get(found, 1), "caused_by")), "cert.expired");
    ck_assert_int_eq(
        json_integer_value(at(json_array_get(at(json_array_get(found, 1), "because"), 0), "probe")), 2);
    json_decref(report);
}
END_TEST

START_TEST(a_certificate_has_its_names_its_days_and_its_problems)
{
    json_t *healthy = report_of(SAMPLE_HEALTHY, LANGUAGE_EN),
           *expired = report_of(SAMPLE_EXPIRED, LANGUAGE_EN);
    json_t *fine = at(probe_at(healthy, 0), "certificate"), *flawed = at(probe_at(expired, 0), "certificate");

    ck_assert_uint_eq(json_array_size(at(fine, "names")), 2);
    ck_assert_int_eq(json_integer_value(at(fine, "days_left")), 62);
    ck_assert_str_eq(json_string_value(at(fine, "not_after")), "2027-01-25T12:01:40Z");
    ck_assert_uint_eq(json_array_size(at(fine, "problems")), 0);
    ck_assert(json_is_true(at(fine, "trusted")));
    ck_assert_int_eq(json_integer_value(at(flawed, "days_left")), -4);
    ck_assert_str_eq(json_string_value(json_array_get(at(flawed, "problems"), 0)), "expired");
    ck_assert_str_eq(json_string_value(json_array_get(at(flawed, "problems"), 1)), "no-issuer");
    ck_assert(json_is_null(at(probe_at(healthy, 1), "certificate")));
    json_decref(healthy);
    json_decref(expired);
}
END_TEST

START_TEST(a_sign_in_and_a_message_are_told)
{
    json_t *refused = report_of(SAMPLE_REFUSED, LANGUAGE_JA);
    json_t *sent = report_of(SAMPLE_SENT, LANGUAGE_EN);
    json_t *barred = report_of(SAMPLE_BARRED, LANGUAGE_EN);
    json_t *sign_in = at(refused, "sign_in");
    json_t *sending = at(sent, "sending");

    ck_assert_str_eq(json_string_value(at(sign_in, "result")), "refused");
    ck_assert_str_eq(json_string_value(at(sign_in, "mechanism")), "PLAIN");
    ck_assert_str_eq(json_string_value(at(sign_in, "secret")), "password");
    ck_assert_int_eq(json_integer_value(at(at(sign_in, "connection"), "port")), 465);
    ck_assert_str_eq(json_string_value(at(at(sign_in, "connection"), "stage")), "auth");
    ck_assert(json_is_null(at(refused, "sending")));
    ck_assert_str_eq(json_string_value(at(at(sent, "sign_in"), "result")), "accepted");
    ck_assert_str_eq(json_string_value(at(sending, "result")), "accepted");
    ck_assert_str_eq(json_string_value(at(sending, "message_id")), "1.2@gmail.com");
    ck_assert_int_eq(json_integer_value(at(sending, "size_limit")), 35882577);
    ck_assert(json_is_null(at(sending, "stage")));
    ck_assert_str_eq(json_string_value(at(at(barred, "sign_in"), "result")), "not-tried");
    ck_assert_str_eq(json_string_value(at(at(barred, "sign_in"), "barred_because")), "unverified");
    ck_assert_str_eq(json_string_value(at(json_array_get(at(sent, "recommended"), 0), "username")), "full-address");
    json_decref(refused);
    json_decref(sent);
    json_decref(barred);
}
END_TEST

START_TEST(what_was_fetched_is_told)
{
    json_t *healthy = report_of(SAMPLE_HEALTHY, LANGUAGE_EN), *expired = report_of(SAMPLE_EXPIRED, LANGUAGE_EN);
    json_t *fetches = at(expired, "fetches"), *refused = json_array_get(fetches, FETCH_REFUSED);
    json_t *ocsp = at(at(probe_at(expired, 0), "certificate"), "ocsp");

    ck_assert_uint_eq(json_array_size(at(healthy, "fetches")), 0);
    ck_assert_uint_eq(json_array_size(fetches), FETCH_STOPPED + 1);
    ck_assert_str_eq(json_string_value(at(json_array_get(fetches, 0), "url")), "http://pki.example/wr2");
    ck_assert_str_eq(json_string_value(at(json_array_get(fetches, 0), "kind")), "issuer");
    ck_assert(json_is_null(at(json_array_get(fetches, 0), "status")));
    ck_assert_str_eq(json_string_value(at(refused, "outcome")), "refused");
    ck_assert_int_eq(json_integer_value(at(refused, "status")), 404);
    ck_assert_str_eq(json_string_value(at(ocsp, "source")), "fetched");
    json_decref(healthy);
    json_decref(expired);
}
END_TEST

START_TEST(a_path_names_every_hop_in_its_order)
{
    json_t *report = report_of(SAMPLE_BLOCKED, LANGUAGE_EN);
    json_t *path = json_array_get(at(report, "paths"), 0);
    char *blocked = json_dumps(at(path, "blocked"), JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_t *end = json_array_get(at(at(path, "open"), "hops"), 1);

    ck_assert_str_eq(blocked, "{\"address\":\"192.0.2.108\",\"port\":587,\"hops\":["
                              "{\"answer\":\"expired\",\"address\":\"198.51.100.1\",\"ms\":4.5},"
                              "{\"answer\":\"silent\",\"address\":null,\"ms\":null}]}");
    ck_assert_str_eq(json_string_value(at(end, "answer")), "reached");
    ck_assert(json_is_true(at(path, "complete")));
    free(blocked);
    json_decref(report);
}
END_TEST

START_TEST(a_cell_that_was_not_tried_says_why)
{
    json_t *report = report_of(SAMPLE_INTERRUPTED, LANGUAGE_EN);

    ck_assert_str_eq(json_string_value(at(probe_at(report, 5), "outcome")), "skipped");
    ck_assert_str_eq(json_string_value(at(probe_at(report, 5), "skipped_because")), "no-route");
    ck_assert_str_eq(json_string_value(at(probe_at(report, 2), "outcome")), "skipped");
    ck_assert_str_eq(json_string_value(at(probe_at(report, 2), "skipped_because")), "stopped");
    ck_assert(json_is_null(at(probe_at(report, 0), "skipped_because")));
    json_decref(report);
}
END_TEST

static const struct dns_case {
    const char *says;
    bool address_target;
    size_t n_addresses;
    enum dns_outcome a, aaaa;
    const char *status;
} dns_cases[] = {
    { "any address is ok", false, 1, DNS_TIMEOUT, DNS_OK, "ok" },
    { "a name that does not exist", false, 0, DNS_NXDOMAIN, DNS_NXDOMAIN, "nxdomain" },
    { "one answer beats a silence", false, 0, DNS_NXDOMAIN, DNS_TIMEOUT, "nxdomain" },
    { "a failing server beats an empty answer", false, 0, DNS_NO_DATA, DNS_SERVFAIL, "servfail" },
    { "a name without an address", false, 0, DNS_NO_DATA, DNS_NO_DATA, "no-address" },
    { "refused", false, 0, DNS_REFUSED, DNS_REFUSED, "refused" },
    { "out of reach is a time-out", false, 0, DNS_UNREACHABLE, DNS_UNREACHABLE, "timeout" },
    { "what cannot be read is none either", false, 0, DNS_MALFORMED, DNS_MALFORMED, "timeout" },
    { "an address needs no look-up", true, 1, DNS_SKIPPED, DNS_SKIPPED, "skipped" },
};

START_TEST(dns_is_one_word)
{
    const struct dns_case *c = &dns_cases[_i];
    struct plan plan = { .host = "mx.example", .host_is_address = c->address_target };
    struct dns_query queries[] = {
        { .type = RECORD_A, .resolver = "192.0.2.53:53", .outcome = c->a },
        { .type = RECORD_AAAA, .resolver = "192.0.2.53:53", .outcome = c->aaaa },
    };
    struct found_address address = { .ttl_s = -1 };
    struct name_view name = { .host = "mx.example", .queries = queries, .n_queries = 2, .addresses = &address,
                              .n_addresses = c->n_addresses, .duration_ms = -1 };
    struct evidence e = { .plan = &plan, .names = &name, .n_names = 1 };
    struct diagnosis d = { .primary = -1 };
    struct report_spec spec = { .language = LANGUAGE_EN };
    struct buf out;
    json_t *report;

    buf_init(&out, OUT_MAX);
    ck_assert(report_put(&out, REPORT_JSON, &spec, &e, &d));
    report = json_loads(buf_borrow(&out), 0, NULL);
    ck_assert_msg(strcmp(json_string_value(at(at(report, "dns"), "status")), c->status) == 0, "%s: %s",
                  c->says, json_string_value(at(at(report, "dns"), "status")));
    ck_assert_uint_eq(json_array_size(at(at(report, "dns"), "resolvers")), 1);
    ck_assert(json_is_null(at(at(report, "dns"), "duration_ms")));
    json_decref(report);
    buf_done(&out);
}
END_TEST

START_TEST(every_ceiling_is_told_and_does_no_harm)
{
    struct sample s = sample_new(SAMPLE_BLOCKED);
    struct report_spec spec = { .language = LANGUAGE_EN };
    struct buf whole;

    buf_init(&whole, OUT_MAX);
    ck_assert(report_put(&whole, REPORT_JSON, &spec, s.evidence, s.diagnosis));
    for (size_t ceiling = 0; ceiling < whole.len; ceiling += 7) {
        struct buf out;

        buf_init(&out, ceiling);
        ck_assert_msg(!report_put(&out, REPORT_JSON, &spec, s.evidence, s.diagnosis), "%zu of %zu bytes",
                      ceiling, whole.len);
        buf_done(&out);
    }
    buf_done(&whole);
    sample_free(&s);
}
END_TEST

START_TEST(memory_that_runs_short_is_told_and_does_no_harm)
{
    struct sample s = sample_new(SAMPLE_HOSTILE);
    struct report_spec spec = { .language = LANGUAGE_EN };
    bool hit = true;
    long after;

    json_set_alloc_funcs(__wrap_malloc, free);
    for (after = 0; hit; after++) {
        struct buf out;
        bool ok;

        buf_init(&out, OUT_MAX);
        fail_alloc_start(after);
        ok = report_put(&out, REPORT_JSON, &spec, s.evidence, s.diagnosis);
        hit = fail_alloc_stop();
        ck_assert_msg(ok == !hit, "after %ld allocations", after);
        buf_done(&out);
    }
    ck_assert_int_gt(after, 20);
    sample_free(&s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("report_json");

    tcase_add_loop_test(t, what_peers_said_is_visible_text, 0, SAMPLE_COUNT);
    tcase_add_loop_test(t, ndjson_is_the_same_report_on_one_line, 0, SAMPLE_COUNT);
    tcase_add_test(t, a_hostile_greeting_reads_back);
    tcase_add_test(t, numbers_are_round_and_unknown_is_null);
    tcase_add_test(t, ids_stand_in_english_and_texts_in_the_language);
    tcase_add_test(t, an_effect_names_its_cause_and_a_because_its_probe);
    tcase_add_test(t, a_certificate_has_its_names_its_days_and_its_problems);
    tcase_add_test(t, a_sign_in_and_a_message_are_told);
    tcase_add_test(t, what_was_fetched_is_told);
    tcase_add_test(t, a_path_names_every_hop_in_its_order);
    tcase_add_test(t, a_cell_that_was_not_tried_says_why);
    tcase_add_loop_test(t, dns_is_one_word, 0, sizeof dns_cases / sizeof dns_cases[0]);
    tcase_add_test(t, every_ceiling_is_told_and_does_no_harm);
    tcase_add_test(t, memory_that_runs_short_is_told_and_does_no_harm);
    return unit_run("report_json", &t, 1);
}
