/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "lwm2m/server.h"

static void rule_13_defaults_of_an_account(void **state)
{
	struct servers servers;
	struct server *server;

	(void)state;
	servers_init(&servers);
	assert_int_equal(server_new(&servers, "main", &server), 0);
	assert_string_equal(server->name, "main");
	assert_true(server->enabled);
	assert_true(server->notification_storing);
	assert_int_equal(server->mode, SECURITY_NOSEC);
	assert_int_equal(server->lifetime_s, 86400);
	assert_int_equal(server->disable_timeout_s, 86400);
	assert_int_equal(server->pmin_s, 0);
	assert_int_equal(server->pmax_s, 0);
	assert_string_equal(server->binding, "U");
	assert_false(server->queue);
	assert_int_equal(server->retry_count, 5);
	assert_int_equal(server->retry_timer_s, 60);
	assert_int_equal(server->sequence_delay_s, 86400);
	assert_int_equal(server->sequence_count, 1);
	servers_deinit(&servers);
}

static void finds(void **state)
{
	struct servers servers;
	struct server *bootstrap, *first, *second;

	(void)state;
	servers_init(&servers);
	assert_int_equal(server_new(&servers, "bootstrap", &bootstrap), 0);
	bootstrap->bootstrap = true;
	assert_int_equal(server_new(&servers, "first", &first), 0);
	first->short_id = 1;
	assert_int_equal(server_new(&servers, "second", &second), 0);
	second->short_id = 2;
	assert_int_equal(server_new(&servers, "first", &second), -EEXIST);

	/* a Bootstrap Server has no instance of /1 and no Short Server ID */
	assert_int_equal(bootstrap->security_iid, 0);
	assert_int_equal(first->security_iid, 1);
	assert_int_equal(first->server_iid, 0);
	assert_int_equal(second->server_iid, 1);
	assert_ptr_equal(servers_find_short_id(&servers, 2), second);
	assert_null(servers_find_short_id(&servers, 0));
	assert_ptr_equal(servers_find_instance(&servers, 0), first);
	assert_null(servers_find_instance(&servers, 2));
	assert_ptr_equal(servers_find_security(&servers, 0), bootstrap);
	assert_null(servers_find_security(&servers, 3));

	/* ids that became free are given again */
	server_free(first);
	assert_null(servers_find_instance(&servers, 0));
	assert_int_equal(server_new(&servers, "third", &first), 0);
	assert_int_equal(first->security_iid, 1);
	assert_int_equal(first->server_iid, 0);
	assert_null(server_free(NULL));
	servers_deinit(&servers);
	assert_true(list_is_empty(&servers.list));
}

static void owns_what_is_in_it(void **state)
{
	struct servers servers;
	struct server *server;

	(void)state;
	servers_init(&servers);
	assert_int_equal(server_new(&servers, "main", &server), 0);
	server->uri = strdup("coap://example.com");
	assert_int_equal(buffer_append_text(&server->identity, "device"), 0);
	assert_int_equal(buffer_append_text(&server->key, "secret"), 0);
	servers_deinit(&servers);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_13_defaults_of_an_account),
	cmocka_unit_test(finds),
	cmocka_unit_test(owns_what_is_in_it),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/server", tests, NULL, NULL);
}
