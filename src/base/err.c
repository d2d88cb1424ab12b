#include "base/err.h"

#include <errno.h>
#include <stddef.h>

bool err_set(struct err *err, enum err_kind kind, int code, const char *doing)
{
    if (err != NULL && err->kind == ERR_NONE)
        *err = (struct err){ .kind = kind, .code = code, .doing = doing };
    return false;
}

bool err_is_shortage(int code)
{
    switch (code) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:
    case EAGAIN:        /* of socket() and connect(), where nothing would block */
    case EADDRNOTAVAIL: /* of connect(): no port is left */
        return true;
    default:
        return false;
    }
}
