/* SPDX-License-Identifier: Apache-2.0 */
/* changed.h - where lwm2m-script-changed finds the plugin, unless it is told */
#pragma once

#define SCRIPT_SOCKET "/run/lwm2m-agent/script"
