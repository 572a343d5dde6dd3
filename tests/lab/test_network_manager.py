# SPDX-License-Identifier: Apache-2.0
"""plugins/wifi with Debian's NetworkManager: simulated radios, two networks of hostapd, and a server that moves the station from
one to the other. Raw peer."""

import subprocess

import lab
from lab import TEXT
from network_manager import NetworkManager
from test_wifi import ROOT, SUPPLICANT, WifiCase


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


class TestNetworkManager(WifiCase):
    def setUp(self):
        super().setUp()
        self.give_addresses("wlan1", "203.0.113")
        self.manager = self.make(NetworkManager, self, self.bus, self.folder, "wlan2")
        self.wait_for(lambda: self.manager.property("State") == "u 30", "a station that is not connected", 60)
        self.manager.connect("home", "homesecret", "198.51.100.2", "198.51.100.1")
        self.agent, _ = self.start_plugin("wifi", self.bus.environment, wifi={"connect_s": 60})
        self.wait_text("/12/2/5", "home", 60)

    def start_station(self):
        """NetworkManager tells it of the interface."""
        command, environment = self.program("wpasupplicant", "wpa_supplicant")
        self.start_program([*command, "-u", "-s"], {**(environment or {}), **self.bus.environment})
        self.wait_for(lambda: self.bus.try_call("get-property", SUPPLICANT, ROOT, SUPPLICANT, "Interfaces").returncode == 0,
                      "wpa_supplicant")

    def give_addresses(self, interface, network):
        """By DHCP, to whom connects there."""
        command, environment = self.program("dnsmasq-base", "dnsmasq")
        ip(f"address add {network}.1/24 dev {interface}")
        self.start_program([*command, "--no-daemon", "--port=0", f"--interface={interface}", "--conf-file=/dev/null",
                            f"--dhcp-range={network}.10,{network}.20,1h", "--leasefile-ro", "--user=root", "--no-ping",
                            "--dhcp-authoritative"], environment)

    def move(self, ssid, phrase):
        """NetworkManager gives up after times of its own, which are short on a busy machine that emulates another:
        one of three attempts has to do."""
        moved, failed = f"is connected to network '{ssid}' now", f"does not connect to network '{ssid}'"
        for attempt in range(1, 4):
            self.write_network(ssid, phrase)
            self.wait_for(lambda: self.agent.count_log(moved) or self.agent.count_log(failed) == attempt, ssid, 100)
            if self.agent.count_log(moved):
                return
            self.wait_text("/12/2/3", "1", 90)
        self.fail(f"no connection to {ssid}")

    def saved(self):
        return "".join(path.read_text() for path in (self.folder / "connections").glob("*"))

    def test_network_is_changed_and_taken_back(self):
        self.wait_text("/12/2/4", self.address("wlan0"))
        self.wait_text("/4/0/0", "21")
        self.wait_text("/4/0/4/0", "198.51.100.2")
        self.move("office", "officesecret")
        self.wait_text("/12/2/4", self.address("wlan1"))
        self.wait_text("/12/2/5", "office")
        self.wait_for(lambda: "ssid=office" in self.saved(), "a connection that is saved")
        self.wait_for(lambda: self.read("/4/0/4/0", TEXT).payload.startswith(b"203.0.113."), "an address there")
        self.wait_text("/4/0/5/0", "203.0.113.1")
        self.write_network("home", "not the secret")
        self.agent.wait_log("wlan2 does not connect to network 'home'", timeout=100)
        self.wait_text("/12/2/4", self.address("wlan1"), 120)
        self.wait_text("/12/2/3", "1")
        self.wait_text("/12/2/5", "office")
        self.assertNotIn("not the secret", self.saved())
        self.assertEqual(self.agent.count_log("not the secret|officesecret"), 0)

    def test_disabled(self):
        """Not while it has the only default route."""
        self.assert_code(self.write("/12/2/1", b"0"), "4.05")
        ip("link add eth9 type dummy")
        self.addCleanup(ip, "link del eth9")
        ip("link set eth9 up")
        ip("route add default dev eth9 metric 900")
        self.assert_code(self.write("/12/2/1", b"0"), "2.04")
        self.wait_text("/12/2/3", "0")
        self.wait_for(lambda: self.manager.property("State") == "u 30", "no connection")
        self.wait_for(lambda: self.write("/12/2/1", b"1").status == "2.04", "the end of the change")
        self.wait_for(lambda: self.manager.property("State") == "u 100", "a connection", 90)
        self.wait_text("/12/2/3", "1")


if __name__ == "__main__":
    lab.main()
