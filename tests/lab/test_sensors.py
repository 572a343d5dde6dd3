# SPDX-License-Identifier: Apache-2.0
"""plugins/sensors: simulated chips with the kernel's drivers, the agent, and a server that reads and observes. Raw peer."""

import lab
from i2c import Bme280, Bus, Lm75
from lab import BUILD, TEXT, LabCase, coap

SENML_JSON = coap.SENML_JSON

BME280, LM75 = 0x76, 0x48
COLDER = 0x780000  # raw; about 18 °C
SKIPPED = 0x800000  # the chip did not measure, which the driver says is EIO


class SensorsCase(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bus = Bus(LM75, BME280)
        cls.addClassCleanup(cls.bus.close)

    def plug(self, chip):
        chip.plug()
        self.addCleanup(self.unplug, chip)

    @staticmethod
    def unplug(chip):
        if chip.bus.device(chip.address).exists():
            chip.unplug()

    def start(self, **sections):
        return self.start_plugin("sensors", **sections)

    def value(self, path):
        answer = self.read(path, TEXT)
        self.assert_code(answer, "2.05")
        return float(answer.payload)

    def text(self, path):
        answer = self.read(path, TEXT)
        self.assert_code(answer, "2.05")
        return answer.payload.decode()

    def wait_code(self, path, code):
        self.wait_for(lambda: self.read(path, TEXT).status == code, f"{path} answers {code}")


class TestIio(SensorsCase):
    def setUp(self):
        super().setUp()
        self.chip = Bme280(self.bus)
        self.plug(self.chip)

    def test_values(self):
        """As the data sheet's example has them: 25.08 °C, 100653 Pa."""
        self.start()
        self.assertAlmostEqual(self.value("/3303/0/5700"), 25.08, delta=0.01)
        self.assertAlmostEqual(self.value("/3315/0/5700"), 100653, delta=10)
        self.assertTrue(0 < self.value("/3304/0/5700") <= 100)
        self.assertEqual([self.text(f"/{oid}/0/5701") for oid in (3303, 3315, 3304)], ["Cel", "Pa", "%RH"])
        self.assertEqual(self.text("/3303/0/5750"), "bme280 temp")

    def test_observe(self):
        """The chip's register changes: the server is told, and the lowest and the highest follow until they are reset."""
        self.start()
        warm = self.value("/3303/0/5700")
        token = self.observe("/3303/0/5700", TEXT)
        self.chip.set_temperature(COLDER)
        told = self.wait_told(token, lambda payload: float(payload) < warm - 1)
        self.assertTrue(told)
        cold = self.value("/3303/0/5700")
        self.assertEqual((self.value("/3303/0/5601"), self.value("/3303/0/5602")), (cold, warm))
        self.assert_code(self.write("/3303/0/5605", b"", method=coap.POST), "2.04")
        self.assertEqual(self.value("/3303/0/5602"), cold)

    def test_error(self):
        """No value while there is an error, neither the last one; the log says so once, and then it goes on."""
        agent, _ = self.start()
        warm = self.value("/3303/0/5700")
        token = self.observe("/3303/0", SENML_JSON)
        self.chip.set_temperature(SKIPPED)
        self.wait_told(token, lambda payload: b'"5601"' in payload and b'"5700"' not in payload)
        self.wait_code("/3303/0/5700", "4.04")
        self.assertEqual(self.value("/3303/0/5602"), warm)
        self.chip.set_temperature(Bme280.TEMPERATURE)
        self.wait_code("/3303/0/5700", "2.05")
        self.assertEqual(self.value("/3303/0/5700"), warm)
        agent.wait_log("bme280 .*, temp cannot be read: Input/output error; /3303/0 has no value until it can")
        self.assertEqual(agent.count_log("temp cannot be read"), 1)

    def test_unplugged(self):
        """The instance goes with the chip, and comes back with it."""
        self.start()
        self.value("/3303/0/5700")
        since = self.server.mark()
        self.chip.unplug()
        self.server.wait_update(timeout=30, since=since)
        for path in ("/3303/0/5700", "/3304/0/5700", "/3315/0/5700"):
            self.wait_code(path, "4.04")
        self.chip.plug()
        self.wait_code("/3303/0/5700", "2.05")
        self.assertAlmostEqual(self.value("/3303/0/5700"), 25.08, delta=0.01)

    def test_driver_unbound(self):
        driver = (self.bus.device(BME280) / "driver").resolve()
        self.start()
        self.value("/3315/0/5700")
        (driver / "unbind").write_text(self.bus.place(BME280))
        self.wait_code("/3315/0/5700", "4.04")
        (driver / "bind").write_text(self.bus.place(BME280))
        self.wait_code("/3315/0/5700", "2.05")

    def test_calibration(self):
        self.start(**{"channel.oven": {"device": self.bus.place(BME280), "channel": "temp", "offset": 10, "instance": 4,
                                       "label": "Oven"}})
        self.assertAlmostEqual(self.value("/3303/4/5700"), 35.08, delta=0.01)
        self.assertEqual(self.text("/3303/4/5750"), "Oven")


class TestHwmon(SensorsCase):
    def setUp(self):
        super().setUp()
        self.chip = Lm75(self.bus)
        self.chip.set(23.5)
        self.plug(self.chip)

    def test_temperature(self):
        self.start(sensors={"hwmon_temperatures": "yes"})
        self.assertEqual(self.value("/3303/0/5700"), 23.5)
        self.assertEqual(self.text("/3303/0/5750"), "lm75 temp1")
        token = self.observe("/3303/0/5700", TEXT)
        self.chip.set(-10)
        self.wait_told(token, lambda payload: payload == b"-10")
        self.chip.unplug()
        self.wait_code("/3303/0/5700", "4.04")
        self.chip.set(30)
        self.plug(self.chip)
        self.wait_for(lambda: self.read("/3303/0/5700", TEXT).payload == b"30", "30 °C")

    def test_left_to_system(self):
        """With the default configuration of both, the plugin system shows it, and nobody else."""
        modules = {name: BUILD / "plugins" / name / f"{name}.so" for name in ("system", "sensors")}
        if not modules["system"].exists():
            self.skipTest("the plugin system is not built")
        chip = Bme280(self.bus)
        self.plug(chip)
        agent = self.start_agent(start=False)
        agent.write_config({"uri": self.server.uri, "lifetime": 300}, {
            "system": {"plugin": {"module": modules["system"]}},
            "sensors": {"plugin": {"module": modules["sensors"], "first_instance": 1000}}})
        agent.start()
        self.client = self.server.wait_register(agent.endpoint, timeout=20)
        self.wait_code("/3303/0/5700", "2.05")
        self.wait_code("/3303/1000/5700", "2.05")
        self.assertEqual(self.value("/3303/0/5700"), 23.5)
        self.assertEqual(self.text("/3303/1000/5750"), "bme280 temp")
        for path in ("/3303/1", "/3303/1001"):
            self.assert_code(self.read(path), "4.04")


if __name__ == "__main__":
    lab.main()
