/* What an POP3 server says before the sign-in; see fuzz_incoming.h for the input. */
#include "fuzz_incoming.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_incoming(PROTOCOL_POP3, data, size);
    return 0;
}
