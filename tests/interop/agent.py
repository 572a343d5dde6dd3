# SPDX-License-Identifier: Apache-2.0
"""lwm2m-agent as a fixture: writes its configuration, starts it, collects its log, stops it.

    with Agent({"uri": server.uri, "security": "nosec"}, plugins=["test-object"]) as agent:
        server.wait_register(agent.endpoint)

Everything lives in a temporary folder. LWM2M_BUILD is the build folder; LWM2M_WRAPPER is put before the command
("valgrind --quiet --error-exitcode=99 --leak-check=full").
"""

import base64
import itertools
import os
import re
import shlex
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from signal import SIGTERM

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LWM2M_BUILD") or ROOT / "build").resolve()
PROGRAM = BUILD / "agent" / "lwm2m-agent"
HOST = BUILD / "agent" / "lwm2m-plugin-host"
PLUGINS = BUILD / "tests" / "plugins"
WRAPPER = shlex.split(os.environ.get("LWM2M_WRAPPER", ""))

# What lwm2m-agent(8) promises; valgrind, and a search for leaks at the end, take longer on a busy machine.
STOP_S = 30 if WRAPPER else 15 if PROGRAM.exists() and b"__asan_init" in PROGRAM.read_bytes() else 5

# What the sanitizers and valgrind say when they found something.
FINDINGS = re.compile(r"runtime error:|ERROR: \w+Sanitizer|SUMMARY: \w+Sanitizer|ERROR SUMMARY: [1-9]|"
                      r"definitely lost: [1-9]|Assertion .* failed")

KEY_HEX_MIN = 16  # digits; a shorter one is in many a line by chance

_serial = itertools.count(1)


class AgentError(AssertionError):
    """The agent did not do what every test relies on; the message has the end of its log."""


def ini(sections):
    """{"agent": {"endpoint": "x"}} as text; None leaves a key out."""
    return "\n".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items() if v is not None)
                     for name, keys in sections.items())


def forms(key):
    """As text, however it might get into a log."""
    raw = key.decode("utf-8", "replace")
    return {key.hex(), key.hex().upper(), key.hex(" "), key.hex(":"), base64.b64encode(key).decode().rstrip("="),
            *([raw] if raw.isprintable() else [])}


class Agent:
    """servers: the keys of [server.main], or {name: keys} for several. plugins: names of test plugins, or {name:
    {section: {key: value}}}. agent, device: more keys of these sections. start=False: only write the files."""

    def __init__(self, servers=None, plugins=(), endpoint=None, agent=None, device=None, arguments=(), start=True):
        self.endpoint = endpoint or f"test-{os.getpid()}-{next(_serial)}"
        self._folder = tempfile.TemporaryDirectory(prefix="lwm2m-agent-")
        self.folder = Path(self._folder.name)
        self.config, self.state = self.folder / "agent.conf", self.folder / "state"
        self.state.mkdir(mode=0o700)
        self.lines = []           # of the log
        self.pid = None
        self.was_stopped = False   # by the test
        self._news = threading.Condition()
        self.secrets = set()      # keys that must not be in the log, at any level
        self._process = self._reader = None
        self._ended = False
        self._arguments = list(arguments)
        self.extra_environment = {}
        self.prefix = []          # of the command, as setpriv
        self.write_config(servers or {}, plugins, agent or {}, device or {})
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close(check=kind is None)

    # -- files

    def write_config(self, servers, plugins=(), agent=None, device=None):
        if servers and not isinstance(next(iter(servers.values())), dict):
            servers = {"main": servers}
        sections = {"agent": {"endpoint": self.endpoint, "deregister_on_stop": "yes", **(agent or {})}}
        if device:
            sections["device"] = device
        for number, (name, keys) in enumerate(servers.items(), 1):
            if len(keys.get("key", "")) >= KEY_HEX_MIN:
                self.secrets.add(bytes.fromhex(keys["key"]))
            sections["bootstrap" if name == "bootstrap" else f"server.{name}"] = {
                "uri": keys["uri"],
                **({} if name == "bootstrap" else {"short_id": 100 + number, "lifetime": 60}), **keys}
        self.config.write_text(ini(sections))
        folder = self.folder / "plugins.d"
        folder.mkdir(exist_ok=True)
        if not isinstance(plugins, dict):
            plugins = {name: {} for name in plugins}
        for name, sections in plugins.items():
            plugin = {"module": f"{name}.so", "enabled": "yes", **sections.get("plugin", {})}
            (folder / f"{name}.conf").write_text(ini({**sections, "plugin": plugin}))

    def write_key(self, key, name="main.psk"):
        """A key file of mode 0600; returns its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(key.hex() + "\n")
        self.secrets.add(key)
        return path

    @property
    def command(self):
        return [str(PROGRAM), "--config", str(self.config), "--state-dir", str(self.state), "--plugin-dir",
                str(PLUGINS), "--bus", "none", "--log-level", "debug", *self._arguments]

    @property
    def environment(self):
        return {**os.environ, "LWM2M_PLUGIN_HOST": str(HOST), "LC_ALL": "C.UTF-8", **self.extra_environment}

    # -- life

    def start(self):
        self.lines.clear()
        self._ended = self.was_stopped = False
        self._process = subprocess.Popen([*self.prefix, *WRAPPER, *self.command], env=self.environment, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def assert_running(self):
        if not self.is_running:
            raise AgentError(f"the agent has ended ({self._process.returncode}):\n{self.log_tail()}")

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self, number=SIGTERM):
        """Has to end with exit code 0 in time, and with nothing for a sanitizer to report."""
        self.assert_running()
        self.signal(number)
        try:
            code = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AgentError(f"the agent did not end within {STOP_S} s of SIGTERM:\n{self.log_tail()}") from None
        self.was_stopped = True
        self._join()
        if code != 0:
            raise AgentError(f"the agent ended with {code}:\n{self.log_tail(60)}")
        self._check_findings()

    def wait_exit(self, timeout=STOP_S):
        """The exit code, once it has ended after a signal() of the test."""
        code = self._process.wait(timeout)
        self.was_stopped = True
        self._join()
        self._check_findings()
        return code

    def kill(self):
        """The power cut."""
        self.was_stopped = True
        self._process.kill()
        self._process.wait()
        self._join()

    def wait(self):
        """For agents that end without Agent.stop(): the exit code. Nothing for a sanitizer to report either."""
        code = self._process.wait()
        self.was_stopped = True
        self._join()
        self._check_findings()
        return code

    def close(self, check=True):
        """check: it must still be there and end cleanly, unless the test has ended it itself."""
        try:
            if self._process and not self.was_stopped:
                if check:
                    self.stop()
                elif self.is_running:
                    self.kill()
        finally:
            self._folder.cleanup()

    def run_to_end(self, timeout=20):
        """For configurations that cannot work: runs the command, returns (exit code, output)."""
        done = subprocess.run(self.command, env=self.environment, stdin=subprocess.DEVNULL, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    # -- log

    def _read(self, stream):
        with stream:
            for line in stream:
                with self._news:
                    self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _join(self):
        self._reader.join(10)

    def _check_findings(self):
        found = [line for line in self.lines if FINDINGS.search(line)]
        if found:
            raise AgentError("the agent's log has:\n" + "\n".join(found) + "\n" + self.log_tail(80))
        for line in self.lines:
            for form in (form for key in self.secrets for form in forms(key)):
                if form in line:
                    raise AgentError(f"the agent's log has a key:\n{line}")

    def log_tail(self, count=30):
        return "\n".join(self.lines[-count:])

    def count_log(self, pattern):
        return sum(bool(re.search(pattern, line)) for line in list(self.lines))

    def wait_log(self, pattern, timeout=10, count=1):
        """The count-th line, past or coming, that matches the pattern."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                found = [line for line in self.lines if re.search(pattern, line)]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    raise AgentError(f"no {pattern!r} in the log within {timeout} s:\n{self.log_tail()}")
                self._news.wait(left)

    # -- what the kernel knows

    def memory_kib(self, field="VmRSS"):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AgentError(f"no {field} in /proc/{self.pid}/status")


def is_built():
    return PROGRAM.exists()


def is_sanitized():
    return b"__asan_init" in PROGRAM.read_bytes()
