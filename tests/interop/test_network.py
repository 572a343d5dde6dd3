# SPDX-License-Identifier: Apache-2.0
"""The machine gets another address: servers hear of it at once. In a network namespace of its own; raw peer, Leshan."""

import os
import shutil
import subprocess
import sys
import time

import case
from case import AgentCase, LeshanCase
from peer import RawServer

INSIDE = "LWM2M_TEST_NETWORK"
OLD, NEW = "10.9.0.2", "10.9.0.3"


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
        self.ok(self.server.read(agent.endpoint, "/1/0/1"))


def main():
    if INSIDE in os.environ:
        ip("link set lo up")
        case.main()
    command = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
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
