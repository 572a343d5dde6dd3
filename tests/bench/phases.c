/* SPDX-License-Identifier: Apache-2.0 */
#include "phases.h"

#include <stdlib.h>

#define RUNS_MAX 101

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void phase_sort(uint64_t *times, size_t n)
{
	qsort(times, n, sizeof(*times), compare);
}

double phase_percentile(const uint64_t *sorted, size_t n, double p)
{
	return n > 0 ? (double)sorted[(size_t)((double)(n - 1) * p)] / 1e3 : 0;
}

struct outcome bench_run(struct bench *bench, const struct requests *requests, long n, int window)
{
	struct outcome outcome = requests_run(&bench->server, requests, n, window);

	bench->requests += (unsigned long)(outcome.answered + outcome.lost);
	bench->retransmissions += outcome.retransmissions;
	return outcome;
}

void bench_start_client(struct bench *bench)
{
	client_start(&bench->client, &bench->server, &bench->options);
}

void bench_stop_client(struct bench *bench)
{
	if (bench->server.ids_used > bench->ids_used)
		bench->ids_used = bench->server.ids_used;
	client_stop(&bench->client, &bench->server);
}

/*
 * The resident set differs between starts by up to 200 KiB: the kernel maps pages of a file 16 at a time, and
 * where such a group begins depends on where the file was mapped.
 */
void phase_register(struct bench *bench)
{
	uint64_t times[RUNS_MAX], sizes[RUNS_MAX];
	struct report *report = &bench->report;
	size_t n = (size_t)bench->options.reg_runs;

	for (size_t i = 0; i < n; i++) {
		if (i > 0) {
			bench_stop_client(bench);
			bench_start_client(bench);
		}
		times[i] = bench->server.registered_ns - bench->client.started_ns;
		server_settle(&bench->server, 20);
		sizes[i] = (uint64_t)client_memory(&bench->client).rss;
	}
	phase_sort(times, n);
	phase_sort(sizes, n);
	report_add(report, "register", "latency", phase_percentile(times, n, 0.5) / 1e3, "ms",
		"fork to Register, median");
	report_add(report, "register", "latency_max", phase_percentile(times, n, 1) / 1e3, "ms", NULL);
	report_add(report, "register", "payload", (double)bench->server.objects_len, "B", NULL);
	report_add(report, "register", "rss", (double)sizes[(n - 1) / 2], "KiB", "right after it, median");
	report_add(report, "register", "rss_max", (double)sizes[n - 1], "KiB", NULL);
}

void phase_memory(struct bench *bench, const char *group)
{
	struct memory memory = client_memory(&bench->client);
	struct report *report = &bench->report;

	report_add(report, group, "rss", memory.rss, "KiB",
		memory.shares ? NULL : "its smaps are not for this user");
	report_add(report, group, "peak_rss", memory.peak, "KiB", NULL);
	if (!memory.shares)
		return;
	report_add(report, group, "pss", memory.pss, "KiB", NULL);
	report_add(report, group, "uss", memory.uss, "KiB", NULL);
	report_add(report, group, "private_dirty", memory.private_dirty, "KiB", NULL);
	report_add(report, group, "anonymous", memory.anonymous, "KiB", NULL);
}

void phase_idle(struct bench *bench)
{
	struct activity before = client_activity(&bench->client), after;
	struct report *report = &bench->report;
	double s = bench->options.idle_s;

	bench->server.updates = 0;
	server_settle(&bench->server, bench->options.idle_s * 1000);
	after = client_activity(&bench->client);
	report_add(report, "idle", "voluntary_switches", (after.voluntary - before.voluntary) / s, "/s",
		NULL);
	report_add(report, "idle", "involuntary_switches", (after.involuntary - before.involuntary) / s, "/s",
		NULL);
	report_add(report, "idle", "cpu", (after.cpu_ns - before.cpu_ns) / 1e3 / s, "us/s", NULL);
	report_add(report, "idle", "updates", bench->server.updates, "", "Updates received meanwhile");
}
