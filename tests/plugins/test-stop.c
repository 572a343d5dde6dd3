/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for tests whose stop() leaves the file [stop] mark behind, and with [stop] hang does not return. */
#include <fcntl.h>
#include <lwm2m/plugin.h>
#include <unistd.h>

struct stop {
	bool here;
};

static const struct lw_resource resources[] = {
	LW_RES_BOOLEAN(0, LW_R, struct stop, here),
	LW_RES_END,
};

static const struct lw_object object = { .id = 33021, .version = "1.0", .resources = resources, LW_DATA(struct stop, true) };

static void stop(const struct lw_host *host)
{
	const char *mark = lw_config(host, "stop", "mark");

	if (mark)
		close(creat(mark, 0600));
	while (lw_config(host, "stop", "hang"))
		pause();
}

LW_PLUGIN_START("test-stop", NULL, stop, &object);
