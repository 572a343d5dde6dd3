/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwm2m-bench - an LwM2M client, measured from the server's side
 *
 * Plays a minimal server on plain CoAP over UDP, starts the client given after "--", and measures one phase
 * after the other. One thread, one socket. README.md says what each figure means.
 */
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "phases.h"

static void memory_at_start(struct bench *bench)
{
	phase_memory(bench, "mem.start");
}

static void memory_at_end(struct bench *bench)
{
	phase_memory(bench, "mem.end");
}

/* In a fresh process: what was freed before would hide what is allocated. */
static void observe_anew(struct bench *bench)
{
	bench_stop_client(bench);
	bench_start_client(bench);
	server_settle(&bench->server, bench->options.settle_ms);
	phase_observe(bench);
}

static void run(struct bench *bench)
{
	static const struct {
		const char *name;
		void (*run)(struct bench *bench);
	} phases[] = {
		{ "mem", memory_at_start },
		{ "idle", phase_idle },
		{ "get", phase_get },
		{ "win", phase_windows },
		{ "read", phase_read },
		{ "discover", phase_discover },
		{ "put", phase_put },
		{ "mem", memory_at_end },
		{ "observe", observe_anew },
	};

	bench_start_client(bench);
	if (options_want(&bench->options, "reg"))
		phase_register(bench);
	server_settle(&bench->server, bench->options.settle_ms);
	for (size_t i = 0; i < ELEMENTSOF(phases); i++)
		if (options_want(&bench->options, phases[i].name))
			phases[i].run(bench);
	bench_stop_client(bench);
}

static void report_totals(struct bench *bench)
{
	report_add(&bench->report, "total", "requests", (double)bench->requests, "",
		bench->ids_used > REQUESTS_IDS ?
			"message ids came round: fewer --requests, if the client remembers answers" : NULL);
	report_add(&bench->report, "total", "retransmits", (double)bench->retransmissions, "",
		"requests sent again after 1 s");
}

int main(int argc, char **argv)
{
	static struct bench bench;
	const struct options *options = &bench.options;

	if (!options_parse(argc, argv, &bench.options)) {
		options_usage(true);
		return 2;
	}
	if (options->help) {
		options_usage(false);
		return EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	server_open(&bench.server, (uint16_t)options->port);
	bench.server.spin = options->spin;
	bench.server.pause_us = (unsigned int)options->pause_us;
	client_pin(options->cpu_bench);
	run(&bench);
	report_totals(&bench);
	if (options->json)
		report_print_json(&bench.report, options->label, stdout);
	else
		report_print(&bench.report, stdout);
	return EXIT_SUCCESS;
}
