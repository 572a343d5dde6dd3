/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.h - the running server: its parts, and how they hang together
 *
 * transport hands requests of clients to rd, answers to exchanges, notifications to observations; clients
 * tells what becomes of registrations, which goes to commands (wait, events), exchanges and observations.
 * Everything runs in one thread.
 */
#pragma once

#include "clients.h"
#include "command.h"
#include "observe.h"
#include "options.h"
#include "rd.h"

struct control;
struct console;

struct daemon {
	sd_event *event;
	sd_event_source *expiry, *post;
	int lock_fd;
	struct transport *transport;
	struct psk *psk;
	struct clients clients;
	struct rd rd;
	struct exchanges exchanges;
	struct observations observations;
	struct list commands, ended;
	size_t n_commands;
	struct control *control;
	struct console *console;
};

/* Runs until SIGTERM or SIGINT. Failures are logged. */
int daemon_run(const struct options *options);
