/*
 * file - a small file of this machine as bytes
 */
#ifndef SMTPDX_PROBE_FILE_H
#define SMTPDX_PROBE_FILE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * file_read() - appends the bytes of a file
 * shape:  up to the ceiling of the buffer; more, or no memory, shows as out->failed
 * errors: false with errno where it cannot be opened or read, or is a pipe or device,
 *         which might never end
 */
bool file_read(struct buf *out, const char *path);

#endif
