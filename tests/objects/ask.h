/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - one operation on an object under test, as the engine would do it
 *
 * Each call ends with exactly one operation_done(), whose error it returns; what was read is in ask->records afterwards.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lwm2m/object.h"

struct ask {
	struct object *object;
	uint16_t server; /* who asks; 0: the agent itself */
	struct operation operation;
	struct records records; /* of the last read */
	unsigned int n_done;
	int error;
};

void ask_init(struct ask *ask, struct object *object, uint16_t server);
void ask_deinit(struct ask *ask);

int ask_read(struct ask *ask, struct path path);
int ask_execute(struct ask *ask, struct path path);

/* Has the object carry out ask->operation, a Create. */
int ask_create(struct ask *ask);

/* Writes n values; records have paths below path. */
int ask_write(struct ask *ask, enum operation_type type, struct path path, const struct record *records, size_t n);
int ask_write_one(struct ask *ask, struct path path, struct value value);

/* Reads path, which has to be one value; a text is good until the next call. */
int64_t ask_integer(struct ask *ask, struct path path);
const char *ask_text(struct ask *ask, struct path path);

/* What the object's probe says. */
int ask_probe(const struct ask *ask, uint16_t iid, uint16_t rid);
