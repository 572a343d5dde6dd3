# SPDX-License-Identifier: Apache-2.0
"""A UDP relay between one client and a server: a NAT that can change its address, a line that loses datagrams.

    with Relay(server.port, lose_up=[1, 3]) as line:      # the first and third datagram of the client are lost
        start_client(f"coap://127.0.0.1:{line.port}")
        line.rebind()                                     # from now on the client comes from another port
"""

import selectors
import socket
import threading
import time


def _socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(("127.0.0.1", 0))
    return s


class Relay:
    """lose_up, lose_down: numbers, from 1, of the datagrams from and to the client that do not pass; or a function
    (number, data) → bool. up, down: how many there were, lost ones included. cut: True loses everything."""

    def __init__(self, server_port, lose_up=(), lose_down=()):
        self.server = ("127.0.0.1", server_port)
        self.lose_up, self.lose_down = lose_up, lose_down
        self.up = self.down = self.lost = 0
        self.cut = False
        self._client = None
        self._news = threading.Condition()
        self._inside, self._outside = _socket(), _socket()
        self._waker, self._wakes = socket.socketpair()
        self.port = self._inside.getsockname()[1]
        self._next = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closing = True
        self._wakes.send(b"x")
        self._thread.join()
        for s in (self._inside, self._outside, self._waker, self._wakes):
            s.close()

    @property
    def outer_port(self):
        """The port the server sees."""
        return self._outside.getsockname()[1]

    def rebind(self):
        """The client appears from another port; what goes to the old one is lost. Returns (old, new)."""
        old = self.outer_port
        with self._news:
            self._next = _socket()
            self._wakes.send(b"x")
            self._news.wait_for(lambda: self._next is None)
        return old, self.outer_port

    def wait(self, condition, timeout=30):
        """Until condition(relay) holds: asked again at each datagram. False when it never did."""
        with self._news:
            return self._news.wait_for(lambda: condition(self), timeout)

    def wait_quiet(self, seconds, timeout=60):
        """Until no datagram passed for so long. False when it never was so quiet."""
        end = time.monotonic() + timeout
        with self._news:
            while time.monotonic() < end:
                if not self._news.wait(seconds):
                    return True
        return False

    def _run(self):
        with selectors.DefaultSelector() as selector:
            for s in (self._inside, self._outside, self._waker):
                selector.register(s, selectors.EVENT_READ)
            while not self._closing:
                for key, _ in selector.select():
                    if key.fileobj is self._waker:
                        self._waker.recv(64)
                    elif key.fileobj is self._inside:
                        self._pass_up()
                    elif key.fileobj is self._outside:
                        self._pass_down()
                with self._news:
                    if self._next:
                        selector.unregister(self._outside)
                        self._outside.close()
                        self._outside, self._next = self._next, None
                        selector.register(self._outside, selectors.EVENT_READ)
                    self._news.notify_all()

    def _pass_up(self):
        data, self._client = self._inside.recvfrom(65536)
        self.up += 1
        if not self._is_lost(self.lose_up, self.up, data):
            self._send(self._outside, data, self.server)

    def _pass_down(self):
        try:
            data = self._outside.recv(65536)
        except ConnectionError:
            return  # nobody listens at the server's port just now
        self.down += 1
        if self._client and not self._is_lost(self.lose_down, self.down, data):
            self._send(self._inside, data, self._client)

    def _is_lost(self, which, number, data):
        lost = self.cut or (which(number, data) if callable(which) else number in which)
        self.lost += lost
        return lost

    @staticmethod
    def _send(s, data, address):
        try:
            s.sendto(data, address)
        except ConnectionError:
            pass  # as a line does
