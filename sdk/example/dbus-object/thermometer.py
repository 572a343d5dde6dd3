#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Serves the number in a file as a temperature (object 3303). org.lwm2m.Agent1(5) describes org.lwm2m.Provider1."""
import sys
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

AGENT, PROVIDER, FILE = "org.lwm2m.Agent1", "org.lwm2m.Provider1", sys.argv[1]
STRING, FLOAT, R, RW, SINGLE = 1, 4, 1, 3, 65535  # types, operations, and the instance of what has none
TABLE = (3303, 0, "1.1", 0, [(5700, FLOAT, R, 0, False), (5701, STRING, R, 0, False), (5750, STRING, RW, 0, False)])


class Thermometer(dbus.service.Object):
    values = {5700: float(open(FILE).read()), 5701: "Cel", 5750: "thermometer"}

    def news(self, changes):
        self.values |= changes
        return [(3303, 0, True, [(rid, True, [(SINGLE, value)]) for rid, value in changes.items()])]

    @dbus.service.signal(PROVIDER, "a(qqba(qba(qv)))")
    def Changed(self, news):
        """What a call changed is told before it is answered."""

    @dbus.service.method(PROVIDER, "yqqqqa(qqqv)", "i")
    def Write(self, kind, oid, iid, rid, riid, records):
        self.Changed(self.news({rid: value for _, rid, _, value in records}))
        return 0

    def measure(self):
        self.Changed(self.news({5700: float(open(FILE).read())}))
        return True


bus = dbus.SystemBus(mainloop=DBusGMainLoop())
thermometer = Thermometer(bus, "/")
bus.watch_name_owner(AGENT, lambda owner: owner and bus.get_object(AGENT, "/org/lwm2m/Agent1").RegisterObject(
    "thermometer", "/", {}, [TABLE], thermometer.news(thermometer.values), dbus_interface=AGENT))
GLib.timeout_add(500, thermometer.measure)
GLib.MainLoop().run()
