# SPDX-License-Identifier: Apache-2.0
"""The virtual machine itself: output, exit code, modules, a root that is thrown away, a guest that does not end."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import lab
import vm
from debian import Unavailable

RUN = Path(__file__).resolve().parent / "vm-run"


class TestMachine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            vm.check()
        except Unavailable as e:
            raise unittest.SkipTest(str(e))

    @staticmethod
    def start(*words):
        return subprocess.run([RUN, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_bytes(bytes(range(256)))
            done = self.start("--modules", "gpio-sim", "--",
                              f"cat {file}; echo lost >{file}; id -u >&2; test -d /sys/module/gpio_sim && exit 33")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (33, bytes(range(256)), b"0\n"))
            self.assertEqual(file.read_bytes(), bytes(range(256)))

    def test_no_module(self):
        self.assertEqual(self.start("--modules", "no-such-module", "true").returncode, 125)

    def test_no_end(self):
        """Long enough for the kernel to start, and with its log for whoever has to find out."""
        done = self.start("--timeout", "6", "echo panics >/dev/kmsg; exec sleep 1000")
        self.assertEqual(done.returncode, vm.TIMED_OUT, done.stderr)
        self.assertIn(b"no end within 6 s", done.stderr)

    def test_goes_down(self):
        done = self.start("echo b >/proc/sysrq-trigger; sleep 1000")
        self.assertEqual(done.returncode, vm.NO_ANSWER, done.stderr)


if __name__ == "__main__":
    lab.main()
