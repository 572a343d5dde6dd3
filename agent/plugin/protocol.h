/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.h - what the agent says to who serves objects: lwm2m-plugin-host, and programs on the bus
 *
 * D-Bus messages: peer to peer over a socketpair, or over the bus. Hosts and programs serve methods and send signals; the agent
 * only calls. Each reply begins with an error, 0 or -errno. What a call changed is told (NEWS) before the reply to it, so
 * that the agent's mirror is never behind an answer. Ids that a path does not have are LW_NO_ID.
 *
 * PROTOCOL_INTERFACE is for both, documented in etc/dbus/org.lwm2m.Agent1.xml, and stays as it is: its signatures, and the
 * numbers of types, operations and flags in them (protocol.c checks these). How a host is started is between programs of one
 * build and is not versioned: PROTOCOL_HOST_INTERFACE.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "base/usec.h"
#include "lwm2m/object.h"

#define PROTOCOL_FD        3 /* of the host's end of the socketpair */
#define PROTOCOL_PATH      "/"
#define PROTOCOL_INTERFACE "org.lwm2m.Provider1"
#define PROTOCOL_HOST_INTERFACE "org.lwm2m.PluginHost"

/* A value as a variant; s for text, ay for Opaque, (qq) for Objlnk. */
#define PROTOCOL_VALUE "v"

/* Object id, flags, version, poll_ms (0: no poll()), resources: id, type, operations, flags, does it have a read()? */
#define PROTOCOL_RESOURCE "(qyyyb)"
#define PROTOCOL_TABLE    "(qqsua" PROTOCOL_RESOURCE ")"

/* Resource id, is it there?, values by resource instance id. Resources that have a read() bring none. */
#define PROTOCOL_CHANGE "(qba(q" PROTOCOL_VALUE "))"

/* Object, instance, is it there?, what changed in it; an instance that is new brings all resources. */
#define PROTOCOL_NEWS "(qqba" PROTOCOL_CHANGE ")"

/* Instance, resource, resource instance, value. */
#define PROTOCOL_RECORD "(qqq" PROTOCOL_VALUE ")"

/* Methods of a host alone: log level, name, module, configuration file, settings with their lines → error, is it for good?, reason. */
#define PROTOCOL_START     "Start"
#define PROTOCOL_START_IN  "isssa" PROTOCOL_SETTING
#define PROTOCOL_SETTING   "(sssu)"
#define PROTOCOL_START_OUT "ibs"
/* Methods of both. Path → error, records. */
#define PROTOCOL_READ     "Read"
#define PROTOCOL_READ_IN  "qqqq"
#define PROTOCOL_READ_OUT "ia" PROTOCOL_RECORD
/* OPERATION_WRITE_REPLACE, _UPDATE or _CREATE, path, records → error. */
#define PROTOCOL_WRITE    "Write"
#define PROTOCOL_WRITE_IN "yqqqqa" PROTOCOL_RECORD
/* Path, offset, do more follow?, block → error. */
#define PROTOCOL_BLOCK    "WriteBlock"
#define PROTOCOL_BLOCK_IN "qqqqtbay"
/* Path, arguments → error. */
#define PROTOCOL_EXECUTE    "Execute"
#define PROTOCOL_EXECUTE_IN "qqqqs"
/* Path → error. */
#define PROTOCOL_DELETE    "Delete"
#define PROTOCOL_DELETE_IN "qqqq"
/* Object id, watched? → error. Replied when the values are fresh; -EAGAIN: they come later. */
#define PROTOCOL_WATCH    "Watch"
#define PROTOCOL_WATCH_IN "qb"
#define PROTOCOL_OUT      "i"

/* Signals: of a host alone the tables, once and before any news; news. */
#define PROTOCOL_TABLES     "Tables"
#define PROTOCOL_TABLES_SIG "a" PROTOCOL_TABLE
#define PROTOCOL_CHANGED     "Changed"
#define PROTOCOL_CHANGED_SIG "a" PROTOCOL_NEWS

/* What one plugin can make the agent hold. */
#define PROTOCOL_VALUE_MAX     (1U << 20)  /* bytes of one value */
#define PROTOCOL_MEMORY_MAX    (16U << 20) /* bytes of all its objects, instances and values */
#define PROTOCOL_INSTANCES_MAX 4096        /* of one object */

/* The host sends at most so many changes in one message, and no message of news sooner than this after another. */
#define PROTOCOL_CHANGES_MAX 64
#define PROTOCOL_NEWS_INTERVAL (10 * USEC_PER_MSEC)

/* Text that is not UTF-8 gets U+FFFD in place of each bad byte. -errno. */
int protocol_append_value(sd_bus_message *m, const struct value *value);

/*
 * Reads a variant that has to be of type; what it borrows lives as long as the message. -EBADMSG: of another type.
 * -EMSGSIZE: above PROTOCOL_VALUE_MAX.
 */
int protocol_read_value(sd_bus_message *m, enum value_type type, struct value *ret);

int protocol_append_path(sd_bus_message *m, const struct path *path);
int protocol_read_path(sd_bus_message *m, struct path *ret);

/* a PROTOCOL_RECORD; all records are of object oid. */
int protocol_append_records(sd_bus_message *m, const struct records *records);

/* Adds records that borrow from the message; resource has to know each of them. -EBADMSG, -EMSGSIZE, -ENOMEM. */
int protocol_read_records(sd_bus_message *m, const struct object_info *info, struct records *records);
