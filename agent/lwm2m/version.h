/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - the releases of LwM2M that a client and a server may agree on
 */
#pragma once

#include "base/bytes.h"

enum lwm2m_version { LWM2M_1_0, LWM2M_1_1, LWM2M_1_2 };

/* "1.0", … as registrations, the configuration and the state have it. */
const char *version_name(enum lwm2m_version version);

/* -EINVAL: none of them. */
int version_parse(struct bytes text, enum lwm2m_version *ret);
