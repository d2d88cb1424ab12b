/*
 * A datagram as a time server, or somebody else, might send it, behind eight
 * bytes that make the cookie: what is believed is bounded.
 */
#include <string.h>

#include "fuzz.h"
#include "probe/sntp.h"

static const int64_t YEAR_2000_MS = INT64_C(946684800000);
static const int64_t YEAR_2137_MS = INT64_C(5270140800000);

static void sound_time(const struct sntp_reply *r)
{
    int64_t lower, upper;

    FUZZ_EXPECT(r->kiss[0] == '\0');
    FUZZ_EXPECT(r->received_ms >= YEAR_2000_MS && r->received_ms < YEAR_2137_MS);
    FUZZ_EXPECT(r->sent_ms >= YEAR_2000_MS && r->sent_ms < YEAR_2137_MS);
    FUZZ_EXPECT(r->distance_ms >= 0 && r->distance_ms <= 16000);
    if (!sntp_interval(r, 1000, 4000, &lower, &upper))
        return;
    FUZZ_EXPECT(lower <= upper);
    FUZZ_EXPECT(upper - lower <= 3000 + 2 + 2 * r->distance_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t cookie = 0;
    struct sntp_reply r;

    for (size_t i = 0; i < 8 && i < size; i++)
        cookie = cookie << 8 | data[i];
    if (size < 8)
        return 0;
    switch (sntp_read_reply(&r, data + 8, size - 8, cookie)) {
    case SNTP_TIME:
        sound_time(&r);
        break;
    case SNTP_KISS_OF_DEATH:
        for (const char *c = r.kiss; *c != '\0'; c++)
            FUZZ_EXPECT(*c >= 'A' && *c <= 'Z');
        FUZZ_EXPECT(strlen(r.kiss) <= 4);
        break;
    case SNTP_NOT_OURS:
    case SNTP_UNSYNCHRONISED:
        break;
    }
    return 0;
}
