/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts-state.h - the accounts that a bootstrap made, as they are kept
 *
 * One file: a version, a number that says which configuration they replace (a later configuration replaces
 * them), and objects 0, 1, 2 and 21 as SenML CBOR, keys and all.
 */
#pragma once

#include "lwm2m/draft.h"
#include "lwm2m/object.h"

/* Appends them. -ENOMEM. */
int accounts_state_encode(uint64_t origin, const struct records *records, struct buffer *ret);

/*
 * find_resource: as in struct engine_accounts. What it does not know is left out. -EBADMSG: not such
 * contents. -ENOMEM.
 */
int accounts_state_decode(struct bytes state,
	const struct resource_info *(*find_resource)(const struct path *path), uint64_t *ret_origin,
	struct records *ret);
