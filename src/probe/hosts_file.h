/*
 * hosts_file - the local file that overrides DNS, read from its bytes
 *
 * Read here and not by a library, so that the line is known that has to be
 * mended.
 */
#ifndef SMTPDX_PROBE_HOSTS_FILE_H
#define SMTPDX_PROBE_HOSTS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/peer_text.h"

#define HOSTS_FILE_PATH "/etc/hosts"
#define HOST_CONF_PATH "/etc/host.conf"

enum {
    HOSTS_FILE_MAX = 4 << 20, /* block lists of hundreds of thousands of names are about */
    HOST_CONF_MAX = 16 << 10,
};

struct hosts_entry {
    struct address address;
    size_t line; /* from 1 */
};

/* What is left of a file, and how many lines of it have been read. */
struct hosts_reader {
    struct peer_text rest;
    size_t line;
};

/*
 * hosts_file_next() - the next line that gives the host an address
 * shape:  the file need not be terminated; names are compared without regard to case
 * errors: false where no line does any more; what cannot be read is passed over
 * source: hosts(5)
 */
bool hosts_file_next(struct hosts_entry *ret, struct hosts_reader *r, const char *host);

/*
 * hosts_file_all_lines_count() - whether programs get the addresses of all lines, or of the first alone
 * shape:  conf is what stands in HOST_CONF_PATH; "" where it is missing
 * source: host.conf(5), "multi"; so does getaddrinfo of glibc, whatever the family
 */
bool hosts_file_all_lines_count(struct peer_text conf);

#endif
