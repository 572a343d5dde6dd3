/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose-files.h - what diagnose takes from the agent's configuration and from its folders
 */
#pragma once

#include "bundle.h"

/* The configuration without secrets to config/, and a list of its files and of the state directory's to
   files.txt. */
void diagnose_add_files(struct bundle *bundle);

void diagnose_copy_text(const char *path, FILE *to);
