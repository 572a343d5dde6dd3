# SPDX-License-Identifier: Apache-2.0
"""Debian packages of this checkout, as it is now, for the containers.

build("trixie") is a folder of them, and next/ below it has the same as a newer version, to upgrade to. They are built by
packaging/build-deb, once for each state of the sources, and kept below ~/.cache/lwm2m-agent-tests (LWM2M_TEST_CACHE).
LWM2M_TEST_PACKAGES=FOLDER: what is in FOLDER/RELEASE is taken in their place, whatever it was built from.
Unavailable, of debian.py, says why they cannot be built here; one that fails to build is an AssertionError.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import debian
from debian import Unavailable, run

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = "agent", "plugins", "sdk", "etc", "packaging", "subprojects", "meson.build", "meson_options.txt"
GIVEN = os.environ.get("LWM2M_TEST_PACKAGES")
KEPT = 3
NEWER = "+next"
# What the newer version has changed: files that the administrator of a test leaves alone, and one that he does not.
CHANGED = "etc/lwm2m-agent/plugins.d/system.conf", "etc/lwm2m-agent/agent.conf"
MARK = "; of the newer version\n"


def _files():
    """Without what fetch-subprojects and meson put among the subprojects, and Python."""
    for name in SOURCES:
        top = PROJECT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            inside = path.relative_to(PROJECT).parts
            unpacked = inside[0] == "subprojects" and len(inside) > 2 and inside[1] != "packagefiles"
            if path.is_file() and not unpacked and ".tar" not in path.name and path.suffix != ".pyc":
                yield path


def _state():
    """A name for the sources as they are."""
    state = hashlib.sha256()
    for path in _files():
        state.update(f"{path.relative_to(PROJECT)} {path.stat().st_mode & 0o100} {path.stat().st_size}\n".encode())
        state.update(path.read_bytes())
    return state.hexdigest()[:16]


def _newer(package, folder):
    """The package again, as a version that follows it."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        run("dpkg-deb", "--raw-extract", package, root)
        control = (root / "DEBIAN/control").read_text()
        version = re.search(r"^Version: (.*)$", control, re.M)[1]
        (root / "DEBIAN/control").write_text(
            control.replace(f"Version: {version}\n", f"Version: {version}{NEWER}\n").replace(f"(= {version})",
                                                                                            f"(= {version}{NEWER})"))
        for conffile in CHANGED:
            if (root / conffile).exists():
                with open(root / conffile, "a", encoding="utf-8") as file:
                    file.write(MARK)
        run("dpkg-deb", "--root-owner-group", "--build", "-Znone", root,
            folder / package.name.replace("_", f"_{NEWER}", 1))


def _make_newer(folder):
    (folder / "next").mkdir()
    for package in folder.glob("*.deb"):
        if "-dbgsym_" not in package.name:
            _newer(package, folder / "next")


def _run(tool, *words, say=None):
    """(exit status, lines): each line goes to say as it comes."""
    with subprocess.Popen([PROJECT / "packaging" / tool, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if say:
                say(lines[-1].removeprefix(f"{tool}: "))
    return process.returncode, lines


def _build(release, folder, say):
    code, lines = _run("deb-root", release, say=say)
    if code:
        raise Unavailable((lines or ["packaging/deb-root failed"])[-1])
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"new-{release}.") as name:
        new = Path(name) / "new"
        new.mkdir()
        code, lines = _run("build-deb", "--release", release, new, say=say)
        if code:
            for log in new.glob("*.log"):
                lines.append(f"It is {shutil.move(log, folder.parent / log.name)} now.")
            raise AssertionError("\n".join([f"the packages for {release} cannot be built:", *lines]))
        _make_newer(new)
        new.chmod(0o755)
        new.rename(folder)


def folder_of(release):
    if GIVEN:
        return Path(GIVEN) / release
    return debian.CACHE / "packages" / f"{release}-{os.uname().machine}-{_state()}"


def is_ready(release):
    return folder_of(release).is_dir()


def build(release, say=None):
    """say hears how it goes on, a line at a time."""
    folder = folder_of(release)
    if GIVEN and not folder.is_dir():
        raise Unavailable(f"{folder}, from LWM2M_TEST_PACKAGES, is not there")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{release}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.parent.glob(f"new-{release}.*"):  # by a build that was killed
            shutil.rmtree(left)
        if not folder.is_dir():
            _build(release, folder, say)
        elif not (folder / "next").is_dir():
            _make_newer(folder)
        if GIVEN:
            return folder
        of_release = [path for path in folder.parent.glob(f"{release}-*") if path != folder]
        for old in sorted(of_release, key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old)
    return folder
