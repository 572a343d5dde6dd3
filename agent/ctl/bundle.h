/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - an archive that is put together file by file in a folder of its own, and packed by tar
 *
 * The folder is below $TMPDIR or /tmp, for its owner alone, and goes with bundle_deinit(). An archive that
 * exists is never written over: it might be somebody else's to read.
 */
#pragma once

#include <stdio.h>

struct bundle {
	char *folder; /* the temporary one */
	char *name;   /* of the one folder in it, which the archive begins with */
};

/* name is copied. -errno */
int bundle_init(struct bundle *bundle, const char *name);
void bundle_deinit(struct bundle *bundle);

/* A new file for writing; file may be "folder/file". NULL with errno. */
FILE *bundle_add(struct bundle *bundle, const char *file);

/* Runs a command, whose output, errors included, goes to the file. Says there what went wrong. */
void bundle_add_command(FILE *file, const char *const argv[]);

/* The kind of archive is that of archive's name: .tar, .tar.gz, .tgz, .tar.zst. -EINVAL: none of them;
   -EEXIST. */
int bundle_check_name(const char *archive);

/* -errno; -EPROTO: tar failed, and said why. */
int bundle_pack(const struct bundle *bundle, const char *archive);
