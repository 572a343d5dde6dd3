/* SPDX-License-Identifier: Apache-2.0 */
/* network.h - a network namespace of the test's own, which the plugins' processes share: interfaces and routes without harm */
#pragma once

/* Enters it; the test is skipped, with the reason, where that may not be, or where there is no ip(8). */
void network_enter(void);

/* Runs ip(8), as in network_ip("route add default dev %s", name). */
void network_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));
