/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwm2m-plugin-host - the process that one plugin runs in
 *
 * The agent starts it with a socket at descriptor 3 and says over that which plugin to load. It ends when the socket is
 * closed; when the agent dies the kernel ends it even while the plugin does not return.
 */
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "plugin/confine.h"
#include "plugin/host-internal.h"
#include "plugin/process.h"

static bool is_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* When memory is short a plugin goes before the agent does. */
static void prefer_for_oom(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");

	if (!file)
		return;
	fputs("500", file);
	fclose(file);
}

/* What the agent's user may see and a plugin may not; without Landlock the agent has said so. */
static int hide_secrets(void)
{
	const char *hidden = getenv(PROCESS_HIDDEN);
	int r = hidden ? confine_hide(hidden) : 0;

	unsetenv(PROCESS_HIDDEN);
	return r < 0 ? log_error_errno(r, "Cannot keep the plugin from the agent's keys: %m") : 0;
}

static int confine(const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, name);
	close_range(PROTOCOL_FD + 1, ~0U, 0);
	signal(SIGPIPE, SIG_IGN);
	prefer_for_oom();
	return hide_secrets();
}

/* Queued news and answers, but no longer than an agent that takes them. */
static int connect_bus(struct host *host)
{
	sd_id128_t id;
	int r = sd_id128_randomize(&id);

	if (r >= 0)
		r = sd_bus_new(&host->bus);
	if (r >= 0)
		r = sd_bus_set_fd(host->bus, PROTOCOL_FD, PROTOCOL_FD);
	if (r >= 0)
		r = sd_bus_set_server(host->bus, true, id);
	if (r >= 0)
		r = sd_bus_set_anonymous(host->bus, true);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(host->bus, true);
	if (r >= 0)
		r = sd_bus_attach_event(host->bus, host->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			host->bus, NULL, PROTOCOL_PATH, PROTOCOL_INTERFACE, host_methods, host);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			host->bus, NULL, PROTOCOL_PATH, PROTOCOL_HOST_INTERFACE, host_start_methods, host);
	if (r >= 0)
		r = sd_bus_start(host->bus);
	return r;
}

static void free_config(struct plugin_config *config)
{
	struct plugin_setting *settings = (struct plugin_setting *)(uintptr_t)config->settings;

	for (size_t i = 0; i < config->n_settings; i++) {
		free((char *)(uintptr_t)settings[i].section);
		free((char *)(uintptr_t)settings[i].key);
		free((char *)(uintptr_t)settings[i].value);
	}
	free(settings);
	free((char *)(uintptr_t)config->name);
	free((char *)(uintptr_t)config->module);
	free((char *)(uintptr_t)config->file);
}

/* Also of one that never connected. The plugin ends in good order; what it still says is for nobody. */
static void host_deinit(struct host *host)
{
	host->registry.listener = NULL;
	local_free(host->local);
	sd_event_source_disable_unref(host->news_timer);
	sd_bus_close_unref(host->bus);
	registry_deinit(&host->registry);
	free(host->news);
	free_config(&host->config);
	sd_event_unref(host->event);
}

static int run(struct host *host)
{
	int r = sd_event_default(&host->event);

	if (r >= 0)
		r = connect_bus(host);
	if (r < 0)
		return log_error_errno(r, "Cannot talk to the agent: %m");
	sd_event_loop(host->event);
	return 0;
}

int main(int argc, char **argv)
{
	struct host host = { 0 };
	int r;

	log_open("lwm2m-plugin-host");
	if (argc >= 3 && (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "-i") == 0)) {
		r = host_debug(&host, argv[1][1] == 'v', argv + 2);
		host_deinit(&host);
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (argc != 2 || !is_socket(PROTOCOL_FD)) {
		log_error("lwm2m-plugin-host is started by lwm2m-agent, for one plugin each; to try one alone: "
			  "lwm2m-plugin-host -v MODULE.so [SECTION.KEY=VALUE]...");
		return EXIT_FAILURE;
	}
	if (confine(argv[1]) < 0)
		return EXIT_FAILURE;
	host.registry.listener = host_news_note;
	host.registry.userdata = &host;
	r = run(&host);
	host_deinit(&host);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
