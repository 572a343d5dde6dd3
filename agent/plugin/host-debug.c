/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host without an agent: lwm2m-plugin-host -v MODULE.so shows what a plugin has and what changes, and takes commands at
 * stdin, a line each. lwm2m-plugin-check and people with a debugger or valgrind use it; its lines are for both.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "plugin/host-internal.h"

#define LINE_MAX_LEN (4U << 20)

struct debug {
	struct host *host;
	char *line; /* of stdin, so far */
	size_t len;
	unsigned int outstanding;
	bool eof;
};

/* A command until it has ended. */
struct asked {
	struct operation operation;
	struct debug *debug;
	char *command;
};

static void print_escaped(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\\')
			fputs("\\\\", stdout);
		else if (text.data[i] == '\n' || text.data[i] == '\r')
			printf("\\%c", text.data[i] == '\n' ? 'n' : 'r');
		else
			putchar(text.data[i]);
}

static void print_value(const char *what, const struct path *path, const struct value *value)
{
	char at[PATH_TEXT_MAX], text[VALUE_TEXT_MAX];

	path_format(path, at);
	printf("%s %s %s ", what, at, value_type_name(value->type));
	if (value->type == VALUE_OPAQUE)
		for (size_t i = 0; i < value->bytes.len; i++)
			printf("%02x", value->bytes.data[i]);
	else if (value_type_is_bytes(value->type))
		print_escaped(value->bytes);
	else if (value_format(value, text) > 0)
		fputs(text, stdout);
	putchar('\n');
}

static void print_path(const char *what, const struct path *path)
{
	char at[PATH_TEXT_MAX];

	path_format(path, at);
	printf("%s %s\n", what, at);
}

/* registry.listener */
static void on_change(void *userdata, enum registry_change change, const struct path *path)
{
	_cleanup_(records_deinit) struct records records = { 0 };
	struct host *host = userdata;
	const struct object *object = registry_find(&host->registry, path->ids[0]);

	if (change == REGISTRY_INSTANCE)
		print_path(object && object_has_instance(object, path->ids[1]) ? "instance" : "gone", path);
	if (change != REGISTRY_VALUE || !object)
		return;
	if (path->depth != PATH_RESOURCE || local_peek(object, path->ids[1], path->ids[2], &records) < 0)
		print_path("changed", path);
	for (size_t i = 0; i < records.count; i++)
		print_value("changed", &records.items[i].path, &records.items[i].value);
}

static void print_resource(const struct object_info *object, const struct resource_info *info)
{
	static const char *const operations[] = { "-", "R", "W", "RW", "E" };

	printf("resource /%u/*/%u %s %s%s%s%s\n", object->id, info->id, operations[info->operations],
		info->type == VALUE_NONE ? "none" : value_type_name(info->type),
		info->flags & RESOURCE_MULTIPLE ? " multiple" : "",
		info->flags & RESOURCE_MANDATORY ? " mandatory" : "",
		info->flags & RESOURCE_STREAM ? " stream" : "");
}

static void print_tables(const struct host *host)
{
	for (size_t i = 0; i < host->registry.n_objects; i++) {
		const struct object *object = host->registry.objects[i];

		printf("object /%u %s%s%s\n", object->info->id, object->info->version,
			object->info->flags & OBJECT_MULTIPLE ? " multiple" : "",
			object->info->flags & OBJECT_CREATE ? " create" : "");
		for (size_t k = 0; k < object->info->n_resources; k++)
			print_resource(object->info, &object->info->resources[k]);
		for (size_t k = 0; k < object->n_instances; k++)
			print_path("instance", &PATH2(object->info->id, object->instances[k]));
	}
}

static void print_end(const char *command, int error)
{
	if (error < 0)
		printf("error %s: %s\n", command, strerrorname_np(-error) ? strerrorname_np(-error) : "EIO");
	else
		printf("ok %s\n", command);
	fflush(stdout);
}

/* Commands that came from a file go on to their end. */
static void maybe_exit(struct debug *debug)
{
	if (debug->eof && debug->outstanding == 0)
		sd_event_exit(debug->host->event, 0);
}

static void on_done(struct operation *operation, int error)
{
	struct asked *asked = container_of(operation, struct asked, operation);
	struct debug *debug = asked->debug;

	for (size_t i = 0; operation->type == OPERATION_READ && error == 0 && i < operation->records.count;
		i++)
		print_value("value", &operation->records.items[i].path, &operation->records.items[i].value);
	print_end(asked->command, error);
	records_deinit(&operation->records);
	free(asked->command);
	free(asked);
	debug->outstanding--;
	maybe_exit(debug);
}

static int unescape(char *text, size_t *ret_len)
{
	char *begin = text, *to = text;

	for (; *text; text++) {
		if (*text != '\\') {
			*to++ = *text;
			continue;
		}
		text++;
		if (*text != 'n' && *text != 'r' && *text != '\\')
			return -EINVAL;
		*to++ = *text == 'n' ? '\n' : *text == 'r' ? '\r' : '\\';
	}
	*ret_len = (size_t)(to - begin);
	return 0;
}

static int unhex(char *text, size_t *ret_len)
{
	size_t len = strlen(text) / 2;

	if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned char byte;

		sscanf(text + 2 * i, "%2hhx", &byte);
		text[i] = (char)byte;
	}
	*ret_len = len;
	return 0;
}

/* Borrows from text, which is changed. */
static int parse_value(char *text, enum value_type type, struct value *ret)
{
	size_t len = 0;
	int r;

	if (!value_type_is_bytes(type))
		return value_parse(bytes_of(text), type, ret);
	r = type == VALUE_OPAQUE ? unhex(text, &len) : unescape(text, &len);
	if (r < 0)
		return r;
	*ret = (struct value){ .type = type, .bytes = BYTES(text, len) };
	return 0;
}

static int do_write(struct object *object, struct operation *operation, char *text)
{
	const struct resource_info *info = object_find_resource(object, operation->path.ids[2]);
	struct records records = { 0 };
	struct value value;
	int r;

	if (operation->path.depth < PATH_RESOURCE || !info)
		return -ENOENT;
	r = parse_value(text, info->type, &value);
	if (r == 0)
		r = records_add(&records, operation->path, value);
	if (r < 0)
		return r;
	operation->records = records;
	if (operation->path.depth == PATH_RESOURCE_INSTANCE)
		operation->type = OPERATION_WRITE_UPDATE;
	object->ops->write(object, operation);
	return 0;
}

/* <0: it has not begun. */
static int begin(struct object *object, struct operation *operation, char *rest)
{
	switch (operation->type) {
	case OPERATION_READ:
		object->ops->read(object, operation);
		return 0;
	case OPERATION_EXECUTE:
		operation->arguments = bytes_of(rest);
		object->ops->execute(object, operation);
		return 0;
	case OPERATION_CREATE:
		object->ops->create(object, operation);
		return 0;
	case OPERATION_DELETE:
		object->ops->delete (object, operation);
		return 0;
	default:
		return do_write(object, operation, rest);
	}
}

static int ask(
	struct debug *debug, enum operation_type type, const struct path *path, char *rest, char *command)
{
	struct object *object = registry_find(&debug->host->registry, path->ids[0]);
	struct asked *asked;
	int r;

	if (!object || path->depth == PATH_ROOT || (type == OPERATION_CREATE && path->depth != PATH_INSTANCE))
		return -ENOENT;
	asked = calloc(1, sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	asked->debug = debug;
	asked->command = strdup(command);
	asked->operation.type = type;
	asked->operation.path = *path;
	asked->operation.done = on_done;
	debug->outstanding++;
	r = asked->command ? begin(object, &asked->operation, rest) : -ENOMEM;
	if (r < 0) {
		debug->outstanding--;
		free(asked->command);
		free(asked);
	}
	return r;
}

static int watch(struct host *host, const struct path *path, bool watched)
{
	struct object *object = registry_find(&host->registry, path->ids[0]);

	if (!object)
		return -ENOENT;
	object->ops->watch(object, watched);
	return 0;
}

static const struct {
	const char *name;
	enum operation_type type;
} verbs[] = {
	{ "read", OPERATION_READ },
	{ "write", OPERATION_WRITE_REPLACE },
	{ "execute", OPERATION_EXECUTE },
	{ "create", OPERATION_CREATE },
	{ "delete", OPERATION_DELETE },
};

/* >0: its end is printed already, or will be. */
static int run_command(struct debug *debug, const char *verb, char *place, char *rest, char *command)
{
	struct path path;
	int r;

	if (strcmp(verb, "tables") == 0)
		return print_tables(debug->host), 0;
	if (!place || path_parse(bytes_of(place), &path) < 0)
		return -EINVAL;
	if (strcmp(verb, "watch") == 0 || strcmp(verb, "unwatch") == 0)
		return watch(debug->host, &path, *verb == 'w');
	for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
		if (strcmp(verb, verbs[i].name) != 0)
			continue;
		r = ask(debug, verbs[i].type, &path, rest, command);
		return r < 0 ? r : 1;
	}
	return -ENOTSUP;
}

/* "VERB PATH REST"; what is printed of it at its end is "VERB PATH". */
static void take_line(struct debug *debug, char *line)
{
	char *rest = line, *verb = strsep(&rest, " "), *place = strsep(&rest, " "), none[] = "", command[64];
	int r;

	if (!*line)
		return;
	snprintf(command, sizeof(command), "%s%s%s", verb, place ? " " : "", place ? place : "");
	r = run_command(debug, verb, place, rest ? rest : none, command);
	if (r <= 0)
		print_end(command, r);
}

static int take_bytes(struct debug *debug, const char *data, size_t len)
{
	char *grown = realloc(debug->line, debug->len + len + 1), *end;

	if (!grown || debug->len + len > LINE_MAX_LEN)
		return -ENOMEM;
	debug->line = grown;
	memcpy(debug->line + debug->len, data, len);
	debug->len += len;
	debug->line[debug->len] = 0;
	while ((end = memchr(debug->line, '\n', debug->len))) {
		*end++ = 0;
		take_line(debug, debug->line);
		debug->len -= (size_t)(end - debug->line);
		memmove(debug->line, end, debug->len + 1);
	}
	return 0;
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct debug *debug = userdata;
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n > 0 && take_bytes(debug, data, (size_t)n) == 0)
		return 1;
	debug->eof = true;
	if (source)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	maybe_exit(debug);
	return 0;
}

/* "SECTION.KEY=VALUE" */
static int add_setting(struct plugin_config *config, char *text)
{
	char *dot = strchr(text, '.'), *equals = dot ? strchr(dot, '=') : NULL;
	struct plugin_setting *settings;

	if (!equals)
		return -EINVAL;
	settings =
		reallocarray((void *)(uintptr_t)config->settings, config->n_settings + 1, sizeof(*settings));
	if (!settings)
		return -ENOMEM;
	*dot = *equals = 0;
	settings[config->n_settings++] =
		(struct plugin_setting){ strdup(text), strdup(dot + 1), strdup(equals + 1) };
	config->settings = settings;
	return 0;
}

static void show_all(struct debug *debug)
{
	static const char *const what[] = { "read", "watch" };

	print_tables(debug->host);
	for (size_t i = 0; i < debug->host->registry.n_objects; i++)
		for (size_t k = 0; k < ELEMENTSOF(what); k++) {
			char line[32];

			snprintf(line, sizeof(line), "%s /%u", what[k],
				debug->host->registry.objects[i]->info->id);
			take_line(debug, line);
		}
}

static int start(struct debug *debug, char **ret_reason)
{
	struct host *host = debug->host;
	int r = local_new(&host->local, &host->config, host->event, &host->registry, ret_reason);

	return r < 0 ? r : local_start(host->local, ret_reason);
}

static char *name_of(const char *module)
{
	const char *base = strrchr(module, '/') ? strrchr(module, '/') + 1 : module;

	return strndup(base, strcspn(base, "."));
}

int host_debug(struct host *host, bool verbose, char **arguments)
{
	_cleanup_(freep) char *reason = NULL;
	struct debug debug = { .host = host };
	int r = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_level(verbose ? LOG_DEBUG : LOG_NOTICE);
	host->config.module = realpath(arguments[0], NULL);
	host->config.name = name_of(arguments[0]);
	for (char **setting = arguments + 1; *setting && r == 0; setting++)
		r = add_setting(&host->config, *setting);
	if (r < 0)
		return log_error_errno(r, "A setting is SECTION.KEY=VALUE: %m");
	if (!host->config.module)
		return log_error_errno(-errno, "%s: %m", arguments[0]);
	r = sd_event_default(&host->event);
	if (r >= 0)
		r = start(&debug, &reason);
	if (r < 0)
		return log_error_errno(r, "Plugin %s: %s", host->config.name, reason ? reason : strerror(-r));
	host->registry.listener = on_change;
	host->registry.userdata = host;
	if (verbose)
		show_all(&debug);
	if (sd_event_add_io(host->event, NULL, STDIN_FILENO, EPOLLIN, on_input, &debug) < 0)
		while (on_input(NULL, STDIN_FILENO, 0, &debug) > 0)
			;
	sd_event_loop(host->event);
	free(debug.line);
	return 0;
}
