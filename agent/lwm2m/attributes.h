/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes.h - notification attributes: what Write-Attributes sets, per server and path
 *
 * A server attaches attributes to an object, instance, resource or resource instance; they are inherited
 * downwards, the lowest level wins (Core 1.2, 5.1.2). The store keeps them by session and path in one sorted
 * array and knows nothing of observations. Names it does not know are refused, never ignored.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "lwm2m/path.h"
#include "lwm2m/value.h"

enum attribute {
	ATTRIBUTE_PMIN,  /* seconds between notifications: at least, */
	ATTRIBUTE_PMAX,  /* at most */
	ATTRIBUTE_GT,    /* a number to be told of when it is crossed */
	ATTRIBUTE_LT,
	ATTRIBUTE_ST,    /* the least change to be told */
	ATTRIBUTE_EPMIN, /* seconds between looks at the value: at least, */
	ATTRIBUTE_EPMAX, /* at most */
	ATTRIBUTE_EDGE,  /* 0: told when a Boolean becomes false, 1: true */
	ATTRIBUTE_CON,   /* 1: notifications are confirmable */
	ATTRIBUTE_HQMAX, /* values kept while the server cannot be told */
	_ATTRIBUTE_MAX,
};

struct attributes {
	unsigned int set; /* 1 << enum attribute for each that has a value */
	double values[_ATTRIBUTE_MAX]; /* whole numbers up to UINT32_MAX but for gt, lt and st */
};

struct attributes_entry {
	uint16_t session;
	struct path path;
	struct attributes attributes;
};

struct attributes_store {
	struct attributes_entry *entries;
	size_t count, allocated, limit; /* limit: most entries, 0: no limit */
};

static inline bool attributes_has(const struct attributes *attributes, enum attribute which)
{
	return attributes->set & 1U << which;
}

static inline double attributes_value(
	const struct attributes *attributes, enum attribute which, double fallback)
{
	return attributes_has(attributes, which) ? attributes->values[which] : fallback;
}

/* What from has replaces what to has. */
void attributes_override(struct attributes *to, const struct attributes *from);

/*
 * May these be attached to what has this type (VALUE_NONE above resources), by a server of LwM2M 1.minor? -EINVAL: gt,
 * lt or st of what is no number, edge of what is no Boolean, lt and gt without room for two steps between them, or
 * one that this release of LwM2M does not have.
 */
int attributes_check(const struct attributes *attributes, enum value_type type, unsigned int minor);

/*
 * Reads "pmin=10&pmax=60&…" on top of *attributes; a name without a value takes that one away. -EINVAL: unknown
 * or repeated name, or a value that is not of the attribute's kind; *attributes is then unchanged.
 */
int attributes_parse(struct bytes query, struct attributes *attributes);

/* Appends ";pmin=10;pmax=60" to a link. -ENOMEM, -EMSGSIZE. */
int attributes_format(const struct attributes *attributes, struct buffer *ret);

void attributes_store_deinit(struct attributes_store *store);

/* What is attached at exactly this path; nothing set when there is none. */
struct attributes attributes_get(
	const struct attributes_store *store, uint16_t session, const struct path *path);

/* What holds at this path: its own and what it inherits. */
struct attributes attributes_effective(const struct attributes_store *store, uint16_t session,
				       const struct path *path);

/* Replaces what is attached at path. -ENOMEM, -ENOSPC past the limit. */
int attributes_put(struct attributes_store *store, uint16_t session, const struct path *path,
		   const struct attributes *attributes);

/* Forgets what is attached at or below path, by every session. */
void attributes_forget_path(struct attributes_store *store, const struct path *path);

/* Forgets everything that this session attached. */
void attributes_forget_session(struct attributes_store *store, uint16_t session);
