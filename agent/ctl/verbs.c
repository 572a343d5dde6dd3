/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "complete.h"
#include "data.h"
#include "diagnose.h"
#include "help.h"
#include "manage.h"
#include "objects.h"
#include "observe.h"
#include "plugins.h"
#include "servers.h"
#include "status.h"
#include "text.h"
#include "update.h"

static const struct verb verbs[] = {
	{ "status", "", "is this machine managed, by whom, and what comes next", "", 0, 0, status_show },
	{ "servers", "[SERVER]", "the servers of this machine and their registrations",
		"SERVER is a name of the configuration or a short id; with one, all about it.\n", 0, 1,
		servers_show },
	{ "objects", "", "the objects this machine offers, and from whom", "", 0, 0,
		objects_show },
	{ "plugins", "[restart PLUGIN]", "the plugins and how they are; restart one",
		"A plugin that was given up is started again by restart.\n", 0, 2, plugins_run },
	{ "read", "PATH", "read an object, an instance or a resource",
		"Prints path, name and value of each resource. Keys are never shown.\n"
		"\n"
		"  lwm2mctl read /3           all of object 3, Device\n"
		"  lwm2mctl read /3303/0/5700 one temperature\n",
		1, 1, data_read },
	{ "write", "PATH VALUE", "write a resource",
		"VALUE is a text, a number, true or false; times are seconds since 1970, links\n"
		"OBJECT:INSTANCE. Opaque values are hexadecimal digits, with 0x before them where\n"
		"the resource has no value yet.\n"
		"\n"
		"  lwm2mctl write /3/0/15 Europe/Berlin\n",
		2, 2, data_write },
	{ "exec", "PATH [ARGUMENTS]", "execute a resource",
		"ARGUMENTS are those of LwM2M: 0='text',1\n"
		"\n"
		"  lwm2mctl exec /3/0/4       reboot this machine\n",
		1, 2, data_exec },
	{ "observe", "[PATH...]", "show values as they change, until Ctrl-C",
		"Begins with the values there are. Without PATH: all objects, and what becomes of\n"
		"servers and plugins. When the agent restarts, it says so and goes on.\n"
		"--timeout SECONDS ends it.\n",
		0, SIZE_MAX, observe_run },
	{ "send", "PATH...", "send values to all registered servers, unasked",
		"Needs LwM2M 1.1 and a server that has not muted Send (/1/0/23).\n", 1, SIZE_MAX, data_send },
	{ "register", "[SERVER]", "register, or update the registration, at once",
		"Without SERVER: with all servers. Ends what deregister began.\n", 0, 1, manage_register },
	{ "deregister", "[SERVER]", "leave the servers, and stay away until register",
		"Without SERVER: all servers.\n", 0, 1, manage_deregister },
	{ "bootstrap", "", "ask the bootstrap server for accounts", "", 0, 0, manage_bootstrap },
	{ "update", "", "how updates of firmware and software are going", "", 0, 0, update_show },
	{ "log-level", "[LEVEL]", "show or set how much the agent logs",
		"LEVEL is error, warning, notice, info or debug.\n"
		"It lasts until the agent restarts.\n", 0, 1, manage_log_level },
	{ "diagnose", "[FILE]", "collect what support asks for, without secrets",
		"Makes a tar archive: state, configuration without secrets, log, versions.\n"
		"FILE ends with .tar.gz, .tar.zst or .tar; the default is a name with host and\n"
		"time, here. As root it has more in it.\n",
		0, 1, diagnose_run },
	{ "help", "[VERB]", "this, or what a verb does", "", 0, 1, help_run },
	{ "version", "", "the versions of lwm2mctl and of the agent", "", 0, 0, manage_version },
	{ "_words", "WHAT [PREFIX]", "words for the completion of shells", "", 1, 2, complete_run, true },
};

const struct verb *verbs_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const struct verb *verbs_nearest(const char *name)
{
	static const char *const synonyms[][2] = { { "execute", "exec" }, { "get", "read" },
		{ "set", "write" }, { "watch", "observe" }, { "monitor", "observe" }, { "list", "objects" },
		{ "restart", "plugins" }, { "unregister", "deregister" }, { "loglevel", "log-level" } };
	const struct verb *nearest = NULL;
	unsigned int least = 3;

	for (size_t i = 0; i < ELEMENTSOF(synonyms); i++)
		if (strcmp(synonyms[i][0], name) == 0)
			return verbs_find(synonyms[i][1]);
	for (const struct verb *verb = verbs_next(NULL); verb; verb = verbs_next(verb)) {
		unsigned int distance = text_distance(name, verb->name);

		if (text_is_near(name, verb->name) && distance < least) {
			nearest = verb;
			least = distance;
		}
	}
	return nearest;
}

const struct verb *verbs_next(const struct verb *last)
{
	const struct verb *verb = last ? last + 1 : verbs;

	while (verb < verbs + ELEMENTSOF(verbs) && verb->hidden)
		verb++;
	return verb < verbs + ELEMENTSOF(verbs) ? verb : NULL;
}
