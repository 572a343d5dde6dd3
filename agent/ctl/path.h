/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - what people write for a path: "/3303/0/5700", the first slash may be missing
 */
#pragma once

#include <stdint.h>

#include "ctl.h"

#define PATH_TEXT_MAX 32

struct path {
	uint16_t ids[4];
	unsigned int depth; /* how many of them: 1 is an object */
	char text[PATH_TEXT_MAX];
};

/* -EINVAL: not a path. */
int path_parse(const char *text, struct path *ret);

/* The same for a verb's argument, which has to have min to 4 ids: OUTCOME_USAGE when it is wrong, which was
   said. */
int path_take(const struct ctl *ctl, const char *text, unsigned int min, struct path *ret);
