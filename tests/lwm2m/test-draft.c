/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lwm2m/accounts-state.h"
#include "objects/accounts.h"

static void write_text(struct draft *draft, struct path at, struct path path, const char *text)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	assert_int_equal(records_add(&records, path, VALUE_STRING(text)), 0);
	assert_int_equal(draft_write(draft, &at, &records), 0);
}

static void expect_text(const struct draft *draft, struct path path, const char *text)
{
	const struct value *value = draft_find(draft, &path);

	if (!text) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_true(bytes_equal(value->bytes, bytes_of(text)));
}

static void an_instance_is_replaced_a_resource_alone_is_not(void **state)
{
	_cleanup_(draft_deinit) struct draft draft = { 0 };

	(void)state;
	write_text(&draft, PATH2(0, 1), PATH3(0, 1, 0), "a");
	write_text(&draft, PATH3(0, 1, 3), PATH3(0, 1, 3), "b");
	expect_text(&draft, PATH3(0, 1, 0), "a");
	expect_text(&draft, PATH3(0, 1, 3), "b");
	write_text(&draft, PATH2(0, 1), PATH3(0, 1, 5), "c");
	expect_text(&draft, PATH3(0, 1, 0), NULL);
	expect_text(&draft, PATH3(0, 1, 5), "c");
}

static void an_object_level_write_leaves_other_instances(void **state)
{
	_cleanup_(draft_deinit) struct draft draft = { 0 };
	uint16_t iid;

	(void)state;
	write_text(&draft, PATH2(1, 3), PATH3(1, 3, 7), "U");
	write_text(&draft, PATH1(1), PATH3(1, 9, 7), "T");
	expect_text(&draft, PATH3(1, 3, 7), "U");
	assert_int_equal(draft_next_instance(&draft, 1, 4, &iid), 0);
	assert_int_equal(iid, 9);
	assert_int_equal(draft_next_instance(&draft, 1, 10, &iid), -ENOENT);
	assert_int_equal(draft_next_instance(&draft, 0, 0, &iid), -ENOENT);
}

static void removes_what_is_below(void **state)
{
	_cleanup_(draft_deinit) struct draft draft = { 0 };
	const struct path gone = PATH2(0, 1);

	(void)state;
	write_text(&draft, PATH2(0, 1), PATH3(0, 1, 0), "a");
	write_text(&draft, PATH2(0, 10), PATH3(0, 10, 0), "b");
	draft_remove(&draft, &gone);
	assert_false(draft_contains(&draft, &gone));
	expect_text(&draft, PATH3(0, 10, 0), "b");
	assert_int_equal(draft.size, 1);
}

static void its_size_is_bounded(void **state)
{
	_cleanup_(draft_deinit) struct draft draft = { 0 };
	_cleanup_(records_deinit) struct records many = { 0 }, large = { 0 };
	static char text[DRAFT_SIZE_MAX + 2];
	const struct path object = PATH1(1);

	(void)state;
	memset(text, 'x', DRAFT_SIZE_MAX + 1);
	assert_int_equal(records_add(&large, PATH3(1, 0, 7), VALUE_STRING(text)), 0);
	assert_int_equal(draft_write(&draft, &object, &large), -ENOSPC);
	for (uint16_t i = 0; i <= DRAFT_VALUES_MAX; i++)
		assert_int_equal(records_add(&many, PATH3(1, i, 0), VALUE_INTEGER(i)), 0);
	assert_int_equal(draft_write(&draft, &object, &many), -ENOSPC);
	assert_int_equal(draft.count, DRAFT_VALUES_MAX);
}

static void what_is_kept_comes_back(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 }, back = { 0 };
	_cleanup_(buffer_deinit) struct buffer kept = { 0 };
	uint64_t origin;

	(void)state;
	assert_int_equal(records_add(&records, PATH3(0, 1, 0), VALUE_STRING("coap://h")), 0);
	assert_int_equal(records_add(&records, PATH3(0, 1, 5), VALUE_OPAQUE("\0k", 2)), 0);
	assert_int_equal(records_add(&records, PATH3(1, 0, 0), VALUE_INTEGER(101)), 0);
	assert_int_equal(records_add(&records, PATH4(2, 0, 2, 101), VALUE_INTEGER(15)), 0);
	assert_int_equal(records_add(&records, PATH3(0, 1, 999), VALUE_INTEGER(1)), 0);
	assert_int_equal(accounts_state_encode(0x0123456789abcdef, &records, &kept), 0);
	assert_int_equal(
		accounts_state_decode(buffer_bytes(&kept), accounts_find_resource, &origin, &back), 0);
	assert_true(origin == 0x0123456789abcdef);
	assert_int_equal(back.count, 4);
	for (size_t i = 0; i < back.count; i++) {
		assert_true(path_equal(&back.items[i].path, &records.items[i].path));
		assert_true(value_equal(&back.items[i].value, &records.items[i].value));
	}
}

static void what_is_not_such_contents_is_refused(void **state)
{
	static const struct bytes bad[] = {
		{ (const uint8_t *)"", 0 },
		BYTES_LITERAL("\1\0\0\0\0\0\0\0"),
		BYTES_LITERAL("\2\0\0\0\0\0\0\0\0\x80"),
		BYTES_LITERAL("\1\0\0\0\0\0\0\0\0\xff"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		_cleanup_(records_deinit) struct records back = { 0 };
		uint64_t origin;

		assert_int_equal(
			accounts_state_decode(bad[i], accounts_find_resource, &origin, &back), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_is_replaced_a_resource_alone_is_not),
		cmocka_unit_test(an_object_level_write_leaves_other_instances),
		cmocka_unit_test(removes_what_is_below),
		cmocka_unit_test(its_size_is_bounded),
		cmocka_unit_test(what_is_kept_comes_back),
		cmocka_unit_test(what_is_not_such_contents_is_refused),
	};

	return cmocka_run_group_tests_name("lwm2m/draft", tests, NULL, NULL);
}
