/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "options.h"

static void print_options(FILE *to)
{
	for (const struct option *option = options_all; option->name; option++) {
		char name[32];

		snprintf(name, sizeof(name), "%s%s%s", option->name, option->argument ? " " : "",
			option->argument ? option->argument : "");
		fprintf(to, "  %-20s %s\n", name, option->summary);
	}
}

void help_print(FILE *to)
{
	fputs("Usage: lwm2mctl [OPTION...] VERB [ARGUMENT...]\n"
	      "Ask lwm2m-agent what it does, and tell it what to do.\n"
	      "\n"
	      "Verbs:\n",
		to);
	for (const struct verb *verb = verbs_next(NULL); verb; verb = verbs_next(verb)) {
		char name[32];

		snprintf(name, sizeof(name), "%s%s%s", verb->name, *verb->arguments ? " " : "",
			verb->arguments);
		fprintf(to, "  %-24s %s\n", name, verb->summary);
	}
	fputs("\nOptions, before or after the verb:\n", to);
	print_options(to);
	fputs("\n"
	      "A PATH is /OBJECT/INSTANCE/RESOURCE or less of it: /3303/0/5700.\n"
	      "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no agent runs.\n"
	      "See lwm2mctl(1).\n",
		to);
}

void help_print_verb(FILE *to, const struct verb *verb)
{
	fprintf(to, "Usage: lwm2mctl [OPTION...] %s%s%s\n%s.\n%s%s\nOptions:\n", verb->name,
		*verb->arguments ? " " : "", verb->arguments, verb->summary, *verb->help ? "\n" : "",
		verb->help);
	print_options(to);
}

int help_run(struct ctl *ctl, size_t argc, char **argv)
{
	const struct verb *verb, *nearest;

	if (argc == 0) {
		help_print(ctl->out);
		return OUTCOME_DONE;
	}
	verb = verbs_find(argv[0]);
	if (!verb) {
		nearest = verbs_nearest(argv[0]);
		return ctl_fail(ctl, OUTCOME_USAGE, "There is no verb '%s'%s%s%s", argv[0],
			nearest ? "; is it '" : "", nearest ? nearest->name : "",
			nearest ? "'?" : ": 'lwm2mctl --help' lists them");
	}
	help_print_verb(ctl->out, verb);
	return OUTCOME_DONE;
}
