/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - one service of the system bus that a plugin follows, for the plugins of this folder
 *
 * Services come and go: what is known of one that went is void, and one that came is asked anew.
 */
#pragma once

#include <lwm2m/plugin.h>
#include <systemd/sd-bus.h>

#define SERVICE_OBJECTS    "org.freedesktop.DBus.ObjectManager"
#define SERVICE_PROPERTIES "org.freedesktop.DBus.Properties"

/*
 * Connects to the system bus in the plugin's loop. on_owner hears when somebody else has the name, or nobody; not of who has
 * it now. -errno; *ret has to be closed in any case.
 */
int service_open(const struct lw_host *host, const char *name, void (*on_owner)(bool there), sd_bus **ret);

/* Reads a{sa{sv}}, the interfaces of the object at path. -errno. */
typedef int (*service_object)(sd_bus_message *m, const char *path);

/* Calls object for each that the answer to GetManagedObjects has, or for the one that InterfacesAdded is about. */
void service_read_objects(sd_bus_message *m, service_object object);
void service_read_added(sd_bus_message *m, service_object object);
