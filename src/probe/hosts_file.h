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

enum { HOSTS_FILE_MAX = 4 << 20 }; /* block lists of hundreds of thousands of names are about */

struct hosts_entry {
    struct address address;
    size_t line; /* from 1 */
};

/*
 * hosts_file_find() - the first line that gives the host an address of the family
 * shape:  the file need not be terminated; names are compared without regard to case
 * errors: false where no line does; what cannot be read is passed over
 * source: hosts(5)
 */
bool hosts_file_find(struct hosts_entry *ret, struct peer_text file, const char *host, enum family family);

#endif
