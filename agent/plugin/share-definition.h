/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share-definition.h - one definition for the objects that several plugins serve under one id
 *
 * It has the resources and the operations of all of them, is mandatory in what is mandatory in all, and has the highest
 * version. It only grows: requests under way may hold on to a resource of before.
 */
#pragma once

#include "lwm2m/object.h"

struct tables;

struct share_definition {
	struct object_info info;
	char version[8];
	struct tables *tables;
};

/* -EINVAL: the resource *ret_id is of another type, or multiple in one of them only; nothing changed then. -ENOMEM. */
int share_definition_add(struct share_definition *definition, const struct object_info *info, uint16_t *ret_id);
void share_definition_deinit(struct share_definition *definition);
