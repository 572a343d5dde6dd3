/* SPDX-License-Identifier: Apache-2.0 */
#include "observe-internal.h"

#include <errno.h>
#include <string.h>

#include "connection.h"

/* Takes State out of the properties that changed; "" where it is not among them. */
static int read_state(sd_bus_message *message, const char **ret)
{
	const char *state = "";
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		const char *name;

		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = strcmp(name, "State") == 0 ? sd_bus_message_read(message, "v", "s", &state) :
							 sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	if (r >= 0)
		*ret = state;
	return r;
}

int observe_state(struct observe *observe, sd_bus_message *message)
{
	_cleanup_(bus_error_freep) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(freep) char *name = NULL;
	const char *interface, *state, *what;

	if (sd_bus_message_read(message, "s", &interface) < 0)
		return OUTCOME_DONE;
	if (strcmp(interface, AGENT_INTERFACE ".Server") == 0)
		what = "server";
	else if (strcmp(interface, AGENT_INTERFACE ".Plugin") == 0)
		what = "plugin";
	else
		return OUTCOME_DONE;
	if (read_state(message, &state) < 0 || !*state)
		return OUTCOME_DONE;
	if (sd_bus_get_property_string(observe->ctl->bus, AGENT_NAME, sd_bus_message_get_path(message),
		    interface, "Name", &error, &name) < 0)
		return OUTCOME_DONE; /* it has gone since */
	return observe_print_state(observe, what, name, state);
}
