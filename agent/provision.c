/* SPDX-License-Identifier: Apache-2.0 */
#include "provision.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "agent-internal.h"
#include "base/hash.h"
#include "base/log.h"
#include "io/uri.h"
#include "lwm2m/accounts-state.h"
#include "lwm2m/codec.h"
#include "objects/accounts.h"

static uint64_t hash_account(uint64_t hash, const struct server *server)
{
	const uint16_t numbers[] = { server->short_id, (uint16_t)server->mode };

	hash = hash_bytes(hash, BYTES(numbers, sizeof(numbers)));
	hash = hash_bytes(hash, BYTES(server->uri, strlen(server->uri) + 1));
	hash = hash_bytes(hash, buffer_bytes(&server->identity));
	return hash_bytes(hash, buffer_bytes(&server->key));
}

static uint64_t origin_of(const struct agent *agent)
{
	uint64_t hash = hash_bytes(HASH_INIT, bytes_of(agent->config->endpoint));
	const struct server *server;

	list_for_each(server, &agent->config->servers.list, link)
		hash = hash_account(hash, server);
	return hash;
}

/* Addresses that are never a server of somebody else's choice: this machine, and all of a network at once. */
static bool is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127 || four.s_addr == 0;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six) ||
		       (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
	return strcmp(host, "localhost") == 0;
}

static bool is_multicast(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 28 == 14;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_MULTICAST(&six);
}

static const char *objection(const struct server *template, const struct server *server)
{
	struct uri uri;

	if (uri_parse(server->uri, &uri) < 0)
		return "has an address (resource 0) that is no coap:// or coaps:// URI of a host";
	if (uri.secure != (server->mode != SECURITY_NOSEC))
		return "has an address and a security mode that do not go together";
	if (is_multicast(uri.host))
		return "has a multicast address";
	if (server->bootstrap)
		return NULL;
	if (is_loopback(uri.host) && !template->allow_loopback)
		return "has an address of this machine, see allow_loopback in lwm2m-agent.conf(5)";
	if (server->mode == SECURITY_NOSEC && !template->allow_nosec)
		return "is without security, see allow_nosec in lwm2m-agent.conf(5)";
	return NULL;
}

/* What a Bootstrap-Server made, as accounts that this machine takes. */
static int make(
	const struct agent *agent, const struct draft *draft, struct servers *ret, char why[ENGINE_WHY_MAX])
{
	const struct server *template = servers_find_bootstrap(&agent->config->servers), *server;
	int r = accounts_make(draft, template, &agent->config->servers, ret, why);

	if (r < 0)
		return r;
	list_for_each(server, &ret->list, link) {
		const char *text = objection(template, server);

		if (text) {
			snprintf(why, ENGINE_WHY_MAX, "/0/%u %s", server->security_iid, text);
			return -EINVAL;
		}
	}
	return 0;
}

static enum value_type type_of(const void *data, const struct path *path)
{
	return resource_type(accounts_find_resource(path));
}

/* Object 2 as it is kept: what servers changed since, or else what a Bootstrap-Server wrote. */
static int read_rights(const struct agent *agent, struct records *ret)
{
	const struct codec_types types = { .type_of = type_of };
	const struct path path = PATH1(ACL_OBJECT);
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	size_t first = ret->count;
	char name[ENGINE_NAME_MAX];
	int r;

	engine_object_name(ACL_OBJECT, name);
	r = store_read(agent->store, name, &state);
	if (r == -ENOENT)
		r = buffer_append(&state, agent->rights.data, agent->rights.len);
	if (r == 0 && state.len > 0)
		r = codec_decode(CODEC_SENML_CBOR, &path, buffer_bytes(&state), &types, ret);
	return r < 0 ? r : records_own(ret, first);
}

static int provision_read(void *userdata, struct records *ret)
{
	const struct agent *agent = userdata;
	int r = accounts_read(&agent->config->servers, ret);

	return r < 0 ? r : read_rights(agent, ret);
}

static int provision_check(void *userdata, const struct draft *draft, char why[ENGINE_WHY_MAX])
{
	struct servers servers;
	int r;

	servers_init(&servers);
	r = make(userdata, draft, &servers, why);
	servers_deinit(&servers);
	return r;
}

const struct engine_accounts provision_accounts = {
	.find_resource = accounts_find_resource,
	.read = provision_read,
	.check = provision_check,
};

/* What the objects have no place for stays the configuration's. */
static void replace_accounts(struct agent *agent, struct servers *servers)
{
	struct servers *configured = &agent->config->servers;
	const struct server *template = servers_find_bootstrap(&agent->config->servers);
	struct server *server, *safe;

	list_for_each(server, &servers->list, link)
		if (server->bootstrap) {
			server->allow_nosec = template->allow_nosec;
			server->allow_loopback = template->allow_loopback;
		}
	servers_deinit(configured);
	servers_init(configured);
	list_for_each_safe(server, safe, &servers->list, link) {
		list_remove(&server->link);
		list_append(&configured->list, &server->link);
	}
	agent->bootstrapped = true;
}

static int take_rights(struct agent *agent, const struct draft *draft)
{
	const struct path path = PATH1(ACL_OBJECT);
	_cleanup_(records_deinit) struct records records = { 0 };
	int r = draft_read(draft, &path, &records);

	return r < 0 || records.count == 0 ?
			r :
			codec_encode(CODEC_SENML_CBOR, &path, &records, &agent->rights);
}

static int take(struct agent *agent, struct bytes state)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	_cleanup_(draft_deinit) struct draft draft = { 0 };
	const struct path root = PATH0();
	char why[ENGINE_WHY_MAX] = "";
	struct servers servers;
	uint64_t origin;
	int r = accounts_state_decode(state, accounts_find_resource, &origin, &records);

	if (r < 0)
		return r;
	if (origin != agent->origin)
		return -ESTALE;
	r = draft_write(&draft, &root, &records);
	servers_init(&servers);
	if (r == 0)
		r = make(agent, &draft, &servers, why);
	if (r == 0)
		r = take_rights(agent, &draft);
	if (r == 0)
		replace_accounts(agent, &servers);
	else
		servers_deinit(&servers);
	return r;
}

int provision_load(struct agent *agent)
{
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	int r;

	agent->origin = origin_of(agent);
	if (!servers_find_bootstrap(&agent->config->servers))
		return 0;
	r = store_read(agent->store, ENGINE_ACCOUNTS_NAME, &state);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = take(agent, buffer_bytes(&state));
	if (state.data)
		explicit_bzero(state.data, state.allocated);
	if (r == -ESTALE) {
		log_notice(
			"The accounts in the configuration were changed since the bootstrap and count again");
		(void)store_remove(agent->store, ENGINE_ACCOUNTS_NAME);
	} else if (r < 0 && r != -ENOMEM) {
		log_warning(
			"The accounts of the last bootstrap cannot be used, those in the configuration count: %s",
			strerror(-r));
	}
	return r == -ENOMEM ? r : 0;
}
