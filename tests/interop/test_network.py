# SPDX-License-Identifier: Apache-2.0
"""The machine gets another address: servers hear of it at once. In a network namespace of its own; raw peer, Leshan."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import case
from case import AgentCase, LeshanCase
from peer import RawServer

INSIDE = "LWM2M_TEST_NETWORK"
OLD, NEW = "10.9.0.2", "10.9.0.3"


def setUpModule():
    if INSIDE not in os.environ:
        raise unittest.SkipTest("run it as a program: nothing here is for the machine's own network")


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


def use(address):
    """From now on packets to 127.0.0.1, where the servers are, come from this address."""
    ip(f"address add {address}/32 dev lo")
    ip(f"route replace local 127.0.0.1 dev lo table local src {address}")


def drop(address):
    ip(f"address del {address}/32 dev lo")


def clear():
    ip("address flush dev lo scope global")
    ip("route replace local 127.0.0.1 dev lo table local src 127.0.0.1")


class TestNoSec(AgentCase):
    def setUp(self):
        use(OLD)
        self.addCleanup(clear)
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = self.start_agent({"uri": self.server.uri, "lifetime": 300})
        self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log("main: registered with")
        self.assertEqual(self.sender(), OLD)

    def sender(self):
        return self.server.received(lambda r: r.message.is_request)[-1].address[0]

    def expect_update(self, change):
        """Returns how long it took."""
        updates = self.agent.count_log("main: registration updated")
        start = time.monotonic()
        change()
        self.agent.wait_log("main: registration updated", count=updates + 1)
        return time.monotonic() - start

    def test_another_address(self):
        def change():
            use(NEW)
            drop(OLD)

        self.assertLess(self.expect_update(change), 1)
        self.assertEqual(self.sender(), NEW)
        self.assertEqual(self.agent.count_log("main: registered with"), 1)

    def test_removed_and_added(self):
        drop(OLD)
        self.assertLess(self.expect_update(lambda: use(OLD)), 1)
        self.assertEqual(self.sender(), OLD)

    def test_back_off_ends(self):
        """Who failed to register tries at once, not after the wait of half a minute at least."""
        started = self.start_agent({"uri": "coap://nowhere.invalid"})
        started.wait_log("main: not registered with .* next try in")
        use(NEW)
        started.wait_log("main: not registered with .* next try in", count=2, timeout=20)


class TestAddresses(AgentCase):
    """A name with several addresses: the system's order, IPv6 first here, and the next one when one does not answer."""

    NAME = "several.test"

    def setUp(self):
        self.prepare()
        self.addCleanup(clear)
        self.hosts = Path("/etc/hosts")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in (("hosts", ""), ("nsswitch.conf", "hosts: files\n"), ("gai.conf", "")):
            file = Path(folder.name) / name
            file.write_text(text)
            if Path("/etc", name).exists():
                subprocess.run(["mount", "--bind", file, f"/etc/{name}"], check=True)
                self.addCleanup(subprocess.run, ["umount", f"/etc/{name}"], check=True)

    def prepare(self):
        """Loopback alone does not count as having IPv4 or IPv6."""
        clear()
        ip("address add 10.9.0.2/32 dev lo")
        ip("address add fd00::2/128 dev lo nodad")

    def point(self, *addresses):
        self.hosts.write_text("".join(f"{address} {self.NAME}\n" for address in addresses))

    def server_at(self, address, port=0):
        server = RawServer(host=address, port=port)
        self.addCleanup(server.close)
        return server

    def go(self, port, scheme="coap", **keys):
        return self.start_agent({"uri": f"{scheme}://{self.NAME}:{port}", "lifetime": 300, **keys})

    def test_ipv6_first(self):
        six = self.server_at("::1")
        four = self.server_at("127.0.0.1", six.port)
        self.point("127.0.0.1", "::1")
        agent = self.go(six.port)
        six.wait_register(agent.endpoint)
        self.assertEqual(four.received(), [])

    def test_refused(self):
        """Nobody listens at the first: the next is tried at once, either family first, and is the one that is kept."""
        order = Path("/etc/gai.conf")
        for alive, dead, preferred in (("127.0.0.1", "::1", ""), ("127.0.0.2", "127.0.0.1", ""),
                                       ("::1", "127.0.0.1", "precedence ::ffff:0:0/96 100\n")):
            with self.subTest(alive=alive, dead=dead):
                if preferred and not order.exists():
                    self.skipTest("no /etc/gai.conf to put IPv4 first")
                if order.exists():
                    order.write_text(preferred)
                self.prepare()
                server = self.server_at(alive)
                self.point(dead, alive)
                agent = self.go(server.port)
                start = time.monotonic()
                client = server.wait_register(agent.endpoint)
                self.assertLess(time.monotonic() - start, 5)
                agent.wait_log("Connecting to address 2 of 2")
                agent.wait_log("main: registered with")
                # The address that worked is the one to go back to.
                since = server.mark()
                use(NEW)
                self.assertEqual(server.wait_update(since=since).path, client.location)
                drop(NEW)
                self.assertEqual(agent.count_log("nobody listens there"), 1)

    def test_silent(self):
        """A handshake is given up after half a minute, and the next address gets one."""
        silent = self.server_at("::1")
        silent.muted = True
        other = self.server_at("127.0.0.1", silent.port)
        other.muted = True
        self.point("::1", "127.0.0.1")
        agent = self.go(silent.port, "coaps", identity="i", key="00")
        agent.wait_log("Connecting to address 2 of 2", timeout=45)
        other.expect_datagram()
        self.assertEqual(agent.count_log("next try in"), 0)

    def test_looked_up_anew(self):
        """After the last address comes the wait, and then the name as it is by then."""
        server = self.server_at("127.0.0.3")
        self.point("127.0.0.1", "127.0.0.2")
        agent = self.go(server.port, "coaps", identity="i", key="00", retry_timer=1)
        agent.wait_log("Connecting to address 2 of 2")
        self.point("127.0.0.3")
        agent.wait_log("main: not registered with .*nobody listens there; next try in", timeout=60)
        server.expect_datagram(timeout=20)


class TestConnectionId(LeshanCase):
    OPTIONS = {"cid": 6}

    def setUp(self):
        use(OLD)
        self.addCleanup(clear)

    def test_session_stays(self):
        agent, client = self.register_psk()
        self.server.clear_events()
        start = time.monotonic()
        use(NEW)
        drop(OLD)
        self.server.wait_event("updated", ep=agent.endpoint, timeout=10)
        self.assertLess(time.monotonic() - start, 1)
        self.assertIn(NEW, self.server.client(agent.endpoint).peer.text)
        self.ok(self.server.read(agent.endpoint, "/1/0/1"))
        self.assertEqual(agent.count_log("Connected to"), 1)
        self.assertEqual(agent.count_log("registered with"), 1)


class TestWithoutConnectionId(LeshanCase):
    def setUp(self):
        use(OLD)
        self.addCleanup(clear)

    def test_session_ends(self):
        agent, client = self.register_psk()
        # Another address that is not ours to use: the session goes on.
        ip("address add 10.9.0.9/32 dev lo")
        agent.wait_log("registration updated")
        self.assertEqual(agent.count_log("Connected to"), 1)
        use(NEW)
        drop(OLD)
        agent.wait_log("Lost .*: this machine has another address")
        agent.wait_log("registered with", count=2)
        # One line for who does not ask for more.
        told = [line for line in agent.lines if "another address" in line and not line.startswith(("info", "debug"))]
        self.assertEqual(len(told), 1, told)
        self.assertRegex(told[0], "^warning: main: .*: this machine has another address")
        self.ok(self.server.read(agent.endpoint, "/1/0/1"))


def main():
    if INSIDE in os.environ:
        ip("link set lo up")
        case.main()
    command = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if not shutil.which("unshare") or not shutil.which("ip"):
        print("skipped: needs unshare and ip")
        sys.exit(case.SKIPPED)
    probe = subprocess.run([*command, "ip", "link", "set", "lo", "up"], stderr=subprocess.PIPE, text=True, check=False)
    if probe.returncode != 0:
        print(f"skipped: no network namespace of our own: {probe.stderr.strip()}")
        sys.exit(case.SKIPPED)
    os.execvpe(command[0], [*command, sys.executable, __file__], {**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    main()
