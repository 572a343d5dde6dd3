/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - calls on the agent over D-Bus, and what their failures mean to people
 *
 * All functions return an outcome (ctl.h), or -errno where memory or the library fails. A call that fails has
 * been told on the standard error with what to try next.
 */
#pragma once

#include "base/cleanup.h"
#include "ctl.h"

#define AGENT_NAME      "org.lwm2m.Agent1"
#define AGENT_PATH      "/org/lwm2m/Agent1"
#define AGENT_INTERFACE "org.lwm2m.Agent1"

static inline void message_unrefp(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

static inline void bus_error_freep(sd_bus_error *error)
{
	sd_bus_error_free(error);
}

/* Connects ctl->bus, once. */
int connection_open(struct ctl *ctl);

/* A call to be filled in, of ctl->bus, which it opens. It does not start the agent. */
int connection_prepare(
	struct ctl *ctl, const char *path, const char *interface, const char *member, sd_bus_message **ret);

/* Makes the call. what: "Cannot read /3/0". ret may be NULL. */
int connection_run(struct ctl *ctl, sd_bus_message *call, const char *what, sd_bus_message **ret);

/* Both, with arguments as of sd_bus_message_append(). */
int connection_call(struct ctl *ctl, const char *what, const char *path, const char *interface,
	const char *member, sd_bus_message **ret, const char *types, ...);

/* A method of the agent without an answer that people wait for. */
#define connection_agent(ctl, what, member, ...) \
	connection_call(ctl, what, AGENT_PATH, AGENT_INTERFACE, member, NULL, __VA_ARGS__)

/* Says why a call failed, and what to do. error may be unset: then r says it. */
int connection_explain(struct ctl *ctl, const sd_bus_error *error, int r, const char *what);
