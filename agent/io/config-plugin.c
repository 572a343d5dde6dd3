/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "io/config-internal.h"

static int parse_isolation(const struct config_key *key, const char *value, void *ret)
{
	if (strcmp(value, "process") != 0 && strcmp(value, "none") != 0)
		return -EINVAL;
	*(bool *)ret = strcmp(value, "none") == 0;
	return 0;
}

static const struct config_key keys[] = {
	{ "module", config_parse_text, offsetof(struct config_plugin, module), .max = 4096,
		.expected = "the name or path of a module" },
	{ "enabled", config_parse_boolean, offsetof(struct config_plugin, enabled),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "isolation", parse_isolation, offsetof(struct config_plugin, in_process),
		.expected = "process or none" },
	{ "memory_mb", config_parse_u32, offsetof(struct config_plugin, memory_mb), 4, 65536,
		"a number of MiB from 4 to 65536" },
	{ "sees_keys", config_parse_boolean, offsetof(struct config_plugin, sees_keys),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "first_instance", config_parse_u16, offsetof(struct config_plugin, first_instance), 0, 65534,
		"an instance id from 0 to 65534" },
};

static void setting_deinit(struct config_setting *setting)
{
	free(setting->section);
	free(setting->key);
	if (setting->value)
		explicit_bzero(setting->value, strlen(setting->value));
	free(setting->value);
}

void config_plugin_deinit(struct config_plugin *plugin)
{
	for (size_t i = 0; i < plugin->n_settings; i++)
		setting_deinit(&plugin->settings[i]);
	free(plugin->settings);
	free(plugin->name);
	free(plugin->file);
	free(plugin->module);
}

/* "/etc/lwm2m-agent/plugins.d/system.conf" → "system" */
static char *name_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	return strndup(base, strlen(base) - strlen(".conf"));
}

static int copy_settings(const struct ini *ini, struct config_plugin *plugin)
{
	plugin->settings = calloc(ini->n_settings + 1, sizeof(*plugin->settings));
	if (!plugin->settings)
		return -ENOMEM;
	for (size_t i = 0; i < ini->n_settings; i++) {
		struct config_setting *setting = &plugin->settings[plugin->n_settings];

		if (strcmp(ini->settings[i].section, "plugin") == 0)
			continue;
		plugin->n_settings++;
		setting->line = ini->settings[i].line;
		setting->section = strdup(ini->settings[i].section);
		setting->key = strdup(ini->settings[i].key);
		setting->value = strdup(ini->settings[i].value);
		if (!setting->section || !setting->key || !setting->value)
			return -ENOMEM;
	}
	return 0;
}

static int complete_module(struct config_loader *loader, struct config_plugin *plugin)
{
	char *module;
	int n;

	if (plugin->module && *plugin->module == '/')
		return 0;
	if (plugin->module)
		n = asprintf(&module, "%s/%s", loader->plugin_dir, plugin->module);
	else
		n = asprintf(&module, "%s/%s.so", loader->plugin_dir, plugin->name);
	if (n < 0)
		return -ENOMEM;
	free(plugin->module);
	plugin->module = module;
	return 0;
}

static int load_plugin(struct config_loader *loader, const char *file, struct config_plugin *plugin)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };
	int r;

	plugin->enabled = true;
	plugin->name = name_of(file);
	plugin->file = strdup(file);
	if (!plugin->name || !plugin->file)
		return -ENOMEM;
	r = ini_read(&ini, file, config_report_ini, loader);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = config_apply(loader, &ini, "plugin", keys, ELEMENTSOF(keys), plugin);
	if (r == 0)
		r = complete_module(loader, plugin);
	if (r == 0)
		r = copy_settings(&ini, plugin);
	return r;
}

/* A file that is wrong costs its own plugin, not the agent and not the others. */
static int add_plugin(struct config_loader *loader, const char *file, struct config *config)
{
	struct config_plugin *plugin = &config->plugins[config->n_plugins];
	unsigned int errors = loader->errors;
	int r = load_plugin(loader, file, plugin);

	if (r == 0 && loader->errors == errors) {
		config->n_plugins++;
		return 0;
	}
	config_plugin_deinit(plugin);
	*plugin = (struct config_plugin){ 0 };
	loader->errors = errors;
	config->n_wrong_plugins++;
	return r;
}

int config_load_plugins(struct config_loader *loader, const char *directory, struct config *config)
{
	_cleanup_(config_names_free) char **files = NULL;
	size_t n = 0;
	int r = config_list(directory, &files);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		config_complain(loader, LOG_ERR, directory, 0, "%s", strerror(-r));
		return 0;
	}
	while (files[n])
		n++;
	config->plugins = calloc(n + 1, sizeof(*config->plugins));
	if (!config->plugins)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_plugin(loader, files[i], config);
	return r;
}
