#include "probe/sntp.h"

#include <string.h>

/* Fields of the packet, RFC 5905 section 7.3. */
enum {
    AT_STRATUM = 1,
    AT_ROOT_DELAY = 4,
    AT_ROOT_DISPERSION = 8,
    AT_REFERENCE_ID = 12,
    AT_ORIGIN = 24,
    AT_RECEIVE = 32,
    AT_TRANSMIT = 40,
    LEAP_UNSYNCHRONISED = 3,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    VERSION = 4,
    VERSION_MIN = 3, /* servers may answer in an older one; the packet is the same */
    STRATUM_MAX = 15,
    DISTANCE_MAX_MS = 16000, /* a server that is further off than this knows no time (MAXDISP) */
};

static const int64_t ERA_S = INT64_C(1) << 32;
static const int64_t UNIX_TO_NTP_S = 2208988800; /* from 1900 to 1970 */
static const int64_t YEAR_2000_S = 946684800;

static uint32_t read_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t read_64(const uint8_t *at)
{
    return (uint64_t)read_32(at) << 32 | read_32(at + 4);
}

/* Seconds and 65536ths of one, as milliseconds, rounded up. */
static int64_t read_short_ms(const uint8_t *at)
{
    return ((int64_t)read_32(at) * 1000 + 0xffff) >> 16;
}

/*
 * The Unix time of a timestamp. It counts from 1900 and again from 2036; the
 * local clock, which may say anything, cannot tell which: no server means a
 * time before 2000.
 */
static int64_t read_time_ms(const uint8_t *at)
{
    int64_t seconds = (int64_t)read_32(at) - UNIX_TO_NTP_S;
    int64_t fraction = ((int64_t)read_32(at + 4) * 1000) >> 32;

    if (seconds < YEAR_2000_S)
        seconds += ERA_S;
    return seconds * 1000 + fraction;
}

void sntp_write_request(uint8_t out[static SNTP_PACKET_SIZE], uint64_t cookie)
{
    memset(out, 0, SNTP_PACKET_SIZE);
    out[0] = VERSION << 3 | MODE_CLIENT;
    for (int i = 0; i < 8; i++)
        out[AT_TRANSMIT + i] = (uint8_t)(cookie >> (56 - 8 * i));
}

static bool is_reply(const uint8_t *bytes, size_t len, uint64_t cookie)
{
    unsigned mode = bytes == NULL || len < SNTP_PACKET_SIZE ? 0 : bytes[0] & 7;
    unsigned version;

    if (mode != MODE_SERVER)
        return false;
    version = bytes[0] >> 3 & 7;
    return version >= VERSION_MIN && version <= VERSION && read_64(bytes + AT_ORIGIN) == cookie;
}

/* Codes are four letters of ASCII, padded with zeros (section 7.4). */
static void read_kiss(char ret[static 5], const uint8_t *at)
{
    size_t n = 0;

    while (n < 4 && at[n] >= 'A' && at[n] <= 'Z') {
        ret[n] = (char)at[n];
        n++;
    }
    ret[n] = '\0';
}

enum sntp_result sntp_read_reply(struct sntp_reply *ret, const uint8_t *bytes, size_t len, uint64_t cookie)
{
    *ret = (struct sntp_reply){ 0 };
    if (!is_reply(bytes, len, cookie))
        return SNTP_NOT_OURS;
    if (bytes[AT_STRATUM] == 0) {
        read_kiss(ret->kiss, bytes + AT_REFERENCE_ID);
        return SNTP_KISS_OF_DEATH;
    }
    ret->distance_ms = (read_short_ms(bytes + AT_ROOT_DELAY) + 1) / 2 + read_short_ms(bytes + AT_ROOT_DISPERSION);
    if (bytes[0] >> 6 == LEAP_UNSYNCHRONISED || bytes[AT_STRATUM] > STRATUM_MAX || ret->distance_ms > DISTANCE_MAX_MS)
        return SNTP_UNSYNCHRONISED;
    if (read_64(bytes + AT_TRANSMIT) == 0 || read_64(bytes + AT_RECEIVE) == 0)
        return SNTP_UNSYNCHRONISED;
    ret->received_ms = read_time_ms(bytes + AT_RECEIVE);
    ret->sent_ms = read_time_ms(bytes + AT_TRANSMIT);
    return SNTP_TIME;
}

bool sntp_interval(const struct sntp_reply *r, int64_t sent_ms, int64_t received_ms, int64_t *lower_ms,
                   int64_t *upper_ms)
{
    int64_t held_ms = r->sent_ms - r->received_ms;

    /* Both are cut to milliseconds, so that each may be one too small. */
    if (held_ms < 0 || received_ms < sent_ms || held_ms > received_ms - sent_ms + 2)
        return false;
    *lower_ms = r->sent_ms - received_ms - 1 - r->distance_ms;
    *upper_ms = r->received_ms - sent_ms + 1 + r->distance_ms;
    return *lower_ms <= *upper_ms;
}
