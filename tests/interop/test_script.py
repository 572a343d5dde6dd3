# SPDX-License-Identifier: Apache-2.0
"""The plugin "script" the whole way: a server reads, hears of changes, writes, executes. Raw peer."""

import subprocess
import time
import unittest

import case
import coap
from agent import BUILD
from case import AgentCase
from coap import GET, POST
from peer import RawServer

MODULE = BUILD / "plugins" / "script" / "script.so"
CHANGED = BUILD / "plugins" / "script" / "lwm2m-script-changed"
OBJECT = """[object]
id = 33061
poll_ms = {poll_ms}
[1]
type = integer
operations = RW
[2]
operations = E
"""
RUN = """#!/bin/sh
case $1 in
read) echo "1 $(cat value)" ;;
write) sed -n 's/^1 //p' >new; [ "$(cat new)" -lt 100 ] || exit 2; mv new value ;;
execute) echo "$4" >executed ;;
esac
"""
SLOW = """#!/bin/sh
sleep 1
echo 1 5
"""


class TestScript(AgentCase):
    def setUp(self):
        if not MODULE.exists():
            raise unittest.SkipTest("the plugin script is not built")
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = self.start_agent(start=False)
        self.socket = self.agent.folder / "run" / "socket"  # what is made beside the state is hidden with it
        self.socket.parent.mkdir()

    def add(self, name, run, description):
        folder = self.agent.folder / "scripts" / name
        folder.mkdir(parents=True)
        (folder / "object.ini").write_text(description)
        (folder / "run").write_text(run)
        (folder / "run").chmod(0o755)
        (folder / "value").write_text("7\n")
        return folder

    def start(self):
        self.agent.write_config({"uri": self.server.uri, "lifetime": 300}, {"script": {
            "plugin": {"module": MODULE},
            "script": {"directory": self.agent.folder / "scripts", "socket": self.socket}}})
        self.agent.start()
        self.client = self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log(": registered with")

    def read(self, path):
        answer = self.server.read(self.client, path)
        self.assert_code(answer, "2.05")
        return answer.payload

    def test_whole_way(self):
        folder = self.add("one", RUN, OBJECT.format(poll_ms=0))
        self.start()
        self.assertTrue([link for link in self.client.links if "</33061/0>" in link])
        self.wait_value(b"7")
        self.assert_code(self.server.write(self.client, "/33061/0/1", b"42"), "2.04")
        self.assertEqual((folder / "value").read_text(), "42\n")
        self.assertEqual(self.read("/33061/0/1"), b"42")
        # What it refuses changes nothing.
        self.assert_code(self.server.write(self.client, "/33061/0/1", b"100"), "4.00")
        self.assertEqual(self.read("/33061/0/1"), b"42")
        self.assert_code(self.server.request(self.client, POST, "/33061/0/2", payload=b"0='x'"), "2.04")
        self.assertEqual((folder / "executed").read_text(), "0='x'\n")
        # Somebody else changes it, and says so.
        token = self.server.observe(self.client, "/33061/0/1").token
        since = self.server.mark()
        (folder / "value").write_text("43\n")
        subprocess.run([CHANGED, "--socket", self.socket, "33061/0"], check=True)
        self.assertEqual(self.server.wait_notification(token, since=since).message.payload, b"43")

    def wait_value(self, value):
        """It is read for the first time when the plugin starts."""
        end = time.monotonic() + 10
        while (answer := self.server.read(self.client, "/33061/0/1")).payload != value or answer.status != "2.05":
            self.assertLess(time.monotonic(), end, answer)
            time.sleep(0.02)

    def test_slow(self):
        """One that takes a second is answered, and keeps nobody else waiting."""
        self.add("fast", RUN, OBJECT.format(poll_ms=60000))
        self.add("slow", SLOW, OBJECT.format(poll_ms=100).replace("33061", "33062"))
        self.start()
        self.assertEqual(self.read("/33061/0/1"), b"7")
        before = time.monotonic()
        reading = self.server.send(coap.request(GET, "/33062/0/1"), self.client.address)
        for _ in range(10):
            self.assertEqual(self.read("/33061/0/1"), b"7")
            self.assert_code(self.server.read(self.client, "/3/0/11"), "2.05")
        between = time.monotonic() - before
        self.server.expect(lambda r: r.message.token == reading.token and r.message.payload == b"5", timeout=20)
        self.assertLess(between, 1)


if __name__ == "__main__":
    case.main()
