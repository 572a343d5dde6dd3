/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

/* A plugin follows one service. */
static void (*owner_changed)(bool there);

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *owner;

	if (sd_bus_message_skip(m, "ss") >= 0 && sd_bus_message_read(m, "s", &owner) >= 0)
		owner_changed(*owner);
	return 0;
}

int service_open(const struct lw_host *host, const char *name, void (*handler)(bool there), sd_bus **ret)
{
	char match[256];
	int r = sd_bus_open_system(ret);

	owner_changed = handler;
	snprintf(match, sizeof(match),
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='%s'",
		name);
	if (r >= 0)
		r = sd_bus_attach_event(*ret, lw_event(host), SD_EVENT_PRIORITY_NORMAL);
	return r < 0 ? r : sd_bus_add_match_async(*ret, NULL, match, on_owner, NULL, NULL);
}

void service_read_added(sd_bus_message *m, service_object object)
{
	const char *path;

	if (sd_bus_message_read(m, "o", &path) >= 0)
		(void)object(m, path);
}

void service_read_objects(sd_bus_message *m, service_object object)
{
	const char *path;
	int r = sd_bus_message_is_method_error(m, NULL) ?
			-ENOENT :
			sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(m, "o", &path);
		if (r >= 0)
			r = object(m, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
}
