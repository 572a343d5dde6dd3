/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/access-control.h"

#include <errno.h>

#include "ask.h"
#include "lwm2m/registry.h"

struct fixture {
	struct servers servers;
	struct server *first, *second;
	struct access_control *access_control;
	struct acl *acl;
	struct registry registry;
	struct object account, thing;
	struct ask ask, agent; /* the first server, and the agent itself */
};

static const struct object_info account_info = { .id = 1, .flags = OBJECT_MULTIPLE, .version = "1.1" };
static const struct object_info thing_info = { .id = 500, .flags = OBJECT_MULTIPLE | OBJECT_CREATE, .version = "1.0" };

static void make_object(struct fixture *fixture)
{
	assert_int_equal(access_control_new(&fixture->servers, &fixture->access_control), 0);
	fixture->acl = access_control_acl(fixture->access_control);
	assert_int_equal(registry_add(&fixture->registry, access_control_get(fixture->access_control)), 0);
	ask_init(&fixture->ask, access_control_get(fixture->access_control), 101);
	ask_init(&fixture->agent, access_control_get(fixture->access_control), 0);
}

static void drop_object(struct fixture *fixture)
{
	ask_deinit(&fixture->ask);
	ask_deinit(&fixture->agent);
	registry_remove(&fixture->registry, access_control_get(fixture->access_control));
	access_control_free(fixture->access_control);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct server *bootstrap;

	servers_init(&fixture->servers);
	assert_int_equal(server_new(&fixture->servers, "bootstrap", &bootstrap), 0);
	bootstrap->bootstrap = true;
	assert_int_equal(server_new(&fixture->servers, "first", &fixture->first), 0);
	fixture->first->short_id = 101;
	assert_int_equal(server_new(&fixture->servers, "second", &fixture->second), 0);
	fixture->second->short_id = 102;
	make_object(fixture);
	fixture->account.info = &account_info;
	fixture->thing.info = &thing_info;
	assert_int_equal(registry_add(&fixture->registry, &fixture->account), 0);
	assert_int_equal(registry_add(&fixture->registry, &fixture->thing), 0);
	assert_int_equal(object_add_instance(&fixture->account, fixture->first->server_iid), 0);
	assert_int_equal(object_add_instance(&fixture->account, fixture->second->server_iid), 0);
	assert_int_equal(object_add_instance(&fixture->thing, 0), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	drop_object(fixture);
	object_deinit(&fixture->account);
	object_deinit(&fixture->thing);
	registry_deinit(&fixture->registry);
	servers_deinit(&fixture->servers);
	free(fixture);
	return 0;
}

/* The instance of object 2 about this one. */
static uint16_t about(const struct fixture *fixture, uint16_t oid, uint16_t iid)
{
	const struct acl_entry *entry = acl_find(fixture->acl, oid, iid);

	assert_non_null(entry);
	return entry->own_iid;
}

static void test_factory(void **state)
{
	struct fixture *fixture = *state;
	uint16_t second = fixture->second->server_iid, iid;

	fixture->second->rights = ACL_R | ACL_C;
	acl_fill(fixture->acl, &fixture->registry);
	assert_int_equal(access_control_get(fixture->access_control)->n_instances, 4);

	iid = about(fixture, 500, 0);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 0)), 500);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 1)), 0);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(2, iid, 2, 102)), ACL_R | ACL_C);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 3)), 101);
	assert_int_equal(ask_probe(&fixture->ask, iid, 2), 1);
	assert_int_equal(acl_rights(fixture->acl, 101, 500, 0), ACL_ALL);

	/* rule 28 */
	iid = about(fixture, 500, ACL_ANY_INSTANCE);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 1)), 65535);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 3)), 65535);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(2, iid, 2, 101)), ACL_C);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(2, iid, 2, 102)), ACL_C);
	assert_int_equal(acl_rights(fixture->acl, 101, 2, iid), ACL_R);

	/* an account is its server's own */
	assert_int_equal(acl_rights(fixture->acl, 102, 1, second), ACL_ALL);
	assert_int_equal(acl_rights(fixture->acl, 101, 1, second), 0);
}

static void test_write(void **state)
{
	struct fixture *fixture = *state;
	struct record records[2];
	uint16_t iid;

	acl_fill(fixture->acl, &fixture->registry);
	iid = about(fixture, 500, 0);
	records[0] = (struct record){ .path = PATH4(2, iid, 2, 0), .value = VALUE_INTEGER(ACL_E) };
	records[1] = (struct record){ .path = PATH4(2, iid, 2, 7), .value = VALUE_INTEGER(ACL_W) };
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH3(2, iid, 2), records, 2), 0);
	assert_int_equal(acl_rights(fixture->acl, 102, 500, 0), ACL_ALL);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH3(2, iid, 2), records, 2), 0);
	assert_int_equal(acl_rights(fixture->acl, 102, 500, 0), ACL_E);
	assert_int_equal(acl_rights(fixture->acl, 7, 500, 0), ACL_W);

	/* all or nothing */
	records[0].value = VALUE_INTEGER(ACL_R);
	records[1].value = VALUE_INTEGER(32);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_REPLACE, PATH3(2, iid, 2), records, 2), -ERANGE);
	records[1].value = VALUE_INTEGER(-1);
	assert_int_equal(ask_write(&fixture->ask, OPERATION_WRITE_UPDATE, PATH3(2, iid, 2), records, 2), -ERANGE);
	assert_int_equal(acl_rights(fixture->acl, 102, 500, 0), ACL_E);

	assert_int_equal(ask_write_one(&fixture->ask, PATH3(2, iid, 3), VALUE_INTEGER(7)), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(2, iid, 3), VALUE_INTEGER(0)), -EINVAL);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(2, iid, 3), VALUE_INTEGER(102)), 0);
	assert_int_equal(acl_rights(fixture->acl, 101, 2, iid), ACL_R);
	assert_int_equal(acl_rights(fixture->acl, 102, 2, iid), ACL_R | ACL_W);
}

static void test_bounded(void **state)
{
	struct fixture *fixture = *state;
	uint16_t iid;

	acl_fill(fixture->acl, &fixture->registry);
	iid = about(fixture, 1, fixture->first->server_iid);
	for (uint16_t i = 0; i < ACL_RIGHTS_MAX; i++)
		assert_int_equal(ask_write_one(&fixture->ask, PATH4(2, iid, 2, i), VALUE_INTEGER(1)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH4(2, iid, 2, 1000), VALUE_INTEGER(1)), -EMSGSIZE);
}

/* What came of servers, and that alone, is kept; the owner that has no account any more is the first one. */
static void test_kept(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = { .type = OPERATION_CREATE };
	uint16_t iid;

	acl_fill(fixture->acl, &fixture->registry);
	iid = about(fixture, 500, 0);
	assert_int_equal(ask_read(&fixture->agent, PATH1(2)), 0);
	assert_int_equal(fixture->agent.records.count, 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH4(2, iid, 2, 102), VALUE_INTEGER(ACL_R)), 0);
	assert_int_equal(ask_write_one(&fixture->ask, PATH3(2, iid, 3), VALUE_INTEGER(102)), 0);
	assert_int_equal(ask_read(&fixture->agent, PATH1(2)), 0);
	assert_int_equal(fixture->agent.records.count, 4);

	operation.records = fixture->agent.records;
	operation.path = PATH2(2, iid);
	fixture->agent.records = (struct records){ 0 };
	fixture->second->short_id = 103;
	drop_object(fixture);
	make_object(fixture);
	fixture->agent.operation = operation;
	assert_int_equal(ask_create(&fixture->agent), 0);
	assert_int_equal(ask_integer(&fixture->ask, PATH3(2, iid, 3)), 101);
	assert_int_equal(ask_integer(&fixture->ask, PATH4(2, iid, 2, 102)), ACL_R);
	acl_fill(fixture->acl, &fixture->registry);
	assert_int_equal(about(fixture, 500, 0), iid);
	assert_int_equal(ask_create(&fixture->agent), -EEXIST);
	fixture->agent.operation.server = 101;
	assert_int_equal(ask_create(&fixture->agent), -EPERM);
	records_deinit(&fixture->agent.operation.records);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_factory, setup, teardown),
	cmocka_unit_test_setup_teardown(test_write, setup, teardown),
	cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
};

int main(void)
{
	return cmocka_run_group_tests_name("objects/access-control", tests, NULL, NULL);
}
