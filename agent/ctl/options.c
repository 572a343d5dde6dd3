/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

#define TIMEOUT_MAX_S (30UL * 24 * 3600)

enum { JSON, BUS, TIMEOUT, VERSION, HELP };

const struct option options_all[] = {
	[JSON] = { "--json", NULL, "output for programs" },
	[BUS] = { "--bus", "BUS", "system, session or an address (system)" },
	[TIMEOUT] = { "--timeout", "SECONDS", "how long to wait for an answer (25)" },
	[VERSION] = { "--version", NULL, "print the version" },
	[HELP] = { "--help", NULL, "print this; after a verb: about the verb" },
	{ 0 },
};

static int take_bus(struct ctl *ctl, const char *bus)
{
	if (strcmp(bus, "system") != 0 && strcmp(bus, "session") != 0 && !strchr(bus, ':'))
		return ctl_fail(ctl, OUTCOME_USAGE,
			"'%s' is no bus: it is system, session or an address, as unix:path=/run/bus", bus);
	ctl->bus_address = bus;
	return OUTCOME_DONE;
}

static int take_timeout(struct ctl *ctl, const char *text)
{
	char *end;
	unsigned long s = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || s == 0 || s > TIMEOUT_MAX_S)
		return ctl_fail(ctl, OUTCOME_USAGE, "--timeout takes a number of seconds, not '%s'", text);
	ctl->timeout = s * USEC_PER_SEC;
	return OUTCOME_DONE;
}

static int take_option(size_t option, const char *argument, struct ctl *ctl, struct command *command)
{
	switch (option) {
	case JSON:
		ctl->json = true;
		return OUTCOME_DONE;
	case BUS:
		return take_bus(ctl, argument);
	case TIMEOUT:
		return take_timeout(ctl, argument);
	case VERSION:
		command->version = true;
		return OUTCOME_DONE;
	default:
		command->help = true;
		return OUTCOME_DONE;
	}
}

static int no_such_option(const struct ctl *ctl, const char *word)
{
	for (size_t i = 0; options_all[i].name; i++)
		if (text_is_near(word, options_all[i].name))
			return ctl_fail(ctl, OUTCOME_USAGE, "There is no option %s; is it %s?", word,
				options_all[i].name);
	return ctl_fail(ctl, OUTCOME_USAGE, "There is no option %s: see 'lwm2mctl --help'", word);
}

/* Takes words[*i], an option, and its argument. */
static int parse_option(char **words, size_t n, size_t *i, struct ctl *ctl, struct command *command)
{
	const char *word = words[*i], *equals = strchr(word, '='), *argument = equals ? equals + 1 : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);

	if (strcmp(word, "-h") == 0)
		return take_option(HELP, NULL, ctl, command);
	for (size_t j = 0; options_all[j].name; j++) {
		const struct option *option = &options_all[j];

		if (strlen(option->name) != len || strncmp(option->name, word, len) != 0)
			continue;
		if (argument && !option->argument)
			return ctl_fail(ctl, OUTCOME_USAGE, "%s takes nothing after a '='", option->name);
		if (option->argument && !argument && *i + 1 < n)
			argument = words[++*i];
		if (option->argument && !argument)
			return ctl_fail(
				ctl, OUTCOME_USAGE, "%s takes %s after it", option->name, option->argument);
		return take_option(j, argument, ctl, command);
	}
	return no_such_option(ctl, word);
}

static int find_verb(const struct ctl *ctl, const char *name, struct command *command)
{
	const struct verb *nearest;

	command->verb = verbs_find(name);
	if (command->verb)
		return OUTCOME_DONE;
	nearest = verbs_nearest(name);
	if (nearest)
		return ctl_fail(
			ctl, OUTCOME_USAGE, "There is no verb '%s'; is it '%s'?", name, nearest->name);
	if (*name == '/')
		return ctl_fail(ctl, OUTCOME_USAGE, "What is to be done with %s? Try 'lwm2mctl read %s'.",
			name, name);
	return ctl_fail(ctl, OUTCOME_USAGE, "There is no verb '%s': 'lwm2mctl --help' lists them", name);
}

static int check_arguments(const struct ctl *ctl, const struct command *command)
{
	const struct verb *verb = command->verb;

	if (!verb || command->help || command->version)
		return OUTCOME_DONE;
	if (command->n_arguments >= verb->min && command->n_arguments <= verb->max)
		return OUTCOME_DONE;
	return ctl_fail(ctl, OUTCOME_USAGE, "%s: it is 'lwm2mctl %s%s%s'",
		command->n_arguments < verb->min ? "Something is missing" : "That is too much", verb->name,
		*verb->arguments ? " " : "", verb->arguments);
}

int options_parse(int argc, char **argv, struct ctl *ctl, struct command *ret)
{
	struct command command = { .arguments = argv };
	size_t n = (size_t)argc;
	bool only_words = false;
	int r = OUTCOME_DONE;

	for (size_t i = 1; i < n && r == OUTCOME_DONE; i++) {
		char *word = argv[i];

		if (!only_words && strcmp(word, "--") == 0)
			only_words = true;
		else if (!only_words && (strncmp(word, "--", 2) == 0 || strcmp(word, "-h") == 0))
			r = parse_option(argv, n, &i, ctl, &command);
		else if (!command.verb)
			r = find_verb(ctl, word, &command);
		else
			command.arguments[command.n_arguments++] = word; /* before argv[i] */
	}
	if (r == OUTCOME_DONE)
		r = check_arguments(ctl, &command);
	if (r == OUTCOME_DONE)
		*ret = command;
	return r;
}
