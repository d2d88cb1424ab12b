/*
 * Any text as a name that may be a slip: what is found exists, and the place
 * where the two part is inside the text.
 */
#include <string.h>

#include "fuzz.h"
#include "input/slip.h"
#include "knowledge/known_host.h"
#include "knowledge/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name = malloc(size + 1);
    struct slip s;

    FUZZ_EXPECT(name != NULL);
    if (size > 0)
        memcpy(name, data, size);
    name[size] = '\0';
    if (slip_find(&s, name)) {
        FUZZ_EXPECT(s.kind != SLIP_NONE);
        FUZZ_EXPECT(!known_host_is(name) && known_host_is(s.of) && known_host_is(s.meant));
        FUZZ_EXPECT(other_host_find(s.meant) == NULL);
        FUZZ_EXPECT(s.at + s.n <= strlen(name) && strncmp(name, s.of, s.at) == 0);
    }
    free(name);
    return 0;
}
