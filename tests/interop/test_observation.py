# SPDX-License-Identifier: Apache-2.0
"""Observe: changes are told, pmin and pmax are kept, and what was cancelled stays silent. Raw peer."""

import json
import signal

import case
import coap
from case import OBJECT, AgentCase, RawCase
from coap import CBOR, GET, LINKS, POST, PUT, SENML_CBOR, SENML_JSON, TEXT, TLV
from peer import RawServer

# Of the server's account: its Disable Timeout, which says something only when the account is disabled.
SUBJECT = "/1/0/5"

EARLY_S = 0.02  # what the clocks of two processes may differ in
LATE_S = 2.0    # a busy machine is no fault


class ObservationCase(RawCase):
    PLUGINS = []

    def setUp(self):
        super().setUp()
        self.value = 1000
        self.change()

    def change(self):
        """Writes another value, returns it."""
        self.value += 1
        self.assert_code(self.write(SUBJECT, str(self.value).encode()), "2.04")
        return str(self.value).encode()

    def attributes(self, path=SUBJECT, **attributes):
        """Sets them for the time of the test."""
        query = [f"{name}={value}" for name, value in attributes.items()]
        self.assert_code(self.request(PUT, path, query=query), "2.04")
        self.addCleanup(self.request, PUT, path, query=list(attributes))

    def observe(self, path=SUBJECT, accept=TEXT):
        """Returns the token; the observation ends with the test."""
        self.since = self.server.mark()
        response = self.server.observe(self.client, path, accept)
        self.assert_code(response, "2.05")
        self.assertIsNotNone(response.get(coap.OBSERVE), response)
        self.addCleanup(self.cancel, response.token, path)
        return response.token

    def cancel(self, token, path=SUBJECT):
        message = coap.request(GET, path, observe=1)
        message.token = token
        answer = self.server.ask(message, self.client.address)
        self.assert_code(answer, "2.05")
        self.assertIsNone(answer.get(coap.OBSERVE))

    def told(self, token):
        """All notifications so far, the response to the Observe first."""
        return self.server.received(lambda r: r.message.is_response and r.message.token == token
                                    and r.message.get(coap.OBSERVE) is not None, since=self.since)

    def wait_told(self, token, count, timeout=10):
        """The count-th notification, the response not counted."""
        self.server.expect(lambda r: len(self.told(token)) > count, timeout, self.since, f"notification {count}")
        return self.told(token)[count]

    def wait_barrier(self):
        """When another observation was told of a change, all others were or are not going to be."""
        token = self.observe_other()
        self.change()
        self.server.wait_notification(token, since=self.other_since)

    def observe_other(self):
        self.other_since = self.server.mark()
        response = self.server.observe(self.client, SUBJECT, TEXT)
        self.addCleanup(self.cancel, response.token)
        self.other_since = self.server.mark()
        return response.token


class TestChanges(ObservationCase):
    def test_told(self):
        token = self.observe()
        for count in range(1, 6):
            value = self.change()
            self.assertEqual(self.wait_told(token, count).message.payload, value)
        numbers = [r.message.get(coap.OBSERVE) for r in self.told(token)]
        self.assertEqual(numbers, sorted(set(numbers)), "each one is newer than the one before")

    def test_formats(self):
        for format, path in ((TEXT, SUBJECT), (CBOR, SUBJECT), (TLV, "/1/0"), (SENML_JSON, "/1/0"), (SENML_CBOR, "/1")):
            with self.subTest(format=format):
                token = self.observe(path, format)
                self.change()
                message = self.wait_told(token, 1).message
                self.assertEqual((message.status, message.get(coap.CONTENT_FORMAT)), ("2.05", format))
                self.assertEqual(message.payload, self.read(path, format).payload)

    def test_several(self):
        tokens = [self.observe() for _ in range(50)]
        since = self.server.mark()
        value = self.change()
        for token in tokens:
            self.assertEqual(self.server.wait_notification(token, since=since).message.payload, value)

    def test_same_token(self):
        """Observing again with a token replaces the observation."""
        token = self.observe()
        message = coap.request(GET, SUBJECT, observe=0, accept=TEXT)
        message.token = token
        since = self.server.mark()
        self.assert_code(self.server.ask(message, self.client.address), "2.05")
        value = self.change()

        def tells(r):
            return r.message.token == token and r.message.payload == value
        self.server.expect(tells, since=since, what="notification")
        self.wait_barrier()
        self.assertEqual(len(self.server.received(tells, since=since)), 1)

    def test_cancelled(self):
        token = self.observe()
        self.cancel(token)
        self.wait_barrier()
        self.assertEqual(len(self.told(token)), 1)

    def test_reset(self):
        token = self.observe()
        self.server.reset_tokens.add(token)
        self.change()
        self.wait_told(token, 1)
        self.wait_barrier()
        self.wait_barrier()
        self.assertEqual(len(self.told(token)), 2)

    def test_cannot_be_observed(self):
        for path, code in (("/9999", "4.04"), ("/1/0/8", "4.05"), ("/0/0", "4.01"), ("/", "4.05"), ("/1/0/99", "4.04")):
            answer = self.server.observe(self.client, path)
            self.assert_code(answer, code)
            self.assertIsNone(answer.get(coap.OBSERVE))

    def test_update_keeps(self):
        token = self.observe()
        since = self.server.mark()
        self.assert_code(self.request(POST, "/1/0/8"), "2.04")
        self.server.wait_update(since=since)
        value = self.change()
        self.assertEqual(self.wait_told(token, 1).message.payload, value)

    def test_register_ends(self):
        """Observations belong to the registration they were made under."""
        token = self.observe()
        self.server.forget_clients()
        since = self.server.mark()
        self.assert_code(self.request(POST, "/1/0/8"), "2.04")
        type(self).client = self.server.wait_register(self.agent.endpoint, since=since)
        self.agent.wait_log("main: registered with", count=2)
        self.wait_barrier()
        self.assertEqual(len(self.told(token)), 1)


class TestPeriods(ObservationCase):
    def intervals(self, token, count):
        """Seconds between the first notifications, the response counting as one of them."""
        self.wait_told(token, count, timeout=10 * count)
        times = [r.time for r in self.told(token)][:count + 1]
        return [after - before for before, after in zip(times, times[1:])]

    def check_intervals(self, token, count, pmin, pmax):
        for interval in self.intervals(token, count):
            self.assertGreaterEqual(interval, pmin - EARLY_S)
            self.assertLessEqual(interval, pmax + LATE_S)

    def test_pmin(self):
        """Changes within pmin are told at its end: one notification, with what is true then."""
        self.attributes(pmin=1)
        token = self.observe()
        for count in range(1, 4):
            self.change()
            value = self.change()
            self.assertEqual(self.wait_told(token, count).message.payload, value)
        self.check_intervals(token, 3, 1, 1)

    def test_pmax(self):
        """Nothing has changed, but the server wants to hear from us."""
        self.attributes(pmax=1)
        token = self.observe()
        self.check_intervals(token, 3, 1, 1)
        self.assertEqual({r.message.payload for r in self.told(token)}, {str(self.value).encode()})

    def test_pmax_counts_from_the_last(self):
        self.attributes(pmax=2)
        token = self.observe()
        self.wait_told(token, 1)
        self.change()
        self.wait_told(token, 2)
        self.wait_told(token, 3)
        times = [r.time for r in self.told(token)]
        self.assertGreaterEqual(times[3] - times[2], 2 - EARLY_S)

    def test_of_instance_and_object(self):
        """They hold for all below, unless something nearer says otherwise."""
        self.attributes("/1", pmin=0, pmax=1)
        self.attributes("/1/0", pmin=1)
        token = self.observe()
        self.change()
        self.check_intervals(token, 2, 1, 1)

    def test_change_while_observed(self):
        token = self.observe()
        self.attributes(pmax=1)
        self.wait_told(token, 2)

    def test_discover(self):
        self.attributes("/1/0", pmin=5)
        self.attributes(pmin=3, pmax=60)
        links = self.read("/1/0", LINKS).payload.decode().split(",")
        self.assertIn("</1/0>;pmin=5", links)
        self.assertIn(f"<{SUBJECT}>;pmin=3;pmax=60", links)
        self.assert_code(self.request(PUT, SUBJECT, query="pmin"), "2.04")
        self.assertIn(f"<{SUBJECT}>;pmax=60", self.read("/1/0", LINKS).payload.decode().split(","))


class TestAccountDefaults(case.AgentCase):
    def test_periods(self):
        """1/x/2 and 1/x/3 hold where no attribute does."""
        with RawServer() as server:
            agent = self.start_agent({"uri": server.uri, "lifetime": 300, "pmin": 1, "pmax": 2})
            client = server.wait_register(agent.endpoint)
            agent.wait_log("registered with")
            token = server.observe(client, SUBJECT).token
            times = []
            for _ in range(3):
                since = server.mark()
                times.append(server.wait_notification(token, since=since).time)
            for before, after in zip(times, times[1:]):
                self.assertGreaterEqual(after - before, 2 - EARLY_S)
            since = server.mark()
            self.assert_code(server.write(client, SUBJECT, b"7"), "2.04")
            after = server.wait_notification(token, since=since).time
            self.assertGreaterEqual(after - times[-1], 1 - EARLY_S)


class TestGone(AgentCase):
    """What an observation is of goes: the server is told so once, and the observation has ended (RFC 7641, 3.2)."""

    def setUp(self):
        self.need_plugins("test-object")
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, ["test-object"])
        self.client = self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log("main: registered with")

    def observe(self, path):
        answer = self.server.observe(self.client, path, TEXT)
        self.assert_code(answer, "2.05")
        return answer.token

    def expect_end(self, token, since):
        told = self.server.expect(lambda r: r.message.token == token, since=since, what="end of the observation").message
        self.assert_code(told, "4.04")
        self.assertIsNone(told.get(coap.OBSERVE), told)

    def expect_silence(self, *tokens):
        """Nothing of these before another observation is told of its change."""
        since = self.server.mark()
        other = self.observe(SUBJECT)
        self.assert_code(self.server.write(self.client, SUBJECT, b"4711"), "2.04")
        self.server.wait_notification(other, since=since)
        self.assertEqual(self.server.received(lambda r: r.message.token in tokens, since=since), [])

    def create(self):
        self.assert_code(self.server.write(self.client, f"/{OBJECT}", json.dumps(
            [{"bn": f"/{OBJECT}/7/", "n": "120", "v": 1}]).encode(), SENML_JSON, POST), "2.01")

    def test_instance(self):
        self.create()
        stays, goes = self.observe(f"/{OBJECT}/0/120"), self.observe(f"/{OBJECT}/7/120")
        since = self.server.mark()
        self.assert_code(self.server.request(self.client, coap.DELETE, f"/{OBJECT}/7"), "2.02")
        self.expect_end(goes, since)
        # The same path is another resource now.
        self.create()
        self.assert_code(self.server.write(self.client, f"/{OBJECT}/7/120", b"2"), "2.04")
        self.expect_silence(goes)
        since = self.server.mark()
        self.assert_code(self.server.write(self.client, f"/{OBJECT}/0/120", b"3"), "2.04")
        self.server.wait_notification(stays, since=since)

    def test_object(self):
        tokens = [self.observe(f"/{OBJECT}/0/{rid}") for rid in (110, 120)]
        since = self.server.mark()
        (self.agent.folder / "plugins.d" / "test-object.conf").unlink()
        self.agent.signal(signal.SIGHUP)
        for token in tokens:
            self.expect_end(token, since)
        update = self.server.expect(lambda r: r.message.path == self.client.location and r.message.payload, since=since)
        self.assertNotIn(f"</{OBJECT}", update.message.payload.decode())
        self.expect_silence(*tokens)


class TestQuota(RawCase):
    PLUGINS = []

    def test_observations(self):
        """A server cannot make the agent remember more than so much; what it had goes on."""
        first = self.server.observe(self.client, SUBJECT).token
        refused = None
        for count in range(1100):
            refused = self.server.observe(self.client, SUBJECT)
            if refused.status != "2.05" or refused.get(coap.OBSERVE) is None:
                break
        self.assert_code(refused, "5.03")
        self.agent.wait_log("main asked for more than it may have: /1/0/5")
        self.assertEqual(self.agent.count_log("asked for more than it may have"), 1)
        since = self.server.mark()
        self.assert_code(self.write(SUBJECT, b"77"), "2.04")
        self.server.wait_notification(first, since=since)


if __name__ == "__main__":
    case.main()
