/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "phases.h"

struct put {
	const struct options *options;
	uint32_t blocks, szx;
	uint8_t last, early; /* the final response; the first unexpected one before */
};

static void build(void *userdata, uint32_t number, struct coap_draft *draft)
{
	const struct put *put = userdata;
	uint32_t more = number + 1 < put->blocks ? COAP_BLOCK_MORE : 0;
	uint8_t data[1024];

	for (int i = 0; i < put->options->block; i++)
		data[i] = (uint8_t)(number * 31 + (unsigned int)i);
	coap_add_path(draft, COAP_URI_PATH, put->options->put_path);
	coap_add_uint(draft, COAP_CONTENT_FORMAT, COAP_FORMAT_OPAQUE);
	coap_add_uint(draft, COAP_BLOCK1, number << 4 | more | put->szx);
	coap_add_payload(draft, data, (size_t)put->options->block);
}

static void answered(void *userdata, uint32_t number, const struct coap_message *response, uint64_t rtt_ns)
{
	struct put *put = userdata;

	if (number + 1 == put->blocks)
		put->last = response->code;
	else if (response->code != COAP_CONTINUE && !put->early)
		put->early = response->code;
}

/* The size of the memory is taken at its highest, not at the end: a body that is held and freed shows. */
void phase_put(struct bench *bench)
{
	const struct options *options = &bench->options;
	struct put put = {
		.options = options,
		.blocks = (uint32_t)(options->put_mib * 1048576 / options->block),
	};
	const struct requests requests = { COAP_PUT, build, answered, &put };
	struct report *report = &bench->report;
	struct activity before, after;
	struct outcome outcome;
	double rss, peak;
	char note[64];

	while (16 << put.szx < options->block)
		put.szx++;
	rss = client_memory(&bench->client).rss;
	client_reset_peak(&bench->client);
	before = client_activity(&bench->client);
	outcome = bench_run(bench, &requests, put.blocks, 1);
	after = client_activity(&bench->client);
	peak = client_memory(&bench->client).peak;
	snprintf(note, sizeof(note), "%g MiB in blocks of %d", options->put_mib, options->block);
	report_add(report, "put", "rate", options->put_mib / outcome.seconds, "MiB/s", note);
	report_add(report, "put", "cpu", (after.cpu_ns - before.cpu_ns) / 1e6 / options->put_mib, "ms/MiB",
		NULL);
	report_add(report, "put", "peak_growth", peak - rss, "KiB", "peak RSS above RSS before");
	report_add_code(report, "put", "code", put.last, "response to the last block");
	if (put.early)
		report_add_code(report, "put", "early_code", put.early, "first other than 2.31 before it");
}
