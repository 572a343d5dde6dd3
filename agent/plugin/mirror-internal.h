/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror-internal.h - what mirror.c, mirror-decode.c and mirror-take.c share
 */
#pragma once

#include "base/cleanup.h"
#include "plugin/mirror.h"
#include "plugin/protocol.h"

/* What they count for in mirror.memory. */
#define MIRROR_OBJECT_SIZE   sizeof(struct mirror_object)
#define MIRROR_RESOURCE_SIZE (sizeof(struct resource_info) + sizeof(bool))

/* Counts size bytes more. -EMSGSIZE: the plugin would have too many. */
int mirror_claim(struct mirror *mirror, size_t size);

/* -EMSGSIZE, -ENOMEM. In the mirror only. */
int mirror_add_instance(struct mirror *mirror, struct mirror_object *object, uint16_t iid,
			struct mirror_instance **ret);

/* Out of mirror and registry. */
void mirror_remove_instance(struct mirror *mirror, struct mirror_object *object, uint16_t iid);

void mirror_data_free(struct mirror *mirror, struct mirror_data *data);
bool mirror_data_equal(const struct mirror_data *a, const struct mirror_data *b);

/* Takes data over, NULL: the resource is not there; tells the registry when it is another than before. */
void mirror_set(struct mirror *mirror, struct mirror_object *object, struct mirror_instance *instance,
	size_t index, struct mirror_data *data);

void mirror_free_object(struct mirror *mirror, struct mirror_object *object, struct registry *registry);
