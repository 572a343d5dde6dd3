/* SPDX-License-Identifier: Apache-2.0 */
#include "manage.h"

#include <string.h>

#include "build.h"
#include "json.h"
#include "text.h"
#include "tree.h"

/* A method that the agent has for all servers, and each server for itself. */
static int on_servers(struct ctl *ctl, const char *what, const char *method, const char *name)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	const struct tree_server *server;
	int r;

	if (!name)
		return connection_agent(ctl, what, method, NULL);
	r = tree_read(ctl, &tree);
	if (r == OUTCOME_DONE)
		r = tree_take_server(ctl, &tree, name, &server);
	if (r != OUTCOME_DONE)
		return r;
	return connection_call(ctl, what, server->path, AGENT_INTERFACE ".Server", method, NULL, NULL);
}

int manage_register(struct ctl *ctl, size_t argc, char **argv)
{
	int r = on_servers(ctl, "Cannot register", "Register", argc > 0 ? argv[0] : NULL);

	return r != OUTCOME_DONE ? r : ctl_done(ctl, "Registering: 'lwm2mctl status' shows how it goes.");
}

int manage_deregister(struct ctl *ctl, size_t argc, char **argv)
{
	int r = on_servers(ctl, "Cannot de-register", "Deregister", argc > 0 ? argv[0] : NULL);

	return r != OUTCOME_DONE ? r : ctl_done(ctl, "De-registering; 'lwm2mctl register' comes back.");
}

int manage_bootstrap(struct ctl *ctl, size_t argc, char **argv)
{
	int r = connection_agent(ctl, "Cannot bootstrap", "Bootstrap", NULL);

	return r != OUTCOME_DONE ? r : ctl_done(ctl, "Bootstrapping: 'lwm2mctl status' shows how it goes.");
}

static const char *const levels[] = { "error", "warning", "notice", "info", "debug" };

static int set_log_level(struct ctl *ctl, const char *level)
{
	const char *near = NULL;
	int r;

	for (size_t i = 0; i < ELEMENTSOF(levels); i++) {
		if (strcmp(levels[i], level) == 0) {
			r = connection_agent(ctl, "Cannot set the log level", "SetLogLevel", "s", level);
			return r != OUTCOME_DONE ?
				       r :
				       ctl_done(ctl, "The agent logs at level %s until it restarts.", level);
		}
		if (text_is_near(level, levels[i]))
			near = levels[i];
	}
	return ctl_fail(ctl, OUTCOME_USAGE, "There is no log level '%s'%s%s%s", level,
		near ? "; is it '" : "", near ? near : ": it is error, warning, notice, info or debug",
		near ? "'?" : "");
}

int manage_log_level(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r;

	if (argc > 0)
		return set_log_level(ctl, argv[0]);
	r = tree_read(ctl, &tree);
	if (r != OUTCOME_DONE)
		return r;
	if (ctl->json)
		return json_print(ctl, json_string(tree.log_level));
	fprintf(ctl->out, "%s\n", tree.log_level);
	return OUTCOME_DONE;
}

/* Its own can always be told. */
int manage_version(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(tree_deinit) struct tree tree = { 0 };
	int r;

	ctl->quiet = true;
	r = tree_read(ctl, &tree);
	ctl->quiet = false;
	if (r < 0)
		return r;
	if (ctl->json)
		return json_print(ctl, json_pack("{s:s, s:o}", "lwm2mctl", BUILD_VERSION, "lwm2m-agent",
					       r == OUTCOME_DONE ? json_text(tree.version) : json_null()));
	fprintf(ctl->out, "lwm2mctl %s\n", BUILD_VERSION);
	if (r == OUTCOME_DONE)
		fprintf(ctl->out, "lwm2m-agent %s\n", tree.version);
	else
		fputs(r == OUTCOME_NO_DAEMON ? "lwm2m-agent does not run\n" : "lwm2m-agent does not say\n",
			ctl->out);
	return OUTCOME_DONE;
}
