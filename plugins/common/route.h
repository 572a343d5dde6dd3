/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.h - the interface that carries the default route, for the plugins that show object 4 while it is theirs
 *
 * It is the one whose default route has the least metric, and IPv4's where both families have the same, as in the agent's
 * own object 4. Nothing is polled: a handler hears when a route, an address or a link is another.
 */
#pragma once

#include <lwm2m/plugin.h>

#define ROUTE_INTERFACE_MAX 16
#define ROUTE_ADDRESS_MAX   46

/* handler hears of changes, once for all that came together. -errno: it does not; route_stop() is due all the same. */
int route_start(const struct lw_host *host, void (*handler)(const struct lw_host *host));
void route_stop(void);

/* false: there is no default route. */
bool route_find(char ret[ROUTE_INTERFACE_MAX]);

/* Is there a default route through another interface? */
bool route_has_other(const char *interface);

/* Addresses of the interface, those of the link alone left out, and the routers of its default routes. Returns how many. */
uint32_t route_addresses(const char *interface, char ret[][ROUTE_ADDRESS_MAX], uint32_t max);
uint32_t route_routers(const char *interface, char ret[][ROUTE_ADDRESS_MAX], uint32_t max);
