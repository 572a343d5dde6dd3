/* SPDX-License-Identifier: Apache-2.0 */
#include "data.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "connection.h"
#include "json.h"
#include "names.h"
#include "table.h"
#include "units.h"

#define WHAT_MAX 64

json_t *data_json(const struct path *path, const struct value *value)
{
	const char *unit, *name = names_resource(path->ids[0], path->ids[2], &unit);

	return json_pack("{s:s, s:o, s:s, s:o}", "path", path->text, "name",
		json_text(path->depth > 2 ? name : ""), "type", value->type, "value", value_json(value));
}

static int each(sd_bus_message *reply, data_function function, void *userdata)
{
	int r = sd_bus_message_enter_container(reply, 'a', "(ssv)");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "ssv")) > 0) {
		const char *text, *type;
		struct value value;
		struct path path;

		r = sd_bus_message_read(reply, "ss", &text, &type);
		if (r >= 0)
			r = value_read(reply, type, &value);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
		if (r >= 0)
			r = path_parse(text, &path);
		if (r >= 0)
			r = function(userdata, &path, &value);
		if (r != OUTCOME_DONE)
			return r;
	}
	return r;
}

int data_each(struct ctl *ctl, const char *path, data_function function, void *userdata)
{
	_cleanup_(message_unrefp) sd_bus_message *reply = NULL;
	char what[WHAT_MAX];
	int r;

	snprintf(what, sizeof(what), "Cannot read %s", path);
	r = connection_call(ctl, what, AGENT_PATH, AGENT_INTERFACE, "Read", &reply, "s", path);
	if (r == OUTCOME_DONE)
		r = each(reply, function, userdata);
	return r == -EINVAL || r == -ENXIO || r == -EBADMSG ?
		       ctl_fail(ctl, OUTCOME_FAILED,
			       "%s: the answer is not in the form that this lwm2mctl knows", what) :
		       r;
}

struct reading {
	struct ctl *ctl;
	struct table table;
	struct units units;
	json_t *array;
};

static int add_row(void *userdata, const struct path *path, const struct value *value)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	struct reading *reading = userdata;
	const char *unit;
	int r;

	if (reading->array)
		return json_array_append_new(reading->array, data_json(path, value)) < 0 ? -ENOMEM :
											   OUTCOME_DONE;
	r = value_format(value, &text);
	if (r >= 0)
		r = buffer_append_text(&text, units_of(&reading->units, reading->ctl, path));
	if (r >= 0)
		r = buffer_append_byte(&text, '\0');
	if (r < 0)
		return r;
	table_add(&reading->table, path->text);
	table_add(&reading->table, names_resource(path->ids[0], path->ids[2], &unit));
	table_add(&reading->table, (const char *)text.data);
	return OUTCOME_DONE;
}

int data_read(struct ctl *ctl, size_t argc, char **argv)
{
	static const struct table_column columns[] = { { NULL }, { NULL, TABLE_CUT }, { NULL } };
	_cleanup_(table_deinit) struct table table = TABLE(columns);
	struct reading reading = { .ctl = ctl, .table = table };
	struct path path;
	int r = path_take(ctl, argv[0], 1, &path);

	if (r != OUTCOME_DONE)
		return r;
	reading.array = ctl->json ? json_array() : NULL;
	r = data_each(ctl, path.text, add_row, &reading);
	table = reading.table;
	units_deinit(&reading.units);
	if (r != OUTCOME_DONE)
		json_decref(reading.array);
	else if (reading.array)
		r = json_print(ctl, reading.array);
	else if (table.n_cells == 0)
		r = ctl_fail(ctl, OUTCOME_DONE, "%s is there, and has no value to show.", path.text);
	else
		r = table_print(&table, &ctl->screen, ctl->out);
	return r;
}

/* Of the value that is to be written over. */
static int look_at_kind(void *userdata, const struct path *path, const struct value *value)
{
	bool *is_opaque = userdata;

	*is_opaque = value->kind == VALUE_OPAQUE;
	return OUTCOME_DONE;
}

/* The bus takes Base64 for opaque values; people see them as hexadecimal digits, so they may write them so.
   */
static bool is_opaque(struct ctl *ctl, const char *path, const char *text)
{
	bool quiet = ctl->quiet, opaque = strncmp(text, "0x", 2) == 0;

	ctl->quiet = true;
	(void)data_each(ctl, path, look_at_kind, &opaque);
	ctl->quiet = quiet;
	return opaque;
}

static int append_opaque(struct ctl *ctl, sd_bus_message *call, const char *text)
{
	_cleanup_(buffer_deinit) struct buffer bytes = { 0 };
	const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
	int r = 0;

	for (; r >= 0 && *digits; digits += 2) {
		unsigned int byte;

		if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
			return ctl_fail(ctl, OUTCOME_USAGE,
				"This is an opaque value: hexadecimal digits, two for each byte, as 00ff, not '%s'",
				text);
		(void)sscanf(digits, "%2x", &byte);
		r = buffer_append_byte(&bytes, (uint8_t)byte);
	}
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(call, 'y', bytes.data, bytes.len);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	return r < 0 ? r : OUTCOME_DONE;
}

static int append_value(struct ctl *ctl, sd_bus_message *call, const char *path, const char *text)
{
	int r = sd_bus_message_append(call, "s", path);

	if (r >= 0 && is_opaque(ctl, path, text))
		return append_opaque(ctl, call, text);
	if (r >= 0)
		r = sd_bus_message_append(call, "v", "s", text);
	return r < 0 ? r : OUTCOME_DONE;
}

int data_write(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(message_unrefp) sd_bus_message *call = NULL;
	char what[WHAT_MAX];
	struct path path;
	int r = path_take(ctl, argv[0], 3, &path);

	if (r == OUTCOME_DONE)
		r = connection_prepare(ctl, AGENT_PATH, AGENT_INTERFACE, "Write", &call);
	if (r == OUTCOME_DONE)
		r = append_value(ctl, call, path.text, argv[1]);
	if (r != OUTCOME_DONE)
		return r;
	snprintf(what, sizeof(what), "Cannot write %s", path.text);
	r = connection_run(ctl, call, what, NULL);
	return r != OUTCOME_DONE ? r : ctl_done(ctl, "%s is written.", path.text);
}

int data_exec(struct ctl *ctl, size_t argc, char **argv)
{
	char what[WHAT_MAX];
	struct path path;
	int r = path_take(ctl, argv[0], 3, &path);

	if (r != OUTCOME_DONE)
		return r;
	snprintf(what, sizeof(what), "Cannot execute %s", path.text);
	r = connection_agent(ctl, what, "Execute", "ss", path.text, argc > 1 ? argv[1] : "");
	return r != OUTCOME_DONE ? r : ctl_done(ctl, "%s is executed.", path.text);
}

int data_send(struct ctl *ctl, size_t argc, char **argv)
{
	_cleanup_(message_unrefp) sd_bus_message *call = NULL;
	int r = connection_prepare(ctl, AGENT_PATH, AGENT_INTERFACE, "Send", &call);

	if (r != OUTCOME_DONE)
		return r;
	r = sd_bus_message_append(call, "q", 0);
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "s");
	for (size_t i = 0; r >= 0 && i < argc; i++) {
		struct path path;

		r = path_take(ctl, argv[i], 1, &path);
		if (r != OUTCOME_DONE)
			return r;
		r = sd_bus_message_append(call, "s", path.text);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = connection_run(ctl, call, "Cannot send", NULL);
	return r != OUTCOME_DONE ? r : ctl_done(ctl, "Sent.");
}
