#include "probe/file.h"

#include <stdio.h>

bool file_read(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t n;
    bool read;

    if (file == NULL)
        return false;
    do
        n = fread(bytes, 1, sizeof bytes, file);
    while (n > 0 && buf_put(out, bytes, n));
    read = !ferror(file);
    fclose(file);
    return read;
}
