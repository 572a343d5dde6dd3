# SPDX-License-Identifier: Apache-2.0
"""lwm2m-agent.service as it was built here, on this machine's Debian with systemd as PID 1: credentials, the sandbox around the
agent and its plugins, and what is in the journal. The server is lwm2m-server, over DTLS with a pre-shared key. The life of the
packages is installed's, which has them."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import debian
from container import Container
from debian import Unavailable
from lab import BUILD, main

ROOT = Path(__file__).resolve().parents[2]
UNIT = "lwm2m-agent.service"
CONFIG = "/etc/lwm2m-agent"
KEY = b"secret-of-LwM2M!"  # would show in any form
SERVER = "/run/server"
ACCOUNT = ("[agent]\nendpoint = machine\n[server.main]\nuri = coaps://127.0.0.1\nidentity = me\nretry_timer = 1\n"
           "key_credential = main.psk\n")
IDS = dict(re.findall(r'#define LOG_ID_(\w+)\s+"([0-9a-f]{32})"', (ROOT / "agent/base/log-ids.h").read_text()))


def install(folder):
    """The build as "meson install" puts it, and the test plugins. Returns where the server is."""
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DESTDIR": str(folder)})
    plugins = next(folder.rglob("lwm2m-agent/plugins"))
    for name in "test-nosy", "test-faults":
        shutil.copy(BUILD / "tests/plugins" / f"{name}.so", plugins)
    for configuration in folder.rglob("plugins.d/*.conf"):
        configuration.unlink()
    # The build may be for /usr/local; systemd looks there for units only.
    usr_local = folder / "usr/local/lib"
    for name in "sysusers.d", "tmpfiles.d", "systemd/catalog":
        if (usr_local / name).is_dir():
            shutil.copytree(usr_local / name, folder / "usr/lib" / name, dirs_exist_ok=True)
    server = next(folder.rglob("bin/lwm2m-server"), None)
    if not server:
        raise Unavailable("built without lwm2m-server")
    return server.relative_to(folder)


class TestService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.folder = Path(tempfile.mkdtemp(prefix="lwm2m-service-"))
            cls.addClassCleanup(shutil.rmtree, cls.folder)
            cls.folder.chmod(0o755)
            cls.server = f"/{install(cls.folder)} --data-dir {SERVER}"
            cls.container = Container(debian.release(), share=cls.folder)
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        cls.addClassCleanup(cls.container.close)
        cls.container.start()
        # With the modes and owners that the container's folders have.
        cls.check("cp -r --no-preserve=mode,ownership /mnt/etc /mnt/usr / && "
                  "chmod -R a+rx /usr/local/bin /usr/local/sbin /usr/local/libexec /usr/bin/lwm2m* /usr/sbin/lwm2m* "
                  "/usr/libexec/lwm2m-agent 2>/dev/null; "
                  "systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload && journalctl --update-catalog")
        cls.check(f"{cls.server} psk add machine me {KEY.hex()}")
        cls.check(f"systemd-run --quiet --unit=server {cls.server} --coaps 127.0.0.1:5684 --no-console")
        cls.wait(lambda: cls.container.run(f"{cls.server} ctl list").returncode == 0, "the server is there")

    @classmethod
    def check(cls, command, **named):
        return cls.container.check(command, **named)

    @staticmethod
    def wait(condition, what, timeout=60):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what}")
            time.sleep(0.1)

    def show(self, name):
        return self.check(f"systemctl show --value -p {name} {UNIT}").strip()

    def journal(self, *matches):
        """Entries of this start, as dictionaries."""
        text = self.check(["journalctl", "-o", "json", "--all", f"_SYSTEMD_INVOCATION_ID={self.show('InvocationID')}", *matches])
        return [json.loads(line) for line in text.splitlines()]

    def start(self, account, plugins=None, service="", level="notice"):
        """Registered, when it returns."""
        self.check(f"rm -rf {CONFIG}/agent.conf.d/* {CONFIG}/plugins.d/* /etc/systemd/system/{UNIT}.d")
        self.container.write(f"{CONFIG}/agent.conf.d/main.conf", account, "640")
        for name, text in (plugins or {}).items():
            self.container.write(f"{CONFIG}/plugins.d/{name}.conf", text, "640")
        command = re.search("^ExecStart=(.*)$", (BUILD / "etc" / UNIT).read_text(), re.M)[1]
        self.container.write(f"/etc/systemd/system/{UNIT}.d/test.conf",
                             f"[Service]\n{service}\nExecStart=\nExecStart={command} --log-level {level}\n")
        self.check(f"systemctl daemon-reload && systemctl restart {UNIT}")
        self.addCleanup(self.container.run, f"systemctl stop {UNIT}")
        self.wait(lambda: self.show("StatusText").startswith("registered to main"), "registered")

    def test_well_formed(self):
        """With the drop-ins of the plugins: nothing that this systemd does not know."""
        done = self.container.run(f"systemd-analyze verify --man=no {UNIT}")
        said = [line for line in (done.stdout + done.stderr).splitlines() if "lwm2m" in line]
        self.assertEqual((done.returncode, said), (0, []))
        for path in self.folder.rglob(f"{UNIT}.d/*.conf"):
            self.assertIn(f"/{path.relative_to(self.folder)}", self.show("DropInPaths"))

    def test_credentials(self):
        """Keys that the agent's user cannot read by itself: plain, and encrypted."""
        self.container.write("/root/main.psk", KEY.hex(), "600")
        self.start(ACCOUNT, service="LoadCredential=main.psk:/root/main.psk")
        self.check("mkdir -p /etc/credstore.encrypted && systemd-creds encrypt --with-key=host --name=main.psk "
                   "/root/main.psk /etc/credstore.encrypted/main.psk")
        self.start(ACCOUNT, service="LoadCredentialEncrypted=main.psk")
        self.assertNotIn(KEY.hex(), self.check(f"cat {CONFIG}/agent.conf.d/*"))

    def test_file_of_the_group(self):
        """What root makes in the configuration's folder has the agent's group by itself."""
        self.check(f"umask 027; echo {KEY.hex()} >{CONFIG}/main.psk")
        self.assertEqual(self.check(f"stat -c '%a %U %G' {CONFIG}/main.psk"), "640 root lwm2m-agent\n")
        self.start(ACCOUNT.replace("key_credential = main.psk", f"key_file = {CONFIG}/main.psk"))
        self.assertEqual(self.check(f"test -e {CONFIG}/main.psk && su -s /bin/sh nobody -c 'cat {CONFIG}/main.psk' 2>&1 || :"),
                         f"cat: {CONFIG}/main.psk: Permission denied\n")

    def attempt(self, what):
        self.check(f"{self.server} ctl write --type string machine /33050/0/0 '{what}'")
        return self.check(f"{self.server} ctl read machine /33050/0/1").split()[-1]

    def test_plugin(self):
        """What a plugin has of the machine and of the agent."""
        self.container.write("/root/main.psk", KEY.hex(), "600")
        self.start(ACCOUNT, {"test-nosy": "[plugin]\n"}, "LoadCredential=main.psk:/root/main.psk")
        pid = self.show("MainPID")
        self.assertRegex(self.check(f"grep -E '^(Uid|CapBnd|NoNewPrivs|Seccomp):' /proc/{pid}/status"),
                         r"Uid:\s+[1-9]\d*\s.*\nCapBnd:\s+0+\nNoNewPrivs:\s+1\nSeccomp:\s+2\n")
        self.assertNotIn("done", {self.attempt(what) for what in (
            "read /root/main.psk", "make /usr/new", f"make {CONFIG}/new", "read /dev/kmsg", f"memory {pid}", f"trace {pid}")})
        if not self.journal("MESSAGE=This kernel has no Landlock: nothing keeps plugins from reading the agent's keys and state"):
            self.assertEqual({self.attempt(what) for what in (
                f"read /run/credentials/{UNIT}/main.psk", "read /var/lib/lwm2m-agent/lock", "make /var/lib/lwm2m-agent/new")},
                {"EACCES"})
        self.assertEqual({self.attempt(what) for what in ("read /etc/os-release", "make /tmp/new", "read /proc/meminfo",
                                                          "make /run/lwm2m-agent/new", "write /dev/null")}, {"done"})

    def test_journal(self):
        """Fields and ids, and the catalog's words for them."""
        self.container.write("/root/main.psk", KEY.hex(), "600")
        blind = "[plugin]\nmodule = test-faults.so\nfirst_instance = 10\n[fault]\nwhat = fail\nat = poll\n"
        self.start(ACCOUNT, {"test-faults": "[plugin]\n[fault]\nwhat = exit\nat = execute\n", "blind": blind},
                   "LoadCredential=main.psk:/root/main.psk")
        registered, = self.journal(f"MESSAGE_ID={IDS['REGISTERED']}")
        self.assertEqual(registered["SERVER"], "main")
        self.assertEqual(registered["PRIORITY"], "5")
        self.assertNotIn("CODE_FILE", registered)
        self.container.run(f"{self.server} ctl exec machine /33002/0/3")
        for name in "PLUGIN_FAILED", "PLUGIN_RESTARTED":
            self.wait(lambda name=name: self.journal(f"MESSAGE_ID={IDS[name]}"), name)
            self.assertEqual(self.journal(f"MESSAGE_ID={IDS[name]}")[0]["PLUGIN"], "test-faults")
        self.container.run(f"{self.server} ctl read machine /33002/10/0")
        self.wait(lambda: self.journal("OBJECT=33002"), "a line about an object")
        entry = self.journal("OBJECT=33002")[0]
        self.assertEqual((entry["PLUGIN"], entry["SYSLOG_IDENTIFIER"]), ("blind", "lwm2m-plugin-host"))
        explained = self.check(f"journalctl -x -u {UNIT} --no-pager")
        self.assertIn("The server main has taken this machine's registration", explained)
        self.assertIn("The plugin test-faults crashed, hung or ended.", explained)
        self.check("systemctl stop server")
        self.check(f"systemctl restart {UNIT}")
        self.addCleanup(self.check, f"systemd-run --quiet --unit=server {self.server} --coaps 127.0.0.1:5684 --no-console")
        self.wait(lambda: self.journal(f"MESSAGE_ID={IDS['UNREACHABLE']}") + self.journal(
            f"MESSAGE_ID={IDS['NOT_REGISTERED']}"), "the server is not there", timeout=120)
        told = [entry["MESSAGE"] for entry in self.journal("SERVER=main")]
        self.assertEqual(len(told), 1, told)
        self.assertIn("nobody listens there; next try in", told[0])

    def test_no_secrets(self):
        """At the highest level, from all that the service says."""
        self.check(f"umask 027; echo {KEY.hex()} >{CONFIG}/main.psk")
        account = ACCOUNT.replace("key_credential = main.psk", f"key_file = {CONFIG}/main.psk")
        self.start(account, {"test-nosy": "[plugin]\n"}, level="debug")
        self.attempt("read /etc/os-release")
        self.check(f"systemctl reload {UNIT}")
        self.wait(lambda: self.journal("MESSAGE=Taking over the configuration"), "reloaded")
        self.check(f"systemctl stop {UNIT}")
        text = self.check(f"journalctl -u {UNIT} -o export --all")
        self.assertGreater(len(text), 10000)
        for form in KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode(), KEY.decode():
            self.assertNotIn(form, text)


if __name__ == "__main__":
    main()
