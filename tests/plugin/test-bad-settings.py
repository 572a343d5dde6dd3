# SPDX-License-Identifier: Apache-2.0
"""Bad configuration of every plugin: file, line, key and what it accepts are said, and the other plugins start. Raw peer."""

import os
import re
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "interop"))

# pylint: disable=wrong-import-position
from agent import BUILD  # noqa: E402
from case import OBJECT, AgentCase, main  # noqa: E402
from coap import TEXT  # noqa: E402
from peer import RawServer  # noqa: E402

NAMES = os.environ["LWM2M_PLUGINS"].split(",")

# Of each plugin: a section that it has, a key there, a value that is none, and what it accepts.
VALUES = {
    "gpio": ("light.door", "offset", "seven", "a whole number from 0 to 65535"),
    "location": ("location", "source", "stars", "auto, gpsd or modemmanager"),
    "modem": ("modem", "connectivity", "sometimes", "auto or always"),
    "script": ("script", "processes", "0", "a whole number from 1 to 64"),
    "sensors": ("sensors", "iio", "perhaps", "yes or no"),
    "system": ("system", "rescan_ms", "-1", "a whole number from 0 to 86400000"),
    "wifi": ("wifi", "connect_s", "601", "a whole number from 1 to 600"),
}


class TestBadSettings(AgentCase):
    def start(self, sections):
        """An agent with all plugins, each with its sections, and one that has nothing wrong."""
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.need_plugins("test-object")
        self.agent = self.start_agent(start=False)
        plugins = {name: {"plugin": {"module": BUILD / "plugins" / name / f"{name}.so"}, **sections[name]}
                   for name in NAMES}
        self.agent.write_config({"uri": self.server.uri, "lifetime": 300}, {**plugins, "test-object": {}})
        self.agent.start()
        self.client = self.server.wait_register(self.agent.endpoint, timeout=20)
        self.agent.wait_log(": registered with ")

    def assert_said(self, name, where, what):
        """A line of the log that begins with the file and the number of the line that where is on."""
        path = self.agent.folder / "plugins.d" / f"{name}.conf"
        lines = path.read_text().splitlines()
        number = next(i for i, line in enumerate(lines, 1) if re.match(where, line))
        self.agent.wait_log(f"{re.escape(str(path))}:{number}: {what}")

    def assert_others_work(self):
        answer = self.server.read(self.client, f"/{OBJECT}/0/110", TEXT)
        self.assertEqual((answer.status, answer.payload), ("2.05", b"initial value"))

    def test_every_plugin_is_here(self):
        self.assertEqual(set(NAMES) - set(VALUES), set())

    def test_values(self):
        self.start({name: {section: {key: value}} for name, (section, key, value, _) in VALUES.items()})
        for name in NAMES:
            _, key, value, accepted = VALUES[name]
            with self.subTest(name):
                self.assert_said(name, rf"{key}\s*=", rf"{key} = {value}: it has to be {accepted}")
        self.assert_others_work()

    def test_keys(self):
        self.start({name: {section: {"colour": "red"}} for name, (section, *_) in VALUES.items()})
        for name in NAMES:
            section, key, *_ = VALUES[name]
            with self.subTest(name):
                self.assert_said(name, r"colour\s*=",
                                 rf"unknown key 'colour' in \[{section}\]; it has to be .*\b{key}\b")
        self.assert_others_work()

    def test_sections(self):
        """The line is that of its first key."""
        self.start({name: {"nonsense": {"key": "1"}} for name in NAMES})
        for name in NAMES:
            section = VALUES[name][0].partition(".")[0]
            with self.subTest(name):
                self.assert_said(name, r"key\s*=", rf".*\bnonsense\b.*\b{section}\b")
        self.assert_others_work()


if __name__ == "__main__":
    main()
