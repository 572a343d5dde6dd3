#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2mctl and the real agent, which is registered with a server made of bytes."""

import re
import signal
import sys
from pathlib import Path

import fixtures
from case import BusCase, main
from fixtures import Program, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
import agent  # noqa: E402
from peer import RawServer  # noqa: E402

SECRET = "00112233445566778899aabbccddeeff"


class Real(BusCase):
    def setUp(self):
        super().setUp()
        if not agent.is_built() or not (agent.PLUGINS / "test-object.so").exists():
            self.skipTest(f"no {agent.PROGRAM}, or no test-object.so")
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = agent.Agent({"uri": self.server.uri, "security": "nosec", "lifetime": 300, "mute_send": "no"},
                                 ["test-object"], endpoint="gateway-17", arguments=["--bus", self.bus.address])
        self.addCleanup(self.agent.close)
        self.client = self.server.wait_register("gateway-17", timeout=20)
        # The server is done before the agent has its answer.
        wait_until(lambda: self.json("status", check=None, or_else={}).get("managed"), "registration on the bus")

    def json(self, *words, or_else=None, **named):
        """or_else: when there is no agent yet."""
        if or_else is not None and self.run_ctl(*words, check=None).returncode:
            return or_else
        return super().json(*words, **named)

    def test_status_is_five_lines(self):
        lines = self.show("status").splitlines()
        self.assertEqual(len(lines), 5, lines)
        self.assertEqual(lines[0], "● gateway-17 is managed by main")
        self.assertIn(self.server.uri, lines[1])
        self.assertRegex(lines[2], r"^  Since   .*(ago|just now)$")
        self.assertRegex(lines[3], r"^  Next    registration update at ")
        self.assertRegex(lines[4], r"^  Agent   lwm2m-agent .* 1 plugin$")

    def test_tables(self):
        self.assertRegex(self.show("objects"), r"(?m)^/3442 .* plugin test-object  0$")
        self.assertRegex(self.show("plugins"), r"(?m)^test-object  running ")
        self.assertRegex(self.show("servers"), r"(?m)^101  main  registered ")
        self.assertEqual(self.json("servers", "main")["lifetime"], 300)
        self.assertIn("/3/0/16", self.show("read", "/3"))
        self.assertNotIn("Secret", self.show("read", "/0"))

    def test_read_write_execute(self):
        for path, written, read in (("/3442/0/110", "grün", "grün"), ("/3442/0/120", "-7", -7), ("/3442/0/130", "2.5", 2.5),
                                    ("/3442/0/125", "18446744073709551615", "18446744073709551615"),
                                    ("/3442/0/140", "false", False), ("/3442/0/150", "00ff", "00ff"),
                                    ("/3442/0/160", "1764090000", 1764090000), ("/3442/0/170", "3:0", "3:0")):
            self.show("write", path, written)
            self.assertEqual(self.json("read", path)[0]["value"], read, path)
        self.show("exec", "/3442/0/0")
        self.assertEqual(self.json("read", "/3442/0/120")[0]["value"], 1024)

    def test_refusals(self):
        self.assertIn("'lwm2mctl objects' lists", self.refused("read", "/99"))
        self.assertIn("/3442/0/120", self.refused("write", "/3442/0/120", "many"))
        self.assertIn("/3442/0/110", self.refused("exec", "/3442/0/110"))
        self.assertRegex(self.refused("bootstrap"), "(?i)bootstrap")

    def test_send(self):
        self.show("send", "/3442/0/120")

    def test_observe_over_a_restart(self):
        program = Program("observe", "/3442/0/120", bus=self.bus)
        self.addCleanup(program.close)
        program.wait_line(r"/3442/0/120 +1024$")
        self.show("write", "/3442/0/120", "5")
        program.wait_line(r"/3442/0/120 +5$")
        self.agent.stop()
        program.wait_line("lwm2m-agent has stopped")
        self.agent.start()
        program.wait_line("lwm2m-agent is back")
        wait_until(lambda: sum(bool(re.search(r"/3442/0/120 +\d+$", line)) for line in program.lines) >= 3, "value again")
        self.show("write", "/3442/0/120", "6")
        program.wait_line(r"/3442/0/120 +6$")
        self.assertEqual(program.stop(signal.SIGINT), 0)

    def test_plugins_restart(self):
        before = self.json("plugins")[0]["pid"]
        self.show("plugins", "restart", "test-object")
        wait_until(lambda: self.json("plugins")[0]["state"] == "running" and self.json("plugins")[0]["pid"] != before,
                   "another process")

    def test_deregister_and_register(self):
        self.show("deregister")
        wait_until(lambda: self.json("servers")[0]["state"] == "deregistered", "de-registration")
        shown = self.show("status")
        self.assertIn("○ gateway-17 is not managed now: not registered with main", shown)
        self.assertIn("stays away until 'lwm2mctl register'", shown)
        self.show("register")
        wait_until(lambda: self.json("status")["managed"], "registration")

    def test_log_level(self):
        self.show("log-level", "warning")
        self.assertEqual(self.show("log-level"), "warning\n")

    def test_diagnose(self):
        archive = Path(self.folder) / "bundle.tar"
        self.agent.config.write_text(self.agent.config.read_text() + f"key = {SECRET}\n")
        self.run_ctl("diagnose", str(archive), LWM2M_CONFIG=str(self.agent.config))
        self.assertIn(b"gateway-17 is managed by main", archive.read_bytes())
        self.assertNotIn(SECRET.encode(), archive.read_bytes())


if __name__ == "__main__":
    main()
