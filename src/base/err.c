#include "base/err.h"

#include <stddef.h>

bool err_set(struct err *err, enum err_kind kind, int code, const char *doing)
{
    if (err != NULL && err->kind == ERR_NONE)
        *err = (struct err){ .kind = kind, .code = code, .doing = doing };
    return false;
}
