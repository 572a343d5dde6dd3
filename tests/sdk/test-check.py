#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2m-plugin-check: every kind of finding, and none where there is nothing to find."""

import tempfile
import unittest
from pathlib import Path

import build
from build import PLUGINS

SOURCE = """
#include <lwm2m/plugin.h>
struct kettle { double temperature; int64_t level; char label[16]; LW_ARRAY(int64_t, 4) list; };
static int on_execute(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args) { return @EXECUTE@; }
static int on_written(struct lw_instance *inst) { return @WRITTEN@; }
static const struct lw_resource resources[] = { @RESOURCES@ LW_RES_END };
static const struct lw_object object = {
	.id = 33050, .version = @VERSION@, .flags = @FLAGS@, .resources = resources,
	LW_DATA(struct kettle, .temperature = 20, .level = 3, .label = "x"), .written = on_written,
};
static int start(const struct lw_host *host) { return @FLAGS@ ? lw_add_instance(host, 33050, 0, NULL) : 0; }
LW_PLUGIN_START("kettle", start, NULL, &object);
"""
ROWS = {
    0: "LW_RES_FLOAT(0, LW_R, struct kettle, temperature),",
    1: "LW_RES_INTEGER(1, LW_RW, struct kettle, level),",
    2: "LW_RES_STRING(2, LW_RW, struct kettle, label),",
    3: "LW_RES_EXECUTE(3, on_execute),",
    4: "LW_RES_ARRAY_INTEGER(4, LW_R, struct kettle, list),",
}
ITEMS = [
    (0, "Temperature", "R", "Single", "Mandatory", "Float", "0..100", "Cel"),
    (1, "Level", "RW", "Single", "Mandatory", "Integer", "1,2,3", ""),
    (2, "Label", "RW", "Single", "Optional", "String", "1..10", ""),
    (3, "Boil", "E", "Single", "Optional", "", "", ""),
    (4, "List", "R", "Multiple", "Optional", "Integer", "", ""),
]


class TestCheck(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.definition = build.definition(cls.folder / "33050.xml", ITEMS)

    def kettle(self, rows=None, **words):
        words = {"VERSION": '"1.1"', "FLAGS": "0", "EXECUTE": "0", "WRITTEN": "0", **words}
        source = SOURCE.replace("@RESOURCES@", "".join({**ROWS, **(rows or {})}.values()))
        for word, value in words.items():
            source = source.replace(f"@{word}@", value)
        return build.module(self.folder / "kettle.so", source)

    def check(self, *arguments):
        return build.run("lwm2m-plugin-check", *arguments)

    def find(self, pattern, rows=None, arguments=(), **words):
        """One finding, and this one."""
        run = self.check(self.kettle(rows, **words), self.definition, *arguments)
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertRegex(run.stdout, pattern)
        self.assertEqual(len(run.stdout.splitlines()), 1, run.stdout)

    def test_good(self):
        run = self.check(self.kettle(), self.definition, "--execute")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        run = self.check(self.kettle(EXECUTE="-EPERM"), self.definition, "--verbose")
        self.assertEqual(run.returncode, 0)
        self.assertIn("/33050/0/1 RW integer 3\n", run.stdout)
        self.assertIn("/33050/0/3 was not executed", run.stdout)

    def test_without_definition(self):
        self.assertEqual(self.check(self.kettle()).returncode, 0)
        self.assertEqual(self.check(self.kettle(VERSION='"7.0"')).returncode, 0)

    def test_tables(self):
        self.find(r"/33050 has version 1\.2; the definition is 1\.1", VERSION='"1.2"')
        self.find("may have several instances", FLAGS="LW_INSTANCES")
        self.find(r"/33050/\*/0 \(Temperature\) is missing; it is mandatory", {0: ""})
        self.find(r"/33050/\*/9 is not in the definition", {9: "LW_RES_FLOAT(9, LW_R, struct kettle, temperature),"})
        self.find(r"/1 \(Level\) has the operations R; the definition has RW", {1: ROWS[1].replace("LW_RW", "LW_R")})
        self.find(r"has the type integer; the definition has float", {0: "LW_RES_INTEGER(0, LW_R, struct kettle, level),"})
        self.find("is single and the definition is not", {4: "LW_RES_INTEGER(4, LW_R, struct kettle, level),"})
        self.find("is LW_MANDATORY; the definition has it as optional",
                  {2: "LW_RES_STRING(2, LW_RW, struct kettle, label, .flags = LW_MANDATORY),"})
        run = self.check(self.kettle(FLAGS="LW_CREATE"), self.definition)
        self.assertIn("Level) is mandatory, and a Create may leave it out", run.stdout)

    def test_other_object(self):
        other = build.definition(self.folder / "33051.xml", ITEMS, id=33051)
        run = self.check(self.kettle(), other)
        self.assertEqual(run.returncode, 1)
        self.assertIn("it has no object 33051 (Kettle), but 33050", run.stdout)
        self.assertEqual(self.check(self.kettle(), other, self.definition).returncode, 1)

    def test_use(self):
        self.find("/33050/0/3: an Execute without arguments ends with EACCES", EXECUTE="-EACCES", arguments=["--execute"])
        run = self.check(self.kettle(WRITTEN="-EIO"), self.definition)
        self.assertEqual(run.stdout.count("a Write of the value that it has ends with EIO"), 2)
        self.assertEqual(self.check(self.kettle(WRITTEN="-EIO"), self.definition, "--read-only").returncode, 0)

    def test_ranges(self):
        for index, limits, accepted in ((0, "30..100", False), (0, "-10..20", True), (1, "1,2", False), (1, "0-7", True),
                                        (0, "what the maker says", True), (1, "4..5", False)):
            items = [item if item[0] != index else (*item[:6], limits, "") for item in ITEMS]
            path = build.definition(self.folder / "range.xml", items)
            run = self.check(self.kettle(), path)
            self.assertEqual(run.returncode, 0 if accepted else 1, (limits, run.stdout))
            if not accepted:
                self.assertIn(f"the definition has the range {limits}", run.stdout)

    def test_misbehaving(self):
        """It may crash and hang: that ends its process, and says where."""
        faults = PLUGINS / "test-faults.so"
        for settings, text in (
                (("abort", "read"), "its process was ended by SIGABRT in read /33002/0/10"),
                (("hang", "read"), "it does not return from read /33002/0/10 within 2 s"),
                (("exit", "write"), "its process ended with status 3 in write /33002/0/2"),
                (("abort", "start"), "it cannot be loaded: its process was ended by SIGABRT"),
                (("hang", "poll"), "it does not return from "), (("fail", "start"), "it cannot be loaded")):
            run = self.check(faults, "--patience", "2", "--set", f"fault.what={settings[0]}", "--set",
                             f"fault.at={settings[1]}")
            self.assertEqual(run.returncode, 1, settings)
            self.assertIn(text, run.stdout)

    def test_unusable(self):
        for name, text in ("test-abi.so", "ABI 2"), ("test-nothing.so", "lw_plugin"), ("absent.so", "No such file"):
            run = self.check(PLUGINS / name)
            self.assertEqual(run.returncode, 1)
            self.assertIn("it cannot be loaded", run.stdout)
            self.assertIn(text, run.stderr)

    def test_bad_definition(self):
        bad = self.folder / "bad.xml"
        for text, message in (("<LWM2M>", "no element found"), ("<a/>", "does not define one object"),
                              (self.definition.read_text().replace("Float", "Real"), "there is no type Real"),
                              (self.definition.read_text().replace(">RW<", ">X<"), "there are no operations X")):
            bad.write_text(text)
            run = self.check(self.kettle(), bad)
            self.assertEqual(run.returncode, 2, run.stdout)
            self.assertIn(message, run.stderr)
            self.assertEqual(len(run.stderr.splitlines()), 1)
        self.assertEqual(self.check(self.kettle(), self.folder / "absent.xml").returncode, 2)


if __name__ == "__main__":
    unittest.main()
