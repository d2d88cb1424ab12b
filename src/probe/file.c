/*
 * file - a small file of this machine as bytes
 */
#include "probe/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read(struct buf *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* to open a pipe waits for its writer */
    struct stat status;
    char bytes[16384];
    ssize_t n = -1;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        do
            n = read(fd, bytes, sizeof bytes);
        while ((n > 0 && buf_put(out, bytes, (size_t)n)) || (n < 0 && errno == EINTR));
    } else {
        errno = EINVAL;
    }
    close(fd);
    return n >= 0;
}
