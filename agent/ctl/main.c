/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "build.h"
#include "connection.h"
#include "help.h"
#include "options.h"

static int run(struct ctl *ctl, const struct command *command)
{
	if (command->version) {
		puts("lwm2mctl " BUILD_VERSION);
		return OUTCOME_DONE;
	}
	if (command->help && command->verb) {
		help_print_verb(stdout, command->verb);
		return OUTCOME_DONE;
	}
	if (command->help) {
		help_print(stdout);
		return OUTCOME_DONE;
	}
	if (!command->verb) {
		help_print(stderr);
		return OUTCOME_USAGE;
	}
	return command->verb->run(ctl, command->n_arguments, command->arguments);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .out = stdout, .err = stderr, .bus_address = "system" };
	struct command command;
	int r;

	screen_init(&ctl.screen, stdout);
	r = options_parse(argc, argv, &ctl, &command);
	if (r == OUTCOME_DONE)
		r = run(&ctl, &command);
	sd_bus_flush_close_unref(ctl.bus);
	if (r < 0)
		r = ctl_fail(&ctl, OUTCOME_FAILED, "%s", strerror(-r));
	if (fflush(stdout) != 0 || ferror(stdout))
		r = ctl_fail(&ctl, OUTCOME_FAILED, "Cannot write the output: %s", strerror(errno));
	return r < 0 ? OUTCOME_FAILED : r;
}
