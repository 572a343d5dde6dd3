/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what is known of a path: the definitions of lwm2m/definition.h, where they hold, and units
 */
#pragma once

#include "lwm2m/codec.h"
#include "lwm2m/definition.h"

/* NULL: unknown. */
const struct definition *model_find(const struct path *path);

#define MODEL_UNITS 5701 /* "Sensor Units" */

/*
 * The resource whose value is the unit of this one's ("/3303/0/5701" for "/3303/0/5700"). False: it has none.
 */
bool model_unit_path(const struct path *path, struct path *ret);

/*
 * For codec_decode(): data is an enum value_type that holds for what the table does not know, or NULL. A type
 * given by hand is for all resources of the payload.
 */
struct model_types {
	enum value_type forced;
};

enum value_type model_type_of(const void *types, const struct path *path);

/* "string", "integer", …: VALUE_NONE for anything else. */
enum value_type model_type_parse(const char *name);
