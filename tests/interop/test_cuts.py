# SPDX-License-Identifier: Apache-2.0
"""The agent is killed at its n-th call on the state directory, again and again, each time on what the last one left.

    python3 tests/interop/test_cuts.py --cuts 1000

A server keeps book of what it asked for and of what was acknowledged. Whatever the agent was doing when it was killed, the
next start has for each value what was acknowledged last, or what was asked for and not answered; it goes on by an Update
with all that the server believes to stand, or registers anew. Never a third.
"""

import argparse
import os
import random
import re
import select
import signal
import socket
import sys
import threading
import time
import unittest
from pathlib import Path

import agent as agents
import case
import coap
from agent import Agent
from case import AgentCase
from coap import ACK, CON, GET, LINKS, POST, PUT, SENML_JSON, Message

LIBRARY = agents.BUILD / "tests" / "interop" / "cut.so"
WORKERS = 4
SECONDS = 40      # of an ordinary run
PATIENCE = 20     # for what has to come

LIFETIME, OFFSET, RIGHTS, PMIN = "/1/0/1", "/3/0/14", "/2/*/2/102", "pmin"


class Died(Exception):
    """The agent has ended."""


class Book:
    """What a value may be: the last one acknowledged, and those asked for since without an answer."""

    def __init__(self):
        self.values = {}

    def asked(self, name, value):
        self.values.setdefault(name, []).append(value)

    def acknowledged(self, name, value):
        self.values[name] = [value]

    def found(self, name, value):
        allowed = self.values.setdefault(name, [value])
        assert value in allowed, f"{name} is {value}, neither old nor new: {allowed}"
        self.values[name] = [value]


class Server:
    """One agent's server, without threads: whoever waits for a message serves what comes in meanwhile."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.uri = f"coap://127.0.0.1:{self.socket.getsockname()[1]}"
        self.location = self.address = self.token = None
        self.serial, self.mid = 0, random.randrange(1 << 16)
        self.book, self.told, self.how = Book(), set(), None

    def began(self, agent):
        self.pidfd, self.how = os.pidfd_open(agent.pid), None
        self.told.clear()

    def ended(self):
        os.close(self.pidfd)

    def receive(self, seconds):
        """The next message, served; None when there was none in time."""
        ready = select.select([self.socket, self.pidfd], [], [], max(0, seconds))[0]
        if self.socket not in ready:
            if ready:
                raise Died
            return None
        data, address = self.socket.recvfrom(2048)
        message = Message.decode(data)
        if message.is_request:
            answer = self.serve(message, address)
            answer.type, answer.mid, answer.token = ACK, message.mid, message.token
            self.socket.sendto(answer.encode(), address)
        elif message.is_response:
            if message.type == CON:
                self.socket.sendto(Message(ACK, 0, message.mid).encode(), address)
            if message.get(coap.OBSERVE) is not None:
                self.told.add(message.token)
        return message

    def serve(self, message, address):
        if message.path == "/rd":
            # Often the same again: then what is left of an older registration is not told by its location.
            self.serial = (self.serial + random.randrange(2)) % 1000
            self.location, self.address, self.how = f"/rd/{self.serial}", address, "Register"
            self.token = None  # no observation stands under a new registration; attributes do
            answer = Message(code=coap.code("2.01"))
            for segment in self.location.split("/")[1:]:
                answer.add(coap.LOCATION_PATH, segment)
            return answer
        if message.path != self.location:
            return Message(code=coap.code("4.04"))
        if message.code == coap.DELETE:
            self.location = None
            return Message(code=coap.code("2.02"))
        self.address, self.how = address, self.how or "Update"
        return Message(code=coap.code("2.04"))

    def wait(self, condition, what):
        end, message = time.monotonic() + PATIENCE, None
        while not (result := condition(message)):
            if time.monotonic() >= end:
                raise AssertionError(f"no {what} within {PATIENCE} s")
            message = self.receive(end - time.monotonic())
        return result

    def ask(self, method, path, status, **parts):
        return self.ask_message(coap.request(method, path, **parts), status)

    def ask_message(self, message, status):
        self.mid = self.mid + 1 & 0xffff
        message.mid, message.token = self.mid, message.token or os.urandom(4)
        self.socket.sendto(message.encode(), self.address)
        answer = self.wait(lambda m: m and m.type == ACK and m.mid == message.mid and m, f"answer to {message}")
        assert answer.status == status, f"{message}: {answer}"
        return answer

    def read(self, path, accept=coap.TEXT):
        return self.ask(GET, path, "2.05", accept=accept).payload.decode()

    def change(self, name, value, method, path, **parts):
        self.book.asked(name, value)
        self.ask(method, path, "2.04", **parts)
        self.book.acknowledged(name, value)


class Life:
    """One agent over all its lives."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.server = Server()
        self.silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.silent.bind(("127.0.0.1", 0))
        self.agent = Agent({
            "main": {"uri": self.server.uri, "lifetime": 300},
            "other": {"uri": f"coap://127.0.0.1:{self.silent.getsockname()[1]}", "lifetime": 600}},
            agent={"deregister_on_stop": "no"}, start=False)
        self.entry, self.calls = None, 100
        self.whole = False   # the last life was long enough for all to be kept
        self.kills, self.updates, self.registers, self.stops = 0, 0, 0, 0
        # What is in the configuration, and in an agent that knows nothing else.
        for name, value in ((LIFETIME, "300"), (PMIN, None)):
            self.server.book.found(name, value)

    def close(self):
        self.agent.close(check=False)
        self.server.socket.close()
        self.silent.close()

    def find_entry(self):
        """The instance of object 2 that is about /3/0."""
        for path in re.findall(r"<(/2/\d+)>", self.server.read("/2", LINKS)):
            if self.server.read(path + "/0") == "3":
                return path
        raise AssertionError("object 2 has nothing about /3/0")

    def check(self):
        """What this start knows is what the last ones were told."""
        server, book = self.server, self.server.book
        if self.random.randrange(10) == 0:
            self.whole, server.location = False, None  # forgotten
        server.wait(lambda m: server.how, "Register or Update")
        assert not self.whole or server.how == "Update", "a registration was left and not gone on with"
        self.updates += server.how == "Update"
        self.registers += server.how == "Register"
        book.found(LIFETIME, server.read(LIFETIME))
        book.found(OFFSET, server.read(OFFSET))
        self.entry = self.entry or self.find_entry()
        book.found(RIGHTS, server.read(self.entry + "/2/102"))
        pmin = re.search(r"</1/0>;[^,]*pmin=(\d+)", server.read("/1/0", LINKS))
        book.found(PMIN, pmin and pmin[1])
        if server.token:
            server.wait(lambda m: server.token in server.told, f"notification after {server.how}")

    def change(self):
        server, numbers = self.server, self.random
        steps = [
            lambda: self.observe(),
            lambda: self.write(LIFETIME, str(numbers.randrange(200, 900))),
            lambda: self.write(OFFSET, f"+{numbers.randrange(10, 14)}:{numbers.randrange(10, 60)}"),
            lambda: self.grant(str(numbers.randrange(1, 16))),
            lambda: self.attribute(str(numbers.randrange(1, 100))),
            lambda: self.observe(),
        ]
        numbers.shuffle(steps)
        for step in steps:
            step()

    def observe(self):
        server, old = self.server, self.server.token
        server.token = None  # until it is acknowledged, neither is promised
        if old:
            cancel = coap.request(GET, OFFSET, observe=1)
            cancel.token = old
            server.ask_message(cancel, "2.05")
        answer = server.ask(GET, OFFSET, "2.05", accept=coap.TEXT, observe=0)
        server.token = answer.token

    def write(self, path, value):
        self.server.change(path, value, PUT, path, format=coap.TEXT, payload=value.encode())

    def grant(self, rights):
        payload = f'[{{"bn":"{self.entry}/2/102","v":{rights}}}]'.encode()
        self.server.change(RIGHTS, rights, POST, self.entry, format=SENML_JSON, payload=payload)

    def attribute(self, pmin):
        self.server.change(PMIN, pmin, PUT, "/1/0", query=f"pmin={pmin}")

    def live(self):
        """One start, until it is killed or stopped. The call to be killed at is a matter of chance."""
        agent, server = self.agent, self.server
        count = agent.folder / "count"
        agent.extra_environment = {
            "LD_PRELOAD": str(LIBRARY), "CUT_DIR": str(agent.state), "CUT_COUNT": str(count),
            "CUT_AT": str(self.random.randrange(1, self.calls)),
            "ASAN_OPTIONS": "verify_asan_link_order=0", "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}
        agent.start()
        server.began(agent)
        signalled = None
        try:
            self.check()
            self.change()
            self.change()
            signalled = self.end()
            server.wait(lambda m: False, "end")
        except Died:
            pass
        finally:
            server.ended()
        code = agent.wait()
        assert code in (0, -signal.SIGKILL), f"ended with {code}"
        self.whole = signalled == signal.SIGKILL or signalled and code == 0
        self.stops += bool(self.whole)
        self.kills += not self.whole
        if code == 0:
            self.calls = int(count.read_text()) + 3
        for word in ("damaged", "not a plain file", "cannot be used", "Cannot keep", "another version"):
            assert agent.count_log(word) == 0, f"the log says '{word}'"

    def end(self):
        """By SIGTERM, or by SIGKILL as soon as all is kept."""
        if self.random.randrange(2):
            self.agent.signal(signal.SIGTERM)
            return signal.SIGTERM
        state = self.agent.state / "server-101.state"
        while b"\nregistration " not in state.read_bytes():
            self.server.receive(0.05)
        self.agent.signal(signal.SIGKILL)
        return signal.SIGKILL


class TestKilled(AgentCase):
    CUTS = None

    def work(self, seed, budget, lives, errors):
        life = Life(seed)
        lives.append(life)
        try:
            while not errors and budget(life):
                life.live()
        except Exception as e:  # of any kind: this is a thread
            errors.append(f"worker {seed} after {life.kills} kills: {type(e).__name__} {e}\n{life.agent.log_tail(40)}")
        finally:
            life.close()

    def test_anywhere(self):
        end = time.monotonic() + SECONDS
        budget = (lambda life: life.kills < self.CUTS / WORKERS) if self.CUTS else (lambda life: time.monotonic() < end)
        lives, errors = [], []
        threads = [threading.Thread(target=self.work, args=(seed, budget, lives, errors)) for seed in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kills, stops, updates, registers = (sum(getattr(life, name) for life in lives)
                                            for name in ("kills", "stops", "updates", "registers"))
        print(f"killed {kills} times at a call on the state directory, ended {stops} times without; "
              f"went on by Update {updates} times, by Register {registers} times", file=sys.stderr)
        self.assertEqual(errors, [], errors and errors[0])
        self.assertGreater(kills, 0)
        self.assertGreater(min(updates, registers), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, help="kill the agent so often, instead of for some seconds")
    options, sys.argv[1:] = parser.parse_known_args()
    TestKilled.CUTS = options.cuts
    if os.access("/dev/shm", os.W_OK):
        os.environ.setdefault("TMPDIR", "/dev/shm")
    case.main()
