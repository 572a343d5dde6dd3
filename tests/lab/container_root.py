# SPDX-License-Identifier: Apache-2.0
"""Debian systems that containers of the lab boot: what "apt install" would bring our packages to, and nothing of ours.

find("trixie") is the folder of one, below ~/.cache/lwm2m-agent-tests (LWM2M_TEST_CACHE); it is the lower layer of every
container and never written to. prepare("trixie") makes it with mmdebstrap from this machine's package sources, as root. It has
what our packages depend on, so that dpkg -i needs no network. Unavailable, of debian.py, says why there is none.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import debian
from debian import Unavailable

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "packaging"))
import apt_sources  # noqa: E402  pylint: disable=wrong-import-position

KNOWN = "bookworm", "trixie"
RELEASES = tuple(name for name in KNOWN if name in os.environ.get("LWM2M_TEST_RELEASES", ",".join(KNOWN)).split(","))
# A small system; then what our packages depend on.
PACKAGES = "systemd systemd-sysv libpam-systemd dbus polkitd iproute2 procps libjansson4 libgpiod3 libcurl4".split()
PACKAGES_OF = {"bookworm": "libcbor0.8 libiniparser1".split(), "trixie": "libcbor0.10 libiniparser4".split()}
# Not what is tested, and each takes its time at boot.
MASKED = ("console-getty.service getty.target systemd-logind-varlink.socket apt-daily.timer apt-daily-upgrade.timer "
          "dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-timesyncd.service systemd-networkd.service").split()


def packages(release):
    return sorted(PACKAGES + PACKAGES_OF[release])


def folder(release):
    """Another one for each list of packages: states of the project that differ in it do not undo each other's."""
    wanted = hashlib.sha256(" ".join(packages(release)).encode()).hexdigest()[:8]
    return debian.CACHE / "debian" / f"root-{release}-{os.uname().machine}-{wanted}"


def is_ready(release):
    return folder(release).is_dir()


def find(release):
    """The folder, or Unavailable."""
    if release not in RELEASES:
        raise Unavailable(f"LWM2M_TEST_RELEASES leaves {release} out")
    if not is_ready(release):
        raise Unavailable(f"no root of {release} for containers: tests/lab/prepare makes one")
    return folder(release)


def _sources(release):
    """This machine's archives, for that release; libgpiod 2 is in the backports of the older one."""
    here = debian.release()
    suites = [suite for entry in apt_sources.entries() for suite in entry.get("Suites", "").split()]
    stanzas = [apt_sources.twins("deb", [here + part], [release + part])
               for part in ("", "-updates", "-security") if here + part in suites]
    if release == "bookworm":
        stanzas.append(apt_sources.twins("deb", [here], ["bookworm-backports"]))
    stanzas = [stanza for stanza in stanzas if stanza]
    if not stanzas:
        raise Unavailable("this machine has no Debian archive among its package sources")
    return "\n".join(stanzas)


def _make(release, target, work):
    log = work / "log"
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
               f"--include={','.join(packages(release))}",
               '--dpkgopt=path-exclude=/usr/share/locale/*', '--dpkgopt=path-exclude=/usr/share/man/*',
               '--dpkgopt=path-exclude=/usr/share/doc/*',
               # Our packages are to be unpacked whole.
               '--customize-hook=rm -f "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/etc/resolv.conf',
               '--customize-hook=echo lab >"$1"/etc/hostname',
               '--customize-hook=ln -sf /lib/systemd/system/multi-user.target "$1"/etc/systemd/system/default.target',
               '--customize-hook=for unit in ' + " ".join(MASKED) + '; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done',
               '--customize-hook=touch "$1"/etc/.updated "$1"/var/.updated', "--quiet", release, target, "-"]
    with open(log, "wb") as output:
        code = subprocess.run(command, input=_sources(release).encode(), stdout=output, stderr=subprocess.STDOUT,
                              env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}).returncode
    if code:
        said = log.read_text(errors="replace").splitlines()
        errors = [line for line in said if line.startswith("E: ")] or said or [f"exit status {code}"]
        raise Unavailable(f"mmdebstrap {release}: {errors[0]}")


def _remove_old(release):
    """Also what was left by one that was killed; a root that a container may have is not old."""
    day_ago = time.time() - 24 * 3600
    for path in folder(release).parent.glob(f"root-{release}-*"):
        if path != folder(release) and path.stat().st_mtime < day_ago:
            shutil.rmtree(path)


def prepare(release, fresh=False):
    if not fresh and is_ready(release):
        return folder(release)
    if os.getuid() != 0:
        raise Unavailable("making a root for containers takes root")
    if not shutil.which("mmdebstrap"):
        raise Unavailable("mmdebstrap is not installed")
    folder(release).parent.mkdir(parents=True, exist_ok=True)
    _remove_old(release)
    with tempfile.TemporaryDirectory(dir=folder(release).parent, prefix=f"root-{release}-new.") as name:
        work = Path(name)
        work.chmod(0o755)
        _make(release, work / "root", work)
        if is_ready(release):
            folder(release).rename(work / "old")
        (work / "root").rename(folder(release))
        os.utime(folder(release))
    return folder(release)
