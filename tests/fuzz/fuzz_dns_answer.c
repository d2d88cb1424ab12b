/*
 * An answer of a nameserver to "mail.test": its first byte chooses the type.
 */
#include <string.h>

#include "fuzz.h"
#include "probe/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_answer a = { 0 };

    if (size == 0)
        return 0;
    a.type = data[0] % 2 == 0 ? RECORD_A : RECORD_AAAA;
    dns_answer_read(&a, "mail.test", data + 1, size - 1);
    FUZZ_EXPECT(a.n_addresses <= DNS_ANSWER_ADDRESSES_MAX);
    FUZZ_EXPECT((a.outcome == DNS_OK) == (a.n_addresses > 0));
    FUZZ_EXPECT(a.outcome != DNS_SKIPPED && a.outcome != DNS_TIMEOUT && a.outcome != DNS_UNREACHABLE);
    FUZZ_EXPECT(memchr(a.canonical, '\0', sizeof a.canonical) != NULL);
    for (size_t i = 0; i < a.n_addresses; i++)
        FUZZ_EXPECT(a.addresses[i].family == (a.type == RECORD_A ? FAMILY_IPV4 : FAMILY_IPV6));
    return 0;
}
