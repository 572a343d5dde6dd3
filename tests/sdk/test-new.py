#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2m-plugin-new: what it makes of a definition compiles without a warning and passes lwm2m-plugin-check."""

import tempfile
import unittest
from pathlib import Path

import build

TYPES = ("String", "Integer", "Unsigned Integer", "Float", "Boolean", "Opaque", "Time", "Objlnk", "Corelnk")


def all_items():
    """Every type, single and multiple, and every operation."""
    items = [(10, "Push", "E", "Single", "Optional", "")]
    for number, type in enumerate(TYPES):
        for offset, (operations, several) in enumerate((("R", "Single"), ("RW", "Single"), ("W", "Single"), ("R", "Multiple"),
                                                        ("RW", "Multiple"))):
            mandatory = "Mandatory" if offset < 2 else "Optional"
            items.append((100 + 10 * number + offset, f"{type} {operations} {several}", operations, several, mandatory, type))
    return items


class TestNew(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def new(self, *arguments, **environment):
        return build.run("lwm2m-plugin-new", *arguments, cwd=self.folder, environment=environment)

    def make(self, items, instances="Single"):
        """Makes, compiles and checks it; returns its code."""
        path = build.definition(self.folder / "object.xml", items, instances=instances)
        run = self.new("my-kettle", path)
        self.assertEqual(run.returncode, 0, run.stderr)
        made = self.folder / "my-kettle"
        self.assertEqual({one.name for one in made.iterdir()},
                         {"my-kettle.c", "meson.build", "README.md", "my-kettle.conf", "33050.xml"})
        code = (made / "my-kettle.c").read_text()
        module = build.module(self.folder / "x.so", code)
        run = build.run("lwm2m-plugin-check", module, path)
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        return code

    def test_everything(self):
        code = self.make(all_items(), "Multiple")
        for row in ("LW_RES_ARRAY_OPAQUE(154, LW_RW, struct my_kettle, opaque_rw_multiple),",
                    "LW_RES_FLOAT(130, LW_R, struct my_kettle, float_r_single, .flags = LW_MANDATORY),",
                    "LW_RES_EXECUTE(10, my_kettle_execute), /* Push */", ".flags = LW_INSTANCES,"):
            self.assertIn(row, code)

    def test_single(self):
        self.assertNotIn("start(", self.make([(1, "Level", "R", "Single", "Mandatory", "Integer")]))

    def test_executes_only(self):
        self.assertNotIn("LW_DATA", self.make([(1, "Boil", "E", "Single", "Mandatory", "")]))

    def test_odd_names(self):
        """Names that C does not take, the same name twice, and text that would end a comment."""
        code = self.make([(1, "int", "R", "Single", "Optional", "Integer"), (2, "5 V */", "R", "Single", "Optional", "Integer"),
                          (3, "Same", "R", "Single", "Optional", "Integer"), (4, "Same", "R", "Single", "Optional", "Integer"),
                          (5, "äöü", "RW", "Single", "Optional", "String"), (6, "Hidden", "", "Single", "Optional", "String")])
        for name in ("r1_int", "r2_5_v", "same;", "same_4;", "r5"):
            self.assertIn(name, code)
        self.assertNotIn("Hidden", code)

    def test_ranges(self):
        """What a field holds at first is a value that the definition has."""
        self.make([(1, "A", "RW", "Single", "Mandatory", "Integer", "5..9", ""),
                   (2, "B", "RW", "Single", "Mandatory", "Float", "0.25..1", ""),
                   (3, "C", "R", "Single", "Mandatory", "Unsigned Integer", "1,2", "")])

    def test_object(self):
        """--object looks in a folder of definitions, and says where to get one."""
        item = [(1, "Level", "R", "Single", "Mandatory", "Integer")]
        registry = self.folder / "registry"
        (registry / "version_history").mkdir(parents=True)
        build.definition(registry / "33050.xml", item)
        build.definition(registry / "version_history" / "33051-1_0.xml", item, id=33051)
        self.assertEqual(self.new("one", "--object", "33050", "--definitions", registry).returncode, 0)
        self.assertEqual(self.new("two", "--object", "33051", LWM2M_DEFINITIONS=str(registry)).returncode, 0)
        for run in self.new("three", "--object", "33052", "--definitions", registry), self.new("four", "--object", "33050"):
            self.assertEqual(run.returncode, 1)
            self.assertIn("git clone https://github.com/OpenMobileAlliance/lwm2m-registry", run.stderr)

    def test_wrong_usage(self):
        path = build.definition(self.folder / "object.xml", [(1, "Level", "R", "Single", "Mandatory", "Integer")])
        for arguments in (["x"], ["x", path, "--object", "1"], ["X", path], ["../x", path], []):
            self.assertEqual(self.new(*arguments).returncode, 2, arguments)
        (self.folder / "taken").mkdir()
        for arguments in (["taken", path], ["x", "absent.xml"]):
            run = self.new(*arguments)
            self.assertEqual(run.returncode, 1, arguments)
            self.assertEqual(len(run.stderr.splitlines()), 1)
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main()
