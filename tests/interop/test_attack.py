# SPDX-License-Identifier: Apache-2.0
"""Somebody on the path: forged datagrams, floods, endless transfers. The agent serves on, and grows by no more than its
limits. Raw peer."""

import socket
import time
from pathlib import Path

import case
import coap
from case import OBJECT, SINK, RawCase
from coap import ACK, CON, DELETE, FETCH, GET, IPATCH, LWM2M_CBOR, NON, OPAQUE, POST, PUT, RST, SENML_CBOR, SENML_JSON
from coap import TEXT, TLV, Block, Message

LIFETIME, TRIGGER = "/1/0/1", "/1/0/8"
TEXTS, COUNT = f"/{OBJECT}/0/110", f"/{OBJECT}/0/120"
BYTES, STREAM, RECEIVED = f"/{OBJECT}/0/150", f"/{SINK}/0/0", f"/{SINK}/0/1"


class AttackCase(RawCase):
    def setUp(self):
        super().setUp()
        self.assert_code(self.write(COUNT, b"1024"), "2.04")

    def tearDown(self):
        self.assert_code(self.read(LIFETIME), "2.05")
        self.agent.assert_running()

    def stranger(self, host="127.0.0.1"):
        """A socket of another port, or of another address with the server's port, which the agent does not know."""
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(other.close)
        other.bind((host, 0 if host == "127.0.0.1" else self.server.port))
        other.settimeout(0.2)
        return other

    def send_as(self, sender, message):
        """The kernel may tell the stranger that nobody listens to it."""
        try:
            sender.sendto(message.encode(), self.client.address)
        except ConnectionRefusedError:
            sender.sendto(message.encode(), self.client.address)

    def heard(self, sender):
        try:
            return sender.recv(2048)
        except (socket.timeout, ConnectionRefusedError):
            return None

    def cpu_ns(self):
        return int(Path(f"/proc/{self.agent.pid}/schedstat").read_text().split()[0])

    def ask_many(self, messages, window=16):
        """Sends all, a few at once, and returns their answers by token."""
        answers, sent, since = {}, 0, self.server.mark()
        end = time.monotonic() + 120
        messages = list(messages)
        while len(answers) < len(messages):
            while sent < len(messages) and sent - len(answers) < window:
                message = messages[sent]
                message.mid = self.server.next_mid()
                self.server.send_bytes(message.encode(), self.client.address)
                sent += 1
            mark = self.server.mark()
            for r in self.server.received(lambda r: r.message.is_response or r.message.type == RST, since):
                answers.setdefault(r.message.token, r.message)
            since = mark
            if time.monotonic() > end:
                raise AssertionError(f"{len(answers)} answers to {sent} requests")
            if self.server.mark() == since and len(answers) < sent:
                self.server.expect(lambda r: True, since=since, what="answer to one of many")
        return answers


class TestForged(AttackCase):
    def strangers(self):
        return self.stranger(), self.stranger("127.0.0.2")

    def test_rule_45_requests_from_elsewhere(self):
        """Neither another port nor another address is served, or answered at all."""
        for number, sender in enumerate(self.strangers()):
            for method, path, payload in ((GET, "/3/0", b""), (PUT, COUNT, b"666"), (POST, TRIGGER, b""),
                                          (DELETE, f"/{OBJECT}/0", b""), (0, "/", b"")):
                message = coap.request(method, path, payload=payload)
                message.mid, message.token = 0x7000 + number, b"forged" if method else b""
                since = self.server.mark()
                self.send_as(sender, message)
                self.assertIsNone(self.heard(sender))
                self.assertEqual(self.server.received(lambda r: r.message.token == b"forged", since), [])
        self.assertEqual(self.read(COUNT).payload, b"1024")

    def update_pending(self):
        """An Update that the server has not answered; what it is sent goes on arriving."""
        since = self.server.mark()
        self.server.muted = True
        self.addCleanup(setattr, self.server, "muted", False)
        self.server.send(coap.request(POST, TRIGGER), self.client.address)
        return self.server.wait_update(since=since), since

    def forgeries(self, update):
        """What an attacker can make of it. true: the message id is that of the Update."""
        other = b"12345678"
        for mid in (update.mid, update.mid ^ 0x5555):
            yield Message(ACK, 0, mid)
            yield Message(RST, 0, mid)
            for kind in (ACK, CON, NON):
                for code in ("2.04", "4.04", "5.00"):
                    yield Message(kind, coap.code(code), mid, other)
                    yield Message(kind, coap.code(code), mid, update.token)

    def check_update_succeeds(self, count):
        registered = self.agent.count_log("registered with")
        self.server.muted = False
        self.agent.wait_log("registration updated", timeout=20, count=count + 1)
        self.assertEqual(self.agent.count_log("registered with"), registered)
        self.assertEqual(self.agent.count_log(": registration .* lost"), 0)

    def test_answers_from_elsewhere(self):
        count = self.agent.count_log("registration updated")
        update, _ = self.update_pending()
        for sender in self.strangers():
            for message in self.forgeries(update):
                self.send_as(sender, message)
        self.assertEqual(self.agent.count_log("registration updated"), count)
        self.check_update_succeeds(count)

    def test_answers_nobody_asked_for(self):
        """From the server's own address, but with an id or a token of nothing that is under way."""
        count = self.agent.count_log("registration updated")
        update, since = self.update_pending()
        for message in self.forgeries(update):
            if message.mid != update.mid and message.token != update.token:
                self.server.send_bytes(message.encode(), self.client.address)
        self.assertEqual(self.agent.count_log("registration updated"), count)
        # A response that wants to be confirmed is told that nobody waits for it.
        self.server.expect(lambda r: r.message.type == RST, since=since, what="RST")
        self.check_update_succeeds(count)

    def test_right_id_wrong_token(self):
        """A response in the acknowledgement of the Update that is to another request."""
        count = self.agent.count_log("registration updated")
        update, _ = self.update_pending()
        self.server.send_bytes(Message(ACK, coap.code("4.04"), update.mid, b"12345678").encode(), self.client.address)
        self.server.muted = False
        answer = Message(CON, coap.code("2.04"), self.server.next_mid(), update.token)
        self.server.send_bytes(answer.encode(), self.client.address)
        self.agent.wait_log("registration updated", timeout=20, count=count + 1)
        self.assertEqual(self.agent.count_log(": registration .* lost"), 0)

    def test_observation_lives(self):
        observed = self.server.observe(self.client, COUNT)
        since = self.server.mark()
        self.assert_code(self.write(COUNT, b"1"), "2.04")
        told = self.server.wait_notification(observed.token, since=since).message
        for sender in self.strangers():
            self.send_as(sender, Message(RST, 0, told.mid))
            for mid in range(told.mid - 20, told.mid + 20):
                self.send_as(sender, Message(RST, 0, mid & 0xffff))
            cancel = coap.request(GET, COUNT, observe=1)
            cancel.token = observed.token
            self.send_as(sender, cancel)
        for mid in range(told.mid + 100, told.mid + 200):
            self.server.send_bytes(Message(RST, 0, mid & 0xffff).encode(), self.client.address)
        since = self.server.mark()
        self.assert_code(self.write(COUNT, b"2"), "2.04")
        self.assertEqual(self.server.wait_notification(observed.token, since=since).message.payload, b"2")
        cancel = coap.request(GET, COUNT, observe=1)
        cancel.token = observed.token
        self.assert_code(self.server.ask(cancel, self.client.address), "2.05")


class TestRepeated(AttackCase):
    COUNT = 1000

    def repeat(self, message):
        """The answers to a thousand of the same."""
        message.mid, message.token = self.server.next_mid(), b"repeated"
        since = self.server.mark()
        for number in range(self.COUNT):
            self.server.send_bytes(message.encode(), self.client.address)
            if number % 50 == 49:
                self.read(LIFETIME)
        found = self.server.received(lambda r: r.message.mid == message.mid and r.message.type == ACK, since)
        self.assertEqual(len(found), self.COUNT)
        return {r.message.encode() for r in found}, message

    def bodies(self):
        return int(self.read(f"/{SINK}/0/4").payload)

    def test_execute(self):
        before = int(self.read(f"/{SINK}/0/36").payload)
        answers, _ = self.repeat(coap.request(POST, f"/{SINK}/0/35"))
        self.assertLessEqual(len(answers), 2)
        self.assertEqual(int(self.read(f"/{SINK}/0/36").payload), before + 1)

    def test_create(self):
        answers, message = self.repeat(coap.request(POST, f"/{OBJECT}"))
        created = [link for link in self.read(f"/{OBJECT}", coap.LINKS).payload.decode().split(",")
                   if link.count("/") == 2]
        self.assertEqual(len(created), 2, created)
        # One acknowledgement with the answer, or empty ones around a response of its own.
        self.assertLessEqual(len(answers), 2)
        self.assert_code(self.request(DELETE, f"/{OBJECT}/1"), "2.02")

    def test_write_of_a_stream(self):
        before = self.bodies()
        self.repeat(coap.request(PUT, STREAM, format=OPAQUE, payload=b"once"))
        self.assertEqual(self.bodies(), before + 1)


class TestNested(AttackCase):
    """Deep, wide and long. The code is of the 4.xx; 10,000 levels come in blocks."""

    def put(self, path, payload, format, method=PUT):
        message = coap.request(method, path, format=format, payload=payload)
        if len(payload) <= 1024:
            return self.server.ask(message, self.client.address)
        return self.server.put_blocks(message, self.client.address)

    def check_refused(self, format, *payloads, path=f"/{OBJECT}/0", method=POST):
        for payload in payloads:
            with self.subTest(format=format, payload=payload[:20], size=len(payload)):
                answer = self.put(path, payload, format, method)
                self.assertEqual(answer.code >> 5, 4, answer)
        self.assertEqual(self.read(COUNT).payload, b"1024")

    def test_cbor(self):
        deep = 10000
        payloads = (b"\x81" * deep, b"\x9f" * deep, b"\xbf\x60" * deep, b"\xa1\x02" * deep, b"\xd8\x20" * deep,
                    b"\x5f" * deep, b"\x7f" * deep, b"\x81" * deep + b"\x01", b"\x9f" * deep + b"\xff" * deep,
                    b"\x98\xff" * deep, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff" * 1000)
        self.check_refused(SENML_CBOR, *payloads)
        self.check_refused(coap.CBOR, *payloads, path=COUNT, method=PUT)
        for method in (FETCH, IPATCH):
            self.check_refused(SENML_CBOR, *payloads, path="/", method=method)

    def test_json(self):
        deep = 10000
        payloads = (b"[" * deep, b'{"a":' * deep, b'[{"n":' * deep, b"[" * deep + b"]" * deep,
                    b'[{"n":"/1/0/1","v":' + b"[" * deep, b'[{"n":"' + b"\\" * deep, b'["' + b"\xff" * deep,
                    b'[{"n":"1","v":' + b"9" * deep + b"}]")
        self.check_refused(SENML_JSON, *payloads)
        for method in (FETCH, IPATCH):
            self.check_refused(SENML_JSON, *payloads, path="/", method=method)

    def test_tlv(self):
        """An object instance, or several values, in one another, each as long as all that is inside."""
        for kind in (0x10, 0x90):
            inner = b"\xc1\x78\x05"
            while len(inner) < 60000:
                inner = bytes([kind]) + b"\x00" + len(inner).to_bytes(2, "big") + inner
            self.check_refused(TLV, inner)
        self.check_refused(TLV, b"\x10\x00\xff\xff" * 5000, b"\x18\x00\xff\xff\xff" * 2000)

    def test_much_of_nothing(self):
        """Records without a name and a value, instances without a resource: nothing is written, whatever the code."""
        for format, payload in ((SENML_JSON, b"[" + b"{}," * 10000 + b"{}]"), (TLV, b"\x00\x00" * 20000),
                                (SENML_CBOR, b"\x9f" + b"\xa0" * 20000 + b"\xff")):
            answer = self.put(f"/{OBJECT}/0", payload, format, POST)
            self.assertIn(answer.code >> 5, (2, 4), answer)
            self.assertEqual(self.read(COUNT).payload, b"1024")

    def test_attributes_and_arguments(self):
        for query in (["pmin=" + "9" * 200], ["a" * 255] * 2, ["pmin=1"] * 60, ["pmin"] * 60, [b"\xff" * 200], [b"\0"]):
            with self.subTest(query=query):
                answer = self.request(PUT, COUNT, query=query)
                self.assertEqual(answer.code >> 5, 4, answer)
        self.check_refused(TEXT, b"0" * 60000, b"0='" + b"a" * 60000, path=TRIGGER)

    def test_options_of_64_kib(self):
        """Datagrams as large as they come. Refused, reset or dropped; a request after it is answered."""
        for number in (coap.URI_PATH, coap.URI_QUERY, coap.ETAG, 2048, 2049, 65000):
            for size in (256, 1034, 5000, 65000):
                message = Message(CON, GET, self.server.next_mid(), b"big").add(number, b"x" * size)
                since = self.server.mark()
                self.server.send_bytes(message.encode(), self.client.address)
                self.assert_code(self.read(LIFETIME), "2.05")
                for r in self.server.received(lambda r: r.message.mid == message.mid, since):
                    self.assertIn(r.message.code >> 5, (0, 4), r)
        for number in (1, 3, 4, 6, 8, 11, 12, 14, 15, 17, 23, 27, 28, 39, 60, 258, 2048):
            message = Message(CON, GET, self.server.next_mid(), b"many")
            for _ in range(1200):
                message.add(number, b"")
            since = self.server.mark()
            self.server.send_bytes(message.encode(), self.client.address)
            self.assert_code(self.read(LIFETIME), "2.05")
            for r in self.server.received(lambda r: r.message.mid == message.mid, since):
                self.assertIn(r.message.code >> 5, (0, 2, 4, 5), r)
                self.assertIn(r.message.status, ("0.00", "2.05", "4.00", "4.02", "4.04", "4.05", "5.05"), r)

    def test_every_head(self):
        """All first bytes, all codes: never served as a request when they are none, never a 5.xx."""
        for first in range(256):
            for code in (0, GET, coap.code("2.05"), 0xff) if first & 0xcf == 0x41 else (GET,):
                self.check_head(first, code)
        for code in range(256):
            if code not in (PUT, POST, DELETE):
                self.check_head(0x41, code)

    def check_head(self, first, code):
        mid = self.server.next_mid()
        data = bytes([first, code]) + mid.to_bytes(2, "big") + bytes(first & 15) + b"\xb13\x010\x010"
        since = self.server.mark()
        self.server.send_bytes(data, self.client.address)
        self.assert_code(self.read(LIFETIME), "2.05")
        valid = first >> 6 == 1 and first & 15 <= 8
        for r in self.server.received(lambda r: r.message.mid == mid, since):
            self.assertNotEqual(r.message.code >> 5, 5, f"{data.hex()}: {r}")
            if not valid or code == 0 or code >= 64:
                self.assertIn(r.message.code, (0, coap.code("4.00")), f"{data.hex()}: {r}")


class TestTransfers(AttackCase):
    def block(self, path, block, payload=None, format=OPAQUE, method=PUT, token=None):
        message = coap.request(method, path, format=format, payload=b"x" * block.size if payload is None else payload)
        message.token = token or b""
        return message.add(coap.BLOCK1, block)

    def ask_block(self, path, block, **parts):
        return self.server.ask(self.block(path, block, **parts), self.client.address)

    def check_bounded(self, before):
        if not case.agent.is_sanitized():
            self.assertLess(self.agent.memory_kib("VmRSS"), before + 2048)

    def test_numbers_out_of_nowhere(self):
        for num in (1, 1000, 0xfffff):
            for szx in range(7):
                for more in (False, True):
                    self.assert_code(self.ask_block(BYTES, Block(num, more, szx)), "4.08")
                    self.assert_code(self.ask_block(STREAM, Block(num, more, szx)), "4.08")
        self.assert_code(self.ask_block(BYTES, Block(0, True, 6)), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(0xfffff, True, 6)), "4.08")

    def test_block_size_that_changes(self):
        """Smaller on the way is a transfer as good as any; what leaves a gap is not."""
        self.assert_code(self.ask_block(BYTES, Block(0, True, 6)), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(16, True, 2)), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(16, True, 3)), "4.08")
        self.assert_code(self.ask_block(BYTES, Block(17, False, 2), payload=b"end"), "2.04")
        self.assertEqual(self.server.get_blocks(coap.request(GET, BYTES), self.client.address).payload,
                         b"x" * (1024 + 64) + b"end")

    def test_overlapping(self):
        self.assert_code(self.ask_block(BYTES, Block(0, True, 6), payload=b"a" * 1024), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(1, True, 6), payload=b"b" * 1024), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(2, True, 5), payload=b"c" * 512), "2.31")
        self.assert_code(self.ask_block(BYTES, Block(3, False, 5), payload=b"d" * 10), "2.04")
        self.assertEqual(self.server.get_blocks(coap.request(GET, BYTES), self.client.address).payload,
                         b"a" * 1024 + b"c" * 512 + b"d" * 10)

    def test_endless(self):
        """A body goes up to its limit and no further; a stream holds nothing; what is asked in between is answered."""
        before = self.agent.memory_kib("VmRSS")
        for number in range(4096):
            answer = self.ask_block(BYTES, Block(number, True))
            if number % 256 == 0:
                self.assert_code(self.read(COUNT), "2.05")
            if answer.status != "2.31":
                break
        self.assert_code(answer, "4.13")
        self.assertEqual(number, 1024)
        for number in range(4096):
            self.assert_code(self.ask_block(STREAM, Block(number, True)), "2.31")
        self.check_bounded(before)
        self.assert_code(self.ask_block(STREAM, Block(4096, False)), "2.04")
        self.assertEqual(int(self.read(RECEIVED).payload), 4097 * 1024)

    def test_said_to_be_too_large(self):
        """Size1 in the first block says what is to come: refused before it comes."""
        for format, path in ((SENML_CBOR, f"/{OBJECT}/0"), (SENML_JSON, f"/{OBJECT}/0"), (TLV, f"/{OBJECT}/0"),
                             (OPAQUE, BYTES)):
            message = self.block(path, Block(0, True), format=format, method=PUT).add(coap.SIZE1, (1 << 20) + 1)
            self.assert_code(self.server.ask(message, self.client.address), "4.13")
            message = self.block(path, Block(0, True), format=format, method=PUT).add(coap.SIZE1, 1 << 20)
            self.assert_code(self.server.ask(message, self.client.address), "2.31")
        message = self.block(STREAM, Block(0, True)).add(coap.SIZE1, 16 << 20)
        self.assert_code(self.server.ask(message, self.client.address), "2.31")

    def test_many_at_once(self):
        """Hundreds that begin and do not end: the last one of them is held, and any other request is answered."""
        before = self.agent.memory_kib("VmRSS")
        answers = self.ask_many(self.block(f"/{OBJECT}/0/{110 + n % 80}", Block(0, True), token=n.to_bytes(4, "big"))
                                for n in range(600))
        self.assertLessEqual({a.status for a in answers.values()}, {"2.31", "4.04"})
        answers = self.ask_many(self.block(f"/{OBJECT}/0/{110 + n % 80}", Block(1, True), token=n.to_bytes(4, "big"))
                                for n in range(600))
        self.assertLessEqual({a.status for a in answers.values()}, {"2.31", "4.08", "4.04"})
        self.assert_code(self.write(TEXTS, b"free"), "2.04")
        self.check_bounded(before)

    def test_blocks_of_old_bodies(self):
        """More bodies than are kept for reading: a later block of one that is gone is read anew, and says of what it is."""
        whole = b"0123456789abcdef" * 400
        self.assert_code(self.server.put_blocks(coap.request(PUT, BYTES, format=OPAQUE, payload=whole),
                                                self.client.address), "2.04")
        before = self.agent.memory_kib("VmRSS")
        for n in range(300):
            message = coap.request(GET, BYTES, query=f"n={n}").add(coap.BLOCK2, Block(n % 2 * 3, False, 6))
            self.assertIn(self.server.ask(message, self.client.address).status, ("2.05", "4.00"))
        message = coap.request(GET, BYTES).add(coap.BLOCK2, Block(1, False, 6))
        answer = self.server.ask(message, self.client.address)
        self.assertEqual((answer.status, answer.payload), ("2.05", whole[1024:2048]))
        answer = self.server.ask(coap.request(GET, BYTES).add(coap.BLOCK2, Block(0xfffff, False, 6)),
                                 self.client.address)
        self.assert_code(answer, "4.00")
        self.check_bounded(before)


class TestFloods(AttackCase):
    COUNT = 20000

    def flood(self, make):
        """COUNT requests; their codes in order, and what the first and the last thousand cost."""
        codes, costs, step = [], [], 1000
        for first in range(0, self.COUNT, step):
            requests = [make(n) for n in range(first, first + step)]
            for n, request in enumerate(requests, first):
                request.token = n.to_bytes(4, "big")
            before = self.cpu_ns()
            answers = self.ask_many(requests)
            costs.append(self.cpu_ns() - before)
            codes += [answers[r.token].status for r in requests]
        print(f"ns per request: {costs[1] // step} … {costs[-1] // step}", flush=True)
        return codes, costs

    def check_flood(self, codes, costs, limit, refusal, log):
        self.assertEqual(set(codes[:limit]), {"2.05" if codes[0] == "2.05" else "2.04"})
        self.assertEqual(set(codes[limit + 50:]), {refusal})
        # The first thousand were taken, all others refused.
        self.assertLess(min(costs[-5:]), 2 * max(costs[0], min(costs[1:5])))
        self.agent.wait_log(log)
        self.assertEqual(self.agent.count_log(log), 1)

    def test_observe(self):
        codes, costs = self.flood(lambda n: coap.request(GET, COUNT, observe=0))
        self.check_flood(codes, costs, 950, "5.03", f"asked for more than it may have: {COUNT}")
        self.assert_code(self.read(COUNT), "2.05")
        # One that it has goes on, and may be asked for again.
        again = coap.request(GET, COUNT, observe=0)
        again.token = (7).to_bytes(4, "big")
        answer = self.server.ask(again, self.client.address)
        self.assert_code(answer, "2.05")
        self.assertIsNotNone(answer.get(coap.OBSERVE))
        for n in range(1000):
            cancel = coap.request(GET, COUNT, observe=1)
            cancel.token = n.to_bytes(4, "big")
            self.server.ask(cancel, self.client.address)

    def test_write_attributes(self):
        """On so many paths and no more; what is gone has none, and makes room."""
        resources = (110, 120, 125, 130, 140, 150, 160, 170, 180, 1110, 1120, 1125, 1130, 1140, 1150, 1160, 1170, 1180)
        made = [self.assert_code(self.request(POST, f"/{OBJECT}"), "2.01").location for _ in range(60)]
        paths = [f"{path}/{rid}" for path in made for rid in resources]
        statuses = [self.request(PUT, path, query="pmin=1").status for path in paths]
        self.assertEqual(set(statuses[:990]), {"2.04"})
        self.assertEqual(set(statuses[1010:]), {"5.03"})
        log = f"asked for more than it may have: /{OBJECT}/[1-9]\\d*/\\d+"
        self.agent.wait_log(log)
        self.assertEqual(self.agent.count_log(log), 1)
        self.assert_code(self.request(PUT, paths[0], query="pmin=2"), "2.04")
        self.assert_code(self.request(PUT, paths[-1], query="pmin=2"), "5.03")
        for path in made:
            self.assert_code(self.request(DELETE, path), "2.02")
        self.assert_code(self.request(PUT, COUNT, query="pmin=1"), "2.04")
        self.assert_code(self.request(PUT, COUNT, query="pmin"), "2.04")

    def test_create(self):
        """Instances: the object's own limit, said by a code, and nothing is made beyond it."""
        before = self.agent.memory_kib("VmRSS")
        codes = []
        for n in range(6000):
            answer = self.request(POST, f"/{SINK}" if n % 500 == 499 else f"/{OBJECT}")
            codes.append(answer.status)
            if n % 500 != 499 and answer.status != "2.01":
                break
        self.assertEqual(codes[499::500], ["4.05"] * len(codes[499::500]))
        made = codes.count("2.01")
        for _ in range(20):
            self.assert_code(self.request(POST, f"/{OBJECT}"), "5.03")
        self.assertEqual(codes[-1], "5.03")
        log = f"asked for more than it may have: /{OBJECT}/\\d+$"
        self.agent.wait_log(log)
        self.assertEqual(self.agent.count_log(log), 1)
        self.assertGreater(made, 10)
        print(f"{made} instances, {self.agent.memory_kib('VmRSS') - before} KiB", flush=True)
        for iid in range(1, made + 1):
            self.assert_code(self.request(DELETE, f"/{OBJECT}/{iid}"), "2.02")

    def test_pending(self):
        """A resource that never answers: so many wait, the others are told at once; what does answer is asked on."""
        path = "/33001/0/1"
        for n in range(2000):
            request = coap.request(GET, path)
            request.mid, request.token = self.server.next_mid(), b"p" + n.to_bytes(3, "big")
            self.server.send_bytes(request.encode(), self.client.address)
        self.assert_code(self.read(LIFETIME), "2.05")
        # In the acknowledgement: one that waited, and was given up, is told by a message of its own.
        self.server.expect(lambda r: r.message.token[:1] == b"p" and r.message.status == "5.03"
                           and r.message.type == ACK, what="5.03 at once")
        log = f"asked for more than it may have: {path}"
        self.agent.wait_log(log)
        self.assertEqual(self.agent.count_log(log), 1)


if __name__ == "__main__":
    case.main()
