# SPDX-License-Identifier: Apache-2.0
"""Attributes of LwM2M 1.2, with Observe and with Discover; SenML-ETCH. Leshan has none of it: raw peer."""

import json
import re
import time

import case
import coap
from case import OBJECT, RawCase
from coap import CON, DELETE, FETCH, GET, IPATCH, LINKS, NON, PUT, TEXT
from test_formats import Array, dump

INSTANCE = f"/{OBJECT}/0"
NUMBER, FLAG, NUMBERS = f"{INSTANCE}/130", f"{INSTANCE}/140", f"{INSTANCE}/1120"
ETCH_JSON, ETCH_CBOR = 320, 322

EARLY_S = 0.02  # what the clocks of two processes may differ in
LATE_S = 2.0    # a busy machine is no fault


class NewCase(RawCase):
    KEYS = {"version": "1.2"}

    def set(self, path, value):
        self.assert_code(self.write(path, str(value).encode()), "2.04")

    def attributes(self, path, *query):
        """Sets them for the time of the test."""
        self.assert_code(self.request(PUT, path, query=query), "2.04")
        self.addCleanup(self.request, PUT, path, query=[part.partition("=")[0] for part in query])

    def observe(self, path, query=()):
        """Returns the token; the observation ends with the test."""
        self.since = self.server.mark()
        answer = self.request(GET, path, accept=TEXT, observe=0, query=query)
        self.assert_code(answer, "2.05")
        self.assertIsNotNone(answer.get(coap.OBSERVE))
        cancel = coap.request(GET, path, observe=1)
        cancel.token = answer.token
        self.addCleanup(lambda: self.server.ask(cancel, self.client.address))
        return answer.token

    def told(self, token):
        """Values so far, in their order, the answer to the Observe left out."""
        return [float(r.message.payload) for r in self.server.received(
            lambda r: r.message.token == token and r.message.get(coap.OBSERVE) is not None, self.since)][1:]

    def play(self, path, token, *values):
        """Writes them, (value, is it told?); the last one has to be told. Waits for those that are."""
        expected = []
        for value, is_told in values:
            self.set(path, value)
            if is_told:
                expected.append(value)
                self.server.expect(lambda r: len(self.told(token)) >= len(expected), since=self.since,
                                   what=f"notification of {value}")
            else:
                self.assertEqual(float(self.read(path, TEXT).payload), value)
        self.assertEqual(self.told(token), expected)

    def links(self, path, *query):
        return self.request(GET, path, accept=LINKS, query=query).payload.decode().split(",")


class TestConditions(NewCase):
    def test_gt(self):
        self.set(NUMBER, 1)
        self.attributes(NUMBER, "gt=10")
        self.play(NUMBER, self.observe(NUMBER), (9, False), (11, True), (20, False), (10, True), (11, True))

    def test_lt(self):
        self.set(NUMBER, 7)
        self.attributes(NUMBER, "lt=5")
        self.play(NUMBER, self.observe(NUMBER), (6, False), (4, True), (1, False), (5, True), (4, True))

    def test_st_is_from_what_was_told(self):
        self.set(NUMBER, 10)
        self.attributes(NUMBER, "st=2")
        self.play(NUMBER, self.observe(NUMBER), (11, False), (11.5, False), (12, True), (11, False), (9.5, True))

    def test_edge(self):
        self.set(FLAG, 1)
        self.attributes(FLAG, "edge=1")
        self.play(FLAG, self.observe(FLAG), (0, False), (1, True), (0, False), (1, True))

    def test_falling_edge(self):
        self.set(FLAG, 1)
        self.attributes(FLAG, "edge=0")
        self.play(FLAG, self.observe(FLAG), (0, True), (1, False), (0, True))

    def test_epmin(self):
        """How soon after it was looked at the value is looked at again: what was in between was never seen."""
        self.attributes(NUMBER, "st=1", "epmin=2")
        self.set(NUMBER, 0)
        start = time.monotonic()
        token = self.observe(NUMBER)
        self.set(NUMBER, 50)
        self.set(NUMBER, 2)
        self.server.expect(lambda r: self.told(token) != [], since=self.since, what="notification")
        self.assertGreater(time.monotonic() - start, 2 - EARLY_S)
        self.assertEqual(self.told(token), [2])

    def test_epmax(self):
        """The device's time goes on without anybody saying so: it is told as often as it is looked at."""
        quiet, since = self.observe("/3/0/14"), self.since
        self.attributes("/3/0/13", "epmax=1")
        token = self.observe("/3/0/13")
        self.server.expect(lambda r: len(self.told(token)) >= 3, since=self.since, what="three notifications")
        first, second, third = self.told(token)[:3]
        self.assertTrue(0 < first < second < third < first + 2 + LATE_S, (first, second, third))
        self.assertEqual(len(self.server.received(lambda r: r.message.token == quiet, since)), 1)

    def test_resource_instance(self):
        self.assert_code(self.write(NUMBERS, b'[{"bn":"%s","n":"/2","v":1}]' % NUMBERS.encode(), coap.SENML_JSON), "2.04")
        self.attributes(f"{NUMBERS}/2", "gt=10")
        self.play(f"{NUMBERS}/2", self.observe(f"{NUMBERS}/2"), (9, False), (11, True))

    def test_con(self):
        for value, expected in ("1", CON), ("0", NON):
            with self.subTest(con=value):
                self.attributes(NUMBER, f"con={value}")
                self.set(NUMBER, 0)
                token = self.observe(NUMBER)
                self.set(NUMBER, 100 + int(value))
                notification = self.server.wait_notification(token, since=self.since)
                while notification.message.payload != str(100 + int(value)).encode():
                    notification = self.server.expect(
                        lambda r: r.message.token == token and r.message.payload == str(100 + int(value)).encode(),
                        since=self.since)
                self.assertEqual(notification.message.type, expected)


    def test_odd_acknowledgements(self):
        """Whatever a server makes of an acknowledgement: the value reaches it, and the observation goes on. What is
        no acknowledgement is as good as none (RFC 7252, 4.2): it is sent again."""
        self.attributes(NUMBER, "con=1")
        self.addCleanup(setattr, self.server, "ack_code", 0)
        self.set(NUMBER, 0)
        token = self.observe(NUMBER)
        for value, odd in enumerate(("2.05", "4.04", "5.03", "3.00", "6.01", "7.31", "0.01", "1.00"), 1):
            with self.subTest(odd):
                self.server.ack_code = coap.code(odd)
                since = self.server.mark()
                question = self.server.send(coap.request(PUT, NUMBER, format=TEXT, payload=str(value).encode()),
                                            self.client.address)
                self.server.expect(lambda r: self.told(token)[-1:] == [value], since=since)
                self.server.ack_code = 0
                self.server.expect(lambda r: r.message.token == question.token, since=since, what="answer to the Write")
                self.set(NUMBER, value + 100)
                self.server.expect(lambda r: self.told(token)[-1:] == [value + 100], since=since)


class TestWriteAttributes(NewCase):
    def test_inherited(self):
        """The nearest one holds; what it does not say comes from above."""
        self.attributes(INSTANCE, "pmax=1")
        self.attributes(NUMBER, "pmin=1")
        self.set(NUMBER, 1)
        token = self.observe(NUMBER)
        self.server.expect(lambda r: len(self.told(token)) >= 2, since=self.since, what="pmax of the instance")

    def test_rejected_as_a_whole(self):
        for query in (["pmin=3", "gt=5", "lt=9"], ["pmin=3", "gt=5", "lt=4", "st=1"], ["pmin=3", "st=-1"],
                      ["pmin=3", "nonsense=1"], ["pmin=3", "gt=x"], ["pmin=3", "edge=2"]):
            with self.subTest(query):
                self.assert_code(self.request(PUT, NUMBER, query=query), "4.00")
                self.assertEqual([link for link in self.links(NUMBER) if "pmin" in link], [])

    def test_only_numbers_have_conditions(self):
        for path in (f"{INSTANCE}/110", INSTANCE, f"/{OBJECT}"):
            self.assert_code(self.request(PUT, path, query=["gt=5"]), "4.00")

    def test_all_are_in_discover(self):
        query = ["pmin=1", "pmax=60", "gt=9.5", "lt=-3", "st=0.5", "epmin=2", "epmax=30", "con=1"]
        self.attributes(NUMBER, *query)
        link = next(link for link in self.links(NUMBER) if link.startswith(f"<{NUMBER}>"))
        self.assertEqual(set(link.split(";")[1:]), set(query))


class TestObserve(NewCase):
    def test_attributes_come_with_it(self):
        """They hold in place of what is attached, for this observation, and are not in Discover."""
        self.attributes(NUMBER, "gt=1000")
        self.set(NUMBER, 1)
        token = self.observe(NUMBER, ["gt=10"])
        self.assertIn(f"<{NUMBER}>;gt=1000", self.links(NUMBER))
        self.play(NUMBER, token, (9, False), (11, True))

    def test_wrong_ones_reject_it(self):
        for query in ["gt=5", "lt=9"], ["pmin=-1"], ["edge=7"], ["unknown=1"]:
            with self.subTest(query):
                since = self.server.mark()
                answer = self.request(GET, NUMBER, accept=TEXT, observe=0, query=query)
                self.assert_code(answer, "4.00")
                self.assertIsNone(answer.get(coap.OBSERVE))
                self.set(NUMBER, 77)
                self.set(NUMBER, 78)
                self.assertEqual(self.server.received(lambda r: r.message.token == answer.token and
                                                      r.message.is_response, since)[1:], [])


class TestDiscover(NewCase):
    def depth(self, links):
        return max(len(re.match(r"<(/[\d/]*)>", link)[1].strip("/").split("/")) for link in links)

    def test_depth(self):
        for path, default in (f"/{OBJECT}", 3), (INSTANCE, 3), (NUMBERS, 4):
            own = len(path.strip("/").split("/"))
            self.assertEqual(self.depth(self.links(path)), default, path)
            for depth in range(0, 4):
                with self.subTest(path=path, depth=depth):
                    self.assertEqual(self.depth(self.links(path, f"depth={depth}")), min(own + depth, 4))

    def test_dimension_and_version(self):
        links = self.links(f"/{OBJECT}")
        self.assertTrue(any(link.startswith(f"<{NUMBERS}>;dim=") for link in links), links)
        self.assertIn("</3>;ver=1.1", [link.replace("ver=1.2", "ver=1.1") for link in self.links("/3", "depth=0")])

    def test_wrong_depth(self):
        for depth in "4", "-1", "x", "":
            self.assert_code(self.request(GET, INSTANCE, accept=LINKS, query=[f"depth={depth}"]), "4.00")


class TestEtch(NewCase):
    def patch(self, *records):
        return self.request(IPATCH, "/", format=ETCH_JSON, payload=json.dumps(records).encode())

    def test_null_deletes_a_resource_instance(self):
        self.assert_code(self.patch({"n": f"{NUMBERS}/1", "v": 10}, {"n": f"{NUMBERS}/2", "v": 20}), "2.04")
        self.assertEqual(self.read(f"{NUMBERS}/2", TEXT).payload, b"20")
        self.assert_code(self.patch({"n": f"{NUMBERS}/2", "v": None}, {"n": NUMBER, "v": 5}), "2.04")
        self.assert_code(self.read(f"{NUMBERS}/2", TEXT), "4.04")
        self.assertEqual(self.read(f"{NUMBERS}/1", TEXT).payload, b"10")
        self.assertEqual(float(self.read(NUMBER, TEXT).payload), 5)

    def test_all_or_nothing(self):
        self.set(NUMBER, 1)
        answer = self.patch({"n": NUMBER, "v": 2}, {"n": f"/{OBJECT}/99/130", "v": 3})
        self.assert_code(answer, "4.04")
        self.assertEqual(float(self.read(NUMBER, TEXT).payload), 1)

    def test_fetch(self):
        answer = self.request(FETCH, "/", format=ETCH_JSON, accept=coap.SENML_JSON,
                              payload=json.dumps([{"n": NUMBER}, {"n": "/3/0/16"}]).encode())
        self.assert_code(answer, "2.05")
        base, values = "", {}
        for record in json.loads(answer.payload):
            base = record.get("bn", base)
            values[base + record.get("n", "")] = record.get("v", record.get("vs"))
        self.assertEqual(values, {NUMBER: float(self.read(NUMBER, TEXT).payload), "/3/0/16": "U"})

    def test_cbor(self):
        """The same in CBOR: name 0, value 2, null to delete."""
        patch = lambda *records: self.request(IPATCH, "/", format=ETCH_CBOR, payload=dump(Array(records)))
        self.assert_code(patch({0: f"{NUMBERS}/1", 2: 10}, {0: f"{NUMBERS}/2", 2: 20}), "2.04")
        self.assert_code(patch({0: f"{NUMBERS}/2", 2: None}), "2.04")
        self.assert_code(self.read(f"{NUMBERS}/2", TEXT), "4.04")
        self.assertEqual(self.read(f"{NUMBERS}/1", TEXT).payload, b"10")

    def test_delete_of_a_resource_instance(self):
        self.assert_code(self.patch({"n": f"{NUMBERS}/1", "v": 10}, {"n": f"{NUMBERS}/2", "v": 20}), "2.04")
        self.assert_code(self.request(DELETE, f"{NUMBERS}/2"), "2.02")
        self.assert_code(self.read(f"{NUMBERS}/2", TEXT), "4.04")
        self.assert_code(self.request(DELETE, f"{NUMBERS}/2"), "4.04")
        self.assertEqual(self.read(f"{NUMBERS}/1", TEXT).payload, b"10")


if __name__ == "__main__":
    case.main()
