# SPDX-License-Identifier: Apache-2.0
"""The containers themselves: systemd comes up on each Debian root, what a test does there stays there, and nothing is left."""

import subprocess
import sys
import time
import unittest
from pathlib import Path

import container_root
from container import Container, check
from debian import Unavailable

HERE = Path(__file__).resolve().parent
NOT_GIVEN = {"sys_module": 16, "sys_rawio": 17, "sys_time": 25}


class OnRoot:
    """A container for all tests of a class."""

    release = None

    @classmethod
    def setUpClass(cls):
        try:
            cls.container = Container(cls.release, share=HERE)
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        cls.addClassCleanup(cls.container.close)
        cls.state = cls.container.start()

    def test_is_a_running_system(self):
        self.assertEqual(self.state, "running", self.container.run("systemctl --failed --no-legend").stdout)
        self.assertIn(self.release, self.container.check("cat /etc/os-release"))
        self.assertIn("org.freedesktop.login1", self.container.check("busctl list"))
        self.assertIn("Startup finished", self.container.check("journalctl -b"))

    def test_output_and_exit_status(self):
        result = self.container.run("cat; echo aside >&2; exit 7", stdin="in\n")
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("in\n", "aside\n", 7))
        with self.assertRaisesRegex(AssertionError, "exit status 1\nnot so"):
            self.container.check("echo not so; false")

    def test_clock_and_modules_of_this_machine_are_out_of_reach(self):
        """Asked for and not tried: trying would set the clock."""
        for process in "1", "self":
            held = int(self.container.check(f"sed -n 's/^CapBnd://p' /proc/{process}/status"), 16)
            self.assertEqual([name for name, bit in NOT_GIVEN.items() if held >> bit & 1], [], process)
        self.assertNotEqual(self.container.run("echo 1 >/proc/sys/kernel/printk").returncode, 0)

    def test_network_is_its_own(self):
        self.assertEqual(self.container.check("ip -o link | cut -d: -f2").split(), ["lo"])
        self.assertNotEqual(self.container.run("getent hosts example.com").returncode, 0)

    def test_share_is_read_only(self):
        self.assertEqual(self.container.check("cat /mnt/test_container.py"), Path(__file__).read_text())
        self.assertNotEqual(self.container.run("touch /mnt/new").returncode, 0)

    def test_files_outlive_a_restart_and_a_power_cut(self):
        identity = self.container.check("cat /etc/machine-id")
        for power_cut in False, True:
            self.container.write("/var/lib/mark", str(power_cut))
            self.container.check("touch /tmp/mark")
            self.container.stop(power_cut)
            self.assertEqual(self.container.start(), "running")
            self.assertEqual(self.container.check("cat /var/lib/mark"), str(power_cut))
            self.assertNotEqual(self.container.run("test -e /tmp/mark").returncode, 0)
        self.assertEqual(self.container.check("cat /etc/machine-id"), identity)
        self.assertFalse((container_root.find(self.release) / "var/lib/mark").exists())

    def test_full_and_read_only_folders(self):
        self.container.stop()
        self.container.start(read_only=["/var"], tmpfs={"/var/small": "64k"})
        self.assertIn("Read-only", self.container.run("touch /var/lib/new").stderr)
        self.assertIn("No space", self.container.run("head -c 100k /dev/zero >/var/small/big").stderr)
        self.container.stop()
        self.assertEqual(self.container.start(), "running")
        self.container.check("touch /var/lib/new")


class TestBookworm(OnRoot, unittest.TestCase):
    release = "bookworm"


class TestTrixie(OnRoot, unittest.TestCase):
    release = "trixie"


class TestEnd(unittest.TestCase):
    def test_nothing_is_left_when_the_test_is_killed(self):
        try:
            check("bookworm")
        except Unavailable as e:
            self.skipTest(str(e))
        program = ("import container, time\n"
                   "with container.Container('bookworm') as c: print(c.pid, c._work, flush=True); time.sleep(600)")
        with subprocess.Popen([sys.executable, "-c", program], cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
            said = process.stdout.readline()
            process.kill()
        pid, work = said.split()
        end = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() or Path(work).exists() or self.groups(work):
            self.assertLess(time.monotonic(), end, said)
            time.sleep(0.05)
        self.assertNotIn(work, Path("/proc/mounts").read_text())

    @staticmethod
    def groups(work):
        return [path for path in Path("/sys/fs/cgroup").glob(f"**/lwm2m-lab.{Path(work).name}")]


if __name__ == "__main__":
    unittest.main()
