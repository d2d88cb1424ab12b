/*
 * What is typed as a target, as the content of a mail program's box, and as the value of every option of a Plan: a
 * host that comes out of it is one that DNS can take and reads as itself, and
 * a refusal is one line that a terminal can show.
 */
#include <string.h>

#include "fuzz.h"
#include "input/plan_option.h"
#include "input/slip.h"
#include "knowledge/known_host.h"
#include "knowledge/provider.h"

static void sound_line(const struct usage *error, enum language language)
{
    struct peer_text line;
    struct buf out;
    uint32_t character;
    size_t len;
    bool printable;

    buf_init(&out, 1 << 16);
    FUZZ_EXPECT(usage_put(&out, language, error));
    line = (struct peer_text){ buf_borrow(&out), out.len };
    FUZZ_EXPECT(line.len > 0);
    while (peer_text_next(&line, &character, &len, &printable))
        FUZZ_EXPECT(printable);
    buf_done(&out);
}

static void sound_refusal(const struct usage *error)
{
    sound_line(error, LANGUAGE_EN);
    sound_line(error, LANGUAGE_JA);
}

static void sound_notes(const struct plan *p)
{
    FUZZ_EXPECT(p->n_notes <= PLAN_NOTES_MAX);
    for (size_t i = 0; i < p->n_notes; i++) {
        FUZZ_EXPECT(p->notes[i].column <= p->input.len + 1);
        FUZZ_EXPECT(p->notes[i].span >= 1 && p->notes[i].span <= p->input.len + 1);
        FUZZ_EXPECT(p->notes[i].code_point <= 0x10ffff);
    }
}

static void sound_host(const struct plan *p)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    static const char address[] = "0123456789abcdefghijklmnopqrstuvwxyz.:%";
    size_t len = strlen(p->host);

    FUZZ_EXPECT(len > 0 && len <= 253);
    FUZZ_EXPECT(strspn(p->host, p->host_is_address ? address : name) == len);
    FUZZ_EXPECT(p->host_is_address || (p->host[len - 1] != '.' && strstr(p->host, "..") == NULL));
    FUZZ_EXPECT(p->provider == NULL || provider_by_id(p->provider) != NULL);
}

/* What is suggested is a host that exists, or the very host that was recovered; it is no slip itself. */
static void sound_suggestion(const struct plan *p)
{
    struct slip s;

    FUZZ_EXPECT((p->slip != SLIP_NONE) == (p->slip_of != NULL));
    FUZZ_EXPECT(p->slip_of == NULL || p->suggestion != NULL);
    FUZZ_EXPECT(p->slip_of == NULL || (p->slip_in_address ? provider_by_mail_domain(p->slip_of) != NULL
                                                          : known_host_is(p->slip_of)));
    if (p->suggestion == NULL)
        return;
    FUZZ_EXPECT(known_host_is(p->suggestion) || (p->host != NULL && strcmp(p->suggestion, p->host) == 0));
    FUZZ_EXPECT(p->host != NULL || !slip_find(&s, p->suggestion));
}

/* The host that was made of a target is a target that needs nothing done to it, unless another is meant. */
static void reads_as_itself(const char *host)
{
    struct plan *p = plan_new();
    struct usage error;

    FUZZ_EXPECT(p != NULL);
    if (provider_by_id(host) == NULL) {
        FUZZ_EXPECT(input_set(p, "target", host, &error) == INPUT_OK);
        FUZZ_EXPECT(p->host != NULL && strcmp(p->host, host) == 0);
        FUZZ_EXPECT(p->slip != SLIP_NONE || p->n_notes == 0);
        FUZZ_EXPECT(p->slip != SLIP_NONE || p->host_role != HOST_ROLE_NONE || p->suggestion == NULL);
    }
    plan_free(p);
}

static void check_target(const char *name, const char *typed)
{
    struct plan *p = plan_new();
    struct usage error;
    enum input_result result;

    FUZZ_EXPECT(p != NULL);
    result = input_set(p, name, typed, &error);
    FUZZ_EXPECT(result != INPUT_NO_MEMORY);
    if (result == INPUT_USAGE) {
        sound_refusal(&error);
        FUZZ_EXPECT(p->host == NULL && p->n_notes == 0 && p->n_asked_ports == 0 && p->input.bytes == NULL);
    } else {
        FUZZ_EXPECT(p->input.len <= strlen(typed) && memcmp(p->input.bytes, typed, p->input.len) == 0);
        FUZZ_EXPECT(p->host != NULL || p->n_notes > 0);
        sound_notes(p);
        sound_suggestion(p);
        FUZZ_EXPECT(input_finish(p, &error) == INPUT_OK && p->n_ports >= 3);
    }
    if (p->host != NULL) {
        sound_host(p);
        reads_as_itself(p->host);
    }
    plan_free(p);
}

static void check_options(const char *value)
{
    struct plan *p = plan_new();
    struct usage error;
    size_t n;
    const struct option_spec *table = plan_option_table(&n);

    FUZZ_EXPECT(p != NULL);
    for (size_t i = 0; i < n; i++) {
        enum input_result result = input_set(p, table[i].name, value, &error);

        FUZZ_EXPECT(result != INPUT_NO_MEMORY);
        if (result == INPUT_USAGE)
            sound_refusal(&error);
    }
    plan_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *typed = malloc(size + 1);

    FUZZ_EXPECT(typed != NULL);
    if (size > 0)
        memcpy(typed, data, size);
    typed[size] = '\0';
    check_target("target", typed);
    check_target("host", typed);
    check_options(typed);
    free(typed);
    return 0;
}
