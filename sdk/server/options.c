/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "verbs.h"

static void print_help(void)
{
	puts("lwm2m-server [OPTIONS]                    run the server\n"
	     "lwm2m-server [OPTIONS] ctl VERB ...       ask or tell a running server\n"
	     "lwm2m-server [OPTIONS] psk VERB ...       see and change the pre-shared keys\n"
	     "\n"
	     "  --coap [HOST]:PORT    listen for CoAP; may be given again (:5683)\n"
	     "  --coaps [HOST]:PORT   listen for CoAP over DTLS; may be given again (:5684)\n"
	     "                        One of the two given, the other is off.\n"
	     "  --data-dir DIR        keys and the control socket; made where it is missing\n"
	     "                        (/var/lib/lwm2m-server as root, else\n"
	     "                        ~/.local/state/lwm2m-server)\n"
	     "  --no-console          no prompt, even on a terminal\n"
	     "  --log-level LEVEL     error, warning, notice (as it is), info, debug\n"
	     "  --version, --help\n"
	     "\n"
	     "psk add ENDPOINT IDENTITY KEY   KEY in hexadecimal; - reads it from the standard\n"
	     "                                input, random makes one and prints it\n"
	     "psk remove ENDPOINT\n"
	     "psk list                        endpoints and identities, without keys\n"
	     "\n"
	     "Verbs of ctl and of the console; `lwm2m-server ctl VERB --help` tells more:");
	verb_print_list(stdout);
	puts("\nExit codes: 0 done, 1 refused or failed, 2 usage, 3 no server runs there.");
}

static const char *default_dir(char *text, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		snprintf(text, size, "/var/lib/lwm2m-server");
	else if (state && *state)
		snprintf(text, size, "%s/lwm2m-server", state);
	else
		snprintf(text, size, "%s/.local/state/lwm2m-server", home && *home ? home : "");
	return text;
}

static int add_listen(struct options *options, const char *where, bool secure)
{
	if (options->n_listen == OPTIONS_LISTEN_MAX) {
		fprintf(stderr, "lwm2m-server: at most %d --coap and --coaps\n", OPTIONS_LISTEN_MAX);
		return -EINVAL;
	}
	options->listen[options->n_listen].where = where;
	options->listen[options->n_listen++].secure = secure;
	return 0;
}

static int set_log_level(const char *name)
{
	int level = log_level_parse(name);

	if (level < 0) {
		fprintf(stderr,
			"lwm2m-server: there is no log level \"%s\": error, warning, notice, info or debug\n",
			name);
		return level;
	}
	log_set_level(level);
	return 0;
}

enum { OPT_COAP = 256, OPT_COAPS, OPT_DATA_DIR, OPT_NO_CONSOLE, OPT_LOG_LEVEL, OPT_VERSION, OPT_HELP };

static int take(struct options *options, int option)
{
	switch (option) {
	case OPT_COAP:
	case OPT_COAPS:
		return add_listen(options, optarg, option == OPT_COAPS);
	case OPT_DATA_DIR:
		options->data_dir = optarg;
		return 0;
	case OPT_NO_CONSOLE:
		options->console = false;
		return 0;
	case OPT_LOG_LEVEL:
		return set_log_level(optarg);
	case OPT_VERSION:
		puts("lwm2m-server " SERVER_VERSION);
		return OPTIONS_DONE;
	case OPT_HELP:
		print_help();
		return OPTIONS_DONE;
	default:
		fputs("See lwm2m-server --help.\n", stderr);
		return -EINVAL;
	}
}

int options_parse(int *argc, char ***argv, struct options *ret)
{
	static const struct option names[] = {
		{ "coap", required_argument, NULL, OPT_COAP },
		{ "coaps", required_argument, NULL, OPT_COAPS },
		{ "data-dir", required_argument, NULL, OPT_DATA_DIR },
		{ "no-console", no_argument, NULL, OPT_NO_CONSOLE },
		{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 },
	};
	int option, r = 0;

	*ret = (struct options){ .console = true };
	ret->data_dir = default_dir(ret->default_dir, sizeof(ret->default_dir));
	while (r == 0 && (option = getopt_long(*argc, *argv, "+", names, NULL)) >= 0)
		r = take(ret, option);
	if (ret->n_listen == 0) {
		(void)add_listen(ret, ":5683", false);
		(void)add_listen(ret, ":5684", true);
	}
	*argc -= optind;
	*argv += optind;
	return r;
}
