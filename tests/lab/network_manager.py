# SPDX-License-Identifier: Apache-2.0
"""Debian's NetworkManager for a test in the virtual machine: NetworkManager(case, bus, folder).connect("wlan2", "home", …).

Its folder of plugins is compiled in, so what its package has there is put there; in the guest that goes to a layer in memory.
It manages what udev knows, so udev runs as well.
"""

import shutil
import subprocess
from pathlib import Path

NAME, ROOT = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"

CONFIG = """[main]
plugins=keyfile
dhcp=internal
auth-polkit=false
no-auto-default=*
[keyfile]
path={folder}/connections
unmanaged-devices=except:interface-name:{interface}
[device]
wifi.scan-rand-mac-address=no
[logging]
level=INFO
"""


class NetworkManager:
    """It manages one interface."""

    def __init__(self, case, bus, folder, interface):
        self.bus, self.case = bus, case
        command, environment = case.program("network-manager", "NetworkManager")
        self._put_plugins(command[0])
        self._start_udev(folder)
        (folder / "connections").mkdir()
        config = folder / "NetworkManager.conf"
        config.write_text(CONFIG.format(folder=folder, interface=interface))
        Path("/run/NetworkManager").mkdir(exist_ok=True)
        for name in "/var/lib/NetworkManager", "/etc/NetworkManager":
            Path(name).mkdir(parents=True, exist_ok=True)
        self.log = open(folder / "NetworkManager.log", "wb")
        self.process = subprocess.Popen([*command, "--debug", f"--config={config}"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env={**(environment or {}), **bus.environment})
        case.addCleanup(self.log.close)
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)
        self.device = None
        case.wait_for(lambda: self._find(interface), "the interface in NetworkManager", 60)

    @staticmethod
    def _put_plugins(command):
        root = next(folder for folder in Path(command).parents if (folder / "usr").is_dir())
        for plugins in root.glob("usr/lib/*/NetworkManager"):
            if root != Path("/"):
                shutil.copytree(plugins, Path("/") / plugins.relative_to(root), dirs_exist_ok=True)

    def _start_udev(self, folder):
        """One program, which does what its name says."""
        command, environment = self.case.program("udev", "udevadm")
        daemon = folder / "systemd-udevd"
        daemon.symlink_to(command[0])
        self.case.start_program([str(daemon)], environment)
        self.case.wait_for(Path("/run/udev/control").exists, "udev")
        for verb in ["trigger", "--action=add", "--subsystem-match=net"], ["settle"]:
            subprocess.run([*command, *verb], env=environment, check=True)

    def _find(self, interface):
        answer = self.bus.try_call("call", NAME, ROOT, NAME, "GetDeviceByIpIface", "s", interface)
        self.device = answer.stdout.split('"')[1] if answer.returncode == 0 else None
        return self.device

    def property(self, name, interface=f"{NAME}.Device"):
        return self.bus.try_call("get-property", NAME, self.device, interface, name).stdout.strip()

    def connect(self, ssid, phrase, address, router):
        """Adds a connection and waits until it is there."""
        self.bus.call(
            "call", NAME, ROOT, NAME, "AddAndActivateConnection", "a{sa{sv}}oo", "4",
            "connection", "1", "id", "s", ssid,
            "802-11-wireless", "1", "ssid", "ay", str(len(ssid)), *map(str, ssid.encode()),
            "802-11-wireless-security", "2", "key-mgmt", "s", "wpa-psk", "psk", "s", phrase,
            "ipv4", "3", "method", "s", "manual", "gateway", "s", router,
            "address-data", "aa{sv}", "1", "2", "address", "s", address, "prefix", "u", "24",
            self.device, "/")
        self.case.wait_for(lambda: self.property("State") == "u 100", f"a connection to {ssid}", 90)
