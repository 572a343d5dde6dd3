# SPDX-License-Identifier: Apache-2.0
"""A message bus of a test's own, and calls on it: Bus(folder).call(...) with busctl."""

import subprocess
from pathlib import Path

import debian

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""


class Daemon:
    """dbus-daemon with this configuration, in which {socket} is where it listens."""

    def __init__(self, folder, config=CONFIG):
        path, file = Path(folder) / "bus", Path(folder) / "bus.conf"
        file.write_text(config.format(socket=path))
        self.address = f"unix:path={path}"
        self._daemon = subprocess.Popen(["dbus-daemon", "--nofork", "--print-address", "--config-file", str(file)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._daemon.stdout.readline()

    def close(self):
        self._daemon.kill()
        self._daemon.wait()
        self._daemon.stdout.close()


class Bus(Daemon):
    """environment makes programs take it for the system bus and for the session's. debian.Unavailable: there is no busctl,
    which a bare Debian does not have."""

    def __init__(self, folder):
        self._busctl, self._environment = debian.program("systemd", "busctl")
        super().__init__(folder)
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.address, "DBUS_SESSION_BUS_ADDRESS": self.address}

    def try_call(self, *arguments, timeout=60):
        """The outcome of busctl's verb call, property or the like: a CompletedProcess."""
        return subprocess.run([*self._busctl, f"--address={self.address}", f"--timeout={timeout}", *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**self._environment, **self.environment})

    def call(self, *arguments, timeout=60):
        result = self.try_call(*arguments, timeout=timeout)
        if result.returncode:
            raise AssertionError(f"busctl {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout.strip()
