/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/heap.h"

static void check_order(const struct heap *heap)
{
	for (size_t i = 0; i < heap->count; i++) {
		assert_int_equal(heap->nodes[i]->index, i + 1);
		if (i > 0)
			assert_true(heap->nodes[(i - 1) / 2]->key <= heap->nodes[i]->key);
	}
}

static void test_empty(void **state)
{
	_cleanup_(heap_deinit) struct heap heap = { 0 };
	struct heap_node node = { 0 };

	assert_null(heap_first(&heap));
	assert_true(heap_deadline(&heap) == USEC_INFINITY);
	heap_remove(&heap, &node);
	assert_int_equal(heap_set(&heap, &node, USEC_INFINITY), 0);
	assert_int_equal(heap.count, 0);
	assert_int_equal(node.index, 0);
}

static void test_one(void **state)
{
	_cleanup_(heap_deinit) struct heap heap = { 0 };
	struct heap_node node = { 0 };

	assert_int_equal(heap_set(&heap, &node, 5), 0);
	assert_ptr_equal(heap_first(&heap), &node);
	assert_true(heap_deadline(&heap) == 5);
	assert_int_equal(heap_set(&heap, &node, 3), 0);
	assert_true(heap_deadline(&heap) == 3);
	assert_int_equal(heap.count, 1);
	assert_int_equal(heap_set(&heap, &node, USEC_INFINITY), 0);
	assert_null(heap_first(&heap));
	assert_int_equal(node.index, 0);
}

/* Deadlines added, moved and removed at random: the first is always the smallest, all come out in order. */
static void test_random(void **state)
{
	_cleanup_(heap_deinit) struct heap heap = { 0 };
	static struct heap_node nodes[200];
	uint32_t random = 12345;
	usec_t last = 0;

	for (unsigned int round = 0; round < 5000; round++) {
		struct heap_node *node;

		random = random * 1664525 + 1013904223;
		node = &nodes[(random >> 8) % ELEMENTSOF(nodes)];
		if (random >> 30 == 0)
			heap_remove(&heap, node);
		else
			assert_int_equal(heap_set(&heap, node, (random >> 16) % 100), 0);
		check_order(&heap);
	}
	for (size_t i = 0, count = 0; i < ELEMENTSOF(nodes); i++) {
		count += nodes[i].index > 0;
		if (i == ELEMENTSOF(nodes) - 1)
			assert_int_equal(heap.count, count);
	}
	while (heap.count > 0) {
		struct heap_node *first = heap_first(&heap);

		assert_true(first->key >= last);
		last = first->key;
		heap_remove(&heap, first);
		check_order(&heap);
	}
}

/* Room for so many is room for so many. */
static void test_reserve(void **state)
{
	_cleanup_(heap_deinit) struct heap heap = { 0 };
	static struct heap_node nodes[100];
	struct heap_node **before;

	assert_int_equal(heap_reserve(&heap, 0), 0);
	assert_int_equal(heap_reserve(&heap, ELEMENTSOF(nodes)), 0);
	before = heap.nodes;
	for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
		assert_int_equal(heap_set(&heap, &nodes[i], 1000 - i), 0);
	assert_ptr_equal(heap.nodes, before);
	assert_int_equal(heap_reserve(&heap, 10), 0);
	assert_ptr_equal(heap_first(&heap), &nodes[ELEMENTSOF(nodes) - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
