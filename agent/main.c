/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "agent.h"
#include "base/log.h"
#include "io/loop.h"
#include "options.h"
#include "plugin/confine.h"

/* On a terminal, messages about files are read best alone. */
static void report_plain(void *userdata, int priority, const char *line)
{
	fprintf(stderr, "%s%s\n", line, priority > LOG_ERR ? " (warning)" : "");
}

static int check_config(const struct options *options)
{
	_cleanup_(config_freep) struct config *config = NULL;

	if (config_check(options->config, options->plugin_dir, report_plain, NULL, &config) < 0)
		return EXIT_FAILURE;
	if (config->n_wrong_plugins > 0)
		return EXIT_FAILURE;
	printf("%s: good, with %zu server%s and %zu plugin%s\n", options->config,
		config_count_servers(config), config_count_servers(config) == 1 ? "" : "s", config->n_plugins,
		config->n_plugins == 1 ? "" : "s");
	return EXIT_SUCCESS;
}

/* What is wrong is said by the start, which follows. */
static void report_nothing(void *userdata, int priority, const char *line)
{
}

/* Asked by the unit before a start: a machine that nobody manages yet is no failure. */
static int has_server(const struct options *options)
{
	_cleanup_(config_freep) struct config *config = NULL;

	if (config_load(options->config, options->plugin_dir, report_nothing, NULL, &config) < 0 ||
		config_count_servers(config) > 0)
		return EXIT_SUCCESS;
	log_notice("Nothing to do: there is no server account yet. Write a section [server.NAME] to "
		   "%s.d/NAME.conf, see lwm2m-agent.conf(5), then: systemctl restart lwm2m-agent", options->config);
	loop_notify_status("no server account yet; see lwm2m-agent.conf(5), then: systemctl restart lwm2m-agent");
	return EXIT_FAILURE;
}

/* Once, however often the configuration is taken over. */
static void say_what_is_missing(size_t n_plugins)
{
	static bool said;

	if (!said && n_plugins > 0 && confine_version() == 0) {
		log_notice("This kernel has no Landlock: nothing keeps plugins from reading the agent's keys and state");
		said = true;
	}
}

/* config is taken over, and replaced by what SIGHUP read. */
static int run(const struct options *options, struct config **config)
{
	_cleanup_(agent_freep) struct agent *agent = NULL;
	int r = 0;

	if (!*config)
		r = config_load(options->config, options->plugin_dir, NULL, NULL, config);
	if (r < 0)
		loop_notify_status("the configuration is wrong, see the journal or lwm2m-agent --check-config");
	if (r == 0) {
		say_what_is_missing((*config)->n_plugins);
		r = agent_new(options, steal_pointer(config), &agent);
	}
	return r < 0 ? r : agent_run(agent, config);
}

/* They wait for the loop, which ends cleanly; before there is one, whatever is started is ended in a moment. */
static void block_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
}

int main(int argc, char **argv)
{
	struct options options;
	struct config *config = NULL;
	int r;

	log_open("lwm2m-agent");
	/* Keys are in our memory: neither core files nor other processes of this user may have it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	r = options_parse(argc, argv, &options);
	if (r != 0)
		return r < 0 ? 2 : EXIT_SUCCESS;
	if (options.check_config)
		return check_config(&options);
	if (options.has_server)
		return has_server(&options);
	block_signals();
	do
		r = run(&options, &config);
	while (r > AGENT_STOPPED);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
