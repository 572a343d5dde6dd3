#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2mctl observe: changes, an agent that restarts, objects that come and go."""

import json
import signal
import subprocess

import fixtures
import jeepney
from case import AgentCase, columns, main
from fixtures import DBUS_ERROR, ERROR, NAME, PATH, Program, Refused, object_, wait_until

VALUE = ("/3303/0/5700", "float")


class Observe(AgentCase):
    def setUp(self):
        super().setUp()
        self.agent.values["/3303"] = self.agent.values["/3303/0/5700"] = [(*VALUE, ("d", 21.5))]
        self.agent.values["/3303/0/5701"] = [("/3303/0/5701", "string", ("s", "Cel"))]
        self.agent.values["/1"] = self.agent.values["/3"] = []

    def observe(self, *words, **env):
        program = Program("observe", *words, bus=self.bus, **env)
        self.addCleanup(program.close)
        return program

    def wait_watched(self, *paths):
        wait_until(lambda: {path for _, path in self.agent.watchers} >= set(paths), f"Watch of {paths}")

    def wait_reads(self, path, count):
        wait_until(lambda: sum(call[1:] == ("Read", (path,)) for call in list(self.agent.calls)) >= count, f"Read of {path}")

    def test_values_and_changes(self):
        program = self.observe("/3303/0/5700")
        self.assertRegex(program.wait_line("21.5"), r"^\d\d:\d\d:\d\d  /3303/0/5700  Sensor Value      21.5 Cel$")
        self.agent.tell(*VALUE, ("d", 22.25))
        program.wait_line(r"/3303/0/5700  Sensor Value      22.25 Cel")
        self.assertEqual(program.stop(signal.SIGINT), 0)
        self.assertEqual(len(program.lines), 2)
        self.assertEqual(program.errors, [])

    def test_everything(self):
        program = self.observe()
        self.wait_watched("/1", "/3", "/3303")
        self.agent.tell("/3/0/9", "integer", ("x", 80))
        program.wait_line(r"/3/0/9        Battery Level     80 %")
        self.agent.values["/3347"] = [("/3347/0/5500", "boolean", ("b", True))]
        self.agent.tell_added(object_(3347))
        program.wait_line(r"/3347/0/5500 .* true")
        self.wait_watched("/3347")
        self.assertEqual(program.stop(signal.SIGTERM), 0)

    def test_servers_and_plugins(self):
        program = self.observe()
        self.wait_watched("/1", "/3", "/3303")
        self.agent.methods["Get"] = lambda body, sender: ("v", (("s", "main" if "Server" in body[0] else "gpio"),))
        self.agent.tell_properties("servers/101", "Server", {"LastError": ("s", "no answer"), "State": ("s", "waiting")})
        program.wait_line(r"^\d\d:\d\d:\d\d  server main: waiting$")
        self.agent.tell_properties("servers/101", "Server", {"LastError": ("s", "")})
        self.agent.tell_properties("plugins/p0", "Plugin", {"State": ("s", "failed")})
        program.wait_line(r"  plugin gpio: failed$")
        self.assertEqual(sum("server" in line for line in program.lines), 1)

    def test_more_than_may_be_watched(self):
        self.agent.objects += [object_(30000 + n) for n in range(80)]

        def watch(body, sender):
            if len(self.agent.watchers) == 64:
                raise Refused(ERROR + "QuotaExceeded", "64 paths are watched")
            return self.agent._do_Watch(body, sender)

        self.agent.methods["Watch"] = watch
        self.agent.values.update({f"/{30000 + n}": [] for n in range(80)})
        program = self.observe()
        wait_until(lambda: len(self.agent.watchers) == 64 and program.errors, "64 paths and a word")
        self.agent.tell("/3303/0/5700", "float", ("d", 27.5))
        program.wait_line("27.5")
        self.assertEqual(program.errors, ["lwm2mctl: 64 paths are watched",
                                          "More is not watched. Name objects, as /3303, rather than their resources."])

    def test_for_programs(self):
        program = self.observe("--json", "/3303/0/5700")
        first = json.loads(program.wait_line("21.5"))
        self.assertRegex(first.pop("time"), "Z$")
        self.assertEqual(first, {"path": "/3303/0/5700", "name": "Sensor Value", "type": "float", "value": 21.5})
        self.agent.tell_removed("/3303/0")
        self.assertTrue(json.loads(program.wait_line("removed"))["removed"])
        self.agent.stop()
        self.assertEqual(json.loads(program.wait_line("gone"))["agent"], "gone")
        self.agent.start()
        self.assertEqual(json.loads(program.wait_line("back"))["agent"], "back")
        self.assertEqual(program.stop(signal.SIGINT), 0)
        for line in program.lines:
            json.loads(line)

    def test_an_agent_that_restarts(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        self.agent.stop()
        program.wait_line("lwm2m-agent has stopped; waiting for it to come back.")
        self.agent.values["/3303/0/5700"] = [(*VALUE, ("d", 23.5))]
        self.agent.start()
        program.wait_line("lwm2m-agent is back.")
        program.wait_line("23.5 Cel")
        self.wait_watched("/3303/0/5700")
        self.agent.tell(*VALUE, ("d", 24.5))
        program.wait_line("24.5 Cel")
        self.assertEqual(program.stop(signal.SIGINT), 0)

    def test_an_object_that_is_late_after_a_restart(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        self.agent.stop()
        program.wait_line("has stopped")
        self.agent.refusals["Watch"] = Refused(ERROR + "NotFound", "There is no /3303")
        self.agent.start()
        program.wait_line("is back")
        wait_until(lambda: self.agent.calls[-1][1] == "Watch", "another Watch")
        del self.agent.refusals["Watch"]
        self.agent.values["/3303/0/5700"] = [(*VALUE, ("d", 25.5))]
        self.agent.tell_added(object_(3303))
        program.wait_line("25.5 Cel")

    def test_what_is_removed_and_comes_back(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        self.agent.tell_removed("/3303")
        program.wait_line(r"/3303 +removed")
        self.agent.values["/3303/0/5700"] = [(*VALUE, ("d", 26.5))]
        self.agent.tell_added(object_(3303))
        program.wait_line("26.5")

    def test_a_long_value_is_one_line(self):
        self.agent.values["/3/0/0"] = [("/3/0/0", "string", ("s", "温度 long\n" * 40))]
        program = self.observe("/3/0/0", COLUMNS="80")
        line = program.wait_line("温度")
        self.assertTrue(line.endswith("…"), line)
        self.assertLessEqual(columns(line), 80)

    def test_signals_of_others_are_not_believed(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        liar = fixtures.open_dbus_connection(bus=self.bus.address)
        self.addCleanup(liar.close)
        signal_ = jeepney.new_signal(jeepney.DBusAddress(PATH, interface=NAME), "ValueChanged", "ssv", (*VALUE, ("d", 99.5)))
        signal_.header.fields[jeepney.HeaderFields.destination] = self.agent.watchers[0][0]
        liar.send(signal_)
        liar.send_and_get_reply(jeepney.new_method_call(jeepney.DBus(), "GetId"))  # the bus has passed it on
        self.agent.tell(*VALUE, ("d", 22.5))
        program.wait_line("22.5")
        self.assertFalse([line for line in program.lines if "99.5" in line])

    def test_signals_that_are_nonsense(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        to = self.agent.watchers[0][0]
        self.agent._signal("ValueChanged", "s", ("/3303/0/5700",), to)
        self.agent._signal("ValueChanged", "ssv", ("nowhere", "float", ("d", 1.0)), to)
        self.agent._signal("ValueChanged", "ssv", ("/3303/0/5700", "float", ("a{sv}", {})), to)
        self.agent._signal("Removed", "u", (7,), to)
        self.agent.tell(*VALUE, ("d", 22.5))
        program.wait_line("22.5")

    def test_it_ends_by_itself(self):
        done = self.run_ctl("observe", "/3303/0/5700", "--timeout", "1")
        self.assertIn("21.5 Cel", done.stdout)

    def test_what_cannot_be_observed(self):
        self.agent.refusals["Watch"] = Refused(ERROR + "NotFound", "There is no /99")
        self.assertIn("There is no /99", self.refused("observe", "/99"))
        self.agent.refusals["Watch"] = Refused(DBUS_ERROR + "AccessDenied", "no")
        self.assertIn("Try it with sudo", self.refused("observe", "/3"))

    def test_nobody_reads_any_more(self):
        """As with 'lwm2mctl observe | head -1': it ends."""
        pipe = subprocess.Popen(fixtures.command("observe", "/3303/0/5700", bus=self.bus), env=fixtures.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(pipe.wait)
        self.addCleanup(pipe.kill)
        self.assertIn("21.5", pipe.stdout.readline())
        pipe.stdout.close()
        wait_until(lambda: self.agent.tell(*VALUE, ("d", 1.5)) or pipe.poll() is not None, "end of it")

    def test_the_bus_goes_away(self):
        program = self.observe("/3303/0/5700")
        program.wait_line("21.5")
        self.bus._daemon.kill()
        self.assertEqual(program.wait(), 3)
        self.assertIn("lwm2mctl: The bus went away", program.errors)


if __name__ == "__main__":
    main()
