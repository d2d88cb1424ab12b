/*
 * port - well-known ports of services other than sending mail
 */
#ifndef SMTPDX_KNOWLEDGE_PORT_H
#define SMTPDX_KNOWLEDGE_PORT_H

#include <stdint.h>

#include "knowledge/text_id.h"

struct port_service {
    uint16_t number;
    const char *name;  /* "imaps" */
    enum text_id what; /* what it is for, in plain words */
};

/* NULL where the port belongs to no other service that is known. */
const struct port_service *port_service(uint16_t port);

#endif
