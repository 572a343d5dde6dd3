# SPDX-License-Identifier: Apache-2.0
"""What a plugin in a host of its own can reach of the agent, on a kernel with Landlock: a plugin that tries. As root, for whom
modes of files are no obstacle. Raw peer."""

import ctypes
import subprocess
import unittest

import lab
from agent import BUILD
from lab import TEXT, LabCase

PLUGIN = "test-nosy"


LANDLOCK_CREATE_RULESET, VERSION = 444, 1


def landlock_version():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION)


@unittest.skipUnless(landlock_version() > 0, "this kernel has no Landlock")
class TestConfine(LabCase):
    def start(self, server=None, **plugin):
        self.nosy = self.start_agent(start=False)
        folder = self.nosy.folder
        credentials = folder / "credentials"
        credentials.mkdir()
        (credentials / "other").write_text("secret")
        self.nosy.extra_environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
        self.nosy.write_key(bytes(range(16)))
        self.nosy.write_config({"main": {"uri": self.server.uri, "lifetime": 300}, **(server or {})},
                               {PLUGIN: {"plugin": plugin} if plugin else {}})
        (folder / "scripts").mkdir()
        (folder / "scripts" / "run").write_text("open")
        self.nosy.start()
        self.client = self.server.wait_register(self.nosy.endpoint, timeout=30)
        self.nosy.wait_log("main: registered with")
        self.wait_for(lambda: list(self.nosy.state.glob("server-*.state")), "the registration is kept")
        return folder

    def attempt(self, verb, what):
        self.assert_code(self.write("/33050/0/0", f"{verb} {what}".encode()), "2.04")
        return self.read("/33050/0/1", TEXT).payload.decode()

    def test_files(self):
        """State, credentials and keys, by the plugin and by what it starts; all else it may."""
        other = {"uri": "coaps://127.0.0.1:1", "short_id": 2, "identity": "i"}
        folder = self.start({"file": {**other, "key_file": "main.psk"}})
        state = next(self.nosy.state.glob("server-*.state"))
        for verb, path in (("read", state), ("write", state), ("remove", state), ("run", state),
                           ("make", self.nosy.state / "new"), ("read", folder / "credentials/other"),
                           ("read", folder / "main.psk"), ("run", folder / "main.psk"),
                           ("read", f"/proc/self/root{folder}/main.psk")):
            with self.subTest(verb, path=path):
                self.assertEqual(self.attempt(verb, path), "EACCES")
        for verb, path in (("read", folder / "agent.conf"), ("read", folder / "scripts/run"), ("run", "/etc/os-release"),
                           ("make", folder / "scripts/new"), ("remove", folder / "scripts/new"),
                           ("read", "/proc/self/status"), ("write", "/dev/null"), ("read", "/sys/kernel/uevent_seqnum")):
            with self.subTest(verb, path=path):
                self.assertEqual(self.attempt(verb, path), "done")

    def test_key_in_the_configuration(self):
        folder = self.start({"inline": {"uri": "coaps://127.0.0.1:1", "short_id": 2, "identity": "i", "key": "00" * 16}})
        self.assertEqual(self.attempt("read", folder / "agent.conf"), "EACCES")
        self.assertEqual(self.attempt("read", folder / "main.psk"), "done")  # of no account

    def test_processes(self):
        """Neither the agent's memory nor another process: also root may not."""
        self.start()
        for verb, error in (("trace", "EPERM"), ("memory", "EACCES"), ("signal", "EPERM")):
            if verb == "signal" and landlock_version() < 6:
                continue  # it cannot keep signals in
            with self.subTest(verb):
                self.assertEqual(self.attempt(verb, self.nosy.pid), error)
        self.nosy.assert_running()

    def test_sees_keys(self):
        """Only where the administrator says so."""
        folder = self.start({"file": {"uri": "coaps://127.0.0.1:1", "short_id": 2, "identity": "i",
                                      "key_file": "main.psk"}}, sees_keys="yes")
        self.assertEqual(self.attempt("read", folder / "main.psk"), "done")

    def test_unit(self):
        """tests/plugin/test-confine.c, which elsewhere may have no Landlock to test."""
        done = subprocess.run([BUILD / "tests/plugin/test-plugin-confine"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("no Landlock", done.stdout)


if __name__ == "__main__":
    lab.main()
