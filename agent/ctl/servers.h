/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.h - the servers of this machine: a table of them, or all about one
 */
#pragma once

#include <jansson.h>

#include "tree.h"

int servers_show(struct ctl *ctl, size_t argc, char **argv);

json_t *servers_json(const struct tree_server *server);

/* "registration update at 12:03:04, in 54 min"; never empty. */
void servers_next(const struct tree_server *server, usec_t now, char *text, size_t size);

/* "LwM2M 1.1, pre-shared key, queue mode". */
void servers_manner(const struct tree_server *server, char *text, size_t size);

/* Why it is not registered, "" where it is, or is not meant to be. */
const char *servers_trouble(const struct tree_server *server);

enum colour servers_colour(const struct tree_server *server);
bool servers_is_registered(const struct tree_server *server);
