# SPDX-License-Identifier: Apache-2.0
"""plugins/system: a simulated thermometer with the kernel's driver, a file system that is mounted while it runs, and processes,
for a server that reads and observes. Raw peer."""

import subprocess
import tempfile
from pathlib import Path

import lab
from i2c import Bus, Lm75
from lab import TEXT, LabCase, coap

LM75 = 0x48


class TestSystem(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bus = Bus(LM75)
        cls.addClassCleanup(cls.bus.close)

    def setUp(self):
        super().setUp()
        self.agent, _ = self.start_plugin("system")

    def number(self, path):
        answer = self.read(path, TEXT)
        return float(answer.payload) if answer.status == "2.05" else None

    def wait_gone(self, path):
        self.wait_for(lambda: self.read(path, TEXT).status == "4.04", f"no {path}")

    def test_temperature(self):
        """The kernel says that a thermometer came: nobody looks for one."""
        self.wait_gone("/3303/0/5700")
        chip = Lm75(self.bus)
        chip.set(23.5)
        chip.plug()
        self.wait_for(lambda: self.number("/3303/0/5700") == 23.5, "23.5 °C")
        token = self.observe("/3303/0/5700", TEXT)
        chip.set(31)
        self.wait_told(token, lambda payload: payload and float(payload) == 31)
        self.assertEqual((self.number("/3303/0/5601"), self.number("/3303/0/5602")), (23.5, 31))
        self.assert_code(self.write("/3303/0/5605", b"", method=coap.POST), "2.04")
        self.assertEqual(self.number("/3303/0/5601"), 31)
        self.assert_code(self.write("/3303/0/5750", b"board"), "2.04")
        self.assertEqual(self.read("/3303/0/5750", TEXT).payload, b"board")
        chip.unplug()
        self.wait_gone("/3303/0/5700")

    def test_file_system(self):
        """It is there while it is mounted, and told when it fills."""
        self.wait_gone("/3320/0/5700")
        subprocess.run(["mkfs.ext4", "-q", "/dev/ram0"], check=True)
        with tempfile.TemporaryDirectory(prefix="lwm2m-disk-") as folder:
            subprocess.run(["mount", "/dev/ram0", folder], check=True)
            try:
                self.wait_for(lambda: self.read("/3320/0/5750", TEXT).payload == folder.encode(), folder)
                empty = self.number("/3320/0/5700")
                token = self.observe("/3320/0/5700", TEXT)
                (Path(folder) / "file").write_bytes(bytes(8 << 20))
                subprocess.run(["sync"], check=True)
                self.wait_told(token, lambda payload: payload and float(payload) > empty + 30, 60)
            finally:
                subprocess.run(["umount", folder], check=True)
        self.wait_gone("/3320/0/5700")

    def test_figures(self):
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        self.assertGreaterEqual(self.number("/3300/3/5700"), int(uptime) - 6)
        self.assertIsNotNone(self.number("/3300/0/5700"))
        processes = self.number("/3300/4/5700")
        token = self.observe("/3300/4/5700", TEXT)
        for _ in range(20):
            self.start_program(["sleep", "1000"])
        self.wait_told(token, lambda payload: payload and float(payload) >= processes + 20, 60)


if __name__ == "__main__":
    lab.main()
