# SPDX-License-Identifier: Apache-2.0
"""plugins/sensors: chips without a driver, on a bus of CUSE, the agent, and a server that reads and observes. Raw peer."""

import lab
from i2c_chips import Bus, Scd41, Sht4x
from lab import TEXT, LabCase

BUS, SCD41, SHT4X = 77, 0x62, 0x44


class TestChips(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chips = {}
        cls.bus = Bus(BUS, cls.chips)

    def setUp(self):
        super().setUp()
        self.scd41, self.sht4x = Scd41(), Sht4x()
        self.chips.update({SCD41: self.scd41, SHT4X: self.sht4x})

    def start(self, **sections):
        return self.start_plugin("sensors", **sections)

    def start_scd41(self, **settings):
        return self.start(**{"chip.air": {"chip": "scd41", "bus": BUS, **settings}})

    def start_sht4x(self):
        return self.start(**{"chip.room": {"chip": "sht41", "bus": BUS}})

    def value(self, path):
        answer = self.read(path, TEXT)
        self.assert_code(answer, "2.05")
        return float(answer.payload)

    def wait_code(self, path, code):
        self.wait_for(lambda: self.read(path, TEXT).status == code, f"{path} answers {code}")

    def test_scd41(self):
        """The server reads CO2, and is told when it changes."""
        self.start_scd41(altitude=1950)
        self.wait_code("/3325/0/5700", "2.05")
        self.assertEqual(self.value("/3325/0/5700"), 500)
        self.assertAlmostEqual(self.value("/3303/0/5700"), 25, delta=0.01)
        self.assertAlmostEqual(self.value("/3304/0/5700"), 37, delta=0.01)
        self.assertEqual(self.read("/3325/0/5701", TEXT).payload, b"ppm")
        self.assertEqual(self.scd41.altitude, 1950)
        token = self.observe("/3325/0/5700", TEXT)
        self.scd41.co2 = 1234
        self.wait_told(token, lambda payload: payload == b"1234")

    def test_idle(self):
        """When nobody asks it is stopped, and a Read starts it again and waits."""
        self.start_scd41(idle_s=2)
        self.wait_code("/3325/0/5700", "2.05")
        self.wait_for(lambda: self.scd41.since is None, "it is stopped")
        self.scd41.co2 = 700
        self.assertEqual(self.value("/3325/0/5700"), 700)

    def test_single_shot(self):
        self.start_sht4x()
        self.assertAlmostEqual(self.value("/3303/0/5700"), 25, delta=0.01)
        self.assertAlmostEqual(self.value("/3304/0/5700"), 50, delta=0.01)
        self.sht4x.temperature = -10
        self.wait_for(lambda: abs(self.value("/3303/0/5700") + 10) < 0.01, "-10 Cel")

    def test_crc(self):
        """No value for a wrong CRC; said once for each of the chip's values, and then it goes on."""
        agent, _ = self.start_sht4x()
        self.value("/3303/0/5700")
        self.observe("/3303/0/5700", TEXT)
        self.sht4x.wrong_crc = True
        self.wait_code("/3303/0/5700", "4.04")
        self.sht4x.wrong_crc = False
        self.wait_code("/3303/0/5700", "2.05")
        self.assertEqual(agent.count_log("sht41 77-0044, temp cannot be read"), 1)

    def test_arbitration_lost(self):
        """EAGAIN of the bus is an error like others, and said."""
        agent, _ = self.start_sht4x()
        self.value("/3303/0/5700")
        self.sht4x.lost = True
        self.wait_code("/3303/0/5700", "4.04")
        agent.wait_log("sht41 77-0044, temp cannot be read: Input/output error")
        self.sht4x.lost = False
        self.wait_code("/3303/0/5700", "2.05")

    def test_unplugged(self):
        agent, _ = self.start_scd41()
        self.wait_code("/3325/0/5700", "2.05")
        self.scd41.plugged = False
        self.wait_code("/3325/0/5700", "4.04")
        agent.wait_log("scd41 77-0062, co2 cannot be read: Remote I/O error; /3325/0 has no value until it can")
        self.chips[SCD41] = Scd41()
        self.chips[SCD41].co2 = 900
        self.wait_code("/3325/0/5700", "2.05")
        self.assertEqual(self.value("/3325/0/5700"), 900)

    def test_twice(self):
        """One chip in two sections is served once, and the second one is named."""
        chip = {"chip": "sht41", "bus": BUS}
        agent, _ = self.start(**{"chip.room": chip, "chip.other": chip})
        self.value("/3303/0/5700")
        self.assertEqual(self.read("/3303/1", TEXT).status, "4.04")
        agent.wait_log(r"\[chip.other\] is left out: bus 77 has a chip at 0x44 already")

    def test_no_bus(self):
        self.start(**{"chip.air": {"chip": "scd41", "bus": 78}})
        self.wait_code("/3325/0/5700", "4.04")


if __name__ == "__main__":
    lab.main()
