/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "build.h"

#define CONFIG_FILE BUILD_SYSCONFDIR "/lwm2m-agent/agent.conf"

static const char help[] =
	"Usage: lwm2m-agent [OPTION...]\n"
	"Make this machine manageable over OMA LwM2M.\n"
	"\n"
	"  --config FILE      read FILE, FILE.d/*.conf and plugins.d/*.conf beside it\n"
	"                     (" CONFIG_FILE ")\n"
	"  --state-dir DIR    keep state in DIR (as configured, else\n"
	"                     " BUILD_STATEDIR "/lwm2m-agent)\n"
	"  --plugin-dir DIR   where plugins given by name are\n"
	"                     (" BUILD_PLUGINDIR ")\n"
	"  --bus BUS          D-Bus: system, session, none or an address (system)\n"
	"  --check-config     check the configuration and exit: 0 good, 1 not\n"
	"  --has-server       exit with 1 where the configuration is good and names no\n"
	"                     server: nothing to do yet; else with 0\n"
	"  --log-level LEVEL  error, warning, notice, info or debug (notice)\n"
	"  --version          print the version\n"
	"  --help             print this\n"
	"\n"
	"See lwm2m-agent(8) and lwm2m-agent.conf(5).\n";

enum { CONFIG = 1, STATE_DIR, PLUGIN_DIR, BUS, CHECK_CONFIG, HAS_SERVER, LOG_LEVEL, VERSION, HELP };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, CONFIG },
	{ "state-dir", required_argument, NULL, STATE_DIR },
	{ "plugin-dir", required_argument, NULL, PLUGIN_DIR },
	{ "bus", required_argument, NULL, BUS },
	{ "check-config", no_argument, NULL, CHECK_CONFIG },
	{ "has-server", no_argument, NULL, HAS_SERVER },
	{ "log-level", required_argument, NULL, LOG_LEVEL },
	{ "version", no_argument, NULL, VERSION },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static int set_log_level(const char *name)
{
	int level = log_level_parse(name);

	if (level < 0) {
		fprintf(stderr,
			"lwm2m-agent: no log level '%s': it is error, warning, notice, info or debug\n",
			name);
		return -EINVAL;
	}
	log_set_level(level);
	return 0;
}

static int take_option(int option, struct options *options)
{
	switch (option) {
	case CONFIG:
		options->config = optarg;
		return 0;
	case STATE_DIR:
		options->state_dir = optarg;
		return 0;
	case PLUGIN_DIR:
		options->plugin_dir = optarg;
		return 0;
	case BUS:
		options->bus = optarg;
		return 0;
	case CHECK_CONFIG:
		options->check_config = true;
		return 0;
	case HAS_SERVER:
		options->has_server = true;
		return 0;
	case LOG_LEVEL:
		return set_log_level(optarg);
	case VERSION:
		puts("lwm2m-agent " BUILD_VERSION);
		return 1;
	case HELP:
		fputs(help, stdout);
		return 1;
	default:
		fputs("Try 'lwm2m-agent --help'.\n", stderr);
		return -EINVAL;
	}
}

int options_parse(int argc, char **argv, struct options *ret)
{
	const char *host_path = getenv("LWM2M_PLUGIN_HOST");
	struct options options = {
		.config = CONFIG_FILE,
		.plugin_dir = BUILD_PLUGINDIR,
		.bus = "system",
		.started_at = usec_now(),
		.host_path = host_path ? host_path : BUILD_LIBEXECDIR "/lwm2m-plugin-host",
	};
	int option, r;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		r = take_option(option, &options);
		if (r != 0)
			return r;
	}
	if (optind < argc) {
		fprintf(stderr, "lwm2m-agent: '%s' is too much\nTry 'lwm2m-agent --help'.\n", argv[optind]);
		return -EINVAL;
	}
	*ret = options;
	return 0;
}
