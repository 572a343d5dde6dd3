# SPDX-License-Identifier: Apache-2.0
"""Formats that only one version of LwM2M has: the JSON of 1.0 and LwM2M CBOR of 1.2. Raw peer, since Leshan has neither for
these versions; JSON and CBOR are made and read by Python here."""

import base64
import json
import re
import struct

import case
import coap
from case import OBJECT, RawCase
from coap import LWM2M_CBOR, LWM2M_JSON, POST, PUT, TEXT, TLV

INSTANCE = f"/{OBJECT}/0"

# Resources of the test object, one of each type.
STRING, INTEGER, UNSIGNED, FLOAT, BOOLEAN, OPAQUE, TIME, LINK, CORELNK = 110, 120, 125, 130, 140, 150, 160, 170, 180
INTEGERS = 1120


class Array(tuple):
    """A key of LwM2M CBOR that is several ids at once."""


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for code, form in enumerate((">B", ">H", ">I", ">Q"), 24):
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError(number)


def dump(item):
    """CBOR of what LwM2M has."""
    if item is None:
        return b"\xf6"
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, float):
        return b"\xfb" + struct.pack(">d", item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, Array):
        return head(4, len(item)) + b"".join(map(dump, item))
    return head(5, len(item)) + b"".join(dump(key) + dump(value) for key, value in item.items())


def take(data):
    """One item and what follows it."""
    major, code, rest = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7 and code in (20, 21):
        return code == 21, rest
    if major == 7:
        form = {25: ">e", 26: ">f", 27: ">d"}[code]
        size = struct.calcsize(form)
        return struct.unpack(form, rest[:size])[0], rest[size:]
    size = 1 << code - 24 if code >= 24 else 0
    number, rest = int.from_bytes(rest[:size], "big") if size else code, rest[size:]
    if major in (0, 1):
        return number if major == 0 else -1 - number, rest
    if major in (2, 3):
        value = rest[:number]
        return value if major == 2 else value.decode(), rest[number:]
    assert major == 5, data.hex()
    items = {}
    for _ in range(number):
        key, rest = take(rest)
        assert key not in items, f"key {key} twice"
        items[key], rest = take(rest)
    return items, rest


def load(data):
    item, rest = take(data)
    assert rest == b"", rest
    return item


class FormatCase(RawCase):
    """A subclass speaks FORMAT: put() writes values, get() reads them, parse() is what get() does with a payload."""

    # A value of each type, and what it is as plain text, which is another codec of the agent.
    VALUES = {STRING: ('a "ü" \n€', 'a "ü" \n€'), INTEGER: (-(1 << 63), "-9223372036854775808"), FLOAT: (-273.15, "-273.15"),
              UNSIGNED: ((1 << 63) - 1, "9223372036854775807"), BOOLEAN: (False, "0"), OPAQUE: (b"\x00\xfb\xff", "APv/"),
              TIME: (1367491215, "1367491215"), LINK: ("3:0", "3:0"), CORELNK: ("</3/0>;pmin=1", "</3/0>;pmin=1")}

    def text(self, resource):
        return self.assert_code(self.read(f"{INSTANCE}/{resource}", TEXT), "2.05").payload.decode()

    def get(self, path):
        answer = self.assert_code(self.read(path, self.FORMAT), "2.05")
        self.assertEqual(answer.get(coap.CONTENT_FORMAT), self.FORMAT)
        return self.parse(answer.payload)

    def check_offered(self, *formats):
        self.assertEqual(re.search(r'ct="([0-9 ]+)"', self.client.links[0]).group(1).split(), list(formats))

    def check_types(self):
        for resource, (value, text) in self.VALUES.items():
            with self.subTest(resource=resource):
                self.assert_code(self.put(f"{INSTANCE}/{resource}", {resource: value}), "2.04")
                self.assertEqual(self.text(resource), text)
                self.assertEqual(self.get(f"{INSTANCE}/{resource}"), {resource: value})
        self.assert_code(self.put(INSTANCE, {key: value for key, (value, _) in self.VALUES.items()}, POST), "2.04")
        whole = self.get(INSTANCE)
        for resource, (value, _) in self.VALUES.items():
            self.assertEqual(whole[resource], value)

    def check_not_offered(self, *formats):
        before = self.text(INTEGER)
        for format in formats:
            with self.subTest(format=format):
                self.assert_code(self.read(INSTANCE, format), "4.06")
                self.assert_code(self.write(INSTANCE, b"", format, POST), "4.15")
                self.assert_code(self.write(f"{INSTANCE}/{INTEGER}", b"1", format), "4.15")
        self.assertEqual(self.text(INTEGER), before)

    def check_notification(self):
        """Notifications have the format that the Observe request asked for."""
        path = f"{INSTANCE}/{INTEGER}"
        self.assert_code(self.put(path, {INTEGER: 1}), "2.04")
        answer = self.assert_code(self.server.observe(self.client, path, self.FORMAT), "2.05")
        since = self.server.mark()
        self.assert_code(self.put(path, {INTEGER: 4711}), "2.04")
        notification = self.server.wait_notification(answer.token, since=since).message
        self.assertEqual(notification.get(coap.CONTENT_FORMAT), self.FORMAT)
        self.assertEqual(self.parse(notification.payload), {INTEGER: 4711})

    def check_refused(self, resource, *payloads):
        path = f"{INSTANCE}/{resource}"
        self.assert_code(self.put(path, {resource: 5}), "2.04")
        for payload in payloads:
            with self.subTest(payload=payload[:60]):
                self.assert_code(self.write(path, payload, self.FORMAT), "4.00")
                self.assertEqual(self.text(resource), "5")


class TestLwm2mJson(FormatCase):
    KEYS = {"version": "1.0"}
    FORMAT = LWM2M_JSON

    def parse(self, payload):
        tree, found = json.loads(payload), {}
        for entry in tree["e"]:
            path = tree["bn"] + entry.get("n", "")
            self.assertTrue(path.startswith(INSTANCE + "/"), tree)
            ids = [int(i) for i in path.split("/")[3:]]
            value = next(entry[member] for member in ("v", "sv", "bv", "ov") if member in entry)
            if ids[0] == OPAQUE:
                value = base64.b64decode(value, validate=True)
            if len(ids) == 1:
                found[ids[0]] = value
            else:
                found.setdefault(ids[0], {})[ids[1]] = value
        return found

    @staticmethod
    def entry(resource, value):
        if resource == LINK:
            return {"n": str(resource), "ov": value}
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        member = "sv" if isinstance(value, str) else "bv" if isinstance(value, bool) else "v"
        return {"n": str(resource), member: value}

    def put(self, path, values, method=PUT):
        tree = {"bn": INSTANCE + "/", "e": [self.entry(*item) for item in values.items()]}
        return self.write(path, json.dumps(tree).encode(), LWM2M_JSON, method)

    def test_offered(self):
        self.check_offered("60", "110", "112", "11542", "11543")
        self.check_not_offered(LWM2M_CBOR, 320, 322, 11545)

    def test_types(self):
        self.check_types()

    def test_default_is_tlv(self):
        self.assertEqual(self.read(INSTANCE).get(coap.CONTENT_FORMAT), TLV)

    def test_multiple_resource(self):
        path = f"{INSTANCE}/{INTEGERS}"
        self.assert_code(self.write(path, b'{"e":[{"n":"3","v":30},{"n":"7","v":-70}]}', LWM2M_JSON), "2.04")
        self.assertEqual(self.get(path), {INTEGERS: {3: 30, 7: -70}})
        self.assert_code(self.write(path, b'{"bn":"%s/","e":[{"n":"1","v":1}]}' % path.encode(), LWM2M_JSON), "2.04")
        self.assertEqual(self.get(path), {INTEGERS: {1: 1}})
        self.assertEqual(self.get(path + "/1"), {INTEGERS: {1: 1}})

    def test_notification(self):
        self.check_notification()

    def test_refused(self):
        """jansson reads no integer past 2^63 - 1: refused, not rounded."""
        self.check_refused(UNSIGNED, b"", b"{}", b"[]", b'{"e":5}', b'{"e":[{"v":9223372036854775808}]}', b'{"e":[{"v":-1}]}',
                           b'{"e":[{"sv":"6"}]}', b'{"e":[{"v":6},{"v":6}]}', b'{"bn":"/1/0/1","e":[{"v":6}]}',
                           b'{"e":[{"n":"1","v":6}]}', b'{"e":[{"v":6}]', b"[" * 600, b'{"e":' * 200)


class TestLwm2mCbor(FormatCase):
    KEYS = {"version": "1.2"}
    FORMAT = LWM2M_CBOR

    @staticmethod
    def parse(payload):
        return load(payload)[OBJECT][0]

    def put(self, path, values, method=PUT):
        return self.write(path, dump({OBJECT: {0: values}}), LWM2M_CBOR, method)

    def test_offered(self):
        self.check_offered("60", "110", "112", "11542", "11544")
        self.check_not_offered(LWM2M_JSON, 320, 322, 11545)

    def test_types(self):
        self.check_types()
        self.assert_code(self.put(f"{INSTANCE}/{UNSIGNED}", {UNSIGNED: (1 << 64) - 1}), "2.04")
        self.assertEqual(self.get(f"{INSTANCE}/{UNSIGNED}"), {UNSIGNED: (1 << 64) - 1})

    def test_multiple_resource(self):
        path = f"{INSTANCE}/{INTEGERS}"
        self.assert_code(self.put(path, {INTEGERS: {3: 30, 7: -70}}), "2.04")
        self.assertEqual(self.get(path), {INTEGERS: {3: 30, 7: -70}})
        self.assert_code(self.put(path, {INTEGERS: {1: 1}}), "2.04")
        self.assertEqual(self.get(path), {INTEGERS: {1: 1}})
        self.assertEqual(self.get(path + "/1"), {INTEGERS: {1: 1}})
        self.assert_code(self.put(path, {INTEGERS: {}}), "2.04")
        self.assertEqual(load(self.read(path, LWM2M_CBOR).payload), {})

    def test_keys(self):
        """Arrays of ids and indefinite lengths say the same."""
        spellings = (
            lambda value: dump({Array((OBJECT, 0, INTEGER)): value}),
            lambda value: dump({Array((OBJECT, 0)): {INTEGER: value}}),
            lambda value: dump({OBJECT: {Array((0, INTEGER)): value}}),
            lambda value: b"\xbf" + dump(OBJECT) + b"\xbf\x00\xbf" + dump(INTEGER) + dump(value) + b"\xff\xff\xff",
            lambda value: b"\xbf\x9f" + dump(OBJECT) + b"\x00\xff\xbf" + dump(INTEGER) + dump(value) + b"\xff\xff")
        for value, spell in enumerate(spellings, 100):
            self.assert_code(self.write(f"{INSTANCE}/{INTEGER}", spell(value), LWM2M_CBOR), "2.04")
            self.assertEqual(self.text(INTEGER), str(value))

    def test_notification(self):
        self.check_notification()

    def test_refused(self):
        one, good = dump(INTEGER) + dump(6), dump({OBJECT: {0: {INTEGER: 6}}})
        self.check_refused(
            INTEGER, b"", b"\xa0", b"\xff", b"\x80", dump(6), dump({INTEGER: 6}), dump({OBJECT: {1: {INTEGER: 6}}}),
            dump({OBJECT: {0: {INTEGER: "6"}}}), dump({OBJECT: {0: 6}}), dump({OBJECT: {0: {INTEGER: {0: 6}}}}),
            b"\xa1" + dump(OBJECT) + b"\xa1\x00\xa2" + one + one, good + b"\x00", good[:-1],
            b"\xa1" + dump(OBJECT) + b"\xa2\x00\xa1" + one + b"\x00\xa1" + one,
            b"\xbb" + b"\xff" * 8 + one, b"\xa1\x9b" + b"\xff" * 8, b"\xbf" * 900, b"\xa1\x00" * 400)


class TestNeither(FormatCase):
    """1.1 has neither."""

    KEYS = {"version": "1.1"}

    def test_offered(self):
        self.check_offered("60", "110", "112", "11542")
        self.check_not_offered(LWM2M_JSON, LWM2M_CBOR, 320, 322)


if __name__ == "__main__":
    case.main()
