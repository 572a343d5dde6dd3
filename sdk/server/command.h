/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - one call of a verb, from its words to its last answer
 *
 * A command answers with JSON objects, each with a "kind" (see print.h), and ends exactly once with an exit
 * code. It may end before command_start() returns. Whoever started it may stop it at any time; it then says
 * nothing more. What it has under way with a client goes with it.
 */
#pragma once

#include <jansson.h>

#include "base/list.h"
#include "clients.h"
#include "observe.h"
#include "values.h"
#include "verbs.h"

#define COMMANDS_MAX     256
#define COMMAND_DATA_MAX (16 * 1024 * 1024) /* bytes of a --file */

struct daemon;

struct command_sink {
	void (*answer)(void *userdata, const json_t *answer);
	void (*end)(void *userdata, int code);
};

struct command {
	struct list link;
	struct daemon *daemon;
	const struct command_sink *sink; /* NULL: ended */
	void *userdata;
	char **argv;
	struct verb_call call;
	struct bytes data;
	struct exchange *exchange;
	struct observation *observation;
	sd_event_source *timer;
	unsigned int answered; /* notifications or events told so far */
};

/*
 * words and data (of a --file) are copied. 0: *ret is the command until it ends, NULL when it has ended
 * already. -ENOMEM: nothing was called.
 */
int command_start(struct daemon *daemon, size_t n_words, const char *const words[], struct bytes data,
	const struct command_sink *sink, void *userdata, struct command **ret);

/* Says nothing more. NULL is allowed. */
struct command *command_stop(struct command *command);

/* Frees those that have ended; for the loop, outside of any command's function. */
void command_bury(struct daemon *daemon);

/* -- for the verbs; each file has some of them. All of them leave a command that goes on, or has ended. */

void inform_list(struct command *command);
void inform_show(struct command *command);
void inform_wait(struct command *command);
void inform_events(struct command *command);
void operate(struct command *command);
void watch_observe(struct command *command);
void watch_cancel(struct command *command);

/*
 * What becomes of registrations, and what clients send by themselves: for wait and events. values is
 * borrowed.
 */
void inform_event(struct daemon *daemon, enum clients_event event, const struct client *client);
void inform_send(struct daemon *daemon, const struct client *client, json_t *values);

/* Seconds since 1970, to the millisecond. */
double inform_wall_clock(void);

/* Takes answer over; NULL counts as no memory. */
void command_answer(struct command *command, json_t *answer);

/* Ends it, once; what it has under way is cancelled. It stays readable until the loop turns. */
void command_end(struct command *command, int code);

/* An answer of kind "error", and the end. code: the CoAP code, 0 where there is none. */
void command_fail(struct command *command, uint8_t code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The client of a call; NULL: not registered, the command has failed. */
struct client *command_client(struct command *command);

/* The same, and it can be reached. */
struct client *command_reachable(struct command *command);

/* Ends the command at --timeout, or goes on without end where there is none: on_timeout is to end it. */
int command_set_timer(struct command *command, unsigned int seconds, sd_event_time_handler_t on_timeout);

/* Says what an exchange came to, other than an answer. */
void command_fail_exchange(struct command *command, int error);

/* -- what operate.c and watch.c share */

/* A GET, PUT … of the call's path, below the client's root; path is where it is written. */
struct packet operate_request(
	const struct command *command, const struct client *client, uint8_t code, char path[PACKET_TEXT_MAX]);

/* The Accept of --format, else the best self-describing format that the client says it has, else none. */
int operate_accept(const struct command *command, const struct client *client);

uint64_t operate_timeout(const struct command *command);

/* Says what an answer other than 2.xx means, and ends. */
void operate_fail_code(struct command *command, uint8_t code);

/* Tells the values of an answer; false: they cannot be read, the command has failed. */
bool operate_tell_values(struct command *command, const char *kind, const struct packet *response);
