# SPDX-License-Identifier: Apache-2.0
"""A CoAP peer over UDP, made for tests: it keeps every message, and can be told to misbehave.

Peer sends requests, answers requests through on_request, takes part in Observe and in block-wise transfers. RawServer
is a Peer that a LwM2M client can register with. One thread receives; whoever waits, waits for a condition.
"""

import os
import random
import socket
import threading
import time

import coap
from coap import ACK, CON, NON, RST, Block, Message


class NoAnswer(AssertionError):
    """What was waited for did not come in time."""


class Received:
    """One message as it came in: the message, its size on the wire, from where, and when (time.monotonic)."""

    def __init__(self, message, address, size):
        self.message, self.address, self.size, self.time = message, address, size, time.monotonic()

    def __repr__(self):
        return str(self.message)


class Peer:
    """ack_timeout and max_retransmit are those of RFC 7252; max_retransmit 0 sends a request once. host: in figures."""

    def __init__(self, port=0, ack_timeout=2.0, max_retransmit=4, host="127.0.0.1"):
        self.ack_timeout, self.max_retransmit = ack_timeout, max_retransmit
        self.host, self._family = host, socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(self._family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, port))
        self.port = self.socket.getsockname()[1]
        self.muted = False        # True: nothing is answered, not even acknowledged
        self.ack_code = 0         # of the acknowledgements of what is no request
        self.reset_tokens = set()  # notifications with these tokens are answered by RST
        self._mid = random.randrange(1 << 16)
        self._received = []
        self._datagrams = 0       # of any kind
        self._answered = {}       # (address, message id) → the bytes that answered it
        self._news = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closing = True
        with socket.socket(self._family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.host, self.port))
        self._thread.join()
        self.socket.close()

    # -- receiving

    def on_request(self, message, address):
        """Override: returns the response (type, message id and token are filled in), or None to stay silent."""
        return Message(code=coap.code("4.04"))

    def _run(self):
        while True:
            try:
                data, address = self.socket.recvfrom(65536)
            except ConnectionError:
                continue  # an ICMP message about something sent earlier
            if self._closing:
                return
            with self._news:
                self._datagrams += 1
                self._news.notify_all()
            try:
                message = Message.decode(data)
            except coap.FormatError:
                continue
            answer = None if self.muted else self._answer(message, address)
            with self._news:  # after on_request: who saw a message sees what it did, too
                self._received.append(Received(message, address, len(data)))
                self._news.notify_all()
            if answer:
                self.send_bytes(answer, address)

    def _answer(self, message, address):
        """The bytes to send back, or None."""
        if message.is_request:
            return self._answer_request(message, address)
        if message.is_response and message.token in self.reset_tokens:
            return Message(RST, 0, message.mid).encode()
        if message.type == CON:
            # An empty CON is a ping, answered by RST (RFC 7252, 4.3).
            return Message(ACK if message.code else RST, self.ack_code if message.code else 0, message.mid,
                           message.token if self.ack_code else b"").encode()
        return None

    def _answer_request(self, message, address):
        key = (address, message.mid)
        if key not in self._answered:
            response = self.on_request(message, address)
            if response is None:
                return None
            response.token = message.token
            response.type, response.mid = (ACK, message.mid) if message.type == CON else (NON, self.next_mid())
            self._answered[key] = response.encode()
        return self._answered[key]

    def received(self, where=lambda r: True, since=0):
        """What came so far, oldest first; where gets a Received."""
        with self._news:
            return [r for r in self._received[since:] if where(r)]

    def mark(self):
        """A position for since."""
        with self._news:
            return len(self._received)

    def expect(self, where, timeout=10, since=0, what="message"):
        """The first one that came, or comes within timeout seconds; NoAnswer where none does."""
        end = time.monotonic() + timeout
        with self._news:
            at = since
            while True:
                for at in range(at, len(self._received)):
                    if where(self._received[at]):
                        return self._received[at]
                at = max(since, len(self._received))
                left = end - time.monotonic()
                if left <= 0:
                    raise NoAnswer(f"no {what} within {timeout} s; last: {self._received[-3:]}")
                self._news.wait(left)

    def expect_datagram(self, timeout=10):
        """Something came, or comes, be it CoAP or not."""
        with self._news:
            if not self._news.wait_for(lambda: self._datagrams > 0, timeout):
                raise NoAnswer(f"nothing came to {self.host} within {timeout} s")

    # -- sending

    def next_mid(self):
        self._mid = self._mid + 1 & 0xffff
        return self._mid

    def send_bytes(self, data, address):
        self.socket.sendto(data, address)

    def send(self, message, address):
        """Fills in message id and token, sends once. Returns the message."""
        message.mid = self.next_mid()
        if message.code:
            message.token = message.token or os.urandom(4)
        self.send_bytes(message.encode(), address)
        return message

    def ask(self, message, address, timeout=20):
        """Sends a request as often as RFC 7252 says, returns the response. RST counts as a response."""
        since = self.mark()
        self.send(message, address)

        def is_answer(r):
            got = r.message
            return got.token == message.token and got.is_response or \
                got.type == RST and got.mid == message.mid

        def is_acknowledged(r):
            return is_answer(r) or r.message.type == ACK and r.message.mid == message.mid

        end, wait = time.monotonic() + timeout, self.ack_timeout
        for _ in range(self.max_retransmit if message.type == CON else 0):
            try:
                self.expect(is_acknowledged, min(wait, end - time.monotonic()), since)
                break
            except NoAnswer:
                if time.monotonic() >= end:
                    raise
                self.send_bytes(message.encode(), address)
                wait *= 2
        left = max(0, end - time.monotonic())
        return self.expect(is_answer, left, since, f"answer to {message}").message

    def ask_bytes(self, data, address, timeout=5):
        """Sends a datagram as it is; returns the message that bears its message id or its token, whatever that is."""
        since = self.mark()
        self.send_bytes(data, address)
        mid, token = int.from_bytes(data[2:4], "big"), data[4:4 + (data[0] & 15)]
        return self.expect(lambda r: r.message.mid == mid and r.message.type in (ACK, RST)
                           or token and r.message.token == token, timeout, since, "answer").message

    # -- block-wise transfers (RFC 7959)

    def get_blocks(self, message, address, szx=6):
        """A GET that fetches all blocks; the last response, with the whole body as payload."""
        body, num, etag = b"", 0, None
        while True:
            part = Message(message.type, message.code, options=list(message.options))
            response = self.ask(part.add(coap.BLOCK2, Block(num, False, szx)), address)
            block = response.block(coap.BLOCK2)
            if response.code != coap.code("2.05") or block is None:
                return response
            if block.num != num or etag not in (None, response.get_all(coap.ETAG)):
                raise AssertionError(f"block {num} of another body: {response}")
            if block.more and len(response.payload) != block.size:
                raise AssertionError(f"a short block in between: {response}")
            etag, szx = response.get_all(coap.ETAG), block.szx
            body += response.payload
            num += 1
            if not block.more:
                response.payload = body
                return response

    def put_blocks(self, message, address, szx=6, blocks=None):
        """A PUT or POST in blocks; the first response other than 2.31, or the last one. blocks: send these only."""
        body, size = message.payload, 16 << szx
        count = max(1, (len(body) + size - 1) // size)
        response = None
        for num in range(count) if blocks is None else blocks:
            part = Message(message.type, message.code, options=list(message.options))
            part.payload = body[num * size:(num + 1) * size]
            part.add(coap.BLOCK1, Block(num, num + 1 < count, szx))
            response = self.ask(part, address)
            if response.status != "2.31":
                break
        return response


class RawServer(Peer):
    """A LwM2M server that accepts every client, or does what the test sets.

    register_code, update_code: what Register and Update are answered with. clients: endpoint → Client of the last
    Register. Operations of the test go through request().
    """

    def __init__(self, **options):
        self.register_code, self.update_code = "2.01", "2.04"
        self.clients = {}
        self._registered = {}  # the same of the last Register, also once it is de-registered
        self._blocks = {}
        self._serial = 0
        super().__init__(**options)

    @property
    def uri(self):
        return f"coap://127.0.0.1:{self.port}"

    def on_request(self, message, address):
        if message.path == "/rd" and message.code == coap.POST:
            return self._register(message, address)
        client = next((c for c in self.clients.values() if c.location == message.path), None)
        if message.path.startswith("/rd/") and client is None:
            return Message(code=coap.code("4.04"))
        if client and message.code in (coap.POST, coap.PUT):
            if self.update_code == "2.04":
                client.address = address
            return Message(code=coap.code(self.update_code))
        if client and message.code == coap.DELETE:
            del self.clients[client.endpoint]
            return Message(code=coap.code("2.02"))
        if message.path == "/dp" and message.code == coap.POST:
            return Message(code=coap.code("2.04"))
        return Message(code=coap.code("4.04"))

    def _register(self, message, address):
        block = message.block(coap.BLOCK1)
        body = message.payload
        if block:
            body = (b"" if block.num == 0 else self._blocks.get(address, b"")) + body
            self._blocks[address] = body
            if block.more:
                return Message(code=coap.code("2.31")).add(coap.BLOCK1, block)
        response = Message(code=coap.code(self.register_code))
        if self.register_code == "2.01":
            self._serial += 1
            client = Client(message, body.decode(), address, f"/rd/{self._serial}")
            self.clients[client.endpoint] = self._registered[client.endpoint] = client
            for segment in client.location.split("/")[1:]:
                response.add(coap.LOCATION_PATH, segment)
        if block:
            response.add(coap.BLOCK1, block)
        return response

    def forget_clients(self):
        """What a restart without a data base does: Updates are answered with 4.04 from now on."""
        self.clients.clear()

    # -- waiting for what clients do; since: a mark()

    def wait_register(self, endpoint, timeout=10, since=0):
        self.expect(lambda r: r.message.path == "/rd" and r.message.query.get("ep") == endpoint
                    and not (r.message.block(coap.BLOCK1) or Block(0, False)).more,
                    timeout, since, f"Register of {endpoint}")
        return self._registered[endpoint]

    def wait_update(self, timeout=10, since=0):
        return self.expect(lambda r: r.message.code == coap.POST and r.message.path.startswith("/rd/"),
                           timeout, since, "Update").message

    def wait_deregister(self, timeout=10, since=0):
        return self.expect(lambda r: r.message.code == coap.DELETE and r.message.path.startswith("/rd/"),
                           timeout, since, "De-register").message

    def wait_notification(self, token, timeout=10, since=0):
        return self.expect(lambda r: r.message.is_response and r.message.token == token
                           and r.message.get(coap.OBSERVE) is not None, timeout, since, "notification")

    # -- what a server does

    def request(self, client, method, path="/", timeout=20, **parts):
        """parts: those of coap.request."""
        return self.ask(coap.request(method, path, **parts), client.address, timeout)

    def read(self, client, path, accept=None, **more):
        return self.request(client, coap.GET, path, accept=accept, **more)

    def write(self, client, path, payload, format=coap.TEXT, method=coap.PUT):
        return self.request(client, method, path, format=format, payload=payload)

    def observe(self, client, path, accept=None):
        """Returns the response; its token is that of the notifications."""
        return self.request(client, coap.GET, path, accept=accept, observe=0)


class Client:
    """What a client said of itself when it registered."""

    def __init__(self, message, links, address, location):
        query = message.query
        self.endpoint, self.lifetime = query["ep"], int(query.get("lt", 86400))
        self.version, self.binding, self.queue = query.get("lwm2m"), query.get("b", "U"), "Q" in query
        self.links = [link for link in links.split(",") if link]
        self.address, self.location = address, location
