/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/supervisor.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "plugin/supervisor-internal.h"

/* What all hosts together have for their plugins' stop(), when the agent ends. */
#define END_TIMEOUT (500 * USEC_PER_MSEC)

static const char *const isolation_names[_PLUGIN_ISOLATION_MAX] = {
	[PLUGIN_ISOLATION_PROCESS] = "process",
	[PLUGIN_ISOLATION_NONE] = "none",
};

static const char *const state_names[_PLUGIN_STATE_MAX] = {
	[PLUGIN_DISABLED] = "disabled",
	[PLUGIN_STARTING] = "starting",
	[PLUGIN_RUNNING] = "running",
	[PLUGIN_WAITING] = "waiting",
	[PLUGIN_FAILED] = "failed",
	[PLUGIN_STOPPED] = "stopped",
};

int plugin_isolation_parse(const char *name)
{
	for (int i = 0; i < _PLUGIN_ISOLATION_MAX; i++)
		if (strcmp(isolation_names[i], name) == 0)
			return i;
	return -EINVAL;
}

const char *plugin_isolation_name(enum plugin_isolation isolation)
{
	return isolation_names[isolation];
}

const char *plugin_state_name(enum plugin_state state)
{
	return state_names[state];
}

static void set_defaults(struct supervisor_options *options)
{
	static const struct supervisor_options defaults = {
		.restart_min = 1 * USEC_PER_SEC,
		.restart_max = 300 * USEC_PER_SEC,
		.silence_max = 4 * USEC_PER_SEC,
		.ping_timeout = 4 * USEC_PER_SEC,
		.start_timeout = 10 * USEC_PER_SEC,
		.stable_after = 60 * USEC_PER_SEC,
	};

	options->restart_min = options->restart_min ? options->restart_min : defaults.restart_min;
	options->restart_max = options->restart_max ? options->restart_max : defaults.restart_max;
	options->silence_max = options->silence_max ? options->silence_max : defaults.silence_max;
	options->ping_timeout = options->ping_timeout ? options->ping_timeout : defaults.ping_timeout;
	options->start_timeout = options->start_timeout ? options->start_timeout : defaults.start_timeout;
	options->stable_after = options->stable_after ? options->stable_after : defaults.stable_after;
	options->failures_max = options->failures_max ? options->failures_max : 10;
}

int supervisor_new(struct supervisor **ret, sd_event *event, struct registry *registry,
	const struct supervisor_options *options)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	sigset_t child;

	if (!supervisor)
		return -ENOMEM;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	supervisor->event = sd_event_ref(event);
	supervisor->registry = registry;
	supervisor->options = *options;
	set_defaults(&supervisor->options);
	*ret = supervisor;
	return 0;
}

struct supervisor *supervisor_free(struct supervisor *supervisor)
{
	usec_t until;

	if (!supervisor)
		return NULL;
	supervisor->settled = NULL;
	supervisor->changed = NULL;
	for (size_t i = 0; i < supervisor->n_plugins; i++)
		plugin_close(supervisor->plugins[i]);
	until = usec_add(usec_now(), END_TIMEOUT);
	for (size_t i = 0; i < supervisor->n_plugins; i++)
		plugin_free(supervisor->plugins[i], until);
	free(supervisor->plugins);
	sd_event_unref(supervisor->event);
	free(supervisor);
	return NULL;
}

static struct plugin *find_plugin(const struct supervisor *supervisor, const char *name)
{
	for (size_t i = 0; i < supervisor->n_plugins; i++)
		if (strcmp(supervisor->plugins[i]->config.name, name) == 0)
			return supervisor->plugins[i];
	return NULL;
}

int supervisor_add(struct supervisor *supervisor, const struct plugin_config *config)
{
	struct plugin **plugins;
	int r;

	if (find_plugin(supervisor, config->name))
		return -EEXIST;
	plugins = reallocarray(supervisor->plugins, supervisor->n_plugins + 1, sizeof(struct plugin *));
	if (!plugins)
		return -ENOMEM;
	supervisor->plugins = plugins;
	r = plugin_new(&plugins[supervisor->n_plugins], supervisor, config);
	if (r < 0)
		return r;
	supervisor->n_plugins++;
	if (supervisor->started && config->enabled)
		plugin_start(plugins[supervisor->n_plugins - 1]);
	return 0;
}

void supervisor_start(struct supervisor *supervisor)
{
	supervisor->started = true;
	for (size_t i = 0; i < supervisor->n_plugins; i++)
		if (supervisor->plugins[i]->state == PLUGIN_STOPPED)
			plugin_start(supervisor->plugins[i]);
}

void supervisor_stop(struct supervisor *supervisor)
{
	supervisor->started = false;
	for (size_t i = 0; i < supervisor->n_plugins; i++)
		plugin_stop(supervisor->plugins[i]);
}

bool supervisor_is_settled(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->n_plugins; i++) {
		enum plugin_state state = supervisor->plugins[i]->state;

		if (state != PLUGIN_DISABLED && state != PLUGIN_RUNNING && state != PLUGIN_FAILED)
			return false;
	}
	return true;
}

void supervisor_set_settled_handler(
	struct supervisor *supervisor, void (*handler)(void *userdata), void *userdata)
{
	supervisor->settled = handler;
	supervisor->userdata = userdata;
}

void supervisor_set_changed_handler(
	struct supervisor *supervisor, void (*handler)(void *userdata), void *userdata)
{
	supervisor->changed = handler;
	supervisor->changed_userdata = userdata;
}

int supervisor_restart(struct supervisor *supervisor, const char *name)
{
	struct plugin *plugin = find_plugin(supervisor, name);

	if (!plugin)
		return -ENOENT;
	if (plugin->state == PLUGIN_DISABLED)
		return -EINVAL;
	plugin_restart(plugin);
	return 0;
}

size_t supervisor_count(const struct supervisor *supervisor)
{
	return supervisor->n_plugins;
}

struct plugin_status supervisor_status(const struct supervisor *supervisor, size_t index)
{
	return plugin_status(supervisor->plugins[index]);
}
