/* SPDX-License-Identifier: Apache-2.0 */
/*
 * links.h - link format (RFC 6690), as registrations and Discover carry it
 *
 * Reads </3/0>;ver=1.1,… into entries that borrow from the text of the list, which owns it. Alternate paths
 * (a root link with rt="oma.lwm2m") are taken off. Links that are no LwM2M path are kept out, not refused: a
 * client may host other things.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/path.h"

#define LINKS_MAX 4096

struct links_entry {
	struct path path;
	struct bytes attributes; /* ";ver=1.1;pmin=10", empty where there are none */
};

struct links {
	char *text;
	struct links_entry *entries;
	size_t count;
	struct bytes root;    /* the alternate path, "/lwm2m"; empty: none */
	struct bytes formats; /* of the root link: what its ct has, "110 112 11542"; empty: not said */
};

/* -EBADMSG: not link format. -E2BIG: more than LINKS_MAX. -ENOMEM. Copies the text. */
int links_parse(struct bytes text, struct links *ret);
void links_deinit(struct links *links);

/* The value of an attribute, without quotes. False: not there. */
bool links_attribute(struct bytes attributes, const char *name, struct bytes *ret);

/* Takes one ";name=value" off the beginning of attributes, without its semicolon; false at the end. */
bool links_next_attribute(struct bytes *attributes, struct bytes *ret);

/* Does the root link say that the client has this Content-Format? */
bool links_has_format(const struct links *links, int format);
