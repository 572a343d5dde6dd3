# SPDX-License-Identifier: Apache-2.0
"""plugins/wifi: simulated radios, two networks of hostapd, wpa_supplicant, the agent, and a server. Raw peer."""

import subprocess
import tempfile
from pathlib import Path

import lab
from bus import Bus
from lab import TEXT, TLV, LabCase, coap

SUPPLICANT, ROOT = "fi.w1.wpa_supplicant1", "/fi/w1/wpa_supplicant1"

HOSTAPD = """interface={interface}
driver=nl80211
ssid={ssid}
hw_mode=g
channel={channel}
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase={phrase}
"""

STATION = """update_config=1
p2p_disabled=1
passive_scan=1
network={
 ssid="home"
 psk="homesecret"
}
"""


def string(rid, text):
    """A resource in TLV; an id and a length of one byte each."""
    return bytes((0xc8, rid, len(text))) + text.encode()


class WifiCase(LabCase):
    """Radios on which a network "home" is at wlan0 and "office" at wlan1, and a station at wlan2."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-wifi-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        subprocess.run(["modprobe", "-r", "mac80211_hwsim"], check=False)
        subprocess.run(["modprobe", "mac80211_hwsim", "radios=3"], check=True)
        self.addCleanup(subprocess.run, ["modprobe", "-r", "mac80211_hwsim"], check=False)
        self.bus = self.make(Bus, folder.name)
        self.addCleanup(self.bus.close)
        self.access_point("wlan0", "home", 1, "homesecret")
        self.office = self.access_point("wlan1", "office", 6, "officesecret")
        self.start_station()

    def access_point(self, interface, ssid, channel, phrase):
        config = self.folder / f"{ssid}.conf"
        config.write_text(HOSTAPD.format(interface=interface, ssid=ssid, channel=channel, phrase=phrase))
        command, environment = self.program("hostapd", "hostapd")
        return self.start_program([*command, str(config)], environment)

    def start_station(self):
        config = self.folder / "station.conf"
        if not config.exists():
            config.write_text(STATION)
        command, environment = self.program("wpasupplicant", "wpa_supplicant")
        self.station = self.start_program([*command, "-u", "-i", "wlan2", "-D", "nl80211", "-c", str(config)],
                                          {**(environment or {}), **self.bus.environment})
        self.wait_for(lambda: "/Interfaces/" in self.bus.try_call("get-property", SUPPLICANT, ROOT, SUPPLICANT,
                                                                  "Interfaces").stdout, "wpa_supplicant")

    def wait_text(self, path, expected, timeout=60):
        def is_it():
            answer = self.read(path, TEXT)
            return answer.status == "2.05" and answer.payload.decode() == expected
        self.wait_for(is_it, f"{path} = {expected}", timeout)

    def address(self, interface):
        return Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", "").upper()

    def write_network(self, ssid, phrase):
        answer = self.write("/12/2", string(5, ssid) + string(18, phrase), TLV, coap.POST)
        self.assert_code(answer, "2.04")


class TestWifi(WifiCase):
    def setUp(self):
        super().setUp()
        self.agent, _ = self.start_plugin("wifi", self.bus.environment, wifi={"connect_s": 30})
        self.wait_text("/12/2/5", "home", 90)

    def test_network_is_changed_and_taken_back(self):
        self.wait_text("/12/2/4", self.address("wlan0"))
        self.wait_text("/12/2/9", "1")
        self.wait_text("/12/2/3", "1")
        token = self.observe("/12/2/4", TEXT)
        self.write_network("office", "officesecret")
        self.wait_told(token, lambda payload: payload.decode() == self.address("wlan1"), 60)
        self.wait_text("/12/2/5", "office")
        self.wait_text("/12/2/9", "6")
        self.agent.wait_log("wlan2 is connected to network 'office' now")
        self.write_network("home", "not the secret")
        self.agent.wait_log("wlan2 does not connect to network 'home'", timeout=90)
        self.wait_text("/12/2/4", self.address("wlan1"))
        self.wait_text("/12/2/3", "1")
        self.wait_text("/12/2/5", "office")
        self.assertEqual(self.agent.count_log("not the secret|officesecret"), 0)

    def restart_station(self):
        self.station.terminate()
        self.station.wait(20)
        self.start_station()

    def test_network_is_kept(self):
        """wpa_supplicant starts anew with the network that was written; when that is gone it goes back to the other one."""
        self.write_network("office", "officesecret")
        self.wait_text("/12/2/5", "office")
        self.agent.wait_log("wlan2 is connected to network 'office' now")
        self.wait_for(lambda: "office" in (self.folder / "station.conf").read_text(), "what was saved")
        self.restart_station()
        self.wait_text("/12/2/4", self.address("wlan1"), 90)
        self.office.terminate()
        self.wait_text("/12/2/4", self.address("wlan0"), 120)

    def test_disabled(self):
        """Not connected any more, nor by a wpa_supplicant that starts anew, until a server enables it."""
        self.assert_code(self.write("/12/2/1", b"0"), "2.04")
        self.wait_text("/12/2/3", "0")
        self.wait_for(lambda: self.read("/12/2/4").status == "4.04", "no access point")
        self.restart_station()
        self.wait_text("/12/2/1", "0", 30)
        self.agent.wait_log("wlan2 is disabled now")
        self.wait_for(lambda: self.state() == "disconnected", "no connection", 60)
        self.assert_code(self.write("/12/2/1", b"1"), "2.04")
        self.wait_text("/12/2/3", "1", 90)
        self.wait_text("/12/2/4", self.address("wlan0"))

    def state(self):
        return self.bus.try_call("get-property", SUPPLICANT, f"{ROOT}/Interfaces/0", f"{SUPPLICANT}.Interface",
                                 "State").stdout.strip().removeprefix("s ").strip('"')


if __name__ == "__main__":
    lab.main()
