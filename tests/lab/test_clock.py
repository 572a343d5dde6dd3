# SPDX-License-Identifier: Apache-2.0
"""Object 3's clock and time zone: the agent as a user without rights, systemd-timedated, polkit with our rule.

Only in the virtual machine, whose clock is its own. Raw peer."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import debian
import lab
import agent as fixture  # pylint: disable=wrong-import-order  # lab knows where it is
from lab import TEXT, LabCase

POLKITD, ZONES = Path("/usr/lib/polkit-1/polkitd"), Path("/usr/share/zoneinfo")
TIMEDATED = "/lib/systemd/systemd-timedated"
RULES = "60-lwm2m-agent.rules"
USER, OTHER = "lwm2m-agent", "lwm2m-other"
IN_2030 = 1893456000
ALLOWED = ("org.freedesktop.login1.reboot", "org.freedesktop.login1.reboot-multiple-sessions",
           "org.freedesktop.timedate1.set-time", "org.freedesktop.timedate1.set-timezone")
FORBIDDEN = ("org.freedesktop.timedate1.set-local-rtc", "org.freedesktop.login1.reboot-ignore-inhibit",
             "org.freedesktop.login1.power-off", "org.freedesktop.login1.halt")


def need(package, path):
    """Puts a package into this machine, which is thrown away after the test."""
    if not path.exists():
        shutil.copytree(debian.unpack(package), "/", symlinks=True, dirs_exist_ok=True)


def add_user(name, uid):
    with open("/etc/passwd", "r+", encoding="utf-8") as file:
        if not any(line.startswith(name + ":") for line in file):
            file.write(f"{name}:x:{uid}:{uid}::/nonexistent:/usr/sbin/nologin\n")
            with open("/etc/group", "a", encoding="utf-8") as group:
                group.write(f"{name}:x:{uid}:\n")


class TestClock(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not Path("/run/vm/command").exists():
            raise unittest.SkipTest("it would set the clock of this machine")
        need("polkitd", POLKITD)
        need("tzdata", ZONES)
        for uid, name in enumerate((USER, OTHER, "messagebus", "polkitd"), 970):
            add_user(name, uid)
        rules = Path("/usr/share/polkit-1/rules.d")
        rules.mkdir(parents=True, exist_ok=True)
        shutil.copy(fixture.ROOT / "etc" / "polkit" / RULES, rules)
        Path("/run/dbus").mkdir(exist_ok=True)
        cls.programs = []
        cls.addClassCleanup(cls.stop_programs)
        # Copied, since the build folder may be where other users may not be.
        cls.folder = tempfile.TemporaryDirectory(prefix="lwm2m-clock-")
        cls.addClassCleanup(cls.folder.cleanup)
        os.chmod(cls.folder.name, 0o755)
        fixture.PROGRAM = Path(shutil.copy(fixture.PROGRAM, cls.folder.name))
        cls.launch("dbus-daemon", "--system", "--nofork", "--nopidfile")
        cls.wait_for(lambda: cls.busctl("list").returncode == 0, "the bus")
        cls.launch(str(POLKITD), "--no-debug")
        cls.wait_name("org.freedesktop.PolicyKit1")

    @classmethod
    def launch(cls, *command, **environment):
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.programs.append(process)
        return process

    @classmethod
    def stop_programs(cls):
        for process in reversed(cls.programs):
            process.kill()
            process.wait()

    @staticmethod
    def busctl(*arguments):
        return subprocess.run(["busctl", "--system", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)

    @classmethod
    def wait_name(cls, name):
        cls.wait_for(lambda: cls.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "GetNameOwner", "s", name).returncode == 0, name)

    def start_timedated(self):
        """Nothing synchronizes this clock."""
        process = self.launch(TIMEDATED, SYSTEMD_TIMEDATED_NTP_SERVICES="")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_name("org.freedesktop.timedate1")

    def start_as(self, user):
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, start=False, arguments=("--bus", "system"))
        for path in (agent.folder, *agent.folder.rglob("*")):
            shutil.chown(path, user)
        wrapper = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs",
                   "--inh-caps=-all", "--bounding-set=-all"]
        before, fixture.WRAPPER = fixture.WRAPPER, wrapper + fixture.WRAPPER
        agent.start()
        fixture.WRAPPER = before
        self.client = self.server.wait_register(agent.endpoint, timeout=30)
        agent.wait_log(": registered with ", 20)
        return agent

    def text(self, path):
        return self.assert_code(self.read(path, TEXT), "2.05").payload.decode()

    def test_set(self):
        self.start_timedated()
        agent = self.start_as(USER)
        self.assert_code(self.write("/3/0/15", b"Asia/Tokyo"), "2.04")
        self.assertTrue(os.readlink("/etc/localtime").endswith("/Asia/Tokyo"))
        self.assertEqual(self.text("/3/0/15"), "Asia/Tokyo")
        self.assertEqual(self.text("/3/0/14"), "+09:00")
        self.assert_code(self.write("/3/0/13", str(IN_2030).encode()), "2.04")
        self.assertTrue(IN_2030 <= time.time() < IN_2030 + 600, time.time())
        self.assertLess(int(self.text("/3/0/13")) - IN_2030, 600)
        self.assert_code(self.write("/3/0/15", b"Mars/Phobos"), "4.00")
        agent.wait_log("systemd-timedated does not set the time zone: .*Mars/Phobos")
        self.assertEqual(self.text("/3/0/15"), "Asia/Tokyo")
        for state in agent.state.glob("*.state"):
            self.assertNotIn(b"Asia/Tokyo", state.read_bytes())

    def may(self, agent, action):
        """polkit's word, without asking anybody."""
        stat = Path(f"/proc/{agent.pid}/stat").read_text().rpartition(")")[2].split()
        subject = ["unix-process", "3", "pid", "u", str(agent.pid), "start-time", "t", stat[19],
                   "uid", "i", str(Path(f"/proc/{agent.pid}").stat().st_uid)]
        done = self.busctl("call", "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization", "(sa{sv})sa{ss}us",
                           *subject, action, "0", "0", "")
        self.assertEqual(done.returncode, 0, done)
        return done.stdout.split()[1] == b"true"

    def test_actions_of_the_rule(self):
        agent = self.start_as(USER)
        for action in ALLOWED + FORBIDDEN:
            self.assertEqual(self.may(agent, action), action in ALLOWED, action)

    def test_refused_to_others(self):
        self.start_timedated()
        before = os.readlink("/etc/localtime")
        agent = self.start_as(OTHER)
        self.assert_code(self.write("/3/0/15", b"America/Lima"), "4.05")
        agent.wait_log("does not set the time zone: .* allow org.freedesktop.timedate1.set-timezone to user")
        self.assert_code(self.write("/3/0/13", b"1700000000"), "4.05")
        self.assertGreater(time.time(), 1700000000)
        self.assertEqual(os.readlink("/etc/localtime"), before)

    def test_without_timedated(self):
        agent = self.start_as(USER)
        self.assert_code(self.write("/3/0/15", b"America/Lima"), "5.01")
        agent.wait_log("Cannot set the time zone: there is no systemd-timedated on D-Bus")
        self.assert_code(self.write("/3/0/13", str(IN_2030 + 99999).encode()), "5.01")
        agent.wait_log("Cannot set the clock: there is no systemd-timedated .* this user may not do it alone")


class TestNeverSet(LabCase):
    def setUp(self):
        if not Path("/run/vm/command").exists():
            self.skipTest("it would set the clock of this machine")
        super().setUp()

    @staticmethod
    def sleeps(agent):
        """For as long as it takes to see that."""
        def turns():
            return re.search(r"^voluntary_ctxt_switches.*", Path(f"/proc/{agent.pid}/status").read_text(), re.M)[0]
        before = turns()
        time.sleep(1)
        return turns() == before

    def test_said_and_noticed_without_a_request(self):
        time.clock_settime(time.CLOCK_REALTIME, 60)
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 86400})
        self.server.wait_register(agent.endpoint, timeout=20)
        agent.wait_log("The clock is not set, it says 1970-01-01")
        agent.wait_log(": registered with ")
        self.wait_for(lambda: self.sleeps(agent), "the agent has nothing to do")
        time.clock_settime(time.CLOCK_REALTIME, IN_2030)
        agent.wait_log("The clock has been set: it is 2030-01-01")


if __name__ == "__main__":
    lab.main()
