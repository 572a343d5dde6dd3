/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "agent-internal.h"
#include "base/log.h"
#include "build.h"
#include "machine.h"
#include "metrics.h"
#include "monitor.h"
#include "provision.h"

static void on_disable(void *userdata, struct server *server)
{
	((struct agent *)userdata)->disable_wanted |= UINT64_C(1) << server->session;
}

static void on_update(void *userdata, struct server *server)
{
	((struct agent *)userdata)->update_wanted |= UINT64_C(1) << server->session;
}

static void on_bootstrap(void *userdata, struct server *server)
{
	((struct agent *)userdata)->bootstrap_wanted = true;
}

static const struct server_object_actions server_object_actions = {
	.disable = on_disable,
	.update = on_update,
};

/* Where there is nobody to bootstrap from, 1/x/9 says so. */
static const struct server_object_actions bootstrap_actions = {
	.disable = on_disable,
	.update = on_update,
	.bootstrap = on_bootstrap,
};

static const char *state_dir(const struct agent *agent)
{
	return agent->options->state_dir ? agent->options->state_dir :
	       agent->config->state_dir	 ? agent->config->state_dir :
					   BUILD_STATEDIR "/lwm2m-agent";
}

static int open_adapters(struct agent *agent)
{
	const struct options *options = agent->options;
	int r = loop_new(&pump_loop_handlers, agent, &agent->loop);

	if (r < 0)
		return log_error_errno(r, "Cannot set up the event loop: %m");
	r = bus_new(loop_event(agent->loop), options->bus, &agent->bus);
	if (r < 0)
		return log_error_errno(r,
			"--bus has to be system, session, none or a D-Bus address, not '%s'", options->bus);
	r = network_new(loop_event(agent->loop), pump_network_changed, agent, &agent->network);
	if (r < 0)
		log_warning(
			"Cannot listen for changes of the network; servers hear of them at the next update: %s",
			strerror(-r));
	r = store_open(state_dir(agent), &agent->store);
	if (r == 0)
		r = provision_load(agent);
	if (r < 0)
		return r;
	r = transport_new(&pump_transport_handlers, agent, &agent->transport);
	if (r == 0)
		r = loop_add_fd(agent->loop, transport_get_fd(agent->transport), pump_receive, agent);
	return r < 0 ? log_error_errno(r, "Cannot set up the transport: %m") : 0;
}

/* With one server nothing is checked, and there is no object 2 (Core 1.2, 8.1). */
static int add_access_control(struct agent *agent)
{
	const struct server *server;
	size_t count = 0;
	int r;

	list_for_each(server, &agent->config->servers.list, link)
		count += !server->bootstrap;
	if (count < 2)
		return 0;
	r = access_control_new(&agent->config->servers, &agent->access_control);
	if (r == 0)
		r = registry_add(&agent->registry, access_control_get(agent->access_control));
	if (r == 0)
		agent->registry.acl = access_control_acl(agent->access_control);
	return r;
}

static int add_objects(struct agent *agent)
{
	const struct config_device *from = &agent->config->device;
	const struct device_config device = {
		.manufacturer = from->manufacturer, .model_number = from->model_number,
		.serial_number = from->serial_number, .device_type = from->device_type,
		.hardware_version = from->hardware_version, .software_version = BUILD_VERSION,
	};
	struct servers *servers = &agent->config->servers;
	int r;

	r = security_new(servers, &agent->security);
	if (r == 0)
		r = registry_add(&agent->registry, security_object(agent->security));
	if (r == 0)
		r = server_object_new(servers, servers_find_bootstrap(servers) ? &bootstrap_actions : &server_object_actions,
			agent, &agent->server_object);
	if (r == 0)
		r = registry_add(&agent->registry, server_object_get(agent->server_object));
	if (r == 0)
		r = add_access_control(agent);
	if (r == 0)
		r = device_new(&device, &machine_actions, agent, &agent->device);
	if (r == 0)
		r = registry_add(&agent->registry, device_object(agent->device));
	if (r == 0)
		r = monitor_add(agent);
	return r < 0 ? log_error_errno(r, "Cannot set up the core objects: %m") : 0;
}

static int add_plugin(struct agent *agent, const struct config_plugin *from)
{
	_cleanup_(freep) struct plugin_setting *settings = calloc(from->n_settings + 1, sizeof(*settings));
	const struct plugin_config config = {
		.name = from->name,
		.module = from->module,
		.file = from->file,
		.isolation = from->in_process ? PLUGIN_ISOLATION_NONE : PLUGIN_ISOLATION_PROCESS,
		.enabled = from->enabled,
		.memory_mb = from->memory_mb,
		.sees_keys = from->sees_keys,
		.first_instance = from->first_instance,
		.settings = settings,
		.n_settings = from->n_settings,
	};

	if (!settings)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_settings; i++)
		settings[i] = (struct plugin_setting){ from->settings[i].section, from->settings[i].key,
			from->settings[i].value, from->settings[i].line };
	return supervisor_add(agent->supervisor, &config);
}

/* What only the agent has any business with: its state, its credentials and the files with keys. */
static int name_hidden(struct agent *agent)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	int r = buffer_printf(&agent->hidden, "%s\n%s\n", state_dir(agent), credentials ? credentials : "");

	if (r >= 0)
		r = buffer_append(&agent->hidden, agent->config->secrets.data, agent->config->secrets.len);
	return r < 0 ? r : buffer_append_byte(&agent->hidden, '\0');
}

static int add_plugins(struct agent *agent)
{
	struct supervisor_options options = { .host_path = agent->options->host_path };
	int r = name_hidden(agent);

	options.hidden = (const char *)agent->hidden.data;
	if (r == 0)
		r = supervisor_new(&agent->supervisor, loop_event(agent->loop), &agent->registry, &options);
	for (size_t i = 0; i < agent->config->n_plugins && r == 0; i++)
		r = add_plugin(agent, &agent->config->plugins[i]);
	return r < 0 ? log_error_errno(r, "Cannot set up the plugins: %m") : 0;
}

static int add_api(struct agent *agent)
{
	const struct api_parts parts = {
		.event = loop_event(agent->loop),
		.address = agent->options->bus,
		.version = BUILD_VERSION,
		.endpoint = agent->config->endpoint,
		.started_at = agent->options->started_at,
		.engine = agent->engine,
		.registry = &agent->registry,
		.servers = &agent->config->servers,
		.supervisor = agent->supervisor,
	};
	int r = api_new(&parts, &agent->api);

	return r < 0 ? log_error_errno(r, "Cannot set up the D-Bus API: %m") : 0;
}

static void restore_object(struct agent *agent, const struct object *object)
{
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	char name[ENGINE_NAME_MAX];
	int r;

	engine_object_name(object->info->id, name);
	r = store_read(agent->store, name, &state);
	if (r == -ENOENT && object->info->id == ACL_OBJECT && agent->rights.len > 0)
		r = buffer_append(&state, agent->rights.data, agent->rights.len);
	if (r < 0)
		return;
	r = engine_restore(agent->engine, object->info->id, buffer_bytes(&state));
	if (r < 0)
		log_at(LOG_WARNING, 0, LOG_FIELDS(.object = &object->info->id),
			"What servers once wrote to object %u cannot be used and is left out: %s",
			object->info->id, strerror(-r));
}

/* Without the observations that it belongs to it is of no use, and goes. */
static void resume_history(struct agent *agent, const struct server *server, bool resumed)
{
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	char name[ENGINE_NAME_MAX];
	int r;

	engine_history_name(server, name);
	r = store_read(agent->store, name, &state);
	if (r < 0)
		return;
	r = resumed ? engine_resume_history(agent->engine, usec_now(), server, buffer_bytes(&state)) : -ESTALE;
	if (r == -ESTALE)
		(void)store_remove(agent->store, name);
	else if (r < 0)
		log_server(LOG_WARNING, 0, server->name,
			"%s: the notifications that were stored for it cannot be used: %s", server->name,
			strerror(-r));
}

static void resume_server(struct agent *agent, const struct server *server)
{
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	char name[ENGINE_NAME_MAX];
	int r;

	engine_server_name(server, name);
	r = store_read(agent->store, name, &state);
	if (r < 0) {
		resume_history(agent, server, false);
		return;
	}
	r = engine_resume(agent->engine, usec_now(), server, buffer_bytes(&state));
	if (r == -ESTALE)
		log_server(LOG_NOTICE, 0, server->name,
			"%s: has another address or knew us by another name; starting anew", server->name);
	else if (r < 0)
		log_server(LOG_WARNING, 0, server->name,
			"%s: what was kept of the registration cannot be used: %s", server->name,
			strerror(-r));
	resume_history(agent, server, r == 0);
}

static int make_engine(struct agent *agent)
{
	struct engine_config config = {
		.endpoint = agent->config->endpoint,
		.accounts = &provision_accounts,
		.accounts_userdata = agent,
		.accounts_origin = agent->origin,
		.bootstrapped = agent->bootstrapped,
	};
	const struct server *server;
	int r;

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
		config.seed = usec_now();
	r = engine_new(&config, &agent->registry, &agent->config->servers, &agent->engine);
	if (r < 0)
		return log_error_errno(r, "Cannot set up the engine: %m");
	for (size_t i = 0; i < agent->registry.n_objects; i++)
		if (agent->registry.objects[i]->info->flags & OBJECT_PERSIST)
			restore_object(agent, agent->registry.objects[i]);
	list_for_each(server, &agent->config->servers.list, link)
		if (!server->bootstrap)
			resume_server(agent, server);
	return 0;
}

static int build(struct agent *agent)
{
	int r = open_adapters(agent);

	if (r == 0)
		r = add_objects(agent);
	if (r == 0)
		r = make_engine(agent);
	if (r == 0)
		r = add_plugins(agent);
	if (r == 0)
		r = metrics_add(agent);
	return r < 0 ? r : add_api(agent);
}

int agent_new(const struct options *options, struct config *config, struct agent **ret)
{
	_cleanup_(agent_freep) struct agent *agent = calloc(1, sizeof(*agent));
	int r;

	if (!agent) {
		config_free(config);
		return -ENOMEM;
	}
	agent->options = options;
	agent->config = config;
	r = build(agent);
	if (r < 0)
		return r;
	*ret = steal_pointer(&agent);
	return 0;
}

struct agent *agent_free(struct agent *agent)
{
	if (!agent)
		return NULL;
	sd_event_source_disable_unref(agent->settle_timer);
	sd_event_source_disable_unref(agent->stop_timer);
	api_free(agent->api);
	sd_event_source_disable_unref(agent->keep_timer);
	metrics_free(agent);
	supervisor_free(agent->supervisor);
	buffer_deinit(&agent->hidden);
	buffer_deinit(&agent->rights);
	engine_free(agent->engine);
	monitor_free(agent);
	device_free(agent->device);
	access_control_free(agent->access_control);
	server_object_free(agent->server_object);
	security_free(agent->security);
	registry_deinit(&agent->registry);
	transport_free(agent->transport);
	store_free(agent->store);
	network_free(agent->network);
	bus_free(agent->bus);
	loop_free(agent->loop);
	config_free(agent->next_config);
	config_free(agent->config);
	free(agent);
	return NULL;
}

int agent_run(struct agent *agent, struct config **ret_config)
{
	int r = pump_start(agent);

	r = r < 0 ? log_error_errno(r, "Cannot start: %m") : loop_run(agent->loop);
	if (r == AGENT_RELOAD)
		*ret_config = steal_pointer(&agent->next_config);
	return r;
}
