# SPDX-License-Identifier: Apache-2.0
"""Servers that refuse, forget, or are not the ones they should be. Raw peer."""

import signal

import case
import coap
from case import AgentCase
from peer import RawServer


class OddLocation(RawServer):
    """Gives every client the same location, of any segments."""

    def __init__(self, segments):
        self.segments = segments
        super().__init__()

    def is_its(self, message):
        return [s.decode() for s in message.get_all(coap.URI_PATH)] == self.segments

    def on_request(self, message, address):
        if message.path == "/rd" and message.code == coap.POST:
            response = coap.Message(code=coap.code("2.01"))
            for segment in self.segments:
                response.add(coap.LOCATION_PATH, segment)
            return response
        if not self.is_its(message):
            return coap.Message(code=coap.code("4.04"))
        return coap.Message(code=coap.code("2.02" if message.code == coap.DELETE else "2.04"))


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

    def test_codes_of_every_class(self):
        """No code ends the agent, makes it flood, or keeps it from coming back."""
        self.server.register_code = "4.03"
        agent = self.start()
        self.server.expect(lambda r: r.message.path == "/rd")
        for code in ("2.04", "2.05", "2.31", "4.09", "4.12", "4.29", "5.31"):
            with self.subTest(code):
                self.server.register_code = code
                since = self.server.mark()
                agent.wait_log(f"main: not registered with .*: the server answered {code}.*; next try in", timeout=40)
                self.assertLessEqual(len(self.server.received(lambda r: r.message.path == "/rd", since=since)), 4)
                agent.signal(signal.SIGHUP)  # the waits begin anew
        self.server.register_code = "2.01"
        agent.wait_log("main: registered with", timeout=40)

    def test_update_codes(self):
        """Whatever an Update is answered with but 2.04, the server does not have us as we believed: a Register."""
        agent = self.start()
        client = self.server.wait_register(agent.endpoint)
        for code in ("4.00", "4.04", "4.09", "4.31", "5.00", "2.05"):
            with self.subTest(code):
                self.server.update_code = code
                since = self.server.mark()
                self.server.request(client, coap.POST, "/1/0/8")
                client = self.server.wait_register(agent.endpoint, since=since)
                self.server.update_code = "2.04"
                self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
                self.assertLessEqual(len(self.server.received(
                    lambda r: r.message.path.startswith("/rd"), since=since)), 2)

    def test_locations(self):
        """Any Location-Path is the server's to choose: Update and De-register go there. None is no registration."""
        for segments in ([], ["x" * 255], [str(n) for n in range(20)], ["x" * 255] * 4, ["ä b&c?d=e%"], ["rd", "", "5a"],
                         ["rd", ""]):
            with self.subTest(segments=[s[:10] for s in segments]):
                with OddLocation(segments) as server:
                    agent = self.start_agent({"uri": server.uri, "lifetime": 2, "retry_timer": 1})
                    server.expect(lambda r: r.message.path == "/rd")
                    if not segments:
                        agent.wait_log("main: not registered with .*2.01.*; next try in")
                        server.segments = ["rd", "1"]
                        agent.wait_log("main: registered with", timeout=20)
                        continue
                    agent.wait_log("main: registration updated")
                    since = server.mark()
                    agent.stop()
                    server.expect(lambda r: r.message.code == coap.DELETE and server.is_its(r.message), since=since)

    def test_closed_port(self):
        """Nobody listens for a while, ICMP says so: back within one update period, without a new registration."""
        agent = self.start(lifetime=4)
        client = self.server.wait_register(agent.endpoint)
        agent.wait_log("main: registered with")
        port, clients = self.server.port, self.server.clients
        self.server.close()
        self.server = RawServer(port=port)
        self.addCleanup(self.server.close)
        self.server.clients = clients
        self.assertEqual(self.server.wait_update(timeout=10).path, client.location)
        agent.wait_log("main: registration updated")
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")

    def test_version_steps_down(self):
        """4.12 is about the version: the next lower one is tried at once, with the objects' versions that belong to it."""
        self.server.register_code = "4.12"
        agent = self.start(version="1.2")
        agent.wait_log("main: not registered with .*: the server answered 4.12 Precondition Failed")
        messages = [r.message for r in self.server.received(lambda r: r.message.path == "/rd")][:3]
        self.assertEqual([message.query["lwm2m"] for message in messages], ["1.2", "1.1", "1.0"])
        for message, server_object in zip(messages, (b"</1>;ver=1.2,", b"</1>;ver=1.1,", b"</1>;ver=1.1,")):
            self.assertIn(server_object, message.payload)
        self.server.register_code = "2.01"
        agent.wait_log("main: registered with", timeout=20)

    def test_rule_20_profile_id(self):
        """A server that learns: 4.09 to a hash without a list, which then comes with it; after that the hash will do."""
        lists = {}

        class Learner(RawServer):
            def on_request(self, message, address):
                profile = message.query.get("pid")
                if profile and message.payload:
                    lists[profile] = message.payload.decode()
                elif profile and profile not in lists:
                    return coap.Message(code=coap.code("4.09"))
                return super().on_request(message, address)

        with Learner() as server:
            for number in range(2):
                since = server.mark()
                agent = self.start_agent({"uri": server.uri, "version": "1.2", "profile_id": "yes"})
                agent.wait_log("main: registered with")
                registers = [r.message for r in server.received(lambda r: r.message.path == "/rd", since=since)]
                self.assertEqual([bool(m.payload) for m in registers], [[False, True], [False]][number])
                self.assertEqual([m.query["pid"] for m in registers], [next(iter(lists))] * len(registers))
                agent.stop()
            self.assertRegex(next(iter(lists)), "^6:[0-9a-f]{8}$")
            self.assertIn("</3/0>", next(iter(lists.values())))

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
