/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include <errno.h>
#include <stdlib.h>

void heap_deinit(struct heap *heap)
{
	free(heap->nodes);
	*heap = (struct heap){ 0 };
}

static void place(struct heap *heap, size_t i, struct heap_node *node)
{
	heap->nodes[i] = node;
	node->index = i + 1;
}

static void sift_up(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->nodes[i];

	while (i > 0 && heap->nodes[(i - 1) / 2]->key > node->key) {
		place(heap, i, heap->nodes[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(heap, i, node);
}

static void sift_down(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->nodes[i];

	for (size_t child = 2 * i + 1; child < heap->count; child = 2 * i + 1) {
		if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key)
			child++;
		if (heap->nodes[child]->key >= node->key)
			break;
		place(heap, i, heap->nodes[child]);
		i = child;
	}
	place(heap, i, node);
}

int heap_reserve(struct heap *heap, size_t count)
{
	size_t allocated = heap->allocated ? heap->allocated : 16;
	struct heap_node **nodes;

	if (count <= heap->allocated)
		return 0;
	while (allocated < count)
		allocated *= 2;
	nodes = reallocarray(heap->nodes, allocated, sizeof(struct heap_node *));
	if (!nodes)
		return -ENOMEM;
	heap->nodes = nodes;
	heap->allocated = allocated;
	return 0;
}

int heap_set(struct heap *heap, struct heap_node *node, usec_t key)
{
	int r;

	if (key == USEC_INFINITY) {
		heap_remove(heap, node);
		node->key = key;
		return 0;
	}
	if (node->index == 0) {
		r = heap_reserve(heap, heap->count + 1);
		if (r < 0)
			return r;
		place(heap, heap->count++, node);
	}
	node->key = key;
	sift_up(heap, node->index - 1);
	sift_down(heap, node->index - 1);
	return 0;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t i = node->index;
	struct heap_node *last;

	if (i == 0)
		return;
	node->index = 0;
	last = heap->nodes[--heap->count];
	if (last == node)
		return;
	place(heap, i - 1, last);
	sift_up(heap, i - 1);
	sift_down(heap, last->index - 1);
}
