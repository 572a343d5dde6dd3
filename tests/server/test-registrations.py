# SPDX-License-Identifier: Apache-2.0
"""Register, Update, De-register, lifetimes, Send, who gets told; limits on what clients can make us keep."""

import unittest

from fixtures import LINKS, Client, Message, Server, ServerCase, coap, wait_until


class Registrations(ServerCase):

    def listed(self, endpoint):
        return [c for c in self.server.ctl_json("list") if c["endpoint"] == endpoint]

    def test_register_and_deregister(self):
        device = self.client()
        self.assertRegex(device.location, r"^/rd/[a-z2-7]{16}$")
        listed, = self.listed(device.endpoint)
        self.assertEqual((listed["address"], listed["version"], listed["binding"]),
                         (f"127.0.0.1:{device.port}", "1.1", "U"))
        self.assertEqual(device.deregister().status, "2.02")
        self.assertEqual(self.listed(device.endpoint), [])
        self.assertEqual(device.deregister().status, "4.04")

    def test_parameters(self):
        device = self.client(register=False)
        device.register(lwm2m="1.2", lt="0", b="UT", Q=None, sms="4915100000000", extra="x")
        listed, = self.listed(device.endpoint)
        self.assertEqual((listed["version"], listed["queue"], listed["sms"], listed["lifetime"]),
                         ("1.2", True, "4915100000000", 0))
        self.assertNotIn("left", listed)
        self.assertIn("no end", self.server.ctl("list").stdout)
        device.register(lwm2m="1.0", b="UQ", lt=False)
        listed, = self.listed(device.endpoint)
        self.assertEqual((listed["queue"], listed["lifetime"]), (True, 86400))

    def test_wrong_parameters(self):
        device = self.client(register=False)
        bad = [{"ep": False}, {"ep": ""}, {"ep": "a\x1bb"}, {"lt": "x"}, {"lt": "-1"}, {"lt": "99999999999"},
               {"b": "TOOLONGTHING"}, {"links": "no links"}, {"links": "</3/0"}]
        versions = [{"lwm2m": "2.0"}, {"lwm2m": "1.3"}, {"lwm2m": "1"}]
        for wrong, status in [*((w, "4.00") for w in bad), *((w, "4.12") for w in versions)]:
            with self.subTest(wrong):
                self.assertEqual(device.register(**wrong).status, status)
        self.assertEqual(self.listed(device.endpoint), [])

    def test_paths_and_methods(self):
        device = self.client()
        for method, path, status in [(coap.GET, "/rd", "4.05"), (coap.GET, device.location, "4.05"),
                                     (coap.POST, "/x", "4.04"), (coap.POST, "/rd/nobody", "4.04"),
                                     (coap.GET, "/", "4.04"), (coap.GET, "/dp", "4.05")]:
            with self.subTest(path):
                self.assertEqual(device.ask(coap.request(method, path), self.server.address).status, status)

    def test_update_changes_what_it_carries(self):
        device = self.client()
        self.assertEqual(device.update(lt="120", b="UQ").status, "2.04")
        listed, = self.listed(device.endpoint)
        self.assertEqual((listed["lifetime"], listed["queue"], listed["version"]), (120, True, "1.1"))
        self.assertEqual(len(self.server.ctl_json("show", device.endpoint)[0]["objects"]), 3)
        message = coap.request(coap.POST, device.location, format=coap.LINKS, payload=b"</3/0>")
        self.assertEqual(device.ask(message, self.server.address).status, "2.04")
        self.assertEqual(len(self.server.ctl_json("show", device.endpoint)[0]["objects"]), 1)

    def test_same_endpoint_again_replaces(self):
        device, other = self.client("twice"), self.client("twice")
        listed, = self.listed("twice")
        self.assertEqual(listed["address"], f"127.0.0.1:{other.port}")
        self.assertEqual(device.update().status, "4.04")
        self.assertEqual(other.update().status, "2.04")

    def test_update_from_a_new_address(self):
        device, moved = self.client(), self.client("unused", register=False)
        moved.location = device.location
        self.assertEqual(moved.update().status, "2.04")
        moved.values["/3/0/9"] = (coap.TEXT, b"80")
        self.assertEqual(self.server.ctl("read", device.endpoint, "/3/0/9").returncode, 0)
        self.assertEqual(device.requests, [])

    def test_lifetime(self):
        device = self.client(register=False)
        events = self.server.start_ctl("events", "--count", "2")
        self.addCleanup(events.interrupt)
        wait_until(lambda: self.server.ctl("list").returncode == 0, "server")
        device.register(lt="1")
        told = [events.next() for _ in range(2)]
        self.assertEqual([(e["endpoint"], e["event"]) for e in told],
                         [(device.endpoint, "registered"), (device.endpoint, "expired")])
        self.assertGreaterEqual(told[1]["time"] - told[0]["time"], 0.99)
        self.assertEqual(device.update().status, "4.04")

    def test_lost_answer_is_given_again(self):
        device = self.client(register=False)
        message = coap.request(coap.POST, "/rd", ["ep=again", "lt=60", "lwm2m=1.1"], payload=LINKS.encode())
        first = device.ask(message, self.server.address)
        second = device.ask_bytes(message.encode(), self.server.address)
        self.assertEqual(first.location, second.location)
        device.location = first.location
        self.assertEqual(device.update().status, "2.04")

    def test_wait(self):
        waiting = self.server.start_ctl("wait", "late", "--timeout", "20")
        device = self.client("late", register=False)
        done = self.server.ctl("wait", "never", "--timeout", "1")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "lwm2m-server: never did not register within 1 s\n"))
        device.register()
        self.assertEqual(waiting.next()["endpoint"], "late")
        self.assertEqual(waiting.wait(), 0)
        self.assertEqual(self.server.ctl("wait", "late").returncode, 0)

    def test_send(self):
        device = self.client()
        events = self.server.start_ctl("events", "--count", "1")
        self.addCleanup(events.interrupt)
        message = coap.request(coap.POST, "/dp", format=coap.SENML_JSON,
                               payload=b'[{"bn":"/3303/0/","n":"5700","v":21.5},{"n":"5701","vs":"Cel"}]')
        # The same message id again is the same Send: until somebody listens, it takes new ones.
        wait_until(lambda: device.ask(message, self.server.address).status == "2.04" and events.is_over,
                   "event")
        told = events.next()
        self.assertEqual((told["endpoint"], told["event"]), (device.endpoint, "sent"))
        self.assertEqual([(v["path"], v["value"]) for v in told["values"]],
                         [("/3303/0/5700", 21.5), ("/3303/0/5701", "Cel")])
        self.assertEqual(told["values"][0]["unit"], "Cel")
        message = coap.request(coap.POST, "/dp", format=coap.SENML_JSON, payload=b"[{")
        self.assertEqual(device.ask(message, self.server.address).status, "4.00")
        stranger = self.client("stranger", register=False)
        self.assertEqual(stranger.ask(message, self.server.address).status, "4.04")

    def test_object_list_in_blocks(self):
        device = self.client(register=False)
        links = ",".join(f"</3303/{i}>" for i in range(1000))
        message = coap.request(coap.POST, "/rd", [f"ep={device.endpoint}", "lt=60", "lwm2m=1.1"],
                               format=coap.LINKS, payload=links.encode())
        response = device.put_blocks(message, self.server.address)
        self.assertEqual(response.status, "2.01")
        shown, = self.server.ctl_json("show", device.endpoint)
        self.assertEqual(shown["objects"][0]["instances"], list(range(1000)))

    def test_blocks_that_do_not_fit(self):
        device = self.client(register=False)

        def ask(num, more, size=1024):
            message = coap.request(coap.POST, "/rd", [f"ep={device.endpoint}", "lwm2m=1.1"])
            message.payload = b"<" * size
            return device.ask(message.add(coap.BLOCK1, coap.Block(num, more)), self.server.address).status
        self.assertEqual(ask(3, True), "4.08")
        self.assertEqual(ask(0, True), "2.31")
        self.assertEqual(ask(2, True), "4.08")
        self.assertEqual(ask(0, True, 100), "4.08")
        self.assertEqual([ask(n, True) for n in range(65)], ["2.31"] * 64 + ["4.13"])

    def test_many_links(self):
        device = self.client(register=False)
        links = ",".join(f"</1/{i}>" for i in range(5000))
        message = coap.request(coap.POST, "/rd", [f"ep={device.endpoint}", "lwm2m=1.1"], format=coap.LINKS,
                               payload=links.encode())
        self.assertEqual(device.put_blocks(message, self.server.address).status, "4.00")

    def test_garbage(self):
        device = self.client()
        for data in [b"", b"\x40", b"\x40\x02\x00\x01\xff", b"\x4f" + bytes(20), b"\x40\x02\x12\x34\xd0",
                     bytes(range(256)),
                     Message(coap.CON, coap.POST, 7, b"t").add(coap.URI_PATH, "x" * 300).encode(),
                     Message(coap.CON, coap.POST, 8, b"t").add(coap.URI_PATH, "a/b").encode(),
                     Message(coap.CON, coap.POST, 9, b"t").add(coap.BLOCK1, b"\xff\xff\xff\xff").encode(),
                     Message(coap.CON, coap.code("2.05"), 10, b"nobody").encode(),
                     Message(coap.ACK, coap.code("2.05"), 11, b"nobody").encode()]:
            device.send_bytes(data, self.server.address)
        self.assertEqual(device.update().status, "2.04")

    def test_unknown_notification_gets_a_reset(self):
        device = self.client()
        message = Message(coap.CON, coap.code("2.05"), 4711, b"nobody", payload=b"x").add(coap.OBSERVE, 5)
        self.assertEqual(device.ask_bytes(message.encode(), self.server.address).type, coap.RST)


class Restart(unittest.TestCase):

    def test_nothing_survives_a_restart(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        device = Client(server, "device")
        self.addCleanup(device.close)
        device.register()
        server.stop()
        server.listen = ("--coap", f"127.0.0.1:{server.ports['coap']}")
        server.start()
        self.assertEqual(device.update().status, "4.04")
        self.assertEqual(device.register().status, "2.01")

    def test_one_server_a_directory(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        done = server.run("--coap", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Another lwm2m-server uses the data directory", done.stderr)

    def test_port_in_use(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        port = server.ports["coap"]
        done = server.run("--data-dir", server.folder / "other", "--coap", f"127.0.0.1:{port}")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
        self.assertIn("Address already in use", done.stderr)

    def test_wrong_addresses(self):
        server = Server()
        self.addCleanup(server.close)
        for where in ("x", "127.0.0.1:", "127.0.0.1:99999", "::1:5683", "[::1]"):
            done = server.run("--coap", where)
            self.assertEqual(done.returncode, 1, where)
            self.assertIn("Cannot listen at", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
