/*
 * dns_answer - what one nameserver said of one name, read from its packet
 *
 * c-ares parses, this keeps. No sockets.
 */
#include "probe/dns_answer.h"

#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ares.h>

/* Far more than are kept, so that a crowd is counted and not only cut. */
enum { PARSE_MAX = 4096 };

enum dns_outcome dns_outcome_of_status(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return DNS_OK;
    case ARES_ENODATA:
        return DNS_NO_DATA;
    case ARES_ENOTFOUND:
        return DNS_NXDOMAIN;
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
        return DNS_SERVFAIL;
    case ARES_EREFUSED:
        return DNS_REFUSED;
    case ARES_ETIMEOUT:
        return DNS_TIMEOUT;
    case ARES_ECONNREFUSED:
        return DNS_UNREACHABLE;
    default:
        return DNS_MALFORMED;
    }
}

static void answer_put(struct dns_answer *a, enum family family, const void *bytes, size_t len, int ttl)
{
    struct address *slot = &a->addresses[a->n_addresses];

    if (a->n_addresses == DNS_ANSWER_ADDRESSES_MAX) {
        a->n_refused++;
        return;
    }
    *slot = (struct address){ .family = family };
    memcpy(slot->bytes, bytes, len);
    a->ttl_s[a->n_addresses++] = ttl < 0 ? 0 : ttl;
}

static int read_a(struct dns_answer *a, struct hostent **host, const unsigned char *packet, int len)
{
    struct ares_addrttl records[PARSE_MAX];
    int n = PARSE_MAX;
    int status = ares_parse_a_reply(packet, len, host, records, &n);

    for (int i = 0; status == ARES_SUCCESS && i < n; i++)
        answer_put(a, FAMILY_IPV4, &records[i].ipaddr, 4, records[i].ttl);
    return status;
}

static int read_aaaa(struct dns_answer *a, struct hostent **host, const unsigned char *packet, int len)
{
    struct ares_addr6ttl records[PARSE_MAX];
    int n = PARSE_MAX;
    int status = ares_parse_aaaa_reply(packet, len, host, records, &n);

    for (int i = 0; status == ARES_SUCCESS && i < n; i++)
        answer_put(a, FAMILY_IPV6, &records[i].ip6addr, 16, records[i].ttl);
    return status;
}

void dns_answer_read(struct dns_answer *ret, const char *host, const unsigned char *packet, size_t len)
{
    struct hostent *entry = NULL;
    int status = ARES_EBADRESP;

    if (len <= INT_MAX)
        status = ret->type == RECORD_A ? read_a(ret, &entry, packet, (int)len) : read_aaaa(ret, &entry, packet, (int)len);
    ret->outcome = dns_outcome_of_status(status);
    if (ret->outcome == DNS_OK && ret->n_addresses == 0)
        ret->outcome = DNS_NO_DATA;
    if (entry == NULL)
        return;
    if (entry->h_name != NULL && strcasecmp(entry->h_name, host) != 0)
        snprintf(ret->canonical, sizeof ret->canonical, "%s", entry->h_name);
    ares_free_hostent(entry);
}
