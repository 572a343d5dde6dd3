# SPDX-License-Identifier: Apache-2.0
"""Programs of Debian packages that tests start themselves and that this machine has not installed.

program("gpsd", "gpsd") is the command to start gpsd with: the one that is installed, or one out of the package, which is
unpacked with what it needs below ~/.cache/lwm2m-agent-tests (LWM2M_TEST_CACHE). Nothing is installed: no service starts,
no account is made. Unavailable says why there is none.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("LWM2M_TEST_CACHE") or Path.home() / ".cache" / "lwm2m-agent-tests")
FOLDERS = "usr/sbin", "usr/bin", "sbin", "bin", "usr/lib", "usr/libexec"


class Unavailable(Exception):
    """One line for people: what is missing and why."""


def run(*command, **named):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            errors="replace", **named)
    if result.returncode:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(command[:2])}: {said[-1] if said else result.returncode}")
    return result.stdout


def release():
    text = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\S+)", text, re.M)
    return found[1] if found else "sid"


def _unpack(package, folder):
    """The package and those of its dependencies that are not installed, in folder once all is there."""
    if not shutil.which("apt-get"):
        raise Unavailable(f"{package}: no apt-get")
    simulated = run("apt-get", "--simulate", "--no-install-recommends", "install", package)
    missing = re.findall(r"^Inst (\S+)", simulated, re.M) or [package]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        run("apt-get", "-o", "APT::Sandbox::User=root", "download", *missing, cwd=work)
        for archive in sorted(Path(work).glob("*.deb")):
            run("dpkg-deb", "--extract", archive, Path(work) / "root")
        try:
            (Path(work) / "root").rename(folder)
        except OSError as e:
            if not folder.is_dir():  # another test was quicker
                raise Unavailable(f"{package}: {e}") from e


def unpack(package):
    folder = CACHE / "debian" / f"{release()}-{os.uname().machine}" / package
    if not folder.is_dir():
        try:
            _unpack(package, folder)
        except OSError as e:
            raise Unavailable(f"{package}: {e}") from e
    return folder


def program(package, name):
    """(command, environment) for subprocess."""
    installed = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if installed:
        return [installed], dict(os.environ)
    folder = unpack(package)
    for place in FOLDERS:
        if (path := folder / place / name).is_file():
            libraries = {str(library.parent) for library in folder.rglob("*.so*")}
            return [str(path)], {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(libraries))}
    raise Unavailable(f"{name} is not in the package {package}")
