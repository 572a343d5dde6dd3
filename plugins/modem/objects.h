/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - the objects of this plugin, each of which shows a part of the modem
 *
 * …_show() takes over what the modem says now; NULL: there is no modem.
 */
#pragma once

#include "manager.h"

extern const struct lw_object connectivity_object, cellular_object, apn_object;

/* always: the modem's, also while the default route is not through it. */
void connectivity_show(const struct lw_host *host, const struct modem *modem, bool always);

void cellular_show(const struct modem *modem);

void apn_show(const struct lw_host *host, const struct modem *modem);
void apn_stop(void);

/* The bearer that is connected, or else the first one; NULL: there is none. */
const struct bearer *modem_bearer(const struct modem *modem);
