# SPDX-License-Identifier: Apache-2.0
"""A server under test, and a LwM2M client made of bytes to test it with.

Server runs the real program in a directory and on a port of its own. Client registers with it over UDP and
answers what it is asked from a dictionary of paths; it can be told to answer anything else, or nothing.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
import coap  # noqa: E402
from coap import Block, Message  # noqa: E402
from peer import Peer  # noqa: E402

BUILD = Path(os.environ.get("LWM2M_BUILD", Path(__file__).resolve().parents[2] / "build"))
PROGRAM = BUILD / "sdk/server/lwm2m-server"
LINKS = '</>;rt="oma.lwm2m";ct="110 112 11542",</1>;ver=1.1,</1/0>,</3/0>,</3303/0>'
# Of the sanitizers; wolfSSL reads and writes unaligned words where the machine can.
FINDINGS = re.compile(r"AddressSanitizer|LeakSanitizer|^(?!.*/wolfssl-).*runtime error:|Assertion")


class Server:
    """listen: options; port 0 is a free one, which the log names."""

    def __init__(self, listen=("--coap", "127.0.0.1:0"), folder=None):
        self._folder = None if folder else tempfile.TemporaryDirectory(prefix="lwm2m-server-")
        self.folder = Path(folder or self._folder.name)
        self.data = self.folder / "data"
        self.listen = listen
        self.lines = []
        self._news = threading.Condition()
        self._process = None
        self.ports = {}

    def start(self):
        self.lines, self._ended = [], False
        self._process = subprocess.Popen(
            [PROGRAM, "--data-dir", self.data, "--log-level", "debug", *self.listen],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        for scheme in [word[2:] for word in self.listen if word.startswith("--coap")]:
            line = self.wait_log(rf"Listening at {scheme}://")
            self.ports[scheme] = int(line.rsplit(":", 1)[1])
        wait_until(lambda: (self.data / "control").exists(), "control socket")
        return self

    @property
    def address(self):
        return ("127.0.0.1", self.ports["coap"])

    def stop(self):
        """SIGTERM; has to end cleanly."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        code = process.wait(10)
        wait_until(lambda: self._ended, "end of the log")
        found = [line for line in self.lines if FINDINGS.search(line)]
        if found or code != 0:
            raise AssertionError(f"the server ended with {code}:\n" + "\n".join(self.lines[-60:]))

    def close(self):
        try:
            self.stop()
        finally:
            if self._folder:
                self._folder.cleanup()

    _ended = False

    def _read(self, stream):
        with stream:
            for line in stream:
                with self._news:
                    self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_log(self, pattern, timeout=10):
        with self._news:
            found = []

            def look():
                found[:] = [line for line in self.lines if re.search(pattern, line)]
                return found or self._ended
            if not self._news.wait_for(look, timeout) or not found:
                raise AssertionError(f"no {pattern!r} in the log:\n" + "\n".join(self.lines[-30:]))
            return found[0]

    # -- commands

    def run(self, *words, stdin=None):
        """Returns the finished process: returncode, stdout, stderr."""
        return subprocess.run([PROGRAM, "--data-dir", self.data, *map(str, words)], timeout=60, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, input=stdin or "")

    def ctl(self, *words):
        return self.run("ctl", *words)

    def ctl_json(self, *words):
        """The answers of a command that has to succeed."""
        done = self.ctl(*words, "--json")
        if done.returncode != 0:
            raise AssertionError(f"ctl {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start_ctl(self, *words):
        """A command that goes on: a Stream."""
        return Stream([PROGRAM, "--data-dir", self.data, "ctl", *map(str, words), "--json"])


class Stream:
    """The answers of a ctl that goes on, as they come."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True)

    def next(self):
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"no further answer: {self._process.stderr.read()}")
        return json.loads(line)

    @property
    def is_over(self):
        return self._process.poll() is not None

    def wait(self):
        """The exit code of one that ends by itself."""
        self._process.communicate(timeout=30)
        return self._process.returncode

    def interrupt(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate(timeout=10)


class Client(Peer):
    """values: path → (format, payload), or a function: message → Message. requests: what the server asked."""

    def __init__(self, server, endpoint="device", links=LINKS, **options):
        self.server, self.endpoint, self.links = server, endpoint, links
        self.values = {}
        self.requests = []
        self.location = None
        self._bodies = {}
        self.observers = {}  # path → token
        super().__init__(**options)

    # -- the client's own requests

    def register(self, links=None, **query):
        parameters = {"ep": self.endpoint, "lt": "60", "lwm2m": "1.1", "b": "U", **query}
        query = [f"{k}={v}" if v is not None else k for k, v in parameters.items() if v is not False]
        links = self.links if links is None else links
        response = self.ask(coap.request(coap.POST, "/rd", query, format=coap.LINKS, payload=links.encode()),
                            self.server.address)
        if response.status == "2.01":
            self.location = response.location
        return response

    def update(self, **query):
        query = [f"{k}={v}" for k, v in query.items()]
        return self.ask(coap.request(coap.POST, self.location, query), self.server.address)

    def deregister(self):
        return self.ask(coap.request(coap.DELETE, self.location), self.server.address)

    def notify(self, path, number, format, payload, type=coap.NON):
        message = Message(type, coap.code("2.05"), self.next_mid(), self.observers[path], payload=payload)
        message.add(coap.OBSERVE, number).add(coap.CONTENT_FORMAT, format)
        self.send_bytes(message.encode(), self.server.address)

    # -- what it is asked

    def on_request(self, message, address):
        self.requests.append(message)
        if message.get(coap.OBSERVE) == 0:
            self.observers[message.path] = message.token
        answer = self.values.get(message.path)
        if answer is None:
            return Message(code=coap.code("4.04"))
        if callable(answer):
            return answer(message)
        if message.code != coap.GET:
            return Message(code=coap.code("2.04"))
        return self.slice(message, *answer)

    @staticmethod
    def slice(message, format, payload, szx=6):
        """A whole body, or the block of it that was asked for."""
        block = message.block(coap.BLOCK2) or Block(0, False, szx)
        start = block.num * block.size
        part = payload[start:start + block.size]
        response = Message(code=coap.code("2.05"), payload=part)
        if message.get(coap.OBSERVE) == 0:
            response.add(coap.OBSERVE, 1)
        response.add(coap.CONTENT_FORMAT, format)
        if len(payload) > block.size:
            response.add(coap.ETAG, bytes([len(payload) & 0xff]))
            response.add(coap.BLOCK2, Block(block.num, start + block.size < len(payload), block.szx))
        return response

    def assemble(self, message, szx=6):
        """For Block1: the answer to a piece, and the body once it is whole (else None)."""
        block = message.block(coap.BLOCK1)
        if block is None:
            return Message(code=coap.code("2.04")), message.payload
        body = (b"" if block.num == 0 else self._bodies.pop(message.path, b"")) + message.payload
        answer = Message(code=coap.code("2.31" if block.more else "2.04"))
        answer.add(coap.BLOCK1, Block(block.num, block.more, min(szx, block.szx)))
        if block.more:
            self._bodies[message.path] = body
            return answer, None
        return answer, body


class ServerCase(unittest.TestCase):
    """One server for the class."""

    LISTEN = ("--coap", "127.0.0.1:0")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.LISTEN)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def client(self, endpoint=None, register=True, **options):
        client = Client(self.server, endpoint or self.id().rsplit(".", 1)[1], **options)
        self.addCleanup(client.close)
        if register:
            self.assertEqual(client.register().status, "2.01")
        return client


def wait_until(condition, what, timeout=10):
    """For what has no event to wait for."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {timeout} s")
        time.sleep(0.01)
