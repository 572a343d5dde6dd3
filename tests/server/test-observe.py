# SPDX-License-Identifier: Apache-2.0
"""Observations: notifications in order, their end from either side, what a client that moves takes along."""

import unittest

from fixtures import LINKS, Message, ServerCase, coap, wait_until

PATH = "/3303/0/5700"


class Observe(ServerCase):

    def setUp(self):
        self.device = self.client()
        self.name = self.device.endpoint
        self.device.values[PATH] = (coap.TEXT, b"20")

    def observe(self, *options, path=PATH):
        stream = self.server.start_ctl("observe", self.name, path, *options)
        self.addCleanup(stream.interrupt)
        return stream

    def notify(self, number, text, **options):
        self.device.notify(PATH, number, coap.TEXT, text, **options)

    def value(self, answer):
        return answer["kind"], answer["values"][0]["value"]

    def cancelled(self):
        token = self.device.observers[PATH]
        return any(m.get(coap.OBSERVE) == 1 and m.token == token for m in self.device.requests)

    def test_notifications(self):
        stream = self.observe()
        self.assertEqual(self.value(stream.next()), ("values", 20))
        self.notify(2, b"21.5")
        self.assertEqual(self.value(stream.next()), ("notification", 21.5))
        self.notify(3, b"22", type=coap.CON)
        self.assertEqual(self.value(stream.next()), ("notification", 22))
        acknowledged = self.device.expect(lambda r: r.message.type == coap.ACK and not r.message.code)
        self.assertEqual(acknowledged.message.payload, b"")

    def test_old_ones_that_come_late_are_dropped(self):
        stream = self.observe()
        stream.next()
        for number, text in [(0xfffffe, b"0"), (10, b"1"), (9, b"2"), (10, b"3"), (11, b"4")]:
            self.notify(number, text)
        self.assertEqual([self.value(stream.next())[1] for _ in range(2)], [1, 4])

    def test_count(self):
        stream = self.observe("--count", "2")
        for number in range(3):
            stream.next()
            if number < 2:
                self.notify(2 + number, b"21")
        self.assertEqual(stream.wait(), 0)
        wait_until(self.cancelled, "cancellation")

    def test_timeout(self):
        self.assertEqual(self.observe("--timeout", "1").wait(), 0)
        done = self.server.ctl("observe", self.name, PATH, "--timeout", "1", "--count", "5")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Only 0 of 5 notifications within 1 s", done.stderr)

    def test_interrupted_ctl_cancels(self):
        stream = self.observe()
        stream.next()
        stream.interrupt()
        wait_until(self.cancelled, "cancellation")
        wait_until(self.is_reset, "Reset")

    def is_reset(self):
        """A notification that comes before the answer to the cancellation counts as that answer."""
        self.notify(5, b"1", type=coap.CON)
        return self.device.received(lambda r: r.message.type == coap.RST)

    def test_cancel(self):
        stream = self.observe()
        stream.next()
        self.assertEqual(self.server.ctl("cancel", self.name, PATH).stdout, "1 cancelled\n")
        self.assertEqual(stream.wait(), 0)
        wait_until(self.cancelled, "cancellation")
        self.assertEqual(self.server.ctl("cancel", self.name, PATH).returncode, 1)

    def test_refused(self):
        done = self.server.ctl("observe", self.name, "/3303/0/5")
        self.assertEqual((done.returncode, done.stderr),
                         (1, f"lwm2m-server: 4.04 Not Found: {self.name} has no /3303/0/5\n"))
        self.device.values[PATH] = lambda message: Message(code=coap.code("2.05"), payload=b"20")
        done = self.server.ctl("observe", self.name, PATH)
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not let it be observed", done.stderr)

    def test_client_ends_it(self):
        stream = self.observe()
        stream.next()
        end = Message(coap.NON, coap.code("4.04"), self.device.next_mid(), self.device.observers[PATH])
        self.device.send_bytes(end.encode(), self.server.address)
        self.assertEqual(stream.next()["code"], "4.04")
        self.assertEqual(stream.wait(), 1)

    def test_deregistration_ends_it(self):
        stream = self.observe()
        stream.next()
        self.device.deregister()
        self.assertIn("the observation is over", stream.next()["error"])
        self.assertEqual(stream.wait(), 1)

    def test_goes_with_the_client_to_a_new_address(self):
        stream = self.observe()
        stream.next()
        moved = self.client("elsewhere", register=False)
        moved.observers = self.device.observers
        self.notify = lambda *arguments: moved.notify(PATH, arguments[0], coap.TEXT, arguments[1])
        self.notify(2, b"21", )  # a stranger's address: whoever that is, it gets a Reset
        moved.expect(lambda r: r.message.type == coap.RST, what="Reset")
        moved.location = self.device.location
        moved.update()
        self.notify(3, b"22")
        self.assertEqual(self.value(stream.next()), ("notification", 22))

    def test_large_values(self):
        body = b'[{"bn":"/3303/","n":"0/5700","v":20},{"n":"0/5750","vs":"' + b"x" * 3000 + b'"}]'
        self.device.values["/3303"] = (coap.SENML_JSON, body)
        stream = self.observe(path="/3303")
        self.assertEqual(len(stream.next()["values"][1]["value"]), 3000)
        body = body.replace(b"20", b"21")
        self.device.values["/3303"] = (coap.SENML_JSON, body)
        first = Message(coap.NON, coap.code("2.05"), self.device.next_mid(), self.device.observers["/3303"],
                        payload=body[:1024])
        first.add(coap.OBSERVE, 2).add(coap.CONTENT_FORMAT, coap.SENML_JSON)
        first.add(coap.ETAG, bytes([len(body) & 0xff])).add(coap.BLOCK2, coap.Block(0, True))
        self.device.send_bytes(first.encode(), self.server.address)
        answer = stream.next()
        self.assertEqual(self.value(answer), ("notification", 21))
        self.assertEqual(len(answer["values"][1]["value"]), 3000)

    def test_lines_for_people(self):
        done = self.server.ctl("observe", self.name, PATH, "--timeout", "1")
        self.assertEqual(done.stdout, f"{PATH}  Sensor Value  20\n")

    def test_registration_keeps_working(self):
        self.observe().next()
        self.assertEqual(self.device.register(links=LINKS).status, "2.01")
        self.assertEqual(self.value(self.observe().next()), ("values", 20))


if __name__ == "__main__":
    unittest.main(verbosity=2)
