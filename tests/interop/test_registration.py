# SPDX-License-Identifier: Apache-2.0
"""Register, Update and De-register with Leshan, over UDP and over DTLS with a pre-shared key."""

import case
from case import LeshanCase


class Registration:
    """For both transports: connect() is register() or register_psk()."""

    def test_register(self):
        agent, client = self.connect(keys={"lifetime": 77})
        self.assertEqual((client.ep, client.lifetime, client.version, client.binding, client.queue_mode),
                         (agent.endpoint, 77, "1.1", ["U"], False))
        self.assertEqual(client.peer.identity, self.IDENTITY)
        self.assertEqual((client.objects["1"], client.objects["3"]), ("1.1", "1.1"))
        self.assertLessEqual({"/1/0", "/3/0"}, set(client.instances))
        self.assertLessEqual({60, 110, 112, 11542}, set(client.formats))
        self.assertFalse([link for link in client.links if link.startswith("</0")], "the keys are nobody's business")

    def test_versions(self):
        for version, queue in (("1.0", "yes"), ("1.0", "no"), ("1.1", "yes"), ("1.2", "no")):
            with self.subTest(version=version, queue=queue):
                agent, client = self.connect({"version": version, "queue": queue})
                self.assertEqual((client.version, client.queue_mode), (version, queue == "yes"))
                agent.stop()
                self.server.wait_event("deregistered", ep=agent.endpoint)

    def test_update_asked_for(self):
        agent, client = self.connect()
        self.ok(self.server.execute(agent.endpoint, "/1/0/8"), "2.04")
        event = self.server.wait_event("updated", ep=agent.endpoint)
        self.assertEqual((event.new_links, event.new_lifetime), (None, None))  # nothing changed: nothing said

    def test_update_says_what_changed(self):
        agent, client = self.connect()
        self.ok(self.server.write(agent.endpoint, "/1/0/1", 90), "2.04")
        event = self.server.wait_event("updated", ep=agent.endpoint)
        self.assertEqual((event.new_links, event.new_lifetime, event.client.lifetime), (None, 90, 90))
        self.ok(self.server.write(agent.endpoint, "/1/0/1", 90), "2.04")
        self.ok(self.server.read(agent.endpoint, "/1/0/1"))
        self.assertEqual(self.server.events("updated", ep=agent.endpoint), [], "the same value is no news")

    def test_update_in_time(self):
        agent, client = self.connect({"lifetime": 2})
        for _ in range(4):  # twice the lifetime
            self.server.wait_event("updated", ep=agent.endpoint)
        self.assertEqual(self.server.events("deregistered", ep=agent.endpoint), [])

    def test_deregister(self):
        agent, client = self.connect()
        agent.stop()
        event = self.server.wait_event("deregistered", ep=agent.endpoint)
        self.assertEqual((event.expired, event.replaced), (False, False))

    def test_stop_without_deregister(self):
        agent, client = self.connect(agent={"deregister_on_stop": "no"})
        agent.stop()
        agent.start()
        # A new DTLS session takes a new registration before LwM2M 1.2, a new address only an Update.
        event = self.server.wait_event(self.COMES_BACK, ep=agent.endpoint)
        self.assertEqual(event.client.registration == client.registration, self.COMES_BACK == "updated")
        self.assertEqual([e for e in self.server.events("deregistered", ep=agent.endpoint) if not e.replaced], [])

    def test_disable(self):
        agent, client = self.connect()
        self.ok(self.server.write(agent.endpoint, "/1/0/5", 1), "2.04")
        # The De-register may overtake the answer on its way through Leshan, which then is none.
        self.server.submit("execute", ep=agent.endpoint, path="/1/0/4")
        self.assertFalse(self.server.wait_event("deregistered", ep=agent.endpoint).expired)
        self.assertFalse(self.server.wait_event("registered", ep=agent.endpoint).again)
        self.ok(self.server.read(agent.endpoint, "/1/0/5"))

    def test_security_object_is_closed(self):
        agent, client = self.connect()
        for path in ("/0", "/0/0", "/0/0/5"):
            self.ok(self.server.read(agent.endpoint, path, format="SENML_CBOR"), "4.01")
        self.ok(self.server.discover(agent.endpoint, "/0"), "4.01")
        self.ok(self.server.write(agent.endpoint, "/0/0/0", "coap://elsewhere"), "4.01")


class TestUdp(Registration, LeshanCase):
    IDENTITY = "socket"
    COMES_BACK = "updated"

    def connect(self, *arguments, **named):
        return self.register(*arguments, **named)


class TestDtls(Registration, LeshanCase):
    IDENTITY = "psk"
    COMES_BACK = "registered"

    def connect(self, *arguments, **named):
        return self.register_psk(*arguments, **named)


if __name__ == "__main__":
    case.main()
