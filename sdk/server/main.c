/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl.h"
#include "daemon.h"
#include "options.h"
#include "psk-verbs.h"

static int usage(const char *word)
{
	fprintf(stderr,
		"lwm2m-server: there is no \"%s\": ctl or psk, or nothing to run the server; see --help\n",
		word);
	return 2;
}

int main(int argc, char *argv[])
{
	struct options options;
	int r;

	log_open("lwm2m-server");
	r = options_parse(&argc, &argv, &options);
	if (r != OPTIONS_OK)
		return r < 0 ? 2 : 0;
	if (argc == 0)
		return daemon_run(&options) < 0 ? 1 : 0;
	if (strcmp(argv[0], "ctl") == 0)
		return ctl_run(options.data_dir, argc - 1, argv + 1);
	if (strcmp(argv[0], "psk") == 0)
		return psk_verbs_run(options.data_dir, argc - 1, argv + 1);
	return usage(argv[0]);
}
