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
#include "base/list.h"

struct entry {
	char name;
	struct list link;
};

static void check(struct list *list, const char *names)
{
	struct entry *entry;
	char is[16] = "";
	size_t n = 0;

	list_for_each(entry, list, link)
		is[n++] = entry->name;
	assert_string_equal(is, names);
}

static void test_order(void **state)
{
	struct list list = LIST_INIT(list);
	struct entry a = { .name = 'a' }, b = { .name = 'b' }, c = { .name = 'c' };

	assert_true(list_is_empty(&list));
	assert_null(list_first_entry(&list, struct entry, link));
	check(&list, "");
	list_append(&list, &a.link);
	list_append(&list, &b.link);
	list_append(&list, &c.link);
	check(&list, "abc");
	assert_ptr_equal(list_first_entry(&list, struct entry, link), &a);
	list_remove(&b.link);
	check(&list, "ac");
	list_remove(&b.link);
	list_append(&list, &b.link);
	check(&list, "acb");
	list_remove(&a.link);
	list_remove(&b.link);
	list_remove(&c.link);
	assert_true(list_is_empty(&list));
}

static void test_remove_on_the_way(void **state)
{
	struct list list = LIST_INIT(list), others;
	struct entry entries[] = { { 'a' }, { 'b' }, { 'c' }, { 'd' } }, *entry, *safe;

	list_init(&others);
	for (size_t i = 0; i < ELEMENTSOF(entries); i++)
		list_append(&list, &entries[i].link);
	list_for_each_safe(entry, safe, &list, link)
		if (entry->name % 2) {
			list_remove(&entry->link);
			list_append(&others, &entry->link);
		}
	check(&list, "bd");
	check(&others, "ac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_remove_on_the_way),
	};

	return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
