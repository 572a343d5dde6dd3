# SPDX-License-Identifier: Apache-2.0
"""Servers that refuse, forget, or are not the ones they should be. Raw peer."""

import case
import coap
from case import AgentCase
from peer import RawServer


class TestRefusal(AgentCase):
    def setUp(self):
        self.server = RawServer()
        self.addCleanup(self.server.close)

    def start(self, **keys):
        return self.start_agent({"uri": self.server.uri, "retry_timer": 1, "lifetime": 300, **keys})

    def test_codes(self):
        """Whatever a Register is answered with, the agent says so and comes again."""
        self.server.register_code = "4.03"
        agent = self.start()
        for code, name in (("4.03", "Forbidden"), ("4.00", "Bad Request"), ("5.00", "Internal Server Error"),
                           ("5.03", "Service Unavailable")):
            self.server.register_code = code
            agent.wait_log(f"main: not registered with .*: the server answered {code} {name}; next try in", timeout=40)
        self.server.register_code = "2.01"
        agent.wait_log("main: registered with", timeout=40)

    def test_version_steps_down(self):
        """4.12 is about the version: the next lower one is tried at once."""
        self.server.register_code = "4.12"
        agent = self.start(version="1.2")
        agent.wait_log("main: not registered with .*: the server answered 4.12 Precondition Failed")
        versions = [r.message.query["lwm2m"] for r in self.server.received(lambda r: r.message.path == "/rd")]
        self.assertEqual(versions[:3], ["1.2", "1.1", "1.0"])
        self.server.register_code = "2.01"
        agent.wait_log("main: registered with", timeout=20)

    def test_forgotten(self):
        """4.04 to an Update: the server has lost us, and gets a Register with all."""
        agent = self.start(lifetime=2)
        links = self.server.wait_register(agent.endpoint).links
        self.server.forget_clients()
        since = self.server.mark()
        self.assertEqual(self.server.wait_register(agent.endpoint, since=since).links, links)
        agent.wait_log("main: registration with .* lost: the server answered 4.04 Not Found; registering again")

    def test_request_before_registration(self):
        """Overtook the answer to the Register, say: not answered until that is here, but then when it comes again."""
        self.server.muted = True
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300})
        register = self.server.expect(lambda r: r.message.path == "/rd")
        message = coap.request(coap.GET, "/1/0/1")
        since = self.server.mark()
        self.server.send(message, register.address)
        self.server.expect(lambda r: r.message.path == "/rd", since=since)  # the second time
        self.assertEqual(self.server.received(lambda r: r.message.mid == message.mid, since=since), [])
        self.server.muted = False
        agent.wait_log("main: registered with", timeout=20)
        self.server.send_bytes(message.encode(), register.address)
        self.assert_code(self.server.expect(lambda r: r.message.mid == message.mid, since=since).message, "2.05")

    def test_requests_of_strangers(self):
        """Who is not the server is not answered."""
        agent = self.start()
        client = self.server.wait_register(agent.endpoint)
        with RawServer(max_retransmit=0) as stranger:
            since = stranger.mark()
            for message in (coap.request(coap.GET, "/3/0"), coap.request(coap.DELETE, "/1/0")):
                stranger.send(message, client.address)
            self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
            self.assertEqual([r for r in stranger.received(since=since) if r.message.is_response], [])


if __name__ == "__main__":
    case.main()
