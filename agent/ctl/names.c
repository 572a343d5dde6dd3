/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "lwm2m/definition.h"

const char *names_object(uint16_t object)
{
	const char *name = definition_object_name(object);

	return name ? name : "";
}

const char *names_resource(uint16_t object, uint16_t resource, const char **ret_unit)
{
	bool reusable = object >= 3200 && object < 3500;
	const struct definition *definition =
		definition_find(reusable ? DEFINITION_REUSABLE : object, resource);

	*ret_unit = definition && definition->unit ? definition->unit : "";
	return definition ? definition->name : "";
}
