# SPDX-License-Identifier: Apache-2.0
"""CoAP messages (RFC 7252, 7641, 7959) as plain data: options, encoding, decoding.

A Message encodes whatever it is given, also what no peer should send: options are (number, bytes) pairs in any
order the test wants, and header fields are not checked. Peers that send and receive them are in peer.py.
"""

from dataclasses import dataclass, field

CON, NON, ACK, RST = range(4)
TYPE_NAMES = ("CON", "NON", "ACK", "RST")

GET, POST, PUT, DELETE, FETCH, PATCH, IPATCH = range(1, 8)

IF_MATCH, URI_HOST, ETAG, OBSERVE, URI_PORT = 1, 3, 4, 6, 7
LOCATION_PATH, URI_PATH, CONTENT_FORMAT, URI_QUERY, ACCEPT = 8, 11, 12, 15, 17
BLOCK2, BLOCK1, SIZE2, PROXY_URI, SIZE1 = 23, 27, 28, 35, 60

TEXT, LINKS, OPAQUE, CBOR = 0, 40, 42, 60
SENML_JSON, SENML_CBOR, TLV, LWM2M_JSON, LWM2M_CBOR = 110, 112, 11542, 11543, 11544


class FormatError(ValueError):
    """The datagram is not a CoAP message."""


def code(text):
    """The number of a code in the way people write it: code("2.05") == 69."""
    group, detail = text.split(".")
    return int(group) << 5 | int(detail)


def code_name(number):
    return f"{number >> 5}.{number & 31:02}"


def uint(value):
    """An option value: big endian, without leading zeros, empty for 0."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def number(value):
    return int.from_bytes(value, "big")


@dataclass
class Block:
    """The value of a Block1 or Block2 option."""
    num: int
    more: bool
    szx: int = 6

    @property
    def size(self):
        return 16 << self.szx

    def encode(self):
        return uint(self.num << 4 | self.more << 3 | self.szx)

    @classmethod
    def decode(cls, value):
        bits = number(value)
        return cls(bits >> 4, bool(bits & 8), bits & 7)


@dataclass
class Message:
    type: int = CON
    code: int = 0
    mid: int = 0
    token: bytes = b""
    options: list = field(default_factory=list)
    payload: bytes = b""

    # -- options

    def get_all(self, option):
        return [value for number_, value in self.options if number_ == option]

    def get(self, option):
        """The value of an option as a number, None where the message has none."""
        values = self.get_all(option)
        return number(values[0]) if values else None

    def block(self, option):
        values = self.get_all(option)
        return Block.decode(values[0]) if values else None

    def add(self, option, value):
        """Value: a number, text, bytes or a Block. Returns the message."""
        if isinstance(value, Block):
            value = value.encode()
        elif isinstance(value, int):
            value = uint(value)
        elif isinstance(value, str):
            value = value.encode()
        self.options.append((option, value))
        return self

    @property
    def path(self):
        return "/" + "/".join(v.decode("utf-8", "replace") for v in self.get_all(URI_PATH))

    @property
    def location(self):
        return "/" + "/".join(v.decode() for v in self.get_all(LOCATION_PATH))

    @property
    def query(self):
        """The Uri-Query options as a dict; a name without value has None."""
        items = (v.decode().partition("=") for v in self.get_all(URI_QUERY))
        return {name: value if equals else None for name, equals, value in items}

    # -- what kind of message

    @property
    def is_request(self):
        return 0 < self.code < 32

    @property
    def is_response(self):
        return self.code >= 64

    @property
    def status(self):
        return code_name(self.code)

    def __str__(self):
        options = " ".join(f"{n}:{v.hex()}" for n, v in self.options)
        return f"{TYPE_NAMES[self.type]} {self.status} mid={self.mid} token={self.token.hex()} [{options}]" \
               f" {len(self.payload)} B"

    # -- the wire

    def encode(self):
        out = bytearray([1 << 6 | self.type << 4 | len(self.token), self.code])
        out += self.mid.to_bytes(2, "big") + self.token
        last = 0
        for option, value in sorted(self.options, key=lambda o: o[0]):
            delta, delta_more = _nibble(option - last)
            length, length_more = _nibble(len(value))
            out += bytes([delta << 4 | length]) + delta_more + length_more + value
            last = option
        if self.payload:
            out += b"\xff" + self.payload
        return bytes(out)

    @classmethod
    def decode(cls, data):
        if len(data) < 4 or data[0] >> 6 != 1:
            raise FormatError("no CoAP header")
        token_length = data[0] & 15
        if token_length > 8 or len(data) < 4 + token_length:
            raise FormatError("token length")
        message = cls(data[0] >> 4 & 3, data[1], number(data[2:4]), data[4:4 + token_length])
        at, last = 4 + token_length, 0
        while at < len(data):
            head = data[at]
            at += 1
            if head == 0xff:
                if at == len(data):
                    raise FormatError("payload marker without payload")
                message.payload = data[at:]
                break
            delta, at = _extended(data, at, head >> 4)
            length, at = _extended(data, at, head & 15)
            if at + length > len(data):
                raise FormatError("option reaches past the end")
            last += delta
            message.options.append((last, data[at:at + length]))
            at += length
        return message


def _nibble(value):
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


def _extended(data, at, nibble):
    if nibble < 13:
        return nibble, at
    if nibble == 15:
        raise FormatError("reserved option length")
    width, base = (1, 13) if nibble == 13 else (2, 269)
    if at + width > len(data):
        raise FormatError("option reaches past the end")
    return base + number(data[at:at + width]), at + width


def request(method, path="/", query=(), accept=None, format=None, payload=b"", observe=None):
    """A request with the usual options; the peer that sends it gives it a message id and a token."""
    message = Message(CON, method, payload=payload)
    if observe is not None:
        message.add(OBSERVE, observe)
    for segment in path.split("/")[1:]:
        if segment:
            message.add(URI_PATH, segment)
    if format is not None:
        message.add(CONTENT_FORMAT, format)
    for item in [query] if isinstance(query, str) else query:
        message.add(URI_QUERY, item)
    if accept is not None:
        message.add(ACCEPT, accept)
    return message
