/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "build.h"
#include "metrics.h"

#define PREFIX "lwm2m_agent_"

static const char *const state_names[] = {
	[REGISTRATION_IDLE] = "idle",
	[REGISTRATION_CONNECTING] = "connecting",
	[REGISTRATION_REGISTERING] = "registering",
	[REGISTRATION_REGISTERED] = "registered",
	[REGISTRATION_UPDATING] = "updating",
	[REGISTRATION_DEREGISTERING] = "deregistering",
	[REGISTRATION_WAITING] = "waiting",
};

struct family {
	const char *name, *type, *help;
};

static int add_family(struct buffer *ret, const struct family *family)
{
	return buffer_printf(ret, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", family->name,
		family->help, family->name, family->type);
}

/* NAME{KEY="VALUE", which is left open for more labels. */
static int open_sample(struct buffer *ret, const char *name, const char *key, const char *value)
{
	int r = buffer_printf(ret, PREFIX "%s{%s=\"", name, key);

	for (; *value && r >= 0; value++) {
		if (*value == '\n')
			r = buffer_append_text(ret, "\\n");
		else if (*value == '"' || *value == '\\')
			r = buffer_printf(ret, "\\%c", *value);
		else
			r = buffer_append_byte(ret, (uint8_t)*value);
	}
	return r < 0 ? r : buffer_append_byte(ret, '"');
}

static int add_sample(
	struct buffer *ret, const char *name, const char *key, const char *value, uint64_t number)
{
	int r = open_sample(ret, name, key, value);

	return r < 0 ? r : buffer_printf(ret, "} %" PRIu64 "\n", number);
}

static uint64_t registered(const struct agent *agent, const struct server *server)
{
	return registration_stands(engine_registration(agent->engine, server));
}

static uint64_t registrations(const struct agent *agent, const struct server *server)
{
	return engine_counters(agent->engine, server)->events[EVENT_REGISTERED];
}

static uint64_t updates(const struct agent *agent, const struct server *server)
{
	return engine_counters(agent->engine, server)->events[EVENT_UPDATED];
}

static uint64_t retries(const struct agent *agent, const struct server *server)
{
	const struct counters *counters = engine_counters(agent->engine, server);

	return counters->events[EVENT_FAILED] + counters->events[EVENT_UNREACHABLE];
}

static uint64_t losses(const struct agent *agent, const struct server *server)
{
	return engine_counters(agent->engine, server)->events[EVENT_LOST];
}

static uint64_t timeouts(const struct agent *agent, const struct server *server)
{
	return engine_counters(agent->engine, server)->events[EVENT_OPERATION_TIMEOUT];
}

static uint64_t observations(const struct agent *agent, const struct server *server)
{
	return engine_count_observations(agent->engine, server);
}

static const struct {
	struct family family;
	uint64_t (*value)(const struct agent *agent, const struct server *server);
} of_servers[] = {
	{ { "registered", "gauge", "Does the registration with this server stand?" }, registered },
	{ { "registrations_total", "counter", "Registrations that this server accepted." }, registrations },
	{ { "registration_updates_total", "counter", "Registration Updates that it accepted." }, updates },
	{ { "registration_retries_total", "counter", "Registers and Updates that failed and are tried again." },
	  retries },
	{ { "registration_losses_total", "counter", "Registrations that stood and are gone." }, losses },
	{ { "operation_timeouts_total", "counter", "Operations that an object did not end in time." },
	  timeouts },
	{ { "observations", "gauge", "Observations that it has." }, observations },
};

static int add_states(const struct agent *agent, const struct server *server, struct buffer *ret)
{
	const struct registration *registration = engine_registration(agent->engine, server);
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(state_names) && r >= 0; i++) {
		r = open_sample(ret, "registration_state", "server", server->name);
		if (r >= 0)
			r = buffer_printf(
				ret, ",state=\"%s\"} %d\n", state_names[i], registration->state == i);
	}
	return r;
}

static int add_notifications(const struct agent *agent, const struct server *server, struct buffer *ret)
{
	const struct counters *counters = engine_counters(agent->engine, server);
	const struct {
		const char *confirmable;
		uint64_t count;
	} kinds[] = {
		{ "false", counters->notifications - counters->confirmable },
		{ "true", counters->confirmable },
	};
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(kinds) && r >= 0; i++) {
		r = open_sample(ret, "notifications_total", "server", server->name);
		if (r >= 0)
			r = buffer_printf(ret, ",confirmable=\"%s\"} %" PRIu64 "\n", kinds[i].confirmable,
				kinds[i].count);
	}
	return r;
}

/* What never happened is left out: most pairs never do. */
static int add_answers(const struct server *server, const char *operation, const uint64_t *counts,
		       struct buffer *ret)
{
	char code[8];
	int r = 0;

	for (size_t i = 0; i < COUNTERS_CODES_MAX && r >= 0; i++) {
		if (counts[i] == 0)
			continue;
		snprintf(code, sizeof(code), "%u.%02u", counters_code(i) >> 5, counters_code(i) & 31);
		r = open_sample(ret, "requests_total", "server", server->name);
		if (r >= 0)
			r = buffer_printf(ret, ",operation=\"%s\",code=\"%s\"} %" PRIu64 "\n", operation,
				counters_code(i) ? code : "other", counts[i]);
	}
	return r;
}

static int add_requests(const struct agent *agent, const struct server *server, struct buffer *ret)
{
	const struct counters *counters = engine_counters(agent->engine, server);
	int r = 0;

	for (int i = 0; i < _COUNTED_MAX && r >= 0; i++)
		r = add_answers(server, counters_operation_name((enum counted_operation)i),
			counters->answers[i], ret);
	return r;
}

static const struct {
	struct family family;
	int (*add)(const struct agent *agent, const struct server *server, struct buffer *ret);
} sets_of_servers[] = {
	{ { "registration_state", "gauge", "1 for the state that the registration is in." }, add_states },
	{ { "requests_total", "counter", "Requests of this server, by operation and code of the answer." },
	  add_requests },
	{ { "notifications_total", "counter", "Notifications sent to this server." }, add_notifications },
};

static int add_servers(const struct agent *agent, struct buffer *ret)
{
	const struct server *server;
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(of_servers) && r >= 0; i++) {
		r = add_family(ret, &of_servers[i].family);
		list_for_each(server, &agent->config->servers.list, link)
			if (r >= 0 && engine_counters(agent->engine, server))
				r = add_sample(ret, of_servers[i].family.name, "server", server->name,
					of_servers[i].value(agent, server));
	}
	for (size_t i = 0; i < ELEMENTSOF(sets_of_servers) && r >= 0; i++) {
		r = add_family(ret, &sets_of_servers[i].family);
		list_for_each(server, &agent->config->servers.list, link)
			if (r >= 0 && engine_counters(agent->engine, server))
				r = sets_of_servers[i].add(agent, server, ret);
	}
	return r;
}

static int add_plugins(const struct agent *agent, struct buffer *ret)
{
	static const struct family running = { "plugin_running", "gauge", "Does this plugin run?" };
	static const struct family restarts = { "plugin_restarts_total", "counter",
		"Starts of this plugin but the first." };
	size_t count = supervisor_count(agent->supervisor);
	int r = add_family(ret, &running);

	for (size_t i = 0; i < count && r >= 0; i++) {
		struct plugin_status status = supervisor_status(agent->supervisor, i);

		r = add_sample(ret, running.name, "plugin", status.name, status.state == PLUGIN_RUNNING);
	}
	if (r >= 0)
		r = add_family(ret, &restarts);
	for (size_t i = 0; i < count && r >= 0; i++) {
		struct plugin_status status = supervisor_status(agent->supervisor, i);

		r = add_sample(ret, restarts.name, "plugin", status.name, status.restarts);
	}
	return r;
}

static int add_plain(struct buffer *ret, const struct family *family, uint64_t number)
{
	int r = add_family(ret, family);

	return r < 0 ? r : buffer_printf(ret, PREFIX "%s %" PRIu64 "\n", family->name, number);
}

static int add_agent(const struct agent *agent, struct buffer *ret)
{
	static const struct family build = { "build_info", "gauge", "Constant; the label is the version." };
	static const struct family start = { "start_time_seconds", "gauge",
		"When the counters began, at the start or the last reload, in seconds since 1970." };
	static const struct family sent = { "sent_bytes_total", "counter",
		"Bytes sent to all servers, with the headers of UDP and IP." };
	static const struct family received = { "received_bytes_total", "counter",
		"Bytes received from all servers, with the headers of UDP and IP." };
	const struct metrics *metrics = agent->metrics;
	usec_t age = usec_now() - metrics->since;
	int r = add_family(ret, &build);

	if (r >= 0)
		r = add_sample(ret, build.name, "version", BUILD_VERSION, 1);
	if (r >= 0)
		r = add_plain(ret, &start, (uint64_t)time(NULL) - age / USEC_PER_SEC);
	if (r >= 0)
		r = add_plain(ret, &sent, metrics->traffic.sent);
	return r < 0 ? r : add_plain(ret, &received, metrics->traffic.received);
}

int metrics_format(const struct agent *agent, struct buffer *ret)
{
	int r = add_agent(agent, ret);

	if (r >= 0)
		r = add_servers(agent, ret);
	return r < 0 ? r : add_plugins(agent, ret);
}
