/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "clients.h"

#define SEC USEC_PER_SEC

/* What the handler was told: "registered a; moved a 1; …" with the session that the client then has. */
static char told[1024];
static int held[4];

static void on_event(void *userdata, enum clients_event event, struct client *client)
{
	static const char *const names[] = { "registered", "updated", "deregistered", "expired", "replaced" };

	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s %s; ", names[event], client->endpoint);
}

static void on_moved(void *userdata, struct client *client)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "moved %s; ", client->endpoint);
}

static void *hold(void *session)
{
	++*(int *)session;
	return session;
}

static void release(void *session)
{
	--*(int *)session;
}

static const struct clients_handlers handlers = { on_event, on_moved, hold, release };
static struct clients clients;

static int set_up(void **state)
{
	*told = '\0';
	clients_init(&clients, &handlers, NULL);
	return 0;
}

static int tear_down(void **state)
{
	clients_deinit(&clients);
	for (size_t i = 0; i < ELEMENTSOF(held); i++)
		assert_int_equal(held[i], 0);
	return 0;
}

static int reg(usec_t now, const char *query, const char *identity, int session, struct client **ret)
{
	struct clients_sender sender = { identity, &held[session] };
	struct clients_request request;
	struct client *client;
	int r = clients_parse(bytes_of(query), &request);

	if (r == 0)
		r = clients_register(&clients, now, &sender, &request, BYTES_LITERAL("</3/0>"), &client);
	if (r == 0 && ret)
		*ret = client;
	return r;
}

static int update(usec_t now, const char *location, const char *query, const char *identity, int session)
{
	struct clients_sender sender = { identity, &held[session] };
	struct clients_request request;
	struct client *client;
	int r = clients_parse(bytes_of(query), &request);

	return r == 0 ? clients_update(&clients, now, &sender, bytes_of(location), &request, BYTES(NULL, 0),
				&client) :
			r;
}

static void assert_told(const char *expected)
{
	assert_string_equal(told, expected);
	*told = '\0';
}

static void test_life(void **state)
{
	struct clients_sender sender = { NULL, &held[1] };
	struct client *client;

	assert_int_equal(reg(0, "ep=a&lt=60&lwm2m=1.1", NULL, 0, &client), CLIENTS_OK);
	assert_told("moved a; registered a; ");
	assert_ptr_equal(clients_find(&clients, "a"), client);
	assert_int_equal(client->expires, 60 * SEC);
	assert_int_equal(update(50 * SEC, client->location, "", NULL, 1), CLIENTS_OK);
	assert_told("moved a; updated a; ");
	assert_int_equal(held[0], 0);
	assert_int_equal(client->expires, 110 * SEC);
	assert_int_equal(clients_deregister(&clients, &sender, bytes_of(client->location)), CLIENTS_OK);
	assert_told("deregistered a; moved a; ");
	assert_null(clients_find(&clients, "a"));
}

static void test_lifetime(void **state)
{
	struct client *client;

	assert_int_equal(clients_expire(&clients, 0), USEC_INFINITY);
	reg(0, "ep=a&lt=60", NULL, 0, NULL);
	reg(0, "ep=b&lt=30", NULL, 1, NULL);
	reg(0, "ep=c&lt=0", NULL, 2, &client);
	*told = '\0';
	assert_int_equal(clients_expire(&clients, 30 * SEC - 1), 30 * SEC);
	assert_told("");
	assert_int_equal(clients_expire(&clients, 30 * SEC), 60 * SEC);
	assert_told("expired b; moved b; ");
	assert_int_equal(clients_expire(&clients, 60 * SEC), USEC_INFINITY);
	assert_told("expired a; moved a; ");
	assert_int_equal(client->expires, USEC_INFINITY);
}

static void test_same_name_replaces(void **state)
{
	struct client *first, *second;
	char location[CLIENTS_LOCATION_MAX];

	reg(0, "ep=a", NULL, 0, &first);
	strcpy(location, first->location);
	*told = '\0';
	assert_int_equal(reg(0, "ep=a", NULL, 1, &second), CLIENTS_OK);
	assert_told("replaced a; moved a; moved a; registered a; ");
	assert_int_equal(clients.count, 1);
	assert_string_not_equal(location, second->location);
	assert_int_equal(update(0, location, "", NULL, 1), CLIENTS_NOT_FOUND);
}

static void test_owner(void **state)
{
	struct clients_sender other = { "id-b", &held[1] }, plain = { NULL, &held[1] };
	struct client *client;

	reg(0, "ep=a", "id-a", 0, &client);
	assert_int_equal(update(0, client->location, "lt=1", "id-b", 1), CLIENTS_FORBIDDEN);
	assert_int_equal(update(0, client->location, "lt=1", NULL, 1), CLIENTS_FORBIDDEN);
	assert_int_equal(clients_deregister(&clients, &other, bytes_of(client->location)), CLIENTS_FORBIDDEN);
	assert_int_equal(clients_deregister(&clients, &plain, bytes_of(client->location)), CLIENTS_FORBIDDEN);
	assert_int_equal(reg(0, "ep=a", NULL, 1, NULL), CLIENTS_FORBIDDEN);
	assert_int_equal(client->lifetime_s, CLIENTS_LIFETIME_S);
	/* Another identity may, where the caller lets it: the endpoint has a new key. */
	assert_int_equal(reg(0, "ep=a", "id-b", 1, &client), CLIENTS_OK);
	assert_string_equal(client->identity, "id-b");
	/* A registration without security is not touched over DTLS. */
	reg(0, "ep=p", NULL, 2, &client);
	assert_int_equal(update(0, client->location, "", "id-b", 1), CLIENTS_FORBIDDEN);
}

static void test_lost_session(void **state)
{
	struct client *client;

	reg(0, "ep=a", NULL, 0, &client);
	clients_lose_session(&clients, &held[1]);
	assert_non_null(client->session);
	clients_lose_session(&clients, &held[0]);
	assert_null(client->session);
	assert_int_equal(held[0], 0);
	assert_int_equal(update(0, client->location, "", NULL, 1), CLIENTS_OK);
	assert_ptr_equal(client->session, &held[1]);
}

static void test_queries(void **state)
{
	static const struct {
		const char *query;
		int result;
	} cases[] = {
		{ "ep=a", CLIENTS_OK },
		{ "ep=a&lwm2m=1.0&lt=4294967295&b=UQ&Q&sms=1&unknown=x&flag", CLIENTS_OK },
		{ "ep=a&lwm2m=1.3", CLIENTS_BAD_VERSION },
		{ "ep=a&lwm2m=2.0", CLIENTS_BAD_VERSION },
		{ "ep=a&lwm2m=1.10", CLIENTS_BAD_VERSION },
		{ "", CLIENTS_BAD_REQUEST },
		{ "ep=", CLIENTS_BAD_REQUEST },
		{ "ep", CLIENTS_BAD_REQUEST },
		{ "ep=a&lt=", CLIENTS_BAD_REQUEST },
		{ "ep=a&lt=4294967296", CLIENTS_BAD_REQUEST },
		{ "ep=a&lt=1s", CLIENTS_BAD_REQUEST },
		{ "ep=a&b=", CLIENTS_BAD_REQUEST },
		{ "ep=a&lwm2m=", CLIENTS_BAD_REQUEST },
		{ "ep=\x7f", CLIENTS_BAD_REQUEST },
		{ "ep=\xff", CLIENTS_BAD_REQUEST },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		if (reg(0, cases[i].query, NULL, 0, NULL) != cases[i].result)
			fail_msg("%s", cases[i].query);
}

/* Core 1.2.2, 6.2.1: an error makes the client send the list. */
static void test_rule_20_no_profile_is_known(void **state)
{
	struct clients_sender sender = { NULL, &held[0] };
	struct clients_request request;
	const struct bytes list = BYTES_LITERAL("</3/0>"), none = BYTES(NULL, 0);
	struct client *client;
	struct bytes location;

	assert_int_equal(clients_parse(BYTES_LITERAL("ep=a&lwm2m=1.2&pid=6:1234abcd"), &request), CLIENTS_OK);
	assert_int_equal(clients_register(&clients, 0, &sender, &request, none, &client), CLIENTS_NO_LIST);
	assert_null(clients_find(&clients, "a"));
	assert_int_equal(clients_register(&clients, 0, &sender, &request, list, &client), CLIENTS_OK);
	location = bytes_of(client->location);
	assert_int_equal(clients_parse(BYTES_LITERAL("pid=6:00000000"), &request), CLIENTS_OK);
	assert_int_equal(clients_update(&clients, 0, &sender, location, &request, none, &client), CLIENTS_NO_LIST);
	assert_int_equal(clients_update(&clients, 0, &sender, location, &request, list, &client), CLIENTS_OK);
}

static void test_limits(void **state)
{
	struct clients_sender sender = { NULL, &held[0] };
	struct clients_request request = { .endpoint = BYTES_LITERAL("a") };
	_cleanup_(freep) char *links = malloc(CLIENTS_LINKS_MAX + 1);
	struct client *client;
	char query[32];

	memset(links, ' ', CLIENTS_LINKS_MAX + 1);
	assert_int_equal(clients_register(&clients, 0, &sender, &request, BYTES(links, CLIENTS_LINKS_MAX + 1),
				 &client),
		CLIENTS_BAD_REQUEST);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		snprintf(query, sizeof(query), "ep=%d", i);
		assert_int_equal(reg(0, query, NULL, 0, NULL), CLIENTS_OK);
	}
	assert_int_equal(reg(0, "ep=more", NULL, 0, NULL), CLIENTS_FULL);
	assert_int_equal(reg(0, "ep=7", NULL, 0, NULL), CLIENTS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lifetime, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_name_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_queries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rule_20_no_profile_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
