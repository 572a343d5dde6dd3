#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What lwm2mctl shows of an agent: screens for people, JSON for programs."""

import re

from case import AgentCase, main
from fixtures import ROOT, SECOND, now, object_, plugin, server

WIDE = "温度計の値が高すぎます"
AWAY = {"State": ("s", "waiting"), "RegisteredAt": ("t", 0), "NextUpdateAt": ("t", 0), "LastError": ("s", "no answer")}
CONTROL = re.compile(r"\x1b\[[0-9;]*m")


class Status(AgentCase):
    def test_five_lines_say_it_all(self):
        lines = self.show("status").splitlines()
        self.assertEqual(len(lines), 5, lines)
        self.assertEqual(lines[0], "● gateway-17 is managed by main")
        self.assertEqual(lines[1], "  Server  main, coaps://lwm2m.example.com:5684, LwM2M 1.1, pre-shared key")
        self.assertRegex(lines[2], r"^  Since   \d\d:\d\d(:\d\d| yesterday), 2 h 5 min ago$")
        self.assertRegex(lines[3], r"^  Next    registration update at .*, in 5[45] min")
        self.assertEqual(lines[4], "  Agent   lwm2m-agent 0.1.0, up 2 h 6 min; 3 objects, 1 plugin")

    def test_a_machine_without_a_server_says_what_to_do(self):
        self.agent.servers = []
        self.agent.agent["State"] = ("s", "unconfigured")
        shown = self.show("status")
        self.assertIn("○ gateway-17 is not managed: no server is configured", shown)
        self.assertIn("lwm2m-agent.conf(5)", shown)
        self.assertFalse(self.json("status")["managed"])

    def test_a_machine_that_asks_its_bootstrap_server(self):
        self.agent.servers = []
        self.agent.agent.update(State=("s", "bootstrapping"), Status=("s", "asking the bootstrap server"))
        shown = self.show("status")
        self.assertIn("○ gateway-17 is not managed yet: asking the bootstrap server\n"
                      "  Next   accounts from the bootstrap server\n", shown)

    def test_a_server_out_of_reach(self):
        self.agent.servers = [server(**AWAY, NextTryAt=("t", now() + 100 * SECOND))]
        shown = self.show("status")
        self.assertIn("○ gateway-17 is not managed now: not registered with main", shown)
        self.assertRegex(shown, r"  State   waiting: no answer\n  Next    another try at .*, in 1 min")

    def test_the_states_before_and_after(self):
        for state, next in (("registering", "an answer of the server"), ("deregistered", "stays away until 'lwm2mctl register'"),
                            ("unregistered", "waits for its turn")):
            self.agent.servers = [server(State=("s", state), RegisteredAt=("t", 0), NextUpdateAt=("t", 0))]
            self.assertIn(f"  State   {state}\n  Next    {next}\n", self.show("status"))

    def test_several_servers(self):
        self.agent.servers = [server("backup", 102, **AWAY), server()]
        shown = self.show("status")
        self.assertIn("● gateway-17 is managed by main\n", shown)
        self.assertLess(shown.index("Server  main"), shown.index("Server  backup"))
        self.agent.servers = [server(f"server{n}", n) for n in range(1, 6)]
        self.assertIn("managed by server1, server2 and 3 more", self.show("status"))

    def test_a_failed_plugin_is_trouble(self):
        self.agent.plugins.append(plugin("gpio", State=("s", "failed"), LastError=("s", "gpiochip0 is busy, " * 6)))
        shown = self.show("status")
        self.assertIn("  Trouble  plugin gpio has failed: gpiochip0 is busy", shown)
        self.assertIn("see 'lwm2mctl plugins'", shown)

    def test_json(self):
        status = self.json("status")
        self.assertEqual((status["endpoint"], status["managed"], status["state"]), ("gateway-17", True, "registered"))
        self.assertEqual(status["servers"][0]["short_id"], 101)
        self.assertEqual(status["objects"][2], {"id": 3303, "name": "Temperature", "version": "1.1", "instances": [0, 1],
                                                "provider": "plugin system"})
        self.assertEqual(status["plugins"][0]["objects"], [3303, 3320])
        self.assertRegex(status["started_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_an_agent_that_says_less_or_more(self):
        self.agent.agent = {"Endpoint": ("s", "x"), "State": ("u", 7), "New": ("a(ss)", [("a", "b")])}
        self.agent.servers = [{"ShortId": ("q", 1), "Name": ("u", 5), "Other": ("as", ["x"])}]
        self.assertIn("x is not managed now", self.show("status"))


class Tables(AgentCase):
    def test_servers(self):
        self.agent.servers.append(server("backup", 102, **AWAY, NextTryAt=("t", now() + 40 * SECOND)))
        lines = self.show("servers").splitlines()
        self.assertRegex(lines[0], r"^ ID  NAME    STATE       FOR        NEXT              URI$")
        self.assertRegex(lines[1], r"^101  main    registered  2 h 5 min  update in 5\d min  coaps://")
        self.assertRegex(self.show("servers"), r"(?m)^102  backup  waiting .* try in \d+ s +coaps://")
        self.assertIn("backup: no answer", lines)

    def test_one_server(self):
        for name in ("main", "101"):
            self.assertRegex(self.show("servers", name), r"(?m)^Security +pre-shared key$")
        self.assertEqual(self.json("servers", "main")["location"], "/rd/5a")

    def test_plugins(self):
        self.agent.plugins += [
            plugin("gpio", State=("s", "failed"), Pid=("u", 0), Restarts=("u", 5), LastError=("s", "gpiochip0 is busy")),
            plugin("modem", State=("s", "waiting"), Pid=("u", 0), NextTryAt=("t", now() + 12 * SECOND),
                   Isolation=("s", "none"), Objects=("aq", [4, 10, 11]))]
        shown = self.show("plugins")
        self.assertRegex(shown, r"(?m)^PLUGIN  STATE    FOR +PID  RESTARTS  PROCESS    OBJECTS$")
        self.assertRegex(shown, r"(?m)^gpio    failed .* 5  its own    3303 3320$")
        self.assertRegex(shown, r"(?m)^modem   waiting  try in 1\d s .* 0  the agent  4 10 11$")
        self.assertRegex(shown, r"(?m)^system  running  2 h 5 min +4711 +0  its own    3303 3320$")
        self.assertIn("gpio: gpiochip0 is busy\n'lwm2mctl plugins restart gpio' starts it again.\n", shown)

    def test_objects(self):
        self.agent.objects.append(object_(65000, (0, 1, 2, 3, 7), ":1.5", ""))
        shown = self.show("objects")
        self.assertRegex(shown, r"(?m)^/3303   Temperature   1.1      plugin system  0 1$")
        self.assertRegex(shown, r"(?m)^/65000 +:1.5 +0-3 7$")

    def test_a_long_table_has_all_rows(self):
        self.agent.objects = [object_(30000 + n, range(200), f"plugin {'very-' * 20}long") for n in range(500)]
        shown = self.show("objects")
        self.assertEqual(len(re.findall(r"(?m)^/30\d\d\d", shown)), 500)
        self.assertIn("…", shown)
        self.assertEqual(len(self.json("objects")), 500)

    def test_nothing_is_cut_where_nobody_looks(self):
        self.agent.servers = [server(Uri=("s", "coap://" + "x" * 200))]
        self.assertIn("coap://" + "x" * 200, self.run_ctl("servers").stdout)

    def test_the_width_is_the_terminals(self):
        self.agent.servers = [server(Uri=("s", "coap://" + "x" * 200))]
        for width in (60, 80, 120):
            shown = CONTROL.sub("", self.on_terminal("servers", width=width))
            self.assert_fits(shown, width)
            self.assertEqual(max(len(line) for line in shown.splitlines()), width)

    def test_colour_is_for_terminals(self):
        self.assertIn("\x1b[32m", self.on_terminal("status"))
        self.assertNotIn("\x1b", self.on_terminal("status", NO_COLOR="1"))
        self.assertNotIn("\x1b", self.on_terminal("status", TERM="dumb"))
        self.assertNotIn("\x1b", self.on_terminal("--json", "status"))
        self.assertNotIn("\x1b", self.run_ctl("status").stdout)

    def test_a_locale_without_utf8(self):
        self.assertIn("* gateway-17 is managed by main", self.run_ctl("status", LANG="C", LC_ALL="C").stdout)


class Values(AgentCase):
    def test_each_type(self):
        self.agent.values["/3442/0"] = [
            ("/3442/0/110", "string", ("s", "grün")), ("/3442/0/120", "integer", ("x", -5)),
            ("/3442/0/125", "unsigned", ("t", 2 ** 64 - 1)), ("/3442/0/130", "float", ("d", 0.1)),
            ("/3442/0/140", "boolean", ("b", True)), ("/3442/0/150", "opaque", ("ay", b"\x00\xff")),
            ("/3442/0/160", "time", ("x", 1764090000)), ("/3442/0/170", "objlnk", ("s", "3:0")),
            ("/3442/0/1110/7", "string", ("s", ""))]
        shown = self.show("read", "/3442/0")
        for line in ("/3442/0/110     grün", "/3442/0/120     -5", "/3442/0/125     18446744073709551615",
                     "/3442/0/130     0.1", "/3442/0/140     true", "/3442/0/150     00ff",
                     "/3442/0/160     2025-11-25 17:00:00 +0000", "/3442/0/170     3:0", "/3442/0/1110/7  (empty)"):
            self.assertIn(line + "\n", shown)
        values = {entry["path"]: entry["value"] for entry in self.json("read", "/3442/0")}
        self.assertEqual(list(values.values()), ["grün", -5, "18446744073709551615", 0.1, True, "00ff", 1764090000, "3:0", ""])

    def test_odd_values(self):
        self.agent.values["/65000/0"] = [
            ("/65000/0/0", "float", ("d", float("nan"))), ("/65000/0/1", "float", ("d", float("-inf"))),
            ("/65000/0/2", "what", ("a{sv}", {"x": ("s", "y")})), ("/65000/0/3", "integer", ("y", 7)),
            ("/65000/0/4", "integer", ("n", -7)), ("/65000/0/5", "time", ("x", 2 ** 62)),
            ("/65000/0/6", "opaque", ("ay", b"")), ("/65000/0/7", "opaque", ("ay", bytes(5000)))]
        shown = self.show("read", "/65000/0")
        for line in ("/0  nan", "/1  -inf", "/2  ?", "/3  7", "/4  -7", "/5  4611686018427387904", "/6  (empty)"):
            self.assertIn("/65000/0" + line + "\n", shown)
        self.assertIn("… (5000 bytes)", shown.replace("\n            ", " "))
        values = [entry["value"] for entry in self.json("read", "/65000/0")]
        self.assertEqual(values[:6], [None, None, None, 7, -7, 2 ** 62])
        self.assertEqual(values[7], "00" * 5000)

    def test_wide_characters_are_measured(self):
        self.agent.values["/3/0"] = [("/3/0/0", "string", ("s", WIDE * 8)), ("/3/0/17", "string", ("s", "e\u0301" * 30))]
        shown = self.show("read", "/3/0")
        self.assertEqual(re.sub(r"\s|/3/0/\d+|Manufacturer|Device Type", "", shown), WIDE * 8 + "e\u0301" * 30)
        self.agent.plugins = [plugin(WIDE, Objects=("aq", list(range(3300, 3320))))]
        self.assertIn("温度計の値が高す…  running  2 h", self.show("plugins"))

    def test_nobody_moves_the_cursor(self):
        evil = "\x1b]0;renamed\x07\x1b[2J\r\n\x9b31m\u202e"
        self.agent.values["/3/0/0"] = [("/3/0/0", "string", ("s", evil))]
        shown = self.show("read", "/3/0/0")
        self.assertIn("\\x1b]0;renamed\\x07\\x1b[2J\\r\\n\\x9b31m\\u202e", shown)
        self.assertEqual(self.json("read", "/3/0/0")[0]["value"], evil)
        self.agent.agent["Endpoint"] = ("s", evil)
        self.agent.plugins = [plugin(evil, State=("s", evil), LastError=("s", evil))]
        for verb in ("status", "plugins", "objects", "servers"):
            self.assertNotRegex(self.show(verb), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")

    def test_a_sensor_has_its_own_unit(self):
        self.agent.values["/3303/0/5700"] = [("/3303/0/5700", "float", ("d", 21.25))]
        self.assertEqual(self.show("read", "/3303/0/5700"), "/3303/0/5700  Sensor Value  21.25\n")
        self.agent.values["/3303/0/5701"] = [("/3303/0/5701", "string", ("s", "Cel"))]
        self.assertEqual(self.show("read", "3303/0/5700"), "/3303/0/5700  Sensor Value  21.25 Cel\n")

    def test_an_object_without_values(self):
        self.agent.values["/1"] = []
        done = self.run_ctl("read", "/1")
        self.assertEqual((done.stdout, done.stderr), ("", "lwm2mctl: /1 is there, and has no value to show.\n"))
        self.assertEqual(self.json("read", "/1"), [])


class Members(AgentCase):
    """What programs find in the output is what lwm2mctl(1) says, and the other way round."""

    def documented(self, verb):
        page = (ROOT / "packaging/man/lwm2mctl.1").read_text()
        section = re.search(r"(?ms)^\.Sh MEMBERS OF JSON$(.*?)^\.Sh ", page)[1]
        item = re.search(rf"(?ms)^\.It Cm {verb}$(.*?)(?=^\.It |^\.El)", section)[1]
        return [word for line in re.findall(r"(?m)^\.Li (.*)$", item) for word in re.findall(r"[\w-]+", line)]

    def test_members(self):
        self.agent.values["/3"] = [("/3/0/0", "string", ("s", "x"))]
        self.agent.values["/5"] = [("/5/0/3", "integer", ("x", 1))]
        self.agent.objects.append(object_(5))
        status = self.json("status")
        for verb, members in (("status", status), ("servers", status["servers"][0]), ("objects", status["objects"][0]),
                              ("plugins", status["plugins"][0]), ("read", self.json("read", "/3")[0]),
                              ("update", self.json("update")[0]), ("version", self.json("version"))):
            self.assertEqual(sorted(members), sorted(self.documented(verb)), verb)


class Updates(AgentCase):
    def test_none(self):
        self.assertIn("This agent has no updates", self.run_ctl("update").stderr)
        self.assertEqual(self.json("update"), [])

    def test_firmware_and_software(self):
        self.agent.objects += [object_(5), object_(9, (0, 1))]
        self.agent.values["/5"] = [("/5/0/3", "integer", ("x", 1)), ("/5/0/5", "integer", ("x", 0)),
                                   ("/5/0/6", "string", ("s", "gateway-os"))]
        self.agent.values["/9"] = [("/9/0/0", "string", ("s", "htop")), ("/9/0/1", "string", ("s", "3.2")),
                                   ("/9/0/7", "integer", ("x", 4)), ("/9/0/9", "integer", ("x", 2)),
                                   ("/9/1/7", "integer", ("x", 0)), ("/9/1/9", "integer", ("x", 53))]
        shown = self.show("update")
        self.assertRegex(shown, r"(?m)^/5/0  firmware  gateway-os +downloading$")
        self.assertRegex(shown, r"(?m)^/9/0  software  htop        3.2      installed    installed$")
        self.assertRegex(shown, r"(?m)^/9/1  software  - +none +damaged on the way$")
        self.assertEqual([entry["state"] for entry in self.json("update")], [1, 4, 0])


if __name__ == "__main__":
    main()
