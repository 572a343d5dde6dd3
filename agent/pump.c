/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent-internal.h"
#include "base/log.h"
#include "keep.h"
#include "monitor.h"
#include "report.h"

/* systemd's patience is longer than a De-register's four retransmissions; ours is not. */
#define STOP_TIMEOUT (4 * USEC_PER_SEC)

/* A plugin that starts slowly is told to the server by an Update, and nobody waits for it; most are there long before. */
#define SETTLE_TIMEOUT (2 * USEC_PER_SEC)

/* Both clocks are read anew: the wall clock may have been set since. */
static usec_t tell_time(struct agent *agent)
{
	usec_t now = usec_now();
	struct timespec wall;
	bool is_set;

	clock_gettime(CLOCK_REALTIME, &wall);
	is_set = engine_set_wall_clock(agent->engine, now,
		(int64_t)wall.tv_sec * (int64_t)USEC_PER_SEC + wall.tv_nsec / 1000 - (int64_t)now);
	if (is_set == agent->clock_unset) {
		agent->clock_unset = !is_set;
		agent->status_changed = true;
		report_clock(is_set);
	}
	return now;
}

void pump_carry_out(struct agent *agent)
{
	const struct effect *effect;
	char text[REPORT_WHY_MAX];
	const char *failure;

	while (engine_next(agent->engine, &effect) > 0) {
		switch (effect->type) {
		case EFFECT_PERSIST:
			keep_effect(agent, effect);
			break;
		case EFFECT_EVENT:
			failure = transport_failure(agent->transport, effect->server);
			report_event(effect, failure);
			api_event(agent->api, effect, report_why(effect, failure, text, sizeof(text)));
			agent->status_changed = true;
			agent->rebuild_wanted |= effect->event == EVENT_BOOTSTRAPPED ||
						 effect->event == EVENT_ACCOUNT_PURGED;
			break;
		case EFFECT_ANSWER:
			api_answer(agent->api, effect);
			break;
		case EFFECT_CONNECT:
		case EFFECT_REQUEST:
			api_changed(agent->api);
			/* fall through */
		default:
			(void)transport_handle(agent->transport, effect);
			monitor_sent(agent, effect);
		}
	}
}

static void on_request(void *userdata, const struct message *request)
{
	struct agent *agent = userdata;

	engine_request(agent->engine, tell_time(agent), request);
	pump_carry_out(agent);
}

static void on_connected(void *userdata, uint16_t session, int error)
{
	struct agent *agent = userdata;

	monitor_refresh(agent);
	engine_connected(agent->engine, tell_time(agent), session, error);
	pump_carry_out(agent);
}

static void on_response(void *userdata, uint32_t id, int error, const struct message *response)
{
	struct agent *agent = userdata;

	if (response)
		monitor_received(agent);
	engine_response(agent->engine, tell_time(agent), id, error, response);
	pump_carry_out(agent);
}

const struct transport_handlers pump_transport_handlers = {
	.request = on_request,
	.connected = on_connected,
	.response = on_response,
};

void pump_receive(void *userdata)
{
	struct agent *agent = userdata;
	int r = transport_process(agent->transport);

	if (r < 0)
		loop_exit(agent->loop, log_error_errno(r, "Cannot receive: %m"));
}

void pump_network_changed(void *userdata)
{
	struct agent *agent = userdata;

	if (!agent->started || agent->stopping)
		return;
	log_info("The network has changed");
	agent->status_changed = true;
	monitor_refresh(agent);
	engine_network_changed(agent->engine, usec_now());
}

static int on_stop_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct agent *agent = userdata;

	log_warning("A server does not answer; leaving without a De-register");
	engine_stop(agent->engine, tell_time(agent), false);
	return 0;
}

/* agent_run() returns ending, once the servers that are to hear of it have. */
static void end(struct agent *agent, int ending, bool deregister)
{
	if (agent->stopping)
		return;
	agent->stopping = true;
	api_set_stopping(agent->api);
	agent->ending = ending;
	keep_last_time(agent);
	engine_stop(agent->engine, tell_time(agent), deregister);
	(void)sd_event_add_time_relative(loop_event(agent->loop), &agent->stop_timer, CLOCK_BOOTTIME,
		STOP_TIMEOUT, 0, on_stop_timeout, agent);
}

static void on_stop(void *userdata, int signo)
{
	struct agent *agent = userdata;

	loop_notify_stopping();
	end(agent, AGENT_STOPPED, agent->config->deregister_on_stop);
}

/* A configuration that is wrong changes nothing. */
static void on_reload(void *userdata)
{
	struct agent *agent = userdata;
	int r;

	if (agent->stopping)
		return;
	loop_notify_reloading();
	r = config_load(agent->options->config, agent->options->plugin_dir, NULL, NULL, &agent->next_config);
	/* A plugin that runs is better than one that is left out. */
	if (r == 0 && agent->next_config->n_wrong_plugins > 0) {
		agent->next_config = config_free(agent->next_config);
		r = -EINVAL;
	}
	if (r < 0) {
		log_error("The configuration is not taken over; the one from before stays in use");
		loop_notify_ready("");
		agent->status_changed = agent->reload_failed = true;
		return;
	}
	log_notice("Taking over the configuration");
	end(agent, AGENT_RELOAD, false);
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

/* What objects asked for while they were called by the engine; the answers are out by now. False: nothing. */
static bool act(struct agent *agent)
{
	bool wanted = agent->update_wanted || agent->disable_wanted || agent->reboot_wanted ||
		      agent->reset_wanted || agent->bootstrap_wanted || agent->rebuild_wanted;

	if (agent->update_wanted)
		for_each_wanted(agent, &agent->update_wanted, engine_update);
	if (agent->disable_wanted)
		for_each_wanted(agent, &agent->disable_wanted, engine_disable);
	if (agent->bootstrap_wanted) {
		agent->bootstrap_wanted = false;
		(void)engine_bootstrap(agent->engine, tell_time(agent));
	}
	if (agent->rebuild_wanted) {
		agent->rebuild_wanted = false;
		end(agent, AGENT_REBUILD, true);
	}
	if (agent->reboot_wanted) {
		agent->reboot_wanted = false;
		log_notice("A server has asked for a restart of this machine");
		(void)bus_reboot(agent->bus);
	}
	if (agent->reset_wanted) {
		agent->reset_wanted = false;
		log_notice("A server has asked for a factory reset");
		end(agent, AGENT_RESET, true);
	}
	return wanted;
}

static void finish_if_idle(struct agent *agent)
{
	if (!agent->stopping || !engine_is_idle(agent->engine))
		return;
	if (agent->ending == AGENT_RESET)
		(void)store_wipe(agent->store);
	loop_exit(agent->loop, agent->ending);
}

static void tell_status(struct agent *agent)
{
	_cleanup_(buffer_deinit) struct buffer status = { 0 };

	/* systemd has no way for a reload to fail: whoever looks sees it here. */
	if (agent->reload_failed)
		(void)buffer_append_text(&status, "the changed configuration is wrong and not in use, see the journal");
	if (report_status(agent->engine, &agent->config->servers, usec_now(), &status) < 0)
		return;
	loop_notify_status((const char *)status.data);
	api_set_status(agent->api, (const char *)status.data);
}

/* An operation that an object ended by itself is answered by a tick, and what it asked for comes after the answer. */
static void settle(struct agent *agent)
{
	do {
		pump_carry_out(agent);
		while (engine_deadline(agent->engine) == 0) {
			engine_tick(agent->engine, tell_time(agent));
			pump_carry_out(agent);
		}
	} while (act(agent));
}

/* Before each wait: nothing is left to do until something comes in or the deadline is there. */
static void on_pump(void *userdata)
{
	struct agent *agent = userdata;

	do
		settle(agent);
	while (api_run(agent->api));
	transport_flush(agent->transport);
	finish_if_idle(agent);
	if (agent->status_changed && !agent->stopping) {
		agent->status_changed = false;
		tell_status(agent);
	}
	api_refresh(agent->api);
	(void)loop_set_deadline(
		agent->loop, usec_min(engine_deadline(agent->engine), monitor_deadline(agent)));
}

static void on_deadline(void *userdata)
{
	struct agent *agent = userdata;

	monitor_tick(agent);
	engine_tick(agent->engine, tell_time(agent));
}

/* The status has times of day. */
static void on_clock_set(void *userdata)
{
	struct agent *agent = userdata;

	(void)tell_time(agent);
	agent->status_changed = true;
}

const struct loop_handlers pump_loop_handlers = {
	.pump = on_pump,
	.deadline = on_deadline,
	.stop = on_stop,
	.reload = on_reload,
	.clock_set = on_clock_set,
};

static void start_engine(struct agent *agent)
{
	if (agent->started || agent->stopping)
		return;
	agent->started = agent->status_changed = true;
	loop_notify_ready("starting");
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

int pump_start(struct agent *agent)
{
	supervisor_set_settled_handler(agent->supervisor, on_settled, agent);
	loop_notify_status("starting the plugins");
	supervisor_start(agent->supervisor);
	if (supervisor_is_settled(agent->supervisor)) {
		start_engine(agent);
		return 0;
	}
	return sd_event_add_time_relative(loop_event(agent->loop), &agent->settle_timer, CLOCK_BOOTTIME,
		SETTLE_TIMEOUT, 0, on_settle_timeout, agent);
}
