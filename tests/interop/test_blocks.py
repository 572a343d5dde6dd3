# SPDX-License-Identifier: Apache-2.0
"""Block-wise transfer (RFC 7959): 100 KB read, written and streamed, in all block sizes, with what can go wrong."""

import random
import zlib

import case
import coap
from case import OBJECT, SINK, RawCase
from coap import GET, OPAQUE, POST, PUT, SENML_CBOR, TEXT, TLV, Block

BYTES, STRING = f"/{OBJECT}/0/150", f"/{OBJECT}/0/110"
STREAM, RECEIVED, CHECKSUM, COMPLETE = (f"/{SINK}/0/{rid}" for rid in range(4))
SIZE = 100 * 1024


def body(size=SIZE, seed=1):
    return random.Random(seed).randbytes(size)


class BlockCase(RawCase):
    def get(self, path, accept=None, szx=6):
        return self.server.get_blocks(coap.request(GET, path, accept=accept), self.client.address, szx)

    def put(self, path, payload, format=OPAQUE, szx=6, blocks=None, method=PUT):
        message = coap.request(method, path, format=format, payload=payload)
        return self.server.put_blocks(message, self.client.address, szx, blocks)

    def put_block(self, path, payload, block, format=OPAQUE):
        message = coap.request(PUT, path, format=format, payload=payload)
        return self.server.ask(message.add(coap.BLOCK1, block), self.client.address)


class TestBodies(BlockCase):
    def test_every_block_size(self):
        for szx in range(7):
            with self.subTest(size=16 << szx):
                whole = body(SIZE if szx > 2 else 3000, seed=szx)
                answer = self.put(BYTES, whole, szx=szx)
                self.assert_code(answer, "2.04")
                self.assertEqual(answer.block(coap.BLOCK1).szx, szx)
                answer = self.get(BYTES, szx=szx)
                self.assertEqual((answer.status, answer.payload), ("2.05", whole))

    def test_edges(self):
        """One byte less, none and one more than whole blocks."""
        for size in (0, 1, 1023, 1024, 1025, 2047, 2048, 2049):
            with self.subTest(size=size):
                self.assert_code(self.put(BYTES, body(size)), "2.04")
                answer = self.get(BYTES)
                self.assertEqual((answer.status, answer.payload), ("2.05", body(size)))

    def test_without_being_asked(self):
        """A large answer comes in blocks of 1024 though the request has no Block2, and says how large it is."""
        self.assert_code(self.put(BYTES, body()), "2.04")
        first = self.read(BYTES)
        block = first.block(coap.BLOCK2)
        self.assertEqual((block.num, block.more, block.size, first.get(coap.SIZE2)), (0, True, 1024, SIZE))
        self.assertEqual(first.payload, body()[:1024])
        self.assertEqual(len(first.get_all(coap.ETAG)), 1)

    def test_other_formats(self):
        self.assert_code(self.put(BYTES, body(5000)), "2.04")
        for format in (SENML_CBOR, coap.SENML_JSON, TLV, coap.CBOR, TEXT):
            with self.subTest(format=format):
                answer = self.get(BYTES, accept=format, szx=3)
                self.assertEqual((answer.status, answer.get(coap.CONTENT_FORMAT)), ("2.05", format))
                self.assertGreaterEqual(len(answer.payload), 5000)
                self.assert_code(self.put(BYTES, answer.payload, format=format, szx=4), "2.04")
                self.assertEqual(self.get(BYTES).payload, body(5000))

    def test_changes_meanwhile(self):
        """Blocks of one transfer are of one body, with one ETag, though the value is another by now."""
        self.assert_code(self.put(BYTES, body(4000)), "2.04")
        first = self.read(BYTES)
        self.assert_code(self.put(BYTES, body(4000, seed=2)), "2.04")
        second = self.server.ask(coap.request(GET, BYTES).add(coap.BLOCK2, Block(1, False)), self.client.address)
        same = second.get_all(coap.ETAG) == first.get_all(coap.ETAG)
        self.assertEqual(second.payload == body(4000)[1024:2048], same)
        self.assertEqual(self.get(BYTES).payload, body(4000, seed=2))

    def test_create(self):
        """A Create whose values come in blocks."""
        text = b"x" * 3000
        payload = b"\xd0\x6e" + len(text).to_bytes(2, "big") + text
        answer = self.put(f"/{OBJECT}", payload, format=TLV, method=POST, szx=5)
        self.assert_code(answer, "2.01")
        self.assertEqual(self.get(answer.location + "/110").payload, text)
        self.assert_code(self.request(coap.DELETE, answer.location), "2.02")

    def test_observed(self):
        """A notification has the first block, the server fetches the others."""
        self.assert_code(self.put(BYTES, body(3000)), "2.04")
        token = self.server.observe(self.client, BYTES).token
        since = self.server.mark()
        self.assert_code(self.put(BYTES, body(5000)), "2.04")
        message = self.server.wait_notification(token, since=since).message
        self.assertEqual((message.block(coap.BLOCK2).num, message.payload), (0, body(5000)[:1024]))
        rest, more = message.payload, True
        while more:
            part = coap.request(GET, BYTES).add(coap.BLOCK2, Block(len(rest) // 1024, False))
            answer = self.server.ask(part, self.client.address)
            self.assertEqual(answer.get_all(coap.ETAG), message.get_all(coap.ETAG))
            rest, more = rest + answer.payload, answer.block(coap.BLOCK2).more
        self.assertEqual(rest, body(5000))
        cancel = coap.request(GET, BYTES, observe=1)
        cancel.token = token
        self.assert_code(self.server.ask(cancel, self.client.address), "2.05")


class TestInterrupted(BlockCase):
    def setUp(self):
        super().setUp()
        self.assert_code(self.put(BYTES, b"before"), "2.04")

    def check_unchanged(self):
        self.assertEqual(self.read(BYTES).payload, b"before")

    def test_never_finished(self):
        self.assertEqual(self.put(BYTES, body(), blocks=range(50)).status, "2.31")
        self.check_unchanged()
        self.assert_code(self.put(BYTES, body(3000)), "2.04")
        self.assertEqual(self.get(BYTES).payload, body(3000))

    def test_block_missing(self):
        self.assert_code(self.put(BYTES, body(), blocks=[0, 1, 3]), "4.08")
        self.check_unchanged()
        self.assert_code(self.put(BYTES, body(), blocks=[5]), "4.08")
        self.check_unchanged()

    def test_last_block_wrong(self):
        """What is wrong at its end has changed nothing by its beginning."""
        self.assert_code(self.put(BYTES, b"QUJD" * 1000 + b"!", format=TEXT), "4.00")
        self.check_unchanged()

    def test_same_block_twice(self):
        whole = body(3000)
        self.assert_code(self.put(BYTES, whole, blocks=[0, 1, 1, 2]), "2.04")
        self.assertEqual(self.get(BYTES).payload, whole)

    def test_begins_anew(self):
        self.assert_code(self.put(BYTES, body(3000), blocks=[0, 1, 0, 1, 2]), "2.04")
        self.assertEqual(self.get(BYTES).payload, body(3000))

    def test_too_large(self):
        """More than the resource takes."""
        self.assertIn(self.put(BYTES, body(200 * 1024)).status, ("4.13", "4.00"))
        self.check_unchanged()
        self.assertEqual(self.put(STRING, b"x" * 10000, format=TEXT).status[:2], "4.")
        self.assertEqual(self.read(STRING).payload, b"initial value")

    def test_duplicates(self):
        """Every datagram arrives twice, as over a bad line: the body is what was sent."""
        whole = body(20000)
        for number in range(20):
            message = coap.request(PUT, BYTES, format=OPAQUE, payload=whole[number * 1024:(number + 1) * 1024])
            message.add(coap.BLOCK1, Block(number, number < 19))
            message.mid, message.token = self.server.next_mid(), number.to_bytes(2, "big")
            answers = [self.server.ask_bytes(message.encode(), self.client.address).status for _ in range(2)]
            self.assertIn(answers[0], ("2.31", "2.04", "0.00"))
        self.server.expect(lambda r: r.message.token == message.token and r.message.status == "2.04")
        self.assertEqual(self.get(BYTES).payload, whole)


class TestStream(BlockCase):
    """A resource that takes a body as it comes, without anybody holding the whole of it."""

    def check(self, size, seed=1):
        whole = body(size, seed)
        self.assert_code(self.put(STREAM, whole), "2.04")
        self.assertEqual(self.read(RECEIVED).payload, str(size).encode())
        self.assertEqual(self.read(CHECKSUM).payload, str(zlib.adler32(whole)).encode())
        self.assertEqual(self.read(COMPLETE).payload, b"1")

    def test_sizes(self):
        for size in (1, 1023, 1024, 1025, SIZE):
            with self.subTest(size=size):
                self.check(size, seed=size)

    def test_memory(self):
        """16 MiB go through to a plugin, and the agent is no larger than after 100 KB."""
        if case.agent.is_sanitized():
            self.skipTest("AddressSanitizer keeps what is freed")
        self.check(SIZE)
        before = self.agent.memory_kib("VmRSS")
        self.check(16 << 20)
        self.assertLess(self.agent.memory_kib("VmRSS"), before + 512)

    def test_interrupted(self):
        self.assertEqual(self.put(STREAM, body(), blocks=range(10)).status, "2.31")
        self.assertEqual(self.read(COMPLETE).payload, b"0")
        self.assert_code(self.put(STREAM, body(), blocks=[20]), "4.08")
        self.check(5000)

    def test_wrong_format(self):
        for format in (TEXT, TLV, SENML_CBOR):
            self.assert_code(self.put(STREAM, body(3000), format=format), "4.15")


if __name__ == "__main__":
    case.main()
