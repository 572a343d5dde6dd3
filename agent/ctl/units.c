/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "names.h"
#include "value.h"

#define SENSOR_UNITS 5701

/* Asks the agent. A sensor without a unit, or an agent that does not answer, is no failure: the value has no
   unit then. */
static void ask(struct ctl *ctl, struct units_entry *entry)
{
	_cleanup_(message_unrefp) sd_bus_message *reply = NULL;
	char path[PATH_TEXT_MAX];
	const char *name, *type;
	bool quiet = ctl->quiet;
	struct value value;

	snprintf(path, sizeof(path), "/%u/%u/%u", entry->object, entry->instance, SENSOR_UNITS);
	ctl->quiet = true;
	if (connection_call(ctl, "", AGENT_PATH, AGENT_INTERFACE, "Read", &reply, "s", path) ==
			OUTCOME_DONE &&
		sd_bus_message_enter_container(reply, 'a', "(ssv)") > 0 &&
		sd_bus_message_enter_container(reply, 'r', "ssv") > 0 &&
		sd_bus_message_read(reply, "ss", &name, &type) > 0 && value_read(reply, type, &value) >= 0 &&
		value.kind == VALUE_TEXT)
		snprintf(entry->text, sizeof(entry->text), " %s", value.text);
	ctl->quiet = quiet;
}

static const char *of_sensor(struct units *units, struct ctl *ctl, const struct path *path)
{
	struct units_entry *entries;

	for (size_t i = 0; i < units->n; i++)
		if (units->entries[i].object == path->ids[0] && units->entries[i].instance == path->ids[1])
			return units->entries[i].text;
	entries = reallocarray(units->entries, units->n + 1, sizeof(*entries));
	if (!entries)
		return "";
	units->entries = entries;
	entries[units->n] = (struct units_entry){ .object = path->ids[0], .instance = path->ids[1] };
	ask(ctl, &entries[units->n]);
	return entries[units->n++].text;
}

static bool is_measured(uint16_t resource)
{
	return resource == 5700 || (resource >= 5601 && resource <= 5604) ||
	       (resource >= 5702 && resource <= 5704) || resource == 5900;
}

const char *units_of(struct units *units, struct ctl *ctl, const struct path *path)
{
	static char text[UNITS_TEXT_MAX];
	const char *unit;

	if (path->depth < 3)
		return "";
	if (path->ids[0] >= 3200 && is_measured(path->ids[2]))
		return of_sensor(units, ctl, path);
	(void)names_resource(path->ids[0], path->ids[2], &unit);
	snprintf(text, sizeof(text), "%s%s", *unit ? " " : "", unit);
	return text;
}

void units_deinit(struct units *units)
{
	free(units->entries);
}
