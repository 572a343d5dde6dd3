# SPDX-License-Identifier: Apache-2.0
"""Object 1, the account: its versions, and what its resources do. Raw peer."""

import time

import case
import coap
from case import AgentCase, RawCase
from coap import CON, LINKS, NON, POST, TEXT
from peer import RawServer

EARLY_S = 0.02  # what the clocks of two processes may differ in
LATE_S = 2.0    # a busy machine is no fault


class TestVersion(AgentCase):
    """The object is of the version that the LwM2M in use defines, and has no resource of a later one."""

    def start(self, **keys):
        self.server = RawServer()
        self.addCleanup(self.server.close)
        agent = self.start_agent({"uri": self.server.uri, **keys})
        client = self.server.wait_register(agent.endpoint)
        agent.wait_log("main: registered with")
        return client

    def test_versions(self):
        for version, own, mode, delay in (("1.0", "1.1", "4.04", "4.05"), ("1.1", "1.1", "4.04", "4.05"),
                                          ("1.2", "1.2", "2.05", "2.05")):
            with self.subTest(version):
                client = self.start(version=version)
                self.assertIn(f"</1>;ver={own}", client.links)
                links = self.server.read(client, "/1", accept=LINKS).payload.decode().split(",")
                self.assertEqual(links[0], f"</1>;ver={own}")
                self.assertEqual("</1/0/26>" in links, mode == "2.05")
                self.assert_code(self.server.read(client, "/1/0/26"), mode)
                self.assert_code(self.server.read(client, "/1/0/14"), delay)

    def test_binding(self):
        """1/x/7 with queue mode: of LwM2M 1.0 only."""
        for version, binding in (("1.0", b"UQ"), ("1.1", b"U")):
            client = self.start(version=version, queue="yes", awake_time=60)
            self.assertEqual(self.server.read(client, "/1/0/7", accept=TEXT).payload, binding)


class TestResources(RawCase):
    PLUGINS = []
    KEYS = {"version": "1.2"}

    def test_trigger(self):
        """1/x/21: nobody reaches this client by SMS."""
        self.assertEqual(self.read("/1/0/21", TEXT).payload, b"0")
        self.assert_code(self.write("/1/0/21", b"1"), "4.00")
        self.assert_code(self.write("/1/0/21", b"0"), "2.04")
        self.assertEqual(self.read("/1/0/21", TEXT).payload, b"0")

    def test_preferred_transport(self):
        """1/x/22: one binding, and one that there is."""
        self.assert_code(self.read("/1/0/22"), "4.04")
        for wrong in (b"T", b"S", b"UT", b""):
            self.assert_code(self.write("/1/0/22", wrong), "4.00")
        self.assert_code(self.read("/1/0/22"), "4.04")
        self.assert_code(self.write("/1/0/22", b"U"), "2.04")
        self.assertEqual(self.read("/1/0/22", TEXT).payload, b"U")

    def test_mute_send(self):
        """1/x/23 is true as long as no server says otherwise."""
        self.assertEqual(self.read("/1/0/23", TEXT).payload, b"1")
        self.assert_code(self.write("/1/0/23", b"0"), "2.04")
        self.assertEqual(self.read("/1/0/23", TEXT).payload, b"0")
        self.assert_code(self.write("/1/0/23", b"1"), "2.04")

    def notification_type(self, value):
        """What a change of 1/x/5 is told in."""
        token = self.server.observe(self.client, "/1/0/5", TEXT).token
        cancel = coap.request(coap.GET, "/1/0/5", observe=1)
        cancel.token = token
        self.addCleanup(self.server.ask, cancel, self.client.address)
        since = self.server.mark()
        self.assert_code(self.write("/1/0/5", value), "2.04")
        return self.server.wait_notification(token, since=since).message.type

    def test_notification_mode(self):
        """1/x/26 says how notifications go; the attribute con knows better, per path."""
        self.addCleanup(self.write, "/1/0/26", b"0")
        self.assertEqual(self.notification_type(b"100"), NON)
        self.assert_code(self.write("/1/0/26", b"2"), "4.00")
        self.assert_code(self.write("/1/0/26", b"1"), "2.04")
        self.assertEqual(self.notification_type(b"101"), CON)
        self.assert_code(self.request(coap.PUT, "/1/0/5", query=["con=0"]), "2.04")
        self.addCleanup(self.request, coap.PUT, "/1/0/5", query=["con"])
        self.assertEqual(self.notification_type(b"102"), NON)

    def test_attributes_of_the_object(self):
        """Written to the object they hold below it, where nothing nearer is; a name without value takes them back."""
        self.assert_code(self.request(coap.PUT, "/1", query=["pmin=1", "con=1"]), "2.04")
        links = self.read("/1", LINKS).payload.decode().split(",")
        self.assertEqual(links[0], "</1>;ver=1.2;pmin=1;con=1")
        self.assertIn("pmin=1", self.read("/1/0/5", LINKS).payload.decode())
        self.assertEqual(self.notification_type(b"110"), CON)
        self.assert_code(self.request(coap.PUT, "/1/0/5", query=["con=0"]), "2.04")
        self.assertEqual(self.notification_type(b"111"), NON)
        self.assert_code(self.request(coap.PUT, "/1/0/5", query=["con"]), "2.04")
        self.assert_code(self.request(coap.PUT, "/1", query=["pmin", "con", "gt=5"]), "4.00")
        self.assertEqual(self.read("/1", LINKS).payload.decode().split(",")[0], "</1>;ver=1.2;pmin=1;con=1")
        self.assert_code(self.request(coap.PUT, "/1", query=["pmin", "con"]), "2.04")
        self.assertEqual(self.read("/1", LINKS).payload.decode().split(",")[0], "</1>;ver=1.2")
        self.assertEqual(self.notification_type(b"112"), NON)


class TestDisable(AgentCase):
    """1/x/4 and 1/x/5."""

    def setUp(self):
        self.server = RawServer()
        self.addCleanup(self.server.close)
        self.agent = self.start_agent({"uri": self.server.uri, "lifetime": 300})
        self.client = self.server.wait_register(self.agent.endpoint)
        self.agent.wait_log("main: registered with")

    def test_disabled(self):
        """Answered, de-registered, silent for the time of 1/x/5, then a Register; no observation outlives that."""
        self.assertEqual(self.server.read(self.client, "/1/0/5", accept=TEXT).payload, b"86400")
        self.assert_code(self.server.write(self.client, "/1/0/5", b"2"), "2.04")
        token = self.server.observe(self.client, "/1/0/1", TEXT).token
        since = self.server.mark()
        self.assert_code(self.server.request(self.client, POST, "/1/0/4"), "2.04")
        gone = self.server.expect(lambda r: r.message.code == coap.DELETE, since=since, what="De-register")
        self.agent.wait_log("main: de-registered")
        # Nobody is there any more: no answer, no message of any kind.
        silent = self.server.mark()
        question = self.server.send(coap.request(coap.GET, "/1/0/1"), self.client.address)
        back = self.server.expect(lambda r: r.message.path == "/rd", timeout=20, since=since, what="Register")
        self.assertGreaterEqual(back.time - gone.time, 2 - EARLY_S)
        self.assertLess(back.time - gone.time, 2 + LATE_S)
        self.assertIs(self.server.received(since=silent)[0], back)
        self.agent.wait_log("main: registered with", count=2)
        client = self.server.clients[self.agent.endpoint]
        self.assert_code(self.server.write(client, "/1/0/1", b"400"), "2.04")
        self.server.expect(lambda r: r.message.query.get("lt") == "400", since=since, what="Update")
        told = self.server.received(lambda r: r.message.token in (token, question.token), since=since)
        self.assertEqual(told, [])


class TestLifetime(AgentCase):
    def test_for_ever(self):
        """lt=0 is told as such, and needs no Update; another lifetime is told like any other change."""
        server = RawServer()
        self.addCleanup(server.close)
        agent = self.start_agent({"uri": server.uri, "lifetime": 0})
        client = server.wait_register(agent.endpoint)
        self.assertEqual(client.lifetime, 0)
        agent.wait_log("main: registered with")
        for lifetime in (b"2", b"0"):
            since = server.mark()
            self.assert_code(server.write(client, "/1/0/1", lifetime), "2.04")
            server.expect(lambda r: r.message.query.get("lt") == lifetime.decode(), since=since, what="Update")
            if lifetime == b"2":
                server.expect(lambda r: r.message.path == client.location and not r.message.query, since=since,
                              what="Update in time")
        # With two seconds there would have been an Update by now.
        since, start = server.mark(), time.monotonic()
        token = server.observe(client, "/3/0/13", TEXT).token
        self.assert_code(server.request(client, coap.PUT, "/3/0/13", query=["pmax=3"]), "2.04")
        server.wait_notification(token, since=server.mark())
        self.assertGreater(time.monotonic() - start, 2)
        self.assertEqual(server.received(lambda r: r.message.path == client.location, since=since), [])


if __name__ == "__main__":
    case.main()
