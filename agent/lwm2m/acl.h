/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acl.h - may this server do this to that object
 *
 * Security (0), OSCORE (21) and COSE (23) are closed to every LwM2M Server, whether they exist or not (Core
 * 1.2, 8.1). With one server, which is all that this version serves access control for, nothing else is.
 */
#pragma once

#include "lwm2m/object.h"

/* 0: allowed; -EACCES: not. object may be NULL: there is none of that id. */
int acl_check(uint16_t oid, const struct object *object, enum operation_type operation);
