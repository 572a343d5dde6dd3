# SPDX-License-Identifier: Apache-2.0
"""Builds the driver through Maven, once: the jars and classes stay in a cache folder outside the tree.

LWM2M_TEST_CACHE, else ~/.cache/lwm2m-agent-tests, then "leshan" and a key made of pom.xml and the sources. MVN,
JAVA and JAVAC name other tools than those on the path.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class LeshanUnavailable(Exception):
    """java, javac or mvn is missing, or the build failed: skip the tests."""


def cache_folder():
    return Path(os.environ.get("LWM2M_TEST_CACHE") or Path.home() / ".cache" / "lwm2m-agent-tests")


def tool(variable, name):
    found = os.environ.get(variable) or shutil.which(name)
    if not found:
        raise LeshanUnavailable(f"{name} not found (set {variable})")
    return found


def class_path(offline=False):
    """The driver's class path; builds first unless the cache has it. offline: Maven uses its own cache only."""
    pom, sources = HERE / "pom.xml", sorted((HERE / "driver").glob("*.java"))
    key = hashlib.sha256(b"".join(s.read_bytes() for s in [pom, *sources])).hexdigest()[:16]
    root = cache_folder() / "leshan"
    target = root / key
    if not (target / "classes").is_dir():
        root.mkdir(parents=True, exist_ok=True)
        with open(root / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one build at a time
            if not (target / "classes").is_dir():
                _build(root, target, pom, sources, ["-o"] if offline else [])
    return f"{target}/classes{os.pathsep}{target}/lib/*"


def _build(root, target, pom, sources, options):
    mvn, javac = tool("MVN", "mvn"), tool("JAVAC", "javac")
    with tempfile.TemporaryDirectory(dir=root) as work:
        _run([mvn, "-q", "-B", *options, "-f", str(pom), "dependency:copy-dependencies",
              "-DincludeScope=runtime", f"-DoutputDirectory={work}/lib"])
        _run([javac, "-encoding", "UTF-8", "--release", "11", "-cp", f"{work}/lib/*", "-d", f"{work}/classes",
              *map(str, sources)])
        target.mkdir(exist_ok=True)
        os.rename(f"{work}/lib", target / "lib")
        os.rename(f"{work}/classes", target / "classes")  # last: marks the cache entry as complete


def _run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        raise LeshanUnavailable(f"{command[0]} failed:\n{done.stdout[-3000:]}")
