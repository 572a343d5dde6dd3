# SPDX-License-Identifier: Apache-2.0
"""Bootstrap: by a raw peer that does what no server should, and by Leshan's Bootstrap-Server."""

import time

import case
import coap
from agent import Agent
from bootstrap import RawBootstrap, account, senml
from case import AgentCase, LeshanCase
from leshan.server import security_entry, server_entry
from peer import NoAnswer, RawServer

OPEN = {"allow_nosec": "yes", "allow_loopback": "yes"}


class BootstrapCase(AgentCase):
    def setUp(self):
        self.bootstrap, self.server, self.other = RawBootstrap(), RawServer(), RawServer()
        for peer in (self.bootstrap, self.server, self.other):
            self.addCleanup(peer.close)

    def start(self, keys=None, servers=None, **named):
        return self.start_agent({**(servers or {}), "bootstrap": {"uri": self.bootstrap.uri, **OPEN, **(keys or {})}},
                                **named)

    def started(self, **named):
        """An agent that was bootstrapped to self.server, and registered there."""
        agent = self.start(**named)
        self.assert_code(self.bootstrap.provide(self.bootstrap.wait_request(agent.endpoint),
                                                [account(101, self.server.uri)]), "2.04")
        agent.wait_log("server-101: registered with")
        return agent

    def assert_quiet(self, agent, peer, since, seconds=1.5):
        with self.assertRaises(NoAnswer):
            peer.expect(lambda r: r.message.path in ("/bs", "/rd"), seconds, since)


class TestSession(BootstrapCase):
    def test_to_registration_and_over_restarts(self):
        """Bootstrap, Register, read; a restart and a power cut keep the accounts, and nobody is asked again."""
        agent = self.started()
        client = self.server.wait_register(agent.endpoint)
        self.assertEqual(self.server.read(client, "/1/1/0").payload, b"101")
        asked = self.bootstrap.mark()
        for end in (Agent.stop, Agent.kill):
            with self.subTest(end.__name__):
                since = self.server.mark()
                end(agent)
                agent.start()
                self.server.expect(lambda r: r.message.path.startswith("/rd"), 10, since)
                agent.wait_log("server-101: (registered with|registration updated)")
        self.assert_quiet(agent, self.bootstrap, asked, 0.5)

    def test_parameters(self):
        """The endpoint's name, and the format that is preferred; without it for a server that refuses it."""
        self.bootstrap.code = "4.00"
        agent = self.start()
        agent.wait_log("not bootstrapped by")
        asked = [r.message.query for r in self.bootstrap.received(lambda r: r.message.path == "/bs")]
        self.assertEqual(asked, [{"ep": agent.endpoint, "pct": "112"}, {"ep": agent.endpoint}])

    def test_discover_and_read(self):
        agent = self.start()
        address = self.bootstrap.wait_request(agent.endpoint)
        for path, values in account(101, self.server.uri):
            self.assert_code(self.bootstrap.write(address, path, values), "2.04")
        found = self.bootstrap.ask_client(address, coap.GET, "/", accept=coap.LINKS)
        self.assert_code(found, "2.05")
        links = found.payload.decode().split(",")
        self.assertIn("</>;lwm2m=1.1", links)
        self.assertIn("</0/0>", links)
        self.assertIn(f'</0/1>;ssid=101;uri="{self.server.uri}"', links)
        self.assertIn("</1/1>;ssid=101", links)
        self.assertIn("</3/0>", links)
        read = self.bootstrap.ask_client(address, coap.GET, "/1/1", accept=coap.TLV)
        self.assert_code(read, "2.05")
        self.assert_code(self.bootstrap.ask_client(address, coap.GET, "/0/1", accept=coap.TLV), "4.05")

    def test_blocks(self):
        """An account in blocks of 16 bytes."""
        agent = self.start()
        address = self.bootstrap.wait_request(agent.endpoint)
        for path, values in account(101, self.server.uri):
            message = coap.request(coap.PUT, path, format=coap.SENML_JSON, payload=senml(path, values))
            self.assert_code(self.bootstrap.put_blocks(message, address, szx=0), "2.04")
        self.assert_code(self.bootstrap.ask_client(address, coap.POST, "/bs"), "2.04")
        self.server.wait_register(agent.endpoint)

    def test_pack(self):
        """LwM2M 1.2: all in one answer, and no Finish; without one the client asks the long way."""
        (security_path, security), (server_path, server) = account(101, self.server.uri)
        self.bootstrap.pack = senml(security_path, security)[:-1] + b"," + senml(server_path, server)[1:]
        agent = self.start({"version": "1.2"})
        self.server.wait_register(agent.endpoint)
        self.bootstrap.wait_request(agent.endpoint, path="/bspack")
        self.assertFalse(self.bootstrap.received(lambda r: r.message.path == "/bs"))
        self.bootstrap.pack = b'[{"n":"/1/0/0","v":7}]'
        agent = self.start({"version": "1.2"})
        self.bootstrap.wait_request(agent.endpoint, path="/bspack")
        self.bootstrap.wait_request(agent.endpoint)


class TestRefused(BootstrapCase):
    def refused(self, accounts, why, keys=None):
        agent = self.start(keys)
        self.assert_code(self.bootstrap.provide(self.bootstrap.wait_request(agent.endpoint), accounts), "4.06")
        agent.wait_log("not bootstrapped by .*" + why)
        self.assertFalse((agent.state / "accounts.state").exists())
        self.assertFalse(self.server.received(lambda r: r.message.path == "/rd"))

    def test_inconsistent(self):
        security, server = account(101, self.server.uri)
        self.refused([(security,)], "no instance of Server")
        self.refused([(server,)], "no instance of Security")
        self.refused([], "no account of an LwM2M Server")
        self.refused([account(101, self.server.uri), account(101, self.server.uri, iid=2)], "two for the same server")

    def test_addresses(self):
        """A server's address comes from the network: it has to be one."""
        for uri, why in (("coap://[ff02::fd]", "multicast"), ("coap://224.0.1.187", "multicast"),
                         ("http://192.0.2.1", "no coap://"), ("coap://" + "a" * 300, "no coap://"),
                         ("coap://192.0.2.1/x", "no coap://")):
            with self.subTest(uri):
                self.refused([account(101, uri)], why)

    def test_policy(self):
        """Neither a server on this machine nor one without security, unless the administrator says so."""
        self.refused([account(101, "coap://localhost")], "of this machine", {"allow_loopback": "no"})
        self.refused([account(101, "coap://127.0.0.1")], "of this machine", {"allow_loopback": "no"})
        self.refused([account(101, "coap://[::1]")], "of this machine", {"allow_loopback": "no"})
        self.refused([account(101, "coap://192.0.2.1")], "without security", {"allow_nosec": "no"})

    def test_cut_off(self):
        """Power fails before Finish: nothing of it stays."""
        agent = self.start()
        address = self.bootstrap.wait_request(agent.endpoint)
        for path, values in account(101, self.server.uri):
            self.assert_code(self.bootstrap.write(address, path, values), "2.04")
        since = self.bootstrap.mark()
        agent.kill()
        agent.start()
        self.bootstrap.wait_request(agent.endpoint, since=since)
        self.assertFalse(self.server.received(lambda r: r.message.path == "/rd"))


class TestTwice(BootstrapCase):
    def test_trigger(self):
        """1/x/9: other accounts; the old server hears that we left, and a failure leaves us with it."""
        agent = self.started()
        client = self.server.wait_register(agent.endpoint)
        since = self.bootstrap.mark()
        self.assert_code(self.server.request(client, coap.POST, "/1/1/9"), "2.04")
        address = self.bootstrap.wait_request(agent.endpoint, since=since)
        self.assert_code(self.server.read(client, "/3/0/16"), "2.05")
        self.assert_code(self.bootstrap.provide(address, [account(102, self.other.uri)]), "2.04")
        self.server.wait_deregister()
        self.other.wait_register(agent.endpoint)
        agent.wait_log("server-102: registered with")

    def test_trigger_fails(self):
        agent = self.started()
        client = self.server.wait_register(agent.endpoint)
        since = self.bootstrap.mark()
        self.assert_code(self.server.request(client, coap.POST, "/1/1/9"), "2.04")
        address = self.bootstrap.wait_request(agent.endpoint, since=since)
        self.assert_code(self.bootstrap.provide(address, []), "4.06")
        self.assert_code(self.server.read(client, "/3/0/16"), "2.05")
        agent.stop()
        since = self.server.mark()
        agent.start()
        self.server.wait_register(agent.endpoint, since=since)

    def test_rights(self):
        """Object 2 of the Bootstrap-Server's making: who may do what, also after a restart and until another bootstrap."""
        agent = self.start()
        address = self.bootstrap.wait_request(agent.endpoint)
        rights = {0: 3, 1: 0, "2/102": 1, 3: 101}
        self.assert_code(self.bootstrap.write(address, "/2/0", rights), "2.04")
        self.assert_code(self.bootstrap.provide(address, [account(101, self.server.uri),
                                                          account(102, self.other.uri, iid=2)]), "2.04")
        for end in (lambda: None, agent.stop):
            end()
            if not agent.is_running:
                agent.start()
            agent.wait_log("server-101: (registered with|registration updated)")
            agent.wait_log("server-102: (registered with|registration updated)")
            first, second = (peer.clients[agent.endpoint] for peer in (self.server, self.other))
            self.assert_code(self.other.read(second, "/3/0/16"), "2.05")
            self.assert_code(self.other.write(second, "/3/0/14", b"+01:00"), "4.01")
            self.assert_code(self.server.write(first, "/3/0/14", b"+02:00"), "2.04")
        since = self.bootstrap.mark()
        self.assert_code(self.server.request(first, coap.POST, "/1/1/9"), "2.04")
        address = self.bootstrap.wait_request(agent.endpoint, since=since)
        read = self.bootstrap.ask_client(address, coap.GET, "/2/0/2", accept=coap.SENML_JSON)
        self.assertIn(b"102", read.payload, read)
        self.assert_code(self.bootstrap.ask_client(address, coap.DELETE, "/2"), "2.02")
        self.assert_code(self.bootstrap.provide(address, [account(101, self.server.uri),
                                                          account(102, self.other.uri, iid=2)]), "2.04")
        agent.wait_log("server-102: registered with", count=2)
        self.assert_code(self.other.write(self.other.clients[agent.endpoint], "/3/0/14", b"+01:00"), "2.04")

    def test_what_servers_wrote(self):
        """A server's Write is part of the account while that stays; another bootstrap's account begins without it."""
        agent = self.started()
        client = self.server.wait_register(agent.endpoint)
        self.assert_code(self.server.write(client, "/1/1/2", b"7"), "2.04")
        since = self.bootstrap.mark()
        self.assert_code(self.server.request(client, coap.POST, "/1/1/9"), "2.04")
        address = self.bootstrap.wait_request(agent.endpoint, since=since)
        read = self.bootstrap.ask_client(address, coap.GET, "/1/1/2", accept=coap.TEXT)
        self.assertEqual(read.payload, b"7")
        since = self.server.mark()
        self.assert_code(self.bootstrap.provide(address, [account(101, self.server.uri)]), "2.04")
        client = self.server.wait_register(agent.endpoint, since=since)
        agent.wait_log("server-101: registered with", count=2)
        self.assertEqual(self.server.read(client, "/1/1/2").payload, b"0")

    def test_configuration_counts_again(self):
        """What the administrator changes after a bootstrap is in charge."""
        agent = self.started()
        agent.stop()
        agent.write_config({"main": {"uri": self.other.uri, "short_id": 7},
                            "bootstrap": {"uri": self.bootstrap.uri, **OPEN}})
        agent.start()
        self.other.wait_register(agent.endpoint)
        agent.wait_log("count again")
        self.assertFalse((agent.state / "accounts.state").exists())

    def test_factory_account_first(self):
        """With an account in the configuration nobody is asked, until that server is gone for good."""
        agent = self.start(servers={"main": {"uri": self.server.uri, "retry_count": 1, "retry_timer": 1}})
        self.server.wait_register(agent.endpoint)
        self.assert_quiet(agent, self.bootstrap, 0, 0.3)
        agent.stop()
        self.server.register_code = "4.03"
        agent.start()
        address = self.bootstrap.wait_request(agent.endpoint)
        self.assert_code(self.bootstrap.provide(address, [account(101, self.other.uri)]), "2.04")
        self.other.wait_register(agent.endpoint)

    def test_purge(self):
        """0/x/12: the account of the Bootstrap-Server goes when its time is over, for good."""
        agent = self.started(keys={"account_timeout": "1"})
        agent.wait_log("it is forgotten")
        client = self.server.wait_register(agent.endpoint)
        agent.wait_log("server-101: registered with", count=2)
        client = self.server.clients[agent.endpoint]
        self.assert_code(self.server.request(client, coap.POST, "/1/1/9"), "5.01")


class TestLeshan(LeshanCase):
    OPTIONS = {"bootstrap": True}

    def provision(self, endpoint, **security):
        self.server.put_bootstrap(endpoint, {1: security_entry(f"coap://127.0.0.1:{self.server.coap}", 101, **security)},
                                  {1: server_entry(101)})

    def test_client_initiated(self):
        agent = self.start_agent(start=False)
        agent.write_config({"bootstrap": {"uri": f"coap://127.0.0.1:{self.server.bs_coap}", **OPEN}})
        self.provision(agent.endpoint)
        agent.start()
        self.server.wait_event("registered", ep=agent.endpoint, timeout=30)
        self.ok(self.server.read(agent.endpoint, "/3/0/16"))
        since = time.monotonic()
        self.ok(self.server.execute(agent.endpoint, "/1/1/9"), "2.04")
        agent.wait_log("server-101: registered with", timeout=30, count=2)
        self.assertLess(time.monotonic() - since, 30)

    def test_psk(self):
        """The Bootstrap-Server by PSK gives the key for the other."""
        agent = self.start_agent(start=False)
        key = bytes(range(16, 32))
        self.server.add_psk(agent.endpoint, agent.endpoint + "-bs", case.KEY, bootstrap=True)
        self.server.add_psk(agent.endpoint, agent.endpoint, key)
        agent.write_config({"bootstrap": {
            "uri": f"coaps://127.0.0.1:{self.server.bs_coaps}", "allow_loopback": "yes",
            "identity": agent.endpoint + "-bs", "key_file": agent.write_key(case.KEY)}})
        self.server.put_bootstrap(agent.endpoint, {1: security_entry(
            f"coaps://127.0.0.1:{self.server.coaps}", 101, mode="PSK", identity=agent.endpoint.encode(), key=key)},
            {1: server_entry(101)})
        agent.start()
        self.server.wait_event("registered", ep=agent.endpoint, timeout=30)
        self.ok(self.server.read(agent.endpoint, "/3/0/16"))
        for line in agent.lines:
            self.assertNotIn(key.hex(), line.lower())


if __name__ == "__main__":
    case.main()
