# SPDX-License-Identifier: Apache-2.0
"""org.lwm2m.Agent1 on a bus of the test's own, with a raw peer as the LwM2M server."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import case
import coap
from agent import is_sanitized
from case import OBJECT, SINK, AgentCase
from message_bus import (ANYBODY, DEBIAN_PYTHON, ERROR, INTERFACE, MANAGER, MEMBER, NAME, PATH, PROPERTIES, ROOT, MessageBus, Polkit,
                         Refused, Unavailable, variant)
from peer import RawServer


class BusCase(AgentCase):
    """A bus, a server, and one caller; each test starts its agent."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-bus-")
        self.addCleanup(folder.cleanup)
        try:
            self.bus = MessageBus(folder.name)
        except Unavailable as e:
            self.skipTest(str(e))
        self.addCleanup(self.bus.stop)
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.caller = self.connect()

    def connect(self):
        caller = self.bus.connect()
        self.addCleanup(caller.close)
        return caller

    def start(self, servers=None, plugins=("test-object",), **named):
        """An agent that is registered and has its name on the bus."""
        self.need_plugins(*plugins)
        servers = servers or {"uri": self.server.uri, "security": "nosec", "lifetime": 300}
        agent = self.start_agent(servers, plugins, arguments=["--bus", self.bus.address], **named)
        self.client = self.server.wait_register(agent.endpoint)
        agent.wait_log("main: registered with")
        self.caller.wait(self.caller.has_name, what=NAME)
        return agent

    def assert_refused(self, name, call, *arguments):
        """Returns what is said to people."""
        with self.assertRaises(Refused) as refused:
            call(*arguments)
        self.assertEqual(refused.exception.name, ERROR + name if "." not in name else name, refused.exception)
        return refused.exception.message


class TestTree(BusCase):
    def test_tree(self):
        """Servers, objects and plugins, each with what there is to say of it."""
        agent = self.start()
        found = self.caller.call_at(PATH, MANAGER + ".GetManagedObjects")
        names = {path.removeprefix(PATH) for path in found}
        self.assertTrue({"/servers/101", "/objects/0", "/objects/1", "/objects/3", f"/objects/{OBJECT}",
                         "/plugins/test_2dobject"} <= names, names)
        server = found[PATH + "/servers/101"][INTERFACE + ".Server"]
        now = time.time() * 1e6
        self.assertEqual({name: server[name] for name in
                          ("Name", "ShortId", "Uri", "State", "Version", "Binding", "Queue", "Security", "Lifetime",
                           "NextTryAt", "LastError", "Location", "Observations")},
                         {"Name": "main", "ShortId": 101, "Uri": self.server.uri, "State": "registered",
                          "Version": "1.1", "Binding": "U", "Queue": False, "Security": "nosec", "Lifetime": 300,
                          "NextTryAt": 0, "LastError": "", "Location": self.client.location, "Observations": 0})
        self.assertTrue(now - 60e6 < server["RegisteredAt"] <= now, server)
        self.assertTrue(now < server["NextUpdateAt"] < now + 300e6, server)
        thing = found[f"{PATH}/objects/{OBJECT}"][INTERFACE + ".Object"]
        self.assertEqual(thing, {"Id": OBJECT, "Version": "1.0", "Instances": [0], "Provider": "plugin test-object"})
        self.assertEqual(found[PATH + "/objects/3"][INTERFACE + ".Object"]["Provider"], "agent")
        plugin = found[PATH + "/plugins/test_2dobject"][INTERFACE + ".Plugin"]
        self.assertIn(OBJECT, plugin["Objects"])
        self.assertEqual((plugin["Name"], plugin["State"], plugin["Isolation"], plugin["Restarts"]),
                         ("test-object", "running", "process", 0))
        self.assertNotEqual(plugin["Pid"], 0)
        self.assertEqual(self.caller.get("", "", "Endpoint"), agent.endpoint)
        self.assertEqual(self.caller.get("", "", "State"), "registered")
        self.assertRegex(self.caller.get("", "", "Status"), r"^registered to main, next update \d\d:\d\d$")

    def test_registration_and_loss(self):
        """Each step is told as it comes."""
        self.caller.listen()
        agent = self.start()
        self.caller.wait_changed("/servers/101", "State", "registered")
        self.caller.wait_changed("", "State", "registered")
        self.server.register_code = "4.03"
        self.server.forget_clients()
        self.caller.signals.clear()
        self.caller.call("Write", "(sv)", "/1/0/1", variant("u", 200))
        self.caller.wait_changed("/servers/101", "Lifetime", 200)
        agent.wait_log("main: not registered")
        self.caller.wait_changed("/servers/101", "State", "waiting")
        self.caller.wait_changed("/servers/101", "LastError", "the server answered 4.03 Forbidden")
        self.caller.wait_changed("/servers/101", "RegisteredAt", 0)
        self.caller.wait_changed("", "State", "offline")
        self.assertNotEqual(self.caller.get("/servers/101", ".Server", "NextTryAt"), 0)

    def test_plugin_fails(self):
        """A plugin that crashed is told of, with when it is started again."""
        self.start()
        self.caller.listen()
        os.kill(self.caller.get("/plugins/test_2dobject", ".Plugin", "Pid"), signal.SIGKILL)
        self.caller.wait_changed("/plugins/test_2dobject", "State", "waiting")
        self.caller.wait_changed("/plugins/test_2dobject", "LastError", "was ended by SIGKILL")
        self.caller.wait_changed("/plugins/test_2dobject", "State", "running")
        self.caller.wait_changed("/plugins/test_2dobject", "Restarts", 1)

    def test_instances(self):
        """What servers create and delete is told."""
        self.start()
        self.caller.listen()
        self.assert_code(self.server.request(self.client, coap.POST, f"/{OBJECT}"), "2.01")
        self.caller.wait_changed(f"/objects/{OBJECT}", "Instances", [0, 1])
        self.assert_code(self.server.request(self.client, coap.DELETE, f"/{OBJECT}/0"), "2.02")
        self.caller.wait_changed(f"/objects/{OBJECT}", "Instances", [1])


class TestOperations(BusCase):
    """Read, Write and Execute."""

    VALUES = {
        110: ("string", "s", "initial value", "changed"),
        120: ("integer", "x", 1024, -7),
        125: ("unsigned", "t", 2**63, 2**64 - 1),
        130: ("float", "d", 3.14159, 2.5),
        140: ("boolean", "b", True, False),
        150: ("opaque", "ay", list(bytes.fromhex("0123456789abcdef")), [1, 2]),
        160: ("time", "x", 946684800, 1700000000),
        170: ("objlnk", "s", "3:0", "1:0"),
        180: ("corelnk", "s", "</3442>", "</3>"),
    }
    TEXTS = {120: "12", 125: "13", 130: "1e3", 140: "true", 150: "AQI=", 160: "1600000000", 170: "1:1"}

    def write(self, path, signature, value):
        return self.caller.call("Write", "(sv)", path, variant(signature, value))

    def test_every_type(self):
        """Read, written as what it is and as text, alone and as a resource instance."""
        self.start()
        everything = self.caller.read(f"/{OBJECT}")
        self.assertEqual(everything, self.caller.read(f"/{OBJECT}/0"))
        for rid, (kind, signature, initial, other) in self.VALUES.items():
            for path in (f"/{OBJECT}/0/{rid}", f"/{OBJECT}/0/{1000 + rid}/0"):
                with self.subTest(path):
                    self.assertEqual(everything[path], (kind, initial))
                    self.assertEqual(self.caller.read(path), {path: (kind, initial)})
                    self.write(path, signature, other)
                    self.assertEqual(self.caller.read(path), {path: (kind, other)})
        texts = {120: 12, 125: 13, 130: 1000.0, 140: True, 150: [1, 2], 160: 1600000000, 170: "1:1"}
        for rid, text in self.TEXTS.items():
            with self.subTest(rid, text=text):
                self.write(f"/{OBJECT}/0/{rid}", "s", text)
                self.assertEqual(self.caller.read(f"/{OBJECT}/0/{rid}")[f"/{OBJECT}/0/{rid}"][1], texts[rid])
        self.write(f"/{OBJECT}/0/1120/7", "q", 3)
        self.assertEqual(self.caller.read(f"/{OBJECT}/0/1120"),
                         {f"/{OBJECT}/0/1120/0": ("integer", -7), f"/{OBJECT}/0/1120/7": ("integer", 3)})

    def test_server_sees(self):
        """What is written here is notified there, and outlives a restart where a server's Write would."""
        agent = self.start()
        token = self.server.observe(self.client, f"/{OBJECT}/0/120").token
        since = self.server.mark()
        self.write(f"/{OBJECT}/0/120", "i", 5)
        self.assertEqual(self.server.wait_notification(token, since=since).message.payload, b"5")
        self.assertEqual(self.caller.get("/servers/101", ".Server", "Observations"), 1)
        self.write("/1/0/1", "u", 200)
        agent.stop()
        agent.start()
        self.caller.wait(self.caller.has_name, what=NAME)
        self.assertEqual(self.caller.read("/1/0/1"), {"/1/0/1": ("integer", 200)})

    def test_execute(self):
        agent = self.start()
        self.write(f"/{OBJECT}/0/120", "i", 5)
        self.caller.call("Execute", "(ss)", f"/{OBJECT}/0/0", "")
        self.assertEqual(self.caller.read(f"/{OBJECT}/0/120")[f"/{OBJECT}/0/120"][1], 1024)
        self.assert_refused("BadValue", self.caller.call, "Execute", "(ss)", f"/{OBJECT}/0/0", "x")
        agent.assert_running()

    def test_no_keys(self):
        """Security is read without what is secret."""
        agent = self.start_agent({"uri": "coaps://127.0.0.1:1", "security": "psk", "identity": "someone",
                                  "key": case.KEY.hex()}, arguments=["--bus", self.bus.address])
        self.caller.wait(self.caller.has_name, what=NAME)
        self.assertEqual(self.caller.read("/0"), {
            "/0/0/0": ("string", "coaps://127.0.0.1:1"), "/0/0/1": ("boolean", False),
            "/0/0/2": ("integer", 0), "/0/0/10": ("integer", 101)})
        for path in ("/0/0/3", "/0/0/5"):
            self.assert_refused("NotFound", self.caller.read, path)
        self.assert_refused("NotAllowed", self.write, "/0/0/5", "ay", [1])
        agent.assert_running()

    def test_errors(self):
        """Every refusal has a name for programs and a sentence for people."""
        self.start()
        read, write = self.caller.read, self.write
        for name, call, *arguments in (
                ("NotFound", read, "/77"), ("NotFound", read, f"/{OBJECT}/5"), ("NotFound", read, f"/{OBJECT}/0/9"),
                ("NotFound", read, f"/{OBJECT}/0/1120/9"), ("NotFound", write, "/77/0/0", "i", 1),
                ("NotAllowed", read, f"/{OBJECT}/0/0"), ("NotAllowed", write, "/3/0/3", "s", "x"),
                ("NotAllowed", self.caller.call, "Execute", "(ss)", f"/{OBJECT}/0/120", ""),
                ("BadPath", read, ""), ("BadPath", read, "/"), ("BadPath", read, "3"), ("BadPath", read, "/3/"),
                ("BadPath", read, "/65535"), ("BadPath", write, f"/{OBJECT}/0", "i", 1),
                ("BadPath", write, f"/{OBJECT}/0/1120", "i", 1), ("BadPath", write, f"/{OBJECT}/0/120/0", "i", 1),
                ("BadPath", self.caller.call, "Execute", "(ss)", f"/{OBJECT}", ""),
                ("BadValue", write, f"/{OBJECT}/0/120", "s", "x"), ("BadValue", write, f"/{OBJECT}/0/120", "d", 1.5),
                ("BadValue", write, f"/{OBJECT}/0/120", "t", 2**64 - 1), ("BadValue", write, f"/{OBJECT}/0/125", "i", -1),
                ("BadValue", write, f"/{OBJECT}/0/120", "as", ["1"]), ("BadValue", write, f"/{OBJECT}/0/150", "s", "?"),
                ("BadValue", write, f"/{OBJECT}/0/140", "s", "yes")):
            with self.subTest(arguments):
                self.assertRegex(self.assert_refused(name, call, *arguments), r"\w+ \w+ ")
        self.assert_refused("org.freedesktop.DBus.Error.InvalidArgs", self.caller.call, "Read", "(i)", 3)
        self.assert_refused("org.freedesktop.DBus.Error.UnknownMethod", self.caller.call, "Fly")


class TestWatch(BusCase):
    """Signals about values, for who asked."""

    PATH = f"/{OBJECT}/0/120"

    def watcher(self):
        caller = self.connect()
        caller.listen()
        return caller

    def news(self, caller):
        """[(path, type, value)] and [path], in the order of the signals."""
        return [arguments for _, member, arguments in caller.signals
                if member in (INTERFACE + ".ValueChanged", INTERFACE + ".Removed")]

    def wait_news(self, caller, expected):
        caller.wait(lambda: expected in self.news(caller), what=str(expected))

    def server_writes(self, path, text):
        self.assert_code(self.server.write(self.client, path, text.encode()), "2.04")

    def test_values(self):
        """What servers write, create and delete; each to those who watch it, and nothing that is as it was."""
        self.start()
        one, all_, nobody = self.watcher(), self.watcher(), self.watcher()
        one.call("Watch", "(s)", self.PATH)
        all_.call("Watch", "(s)", f"/{OBJECT}")
        self.server_writes(self.PATH, "7")
        for caller in (one, all_):
            self.wait_news(caller, (self.PATH, "integer", 7))
        self.server_writes(self.PATH, "7")
        self.server_writes(f"/{OBJECT}/0/130", "1.5")
        self.wait_news(all_, (f"/{OBJECT}/0/130", "float", 1.5))
        self.server_writes(self.PATH, "8")
        self.wait_news(one, (self.PATH, "integer", 8))
        self.assertEqual(self.news(one), [(self.PATH, "integer", 7), (self.PATH, "integer", 8)])
        self.assert_code(self.server.request(self.client, coap.POST, f"/{OBJECT}"), "2.01")
        self.wait_news(all_, (f"/{OBJECT}/1/110", "string", "initial value"))
        self.assert_code(self.server.request(self.client, coap.DELETE, f"/{OBJECT}/0"), "2.02")
        for caller in (one, all_):
            self.wait_news(caller, (self.PATH,))
        self.assertEqual(self.news(nobody), [])

    def test_unwatch(self):
        self.start()
        caller = self.watcher()
        for path in (self.PATH, self.PATH, f"/{OBJECT}/0/130"):
            caller.call("Watch", "(s)", path)
        caller.call("Unwatch", "(s)", self.PATH)
        self.server_writes(self.PATH, "7")
        self.server_writes(f"/{OBJECT}/0/130", "2.5")
        self.wait_news(caller, (f"/{OBJECT}/0/130", "float", 2.5))
        self.assertEqual(len(self.news(caller)), 1)
        self.assert_refused("NotFound", caller.call, "Unwatch", "(s)", self.PATH)
        self.assert_refused("NotFound", caller.call, "Watch", "(s)", "/77")
        self.assert_refused("NotAllowed", caller.call, "Watch", "(s)", f"/{OBJECT}/0/0")
        self.assert_refused("BadPath", caller.call, "Watch", "(s)", "x")

    def test_plugin_is_polled(self):
        """A plugin polls for who watches as it does for a server that observes."""
        self.start()
        caller = self.watcher()
        caller.call("Watch", "(s)", f"/{SINK}/0/30")
        caller.wait(lambda: sum(len(news) == 3 for news in self.news(caller)) > 1, what="second value")
        self.assertIn((f"/{SINK}/0/30",), self.news(caller))

    def test_flood(self):
        """Who asks for too much is told so; who leaves leaves nothing behind."""
        agent = self.start()
        caller = self.watcher()
        everything = self.caller.read(f"/{OBJECT}/0")
        watched = 0
        for iid in range(1, 5):
            self.assert_code(self.server.request(self.client, coap.POST, f"/{OBJECT}"), "2.01")
        for iid in range(5):
            for path in everything:
                if watched < 64:
                    caller.call("Watch", "(s)", path.replace(f"/{OBJECT}/0/", f"/{OBJECT}/{iid}/"))
                    watched += 1
        self.assertEqual(watched, 64)
        self.assert_refused("QuotaExceeded", caller.call, "Watch", "(s)", "/3")
        self.connect().call("Watch", "(s)", "/3")
        before = agent.memory_kib()
        for _ in range(40):
            other = self.bus.connect()
            other.call("Watch", "(s)", f"/{OBJECT}")
            other.close()
        for _ in range(300):
            caller.call("Unwatch", "(s)", f"/{OBJECT}/0/110")
            caller.call("Watch", "(s)", f"/{OBJECT}/0/110")
        if not is_sanitized():
            self.assertLess(agent.memory_kib() - before, 1024)
        caller.close()
        last = self.watcher()
        last.call("Watch", "(s)", self.PATH)
        self.server_writes(self.PATH, "9")
        self.wait_news(last, (self.PATH, "integer", 9))

    def test_many_callers(self):
        """There is an end to how many may watch at a time."""
        self.start()
        callers = [self.connect() for _ in range(64)]
        for caller in callers:
            caller.call("Watch", "(s)", self.PATH)
        self.assert_refused("QuotaExceeded", self.caller.call, "Watch", "(s)", self.PATH)
        callers[0].close()

        def has_room():
            try:
                self.caller.call("Watch", "(s)", self.PATH)
            except Refused as e:
                self.assertEqual(e.name, ERROR + "QuotaExceeded")
                return False
            return True
        self.caller.wait(has_room)


class TestControl(BusCase):
    """What steers servers and plugins."""

    def test_registration(self):
        """Update, De-register and Register again, for one server and for all."""
        self.start()
        self.caller.listen()
        for path, interface in (("", ""), ("/servers/101", ".Server")):
            with self.subTest(path):
                def call(member):
                    return self.caller.call_at(PATH + path, f"{INTERFACE}{interface}.{member}")
                since = self.server.mark()
                call("Register")
                self.server.wait_update(since=since)
                since = self.server.mark()
                call("Deregister")
                self.server.wait_deregister(since=since)
                self.caller.wait_changed("/servers/101", "State", "deregistered")
                self.caller.wait_changed("", "State", "offline")
                self.assertEqual(self.caller.get("/servers/101", ".Server", "LastError"), "")
                self.caller.signals.clear()
                call("Register")
                self.caller.wait_changed("/servers/101", "State", "registered")
                self.client = self.server.wait_register(self.client.endpoint, since=since)

    def test_try_at_once(self):
        """Register() does not wait for the next try."""
        self.server.register_code = "4.03"
        agent = self.start_agent({"uri": self.server.uri}, arguments=["--bus", self.bus.address])
        agent.wait_log("main: not registered")
        self.caller.wait(self.caller.has_name, what=NAME)
        self.caller.listen()
        self.server.register_code = "2.01"
        self.caller.call("Register")
        self.caller.wait_changed("/servers/101", "State", "registered")

    def test_stopping(self):
        """Who takes leave does not register again."""
        agent = self.start()
        self.server.muted = True
        since = self.server.mark()
        agent.signal(signal.SIGTERM)
        self.server.wait_deregister(since=since)
        self.assertIn("ending", self.assert_refused("Busy", self.caller.call, "Register"))
        self.server.muted = False
        self.assertEqual(agent.wait_exit(), 0)

    def test_no_server(self):
        agent = self.start_agent({}, arguments=["--bus", self.bus.address])
        self.caller.wait(self.caller.has_name, what=NAME)
        self.assertEqual(self.caller.get("", "", "State"), "unconfigured")
        self.assertEqual(self.caller.get("", "", "Status"), "no server is configured")
        self.assert_refused("NotFound", self.caller.call, "Register")
        self.assert_refused("NotFound", self.caller.call, "Bootstrap")
        agent.assert_running()

    def test_bootstrap(self):
        agent = self.start_agent({"main": {"uri": self.server.uri},
                                  "bootstrap": {"uri": self.server.uri}},
                                 arguments=["--bus", self.bus.address])
        agent.wait_log("main: registered with")
        self.caller.wait(self.caller.has_name, what=NAME)
        self.caller.listen()
        since = self.server.mark()
        self.caller.call("Bootstrap")
        self.server.expect(lambda r: r.message.path == "/bs", since=since)
        self.caller.wait_changed("", "State", "bootstrapping")

    def test_plugins(self):
        agent = self.start()
        self.caller.listen()
        pid = self.caller.get("/plugins/test_2dobject", ".Plugin", "Pid")
        for call in (lambda: self.caller.call("RestartPlugin", "(s)", "test-object"),
                     lambda: self.caller.call_at(PATH + "/plugins/test_2dobject", INTERFACE + ".Plugin.Restart")):
            call()
            self.caller.wait(lambda: self.caller.get("/plugins/test_2dobject", ".Plugin", "Pid") not in (0, pid))
            self.caller.wait(lambda: self.caller.get("/plugins/test_2dobject", ".Plugin", "State") == "running")
            pid = self.caller.get("/plugins/test_2dobject", ".Plugin", "Pid")
        self.assertEqual(self.caller.get("/plugins/test_2dobject", ".Plugin", "Restarts"), 2)
        self.assert_refused("NotFound", self.caller.call, "RestartPlugin", "(s)", "nothing")
        agent.assert_running()

    def test_log_level(self):
        agent = self.start()
        self.caller.listen()
        self.caller.call("SetLogLevel", "(s)", "warning")
        self.caller.wait_changed("", "LogLevel", "warning")
        self.caller.call("SetLogLevel", "(s)", "debug")
        self.assert_refused("BadValue", self.caller.call, "SetLogLevel", "(s)", "loud")
        self.assertEqual(self.caller.get("", "", "LogLevel"), "debug")
        agent.assert_running()

    def send(self, short_id, *paths):
        return self.caller.call("Send", "(qas)", short_id, list(paths))

    def test_send(self):
        """Acknowledged before it is answered; refused where the server does not want it."""
        self.start()
        path = f"/{OBJECT}/0/120"
        self.assertIn("1/x/23", self.assert_refused("NotAllowed", self.send, 101, path))
        self.assert_refused("NotAllowed", self.send, 0, path)
        self.caller.call("Write", "(sv)", "/1/0/23", variant("b", False))
        for short_id in (101, 0):
            since = self.server.mark()
            self.send(short_id, path, f"/{OBJECT}/0/130")
            sent = [r.message for r in self.server.received(lambda r: r.message.path == "/dp", since)]
            self.assertEqual(len(sent), 1)
            self.assertIn(b"3442/0/120", sent[0].payload)
        self.assert_refused("NotFound", self.send, 5, path)
        self.assert_refused("NotFound", self.send, 101, "/77")
        self.assert_refused("BadPath", self.send, 101, "x")
        self.assert_refused("BadPath", self.send, 101)
        self.assert_refused("QuotaExceeded", self.send, 101, *[path] * 65)
        self.caller.call("Deregister")
        self.caller.wait(lambda: self.caller.get("", "", "State") == "offline")
        self.assert_refused("NotRegistered", self.send, 101, path)
        self.assert_refused("NotRegistered", self.send, 0, path)


class TestAccess(BusCase):
    """Who may do what. Other users can only be had by root."""

    DENIED = "org.freedesktop.DBus.Error.AccessDenied"
    ACTION = "org.lwm2m.agent1."

    def setUp(self):
        if os.getuid() != 0:
            self.skipTest("not root: there are no other users to call as")
        super().setUp()
        self.start()

    def call_as(self, user, member, *arguments, path="", interface=INTERFACE, **more):
        return self.caller.call_as(user, path, f"{interface}.{member}", *arguments, **more)

    def test_anybody(self):
        """Sees how the device is managed, not its values."""
        get = ("Get", "(ss)", INTERFACE, "State")
        self.assertEqual(self.call_as(ANYBODY, *get, interface=PROPERTIES), ["registered"])
        self.assertEqual(self.call_as(ANYBODY, "GetManagedObjects", interface=MANAGER)[0]["/org/lwm2m/Agent1/objects/3"]
                         [INTERFACE + ".Object"]["Id"], 3)
        for member, *arguments in (("Read", "(s)", "/3"), ("Register",), ("Watch", "(s)", "/3")):
            self.assertEqual(self.call_as(ANYBODY, member, *arguments), self.DENIED)

    def test_without_polkit(self):
        """Root alone, whatever the bus lets through."""
        for member, *arguments in (("Read", "(s)", "/3"), ("Register",), ("Watch", "(s)", "/3"),
                                   ("Execute", "(ss)", "/3/0/4", ""), ("SetLogLevel", "(s)", "debug"),
                                   ("RestartPlugin", "(s)", "test-object"), ("Deregister",), ("Bootstrap",),
                                   ("Send", "(qas)", 0, ["/3"])):
            self.assertEqual(self.call_as(MEMBER, member, *arguments), self.DENIED, member)
        self.assertEqual(self.call_as(MEMBER, "Deregister", path="/servers/101", interface=INTERFACE + ".Server"),
                         self.DENIED)
        self.assertEqual(self.call_as(MEMBER, "Restart", path="/plugins/test_2dobject",
                                      interface=INTERFACE + ".Plugin"), self.DENIED)
        self.assertEqual(self.caller.get("/servers/101", ".Server", "State"), "registered")
        self.assertEqual(self.caller.get("/plugins/test_2dobject", ".Plugin", "Restarts"), 0)

    def test_polkit(self):
        """Each method has its action; a challenge is passed on; who is allowed is served."""
        polkit = Polkit(self.connect(), {self.ACTION + "read": "yes", self.ACTION + "execute": "challenge"})
        self.assertEqual(self.call_as(MEMBER, "Read", "(s)", f"/{OBJECT}/0/120"),
                         [[[f"/{OBJECT}/0/120", "integer", 1024]]])
        self.assertEqual(self.call_as(MEMBER, "Write", "(ss)", "/1/0/1", "5"),
                         "org.freedesktop.DBus.Error.InvalidArgs")
        self.assertEqual(self.call_as(MEMBER, "Register"), self.DENIED)
        for interactive in (False, True):
            self.assertEqual(self.call_as(MEMBER, "Execute", "(ss)", f"/{OBJECT}/0/0", "", interactive=interactive),
                             "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
        self.assertEqual(polkit.asked, [("system-bus-name", self.ACTION + action, flags) for action, flags in
                                        (("read", 0), ("manage", 0), ("execute", 0), ("execute", 1))])
        polkit.actions[self.ACTION + "execute"] = "yes"
        self.assertEqual(self.call_as(MEMBER, "Execute", "(ss)", f"/{OBJECT}/0/0", ""), [])
        self.assertEqual(self.call_as(MEMBER, "Unwatch", "(s)", "/3"), ERROR + "NotFound")
        self.assertEqual(self.caller.call("Register"), ())
        self.assertEqual(len(polkit.asked), 6)

    def test_polkit_hangs(self):
        """Who waits for a password keeps neither root nor, for ever, others of his kind from calling."""
        polkit = Polkit(self.connect(), {self.ACTION + "read": "wait"})
        self.assertEqual(self.call_as(MEMBER, "Read", "(s)", "/3", count=40), ERROR + "Busy")
        self.assertEqual(len(polkit.asked), 16)
        self.assertTrue(self.caller.read("/3"))
        polkit.actions[self.ACTION + "read"] = "yes"
        self.caller.wait(lambda: self.call_as(MEMBER, "Read", "(s)", "/1/0/1") == [[["/1/0/1", "integer", 300]]])

    def test_actions(self):
        """What the agent asks for is what the policy file describes."""
        policy = ElementTree.parse(ROOT / "etc" / "polkit" / "org.lwm2m.agent1.policy")
        described = {action.get("id") for action in policy.iter("action")}
        source = (ROOT / "agent" / "api" / "access.c").read_text()
        self.assertEqual(described, set(re.findall(r'"(org\.lwm2m\.agent1\.\w+)"', source)))
        for action in policy.iter("action"):
            defaults = [default.text for default in action.find("defaults")]
            active = "yes" if action.get("id").endswith(".read") else "auth_admin_keep"
            self.assertEqual(defaults, ["auth_admin_keep", "auth_admin_keep", active])


class Program:
    """A program on the bus; its lines are waited for."""

    def __init__(self, case, path, *arguments):
        self._process = subprocess.Popen([DEBIAN_PYTHON, str(path), *arguments], stdout=subprocess.PIPE, text=True,
                                         env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": case.bus.address})
        self.lines = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        case.addCleanup(self.close)

    def _read(self):
        for line in self._process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def expect(self, pattern, timeout=10):
        def found():
            return next((line for line in self.lines if re.search(pattern, line)), None)
        with self._news:
            if not self._news.wait_for(found, timeout):
                raise AssertionError(f"no {pattern!r} of the program: {self.lines}")
            return found()

    def close(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()


class TestObjects(BusCase):
    """Objects that other processes serve."""

    PROGRAM = Path(__file__).resolve().parent / "provider.py"
    EXAMPLE = ROOT / "sdk" / "example" / "dbus-object" / "thermometer.py"
    SHELL = ROOT / "sdk" / "example" / "dbus-object" / "door.sh"

    def setUp(self):
        if subprocess.run([DEBIAN_PYTHON, "-c", "import dbus.service"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("no python3-dbus")
        super().setUp()

    def start_program(self, *arguments):
        self.agent = self.start(plugins=())
        program = Program(self, self.PROGRAM, *arguments)
        program.expect("^registered$")
        return program

    def wait_links(self, there, since):
        """Until an Update says whether the object is there."""
        link = b"</33100/0>" if there else b"</33100"
        return self.server.expect(lambda r: r.message.path == self.client.location and r.message.payload
                                  and (link in r.message.payload) == there, since=since, what="Update")

    def get(self, path):
        return self.server.read(self.client, path)

    def test_example(self):
        """The program of the guide: its value is observed, its text is written, and it is gone when it ends."""
        agent = self.start(plugins=())
        file = agent.folder / "temperature"
        file.write_text("21.5")
        since = self.server.mark()
        program = Program(self, self.EXAMPLE, str(file))
        self.server.expect(lambda r: b"</3303/0>" in r.message.payload, since=since)
        response = self.server.observe(self.client, "/3303/0/5700")
        since = self.server.mark()
        file.write_text("22.25")
        self.server.expect(lambda r: r.message.token == response.token and r.message.payload == b"22.25", since=since)
        self.assert_code(self.server.write(self.client, "/3303/0/5750", b"kitchen"), "2.04")
        self.assertEqual(self.get("/3303/0/5750").payload, b"kitchen")
        self.assertEqual(self.caller.read("/3303")["/3303/0/5701"], ("string", "Cel"))
        since = self.server.mark()
        program.close()
        self.server.expect(lambda r: r.message.path == self.client.location and r.message.payload
                           and b"3303" not in r.message.payload, since=since, what="Update")
        self.assert_code(self.get("/3303/0/5700"), "4.04")
        agent.wait_log(r"Program thermometer \(:1\.\d+\) is gone")
        self.assertLessEqual(len(self.EXAMPLE.read_text().splitlines()), 40)

    def test_operations(self):
        """All that a server can do to an object."""
        program = self.start_program("late")
        self.assertEqual(self.get("/33100/0/0").payload, b"initial")
        self.assertEqual(self.get("/33100/0/2").payload, b"asked 0")
        program.expect("^read 33100 0 2 65535$")
        self.assert_code(self.server.write(self.client, "/33100/0/0", b"written"), "2.04")
        self.assertEqual(self.get("/33100/0/0").payload, b"written")
        self.assert_code(self.server.write(self.client, "/33100/0/0", b"refuse"), "4.00")
        self.assertEqual(self.get("/33100/0/0").payload, b"written")
        self.assertEqual(self.get("/33100/0/1/2").payload, b"30")
        self.assert_code(self.server.write(self.client, "/33100/0/1/2", b"31"), "2.04")
        self.assertEqual(self.get("/33100/0/1/2").payload, b"31")
        self.assert_code(self.server.request(self.client, coap.DELETE, "/33100/0/1/2"), "2.02")
        self.assert_code(self.get("/33100/0/1/2"), "4.04")
        self.assert_code(self.server.request(self.client, coap.POST, "/33100/0/3", payload=b"5"), "2.04")
        self.assertEqual(self.get("/33100/0/0").payload, b"executed 5")
        self.assert_code(self.server.write(self.client, "/33100/0/4", b"x" * 20, coap.OPAQUE), "2.04")
        self.assertEqual(self.get("/33100/0/5").payload, b"20")
        self.assert_code(self.server.request(self.client, coap.POST, "/33100"), "2.01")
        self.assertEqual(self.get("/33100/1/0").payload, b"new")
        self.caller.wait(lambda: self.caller.get("/objects/33100", ".Object", "Instances") == [0, 1])
        self.assert_code(self.server.request(self.client, coap.DELETE, "/33100/0"), "2.02")
        self.assert_code(self.get("/33100/0/0"), "4.04")
        self.assertRegex(self.caller.get("/objects/33100", ".Object", "Provider"), r"^:1\.\d+$")

    def test_two_programs(self):
        """An id is one program's, unless both say which instances are theirs."""
        self.start_program()
        other = Program(self, self.PROGRAM, "")
        self.assertRegex(other.expect("^refused"), r"Error\.NotAllowed .*33100")
        third = Program(self, self.PROGRAM, "shared")
        third.expect("^registered$")
        self.assertEqual(self.get("/33100/100/0").payload, b"initial")
        self.assertEqual(self.get("/33100/0/0").payload, b"initial")
        self.assertRegex(self.caller.get("/objects/33100", ".Object", "Provider"), r"^:1\.\d+, :1\.\d+$")
        third.close()
        self.caller.wait(lambda: self.caller.get("/objects/33100", ".Object", "Instances") == [0])
        self.assertEqual(self.get("/33100/0/0").payload, b"initial")

    def test_of_the_agent(self):
        """What the agent serves itself stays its own."""
        self.agent = self.start(plugins=())
        for oid, name in (("3", "NotAllowed"), ("0", "BadValue"), ("1", "NotAllowed")):
            self.assertRegex(Program(self, self.PROGRAM, "", oid).expect("^refused"), rf"Error\.{name} ")
        self.assertRegex(Program(self, self.PROGRAM, "bad").expect("^refused"), r"Error\.BadValue .*33100/\*/0 wrongly")
        self.assertEqual(self.caller.get("/objects/3", ".Object", "Provider"), "agent")

    def lease(self, value, seconds):
        done = subprocess.run([self.SHELL, value, str(seconds)], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_shell(self):
        """What a shell says with busctl stands until it is said anew, or until its time is over."""
        if not shutil.which("busctl"):
            self.skipTest("no busctl")
        agent = self.start(plugins=())
        since = self.server.mark()
        self.lease("true", 60)
        self.server.expect(lambda r: b"</3200/0>" in r.message.payload, since=since)
        response = self.server.observe(self.client, "/3200/0/5500")
        self.assertEqual(response.payload, b"1")
        self.assertEqual(self.caller.get("/objects/3200", ".Object", "Provider"), "lease door")
        self.assert_code(self.server.write(self.client, "/3200/0/5500", b"0"), "4.05")
        since = self.server.mark()
        self.lease("false", 1)
        self.assertEqual(self.server.wait_notification(response.token, since=since).message.payload, b"0")
        self.server.expect(lambda r: r.message.path == self.client.location and r.message.payload
                           and b"3200" not in r.message.payload, since=since, what="Update")
        agent.wait_log("The lease of door has run out")
        self.lease("true", 60)
        self.caller.call("UnregisterObject", "(s)", "door")
        self.assert_code(self.get("/3200/0/5500"), "4.04")

    def test_lease(self):
        """Only what can be read is leased; it outlives the bus, and is the user's who leased it."""
        agent = self.start(plugins=())

        def register(*table, lease=60):
            self.caller.call("RegisterObject", "(soa{sv}a(qqsua(qyyyb))a(qqba(qba(qv))))", "mine", "/",
                             {"lease": variant("u", lease)}, [table],
                             [(33200, 0, True, [(0, True, [(65535, variant("x", 1))])])])
        for table in ((33200, 0, "1.0", 0, [(0, 2, 3, 0, False)]), (33200, 0, "1.0", 9, [(0, 2, 1, 0, False)]),
                      (33200, 3, "1.0", 0, [(0, 2, 1, 0, False)])):
            self.assertIn("more than read", self.assert_refused("BadValue", register, *table))
        register(33200, 0, "1.0", 0, [(0, 2, 1, 0, False)])
        self.assertEqual(self.get("/33200/0/0").payload, b"1")
        self.assertIn("more than read", self.assert_refused(
            "BadValue", register, 33200, 0, "1.0", 0, [(0, 2, 3, 0, False)]))
        self.assertEqual(self.get("/33200/0/0").payload, b"1")
        if os.getuid() == 0:
            Polkit(self.connect(), {"org.lwm2m.agent1.provide": "yes"})
            self.assertEqual(self.caller.call_as(MEMBER, "", INTERFACE + ".UnregisterObject", "(s)", "mine"),
                             ERROR + "NotFound")
        self.bus.stop()
        agent.wait_log("The D-Bus API is gone")
        self.assertEqual(self.get("/33200/0/0").payload, b"1")
        self.bus.start()

    def test_misbehaves(self):
        """A program that lies, floods or takes too much loses its object, is told why, and nothing else is lost."""
        for how, reason in (("lie", "not of its type"), ("flood", "more than 2000 messages"), ("big", "MiB of values")):
            with self.subTest(how):
                program = self.start_program(how)
                since = self.server.mark()
                self.server.request(self.client, coap.POST, "/33100/0/3")
                self.assertRegex(program.expect("^dropped"), f"dropped test .*{reason}")
                self.wait_links(False, since)
                self.agent.wait_log(f"Program test .*{reason}.*; its objects are taken away")
                self.assert_code(self.get("/33100/0/0"), "4.04")
                program.close()
                self.agent.stop()

    def test_hangs(self):
        """A program that does not answer is asked whether it lives, and then is dropped."""
        self.start_program("hang")
        self.assert_code(self.get("/33100/0/2"), "5.03")
        self.agent.wait_log("Program test .* does not answer", 20)
        self.assert_code(self.get("/33100/0/0"), "4.04")

    def test_ways_to_leave(self):
        """UnregisterObject(), and an agent that is reloaded: a program that listens is back at once."""
        self.agent = self.start(plugins=())
        since = self.server.mark()
        program = Program(self, self.PROGRAM, "unregister")
        program.expect("registered")
        self.wait_links(True, since)
        self.wait_links(False, since)
        program.close()
        program = Program(self, self.PROGRAM, "")
        program.expect("registered")
        program.lines.clear()
        since = self.server.mark()
        self.agent.signal(signal.SIGHUP)
        program.expect("registered")
        self.caller.wait(self.caller.has_name, what=NAME)
        self.assertEqual(self.caller.read("/33100/0/0"), {"/33100/0/0": ("string", "initial")})


class TestDescription(BusCase):
    """Interface XML, the running agent and the manual say the same."""

    XML = ROOT / "etc" / "dbus" / "org.lwm2m.Agent1.xml"
    PAGE = ROOT / "packaging" / "man" / "org.lwm2m.Agent1.5"
    NODES = {INTERFACE: "", INTERFACE + ".Server": "/servers/101", INTERFACE + ".Object": "/objects/3",
             INTERFACE + ".Plugin": "/plugins/test_2dobject"}

    @staticmethod
    def members(interface):
        """{name: what is said of it} of an <interface>: arguments as (direction, type, name), flags of properties."""
        found = {}
        for member in interface:
            name = member.get("name")
            if member.tag == "property":
                found[name] = (member.get("type"), member.get("access"), next(
                    (note.get("value") for note in member.iter("annotation")
                     if note.get("name").endswith("EmitsChangedSignal")), "true"))
            elif member.tag in ("method", "signal"):
                found[name] = (member.tag, [(arg.get("direction") or "out", arg.get("type"), arg.get("name"))
                                            for arg in member.iter("arg")])
        return found

    def described(self):
        """{interface: members} of the file."""
        return {interface.get("name"): self.members(interface) for interface in
                ElementTree.parse(self.XML).iter("interface")}

    def test_agent(self):
        self.start()
        described = self.described()
        self.assertEqual(set(described), {*self.NODES, "org.lwm2m.Provider1"})
        for interface, path in self.NODES.items():
            with self.subTest(interface):
                found = self.caller.call_at(PATH + path, "org.freedesktop.DBus.Introspectable.Introspect")
                running = next(node for node in ElementTree.fromstring(found).iter("interface")
                               if node.get("name") == interface)
                self.assertEqual(self.members(running), described[interface])

    def test_provider(self):
        """The program of these tests, which the agent calls, has the methods that are described."""
        source = TestObjects.PROGRAM.read_text()
        for member, (kind, arguments) in self.described()["org.lwm2m.Provider1"].items():
            into, out = (re.escape("".join(kind for way, kind, _ in arguments if way == direction))
                         for direction in ("in", "out"))
            expected = f'method\\(PROVIDER, "{into}", "{out}"' if kind == "method" else f'signal\\(PROVIDER, "{out}"'
            if member != "Watch":  # its object has no poll_ms
                self.assertRegex(source, rf"{expected}[^\n]*\)\n    def {member}\(")

    def test_protocol(self):
        """The agent's side of it."""
        text = (ROOT / "agent" / "plugin" / "protocol.h").read_text()
        macros = dict(re.findall(r"^#define (PROTOCOL_\w+) +(.*?)(?: */\*.*)?$", text, re.MULTILINE))

        def value(name):
            return "".join(part.strip('"') if part.startswith('"') else value(part)
                           for part in re.findall(r'"[^"]*"|PROTOCOL_\w+', macros[name]))
        described = self.described()["org.lwm2m.Provider1"]
        names = {"READ": "Read", "WRITE": "Write", "BLOCK": "WriteBlock", "EXECUTE": "Execute", "DELETE": "Delete",
                 "WATCH": "Watch"}
        self.assertEqual({*names.values(), "Changed"}, set(described))
        for macro, member in names.items():
            ways = {way: "".join(kind for direction, kind, _ in described[member][1] if direction == way)
                    for way in ("in", "out")}
            self.assertEqual(value("PROTOCOL_" + macro), member)
            self.assertEqual(value(f"PROTOCOL_{macro}_IN"), ways["in"], member)
            self.assertEqual(value("PROTOCOL_READ_OUT" if macro == "READ" else "PROTOCOL_OUT"), ways["out"], member)
        register = self.described()[INTERFACE]["RegisterObject"][1]
        self.assertEqual([kind for _, kind, _ in register[3:]],
                         [value("PROTOCOL_TABLES_SIG"), value("PROTOCOL_CHANGED_SIG")])
        self.assertEqual(described["Changed"][1][0][1], value("PROTOCOL_CHANGED_SIG"))
        self.assertEqual(value("PROTOCOL_INTERFACE"), "org.lwm2m.Provider1")

    def test_manual(self):
        page = self.PAGE.read_text()
        described = self.described()
        sections = dict(re.findall(r"^\.Ss Interface (\S+)\n(.*?)(?=^\.S[sh] )", page, re.MULTILINE | re.DOTALL))
        self.assertEqual(set(sections), set(described))
        for interface, text in sections.items():
            found = {name: ("property", kind) for name, kind in
                     re.findall(r"^\.It Va (\w+) Pq Li (\S+)$", text, re.MULTILINE)}
            for signal_, name, arguments, result in re.findall(
                    r'^\.It (Em signal )?Fn (\w+)((?: "[^"]*")*)(?: No \\\(-> Li (\S+))?$', text, re.MULTILINE):
                found[name] = ("signal" if signal_ else "method", re.findall(r'"([^"]*)"', arguments), result)
            expected = {}
            for name, (kind, arguments, *emits) in described[interface].items():
                if emits:
                    expected[name] = ("property", kind)
                    continue
                into = "out" if kind == "signal" else "in"
                expected[name] = (kind, [f"{what} {arg}" for way, what, arg in arguments if way == into],
                                  "".join(what for way, what, _ in arguments if way != into))
            self.assertEqual(found, expected, interface)

    def test_errors(self):
        """Names of errors: those that the agent has, in both descriptions."""
        sources = "".join(path.read_text() for path in (ROOT / "agent" / "api").glob("*.c"))
        used = set(re.findall(r'API_ERROR "(\w+)"', sources))
        for text in (self.XML.read_text(), self.PAGE.read_text()):
            self.assertEqual(set(re.findall(r"org\.lwm2m\.Agent1\.Error\.(\w+)", text)), used)


class TestBus(BusCase):
    """The bus as something that may not be there."""

    def test_restart(self):
        """All is back when the bus is, and the server notices nothing."""
        agent = self.start()
        since = self.server.mark()
        self.bus.stop()
        agent.wait_log("The D-Bus API is gone")
        self.assertEqual(self.server.read(self.client, f"/{OBJECT}/0/120").payload, b"1024")
        self.bus.start()
        caller = self.connect()
        caller.wait(caller.has_name, what=NAME)
        self.assertEqual(caller.get("/servers/101", ".Server", "State"), "registered")
        self.assertEqual(caller.read(f"/{OBJECT}/0/120"), {f"/{OBJECT}/0/120": ("integer", 1024)})
        agent.wait_log("The D-Bus API is back")
        self.assertFalse(self.server.received(lambda r: r.message.path.startswith("/rd"), since))

    def test_late(self):
        """The agent is there before the bus."""
        self.bus.stop()
        self.need_plugins("test-object")
        agent = self.start_agent({"uri": self.server.uri}, ["test-object"], arguments=["--bus", self.bus.address])
        self.server.wait_register(agent.endpoint)
        self.bus.start()
        caller = self.connect()
        caller.wait(caller.has_name, what=NAME)
        self.assertEqual(caller.get("", "", "Endpoint"), agent.endpoint)

    def test_hangs(self):
        """A bus that does not answer keeps the agent neither from its servers nor from its end."""
        agent = self.start()
        self.bus.signal(signal.SIGSTOP)
        self.assertEqual(self.server.read(self.client, f"/{OBJECT}/0/120").payload, b"1024")
        for value in range(50):  # each with signals that nobody takes
            self.assert_code(self.server.write(self.client, "/1/0/1", str(300 + value).encode()), "2.04")
        late = self.start_agent({"uri": self.server.uri}, arguments=["--bus", self.bus.address])
        self.server.wait_register(late.endpoint)
        late.stop()
        agent.stop()
        self.bus.signal(signal.SIGCONT)

    def test_takes_nothing(self):
        """What a bus does not take does not pile up in the agent. The kernel takes 8 MiB first."""
        agent = self.start()
        for _ in range(50):
            self.connect().call("Watch", "(s)", f"/{OBJECT}/0/150")
        self.bus.signal(signal.SIGSTOP)
        end, number = time.monotonic() + 60, 0
        while time.monotonic() < end and not agent.count_log("no messages are taken by"):
            number += 1
            value = f"{number:04}".encode() * 2000
            request = coap.request(coap.PUT, f"/{OBJECT}/0/150", format=coap.OPAQUE, payload=value)
            self.assert_code(self.server.put_blocks(request, self.client.address), "2.04")
        agent.wait_log("The D-Bus API is not there: no messages are taken by the .* bus", 1)
        self.bus.signal(signal.SIGCONT)
        self.caller.wait(lambda: agent.count_log("The D-Bus API is back"), 20)
        self.assertTrue(self.caller.read("/3"))

    def test_reload(self):
        """The name is back after SIGHUP."""
        agent = self.start()
        started_at = self.caller.get("", "", "StartedAt")
        agent.signal(signal.SIGHUP)
        agent.wait_log("registration updated")
        self.caller.wait(self.caller.has_name, what=NAME)
        self.assertAlmostEqual(self.caller.get("", "", "StartedAt"), started_at, delta=1e6)

    def test_second_agent(self):
        """The name is the first one's; the other says so and works, and has it when the first is gone."""
        first = self.start()
        other = self.start_agent({"uri": self.server.uri}, arguments=["--bus", self.bus.address])
        other.wait_log("is not given to this agent: another process has it")
        self.server.wait_register(other.endpoint)
        first.stop()
        other.wait_log("The D-Bus API is back")
        self.assertEqual(self.caller.get("", "", "Endpoint"), other.endpoint)


if __name__ == "__main__":
    case.main()
