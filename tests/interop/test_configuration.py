# SPDX-License-Identifier: Apache-2.0
"""Wrong configuration, key files, state and command lines: what is wrong and where, in one line, and exit code 1."""

import os
import re
import subprocess
import unittest

import case
from agent import PROGRAM
from case import AgentCase

GOOD = "[agent]\nendpoint = e\n[server.main]\nuri = coap://127.0.0.1:1\n"

# Lines after GOOD (so the first is line 5), the number of the line that is named, and what is said of it.
WRONG = (
    ("lifetim = 60", 5, "unknown key 'lifetim' in [server.main]; is it 'lifetime'?"),
    ("Lifetime_s = 60", 5, "unknown key 'lifetime_s' in [server.main]; is it 'lifetime'?"),
    ("\n; comment\nshort-id = 1", 7, "unknown key 'short-id' in [server.main]; is it 'short_id'?"),
    ("[agnt]", 5, "unknown section [agnt]; is it [agent]?"),
    ("[server]", 5, "unknown section [server]; is it [server.NAME]?"),
    ("[device]\nmanufactrer = x", 6, "unknown key 'manufactrer' in [device]; is it 'manufacturer'?"),
    ("[bootstrap]\nuri = coap://x\nshort_id = 1", 7, "a Bootstrap-Server has no short_id"),
    ("lifetime = an hour", 5, "lifetime has to be "),
    ("lifetime = -1", 5, "lifetime has to be "),
    ("lifetime = 4294967296", 5, "lifetime has to be "),
    ("short_id = 0", 5, "short_id has to be a number from 1 to 65534"),
    ("version = 2.0", 5, "version has to be 1.0, 1.1 or 1.2"),
    ("queue = perhaps", 5, "queue has to be yes or no"),
    ("binding = SMS", 5, "binding has to be U or UQ"),
    ("security = oscore", 5, "this version does nosec, psk, rpk and x509 only"),
    ("security = secret", 5, "security has to be nosec, psk, rpk or x509"),
    ("security = psk", 5, "psk, rpk and x509 need a coaps:// URI"),
    ("pmin = 9\npmax = 5", 6, "pmax is less than pmin"),
    ("[server.other]\nshort_id = 2", 5, "[server.other]: uri is missing"),
    ("[server.other]\nuri = coap://x\nshort_id = 1", 5, "[server.other] has the short_id 1 of [server.main]"),
    ("[server.other]\nuri = http://x\nshort_id = 2", 6, "uri has to be coap://HOST[:PORT] or coaps://HOST[:PORT]"),
    ("[server.other]\nuri = coap://\nshort_id = 2", 6, "uri has to be "),
    ("[server.s]\nuri = coaps://x\nshort_id = 2\nkey = 00", 5, "[server.s]: psk needs an identity"),
    ("[server.s]\nuri = coaps://x\nshort_id = 2\nidentity = i", 5, "[server.s]: psk needs one of key, key_file and"),
    ("[server.s]\nuri = coaps://x\nshort_id = 2\nidentity = i\nkey = 0g", 9, "key has to be hex digits"),
    ("[server.s]\nuri = coaps://x\nshort_id = 2\nidentity = i\nkey_file = no-such-file", 9, "cannot read the key in "),
    ("[agent]\nstate_dir = here", 6, "state_dir has to be the path of a directory"),
    ("[agent]\nderegister_on_stop = 2", 6, "deregister_on_stop has to be yes or no"),
    ("this is no line of an INI file", 5, ""),
    ("[server.main", 5, ""),
)


class ConfigurationCase(AgentCase):
    def setUp(self):
        self.agent = self.start_agent(start=False)
        self.config = self.agent.config

    def run_agent(self, *arguments):
        command = [str(PROGRAM), "--config", str(self.config), "--state-dir", str(self.agent.state), "--bus",
                   "none", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=20)
        return done.returncode, done.stdout.splitlines()


class TestConfiguration(ConfigurationCase):
    def check(self, text, expected, ways=((["--check-config"], ""), ([], "error: "))):
        """Runs both ways: expected is what each line has, at its beginning or after the log's level."""
        self.config.write_text(text)
        for arguments, prefix in ways:
            code, lines = self.run_agent(*arguments)
            self.assertEqual(code, 1, lines)
            self.assertEqual(len(lines), len(expected), lines)
            for line, start in zip(lines, expected):
                self.assertTrue(line.startswith(prefix + start), f"{line!r} is not {prefix + start!r}")

    def test_one_line(self):
        for text, number, message in WRONG:
            with self.subTest(text):
                self.check(GOOD + text + "\n", [f"{self.config}:{number}: {message}"])

    def test_all_at_once(self):
        self.check("[agent]\nendpont = x\n[server.a]\nuri = ftp://x\nlifetime = y\n",
                   [f"{self.config}:{number}: " for number in (2, 4, 5)])

    def test_drop_ins(self):
        """Each file is named by its own name; the last one to say something counts."""
        folder = self.config.with_name("agent.conf.d")
        folder.mkdir()
        (folder / "10-good.conf").write_text("[server.main]\nlifetime = 60\n")
        (folder / "20-wrong.conf").write_text("\n[server.main]\nlifetime = x\n")
        (folder / "ignored.txt").write_text("nonsense")
        self.check(GOOD, [f"{folder}/20-wrong.conf:3: lifetime has to be "])

    def test_plugins(self):
        """Checked like all else; when it runs, only the plugin is left out: see test_plugins.py."""
        folder = self.config.with_name("plugins.d")
        (folder / "thermal.conf").write_text("[plugin]\nenable = yes\n")
        self.check(GOOD, [f"{folder}/thermal.conf:2: unknown key 'enable' in [plugin]; is it 'enabled'?"],
                   [(["--check-config"], "")])
        (folder / "thermal.conf").write_text("[plugin]\nisolation = some\n")
        self.check(GOOD, [f"{folder}/thermal.conf:2: isolation has to be process or none"], [(["--check-config"], "")])

    def test_no_file(self):
        for arguments in ["--check-config"], []:
            code, lines = self.run_agent("--config", f"{self.agent.folder}/none.conf", *arguments)
            self.assertEqual((code, len(lines)), (1, 1), lines)
            self.assertIn(f"{self.agent.folder}/none.conf: No such file or directory", lines[0])

    def test_folder_as_file(self):
        code, lines = self.run_agent("--config", str(self.agent.folder))
        self.assertEqual((code, len(lines)), (1, 1), lines)
        self.assertIn(f"{self.agent.folder}: ", lines[0])

    def test_not_text(self):
        for content in (b"\0" * 100, b"\xff\xfe[\0a\0g", os.urandom(5000), b"[" * 5000, b"a" * 100000 + b" = 1\n"):
            self.config.write_bytes(content)
            code, lines = self.run_agent("--check-config")
            self.assertEqual(code, 1, lines)
            self.assertTrue(lines and all(line.startswith(str(self.config)) for line in lines), lines[:3])

    def test_good(self):
        self.config.write_text(GOOD)
        code, lines = self.run_agent("--check-config")
        self.assertEqual((code, lines), (0, [f"{self.config}: good, with 1 server and 0 plugins"]))


    def test_has_server(self):
        """What the unit asks before a start: 1 only where there is nothing to do; what is wrong the start says itself."""
        for text, status, said in ((GOOD, 0, ""), (GOOD + "nonsense\n", 0, ""), ("[agent]\nendpoint = e\n", 1,
                                   f"notice: Nothing to do: .* to {self.config}.d/NAME.conf")):
            self.config.write_text(text)
            code, lines = self.run_agent("--has-server")
            self.assertEqual(code, status, lines)
            self.assertRegex("\n".join(lines), said + (".*" if said else "$"))


class TestKeyFile(ConfigurationCase):
    def write(self, key_file):
        self.config.write_text("[agent]\nendpoint = e\n[server.main]\nuri = coaps://127.0.0.1:1\nidentity = i\n"
                               f"key_file = {key_file}\n")
        return self.run_agent("--check-config")

    def test_wrong(self):
        contents = {"empty": b"", "odd": b"012", "words": b"secret\n", "two": b"00 11\nzz\n", "long": b"00" * 65,
                    "zeros": bytes(64), "large": b"0" * 5000}
        for name, content in contents.items():
            (self.agent.folder / name).write_bytes(content)
            (self.agent.folder / name).chmod(0o600)
        (self.agent.folder / "folder").mkdir()
        for name in (*contents, "folder", "missing", "empty/below", "/"):
            with self.subTest(name):
                code, lines = self.write(name)
                self.assertEqual((code, len(lines)), (1, 1), lines)
                self.assertTrue(lines[0].startswith(f"{self.config}:6: "), lines)
                self.assertIn(name, lines[0])
                for secret in ("secret", "0123", "0000"):
                    self.assertNotIn(secret, lines[0].partition(name)[2])

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_not_allowed(self):
        path = self.agent.write_key(bytes(16))
        path.chmod(0)
        code, lines = self.write(path)
        self.assertEqual(code, 1)
        self.assertRegex(lines[0], f"{self.config}:6: cannot read the key in {path}: user [^ ]+ may not; chgrp .*chmod 640")

    def test_everybody_may_read(self):
        path = self.agent.write_key(bytes(16))
        code, lines = self.write(path)
        self.assertEqual((code, len(lines)), (0, 1), lines)
        path.chmod(0o644)
        self.assertEqual(len(self.write(path)[1]), 1)  # nobody else gets into the folder
        self.agent.folder.chmod(0o755)
        code, lines = self.write(path)
        self.assertEqual(code, 0)
        warnings = [line for line in lines if re.search(f"everybody .* can read the key in {path}", line)]
        self.assertEqual(len(warnings), 1, lines)


class TestCommandLine(ConfigurationCase):
    def test_wrong(self):
        for arguments, message in ((["--confg"], "unrecognized option '--confg'"),
                                   (["--state-dir"], "requires an argument"), (["more"], "'more' is too much"),
                                   (["--log-level", "loud"], "no log level 'loud'"),
                                   (["-x"], "invalid option -- 'x'")):
            code, lines = self.run_agent(*arguments)
            self.assertEqual(code, 2, lines)
            self.assertIn(message, "\n".join(lines))

    def test_bus(self):
        self.config.write_text(GOOD)
        code, lines = self.run_agent("--bus", "omnibus")
        self.assertEqual((code, len(lines)), (1, 1), lines)
        self.assertIn("--bus has to be ", lines[0])

    def test_information(self):
        self.assertEqual(self.run_agent("--help")[0], 0)
        self.assertRegex("\n".join(self.run_agent("--version")[1]), r"^lwm2m-agent [0-9]+\.[0-9]+\.[0-9]+$")


if __name__ == "__main__":
    case.main()
