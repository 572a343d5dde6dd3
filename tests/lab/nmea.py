# SPDX-License-Identifier: Apache-2.0
"""A GPS receiver on a pty that speaks NMEA 0183: Receiver(position) sends twice a second until it is closed.

position is (latitude, longitude, altitude) or None, for a receiver that sees no satellites; it may be set at any time.
"""

import datetime
import os
import threading
import tty

PERIOD_S = 0.5


def _angle(value, width, positive, negative):
    degrees, minutes = divmod(abs(value) * 60, 60)
    return f"{int(degrees):0{width}d}{minutes:08.5f},{positive if value >= 0 else negative}"


def sentence(body):
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()


def report(position, now):
    """GGA, GSA and RMC of one moment."""
    time, date = f"{now:%H%M%S}.00", f"{now:%d%m%y}"
    if position is None:
        return [sentence(f"GPGGA,{time},,,,,0,00,,,M,,M,,"), sentence("GPGSA,A,1,,,,,,,,,,,,,,,"),
                sentence(f"GPRMC,{time},V,,,,,,,{date},,,N")]
    latitude, longitude, altitude = position
    place = f"{_angle(latitude, 2, 'N', 'S')},{_angle(longitude, 3, 'E', 'W')}"
    return [sentence(f"GPGGA,{time},{place},1,08,0.9,{altitude:.1f},M,34.0,M,,"),
            sentence("GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.6,0.9,1.3"),
            sentence(f"GPRMC,{time},A,{place},19.44,090.0,{date},,,A")]


class Receiver:
    """path is the pty's name. 19.44 knots to the east: 10 m/s."""

    def __init__(self, position=None):
        self.position = position
        self._end = threading.Event()
        self._fd, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._fd, False)
        self.path = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self):
        while not self._end.wait(PERIOD_S):
            try:
                os.write(self._fd, b"".join(report(self.position, datetime.datetime.now(datetime.timezone.utc))))
            except BlockingIOError:
                pass  # nobody reads

    def close(self):
        self._end.set()
        self._thread.join()
        os.close(self._fd)
        os.close(self._slave)
