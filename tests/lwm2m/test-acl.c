/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "lwm2m/acl.h"

static void rule_39_closed_objects(void **state)
{
	static const struct object_info hidden_info = { 32000, OBJECT_HIDDEN, "1.0", NULL, 0 };
	static const struct object_info open_info = { 3, 0, "1.1", NULL, 0 };
	struct object hidden = { .info = &hidden_info }, open = { .info = &open_info };

	(void)state;
	for (enum operation_type i = 0; i < _OPERATION_TYPE_MAX; i++) {
		assert_int_equal(acl_check(0, NULL, i), -EACCES);
		assert_int_equal(acl_check(21, NULL, i), -EACCES);
		assert_int_equal(acl_check(23, NULL, i), -EACCES);
		assert_int_equal(acl_check(32000, &hidden, i), -EACCES);
		assert_int_equal(acl_check(3, &open, i), 0);
		/* that there is none of this id is another matter */
		assert_int_equal(acl_check(9, NULL, i), 0);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_39_closed_objects),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/acl", tests, NULL, NULL);
}
