/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/accounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "objects/access-control.h"
#include "objects/security.h"
#include "objects/server-object.h"

#define SECURITY 0
#define SERVER   1

const struct resource_info *accounts_find_resource(const struct path *path)
{
	const struct object_info *const infos[] = { &security_info, &server_object_info,
		&access_control_info };

	if (path->ids[0] >= ELEMENTSOF(infos) || path->depth < PATH_RESOURCE)
		return NULL;
	for (size_t i = 0; i < infos[path->ids[0]]->n_resources; i++)
		if (infos[path->ids[0]]->resources[i].id == path->ids[2])
			return &infos[path->ids[0]]->resources[i];
	return NULL;
}

int accounts_read(const struct servers *servers, struct records *ret)
{
	const struct server *server;
	int r = 0;

	list_for_each(server, &servers->list, link) {
		if (r == 0)
			r = security_append(server, ret);
		if (r == 0 && !server->bootstrap)
			r = server_object_append(server, ret);
	}
	return r;
}

static int complain(char why[ACCOUNTS_WHY_MAX], uint16_t oid, uint16_t iid, const char *text)
{
	snprintf(why, ACCOUNTS_WHY_MAX, "/%u/%u %s", oid, iid, text);
	return -EINVAL;
}

/* The instance's values into the account. */
static int fill(const struct draft *draft, uint16_t oid, uint16_t iid, struct server *server,
	char why[ACCOUNTS_WHY_MAX])
{
	_cleanup_(records_deinit) struct records records = { 0 };
	const struct path instance = PATH2(oid, iid);
	int r = draft_read(draft, &instance, &records);

	for (size_t i = 0; i < records.count && r >= 0; i++) {
		const struct record *record = &records.items[i];
		char text[64];

		r = oid == SECURITY ? security_set(server, record->path.ids[2], &record->value) :
				      server_object_set(server, record);
		if (r == 0 || r == -ENOMEM)
			continue;
		snprintf(text, sizeof(text), "has a value for resource %u that this client cannot use",
			record->path.ids[2]);
		return complain(why, oid, iid, text);
	}
	return r;
}

static int check_security(const struct draft *draft, const struct server *server, char why[ACCOUNTS_WHY_MAX])
{
	uint16_t iid = server->security_iid;
	const struct path uri = PATH3(SECURITY, iid, 0), bootstrap = PATH3(SECURITY, iid, 1),
			  mode = PATH3(SECURITY, iid, 2), short_id = PATH3(SECURITY, iid, 10);

	if (!draft_find(draft, &uri) || !draft_find(draft, &bootstrap) || !draft_find(draft, &mode))
		return complain(why, SECURITY, iid, "lacks one of the resources 0, 1 and 2");
	if (server->mode == SECURITY_EST)
		return complain(why, SECURITY, iid, "has a security mode that this client does not have");
	if ((server->mode == SECURITY_RPK || server->mode == SECURITY_X509) &&
		(server->identity.len == 0 || server->key.len == 0 || server->server_key.len == 0))
		return complain(why, SECURITY, iid, "lacks keys or certificates");
	if (server->mode == SECURITY_PSK && (server->identity.len == 0 || server->key.len == 0))
		return complain(why, SECURITY, iid, "lacks identity or key");
	if (!server->bootstrap &&
		(!draft_find(draft, &short_id) || server->short_id == 0 || server->short_id == UINT16_MAX))
		return complain(why, SECURITY, iid, "lacks a Short Server ID from 1 to 65534");
	return 0;
}

/* The instance of Server with this Short Server ID; -ENOENT. */
static int find_server_instance(const struct draft *draft, uint16_t short_id, uint16_t *ret)
{
	uint16_t iid = 0;

	for (; draft_next_instance(draft, SERVER, iid, &iid) == 0; iid++) {
		const struct path path = PATH3(SERVER, iid, 0);
		const struct value *value = draft_find(draft, &path);

		if (value && value->integer == short_id) {
			*ret = iid;
			return 0;
		}
	}
	return -ENOENT;
}

static int add_name(const struct server *server, const struct servers *named, char *ret, size_t size)
{
	const struct server *known = servers_find_short_id(named, server->short_id);

	if (server->bootstrap)
		return snprintf(ret, size, "bootstrap");
	return known ? snprintf(ret, size, "%s", known->name) :
		       snprintf(ret, size, "server-%u", server->short_id);
}

static void take_template(struct server *server, const struct server *template)
{
	server->version = server->spoken = template->version;
	server->queue = template->queue;
	server->awake_s = template->awake_s;
	server->history_size = template->history_size;
	server->history_sync_s = template->history_sync_s;
	server->profile_id = template->profile_id;
	server->rights = template->rights;
}

static int make_account(const struct draft *draft, uint16_t iid, const struct server *template,
	const struct servers *named, struct servers *ret, char why[ACCOUNTS_WHY_MAX])
{
	char name[64], temporary[16];
	struct server *server;
	int r;

	snprintf(temporary, sizeof(temporary), "/0/%u", iid);
	r = server_new(ret, temporary, &server);
	if (r < 0)
		return r;
	take_template(server, template);
	server->security_iid = iid;
	server->short_id = 0;
	r = fill(draft, SECURITY, iid, server, why);
	if (r >= 0)
		r = check_security(draft, server, why);
	if (r < 0)
		return r;
	if (!server->bootstrap) {
		if (find_server_instance(draft, server->short_id, &server->server_iid) < 0)
			return complain(why, SECURITY, iid,
				"has no instance of Server (/1) with its Short Server ID");
		r = fill(draft, SERVER, server->server_iid, server, why);
		if (r < 0)
			return r;
	}
	(void)add_name(server, named, name, sizeof(name));
	free(server->name);
	server->name = strdup(name);
	return server->name ? 0 : -ENOMEM;
}

/* What goes with nothing is a mistake of the server's, better told now. */
static int check_servers(const struct draft *draft, const struct servers *servers, char why[ACCOUNTS_WHY_MAX])
{
	const struct server *server, *other;
	uint16_t iid = 0;
	bool any = false;

	list_for_each(server, &servers->list, link) {
		any = any || !server->bootstrap;
		list_for_each(other, &servers->list, link)
			if (other != server && other->bootstrap == server->bootstrap &&
				(server->bootstrap || other->short_id == server->short_id))
				return complain(why, SECURITY, server->security_iid,
					"is one of two for the same server");
	}
	for (; draft_next_instance(draft, SERVER, iid, &iid) == 0; iid++) {
		server = servers_find_instance(servers, iid);
		if (!server)
			return complain(why, SERVER, iid,
				"has no instance of Security (/0) with its Short Server ID");
	}
	if (!any) {
		snprintf(why, ACCOUNTS_WHY_MAX, "there is no account of an LwM2M Server");
		return -EINVAL;
	}
	return 0;
}

int accounts_make(const struct draft *draft, const struct server *template, const struct servers *named,
	struct servers *ret, char why[ACCOUNTS_WHY_MAX])
{
	uint16_t iid = 0;
	int r = 0;

	for (; r == 0 && draft_next_instance(draft, SECURITY, iid, &iid) == 0; iid++)
		r = make_account(draft, iid, template, named, ret, why);
	if (r == 0)
		r = check_servers(draft, ret, why);
	if (r < 0)
		servers_deinit(ret);
	if (r < 0)
		servers_init(ret);
	return r;
}
