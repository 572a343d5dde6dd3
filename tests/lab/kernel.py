# SPDX-License-Identifier: Apache-2.0
"""The kernel that virtual machines of the lab boot: Debian's newest, which has the simulated hardware that tests need.

prepare() makes a folder below ~/.cache/lwm2m-agent-tests (LWM2M_TEST_CACHE) with vmlinux, all modules and a static busybox.
The packages come through a private apt with this machine's archives: the machine's own apt stays as it is, and root is not
needed. find() names the folder. Unavailable, of debian.py, says why there is none.
"""

import lzma
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import debian
from debian import Unavailable, run

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "packaging"))
import apt_sources  # noqa: E402  pylint: disable=wrong-import-position

SUITE = "sid"  # gpio-sim is not built in what stable has
FOLDER = debian.CACHE / "kernel-amd64"
ZSTD = b"\x28\xb5\x2f\xfd"


class Apt:
    """apt-get with the lists of one suite and nothing installed."""

    def __init__(self, work):
        self.work = work
        for part in ("lists/partial", "cache/archives/partial", "sources", "none"):
            (work / part).mkdir(parents=True)
        (work / "status").touch()
        stanzas = apt_sources.twins("deb", [debian.release(), "stable", "testing", "unstable", "sid"], [SUITE])
        if not stanzas:
            raise Unavailable("this machine has no Debian archive among its package sources")
        (work / "sources" / "lab.sources").write_text(stanzas)
        options = {"Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": work / "sources",
                   "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": work / "none",
                   "Dir::State::Lists": work / "lists", "Dir::State::status": work / "status",
                   "Dir::Cache": work / "cache", "Acquire::Languages": "none", "Acquire::Retries": "2",
                   "APT::Architecture": "amd64", "APT::Architectures": "amd64", "APT::Sandbox::User": "",
                   "APT::Update::Post-Invoke-Success": ""}
        self.options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def run(self, tool, *words):
        return run(tool, *self.options, *words, cwd=self.work, env={**os.environ, "LC_ALL": "C"})

    def depends(self, package, prefixes):
        """Names of the packages that it depends on and that begin with one of the prefixes."""
        lines = self.run("apt-cache", "depends", package).splitlines()
        names = [line.partition("Depends:")[2].strip() for line in lines if "  Depends:" in line or "PreDepends:" in line]
        return [name for name in names if name.startswith(prefixes)]

    def kernel(self):
        """The version, and all packages that have a part of it: since 7.2 the image depends on others."""
        image = self.depends("linux-image-amd64", ("linux-image-",))
        if not image:
            raise Unavailable(f"no linux-image-amd64 in {SUITE}")
        version = image[0].removeprefix("linux-image-")
        found, new = set(), set(image)
        while new:
            found |= new
            wanted = tuple(f"linux-{part}-{version}" for part in ("binary", "modules", "base"))
            new = {name for package in new for name in self.depends(package, wanted)} - found
        return version, sorted(found)


def unpack_modules(source, target):
    """Inflated here, since under emulation that is slow."""
    def inflate(path):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()

    source.rename(target)
    for link in ("build", "source"):
        (target / link).unlink(missing_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(inflate, target.rglob("*.ko.xz")))


def unpack_image(source, target):
    """vmlinux out of the bzImage: its header says where the compressed payload is, which ends with its own size."""
    image = source.read_bytes()
    offset, size = struct.unpack_from("<II", image, 0x248)
    offset += (image[0x1f1] + 1) * 512
    payload = image[offset:offset + size - 4]
    if payload.startswith(ZSTD):
        payload = subprocess.run(["zstd", "-dqc"], input=payload, stdout=subprocess.PIPE, check=True).stdout
    else:
        payload = lzma.LZMADecompressor().decompress(payload)
    target.write_bytes(payload)


def busybox():
    """A static one, installed or out of the package."""
    installed = shutil.which("busybox")
    if installed and b"/ld-" not in Path(installed).read_bytes()[:4096]:
        return Path(installed)
    folder = debian.unpack("busybox-static")
    return next(folder.rglob("bin/busybox"))


def fetch(work, target):
    apt = Apt(work)
    apt.run("apt-get", "-q", "update")
    version, packages = apt.kernel()
    apt.run("apt-get", "-q", "download", *packages)
    for archive in work.glob("*.deb"):
        run("dpkg-deb", "--extract", archive, work / "root")
    modules = next(path for path in (work / "root/usr/lib/modules" / version, work / "root/lib/modules" / version)
                   if path.is_dir())
    image = next(path for path in (work / "root/boot" / f"vmlinuz-{version}", modules / "vmlinuz") if path.exists())
    (target / "lib/modules").mkdir(parents=True)
    unpack_image(image, target / "vmlinux")
    unpack_modules(modules, target / "lib/modules" / version)
    run("depmod", "-b", target, version)
    shutil.copy(busybox(), target / "busybox")
    (target / "version").write_text(version + "\n")


def find():
    if os.uname().machine != "x86_64":
        raise Unavailable("the lab's virtual machine runs this machine's programs, and it is an x86-64")
    if not (FOLDER / "version").exists():
        raise Unavailable("no kernel for the lab's virtual machine: tests/lab/prepare fetches one")
    return FOLDER


def prepare(fresh=False):
    if not fresh and (FOLDER / "version").exists():
        return FOLDER
    for tool in ("apt-get", "dpkg-deb", "depmod", "zstd"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Unavailable(f"{tool} is not installed")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent, prefix="kernel.") as work:
        new = Path(work) / "kernel"
        fetch(Path(work), new)
        shutil.rmtree(FOLDER, ignore_errors=True)
        new.rename(FOLDER)
    return find()
