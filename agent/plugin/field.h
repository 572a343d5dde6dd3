/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field.h - the values in a plugin's struct
 *
 * Every function takes a resource that is bound (size > 0) and the struct it is bound in. Plugins may leave anything in
 * their structs: field_normalize() first makes counts and ids of arrays true; strings are read to the NUL or to their end.
 * Values that are got borrow the struct's bytes.
 */
#pragma once

#include <lwm2m/plugin.h>

#include "lwm2m/value.h"

/* An array's count is within its capacity afterwards, its ids ascend; ids that were left 0 are 0, 1, 2, …. */
void field_normalize(const struct lw_resource *resource, void *data);

/* -ENOENT: the resource is not there. 0: it is single. Else how many resource instances there are, with *ret_ids. */
int field_probe(const struct lw_resource *resource, const void *data, const uint16_t **ret_ids);

/* The value, or the one at index of an array. -ENODATA: a Float that is NAN, a resource that is not there. */
int field_get(const struct lw_resource *resource, const void *data, size_t index, struct value *ret);

/*
 * Sets the value, or resource instance riid of an array, which is added if need be. The value has the resource's type.
 * -ERANGE: the field is too narrow; -EMSGSIZE: too short, or the array is full; -EINVAL: text with a NUL.
 */
int field_set(const struct lw_resource *resource, void *data, uint16_t riid, const struct value *value);

/* -ENOENT: an array without resource instance riid. */
int field_remove(const struct lw_resource *resource, void *data, uint16_t riid);

/* The array without resource instances. */
void field_clear(const struct lw_resource *resource, void *data);

bool field_equal(const struct lw_resource *resource, const void *a, const void *b);

/* The field as it is in from, bytes and all. */
void field_copy(const struct lw_resource *resource, void *to, const void *from);
