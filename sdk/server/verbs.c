/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lwm2m/codec.h"
#include "model.h"

enum verb_option {
	OPTION_JSON,
	OPTION_FORMAT,
	OPTION_TYPE,
	OPTION_UPDATE,
	OPTION_INSTANCES,
	OPTION_FILE,
	OPTION_COUNT,
	OPTION_TIMEOUT,
	_OPTION_MAX
};

#define HAS(option) (1U << OPTION_##option)
#define COMMON      (HAS(JSON) | HAS(TIMEOUT))

static const struct {
	const char *name, *argument, *help;
} options[_OPTION_MAX] = {
	[OPTION_JSON] = { "--json", NULL, "answers as JSON, one object per line" },
	[OPTION_FORMAT] = { "--format", "NAME",
		"text, opaque, cbor, tlv, senml-json, senml-cbor,\n"
		"                    lwm2m-json (clients of 1.0) or lwm2m-cbor (of 1.2);\n"
		"                    without it: one that the client says it has" },
	[OPTION_TYPE] = { "--type", "NAME",
		"string, integer, unsigned, float, boolean, opaque,\n"
		"                    time, objlnk or corelnk; for resources not known here" },
	[OPTION_UPDATE] = { "--update", NULL,
		"partial update: what is not named stays (default:\n"
		"                    replace the instance)" },
	[OPTION_INSTANCES] = { "--instances", NULL, "the words are RESOURCE-INSTANCE=VALUE" },
	[OPTION_FILE] = { "--file", "FILE", "the bytes of this file" },
	[OPTION_COUNT] = { "--count", "N", "end after so many" },
	[OPTION_TIMEOUT] = { "--timeout", "SECONDS", "how long to wait" },
};

static const struct verb verbs[] = {
	{ VERB_LIST, "list", "", "the registered clients", HAS(JSON), 0, 0, false, -1, -1,
		"One line per client: endpoint, address, LwM2M version, seconds of its lifetime\n"
		"that are left, and how it is secured.\n" },
	{ VERB_SHOW, "show", "ENDPOINT", "a client and its objects", HAS(JSON), 0, 0, true, -1, -1,
		"What the client said of itself when it registered or updated last.\n" },
	{ VERB_READ, "read", "ENDPOINT PATH", "read an object, instance or resource",
		COMMON | HAS(FORMAT) | HAS(TYPE) | HAS(FILE), 0, 0, true, PATH_OBJECT, PATH_RESOURCE_INSTANCE,
		"Prints a line per value: path, name, value and unit. With --file the one value\n"
		"that was read is written to FILE as it is.\n" },
	{ VERB_WRITE, "write", "ENDPOINT PATH VALUE | ID=VALUE...", "write a resource or an instance",
		COMMON | HAS(FORMAT) | HAS(TYPE) | HAS(UPDATE) | HAS(INSTANCES) | HAS(FILE), 0, SIZE_MAX,
		true, PATH_INSTANCE, PATH_RESOURCE_INSTANCE,
		"A resource takes VALUE, an instance takes RESOURCE=VALUE words (RESOURCE may be\n"
		"ID/ID for one instance of a resource). Opaque values are hexadecimal, times\n"
		"seconds since 1970 or 2026-11-24T17:00:00Z, links OBJECT:INSTANCE.\n" },
	{ VERB_EXEC, "exec", "ENDPOINT PATH [ARGUMENTS]", "execute a resource", COMMON, 0, 1, true,
		PATH_RESOURCE, PATH_RESOURCE, "ARGUMENTS go to the client as they are: 0='text',1\n" },
	{ VERB_DISCOVER, "discover", "ENDPOINT PATH", "what there is below a path, and its attributes",
		COMMON, 0, 0, true, PATH_OBJECT, PATH_RESOURCE, "" },
	{ VERB_CREATE, "create", "ENDPOINT PATH [ID=VALUE...]", "create an object instance",
		COMMON | HAS(FORMAT) | HAS(TYPE), 0, SIZE_MAX, true, PATH_OBJECT, PATH_INSTANCE,
		"/OBJECT lets the client choose the id, /OBJECT/INSTANCE asks for that one.\n" },
	{ VERB_DELETE, "delete", "ENDPOINT PATH", "delete an instance", COMMON, 0, 0, true, PATH_INSTANCE,
		PATH_RESOURCE_INSTANCE, "" },
	{ VERB_ATTR, "attr", "ENDPOINT PATH NAME=VALUE...", "write notification attributes", COMMON, 1,
		SIZE_MAX, true, PATH_OBJECT, PATH_RESOURCE_INSTANCE,
		"pmin=10 pmax=60; NAME alone takes the attribute away.\n" },
	{ VERB_OBSERVE, "observe", "ENDPOINT PATH", "print notifications as they come",
		COMMON | HAS(FORMAT) | HAS(TYPE) | HAS(COUNT), 0, 0, true, PATH_OBJECT,
		PATH_RESOURCE_INSTANCE,
		"The first line is the value now. Goes on until interrupted, for --count N\n"
		"notifications, or for --timeout SECONDS; then the observation is cancelled.\n" },
	{ VERB_CANCEL, "cancel", "ENDPOINT PATH", "end the observations of a path", HAS(JSON), 0, 0, true,
		PATH_OBJECT, PATH_RESOURCE_INSTANCE, "" },
	{ VERB_WAIT, "wait", "ENDPOINT", "wait until a client is registered", COMMON, 0, 0, true, -1, -1,
		"" },
	{ VERB_EVENTS, "events", "", "print what clients do: register, update, send ...", COMMON | HAS(COUNT),
		0, 0, false, -1, -1,
		"Goes on until interrupted, for --count N events, or for --timeout SECONDS.\n" },
};

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

void verb_print_list(FILE *to)
{
	for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
		fprintf(to, "  %-9s %s\n", verbs[i].name, verbs[i].summary);
}

void verb_print_help(FILE *to, const struct verb *verb)
{
	fprintf(to, "%s %s\n  %s\n\n%s", verb->name, verb->arguments, verb->summary, verb->help);
	for (size_t i = 0; i < _OPTION_MAX; i++) {
		char name[32];

		if (!(verb->options & 1U << i))
			continue;
		snprintf(name, sizeof(name), "%s %s", options[i].name,
			options[i].argument ? options[i].argument : "");
		fprintf(to, "  %-18s%s\n", name, options[i].help);
	}
}

static int parse_number(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number > 1000000000)
		return -EINVAL;
	*ret = (unsigned int)number;
	return 0;
}

static int take_format(struct verb_call *call, const char *name, char *error)
{
	const struct codec *codec = codec_find_name(name);

	if (!codec) {
		snprintf(error, VERB_ERROR_MAX,
			"There is no format \"%s\": use text, opaque, cbor, tlv, senml-json, senml-cbor, lwm2m-json "
			"or lwm2m-cbor",
			name);
		return -EINVAL;
	}
	call->format_name = codec->name;
	call->format = codec->format;
	return 0;
}

static int take_option(enum verb_option option, const char *argument, struct verb_call *call, char *error)
{
	unsigned int *number = option == OPTION_COUNT ? &call->count : &call->timeout_s;

	switch (option) {
	case OPTION_JSON:
		call->json = true;
		return 0;
	case OPTION_UPDATE:
		call->update = true;
		return 0;
	case OPTION_INSTANCES:
		call->instances = true;
		return 0;
	case OPTION_FILE:
		call->file = argument;
		return 0;
	case OPTION_FORMAT:
		return take_format(call, argument, error);
	case OPTION_TYPE:
		call->type = model_type_parse(argument);
		if (call->type != VALUE_NONE)
			return 0;
		snprintf(error, VERB_ERROR_MAX, "There is no type \"%s\": see `%s --help`", argument,
			call->verb->name);
		return -EINVAL;
	default:
		if (parse_number(argument, number) >= 0 && *number > 0)
			return 0;
		snprintf(error, VERB_ERROR_MAX, "%s takes a number from 1 on, not \"%s\"",
			options[option].name, argument);
		return -EINVAL;
	}
}

/* Takes an option, and its argument where it has one, off the words: how many those are. */
static int parse_option(size_t argc, char *const argv[], struct verb_call *call, char *error)
{
	const char *equals = strchr(argv[0], '='), *argument = equals   ? equals + 1 :
							       argc > 1 ? argv[1] :
									  NULL;
	size_t len = equals ? (size_t)(equals - argv[0]) : strlen(argv[0]);
	int r;

	for (size_t i = 0; i < _OPTION_MAX; i++) {
		if (!(call->verb->options & 1U << i) || strlen(options[i].name) != len ||
			memcmp(options[i].name, argv[0], len) != 0)
			continue;
		if (options[i].argument && !argument) {
			snprintf(
				error, VERB_ERROR_MAX, "%s takes a %s", options[i].name, options[i].argument);
			return -EINVAL;
		}
		r = take_option((enum verb_option)i, argument, call, error);
		return r < 0 ? r : options[i].argument && !equals ? 2 : 1;
	}
	snprintf(error, VERB_ERROR_MAX, "%s has no option %.*s: see `%s --help`", call->verb->name, (int)len,
		argv[0], call->verb->name);
	return -EINVAL;
}

static int take_path(const char *text, struct verb_call *call, char *error)
{
	static const char *const names[] = { "/", "/OBJECT", "/OBJECT/INSTANCE", "/OBJECT/INSTANCE/RESOURCE",
		"/OBJECT/INSTANCE/RESOURCE/INSTANCE" };
	const struct verb *verb = call->verb;

	if (path_parse(bytes_of(text), &call->path) < 0) {
		snprintf(error, VERB_ERROR_MAX, "\"%s\" is not a path: write /3, /3/0 or /3/0/9", text);
		return -EINVAL;
	}
	if (call->path.depth >= verb->path_min && call->path.depth <= verb->path_max)
		return 0;
	snprintf(error, VERB_ERROR_MAX, "%s takes a path of the form %s%s%s, not %s", verb->name,
		names[verb->path_min], verb->path_max > verb->path_min ? " to " : "",
		verb->path_max > verb->path_min ? names[verb->path_max] : "", text);
	return -EINVAL;
}

/* The words without options: endpoint, path, the rest. */
static int take_words(struct verb_call *call, size_t n, char *const words[], char *error)
{
	const struct verb *verb = call->verb;
	size_t used = 0;
	int r;

	if (verb->has_endpoint && n > used)
		call->endpoint = words[used++];
	if (verb->path_min >= 0 && n > used) {
		r = take_path(words[used++], call, error);
		if (r < 0)
			return r;
	}
	call->words = words + used;
	call->n_words = n - used;
	if (used == (size_t)verb->has_endpoint + (verb->path_min >= 0) && call->n_words >= verb->words_min &&
		call->n_words <= verb->words_max)
		return 0;
	snprintf(error, VERB_ERROR_MAX, "usage: %s %s", verb->name, verb->arguments);
	return -EINVAL;
}

int verb_parse(size_t argc, char *argv[], struct verb_call *ret, char error[VERB_ERROR_MAX])
{
	struct verb_call call = { .format = -1 };
	char **words = argv; /* at the beginning of the same array, which keeps all it had: its owner frees them */
	bool only_words = false;
	size_t n = 1;
	int r;

	call.verb = argc > 0 ? verb_find(argv[0]) : NULL;
	if (!call.verb) {
		snprintf(error, VERB_ERROR_MAX,
			argc > 0 ? "There is no verb \"%s\": see --help" : "No verb%s: see --help",
			argc > 0 ? argv[0] : "");
		return -EINVAL;
	}
	for (size_t i = 1; i < argc;) {
		if (!only_words && strcmp(argv[i], "--help") == 0) {
			ret->verb = call.verb;
			return VERB_HELP;
		}
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			i++;
		} else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
			r = parse_option(argc - i, argv + i, &call, error);
			if (r < 0)
				return r;
			i += (size_t)r;
		} else {
			char *word = argv[i];

			argv[i++] = words[n];
			words[n++] = word;
		}
	}
	r = take_words(&call, n - 1, words + 1, error);
	if (r < 0)
		return r;
	*ret = call;
	return VERB_OK;
}
