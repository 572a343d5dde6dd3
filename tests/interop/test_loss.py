# SPDX-License-Identifier: Apache-2.0
"""Lost datagrams end neither a handshake nor a registration: one of the first eight, up or down. Leshan.

Each lost datagram has its own agent and line, all at once: what takes time is waiting for retransmissions.
"""

import itertools

import case
from case import LeshanCase
from relay import Relay

FIRST = range(1, 9)
TIMEOUT_S = 60


class Loss:
    def lines(self):
        """One relay for each datagram that is lost."""
        for direction, number in itertools.product(("up", "down"), FIRST):
            line = Relay(self.port, **{f"lose_{direction}": [number]})
            self.addCleanup(line.close)
            yield f"{direction} {number}", line

    def test_first_eight(self):
        started = [(name, line, self.start(line)) for name, line in self.lines()]
        for name, line, agent in started:
            with self.subTest(lost=name):
                self.server.wait_event("registered", ep=agent.endpoint, timeout=TIMEOUT_S)
        # The registration may have needed less than eight: go on until the line has lost its datagram.
        left = started
        while left:
            asked = [(name, self.server.submit("read", ep=agent.endpoint, path="/1/0/1", timeout=TIMEOUT_S))
                     for name, _, agent in left]
            for name, answer in asked:
                with self.subTest(lost=name):
                    result = answer.result(TIMEOUT_S + 20)
                    self.assertEqual(result.get("content"), 60, result)
            left = [entry for entry in left if entry[1].lost == 0]
        for name, line, agent in started:
            with self.subTest(lost=name):
                self.assertEqual(line.lost, 1)
                self.assertEqual(agent.count_log("registered with"), 1, agent.log_tail())
                self.assertEqual(agent.count_log("not registered|Lost|Cannot connect"), 0, agent.log_tail())
                agent.stop()
                self.assertFalse(self.server.wait_event("deregistered", ep=agent.endpoint).expired)


class TestUdp(Loss, LeshanCase):
    def start(self, line):
        return self.start_agent({"uri": f"coap://127.0.0.1:{line.port}", "security": "nosec"})

    @property
    def port(self):
        return self.server.coap


class TestDtls(Loss, LeshanCase):
    OPTIONS = {"cid": 6}

    def start(self, line):
        return self.start_psk_agent(line.port)

    @property
    def port(self):
        return self.server.coaps


if __name__ == "__main__":
    case.main()
