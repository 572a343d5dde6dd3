/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/security.h"

#include <errno.h>

#include "ask.h"

struct fixture {
	struct servers servers;
	struct security *security;
	struct ask ask;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct server *first, *second;

	servers_init(&fixture->servers);
	assert_int_equal(server_new(&fixture->servers, "main", &first), 0);
	first->uri = strdup("coaps://example.com");
	first->short_id = 101;
	first->mode = SECURITY_PSK;
	assert_int_equal(buffer_append_text(&first->identity, "device-1"), 0);
	assert_int_equal(buffer_append_text(&first->key, "top secret"), 0);
	assert_int_equal(server_new(&fixture->servers, "bootstrap", &second), 0);
	second->uri = strdup("coap://bootstrap.example.com");
	second->bootstrap = true;
	assert_int_equal(security_new(&fixture->servers, &fixture->security), 0);
	ask_init(&fixture->ask, security_object(fixture->security), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	ask_deinit(&fixture->ask);
	security_free(fixture->security);
	servers_deinit(&fixture->servers);
	free(fixture);
	return 0;
}

static void test_definition(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = security_object(fixture->security);

	assert_int_equal(object->info->id, 0);
	assert_true(object->info->flags & OBJECT_HIDDEN);
	assert_int_equal(object->n_instances, 2);
	for (size_t i = 0; i < object->info->n_resources; i++)
		assert_int_equal(object->info->resources[i].operations, 0);
	assert_null(object->ops->write);
	assert_null(object->ops->execute);
	assert_null(object->ops->create);
	assert_null(object->ops->delete);
}

static void test_for_the_agent(void **state)
{
	struct ask *ask = &((struct fixture *)*state)->ask;

	assert_string_equal(ask_text(ask, PATH3(0, 0, 0)), "coaps://example.com");
	assert_int_equal(ask_integer(ask, PATH3(0, 0, 1)), 0);
	assert_int_equal(ask_integer(ask, PATH3(0, 0, 2)), SECURITY_PSK);
	assert_int_equal(ask_integer(ask, PATH3(0, 0, 10)), 101);
	assert_int_equal(ask_integer(ask, PATH3(0, 1, 1)), 1);
	assert_int_equal(ask_integer(ask, PATH3(0, 1, 2)), SECURITY_NOSEC);
	assert_int_equal(ask_probe(ask, 0, 10), 0);
	assert_int_equal(ask_probe(ask, 1, 10), -ENOENT);
	assert_int_equal(ask_probe(ask, 2, 0), -ENOENT);
}

/* Not even the agent reads the key this way. */
static void test_key_never(void **state)
{
	struct ask *ask = &((struct fixture *)*state)->ask;

	assert_int_equal(ask_read(ask, PATH1(0)), 0);
	assert_true(ask->records.count >= 8);
	for (size_t i = 0; i < ask->records.count; i++)
		assert_int_not_equal(ask->records.items[i].path.ids[2], 5);
	assert_int_equal(ask_read(ask, PATH3(0, 0, 5)), 0);
	assert_int_equal(ask->records.count, 0);
}

static void test_servers_see_nothing(void **state)
{
	static const uint16_t servers[] = { 1, 101, 65534 };
	struct ask *ask = &((struct fixture *)*state)->ask;

	for (size_t i = 0; i < ELEMENTSOF(servers); i++) {
		ask->server = servers[i];
		assert_int_equal(ask_read(ask, PATH1(0)), -EACCES);
		assert_int_equal(ask->records.count, 0);
		assert_int_equal(ask_read(ask, PATH2(0, 0)), -EACCES);
		assert_int_equal(ask_read(ask, PATH3(0, 0, 0)), -EACCES);
		assert_int_equal(ask_read(ask, PATH3(0, 7, 0)), -EACCES);
		assert_int_equal(ask->records.count, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_definition), TEST(test_for_the_agent), TEST(test_key_never), TEST(test_servers_see_nothing),
	};

	return cmocka_run_group_tests_name("objects/security", tests, NULL, NULL);
}
