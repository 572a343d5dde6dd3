/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation.h - from a CoAP request to an operation on the object model, and from an outcome to a CoAP code
 *
 * operation_parse() says what a request asks for and whether that can be asked of this path: form, rights,
 * existence, permission, in this order. operation_decode() turns the payload of a Write or Create into
 * records that every object may rely on: defined and writable resources, values of their type. Neither
 * changes anything. Where they refuse they return the CoAP code of the answer, a positive number; 0 is
 * acceptance.
 */
#pragma once

#include "lwm2m/message.h"
#include "lwm2m/object.h"
#include "lwm2m/registry.h"
#include "lwm2m/version.h"

struct target {
	enum operation_type type;
	struct path path;
	struct object *object;
	const struct resource_info *resource; /* NULL above resource level */
};

/*
 * The CoAP code for what an object answered: error is 0 or -errno. For 0: 2.05, 2.04, 2.01, 2.02 as the type
 * has it.
 */
uint8_t operation_code(enum operation_type type, int error);

/* server: Short Server ID of who asks. 0 and *ret, or a CoAP error code. */
int operation_parse(const struct message *request, const struct registry *registry, uint16_t server,
		    struct target *ret);

/*
 * The same for what this machine asks of itself: no server, so no rights. Objects that are hidden from servers may be read,
 * nothing more. 0 and *ret, or -ENOENT, -EPERM.
 */
int operation_target(enum operation_type type, const struct path *path, const struct registry *registry,
		     struct target *ret);

/* Are these records what a Write at target may bring? -EBADMSG, -EINVAL, -ENOENT, -EPERM. */
int operation_check_records(const struct target *target, struct records *records);

/*
 * Records of a Write or Create at target, out of the whole body. For a Create, target->path becomes that of
 * the new instance: chosen by the client in the payload, else the lowest free id. version is what the server registered
 * with and says which formats it may send. 0, or a CoAP error code.
 */
int operation_decode(struct target *target, int format, enum lwm2m_version version, struct bytes body,
		     const struct registry *registry, struct records *ret);

/* Checks the arguments of an Execute (Core 1.2, 6.3.5): "5", "2='10.3'", "7,0='https://…'". -EINVAL. */
int operation_check_arguments(struct bytes arguments);

/*
 * The Content-Format of a response: what was asked for or, where Accept is absent, a good one for a server of this
 * version. -ENOTSUP: unknown, or not of this version.
 */
int operation_format(const struct target *target, int accept, enum lwm2m_version version);
