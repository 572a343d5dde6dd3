#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the SDK's example outside of the tree, with what an installed SDK has, and has the real host load it.

test-example.py MESON BUILD EXAMPLE.c TEST CC...
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
LINES_MAX = 36
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]


def pkg_config(root, pc, *arguments):
    environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(root)}
    return subprocess.run(["pkg-config", *arguments, pc.stem], env=environment, check=True, capture_output=True,
                          text=True).stdout.split()


def main(meson, build, example, test, *compiler):
    if not shutil.which("pkg-config"):
        print("skipped: there is no pkg-config")
        return SKIPPED
    lines = len(Path(example).read_text().splitlines())
    if lines > LINES_MAX:
        sys.exit(f"{example} has {lines} lines; the promise is {LINES_MAX}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        subprocess.run([meson, "install", "-C", build, "--no-rebuild", "--quiet", "--skip-subprojects",
                        "--tags", "devel", "--destdir", root],
                       check=True)
        pc = next(root.rglob("lwm2m-plugin.pc"))
        if not pkg_config(root, pc, "--variable=plugindir"):
            sys.exit(f"{pc.name} does not say where plugins are")
        shutil.copy(example, folder)
        module = Path(folder, "thermal.so")
        subprocess.run([*compiler, *WARNINGS, "-shared", "-fPIC", *pkg_config(root, pc, "--cflags"),
                        Path(example).name, "-o", module, "-lm"], cwd=folder, check=True)
        return subprocess.run([test, module]).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
