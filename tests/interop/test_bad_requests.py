# SPDX-License-Identifier: Apache-2.0
"""Requests that are wrong in every way: the right code, nothing changed, and the agent goes on. Raw peer."""

import random

import case
import coap
from case import RawCase
from coap import CBOR, DELETE, FETCH, GET, IPATCH, OPAQUE, PATCH, POST, PUT, SENML_CBOR, SENML_JSON, TEXT, TLV

LIFETIME, BINDING, TRIGGER, SHORT_ID = "/1/0/1", "/1/0/7", "/1/0/8", "/1/0/0"


class Unchanged(RawCase):
    """After each request the server's account is what it was, and no Update says otherwise."""

    PLUGINS = []

    def account(self):
        answer = self.read("/1/0", SENML_CBOR)
        self.assert_code(answer, "2.05")
        return answer.payload

    def setUp(self):
        super().setUp()
        self.before, self.since = self.account(), self.server.mark()

    def tearDown(self):
        self.assertEqual(self.account(), self.before)
        self.assertEqual(self.server.received(lambda r: r.message.path.startswith("/rd"), since=self.since), [])
        self.agent.assert_running()

    def check(self, code, method, path, **parts):
        with self.subTest(method=method, path=path, **parts):
            self.assert_code(self.request(method, path, **parts), code)
            self.assertEqual(self.account(), self.before)

    def check_write(self, code, format, *payloads, path=LIFETIME, method=PUT):
        for payload in payloads:
            self.check(code, method, path, format=format, payload=payload)


class TestPaths(Unchanged):
    def test_not_a_path(self):
        for path in ("/abc", "/3/x", "/03", "/3/00", "/-3", "/+3", "/3 ", "/65535", "/65536", "/99999999999999999999",
                     "/3/0/0/0/0", "/3/0/0/0/0/0", "/\u0663", "/.well-known/core", "/rd", "/bs", "/%33"):
            self.check("4.05", GET, path)
            self.check("4.05", PUT, path, format=TEXT, payload=b"1")

    def test_segments_not_to_be_written_in_a_url(self):
        for segments in ([b""], [b"", b"3"], [b"3", b"", b"0"], [b"3/0"], [b"3", b"0", b""], [b"3\0"], [b"\xff"],
                         [b"3"] * 60, [b"1" * 255], [b"3"] + [b""] * 200):
            message = coap.Message(coap.CON, GET)
            for segment in segments:
                message.add(coap.URI_PATH, segment)
            with self.subTest(segments=segments):
                answer = self.server.ask(message, self.client.address)
                # A trailing slash is an empty segment: as good as none.
                self.assertIn(answer.status, ("4.05", "2.05") if segments[-1:] == [b""] else ("4.05",), answer)

    def test_nothing_there(self):
        for path in ("/9999", "/9999/0", "/1/9", "/1/65534", "/3/1", "/3/1/0", "/3/0/999", "/1/0/99/0", "/1/0/1/0",
                     "/3/0/11/77"):
            self.check("4.04", GET, path)
            self.check("4.04", PUT, path, query="pmin=1")
        for path in ("/1/9/1", "/1/0/99", "/3/1/14"):
            self.check("4.04", PUT, path, format=TEXT, payload=b"1")
            self.check("4.04", POST, path)

    def test_hidden(self):
        for path in ("/0", "/0/0", "/0/0/5", "/0/7", "/21", "/21/0", "/23"):
            for method in (GET, PUT, POST, DELETE):
                self.check("4.01", method, path)


class TestMethods(Unchanged):
    def test_not_allowed(self):
        for method, path in ((GET, "/"), (PUT, "/"), (POST, "/"), (DELETE, "/"), (PUT, "/1"), (POST, "/3"),
                             (POST, "/1"), (DELETE, "/3"), (DELETE, "/1"), (DELETE, "/1/0"), (DELETE, "/3/0"),
                             (DELETE, LIFETIME),
                             (GET, TRIGGER), (PUT, TRIGGER), (PUT, SHORT_ID), (PUT, "/3/0/0"), (POST, LIFETIME),
                             (POST, "/3/0/11"), (PUT, "/3/0/11"), (DELETE, "/3/0/11/0"), (POST, "/3/0/11/0")):
            self.check("4.05", method, path)

    def test_unknown_methods(self):
        for path in ("/", "/1/0", LIFETIME):
            for method in (FETCH, PATCH, IPATCH):  # composite operations are asked of "/", and name at least one path
                code = "4.00" if path == "/" and method != PATCH else "4.05"
                self.check(code, method, path, format=SENML_CBOR, payload=b"\x80")
            for method in (8, 31):  # libcoap does not hand these on
                self.check("4.04", method, path)

    def test_discover_too_deep(self):
        self.check("4.05", GET, "/3/0/11/0", accept=coap.LINKS)
        self.check("4.05", GET, "/", accept=coap.LINKS)


class TestOptions(Unchanged):
    def check_options(self, code, *options, method=GET, path=LIFETIME, payload=b""):
        message = coap.request(method, path, payload=payload)
        for number, value in options:
            message.add(number, value)
        with self.subTest(options=options):
            self.assert_code(self.server.ask(message, self.client.address), code)

    def test_unknown(self):
        """Odd numbers are critical: RFC 7252, 5.4.1."""
        self.check_options("4.02", (9, b"x"))  # OSCORE
        self.check_options("4.02", (2049, b""))
        self.check_options("4.02", (65001, b"123"))
        self.check_options("2.05", (2048, b"x"))
        self.check_options("2.05", (65000, b"x" * 300))

    def test_not_supported(self):
        self.check_options("4.02", (coap.IF_MATCH, b""))
        self.check_options("4.02", (5, b""))  # If-None-Match
        self.check_options("5.05", (coap.PROXY_URI, "coap://example.com/3"))

    def test_repeated(self):
        self.check_options("4.02", (coap.ACCEPT, TEXT), (coap.ACCEPT, CBOR))
        self.check_options("4.02", (coap.BLOCK2, coap.Block(0, False)), (coap.BLOCK2, coap.Block(1, False)))

    def test_lengths(self):
        """A message with a value that is too long for its option is rejected by libcoap: RST."""
        self.check_options("0.00", (coap.ACCEPT, bytes(5)))
        self.check_options("0.00", (coap.URI_PATH, b"1" * 256), path="/")
        self.check_options("0.00", (coap.URI_QUERY, b""), method=PUT)
        self.check_options("0.00", (coap.BLOCK2, bytes(4)))

    def test_format_not_acceptable(self):
        for accept in (1, 41, 50, 11543, 11544, 65535):
            self.check("4.06", GET, LIFETIME, accept=accept)
        for accept in (TEXT, OPAQUE, CBOR):
            for path in ("/3", "/3/0", "/3/0/11"):
                self.check("4.06", GET, path, accept=accept)
        self.check("4.06", GET, LIFETIME, accept=OPAQUE)

    def test_format_not_supported(self):
        for format in (1, 41, 50, 11543, 11544, 65535):
            self.check_write("4.15", format, b"90")

    def test_blocks(self):
        self.check_options("4.00", (coap.BLOCK2, coap.Block(0, False, 7)))
        self.check_options("4.00", (coap.BLOCK2, coap.Block(5, False, 6)))  # past the end
        self.check_options("4.00", (coap.BLOCK1, coap.Block(0, False, 7)), method=PUT, payload=b"90")
        self.check_options("4.00", (coap.BLOCK1, coap.Block(0, True, 0)), method=PUT, payload=b"short")
        self.check_options("4.08", (coap.BLOCK1, coap.Block(3, False, 0)), method=PUT, payload=b"90")
        self.check_options("4.08", (coap.BLOCK1, coap.Block(1, True, 0)), method=PUT, payload=b"9" * 16)

    def test_body_too_large(self):
        """More than any resource takes: refused on the way, and what came so far is given up."""
        part = b"9" * 1024
        for number in range(2000):
            message = coap.request(PUT, LIFETIME, format=TEXT, payload=part)
            answer = self.server.ask(message.add(coap.BLOCK1, coap.Block(number, True)), self.client.address)
            if answer.status != "2.31":
                break
        self.assertEqual(answer.status, "4.13")
        self.agent.wait_log("main asked for more than it may have: body")


class TestPayloads(Unchanged):
    def test_text(self):
        self.check_write("4.00", TEXT, b"", b"abc", b"1.5", b"1e3", b" 90", b"90 ", b"+90", b"0x5a", b"90\0", b"--90",
                         b"\xff", b"-1", b"4294967296", b"9223372036854775808", b"9" * 400)
        self.check_write("4.00", TEXT, b"X", b"", b"UX", b"U\0", b"U" * 500, b"\xc3(", path=BINDING)
        self.check_write("4.00", TEXT, b"2", b"true", b"", path="/1/0/6")

    def test_wrong_kind_of_format(self):
        self.check_write("4.00", OPAQUE, b"90")
        for format in (TEXT, OPAQUE, CBOR):
            self.check_write("4.00", format, b"\x18\x5a", path="/1/0")

    def test_cbor(self):
        self.check_write("4.00", CBOR, b"", b"\xff", b"\x18", b"\x1b\x00", b"\x18\x5a\x00", b"\x80", b"\xa0",
                         b"\x81\x18\x5a",
                         b"\x62\x39\x30", b"\x42\x39\x30", b"\xf6", b"\xf7", b"\xf5", b"\x1c", b"\x5f", b"\x9f\xff",
                         b"\xbf\xff", b"\x20", b"\x1a\xff\xff\xff\xff\xff", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
                         b"\xc2\x41\x5a", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd8" * 600, b"\x81" * 600)

    def test_tlv(self):
        self.check_write("4.00", TLV, b"\xc1", b"\xc1\x01", b"\xc8\x01", b"\xc8\x01\x05\x5a", b"\xff" * 8,
                         b"\xc3\x01\x00\x00\x5a", b"\xc0\x01", b"\xc1\x02\x5a", b"\x81\x01\x5a",
                         b"\x83\x01\x41\x00\x5a",
                         b"\x41\x00\x5a", b"\xd8\x01\xff\xff\xff\x5a", b"\x03\x07\xc1\x01\x5a", b"\xc1\x01\x5a\xc1",
                         b"\xc1\x01\xff", b"\xe1\xff\xff\x5a", b"")
        self.check_write("4.00", TLV, b"\xc1\x01\x5a\xc1\x07X", b"\xc1\x01\x5a\xc8", b"\x03\x01\xc1\x01\x5a",
                         path="/1/0", method=POST)
        self.check_write("4.04", TLV, b"\xc1\x01\x5a\xc1\x63\x01", path="/1/0", method=POST)
        self.check_write("4.05", TLV, b"\xc1\x01\x5a\xc1\x00\x07", path="/1/0", method=POST)

    def test_senml_json(self):
        self.check_write("4.00", SENML_JSON, b"", b"{", b"[", b"[]", b"{}", b"[{}]", b"null", b"90", b'[{"v":90}]',
                         b'[{"n":"/1/0/1","v":"90"}]', b'[{"n":"/1/0/1","vs":"90"}]', b'[{"n":"/1/0/1","vb":true}]',
                         b'[{"n":"/1/0/1"}]', b'[{"n":"/1/0/1","v":90,"vs":"x"}]', b'[{"n":"/1/0/2","v":90}]',
                         b'[{"n":"/3/0/1","v":90}]', b'[{"n":"1/0/1","v":90}]', b'[{"n":"/1/0/1","v":90.5}]',
                         b'[{"n":"/1/0/1","v":1e400}]', b'[{"n":"/1/0/1","v":NaN}]', b'[{"n":"/1/0/1","v":-1}]',
                         b'[{"n":"/1/0/1","v":90}', b'[{"n":"/1/0/1","v":90}]]', b'[{"n":"\xff/1/0/1","v":90}]',
                         b'[{"bn":"/1/0/","n":5,"v":90}]', b'[{"bn":"/1/0/1/","n":"0","v":90}]', b"[" * 600,
                         b'[{"n":"' + b"/" * 900 + b'","v":90}]', b'[{"n":"/1/0/1","v":' + b"9" * 900 + b"}]")
        self.check_write("4.00", SENML_JSON, b'[{"bn":"/1/0/","n":"1","v":90},{"n":"7","vs":"X"}]',
                         b'[{"bn":"/1/0/","n":"1","v":90},{"bn":"/3/0/","n":"14","vs":"+01:00"}]',
                         path="/1/0", method=POST)

    def test_senml_cbor(self):
        record = b"\xa2\x00\x66/1/0/1\x02\x18\x5a"
        self.check_write("4.00", SENML_CBOR, b"", b"\xff", b"\x80", b"\xa0", b"\x81", b"\x81\xa0",
                         b"\x82" + record, record,
                         b"\x81" + record + b"\x00", b"\x81" + record[:-1], b"\x81\xa1\x00\x66/1/0/1",
                         b"\x81\xa2\x00\x66/1/0/1\x03\x62\x39\x30", b"\x81\xa2\x00\x66/1/0/2\x02\x18\x5a",
                         b"\x81\xa3\x00\x66/1/0/1\x02\x18\x5a\x04\xf5", b"\x81\xa2\x00\x18\x5a\x02\x18\x5a",
                         b"\x9a\xff\xff\xff\xff", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + record,
                         b"\x81\xba\xff\xff\xff\xff",
                         b"\x81\xa2\x00\x7b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x81" * 900, b"\x9f" * 900)

    def test_all_or_nothing(self):
        """One wrong value of several, whichever it is."""
        good = [b'{"n":"1","v":91}', b'{"n":"5","v":7}', b'{"n":"2","v":3}']
        for bad, code in ((b'{"n":"7","vs":"X"}', "4.00"), (b'{"n":"0","v":5}', "4.05"), (b'{"n":"99","v":5}', "4.04")):
            for place in range(4):
                records = good[:place] + [bad] + good[place:]
                payload = b'[{"bn":"/1/0/"},' + b",".join(records) + b"]"
                self.check_write(code, SENML_JSON, payload, path="/1/0", method=POST)

    def test_arguments(self):
        self.check_write("4.00", TEXT, b"a", b"10", b"0,", b",0", b"0,0", b"0=", b"0='", b"0=1", b"0='a'b",
                         b"0='a',", b"0 ",
                         b"\xff", b"0" * 500, path=TRIGGER, method=POST)
        self.check_write("4.15", CBOR, b"\x00", path=TRIGGER, method=POST)

    def test_attributes(self):
        for query in ("pmin=-1",), ("pmin=",), ("pmin=x",), ("pmin=1", "pmin=2"), ("pmin=4294967296",), \
                ("unknown=1",), ("pmin=1&pmax=",), ("=1",), ("pmin=1", "nonsense"), ("pmin=1.5",):
            self.check("4.00", PUT, LIFETIME, query=query)
        links = self.read("/1/0", coap.LINKS).payload.decode()
        self.assertNotIn("pmin", links)


class TestMessages(Unchanged):
    """Datagrams that are no messages, or none that means anything: RFC 7252, 4.2 and 4.3."""

    def check_reset(self, message):
        answer = self.server.ask(message, self.client.address)
        self.assertEqual((answer.type, answer.code, answer.mid), (coap.RST, 0, message.mid))

    def test_ping(self):
        """libcoap answers four a second: the second one may have to be sent again."""
        for _ in range(2):
            self.check_reset(coap.Message(coap.CON, 0))

    def test_response_nobody_asked_for(self):
        self.check_reset(coap.Message(coap.CON, coap.code("2.05"), token=b"token", payload=b"x"))

    def test_format_errors(self):
        """Rejected or ignored, at the receiver's choice."""
        head = bytes([0x41, GET, 0x20, 0, 0xaa])
        for number, data in enumerate((
                b"", b"\x40", b"\x40\x01", b"\x40\x01\x20", bytes([0x49, GET, 0x20, 1]) + bytes(9),
                bytes([0x4f, GET, 0x20, 2]) + bytes(20), bytes([0x48, GET, 0x20, 3]) + bytes(3),
                bytes([0x01, GET, 0x20, 4]), bytes([0x81, GET, 0x20, 5, 1]), bytes([0xc1, GET, 0x20, 6, 1]),
                bytes([0x41, 0, 0x20, 7, 1]), head + b"\xff", head + b"\xb5\x31", head + b"\xf0", head + b"\x0f",
                head + b"\xdf", head + b"\xe1\x00", head + b"\xbd\xff1", head + b"\xbe\xff\xff1",
                bytes([0x41, 0x20, 0x20, 8, 1]), bytes([0x41, 0xe1, 0x20, 9, 1]), bytes([0x60, 0, 0x20, 10, 1, 2, 3]))):
            with self.subTest(data=data.hex()):
                since = self.server.mark()
                self.server.send_bytes(data, self.client.address)
                # Whatever comes back comes before the answer to this.
                self.assert_code(self.read(LIFETIME), "2.05")
                answers = self.server.received(lambda r: r.message.is_response and r.message.mid >> 8 == 0x20, since)
                self.assertEqual(answers, [])

    def test_duplicates(self):
        """The same message again is the same answer again, and is not carried out again."""
        message = coap.request(PUT, "/1/0/5", format=TEXT, payload=b"17")
        message.mid, message.token = self.server.next_mid(), b"once"
        first = self.server.ask_bytes(message.encode(), self.client.address)
        self.assert_code(first, "2.04")
        self.assert_code(self.write("/1/0/5", b"86400"), "2.04")
        for _ in range(3):
            since = self.server.mark()
            self.server.send_bytes(message.encode(), self.client.address)
            again = self.server.expect(lambda r: r.message.mid == message.mid, since=since).message
            self.assertEqual(again.encode(), first.encode())
        self.assertEqual(self.read("/1/0/5").payload, b"86400")

    def test_noise(self):
        """Requests with some bytes changed, seeded: nothing is promised but that the agent goes on."""
        noise = random.Random(3442)
        requests = [coap.request(GET, "/3/0/11/0", accept=SENML_JSON), coap.request(GET, "/1/0", accept=coap.LINKS),
                    coap.request(GET, "/3").add(coap.BLOCK2, coap.Block(1, False, 2)),
                    coap.request(PUT, "/3/0/14", format=TEXT, payload=b"+01:00"),
                    coap.request(PUT, "/3/0/14", format=SENML_CBOR, payload=b"\x81\xa2\x00\x67/3/0/14\x03\x66+01:00"),
                    coap.request(PUT, "/3/0/14", format=TLV, payload=b"\xc6\x0e+01:00")]
        for round_ in range(40):
            for request in requests:
                request.mid, request.token = self.server.next_mid(), b"noise"
                data = bytearray(request.encode())
                for _ in range(noise.randint(1, 4)):
                    data[noise.randrange(4, len(data))] = noise.randrange(256)
                if b"\x11" in data[4:12]:  # not the server's own account
                    continue
                self.server.send_bytes(bytes(data), self.client.address)
            self.assert_code(self.read(LIFETIME), "2.05")
        self.assert_code(self.request(PUT, "/3/0/14", format=TEXT, payload=b"+00:00"), "2.04")


class TestMachine(Unchanged):
    """The agents of these tests have no bus: nobody is there to restart the machine or to set its time zone."""

    def test_refused_with_the_reason(self):
        zone = self.read("/3/0/15", TEXT)
        for request, said in (((POST, "/3/0/4"), "Cannot restart this machine: there is no systemd-logind on D-Bus"),
                              ((PUT, "/3/0/15"), "Cannot set the time zone: there is no systemd-timedated on D-Bus")):
            before = self.agent.count_log(said)
            self.assert_code(self.request(*request, payload=b"" if request[0] == POST else b"Asia/Tokyo"), "5.01")
            self.agent.wait_log(said, count=before + 1)
        for wrong in b"", b"../../etc/passwd", b"Mars Phobos":
            self.assert_code(self.request(PUT, "/3/0/15", format=TEXT, payload=wrong), "4.00")
        self.assertEqual(self.read("/3/0/15", TEXT).payload, zone.payload)


if __name__ == "__main__":
    case.main()
