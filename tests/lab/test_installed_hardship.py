# SPDX-License-Identifier: Apache-2.0
"""What a gateway meets in the field: a disk that is full or read-only, a clock that was never set, no name service at boot. The
agent stays up, says so, and goes on as soon as it can. See container_device.py."""

import os
import time
import unittest
from pathlib import Path

from container_device import ENDPOINT, OFFSET, STATE, UNIT, RunningCase

BUILD = Path(os.environ.get("LWM2M_BUILD") or Path(__file__).resolve().parents[2] / "build")
CLOCK = BUILD / "tests/lab/container-clock.so"
PRELOAD = "[Service]\nEnvironment=LD_PRELOAD=/opt/clock.so LAB_CLOCK=/run/clock\n"


class HardshipCase(RunningCase):
    def boot(self, **named):
        """From a clean shutdown, with the server, and the agent as it was configured."""
        self.device.stop()
        self.device.start(**named)
        self.device.start_server()

    def assert_up(self, restarts=0):
        self.assertEqual(self.device.show("ActiveState"), "active", self.device.diagnosis())
        self.assertEqual(self.device.show("NRestarts"), str(restarts), self.device.diagnosis())

    def wait_write(self, value):
        """The server may write, whatever the disk says."""
        def written():
            self.device.server("write", ENDPOINT, OFFSET, value)
            return self.device.read(OFFSET) == value
        self.device.wait(written, f"{OFFSET} is {value}")


class TestDisk(HardshipCase):
    def test_read_only_var(self):
        self.wait_write("+01:00")
        self.boot(read_only=["/var"])
        self.addCleanup(self.boot)
        self.device.wait_registered()
        self.assert_up()
        self.device.wait_journal("The state directory .* can only be read")
        self.assertEqual(self.device.read(OFFSET), "+01:00")
        self.wait_write("+02:00")
        self.assert_up()
        self.device.check("mount -o remount,bind,rw /var")
        self.device.systemctl("restart")
        self.assert_kept_again("+03:00")

    def test_full_disk(self):
        self.boot(tmpfs={STATE: "1m"})
        self.addCleanup(self.boot)
        self.device.wait_registered()
        self.device.run(f"head -c 2M /dev/zero >{STATE}/filler")
        self.assertEqual(self.device.check(f"df --output=avail {STATE} | tail -1").strip(), "0")
        self.wait_write("+05:00")
        self.device.wait_journal("No space left on device")
        self.assert_up()
        self.device.systemctl("restart")
        self.device.wait_registered()
        self.assert_up()
        self.device.check(f"rm {STATE}/filler")
        self.assert_kept_again("+06:00")

    def assert_kept_again(self, value):
        """What is written now outlives a crash, with nobody having done anything to the agent."""
        self.wait_write(value)
        pid = self.device.main_pid()
        self.device.check(f"kill -KILL {pid}")
        self.device.wait(lambda: self.device.main_pid() not in (0, pid), "a new process")
        self.device.wait(lambda: self.device.read(OFFSET) == value, f"{OFFSET} is still {value}")


class TestClock(HardshipCase):
    def now(self):
        return self.device.read("/3/0/13")

    def test_clock_is_set_after_the_start(self):
        """For the agent alone: the clock of a container is this machine's, see container-clock.c."""
        device = self.device
        device.systemctl("stop")
        device.put(CLOCK, "/opt/clock.so")
        device.write("/run/clock", str(10 - int(time.time())))
        device.override(PRELOAD)
        self.addCleanup(device.check, f"rm -r /etc/systemd/system/{UNIT}.d && systemctl daemon-reload")
        device.systemctl("start")
        device.wait(lambda: "registered to main" in device.show("StatusText"), "registered in 1970")
        self.assertLess(self.now(), 3600)
        device.wait_journal("The clock is not set, it says 1970-01-01")
        self.assert_up()

        pid, location = device.main_pid(), device.registration()["location"]
        device.write("/run/clock", "0")
        device.wait(lambda: abs(self.now() - time.time()) < 60, "the time of today")
        device.wait_journal("The clock has been set")
        self.assertEqual((device.main_pid(), device.registration()["location"]), (pid, location))
        self.assert_up()


class TestNames(HardshipCase):
    NAME = "server.example.com"

    def test_no_name_service_at_boot(self):
        self.device.configure(uri=f"coaps://{self.NAME}", retry_timer=2, retry_count=1, sequence_delay=2)
        self.addCleanup(self.device.check, f"sed -i /{self.NAME}/d /etc/hosts")
        self.boot()
        self.device.wait_journal(f"{self.NAME}")
        self.device.wait(lambda: "next try" in self.device.show("StatusText"), "the status says when the next try is")
        self.assert_up()
        self.assertIsNone(self.device.registration())
        self.device.check(f"echo 127.0.0.1 {self.NAME} >>/etc/hosts")
        self.device.wait_registered()
        self.assert_up()


if __name__ == "__main__":
    unittest.main()
