/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what a fuzz target is
 *
 * Each target hands arbitrary bytes to one decoder and, where they are taken, checks that encoding and
 * decoding what came out brings the same again. With -Dfuzz=true and clang a target is a libFuzzer program;
 * in every build it is also linked with replay.c, which runs it over the committed corpus as a test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* assert() that no build can leave out. */
#define CHECK(condition)                                                                  \
	do {                                                                              \
		if (!(condition)) {                                                       \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                          \
		}                                                                         \
	} while (0)
