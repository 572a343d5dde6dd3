# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with a real kernel, for one command: QEMU without hardware support, so that it runs anywhere.

The guest sees this machine's files where they are here, and what it writes goes to a layer in its memory: what was built or
unpacked here runs there, as root, on a kernel with other drivers. stdout, stderr and the exit code come back through three
virtio ports.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import kernel
from debian import Unavailable

INIT = Path(__file__).resolve().parent / "vm-init"
QEMU = "qemu-system-x86_64"
MODULES = "virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay", "configfs"
NO_ANSWER, TIMED_OUT = 126, 124

RUN = """export HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
(
{exports}
cd {folder} && {modprobe} || exit 125
exec sh /run/vm/command
) </dev/null >/run/vm/out 2>/run/vm/err
echo $? >/run/vm/rc
echo b >/proc/sysrq-trigger
"""


def check():
    """Unavailable: why there is no such machine here."""
    folder = kernel.find()
    if not shutil.which(QEMU):
        raise Unavailable(f"{QEMU} is not installed")
    return folder


def cpio(files):
    """A newc archive of {name: bytes}; None is a directory. All may be executed."""
    out = bytearray()
    for number, (name, data) in enumerate([*files.items(), ("TRAILER!!!", b"")], 1):
        mode = 0o040755 if data is None else 0o100755
        data = data or b""
        head = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % value for value in head) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def module_files(folder, version):
    """Files of the modules that the guest's first steps need, in the order to load them; a built-in one has none."""
    base = folder / "lib/modules" / version
    depends = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        depends[Path(path).name.partition(".")[0].replace("-", "_")] = [*reversed(others.split()), path]
    order = [path for name in MODULES for path in depends.get(name, [])]
    return [base / path for path in dict.fromkeys(order)]


def initramfs(folder, run, command):
    modules = module_files(folder, (folder / "version").read_text().strip())
    files = {name: None for name in ("bin", "dev", "modules", "proc", "run", "sys", "vm")}
    files |= {"init": INIT.read_bytes(), "bin/busybox": (folder / "busybox").read_bytes(),
              "vm/run": run.encode(), "vm/command": command.encode() + b"\n",
              "modules/order": "".join(f"{path.name}\n" for path in modules).encode()}
    return cpio(files | {f"modules/{path.name}": path.read_bytes() for path in modules})


class Machine:
    """command: words, or one text for sh. environment: what of ours the command shall see. modules: loaded before."""

    def __init__(self, command, modules=(), environment=None, memory_mb=1024):
        self.folder = check()
        self.memory_mb = memory_mb
        self.command = command if isinstance(command, str) else shlex.join(command)
        exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in (environment or {}).items())
        self.run_text = RUN.format(exports=exports, folder=shlex.quote(os.getcwd()),
                                   modprobe=f"modprobe -a {shlex.join(modules)}" if modules else "true")

    def arguments(self, work, outputs):
        """q35 without what nobody needs; one processor, as several are unsound under emulation (7.2 to 10.0, seen)."""
        words = [QEMU, "-M", "q35,sata=off,smbus=off,usb=off,vmport=off", "-nodefaults", "-no-user-config",
                 "-accel", "tcg", "-cpu", "Nehalem", "-smp", "1", "-m", str(self.memory_mb), "-display", "none",
                 "-no-reboot", "-nic", "none", "-kernel", self.folder / "vmlinux", "-initrd", work / "initramfs",
                 "-append", "console=ttyS0 quiet panic=-1 reboot=t nokaslr mitigations=off apparmor=0 selinux=0 audit=0",
                 "-serial", f"file:{work}/log", "-device", "virtio-rng-pci", "-device", "virtio-serial-pci"]
        for tag, path in ("host", "/"), ("modules", self.folder / "lib/modules"):
            words += ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap,readonly=on",
                      "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
        # Not "stdio": with that the guest hangs when our input has ended.
        for name, path in outputs.items():
            words += ["-chardev", f"file,id={name},path={path},append=on",
                      "-device", f"virtserialport,chardev={name},name={name}"]
        return [str(word) for word in words]

    def run(self, timeout=120, log=None):
        """Returns the command's exit code, or TIMED_OUT, or NO_ANSWER when the guest went down without one."""
        with tempfile.TemporaryDirectory(prefix="lwm2m-vm-") as name:
            work = Path(name)
            (work / "initramfs").write_bytes(initramfs(self.folder, self.run_text, self.command))
            code = self._boot(work, timeout)
            if code in (TIMED_OUT, NO_ANSWER):
                said = (work / "log").read_text(errors="replace") if (work / "log").exists() else ""
                why = f"no end within {timeout:g} s" if code == TIMED_OUT else "no exit code"
                print(f"The virtual machine: {why}; its kernel's log ends:\n{said[-1500:]}", file=sys.stderr)
            if log and (work / "log").exists():
                shutil.copy(work / "log", log)
            return code

    def _boot(self, work, timeout):
        pipes = {"out": os.pipe(), "err": os.pipe()}
        outputs = {"rc": work / "rc", **{name: f"/proc/self/fd/{end}" for name, (_, end) in pipes.items()}}
        with subprocess.Popen(self.arguments(work, outputs), stdin=subprocess.DEVNULL,
                              pass_fds=[end for _, end in pipes.values()]) as qemu:
            pumps = [threading.Thread(target=pump, args=(source, target, end))
                     for target, (source, end) in enumerate(pipes.values(), 1)]
            for thread in pumps:
                thread.start()
            try:
                qemu.wait(timeout)
            except subprocess.TimeoutExpired:
                return TIMED_OUT
            finally:
                qemu.kill()
                qemu.wait()
                for thread in pumps:
                    thread.join()
        said = (work / "rc").read_text().strip() if (work / "rc").exists() else ""
        return int(said) if said else NO_ANSWER


def pump(source, target, other_end):
    """From the guest to our own output, until the guest has closed it."""
    os.close(other_end)
    with os.fdopen(source, "rb", 0) as stream:
        while data := stream.read(65536):
            while data:
                data = data[os.write(target, data):]


def end_on_sigterm():
    """So that the machine ends with us."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
