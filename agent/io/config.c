/* SPDX-License-Identifier: Apache-2.0 */
#include "io/config.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "io/config-internal.h"
#include "io/endpoint.h"

static int parse_path(const struct config_key *key, const char *value, void *ret)
{
	return *value == '/' ? config_parse_text(key, value, ret) : -EINVAL;
}

#define EXPECT_TEXT "at most 255 bytes long"

/* It travels as one parameter of a query. */
static int parse_endpoint(const struct config_key *key, const char *value, void *ret)
{
	return strchr(value, '&') ? -EINVAL : config_parse_text(key, value, ret);
}

static const struct config_key agent_keys[] = {
	{ "endpoint", parse_endpoint, offsetof(struct config, endpoint), .max = 255,
	  .expected = EXPECT_TEXT ", without '&'" },
	{ "state_dir", parse_path, offsetof(struct config, state_dir), .max = 4096,
	  .expected = "the path of a directory, from / on" },
	{ "deregister_on_stop", config_parse_boolean, offsetof(struct config, deregister_on_stop),
	  .expected = CONFIG_EXPECT_BOOLEAN },
};

#define DEVICE_TEXT(name)                                                                               \
	{                                                                                               \
#name, config_parse_text, offsetof(struct config, device.name), .max = 255,             \
										.expected = EXPECT_TEXT \
	}

static const struct config_key device_keys[] = {
	DEVICE_TEXT(manufacturer), DEVICE_TEXT(model_number),     DEVICE_TEXT(serial_number),
	DEVICE_TEXT(device_type),  DEVICE_TEXT(hardware_version),
};

static const struct config_key connectivity_keys[] = {
	{ "monitoring", config_parse_boolean, offsetof(struct config, monitoring),
	  .expected = CONFIG_EXPECT_BOOLEAN },
	{ "statistics", config_parse_boolean, offsetof(struct config, statistics),
	  .expected = CONFIG_EXPECT_BOOLEAN },
};

/* node_exporter reads no other files. */
static int parse_prom(const struct config_key *key, const char *value, void *ret)
{
	size_t len = strlen(value);

	return len > 5 && strcmp(value + len - 5, ".prom") == 0 ? parse_path(key, value, ret) : -EINVAL;
}

static const struct config_key metrics_keys[] = {
	{ "socket", parse_path, offsetof(struct config, metrics.socket), .max = 107,
	  .expected = "the path of a socket, from / on and at most 107 bytes long" },
	{ "file", parse_prom, offsetof(struct config, metrics.file), .max = 4096,
	  .expected = "the path of a file NAME.prom, from / on" },
	{ "interval", config_parse_u32, offsetof(struct config, metrics.interval_s), .min = 1, .max = 86400,
	  .expected = "a number of seconds from 1 to 86400" },
};

static const struct {
	const char *name;
	const struct config_key *keys;
	size_t n_keys;
} sections[] = {
	{ "agent", agent_keys, ELEMENTSOF(agent_keys) },
	{ "device", device_keys, ELEMENTSOF(device_keys) },
	{ "connectivity", connectivity_keys, ELEMENTSOF(connectivity_keys) },
	{ "metrics", metrics_keys, ELEMENTSOF(metrics_keys) },
	{ "server.NAME" }, /* these two: config-server.c */
	{ "bootstrap" },
};

static void report_to_log(void *userdata, int priority, const char *line)
{
	(void)log_at(priority, 0, NULL, "%s", line);
}

static void check_section(struct config_loader *loader, const struct ini_section *section)
{
	if (strncmp(section->name, "server.", 7) == 0 && section->name[7])
		return;
	for (size_t i = 0; i < ELEMENTSOF(sections); i++)
		if (strcmp(section->name, sections[i].name) == 0)
			return;
	config_complain(loader, LOG_ERR, section->file, section->line, "unknown section [%s]; is it [%s]?",
		section->name,
		strncmp(section->name, "server", 6) == 0 ?
			"server.NAME" :
			config_nearest(
				section->name, &sections->name, ELEMENTSOF(sections), sizeof(sections[0])));
}

static int read_files(struct config_loader *loader, const char *file, struct ini *ini)
{
	_cleanup_(config_names_free) char **drop_ins = NULL;
	_cleanup_(freep) char *directory = NULL;
	int r;

	r = ini_read(ini, file, config_report_ini, loader);
	if (r < 0 && r != -EINVAL)
		return r;
	if (asprintf(&directory, "%s.d", file) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	r = config_list(directory, &drop_ins);
	if (r < 0 && r != -ENOMEM)
		config_complain(loader, LOG_ERR, directory, 0, "%s", strerror(-r));
	for (size_t i = 0; r == 0 && drop_ins[i]; i++)
		if (ini_read(ini, drop_ins[i], config_report_ini, loader) == -ENOMEM)
			r = -ENOMEM;
	return r;
}

static int apply(struct config_loader *loader, const struct ini *ini, struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < ini->n_sections; i++)
		check_section(loader, &ini->sections[i]);
	for (size_t i = 0; i < ELEMENTSOF(sections) && r == 0; i++)
		if (sections[i].keys)
			r = config_apply(
				loader, ini, sections[i].name, sections[i].keys, sections[i].n_keys, config);
	return r < 0 ? r : config_load_servers(loader, ini, config);
}

static int complete_endpoint(struct config_loader *loader, const char *file, struct config *config)
{
	char endpoint[ENDPOINT_DEFAULT_MAX];
	int r;

	/* One that is wrong was said to be so. */
	if (config->endpoint || loader->errors > 0)
		return 0;
	r = endpoint_default(endpoint);
	if (r < 0) {
		config_complain(loader, LOG_ERR, file, 0,
			"[agent] has no endpoint, and there is no machine id to make one from: %s",
			strerror(-r));
		return 0;
	}
	config->endpoint = strdup(endpoint);
	return config->endpoint ? 0 : -ENOMEM;
}

static int load_plugins(struct config_loader *loader, const char *file, struct config *config)
{
	const char *slash = strrchr(file, '/');
	_cleanup_(freep) char *directory = NULL;
	int n;

	if (slash)
		n = asprintf(&directory, "%.*s/plugins.d", (int)(slash - file), file);
	else
		n = asprintf(&directory, "plugins.d");
	if (n < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	return config_load_plugins(loader, directory, config);
}

static int load(struct config_loader *loader, const char *file, struct config **ret)
{
	_cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));
	_cleanup_(ini_deinit) struct ini ini = { 0 };
	int r;

	if (!config)
		return -ENOMEM;
	servers_init(&config->servers);
	loader->secrets = &config->secrets;
	config->monitoring = config->statistics = true;
	config->metrics.interval_s = 60;
	r = read_files(loader, file, &ini);
	if (r == 0 && loader->errors == 0)
		r = apply(loader, &ini, config);
	if (r == 0)
		r = complete_endpoint(loader, file, config);
	if (r == 0)
		r = load_plugins(loader, file, config);
	if (r < 0)
		return r;
	if (loader->errors > 0)
		return -EINVAL;
	*ret = steal_pointer(&config);
	return 0;
}

int config_load(const char *file, const char *plugin_dir, config_report_t report, void *userdata,
		struct config **ret)
{
	struct config_loader loader = {
		.report = report ? report : report_to_log, .userdata = userdata, .plugin_dir = plugin_dir };

	return load(&loader, file, ret);
}

int config_check(const char *file, const char *plugin_dir, config_report_t report, void *userdata,
		 struct config **ret)
{
	struct config_loader loader = {
		.report = report, .userdata = userdata, .plugin_dir = plugin_dir, .from_outside = true };

	return load(&loader, file, ret);
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	free(config->endpoint);
	free(config->state_dir);
	free(config->device.manufacturer);
	free(config->device.model_number);
	free(config->device.serial_number);
	free(config->device.device_type);
	free(config->device.hardware_version);
	free(config->metrics.socket);
	free(config->metrics.file);
	servers_deinit(&config->servers);
	buffer_deinit(&config->secrets);
	for (size_t i = 0; i < config->n_plugins; i++)
		config_plugin_deinit(&config->plugins[i]);
	free(config->plugins);
	free(config);
	return NULL;
}

size_t config_count_servers(const struct config *config)
{
	const struct server *server;
	size_t count = 0;

	list_for_each(server, &config->servers.list, link)
		count++;
	return count;
}
