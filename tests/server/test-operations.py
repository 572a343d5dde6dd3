# SPDX-License-Identifier: Apache-2.0
"""ctl's verbs against a client made of bytes: what goes over the wire, what is printed, how it ends."""

import unittest

from fixtures import Message, ServerCase, coap

DEVICE = (coap.SENML_JSON, b'[{"bn":"/3/0/","n":"0","vs":"Raspberry Pi Ltd"},{"n":"9","v":80}]')


class Operations(ServerCase):

    def setUp(self):
        self.device = self.client()
        self.name = self.device.endpoint

    def last(self):
        return self.device.requests[-1]

    def test_read_instance(self):
        self.device.values["/3/0"] = DEVICE
        done = self.server.ctl("read", self.name, "/3/0")
        self.assertEqual(done.stdout, "/3/0/0  Manufacturer   Raspberry Pi Ltd\n/3/0/9  Battery Level  80 %\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_read_missing_names_code(self):
        done = self.server.ctl("read", self.name, "/3/0/99")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"lwm2m-server: 4.04 Not Found: {self.name} has no /3/0/99\n")

    def test_write_resource(self):
        self.device.values["/3/0/15"] = lambda message: Message(code=coap.code("2.04"))
        self.assertEqual(self.server.ctl("write", self.name, "/3/0/15", "Europe/Berlin").returncode, 0)
        self.assertEqual((self.last().code, self.last().get(coap.CONTENT_FORMAT), self.last().payload),
                         (coap.PUT, coap.TEXT, b"Europe/Berlin"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
