/*
 * dns_answer - what one nameserver said of one name, read from its packet
 */
#ifndef SMTPDX_PROBE_DNS_ANSWER_H
#define SMTPDX_PROBE_DNS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "model/evidence.h"

enum {
    DNS_ANSWER_ADDRESSES_MAX = 64, /* kept of one answer; the rest is counted */
    DNS_NAME_SIZE = 1025,          /* a name as text, every octet escaped (RFC 1035 section 5.1) */
};

struct dns_answer {
    enum record_type type;
    enum dns_outcome outcome;
    struct address addresses[DNS_ANSWER_ADDRESSES_MAX];
    int64_t ttl_s[DNS_ANSWER_ADDRESSES_MAX];
    size_t n_addresses;
    size_t n_refused;
    /* End of the CNAME chain; "" where it is the name itself. With MALFORMED a name of a chain without end. */
    char canonical[DNS_NAME_SIZE];
    double duration_ms;            /* filled in by the asker, as is: */
    int own_errno;                 /* why this side could not ask; 0 where it could */
};

/*
 * dns_answer_read() - reads a whole answer packet, however hostile
 * shape:  host is the name that was asked for; ret->type says for what
 * errors: none; what cannot be read is DNS_MALFORMED
 */
void dns_answer_read(struct dns_answer *ret, const char *host, const unsigned char *packet, size_t len);

/* What c-ares says where there is no packet to read, or of one that holds no record. */
enum dns_outcome dns_outcome_of_status(int status);

#endif
