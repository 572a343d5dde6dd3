/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h - a binary min-heap of deadlines whose members know their place
 *
 * Each member embeds a struct heap_node; the heap stores pointers to them and owns nothing. Adding, moving and removing
 * take O(log n), the earliest is at hand in O(1). A node that is in no heap has index 0.
 */
#pragma once

#include <stddef.h>

#include "base/usec.h"

struct heap_node {
	usec_t key;
	size_t index; /* 1-based place in the heap; 0: in none */
};

struct heap {
	struct heap_node **nodes;
	size_t count, allocated;
};

void heap_deinit(struct heap *heap);

/* Makes room for count nodes in all, so that heap_set() of as many cannot fail. -ENOMEM. */
int heap_reserve(struct heap *heap, size_t count);

/* Puts node at key, wherever it was before; USEC_INFINITY takes it out. -ENOMEM where heap_reserve() made no room. */
int heap_set(struct heap *heap, struct heap_node *node, usec_t key);

void heap_remove(struct heap *heap, struct heap_node *node);

/* The node with the smallest key, NULL when there is none. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->nodes[0] : NULL;
}

static inline usec_t heap_deadline(const struct heap *heap)
{
	return heap->count ? heap->nodes[0]->key : USEC_INFINITY;
}
