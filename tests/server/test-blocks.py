# SPDX-License-Identifier: Apache-2.0
"""Bodies longer than a datagram, to and from a client (RFC 7959)."""

import os
import unittest

from fixtures import Block, Message, ServerCase, coap

SIZE = 100_000


class Blocks(ServerCase):

    def setUp(self):
        self.device = self.client()
        self.name = self.device.endpoint
        self.body = os.urandom(SIZE)
        self.file = self.server.folder / "body"
        self.whole = None

    def take(self, message, szx=6):
        answer, body = self.device.assemble(message, szx)
        if body is not None:
            self.whole = body
        return answer

    def write(self):
        self.file.write_bytes(self.body)
        return self.server.ctl("write", self.name, "/5/0/0", "--file", self.file)

    def read(self):
        done = self.server.ctl("read", self.name, "/5/0/0", "--format", "opaque", "--file", self.file)
        return done, self.file.read_bytes() if done.returncode == 0 else None

    def test_write(self):
        self.device.values["/5/0/0"] = self.take
        self.assertEqual(self.write().returncode, 0)
        self.assertEqual(self.whole, self.body)
        blocks = [m.block(coap.BLOCK1) for m in self.device.requests]
        self.assertEqual([b.num for b in blocks], list(range((SIZE + 1023) // 1024)))

    def test_write_in_smaller_blocks(self):
        self.device.values["/5/0/0"] = lambda message: self.take(message, 4)
        self.assertEqual(self.write().returncode, 0)
        self.assertEqual(self.whole, self.body)

    def test_write_too_large_for_the_first_block(self):
        def wants_smaller(message):
            if message.block(coap.BLOCK1).szx > 3:
                return Message(code=coap.code("4.13")).add(coap.BLOCK1, Block(0, False, 3))
            return self.take(message, 3)
        self.device.values["/5/0/0"] = wants_smaller
        self.assertEqual(self.write().returncode, 0)
        self.assertEqual(self.whole, self.body)

    def test_write_refused_on_the_way(self):
        def full(message):
            block = message.block(coap.BLOCK1)
            return Message(code=coap.code("4.13")) if block.num == 10 else self.take(message)
        self.device.values["/5/0/0"] = full
        done = self.write()
        self.assertEqual(done.returncode, 1)
        self.assertIn("4.13 Request Entity Too Large", done.stderr)
        self.assertEqual(len(self.device.requests), 11)

    def test_read(self):
        for szx in (6, 2):
            with self.subTest(szx=szx):
                self.device.values["/5/0/0"] = \
                    lambda message, szx=szx: self.device.slice(message, coap.OPAQUE, self.body, szx)
                done, body = self.read()
                self.assertEqual((done.returncode, body == self.body), (0, True), done.stderr)

    def test_read_that_changes_on_the_way(self):
        def changing(message):
            answer = self.device.slice(message, coap.OPAQUE, self.body)
            tag = b"%d" % answer.block(coap.BLOCK2).num
            answer.options = [(n, tag if n == coap.ETAG else v) for n, v in answer.options]
            return answer
        self.device.values["/5/0/0"] = changing
        done, _ = self.read()
        self.assertEqual(done.returncode, 1)
        self.assertIn("do not fit together", done.stderr)

    def test_read_of_wrong_blocks(self):
        def wrong(message):
            answer = Message(code=coap.code("2.05"), payload=b"x" * 100)
            return answer.add(coap.CONTENT_FORMAT, coap.OPAQUE).add(coap.BLOCK2, Block(7, True))
        self.device.values["/5/0/0"] = wrong
        done, _ = self.read()
        self.assertEqual(done.returncode, 1)
        self.assertIn("do not fit together", done.stderr)

    def test_lost_datagrams(self):
        seen = set()

        def lossy(message):
            if message.mid not in seen and len(seen) % 3 == 0:
                seen.add(message.mid)
                return None
            seen.add(message.mid)
            return self.device.slice(message, coap.OPAQUE, self.body)
        self.body = self.body[:3000]
        self.device.values["/5/0/0"] = lossy
        done, body = self.read()
        self.assertEqual((done.returncode, body), (0, self.body), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
