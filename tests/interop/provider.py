#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program with an object of its own, for test_dbus.py: 33100, of which instances come and go, or what its argument says.

"late" answers a read after a while, "hang" never; "lie", "flood" and "big" do that as soon as they are executed; "bad"
describes its object wrongly. Says on stdout what RegisterObject() gave, what it was called for, and what was dropped.
"""

import sys
import time

import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

AGENT, PATH, PROVIDER = "org.lwm2m.Agent1", "/org/lwm2m/Agent1", "org.lwm2m.Provider1"
STRING, INTEGER, OPAQUE, R, W, RW, E, SINGLE = 1, 2, 6, 1, 2, 3, 4, 65535
MULTIPLE, CREATE, STREAM, REPLACE, UPDATE, NEW = 1, 2, 4, 2, 3, 7
OBJECT = int(sys.argv[2]) if len(sys.argv) > 2 else 33100
HOW = sys.argv[1] if len(sys.argv) > 1 else ""
TABLE = (OBJECT, MULTIPLE | CREATE, "1.0", 0, [
    (0, STRING, RW, 0, False), (1, INTEGER, RW, MULTIPLE, False), (2, STRING, R, 0, True), (3, 0, E, 0, False),
    (4, OPAQUE, W, STREAM, False), (5, INTEGER, R, 0, False)])


def say(*words):
    print(*words, flush=True)


class Provider(dbus.service.Object):
    instances = {0: {0: "initial", 1: {0: 10, 2: 30}, 5: 0}}

    @staticmethod
    def values(rid, value):
        """One resource as news has it; None: it is not there."""
        if value is None:
            return rid, False, []
        values = value if isinstance(value, dict) else {SINGLE: value}
        return rid, True, [(riid, dbus.Int64(one) if isinstance(one, int) else one)
                           for riid, one in sorted(values.items())]

    def news(self, iid, rids):
        return OBJECT, iid, True, [self.values(rid, self.instances[iid].get(rid)) for rid in rids]

    def all_news(self):
        return [self.news(iid, values) for iid, values in self.instances.items()]

    @dbus.service.signal(PROVIDER, "a(qqba(qba(qv)))")
    def Changed(self, news):
        pass

    @dbus.service.method(PROVIDER, "qqqq", "ia(qqqv)", async_callbacks=("done", "failed"))
    def Read(self, oid, iid, rid, riid, done, failed):
        say("read", oid, iid, rid, riid)
        records = [(one, 2, SINGLE, f"asked {one}") for one in self.instances if iid in (one, SINGLE)]
        if rid == SINGLE:
            records += [(one, 0, SINGLE, values[0]) for one, values in self.instances.items() if iid in (one, SINGLE)]
        if HOW != "hang":
            GLib.timeout_add(100 if HOW == "late" else 1, lambda: done(0, records))
        else:
            time.sleep(60)

    @dbus.service.method(PROVIDER, "yqqqqa(qqqv)", "i")
    def Write(self, kind, oid, iid, rid, riid, records):
        if any(value == "refuse" for _, _, _, value in records):
            return -22
        values = self.instances.setdefault(iid, {0: "new", 5: 0})
        for _, rid, riid, value in records:
            if riid == SINGLE:
                values[rid] = value
            else:
                old = values.get(rid, {}) if kind == UPDATE else {}
                values[rid] = {**old, riid: value}
        self.Changed([self.news(iid, (0, 1, 5))])
        return 0

    @dbus.service.method(PROVIDER, "qqqqtbay", "i", byte_arrays=True)
    def WriteBlock(self, oid, iid, rid, riid, offset, more, block):
        self.instances[iid][5] = offset + len(block)
        self.Changed([self.news(iid, (5,))])
        return 0

    @dbus.service.method(PROVIDER, "qqqqs", "i")
    def Execute(self, oid, iid, rid, riid, arguments):
        if HOW == "lie":
            self.Changed([(OBJECT, 0, True, [(5, True, [(SINGLE, "no number")])])])
        elif HOW == "flood":
            for _ in range(5000):
                self.Changed([])
        elif HOW == "big":
            self.Changed([(OBJECT, n, True, [(0, True, [(SINGLE, "x" * 1000000)])]) for n in range(20)])
        else:
            self.instances[iid][0] = f"executed {arguments}"
            self.Changed([self.news(iid, (0,))])
        return 0

    @dbus.service.method(PROVIDER, "qqqq", "i")
    def Delete(self, oid, iid, rid, riid):
        if rid == SINGLE:
            del self.instances[iid]
            self.Changed([(OBJECT, iid, False, [])])
        else:
            del self.instances[iid][rid][riid]
            self.Changed([self.news(iid, (rid,))])
        return 0


def register(owner):
    if not owner:
        return
    table = TABLE if HOW != "bad" else TABLE[:4] + ([(0, 99, RW, 0, False)],)
    agent = bus.get_object(AGENT, PATH)
    agent.connect_to_signal("ObjectDropped", lambda name, reason: say("dropped", name, reason), dbus_interface=AGENT)
    options = {"first_instance": dbus.UInt16(100)} if HOW == "shared" else dbus.Dictionary(signature="sv")
    try:
        agent.RegisterObject("test", "/test", options, [table], provider.all_news(), dbus_interface=AGENT)
        say("registered")
    except dbus.DBusException as e:
        say("refused", e.get_dbus_name(), e.get_dbus_message())


bus = dbus.SystemBus(mainloop=DBusGMainLoop())
provider = Provider(bus, "/test")
bus.watch_name_owner(AGENT, register)
loop = GLib.MainLoop()
if HOW == "unregister":
    GLib.timeout_add(300, lambda: bus.get_object(AGENT, PATH).UnregisterObject("test", dbus_interface=AGENT) or False)
loop.run()
