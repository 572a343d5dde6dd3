#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The completion of shells: what bash offers for a command line, and zsh."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import time
import unittest

import fixtures
from case import AgentCase, main
from fixtures import ROOT, plugin

FOLDER = ROOT / "agent/ctl/completion"
BASH = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
compopt() {{ :; }}
_lwm2mctl {program}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


class Words(AgentCase):
    """What lwm2mctl itself says."""

    def words(self, *what):
        return self.run_ctl("_words", *what).stdout.split()

    def test_verbs_are_those_of_help(self):
        self.assertEqual(self.words("verbs")[:2], ["status", "servers"])
        self.assertNotIn("_words", self.words("verbs"))
        self.assertNotIn("_words", self.run_ctl("--help").stdout)

    def test_paths(self):
        self.assertEqual(self.words("paths"), ["/1", "/1/0", "/3", "/3/0", "/3303", "/3303/0", "/3303/1"])
        self.agent.values["/3303/0"] = [("/3303/0/5700", "float", ("d", 1.0)), ("/3303/0/5701", "string", ("s", "Cel"))]
        self.assertEqual(self.words("paths", "/3303/0/"), ["/3303/0/5700", "/3303/0/5701"])
        self.assertEqual(self.words("paths", "/3303/0/57"), ["/3303/0/5700", "/3303/0/5701"])

    def test_nothing_is_said_without_an_agent(self):
        self.agent.stop()
        for what in ("paths", "plugins", "servers"):
            done = self.run_ctl("_words", what, check=3)
            self.assertEqual(done.stdout + done.stderr, "")


@unittest.skipUnless(shutil.which("bash"), "no bash")
class Bash(AgentCase):
    def setUp(self):
        super().setUp()
        self.agent.plugins.append(plugin("gpio"))

    def complete(self, line):
        """The words offered for the last word of the line."""
        words = shlex.split(line) + ([""] if line.endswith(" ") else [])
        script = BASH.format(script=FOLDER / "lwm2mctl.bash", program=fixtures.PROGRAM,
                             words=" ".join(shlex.quote(word) for word in words))
        done = subprocess.run(["bash", "--norc", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              env=fixtures.environment(DBUS_SYSTEM_BUS_ADDRESS=self.bus.address))
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_verbs(self):
        self.assertEqual(self.complete("lwm2mctl st"), ["status"])
        self.assertEqual(self.complete("lwm2mctl de"), ["deregister"])
        self.assertEqual(self.complete("lwm2mctl help lo"), ["log-level"])
        self.assertEqual(self.complete("lwm2mctl --json --timeout 5 pl"), ["plugins"])

    def test_options(self):
        self.assertEqual(self.complete("lwm2mctl --j"), ["--json"])
        self.assertEqual(self.complete("lwm2mctl read /3 --t"), ["--timeout"])
        self.assertEqual(self.complete("lwm2mctl --bus s"), ["system", "session"])
        self.assertEqual(self.complete("lwm2mctl --timeout "), [])

    def test_of_the_agent(self):
        self.assertEqual(self.complete("lwm2mctl plugins "), ["restart"])
        self.assertEqual(self.complete("lwm2mctl plugins restart "), ["gpio", "system"])
        self.assertEqual(self.complete("lwm2mctl register "), ["main"])
        self.assertEqual(self.complete("lwm2mctl read /33"), ["/3303", "/3303/0", "/3303/1"])
        self.assertEqual(self.complete("lwm2mctl observe /1 /33"), ["/3303", "/3303/0", "/3303/1"])
        self.assertEqual(self.complete("lwm2mctl read /3 "), [])
        self.assertEqual(self.complete("lwm2mctl log-level n"), ["notice"])


@unittest.skipUnless(shutil.which("zsh"), "no zsh")
class Zsh(AgentCase):
    """A real shell on a terminal: its completion cannot be called in another way."""

    def complete(self, line, expected):
        """Types the line and the tab key, and waits until the terminal shows what is expected, which the line has not."""
        master, slave = pty.openpty()
        env = fixtures.environment(DBUS_SYSTEM_BUS_ADDRESS=self.bus.address, PS1="> ", ZDOTDIR=self.folder,
                                   PATH=f"{fixtures.PROGRAM.parent}:{os.environ['PATH']}")
        shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, env=env,
                                 start_new_session=True)
        os.close(slave)
        try:
            # READY is printed in two halves, so that it is not in what the terminal repeats of the line.
            self.type(master, f"fpath=({FOLDER} $fpath); autoload -U compinit; compinit -u -D; print REA''DY\n", "READY")
            self.type(master, line + "\t", expected)
        finally:
            shell.kill()
            shell.wait()
            os.close(master)

    def type(self, master, text, expected):
        os.write(master, text.encode())
        seen, end = "", time.monotonic() + 30
        while expected not in seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([master], [], [], left)[0]:
                self.fail(f"no {expected!r} after {text!r}: {seen!r}")
            seen += os.read(master, 4096).decode(errors="replace")

    def test_it_completes(self):
        self.complete("lwm2mctl sta", "status")
        self.complete("lwm2mctl --js", "--json")
        self.agent.plugins = [plugin("gpio")]
        self.complete("lwm2mctl plugins restart g", "gpio")
        self.complete("lwm2mctl read /330", "/3303")


if __name__ == "__main__":
    main()
