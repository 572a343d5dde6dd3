/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/security.h"

#include <errno.h>

enum {
	URI = 0,
	BOOTSTRAP_SERVER = 1,
	SECURITY_MODE = 2,
	IDENTITY = 3,
	SERVER_KEY = 4,
	SECRET_KEY = 5,
	SHORT_ID = 10,
	HOLD_OFF = 11,
	ACCOUNT_TIMEOUT = 12,
	MATCHING_TYPE = 13,
	SERVER_NAME = 14,
	CERTIFICATE_USAGE = 15,
};

struct security {
	struct object object;
	struct servers *servers;
};

/* Only a Bootstrap-Server ever writes here, past the rights of the others. */
static const struct resource_info resources[] = {
	{ URI, VALUE_STRING, 0, RESOURCE_MANDATORY },
	{ BOOTSTRAP_SERVER, VALUE_BOOLEAN, 0, RESOURCE_MANDATORY },
	{ SECURITY_MODE, VALUE_INTEGER, 0, RESOURCE_MANDATORY },
	{ IDENTITY, VALUE_OPAQUE, 0, RESOURCE_MANDATORY },
	{ SERVER_KEY, VALUE_OPAQUE, 0, RESOURCE_MANDATORY },
	{ SECRET_KEY, VALUE_OPAQUE, 0, RESOURCE_MANDATORY },
	{ SHORT_ID, VALUE_INTEGER, 0, 0 },
	{ HOLD_OFF, VALUE_INTEGER, 0, 0 },
	{ ACCOUNT_TIMEOUT, VALUE_INTEGER, 0, 0 },
	{ MATCHING_TYPE, VALUE_UNSIGNED, 0, 0 },
	{ SERVER_NAME, VALUE_STRING, 0, 0 },
	{ CERTIFICATE_USAGE, VALUE_UNSIGNED, 0, 0 },
};

const struct object_info security_info = {
	.id = 0,
	.flags = OBJECT_MULTIPLE | OBJECT_HIDDEN,
	.version = "1.1",
	.resources = resources,
	.n_resources = ELEMENTSOF(resources),
};

static int get(const struct server *server, uint16_t rid, struct value *ret)
{
	switch (rid) {
	case URI:
		*ret = VALUE_STRING(server->uri ? server->uri : "");
		return 0;
	case BOOTSTRAP_SERVER:
		*ret = VALUE_BOOLEAN(server->bootstrap);
		return 0;
	case SECURITY_MODE:
		*ret = VALUE_INTEGER(server->mode);
		return 0;
	case IDENTITY:
		*ret = VALUE_OPAQUE(server->identity.data, server->identity.len);
		return 0;
	case SERVER_KEY:
		*ret = VALUE_OPAQUE(server->server_key.data, server->server_key.len);
		return 0;
	case SHORT_ID:
		*ret = VALUE_INTEGER(server->short_id);
		return server->bootstrap ? -ENOENT : 0;
	case HOLD_OFF:
		*ret = VALUE_INTEGER(server->hold_off_s);
		return server->bootstrap ? 0 : -ENOENT;
	case ACCOUNT_TIMEOUT:
		*ret = VALUE_INTEGER(server->account_timeout_s);
		return server->bootstrap ? 0 : -ENOENT;
	case MATCHING_TYPE:
		*ret = VALUE_UNSIGNED(server->matching);
		return server->mode == SECURITY_X509 ? 0 : -ENOENT;
	case SERVER_NAME:
		*ret = VALUE_STRING(server->server_name ? server->server_name : "");
		return server->server_name ? 0 : -ENOENT;
	case CERTIFICATE_USAGE:
		*ret = VALUE_UNSIGNED(server->usage);
		return server->mode == SECURITY_X509 ? 0 : -ENOENT;
	default:
		return -ENOENT;
	}
}

static int read_server(const struct server *server, struct operation *operation)
{
	for (size_t i = 0; i < ELEMENTSOF(resources); i++) {
		uint16_t rid = resources[i].id;
		struct value value;
		int r;

		if (operation->path.depth >= PATH_RESOURCE && operation->path.ids[2] != rid)
			continue;
		if (get(server, rid, &value) < 0)
			continue;
		r = records_add(&operation->records, PATH3(0, server->security_iid, rid), value);
		if (r < 0)
			return r;
	}
	return 0;
}

int security_append(const struct server *server, struct records *ret)
{
	struct value key = VALUE_OPAQUE(server->key.data, server->key.len);

	for (size_t i = 0; i < ELEMENTSOF(resources); i++) {
		struct path path = PATH3(0, server->security_iid, resources[i].id);
		struct value value = key;
		int r;

		if (resources[i].id != SECRET_KEY && get(server, resources[i].id, &value) < 0)
			continue;
		r = records_add(ret, path, value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_natural(const struct value *value, uint32_t max, uint32_t *ret)
{
	if (value->integer < 0 || value->integer > max)
		return -ERANGE;
	*ret = (uint32_t)value->integer;
	return 0;
}

static int set_bytes(const struct value *value, size_t max, struct buffer *ret)
{
	if (value->bytes.len > max)
		return -ERANGE;
	buffer_clear(ret);
	return buffer_append(ret, value->bytes.data, value->bytes.len);
}

static int set_text(const struct value *value, char **ret)
{
	char *text;

	if (memchr(value->bytes.data ? value->bytes.data : (const uint8_t *)"", 0, value->bytes.len))
		return -EINVAL;
	text = strndup((const char *)value->bytes.data, value->bytes.len);
	if (!text)
		return -ENOMEM;
	free(*ret);
	*ret = text;
	return 0;
}

static int set_small(const struct value *value, uint8_t max, uint8_t *ret)
{
	if (value->natural > max)
		return -ERANGE;
	*ret = (uint8_t)value->natural;
	return 0;
}

int security_set(struct server *server, uint16_t rid, const struct value *value)
{
	uint32_t number = 0;
	uint8_t usage;
	int r;

	switch (rid) {
	case URI:
		return set_text(value, &server->uri);
	case BOOTSTRAP_SERVER:
		server->bootstrap = value->boolean;
		return 0;
	case SECURITY_MODE:
		r = set_natural(value, SECURITY_EST, &number);
		server->mode = (enum security_mode)number;
		return r;
	case IDENTITY:
		return set_bytes(value, SECURITY_IDENTITY_MAX, &server->identity);
	case SERVER_KEY:
		return set_bytes(value, SECURITY_IDENTITY_MAX, &server->server_key);
	case SECRET_KEY:
		return set_bytes(value, SECURITY_KEY_MAX, &server->key);
	case SHORT_ID:
		r = set_natural(value, UINT16_MAX, &number);
		server->short_id = (uint16_t)number;
		return r;
	case HOLD_OFF:
		return set_natural(value, UINT32_MAX, &server->hold_off_s);
	case ACCOUNT_TIMEOUT:
		return set_natural(value, UINT32_MAX, &server->account_timeout_s);
	case MATCHING_TYPE:
		return set_small(value, 3, &server->matching);
	case SERVER_NAME:
		return set_text(value, &server->server_name);
	case CERTIFICATE_USAGE:
		r = set_small(value, USAGE_DOMAIN_ISSUED, &usage);
		if (r == 0)
			server->usage = (enum certificate_usage)usage;
		return r;
	default:
		return -ENOENT;
	}
}

static void security_read(struct object *object, struct operation *operation)
{
	struct security *security = container_of(object, struct security, object);
	const struct server *server;
	int r = operation->server == 0 || operation->server == OPERATION_ADMINISTRATOR ? 0 : -EACCES;

	list_for_each(server, &security->servers->list, link) {
		if (r < 0)
			break;
		if (operation->path.depth < PATH_INSTANCE || operation->path.ids[1] == server->security_iid)
			r = read_server(server, operation);
	}
	operation_done(operation, r);
}

static int security_probe(const struct object *object, uint16_t iid, const struct resource_info *resource,
			  const uint16_t **ret_ids)
{
	struct security *security = container_of(object, struct security, object);
	const struct server *server = servers_find_security(security->servers, iid);
	struct value value;

	return server ? get(server, resource->id, &value) : -ENOENT;
}

static const struct object_ops ops = {
	.read = security_read,
	.probe = security_probe,
};

int security_new(struct servers *servers, struct security **ret)
{
	_cleanup_(security_freep) struct security *security = calloc(1, sizeof(*security));
	const struct server *server;

	if (!security)
		return -ENOMEM;
	security->object.info = &security_info;
	security->object.ops = &ops;
	security->servers = servers;
	list_for_each(server, &servers->list, link) {
		int r = object_add_instance(&security->object, server->security_iid);

		if (r < 0)
			return r;
	}
	*ret = steal_pointer(&security);
	return 0;
}

struct security *security_free(struct security *security)
{
	if (!security)
		return NULL;
	object_deinit(&security->object);
	free(security);
	return NULL;
}

struct object *security_object(struct security *security)
{
	return &security->object;
}
