# SPDX-License-Identifier: Apache-2.0
"""A device in a container: our packages, a server of ours on its loopback, and what both say.

Each test program runs for one Debian release, LWM2M_TEST_RELEASE.
"""

import json
import os
import time
import unittest

import container_packages
from container import Container, check
from debian import Unavailable

RELEASE = os.environ.get("LWM2M_TEST_RELEASE", "bookworm")
ENDPOINT, KEY = "lab", "00112233445566778899aabbccddeeff"
CONFIG = "/etc/lwm2m-agent"
STATE = "/var/lib/lwm2m-agent"
SERVER = "lwm2m-server", "--data-dir", "/srv/lwm2m-server"
UNIT = "lwm2m-agent.service"
OFFSET = "/3/0/14"  # may be written, and is kept
# Registered as LwM2M 1.2, a registration outlives a restart also over DTLS.
ACCOUNT = {"uri": "coaps://127.0.0.1", "identity": ENDPOINT, "key_file": f"{CONFIG}/main.psk", "lifetime": 300,
           "version": "1.2"}


class Device(Container):
    """share is the folder with the packages."""

    def __init__(self):
        check(RELEASE)  # before minutes are spent
        super().__init__(RELEASE, share=container_packages.build(RELEASE))

    # -- packages

    def packages(self):
        """All that are for a device: without those for developers."""
        names = [name.partition("_")[0] for name in self.check("cd /mnt && echo *.deb").split()]
        return sorted(name for name in names if not name.endswith(("-dev", "-dbgsym")))

    def install(self, *names, folder="/mnt"):
        """Or upgrade; what is asked about configuration is answered with "keep mine". Returns what dpkg says."""
        files = " ".join(f"{folder}/{name}_*.deb" for name in names)
        return self.check(f"DEBIAN_FRONTEND=noninteractive dpkg -i --force-confold {files} 2>&1")

    def files(self):
        """Everything on the root's file system that is not dpkg's own, a log, a cache or a backup of the accounts."""
        skip = "/var/lib/dpkg /var/log /var/cache /var/lib/systemd /var/lib/dbus /etc/.pwd.lock".split()
        prune = " -o ".join(f"-path {path}" for path in skip)
        found = self.check(f"find / -xdev \\( {prune} \\) -prune -o -print").splitlines()
        backups = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
        return {path for path in found if path not in backups and "-systemd-logind.service" not in path}

    def hosts(self):
        """Process ids of hosts of the plugin system."""
        return self.run(["pgrep", "-x", "system"]).stdout.split()

    # -- the service

    def configure(self, sections=None, **account):
        """One drop-in, with the key beside it, as an administrator writes them: with no thought of owners."""
        sections = {"agent": {"endpoint": ENDPOINT}, "device": {"manufacturer": "Lab"},
                    "server.main": {**ACCOUNT, **account}, **(sections or {})}
        text = "".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                       for name, keys in sections.items())
        self.write(f"{CONFIG}/main.psk", KEY + "\n", "640")
        self.write(f"{CONFIG}/agent.conf.d/lab.conf", text, "640")

    def override(self, text):
        """A drop-in of the unit."""
        self.write(f"/etc/systemd/system/{UNIT}.d/lab.conf", text)
        self.check("systemctl daemon-reload")

    def systemctl(self, verb):
        result = self.run(f"systemctl {verb} {UNIT}")
        if result.returncode:
            raise AssertionError(f"systemctl {verb} {UNIT}: {result.stderr}{self.diagnosis()}")

    def show(self, name):
        return self.check(f"systemctl show --value -p {name} {UNIT}").strip()

    def main_pid(self):
        return int(self.show("MainPID"))

    def journal(self, words="-o cat"):
        return self.check(f"journalctl --no-pager -u {UNIT} {words}")

    def diagnosis(self):
        return "\n".join(self.run(command).stdout for command in (
            f"systemctl status --no-pager -l {UNIT}", f"journalctl --no-pager -n 40 -u {UNIT}",
            "journalctl --no-pager -n 20 -u lab-server"))

    def wait(self, condition, what, timeout=60):
        """condition: a function, asked until it is true; an AssertionError counts as no. Returns what it returned."""
        end = time.monotonic() + timeout
        while True:
            error = ""
            try:
                if result := condition():
                    return result
            except AssertionError as e:
                error = str(e)
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what}\n{error}\n{self.diagnosis()}")
            time.sleep(0.1)

    def wait_journal(self, pattern, timeout=60):
        self.wait(lambda: self.run(["journalctl", "-q", "-u", UNIT, "-o", "cat", f"--grep={pattern}"]).stdout,
                  f"{pattern!r} in the journal", timeout)

    # -- the server

    def start_server(self):
        self.check([*SERVER, "psk", "add", ENDPOINT, ENDPOINT, KEY])
        self.check(["systemd-run", "--quiet", "--unit=lab-server", *SERVER, "--no-console", "--coaps", "127.0.0.1:5684",
                    "--coap", "127.0.0.1:5683"])
        self.wait(lambda: self.run([*SERVER, "ctl", "list"]).returncode == 0, "the server")

    def stop_server(self):
        self.check("systemctl stop lab-server")

    def server(self, *words):
        """The answers to a verb, as dictionaries."""
        return [json.loads(line) for line in self.check([*SERVER, "ctl", *words, "--json"]).splitlines()]

    def registration(self):
        """As the server has it; its "location" is another one after each Register. None: not registered."""
        return next((entry for entry in self.server("list") if entry["endpoint"] == ENDPOINT), None)

    def wait_registered(self, timeout=60, but=None):
        """Not at the location "but"."""
        def found():
            entry = self.registration()
            return entry if entry and entry["location"] != but else None
        return self.wait(found, "registered", timeout)

    def read(self, path):
        """The value of a resource. An agent that is started again is out of reach until it has registered anew."""
        answers = self.wait(lambda: self.server("read", ENDPOINT, path), f"the server reads {path}")
        return answers[0]["values"][0]["value"]


class DeviceCase(unittest.TestCase):
    """device is there for all tests of a class, with nothing of ours installed; prepare() is once, too."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.device = Device()
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        cls.addClassCleanup(cls.device.close)
        cls.device.start()
        cls.prepare()

    @classmethod
    def prepare(cls):
        pass


class RunningCase(DeviceCase):
    """Installed, configured, started and registered, before each test."""

    packages = "lwm2m-agent", "lwm2m-plugin-system", "lwm2m-server"

    @classmethod
    def prepare(cls):
        cls.device.install(*cls.packages)
        cls.device.start_server()

    def setUp(self):
        self.device.configure()
        self.device.systemctl("restart")
        # The server alone may still mean the registration of the test before.
        self.device.wait(lambda: self.device.show("StatusText").startswith("registered to main"), "registered, it says")
        self.registered = self.device.wait_registered()
