/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - the releases of LwM2M that a client and a server may agree on
 */
#pragma once

enum lwm2m_version { LWM2M_1_0, LWM2M_1_1, LWM2M_1_2 };
