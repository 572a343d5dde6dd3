# SPDX-License-Identifier: Apache-2.0
"""Servers that are not there, never answer, or come back without memory: the agent stays up, says so, tries again.

RFC 7252 goes on for 93 seconds before nobody answered. So all scenarios run at the same time, each test waits for one.
"""

import concurrent.futures
import contextlib

import case
from agent import Agent
from case import KEY, AgentCase, free_port
from leshan import Leshan, LeshanUnavailable
from peer import RawServer
from relay import Relay

RETRY = "main: not registered with .*: %s; next try in [0-9]+ s"


def coap_keys(port, **more):
    return {"uri": f"coap://127.0.0.1:{port}", "retry_timer": 1, **more}


def coaps_keys(port, **more):
    return {"uri": f"coaps://127.0.0.1:{port}", "identity": "device", "key": KEY.hex(), "retry_timer": 1, **more}


def silence_udp():
    with RawServer() as server:
        server.muted = True
        with Agent(coap_keys(server.port)) as agent:
            agent.wait_log(RETRY % "no answer", timeout=120)
            agent.assert_running()
            server.muted = False
            agent.wait_log("main: registered with coap://", timeout=60)


def silence_dtls():
    with RawServer() as server:
        server.muted = True
        with Agent(coaps_keys(server.port)) as agent:
            agent.wait_log(RETRY % "no answer", timeout=120, count=2)
            agent.assert_running()


def nobody_listens():
    with Agent(coaps_keys(free_port())) as agent:
        agent.wait_log(RETRY % "nobody listens there", timeout=120, count=2)


def no_such_host():
    with Agent({"uri": "coap://no-such-host.invalid", "retry_timer": 1}) as agent:
        agent.wait_log(RETRY % "cannot resolve no-such-host.invalid: .*", timeout=60, count=2)


def leshan_restarts(scheme, keys):
    """It comes back on its port, and knows nobody."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Leshan(cid=6))
        if scheme == "coaps":
            server.add_psk("device", "device", KEY)
        agent = stack.enter_context(Agent(keys(getattr(server, scheme), lifetime=4), endpoint="device"))
        server.wait_event("updated", ep="device")
        server.close()
        server = stack.enter_context(Leshan(cid=6, coap=server.coap, coaps=server.coaps))
        if scheme == "coaps":
            server.add_psk("device", "device", KEY)
        server.wait_event("registered", ep="device", timeout=150)
        agent.wait_log("main: registered with", count=2)
        assert server.read("device", "/1/0/1").content == 4
        agent.stop()
        assert not server.wait_event("deregistered", ep="device").expired
        return agent


def address_changes():
    """Leshan without Connection ID: what comes from the new address is nothing to it until there is a new session."""
    with Leshan() as server, Relay(server.coaps) as line:
        server.add_psk("device", "device", KEY)
        with Agent(coaps_keys(line.port, lifetime=4), endpoint="device") as agent:
            server.wait_event("registered", ep="device")
            line.rebind()
            server.clear_events()
            server.wait_event("registered", ep="device", timeout=150)
            assert server.read("device", "/1/0/1").content == 4
            assert agent.count_log("Connected to") == 2


class TestPatience(AgentCase):
    SCENARIOS = {
        "silence_udp": silence_udp,
        "silence_dtls": silence_dtls,
        "nobody_listens": nobody_listens,
        "no_such_host": no_such_host,
        "restart_udp": lambda: leshan_restarts("coap", coap_keys),
        "restart_dtls": lambda: leshan_restarts("coaps", coaps_keys),
        "address_changes": address_changes,
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pool = concurrent.futures.ThreadPoolExecutor(len(cls.SCENARIOS))
        cls.addClassCleanup(pool.shutdown)
        cls.running = {name: pool.submit(scenario) for name, scenario in cls.SCENARIOS.items()}

    def finish(self, scenario):
        try:
            return self.running[scenario].result()
        except LeshanUnavailable as e:
            self.skipTest(str(e))

    def test_silence_udp(self):
        self.finish("silence_udp")

    def test_silence_dtls(self):
        self.finish("silence_dtls")

    def test_nobody_listens(self):
        self.finish("nobody_listens")

    def test_no_such_host(self):
        self.finish("no_such_host")

    def test_restart_udp(self):
        """The next Update is answered with 4.04."""
        agent = self.finish("restart_udp")
        agent.wait_log("main: registration with coap://.* lost: the server answered 4.04 Not Found; registering again")

    def test_restart_dtls(self):
        """No answer to Updates of a session that Leshan has forgotten: a new handshake helps."""
        agent = self.finish("restart_dtls")
        self.assertEqual(agent.count_log("Connected to"), 2)

    def test_address_changes(self):
        self.finish("address_changes")


class TestUnmoved(AgentCase):
    """A silent server does not hold up anything else."""

    def test_one_of_two(self):
        with RawServer() as silent, RawServer() as server:
            silent.muted = True
            agent = self.start_agent({"silent": {"uri": silent.uri}, "good": {"uri": server.uri, "lifetime": 2}})
            client = server.wait_register(agent.endpoint)
            since = server.mark()
            server.wait_update(since=since)
            self.assert_code(server.read(client, "/1/1/1"), "2.05")
            self.assertEqual(silent.received(lambda r: r.message.path != "/rd"), [])
            agent.stop()
            server.wait_deregister(since=since)

    def test_stop(self):
        """SIGTERM ends the agent in time and with 0, though the De-register is not answered: stop() checks that."""
        with RawServer() as server:
            agent = self.start_agent({"uri": server.uri, "lifetime": 300})
            server.wait_register(agent.endpoint)
            agent.wait_log("main: registered with")
            server.muted = True
            agent.stop()
            server.wait_deregister()
            agent.wait_log("A server does not answer; leaving without a De-register")


if __name__ == "__main__":
    case.main()
