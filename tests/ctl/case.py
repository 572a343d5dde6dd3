# SPDX-License-Identifier: Apache-2.0
"""What the tests of lwm2mctl share: a bus and an agent that is none for each test, and main()."""

import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import fcntl
import termios

import fixtures
from fixtures import FakeAgent, PrivateBus


def main():
    """unittest.main() that ends with 77 when nothing ran, and lists what was skipped and why."""
    reason = fixtures.missing() or (None if shutil.which("dbus-daemon") else "no dbus-daemon")
    if reason:
        print(reason)
        sys.exit(fixtures.SKIPPED)
    run = unittest.main(module="__main__", exit=False, verbosity=2).result
    for test, reason in run.skipped:
        print(f"skipped {test}: {reason}")
    sys.exit(0 if run.wasSuccessful() else 1)


class BusCase(unittest.TestCase):
    """self.bus: without an agent."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lwm2mctl-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.bus = PrivateBus(self.folder)
        self.addCleanup(self.bus.close)

    def run_ctl(self, *words, check=0, **named):
        return fixtures.run(*words, bus=self.bus, check=check, **named)

    def show(self, *words, **named):
        """What people get, in 80 columns."""
        done = self.run_ctl(*words, COLUMNS="80", **named)
        self.assert_fits(done.stdout + done.stderr, 80)
        return done.stdout

    def json(self, *words, **named):
        return json.loads(self.run_ctl("--json", *words, **named).stdout)

    def refused(self, *words, check=1, **named):
        """What is said of a failure; nothing is shown then."""
        done = self.run_ctl(*words, check=check, **named)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def assert_fits(self, text, width):
        for line in text.splitlines():
            self.assertLessEqual(columns(line), width, line)

    def on_terminal(self, *words, width=80, check=0, all=False, bus=True, **env):
        """The output on a terminal so wide, control sequences included. all: input and errors are on the terminal, too."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = subprocess.Popen(fixtures.command(*words, bus=self.bus if bus else None), env=fixtures.environment(**env),
                                   stdin=slave if all else subprocess.DEVNULL, stdout=slave,
                                   stderr=slave if all else subprocess.DEVNULL)
        os.close(slave)
        output = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # the last one at the other end has gone
                break
            output += piece
        self.assertEqual(process.wait(10), check, output)
        os.close(master)
        return output.decode().replace("\r\n", "\n")


class AgentCase(BusCase):
    def setUp(self):
        super().setUp()
        self.agent = FakeAgent(self.bus.address)
        self.addCleanup(self.agent.stop)


def columns(line):
    """Of a terminal: East Asian characters have two, combining ones none."""
    import unicodedata
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
