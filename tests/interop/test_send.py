# SPDX-License-Identifier: Apache-2.0
"""Send: values that go to a server because somebody on this machine wants that (org.lwm2m.Agent1.Send). A raw peer for what
is on the wire, Leshan for what a server makes of it."""

import tempfile
import time

import case
import coap
from case import OBJECT, LeshanCase
from coap import CON, POST, SENML_CBOR
from message_bus import MessageBus, Refused, Unavailable
from peer import RawServer
from test_dbus import BusCase

INTEGER, OPAQUE = f"/{OBJECT}/0/120", f"/{OBJECT}/0/150"


class SendServer(RawServer):
    """send_code: what a Send is answered with; body: of the last one, put together."""

    def __init__(self):
        self.send_code, self.body = "2.04", b""
        super().__init__()

    def on_request(self, message, address):
        if message.path != "/dp":
            return super().on_request(message, address)
        block = message.block(coap.BLOCK1)
        self.body = message.payload if not block or block.num == 0 else self.body + message.payload
        response = coap.Message(code=coap.code("2.31" if block and block.more else self.send_code))
        return response.add(coap.BLOCK1, block) if block else response


class TestOnTheWire(BusCase):
    def setUp(self):
        super().setUp()
        self.server = SendServer()
        self.addCleanup(self.server.close)

    def start(self, **keys):
        return super().start({"uri": self.server.uri, "security": "nosec", "lifetime": 300, **keys})

    def send(self, *paths):
        self.caller.call("Send", "(qas)", 101, list(paths))

    def mute(self, value):
        """The server writes its 1/x/23."""
        self.assert_code(self.server.write(self.client, "/1/0/23", value), "2.04")

    def sent(self, since=0):
        return [r.message for r in self.server.received(lambda r: r.message.path == "/dp", since)]

    def test_rule_9_muted(self):
        """Until the server says false, and again once it says true, or leaves it out of a Replace."""
        self.start()
        self.assert_refused("NotAllowed", self.send, INTEGER)
        self.mute(b"0")
        self.send(INTEGER)
        self.mute(b"1")
        self.assert_refused("NotAllowed", self.send, INTEGER)
        self.mute(b"0")
        self.send(INTEGER)
        # Lifetime, storing and binding, which are mandatory, and nothing else.
        whole = bytes.fromhex("c1013c" "c10601" "c10755")
        self.assert_code(self.server.write(self.client, "/1/0", whole, coap.TLV), "2.04")
        self.assert_refused("NotAllowed", self.send, INTEGER)
        self.assertEqual(len(self.sent()), 2)

    def test_message(self):
        self.start()
        self.mute(b"0")
        self.send(INTEGER, "/3/0/16")
        message, = self.sent()
        self.assertEqual((message.type, message.code, message.path), (CON, POST, "/dp"))
        self.assertEqual((message.get(coap.CONTENT_FORMAT), message.query), (SENML_CBOR, {}))
        self.assertIn(INTEGER[1:].encode(), self.server.body)
        self.assertIn(b"3/0/16", self.server.body)

    def test_large(self):
        """Block by block, as a Register is."""
        self.start()
        self.mute(b"0")
        value = bytes(range(256)) * 20
        self.assert_code(self.server.put_blocks(coap.request(
            coap.PUT, OPAQUE, format=coap.OPAQUE, payload=value), self.client.address), "2.04")
        self.send(OPAQUE)
        self.assertIn(value, self.server.body)
        numbers = [message.block(coap.BLOCK1).num for message in self.sent()]
        self.assertEqual(numbers, list(range(len(numbers))))

    def test_refused(self):
        """Who asked for it hears of it; nothing is sent again."""
        self.start()
        self.mute(b"0")
        for code in ("4.00", "4.04", "4.13", "5.03", "2.05"):
            since = self.server.mark()
            self.server.send_code = code
            self.assertIn(code, self.assert_refused("Failed", self.send, INTEGER))
            self.assertEqual(len(self.sent(since)), 1)
        self.server.send_code = "2.04"
        self.send(INTEGER)

    def test_not_of_1_0(self):
        self.start(version="1.0")
        self.mute(b"0")
        self.assert_refused("NotSupported", self.send, INTEGER)
        self.assertEqual(self.sent(), [])


class TestLeshan(LeshanCase):
    PLUGINS = ["test-object"]

    def test_content(self):
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-bus-")
        self.addCleanup(folder.cleanup)
        try:
            bus = MessageBus(folder.name)
        except Unavailable as e:
            self.skipTest(str(e))
        self.addCleanup(bus.stop)
        caller = bus.connect()
        self.addCleanup(caller.close)
        agent, client = self.register(arguments=["--bus", bus.address])
        caller.wait(caller.has_name, what="the agent on the bus")
        ask = lambda *paths: caller.call("Send", "(qas)", 0, list(paths))
        with self.assertRaises(Refused):
            ask(INTEGER)
        self.ok(self.server.write(agent.endpoint, "/1/0/23", False), "2.04")
        self.ok(self.server.write(agent.endpoint, INTEGER, 4711), "2.04")
        ask(INTEGER, f"/{OBJECT}/0/110", "/9999/0/1")
        event = self.server.wait_event("send", ep=agent.endpoint)
        self.assertEqual(event.content, {INTEGER: 4711, f"/{OBJECT}/0/110": "initial value"})
        self.assertEqual(event.format, SENML_CBOR)
        ask(f"/{OBJECT}/0")
        event = self.server.wait_event("send", ep=agent.endpoint, where=lambda e: len(e.content) > 2)
        self.assertEqual(event.content[INTEGER], 4711)
        self.assertEqual(self.server.events("send-error", ep=agent.endpoint), [])


if __name__ == "__main__":
    case.main()
