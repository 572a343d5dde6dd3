#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2mctl diagnose: what is in the bundle, and that no secret is."""

import json
import os
import re
import shutil
import tarfile
from pathlib import Path

from case import AgentCase, main
from fixtures import ROOT

SECRET = "00112233445566778899aabbccddeeff"
SECRETS = {"identity", "key", "serial_number"}
HIDDEN = "correct horse battery staple"

CONFIG = f"""; key = {SECRET}
[agent]
endpoint = gateway-17
deregister_on_stop = no
pasword = {HIDDEN}

[server.main]
uri = coaps://lwm2m.example.com ; key = {SECRET}
short_id = 1
lifetime = 300
identity = {HIDDEN}
key = {SECRET}
key_file = main.psk
Key: {SECRET}
{SECRET}
identity = first \\
{HIDDEN}
pmin = 1 \\
uri = {SECRET}
key_file = {SECRET}
[bootstrap]
key = {SECRET}
uri = coap://bootstrap.example.com
[server.main
key={SECRET}
[other]
uri = {HIDDEN}
"""

PLUGIN = f"""[plugin]
module = wifi.so
enabled = yes
[wifi]
passphrase = {HIDDEN}
"""


class Bundle(AgentCase):
    def setUp(self):
        super().setUp()
        etc = Path(self.folder) / "etc"
        (etc / "plugins.d").mkdir(parents=True)
        (etc / "agent.conf.d").mkdir()
        self.config = etc / "agent.conf"
        self.config.write_text(CONFIG)
        (etc / "agent.conf.d" / "50-site.conf").write_text(f"[server.site]\nkey = {SECRET}\nlifetime = 60\n")
        (etc / "plugins.d" / "wifi.conf").write_text(PLUGIN)
        (etc / "main.psk").write_text(SECRET)
        self.agent.values["/3"] = [("/3/0/2", "string", ("s", HIDDEN))]

    def make(self, name="bundle.tar.gz", **named):
        archive = Path(self.folder) / name
        done = self.run_ctl("diagnose", str(archive), LWM2M_CONFIG=str(self.config), TMPDIR=self.folder, **named)
        return archive, done

    def unpack(self, archive):
        with tarfile.open(archive) as tar:
            return {member.name.partition("/")[2]: tar.extractfile(member).read().decode()
                    for member in tar.getmembers() if member.isfile()}

    def test_what_is_in_it(self):
        archive, done = self.make()
        self.assertIn(str(archive), done.stdout)
        files = self.unpack(archive)
        self.assertLessEqual({"about.txt", "status.txt", "status.json", "servers.txt", "objects.txt", "plugins.txt", "update.txt",
                              "versions.txt", "unit.txt", "journal.txt", "files.txt", "config/agent.conf",
                              "config/agent.conf.d/50-site.conf", "config/plugins.d/wifi.conf"}, files.keys())
        self.assertIn("gateway-17 is managed by main", files["status.txt"])
        self.assertEqual(json.loads(files["status.json"])["endpoint"], "gateway-17")
        self.assertIn("lwm2m-agent 0.1.0", files["versions.txt"])
        self.assertIn(os.uname().release, files["versions.txt"])
        self.assertIn("$ journalctl", files["journal.txt"])
        self.assertIn("$ systemctl status", files["unit.txt"])
        self.assertIn("main.psk", files["files.txt"])
        self.assertNotRegex("".join(files.values()), "\x1b")

    def test_no_secret_is_in_it(self):
        archive, _ = self.make()
        files = self.unpack(archive)
        for name, text in files.items():
            for secret in (SECRET, SECRET[:16], HIDDEN, "battery"):
                self.assertNotIn(secret, text, name)

    def test_the_harmless_is_there(self):
        config = self.unpack(self.make()[0])
        self.assertIn("[server.main]\nuri = coaps://lwm2m.example.com\nshort_id = 1\nlifetime = 300\nidentity = (left out)\n"
                      "key = (left out)\nkey_file = main.psk\n", config["config/agent.conf"])
        self.assertIn("[wifi]\npassphrase = (left out)\n", config["config/plugins.d/wifi.conf"])
        self.assertIn("module = wifi.so", config["config/plugins.d/wifi.conf"])
        self.assertIn("lifetime = 60", config["config/agent.conf.d/50-site.conf"])

    def test_each_key_is_harmless_or_not(self):
        """Who adds a key to the configuration decides whether redact.c is to show its value; SECRETS are those it does not."""
        text = (ROOT / "agent/ctl/redact.c").read_text()
        lists = re.findall(r"\w+_keys\[\] = \{(.*?)NULL", text, re.S)
        harmless = {key for keys in lists for key in re.findall(r'"(\w+)"', keys)}
        example = (ROOT / "etc/agent.conf").read_text() + (ROOT / "etc/plugins.d/modem.conf").read_text().split("[modem]")[0]
        self.assertEqual(set(re.findall(r"(?m)^;?(\w+) =", example)), harmless | SECRETS,
                         "Is the value of a new key harmless in a bundle? To agent/ctl/redact.c with it; else to SECRETS here")
        self.assertEqual(harmless & SECRETS, set())

    def test_it_is_for_its_owner_alone(self):
        archive, _ = self.make()
        self.assertEqual(archive.stat().st_mode & 0o777, 0o600)
        self.assertEqual([path for path in os.listdir(self.folder) if path.startswith("lwm2mctl.")], [])

    def test_nothing_is_written_over(self):
        target = Path(self.folder) / "there.tar.gz"
        target.write_text("mine")
        self.assertIn("is there already", self.refused("diagnose", str(target)))
        self.assertEqual(target.read_text(), "mine")
        os.symlink("/dev/null", Path(self.folder) / "link.tar")
        self.assertIn("is there already", self.refused("diagnose", str(Path(self.folder) / "link.tar")))

    def test_other_kinds(self):
        self.assertIn("status.txt", self.unpack(self.make("bundle.tar")[0]))
        self.assertIn("status.txt", self.unpack(self.make("bundle.tgz")[0]))
        if shutil.which("zstd"):
            archive, _ = self.make("bundle.tar.zst")
            self.assertEqual(archive.read_bytes()[:4], b"\x28\xb5\x2f\xfd")

    def test_the_default_name(self):
        done = self.run_ctl("diagnose", LWM2M_CONFIG=str(self.config), cwd=self.folder)
        name = done.stdout.splitlines()[0]
        self.assertRegex(name, r"^lwm2m-diagnose-.*-\d{8}-\d{6}\.tar\.gz$")
        self.assertIn("about.txt", self.unpack(Path(self.folder) / name))

    def test_without_an_agent(self):
        """That is when it is needed."""
        self.agent.stop()
        files = self.unpack(self.make()[0])
        self.assertIn("lwm2m-agent is not running", files["status.txt"])
        self.assertIn("lwm2m-agent does not run", files["versions.txt"])

    def test_a_configuration_that_cannot_be_read(self):
        self.config.unlink()
        self.assertIn("cannot be read: No such file", self.unpack(self.make()[0])["config/agent.conf"])

    def test_where_it_cannot_be_written(self):
        self.assertIn("Cannot write /nowhere/x.tar: No such file", self.refused("diagnose", "/nowhere/x.tar"))
        self.assertIn("Cannot write", self.refused("diagnose", str(Path(self.folder) / "x.tar"), TMPDIR="/nowhere"))

    def test_json(self):
        archive = Path(self.folder) / "json.tar"
        self.assertEqual(self.json("diagnose", str(archive)), {"file": str(archive)})


if __name__ == "__main__":
    main()
