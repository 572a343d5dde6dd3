# SPDX-License-Identifier: Apache-2.0
"""A NAT on the way gives the agent another address: with a Connection ID the DTLS session goes on. Leshan."""

import case
from case import LeshanCase
from relay import Relay

# Content types of DTLS records: a handshake message in the clear; a record with a Connection ID (RFC 9146).
HANDSHAKE, WITH_CID = 22, 25


class Line(Relay):
    """Keeps the content types of the records from the client."""

    def __init__(self, server_port):
        self.types = []
        super().__init__(server_port, lose_up=self.look)

    def look(self, number, data):
        self.types.append(data[0])
        return False


class TestConnectionId(LeshanCase):
    OPTIONS = {"cid": 6}

    def connect(self, **keys):
        line = Line(self.server.coaps)
        self.addCleanup(line.close)
        agent, client = self.register_psk(keys, relay=line)
        agent.wait_log("Connected to coaps://.*, with Connection ID")
        return agent, client, line

    def peer_port(self, agent):
        peer = self.server.client(agent.endpoint).peer.text
        return int(peer.partition("peerAddress=/127.0.0.1:")[2].partition(",")[0])

    def test_port_changes(self):
        agent, client, line = self.connect(lifetime=4)
        for _ in range(3):
            old, new = line.rebind()
            self.server.clear_events()
            line.types.clear()
            # The next Update comes from the new port; from then on the server reaches the agent there.
            self.server.wait_event("updated", ep=agent.endpoint, timeout=30)
            self.assertEqual(self.peer_port(agent), new)
            self.ok(self.server.read(agent.endpoint, "/1/0/1"))
            self.assertEqual(set(line.types), {WITH_CID})
        self.assertEqual(agent.count_log("Connected to"), 1)
        self.assertEqual(agent.count_log("registered with"), 1)

    def test_notification_from_new_port(self):
        agent, client, line = self.connect()
        self.ok(self.server.write_attributes(agent.endpoint, "/1/0/5", {"pmin": 0, "pmax": 2}), "2.04")
        seen = self.ok(self.server.observe(agent.endpoint, "/1/0/5"))
        line.rebind()
        self.server.clear_events()
        line.types.clear()
        # Leshan takes it, but asks at the old address until the next Update.
        self.server.wait_event("notification", ep=agent.endpoint, observation=seen.observation)
        self.assertEqual(set(line.types), {WITH_CID})


class TestServerWithout(LeshanCase):
    """Leshan does not take part: the agent notices, and goes on without."""

    def test_without(self):
        agent, client = self.register_psk()
        agent.wait_log("Connected to coaps://.*, without Connection ID")
        self.ok(self.server.read(agent.endpoint, "/1/0/1"))


if __name__ == "__main__":
    case.main()
