/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors.h - payloads and the records they stand for, for the tests of codecs
 *
 * A vector is checked in both directions; those that only one direction has are in tables of their own.
 * Resources have the types of a vector's records; where there are none, the type is the last digit of the
 * resource's id (vectors_type): 1 is VALUE_STRING, 2 VALUE_INTEGER, …, 0 unknown.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"

#define VALUE_CORELNK(text) ((struct value){ .type = VALUE_CORELNK, .bytes = bytes_of(text) })
#define VALUE_NOTHING()     ((struct value){ .type = VALUE_NONE })

struct vector {
	const char *name;
	struct path base;
	struct bytes payload;
	struct record records[20]; /* up to the first without a path */
};

/* What the examples of OMA LwM2M Core 7.4 read of /3/0. */
#define VECTORS_DEVICE								\
	{									\
		{ PATH3(3, 0, 0), 0, VALUE_STRING("Open Mobile Alliance") },	\
		{ PATH3(3, 0, 1), 0, VALUE_STRING("Lightweight M2M Client") },	\
		{ PATH3(3, 0, 2), 0, VALUE_STRING("345000123") },		\
		{ PATH3(3, 0, 3), 0, VALUE_STRING("1.0") },			\
		{ PATH4(3, 0, 6, 0), 0, VALUE_INTEGER(1) },			\
		{ PATH4(3, 0, 6, 1), 0, VALUE_INTEGER(5) },			\
		{ PATH4(3, 0, 7, 0), 0, VALUE_INTEGER(3800) },			\
		{ PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5000) },			\
		{ PATH4(3, 0, 8, 0), 0, VALUE_INTEGER(125) },			\
		{ PATH4(3, 0, 8, 1), 0, VALUE_INTEGER(900) },			\
		{ PATH3(3, 0, 9), 0, VALUE_INTEGER(100) },			\
		{ PATH3(3, 0, 10), 0, VALUE_INTEGER(15) },			\
		{ PATH4(3, 0, 11, 0), 0, VALUE_INTEGER(0) },			\
		{ PATH3(3, 0, 13), 0, VALUE_TIME(1367491215) },			\
		{ PATH3(3, 0, 14), 0, VALUE_STRING("+02:00") },			\
		{ PATH3(3, 0, 16), 0, VALUE_STRING("U") },			\
	}

struct refusal {
	const char *name;
	struct path base;
	struct bytes payload;
	int error;
};

/* The bytes of "C8 00 14…", blanks where they please; they live until the process ends. */
struct bytes hex(const char *text);

enum value_type vectors_type(const void *data, const struct path *path);

void vectors_encode(int format, const struct vector *vectors, size_t count);
void vectors_decode(int format, const struct vector *vectors, size_t count);

/* The payload is refused with this error and leaves the records as they were. */
void vectors_refuse(int format, const struct refusal *refusals, size_t count);

/* The records cannot be encoded: -ENOTSUP, and the buffer is as before. */
void vectors_not_encodable(int format, const struct vector *vectors, size_t count);

/* Random records of all types, always the same ones, encode and decode to themselves. */
void vectors_round_trip(int format);
