#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The units of the build: how exposed the service is, alone and with what the plugins add to it. Without a systemd that runs.

    test_unit.py BUILD-FOLDER
"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CODE = Path(__file__).resolve().parents[2] / "agent"
ETC = Path(__file__).resolve().parents[2] / "etc"
MANUAL = ETC.parent / "packaging/man/lwm2m-agent.8"
NAME = "lwm2m-agent.service"
UNIT = Path()      # of the build
EXPOSURE_MAX = 20  # tenths


def analyze(root, *arguments):
    done = subprocess.run(["systemd-analyze", *arguments, "--root", root], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def settings(path, key):
    return re.findall(rf"^{key}=(.*)$", path.read_text(), re.MULTILINE)


def can_analyze():
    if not shutil.which("systemd-analyze"):
        return False
    done = subprocess.run(["systemd-analyze", "--help"], stdout=subprocess.PIPE, text=True)
    return "--offline" in done.stdout


class TestUnit(unittest.TestCase):
    def exposure(self, drop_ins):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "usr/lib/systemd/system"
            (folder / f"{NAME}.d").mkdir(parents=True)
            shutil.copy(UNIT, folder / NAME)
            for path in drop_ins:
                shutil.copy(path, folder / f"{NAME}.d")
            status, text = analyze(root, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", NAME)
        self.assertIn("Overall exposure level", text)
        self.assertEqual(status, 0, text)
        print(f"# {text.strip().splitlines()[-1].lstrip('→ ')}, {len(drop_ins)} drop-ins")

    @unittest.skipUnless(can_analyze(), "no systemd-analyze with --offline")
    def test_exposure(self):
        self.exposure([])
        self.exposure(sorted(ETC.glob(f"{NAME}.d/*.conf")))

    def test_user(self):
        """No root, no capability, no device but the plugins' own."""
        self.assertEqual(settings(UNIT, "User"), ["lwm2m-agent"])
        self.assertEqual(settings(UNIT, "CapabilityBoundingSet"), [""])
        self.assertEqual(settings(UNIT, "AmbientCapabilities"), [])
        self.assertEqual(settings(UNIT, "DeviceAllow") + settings(UNIT, "SupplementaryGroups"), [])
        self.assertIn("u lwm2m-agent ", (ETC / "sysusers.d/lwm2m-agent.conf").read_text())

    def test_groups(self):
        """A group that is not there keeps the service from starting: whoever names one also makes it, and gives it something."""
        for path in ETC.glob(f"{NAME}.d/*.conf"):
            with self.subTest(path.name):
                groups, = (line.split() for line in settings(path, "SupplementaryGroups"))
                made = (ETC / f"sysusers.d/lwm2m-plugin-{path.name}").read_text()
                rules = (ETC / f"udev/rules.d/60-lwm2m-plugin-{path.stem}.rules").read_text()
                for group in groups:
                    self.assertRegex(made, rf"(?m)^g {group} ")
                    self.assertIn(f'GROUP="{group}"', rules)
                self.assertEqual(settings(path, "DevicePolicy"), ["closed"])
                self.assertEqual(len(settings(path, "DeviceAllow")), 1)

    def test_catalog(self):
        """Every id of the code is explained, nothing else is, and journalctl takes the file."""
        ids = dict(re.findall(r'#define (LOG_ID_\w+)\s+"([0-9a-f]{32})"', (CODE / "base/log-ids.h").read_text()))
        catalog = ETC / "lwm2m-agent.catalog"
        explained = re.findall(r"^-- ([0-9a-f]{32})\nSubject: .+\nDefined-By: lwm2m-agent\n(?:\w[\w-]+: .*\n)*\n\w",
                               catalog.read_text(), re.MULTILINE)
        self.assertEqual(sorted(ids.values()), sorted(explained))
        self.assertEqual(len(set(explained)), len(explained))
        for name, value in ids.items():
            used = any(name in path.read_text() for path in CODE.rglob("*.c"))
            text = catalog.read_text().partition(f"-- {value}\n")[2].partition("\n-- ")[0]
            self.assertNotEqual(used, "\nReserved: " in text, name)
            self.assertNotEqual(value in MANUAL.read_text(), "\nReserved: " in text, name)
        if not shutil.which("journalctl"):
            self.skipTest("no journalctl")
        with tempfile.TemporaryDirectory() as root:
            for folder in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog"):
                (Path(root) / folder).mkdir(parents=True)
            shutil.copy(catalog, Path(root) / "usr/lib/systemd/catalog")
            done = subprocess.run(["journalctl", f"--root={root}", "--update-catalog"], stderr=subprocess.STDOUT,
                                  stdout=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_never_given_up(self):
        self.assertEqual(settings(UNIT, "StartLimitIntervalSec"), ["0"])
        self.assertEqual(settings(UNIT, "Restart"), ["always"])


if __name__ == "__main__":
    UNIT = Path(sys.argv.pop(1)) / "etc" / NAME
    unittest.main(verbosity=2)
