/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/server-object.h"

#include <errno.h>

#include "ask.h"

struct fixture {
	struct servers servers;
	struct server *main, *other;
	struct server_object *server_object;
	struct ask ask, agent; /* a server, and the agent itself */
	struct server_object_actions actions;
	unsigned int n_updates, n_disables;
	const struct server *about;
};

static void on_update(void *userdata, struct server *server)
{
	struct fixture *fixture = userdata;

	fixture->n_updates++;
	fixture->about = server;
}

static void on_disable(void *userdata, struct server *server)
{
	struct fixture *fixture = userdata;

	fixture->n_disables++;
	fixture->about = server;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct server *bootstrap;

	servers_init(&fixture->servers);
	assert_int_equal(server_new(&fixture->servers, "main", &fixture->main), 0);
	fixture->main->short_id = 101;
	assert_int_equal(server_new(&fixture->servers, "bootstrap", &bootstrap), 0);
	bootstrap->bootstrap = true;
	assert_int_equal(server_new(&fixture->servers, "other", &fixture->other), 0);
	fixture->other->short_id = 102;
	fixture->actions = (struct server_object_actions){ .disable = on_disable, .update = on_update };
	assert_int_equal(server_object_new(&fixture->servers, &fixture->actions, fixture, &fixture->server_object), 0);
	ask_init(&fixture->ask, server_object_get(fixture->server_object), 101);
	ask_init(&fixture->agent, server_object_get(fixture->server_object), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	ask_deinit(&fixture->ask);
	ask_deinit(&fixture->agent);
	server_object_free(fixture->server_object);
	servers_deinit(&fixture->servers);
	free(fixture);
	return 0;
}

/* Core 1.2, 6.2.1.1 and the definition of object 1. */
static void test_defaults(void **state)
{
	static const struct {
		uint16_t rid;
		int64_t value;
	} defaults[] = {
		{ 0, 101 }, { 1, 86400 }, { 2, 0 }, { 5, 86400 }, { 6, 1 }, { 14, 0 }, { 15, 0 },
		{ 16, 1 }, { 17, 5 }, { 18, 60 }, { 19, 86400 }, { 20, 1 }, { 21, 0 }, { 23, 1 },
	};
	struct fixture *fixture = *state;

	fixture->main->spoken = fixture->other->spoken = LWM2M_1_2;
	for (size_t i = 0; i < ELEMENTSOF(defaults); i++)
		assert_int_equal(ask_integer(&fixture->ask, PATH3(1, 0, defaults[i].rid)), defaults[i].value);
	assert_string_equal(ask_text(&fixture->ask, PATH3(1, 0, 7)), "U");
	/* No pmax is not a pmax of 0. */
	assert_int_equal(ask_probe(&fixture->ask, 0, 3), -ENOENT);
	assert_int_equal(ask_read(&fixture->ask, PATH3(1, 0, 3)), -ENODATA);
	assert_int_equal(ask_read(&fixture->ask, PATH2(1, 0)), 0);
	assert_int_equal(fixture->ask.records.count, 16);
	/* Nor is no priority a priority, and nobody prefers a transport. */
	assert_int_equal(ask_probe(&fixture->ask, 0, 13), -ENOENT);
	assert_int_equal(ask_read(&fixture->ask, PATH3(1, 0, 13)), -ENODATA);
	assert_int_equal(ask_read(&fixture->ask, PATH3(1, 0, 22)), -ENODATA);
}

static void test_instances(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = server_object_get(fixture->server_object);

	assert_int_equal(object->n_instances, 2);
	assert_int_equal(ask_read(&fixture->ask, PATH1(1)), 0);
	assert_int_equal(fixture->ask.records.count, 16);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(1, fixture->other->server_iid, 0)), 102);
}

static void test_write(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 2), VALUE_INTEGER(10)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 3), VALUE_INTEGER(60)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 5), VALUE_INTEGER(5)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 6), VALUE_BOOLEAN(false)), 0);
	assert_int_equal(fixture->main->pmin_s, 10);
	assert_int_equal(fixture->main->pmax_s, 60);
	assert_int_equal(fixture->main->disable_timeout_s, 5);
	assert_false(fixture->main->notification_storing);
	assert_int_equal(ask_probe(&fixture->ask, 0, 3), 0);
	assert_int_equal(fixture->other->pmin_s, 0);
	assert_int_equal(fixture->n_updates, 0);
}

/* The registration says lifetime and binding: it has to be told, but only when they are others now. */
static void test_update_follows(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 1), VALUE_INTEGER(60)), 0);
	assert_int_equal(fixture->main->lifetime_s, 60);
	assert_int_equal(fixture->n_updates, 1);
	assert_ptr_equal(fixture->about, fixture->main);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 1), VALUE_INTEGER(60)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("U")), 0);
	assert_int_equal(fixture->n_updates, 1);
	/* What is restored was said before. */
	assert_int_equal(ask_write_one(&fixture->agent, PATH3(1, 0, 1), VALUE_INTEGER(90)), 0);
	assert_int_equal(fixture->main->lifetime_s, 90);
	assert_int_equal(fixture->n_updates, 1);
}

static void test_binding(void **state)
{
	struct fixture *fixture = *state;
	struct value binding = VALUE_STRING("UQ");

	fixture->main->spoken = LWM2M_1_0;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), binding), 0);
	assert_true(fixture->main->queue);
	assert_string_equal(ask_text(&fixture->ask, PATH3(1, 0, 7)), "UQ");
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("U")), 0);
	assert_false(fixture->main->queue);
	assert_int_equal(fixture->n_updates, 2);
	/* Since 1.1 the binding does not say. */
	fixture->main->spoken = LWM2M_1_1;
	fixture->main->queue = true;
	assert_string_equal(ask_text(&fixture->ask, PATH3(1, 0, 7)), "U");
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("U")), 0);
	assert_true(fixture->main->queue);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("")), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("S")), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 7), VALUE_STRING("UQT and more")), -EINVAL);
	assert_string_equal(fixture->main->binding, "U");
}

/* What servers may do with each resource, by the registry's definition of object 1, version 1.2. */
static void test_rule_13_operations(void **state)
{
	static const struct {
		uint16_t rid;
		uint8_t operations;
	} defined[] = {
		{ 0, RESOURCE_R }, { 1, RESOURCE_RW }, { 2, RESOURCE_RW }, { 3, RESOURCE_RW }, { 4, RESOURCE_E },
		{ 5, RESOURCE_RW }, { 6, RESOURCE_RW }, { 7, RESOURCE_RW }, { 8, RESOURCE_E }, { 9, RESOURCE_E },
		{ 13, RESOURCE_R }, { 14, RESOURCE_RW }, { 15, RESOURCE_R }, { 16, RESOURCE_R },
		{ 17, RESOURCE_RW }, { 18, RESOURCE_RW }, { 19, RESOURCE_RW }, { 20, RESOURCE_RW },
		{ 21, RESOURCE_RW }, { 22, RESOURCE_RW }, { 23, RESOURCE_RW }, { 26, RESOURCE_RW },
		{ 27, RESOURCE_RW },
	};
	struct fixture *fixture = *state;
	const struct object_info *info = server_object_get(fixture->server_object)->info;

	assert_int_equal(info->n_resources, ELEMENTSOF(defined));
	for (size_t i = 0; i < ELEMENTSOF(defined); i++) {
		assert_int_equal(info->resources[i].id, defined[i].rid);
		assert_int_equal(info->resources[i].operations, defined[i].operations);
	}
}

/* Version 1.1 of the object leaves 13 to 20 to the Bootstrap-Server. */
static void test_rule_13_closed_before_1_2(void **state)
{
	const struct record records[] = {
		{ .path = PATH3(1, 0, 1), .value = VALUE_INTEGER(86400) },
		{ .path = PATH3(1, 0, 6), .value = VALUE_BOOLEAN(false) },
		{ .path = PATH3(1, 0, 7), .value = VALUE_STRING("U") },
	};
	struct fixture *fixture = *state;

	for (uint16_t rid = 14; rid <= 20; rid++)
		assert_int_equal(ask_read(&fixture->ask, PATH3(1, 0, rid)), -EPERM);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 14), VALUE_UNSIGNED(1)), -EPERM);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 17), VALUE_UNSIGNED(1)), -EPERM);
	assert_int_equal(fixture->main->retry_count, 5);
	assert_int_equal(ask_read(&fixture->ask, PATH2(1, 0)), 0);
	for (size_t i = 0; i < fixture->ask.records.count; i++)
		assert_false(fixture->ask.records.items[i].path.ids[2] >= 13 &&
			     fixture->ask.records.items[i].path.ids[2] <= 20);
	/* Nor does a Replace take them away. */
	fixture->main->retry_count = 9;
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH2(1, 0), records, ELEMENTSOF(records)), 0);
	assert_int_equal(fixture->main->retry_count, 9);
	/* What was kept is taken over still. */
	assert_int_equal(ask_write_one(&fixture->agent, PATH3(1, 0, 17), VALUE_UNSIGNED(3)), 0);
	assert_int_equal(fixture->main->retry_count, 3);
}

static void test_order_and_sending(void **state)
{
	struct fixture *fixture = *state;

	fixture->main->spoken = LWM2M_1_2;
	fixture->main->priority = 10;
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 14), VALUE_UNSIGNED(20)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 23), VALUE_BOOLEAN(false)), 0);
	assert_int_equal(fixture->main->initial_delay_s, 20);
	assert_false(fixture->main->mute_send);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(1, 0, 13)), 10);
	assert_int_equal(fixture->n_updates, 0);
	/* There is no transport but UDP, and no SMS. */
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 22), VALUE_STRING("U")), 0);
	assert_string_equal(ask_text(&fixture->ask, PATH3(1, 0, 22)), "U");
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 22), VALUE_STRING("T")), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 21), VALUE_BOOLEAN(false)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 21), VALUE_BOOLEAN(true)), -EINVAL);
}

/* Not of this object before its version 1.2. */
static void test_notification_mode(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_probe(&fixture->ask, 0, 26), -ENOENT);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 26), VALUE_INTEGER(1)), -ENOENT);
	fixture->main->spoken = LWM2M_1_2;
	assert_int_equal(ask_integer(&fixture->ask, PATH3(1, 0, 26)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 26), VALUE_INTEGER(1)), 0);
	assert_int_equal(fixture->main->notification_mode, SERVER_NOTIFY_CON);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 26), VALUE_INTEGER(2)), -ERANGE);
	/* A preference for a hash: of those there are. */
	assert_int_equal(ask_probe(&fixture->ask, 0, 27), -ENOENT);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 27), VALUE_UNSIGNED(1)), 0);
	assert_int_equal(fixture->main->profile_hash, 1);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 27), VALUE_UNSIGNED(7)), -ERANGE);
	/* What was kept is no error once the configuration offers 1.1 only. */
	fixture->main->spoken = LWM2M_1_1;
	assert_int_equal(ask_write_one(&fixture->agent, PATH3(1, 0, 26), VALUE_INTEGER(1)), 0);
}

/* One value out of range: nothing of the request is done. */
static void test_all_or_nothing(void **state)
{
	static const struct {
		uint16_t rid;
		struct value value;
		int error;
	} wrong[] = {
		{ 1, { .type = VALUE_INTEGER, .integer = -1 }, -ERANGE },
		{ 1, { .type = VALUE_INTEGER, .integer = INT64_C(1) << 32 }, -ERANGE },
		{ 5, { .type = VALUE_INTEGER, .integer = INT64_MIN }, -ERANGE },
		{ 17, { .type = VALUE_UNSIGNED, .natural = 0 }, -ERANGE },
		{ 18, { .type = VALUE_UNSIGNED, .natural = UINT64_MAX }, -ERANGE },
		{ 0, { .type = VALUE_INTEGER, .integer = 5 }, -EPERM },
	};
	struct fixture *fixture = *state;

	fixture->main->spoken = LWM2M_1_2;
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		struct record records[] = {
			{ .path = PATH3(1, 0, 2), .value = VALUE_INTEGER(3) },
			{ .path = PATH3(1, 0, 7), .value = VALUE_STRING("UQ") },
			{ .path = PATH3(1, 0, wrong[i].rid), .value = wrong[i].value },
		};

		assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(1, 0), records,
					 ELEMENTSOF(records)), wrong[i].error);
		assert_int_equal(fixture->main->pmin_s, 0);
		assert_false(fixture->main->queue);
		assert_int_equal(fixture->main->lifetime_s, 86400);
		assert_int_equal(fixture->main->short_id, 101);
		assert_int_equal(fixture->n_updates, 0);
	}
}

/* Optional resources that a Replace leaves out are as if never set; a partial Update leaves them alone. */
static void test_replace(void **state)
{
	const struct record records[] = {
		{ .path = PATH3(1, 0, 1), .value = VALUE_INTEGER(86400) },
		{ .path = PATH3(1, 0, 6), .value = VALUE_BOOLEAN(false) },
		{ .path = PATH3(1, 0, 7), .value = VALUE_STRING("U") },
	};
	struct fixture *fixture = *state;

	fixture->main->spoken = LWM2M_1_2;
	fixture->main->pmin_s = 5;
	fixture->main->pmax_s = 50;
	fixture->main->retry_count = 9;
	fixture->main->priority = 9;
	fixture->main->mute_send = false;
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH2(1, 0), records, ELEMENTSOF(records)), 0);
	assert_int_equal(fixture->main->pmin_s, 5);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH2(1, 0), records, ELEMENTSOF(records)), 0);
	assert_int_equal(fixture->main->pmin_s, 0);
	assert_int_equal(fixture->main->pmax_s, 0);
	assert_int_equal(fixture->main->retry_count, 5);
	/* not theirs to write */
	assert_int_equal(fixture->main->priority, 9);
	assert_true(fixture->main->mute_send);
	assert_false(fixture->main->notification_storing);
}

/* What is kept is what servers wrote: the configuration stays in charge of the rest. */
static void test_what_is_kept(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_read(&fixture->agent, PATH1(1)), 0);
	assert_int_equal(fixture->agent.records.count, 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 2), VALUE_INTEGER(7)), 0);
	assert_int_equal(ask_read(&fixture->agent, PATH1(1)), 0);
	assert_int_equal(fixture->agent.records.count, 1);
	assert_true(path_equal(&fixture->agent.records.items[0].path, &PATH3(1, 0, 2)));
	assert_int_equal(fixture->agent.records.items[0].value.integer, 7);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(1, 0, 2), VALUE_INTEGER(-1)), -ERANGE);
	assert_int_equal(ask_integer(&fixture->agent, PATH3(1, 0, 2)), 7);
}

static void test_execute(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_execute(&fixture->ask, PATH3(1, fixture->other->server_iid, 8)), 0);
	assert_int_equal(fixture->n_updates, 1);
	assert_ptr_equal(fixture->about, fixture->other);
	assert_int_equal(ask_execute(&fixture->ask, PATH3(1, 0, 4)), 0);
	assert_int_equal(fixture->n_disables, 1);
	assert_ptr_equal(fixture->about, fixture->main);
	/* Nobody to bootstrap from. */
	assert_int_equal(ask_execute(&fixture->ask, PATH3(1, 0, 9)), -ENOTSUP);
	assert_int_equal(fixture->n_updates, 1);
	fixture->actions.disable = NULL;
	assert_int_equal(ask_execute(&fixture->ask, PATH3(1, 0, 4)), -ENOTSUP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults), TEST(test_instances), TEST(test_write), TEST(test_update_follows),
		TEST(test_binding), TEST(test_rule_13_operations), TEST(test_rule_13_closed_before_1_2), TEST(test_order_and_sending), TEST(test_notification_mode), TEST(test_all_or_nothing), TEST(test_replace), TEST(test_what_is_kept),
		TEST(test_execute),
	};

	return cmocka_run_group_tests_name("objects/server-object", tests, NULL, NULL);
}
