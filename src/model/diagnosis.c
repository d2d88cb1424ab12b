#include "model/diagnosis.h"

enum { DIAGNOSIS_ARENA_CEILING = 4 << 20 };

struct diagnosis *diagnosis_new(void)
{
    struct arena *arena = arena_new(DIAGNOSIS_ARENA_CEILING);
    struct diagnosis *d = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *d);

    if (d == NULL) {
        arena_free(arena);
        return NULL;
    }
    d->arena = arena;
    d->primary = -1;
    return d;
}

struct diagnosis *diagnosis_free(struct diagnosis *d)
{
    if (d != NULL)
        arena_free(d->arena);
    return NULL;
}

const char *verdict_word(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok",
        [VERDICT_WARNING] = "warning",
        [VERDICT_CRITICAL] = "critical",
        [VERDICT_UNKNOWN] = "unknown",
    };

    return words[verdict];
}
