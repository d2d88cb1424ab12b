/*
 * port - look-up in the table of ports
 */
#include "knowledge/port.h"

#include <stddef.h>

#include "knowledge/tables.h"

const struct port_service *port_service(uint16_t port)
{
    for (size_t i = 0; i < port_count; i++)
        if (port_table[i].number == port)
            return &port_table[i];
    return NULL;
}
