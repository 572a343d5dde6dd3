# SPDX-License-Identifier: Apache-2.0
"""An I2C bus in user space, by CUSE: /dev/i2c-N whose I2C_RDWR reaches chips in Python. i2c-stub knows registers only, and the
chips here have commands, delays and CRCs. Needs the kernel's module cuse, and root."""

import errno
import os
import struct
import threading
import time
from pathlib import Path

IN_HEADER, OUT_HEADER = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
CUSE_INIT, OPEN, RELEASE, INTERRUPT, IOCTL = 4096, 14, 18, 36, 39
IOCTL_IN, IOCTL_OUT = struct.Struct("<QIIQII"), struct.Struct("<iIII")
UNRESTRICTED, RETRY = 1, 4
I2C_SLAVE, I2C_RDWR, I2C_M_RD = 0x0703, 0x0707, 1
MESSAGE = struct.Struct("<HHHxxQ")


def crc(data):
    """CRC-8 of Sensirion: polynomial 0x31, first value 0xff."""
    value = 0xFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x31 if value & 0x80 else value << 1) & 0xFF
    return value


class Nack(Exception):
    """The chip does not acknowledge."""


class Lost(Exception):
    """Another master had the bus."""


class Bus:
    """chips: by address, with write(bytes) and read(n)."""

    def __init__(self, number, chips):
        self.number, self.chips = number, chips
        self.path = Path(f"/dev/i2c-{number}")
        self.fd = os.open("/dev/cuse", os.O_RDWR)
        self._init()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        end = time.monotonic() + 10
        while not self.path.exists():
            assert time.monotonic() < end, f"no {self.path}"
            time.sleep(0.01)

    def _receive(self):
        request = os.read(self.fd, 1 << 17)
        _, opcode, unique, *_ = IN_HEADER.unpack_from(request)
        return opcode, unique, request[IN_HEADER.size:]

    def _answer(self, unique, payload=b"", error=0):
        os.write(self.fd, OUT_HEADER.pack(OUT_HEADER.size + len(payload), -error, unique) + payload)

    def _init(self):
        opcode, unique, _ = self._receive()
        assert opcode == CUSE_INIT
        numbers = [7, 31, 0, UNRESTRICTED, 4096, 4096, 0, 0] + [0] * 10
        self._answer(unique, struct.pack("<18I", *numbers) + f"DEVNAME=i2c-{self.number}".encode() + b"\0")

    def _serve(self):
        while True:
            try:
                opcode, unique, payload = self._receive()
                if opcode == OPEN:
                    self._answer(unique, struct.pack("<QII", 1, 0, 0))
                elif opcode == RELEASE:
                    self._answer(unique)
                elif opcode == IOCTL:
                    self._ioctl(unique, payload)
                elif opcode != INTERRUPT:
                    self._answer(unique, error=errno.ENOSYS)
            except OSError as e:
                if e.errno not in (errno.ENOENT, errno.EINTR):
                    return

    def _retry(self, unique, ins, outs=()):
        """The kernel asks again, with this memory of the caller's."""
        vectors = b"".join(struct.pack("<QQ", *one) for one in (*ins, *outs))
        self._answer(unique, IOCTL_OUT.pack(0, RETRY, len(ins), len(outs)) + vectors)

    def _ioctl(self, unique, payload):
        _, _, command, argument, in_size, out_size = IOCTL_IN.unpack_from(payload)
        data = payload[IOCTL_IN.size:]
        if command == I2C_SLAVE:
            self._answer(unique, IOCTL_OUT.pack(0, 0, 0, 0))
            return
        if command != I2C_RDWR:
            self._answer(unique, error=errno.ENOTTY)
            return
        vectors = [(argument, 16)]
        if in_size < 16:
            self._retry(unique, vectors)
            return
        messages, count = struct.unpack_from("<QI", data)
        if count != 1:
            self._answer(unique, error=errno.EOPNOTSUPP)
            return
        vectors.append((messages, MESSAGE.size))
        if in_size < 32:
            self._retry(unique, vectors)
            return
        address, flags, size, buffer = MESSAGE.unpack_from(data, 16)
        if flags & I2C_M_RD and out_size < size:
            self._retry(unique, vectors, [(buffer, size)])
        elif not flags & I2C_M_RD and in_size < 32 + size:
            self._retry(unique, vectors + [(buffer, size)])
        else:
            self._transfer(unique, address, size if flags & I2C_M_RD else 0, data[32:])

    def _transfer(self, unique, address, size, data):
        try:
            chip = self.chips.get(address)
            if not chip or not chip.plugged:
                raise Nack
            answer = chip.read(size) if size else chip.write(data) or b""
        except Nack:
            self._answer(unique, error=errno.EREMOTEIO)
            return
        except Lost:
            self._answer(unique, error=errno.EAGAIN)
            return
        self._answer(unique, IOCTL_OUT.pack(1, 0, 0, 0) + answer)


class Chip:
    """Words with their CRC; a command that is not done yet is not answered."""

    def __init__(self):
        self.plugged, self.wrong_crc, self.lost = True, False, False
        self.answer, self.busy_until = None, 0

    def words(self, *words):
        parts = [struct.pack(">H", word) for word in words]
        return b"".join(part + bytes([crc(part) ^ self.wrong_crc]) for part in parts)

    def later(self, seconds, answer=None):
        self.busy_until, self.answer = time.monotonic() + seconds, answer

    def read(self, size):
        answer, self.answer = self.answer, None
        if answer is None or time.monotonic() < self.busy_until:
            raise Nack
        return answer[:size].ljust(size, b"\xff")

    def write(self, data):
        if self.lost:
            raise Lost
        if time.monotonic() < self.busy_until:
            raise Nack
        self.command(data)

    def command(self, data):
        raise NotImplementedError


class Sht4x(Chip):
    def __init__(self):
        super().__init__()
        self.temperature, self.humidity = 25.0, 50.0

    def command(self, data):
        if data != b"\xfd":
            raise Nack
        self.later(0.0083, self.words(round((self.temperature + 45) * 65535 / 175), round((self.humidity + 6) * 65535 / 125)))


class Scd41(Chip):
    """Measures in less than the real one's five seconds."""

    PERIOD = 1.0

    def __init__(self):
        super().__init__()
        self.co2, self.altitude, self.since = 500, 0, None

    def command(self, data):
        command = data[:2]
        if command == b"\x3f\x86":
            self.since = None
            self.later(0.5)
        elif command == b"\x21\xb1" and self.since is None:
            self.since = time.monotonic()
        elif command == b"\x24\x27" and self.since is None and crc(data[2:4]) == data[4]:
            self.altitude = int.from_bytes(data[2:4], "big")
        elif command == b"\xe4\xb8":
            ready = self.since is not None and time.monotonic() - self.since >= self.PERIOD
            self.later(0.001, self.words(0x8006 if ready else 0x8000))
        elif command == b"\xec\x05" and self.since is not None:
            self.since = time.monotonic()
            self.later(0.001, self.words(self.co2, 0x6667, 0x5EB9))
        else:
            raise Nack
