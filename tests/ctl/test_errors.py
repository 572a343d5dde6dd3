#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What lwm2mctl says and how it ends when something is wrong, and what it asks of the agent when all is well."""

import json
import os
import subprocess
import time
import unittest
from pathlib import Path

import fixtures
from case import AgentCase, BusCase, main
from fixtures import DBUS_ERROR, ERROR, NAME, PATH, Refused, plugin

# As the system's own, as far as it matters here.
SYSTEM_POLICY = """<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow receive_type="signal"/><allow send_destination="org.freedesktop.DBus"/></policy>
<include>{policy}</include>"""

VERBS = ["status", "servers", "objects", "plugins", "read", "write", "exec", "observe", "send", "register", "deregister",
         "bootstrap", "update", "log-level", "diagnose", "help", "version"]
CALLS = {"read": ["/3/0/0"], "write": ["/3/0/15", "x"], "exec": ["/3/0/4"], "send": ["/3/0/0"], "status": [], "servers": [],
         "objects": [], "plugins": [], "observe": [], "register": [], "deregister": [], "bootstrap": [], "update": [],
         "log-level": []}


class NoAgent(BusCase):
    def test_each_verb_says_how_to_start_it(self):
        for verb, words in CALLS.items():
            said = self.refused(verb, *words, check=3)
            self.assertIn("lwm2mctl: lwm2m-agent is not running\nStart it with 'systemctl start lwm2m-agent'", said, verb)
            self.assert_fits(said, 80)

    def test_json_does_not_change_that(self):
        self.assertIn("not running", self.refused("--json", "status", check=3))

    def test_the_version_is_told(self):
        self.assertIn("lwm2m-agent does not run", self.run_ctl("version").stdout)
        self.assertIsNone(self.json("version")["lwm2m-agent"])

    def test_no_bus(self):
        done = fixtures.run("--bus", f"unix:path={self.folder}/none", "status", check=3)
        self.assertIn("Cannot connect to the bus", done.stderr)
        done = fixtures.run("status", check=3, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.folder}/none")
        self.assertIn("There is no system bus", done.stderr)

    def test_the_system_bus_is_the_default(self):
        done = fixtures.run("status", check=3, DBUS_SYSTEM_BUS_ADDRESS=self.bus.address)
        self.assertIn("not running", done.stderr)
        done = fixtures.run("status", "--bus", "session", check=3, DBUS_SESSION_BUS_ADDRESS=self.bus.address)
        self.assertIn("not running", done.stderr)


class Usage(BusCase):
    def test_help_on_every_verb(self):
        for verb in VERBS:
            shown = self.show(verb, "--help")
            self.assertRegex(shown, rf"^Usage: lwm2mctl \[OPTION...\] {verb}\b")
            self.assertEqual(self.show("help", verb), shown)
        self.assertEqual(self.show("--help"), self.show("help"))
        for verb in VERBS:
            self.assertRegex(self.show("help"), rf"(?m)^  {verb}\b")

    def test_version(self):
        self.assertRegex(self.show("--version"), r"^lwm2mctl \d+\.\d+")
        self.assertRegex(self.show("status", "--version"), r"^lwm2mctl \d+\.\d+")

    def test_wrong_words(self):
        for words, said in (
                (["sttaus"], "no verb 'sttaus'; is it 'status'?"), (["obsrve"], "is it 'observe'?"),
                (["execute", "/3/0/4"], "is it 'exec'?"), (["restart", "gpio"], "is it 'plugins'?"),
                (["/3/0/0"], "Try 'lwm2mctl read /3/0/0'"), (["xyzzy"], "'lwm2mctl --help' lists them"),
                (["help", "raed"], "is it 'read'?"),
                (["status", "--jsno"], "no option --jsno; is it --json?"), (["--what", "status"], "no option --what"),
                (["status", "--json=yes"], "--json takes nothing"), (["status", "--bus"], "--bus takes BUS after it"),
                (["--bus", "sytem", "status"], "'sytem' is no bus"), (["--timeout", "soon", "status"], "a number of seconds"),
                (["--timeout", "0", "status"], "a number of seconds"), (["read"], "lwm2mctl read PATH"),
                (["read", "/3", "/4"], "That is too much"), (["read", "three"], "'three' is not a path"),
                (["read", "/3/0/0/0/0"], "is not a path"), (["read", "/70000"], "is not a path"), (["read", "/3//0"], "not a path"),
                (["read", "/03"], "is not a path"), (["read", ""], "is not a path"), (["read", "/"], "is not a path"),
                (["write", "/3/0", "x"], "/OBJECT/INSTANCE/RESOURCE"), (["exec", "/3"], "/OBJECT/INSTANCE/RESOURCE"),
                (["plugins", "restart"], "Which plugin?"), (["plugins", "stop", "x"], "not 'stop'"),
                (["log-level", "loud"], "it is error, warning, notice, info or debug"), (["log-level", "degub"], "is it 'debug'?"),
                (["diagnose", "x.zip"], "has to end with .tar.gz")):
            error = self.refused(*words, check=2)
            self.assertTrue(error.startswith("lwm2mctl: "), error)
            self.assertIn(said, error, words)
            self.assert_fits(error, 110)

    def test_nothing_at_all(self):
        self.assertIn("Usage: ", self.refused(check=2))


class Refusals(AgentCase):
    def test_each_error_has_its_hint(self):
        for name, said, status in (
                (ERROR + "NotFound", ": why\n'lwm2mctl objects' lists", 1), (ERROR + "BadPath", ": why\nA path is", 1),
                (ERROR + "Busy", ": why\nTry again", 1), (ERROR + "TimedOut", ": why\n'lwm2mctl plugins'", 1),
                (ERROR + "NotAllowed", ": why\n", 1), (ERROR + "Failed", ": why\n", 1),
                (ERROR + "SomethingNew", ": why\n", 1),
                (DBUS_ERROR + "AccessDenied", "Cannot read /3/0/0: you are not allowed to\nTry it with sudo", 1),
                (DBUS_ERROR + "InteractiveAuthorizationRequired", "not allowed to\nTry it with sudo", 1),
                (DBUS_ERROR + "UnknownMethod", "why\nlwm2mctl and the agent are of different versions", 1)):
            self.agent.refusals["Read"] = Refused(name, "why")
            self.assertIn(said, self.refused("read", "/3/0/0", check=status), name)

    def test_a_hint_fits_what_was_asked(self):
        self.agent.refusals["Bootstrap"] = Refused(ERROR + "NotFound", "There is no Bootstrap-Server")
        self.assertEqual(self.refused("bootstrap"), "lwm2mctl: There is no Bootstrap-Server\n")

    def test_an_error_without_words(self):
        self.agent.refusals["Read"] = Refused(ERROR + "Failed", "")
        self.assertIn(f"Cannot read /3: {ERROR}Failed", self.refused("read", "/3"))

    def test_an_error_cannot_move_the_cursor(self):
        self.agent.refusals["Read"] = Refused(ERROR + "Failed", "\x1b[2Jhello")
        self.assertIn("\\x1b[2Jhello", self.refused("read", "/3"))

    def test_each_verb_names_what_failed(self):
        for verb, method, words in (("write", "Write", ["/3/0/15", "x"]), ("exec", "Execute", ["/3/0/4"]),
                                    ("send", "Send", ["/3"]), ("register", "Register", []), ("deregister", "Deregister", []),
                                    ("bootstrap", "Bootstrap", []), ("log-level", "SetLogLevel", ["debug"]),
                                    ("plugins", "RestartPlugin", ["restart", "system"]), ("observe", "Watch", ["/3"])):
            self.agent.refusals[method] = Refused(ERROR + "NotSupported", "not this one")
            self.assertEqual(self.refused(verb, *words), "lwm2mctl: not this one\n", verb)
            self.agent.refusals[method] = Refused(DBUS_ERROR + "AccessDenied", "no")
            self.assertRegex(self.refused(verb, *words), r"^lwm2mctl: Cannot [^:]*: you are not allowed to\n", verb)

    def test_no_such_name(self):
        self.assertIn("no server 'mian'; is it 'main'?", self.refused("register", "mian"))
        self.assertIn("'lwm2mctl servers' lists", self.refused("servers", "999"))
        self.assertIn("no plugin 'sytem'; is it 'system'?", self.refused("plugins", "restart", "sytem"))
        self.agent.plugins = []
        self.assertIn("none is configured", self.refused("plugins", "restart", "gpio"))

    def test_an_agent_that_is_silent(self):
        self.agent.silent = True
        begun = time.monotonic()
        self.assertIn("no answer in time\n--timeout SECONDS waits longer", self.refused("status", "--timeout", "1"))
        self.assertLess(time.monotonic() - begun, 10)

    def test_an_agent_that_goes_away(self):
        def leave(body, sender):
            self.agent._connection.sock.shutdown(2)
            return "", ()

        self.agent.methods["Execute"] = leave
        self.assertIn("went away before it answered", self.refused("exec", "/3/0/4", check=3))

    def test_answers_in_another_form(self):
        self.agent.methods["Read"] = lambda body, sender: ("as", (["x"],))
        self.assertIn("not in the form", self.refused("read", "/3"))
        self.agent.methods["Read"] = lambda body, sender: ("a(ssv)", ([("elsewhere", "string", ("s", "x"))],))
        self.assertIn("not in the form", self.refused("read", "/3"))
        self.agent.methods["GetManagedObjects"] = lambda body, sender: ("s", ("x",))
        self.assertIn("not in the form", self.refused("status"))

    def test_a_full_disk(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(fixtures.command("status", bus=self.bus), stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Cannot write the output", done.stderr)


class Password(AgentCase):
    """polkit wants one; a program in place of pkttyagent notes that it was started."""

    def setUp(self):
        super().setUp()
        self.note = Path(self.folder) / "asked"
        self.stand_in(f"echo $$ $* >{self.note}; exec {{fd}}>&-; exec sleep 600")
        self.agent.methods["Execute"] = self.execute

    def stand_in(self, script):
        program = Path(self.folder) / "pkttyagent"
        program.write_text(f"#!/bin/bash\nfd=$2\n{script}\n")
        program.chmod(0o755)

    def execute(self, body, sender):
        if not self.agent.is_interactive:
            raise Refused(DBUS_ERROR + "InteractiveAuthorizationRequired", "This user may not (polkit action x)")
        if not self.note.exists():
            raise Refused(DBUS_ERROR + "AccessDenied", "This user may not (polkit action x)")
        return "", ()

    def run_on_terminal(self, check=0):
        return self.on_terminal("exec", "/3/0/4", "0='x'", check=check, all=True, bus=False,
                                DBUS_SYSTEM_BUS_ADDRESS=self.bus.address, PATH=f"{self.folder}:{os.environ['PATH']}")

    def test_it_is_asked_for_on_a_terminal(self):
        self.assertIn("/3/0/4 is executed.", self.run_on_terminal())
        self.assertEqual([call[2] for call in self.agent.calls], [("/3/0/4", "0='x'")] * 2)
        pid, *words = self.note.read_text().split()
        self.assertEqual((words[0], words[2]), ("--notify-fd", "--fallback"))
        self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_nobody_is_asked_elsewhere(self):
        self.assertIn("This user may not (polkit action x)\nTry it with sudo.\n", self.refused("exec", "/3/0/4"))
        self.assertFalse(self.note.exists())

    def test_a_password_that_is_wrong(self):
        self.stand_in("exit 1")
        self.assertIn("This user may not", self.run_on_terminal(check=1))

    def test_without_pkttyagent(self):
        os.unlink(Path(self.folder) / "pkttyagent")
        os.environ["PATH"], path = "/nowhere", os.environ["PATH"]
        try:
            self.assertIn("This user may not", self.run_on_terminal(check=1))
        finally:
            os.environ["PATH"] = path


@unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
class Policy(AgentCase):
    """The policy of the system's bus, as somebody who is nobody."""

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        policy = Path(self.folder) / "policy.conf"
        policy.write_text((fixtures.ROOT / "etc/dbus/org.lwm2m.Agent1.conf").read_text().replace('user="lwm2m-agent"', 'user="root"'))
        folder = Path(self.folder) / "system"
        folder.mkdir()
        self.system = fixtures.PrivateBus(folder, SYSTEM_POLICY.format(policy=policy))
        self.addCleanup(self.system.close)
        self.real = fixtures.FakeAgent(self.system.address)
        self.addCleanup(self.real.stop)
        try:
            self.as_nobody("--version", check=0)
        except PermissionError:
            self.skipTest(f"{fixtures.PROGRAM} is not for everybody")

    def as_nobody(self, *words, check):
        done = subprocess.run(fixtures.command(*words, bus=self.system), env=fixtures.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, user=65534, group=65534, extra_groups=[])
        self.assertEqual(done.returncode, check, done)
        return done

    def test_everybody_may_look(self):
        for verb in ("status", "servers", "objects", "plugins", "log-level"):
            self.assertEqual(self.as_nobody(verb, check=0).stderr, "", verb)

    def test_the_rest_is_refused(self):
        for words in (["read", "/3"], ["write", "/3/0/15", "x"], ["exec", "/3/0/4"], ["observe"], ["register"],
                      ["plugins", "restart", "system"]):
            said = self.as_nobody(*words, check=1).stderr
            self.assertRegex(said, r"^lwm2mctl: Cannot [^:]*: you are not allowed to\nTry it with sudo")
        self.assertEqual({call[1] for call in self.real.calls}, {"GetAll", "GetManagedObjects"})


class Calls(AgentCase):
    """What the agent is asked."""

    def last(self):
        return self.agent.calls[-1]

    def test_write(self):
        self.show("write", "3/0/15", "Europe/Berlin")
        self.assertEqual(self.last(), (PATH, "Write", ("/3/0/15", ("s", "Europe/Berlin"))))
        self.show("write", "/3303/0/5601", "-5")
        self.assertEqual(self.last()[2], ("/3303/0/5601", ("s", "-5")))
        self.show("write", "--", "/3/0/15", "--json")
        self.assertEqual(self.last()[2], ("/3/0/15", ("s", "--json")))

    def test_write_of_bytes(self):
        self.show("write", "/3442/0/150", "0x00fF")
        self.assertEqual(self.last()[2], ("/3442/0/150", ("ay", b"\x00\xff")))
        self.agent.values["/3442/0/150"] = [("/3442/0/150", "opaque", ("ay", b"\x01"))]
        self.show("write", "/3442/0/150", "12ab")
        self.assertEqual(self.last()[2], ("/3442/0/150", ("ay", b"\x12\xab")))
        self.show("write", "/3442/0/150", "0x")
        self.assertEqual(self.last()[2], ("/3442/0/150", ("ay", b"")))
        for wrong in ("123", "xy", "12 3"):
            self.assertIn("hexadecimal digits", self.refused("write", "/3442/0/150", wrong, check=2))

    def test_exec(self):
        self.show("exec", "/3/0/4")
        self.assertEqual(self.last(), (PATH, "Execute", ("/3/0/4", "")))
        self.show("exec", "/3/0/4", "0='x',1")
        self.assertEqual(self.last()[2], ("/3/0/4", "0='x',1"))

    def test_send(self):
        self.show("send", "/3/0/9", "3303")
        self.assertEqual(self.last(), (PATH, "Send", (0, ["/3/0/9", "/3303"])))
        self.refused("send", "/3/0/9", "x", check=2)

    def test_register(self):
        for verb in ("register", "deregister"):
            self.show(verb)
            self.assertEqual(self.last(), (PATH, verb.capitalize(), ()))
            self.show(verb, "main")
            self.assertEqual(self.last(), (f"{PATH}/servers/101", verb.capitalize(), ()))
        self.show("bootstrap")
        self.assertEqual(self.last()[1], "Bootstrap")

    def test_plugins(self):
        self.agent.plugins.append(plugin("odd-name.1"))
        self.show("plugins", "restart", "odd-name.1")
        self.assertEqual(self.last(), (PATH, "RestartPlugin", ("odd-name.1",)))

    def test_log_level(self):
        self.assertEqual(self.show("log-level"), "notice\n")
        self.assertEqual(self.json("log-level"), "notice")
        self.show("log-level", "debug")
        self.assertEqual(self.last(), (PATH, "SetLogLevel", ("debug",)))

    def test_done_for_programs(self):
        for words in (["write", "/3/0/15", "x"], ["exec", "/3/0/4"], ["register"], ["send", "/3"]):
            self.assertEqual(self.json(*words), {"done": True})

    def test_options_before_and_after(self):
        for words in (["--json", "log-level"], ["log-level", "--json"], ["log-level", "--timeout=5", "--json"]):
            self.assertEqual(json.loads(self.run_ctl(*words).stdout), "notice")

    def test_it_starts_quickly(self):
        """The best of many: a machine that is busy with other things is no news."""
        def run():
            begun = time.perf_counter()
            self.run_ctl("status")
            return time.perf_counter() - begun

        took = sorted(run() for _ in range(25))
        print(f"lwm2mctl status: {took[0] * 1000:.1f} ms at best, {took[12] * 1000:.1f} ms half of the time")
        if not fixtures.WRAPPER and b"__asan_init" not in fixtures.PROGRAM.read_bytes():
            self.assertLess(took[0], 0.02)


if __name__ == "__main__":
    main()
