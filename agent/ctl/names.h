/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - what the common objects and their resources are called
 *
 * For people only. An object or resource without a name here has an empty one.
 */
#pragma once

#include <stdint.h>

const char *names_object(uint16_t object);

/* ret_unit: "" for none. Sensors of IPSO say theirs in resource 5701. */
const char *names_resource(uint16_t object, uint16_t resource, const char **ret_unit);
