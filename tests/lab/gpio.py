# SPDX-License-Identifier: Apache-2.0
"""A simulated GPIO chip of the kernel, by gpio-sim in configfs: what it shows at its pins, and what is set from outside."""

import itertools
import time
from pathlib import Path

CONFIGFS = Path("/sys/kernel/config/gpio-sim")
_serial = itertools.count()


class Chip:
    """lines: their names, by offset; "" has none."""

    def __init__(self, label, lines):
        self.folder = CONFIGFS / f"lab-{next(_serial)}"
        self.bank = self.folder / "bank0"
        self.bank.mkdir(parents=True)
        (self.bank / "num_lines").write_text(str(len(lines)))
        (self.bank / "label").write_text(label)
        self.offsets = {name: offset for offset, name in enumerate(lines) if name}
        for name, offset in self.offsets.items():
            (self.bank / f"line{offset}").mkdir()
            (self.bank / f"line{offset}" / "name").write_text(name)

    @property
    def name(self):
        """gpiochip0, while it is plugged."""
        return (self.bank / "chip_name").read_text().strip()

    def plug(self):
        (self.folder / "live").write_text("1")

    def unplug(self):
        (self.folder / "live").write_text("0")

    def close(self):
        self.unplug()
        for name in self.offsets.values():
            (self.bank / f"line{name}").rmdir()
        self.bank.rmdir()
        self.folder.rmdir()

    def _file(self, line, name):
        offset = self.offsets.get(line, line)
        device = (self.folder / "dev_name").read_text().strip()
        return Path("/sys/devices/platform") / device / self.name / f"sim_gpio{offset}" / name

    def value(self, line):
        """What the pin shows, 0 or 1."""
        return int(self._file(line, "value").read_text())

    def pull(self, line, up):
        """From outside, as a switch would."""
        self._file(line, "pull").write_text("pull-up" if up else "pull-down")

    def pulse(self, line, seconds):
        self.pull(line, True)
        time.sleep(seconds)
        self.pull(line, False)
