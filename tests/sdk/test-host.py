#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2m-plugin-host -v and -i: a plugin without an agent."""

import subprocess
import unittest

from build import HOST, PLUGINS


def host(option, module, *settings, commands=""):
    return subprocess.run([HOST, option, PLUGINS / module, *settings], input=commands, capture_output=True, text=True,
                          timeout=30)


class TestHost(unittest.TestCase):
    def test_verbose(self):
        """All there is, and then what changes, until stdin ends."""
        run = host("-v", "test-late.so")
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = run.stdout.splitlines()
        for line in ("object /33030 1.0 multiple create", "resource /33030/*/1 RW string", "instance /33030/1",
                     "resource /33031/*/0 R integer", "value /33031/0/0 integer 7", "value /33030/0/0 integer 1",
                     "changed /33030/0/0 integer 1", "ok read /33030", "ok watch /33030"):
            self.assertIn(line, lines)

    def test_commands(self):
        run = host("-i", "test-object.so", commands="\n".join((
            r"write /3442/0/110 a\nb\\", "read /3442/0/110", "write /3442/0/150 00fF", "read /3442/0/150",
            "write /3442/0/1120/5 -7", "read /3442/0/1120/5", "execute /3442/0/3 0='a b'", "create /3442/7",
            "delete /3442/7", "read /33000/0/10", "write /3442/0/120 x", "write /3442/0/110 refuse", "write /3442/0/110 \\",
            "read /3442/0/999", "read", "read x", "frob /1", "tables")) + "\n")
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = run.stdout.splitlines()
        for line in (r"value /3442/0/110 string a\nb\\", r"changed /3442/0/110 string a\nb\\",
                     "value /3442/0/150 opaque 00ff", "value /3442/0/1120/5 integer -7",
                     "changed /3442/0/4/0 string a b", "instance /3442/7", "gone /3442/7",
                     "value /33000/0/10 string late", "error write /3442/0/120: EINVAL",
                     "error write /3442/0/110: EINVAL", "error read /3442/0/999: ENOENT", "error read: EINVAL",
                     "error read x: EINVAL", "object /3442 1.0 multiple create"):
            self.assertIn(line, lines)
        self.assertEqual(lines.count("error write /3442/0/110: EINVAL"), 2)

    def test_settings(self):
        run = host("-i", "test-faults.so", "fault.what=fail", "fault.at=start")
        self.assertEqual(run.returncode, 1)
        self.assertIn("Plugin test-faults: failed in its start(): Input/output error", run.stderr)
        self.assertEqual(host("-i", "test-faults.so", "nonsense").returncode, 1)

    def test_refused(self):
        """In one line."""
        for module, text in (("test-abi.so", "ABI 2"), ("test-nothing.so", "lw_plugin"), ("absent.so", "No such file")):
            run = host("-v", module)
            self.assertEqual(run.returncode, 1)
            self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
            self.assertIn(text, run.stderr)


if __name__ == "__main__":
    unittest.main()
