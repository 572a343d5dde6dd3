# SPDX-License-Identifier: Apache-2.0
"""Our rule of polkit on Debian 12 and 13, with systemd's own services: what the user lwm2m-agent may ask of them, and the
agent in its sandbox doing so.

A container has this machine's clock, and nothing in it has the capability to set that: SetTime is allowed and then fails."""

import re
import shutil
import tempfile
import unittest
from pathlib import Path

import debian
import lab
from container import Container
from debian import Unavailable
from lab import BUILD

import prometheus  # pylint: disable=wrong-import-order  # lab knows where these two are
from test_metrics import ask

ROOT = Path(__file__).resolve().parents[2]
USER, OTHER = "lwm2m-agent", "nobody"
REFUSED = r"authentication required|Access denied|Permission denied"
CONFIG = """[agent]
endpoint = test
[metrics]
socket = /run/lwm2m-agent/metrics.sock
file = /var/lib/metrics/agent.prom
[server.main]
uri = coap://127.0.0.1
"""
NO_RESTART = """polkit.addRule(function(action, subject) {
	if (action.id.indexOf("org.freedesktop.login1.reboot") == 0)
		return polkit.Result.NO;
});
"""
NTP = """[Service]
ExecStart=sleep infinity
"""


class OnRelease:
    release = None

    @classmethod
    def setUpClass(cls):
        cls.container = cls.new_container()
        cls.addClassCleanup(cls.container.close)

    @classmethod
    def new_container(cls):
        with tempfile.TemporaryDirectory(prefix="lwm2m-polkit-") as folder:
            for path in (ROOT / "etc/polkit/60-lwm2m-agent.rules", ROOT / "etc/sysusers.d/lwm2m-agent.conf",
                         ROOT / "etc/dbus/org.lwm2m.Agent1.conf", BUILD / "agent/lwm2m-agent", BUILD / "agent/ctl/lwm2mctl"):
                shutil.copy(path, folder)
            try:
                container = Container(cls.release, share=folder)
            except Unavailable as e:
                raise unittest.SkipTest(str(e)) from e
            container.start()
            container.check("cp /mnt/*.rules /usr/share/polkit-1/rules.d/ && systemd-sysusers /mnt/lwm2m-agent.conf"
                            " && cp /mnt/org.lwm2m.Agent1.conf /usr/share/dbus-1/system.d/"
                            " && cp /mnt/lwm2m-agent /mnt/lwm2mctl /usr/local/bin/ && systemctl reload dbus")
        container.write("/etc/systemd/system/clock-keeper.service", NTP)
        container.write("/etc/systemd/ntp-units.d/10-test.list", "clock-keeper.service\n")
        unit = (BUILD / "etc/lwm2m-agent.service").read_text()
        container.write("/etc/systemd/system/lwm2m-agent.service", re.sub(
            r"(?m)^(Exec(?:Start|Condition)=)\S+/lwm2m-agent", r"\1/usr/local/bin/lwm2m-agent --config /etc/agent.conf", unit))
        container.write("/etc/agent.conf", CONFIG)
        container.write("/etc/systemd/system/lwm2m-agent.service.d/metrics.conf",
                        "[Service]\nReadWritePaths=/var/lib/metrics\n")
        container.check("install -d -o lwm2m-agent /var/lib/metrics && systemctl daemon-reload")
        return container

    def setUp(self):
        self.keep_clock(False)

    def keep_clock(self, on):
        """The clock is synchronized, as far as systemd knows."""
        self.container.check(f"systemctl {'start' if on else 'stop'} clock-keeper && systemctl stop systemd-timedated")

    def call(self, user, service, *words):
        path, interface = {"timedate1": ("/org/freedesktop/timedate1", "org.freedesktop.timedate1"),
                           "login1": ("/org/freedesktop/login1", "org.freedesktop.login1.Manager")}[service]
        return self.container.run(["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", "busctl", "call",
                                   "--", f"org.freedesktop.{service}", path, interface, *words])

    def timezone(self):
        return self.container.check("timedatectl show --property=Timezone --value").strip()

    def journal(self, unit):
        self.container.check("journalctl --sync")
        return self.container.check(f"journalctl -u {unit} --output=cat")

    def assert_refused(self, result):
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, REFUSED)

    def test_zone(self):
        result = self.call(USER, "timedate1", "SetTimezone", "sb", "Asia/Tokyo", "false")
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual(self.timezone(), "Asia/Tokyo")
        self.assert_refused(self.call(OTHER, "timedate1", "SetTimezone", "sb", "America/Lima", "false"))
        self.assertEqual(self.timezone(), "Asia/Tokyo")

    def test_clock(self):
        words = "timedate1", "SetTime", "xbb", "1700000000000000", "false", "false"
        self.assert_refused(self.call(OTHER, *words))
        failed = "Failed to set local time: Operation not permitted"
        self.assertNotIn(failed, self.journal("systemd-timedated"))
        self.assertNotEqual(self.call(USER, *words).returncode, 0)
        self.assertIn(failed, self.journal("systemd-timedated"))
        self.keep_clock(True)
        self.assertIn("Automatic time synchronization is enabled", self.call(USER, *words).stderr)

    def test_nothing_else(self):
        self.assert_refused(self.call(USER, "timedate1", "SetLocalRTC", "bbb", "true", "false", "false"))
        self.assertEqual(self.call(USER, "login1", "CanReboot").stdout.strip(), 's "yes"')
        for member in "CanPowerOff", "CanHalt":
            self.assertNotEqual(self.call(USER, "login1", member).stdout.strip(), 's "yes"')
        self.assertNotEqual(self.call(OTHER, "login1", "CanReboot").stdout.strip(), 's "yes"')

    def write(self, path, value):
        return self.container.run(["lwm2mctl", "write", path, value])

    def need_agent(self):
        if debian.release() != self.release:
            self.skipTest(f"the agent is built for {debian.release()}")

    @staticmethod
    def start_agent(container):
        container.check("systemctl start lwm2m-agent")

    def test_agent(self):
        self.need_agent()
        self.start_agent(self.container)
        self.assertEqual(self.write("/3/0/15", "Europe/Rome").returncode, 0)
        self.assertEqual(self.timezone(), "Europe/Rome")
        self.assertIn("Europe/Rome", self.container.check("lwm2mctl read /3/0/15"))
        self.keep_clock(True)
        self.assertEqual(self.write("/3/0/13", "1700000000").returncode, 1)
        self.assertIn("systemd-timedated does not set the clock: Automatic time synchronization is enabled "
                      "('timedatectl set-ntp no' turns it off)", self.journal("lwm2m-agent"))
        self.check_metrics()
        self.check_own_user()
        self.container.check("systemctl stop lwm2m-agent")
        self.assertEqual(self.container.check("ls /var/lib/metrics"), "")

    def check_own_user(self):
        """A plugin's process is the agent's user, and no administrator."""
        result = self.container.run(["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "busctl", "call",
                                     "org.lwm2m.Agent1", "/org/lwm2m/Agent1", "org.lwm2m.Agent1", "Write", "sv",
                                     "/3/0/14", "s", "+05:00"])
        self.assert_refused(result)

    def check_metrics(self):
        """As the sandbox lets the agent show them, with the drop-in of lwm2m-agent.conf(5)."""
        root = Path(f"/proc/{self.container.pid}/root")
        status, _, body = ask(root / "run/lwm2m-agent/metrics.sock")
        self.assertEqual(status, "HTTP/1.0 200 OK")
        for text in body.decode(), (root / "var/lib/metrics/agent.prom").read_text():
            self.assertIn(("lwm2m_agent_registered", frozenset({("server", "main")})), prometheus.parse(text))

    def test_restart(self):
        """Forbidden as the rule says it can be: refused and not done. Then allowed again, and done."""
        self.need_agent()
        container = self.new_container()
        self.addCleanup(container.close)
        self.start_agent(container)
        container.write("/etc/polkit-1/rules.d/50-local.rules", NO_RESTART)
        container.check("systemctl restart polkit")
        refused = container.run("lwm2mctl exec /3/0/4")
        self.assertEqual(refused.returncode, 1, refused)
        self.assertIn("systemd-logind does not restart this machine: its answer is ", container.check(
            "journalctl --sync; journalctl -u lwm2m-agent --output=cat"))
        self.assertEqual(container.check("systemctl is-active lwm2m-agent").strip(), "active")
        container.check("rm /etc/polkit-1/rules.d/50-local.rules && systemctl restart polkit")
        self.assertEqual(container.check("lwm2mctl exec /3/0/4; echo done").splitlines()[-1], "done")
        container.wait_down()


class TestBookworm(OnRelease, unittest.TestCase):
    release = "bookworm"


class TestTrixie(OnRelease, unittest.TestCase):
    release = "trixie"


if __name__ == "__main__":
    lab.main()
