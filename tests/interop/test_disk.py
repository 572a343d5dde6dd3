# SPDX-License-Identifier: Apache-2.0
"""A state directory on a disk that is full: said once, everything goes on, and what was not kept is once there is room.
Raw peer; in a mount namespace of its own, on a tmpfs of 64 KiB."""

import errno
import os
import shutil
import subprocess
import sys
import unittest

import case
import coap
from case import AgentCase
from coap import TEXT
from peer import RawServer

INSIDE = "LWM2M_TEST_DISK"


def setUpModule():
    if INSIDE not in os.environ:
        raise unittest.SkipTest("run it as a program: nothing here is for the machine's own mounts")


class TestFullDisk(AgentCase):
    def setUp(self):
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, start=False,
                                      agent={"deregister_on_stop": "no"})
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", self.agent.state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.agent.state], check=True)
        self.agent.start()
        self.client = self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log("main: registered with")

    def fill(self):
        with open(self.agent.state / "ballast", "wb", buffering=0) as file:
            try:
                while file.write(bytes(1024)):
                    pass
            except OSError as e:
                self.assertEqual(e.errno, errno.ENOSPC)

    def make_room(self):
        (self.agent.state / "ballast").unlink()

    def write_in_vain(self):
        """Two resources: the Writes are answered, and one line says that the file is not kept."""
        self.fill()
        for value in (b"17", b"18"):
            self.assert_code(self.server.write(self.client, "/1/0/5", value), "2.04")
        self.agent.wait_log("Cannot keep object-1.state in .*: No space left on device")
        self.assertEqual(self.agent.count_log("object-1.state"), 1)
        self.assertFalse((self.agent.state / "object-1.state").exists())

    def expect_kept(self):
        """By an agent that gets no chance to say its last."""
        self.agent.kill()
        since = self.server.mark()
        self.agent.start()
        self.agent.wait_log("main: (registered with|registration updated)")
        client = self.server.clients[self.agent.endpoint]
        self.assertEqual(self.server.read(client, "/1/0/5", accept=TEXT).payload, b"18")
        return self.server.received(lambda r: r.message.path.startswith("/rd"), since)

    def test_room_again(self):
        """Tried again by itself; the registration, whose file went for lack of room, is there again too."""
        token = self.server.observe(self.client, "/3/0/14", TEXT).token
        self.write_in_vain()
        self.assert_code(self.server.request(self.client, coap.PUT, "/3/0/14", query=["pmin=1"]), "2.04")
        self.make_room()
        self.agent.wait_log("object-1.state in .* is kept again", timeout=30)
        self.agent.wait_log("server-101.state in .* is kept again", timeout=30)
        self.assertNotEqual(self.expect_kept()[0].message.path, "/rd")
        since = self.server.mark()
        client = self.server.clients[self.agent.endpoint]
        self.assert_code(self.server.write(client, "/3/0/14", b"+01:00"), "2.04")
        self.server.wait_notification(token, since=since)

    def test_room_at_the_end(self):
        """An agent that is stopped tries a last time."""
        self.write_in_vain()
        self.make_room()
        self.agent.stop()
        self.assertEqual(self.agent.count_log("object-1.state in .* is kept again"), 1)
        self.agent.start()
        self.agent.wait_log("main: (registered with|registration updated)")
        self.expect_kept()

    def test_no_room(self):
        """Ends as cleanly as ever, and starts again; what could not be kept is not there."""
        self.write_in_vain()
        self.agent.stop()
        self.agent.start()
        self.agent.wait_log("main: (registered with|registration updated)")
        client = self.server.clients[self.agent.endpoint]
        self.assertEqual(self.server.read(client, "/1/0/5", accept=TEXT).payload, b"86400")


def main():
    if INSIDE in os.environ:
        case.main()
    command = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if not shutil.which("unshare") or not shutil.which("mount"):
        print("skipped: needs unshare and mount")
        sys.exit(case.SKIPPED)
    probe = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/tmp"], stderr=subprocess.PIPE, text=True,
                           check=False)
    if probe.returncode != 0:
        print(f"skipped: no mount namespace of our own: {probe.stderr.strip()}")
        sys.exit(case.SKIPPED)
    os.execvpe(command[0], [*command, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    main()
