# SPDX-License-Identifier: Apache-2.0
"""What the tests of plugins share: programs on the other side of a plugin, and a server that sees what comes of it."""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "interop"))

# pylint: disable=wrong-import-position
import coap  # noqa: E402
import debian  # noqa: E402
from agent import BUILD  # noqa: E402
from case import AgentCase, main  # noqa: E402,F401
from coap import OPAQUE, TEXT, TLV  # noqa: E402,F401
from peer import NoAnswer, RawServer  # noqa: E402


class LabCase(AgentCase):
    """One RawServer for each test."""

    def setUp(self):
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.client = None

    def program(self, package, name):
        """Command and environment; the test is skipped where there is none."""
        try:
            return debian.program(package, name)
        except debian.Unavailable as e:
            return self.skipTest(str(e))

    def make(self, kind, *arguments):
        """kind(*arguments); the test is skipped where a program of it is not to be had."""
        try:
            return kind(*arguments)
        except debian.Unavailable as e:
            return self.skipTest(str(e))

    @staticmethod
    def library(command, name):
        """The folder of a program's modules, when the program is out of a package that is not installed."""
        root = next((folder for folder in Path(command).parents if (folder / "usr").is_dir()), Path("/"))
        if root == Path("/"):
            return None
        return next((path for path in root.glob(f"usr/lib/*/{name}") if path.is_dir()), None)

    def start_program(self, command, environment=None):
        """Killed at the end of the test."""
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def module(name):
        return BUILD / "plugins" / name / f"{name}.so"

    def start_plugin(self, name, environment=None, **sections):
        """An agent with this plugin, of the build folder. Returns it and the server's view of it."""
        return self.start_plugins(environment, **{name: sections})

    def start_plugins(self, environment=None, **plugins):
        """The same with several; of each the sections of its settings."""
        for name in plugins:
            if not self.module(name).exists():
                self.skipTest(f"no {self.module(name)}")
        agent = self.start_agent(start=False)
        agent.extra_environment = environment or {}
        agent.write_config({"uri": self.server.uri, "lifetime": 300},
                           {name: {"plugin": {"module": self.module(name)}, **sections}
                            for name, sections in plugins.items()})
        agent.start()
        self.client = self.server.wait_register(agent.endpoint, timeout=20)
        agent.wait_log(": registered with ")
        return agent, self.client

    @staticmethod
    def wait_for(condition, what, timeout=30):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what}")
            time.sleep(0.1)

    def ask(self, operation, *arguments):
        """Of the server; again where the agent's network changed meanwhile: it connects anew then, and answers on the
        connection before get lost."""
        while True:
            since = self.server.mark()
            try:
                return operation(self.client, *arguments)
            except NoAnswer:
                if not self.server.received(lambda r: r.message.code == coap.POST and r.message.path.startswith("/rd/"),
                                            since):
                    raise

    def read(self, path, accept=None):
        return self.ask(self.server.read, path, accept)

    def write(self, path, payload, format=TEXT, method=coap.PUT):
        return self.ask(self.server.write, path, payload, format, method)

    def observe(self, path, accept=None):
        """Returns the token."""
        self.since = self.server.mark()
        response = self.server.observe(self.client, path, accept)
        self.assert_code(response, "2.05")
        self.assertIsNotNone(response.get(coap.OBSERVE), response)
        return response.token

    def wait_told(self, token, is_it, timeout=30):
        """A notification whose payload is_it."""
        return self.server.expect(
            lambda r: r.message.is_response and r.message.token == token and is_it(r.message.payload),
            timeout, self.since, "notification")
