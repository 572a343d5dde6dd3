/* SPDX-License-Identifier: Apache-2.0 */
/* A modem, as ModemManager has it: Connectivity Monitoring (OMA 4), Cellular (10), APN Connection Profile (11). */
#include <lwm2m/settings.h>
#include <syslog.h>

#include "../common/route.h"
#include "objects.h"

enum { CONNECTIVITY_AUTO, CONNECTIVITY_ALWAYS };

struct options {
	char modem[128];
	uint32_t signal_s, connectivity;
};

static const char *const connectivity_names[] = { "auto", "always", NULL };
static const struct lw_setting settings[] = {
	LW_SETTING_TEXT("modem", struct options, modem),
	LW_SETTING_NUMBER("signal_s", struct options, signal_s, 0, 86400),
	LW_SETTING_WORD("connectivity", struct options, connectivity, connectivity_names),
	LW_SETTING_END,
};

static struct options options;

const struct bearer *modem_bearer(const struct modem *modem)
{
	for (size_t i = 0; i < modem->n_bearers; i++)
		if (modem->bearers[i].connected)
			return &modem->bearers[i];
	return modem->n_bearers > 0 ? &modem->bearers[0] : NULL;
}

static void on_changed(const struct lw_host *host)
{
	const struct modem *modem = manager_modem();

	connectivity_show(host, modem, options.connectivity == CONNECTIVITY_ALWAYS);
	apn_show(host, modem);
	cellular_show(modem);
}

static int start(const struct lw_host *host)
{
	static const char *const sections[] = { "modem", NULL };
	struct manager_options manager = { .changed = on_changed };
	int r;

	options = (struct options){ .signal_s = 30 };
	r = lw_read_section(host, "modem", settings, &options);
	if (lw_check_sections(host, sections) < 0 || r < 0)
		return -EINVAL;
	manager.wanted = options.modem[0] ? options.modem : NULL;
	manager.signal_s = options.signal_s;
	r = route_start(host, on_changed);
	if (r < 0)
		lw_log(host, LOG_WARNING, "Object 4 does not follow the default route: %s", strerror(-r));
	return manager_start(host, &manager);
}

static void stop(const struct lw_host *host)
{
	apn_stop();
	manager_stop();
	route_stop();
}

LW_PLUGIN_START("modem", start, stop, &connectivity_object, &cellular_object, &apn_object);
