# SPDX-License-Identifier: Apache-2.0
"""Read-, Write- and Observe-Composite: Leshan in both SenML formats, a raw peer for blocks and what Leshan won't send."""

import json

import case
import coap
from case import OBJECT, LeshanCase, RawCase
from coap import Block, CBOR, FETCH, IPATCH, SENML_CBOR, SENML_JSON, TEXT

FORMATS = ("SENML_CBOR", "SENML_JSON")


class Leshan(LeshanCase):
    PLUGINS = ["test-object"]

    def setUp(self):
        self.agent, self.client = self.register()
        self.ep = self.agent.endpoint

    def test_read(self):
        for question in FORMATS:
            for answer in FORMATS:
                with self.subTest(f"{question} {answer}"):
                    read = self.ok(self.server.read_composite(
                        self.ep, ["/1/0/1", f"/{OBJECT}/0/110", "/9999/0/1"], question, answer))
                    self.assertEqual(read.content["/1/0/1"], 60)
                    self.assertIn(f"/{OBJECT}/0/110", read.content)

    def test_write(self):
        for format in FORMATS:
            with self.subTest(format):
                self.ok(self.server.write_composite(
                    self.ep, {"/1/0/5": 77, f"/{OBJECT}/0/110": format}, format), "2.04")
                read = self.ok(self.server.read_composite(self.ep, ["/1/0/5", f"/{OBJECT}/0/110"]))
                self.assertEqual((read.content["/1/0/5"], read.content[f"/{OBJECT}/0/110"]), (77, format))
                self.assertEqual(self.server.write_composite(
                    self.ep, {"/1/0/5": 78, "/9999/0/1": 1}, format).code, "4.04")
                self.assertEqual(self.ok(self.server.read(self.ep, "/1/0/5")).content, 77)

    def test_observe(self):
        paths = ["/1/0/5", f"/{OBJECT}/0/110"]
        self.ok(self.server.observe_composite(self.ep, paths))
        self.ok(self.server.write(self.ep, "/1/0/5", 99), "2.04")
        event = self.server.wait_event("notification", ep=self.ep)
        self.assertEqual(sorted(event.paths), sorted(paths))
        self.ok(self.server.cancel(self.ep, paths=paths, active=True))


class Raw(RawCase):
    def fetch(self, *paths, **parts):
        return coap.request(FETCH, "/", format=SENML_JSON, accept=SENML_JSON,
                            payload=json.dumps([{"n": path} for path in paths]).encode(), **parts)

    def test_a_question_and_an_answer_in_blocks(self):
        paths = [f"/{OBJECT}/0/{n}" for n in range(100, 163)] + ["/1/0/1"]
        message = self.fetch(*paths)
        answer = self.server.put_blocks(message, self.client.address)
        self.assert_code(answer, "2.05")
        self.assertIn(b'"n":"1/0/1"', answer.payload)

    def test_the_root_is_every_object_in_blocks(self):
        body, more, num = b"", True, 0
        while more:
            message = self.fetch("/").add(coap.BLOCK2, Block(num, False, 5))
            answer = self.assert_code(self.server.ask(message, self.client.address), "2.05")
            body += answer.payload
            block = answer.block(coap.BLOCK2)
            more, num = block is not None and block.more, num + 1
        names = {record["n"].split("/")[0] for record in json.loads(body)}
        self.assertLessEqual({"1", "3", str(OBJECT)}, names)
        self.assertNotIn("0", names)
        self.assertGreater(num, 1)

    def test_codes(self):
        ask = lambda **parts: self.request(parts.pop("method", FETCH), "/", **parts)
        self.assert_code(ask(format=TEXT, payload=b"/3"), "4.15")
        self.assert_code(ask(format=SENML_CBOR, payload=b"\x81"), "4.00")
        self.assert_code(ask(format=SENML_JSON, payload=b'[{"n":"/3"}]', accept=CBOR), "4.06")
        self.assert_code(ask(method=IPATCH, format=SENML_JSON, payload=b'[{"n":"/0/0/0","vs":"x"}]'), "4.01")
        self.assert_code(ask(method=IPATCH, format=SENML_JSON, payload=b'[{"n":"/1/0/0","v":1}]'), "4.05")

    def test_observe_and_cancel(self):
        message = self.fetch("/1/0/5", "/3/0/0", observe=0)
        since = self.server.mark()
        first = self.server.ask(message, self.client.address)
        self.assert_code(first, "2.05")
        self.assertIsNotNone(first.get(coap.OBSERVE))
        self.assertNotIn(b'"t":', first.payload)
        self.assert_code(self.write("/1/0/5", b"4321"), "2.04")
        told = self.server.expect(
            lambda r: r.message.is_response and r.message.token == first.token and b"4321" in r.message.payload,
            since=since)
        self.assertIsNotNone(told)
        message = self.fetch("/1/0/5", "/3/0/0", observe=1)
        message.token = first.token
        answer = self.server.ask(message, self.client.address)
        self.assert_code(answer, "2.05")
        self.assertIsNone(answer.get(coap.OBSERVE))


if __name__ == "__main__":
    case.main()
