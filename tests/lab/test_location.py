# SPDX-License-Identifier: Apache-2.0
"""plugins/location: a receiver on a pty, gpsd, the agent, and a server that reads and observes object 6. Raw peer."""

import socket
import struct
import time

import lab
from lab import TEXT, LabCase
from nmea import Receiver

WARSAW, OSLO = (52.2297, 21.0122, 113.4), (59.9139, 10.7522, 23.0)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class TestGpsd(LabCase):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.port = free_port()
        self.gpsd = self.start_gpsd()
        self.agent, self.client = self.start_plugin("location", location={"source": "gpsd", "gpsd_port": self.port,
                                                                          "max_age": 5})

    def start_gpsd(self):
        command, environment = self.program("gpsd", "gpsd")
        # -n: without waiting for a client, so that the fix is there when one asks.
        return self.start_program([*command, "-N", "-n", "-S", str(self.port), self.receiver.path], environment)

    def number(self, path):
        return float(self.read(path, TEXT).payload)

    def wait_fix(self):
        self.wait_for(lambda: self.read("/6/0/0", TEXT).status == "2.05", "a fix")

    def test_fix_goes_all_the_way(self):
        for rid in range(7):
            self.assert_code(self.read(f"/6/0/{rid}", TEXT), "4.04")
        self.receiver.position = WARSAW
        self.wait_fix()
        self.assertAlmostEqual(self.number("/6/0/0"), WARSAW[0], places=4)
        self.assertAlmostEqual(self.number("/6/0/1"), WARSAW[1], places=4)
        self.wait_for(lambda: self.read("/6/0/2", TEXT).status == "2.05", "an altitude")
        self.assertAlmostEqual(self.number("/6/0/2"), WARSAW[2], delta=1)
        self.assertGreater(self.number("/6/0/3"), 0)
        self.assertAlmostEqual(self.number("/6/0/6"), 10, delta=0.2)
        self.assertLess(abs(time.time() - self.number("/6/0/5")), 30)
        bearing, speed = struct.unpack(">HH", self.read("/6/0/4", lab.OPAQUE).payload[:4])
        self.assertEqual((bearing & 0x1ff, speed), (90, 36))

    def test_movement_is_told(self):
        self.receiver.position = WARSAW
        self.wait_fix()
        token = self.observe("/6/0/0", TEXT)
        self.receiver.position = OSLO
        self.wait_told(token, lambda payload: abs(float(payload) - OSLO[0]) < 1e-4)

    def test_lost_fix(self):
        self.receiver.position = WARSAW
        self.wait_fix()
        self.receiver.position = None
        self.wait_for(lambda: self.read("/6/0/0", TEXT).status == "4.04", "no value")

    def test_gpsd_restarts(self):
        self.receiver.position = WARSAW
        self.wait_fix()
        self.gpsd.terminate()
        self.gpsd.wait(10)
        self.wait_for(lambda: self.read("/6/0/0", TEXT).status == "4.04", "no value")
        self.agent.wait_log("No position: gpsd at 127.0.0.1")
        self.gpsd = self.start_gpsd()
        self.wait_fix()


if __name__ == "__main__":
    lab.main()
