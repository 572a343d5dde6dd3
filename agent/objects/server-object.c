/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/server-object.h"

#include <errno.h>

enum {
	SHORT_ID = 0,
	LIFETIME = 1,
	PMIN = 2,
	PMAX = 3,
	DISABLE = 4,
	DISABLE_TIMEOUT = 5,
	NOTIFICATION_STORING = 6,
	BINDING = 7,
	UPDATE_TRIGGER = 8,
	BOOTSTRAP_TRIGGER = 9,
	PRIORITY = 13,
	INITIAL_DELAY = 14,
	FAILURE_BLOCK = 15,
	BOOTSTRAP_ON_FAILURE = 16,
	RETRY_COUNT = 17,
	RETRY_TIMER = 18,
	SEQUENCE_DELAY = 19,
	SEQUENCE_COUNT = 20,
	TRIGGER = 21,
	PREFERRED_TRANSPORT = 22,
	MUTE_SEND = 23,
	NOTIFICATION_MODE = 26,
	PROFILE_HASH = 27,
};

/* Which resources of an account a server wrote, one bit each. */
struct written {
	uint16_t iid;
	uint32_t resources;
};

struct server_object {
	struct object object;
	struct servers *servers;
	const struct server_object_actions *actions;
	void *userdata;
	struct written *written;
	size_t n_written;
};

static const struct resource_info resources[] = {
	{ SHORT_ID, VALUE_INTEGER, RESOURCE_R, RESOURCE_MANDATORY },
	{ LIFETIME, VALUE_INTEGER, RESOURCE_RW, RESOURCE_MANDATORY },
	{ PMIN, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ PMAX, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ DISABLE, VALUE_NONE, RESOURCE_E, 0 },
	{ DISABLE_TIMEOUT, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ NOTIFICATION_STORING, VALUE_BOOLEAN, RESOURCE_RW, RESOURCE_MANDATORY },
	{ BINDING, VALUE_STRING, RESOURCE_RW, RESOURCE_MANDATORY },
	{ UPDATE_TRIGGER, VALUE_NONE, RESOURCE_E, RESOURCE_MANDATORY },
	{ BOOTSTRAP_TRIGGER, VALUE_NONE, RESOURCE_E, 0 },
	{ PRIORITY, VALUE_UNSIGNED, RESOURCE_R, 0 },
	{ INITIAL_DELAY, VALUE_UNSIGNED, RESOURCE_RW, 0 },
	{ FAILURE_BLOCK, VALUE_BOOLEAN, RESOURCE_R, 0 },
	{ BOOTSTRAP_ON_FAILURE, VALUE_BOOLEAN, RESOURCE_R, 0 },
	{ RETRY_COUNT, VALUE_UNSIGNED, RESOURCE_RW, 0 },
	{ RETRY_TIMER, VALUE_UNSIGNED, RESOURCE_RW, 0 },
	{ SEQUENCE_DELAY, VALUE_UNSIGNED, RESOURCE_RW, 0 },
	{ SEQUENCE_COUNT, VALUE_UNSIGNED, RESOURCE_RW, 0 },
	{ TRIGGER, VALUE_BOOLEAN, RESOURCE_RW, 0 },
	{ PREFERRED_TRANSPORT, VALUE_STRING, RESOURCE_RW, 0 },
	{ MUTE_SEND, VALUE_BOOLEAN, RESOURCE_RW, 0 },
	{ NOTIFICATION_MODE, VALUE_INTEGER, RESOURCE_RW, 0 },
	{ PROFILE_HASH, VALUE_UNSIGNED, RESOURCE_RW, 0 },
};

const struct object_info server_object_info = {
	.id = 1,
	.flags = OBJECT_MULTIPLE | OBJECT_PERSIST,
	.version = "1.1",
	.version_1_2 = "1.2",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

/* The resources that are numbers: where they are, what they may be, and what they are when nobody says. */
static const struct number {
	uint16_t id;
	bool optional;
	size_t offset;
	uint32_t min, max, fallback;
	bool hidden; /* not there while it is the fallback */
} numbers[] = {
	{ LIFETIME, false, offsetof(struct server, lifetime_s), 0, UINT32_MAX, 86400 },
	{ PMIN, true, offsetof(struct server, pmin_s), 0, UINT32_MAX, 0 },
	{ PMAX, true, offsetof(struct server, pmax_s), 0, UINT32_MAX, 0, .hidden = true },
	{ DISABLE_TIMEOUT, true, offsetof(struct server, disable_timeout_s), 0, UINT32_MAX, 86400 },
	{ PRIORITY, true, offsetof(struct server, priority), 0, UINT32_MAX, SERVER_NO_PRIORITY,
		.hidden = true },
	{ INITIAL_DELAY, true, offsetof(struct server, initial_delay_s), 0, UINT32_MAX, 0 },
	{ RETRY_COUNT, true, offsetof(struct server, retry_count), 1, UINT32_MAX, 5 },
	{ RETRY_TIMER, true, offsetof(struct server, retry_timer_s), 1, UINT32_MAX, 60 },
	{ SEQUENCE_DELAY, true, offsetof(struct server, sequence_delay_s), 1, UINT32_MAX, 86400 },
	{ SEQUENCE_COUNT, true, offsetof(struct server, sequence_count), 1, UINT32_MAX, 1 },
	{ NOTIFICATION_MODE, true, offsetof(struct server, notification_mode), SERVER_NOTIFY_NON,
		SERVER_NOTIFY_CON, SERVER_NOTIFY_NON },
	/* the suites of RFC 6920 that are SHA-256, in full or cut */
	{ PROFILE_HASH, true, offsetof(struct server, profile_hash), 1, 6, 6, .hidden = true },
};

/* The same for those that are true or false. */
static const struct flag {
	uint16_t id;
	bool optional;
	size_t offset;
	bool fallback;
} flags[] = {
	{ NOTIFICATION_STORING, false, offsetof(struct server, notification_storing), true },
	{ FAILURE_BLOCK, true, offsetof(struct server, failure_block), false },
	{ BOOTSTRAP_ON_FAILURE, true, offsetof(struct server, bootstrap_on_failure), true },
	{ MUTE_SEND, true, offsetof(struct server, mute_send), true },
};

static const struct number *find_number(uint16_t rid)
{
	for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
		if (numbers[i].id == rid)
			return &numbers[i];
	return NULL;
}

static uint32_t *number_at(const struct number *number, const struct server *server)
{
	return (uint32_t *)((char *)server + number->offset);
}

static const struct flag *find_flag(uint16_t rid)
{
	for (size_t i = 0; i < ELEMENTSOF(flags); i++)
		if (flags[i].id == rid)
			return &flags[i];
	return NULL;
}

static bool *flag_at(const struct flag *flag, const struct server *server)
{
	return (bool *)((char *)server + flag->offset);
}

static uint32_t *find_written(const struct server_object *server_object, uint16_t iid)
{
	for (size_t i = 0; i < server_object->n_written; i++)
		if (server_object->written[i].iid == iid)
			return &server_object->written[i].resources;
	return NULL;
}

/* LwM2M 1.0 says queue mode in the binding, later versions beside it. */
static bool queue_is_in_binding(const struct server *server)
{
	return server->spoken == LWM2M_1_0;
}

/* Resources of this object since its version 1.2; a server of ours that offers less does not know them. */
static bool is_too_new(uint16_t rid, const struct server *server)
{
	return (rid == NOTIFICATION_MODE || rid == PROFILE_HASH) && server->spoken < LWM2M_1_2;
}

/* How we register and try again: only a Bootstrap-Server reads and writes that before version 1.2 of this object. */
static bool is_closed(uint16_t rid, const struct server *server)
{
	return rid >= PRIORITY && rid <= SEQUENCE_COUNT && server->spoken < LWM2M_1_2;
}

static int get_number(const struct server *server, const struct resource_info *resource, struct value *ret)
{
	const struct number *number = find_number(resource->id);
	uint32_t value;

	if (!number)
		return -ENOENT;
	value = *number_at(number, server);
	if (number->hidden && value == number->fallback)
		return -ENOENT;
	*ret = resource->type == VALUE_UNSIGNED ? VALUE_UNSIGNED(value) : VALUE_INTEGER(value);
	return 0;
}

static int get(const struct server *server, const struct resource_info *resource, struct value *ret)
{
	const struct flag *flag = find_flag(resource->id);

	if (flag) {
		*ret = VALUE_BOOLEAN(*flag_at(flag, server));
		return 0;
	}
	switch (resource->id) {
	case SHORT_ID:
		*ret = VALUE_INTEGER(server->short_id);
		return 0;
	case BINDING:
		*ret = VALUE_STRING(queue_is_in_binding(server) && server->queue ? "UQ" : server->binding);
		return 0;
	case TRIGGER: /* nobody reaches us by SMS */
		*ret = VALUE_BOOLEAN(false);
		return 0;
	case PREFERRED_TRANSPORT:
		if (!*server->preferred_transport)
			return -ENOENT;
		*ret = VALUE_STRING(server->preferred_transport);
		return 0;
	default:
		return get_number(server, resource, ret);
	}
}

/* The agent itself, which keeps what it reads here, gets what servers wrote. */
static int read_server(const struct server_object *server_object, const struct server *server,
		       struct operation *operation)
{
	uint32_t wanted =
		operation->server == 0 ? *find_written(server_object, server->server_iid) : UINT32_MAX;

	for (size_t i = 0; i < ELEMENTSOF(resources); i++) {
		uint16_t rid = resources[i].id;
		struct value value;
		int r;

		if (operation->path.depth >= PATH_RESOURCE && operation->path.ids[2] != rid)
			continue;
		if (!(wanted & UINT32_C(1) << rid) || get(server, &resources[i], &value) < 0)
			continue;
		if (operation->server != 0 && is_too_new(rid, server))
			continue;
		if (operation->server != 0 && is_closed(rid, server)) {
			if (operation->path.depth >= PATH_RESOURCE)
				return -EPERM;
			continue;
		}
		r = records_add(&operation->records, PATH3(1, server->server_iid, rid), value);
		if (r < 0)
			return r;
	}
	return 0;
}

static void server_object_read(struct object *object, struct operation *operation)
{
	struct server_object *server_object = container_of(object, struct server_object, object);
	int r = 0;

	for (size_t i = 0; i < object->n_instances && r == 0; i++) {
		const struct server *server;

		if (operation->path.depth >= PATH_INSTANCE && operation->path.ids[1] != object->instances[i])
			continue;
		server = servers_find_instance(server_object->servers, object->instances[i]);
		if (server)
			r = read_server(server_object, server, operation);
	}
	if (r == 0 && operation->path.depth >= PATH_RESOURCE && operation->records.count == 0)
		r = -ENODATA;
	operation_done(operation, r);
}

static int set_number(const struct number *number, const struct value *value, struct server *server)
{
	uint64_t natural = value->natural;

	if (value->type == VALUE_INTEGER && value->integer < 0)
		return -ERANGE;
	if (natural < number->min || natural > number->max)
		return -ERANGE;
	*number_at(number, server) = (uint32_t)natural;
	return 0;
}

static int set_binding(struct bytes binding, struct server *server)
{
	if (bytes_equal(binding, BYTES_LITERAL("UQ")))
		server->queue = true;
	else if (!bytes_equal(binding, BYTES_LITERAL("U")))
		return -EINVAL;
	else if (queue_is_in_binding(server))
		server->queue = false;
	strcpy(server->binding, "U");
	return 0;
}

/* UDP is all there is. */
static int set_preferred_transport(struct bytes transport, struct server *server)
{
	if (!bytes_equal(transport, BYTES_LITERAL("U")))
		return -EINVAL;
	strcpy(server->preferred_transport, "U");
	return 0;
}

static int set(const struct record *record, struct server *server)
{
	const struct number *number = find_number(record->path.ids[2]);
	const struct flag *flag = find_flag(record->path.ids[2]);

	if (number)
		return set_number(number, &record->value, server);
	if (flag) {
		*flag_at(flag, server) = record->value.boolean;
		return 0;
	}
	switch (record->path.ids[2]) {
	case BINDING:
		return set_binding(record->value.bytes, server);
	case TRIGGER:
		return record->value.boolean ? -EINVAL : 0;
	case PREFERRED_TRANSPORT:
		return set_preferred_transport(record->value.bytes, server);
	default:
		return -EPERM;
	}
}

int server_object_set(struct server *server, const struct record *record)
{
	const struct value *value = &record->value;

	if (record->path.ids[2] != SHORT_ID)
		return set(record, server);
	if (value->integer < 1 || value->integer > UINT16_MAX - 1)
		return -ERANGE;
	server->short_id = (uint16_t)value->integer;
	return 0;
}

int server_object_append(const struct server *server, struct records *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(resources); i++) {
		struct value value;
		int r;

		if (resources[i].type == VALUE_NONE || get(server, &resources[i], &value) < 0)
			continue;
		r = records_add(ret, PATH3(1, server->server_iid, resources[i].id), value);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_writable(uint16_t rid, const struct server *server)
{
	for (size_t i = 0; i < ELEMENTSOF(resources); i++)
		if (resources[i].id == rid)
			return (resources[i].operations & RESOURCE_W) != 0 && !is_closed(rid, server);
	return false;
}

/* A Replace of the instance: what it could bring and does not is as if never set. */
static uint32_t set_fallbacks(struct server *server)
{
	uint32_t touched = 0;

	for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
		if (numbers[i].optional && is_writable(numbers[i].id, server)) {
			*number_at(&numbers[i], server) = numbers[i].fallback;
			touched |= UINT32_C(1) << numbers[i].id;
		}
	for (size_t i = 0; i < ELEMENTSOF(flags); i++)
		if (flags[i].optional && is_writable(flags[i].id, server)) {
			*flag_at(&flags[i], server) = flags[i].fallback;
			touched |= UINT32_C(1) << flags[i].id;
		}
	*server->preferred_transport = '\0';
	return touched;
}

/* Whether the registration says something else now. */
static bool needs_update(const struct server *before, const struct server *after)
{
	return before->lifetime_s != after->lifetime_s || before->queue != after->queue ||
	       strcmp(before->binding, after->binding) != 0;
}

static int write_server(struct server_object *server_object, struct server *server,
			const struct operation *operation)
{
	struct server before = *server;
	uint32_t touched = 0;
	int r = 0;

	if (operation->type == OPERATION_WRITE_REPLACE && operation->path.depth == PATH_INSTANCE)
		touched = set_fallbacks(server);
	for (size_t i = 0; i < operation->records.count && r == 0; i++) {
		uint16_t rid = operation->records.items[i].path.ids[2];

		/* What is restored may be of a time when the configuration offered more. */
		if (operation->server != 0 && is_too_new(rid, server))
			r = -ENOENT;
		else if (operation->server != 0 && is_closed(rid, server))
			r = -EPERM;
		else
			r = set(&operation->records.items[i], server);
		touched |= UINT32_C(1) << rid;
	}
	if (r < 0) {
		*server = before;
		return r;
	}
	*find_written(server_object, server->server_iid) |= touched;
	if (operation->server != 0 && server_object->actions->update && needs_update(&before, server))
		server_object->actions->update(server_object->userdata, server);
	return 0;
}

static void server_object_write(struct object *object, struct operation *operation)
{
	struct server_object *server_object = container_of(object, struct server_object, object);
	struct server *server = servers_find_instance(server_object->servers, operation->path.ids[1]);

	operation_done(operation, server ? write_server(server_object, server, operation) : -ENOENT);
}

static void server_object_execute(struct object *object, struct operation *operation)
{
	struct server_object *server_object = container_of(object, struct server_object, object);
	struct server *server = servers_find_instance(server_object->servers, operation->path.ids[1]);
	void (*action)(void *userdata, struct server *server) = NULL;

	if (operation->path.ids[2] == DISABLE)
		action = server_object->actions->disable;
	else if (operation->path.ids[2] == UPDATE_TRIGGER)
		action = server_object->actions->update;
	else if (operation->path.ids[2] == BOOTSTRAP_TRIGGER)
		action = server_object->actions->bootstrap;
	if (server && action)
		action(server_object->userdata, server);
	operation_done(operation, !server ? -ENOENT : !action ? -ENOTSUP : 0);
}

static int server_object_probe(const struct object *object, uint16_t iid,
	const struct resource_info *resource, const uint16_t **ret_ids)
{
	struct server_object *server_object = container_of(object, struct server_object, object);
	const struct server *server = servers_find_instance(server_object->servers, iid);
	struct value value;

	if (!server || is_too_new(resource->id, server))
		return -ENOENT;
	return resource->operations & RESOURCE_E ? 0 : get(server, resource, &value);
}

static const struct object_ops ops = {
	.read = server_object_read,
	.write = server_object_write,
	.execute = server_object_execute,
	.probe = server_object_probe,
};

static int add_account(struct server_object *server_object, const struct server *server)
{
	struct written *written;

	written = reallocarray(server_object->written, server_object->n_written + 1, sizeof(*written));
	if (!written)
		return -ENOMEM;
	server_object->written = written;
	written[server_object->n_written++] = (struct written){ .iid = server->server_iid };
	return object_add_instance(&server_object->object, server->server_iid);
}

int server_object_new(struct servers *servers, const struct server_object_actions *actions, void *userdata,
		      struct server_object **ret)
{
	_cleanup_(server_object_freep) struct server_object *server_object =
		calloc(1, sizeof(*server_object));
	const struct server *server;
	int r = 0;

	if (!server_object)
		return -ENOMEM;
	server_object->object.info = &server_object_info;
	server_object->object.ops = &ops;
	server_object->servers = servers;
	server_object->actions = actions;
	server_object->userdata = userdata;
	list_for_each(server, &servers->list, link)
		if (!server->bootstrap && r == 0)
			r = add_account(server_object, server);
	if (r < 0)
		return r;
	*ret = steal_pointer(&server_object);
	return 0;
}

struct server_object *server_object_free(struct server_object *server_object)
{
	if (!server_object)
		return NULL;
	object_deinit(&server_object->object);
	free(server_object->written);
	free(server_object);
	return NULL;
}

struct object *server_object_get(struct server_object *server_object)
{
	return &server_object->object;
}
