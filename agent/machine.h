/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what object 3 does to this machine: by systemd's services, which ask polkit
 *
 * Where there is no systemd-timedated the clock is set without it, if this process may; the time zone is not.
 */
#pragma once

#include "objects/device.h"

/* userdata is the struct agent. */
extern const struct device_actions machine_actions;
