# SPDX-License-Identifier: Apache-2.0
"""Two servers at once: each has its own registration, attributes and observations, and object 2 says who may do what."""

import json

import case
import coap
from case import OBJECT, AgentCase
from coap import DELETE, GET, LINKS, POST, PUT, SENML_JSON, TEXT
from peer import RawServer


class TwoServerCase(AgentCase):
    """The first account has the Short Server ID 101, the second 102; RIGHTS is what configuration gives the latter."""

    RIGHTS = None

    def setUp(self):
        self.need_plugins("test-object")
        self.first, self.second = RawServer(), RawServer()
        self.addCleanup(self.first.close)
        self.addCleanup(self.second.close)
        self.agent = self.start_agent(
            {"first": {"uri": self.first.uri, "lifetime": 300},
             "second": {"uri": self.second.uri, "lifetime": 600, "rights": self.RIGHTS}}, ["test-object"])
        self.clients = {server: server.wait_register(self.agent.endpoint, timeout=20)
                        for server in (self.first, self.second)}

    def ask(self, server, method, path, status, **parts):
        return self.assert_code(server.request(self.clients[server], method, path, **parts), status)

    def entry(self, oid, iid):
        """The instance of object 2 that is about this one."""
        for link in self.ask(self.first, GET, "/2", "2.05", accept=LINKS).payload.decode().split(","):
            path = link.strip("<>").split(";")[0].rstrip(">")
            if path.count("/") != 2:
                continue
            told = [int(self.ask(self.first, GET, f"{path}/{n}", "2.05", accept=TEXT).payload) for n in (0, 1)]
            if told == [oid, iid]:
                return path
        self.fail(f"object 2 has nothing about /{oid}/{iid}")

    def grant(self, path, whom, rights):
        """As the first server, which owns what configuration brings; other servers' rights stay."""
        self.ask(self.first, POST, path, "2.04", format=SENML_JSON,
                 payload=f'[{{"bn":"{path}/2/{whom}","v":{rights}}}]'.encode())

    def wait_told(self, server, token, payload, status="2.05"):
        server.expect(lambda r: r.message.token == token and r.message.payload == payload
                      and r.message.status == status, what=f"{status} {payload}")

    def was_told(self, server, token, payload):
        return bool(server.received(lambda r: r.message.token == token and r.message.payload == payload))


class TestOrder(AgentCase):
    """1/x/13: who registers before whom."""

    def test_priority(self):
        """The one of the higher priority is waited for; what both need to stand is there in the end."""
        with RawServer() as early, RawServer() as late:
            early.muted = True
            agent = self.start_agent({"late": {"uri": late.uri, "lifetime": 300, "priority": 2},
                                      "early": {"uri": early.uri, "lifetime": 300, "priority": 1}})
            early.expect(lambda r: r.message.path == "/rd", what="Register with the first")
            self.assertEqual(late.received(lambda r: r.message.path == "/rd"), [])
            early.muted = False
            first = early.expect(lambda r: r.message.path == "/rd", since=early.mark(), what="the same once more")
            late.wait_register(agent.endpoint)
            second = late.received(lambda r: r.message.path == "/rd")[0]
            self.assertGreater(second.time, first.time)


class TestApart(TwoServerCase):
    def test_registrations(self):
        self.assertEqual([self.clients[s].lifetime for s in (self.first, self.second)], [300, 600])
        for server in (self.first, self.second):
            self.assertTrue(any(link.startswith("</2/0>") for link in self.clients[server].links))

    def test_attributes_and_observations(self):
        path = f"/{OBJECT}/0/120"
        self.ask(self.first, PUT, path, "2.04", format=TEXT, payload=b"0")
        self.ask(self.first, PUT, path, "2.04", query=["pmin=0"])
        self.ask(self.second, PUT, path, "2.04", query=["gt=1000"])
        self.assertIn(b"pmin=0", self.ask(self.first, GET, path, "2.05", accept=LINKS).payload)
        self.assertNotIn(b"pmin", self.ask(self.second, GET, path, "2.05", accept=LINKS).payload)
        tokens = {s: s.observe(self.clients[s], path).token for s in (self.first, self.second)}
        self.ask(self.first, PUT, path, "2.04", format=TEXT, payload=b"500")
        self.wait_told(self.first, tokens[self.first], b"500")
        self.ask(self.first, PUT, path, "2.04", format=TEXT, payload=b"1500")
        self.wait_told(self.second, tokens[self.second], b"1500")
        self.assertFalse(self.was_told(self.second, tokens[self.second], b"500"))
        # One server that cancels takes nothing from the other.
        message = coap.request(GET, path, observe=1)
        message.token = tokens[self.first]
        self.assert_code(self.first.ask(message, self.clients[self.first].address), "2.05")
        self.ask(self.first, PUT, path, "2.04", format=TEXT, payload=b"900")
        self.wait_told(self.second, tokens[self.second], b"900")
        self.assertFalse(self.was_told(self.first, tokens[self.first], b"900"))


class TestRights(TwoServerCase):
    def test_rule_40_equal_by_default(self):
        for server in (self.first, self.second):
            self.ask(server, PUT, f"/{OBJECT}/0/120", "2.04", format=TEXT, payload=b"7")
            self.assertEqual(self.ask(server, GET, f"/{OBJECT}/0/120", "2.05", accept=TEXT).payload, b"7")

    def test_rule_40_accounts_are_private(self):
        self.ask(self.first, GET, "/1/0", "2.05")
        self.ask(self.first, GET, "/1/1", "4.01")
        self.ask(self.second, GET, "/1/0", "4.01")
        self.assertNotIn(b"/1/0", self.ask(self.second, GET, "/1", "2.05", accept=SENML_JSON).payload)
        self.ask(self.second, POST, "/1/0/4", "4.01")

    def test_rule_40_only_the_owner_grants(self):
        path = self.entry(OBJECT, 0)
        self.ask(self.second, PUT, f"{path}/3", "4.01", format=TEXT, payload=b"102")
        self.ask(self.first, DELETE, path, "4.01")
        self.ask(self.first, POST, "/2", "4.01", format=SENML_JSON, payload=b"[]")
        self.grant(path, 102, 1)
        self.ask(self.second, GET, f"/{OBJECT}/0/120", "2.05")
        self.ask(self.second, PUT, f"/{OBJECT}/0/120", "4.01", format=TEXT, payload=b"8")
        self.ask(self.first, PUT, f"{path}/2/102", "4.00", format=TEXT, payload=b"32")

    def test_rule_40_lost_right_ends_observation(self):
        subject = f"/{OBJECT}/0/120"
        token = self.second.observe(self.clients[self.second], subject).token
        self.grant(self.entry(OBJECT, 0), 102, 2)
        self.ask(self.first, PUT, subject, "2.04", format=TEXT, payload=b"999")
        self.wait_told(self.second, token, b"", "4.01")

    def test_rule_40_created_is_owned(self):
        created = self.ask(self.second, POST, f"/{OBJECT}", "2.01")
        path = created.location
        iid = int(path.rsplit("/", 1)[1])
        self.ask(self.first, GET, path, "4.01")
        self.ask(self.first, DELETE, path, "4.01")
        self.ask(self.second, GET, path, "2.05")
        self.assertEqual(self.ask(self.first, GET, f"{self.entry(OBJECT, iid)}/3", "2.05").payload, b"102")
        self.ask(self.second, DELETE, path, "2.02")

    def fetch(self, server, *paths, **parts):
        """The values that a Read-Composite brings, by path."""
        names = json.dumps([{"n": path} for path in paths]).encode()
        answer = self.ask(server, coap.FETCH, "/", "2.05", format=SENML_JSON, accept=SENML_JSON, payload=names, **parts)
        return self.values(answer), answer.token

    @staticmethod
    def values(message):
        base, found = "", {}
        for record in json.loads(message.payload):
            base = record.get("bn", base)
            found[base + record.get("n", "")] = next(v for k, v in record.items() if k.startswith("v"))
        return found

    def test_rule_40_composite(self):
        """A Read leaves out what this server may not read; a Write is of all or of nothing; an observation goes on."""
        number, text, minimum = f"/{OBJECT}/0/120", f"/{OBJECT}/0/110", "/1/1/2"
        self.grant(self.entry(OBJECT, 0), 102, 1)
        read, token = self.fetch(self.second, number, text, minimum, "/1/0/2", "/2", observe=0)
        self.assertEqual([path for path in read if not path.startswith("/2/")], [number, text, minimum])
        self.assertNotIn("/1/0/2", read)
        self.assertIn("/1/0/2", self.fetch(self.first, "/1/0/2", minimum)[0])
        self.assertEqual({path.split("/")[2] for path in self.fetch(self.second, "/1")[0]}, {"1"})
        for order in (1, -1):
            records = [{"n": minimum, "v": 7}, {"n": number, "v": 7}][::order]
            self.ask(self.second, coap.IPATCH, "/", "4.01", format=SENML_JSON, payload=json.dumps(records).encode())
        self.assertEqual(self.fetch(self.second, number, minimum)[0], {p: read[p] for p in (number, minimum)})
        self.grant(self.entry(OBJECT, 0), 102, 2)
        self.ask(self.second, coap.IPATCH, "/", "2.04", format=SENML_JSON, payload=json.dumps(records).encode())
        self.assertEqual(self.fetch(self.second, number, minimum)[0], {minimum: 7})
        self.assertEqual(self.fetch(self.first, number)[0], {number: 7})
        self.second.expect(lambda r: r.message.token == token and r.message.status == "2.05" and
                           r.message.get(coap.OBSERVE) and {**read, **self.values(r.message)}[minimum] == 7 and
                           number not in self.values(r.message), what="notification of what may be read")

    def test_kept_by_a_restart(self):
        self.grant(self.entry(OBJECT, 0), 102, 1)
        self.agent.stop()
        marks = {server: server.mark() for server in self.clients}
        self.agent.start()
        for server in self.clients:
            self.clients[server] = server.wait_register(self.agent.endpoint, timeout=20, since=marks[server])
        self.ask(self.second, PUT, f"/{OBJECT}/0/120", "4.01", format=TEXT, payload=b"8")
        self.ask(self.second, GET, f"/{OBJECT}/0/120", "2.05")


class TestConfigured(TwoServerCase):
    RIGHTS = "R"

    def test_rights(self):
        self.ask(self.second, GET, "/3/0", "2.05")
        self.ask(self.second, POST, "/3/0/12", "4.01")
        self.ask(self.second, PUT, f"/{OBJECT}/0/120", "4.01", format=TEXT, payload=b"8")
        self.ask(self.second, POST, f"/{OBJECT}", "4.01")
        self.ask(self.first, POST, "/3/0/12", "2.04")


if __name__ == "__main__":
    case.main()
