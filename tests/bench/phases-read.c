/* SPDX-License-Identifier: Apache-2.0 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "phases.h"

#define WARM_UP 200

struct read {
	const char *path;
	int accept;
	uint8_t worst;       /* highest response code */
	size_t payload_len;  /* of the last response */
	uint64_t *times;     /* NULL: not wanted */
	size_t n_times;
};

static void build(void *userdata, uint32_t number, struct coap_draft *draft)
{
	const struct read *read = userdata;

	coap_add_path(draft, COAP_URI_PATH, read->path);
	if (read->accept >= 0)
		coap_add_uint(draft, COAP_ACCEPT, (uint32_t)read->accept);
}

static void answered(void *userdata, uint32_t number, const struct coap_message *response, uint64_t rtt_ns)
{
	struct read *read = userdata;

	if (response->code > read->worst)
		read->worst = response->code;
	read->payload_len = response->payload_len;
	if (read->times)
		read->times[read->n_times++] = rtt_ns;
}

/* Whether the client answers such reads; when it does not, that is the figure. */
static bool warm_up(struct bench *bench, const char *group, struct read *read, int window)
{
	const struct requests requests = { COAP_GET, build, answered, read };
	long n = bench->options.requests < WARM_UP ? bench->options.requests : WARM_UP;
	struct outcome outcome = bench_run(bench, &requests, n, window);

	if (outcome.answered > 0 && read->worst < COAP_BAD_REQUEST)
		return true;
	report_add_code(&bench->report, group, "code", read->worst,
		outcome.answered > 0 ? "refused" : "no answer");
	return false;
}

/* times has room for all requests, or is NULL. Returns how many were answered. */
static size_t measure(struct bench *bench, const char *group, const char *path, int accept, int window,
		      uint64_t *times)
{
	struct read read = { .path = path, .accept = accept };
	const struct requests requests = { COAP_GET, build, answered, &read };
	long n = bench->options.requests;
	struct report *report = &bench->report;
	struct activity before, after;
	struct outcome outcome;
	char note[64];

	if (!warm_up(bench, group, &read, window))
		return 0;
	read.times = times;
	before = client_activity(&bench->client);
	outcome = bench_run(bench, &requests, n, window);
	after = client_activity(&bench->client);
	snprintf(note, sizeof(note), "%zu B payload", read.payload_len);
	report_add(report, group, "rate", (double)outcome.answered / outcome.seconds, "req/s", note);
	report_add(report, group, "cpu", (after.cpu_ns - before.cpu_ns) / 1e3 / (double)n, "us/req", NULL);
	if (read.worst >= COAP_BAD_REQUEST)
		report_add_code(report, group, "code", read.worst, "some were refused");
	if (outcome.lost > 0)
		report_add(report, group, "lost", (double)outcome.lost, "", NULL);
	return (size_t)outcome.answered;
}

void phase_get(struct bench *bench)
{
	const struct options *options = &bench->options;
	_cleanup_(freep) uint64_t *times = calloc((size_t)options->requests, sizeof(*times));
	size_t n;

	if (!times)
		err(EXIT_FAILURE, "Cannot keep %ld times", options->requests);
	n = measure(bench, "get", options->path, options->accept, 1, times);
	if (n == 0)
		return;
	phase_sort(times, n);
	report_add(&bench->report, "get", "p50", phase_percentile(times, n, 0.50), "us", NULL);
	report_add(&bench->report, "get", "p99", phase_percentile(times, n, 0.99), "us", NULL);
	report_add(&bench->report, "get", "max", phase_percentile(times, n, 1), "us", NULL);
}

void phase_windows(struct bench *bench)
{
	const struct options *options = &bench->options;
	char group[32];

	for (size_t i = 0; i < options->n_windows; i++) {
		snprintf(group, sizeof(group), "get.w%d", options->windows[i]);
		measure(bench, group, options->path, options->accept, options->windows[i], NULL);
	}
}

void phase_read(struct bench *bench)
{
	static const struct {
		const char *group;
		int format;
	} formats[] = {
		{ "read.tlv", COAP_FORMAT_TLV },
		{ "read.senml_cbor", COAP_FORMAT_SENML_CBOR },
		{ "read.senml_json", COAP_FORMAT_SENML_JSON },
	};

	for (size_t i = 0; i < ELEMENTSOF(formats); i++)
		measure(bench, formats[i].group, bench->options.object, formats[i].format, 1, NULL);
}

void phase_discover(struct bench *bench)
{
	char path[16];

	snprintf(path, sizeof(path), "/%d", atoi(bench->options.object + 1));
	measure(bench, "discover", path, COAP_FORMAT_LINK, 1, NULL);
}
