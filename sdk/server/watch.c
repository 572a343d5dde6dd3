/* SPDX-License-Identifier: Apache-2.0 */
/* observe and cancel. */
#include "command.h"
#include "daemon.h"

static int on_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct command *command = userdata;

	if (command->call.count > 0)
		command_fail(command, 0, "Only %u of %u notifications within %u s",
			command->answered > 0 ? command->answered - 1 : 0, command->call.count,
			command->call.timeout_s);
	else
		command_end(command, 0);
	return 0;
}

static void on_changed(void *userdata, int error, const struct packet *response)
{
	struct command *command = userdata;
	bool first = command->answered == 0;

	if (error < 0) {
		command_fail_exchange(command, error);
		return;
	}
	if (response->code >> 5 != 2) {
		operate_fail_code(command, response->code);
		return;
	}
	command->answered++;
	if (!operate_tell_values(command, first ? "values" : "notification", response))
		return;
	if (first && response->observe < 0)
		command_fail(command, 0, "%s tells the value, but does not let it be observed",
			command->call.endpoint);
	else if (command->call.count > 0 && command->answered > command->call.count)
		command_end(command, 0);
}

void watch_observe(struct command *command)
{
	const struct client *client = command_reachable(command);
	struct packet request;
	char path[PACKET_TEXT_MAX];
	int r;

	if (!client || command_set_timer(command, command->call.timeout_s, on_over) < 0)
		return;
	request = operate_request(command, client, PACKET_GET, path);
	request.accept = operate_accept(command, client);
	r = observe_start(&command->daemon->observations, client, client->session, &request,
		usec_from_s(VERB_TIMEOUT_S), on_changed, command, &command->observation);
	if (r < 0)
		command_fail_exchange(command, r);
}

void watch_cancel(struct command *command)
{
	struct command *other, *safe;
	unsigned int n = 0;

	list_for_each_safe(other, safe, &command->daemon->commands, link) {
		if (other->call.verb->id != VERB_OBSERVE ||
			strcmp(other->call.endpoint, command->call.endpoint) != 0 ||
			!path_equal(&other->call.path, &command->call.path))
			continue;
		command_end(other, 0);
		n++;
	}
	if (n == 0) {
		command_fail(command, 0, "Nobody observes this path of %s", command->call.endpoint);
		return;
	}
	command_answer(command, json_pack("{s:s, s:s, s:s, s:i}", "kind", "done", "endpoint",
					command->call.endpoint, "verb", "cancel", "observations", (int)n));
	command_end(command, 0);
}
