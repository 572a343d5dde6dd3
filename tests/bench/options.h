/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what the bench is asked to do
 *
 * Filled from the command line, then constant. Strings are borrowed from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_WINDOWS_MAX 8
#define OPTIONS_WINDOW_MAX  256 /* requests in flight */

struct options {
	int port, cpu_client, cpu_bench, pause_us, settle_ms, timeout_s;
	int reg_runs, idle_s, observe, create, block, accept;
	long requests;
	double put_mib;
	bool spin, json, null_client, help;
	const char *phases, *path, *object, *put_path, *client_log, *label;
	int windows[OPTIONS_WINDOWS_MAX];
	size_t n_windows;
	uint8_t create_payload[64];
	size_t create_payload_len;
	char **command; /* of the client; NULL: the built-in one */
};

/* False when the command line makes no sense; why was printed then. */
bool options_parse(int argc, char **argv, struct options *ret);
void options_usage(bool failed);

/* Is this phase among --phases? */
bool options_want(const struct options *options, const char *phase);
