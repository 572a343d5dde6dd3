/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include "base/log.h"
#include "io/scrape.h"
#include "io/textfile.h"

static int on_text(void *userdata, struct buffer *ret)
{
	return metrics_format(userdata, ret);
}

static const struct scrape_source source = {
	.type = "text/plain; version=0.0.4; charset=utf-8",
	.text = on_text,
};

int metrics_add(struct agent *agent)
{
	const struct config_metrics *config = &agent->config->metrics;
	struct metrics *metrics;
	int r = 0;

	if (!config->socket && !config->file)
		return 0;
	metrics = agent->metrics = calloc(1, sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	metrics->since = usec_now();
	transport_set_totals(agent->transport, &metrics->traffic);
	if (config->socket)
		r = scrape_new(loop_event(agent->loop), config->socket, &source, agent, &metrics->scrape);
	if (r < 0)
		log_error_errno(r, "Metrics are not served at %s: %m", config->socket);
	r = 0;
	if (config->file)
		r = textfile_new(loop_event(agent->loop), config->file, usec_from_s(config->interval_s), on_text,
			agent, &metrics->textfile);
	if (r < 0)
		log_error_errno(r, "Metrics are not written to %s: %m", config->file);
	return 0;
}

void metrics_free(struct agent *agent)
{
	if (!agent->metrics)
		return;
	scrape_free(agent->metrics->scrape);
	textfile_free(agent->metrics->textfile);
	if (agent->transport)
		transport_set_totals(agent->transport, NULL);
	free(agent->metrics);
	agent->metrics = NULL;
}
