# SPDX-License-Identifier: Apache-2.0
"""plugins/modem: a simulated LTE modem, Debian's ModemManager, the agent, and a server. Raw peer."""

import tempfile

import lab
from at_modem import AtModem
from bus import Bus
from lab import TEXT, TLV, LabCase

MANAGER = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"


class ModemCase(LabCase):
    """self.bus and self.modem are there, which ModemManager has."""

    def start_modem(self):
        self.modem = AtModem()
        self.addCleanup(self.modem.close)
        self.start_manager()
        self.plug_in()

    def start_manager(self):
        command, environment = self.program("modemmanager", "ModemManager")
        plugins = self.library(command[0], "ModemManager")
        self.manager = self.start_program(
            [*command, "--test-session", "--test-enable", "--no-auto-scan", "--test-no-udev",
             "--test-no-suspend-resume", "--test-no-qrtr", *([f"--test-plugin-dir={plugins}"] if plugins else [])],
            {**environment, **self.bus.environment})
        self.wait_for(lambda: self.property_of(ROOT, MANAGER, "Version"), "ModemManager")

    def plug_in(self):
        self.bus.call("call", MANAGER, ROOT, f"{MANAGER}.Test", "SetProfile", "ssas", "lab", "generic", "1",
                      self.modem.port)
        self.path = None
        self.wait_for(self.find, "the modem in ModemManager")
        self.bus.call("call", MANAGER, self.path, f"{MANAGER}.Modem", "Enable", "b", "true")
        self.wait_for(lambda: self.property("Modem", "State") == "i 8", "a registered modem")

    def find(self):
        tree = self.bus.try_call("tree", "--list", MANAGER).stdout.split()
        self.path = next((path for path in tree if path.startswith(f"{ROOT}/Modem/")), None)
        return self.path

    def property_of(self, path, interface, name):
        return self.bus.try_call("get-property", MANAGER, path, interface, name).stdout.strip()

    def property(self, interface, name):
        return self.property_of(self.path, f"{MANAGER}.{interface}", name)

    def number(self, path):
        return int(self.read(path, TEXT).payload)

    def wait_number(self, path, expected):
        self.wait_for(lambda: self.read(path, TEXT).status == "2.05" and self.number(path) == expected,
                      f"{path} = {expected}")

    def connect(self, apn="internet"):
        self.bus.call("call", MANAGER, self.path, f"{MANAGER}.Modem.Simple", "Connect", "a{sv}", "1", "apn", "s", apn)
        self.wait_for(lambda: self.read("/11/0/1", TEXT).payload == apn.encode(), "the APN")
        self.wait_for(lambda: self.read("/11/0/3", TEXT).payload == b"1", "the connection")


class TestModem(ModemCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-modem-")
        self.addCleanup(folder.cleanup)
        self.bus = self.make(Bus, folder.name)
        self.addCleanup(self.bus.close)
        self.start_modem()
        self.agent, _ = self.start_plugin("modem", self.bus.environment,
                                          modem={"signal_s": 1, "connectivity": "always"})
        self.wait_for(lambda: self.read("/4/0/0", TEXT).status == "2.05", "a bearer")

    def test_radio(self):
        self.wait_number("/4/0/0", 6)
        self.wait_number("/4/0/2", -87)
        self.wait_number("/4/0/3", -10)
        self.wait_number("/4/0/9", 1)
        self.wait_number("/4/0/10", 1)
        self.wait_number("/4/0/8", 0x01C2D3E4)
        self.wait_number("/4/0/12", 0x1A2B)
        self.assertIn(b"\x06", self.read("/4/0/1", TLV).payload)

    def test_changes_are_told(self):
        self.wait_number("/4/0/2", -87)
        strength, cell = self.observe("/4/0/2", TEXT), self.observe("/4/0/8", TEXT)
        self.modem.signal = (8, 20)
        self.wait_told(strength, lambda payload: payload == b"-121")
        self.modem.move("01C2D3FF")
        self.wait_told(cell, lambda payload: payload == str(0x01C2D3FF).encode())

    def test_write_apn(self):
        """A new APN connects; one that the network refuses is taken back, and the one before connects again."""
        self.connect()
        self.assertEqual(self.read("/10/0/11/0", TEXT).payload, b"11:0")
        self.assert_code(self.write("/11/0/1", b"iot.lab"), "2.04")
        self.agent.wait_log("The modem is connected with APN 'iot.lab' now")
        self.assertEqual(self.modem.dialled[-1], "iot.lab")
        # Until ModemManager says what the new bearer is, 5.03.
        self.wait_for(lambda: self.write("/11/0/3", b"1").status == "2.04", "the end of the change")
        self.modem.refused = {"bad.apn"}
        self.assert_code(self.write("/11/0/1", b"bad.apn"), "2.04")
        self.agent.wait_log("The modem does not connect with APN 'bad.apn': .*; back to 'iot.lab'", 60)
        self.wait_for(lambda: self.modem.dialled[-1] == "iot.lab", "the APN of before")
        self.wait_for(lambda: self.read("/11/0/1", TEXT).payload == b"iot.lab", "the APN of before, said")
        self.wait_for(lambda: self.read("/11/0/3", TEXT).payload == b"1", "the connection")

    def test_disable(self):
        self.connect()
        self.assert_code(self.write("/11/0/3", b"0"), "2.04")
        self.wait_for(lambda: self.property("Modem", "State") == "i 8", "no connection")
        self.wait_for(lambda: self.read("/10/0/11", TLV).payload == b"", "no active profile")

    def test_bad_settings(self):
        self.connect()
        for rid, value in (1, b"a b"), (1, b"x" * 101), (4, b"9"), (24, b"7"):
            self.assertIn(self.write(f"/11/0/{rid}", value).status, ("4.00", "4.13"), value)
        self.assertEqual(self.read("/11/0/1", TEXT).payload, b"internet")

    def test_manager_restarts(self):
        """Without ModemManager there is no modem; object 4 is the agent's own then."""
        self.manager.terminate()
        self.manager.wait(20)
        self.wait_for(lambda: self.read("/11/0", TLV).status == "4.04", "no modem")
        self.assertNotEqual(self.read("/4/0/0", TEXT).payload, b"6")
        self.start_manager()
        self.plug_in()
        self.wait_number("/4/0/0", 6)


if __name__ == "__main__":
    lab.main()
