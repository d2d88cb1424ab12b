/*
 * A scenario file, as anybody may write one: read, or refused with one line
 * that is harmless to print; what is read keeps within its own arrays. The same
 * bytes are then a query to the practice resolver of that scenario.
 */
#include <string.h>

#include "fuzz.h"
#include "simulate/scenario.h"
#include "simulate/zone.h"

static void sound_port(const struct scenario *s, const struct scenario_port *port)
{
    FUZZ_EXPECT(port->number > 0 && port->cert < s->n_certs);
    FUZZ_EXPECT(port->first_handler + port->n_handlers <= s->n_handlers);
    for (size_t i = 0; i < port->n_handlers; i++) {
        const struct scenario_handler *h = &s->handlers[port->first_handler + i];

        FUZZ_EXPECT(h->verb != NULL && h->first_step + h->n_steps <= s->n_steps);
    }
}

static void sound_scenario(const struct scenario *s)
{
    FUZZ_EXPECT(s->target != NULL && s->host != NULL && s->about != NULL);
    FUZZ_EXPECT(s->n_ports >= 4 && s->n_certs >= 1 && s->n_answers >= 1);
    for (size_t i = 0; i < s->n_ports; i++)
        sound_port(s, &s->ports[i]);
    for (size_t i = 0; i < s->n_steps; i++) {
        FUZZ_EXPECT(s->steps[i].delay_ms <= SCENARIO_DELAY_MAX_MS);
        FUZZ_EXPECT(s->steps[i].bytes.len * s->steps[i].times <= SCENARIO_FLOOD_MAX);
    }
    for (size_t i = 0; i < s->n_certs; i++)
        FUZZ_EXPECT(s->certs[i].n_names >= 1 && s->certs[i].until_days > s->certs[i].since_days);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char complaint[SCENARIO_COMPLAINT_SIZE];
    struct err err = { .kind = ERR_NONE };
    struct scenario *s = NULL;

    if (scenario_parse(&s, "fuzz", (struct peer_text){ (const char *)data, size }, complaint, &err)) {
        struct zone_reply reply;

        sound_scenario(s);
        zone_answer(&reply, s, size % 2, true, data, size);
        FUZZ_EXPECT(reply.len <= sizeof reply.bytes);
    } else {
        FUZZ_EXPECT(err.kind == ERR_INPUT && s == NULL);
        FUZZ_EXPECT(strlen(complaint) > 0 && strpbrk(complaint, "\n\r\x1b") == NULL);
    }
    scenario_free(s);
    return 0;
}
