/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discover.h - the object model as link format: the answer to Discover, and the object list of a registration
 *
 * Both are written straight from the registry. An object's version is told unless it is "1.0" of an object
 * that is not of the LwM2M enabler itself, whose implied version differs between releases of LwM2M.
 */
#pragma once

#include "lwm2m/attributes.h"
#include "lwm2m/operation.h"
#include "lwm2m/registry.h"
#include "lwm2m/version.h"

/* Reads "depth=N" of LwM2M 1.2, 0 to 3; -1 without it. -EINVAL: another value, or twice. */
int discover_depth(struct bytes query, int *ret);

/*
 * Appends the links for a Discover of target by a session's server, which speaks that version: target and so many
 * levels below it; -1: two below an object, else one (Core 1.2, 6.3.2). -ENOMEM, -EMSGSIZE.
 */
int discover_target(const struct target *target, const struct attributes_store *attributes, uint16_t session,
		    enum lwm2m_version version, int depth, struct buffer *ret);

/* Appends the list for servers of a version: objects and instances, no hidden objects. -ENOMEM, -EMSGSIZE. */
int discover_registry(const struct registry *registry, enum lwm2m_version version, struct buffer *ret);

/* The same for LwM2M 1.2 with the version of every object, as the Profile ID is made of. */
int discover_profile(const struct registry *registry, struct buffer *ret);

/* Appends the root link, which goes before the object list and has the formats offered to servers of a version. */
int discover_root(enum lwm2m_version version, struct buffer *ret);
