/*
 * read_world - the lines of a scenario about what stands around its servers: dns, dns2,
 *              dns-elsewhere, web, clock, net
 */
#ifndef SMTPDX_SIMULATE_READ_WORLD_H
#define SMTPDX_SIMULATE_READ_WORLD_H

#include <stdbool.h>

#include "simulate/reader.h"

bool read_world_dns(struct reader *r, char *rest);
bool read_world_dns2(struct reader *r, char *rest);
bool read_world_dns_elsewhere(struct reader *r, char *rest);
bool read_world_web(struct reader *r, char *rest);
bool read_world_clock(struct reader *r, char *rest);
bool read_world_net(struct reader *r, char *rest);

#endif
