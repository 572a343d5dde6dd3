/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.h - scope-bound ownership
 *
 * `_cleanup_(x_freep) struct x *x = NULL;` frees x when its scope ends; `return steal_pointer(&x)` or an out parameter
 * set with it passes the ownership on. DEFINE_CLEANUP() makes x_freep from x_free.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

#define DEFINE_CLEANUP(type, free_function)                      \
	static inline void free_function##p(type *pointer)       \
	{                                                        \
		if (*pointer)                                    \
			free_function(*pointer);                 \
	}

#define steal_pointer(pointer)                                   \
	({                                                       \
		__typeof__(pointer) _pointer = (pointer);        \
		__typeof__(*_pointer) _stolen = *_pointer;       \
		*_pointer = NULL;                                \
		_stolen;                                         \
	})

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}
