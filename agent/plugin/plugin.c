/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log-ids.h"
#include "base/log.h"
#include "plugin/process.h"
#include "plugin/supervisor-internal.h"

/* How long a host that was asked to end may take. */
#define STOP_TIMEOUT (1 * USEC_PER_SEC)

/* One that closed its socket is most likely dying, and how is worth waiting for. */
#define END_TIMEOUT (200 * USEC_PER_MSEC)

static void set_state(struct plugin *plugin, enum plugin_state state)
{
	struct supervisor *supervisor = plugin->supervisor;
	bool was_settled = supervisor_is_settled(supervisor);

	plugin->state = state;
	if (!was_settled && supervisor->settled && supervisor_is_settled(supervisor))
		supervisor->settled(supervisor->userdata);
	if (supervisor->changed)
		supervisor->changed(supervisor->changed_userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void set_timer(struct plugin *plugin, usec_t delay)
{
	plugin->timer = sd_event_source_disable_unref(plugin->timer);
	sd_event_add_time_relative(
		plugin->supervisor->event, &plugin->timer, CLOCK_BOOTTIME, delay, 1, on_timer, plugin);
}

/* After a failure: doubled each time, a quarter more or less, so that plugins that fell together do not rise together. */
static usec_t restart_delay(const struct plugin *plugin)
{
	const struct supervisor_options *options = &plugin->supervisor->options;
	usec_t delay = options->restart_min;
	uint32_t chance = 0;

	for (unsigned int i = 1; i < plugin->failures && delay < options->restart_max; i++)
		delay *= 2;
	delay = usec_min(delay, options->restart_max);
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = UINT32_MAX / 2;
	return delay - delay / 4 + (usec_t)((double)(delay / 2) * chance / UINT32_MAX);
}

static void keep_failure(struct plugin *plugin, const char *reason)
{
	free(plugin->failure);
	plugin->failure = strdup(reason);
}

/* The objects leave: servers see that they are gone. */
static void give_up(struct plugin *plugin, bool for_good)
{
	const char *name = plugin->config.name;
	const struct log_fields fields = { .plugin = name, .id = LOG_ID_PLUGIN_GIVEN_UP };

	if (plugin->remote)
		remote_clear(plugin->remote);
	plugin->restart_at = USEC_INFINITY;
	if (!for_good)
		log_at(LOG_ERR, 0, &fields, "Plugin %s %s; given up after %u failures in a row", name,
			plugin->failure, plugin->failures);
	else
		log_at(LOG_ERR, 0, &fields, "Plugin %s is not used: %s", name, plugin->failure);
	set_state(plugin, PLUGIN_FAILED);
}

static void wait_and_restart(struct plugin *plugin)
{
	usec_t now, delay = restart_delay(plugin);
	const char *name = plugin->config.name;

	sd_event_now(plugin->supervisor->event, CLOCK_BOOTTIME, &now);
	plugin->restart_at = usec_add(now, delay);
	set_timer(plugin, delay);
	log_at(LOG_WARNING, 0, LOG_FIELDS(.plugin = name, .id = LOG_ID_PLUGIN_FAILED),
		"Plugin %s %s; it is started again in %.1f s", name, plugin->failure,
		(double)delay / (double)USEC_PER_SEC);
	set_state(plugin, PLUGIN_WAITING);
}

/* The plugin failed and nothing of it runs any more; plugin->failure says why. */
static void plugin_failed(struct plugin *plugin, bool for_good)
{
	const struct supervisor_options *options = &plugin->supervisor->options;
	usec_t now;

	sd_event_now(plugin->supervisor->event, CLOCK_BOOTTIME, &now);
	if (plugin->state == PLUGIN_RUNNING && now - plugin->started_at >= options->stable_after)
		plugin->failures = 0;
	plugin->failures++;
	if (for_good || plugin->failures >= options->failures_max)
		give_up(plugin, for_good);
	else
		wait_and_restart(plugin);
}

static void plugin_started(struct plugin *plugin)
{
	const char *name = plugin->config.name;

	sd_event_now(plugin->supervisor->event, CLOCK_BOOTTIME, &plugin->started_at);
	if (plugin->failures > 0)
		log_at(LOG_NOTICE, 0, LOG_FIELDS(.plugin = name, .id = LOG_ID_PLUGIN_RESTARTED),
			"Plugin %s runs again", name);
	set_state(plugin, PLUGIN_RUNNING);
}

static void describe_end(struct plugin *plugin, const siginfo_t *si)
{
	char text[128];
	uint32_t memory_mb = plugin->config.memory_mb > 0 ? plugin->config.memory_mb : PROCESS_MEMORY_MB;

	if (si->si_code == CLD_EXITED)
		snprintf(text, sizeof(text), "ended by itself, with status %d", si->si_status);
	else if (plugin->killed && si->si_status == SIGKILL)
		snprintf(
			text, sizeof(text), "closed its connection to the agent, or sent what is no message");
	else
		snprintf(text, sizeof(text), "was ended by SIG%s%s", sigabbrev_np(si->si_status) ? : "?",
			si->si_code == CLD_DUMPED ? " and left a core dump" : "");
	if (si->si_status != SIGKILL && process_was_full(plugin->pid, memory_mb))
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			" with its %" PRIu32 " MiB (memory_mb) used up", memory_mb);
	keep_failure(plugin, text);
}

static void kill_host(struct plugin *plugin)
{
	if (plugin->pid == 0)
		return;
	plugin->killed = true;
	process_kill(plugin->pid);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct plugin *plugin = userdata;

	/* What the plugin itself started goes with it. */
	kill(-plugin->pid, SIGKILL);
	if (!plugin->failing && !plugin->again && plugin->state != PLUGIN_STOPPED)
		describe_end(plugin, si);
	plugin->pid = 0;
	plugin->child = sd_event_source_disable_unref(plugin->child);
	remote_detach(plugin->remote);
	if (plugin->again)
		plugin_start(plugin);
	else if (plugin->state == PLUGIN_STOPPED)
		plugin->timer = sd_event_source_disable_unref(plugin->timer);
	else
		plugin_failed(plugin, plugin->failing && plugin->for_good);
	return 0;
}

static void on_remote_started(void *userdata)
{
	plugin_started(userdata);
}

static void on_remote_failed(void *userdata, bool for_good, const char *reason)
{
	struct plugin *plugin = userdata;

	if (reason) {
		keep_failure(plugin, reason);
		plugin->failing = true;
		plugin->for_good = for_good;
		kill_host(plugin);
	} else
		set_timer(plugin, END_TIMEOUT);
}

static int start_host(struct plugin *plugin)
{
	struct supervisor *supervisor = plugin->supervisor;
	const char *path = supervisor->options.host_path;
	const char *hidden = plugin->config.sees_keys ? NULL : supervisor->options.hidden;
	int fd, r = process_spawn(
		path, plugin->config.name, plugin->config.memory_mb, hidden, &plugin->pid, &fd);

	if (r < 0) {
		plugin->pid = 0;
		return r;
	}
	r = sd_event_add_child(supervisor->event, &plugin->child, plugin->pid, WEXITED, on_child, plugin);
	if (r < 0) {
		close(fd);
		process_kill(plugin->pid);
		plugin->pid = 0;
		return r;
	}
	return remote_attach(plugin->remote, fd);
}

static void start_process(struct plugin *plugin)
{
	char text[256];
	int r = start_host(plugin);

	if (r >= 0)
		return;
	/* It ended before it was told anything. */
	if (plugin->pid > 0 && (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN)) {
		set_timer(plugin, END_TIMEOUT);
		return;
	}
	snprintf(text, sizeof(text), "cannot be started with %s: %s", plugin->supervisor->options.host_path,
		strerror(-r));
	keep_failure(plugin, text);
	plugin->failing = true;
	if (plugin->pid > 0)
		kill_host(plugin);
	else
		plugin_failed(plugin, false);
}

static void start_local(struct plugin *plugin)
{
	_cleanup_(freep) char *reason = NULL;
	struct supervisor *supervisor = plugin->supervisor;
	bool for_good;
	int r = local_new(&plugin->local, &plugin->config, supervisor->event, supervisor->registry, &reason);

	for_good = r < 0 && r != -ENOMEM;
	if (r == 0)
		r = local_start(plugin->local, &reason);
	if (r == 0) {
		plugin_started(plugin);
		return;
	}
	plugin->local = local_free(plugin->local);
	keep_failure(plugin, reason ? reason : strerror(-r));
	plugin_failed(plugin, for_good || r == -EEXIST || r == -EINVAL);
}

static void begin(struct plugin *plugin)
{
	if (plugin->state != PLUGIN_STOPPED)
		plugin->restarts++;
	plugin->again = plugin->failing = plugin->killed = plugin->for_good = false;
	plugin->timer = sd_event_source_disable_unref(plugin->timer);
	plugin->restart_at = USEC_INFINITY;
	set_state(plugin, PLUGIN_STARTING);
	if (plugin->remote)
		start_process(plugin);
	else
		start_local(plugin);
}

void plugin_start(struct plugin *plugin)
{
	if (plugin->pid > 0)
		plugin->again = true;
	else
		begin(plugin);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct plugin *plugin = userdata;

	plugin->timer = sd_event_source_disable_unref(plugin->timer);
	if (plugin->state == PLUGIN_WAITING)
		begin(plugin);
	else
		kill_host(plugin);
	return 0;
}

void plugin_stop(struct plugin *plugin)
{
	if (plugin->state == PLUGIN_DISABLED)
		return;
	plugin->again = false;
	plugin->timer = sd_event_source_disable_unref(plugin->timer);
	plugin->restart_at = USEC_INFINITY;
	plugin->local = local_free(plugin->local);
	if (plugin->remote)
		remote_clear(plugin->remote);
	set_state(plugin, PLUGIN_STOPPED);
	if (plugin->pid > 0)
		set_timer(plugin, STOP_TIMEOUT);
}

void plugin_restart(struct plugin *plugin)
{
	plugin->failures = 0;
	plugin->local = local_free(plugin->local);
	if (plugin->pid == 0) {
		begin(plugin);
		return;
	}
	plugin->again = true;
	remote_detach(plugin->remote);
	kill_host(plugin);
}

static int copy_setting(struct plugin_setting *to, const struct plugin_setting *from)
{
	to->section = strdup(from->section);
	to->key = strdup(from->key);
	to->value = strdup(from->value);
	to->line = from->line;
	return to->section && to->key && to->value ? 0 : -ENOMEM;
}

static int copy_config(struct plugin_config *to, const struct plugin_config *from)
{
	struct plugin_setting *settings = calloc(from->n_settings + 1, sizeof(*settings));
	int r = 0;

	if (!settings)
		return -ENOMEM;
	to->settings = settings;
	to->isolation = from->isolation;
	to->enabled = from->enabled;
	to->memory_mb = from->memory_mb;
	to->sees_keys = from->sees_keys;
	to->first_instance = from->first_instance;
	to->name = strdup(from->name);
	to->module = strdup(from->module);
	to->file = strdup(from->file ? from->file : "");
	if (!to->name || !to->module || !to->file)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_settings && r == 0; i++) {
		to->n_settings++;
		r = copy_setting(&settings[i], &from->settings[i]);
	}
	return r;
}

/* The values may be secrets. */
static void free_config(struct plugin_config *config)
{
	for (size_t i = 0; i < config->n_settings; i++) {
		char *value = (char *)(uintptr_t)config->settings[i].value;

		if (value)
			explicit_bzero(value, strlen(value));
		free(value);
		free((char *)(uintptr_t)config->settings[i].section);
		free((char *)(uintptr_t)config->settings[i].key);
	}
	free((void *)(uintptr_t)config->settings);
	free((char *)(uintptr_t)config->name);
	free((char *)(uintptr_t)config->module);
	free((char *)(uintptr_t)config->file);
}

static const struct remote_handlers handlers = { on_remote_started, on_remote_failed };

int plugin_new(struct plugin **ret, struct supervisor *supervisor, const struct plugin_config *config)
{
	const struct supervisor_options *options = &supervisor->options;
	const struct remote_timeouts timeouts = { options->start_timeout, options->silence_max,
		options->ping_timeout };
	struct plugin *plugin = calloc(1, sizeof(*plugin));
	int r;

	if (!plugin)
		return -ENOMEM;
	plugin->supervisor = supervisor;
	plugin->state = config->enabled ? PLUGIN_STOPPED : PLUGIN_DISABLED;
	plugin->restart_at = USEC_INFINITY;
	r = copy_config(&plugin->config, config);
	if (r == 0 && config->isolation == PLUGIN_ISOLATION_PROCESS)
		r = remote_new(&plugin->remote, &plugin->config, supervisor->event, supervisor->registry,
			&timeouts, &handlers, plugin);
	if (r < 0) {
		plugin_free(plugin, 0);
		return r;
	}
	*ret = plugin;
	return 0;
}

void plugin_close(struct plugin *plugin)
{
	plugin->state = PLUGIN_STOPPED;
	plugin->child = sd_event_source_disable_unref(plugin->child);
	plugin->timer = sd_event_source_disable_unref(plugin->timer);
	plugin->local = local_free(plugin->local);
	plugin->remote = remote_free(plugin->remote);
}

struct plugin *plugin_free(struct plugin *plugin, usec_t until)
{
	plugin_close(plugin);
	if (plugin->pid > 0)
		process_end(plugin->pid, until);
	free_config(&plugin->config);
	free(plugin->failure);
	free(plugin->ids);
	free(plugin);
	return NULL;
}

static size_t collect_ids(struct plugin *plugin)
{
	size_t n = plugin->remote ? remote_count(plugin->remote) :
		   plugin->local  ? local_plugin(plugin->local)->n_objects :
				    0;

	free(plugin->ids);
	plugin->ids = calloc(n + 1, sizeof(*plugin->ids));
	for (size_t i = 0; plugin->ids && i < n; i++)
		plugin->ids[i] = plugin->remote ? remote_object_id(plugin->remote, i) :
						  local_plugin(plugin->local)->objects[i].info.id;
	return plugin->ids ? n : 0;
}

struct plugin_status plugin_status(struct plugin *plugin)
{
	size_t n = collect_ids(plugin);

	return (struct plugin_status){
		.name = plugin->config.name,
		.module = plugin->config.module,
		.isolation = plugin->config.isolation,
		.state = plugin->state,
		.pid = plugin->pid,
		.restarts = plugin->restarts,
		.started_at = plugin->state == PLUGIN_RUNNING ? plugin->started_at : 0,
		.restart_at = plugin->restart_at,
		.failure = plugin->failure ? plugin->failure : "",
		.objects = plugin->ids,
		.n_objects = n,
	};
}
