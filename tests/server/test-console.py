# SPDX-License-Identifier: Apache-2.0
"""The prompt: the same verbs on the terminal that the server was started from."""

import os
import pty
import re
import select
import subprocess
import tempfile
import unittest
from pathlib import Path

from fixtures import PROGRAM, Client, coap


class Console(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-server-")
        self.addCleanup(folder.cleanup)
        self.terminal, slave = pty.openpty()
        command = [PROGRAM, "--data-dir", Path(folder.name) / "data", "--coap", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.seen = ""
        self.addCleanup(self.end)
        self.address = ("127.0.0.1", int(self.expect(r"Listening at coap://127\.0\.0\.1:(\d+)").group(1)))
        self.expect("> ")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def expect(self, pattern):
        """Reads on until it matches; what follows the match is left for the next."""
        while not (found := re.search(pattern, self.seen)):
            if not select.select([self.terminal], [], [], 10)[0]:
                raise AssertionError(f"no {pattern!r} in {self.seen!r}")
            self.seen += os.read(self.terminal, 4096).decode()
        self.seen = self.seen[found.end():]
        return found

    def say(self, line):
        os.write(self.terminal, line.encode() + b"\n")
        self.expect(re.escape(line))

    def test_console(self):
        device = Client(self, "device")
        self.addCleanup(device.close)
        device.register()
        device.values["/3/0/15"] = (coap.TEXT, b"Europe/Berlin")
        device.values["/3303/0/5700"] = (coap.TEXT, b"20")
        self.expect("notice: device registered")
        self.say("list")
        self.expect(r"device  127\.0\.0\.1:\d+  LwM2M 1\.1")
        self.say("read device /3/0/15")
        self.expect("/3/0/15  Timezone  Europe/Berlin")
        self.say("write device /3/0/15 'two words'")
        self.expect("2.04 Changed")
        self.assertEqual(device.requests[-1].payload, b"two words")
        self.say("read device")
        self.expect("usage: read ENDPOINT PATH")
        self.say("read nobody /3")
        self.expect("nobody is not registered")
        self.say('write "')
        self.expect("A quote is not closed")
        self.say("help")
        self.expect("observe")
        self.say("observe device /3303/0/5700")
        self.expect("/3303/0/5700  Sensor Value  20")
        self.say("")  # the prompt is there meanwhile
        device.notify("/3303/0/5700", 2, coap.TEXT, b"21.5")
        self.expect(r"\d\d:\d\d:\d\d  /3303/0/5700  Sensor Value  21\.5")
        self.say("cancel device /3303/0/5700")
        self.expect("1 cancelled")
        self.say("events")
        self.say("stop")
        self.say("quit")
        self.assertEqual(self.process.wait(10), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
