/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - the Endpoint Client Name of a machine that was given none
 *
 * A UUID derived from the machine id, which itself is not to be shown on a network: the same as long as the system is not
 * installed anew.
 */
#pragma once

#define ENDPOINT_DEFAULT_MAX 46 /* "urn:uuid:", 36 characters and NUL */

/* -ENOENT, -ENOMEDIUM: this machine has no machine id; other -errno. */
int endpoint_default(char ret[ENDPOINT_DEFAULT_MAX]);
