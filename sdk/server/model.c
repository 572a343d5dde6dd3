/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

static bool is_ipso(uint16_t object)
{
	return object >= 3200 && object < 3400;
}

const struct definition *model_find(const struct path *path)
{
	uint16_t object = is_ipso(path->ids[0]) ? DEFINITION_REUSABLE : path->ids[0];

	return path->depth < PATH_RESOURCE ? NULL : definition_find(object, path->ids[2]);
}

bool model_unit_path(const struct path *path, struct path *ret)
{
	uint16_t id = path->ids[2];

	if (path->depth < PATH_RESOURCE || !is_ipso(path->ids[0]))
		return false;
	if (id != 5700 && id != 5702 && id != 5703 && id != 5704 && id != 5900 && (id < 5600 || id > 5604))
		return false;
	*ret = PATH3(path->ids[0], path->ids[1], MODEL_UNITS);
	return true;
}

enum value_type model_type_of(const void *types, const struct path *path)
{
	const struct model_types *by_hand = types;
	const struct definition *resource;

	if (by_hand && by_hand->forced != VALUE_NONE)
		return by_hand->forced;
	resource = model_find(path);
	return resource ? resource->type : VALUE_NONE;
}

enum value_type model_type_parse(const char *name)
{
	for (enum value_type type = VALUE_STRING; type < _VALUE_TYPE_MAX; type++)
		if (strcmp(value_type_name(type), name) == 0)
			return type;
	return VALUE_NONE;
}
