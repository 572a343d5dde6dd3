/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-object.h - objects whose values are a list, and that answer when a test says so
 *
 * fake_objects_init() makes five objects: /0 (hidden), /3 (one instance), and three with every kind of
 * resource, Create and Delete: /500, /501 (no instance yet, its state is kept) and /502 (one instance at
 * most, none yet). An operation is answered at once, with fake_objects.fail once that is set, or held until
 * fake_objects_answer() where hold says so. What a value list can't show (Execute, blocks of a stream, watch)
 * is written to the log, a line each.
 */
#pragma once

#include "base/bytes.h"
#include "lwm2m/object.h"
#include "lwm2m/registry.h"

enum { FAKE_OBJECTS = 5, FAKE_HELD_MAX = 128, FAKE_VALUES_MAX = 64, FAKE_TEXT_MAX = 64 };

/* Resources of /500. */
enum {
	FAKE_NAME = 0,      /* string, RW, mandatory */
	FAKE_COUNT = 1,     /* integer, RW */
	FAKE_LEVEL = 2,     /* float, R */
	FAKE_ACTION = 3,    /* E */
	FAKE_NUMBERS = 4,   /* integer, RW, multiple */
	FAKE_PACKAGE = 5,   /* opaque, W, stream */
	FAKE_BLOB = 6,      /* opaque, RW */
	FAKE_ABSENT = 7,    /* string, R, without a value until a test sets one */
};

struct fake_value {
	struct path path;
	struct value value;
	uint8_t bytes[FAKE_TEXT_MAX];
};

struct fake_objects;

struct fake_object {
	struct object object;
	struct fake_objects *owner;
	uint16_t ids[FAKE_VALUES_MAX]; /* what probe lends */
};

struct fake_objects {
	struct registry registry;
	struct fake_object objects[FAKE_OBJECTS];
	struct fake_value values[FAKE_VALUES_MAX]; /* in the order of their paths */
	size_t n_values;
	struct operation *held[FAKE_HELD_MAX];
	size_t n_held;
	bool hold, release; /* release: the next call ends what is held first */
	int fail; /* 1: claims success without a value */
	struct buffer *log;
};

void fake_objects_init(struct fake_objects *fake, struct buffer *log);
void fake_objects_deinit(struct fake_objects *fake);

struct object *fake_objects_get(struct fake_objects *fake, uint16_t oid);

/* Sets a value from its plain text and tells the registry; NULL takes it away. */
void fake_objects_set(struct fake_objects *fake, const struct path *path, const char *text);

/* Ends the oldest held operation. */
void fake_objects_answer(struct fake_objects *fake, int error);
