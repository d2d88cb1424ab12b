/*
 * address - IPv4 and IPv6 addresses as plain values
 */
#ifndef SMTPDX_BASE_ADDRESS_H
#define SMTPDX_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family {
    FAMILY_IPV4,
    FAMILY_IPV6,
};
enum { FAMILY_COUNT = 2 };

struct address {
    enum family family;
    uint8_t bytes[16]; /* network order; the first four for IPv4 */
    uint32_t scope;    /* interface index of a link-local IPv6 address, else 0 */
};

struct endpoint {
    struct address address;
    uint16_t port;
};

/* Longest text of an address with scope, and of an endpoint, terminators included. */
enum { ADDRESS_TEXT_SIZE = 64, ENDPOINT_TEXT_SIZE = 72 };

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0"; no brackets, no port, no blanks. */
bool address_parse(struct address *ret, const char *text);

/* Writes the text into out and returns it. */
const char *address_format(const struct address *a, char out[static ADDRESS_TEXT_SIZE]);

bool address_equal(const struct address *a, const struct address *b);

/* "ADDR", "ADDR:PORT" (IPv4), "[ADDR]", "[ADDR]:PORT"; default_port where none is given. */
bool endpoint_parse(struct endpoint *ret, const char *text, uint16_t default_port);

/* "192.0.2.1:25", "[2001:db8::1]:25". */
const char *endpoint_format(const struct endpoint *e, char out[static ENDPOINT_TEXT_SIZE]);

/* A decimal number from 1 to 65535, digits alone. */
bool port_parse(uint16_t *ret, const char *text);

/* "ipv4", "ipv6": the words of the JSON report. */
const char *family_word(enum family family);
bool family_parse(enum family *ret, const char *word);

#endif
