/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/server.h"

#include <stdlib.h>

#include "lwm2m/acl.h"

void servers_init(struct servers *servers)
{
	list_init(&servers->list);
}

void servers_deinit(struct servers *servers)
{
	struct server *server, *safe;

	list_for_each_safe(server, safe, &servers->list, link)
		server_free(server);
}

struct server *servers_find_bootstrap(const struct servers *servers)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (server->bootstrap)
			return server;
	return NULL;
}

struct server *servers_find_short_id(const struct servers *servers, uint16_t short_id)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (!server->bootstrap && server->short_id == short_id)
			return server;
	return NULL;
}

struct server *servers_find_instance(const struct servers *servers, uint16_t server_iid)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (!server->bootstrap && server->server_iid == server_iid)
			return server;
	return NULL;
}

struct server *servers_find_security(const struct servers *servers, uint16_t security_iid)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (server->security_iid == security_iid)
			return server;
	return NULL;
}

static struct server *find_name(const struct servers *servers, const char *name)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (strcmp(server->name, name) == 0)
			return server;
	return NULL;
}

static uint16_t free_instance(const struct servers *servers,
			      struct server *(*find)(const struct servers *servers, uint16_t iid))
{
	uint16_t iid = 0;

	while (find(servers, iid))
		iid++;
	return iid;
}

int server_new(struct servers *servers, const char *name, struct server **ret)
{
	struct server *server;

	if (find_name(servers, name))
		return -EEXIST;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	*server = (struct server){
		.security_iid = free_instance(servers, servers_find_security),
		.server_iid = free_instance(servers, servers_find_instance),
		.enabled = true,
		.mode = SECURITY_NOSEC,
		.usage = USAGE_DOMAIN_ISSUED,
		.lifetime_s = 86400,
		.disable_timeout_s = 86400,
		.notification_storing = true,
		.history_size = 256 * 1024,
		.binding = "U",
		.awake_s = 93, /* MAX_TRANSMIT_WAIT, RFC 7252, 4.8.2 */
		.version = LWM2M_1_1,
		.spoken = LWM2M_1_1,
		.rights = ACL_ALL,
		.retry_count = 5,
		.retry_timer_s = 60,
		.sequence_delay_s = 86400,
		.sequence_count = 1,
		.priority = SERVER_NO_PRIORITY,
		.bootstrap_on_failure = true,
		.mute_send = true,
		.profile_hash = 6,
	};
	list_init(&server->link);
	server->name = strdup(name);
	if (!server->name) {
		free(server);
		return -ENOMEM;
	}
	list_append(&servers->list, &server->link);
	*ret = server;
	return 0;
}

static void wipe(struct buffer *buffer)
{
	if (buffer->data)
		explicit_bzero(buffer->data, buffer->allocated);
	buffer_deinit(buffer);
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	list_remove(&server->link);
	wipe(&server->key);
	wipe(&server->identity);
	buffer_deinit(&server->server_key);
	free(server->server_name);
	free(server->trust_file);
	free(server->uri);
	free(server->name);
	free(server);
	return NULL;
}
