# SPDX-License-Identifier: Apache-2.0
"""plugins/modem and plugins/wifi: the default route moves between a simulated modem, which Debian's ModemManager has, and a
station on simulated radios; object 4 goes along, for a server that observes it. Raw peer."""

import subprocess
from pathlib import Path

import lab
from lab import TEXT
from test_modem import ModemCase
from test_wifi import WifiCase

LTE, WLAN = b"6", b"21"


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


class TestUplink(ModemCase, WifiCase):
    def setUp(self):
        super().setUp()
        self.start_modem()
        ip("link add ppp0 type dummy")
        self.addCleanup(ip, "link del ppp0")
        ip("address add 192.0.2.2/24 dev ppp0")
        ip("link set ppp0 up")
        ip("address add 198.51.100.2/24 dev wlan2")
        ip("route add default dev ppp0 metric 700")
        self.agent, _ = self.start_plugins(self.bus.environment, modem={"modem": {"signal_s": 1}}, wifi={})
        self.wait_text("/12/2/5", "home", 90)
        self.connect()

    @staticmethod
    def weaken(path_loss):
        """dB between the access point at wlan0, which sends with 20 dBm, and the station. One end has the setting."""
        subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=False, capture_output=True)
        for interface in "wlan0", "wlan2":
            name = Path(f"/sys/class/net/{interface}/phy80211/name").read_text().strip()
            # What begins with a minus sign is refused.
            Path(f"/sys/kernel/debug/ieee80211/{name}/hwsim/rx_rssi").write_text(str((1 << 64) - path_loss))

    def test_handover(self):
        self.wait_text("/4/0/0", LTE.decode())
        self.wait_text("/4/0/2", "-87")
        bearer, strength = self.observe("/4/0/0", TEXT), self.observe("/4/0/2", TEXT)
        for _ in range(2):
            self.weaken(66)
            ip("route add default via 198.51.100.1 dev wlan2 metric 600")
            self.wait_told(bearer, lambda payload: payload == WLAN)
            self.wait_told(strength, lambda payload: payload == b"-46", 60)
            self.wait_text("/4/0/4/0", "198.51.100.2")
            self.wait_text("/4/0/5/0", "198.51.100.1")
            self.weaken(72)
            self.wait_told(strength, lambda payload: payload == b"-52", 60)
            self.since = self.server.mark()
            ip("route del default via 198.51.100.1 dev wlan2")
            self.wait_told(bearer, lambda payload: payload == LTE)
            self.wait_told(strength, lambda payload: payload == b"-87")
            self.since = self.server.mark()
        self.assertEqual(self.agent.count_log("is not used|first_instance"), 0)

    def test_neither(self):
        """The agent's own object 4, which has no radio; who observes the signal hears of it when there is one again."""
        self.wait_text("/4/0/2", "-87")
        strength = self.observe("/4/0/2", TEXT)
        ip("route del default dev ppp0")
        self.wait_for(lambda: self.read("/4/0/2", TEXT).status == "4.04", "no radio")
        self.assert_code(self.read("/4/0"), "2.05")
        ip("route add default via 198.51.100.1 dev wlan2")
        self.wait_told(strength, lambda payload: payload.startswith(b"-"), 60)
        self.wait_text("/4/0/0", WLAN.decode())


if __name__ == "__main__":
    lab.main()
