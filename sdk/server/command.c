/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon.h"

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static void command_free(struct command *command)
{
	list_remove(&command->link);
	free_words(command->argv);
	free((void *)command->data.data);
	free(command);
}

/* Not freed yet: a function of it may still be running. command_bury() does it when the loop turns. */
static void retire(struct command *command)
{
	command->sink = NULL;
	command->timer = sd_event_source_disable_unref(command->timer);
	command->exchange = exchange_cancel(command->exchange);
	command->observation = observe_cancel(command->observation);
	list_remove(&command->link);
	list_append(&command->daemon->ended, &command->link);
	command->daemon->n_commands--;
}

void command_bury(struct daemon *daemon)
{
	struct command *command, *safe;

	list_for_each_safe(command, safe, &daemon->ended, link)
		command_free(command);
}

struct command *command_stop(struct command *command)
{
	if (command && command->sink)
		retire(command);
	return NULL;
}

void command_answer(struct command *command, json_t *answer)
{
	if (!answer)
		command_fail(command, 0, "Out of memory");
	else if (command->sink)
		command->sink->answer(command->userdata, answer);
	json_decref(answer);
}

void command_end(struct command *command, int code)
{
	const struct command_sink *sink = command->sink;

	if (!sink)
		return;
	retire(command);
	sink->end(command->userdata, code);
}

void command_fail(struct command *command, uint8_t code, const char *format, ...)
{
	char text[1024], number[8];
	json_t *answer, *message;
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(number, sizeof(number), "%d.%02d", code >> 5, code & 31);
	message = values_text(bytes_of(text));
	answer = json_pack(
		"{s:s, s:s*, s:o}", "kind", "error", "code", code ? number : NULL, "error", message);
	if (answer && command->sink)
		command->sink->answer(command->userdata, answer);
	json_decref(answer);
	command_end(command, 1);
}

void command_fail_exchange(struct command *command, int error)
{
	const char *endpoint = command->call.endpoint;
	unsigned int timeout_s = command->call.timeout_s ? command->call.timeout_s : VERB_TIMEOUT_S;

	switch (error) {
	case -ETIMEDOUT:
		command_fail(command, 0, "No answer from %s within %u s", endpoint, timeout_s);
		break;
	case -ECONNRESET:
		command_fail(command, 0,
			"%s refused the message with a Reset: it does not know this server (any more)",
			endpoint);
		break;
	case -ENOTCONN:
		command_fail(command, 0, "The connection to %s is closed; it comes back with its next Update",
			endpoint);
		break;
	case -EBADMSG:
		command_fail(command, 0,
			"The blocks of the answer of %s do not fit together: its value changed on the way, "
			"try again",
			endpoint);
		break;
	case -EMSGSIZE:
		command_fail(
			command, 0, "The answer of %s is longer than %d bytes", endpoint, EXCHANGE_BODY_MAX);
		break;
	case -ESTALE:
		command_fail(command, 0,
			"The registration of %s has ended or is a new one: the observation is over",
			endpoint);
		break;
	case -EBUSY:
		command_fail(command, 0, "Too many requests are under way: try again later");
		break;
	default:
		command_fail(command, 0, "Cannot ask %s: %s", endpoint, strerror(-error));
		break;
	}
}

struct client *command_client(struct command *command)
{
	struct client *client = clients_find(&command->daemon->clients, command->call.endpoint);

	if (!client)
		command_fail(command, 0, "%s is not registered", command->call.endpoint);
	return client;
}

struct client *command_reachable(struct command *command)
{
	struct client *client = command_client(command);

	if (!client || client->session)
		return client;
	command_fail_exchange(command, -ENOTCONN);
	return NULL;
}

int command_set_timer(struct command *command, unsigned int seconds, sd_event_time_handler_t on_timeout)
{
	uint64_t now;
	int r;

	if (seconds == 0)
		return 0;
	r = sd_event_now(command->daemon->event, CLOCK_BOOTTIME, &now);
	if (r >= 0)
		r = sd_event_add_time(command->daemon->event, &command->timer, CLOCK_BOOTTIME,
			usec_add(now, usec_from_s(seconds)), USEC_PER_MSEC, on_timeout, command);
	if (r < 0)
		command_fail(command, 0, "Cannot set a timer: %s", strerror(-r));
	return r;
}

static char **copy_words(size_t n, const char *const words[])
{
	char **copy = calloc(n + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i]) {
			free_words(copy);
			return NULL;
		}
	}
	return copy;
}

static int command_new(struct daemon *daemon, size_t n_words, const char *const words[], struct bytes data,
	struct command **ret)
{
	struct command *command = calloc(1, sizeof(*command));
	uint8_t *copy = malloc(data.len + 1);

	if (command)
		command->argv = copy_words(n_words, words);
	if (!command || !copy || !command->argv) {
		free(command);
		free(copy);
		return -ENOMEM;
	}
	if (data.len > 0)
		memcpy(copy, data.data, data.len);
	command->data = BYTES(copy, data.len);
	command->daemon = daemon;
	list_append(&daemon->commands, &command->link);
	daemon->n_commands++;
	*ret = command;
	return 0;
}

static void dispatch(struct command *command)
{
	switch (command->call.verb->id) {
	case VERB_LIST:
		inform_list(command);
		break;
	case VERB_SHOW:
		inform_show(command);
		break;
	case VERB_WAIT:
		inform_wait(command);
		break;
	case VERB_EVENTS:
		inform_events(command);
		break;
	case VERB_OBSERVE:
		watch_observe(command);
		break;
	case VERB_CANCEL:
		watch_cancel(command);
		break;
	default:
		operate(command);
		break;
	}
}

static void parse_and_dispatch(struct command *command, size_t n_words)
{
	char error[VERB_ERROR_MAX];
	json_t *answer;
	int r = verb_parse(n_words, command->argv, &command->call, error);

	if (r == VERB_OK && command->daemon->n_commands > COMMANDS_MAX) {
		command_fail(command, 0, "%d commands are under way: try again later", COMMANDS_MAX);
	} else if (r == VERB_OK) {
		dispatch(command);
	} else {
		answer = json_pack(
			"{s:s, s:s}", "kind", "error", "error", r == VERB_HELP ? "No help here" : error);
		if (answer)
			command->sink->answer(command->userdata, answer);
		json_decref(answer);
		command_end(command, 2);
	}
}

int command_start(struct daemon *daemon, size_t n_words, const char *const words[], struct bytes data,
	const struct command_sink *sink, void *userdata, struct command **ret)
{
	struct command *command;
	int r = command_new(daemon, n_words, words, data, &command);

	if (r < 0)
		return r;
	command->sink = sink;
	command->userdata = userdata;
	parse_and_dispatch(command, n_words);
	*ret = command->sink ? command : NULL;
	return 0;
}
