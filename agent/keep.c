/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <stdio.h>

#include "agent-internal.h"

#define WAIT_MIN (10 * USEC_PER_SEC)
#define WAIT_MAX (600 * USEC_PER_SEC)

/* New accounts begin without what servers wrote to the old ones: as far as that still holds, they have it. */
static void forget_writes(struct agent *agent)
{
	static const uint16_t objects[] = { 1, ACL_OBJECT };
	char name[ENGINE_NAME_MAX];

	for (size_t i = 0; i < ELEMENTSOF(objects); i++) {
		engine_object_name(objects[i], name);
		(void)store_remove(agent->store, name);
	}
}

static int keep(struct agent *agent, const struct effect *effect)
{
	struct bytes path = effect->message.path;
	char name[ENGINE_NAME_MAX];
	int r;

	snprintf(name, sizeof(name), "%.*s", (int)path.len, (const char *)path.data);
	if (effect->message.payload.len == 0)
		return store_remove(agent->store, name);
	r = store_write(agent->store, name, effect->message.payload);
	if (r == 0 && strcmp(name, ENGINE_ACCOUNTS_NAME) == 0)
		forget_writes(agent);
	/*
	 * An older state of a registration is worse than none: it would be gone on with. Older accounts are
	 * what there is.
	 */
	if (r < 0 && effect->server && !effect->server->bootstrap)
		(void)store_remove(agent->store, name);
	return r;
}

static void try_again(struct agent *agent)
{
	agent->keep_timer = sd_event_source_disable_unref(agent->keep_timer);
	engine_keep_again(agent->engine, usec_now());
	pump_carry_out(agent);
	if (!agent->keep_timer)
		agent->keep_wait = 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	try_again(userdata);
	return 0;
}

static void wait_for_room(struct agent *agent)
{
	if (agent->keep_timer)
		return;
	agent->keep_wait = agent->keep_wait == 0 ? WAIT_MIN : usec_min(2 * agent->keep_wait, WAIT_MAX);
	(void)sd_event_add_time_relative(loop_event(agent->loop), &agent->keep_timer, CLOCK_BOOTTIME,
		agent->keep_wait, 0, on_time, agent);
}

void keep_effect(struct agent *agent, const struct effect *effect)
{
	int r = keep(agent, effect);

	/* What is too large for a file will be so again. */
	if (r >= 0 || r == -EMSGSIZE)
		return;
	engine_not_kept(agent->engine, usec_now(), effect);
	wait_for_room(agent);
}

void keep_last_time(struct agent *agent)
{
	if (agent->keep_timer)
		try_again(agent);
}
