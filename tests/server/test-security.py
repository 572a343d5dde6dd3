# SPDX-License-Identifier: Apache-2.0
"""Keys and DTLS: who may connect, with what, and as whom; what the store and the log say."""

import os
import re
import select
import socket
import stat
import subprocess
import unittest

from fixtures import BUILD, Server, ServerCase, coap, wait_until
from relay import Relay

KEY = "00112233445566778899aabbccddeeff"
OTHER_KEY = "ffeeddccbbaa99887766554433221100"
DTLS_CLIENT = BUILD / "tests/server/server-dtls-client"


class DtlsClient:
    """The program dtls-client, by its lines."""

    def __init__(self, port, identity="id-1", key=KEY, *options):
        command = [DTLS_CLIENT, str(port), identity, key, *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._rest = b""
        self.location = None

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def kill(self):
        self._process.kill()

    def line(self, timeout=20):
        while b"\n" not in self._rest:
            if not select.select([self._process.stdout], [], [], timeout)[0]:
                raise AssertionError("the client says nothing")
            part = os.read(self._process.stdout.fileno(), 4096)
            if not part:
                raise AssertionError("the client has ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def ask(self, text):
        self._process.stdin.write(text.encode() + b"\n")
        code, _, location = self.line().partition(" ")
        if location:
            self.location = location
        return code

    def register(self, endpoint):
        return self.ask(f"POST /rd ep={endpoint}&lt=60&lwm2m=1.1&b=U")


class Security(ServerCase):

    LISTEN = ("--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for words in (["pi-1", "id-1", KEY], ["pi-2", "id-2", OTHER_KEY]):
            if cls.server.run("psk", "add", *words).returncode != 0:
                raise AssertionError("psk add")

    def connect(self, *arguments, port=None):
        client = DtlsClient(port or self.server.ports["coaps"], *arguments)
        self.addCleanup(client.close)
        return client

    def test_register_and_read(self):
        client = self.connect()
        self.assertRegex(client.line(), "^connected DTLSv1.3")
        self.assertEqual(client.register("pi-1"), "2.01")
        listed, = [c for c in self.server.ctl_json("list") if c["endpoint"] == "pi-1"]
        self.assertEqual(listed["identity"], "id-1")
        answer, = self.server.ctl_json("read", "pi-1", "/3/0/0")
        self.assertEqual(answer["values"][0]["value"], "3/0/0")
        self.assertEqual(client.ask(f"POST {client.location}"), "2.04")
        self.assertEqual(client.ask(f"DELETE {client.location}"), "2.02")

    def test_endpoint_comes_from_the_identity(self):
        client = self.connect()
        client.line()
        self.assertEqual(client.ask("POST /rd lwm2m=1.1"), "2.01")
        self.assertIn("pi-1", [c["endpoint"] for c in self.server.ctl_json("list")])

    def test_ciphers(self):
        for cipher, expected in [("PSK-AES128-CCM-8", "TLS_PSK_WITH_AES_128_CCM_8"),
                                 ("PSK-AES128-CCM", "TLS_PSK_WITH_AES_128_CCM"),
                                 ("PSK-AES128-GCM-SHA256", "TLS_PSK_WITH_AES_128_GCM_SHA256"),
                                 ("ECDHE-PSK-AES128-GCM-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256")]:
            with self.subTest(cipher):
                client = self.connect("id-1", KEY, "1.2", cipher)
                self.assertEqual(client.line(), f"connected DTLSv1.2 {expected}")
                self.assertEqual(client.register("pi-1"), "2.01")
        for cipher in ("PSK-AES128-CBC-SHA256", "ECDHE-PSK-AES128-CBC-SHA256"):
            with self.subTest(cipher):
                self.assertEqual(self.connect("id-1", KEY, "1.2", cipher).line(), "failed")

    def test_connection_id(self):
        for version in ([], ["1.2"]):
            with self.subTest(version), Relay(self.server.ports["coaps"]) as line:
                client = self.connect("id-1", KEY, "cid", *version, port=line.port)
                self.assertRegex(client.line(), "cid$")
                self.assertEqual(client.register("pi-1"), "2.01")
                _, new = line.rebind()
                self.assertEqual(client.ask(f"POST {client.location}"), "2.04")
                listed, = [c for c in self.server.ctl_json("list") if c["endpoint"] == "pi-1"]
                self.assertEqual(listed["address"], f"127.0.0.1:{new}")
                self.assertIn("Connection ID", listed["dtls"])
                self.assertEqual(self.server.ctl("read", "pi-1", "/3/0/0").returncode, 0)

    def test_device_that_lost_its_power(self):
        """It comes back from the same address, where the server still has its old connection."""
        for version in ([], ["1.2"]):
            with self.subTest(version), Relay(self.server.ports["coaps"]) as line:
                first = self.connect("id-1", KEY, *version, port=line.port)
                first.line()
                self.assertEqual(first.register("pi-1"), "2.01")
                first.kill()
                second = self.connect("id-1", KEY, *version, port=line.port)
                self.assertRegex(second.line(), "^connected")
                self.assertEqual(second.register("pi-1"), "2.01")
                self.assertEqual(self.server.ctl("read", "pi-1", "/3/0/0").returncode, 0)

    def test_forged_hello_ends_nothing(self):
        forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(forger.close)
        with Relay(self.server.ports["coaps"]) as line:
            client = self.connect(port=line.port)
            client.line()
            self.assertEqual(client.register("pi-1"), "2.01")
            before = line.up
            hello = bytes.fromhex("16fefd00000000000000000020" "01") + bytes(31)
            forger.sendto(hello, ("127.0.0.1", line.port))
            self.assertTrue(line.wait(lambda relay: relay.up > before))
            self.assertEqual(client.ask(f"POST {client.location}"), "2.04")
            # Longer than the server waits for a sign of life, by its own clock.
            self.assertEqual(self.server.ctl("wait", "nobody", "--timeout", "3").returncode, 1)
            self.assertEqual(client.ask(f"POST {client.location}"), "2.04")

    def test_unknown_identity(self):
        client = self.connect("nobody\x1b[2J", KEY, "1.2")
        self.assertEqual(client.line(), "failed")
        line = self.server.wait_log("unknown PSK identity \"nobody")
        self.assertRegex(line, r'^warning: Refused 127\.0\.0\.1:\d+: unknown PSK identity "nobody\?\[2J"$')
        self.assertEqual(sum("nobody" in line for line in self.server.lines), 1)

    def test_wrong_key(self):
        client = self.connect("id-1", OTHER_KEY)
        self.assertEqual(client.line(), "failed")
        said = r'handshake with 127\.0\.0\.1:\d+ \(identity "%s": wrong key\?\) failed'
        self.server.wait_log(said % "id-1")
        self.connect("id-2", KEY, "1.2")
        self.server.wait_log(said % "id-2", 30)

    def test_another_endpoints_name(self):
        client = self.connect()
        client.line()
        self.assertEqual(client.register("pi-2"), "4.03")
        self.server.wait_log('Refused a registration as "pi-2" .* its PSK identity is another endpoint')

    def test_another_clients_registration(self):
        owner, other = self.connect(), self.connect("id-2", OTHER_KEY)
        owner.line(), other.line()
        self.assertEqual(owner.register("pi-1"), "2.01")
        self.assertEqual(other.register("pi-2"), "2.01")
        for method in ("POST", "DELETE"):
            self.assertEqual(other.ask(f"{method} {owner.location}"), "4.03")
        plain = self.client("plain")
        plain.location = owner.location
        self.assertEqual((plain.update().status, plain.deregister().status), ("4.03", "4.03"))
        self.assertEqual(owner.ask(f"POST {owner.location}"), "2.04")

    def test_an_endpoint_with_a_key_needs_dtls(self):
        plain = self.client("pi-1", register=False)
        self.assertEqual(plain.register().status, "4.03")
        self.server.wait_log('Refused a registration as "pi-1" .* has to use DTLS')

    def test_keys_come_and_go_while_it_runs(self):
        self.assertEqual(self.server.run("psk", "add", "pi-3", "id-3", KEY).returncode, 0)
        client = self.connect("id-3")
        self.assertIn("connected", client.line())
        self.assertEqual(client.register("pi-3"), "2.01")
        self.assertEqual(self.server.run("psk", "remove", "pi-3").returncode, 0)
        self.assertEqual(client.ask(f"POST {client.location}"), "4.03")
        self.assertEqual(client.register("pi-3"), "4.03")
        self.assertEqual(self.connect("id-3", KEY, "1.2").line(), "failed")

    def test_closed_connection(self):
        client = self.connect()
        client.line()
        client.register("pi-1")
        client.close()
        wait_until(lambda: "away" in self.server.ctl("list").stdout, "closed connection")
        done = self.server.ctl("read", "pi-1", "/3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("The connection to pi-1 is closed", done.stderr)

    def test_no_key_in_the_log(self):
        self.test_register_and_read()
        for line in self.server.lines:
            self.assertNotRegex(line, re.compile(f"{KEY}|{OTHER_KEY}", re.I))


class Store(unittest.TestCase):

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def psk(self, *words, **options):
        return self.server.run("psk", *words, **options)

    def test_add_list_remove(self):
        self.assertEqual(self.psk("add", "b", "id-b", KEY).returncode, 0)
        self.assertEqual(self.psk("add", "a", "id a", KEY).returncode, 0)
        self.assertEqual(self.psk("list").stdout, "b\tid-b\na\tid a\n")
        self.assertEqual(self.psk("remove", "b").returncode, 0)
        self.assertEqual(self.psk("list").stdout, "a\tid a\n")
        done = self.psk("remove", "b")
        self.assertEqual((done.returncode, done.stderr), (1, "lwm2m-server: b has no key\n"))

    def test_modes(self):
        self.psk("add", "a", "id-a", KEY)
        self.assertEqual(stat.S_IMODE((self.server.data / "psk").stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.server.data.stat().st_mode), 0o700)
        self.server.start()
        self.assertEqual(stat.S_IMODE((self.server.data / "control").stat().st_mode), 0o600)

    def test_keys_from_elsewhere(self):
        self.assertEqual(self.psk("add", "a", "id-a", "-", stdin=KEY + "\n").returncode, 0)
        self.assertIn(KEY, (self.server.data / "psk").read_text())
        key = self.psk("add", "a", "id-a", "random").stdout
        self.assertRegex(key, "^[0-9a-f]{32}\n$")
        self.assertIn(key.strip(), (self.server.data / "psk").read_text())

    def test_mistakes(self):
        self.psk("add", "a", "id-a", KEY)
        wrong = [["b", "id-a", KEY], ["b", "id-b", "xyz"], ["b", "id-b", "00"], ["b", "id-b", "0" * 130],
                 ["b\tc", "id-b", KEY], ["", "id-b", KEY], ["b", "#b", KEY], ["b", "i" * 129, KEY]]
        usage = [["add", "b", "id-b"], [], ["bogus"], ["list", "x"]]
        for words, code in [*((["add", *w], 1) for w in wrong), *((u, 2) for u in usage)]:
            with self.subTest(words):
                done = self.psk(*words)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertNotIn(KEY, done.stderr)
        self.assertEqual(self.psk("list").stdout, "a\tid-a\n")

    def test_damaged_store(self):
        self.psk("add", "a", "id-a", KEY)
        path = self.server.data / "psk"
        path.write_text(path.read_text() + "b only-two\n")
        done = self.server.run("--coap", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"/psk:3: not ENDPOINT, IDENTITY and KEY")


if __name__ == "__main__":
    unittest.main(verbosity=2)
