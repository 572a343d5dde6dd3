# SPDX-License-Identifier: Apache-2.0
"""lwm2mctl where systemd, the journal, polkit and the policy of the system's bus are the real ones: a bundle of diagnose has the
service and its log and no secret, and a user may what polkit lets him."""

import base64
import io
import shutil
import tarfile
import tempfile
import unittest
from pathlib import Path

import debian
import lab
from container import Container
from debian import Unavailable
from lab import BUILD

ROOT = Path(__file__).resolve().parents[2]
SECRET = "00112233445566778899aabbccddeeff"
CONFIG = f"""[agent]
endpoint = lab
[server.main]
uri = coaps://127.0.0.1:5684
identity = lab-identity
key = {SECRET}
"""
FILES = {"etc/dbus/org.lwm2m.Agent1.conf": "/usr/share/dbus-1/system.d/",
         "etc/polkit/org.lwm2m.agent1.policy": "/usr/share/polkit-1/actions/"}


class Diagnose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.share = tempfile.mkdtemp(prefix="lwm2m-diagnose-")
        cls.addClassCleanup(shutil.rmtree, cls.share)
        for path in (*(ROOT / path for path in FILES), ROOT / "etc/sysusers.d/lwm2m-agent.conf", BUILD / "agent/lwm2m-agent",
                     BUILD / "agent/ctl/lwm2mctl"):
            shutil.copy(path, cls.share)
        try:
            cls.container = Container(debian.release(), share=cls.share)
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        cls.addClassCleanup(cls.container.close)
        cls.container.start()
        cls.container.check("systemd-sysusers /mnt/lwm2m-agent.conf && cp /mnt/lwm2m-agent /mnt/lwm2mctl /usr/local/bin/ && "
                            + " && ".join(f"cp /mnt/{Path(path).name} {target}" for path, target in FILES.items())
                            + " && systemctl reload dbus && mkdir -p /etc/lwm2m-agent")
        cls.container.write("/etc/lwm2m-agent/agent.conf", CONFIG)
        cls.container.check("chmod 600 /etc/lwm2m-agent/agent.conf && systemd-run --unit=lwm2m-agent -p Type=notify "
                            "-p NotifyAccess=all -p StateDirectory=lwm2m-agent lwm2m-agent --log-level debug "
                            "--state-dir /var/lib/lwm2m-agent")

    def bundle(self, *words):
        """The files of a new bundle, as text."""
        self.container.check(["sh", "-c", f"rm -f /tmp/b.tar && {' '.join(words)} lwm2mctl diagnose /tmp/b.tar && "
                              "base64 -w0 /tmp/b.tar >/tmp/b.base64"])
        data = base64.b64decode(self.container.check("cat /tmp/b.base64"))
        self.assertNotIn(SECRET.encode(), data)
        self.assertNotIn(b"lab-identity", data)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            return {member.name.partition("/")[2]: tar.extractfile(member).read().decode(errors="replace")
                    for member in tar.getmembers() if member.isfile()}

    def test_a_bundle_of_root(self):
        self.container.check("journalctl --sync")
        files = self.bundle()
        self.assertIn("lab is not managed now: not registered with main", files["status.txt"])
        self.assertIn("ActiveState=active", files["unit.txt"])
        self.assertIn("lwm2m-agent.service", files["unit.txt"])
        self.assertRegex(files["journal.txt"], r"lwm2m-agent\[\d+\]: ")
        self.assertIn("key = (left out)", files["config/agent.conf"])
        self.assertIn("100600 root:root", files["files.txt"])
        self.assertIn("/etc/lwm2m-agent/agent.conf", files["files.txt"])

    def test_a_bundle_of_somebody(self):
        """Who may not read the configuration gets a bundle without it, and with the reason."""
        files = self.bundle("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        self.assertIn("not registered with main", files["status.txt"])
        self.assertIn("cannot be read: Permission denied", files["config/agent.conf"])

    def as_user(self, *words, groups="--clear-groups"):
        return self.container.run(["setpriv", "--reuid=nobody", "--regid=nogroup", groups, "lwm2mctl", *words])

    def test_who_may(self):
        self.assertEqual(self.as_user("status").returncode, 0)
        refused = self.as_user("read", "/3/0/16")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("you are not allowed to\nTry it with sudo, or as a member of the group", refused.stderr)
        group = "--groups=lwm2m-agent"
        refused = self.as_user("read", "/3/0/16", groups=group)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("polkit action org.lwm2m.agent1.read)\nTry it with sudo.", refused.stderr)
        self.container.write("/etc/polkit-1/rules.d/10-lab.rules", 'polkit.addRule(function(action, subject) {\n'
                             '    if (action.id == "org.lwm2m.agent1.read" && subject.user == "nobody")\n'
                             '        return polkit.Result.YES;\n});\n')
        self.container.check("chmod 644 /etc/polkit-1/rules.d/10-lab.rules && systemctl restart polkit")
        allowed = self.as_user("read", "/3/0/16", groups=group)
        self.assertEqual((allowed.returncode, allowed.stdout), (0, "/3/0/16  Supported Binding and Modes  U\n"), allowed)
        self.assertEqual(self.as_user("write", "/3/0/15", "Europe/Rome", groups=group).returncode, 1)


if __name__ == "__main__":
    lab.main()
