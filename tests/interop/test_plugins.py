# SPDX-License-Identifier: Apache-2.0
"""Plugins that are missing, wrong, crash or hang: said once, started again, and the rest goes on. Raw peer."""

import os
import re
import signal
import time
from pathlib import Path

import case
import coap
from agent import BUILD, Agent
from case import OBJECT, AgentCase
from coap import POST
from peer import RawServer

MODULES = BUILD / "tests" / "interop"
VICTIM = 33010  # see misbehave.c
CRASH, EXIT, HANG, ALIVE = (f"/{VICTIM}/0/{rid}" for rid in range(4))
AGAIN = r"Plugin misbehave .*; it is started again in ([0-9.]+) s"


def processes_of(pid):
    """Of the children, by /proc."""
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def is_alive(pid):
    """A zombie is not: somebody else has to bury it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class PluginCase(AgentCase):
    def setUp(self):
        self.need_plugins("test-object")
        self.server = RawServer()
        self.addCleanup(self.server.close)

    def start(self, plugins, **named):
        """Returns the agent and the server's view of it."""
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, {"test-object": {}, **plugins}, **named)
        client = self.server.wait_register(agent.endpoint)
        agent.wait_log(": registered with")
        return agent, client

    def misbehave(self, **keys):
        return {"misbehave": {"plugin": {"module": MODULES / "misbehave.so"}, "misbehave": keys}}

    def check_rest(self, client):
        """Everything else answers, and at once."""
        before = time.monotonic()
        for path in ("/1/0/1", "/3/0/11/0", f"/{OBJECT}/0/110"):
            self.assert_code(self.server.read(client, path), "2.05")
        self.assertLess(time.monotonic() - before, 1.5)

    def wait_back(self, client, timeout=20):
        """Until the object answers."""
        end = time.monotonic() + timeout
        while (answer := self.server.read(client, ALIVE)).status != "2.05":
            self.assert_code(answer, "5.03")
            self.assertLess(time.monotonic(), end, "it does not come back")
            time.sleep(0.05)


class TestUnusable(PluginCase):
    """No second try can help: one line, no object."""

    def check(self, name, keys, pattern):
        agent, client = self.start({name: {"plugin": keys}})
        agent.wait_log(f"^error: Plugin {name} is not used: {pattern}")
        self.assertEqual(agent.count_log(name), 1)
        self.assertFalse([link for link in client.links if f"</{VICTIM}" in link])
        self.check_rest(client)

    def test_missing(self):
        self.check("absent", {}, ".*absent.so.*No such file")

    def test_not_a_module(self):
        for content in (b"", b"#!/bin/sh\n", b"\x7fELF" + bytes(200), os.urandom(5000)):
            agent = self.start_agent(start=False)
            (agent.folder / "text.so").write_bytes(content)
            self.check("text", {"module": agent.folder / "text.so"}, ".*text.so")

    def test_folder(self):
        self.check("folder", {"module": "/"}, "")

    def test_wrong_abi(self):
        self.check("wrong-abi", {"module": MODULES / "wrong-abi.so"}, ".*ABI 99.*ABI 1")

    def test_no_plugin(self):
        """A shared object of another kind."""
        self.check("other", {"module": MODULES / "no-plugin.so"}, ".*lw_plugin")

    def test_same_object(self):
        agent, client = self.start({"twin": {"plugin": {"module": BUILD / "tests/plugins/test-object.so"}}})
        agent.wait_log(f"^error: Plugin (twin|test-object) is not used: object [0-9]+ is there already")
        self.check_rest(client)

    def test_refuses_to_start(self):
        """start() says no: that may be another matter later."""
        agent, client = self.start(self.misbehave(start="refuse"))
        agent.wait_log(AGAIN, count=2)
        self.check_rest(client)

    def test_disabled(self):
        agent, client = self.start({"misbehave": {"plugin": {"module": MODULES / "misbehave.so", "enabled": "no"}}})
        self.assert_code(self.server.read(client, ALIVE), "4.04")
        self.assertEqual(agent.count_log("misbehave"), 0)

    def test_no_host(self):
        """lwm2m-plugin-host itself is missing."""
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, ["test-object"], start=False)
        agent.extra_environment["LWM2M_PLUGIN_HOST"] = "/nonexistent/lwm2m-plugin-host"
        agent.start()
        client = self.server.wait_register(agent.endpoint)
        agent.wait_log("Plugin test-object .*/nonexistent/lwm2m-plugin-host.*No such file or directory")
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")


class TestTogether(PluginCase):
    """Two plugins with the same object, each with numbers of its own."""

    def test_one_object(self):
        module = BUILD / "tests/plugins/test-object.so"
        _, client = self.start({"twin": {"plugin": {"module": module, "first_instance": 1000}}})
        self.assertIn(f"</{OBJECT}/0>", client.links)
        self.assertIn(f"</{OBJECT}/1000>", client.links)
        self.assert_code(self.server.write(client, f"/{OBJECT}/1000/110", b"twin"), "2.04")
        self.assertEqual(self.server.read(client, f"/{OBJECT}/1000/110", coap.TEXT).payload, b"twin")
        self.assertEqual(self.server.read(client, f"/{OBJECT}/0/110", coap.TEXT).payload, b"initial value")
        whole = self.server.read(client, f"/{OBJECT}", coap.SENML_JSON)
        for name in (b'"0/110"', b'"1000/110"'):
            self.assertIn(name, whole.payload)
        links = self.server.request(client, coap.GET, f"/{OBJECT}", accept=coap.LINKS).payload
        self.assertIn(b"</%d/1000/110>" % OBJECT, links)


class TestSettings(PluginCase):
    """What is wrong in plugins.d: file, line, key, what is accepted. The other plugins start."""

    # Plugin: what its sections are to have wrong, and what is accepted.
    WRONG = [
        ("system", "system", "rescan_ms", "soon", "a whole number from 0 to 86400000"),
        ("system", "system", "disks", "maybe", "yes or no"),
        ("location", "location", "source", "stars", "auto, gpsd or modemmanager"),
        ("location", "location", "gpsd_port", "x", "a whole number from 1 to 65535"),
        ("location", "location", "gpsd_address", "host", "an IP address"),
        ("location", "location", "max_age", "0", "a whole number from 1 to 86400"),
        ("sensors", "sensors", "hwmon", "perhaps", "yes or no"),
        ("sensors", "sensors", "rescan_ms", "soon", "a whole number from 0 to 86400000"),
        ("script", "script", "processes", "99", "a whole number from 1 to 64"),
        ("system", "plugin", "isolation", "full", "process or none"),
        ("system", "plugin", "enabled", "7", "yes or no"),
    ]

    def module(self, name):
        module = BUILD / "plugins" / name / f"{name}.so"
        if not module.exists():
            self.skipTest(f"the plugin {name} is not built")
        return module

    def test_wrong(self):
        for name, section, key, value, expected in self.WRONG:
            with self.subTest(f"{name}: [{section}] {key} = {value}"):
                agent = self.start_agent(start=False)
                scripts = agent.folder / "scripts" / "one"
                scripts.mkdir(parents=True)
                (scripts / "object.ini").write_text("[object]\nid = 33060\n[1]\noperations = E\n")
                (scripts / "run").touch(mode=0o755)
                sections = {"plugin": {"module": self.module(name)}, name: {}}
                if name == "script":
                    sections[name] = {"directory": scripts.parent, "socket": agent.folder / "socket"}
                sections[section][key] = value
                agent.write_config({"uri": self.server.uri, "lifetime": 300}, {"test-object": {}, name: sections})
                agent.start()
                agent.wait_log(rf"plugins.d/{name}.conf:\d+: {key} (= {value}: it )?has to be {expected}")
                client = self.server.wait_register(agent.endpoint)
                agent.wait_log(": registered with")
                self.check_rest(client)

    def test_reload(self):
        """A plugin that runs is not left out for a file that is wrong now."""
        agent, client = self.start({})
        conf = agent.folder / "plugins.d" / "test-object.conf"
        good = conf.read_text()
        conf.write_text("[plugin]\nmodul = x\n")
        agent.signal(signal.SIGHUP)
        agent.wait_log("The configuration is not taken over; the one from before stays in use")
        self.check_rest(client)
        conf.write_text(good)


class TestCrash(PluginCase):
    def test_crash(self):
        """5.03 while it is down; the registration knows nothing of it."""
        agent, client = self.start(self.misbehave())
        since = self.server.mark()
        ends = (CRASH, "was ended by SIGABRT"), (EXIT, "ended by itself, with status 7")
        for count, (path, reason) in enumerate(ends, 1):
            self.assert_code(self.server.request(client, POST, path), "5.03")
            agent.wait_log(f"Plugin misbehave {reason}.*; it is started again in")
            self.assert_code(self.server.read(client, ALIVE), "5.03")
            self.check_rest(client)
            self.wait_back(client)
            self.assertEqual(agent.count_log("Plugin misbehave .* started again"), count)
        self.assertEqual(self.server.received(lambda r: r.message.path.startswith("/rd"), since=since), [])
        # Later each time.
        first, second = (float(re.search(AGAIN, agent.wait_log(AGAIN, count=n))[1]) for n in (1, 2))
        self.assertTrue(0.75 <= first <= 1.25 and 1.5 <= second <= 2.5, (first, second))

    def test_killed(self):
        """From outside; the other plugin, too, comes back."""
        agent, client = self.start(self.misbehave())
        hosts = processes_of(agent.pid)
        self.assertEqual(len(hosts), 2)
        for host in hosts:
            os.kill(host, signal.SIGKILL)
        for name in "misbehave", "test-object":
            # Its connection may be seen to close before its end.
            agent.wait_log(f"Plugin {name} (was ended by SIGKILL|closed its connection to the agent); it is started")
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
        for name in "misbehave", "test-object":
            agent.wait_log(f"Plugin {name} runs again")
        self.check_rest(client)
        self.wait_back(client)

    def test_observed(self):
        """An observation outlives the crash: what changed meanwhile is told."""
        agent, client = self.start(self.misbehave())
        token = self.server.observe(client, ALIVE).token
        self.assert_code(self.server.request(client, POST, CRASH), "5.03")
        agent.wait_log("Plugin misbehave runs again")
        since = self.server.mark()
        self.assert_code(self.server.write(client, f"/{VICTIM}/0/4", b"5"), "2.04")
        self.assertEqual(self.server.wait_notification(token, since=since).message.payload, b"5")

    def test_at_start(self):
        """Before it is up: the agent registers without it, and goes on trying."""
        agent, client = self.start(self.misbehave(start="crash"))
        agent.wait_log(AGAIN, count=3)
        self.check_rest(client)
        self.assertEqual(agent.count_log("misbehave"), agent.count_log(AGAIN))

    def test_while_writing(self):
        """The values of a Write that the plugin did not survive are not there."""
        agent, client = self.start(self.misbehave())
        self.assert_code(self.server.write(client, f"/{VICTIM}/0/4", b"666"), "5.03")
        self.wait_back(client)
        self.assertEqual(self.server.read(client, f"/{VICTIM}/0/4").payload, b"0")


class TestHang(PluginCase):
    def test_hang(self):
        """A callback that does not return."""
        agent, client = self.start(self.misbehave())
        message = self.server.send(coap.request(POST, HANG), client.address)
        self.check_rest(client)
        self.server.expect(lambda r: r.message.token == message.token and r.message.status == "5.03", timeout=20)
        agent.wait_log("Plugin misbehave does not answer: one of its callbacks does not return; it is started again in")
        self.assertEqual(agent.count_log("misbehave"), agent.count_log("Plugin misbehave"))
        self.wait_back(client)
        self.check_rest(client)

    def measure(self, client, path, count=300):
        """Median and 99 %, in microseconds, of GETs one after the other."""
        times = []
        for _ in range(count):
            before = time.perf_counter()
            self.assert_code(self.server.read(client, path), "2.05")
            times.append((time.perf_counter() - before) * 1e6)
        times.sort()
        return times[count // 2], times[count * 99 // 100]

    def test_latency(self):
        """Printed: what reads cost, and /3/0 while a plugin hangs. A reader in Python is most of it."""
        agent, client = self.start(self.misbehave())
        for what, path in (("a core object", "/3/0/11"), ("a plugin's field, from the mirror", f"/{OBJECT}/0/120"),
                           ("a plugin's read()", "/33000/0/11"), ("/3/0", "/3/0")):
            print("GET of %-33s %5.0f µs, 99 %%: %5.0f µs" % (what, *self.measure(client, path)))
        quiet = self.measure(client, "/3/0")
        message = self.server.send(coap.request(POST, HANG), client.address)
        hanging = self.measure(client, "/3/0")
        print("GET of %-33s %5.0f µs, 99 %%: %5.0f µs" % ("/3/0 while a plugin hangs", *hanging))
        self.server.expect(lambda r: r.message.token == message.token and r.message.status == "5.03", timeout=20)
        self.wait_back(client)
        # Not a figure, a promise: nobody waits for the one that hangs.
        self.assertLess(hanging[0], 20 * quiet[0] + 5000)

    def test_at_start(self):
        agent, client = self.start(self.misbehave(start="hang"))
        self.check_rest(client)
        agent.wait_log(AGAIN, timeout=30)
        self.check_rest(client)

    def test_stop(self):
        """SIGTERM does not wait for it, and nothing stays behind."""
        agent, client = self.start(self.misbehave())
        hosts = processes_of(agent.pid)
        self.server.send(coap.request(POST, HANG), client.address)
        self.check_rest(client)
        agent.stop()
        for host in hosts:
            self.assertFalse(is_alive(host))

    def test_agent_killed(self):
        """Hosts end by themselves when their agent is gone, also the one that hangs."""
        agent, client = self.start(self.misbehave())
        hosts = processes_of(agent.pid)
        self.server.send(coap.request(POST, HANG), client.address)
        self.check_rest(client)
        agent.kill()
        end = time.monotonic() + 10
        while any(map(is_alive, hosts)):
            self.assertLess(time.monotonic(), end, hosts)
            time.sleep(0.05)


if __name__ == "__main__":
    case.main()
