/* SPDX-License-Identifier: Apache-2.0 */
/* From a module's tables to ours: older and newer structs, and tables that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/abi.h"

struct data {
	bool has;
	int32_t integer;
	char text[8];
	LW_BYTES(4) opaque;
	LW_ARRAY(double, 3) array;
};

static int on_read(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	return 0;
}

static int on_execute(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	return 0;
}

static int on_block(struct lw_instance *inst, uint16_t rid, uint64_t offset, const void *data, size_t len, bool more)
{
	return 0;
}

static const struct lw_resource good[] = {
	LW_RES_STRING(3, LW_RW, struct data, text),
	LW_RES_INTEGER(1, LW_R, struct data, integer, LW_PRESENT(struct data, has)),
	LW_RES_OPAQUE(2, LW_RW, struct data, opaque, .flags = LW_MANDATORY),
	LW_RES_ARRAY_FLOAT(4, LW_RW, struct data, array),
	LW_RES_CONST(5, "constant"),
	LW_RES_EXECUTE(6, on_execute),
	LW_RES_STREAM(7, on_block),
	LW_RES_CALLBACK(8, LW_R, LW_TIME, .read = on_read),
	LW_RES_END,
};

static const struct lw_object object = {
	.id = 33000, .version = "1.0", .flags = LW_CREATE, .resources = good, LW_DATA(struct data, .integer = 3),
};

static const struct lw_object *const objects[] = { &object, NULL };

static const struct lw_plugin plugin = {
	.abi = LW_PLUGIN_ABI,
	.plugin_size = sizeof(struct lw_plugin),
	.object_size = sizeof(struct lw_object),
	.resource_size = sizeof(struct lw_resource),
	.name = "test",
	.objects = objects,
};

static void test_good(void **state)
{
	_cleanup_(abi_closep) struct abi_plugin *read = NULL;
	char *reason = NULL;
	const struct abi_object *type;

	assert_int_equal(abi_read(&plugin, NULL, &read, &reason), 0);
	assert_null(reason);
	assert_int_equal(read->n_objects, 1);
	type = &read->objects[0];
	assert_int_equal(type->info.id, 33000);
	assert_int_equal(type->info.flags, OBJECT_MULTIPLE | OBJECT_CREATE);
	assert_string_equal(type->info.version, "1.0");
	assert_int_equal(type->info.n_resources, 8);
	for (uint16_t i = 0; i < 8; i++) {
		assert_int_equal(type->info.resources[i].id, i + 1);
		assert_ptr_equal(abi_find_resource(type, (uint16_t)(i + 1)), &type->resources[i]);
	}
	assert_null(abi_find_resource(type, 0));
	assert_null(abi_find_resource(type, 9));
	assert_int_equal(type->info.resources[1].flags, RESOURCE_MANDATORY);
	assert_int_equal(type->info.resources[3].flags, RESOURCE_MULTIPLE);
	assert_int_equal(type->info.resources[6].flags, RESOURCE_STREAM);
	assert_int_equal(type->info.resources[7].type, VALUE_TIME);
	assert_true(abi_is_bound(&type->resources[4]));
	assert_false(abi_is_bound(&type->resources[7]));
}

/* A module of an agent that was: its structs end earlier, what it does not have is 0. */
static void test_smaller_structs(void **state)
{
	enum { RESOURCE_SIZE = offsetof(struct lw_resource, read), OBJECT_SIZE = offsetof(struct lw_object, poll) };
	_Alignas(void *) char resources[RESOURCE_SIZE * 3];
	_Alignas(void *) char old[OBJECT_SIZE + sizeof(void *)];
	const struct lw_object *const one[] = { (const struct lw_object *)(const void *)old, NULL };
	const struct lw_resource end = LW_RES_END;
	_cleanup_(abi_closep) struct abi_plugin *read = NULL;
	struct lw_plugin smaller = plugin;
	struct lw_object head = object;
	char *reason = NULL;

	memcpy(resources, &good[0], RESOURCE_SIZE);
	memcpy(resources + RESOURCE_SIZE, &good[4], RESOURCE_SIZE);
	memcpy(resources + 2 * RESOURCE_SIZE, &end, RESOURCE_SIZE);
	head.resources = (const struct lw_resource *)(const void *)resources;
	memset(old, 0xA5, sizeof(old));
	memcpy(old, &head, OBJECT_SIZE);
	smaller.plugin_size = offsetof(struct lw_plugin, start);
	smaller.object_size = OBJECT_SIZE;
	smaller.resource_size = RESOURCE_SIZE;
	smaller.objects = one;
	memset(&smaller.start, 0xA5, sizeof(smaller) - offsetof(struct lw_plugin, start));
	assert_int_equal(abi_read(&smaller, NULL, &read, &reason), 0);
	assert_null(read->plugin.start);
	assert_null(read->objects[0].object.poll);
	assert_null(read->objects[0].object.fini);
	assert_int_equal(read->objects[0].info.n_resources, 2);
	assert_null(read->objects[0].resources[0].read);
	assert_null(read->objects[0].resources[0].write_block);
	assert_string_equal(read->objects[0].resources[1].constant, "constant");
}

/* A module of an agent to come: its structs go on, what we do not know is left out. */
static void test_larger_structs(void **state)
{
	struct { struct lw_resource known; uint64_t more[3]; } resources[3] = {
		{ .known = LW_RES_STRING(3, LW_RW, struct data, text), .more = { 1, 2, 3 } },
		{ .known = LW_RES_CONST(5, "constant"), .more = { 1, 2, 3 } },
		{ .known = LW_RES_END },
	};
	struct { struct lw_object known; uint64_t more[2]; } larger = { .known = object, .more = { 1, 2 } };
	const struct lw_object *const one[] = { &larger.known, NULL };
	struct { struct lw_plugin known; uint64_t more; } newer = { .known = plugin, .more = 1 };
	_cleanup_(abi_closep) struct abi_plugin *read = NULL;
	char *reason = NULL;

	larger.known.resources = &resources[0].known;
	newer.known.plugin_size = sizeof(newer);
	newer.known.object_size = sizeof(larger);
	newer.known.resource_size = sizeof(resources[0]);
	newer.known.objects = one;
	assert_int_equal(abi_read(&newer.known, NULL, &read, &reason), 0);
	assert_int_equal(read->objects[0].info.n_resources, 2);
	assert_string_equal(read->objects[0].resources[1].constant, "constant");
}

static void expect_refused(const struct lw_plugin *wrong, int error, const char *part)
{
	_cleanup_(abi_closep) struct abi_plugin *read = NULL;
	_cleanup_(freep) char *reason = NULL;
	int r = abi_read(wrong, NULL, &read, &reason);

	if (r != error || !reason || !strstr(reason, part))
		fail_msg("%d \"%s\" instead of %d and \"%s\"", r, reason ? reason : "", error, part);
}

static void test_wrong_stamps(void **state)
{
	struct lw_plugin wrong = plugin;

	wrong.abi = LW_PLUGIN_ABI + 1;
	expect_refused(&wrong, -ENOEXEC, "made for plugin ABI 2 and this agent has ABI 1");
	wrong.abi = 0;
	expect_refused(&wrong, -ENOEXEC, "ABI 0");
	for (unsigned int i = 0; i < 3; i++) {
		static const uint32_t sizes[] = { 0, 8, 4104, UINT32_MAX, sizeof(struct lw_object) + 1 };

		for (size_t k = 0; k < ELEMENTSOF(sizes); k++) {
			wrong = plugin;
			(&wrong.plugin_size)[i] = sizes[k];
			expect_refused(&wrong, -ENOEXEC, "size stamps");
		}
	}
	wrong = plugin;
	wrong.name = NULL;
	expect_refused(&wrong, -EINVAL, "no name");
	wrong = plugin;
	wrong.objects = (const struct lw_object *const[]){ NULL };
	expect_refused(&wrong, -EINVAL, "no objects");
	wrong.objects = (const struct lw_object *const[]){ &object, &object, NULL };
	expect_refused(&wrong, -EINVAL, "Object 33000 is there twice");
}

static void expect_object_refused(struct lw_object wrong, const char *part)
{
	const struct lw_object *const one[] = { &wrong, NULL };
	struct lw_plugin with = plugin;

	with.objects = one;
	expect_refused(&with, -EINVAL, part);
}

static void test_wrong_objects(void **state)
{
	static const char *const versions[] = { NULL, "", "1", "1.", ".1", "1.0a", "a.0", "1.0.0", "1.12345678", " 1.0" };
	struct lw_object wrong = object;

	for (size_t i = 0; i < ELEMENTSOF(versions); i++) {
		wrong.version = versions[i];
		expect_object_refused(wrong, "not of the form 1.0");
	}
	wrong = object;
	wrong.id = 0;
	expect_object_refused(wrong, "no plugin may have this id");
	wrong.id = UINT16_MAX;
	expect_object_refused(wrong, "no plugin may have this id");
	wrong = object;
	wrong.defaults = NULL;
	expect_object_refused(wrong, "no defaults");
	wrong = object;
	wrong.data_size = ABI_DATA_MAX + 1;
	expect_object_refused(wrong, "above");
	wrong = object;
	wrong.resources = NULL;
	expect_object_refused(wrong, "no resources");
	wrong.resources = &good[8];
	expect_object_refused(wrong, "no resources");
	/* Fields that the struct does not reach to. */
	wrong = object;
	wrong.data_size = offsetof(struct data, array);
	expect_object_refused(wrong, "/33000/*/4: its field lies outside");
}

static void test_no_end(void **state)
{
	struct lw_resource *endless = calloc(ABI_RESOURCES_MAX + 2, sizeof(*endless));
	struct lw_object wrong = object;

	wrong.resources = endless;
	expect_object_refused(wrong, "has to end with LW_RES_END");
	free(endless);
}

#define FIELD(_type, _size) .ops = LW_R, .type = (_type), .offset = 0, .size = (_size)
#define ARRAY(_capacity, _values, _element, _size)                                                              \
	.ops = LW_R, .type = LW_INTEGER, .flags = LW_MULTIPLE, .capacity = (_capacity), .values = (_values),    \
	.element = (_element), .size = (_size)

static void test_wrong_resources(void **state)
{
	static const struct {
		struct lw_resource resource;
		const char *part;
	} wrong[] = {
		{ { FIELD(LW_NONE, 4) }, "no data type" },
		{ { FIELD(LW_CORELNK + 1, 4) }, "no data type" },
		{ { FIELD(LW_INTEGER, 3) }, "does not have the resource's type" },
		{ { FIELD(LW_FLOAT, 2) }, "does not have the resource's type" },
		{ { FIELD(LW_BOOLEAN, 4) }, "does not have the resource's type" },
		{ { FIELD(LW_TIME, 4) }, "does not have the resource's type" },
		{ { FIELD(LW_OPAQUE, 4) }, "does not have the resource's type" },
		{ { FIELD(LW_OBJLNK, 8) }, "does not have the resource's type" },
		{ { FIELD(LW_STRING, UINT32_MAX) }, "outside" },
		{ { FIELD(LW_INTEGER, 4), .present = UINT32_MAX }, "outside" },
		{ { .ops = 0, .type = LW_STRING }, "neither R, W, RW nor E" },
		{ { .ops = 8, .type = LW_STRING }, "neither R, W, RW nor E" },
		{ { .ops = LW_R | LW_E, .type = LW_STRING }, "neither R, W, RW nor E" },
		{ { .ops = LW_E }, "no execute()" },
		{ { .ops = LW_R, .type = LW_STRING }, "nothing to read" },
		{ { .ops = LW_W, .type = LW_STRING }, "nothing to write" },
		{ { .ops = LW_R, .type = LW_INTEGER, .constant = "1" }, "has to be a String" },
		{ { .ops = LW_W, .type = LW_OPAQUE, .flags = LW_STREAM }, "write_block()" },
		{ { .ops = LW_R, .type = LW_INTEGER, .flags = LW_MULTIPLE, .read = on_read }, "cannot have a read()" },
		{ { .ops = LW_R, .type = LW_STRING, .flags = LW_MULTIPLE, .constant = "x" }, "bound to an LW_ARRAY()" },
		{ { ARRAY(0, 8, 4, 12) }, "does not have" },
		{ { ARRAY(4, 8, 4, 24) }, "does not have" },  /* values lie on ids */
		{ { ARRAY(4, 12, 4, 24) }, "does not have" }, /* values do not fit */
		{ { ARRAY(4, 12, 3, 28) }, "does not have" }, /* no such integer */
		{ { ARRAY(65535, 12, 4, 28) }, "does not have" },
		{ { ARRAY(4, UINT32_MAX, 4, 28) }, "does not have" },
		{ { ARRAY(4, 12, UINT32_MAX, 28) }, "does not have" },
	};

	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		const struct lw_resource table[] = { wrong[i].resource, LW_RES_END };
		struct lw_object with = object;

		with.resources = table;
		expect_object_refused(with, wrong[i].part);
	}
	const struct lw_resource twice[] = { LW_RES_CONST(7, "a"), LW_RES_CONST(7, "b"), LW_RES_END };
	struct lw_object with = object;

	with.resources = twice;
	expect_object_refused(with, "/33000/*/7: it is there twice");
}

static bool describes;

static int describe(const struct lw_host *host, const struct lw_object *const **ret)
{
	assert_non_null(host);
	*ret = objects;
	return describes ? 0 : -ENOENT;
}

/* Tables that are made of the settings; a plugin that has them ready is not asked. */
static void test_describe(void **state)
{
	const struct lw_host host = { .size = sizeof(host) };
	struct lw_plugin described = plugin;
	struct abi_plugin *read = NULL;
	char *reason = NULL;

	described.describe = describe;
	assert_int_equal(abi_read(&described, &host, &read, &reason), 0);
	read = abi_close(read);
	described.objects = NULL;
	assert_int_equal(abi_read(&described, &host, &read, &reason), -EINVAL);
	assert_non_null(strstr(reason, "No such file or directory"));
	free(reason);
	describes = true;
	assert_int_equal(abi_read(&described, &host, &read, &reason), 0);
	assert_int_equal(read->n_objects, 1);
	abi_close(read);
	/* A struct of a plugin that was built before there was such a member. */
	described.plugin_size = offsetof(struct lw_plugin, describe);
	assert_int_equal(abi_read(&described, &host, &read, &reason), -EINVAL);
	free(reason);
}

static void test_open(void **state)
{
	_cleanup_(abi_closep) struct abi_plugin *read = NULL;
	const char *directory = getenv("LWM2M_TEST_PLUGINS");
	char path[4096], *reason = NULL;

	assert_int_equal(abi_open("/nonexistent.so", NULL, &read, &reason), -ENOENT);
	assert_string_equal(reason, "/nonexistent.so: No such file or directory");
	free(reason);
	assert_int_equal(abi_open("/etc/passwd", NULL, &read, &reason), -ENOEXEC);
	assert_non_null(strstr(reason, "/etc/passwd"));
	free(reason);
	assert_non_null(directory);
	snprintf(path, sizeof(path), "%s/test-object.so", directory);
	assert_int_equal(abi_open(path, NULL, &read, &reason), 0);
	assert_int_equal(read->objects[0].info.id, 3442);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_smaller_structs),
		cmocka_unit_test(test_larger_structs),
		cmocka_unit_test(test_wrong_stamps),
		cmocka_unit_test(test_wrong_objects),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_wrong_resources),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
