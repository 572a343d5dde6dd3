# SPDX-License-Identifier: Apache-2.0
"""What the test files share: test cases with a server and an agent, and main(), which tells meson about skips."""

import socket
import sys
import unittest
from pathlib import Path

import agent
import coap
from agent import Agent
from leshan import Leshan, LeshanUnavailable
from peer import RawServer

MODELS = Path(__file__).resolve().parent / "models"
SKIPPED = 77

# The test object: OMA's LwM2M v1.1 Test Object, and an opaque resource that takes a stream.
OBJECT = 3442
SINK = 33000

KEY = bytes(range(16))


def free_port():
    """A UDP port of 127.0.0.1 that nobody has, for now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def main():
    """unittest.main() that ends with 77 when nothing ran, and lists what was skipped and why."""
    run = unittest.main(module="__main__", exit=False, verbosity=2).result
    for test, reason in run.skipped:
        print(f"skipped {test}: {reason}")
    if not run.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if run.skipped and len(run.skipped) >= run.testsRun else 0)


class AgentCase(unittest.TestCase):
    """Needs the agent."""

    @classmethod
    def setUpClass(cls):
        if not agent.is_built():
            raise unittest.SkipTest(f"no {agent.PROGRAM}")

    @staticmethod
    def need_plugins(*names):
        for name in names:
            if not (agent.PLUGINS / f"{name}.so").exists():
                raise unittest.SkipTest(f"no {agent.PLUGINS / name}.so")

    def start_agent(self, *arguments, **named):
        """An agent that is stopped, and has to stop cleanly, at the end of the test."""
        started = Agent(*arguments, **named)
        self.addCleanup(started.close)
        return started

    def assert_code(self, response, expected):
        status = response.status if isinstance(response, coap.Message) else response.code
        self.assertEqual(status, expected, response)
        return response


class RawCase(AgentCase):
    """One RawServer and one agent with the test object for all tests of the class; NoSec. KEYS: more of [server.main]."""

    PLUGINS = ["test-object"]
    KEYS = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.need_plugins(*cls.PLUGINS)
        cls.server = RawServer()
        cls.addClassCleanup(cls.server.close)
        cls.agent = Agent({"uri": cls.server.uri, "security": "nosec", "lifetime": 300, **cls.KEYS}, cls.PLUGINS)
        cls.addClassCleanup(cls.agent.close)
        cls.client = cls.server.wait_register(cls.agent.endpoint, timeout=20)

    def setUp(self):
        self.agent.assert_running()

    def read(self, path, accept=None):
        return self.server.read(self.client, path, accept)

    def write(self, path, payload, format=coap.TEXT, method=coap.PUT):
        return self.server.write(self.client, path, payload, format, method)

    def request(self, method, path, **parts):
        return self.server.request(self.client, method, path, **parts)


class LeshanCase(AgentCase):
    """One Leshan for all tests of the class; OPTIONS are those of leshan.Leshan, PLUGINS those of all its agents."""

    OPTIONS = {}
    PLUGINS = []

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.need_plugins(*cls.PLUGINS)
        try:
            cls.server = Leshan(models=MODELS, **cls.OPTIONS)
        except LeshanUnavailable as e:
            raise unittest.SkipTest(str(e))
        cls.addClassCleanup(cls.server.close)

    def register(self, keys=None, relay=None, timeout=20, **named):
        """Starts an agent that registers over UDP. Returns (agent, the server's view of it)."""
        port = relay.port if relay else self.server.coap
        keys = {"uri": f"coap://127.0.0.1:{port}", "security": "nosec", **(keys or {})}
        return self._registered(self.start_agent(keys, self.PLUGINS, **named), timeout)

    def register_psk(self, keys=None, relay=None, timeout=20, key=KEY, **named):
        """The same over DTLS with a pre-shared key; the identity is the endpoint's name."""
        started = self.start_psk_agent(relay.port if relay else self.server.coaps, keys, key, **named)
        return self._registered(started, timeout)

    def _registered(self, started, timeout):
        """Both sides know of the registration."""
        client = self.server.wait_event("registered", ep=started.endpoint, timeout=timeout).client
        started.wait_log(": registered with ", timeout)
        return started, client

    def start_psk_agent(self, port, keys=None, key=KEY, **named):
        """An agent that the server has a key for. Does not wait for it."""
        started = self.start_agent(start=False, **named)
        self.server.add_psk(started.endpoint, started.endpoint, key)
        started.write_config({"uri": f"coaps://127.0.0.1:{port}", "security": "psk", "identity": started.endpoint,
                              "key_file": started.write_key(key), **(keys or {})}, self.PLUGINS, named.get("agent"))
        started.start()
        return started

    def ok(self, answer, code="2.05"):
        self.assertEqual(answer.code, code, answer)
        return answer
