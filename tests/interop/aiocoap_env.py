# SPDX-License-Identifier: Apache-2.0
"""aiocoap, a CoAP library that shares nothing with ours, in a virtual environment of the test cache.

prepare() makes it, with pip; activate() lets the running interpreter import it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from leshan.build import cache_folder

VERSION = "0.4.14"


class AiocoapUnavailable(Exception):
    """It is not there, and why."""


def _folder():
    return cache_folder() / f"aiocoap-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}"


def _packages(folder):
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def activate():
    packages = _packages(_folder())
    if not (packages / "aiocoap").is_dir():
        raise AiocoapUnavailable("aiocoap is not there: tests/interop/prepare installs it")
    sys.path.insert(0, str(packages))


def prepare():
    """Nothing to do when it is there already."""
    folder = _folder()
    if (_packages(folder) / "aiocoap").is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        _run([sys.executable, "-m", "venv", work])
        _run([Path(work) / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
              f"aiocoap=={VERSION}"])
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(work, folder)  # last: all of it or nothing
        os.mkdir(work)           # for the clean-up


def _run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        raise AiocoapUnavailable(f"{command[0]} failed:\n{done.stdout[-2000:]}")
