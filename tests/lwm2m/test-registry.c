/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lwm2m/registry.h"

static const struct resource_info resources[] = {
	{ 0, VALUE_STRING, RESOURCE_R, 0 },
	{ 5, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ 5700, VALUE_FLOAT, RESOURCE_R, 0 },
};

static const struct object_info multiple = { 3303, OBJECT_MULTIPLE, "1.1", resources, ELEMENTSOF(resources) };
static const struct object_info single = { 3, 0, "1.1", resources, ELEMENTSOF(resources) };
static const struct object_info bare = { 12, OBJECT_MULTIPLE, "1.0", NULL, 0 };

/* What the listener heard: "value /3/0 instance /3". */
static struct {
	char text[256];
} heard;

static void listen(void *userdata, enum registry_change change, const struct path *path)
{
	static const char *const names[] = { "value", "instance", "persist" };
	size_t len = strlen(heard.text);
	char text[PATH_TEXT_MAX];

	assert_ptr_equal(userdata, &heard);
	path_format(path, text);
	snprintf(heard.text + len, sizeof(heard.text) - len, "%s%s %s", len ? " " : "", names[change], text);
}

static void assert_heard(const char *text)
{
	assert_string_equal(heard.text, text);
	heard.text[0] = '\0';
}

static void objects_come_and_go(void **state)
{
	struct registry registry = { .listener = listen, .userdata = &heard };
	struct object a = { .info = &multiple }, b = { .info = &single }, c = { .info = &bare },
		      twin = { .info = &single };

	(void)state;
	assert_null(registry_find(&registry, 3));
	assert_int_equal(registry_add(&registry, &a), 0);
	assert_int_equal(registry_add(&registry, &b), 0);
	assert_int_equal(registry_add(&registry, &c), 0);
	assert_heard("instance /3303 instance /3 instance /12");
	assert_int_equal(registry_add(&registry, &twin), -EEXIST);
	registry_remove(&registry, &twin);
	assert_heard("");
	assert_ptr_equal(registry.objects[0], &b);
	assert_ptr_equal(registry.objects[1], &c);
	assert_ptr_equal(registry.objects[2], &a);
	assert_ptr_equal(registry_find(&registry, 12), &c);
	assert_null(registry_find(&registry, 13));
	assert_ptr_equal(b.registry, &registry);

	registry_remove(&registry, &c);
	registry_remove(&registry, &c);
	assert_heard("instance /12");
	assert_null(c.registry);
	assert_null(registry_find(&registry, 12));
	assert_int_equal(registry.n_objects, 2);
	registry_deinit(&registry);
}

static unsigned int unwatched;

static void on_watch(struct object *object, bool watched)
{
	assert_int_equal(object->info->id, 3);
	assert_false(watched);
	unwatched++;
}

/* A plugin's object takes the place of the agent's own where that steps aside, and gives it back. */
static void replaceable_objects_step_aside(void **state)
{
	static const struct object_info replaceable = { 3, OBJECT_REPLACEABLE, "1.0", NULL, 0 };
	static const struct object_ops ops = { .watch = on_watch };
	struct registry registry = { .listener = listen, .userdata = &heard };
	struct object own = { .info = &replaceable, .ops = &ops }, second = { .info = &replaceable },
		      other = { .info = &bare }, plugins = { .info = &single }, twin = { .info = &single };

	assert_int_equal(registry_add(&registry, &own), 0);
	assert_int_equal(registry_add(&registry, &other), 0);
	assert_int_equal(registry_add(&registry, &second), -EEXIST);
	own.watched = true;
	assert_heard("instance /3 instance /12");
	assert_int_equal(object_add_instance(&plugins, 0), 0);
	assert_int_equal(object_add_instance(&twin, 0), 0);
	assert_int_equal(registry_add(&registry, &plugins), 0);
	assert_heard("instance /3");
	assert_ptr_equal(registry_find(&registry, 3), &plugins);
	assert_int_equal(registry.n_objects, 2);
	assert_null(own.registry);
	assert_ptr_equal(plugins.registry, &registry);
	assert_false(own.watched);
	assert_int_equal(unwatched, 1);
	/* One is enough. */
	assert_int_equal(registry_add(&registry, &twin), -EEXIST);
	registry_remove(&registry, &own);
	assert_heard("");

	registry_remove(&registry, &plugins);
	assert_heard("instance /3");
	assert_ptr_equal(registry_find(&registry, 3), &own);
	assert_ptr_equal(own.registry, &registry);
	assert_null(plugins.registry);
	assert_int_equal(registry.n_objects, 2);
	/* And again. */
	assert_int_equal(registry_add(&registry, &twin), 0);
	registry_remove(&registry, &twin);
	assert_ptr_equal(registry_find(&registry, 3), &own);
	assert_heard("instance /3 instance /3");
	object_deinit(&plugins);
	object_deinit(&twin);
	registry_deinit(&registry);
}

/* While it has nothing to show, the agent's own stays. */
static void objects_without_instances_wait(void **state)
{
	static const struct object_info replaceable = { 3, OBJECT_REPLACEABLE, "1.0", NULL, 0 };
	static const struct object_ops ops = { 0 };
	struct registry registry = { .listener = listen, .userdata = &heard };
	struct object own = { .info = &replaceable, .ops = &ops }, plugins = { .info = &single, .ops = &ops },
		      twin = { .info = &single };

	assert_int_equal(registry_add(&registry, &own), 0);
	assert_heard("instance /3");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(registry_add(&registry, &plugins), 0);
		assert_int_equal(registry_add(&registry, &twin), -EEXIST);
		assert_ptr_equal(registry_find(&registry, 3), &own);
		assert_heard("");
		assert_int_equal(object_add_instance(&plugins, 0), 0);
		assert_ptr_equal(registry_find(&registry, 3), &plugins);
		assert_null(own.registry);
		assert_heard("instance /3");
		object_remove_instance(&plugins, 0);
		assert_ptr_equal(registry_find(&registry, 3), &own);
		assert_ptr_equal(own.registry, &registry);
		assert_heard("instance /3");
		registry_remove(&registry, &plugins);
		assert_heard("");
		assert_null(plugins.registry);
	}
	object_deinit(&plugins);
	registry_deinit(&registry);
}

static void many_objects(void **state)
{
	struct registry registry = { 0 };
	static struct object_info infos[200];
	static struct object objects[200];

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		infos[i].id = (uint16_t)(i * 37 % 200);
		objects[i].info = &infos[i];
		assert_int_equal(registry_add(&registry, &objects[i]), 0);
	}
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(registry.objects[i]->info->id, i);
	registry_deinit(&registry);
}

static void instances_in_order(void **state)
{
	struct registry registry = { .listener = listen, .userdata = &heard };
	struct object object = { .info = &multiple };

	(void)state;
	assert_int_equal(object_free_instance(&object), 0);
	assert_int_equal(object_add_instance(&object, 7), 0);
	assert_heard("");
	assert_int_equal(registry_add(&registry, &object), 0);
	assert_int_equal(object_add_instance(&object, 0), 0);
	assert_int_equal(object_add_instance(&object, 1), 0);
	assert_int_equal(object_add_instance(&object, 7), -EEXIST);
	assert_heard("instance /3303 instance /3303/0 instance /3303/1");
	assert_int_equal(object_free_instance(&object), 2);
	assert_true(object_has_instance(&object, 1));
	assert_false(object_has_instance(&object, 2));

	object_remove_instance(&object, 0);
	object_remove_instance(&object, 0);
	assert_heard("instance /3303/0");
	assert_int_equal(object.n_instances, 2);
	assert_int_equal(object.instances[0], 1);
	assert_int_equal(object.instances[1], 7);
	assert_int_equal(object_free_instance(&object), 0);
	object_deinit(&object);
	registry_deinit(&registry);
}

static void single_objects_have_one_instance(void **state)
{
	struct object object = { .info = &single };

	(void)state;
	assert_int_equal(object_add_instance(&object, 0), 0);
	assert_int_equal(object_add_instance(&object, 1), -ENOSPC);
	object_deinit(&object);
}

static void no_instance_is_65535(void **state)
{
	struct object object = { .info = &multiple };

	(void)state;
	for (uint32_t i = 0; i < PATH_ID_NONE; i++)
		assert_int_equal(object_add_instance(&object, (uint16_t)i), 0);
	assert_int_equal(object_free_instance(&object), PATH_ID_NONE);
	object_deinit(&object);
}

static void finds_resources(void **state)
{
	struct registry registry = { 0 };
	struct object object = { .info = &multiple }, empty = { .info = &bare };

	(void)state;
	assert_int_equal(registry_add(&registry, &object), 0);
	assert_int_equal(registry_add(&registry, &empty), 0);
	assert_ptr_equal(object_find_resource(&object, 0), &resources[0]);
	assert_ptr_equal(object_find_resource(&object, 5700), &resources[2]);
	assert_null(object_find_resource(&object, 6));
	assert_null(object_find_resource(&empty, 0));
	assert_ptr_equal(registry_find_resource(&registry, &PATH3(3303, 9, 5)), &resources[1]);
	assert_ptr_equal(registry_find_resource(&registry, &PATH4(3303, 9, 5, 1)), &resources[1]);
	assert_null(registry_find_resource(&registry, &PATH2(3303, 5)));
	assert_null(registry_find_resource(&registry, &PATH3(9, 0, 5)));
	registry_deinit(&registry);
}

static void tells_values_and_state(void **state)
{
	struct registry registry = { .listener = listen, .userdata = &heard };

	(void)state;
	registry_changed(&registry, &PATH3(3303, 0, 5700));
	registry_persist(&registry, 3303);
	assert_heard("value /3303/0/5700 persist /3303");
	registry.listener = NULL;
	registry_changed(&registry, &PATH3(3303, 0, 5700));
	assert_heard("");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(objects_come_and_go),
	cmocka_unit_test(replaceable_objects_step_aside),
		cmocka_unit_test(objects_without_instances_wait),
	cmocka_unit_test(many_objects),
	cmocka_unit_test(instances_in_order),
	cmocka_unit_test(single_objects_have_one_instance),
	cmocka_unit_test(no_instance_is_65535),
	cmocka_unit_test(finds_resources),
	cmocka_unit_test(tells_values_and_state),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/registry", tests, NULL, NULL);
}
