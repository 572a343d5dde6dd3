/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's end against a host that is made up here, and lies. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include <cmocka.h>

#include "fixture.h"
#include "plugin/protocol.h"
#include "plugin/remote.h"

struct peer {
	struct fixture fixture; /* its loop, registry and waiting; no supervisor */
	struct remote *remote;
	sd_bus *bus;
	int fd; /* the host's end when there is no bus on it */
	unsigned int started, failed;
	bool for_good;
	char reason[512];
	sd_bus_message *start; /* the call, to be answered */
	int (*on_read)(struct peer *peer, sd_bus_message *m);
};

static const struct plugin_config config = { .name = "peer", .module = "/peer.so" };

static void on_started(void *userdata)
{
	((struct peer *)userdata)->started++;
}

static void on_failed(void *userdata, bool for_good, const char *reason)
{
	struct peer *peer = userdata;

	peer->failed++;
	peer->for_good = for_good;
	snprintf(peer->reason, sizeof(peer->reason), "%s", reason ? reason : "(closed)");
}

static const struct remote_handlers handlers = { on_started, on_failed };

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct peer *peer = userdata;

	if (sd_bus_message_is_method_call(m, PROTOCOL_HOST_INTERFACE, PROTOCOL_START)) {
		peer->start = sd_bus_message_ref(m);
		return 1;
	}
	if (sd_bus_message_is_method_call(m, PROTOCOL_INTERFACE, PROTOCOL_READ))
		return peer->on_read(peer, m);
	return 0;
}

static void attach(struct peer *peer, bool with_bus)
{
	sd_id128_t id = { 0 };
	int fds[2];

	id.bytes[0] = 1;
	peer->bus = sd_bus_close_unref(peer->bus);
	peer->start = sd_bus_message_unref(peer->start);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(remote_attach(peer->remote, fds[0]), 0);
	peer->fd = fds[1];
	if (!with_bus)
		return;
	assert_true(sd_bus_new(&peer->bus) >= 0);
	assert_true(sd_bus_set_fd(peer->bus, fds[1], fds[1]) >= 0);
	assert_true(sd_bus_set_server(peer->bus, true, id) >= 0);
	assert_true(sd_bus_set_anonymous(peer->bus, true) >= 0);
	assert_true(sd_bus_attach_event(peer->bus, peer->fixture.event, 0) >= 0);
	assert_true(sd_bus_add_filter(peer->bus, NULL, on_call, peer) >= 0);
	assert_true(sd_bus_start(peer->bus) >= 0);
}

static int setup(void **state)
{
	const struct remote_timeouts timeouts = { 2 * USEC_PER_SEC, 100 * USEC_PER_MSEC, 1 * USEC_PER_SEC };
	struct peer *peer = calloc(1, sizeof(*peer));

	fixture_init(&peer->fixture);
	assert_int_equal(remote_new(&peer->remote, &config, peer->fixture.event, &peer->fixture.registry, &timeouts,
				 &handlers, peer), 0);
	attach(peer, true);
	fixture_wait(&peer->fixture, peer->start);
	*state = peer;
	return 0;
}

static int teardown(void **state)
{
	struct peer *peer = *state;

	remote_free(peer->remote);
	sd_bus_message_unref(peer->start);
	sd_bus_close_unref(peer->bus);
	fixture_deinit(&peer->fixture);
	free(peer);
	return 0;
}

__attribute__((sentinel)) static void send_signal(struct peer *peer, const char *member, const char *types, ...)
{
	const char *interface = strcmp(member, PROTOCOL_TABLES) == 0 ? PROTOCOL_HOST_INTERFACE : PROTOCOL_INTERFACE;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	va_list arguments;

	assert_true(sd_bus_message_new_signal(peer->bus, &m, PROTOCOL_PATH, interface, member) >= 0);
	va_start(arguments, types);
	assert_true(sd_bus_message_appendv(m, types, arguments) >= 0);
	va_end(arguments);
	assert_true(sd_bus_send(peer->bus, m, NULL) >= 0);
}

/* Object 3303, any number of instances: 1 Float R, 2 String RW, 3 Integer array RW, 4 read(). */
static void send_tables(struct peer *peer)
{
	send_signal(peer, PROTOCOL_TABLES, PROTOCOL_TABLES_SIG, 1, 3303, OBJECT_MULTIPLE, "1.1", 0, 4,
		1, VALUE_FLOAT, RESOURCE_R, 0, false,
		2, VALUE_STRING, RESOURCE_RW, 0, false,
		3, VALUE_INTEGER, RESOURCE_RW, RESOURCE_MULTIPLE, false,
		4, VALUE_INTEGER, RESOURCE_R, 0, true, NULL);
}

static void send_instance(struct peer *peer, unsigned int iid, double number)
{
	send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 1, 3303, iid, true, 4,
		1, true, 1, 65535, "d", number,
		2, true, 1, 65535, "s", "text",
		3, true, 2, 5, "x", INT64_C(50), 7, "x", INT64_C(70),
		4, true, 0, NULL);
}

static void answer_start(struct peer *peer)
{
	assert_true(sd_bus_reply_method_return(peer->start, PROTOCOL_START_OUT, 0, false, "") >= 0);
}

static void run(struct peer *peer)
{
	send_tables(peer);
	send_instance(peer, 0, 20.5);
	answer_start(peer);
	fixture_wait(&peer->fixture, peer->started == 1);
	fixture_forget(&peer->fixture);
}

/* The host is thrown out for a reason that has part in it; what it had stays, without values. */
static void expect_failure(struct peer *peer, const char *part)
{
	fixture_wait(&peer->fixture, peer->failed > 0);
	assert_int_equal(peer->failed, 1);
	if (!strstr(peer->reason, part))
		fail_msg("\"%s\" does not say \"%s\"", peer->reason, part);
	if (peer->started)
		assert_int_equal(fixture_read(&peer->fixture, PATH3(3303, 0, 1)), -ECONNRESET);
	else
		assert_null(registry_find(&peer->fixture.registry, 3303));
}

static void test_mirror(void **state)
{
	struct peer *peer = *state;
	const uint16_t *ids;

	run(peer);
	fixture_expect(&peer->fixture, PATH3(3303, 0, 1), VALUE_FLOAT(20.5));
	fixture_expect(&peer->fixture, PATH3(3303, 0, 2), VALUE_STRING("text"));
	fixture_expect(&peer->fixture, PATH4(3303, 0, 3, 7), VALUE_INTEGER(70));
	assert_int_equal(fixture_probe(&peer->fixture, PATH3(3303, 0, 3), &ids), 2);
	assert_int_equal(ids[1], 7);
	send_instance(peer, 9, 1);
	fixture_wait(&peer->fixture, fixture_told(&peer->fixture, REGISTRY_INSTANCE, PATH2(3303, 9)));
	fixture_expect(&peer->fixture, PATH3(3303, 9, 1), VALUE_FLOAT(1));
	/* Only what is another value is told. */
	fixture_forget(&peer->fixture);
	send_instance(peer, 0, 21);
	fixture_wait(&peer->fixture, fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 1)));
	fixture_wait(&peer->fixture, fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 4)));
	assert_false(fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 2)));
	assert_false(fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 3)));
	/* A resource, then an instance, that is not there any more. */
	send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 2, 3303, 0, true, 1, 3, false, 0, 3303, 9, false, 0, NULL);
	fixture_wait(&peer->fixture, fixture_probe(&peer->fixture, PATH3(3303, 0, 3), &ids) == -ENOENT);
	assert_false(object_has_instance(registry_find(&peer->fixture.registry, 3303), 9));
	assert_int_equal(fixture_read(&peer->fixture, PATH3(3303, 9, 1)), -ENOENT);
	/* No value now. */
	send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 1, 3303, 0, true, 1, 1, true, 1, 65535, "d", (double)NAN, NULL);
	fixture_wait(&peer->fixture, fixture_read(&peer->fixture, PATH3(3303, 0, 1)) == -ENODATA);
	assert_int_equal(peer->failed, 0);
}

/* Another host after this one: what is different is told, objects with other tables leave and come. */
static void test_next_host(void **state)
{
	struct peer *peer = *state;
	struct object *object;

	run(peer);
	object = registry_find(&peer->fixture.registry, 3303);
	remote_detach(peer->remote);
	attach(peer, true);
	fixture_wait(&peer->fixture, peer->start);
	send_tables(peer);
	send_instance(peer, 0, 30);
	send_instance(peer, 1, 1);
	assert_ptr_equal(registry_find(&peer->fixture.registry, 3303), object);
	answer_start(peer);
	fixture_wait(&peer->fixture, peer->started == 2);
	assert_ptr_equal(registry_find(&peer->fixture.registry, 3303), object);
	assert_true(fixture_told(&peer->fixture, REGISTRY_INSTANCE, PATH2(3303, 1)));
	assert_false(fixture_told(&peer->fixture, REGISTRY_INSTANCE, PATH2(3303, 0)));
	assert_true(fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 1)));
	assert_false(fixture_told(&peer->fixture, REGISTRY_VALUE, PATH3(3303, 0, 2)));
	fixture_expect(&peer->fixture, PATH3(3303, 0, 1), VALUE_FLOAT(30));

	remote_detach(peer->remote);
	attach(peer, true);
	fixture_wait(&peer->fixture, peer->start);
	send_signal(peer, PROTOCOL_TABLES, PROTOCOL_TABLES_SIG, 2, 3303, OBJECT_MULTIPLE, "1.2", 0, 1, 1, VALUE_STRING, RESOURCE_R, 0,
		false, 3304, 0, "1.0", 0, 1, 1, VALUE_STRING, RESOURCE_R, 0, false, NULL);
	answer_start(peer);
	fixture_wait(&peer->fixture, peer->started == 3);
	assert_string_equal(registry_find(&peer->fixture.registry, 3303)->info->version, "1.2");
	assert_int_equal(registry_find(&peer->fixture.registry, 3303)->n_instances, 0);
	assert_non_null(registry_find(&peer->fixture.registry, 3304));
	assert_int_equal(remote_count(peer->remote), 2);
	remote_clear(peer->remote);
	assert_null(registry_find(&peer->fixture.registry, 3303));
	assert_null(registry_find(&peer->fixture.registry, 3304));
}

static void test_start_is_refused(void **state)
{
	struct peer *peer = *state;

	assert_true(sd_bus_reply_method_return(peer->start, PROTOCOL_START_OUT, -ENOEXEC, true, "is none") >= 0);
	expect_failure(peer, "is none");
	assert_true(peer->for_good);
}

static void test_start_answer_malformed(void **state)
{
	struct peer *peer = *state;

	assert_true(sd_bus_reply_method_return(peer->start, "s", "what?") >= 0);
	expect_failure(peer, "wrong form");
}

static void test_start_has_no_answer(void **state)
{
	expect_failure(*state, "did not start within 2 s");
}

/* It would run, and serve nothing. */
static void test_start_without_tables(void **state)
{
	struct peer *peer = *state;

	answer_start(peer);
	expect_failure(peer, "described no object");
}

static void test_closed(void **state)
{
	struct peer *peer = *state;

	run(peer);
	peer->bus = sd_bus_close_unref(peer->bus);
	expect_failure(peer, "(closed)");
}

/* Bytes that are not D-Bus at all, before and after the handshake. */
static void test_garbage(void **state)
{
	static const char garbage[4096] = "\xff\xff\xff\xffGET / HTTP/1.1\r\n\r\n";
	struct peer *peer = *state;

	remote_detach(peer->remote);
	attach(peer, false);
	assert_int_equal(send(peer->fd, garbage, sizeof(garbage), 0), sizeof(garbage));
	fixture_wait(&peer->fixture, peer->failed == 1);
	close(peer->fd);
}

static void test_garbage_later(void **state)
{
	static const char garbage[4096] = "\xff\xff\xff\xff";
	struct peer *peer = *state;

	run(peer);
	assert_int_equal(send(peer->fd, garbage, sizeof(garbage), 0), sizeof(garbage));
	expect_failure(peer, "(closed)");
}

/* One object with one resource, each wrong in one thing. */
static void test_wrong_tables(void **state)
{
	static const struct {
		int oid, flags;
		const char *version;
		int rid, type, operations, resource_flags, asked;
		const char *part;
	} wrong[] = {
		{ 0, 0, "1.0", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 0" },
		{ 65535, 0, "1.0", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 65535" },
		{ 3303, OBJECT_HIDDEN, "1.0", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, OBJECT_PERSIST, "1.0", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, OBJECT_CREATE, "1.0", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, 0, "", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, 0, "1.0;ct=1", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, 0, "10000000000.1", 1, VALUE_STRING, RESOURCE_R, 0, 0, "object 3303" },
		{ 3303, 0, "1.0", 65535, VALUE_STRING, RESOURCE_R, 0, 0, "/3303/*/65535" },
		{ 3303, 0, "1.0", 1, VALUE_NONE, RESOURCE_R, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, _VALUE_TYPE_MAX, RESOURCE_R, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, 255, RESOURCE_R, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, 0, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, 8, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, RESOURCE_R | RESOURCE_E, 0, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, RESOURCE_W, RESOURCE_STREAM, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, RESOURCE_R, 128, 0, "/3303/*/1" },
		{ 3303, 0, "1.0", 1, VALUE_STRING, RESOURCE_R, RESOURCE_MULTIPLE, 1, "/3303/*/1" },
	};

	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		struct peer *peer = *state;

		send_signal(peer, PROTOCOL_TABLES, PROTOCOL_TABLES_SIG, 1, wrong[i].oid, wrong[i].flags, wrong[i].version, 0, 1,
			wrong[i].rid, wrong[i].type, wrong[i].operations, wrong[i].resource_flags, wrong[i].asked, NULL);
		expect_failure(peer, wrong[i].part);
		teardown(state);
		setup(state);
	}
}

static void test_tables_twice(void **state)
{
	struct peer *peer = *state;

	send_tables(peer);
	send_tables(peer);
	expect_failure(peer, "wrong form");
}

static void test_tables_late(void **state)
{
	struct peer *peer = *state;

	run(peer);
	send_tables(peer);
	expect_failure(peer, "nobody asked");
}

static void test_unordered_resources(void **state)
{
	struct peer *peer = *state;

	send_signal(peer, PROTOCOL_TABLES, PROTOCOL_TABLES_SIG, 1, 3303, 0, "1.0", 0, 2, 2, VALUE_STRING, RESOURCE_R, 0, false,
		1, VALUE_STRING, RESOURCE_R, 0, false, NULL);
	expect_failure(peer, "/3303/*/1");
}

static void test_too_many_resources(void **state)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	struct peer *peer = *state;

	assert_true(sd_bus_message_new_signal(peer->bus, &m, PROTOCOL_PATH, PROTOCOL_HOST_INTERFACE, PROTOCOL_TABLES) >= 0);
	assert_true(sd_bus_message_open_container(m, 'a', PROTOCOL_TABLE) >= 0);
	assert_true(sd_bus_message_open_container(m, 'r', "qqsua" PROTOCOL_RESOURCE) >= 0);
	assert_true(sd_bus_message_append(m, "qqsu", 3303, 0, "1.0", 0) >= 0);
	assert_true(sd_bus_message_open_container(m, 'a', PROTOCOL_RESOURCE) >= 0);
	for (unsigned int i = 0; i < 5000; i++)
		assert_true(sd_bus_message_append(m, PROTOCOL_RESOURCE, i, VALUE_STRING, RESOURCE_R, 0, false) >= 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(sd_bus_message_close_container(m) >= 0);
	assert_true(sd_bus_send(peer->bus, m, NULL) >= 0);
	expect_failure(peer, "/3303/*/4096");
}

/* News that the tables do not allow. */
#define NEWS(part, ...)                                                                             \
	do {                                                                                        \
		struct peer *peer = *state;                                                         \
		run(peer);                                                                          \
		send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, __VA_ARGS__, NULL);       \
		expect_failure(peer, part);                                                         \
		teardown(state);                                                                    \
		setup(state);                                                                       \
	} while (0)

static void test_wrong_news(void **state)
{
	NEWS("/5/0", 1, 5, 0, true, 0);
	NEWS("/3303/65535", 1, 3303, 65535, true, 0);
	NEWS("/3303/0/99", 1, 3303, 0, true, 1, 99, true, 0);
	/* Another type. */
	NEWS("/3303/0/1", 1, 3303, 0, true, 1, 1, true, 1, 65535, "s", "hot");
	NEWS("/3303/0/1", 1, 3303, 0, true, 1, 1, true, 1, 65535, "x", INT64_C(1));
	NEWS("/3303/0/2", 1, 3303, 0, true, 1, 2, true, 1, 65535, "ay", 2, 1, 2);
	/* Two values, a resource instance, of a single one; none, out of order and twice, of a multiple one. */
	NEWS("/3303/0/1", 1, 3303, 0, true, 1, 1, true, 2, 65535, "d", 1.0, 65535, "d", 2.0);
	NEWS("/3303/0/1", 1, 3303, 0, true, 1, 1, true, 1, 0, "d", 1.0);
	NEWS("/3303/0/3", 1, 3303, 0, true, 1, 3, true, 1, 65535, "x", INT64_C(1));
	NEWS("/3303/0/3", 1, 3303, 0, true, 1, 3, true, 2, 5, "x", INT64_C(1), 4, "x", INT64_C(1));
	NEWS("/3303/0/3", 1, 3303, 0, true, 1, 3, true, 2, 5, "x", INT64_C(1), 5, "x", INT64_C(1));
	/* A value of what is asked for. */
	NEWS("/3303/0/4", 1, 3303, 0, true, 1, 4, true, 1, 65535, "x", INT64_C(1));
}

static void test_news_of_wrong_form(void **state)
{
	struct peer *peer = *state;

	run(peer);
	send_signal(peer, PROTOCOL_CHANGED, "as", 1, "a", NULL);
	expect_failure(peer, "wrong form");
}

static void test_second_instance_of_single(void **state)
{
	struct peer *peer = *state;

	send_signal(peer, PROTOCOL_TABLES, PROTOCOL_TABLES_SIG, 1, 3303, 0, "1.0", 0, 1, 1, VALUE_STRING, RESOURCE_R, 0, false,
		NULL);
	send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 1, 3303, 1, true, 0, NULL);
	expect_failure(peer, "/3303/1");
}

/* Values of 200 KB for more and more instances. */
static void test_too_much(void **state)
{
	struct peer *peer = *state;
	char *text = malloc(200001);

	memset(text, 'x', 200000);
	text[200000] = 0;
	run(peer);
	for (unsigned int i = 0; i < 100 && peer->failed == 0; i++) {
		send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 1, 3303, i, true, 1, 2, true, 1, 65535, "s", text, NULL);
		while (sd_event_run(peer->fixture.event, 1000) > 0)
			;
	}
	expect_failure(peer, "more than 16 MiB");
	assert_true(registry_find(&peer->fixture.registry, 3303)->n_instances > 50);
	free(text);
}

static void test_too_long(void **state)
{
	struct peer *peer = *state;
	char *text = malloc(PROTOCOL_VALUE_MAX + 2);

	memset(text, 'x', PROTOCOL_VALUE_MAX + 1);
	text[PROTOCOL_VALUE_MAX + 1] = 0;
	run(peer);
	send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 1, 3303, 0, true, 1, 2, true, 1, 65535, "s", text, NULL);
	expect_failure(peer, "more than");
	free(text);
}

static void test_too_many_instances(void **state)
{
	struct peer *peer = *state;

	run(peer);
	for (unsigned int i = 0; i < 5000 && peer->failed == 0; i += 100) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

		assert_true(sd_bus_message_new_signal(peer->bus, &m, PROTOCOL_PATH, PROTOCOL_INTERFACE, PROTOCOL_CHANGED) >= 0);
		assert_true(sd_bus_message_open_container(m, 'a', PROTOCOL_NEWS) >= 0);
		for (unsigned int k = 0; k < 100; k++)
			assert_true(sd_bus_message_append(m, PROTOCOL_NEWS, 3303, i + k, true, 0) >= 0);
		assert_true(sd_bus_message_close_container(m) >= 0);
		assert_true(sd_bus_send(peer->bus, m, NULL) >= 0);
		while (sd_event_run(peer->fixture.event, 1000) > 0)
			;
	}
	expect_failure(peer, "too many instances");
	assert_int_equal(registry_find(&peer->fixture.registry, 3303)->n_instances, PROTOCOL_INSTANCES_MAX);
}

static void test_flood(void **state)
{
	struct peer *peer = *state;

	run(peer);
	for (unsigned int i = 0; i < 5000 && peer->failed == 0; i++) {
		send_signal(peer, PROTOCOL_CHANGED, PROTOCOL_CHANGED_SIG, 0, NULL);
		if (i % 100 == 99)
			while (peer->failed == 0 && sd_event_run(peer->fixture.event, 0) > 0)
				;
	}
	expect_failure(peer, "messages a second");
}

static int read_wrong_type(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, PROTOCOL_READ_OUT, 0, 1, 0, 4, 65535, "s", "five");
}

static int read_wrong_path(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, PROTOCOL_READ_OUT, 0, 1, 1, 4, 65535, "x", INT64_C(5));
}

static int read_wrong_error(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, PROTOCOL_READ_OUT, 7, 0);
}

static int read_wrong_form(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, "s", "five");
}

static int read_right(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, PROTOCOL_READ_OUT, 0, 1, 0, 4, 65535, "x", INT64_C(5));
}

static int read_refused(struct peer *peer, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, PROTOCOL_READ_OUT, -EACCES, 0);
}

static void test_answers(void **state)
{
	struct peer *peer = *state;
	static int (*const wrong[])(struct peer *peer, sd_bus_message *m) = {
		read_wrong_type, read_wrong_path, read_wrong_error, read_wrong_form,
	};

	run(peer);
	peer->on_read = read_right;
	fixture_expect(&peer->fixture, PATH3(3303, 0, 4), VALUE_INTEGER(5));
	peer->on_read = read_refused;
	assert_int_equal(fixture_read(&peer->fixture, PATH3(3303, 0, 4)), -EACCES);
	assert_int_equal(peer->failed, 0);
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		teardown(state);
		setup(state);
		peer = *state;
		run(peer);
		peer->on_read = wrong[i];
		assert_int_equal(fixture_read(&peer->fixture, PATH3(3303, 0, 4)), -ECONNRESET);
		assert_int_equal(peer->fixture.records.count, 0);
		expect_failure(peer, "does not fit the question");
	}
}

/* More operations at a time than there may be, with a host that answers none. */
static int read_never(struct peer *peer, sd_bus_message *m)
{
	return 1;
}

static void test_too_many_calls(void **state)
{
	struct peer *peer = *state;
	int errors[65];

	run(peer);
	peer->on_read = read_never;
	for (size_t i = 0; i < ELEMENTSOF(errors); i++)
		fixture_begin_read(&peer->fixture, PATH3(3303, 0, 4), &errors[i]);
	assert_int_equal(errors[63], 1);
	assert_int_equal(errors[64], -EBUSY);
	/* What the mirror serves is served. */
	fixture_expect(&peer->fixture, PATH3(3303, 0, 1), VALUE_FLOAT(20.5));
	remote_detach(peer->remote);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(errors[i], -ECONNRESET);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_mirror),
		TEST(test_next_host),
		TEST(test_start_is_refused),
		TEST(test_start_answer_malformed),
		TEST(test_start_has_no_answer),
		TEST(test_start_without_tables),
		TEST(test_closed),
		TEST(test_garbage),
		TEST(test_garbage_later),
		TEST(test_wrong_tables),
		TEST(test_tables_twice),
		TEST(test_tables_late),
		TEST(test_unordered_resources),
		TEST(test_too_many_resources),
		TEST(test_wrong_news),
		TEST(test_news_of_wrong_form),
		TEST(test_second_instance_of_single),
		TEST(test_too_much),
		TEST(test_too_long),
		TEST(test_too_many_instances),
		TEST(test_flood),
		TEST(test_answers),
		TEST(test_too_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
