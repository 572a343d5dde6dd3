#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin guide, sdk/README.md: its code compiles, and it knows every macro, function and member of the header."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from build import CC, ROOT

GUIDE = (ROOT / "sdk" / "README.md").read_text()
HEADER = (ROOT / "sdk" / "include" / "lwm2m" / "plugin.h").read_text()
PRELUDE = "#include <lwm2m/plugin.h>\n#include <math.h>\n"

# How macros are made; what a plugin does not name.
INTERNAL = {"SIZE", "IS", "IS_SIGNED", "IS_UNSIGNED", "IS_FLOAT", "CHECK", "FIELD", "FIELDS", "PLUGIN_ABI", "NO_ID"}


def is_told(name, text):
    """LW_RES_ARRAY_… stands for all that begin so."""
    return re.search(rf"\b{name}\b", text) or any(name.startswith(one) for one in re.findall(r"\b(LW_\w+_)…", text))


class TestGuide(unittest.TestCase):
    def test_code(self):
        blocks = re.findall(r"(?ms)^```c$(.*?)^```$", GUIDE)
        self.assertGreaterEqual(len(blocks), 7)
        with tempfile.TemporaryDirectory() as folder:
            for number, block in enumerate(blocks):
                path = Path(folder, f"block-{number}.c")
                path.write_text(PRELUDE + block)
                run = subprocess.run([*CC, "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused", "-Wno-unused-parameter",
                                      "-Wno-missing-field-initializers", "-Werror", "-fsyntax-only", "-I",
                                      ROOT / "sdk" / "include", path], capture_output=True, text=True)
                self.assertEqual(run.returncode, 0, f"{block}\n{run.stderr}")

    def test_complete(self):
        macros = {name for name in re.findall(r"(?m)^#define (LW_\w+)", HEADER) if name[3:] not in INTERNAL}
        functions = set(re.findall(r"(?m)^(?:static inline|__attribute__.*inline) [^;(]*?\b(lw_\w+)\(", HEADER))
        self.assertGreater(len(macros), 25)
        self.assertGreater(len(functions), 15)
        missing = {name for name in macros | functions if not is_told(name, GUIDE)}
        # Values by type are in the header alone, but for one.
        missing -= {f"lw_{type}" for type in ("integer", "unsigned", "float", "boolean", "opaque", "time", "objlnk", "corelnk")}
        self.assertEqual(missing - {"lw_answer_at"}, set())

    def test_examples_in_header(self):
        """Each macro is used in a comment of the header."""
        comments = " ".join(re.findall(r"(?s)/\*.*?\*/", HEADER))
        macros = {name for name in re.findall(r"(?m)^#define (LW_\w+)\(", HEADER) if name[3:] not in INTERNAL}
        self.assertEqual({name for name in macros if not re.search(rf"\b{name}\(", comments)}, set())


if __name__ == "__main__":
    unittest.main()
