/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

static usec_t on_now(void *userdata)
{
	return usec_now();
}

static void on_count(void *userdata, struct traffic *traffic)
{
	transport_set_traffic(((struct agent *)userdata)->transport, traffic);
}

static const struct statistics_actions statistics_actions = {
	.now = on_now,
	.count = on_count,
};

static void on_uplink(void *userdata, struct uplink *ret)
{
	const struct agent *agent = userdata;
	struct sockaddr_storage server;
	int r = transport_get_server(agent->transport, &server);

	network_read_uplink(agent->network, r < 0 ? NULL : (const struct sockaddr *)&server, ret);
}

static int on_load(void *userdata, uint32_t interface, struct uplink_load *ret)
{
	return network_read_load(interface, ret);
}

static const struct connectivity_source connectivity_source = {
	.now = on_now,
	.uplink = on_uplink,
	.load = on_load,
};

/* Where the kernel does not let us listen, what object 4 says would soon be wrong. */
int monitor_add(struct agent *agent)
{
	int r = 0;

	if (agent->config->monitoring && agent->network)
		r = connectivity_new(&connectivity_source, agent, &agent->connectivity);
	if (r == 0 && agent->connectivity)
		r = registry_add(&agent->registry, connectivity_object(agent->connectivity));
	if (r == 0 && agent->config->statistics)
		r = statistics_new(&statistics_actions, agent, &agent->statistics);
	if (r == 0 && agent->statistics)
		r = registry_add(&agent->registry, statistics_object(agent->statistics));
	return r;
}

void monitor_free(struct agent *agent)
{
	connectivity_free(agent->connectivity);
	if (agent->transport)
		transport_set_traffic(agent->transport, NULL);
	statistics_free(agent->statistics);
}

void monitor_refresh(struct agent *agent)
{
	if (agent->connectivity)
		connectivity_refresh(agent->connectivity);
}

void monitor_received(struct agent *agent)
{
	if (agent->statistics)
		statistics_noticed(agent->statistics);
}

/* The path of a composite observation is the root; object 7 may be part of it. */
static bool may_be_of_statistics(struct bytes path)
{
	const char *text = (const char *)path.data;

	return path.len < 2 || (text[1] == '7' && (path.len == 2 || text[2] == '/'));
}

void monitor_sent(struct agent *agent, const struct effect *effect)
{
	if (effect->type != EFFECT_NOTIFY || !may_be_of_statistics(effect->message.path))
		monitor_received(agent);
}

usec_t monitor_deadline(const struct agent *agent)
{
	return agent->statistics ? statistics_deadline(agent->statistics) : USEC_INFINITY;
}

void monitor_tick(struct agent *agent)
{
	if (agent->statistics)
		statistics_tick(agent->statistics, usec_now());
}
