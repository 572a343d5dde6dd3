/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "build.h"
#include "io/bus.h"
#include "io/loop.h"
#include "io/store.h"
#include "io/transport.h"
#include "objects/device.h"
#include "objects/security.h"
#include "objects/server-object.h"
#include "plugin/supervisor.h"
#include "report.h"

/* systemd's patience is longer than a De-register's four retransmissions; ours is not. */
#define STOP_TIMEOUT (4 * USEC_PER_SEC)

/* A plugin that starts slowly is told to the server by an Update; most are there long before. */
#define SETTLE_TIMEOUT (2 * USEC_PER_SEC)

struct agent {
	struct config *config;
	struct loop *loop;
	struct bus *bus;
	struct store *store;
	struct transport *transport;
	struct registry registry;
	struct security *security;
	struct server_object *server_object;
	struct device *device;
	struct supervisor *supervisor;
	struct engine *engine;
	sd_event_source *settle_timer, *stop_timer;
	bool started, stopping, status_changed;
	/* What objects asked for; done by the pump once the answers are out. */
	bool reboot_wanted, reset_wanted;
	uint64_t update_wanted, disable_wanted; /* a bit per session */
};

static void persist(struct agent *agent, const struct effect *effect)
{
	char name[32];

	snprintf(name, sizeof(name), "object-%.*s", (int)effect->message.path.len,
		(const char *)effect->message.path.data);
	(void)store_write(agent->store, name, effect->message.payload);
}

static void carry_out(struct agent *agent)
{
	const struct effect *effect;

	while (engine_next(agent->engine, &effect) > 0) {
		switch (effect->type) {
		case EFFECT_PERSIST:
			persist(agent, effect);
			break;
		case EFFECT_EVENT:
			report_event(effect);
			agent->status_changed = true;
			break;
		default:
			(void)transport_handle(agent->transport, effect);
		}
	}
}

static void on_request(void *userdata, const struct message *request)
{
	struct agent *agent = userdata;

	engine_request(agent->engine, usec_now(), request);
	carry_out(agent);
}

static void on_connected(void *userdata, uint16_t session, int error)
{
	struct agent *agent = userdata;

	engine_connected(agent->engine, usec_now(), session, error);
	carry_out(agent);
}

static void on_response(void *userdata, uint32_t id, int error, const struct message *response)
{
	struct agent *agent = userdata;

	engine_response(agent->engine, usec_now(), id, error, response);
	carry_out(agent);
}

static const struct transport_handlers transport_handlers = {
	.request = on_request,
	.connected = on_connected,
	.response = on_response,
};

static void on_transport(void *userdata)
{
	struct agent *agent = userdata;
	int r = transport_process(agent->transport);

	if (r < 0)
		loop_exit(agent->loop, log_error_errno(r, "Cannot receive: %m"));
}

static void for_each_wanted(struct agent *agent, uint64_t *wanted,
			    void (*call)(struct engine *engine, usec_t now, const struct server *server))
{
	struct server *server;

	list_for_each(server, &agent->config->servers.list, link)
		if (!server->bootstrap && *wanted & UINT64_C(1) << server->session)
			call(agent->engine, usec_now(), server);
	*wanted = 0;
}

static void act(struct agent *agent)
{
	if (agent->update_wanted)
		for_each_wanted(agent, &agent->update_wanted, engine_update);
	if (agent->disable_wanted)
		for_each_wanted(agent, &agent->disable_wanted, engine_disable);
	if (agent->reboot_wanted) {
		agent->reboot_wanted = false;
		log_notice("A server has asked for a restart of this machine");
		(void)bus_reboot(agent->bus);
	}
}

static int on_stop_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct agent *agent = userdata;

	log_warning("A server does not answer the De-register; leaving without");
	engine_stop(agent->engine, usec_now(), false);
	return 0;
}

static void stop(struct agent *agent, bool deregister)
{
	if (agent->stopping)
		return;
	agent->stopping = true;
	loop_notify_stopping();
	engine_stop(agent->engine, usec_now(), deregister);
	(void)sd_event_add_time_relative(loop_event(agent->loop), &agent->stop_timer, CLOCK_BOOTTIME, STOP_TIMEOUT, 0,
		on_stop_timeout, agent);
}

static void on_stop(void *userdata, int signo)
{
	struct agent *agent = userdata;

	stop(agent, agent->config->deregister_on_stop);
}

static void on_reload(void *userdata)
{
	log_notice("Changes of the configuration take effect with a restart, which keeps the registrations");
}

static void finish_if_idle(struct agent *agent)
{
	if (agent->reset_wanted && !agent->stopping) {
		log_notice("A server has asked for a factory reset");
		stop(agent, true);
		carry_out(agent);
	}
	if (!agent->stopping || !engine_is_idle(agent->engine))
		return;
	if (agent->reset_wanted)
		(void)store_wipe(agent->store);
	loop_exit(agent->loop, agent->reset_wanted ? AGENT_RESET : AGENT_STOPPED);
}

/* Before each wait: nothing is left to do until something comes in or the deadline is there. */
static void on_pump(void *userdata)
{
	struct agent *agent = userdata;

	carry_out(agent);
	act(agent);
	while (engine_deadline(agent->engine) == 0) {
		engine_tick(agent->engine, usec_now());
		carry_out(agent);
	}
	carry_out(agent);
	transport_flush(agent->transport);
	finish_if_idle(agent);
	if (agent->status_changed) {
		agent->status_changed = false;
		report_status(agent->engine, &agent->config->servers, usec_now());
	}
	(void)loop_set_deadline(agent->loop, engine_deadline(agent->engine));
}

static void on_deadline(void *userdata)
{
	struct agent *agent = userdata;

	engine_tick(agent->engine, usec_now());
}

static const struct loop_handlers loop_handlers = {
	.pump = on_pump,
	.deadline = on_deadline,
	.stop = on_stop,
	.reload = on_reload,
};

static void on_reboot(void *userdata)
{
	((struct agent *)userdata)->reboot_wanted = true;
}

static void on_factory_reset(void *userdata)
{
	((struct agent *)userdata)->reset_wanted = true;
}

static int on_set_time(void *userdata, int64_t seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	return clock_settime(CLOCK_REALTIME, &time) < 0 ? -errno : 0;
}

static const struct device_actions device_actions = {
	.reboot = on_reboot,
	.factory_reset = on_factory_reset,
	.set_time = on_set_time,
};

static void on_disable(void *userdata, struct server *server)
{
	((struct agent *)userdata)->disable_wanted |= UINT64_C(1) << server->session;
}

static void on_update(void *userdata, struct server *server)
{
	((struct agent *)userdata)->update_wanted |= UINT64_C(1) << server->session;
}

static const struct server_object_actions server_object_actions = {
	.disable = on_disable,
	.update = on_update,
};

static int open_adapters(struct agent *agent, const struct options *options)
{
	const char *state_dir = options->state_dir	 ? options->state_dir :
				agent->config->state_dir ? agent->config->state_dir :
							   BUILD_STATEDIR "/lwm2m-agent";
	int r = loop_new(&loop_handlers, agent, &agent->loop);

	if (r < 0)
		return log_error_errno(r, "Cannot set up the event loop: %m");
	r = bus_new(loop_event(agent->loop), options->bus, &agent->bus);
	if (r < 0)
		return log_error_errno(r, "--bus has to be system, session, none or a D-Bus address, not '%s'", options->bus);
	r = store_open(state_dir, &agent->store);
	if (r < 0)
		return r;
	r = transport_new(&transport_handlers, agent, &agent->transport);
	if (r == 0)
		r = loop_add_fd(agent->loop, transport_get_fd(agent->transport), on_transport, agent);
	return r < 0 ? log_error_errno(r, "Cannot set up the transport: %m") : 0;
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
		r = server_object_new(servers, &server_object_actions, agent, &agent->server_object);
	if (r == 0)
		r = registry_add(&agent->registry, server_object_get(agent->server_object));
	if (r == 0)
		r = device_new(&device, &device_actions, agent, &agent->device);
	if (r == 0)
		r = registry_add(&agent->registry, device_object(agent->device));
	return r < 0 ? log_error_errno(r, "Cannot set up the core objects: %m") : 0;
}

static int add_plugin(struct agent *agent, const struct config_plugin *from)
{
	_cleanup_(freep) struct plugin_setting *settings = calloc(from->n_settings + 1, sizeof(*settings));
	const struct plugin_config config = {
		.name = from->name,
		.module = from->module,
		.isolation = from->in_process ? PLUGIN_ISOLATION_NONE : PLUGIN_ISOLATION_PROCESS,
		.enabled = from->enabled,
		.settings = settings,
		.n_settings = from->n_settings,
	};

	if (!settings)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_settings; i++)
		settings[i] = (struct plugin_setting){ from->settings[i].section, from->settings[i].key,
			from->settings[i].value };
	return supervisor_add(agent->supervisor, &config);
}

static int add_plugins(struct agent *agent, const struct options *options)
{
	const struct supervisor_options supervisor_options = { .host_path = options->host_path };
	int r = supervisor_new(&agent->supervisor, loop_event(agent->loop), &agent->registry, &supervisor_options);

	for (size_t i = 0; i < agent->config->n_plugins && r == 0; i++)
		r = add_plugin(agent, &agent->config->plugins[i]);
	return r < 0 ? log_error_errno(r, "Cannot set up the plugins: %m") : 0;
}

static void restore_object(struct agent *agent, const struct object *object)
{
	_cleanup_(buffer_deinit) struct buffer state = { 0 };
	char name[32];
	int r;

	snprintf(name, sizeof(name), "object-%u", object->info->id);
	r = store_read(agent->store, name, &state);
	if (r < 0)
		return;
	r = engine_restore(agent->engine, object->info->id, buffer_bytes(&state));
	if (r < 0)
		log_warning("What servers once wrote to object %u cannot be used and is left out: %s", object->info->id,
			strerror(-r));
}

static int make_engine(struct agent *agent)
{
	struct engine_config config = { .endpoint = agent->config->endpoint };
	int r;

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
		config.seed = usec_now();
	r = engine_new(&config, &agent->registry, &agent->config->servers, &agent->engine);
	if (r < 0)
		return log_error_errno(r, "Cannot set up the engine: %m");
	for (size_t i = 0; i < agent->registry.n_objects; i++)
		if (agent->registry.objects[i]->info->flags & OBJECT_PERSIST)
			restore_object(agent, agent->registry.objects[i]);
	return 0;
}

static int build(struct agent *agent, const struct options *options)
{
	int r = open_adapters(agent, options);

	if (r == 0)
		r = add_objects(agent);
	if (r == 0)
		r = make_engine(agent);
	return r < 0 ? r : add_plugins(agent, options);
}

int agent_new(const struct options *options, struct config *config, struct agent **ret)
{
	_cleanup_(agent_freep) struct agent *agent = calloc(1, sizeof(*agent));
	int r;

	if (!agent) {
		config_free(config);
		return -ENOMEM;
	}
	agent->config = config;
	r = build(agent, options);
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
	supervisor_free(agent->supervisor);
	engine_free(agent->engine);
	device_free(agent->device);
	server_object_free(agent->server_object);
	security_free(agent->security);
	registry_deinit(&agent->registry);
	transport_free(agent->transport);
	store_free(agent->store);
	bus_free(agent->bus);
	loop_free(agent->loop);
	config_free(agent->config);
	free(agent);
	return NULL;
}

/* Once: when all plugins are there, or enough time was given to them. */
static void start_engine(struct agent *agent)
{
	if (agent->started || agent->stopping)
		return;
	agent->started = true;
	agent->status_changed = true;
	engine_start(agent->engine, usec_now());
}

static void on_settled(void *userdata)
{
	start_engine(userdata);
}

static int on_settle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	start_engine(userdata);
	return 0;
}

int agent_run(struct agent *agent)
{
	supervisor_set_settled_handler(agent->supervisor, on_settled, agent);
	supervisor_start(agent->supervisor);
	loop_notify_ready("starting");
	if (supervisor_is_settled(agent->supervisor))
		start_engine(agent);
	else
		(void)sd_event_add_time_relative(loop_event(agent->loop), &agent->settle_timer, CLOCK_BOOTTIME,
			SETTLE_TIMEOUT, 0, on_settle_timeout, agent);
	return loop_run(agent->loop);
}
