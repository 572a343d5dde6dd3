# SPDX-License-Identifier: Apache-2.0
"""Simulated chips on an I2C bus: i2c-stub keeps their registers, and real drivers are bound to them."""

import ctypes
import fcntl
import os
import subprocess
from pathlib import Path

I2C_SLAVE_FORCE, I2C_SMBUS = 0x0706, 0x0720
WRITE, BYTE_DATA, WORD_DATA = 0, 2, 3


class _Transfer(ctypes.Structure):
    _fields_ = [("write", ctypes.c_uint8), ("command", ctypes.c_uint8), ("size", ctypes.c_uint32),
                ("data", ctypes.c_void_p)]


class Bus:
    """addresses: of the chips on it."""

    def __init__(self, *addresses):
        text = ",".join(hex(address) for address in addresses)
        subprocess.run(["modprobe", "i2c-stub", f"chip_addr={text}"], check=True)
        self.folder = next(path for path in Path("/sys/bus/i2c/devices").glob("i2c-*")
                           if "stub" in (path / "name").read_text())
        self.number = int(self.folder.name.removeprefix("i2c-"))
        self.fd = os.open(f"/dev/{self.folder.name}", os.O_RDWR)

    def close(self):
        os.close(self.fd)
        subprocess.run(["modprobe", "-r", "i2c-stub"], check=True)

    def place(self, address):
        """The chip's name in the kernel: 1-0076."""
        return f"{self.number}-{address:04x}"

    def device(self, address):
        return self.folder / self.place(address)

    def _write(self, address, register, size, value):
        fcntl.ioctl(self.fd, I2C_SLAVE_FORCE, address)
        data = ctypes.create_string_buffer(value.to_bytes(2, "little"), 34)
        fcntl.ioctl(self.fd, I2C_SMBUS, _Transfer(WRITE, register, size, ctypes.addressof(data)))

    def write_byte(self, address, register, value):
        self._write(address, register, BYTE_DATA, value & 0xff)

    def write_word(self, address, register, value):
        """Low byte first; i2c-stub does not mix words with bytes of the next register."""
        self._write(address, register, WORD_DATA, value & 0xffff)

    def plug(self, address, chip, driver):
        """The chip is there, and its driver takes it."""
        subprocess.run(["modprobe", driver], check=True)
        (self.folder / "new_device").write_text(f"{chip} {address:#x}\n")

    def unplug(self, address):
        (self.folder / "delete_device").write_text(f"{address:#x}\n")


class Lm75:
    """A thermometer with a hwmon driver."""

    def __init__(self, bus, address=0x48):
        self.bus, self.address = bus, address

    def set(self, celsius):
        """In steps of 0.5 °C; the register's high byte comes first."""
        number = round(celsius * 2) << 7 & 0xffff
        self.bus.write_word(self.address, 0, number >> 8 | (number & 0xff) << 8)

    def plug(self):
        self.bus.write_byte(self.address, 1, 0)
        for register, celsius in ((2, 75), (3, 80)):
            self.bus.write_word(self.address, register, celsius)
        self.bus.plug(self.address, "lm75", "lm75")

    def unplug(self):
        self.bus.unplug(self.address)


class Bme280:
    """Temperature, pressure and humidity, with an IIO driver. The calibration is that of the data sheet's example."""

    TEMPERATURE, PRESSURE, HUMIDITY = 0x7eed00, 0x655ac0, 0x69a8
    WORDS = {0x88: 27504, 0x8a: 26435, 0x8c: -1000, 0x8e: 36477, 0x90: -10685, 0x92: 3024, 0x94: 2855, 0x96: 140,
             0x98: -7, 0x9a: 15500, 0x9c: -14600, 0x9e: 6000, 0xe1: 362}
    BYTES = {0xd0: 0x60, 0xf3: 0, 0xe0: 0, 0xa1: 75, 0xe3: 0, 0xe4: 0x14, 0xe5: 0x25, 0xe6: 3, 0xe7: 0x1e}

    def __init__(self, bus, address=0x76):
        self.bus, self.address = bus, address

    def set_temperature(self, raw):
        self._big_endian(0xfa, raw, 3)

    def _big_endian(self, register, number, size):
        for offset, byte in enumerate(number.to_bytes(size, "big")):
            self.bus.write_byte(self.address, register + offset, byte)

    def plug(self):
        for register, byte in self.BYTES.items():
            self.bus.write_byte(self.address, register, byte)
        for register, word in self.WORDS.items():
            self.bus.write_byte(self.address, register, word)
            self.bus.write_byte(self.address, register + 1, word >> 8)
        self._big_endian(0xf7, self.PRESSURE, 3)
        self.set_temperature(self.TEMPERATURE)
        self._big_endian(0xfd, self.HUMIDITY, 2)
        self.bus.plug(self.address, "bme280", "bmp280-i2c")

    def unplug(self):
        self.bus.unplug(self.address)
