/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the state directory: small files that are whole or not there
 *
 * One agent has the directory at a time (a lock says so). A file NAME.state is mode 0600 and says its format version,
 * length and checksum (store-file.h); it is replaced through NAME.state.new, so that a crash, a power cut or a full disk
 * at any point leaves the old contents or the new ones. What does not check out on reading is moved aside to
 * NAME.state.corrupt, said once, and then counts as not there. Failures are logged here: of each file once, until it
 * can be written again. What is written already is not written again.
 */
#pragma once

#include "base/bytes.h"
#include "base/cleanup.h"

struct store;

/*
 * Makes dir, mode 0700, where it is missing (its parent has to exist), and clears up what a crash left behind. One that
 * can only be read is good enough: nothing is kept then until that changes. -EBUSY: another agent has it. -errno.
 */
int store_open(const char *dir, struct store **ret);
struct store *store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)

/*
 * name: letters, digits, '-' and '_', up to 64 of them; -EINVAL otherwise, here and below. 0: it is on the disk. -errno:
 * the old contents stand; or the new ones, where only the last step failed, which makes sure that a power cut does not
 * undo them.
 */
int store_write(struct store *store, const char *name, struct bytes contents);

/* Appends the contents to ret. -ENOENT: there are none, or none that can be used. -EMSGSIZE, -ENOMEM, other -errno. */
int store_read(struct store *store, const char *name, struct buffer *ret);

/* Nothing to remove is no error. */
int store_remove(struct store *store, const char *name);

/*
 * Factory Reset: removes every file of the agent's in the directory, and no other. One that is cut off is finished by the
 * next store_open(): all of them are there, or none. -errno: those that are named in the log are still there.
 */
int store_wipe(struct store *store);
