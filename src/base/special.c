/*
 * special - addresses that no public mail server has
 */
#include "base/special.h"

#include <string.h>

struct block {
    uint8_t bytes[16];
    unsigned bits; /* so many of them count */
};

static const struct block blocks4[] = {
    { { 0 }, 8 },              /* this network */
    { { 10 }, 8 },             /* private */
    { { 100, 64 }, 10 },       /* behind a carrier's NAT */
    { { 127 }, 8 },            /* loopback */
    { { 169, 254 }, 16 },      /* link-local */
    { { 172, 16 }, 12 },       /* private */
    { { 192, 168 }, 16 },      /* private */
    { { 198, 18 }, 15 },       /* benchmarks; what proxies that answer every name give */
    { { 224 }, 3 },            /* multicast, reserved, broadcast */
};

static const struct block blocks6[] = {
    { { 0 }, 127 },                  /* unspecified, loopback */
    { { 0xfc }, 7 },                 /* unique local */
    { { 0xfe, 0x80 }, 10 },          /* link-local */
    { { 0xff }, 8 },                 /* multicast */
    { { 0x01 }, 64 },                /* discard-only */
};

static bool is_in(const struct block *block, const uint8_t *bytes)
{
    unsigned whole = block->bits / 8;
    uint8_t mask = (uint8_t)(0xff << (8 - block->bits % 8));

    if (memcmp(block->bytes, bytes, whole) != 0)
        return false;
    return block->bits % 8 == 0 || ((block->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool is_in_any(const struct block *blocks, size_t n, const uint8_t *bytes)
{
    for (size_t i = 0; i < n; i++) {
        if (is_in(&blocks[i], bytes))
            return true;
    }
    return false;
}

/* The IPv4 address inside, or NULL. */
static const uint8_t *embedded(const struct address *a)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    static const uint8_t dns64[12] = { 0x00, 0x64, 0xff, 0x9b };

    if (memcmp(a->bytes, mapped, sizeof mapped) == 0 || memcmp(a->bytes, dns64, sizeof dns64) == 0)
        return a->bytes + 12;
    return NULL;
}

bool address_is_loopback(const struct address *a)
{
    static const uint8_t loopback6[16] = { [15] = 1 };

    return a->family == FAMILY_IPV4 ? a->bytes[0] == 127 : memcmp(a->bytes, loopback6, sizeof loopback6) == 0;
}

bool address_is_special(const struct address *a)
{
    const uint8_t *inner = a->family == FAMILY_IPV4 ? a->bytes : embedded(a);

    if (inner != NULL)
        return is_in_any(blocks4, sizeof blocks4 / sizeof blocks4[0], inner);
    return is_in_any(blocks6, sizeof blocks6 / sizeof blocks6[0], a->bytes);
}
