/* SPDX-License-Identifier: Apache-2.0 */
/* One instance without registry, loop or clock: what callbacks are called, what is told, what comes back after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/instance.h"

struct data {
	int32_t a, b, read_only;
	LW_ARRAY(int32_t, 4) array;
};

static struct {
	int init, fini, poll, written, aborted, writes; /* calls */
	int result, write_result;
	uint16_t told[16];
	unsigned int n_told;
} seen;

static int on_init(struct lw_instance *inst)
{
	seen.init++;
	((struct data *)inst->data)->b = 5;
	return seen.result;
}

static void on_fini(struct lw_instance *inst)
{
	seen.fini++;
}

static int on_poll(struct lw_instance *inst)
{
	seen.poll++;
	((struct data *)inst->data)->read_only++;
	return seen.result;
}

static int on_written(struct lw_instance *inst)
{
	seen.written++;
	((struct data *)inst->data)->read_only = 99;
	return seen.result;
}

static void on_aborted(struct lw_instance *inst)
{
	seen.aborted++;
}

static int on_write(struct lw_instance *inst, uint16_t rid, uint16_t riid, const struct lw_value *value)
{
	seen.writes++;
	assert_int_equal(riid, LW_NO_ID);
	assert_int_equal(((const char *)value->bytes.data)[value->bytes.len], 0);
	return seen.write_result;
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(1, LW_RW, struct data, a),
	LW_RES_INTEGER(2, LW_RW, struct data, b),
	LW_RES_INTEGER(3, LW_R, struct data, read_only),
	LW_RES_ARRAY_INTEGER(4, LW_RW, struct data, array),
	LW_RES_CALLBACK(5, LW_W, LW_STRING, .write = on_write),
	LW_RES_END,
};

static const struct lw_object object = {
	.id = 33000, .version = "1.0", .resources = resources, LW_DATA(struct data, .a = 1, .b = 2),
	.poll_ms = 100, .poll = on_poll, .written = on_written, .aborted = on_aborted, .init = on_init, .fini = on_fini,
};

LW_PLUGIN("test", &object);

struct fixture {
	struct abi_plugin *plugin;
	struct instance *instance;
};

static int setup(void **state)
{
	static struct fixture fixture;
	char *reason = NULL;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(abi_read(&lw_plugin, NULL, &fixture.plugin, &reason), 0);
	assert_int_equal(instance_new(&fixture.instance, &fixture.plugin->objects[0], NULL, 3), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	instance_free(fixture->instance);
	abi_close(fixture->plugin);
	return 0;
}

static void tell(struct instance *instance, uint16_t rid)
{
	seen.told[seen.n_told++] = rid;
}

static struct data *data_of(void **state)
{
	return ((struct fixture *)*state)->instance->public.data;
}

static struct instance *instance_in(void **state)
{
	return ((struct fixture *)*state)->instance;
}

static int write_records(void **state, enum operation_type type, struct path path, struct records *records)
{
	const struct operation operation = { .type = type, .path = path, .records = *records };
	int r = instance_write(instance_in(state), &operation);

	records_clear(records);
	return r;
}

static void test_init_and_fini(void **state)
{
	struct instance *refused;

	assert_int_equal(data_of(state)->a, 1);
	assert_int_equal(instance_init(instance_in(state)), 0);
	instance_diff(instance_in(state), tell);
	assert_int_equal(seen.n_told, 1);
	assert_int_equal(seen.told[0], 2);
	/* An instance that init() refused has no fini(). */
	seen.result = -ENODEV;
	assert_int_equal(instance_new(&refused, instance_in(state)->type, NULL, 4), 0);
	assert_int_equal(instance_init(refused), -ENODEV);
	instance_free(refused);
	assert_int_equal(seen.fini, 0);
	/* What is no errno is an error nonetheless. */
	seen.result = -5000;
	assert_int_equal(instance_init(instance_in(state)), -EIO);
}

static void test_diff(void **state)
{
	instance_diff(instance_in(state), tell);
	assert_int_equal(seen.n_told, 0);
	data_of(state)->a = 7;
	data_of(state)->array.count = 2;
	instance_diff(instance_in(state), tell);
	assert_int_equal(seen.n_told, 2);
	assert_int_equal(seen.told[0], 1);
	assert_int_equal(seen.told[1], 4);
	/* Ids that were left 0 count up. */
	assert_int_equal(data_of(state)->array.ids[1], 1);
	instance_diff(instance_in(state), tell);
	assert_int_equal(seen.n_told, 2);
}

static void test_poll(void **state)
{
	struct instance *instance = instance_in(state);

	assert_true(instance_is_stale(instance, 5));
	assert_int_equal(instance_poll(instance, 5), 0);
	assert_false(instance_is_stale(instance, 5 + 100 * USEC_PER_MSEC - 1));
	assert_true(instance_is_stale(instance, 5 + 100 * USEC_PER_MSEC));
	seen.result = -EIO;
	assert_int_equal(instance_poll(instance, 6), -EIO);
	assert_false(instance_is_stale(instance, 7));
}

static void test_write(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	records_add(&records, PATH3(33000, 3, 1), VALUE_INTEGER(10));
	records_add(&records, PATH3(33000, 3, 5), VALUE_STRING("text"));
	assert_int_equal(write_records(state, OPERATION_WRITE_UPDATE, PATH2(33000, 3), &records), 0);
	assert_int_equal(data_of(state)->a, 10);
	assert_int_equal(data_of(state)->b, 2);
	assert_int_equal(seen.written, 1);
	assert_int_equal(seen.writes, 1);
	/* Replace: the rest gets its defaults, what is read-only stays. */
	instance_diff(instance_in(state), tell);
	records_add(&records, PATH3(33000, 3, 2), VALUE_INTEGER(20));
	assert_int_equal(write_records(state, OPERATION_WRITE_REPLACE, PATH2(33000, 3), &records), 0);
	assert_int_equal(data_of(state)->a, 1);
	assert_int_equal(data_of(state)->b, 20);
	assert_int_equal(data_of(state)->read_only, 99);
	assert_int_equal(seen.aborted, 0);
}

/* Everything that a failed request did to the fields is undone, what written() did itself as well. */
static void test_refused_write(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct data before = *data_of(state);

	seen.result = -EINVAL;
	records_add(&records, PATH3(33000, 3, 1), VALUE_INTEGER(10));
	records_add(&records, PATH4(33000, 3, 4, 9), VALUE_INTEGER(10));
	assert_int_equal(write_records(state, OPERATION_WRITE_UPDATE, PATH2(33000, 3), &records), -EINVAL);
	assert_memory_equal(data_of(state), &before, sizeof(before));
	assert_int_equal(seen.aborted, 0);
	/* After a write() that was told something, the plugin hears that it was for nothing. */
	records_add(&records, PATH3(33000, 3, 5), VALUE_STRING("text"));
	assert_int_equal(write_records(state, OPERATION_WRITE_UPDATE, PATH2(33000, 3), &records), -EINVAL);
	assert_int_equal(seen.aborted, 1);
	/* write() itself refused: nothing to forget. */
	seen.write_result = -EACCES;
	records_add(&records, PATH3(33000, 3, 1), VALUE_INTEGER(10));
	records_add(&records, PATH3(33000, 3, 5), VALUE_STRING("text"));
	assert_int_equal(write_records(state, OPERATION_WRITE_UPDATE, PATH2(33000, 3), &records), -EACCES);
	assert_memory_equal(data_of(state), &before, sizeof(before));
	assert_int_equal(seen.aborted, 1);
	assert_int_equal(seen.written, 2);
	instance_diff(instance_in(state), tell);
	assert_int_equal(seen.n_told, 0);
}

static void test_wrong_writes(void **state)
{
	const struct {
		struct path path;
		struct value value;
		int error;
	} rows[] = {
		{ PATH3(33000, 3, 9), VALUE_INTEGER(1), -ENOENT },
		{ PATH3(33000, 3, 3), VALUE_INTEGER(1), -EPERM },
		{ PATH3(33000, 3, 1), VALUE_STRING("x"), -EINVAL },
		{ PATH4(33000, 3, 1, 0), VALUE_INTEGER(1), -EINVAL },
		{ PATH3(33000, 3, 4), VALUE_INTEGER(1), -EINVAL },
		{ PATH3(33000, 3, 1), VALUE_INTEGER(INT64_MAX), -ERANGE },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_(records_deinit) struct records records = { 0 };

		records_add(&records, rows[i].path, rows[i].value);
		assert_int_equal(write_records(state, OPERATION_WRITE_UPDATE, PATH2(33000, 3), &records), rows[i].error);
	}
	assert_int_equal(seen.written, 0);
}

static void test_remove(void **state)
{
	_cleanup_(records_deinit) struct records records = { 0 };

	records_add(&records, PATH4(33000, 3, 4, 1), VALUE_INTEGER(10));
	records_add(&records, PATH4(33000, 3, 4, 2), VALUE_INTEGER(20));
	assert_int_equal(write_records(state, OPERATION_WRITE_REPLACE, PATH3(33000, 3, 4), &records), 0);
	instance_diff(instance_in(state), tell);
	seen.result = -EBUSY;
	assert_int_equal(instance_remove(instance_in(state), &PATH4(33000, 3, 4, 1)), -EBUSY);
	assert_int_equal(data_of(state)->array.count, 2);
	seen.result = 0;
	assert_int_equal(instance_remove(instance_in(state), &PATH4(33000, 3, 4, 1)), 0);
	assert_int_equal(data_of(state)->array.count, 1);
	assert_int_equal(instance_remove(instance_in(state), &PATH4(33000, 3, 4, 1)), -ENOENT);
	assert_int_equal(instance_remove(instance_in(state), &PATH4(33000, 3, 9, 1)), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_init_and_fini),
		TEST(test_diff),
		TEST(test_poll),
		TEST(test_write),
		TEST(test_refused_write),
		TEST(test_wrong_writes),
		TEST(test_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
