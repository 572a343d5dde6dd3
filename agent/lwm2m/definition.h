/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition.h - what is known of objects by their numbers: names, types, units
 *
 * A small table of the objects that LwM2M itself defines and of the common IPSO ones. Nothing of it is needed to
 * speak LwM2M; it makes reading it easier, for lwm2mctl and lwm2m-server.
 */
#pragma once

#include "lwm2m/value.h"

/* In place of an object's id: resources that mean the same in every IPSO object. */
#define DEFINITION_REUSABLE UINT16_MAX

struct definition {
	uint16_t object, id;
	const char *name;
	enum value_type type; /* VALUE_NONE: executable */
	const char *unit;     /* NULL: none, or not known */
};

/* NULL: unknown. */
const char *definition_object_name(uint16_t object);
const struct definition *definition_find(uint16_t object, uint16_t id);
