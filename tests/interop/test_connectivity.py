# SPDX-License-Identifier: Apache-2.0
"""Objects 4 and 7: addresses, routers and bearers as the kernel has them, bytes as the peer counts them. Raw peer, in a
network namespace with a wire of its own; the server is on the loopback interface, so that the default route counts."""

import json
import os
import shutil
import subprocess
import sys
import unittest
from signal import SIGHUP

import case
import coap
from case import AgentCase
from coap import LINKS, POST, SENML_JSON, TEXT, TLV
from peer import RawServer

INSIDE = "LWM2M_TEST_CONNECTIVITY"
HEADERS = 28  # IPv4 and UDP


def setUpModule():
    if INSIDE not in os.environ:
        raise unittest.SkipTest("run it as a program: nothing here is for the machine's own network")


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


def use_wire():
    """eth0 with an address and a default route."""
    ip("link set lo up")
    ip("link add eth0 type veth peer name other0")
    ip("link set other0 up")
    ip("link set eth0 up")
    reset_wire()


def reset_wire():
    ip("address flush dev eth0 scope global")
    ip("address add 192.0.2.2/24 dev eth0")
    ip("route replace default via 192.0.2.1")


def tlv(payload):
    """[(id, bytes, or such a list for a resource with instances)]"""
    found, data = [], payload
    while data:
        first = data[0]
        at = 1 + (2 if first & 0x20 else 1)
        number = int.from_bytes(data[1:at], "big")
        width = first >> 3 & 3
        size = int.from_bytes(data[at:at + width], "big") if width else first & 7
        value, data = data[at + width:at + width + size], data[at + width + size:]
        found.append((number, tlv(value) if first >> 6 == 2 else value))
    return found


def senml(payload):
    """{"/4/0/0": 41}"""
    found, base = {}, ""
    for record in json.loads(payload):
        base = record.get("bn", base)
        found[base + record.get("n", "")] = record.get("v", record.get("vs"))
    return found


class CountingServer(RawServer):
    """Keeps the size of each datagram it sent."""

    def __init__(self):
        self.sent = []
        super().__init__()

    def send_bytes(self, data, address):
        self.sent.append(len(data))
        super().send_bytes(data, address)


class ConnectivityCase(AgentCase):
    PLUGINS = []

    def setUp(self):
        self.addCleanup(reset_wire)
        self.server = CountingServer()
        self.addCleanup(self.server.close)
        self.keys = {"uri": self.server.uri, "lifetime": 300}
        self.agent = self.start_agent(self.keys, self.PLUGINS)
        self.client = self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log("main: registered with")

    def read(self, path, accept=SENML_JSON):
        return self.assert_code(self.server.read(self.client, path, accept), "2.05")

    def values(self, path):
        return senml(self.read(path).payload)

    def execute(self, path):
        self.assert_code(self.server.request(self.client, POST, path), "2.04")

    def observe(self, path, accept=SENML_JSON):
        """Returns the token, and the mark after which notifications come."""
        response = self.assert_code(self.server.observe(self.client, path, accept), "2.05")
        return response.token, self.server.mark()

    def expect_values(self, token, since, expected):
        """A notification with these values, after others maybe."""
        self.server.expect(lambda r: r.message.token == token and r.message.payload
                           and senml(r.message.payload) == expected, since=since, what=str(expected))


class TestMonitoring(ConnectivityCase):
    def test_what_there_is(self):
        self.assertIn("</4>;ver=1.3", self.client.links)
        self.assertIn("</4/0>", self.client.links)
        found = self.values("/4/0")
        self.assertIn(found.pop("/4/0/6", 0), range(101))
        self.assertEqual(found, {"/4/0/0": 41, "/4/0/1/0": 41, "/4/0/4/0": "192.0.2.2", "/4/0/5/0": "192.0.2.1"})
        self.assertEqual(self.read("/4/0/0", TEXT).payload, b"41")
        self.assertEqual(dict(tlv(self.read("/4/0/4", TLV).payload))[4], [(0, b"192.0.2.2")])
        # There is no radio, and no number for it.
        self.assert_code(self.server.read(self.client, "/4/0/2"), "4.04")
        links = self.read("/4/0", LINKS).payload.decode()
        self.assertIn("</4/0/4>;dim=1", links)
        self.assertNotIn("</4/0/2>", links)

    def test_addresses_are_told(self):
        token, since = self.observe("/4/0/4")
        ip("address add 198.51.100.7/24 dev eth0")
        self.expect_values(token, since, {"/4/0/4/0": "192.0.2.2", "/4/0/4/1": "198.51.100.7"})
        ip("address add 2001:db8::2/64 dev eth0 nodad")
        self.expect_values(token, since, {"/4/0/4/0": "192.0.2.2", "/4/0/4/1": "198.51.100.7",
                                          "/4/0/4/2": "2001:db8::2"})
        ip("address del 198.51.100.7/24 dev eth0")
        self.expect_values(token, since, {"/4/0/4/0": "192.0.2.2", "/4/0/4/2": "2001:db8::2"})

    def test_routers_are_told(self):
        token, since = self.observe("/4/0/5")
        ip("route replace default via 192.0.2.254")
        self.expect_values(token, since, {"/4/0/5/0": "192.0.2.254"})
        self.assertEqual(self.values("/4/0/5"), {"/4/0/5/0": "192.0.2.254"})


class TestReplaced(ConnectivityCase):
    """A plugin knows more: its object is the one that counts, as long as it is there."""

    PLUGINS = ["test-bearer"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.need_plugins(*cls.PLUGINS)

    def test_plugin_comes_first(self):
        self.assertEqual(self.values("/4/0"), {"/4/0/0": 6, "/4/0/2": -87})
        token, since = self.observe("/4/0/2")
        self.agent.write_config(self.keys, {"test-bearer": {"plugin": {"enabled": "no"}}})
        self.agent.signal(SIGHUP)
        self.server.wait_update(since=since)
        self.assertEqual(self.values("/4/0/0"), {"/4/0/0": 41})
        self.assertEqual(self.values("/4/0/4"), {"/4/0/4/0": "192.0.2.2"})
        # Without the plugin there is no signal; who observes it hears of the plugin's again.
        self.assert_code(self.server.read(self.client, "/4/0/2"), "4.04")
        self.agent.write_config(self.keys, {"test-bearer": {"plugin": {"enabled": "yes"}}})
        self.agent.signal(SIGHUP)
        self.expect_values(token, since, {"/4/0/2": -87})


class TestStatistics(ConnectivityCase):
    def start(self):
        """From now on both count: (sent, received) of the peer's lists."""
        sent = len(self.server.sent) + 1
        received = self.server.mark()
        self.execute("/7/0/6")
        return sent, received

    def counted(self, since, upto):
        """What the agent should have, before it answers the message at upto: received, sent, by message."""
        sent, received = since
        return ([size + HEADERS for size in self.server.sent[sent:]],
                [r.size + HEADERS for r in self.server.received(since=received)[:upto]])

    def test_counts_what_the_peer_saw(self):
        self.assertIn("</7/0>", self.client.links)
        self.assertEqual(self.values("/7/0"), {f"/7/0/{rid}": 0 for rid in (2, 3, 4, 5, 8)})
        since = self.start()
        for accept in (TLV, SENML_JSON, LINKS) * 10:
            self.read("/3/0", accept)
        found = self.values("/7/0")
        rx, tx = self.counted(since, -1)
        everything = tx + rx
        self.assertEqual(found, {
            "/7/0/2": sum(tx) // 1000, "/7/0/3": sum(rx) // 1000, "/7/0/4": max(everything),
            "/7/0/5": sum(everything) // len(everything), "/7/0/8": 0})
        self.assertGreater(found["/7/0/2"], 3)
        # TLV has the same.
        self.execute("/7/0/7")
        stopped = self.values("/7/0")
        numbers = dict(tlv(self.read("/7/0", TLV).payload))
        self.assertEqual({f"/7/0/{rid}": int.from_bytes(value, "big") for rid, value in numbers.items()}, stopped)

    def test_period(self):
        self.assert_code(self.server.write(self.client, "/7/0/8", b"-1"), "4.00")
        self.assert_code(self.server.write(self.client, "/7/0/8", b"1"), "2.04")
        self.start()
        token, since = self.observe("/1/0/5", TEXT)
        self.server.request(self.client, coap.PUT, "/1/0/5", query=["pmax=2"])
        self.server.expect(lambda r: r.message.token == token, since=since, what="what comes after the period")
        before = self.values("/7/0")
        self.read("/3/0")
        self.assertEqual(self.values("/7/0"), before)
        self.assertGreater(before["/7/0/4"], HEADERS)

    def test_period_is_kept(self):
        self.assert_code(self.server.write(self.client, "/7/0/8", b"77"), "2.04")
        self.agent.stop()
        self.agent.start()
        self.client = self.server.wait_register(self.agent.endpoint, since=self.server.mark() - 1)
        self.agent.wait_log("main: registered with")
        self.assertEqual(self.values("/7/0/8"), {"/7/0/8": 77})

    def test_observed_counters_do_not_feed_themselves(self):
        """Each notification makes the average another; the next waits for traffic of somebody else."""
        clock, since = self.observe("/1/0/5", TEXT)
        self.server.request(self.client, coap.PUT, "/1/0/5", query=["pmin=5", "pmax=5"])
        self.start()
        token, _ = self.observe("/7/0/5", TEXT)
        self.read("/3/0")
        tick = self.server.expect(lambda r: r.message.token == clock, since=since, what="five seconds later")
        # The tick is somebody else's, too, and what follows it is not ours.
        told = self.server.received(lambda r: r.message.token == token and r.message.type != coap.ACK and
                                    r.time < tick.time - 0.5, since)
        self.assertGreaterEqual(len(told), 1)
        self.assertLessEqual(len(told), 3)
        self.assertGreater(tick.time - told[-1].time, 2)
        # Somebody else's is reason enough.
        since = self.server.mark()
        self.read("/3/0", TLV)
        self.server.expect(lambda r: r.message.token == token, since=since, what="notification")


class TestTurnedOff(AgentCase):
    def test_neither_is_there(self):
        with RawServer() as server:
            agent = self.start_agent(start=False)
            agent.write_config({"uri": server.uri})
            agent.config.write_text(agent.config.read_text() + "[connectivity]\nmonitoring = no\nstatistics = no\n")
            agent.start()
            client = server.wait_register(agent.endpoint)
            self.assertFalse([link for link in client.links if link.startswith(("</4", "</7"))])
            self.assert_code(server.read(client, "/4/0"), "4.04")


def main():
    if INSIDE in os.environ:
        use_wire()
        case.main()
    command = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if not shutil.which("unshare") or not shutil.which("ip"):
        print("skipped: needs unshare and ip")
        sys.exit(case.SKIPPED)
    probe = subprocess.run([*command, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other0"],
                           stderr=subprocess.PIPE, text=True, check=False)
    if probe.returncode != 0:
        print(f"skipped: no wire in a network namespace of our own: {probe.stderr.strip()}")
        sys.exit(case.SKIPPED)
    os.execvpe(command[0], [*command, sys.executable, __file__], {**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    main()
