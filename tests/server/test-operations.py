# SPDX-License-Identifier: Apache-2.0
"""ctl's verbs against a client made of bytes: what goes over the wire, what is printed, how it ends."""

import json
import unittest

from fixtures import Message, ServerCase, coap

DEVICE = (coap.SENML_JSON, b'[{"bn":"/3/0/","n":"0","vs":"Raspberry Pi Ltd"},{"n":"9","v":80}]')
# /3/0 in TLV: manufacturer "Acme", battery level 80, power sources 1 and 5.
DEVICE_TLV = bytes.fromhex("c40041636d65" "c10950" "8606" "410001" "410105")


def changed(_message):
    return Message(code=coap.code("2.04"))


class Operations(ServerCase):

    def setUp(self):
        self.device = self.client()
        self.name = self.device.endpoint

    @property
    def last(self):
        return self.device.requests[-1]

    def assert_fails(self, done, code, text):
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    # -- read

    def test_read_instance(self):
        self.device.values["/3/0"] = DEVICE
        done = self.server.ctl("read", self.name, "/3/0")
        self.assertEqual(done.stdout, "/3/0/0  Manufacturer   Raspberry Pi Ltd\n"
                                      "/3/0/9  Battery Level  80 %\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_read_asks_for_what_the_client_has(self):
        self.device.values["/3/0"] = DEVICE
        self.server.ctl("read", self.name, "/3/0")
        self.assertEqual(self.last.get(coap.ACCEPT), coap.SENML_CBOR)
        old = self.client("old", register=False)
        old.register(links="</3/0>", lwm2m="1.0")
        old.values["/3/0"] = (coap.TLV, DEVICE_TLV)
        answer, = self.server.ctl_json("read", "old", "/3/0")
        self.assertIsNone(old.requests[-1].get(coap.ACCEPT))
        self.assertEqual([v["path"] for v in answer["values"]], ["/3/0/0", "/3/0/9", "/3/0/6/0", "/3/0/6/1"])

    def test_read_every_format(self):
        bodies = {
            "text": (coap.TEXT, b"80"),
            "cbor": (coap.CBOR, bytes.fromhex("1850")),
            "tlv": (coap.TLV, bytes.fromhex("c10950")),
            "senml-json": (coap.SENML_JSON, b'[{"bn":"/3/0/9","v":80}]'),
            "senml-cbor": (coap.SENML_CBOR, bytes.fromhex("81a221" "66" + b"/3/0/9".hex() + "021850")),
            "lwm2m-json": (coap.LWM2M_JSON, b'{"bn":"/3/0/9","e":[{"v":80}]}'),
            "lwm2m-cbor": (coap.LWM2M_CBOR, bytes.fromhex("a103a100a1091850")),
        }
        for name, (number, body) in bodies.items():
            with self.subTest(name):
                self.device.values["/3/0/9"] = (number, body)
                answer, = self.server.ctl_json("read", self.name, "/3/0/9", "--format", name)
                self.assertEqual(self.last.get(coap.ACCEPT), number)
                self.assertEqual(answer["format"], name)
                self.assertEqual(answer["values"], [{"path": "/3/0/9", "name": "Battery Level",
                                                     "type": "integer", "value": 80, "unit": "%"}])

    def test_read_opaque(self):
        self.device.values["/3442/0/150"] = (coap.OPAQUE, b"\x00\xff")
        self.assertEqual(self.server.ctl("read", self.name, "/3442/0/150").stdout,
                         "/3442/0/150  Opaque Value  00ff\n")
        answer, = self.server.ctl_json("read", self.name, "/3442/0/150")
        self.assertEqual(answer["values"][0]["value"], "AP8=")
        path = self.server.folder / "opaque"
        self.assertEqual(self.server.ctl("read", self.name, "/3442/0/150", "--file", path).returncode, 0)
        self.assertEqual(path.read_bytes(), b"\x00\xff")

    def test_read_unknown_type(self):
        self.device.values["/33000/0/1"] = (coap.TEXT, b"7")
        answer, = self.server.ctl_json("read", self.name, "/33000/0/1", "--type", "integer")
        self.assertEqual(answer["values"][0]["value"], 7)
        self.assertNotIn("name", answer["values"][0])

    def test_read_keeps_the_terminal_safe(self):
        self.device.values["/3/0/0"] = (coap.TEXT, b"a\x1b[2Jb\nc")
        self.assertEqual(self.server.ctl("read", self.name, "/3/0/0").stdout,
                         "/3/0/0  Manufacturer  a\\x1b[2Jb\\nc\n")

    def test_numbers_are_short_and_exact(self):
        for text in ("21.3", "0.1", "1e-7", "0.30000000000000004"):
            self.device.values["/3303/0/5700"] = (coap.TEXT, text.encode())
            done = self.server.ctl("read", self.name, "/3303/0/5700", "--json")
            self.assertEqual(json.loads(done.stdout)["values"][0]["value"], float(text))
            if text == "21.3":
                self.assertIn('"value":21.3}', done.stdout)

    def test_unit_of_an_earlier_read(self):
        self.device.values["/3303/0"] = (coap.SENML_JSON, b'[{"bn":"/3303/0/","n":"5700","v":20},'
                                                          b'{"n":"5701","vs":"Cel"}]')
        self.device.values["/3303/0/5700"] = (coap.TEXT, b"21.5")
        self.assertEqual(self.server.ctl("read", self.name, "/3303/0/5700").stdout,
                         "/3303/0/5700  Sensor Value  21.5\n")
        self.server.ctl("read", self.name, "/3303/0")
        self.assertEqual(self.server.ctl("read", self.name, "/3303/0/5700").stdout,
                         "/3303/0/5700  Sensor Value  21.5 Cel\n")

    def test_read_garbage(self):
        self.device.values["/3/0"] = (coap.TLV, b"\xff\xff")
        self.assert_fails(self.server.ctl("read", self.name, "/3/0"), 1,
                          "cannot be read (tlv, 2 bytes): it is malformed")

    # -- write

    def test_write_resource(self):
        self.device.values["/3/0/15"] = changed
        self.assertEqual(self.server.ctl("write", self.name, "/3/0/15", "Europe/Berlin").stdout,
                         "/3/0/15  2.04 Changed\n")
        self.assertEqual((self.last.code, self.last.get(coap.CONTENT_FORMAT), self.last.payload),
                         (coap.PUT, coap.TEXT, b"Europe/Berlin"))

    def test_write_instance(self):
        self.device.values["/1/0"] = changed
        self.server.ctl("write", self.name, "/1/0", "1=300", "6=true", "7=U")
        self.assertEqual((self.last.code, self.last.get(coap.CONTENT_FORMAT), self.last.payload.hex()),
                         (coap.PUT, coap.TLV, "c201012c" "c10601" "c10755"))
        self.server.ctl("write", self.name, "/1/0", "1=300", "--update", "--format", "senml-json")
        self.assertEqual((self.last.code, self.last.get(coap.CONTENT_FORMAT)), (coap.POST, coap.SENML_JSON))
        self.assertEqual(json.loads(self.last.payload), [{"bn": "/1/0/", "n": "1", "v": 300}])

    def test_write_resource_instances(self):
        self.device.values["/3442/0/1120"] = changed
        self.server.ctl("write", self.name, "/3442/0/1120", "0=5", "7=-1", "--instances")
        self.assertEqual(self.last.payload.hex(), "a60460" "410005" "4107ff")

    def test_write_types(self):
        cases = [("/3/0/13", "2026-11-24T17:00:00Z", [], b"1795539600"), ("/3442/0/170", "3:0", [], b"3:0"),
                 ("/3442/0/150", "00ff", [], b"\x00\xff"), ("/33000/0/1", "1.5", ["--type", "float"], b"1.5"),
                 ("/3311/0/5850", "true", [], b"1")]
        for path, text, options, payload in cases:
            with self.subTest(path):
                self.device.values[path] = changed
                self.assertEqual(self.server.ctl("write", self.name, path, text, *options).returncode, 0)
                self.assertEqual(self.last.payload, payload)

    def test_write_file(self):
        path = self.server.folder / "package"
        path.write_bytes(bytes(range(256)))
        self.device.values["/5/0/0"] = changed
        self.assertEqual(self.server.ctl("write", self.name, "/5/0/0", "--file", path).returncode, 0)
        self.assertEqual((self.last.get(coap.CONTENT_FORMAT), self.last.payload),
                         (coap.OPAQUE, bytes(range(256))))
        self.assert_fails(self.server.ctl("write", self.name, "/5/0/0", "--file", "/nowhere/x"), 1,
                          "/nowhere/x")

    def test_wrong_values_are_usage_errors_and_send_nothing(self):
        before = len(self.device.requests)
        cases = [(["/3/0/9", "many"], '"many" is not of type integer'), (["/33000/0/1", "1"], "add --type"),
                 (["/3/0/4", "1"], "it is executed, not written"), (["/1/0", "300"], "RESOURCE=VALUE"),
                 (["/1/0"], "Nothing to write"), (["/3/0/15", "a", "b"], "one VALUE"),
                 (["/3442/0/125", "99999999999999999999"], "out of range"),
                 (["/1/0", "1=1", "--format", "text"], "cannot be sent as text")]
        for words, text in cases:
            with self.subTest(words):
                self.assert_fails(self.server.ctl("write", self.name, *words), 2, text)
        self.assertEqual(len(self.device.requests), before)

    # -- the others

    def test_exec(self):
        self.device.values["/3/0/4"] = changed
        self.assertEqual(self.server.ctl("exec", self.name, "/3/0/4").stdout, "/3/0/4  2.04 Changed\n")
        self.assertEqual((self.last.code, self.last.payload, self.last.get(coap.CONTENT_FORMAT)),
                         (coap.POST, b"", None))
        self.server.ctl("exec", self.name, "/3/0/4", "0='now',1")
        self.assertEqual((self.last.payload, self.last.get(coap.CONTENT_FORMAT)), (b"0='now',1", coap.TEXT))

    def test_create(self):
        def created(_message):
            answer = Message(code=coap.code("2.01"))
            return answer.add(coap.LOCATION_PATH, "3311").add(coap.LOCATION_PATH, "4")
        self.device.values["/3311"] = created
        self.assertEqual(self.server.ctl("create", self.name, "/3311", "5850=true").stdout,
                         "/3311/4  2.01 Created\n")
        self.assertEqual((self.last.code, self.last.path, self.last.payload.hex()),
                         (coap.POST, "/3311", "e116da01"))
        self.server.ctl("create", self.name, "/3311/4", "5850=true")
        self.assertEqual((self.last.path, self.last.payload.hex()), ("/3311", "0404" "e116da01"))
        self.server.ctl("create", self.name, "/3311/4")
        self.assertEqual(self.last.payload.hex(), "0004")
        self.server.ctl("create", self.name, "/3311/400")
        self.assertEqual(self.last.payload.hex(), "200190")
        self.server.ctl("create", self.name, "/3311")
        self.assertEqual(self.last.payload, b"")

    def test_delete(self):
        self.device.values["/3311/4"] = lambda message: Message(code=coap.code("2.02"))
        self.assertEqual(self.server.ctl("delete", self.name, "/3311/4").stdout, "/3311/4  2.02 Deleted\n")
        self.assertEqual(self.last.code, coap.DELETE)

    def test_attr(self):
        self.device.values["/3/0"] = changed
        self.assertEqual(self.server.ctl("attr", self.name, "/3/0", "pmin=10", "pmax").returncode, 0)
        self.assertEqual((self.last.code, self.last.query), (coap.PUT, {"pmin": "10", "pmax": None}))

    def test_discover(self):
        self.device.values["/3/0"] = (coap.LINKS, b'</3/0>;pmin=10,</3/0/0>,</3/0/11>;dim=2,</33000/0>')
        done = self.server.ctl("discover", self.name, "/3/0")
        self.assertEqual(self.last.get(coap.ACCEPT), coap.LINKS)
        self.assertEqual([line.split() for line in done.stdout.splitlines()],
                         [["/3/0", "pmin=10"], ["/3/0/0", "Manufacturer"],
                          ["/3/0/11", "Error", "Code", "dim=2"], ["/33000/0"]])
        answer, = self.server.ctl_json("discover", self.name, "/3/0")
        self.assertEqual(answer["links"][2],
                         {"path": "/3/0/11", "name": "Error Code", "attributes": {"dim": "2"}})

    def test_alternate_path(self):
        device = self.client("alternate", register=False)
        device.register(links='</lwm2m>;rt="oma.lwm2m";ct=110,</lwm2m/3/0>,</other>')
        device.values["/lwm2m/3/0/9"] = (coap.TEXT, b"80")
        self.assertEqual(self.server.ctl("read", "alternate", "/3/0/9").returncode, 0)
        self.assertIn("Device: /3/0", self.server.ctl("show", "alternate").stdout)

    def test_list_and_show(self):
        listed, = [c for c in self.server.ctl_json("list") if c["endpoint"] == self.name]
        self.assertEqual((listed["version"], listed["lifetime"], listed["address"]),
                         ("1.1", 60, f"127.0.0.1:{self.device.port}"))
        self.assertLessEqual(listed["left"], 60)
        shown, = self.server.ctl_json("show", self.name)
        self.assertEqual([(o["object"], o["instances"]) for o in shown["objects"]],
                         [(1, [0]), (3, [0]), (3303, [0])])
        self.assertEqual(shown["objects"][0]["version"], "1.1")

    # -- how things go wrong

    def test_codes_in_words(self):
        codes = {"4.00": "a value or argument is wrong", "4.01": "does not let this server read",
                 "4.04": "has no /3/0/9", "4.05": "does not allow read", "4.06": "try another --format",
                 "5.00": "did not read",
                 "5.03": "cannot answer"}
        for code, words in codes.items():
            with self.subTest(code):
                self.device.values["/3/0/9"] = lambda message, code=code: Message(code=coap.code(code))
                done = self.server.ctl("read", self.name, "/3/0/9")
                self.assert_fails(done, 1, words)
                self.assertIn(code + " ", done.stderr)
                done = self.server.ctl("read", self.name, "/3/0/9", "--json")
                self.assertEqual((done.returncode, json.loads(done.stdout)["code"]), (1, code))

    def test_silent_client(self):
        self.device.muted = True
        done = self.server.ctl("read", self.name, "/3/0", "--timeout", "1")
        self.assert_fails(done, 1, f"No answer from {self.name} within 1 s")

    def test_client_that_knows_nothing_of_us(self):
        self.device.values["/3/0"] = lambda message: None
        with self.subTest("reset"):
            original = self.device._answer_request
            self.device._answer_request = lambda message, address: Message(coap.RST, 0, message.mid).encode()
            self.assert_fails(self.server.ctl("read", self.name, "/3/0"), 1, "with a Reset")
            self.device._answer_request = original

    def test_separate_response(self):
        def separate(message):
            self.device.send_bytes(Message(coap.ACK, 0, message.mid).encode(), self.server.address)
            answer = Message(coap.CON, coap.code("2.05"), self.device.next_mid(), message.token)
            answer.payload = b"80"
            self.device.send_bytes(answer.encode(), self.server.address)
        self.device.values["/3/0/9"] = separate
        self.assertIn("80 %", self.server.ctl("read", self.name, "/3/0/9").stdout)

    def test_unknown_endpoint(self):
        self.assert_fails(self.server.ctl("read", "nobody", "/3"), 1, "nobody is not registered")

    def test_usage(self):
        for words in (["read"], ["read", self.name], ["read", self.name, "3"], ["exec", self.name, "/3/0"],
                      ["bogus"], ["read", self.name, "/3", "--count", "1"], ["list", "x"],
                      ["read", self.name, "/3", "--format", "xml"],
                      ["read", self.name, "/3", "--timeout", "0"], ["read", self.name, "/3", "--timeout"]):
            with self.subTest(words):
                self.assert_fails(self.server.ctl(*words), 2, "lwm2m-server: ")

    def test_help_fits_a_terminal(self):
        verbs = [line.split()[0] for line in self.server.ctl("--help").stdout.splitlines()[2:]]
        self.assertEqual(len(verbs), 13)
        for words in [["--help"], *[["ctl", verb, "--help"] for verb in verbs]]:
            done = self.server.run(*words)
            self.assertEqual(done.returncode, 0, words)
            for line in done.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_no_server(self):
        done = self.server.run("--data-dir", self.server.folder / "none", "ctl", "list")
        self.assertEqual(done.returncode, 3)
        self.assertIn("No server runs", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
