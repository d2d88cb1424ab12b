/*
 * A sign-in at a practice server, as any client may try it: whatever is said,
 * a door without accounts lets nobody in, and a challenge is one line.
 */
#include <string.h>

#include "fuzz.h"
#include "simulate/doorkeeper.h"

static struct peer_text take_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size == 0 ? NULL : memchr(*data, '\n', *size);
    struct peer_text line = { (const char *)*data, end == NULL ? *size : (size_t)(end - *data) };

    *data += line.len + (end != NULL);
    *size -= line.len + (end != NULL);
    return line;
}

/* Lines: the fault's digit, a mechanism, an initial response, and what follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char binding[32] = { 1 };
    struct scenario scenario = { .oauth_error = PEER_TEXT_LITERAL("{}") };
    struct peer_text fault = take_line(&data, &size), mechanism = take_line(&data, &size);
    enum doorkeeper_answer answer;
    struct doorkeeper *d;
    struct buf challenge;

    d = doorkeeper_new(&(struct doorkeeper_spec){
        .scenario = &scenario,
        .fault = fault.len == 1 && fault.bytes[0] >= '0' && fault.bytes[0] <= '6'
                     ? (enum scenario_auth_fault)(fault.bytes[0] - '0')
                     : SCENARIO_AUTH_FINE,
        .mechanism = mechanism,
        .offer = PEER_TEXT_LITERAL("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 "
                                   "SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER"),
        .binding = { (const char *)binding, sizeof binding },
    });
    FUZZ_EXPECT(d != NULL);
    buf_init(&challenge, DOORKEEPER_LINE_MAX);
    answer = doorkeeper_begin(d, take_line(&data, &size), &challenge);
    while (answer == DOORKEEPER_ASKS) {
        FUZZ_EXPECT(strpbrk(buf_borrow(&challenge), "\r\n") == NULL &&
                    strlen(buf_borrow(&challenge)) == challenge.len);
        buf_clear(&challenge);
        if (size == 0)
            break;
        answer = doorkeeper_hear(d, take_line(&data, &size), &challenge);
    }
    FUZZ_EXPECT(answer != DOORKEEPER_ACCEPTS);
    FUZZ_EXPECT((answer == DOORKEEPER_UNOFFERED) == (doorkeeper_mechanism(d)[0] == '\0'));
    buf_done(&challenge);
    doorkeeper_free(d);
    return 0;
}
