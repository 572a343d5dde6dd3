# SPDX-License-Identifier: Apache-2.0
"""From dpkg -i to purge: the packages as an administrator meets them, on a whole Debian. See container_device.py."""

import json
import unittest

from container_device import CONFIG, ENDPOINT, OFFSET, SERVER, STATE, UNIT, DeviceCase, RunningCase
from container_packages import MARK


class TestPackages(DeviceCase):
    """One life of a machine."""

    def test_install_configure_upgrade_remove_purge(self):
        device = self.device
        before = device.files()
        device.install(*device.packages())
        self.assert_inert()
        device.stop()
        self.assertEqual(device.start(), "running", "after a boot without a configuration")
        self.assert_inert()

        device.start_server()
        device.configure()
        self.assertEqual(self.modes(f"{CONFIG}/main.psk"), "640 root lwm2m-agent")
        device.systemctl("start")
        registered = device.wait_registered()
        self.assertEqual(registered["identity"], ENDPOINT)
        self.assertIn("DTLS", registered["dtls"])
        self.assertEqual(self.modes(STATE), "700 lwm2m-agent lwm2m-agent")

        self.assert_kept_by_upgrade(registered)

        names = " ".join(device.packages())
        device.check(f"dpkg -r {names}")
        self.assertEqual(device.check("systemctl is-system-running"), "running\n")
        self.assertNotEqual(device.run(f"systemctl is-active {UNIT}").returncode, 0)
        device.check(f"test -e {CONFIG}/agent.conf.d/lab.conf && test -e {CONFIG}/main.psk")
        device.check(f"dpkg -P {names}")
        device.check("rm -r /srv/lwm2m-server")
        self.assertEqual(sorted(device.files() - before), [])
        self.assertEqual(sorted(before - device.files()), [])
        self.assertEqual(device.run("systemctl --failed --no-legend").stdout, "")

    def modes(self, path):
        return self.device.check(f"stat -c '%a %U %G' {path}").strip()

    def assert_inert(self):
        """Enabled, not started, not failed, and its status says what to do."""
        device = self.device
        self.assertEqual(device.run(f"systemctl is-enabled {UNIT}").stdout, "enabled\n")
        self.assertEqual(device.run(f"systemctl is-failed {UNIT}").stdout, "inactive\n")
        said = device.run(f"systemctl status --no-pager -l {UNIT}").stdout
        self.assertRegex(said, r"no server account yet")
        self.assertIn("lwm2m-agent.conf(5)", said)
        self.assertEqual(device.check("systemctl is-system-running"), "running\n")

    def assert_kept_by_upgrade(self, registered):
        """The administrator's changes stay, the packages' own come, and the server has the registration and the observation it
        had."""
        device = self.device
        device.check("systemd-run --quiet --unit=observer -p StandardOutput=file:/run/observed " +
                     " ".join([*SERVER, "ctl", "observe", ENDPOINT, OFFSET]))
        device.wait(lambda: device.check("cat /run/observed"), "the value that is observed")
        device.check(f"echo '; mine' >>{CONFIG}/agent.conf")
        mine = device.check(f"cat {CONFIG}/agent.conf {CONFIG}/agent.conf.d/lab.conf {CONFIG}/main.psk")
        pid, version = device.main_pid(), device.check("dpkg-query -f '${Version}' -W lwm2m-agent")
        self.assertNotIn("warning", device.install(*device.packages(), folder="/mnt/next"))
        self.assertNotEqual(device.check("dpkg-query -f '${Version}' -W lwm2m-agent"), version)
        self.assertEqual(device.check(f"cat {CONFIG}/agent.conf {CONFIG}/agent.conf.d/lab.conf {CONFIG}/main.psk"), mine)
        self.assertIn(MARK, device.check(f"cat {CONFIG}/plugins.d/system.conf"))
        device.wait(lambda: device.main_pid() not in (0, pid), "the new version runs")
        device.wait_journal("registration updated|registered with")
        device.wait(lambda: "registered to main" in device.show("StatusText"), "registered again")
        self.assertEqual(device.registration()["location"], registered["location"])
        device.check(["lwm2mctl", "write", OFFSET, "+07:00"])
        device.wait(lambda: "+07:00" in device.check("cat /run/observed"), "a change of what is observed is told")
        device.check("systemctl stop observer")


class TestRunning(RunningCase):
    """What befalls the agent: it goes on, or comes back, and the server has the registration it had."""

    def assert_back(self, pid):
        """A new process, which the server knows and can read from."""
        self.device.wait(lambda: self.device.main_pid() not in (0, pid), "a new process")
        self.device.wait(lambda: "registered to main" in self.device.show("StatusText"), "registered again")
        self.assertEqual(self.device.registration()["location"], self.registered["location"])
        self.assertTrue(self.device.read("/3/0/0"))

    def test_it_is_the_service_that_was_promised(self):
        device = self.device
        self.assertRegex(device.show("StatusText"), r"^registered to main, next update \d\d:\d\d$")
        self.assertEqual((device.show("User"), device.show("NotifyAccess")), ("lwm2m-agent", "exec"))
        owners = device.check("ps -o user:20= -p $(systemctl show --value -p MainPID lwm2m-agent)").split()
        self.assertEqual(owners, ["lwm2m-agent"])
        self.assertNotIn("00112233", device.journal("-o verbose"))

    def test_reload_with_another_lifetime_keeps_the_registration(self):
        pid = self.device.main_pid()
        self.device.configure(lifetime=600)
        self.device.systemctl("reload")
        self.device.wait(lambda: self.device.registration()["lifetime"] == 600, "the new lifetime")
        self.assertEqual(self.device.registration()["location"], self.registered["location"])
        self.assertEqual(self.device.main_pid(), pid)
        self.assertEqual(self.device.show("ActiveState"), "active")

    def test_reload_of_a_mistake_changes_nothing(self):
        pid = self.device.main_pid()
        self.device.configure(lifetme=600)
        self.device.run(f"systemctl reload {UNIT}")
        self.device.wait_journal("unknown key 'lifetme'")
        self.assertEqual((self.device.main_pid(), self.device.registration()["lifetime"]), (pid, 300))
        self.assertTrue(self.device.read("/3/0/0"))

    def test_killed(self):
        pid = self.device.main_pid()
        self.device.check(f"kill -KILL {pid}")
        self.assert_back(pid)

    def test_hung(self):
        """systemd's watchdog ends what hangs; with the unit's own patience this would take a minute."""
        self.assertEqual(self.device.show("WatchdogUSec"), "30s")
        self.device.override("[Service]\nWatchdogSec=2\nTimeoutAbortSec=2\n")
        self.addCleanup(self.device.check, f"rm -r /etc/systemd/system/{UNIT}.d && systemctl daemon-reload")
        self.device.systemctl("restart")
        self.device.wait(lambda: "registered to main" in self.device.show("StatusText"), "registered")
        pid = self.device.main_pid()
        self.device.check(f"kill -STOP {pid}")
        self.assert_back(pid)
        self.assertIn("Watchdog timeout", self.device.journal())

    def test_plugin_crashes(self):
        device, pid = self.device, self.device.main_pid()
        self.assertTrue(device.read("/3300/0/5700") is not None)
        hosts = device.hosts()
        device.check(["kill", "-SEGV", *hosts])
        device.wait(lambda: device.hosts() not in ([], hosts), "a new host")
        device.wait(lambda: device.read("/3300/0/5700") is not None, "the object answers again")
        self.assertEqual((device.main_pid(), device.registration()["location"]), (pid, self.registered["location"]))

    def test_reboot_and_power_cut(self):
        for power_cut in False, True:
            with self.subTest(power_cut=power_cut):
                self.device.stop(power_cut)
                self.assertEqual(self.device.start(), "running")
                self.device.start_server()
                self.device.wait_registered(timeout=120)


class TestCommandLine(RunningCase):
    """lwm2mctl, and what it speaks to: the bus."""

    def setUp(self):
        if self.device.run("test -e /usr/bin/lwm2mctl").returncode:
            self.skipTest("the packages have no lwm2mctl")
        super().setUp()

    def ctl(self, *words):
        return self.device.check(["lwm2mctl", *words])

    def json(self, *words):
        return [json.loads(line) for line in self.ctl("--json", *words).splitlines()]

    def test_status_for_a_stranger(self):
        said = self.ctl("status")
        self.assertLessEqual(len(said.strip().splitlines()), 5, said)
        self.assertIn("lab is managed by main", said)
        self.assertRegex(said, r"Since +\d\d:\d\d")
        self.assertRegex(said, r"Next +registration update at \d\d:\d\d")

    def test_read_write_and_errors(self):
        self.assertIn(self.device.read("/3/0/0"), self.ctl("read", "/3/0/0"))
        self.ctl("write", OFFSET, "+05:00")
        self.assertEqual(self.device.read(OFFSET), "+05:00")
        wrong = self.device.run("lwm2mctl read /3/0/99")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("/3/0/99", wrong.stderr)
        self.assertEqual(self.device.run("lwm2mctl raed /3").returncode, 2)

    def test_plugins_and_their_restart(self):
        self.assertIn("system", self.ctl("plugins"))
        hosts = self.device.hosts()
        self.ctl("plugins", "restart", "system")
        self.device.wait(lambda: self.device.hosts() not in ([], hosts), "a new host")

    def test_deregister_and_register(self):
        self.ctl("deregister")
        self.device.wait(lambda: self.device.registration() is None, "gone")
        self.ctl("register")
        self.device.wait_registered()

    def test_observe_is_live(self):
        process = self.device.popen("lwm2mctl observe /3/0/14 >/tmp/observed 2>&1")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.device.wait(lambda: self.device.check("cat /tmp/observed").strip(), "a first value")
        self.device.server("write", ENDPOINT, OFFSET, "+03:00")
        self.device.wait(lambda: "+03:00" in self.device.check("cat /tmp/observed"), "what the server wrote")

    def test_without_the_daemon(self):
        self.device.systemctl("stop")
        stopped = self.device.run("lwm2mctl status")
        self.assertEqual(stopped.returncode, 3, stopped)
        self.assertIn("systemctl start lwm2m-agent", stopped.stdout + stopped.stderr)

    def test_who_may(self):
        other = self.device.run(["runuser", "-u", "nobody", "--", "lwm2mctl", "write", OFFSET, "+01:00"])
        self.assertEqual(other.returncode, 1, other)


class TestBus(RunningCase):
    NAME, ROOT = "org.lwm2m.Agent1", "/org/lwm2m/Agent1"

    def setUp(self):
        super().setUp()
        if self.device.run(f"busctl status {self.NAME}").returncode:
            self.skipTest("this agent is not on the bus")

    def busctl(self, *words):
        return self.device.check(["busctl", *words]).strip()

    def call(self, path, interface, method, *words):
        return self.busctl("call", self.NAME, path, interface, method, *words)

    def test_tree(self):
        tree = self.busctl("tree", "--list", self.NAME).split()
        for path in "", "/servers/1", "/objects/3", "/plugins/system":
            self.assertIn(self.ROOT + path, tree)
        self.assertRegex(self.busctl("introspect", self.NAME, self.ROOT), r"\.Read +method +s +a\(ssv\)")

    def test_properties(self):
        def get(path, interface, name):
            return self.busctl("get-property", self.NAME, self.ROOT + path, interface, name)
        self.assertEqual(get("", self.NAME, "State"), 's "registered"')
        self.assertEqual(get("", self.NAME, "Endpoint"), f's "{ENDPOINT}"')
        self.assertEqual(get("/servers/1", self.NAME + ".Server", "Lifetime"), "u 300")
        self.assertEqual(get("/plugins/system", self.NAME + ".Plugin", "State"), 's "running"')

    def test_read_write_and_errors(self):
        self.call(self.ROOT, self.NAME, "Write", "sv", OFFSET, "s", "+04:00")
        self.assertIn('"+04:00"', self.call(self.ROOT, self.NAME, "Read", "s", OFFSET))
        wrong = self.device.run(["busctl", "call", self.NAME, self.ROOT, self.NAME, "Read", "s", "/3/0/99"])
        self.assertNotEqual(wrong.returncode, 0)
        self.assertNotIn("00112233", self.call(self.ROOT, self.NAME, "Read", "s", "/1"))

    def test_who_may(self):
        words = ["runuser", "-u", "nobody", "--", "busctl", "call", self.NAME, self.ROOT, self.NAME, "Deregister"]
        self.assertNotEqual(self.device.run(words).returncode, 0)
        self.assertIsNotNone(self.device.registration())


if __name__ == "__main__":
    unittest.main()
