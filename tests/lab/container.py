# SPDX-License-Identifier: Apache-2.0
"""A Debian with systemd as PID 1, on this machine's kernel, in under a second: for what needs a whole system.

    with Container("trixie", share=folder) as container:
        container.check("dpkg -i /mnt/*.deb && systemctl start lwm2m-agent")

The files are those of container_root.py below a layer in memory, which outlives a stop() and start() and is gone with the
container. It has namespaces and a network (lo) of its own, and no way to this machine's clock, kernel settings or devices.
Root is needed, and no controllers of control groups: limits like MemoryMax= may have no effect. Whatever becomes of us, our
end of the holder's input is closed then, and the holder ends all processes of the container.
"""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import container_root
from debian import Unavailable

INIT = Path(__file__).resolve().parent / "container-init"
ENVIRONMENT = {"HOME": "/root", "TERM": "dumb", "LANG": "C.UTF-8",
               "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
UP = "running", "degraded"
POWER_OFF = signal.SIGRTMIN + 4
# Namespaces do not cover the clock, the modules and the hardware: without these, nothing inside can reach this machine's.
LIMITS = "setpriv", "--bounding-set=-sys_time,-sys_module,-sys_rawio", "--inh-caps=-all", "--"


def check(release):
    """Unavailable: why there is no such container here."""
    if os.getuid() != 0:
        raise Unavailable("a container with systemd takes root")
    for tool in ("unshare", "nsenter", "setpriv", "pivot_root", "ip"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Unavailable(f"{tool} is not installed")
    if "cgroup2" not in Path("/proc/filesystems").read_text() or "overlay" not in Path("/proc/filesystems").read_text():
        raise Unavailable("this kernel has no cgroup2 or no overlay, which a container needs")
    return container_root.find(release)


class Container:
    """share: a folder of this machine, seen read-only at /mnt. start() and stop() may follow each other; power_cut=True is
    what it says. Used with "with", it starts and closes."""

    def __init__(self, release, share=None):
        root = check(release)
        self.release = release
        self._share = [f"share={Path(share).resolve()}"] if share else []
        self._work = tempfile.mkdtemp(prefix="lwm2m-lab-")
        self._init = None
        self._holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", INIT, "hold", root, self._work],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "ready\n":
            said = self._holder.communicate()[1].strip().splitlines()
            shutil.rmtree(self._work)  # without its mounts, which were the holder's
            raise Unavailable(f"no container on this machine: {said[-1] if said else 'no reason given'}")
        self._group = f"/proc/{self._holder.pid}/root{self._work}/cgroup/lwm2m-lab.{Path(self._work).name}/cgroup.procs"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._holder.communicate()
        if self._init:
            self._init.wait()
            self._init.stderr.close()

    def start(self, read_only=(), tmpfs=None, timeout=60):
        """Boots, and returns systemd's word for the outcome: "running", or "degraded" where a unit failed. tmpfs: {folder:
        size}, gone with stop()."""
        options = self._share + [f"tmpfs={size}:{path}" for path, size in (tmpfs or {}).items()]
        options += [f"read-only={path}" for path in read_only]
        self._init = self._popen(["nsenter", "--mount", "--root", "--target", str(self._holder.pid), "unshare", "--mount", "--pid",
                                  "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "--propagation", "private",
                                  INIT, "boot", self._work, *options], stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + timeout
        while not (state := self.state()) in UP:
            if self._init.poll() is not None:
                raise AssertionError(f"the container did not boot: {self._init.stderr.read().strip()}")
            if time.monotonic() > end:
                raise AssertionError(f"the container is still {state or 'silent'} after {timeout} s")
            time.sleep(0.05)
        return state

    def stop(self, power_cut=False):
        os.kill(self.pid, signal.SIGKILL if power_cut else POWER_OFF)
        self._init.wait()
        self._init.stderr.close()
        self._init = None

    def wait_down(self, timeout=60):
        """Until it has ended by itself; start() boots it again."""
        self._init.wait(timeout)
        self._init.stderr.close()
        self._init = None

    @property
    def pid(self):
        """PID 1 of the container, as this machine numbers it; None before there is one."""
        children = Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def state(self):
        """"starting", "running" and so on; "" as long as systemd does not answer."""
        pid = self.pid
        if pid is None or Path(f"/proc/{pid}/comm").read_text().strip() != "systemd":
            return ""
        return self.run("systemctl is-system-running --wait").stdout.strip()

    def _popen(self, words, **named):
        """A process in the container's control group and LIMITS, from its first instruction."""
        return subprocess.Popen([*LIMITS, "sh", "-c", 'echo 0 >"$0" && exec "$@"', self._group, *words],
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **named})

    def popen(self, command, environment=None, **named):
        """command: words, or one text for sh. A process in the container that runs on."""
        words = ["sh", "-c", command] if isinstance(command, str) else [str(word) for word in command]
        variables = [f"{name}={value}" for name, value in {**ENVIRONMENT, **(environment or {})}.items()]
        return self._popen(["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup",
                            "--root", "--wd", "--", "env", "-i", *variables, *words], **named)

    def run(self, command, environment=None, stdin=None, timeout=120):
        """A CompletedProcess with stdout and stderr as text."""
        process = self.popen(command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, errors="replace")
        try:
            out, err = process.communicate(stdin or "", timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f"no end within {timeout} s: {command}") from None
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def check(self, command, **named):
        """What it printed; AssertionError where it failed."""
        result = self.run(command, **named)
        if result.returncode:
            said = "\n".join(text.strip() for text in (result.stdout, result.stderr) if text.strip())
            text = command if isinstance(command, str) else shlex.join(str(word) for word in command)
            raise AssertionError(f"{text}: exit status {result.returncode}\n{said}")
        return result.stdout

    def put(self, source, path):
        """A copy of a file of this machine."""
        with open(source, "rb") as file:
            code = self.popen(["sh", "-c", 'cat >"$0"', path], stdin=file).wait()
        if code:
            raise AssertionError(f"cannot write {path}")

    def write(self, path, text, mode="644"):
        """Makes its folder too."""
        self.check(["sh", "-c", 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"', path, mode], stdin=text)
