/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile.h - a text that is written to a file again and again, as node_exporter's textfile collector reads it
 *
 * The file is replaced as a whole, and anybody may read it. It is there as long as this is: what nobody keeps current any
 * more would be taken for current. A directory that cannot be written to is said once, until it can. event outlives it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/usec.h"

struct textfile;

/* text appends to ret; -ENOMEM. Written at once and then every interval. path is copied, userdata borrowed. -ENOMEM, -errno. */
int textfile_new(sd_event *event, const char *path, usec_t interval,
		 int (*text)(void *userdata, struct buffer *ret), void *userdata, struct textfile **ret);

/* Takes the file away. */
struct textfile *textfile_free(struct textfile *textfile);
DEFINE_CLEANUP(struct textfile *, textfile_free)
