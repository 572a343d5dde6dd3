# SPDX-License-Identifier: Apache-2.0
"""plugins/gpio: a simulated chip of the kernel and LEDs, the agent, and a server that reads, observes and writes. Raw peer."""

import fcntl
import os
import struct
import time
from pathlib import Path
from signal import SIGHUP

import lab
from gpio import Chip
from lab import BUILD, TEXT, LabCase

NAMES = ["RELAY", "BUZZER", "SWITCH", "PULSE", "VALVE", "BUTTON", "LAMP", ""]
TRACE = Path("/sys/kernel/tracing")


class GpioCase(LabCase):
    def setUp(self):
        super().setUp()
        self.chip = Chip("lab", NAMES)
        self.addCleanup(self.chip.close)
        self.chip.plug()

    def start_gpio(self, sections):
        return self.start_plugin("gpio", **sections)

    def value(self, path):
        """0, 1, or another number."""
        answer = self.read(path, TEXT)
        self.assert_code(answer, "2.05")
        return float(answer.payload)

    def turn(self, path, payload):
        self.assert_code(self.write(path, str(payload).encode()), "2.04")

    def wait_pin(self, line, expected):
        self.wait_for(lambda: self.chip.value(line) == expected, f"{line} shows {expected}")

    def wait_value(self, path, expected):
        self.wait_for(lambda: self.value(path) == expected, f"{path} is {expected}")

    def wait_code(self, path, code):
        self.wait_for(lambda: self.read(path, TEXT).status == code, f"{path} answers {code}")


class TestOutputs(GpioCase):
    def test_light(self):
        """Written by a server, the line moves; active-low, and by chip and offset."""
        self.start_gpio({"light.door": {"line": "RELAY", "instance": 3},
                         "light.lamp": {"chip": "lab", "offset": 6, "active_low": "yes", "label": "Lamp"}})
        self.assertEqual((self.chip.value("RELAY"), self.chip.value("LAMP")), (0, 1))
        self.assertEqual(self.read("/3311/0/5750", TEXT).payload, b"Lamp")
        self.assertEqual(self.read("/3311/3/5750", TEXT).payload, b"door")
        self.turn("/3311/3/5850", 1)
        self.turn("/3311/0/5850", 1)
        self.assertEqual((self.chip.value("RELAY"), self.chip.value("LAMP")), (1, 0))
        self.assert_code(self.read("/3311/3/5851", TEXT), "4.04")
        self.wait_for(lambda: self.value("/3311/3/5852") >= 1, "a second on")
        self.assert_code(self.write("/3311/3/5852", b"5"), "4.00")
        self.turn("/3311/3/5850", 0)
        self.turn("/3311/3/5852", 0)
        self.assertEqual((self.value("/3311/3/5852"), self.chip.value("RELAY")), (0, 0))

    def test_output(self):
        self.start_gpio({"output.valve": {"line": "VALVE", "initial": "on"}})
        self.assertEqual((self.chip.value("VALVE"), self.value("/3201/0/5550")), (1, 1))
        token = self.observe("/3201/0/5550", TEXT)
        self.turn("/3201/0/5551", 1)
        self.assertEqual(self.chip.value("VALVE"), 0)
        self.turn("/3201/0/5550", 0)
        self.assertEqual(self.chip.value("VALVE"), 1)
        self.wait_told(token, lambda payload: payload == b"0")

    def test_keep(self):
        """A line that is on when the agent takes it stays on."""
        self.chip.pull("VALVE", True)
        self.start_gpio({"output.valve": {"line": "VALVE", "initial": "keep"}})
        self.assertEqual((self.chip.value("VALVE"), self.value("/3201/0/5550")), (1, 1))
        self.chip.pull("VALVE", False)
        self.assertEqual(self.chip.value("VALVE"), 1)

    def test_reload(self):
        """With the plugin inside the agent: the lines are given back and taken anew, as the new configuration has it."""
        module = BUILD / "plugins/gpio/gpio.so"
        sections = {"plugin": {"module": module, "isolation": "none"}, "light.door": {"line": "RELAY", "initial": "on"}}
        agent, _ = self.start_gpio(sections)
        self.assertEqual(self.chip.value("RELAY"), 1)
        sections["light.lamp"] = {"line": "LAMP", "initial": "on"}
        sections["light.door"] = {"line": "RELAY"}
        agent.write_config({"uri": self.server.uri, "lifetime": 300}, {"gpio": sections})
        since = self.server.mark()
        agent.signal(SIGHUP)
        self.server.wait_update(timeout=30, since=since)
        self.wait_code("/3311/1/5850", "2.05")
        self.assertEqual((self.chip.value("RELAY"), self.chip.value("LAMP")), (0, 1))
        self.turn("/3311/0/5850", 1)
        self.assertEqual(self.chip.value("RELAY"), 1)

    def test_safe(self):
        """What the line is set to when the agent stops: simulated lines forget it, so the kernel's trace is asked."""
        os.system(f"mountpoint -q {TRACE} || mount -t tracefs tracefs {TRACE}")
        event = TRACE / "events/gpio/gpio_value/enable"
        if not event.exists():
            self.skipTest("the kernel does not trace GPIO lines")
        agent, _ = self.start_gpio({"output.valve": {"line": "VALVE", "safe": "on"},
                                    "light.door": {"line": "RELAY", "initial": "on", "safe": "off"},
                                    "light.lamp": {"line": "LAMP", "initial": "on"}})
        event.write_text("1")
        self.addCleanup(event.write_text, "0")
        (TRACE / "trace").write_text("")
        agent.stop()
        trace = (TRACE / "trace").read_text()
        self.assertEqual(sorted(line.split("set")[-1].strip() for line in trace.splitlines() if "gpio_value" in line),
                         ["0", "1"], trace)


class TestBuzzer(GpioCase):
    def start_buzzer(self, **keys):
        return self.start_gpio({"buzzer.alarm": {"line": "BUZZER", **keys}})

    def test_until_off(self):
        self.start_buzzer()
        self.turn("/3338/0/5850", 1)
        self.assertEqual((self.chip.value("BUZZER"), self.value("/3338/0/5850")), (1, 1))
        self.turn("/3338/0/5850", 0)
        self.assertEqual((self.chip.value("BUZZER"), self.value("/3338/0/5850")), (0, 0))

    def test_duration(self):
        self.start_buzzer(duration_s=1.5)
        token = self.observe("/3338/0/5850", TEXT)
        began = time.monotonic()
        self.turn("/3338/0/5850", 1)
        self.assertEqual(self.chip.value("BUZZER"), 1)
        self.wait_pin("BUZZER", 0)
        self.assertGreaterEqual(time.monotonic() - began, 1.5)
        self.wait_told(token, lambda payload: payload == b"1")
        self.wait_told(token, lambda payload: payload == b"0")

    def test_minimum_off_time(self):
        """It sounds again after the silence, and a server cannot cut that short."""
        self.start_buzzer(duration_s=0.5)
        self.turn("/3338/0/5525", 2)
        self.turn("/3338/0/5850", 1)
        self.wait_pin("BUZZER", 0)
        silent = time.monotonic()
        self.assertEqual(self.value("/3338/0/5850"), 1)
        self.turn("/3338/0/5850", 0)
        self.turn("/3338/0/5850", 1)
        self.assertEqual(self.chip.value("BUZZER"), 0)
        self.wait_pin("BUZZER", 1)
        self.assertGreater(time.monotonic() - silent, 1.5)
        self.wait_pin("BUZZER", 0)
        self.wait_pin("BUZZER", 1)
        self.assert_code(self.write("/3338/0/5521", b"-1"), "4.00")


class TestInputs(GpioCase):
    def test_switch(self):
        self.start_gpio({"switch.mains": {"line": "SWITCH"}})
        token = self.observe("/3342/0/5500", TEXT)
        self.chip.pull("SWITCH", True)
        self.wait_told(token, lambda payload: payload == b"1")
        self.assertEqual((self.value("/3342/0/5500"), self.value("/3342/0/5501")), (1, 1))
        self.wait_for(lambda: self.value("/3342/0/5852") >= 1, "a second on")
        self.turn("/3342/0/5852", 0)
        self.chip.pull("SWITCH", False)
        self.wait_told(token, lambda payload: payload == b"0")
        self.wait_for(lambda: self.value("/3342/0/5854") >= 1, "a second off")
        self.assertLess(abs(self.value("/3342/0/5518") - time.time()), 60)
        self.assertLess(self.value("/3342/0/6050"), 1)

    def test_button(self):
        """Active-low with a pull-up, as buttons are."""
        self.start_gpio({"button.front": {"line": "BUTTON", "active_low": "yes", "bias": "pull-up", "debounce_ms": 0}})
        self.assertEqual(self.value("/3347/0/5500"), 0)
        for _ in range(3):
            self.chip.pull("BUTTON", False)
            self.wait_value("/3347/0/5500", 1)
            self.chip.pull("BUTTON", True)
            self.wait_value("/3347/0/5500", 0)
        self.assertEqual(self.value("/3347/0/5501"), 3)

    def test_counter(self):
        self.start_gpio({"input.meter": {"line": "PULSE"}})
        for _ in range(5):
            self.chip.pulse("PULSE", 0)
        self.wait_value("/3200/0/5501", 5)
        self.turn("/3200/0/5504", 3)
        self.chip.pulse("PULSE", 0)
        self.wait_value("/3200/0/5501", 7)
        self.assert_code(self.server.request(self.client, lab.coap.POST, "/3200/0/5505"), "2.04")
        self.assertEqual(self.value("/3200/0/5501"), 0)
        self.assert_code(self.write("/3200/0/5504", b"4"), "4.00")

    def test_debounce(self):
        """Shorter than the time it is nothing, whether that is configured or written."""
        self.start_gpio({"input.meter": {"line": "PULSE", "debounce_ms": 300}})
        self.chip.pulse("PULSE", 0.01)
        self.chip.pulse("PULSE", 1)
        self.wait_value("/3200/0/5501", 1)
        self.turn("/3200/0/5503", 0)
        self.chip.pulse("PULSE", 0.01)
        self.wait_value("/3200/0/5501", 2)
        self.assert_code(self.write("/3200/0/5503", b"10001"), "4.00")

    def test_polarity(self):
        self.start_gpio({"input.meter": {"line": "PULSE"}})
        self.assertEqual(self.value("/3200/0/5500"), 0)
        self.turn("/3200/0/5502", 1)
        self.assertEqual((self.value("/3200/0/5500"), self.value("/3200/0/5501")), (1, 0))


class TestAbsent(GpioCase):
    def hold(self, line):
        """As another program would; returns what closes it."""
        chip = os.open(f"/dev/{self.chip.name}", os.O_RDWR | os.O_CLOEXEC)
        # struct gpio_v2_line_request: one offset, a consumer, input.
        request = bytearray(struct.pack("=64I32s", self.chip.offsets[line], *[0] * 63, b"other") +
                            struct.pack("=Q", 1 << 2) + bytes(264) + struct.pack("=II5Ii", 1, 0, *[0] * 5, 0))
        fcntl.ioctl(chip, 0xC0000000 | len(request) << 16 | 0xB4 << 8 | 7, request)
        os.close(chip)
        return struct.unpack("=i", request[-4:])[0]

    def test_busy(self):
        held = self.hold("RELAY")
        agent, _ = self.start_gpio({"light.door": {"line": "RELAY"}, "light.lamp": {"line": "LAMP"}})
        agent.wait_log(r"\[light.door\]: line RELAY is in use by other; /3311/0 comes when it can be used")
        self.assert_code(self.read("/3311/0/5850", TEXT), "4.04")
        self.turn("/3311/1/5850", 1)
        self.assertEqual(self.chip.value("LAMP"), 1)
        since = self.server.mark()
        os.close(held)
        update = self.server.wait_update(timeout=30, since=since)
        self.assertIn(b"</3311/0>", update.payload)
        self.turn("/3311/0/5850", 1)
        self.assertEqual(self.chip.value("RELAY"), 1)
        self.assertEqual(agent.count_log("RELAY"), 1)

    def test_unplugged(self):
        """The chip goes and comes: so do its instances, said once each time; also one that a link leads to."""
        link = Path("/dev/lab-chip")
        link.symlink_to(f"/dev/{self.chip.name}")
        self.addCleanup(link.unlink)
        agent, _ = self.start_gpio({"light.door": {"line": "RELAY"}, "input.meter": {"line": "PULSE"},
                                    "output.other": {"line": "NOWHERE"},
                                    "output.valve": {"chip": link, "offset": self.chip.offsets["VALVE"]}})
        agent.wait_log(r"\[output.other\]: line NOWHERE is not there")
        self.turn("/3311/0/5850", 1)
        for count in 1, 2:
            self.chip.unplug()
            self.wait_code("/3311/0/5850", "4.04")
            self.wait_code("/3200/0/5500", "4.04")
            self.wait_code("/3201/1/5550", "4.04")
            self.assertEqual(agent.count_log("line RELAY is not there"), count)
            self.chip.plug()
            self.wait_code("/3311/0/5850", "2.05")
            self.wait_code("/3200/0/5500", "2.05")
            self.turn("/3311/0/5850", 1)
            self.turn("/3201/1/5550", 1)
            self.assertEqual((self.chip.value("RELAY"), self.chip.value("VALVE")), (1, 1))
        self.assertEqual(agent.count_log("NOWHERE"), 1)


class TestConfiguration(GpioCase):
    def test_wrong(self):
        """Each mistake by file and line, with what is accepted; the other instances are there."""
        agent, _ = self.start_gpio({
            "light.a": {"line": "RELAY", "bias": "up"},
            "light.b": {"line": "LAMP", "colour": "red"},
            "light.c": {"chip": "lab"},
            "lamp.d": {"line": "LAMP"},
            "input.e": {"line": "PULSE", "debounce_ms": "-1"},
            "output.f": {"line": "VALVE", "instance": 7},
            "output.g": {"line": "SWITCH", "instance": 7},
            "light.h": {"line": "LAMP"}})
        place = r"error: gpio: \S*plugins.d/gpio.conf:\d+: "
        for line in (r"bias = up: it has to be as-is, pull-up, pull-down or disabled",
                     r"unknown key 'colour' in \[light.b\]; it has to be chip, .* or trigger",
                     r"\[light.c\] has to name its line: by chip and offset, or by line, or its led",
                     r"unknown section \[lamp.d\]; it has to be \[KIND.NAME\], where KIND is light, .* or button",
                     r"debounce_ms = -1: it has to be a whole number from 0 to 10000",
                     r"instance = 7: another \[output.NAME\] has it"):
            agent.wait_log(place + line)
        text = (agent.folder / "plugins.d" / "gpio.conf").read_text().splitlines()
        said = agent.wait_log("bias = up")
        self.assertEqual(text[int(said.split("gpio.conf:")[1].split(":")[0]) - 1], "bias = up")
        self.assertEqual(agent.count_log("gpio.conf:"), 6)
        self.turn("/3311/0/5850", 1)
        self.turn("/3201/7/5550", 1)
        self.assertEqual((self.chip.value("LAMP"), self.chip.value("VALVE")), (1, 1))


class TestLed(LabCase):
    """An LED of the kernel's own: that of the keyboard."""

    def setUp(self):
        super().setUp()
        leds = Path("/sys/class/leds")
        self.led = next(leds.glob("*::capslock"), None)
        if not self.led:
            self.skipTest("the machine's keyboard has no LEDs")

    def brightness(self):
        return int((self.led / "brightness").read_text())

    def trigger(self):
        return (self.led / "trigger").read_text().split("[")[1].split("]")[0]

    def test_brightness(self):
        (self.led / "trigger").write_text("kbd-capslock")
        self.start_plugin("gpio", **{"light.caps": {"led": self.led.name, "safe": "on"}})
        self.assertEqual(self.trigger(), "none")
        token = self.observe("/3311/0/5850", TEXT)
        self.assert_code(self.write("/3311/0/5850", b"1"), "2.04")
        self.assertEqual(self.brightness(), 1)
        self.wait_told(token, lambda payload: payload == b"1")
        (self.led / "brightness").write_text("0")
        self.wait_told(token, lambda payload: payload == b"0")

    def test_trigger(self):
        agent, _ = self.start_plugin("gpio", **{"light.caps": {"led": self.led.name, "trigger": "kbd-scrolllock", "safe": "off"},
                                                "light.wrong": {"led": self.led.name, "trigger": "no-such"}})
        agent.wait_log(r"\[light.wrong\]: LED .*capslock has no trigger 'no-such'")
        self.assert_code(self.write("/3311/0/5850", b"1"), "2.04")
        self.assertEqual(self.trigger(), "kbd-scrolllock")
        self.assertEqual(self.read("/3311/0/5850", TEXT).payload, b"1")
        agent.stop()
        self.assertEqual(self.trigger(), "none")

    def test_unplugged(self):
        """The keyboard goes, and its LEDs with it."""
        port = next(path for path in Path("/sys/bus/serio/devices").iterdir() if (path / "input").exists())
        agent, _ = self.start_plugin("gpio", **{"light.caps": {"led": self.led.name}})
        (port / "drvctl").write_text("none")
        self.wait_for(lambda: self.read("/3311/0/5850", TEXT).status == "4.04", "the LED is gone")
        agent.wait_log(f"LED {self.led.name} is not there")


if __name__ == "__main__":
    lab.main()
