# SPDX-License-Identifier: Apache-2.0
"""Objects of a plugin with Leshan, UDP and DTLS: Create, Delete, Execute, Discover, Observe, 100 KB in blocks."""

import random
import zlib

import case
from case import OBJECT, SINK, LeshanCase


class Objects:
    """connect() is register() or register_psk()."""

    PLUGINS = ["test-object"]
    OPTIONS = {"californium": {"COAP.MAX_RESOURCE_BODY_SIZE": "300000"}}

    def setUp(self):
        self.agent, self.client = self.connect()
        self.ep = self.agent.endpoint

    def instances(self):
        return sorted(self.ok(self.server.read(self.ep, f"/{OBJECT}", format="SENML_CBOR")).content)

    def wait_links(self, present, absent=()):
        """Until an Update has said so."""
        event = self.server.wait_event("updated", ep=self.ep, where=lambda e: e.new_links is not None)
        self.assertLessEqual(set(present), set(event.new_links))
        self.assertFalse(set(absent) & set(event.new_links))

    def test_registered(self):
        self.assertIn(f"/{OBJECT}/0", self.client.instances)

    def test_create_and_delete(self):
        for format in ("TLV", "SENML_JSON", "SENML_CBOR"):
            with self.subTest(format):
                values = {"110": "new", "1120": {"3": 4}, "9999": "unknown: no matter"}
                self.ok(self.server.create(self.ep, OBJECT, values, instance=7, format=format), "2.01")
                self.wait_links([f"</{OBJECT}/7>"])
                content = self.ok(self.server.read(self.ep, f"/{OBJECT}/7")).content
                self.assertEqual((content["110"], content["1120"]), ("new", {"3": 4}))
                self.assertEqual(content["120"], 1024, "what was not given is what it is initially")
                self.assertNotIn("9999", content)
                self.ok(self.server.delete(self.ep, f"/{OBJECT}/7"), "2.02")
                self.wait_links([f"</{OBJECT}/0>"], [f"</{OBJECT}/7>"])
                self.ok(self.server.read(self.ep, f"/{OBJECT}/7"), "4.04")
                self.ok(self.server.delete(self.ep, f"/{OBJECT}/7"), "4.04")

    def test_create_without_id(self):
        """The agent chooses one that is free, and says which."""
        for number in (1, 2):
            answer = self.ok(self.server.create(self.ep, OBJECT, {"110": f"number {number}"}), "2.01")
            self.assertEqual(answer.location.strip("/"), f"{OBJECT}/{number}")
            self.assertEqual(self.ok(self.server.read(self.ep, f"/{OBJECT}/{number}/110")).content, f"number {number}")

    def test_create_in_vain(self):
        """What is wrong makes nothing."""
        before = self.instances()
        for arguments, code in (({"instance": 0, "content": {"110": "there is one"}}, "4.00"),
                                ({"instance": 9, "content": {"110": "refuse"}}, "4.00")):
            for format in ("TLV", "SENML_CBOR"):
                self.ok(self.server.create(self.ep, OBJECT, format=format, **arguments), code)
        self.ok(self.server.create(self.ep, 3, {"14": "+01:00"}, instance=1), "4.05")
        self.ok(self.server.delete(self.ep, "/3/0"), "4.05")
        self.assertEqual(self.instances(), before)
        self.assertEqual(self.server.events("updated", ep=self.ep), [])

    def test_execute(self):
        path = f"/{OBJECT}/0"
        self.ok(self.server.write(self.ep, path + "/110", "changed"), "2.04")
        self.ok(self.server.execute(self.ep, path + "/2"), "2.04")
        self.assertEqual(self.ok(self.server.read(self.ep, path + "/110")).content, "")
        self.ok(self.server.execute(self.ep, path + "/0"), "2.04")
        self.assertEqual(self.ok(self.server.read(self.ep, path + "/110")).content, "initial value")
        self.ok(self.server.execute(self.ep, path + "/3", "0='with',1='arguments',2"), "2.04")
        self.assertEqual(self.ok(self.server.read(self.ep, path + "/4")).content,
                         {"0": "with", "1": "arguments", "2": ""})
        self.ok(self.server.execute(self.ep, path + "/110"), "4.05")
        self.ok(self.server.execute(self.ep, path + "/77"), "4.04")

    def test_discover(self):
        links = self.ok(self.server.discover(self.ep, f"/{OBJECT}")).links
        self.assertLessEqual({f"</{OBJECT}>", f"</{OBJECT}/0>", f"</{OBJECT}/0/110>", f"</{OBJECT}/0/2>"}, set(links))
        links = self.ok(self.server.discover(self.ep, f"/{OBJECT}/0")).links
        self.assertIn(f"</{OBJECT}/0/1110>;dim=1", links)
        self.assertIn(f"</{OBJECT}/0/110>", self.ok(self.server.discover(self.ep, f"/{OBJECT}/0/110")).links)
        self.ok(self.server.discover(self.ep, f"/{OBJECT}/5"), "4.04")
        self.ok(self.server.discover(self.ep, f"/{OBJECT}/0/99"), "4.04")

    def test_attributes(self):
        path = f"/{OBJECT}/0/120"
        self.ok(self.server.write_attributes(self.ep, path, {"pmin": 1, "pmax": 30}), "2.04")
        self.assertIn(f"<{path}>;pmin=1;pmax=30", self.ok(self.server.discover(self.ep, path)).links)
        self.ok(self.server.write_attributes(self.ep, path, {"pmax": None}), "2.04")
        self.assertIn(f"<{path}>;pmin=1", self.ok(self.server.discover(self.ep, path)).links)

    def test_observe(self):
        path = f"/{OBJECT}/0/120"
        seen = self.ok(self.server.observe(self.ep, path, format="SENML_CBOR"))
        self.assertEqual(seen.content, 1024)
        for value in (5, -6, 2**40):
            self.ok(self.server.write(self.ep, path, value), "2.04")
            event = self.server.wait_event("notification", ep=self.ep, observation=seen.observation)
            self.assertEqual((event.content, event.path, event.format), (value, path, 112))
        self.ok(self.server.cancel(self.ep, path=path, active=True))
        # Passively: the next notification is reset, and there is none after it.
        whole = self.ok(self.server.observe(self.ep, f"/{OBJECT}", format="TLV"))
        self.ok(self.server.write(self.ep, path, 7), "2.04")
        event = self.server.wait_event("notification", ep=self.ep)
        self.assertEqual((event.observation, event.content["0"]["120"]), (whole.observation, 7))
        self.server.cancel(self.ep, observation=whole.observation)
        last = self.ok(self.server.observe(self.ep, path))
        for value in (8, 9):
            self.ok(self.server.write(self.ep, path, value), "2.04")
            self.server.wait_event("notification", ep=self.ep, observation=last.observation, content=value)
        self.assertEqual(self.server.events("notification", ep=self.ep), [])

    def test_observed_instance_goes(self):
        self.ok(self.server.create(self.ep, OBJECT, {"110": "new"}, instance=7), "2.01")
        seen = self.ok(self.server.observe(self.ep, f"/{OBJECT}", format="SENML_CBOR"))
        self.ok(self.server.delete(self.ep, f"/{OBJECT}/7"), "2.02")
        event = self.server.wait_event("notification", ep=self.ep, observation=seen.observation,
                                       where=lambda e: "7" not in e.content)
        self.assertIn("0", event.content)


    def test_large(self):
        """Californium cuts and joins by itself."""
        path, bytes_ = f"/{OBJECT}/0/150", random.Random(1).randbytes(100 * 1024)
        for size in (len(bytes_), 1024, 1025):
            value = bytes_[:size].hex()
            for format in ("OPAQUE", "SENML_CBOR", "SENML_JSON", "TLV", "CBOR", "TEXT"):
                with self.subTest(format=format, size=size):
                    self.ok(self.server.write(self.ep, path, value, format=format, timeout=60), "2.04")
                    answer = self.ok(self.server.read(self.ep, path, format=format, timeout=60))
                    self.assertEqual(answer.content, value)
        self.ok(self.server.write(self.ep, f"/{SINK}/0/0", bytes_.hex(), format="OPAQUE", timeout=60), "2.04")
        self.assertEqual(self.ok(self.server.read(self.ep, f"/{SINK}/0/2")).content, zlib.adler32(bytes_))


class TestUdp(Objects, LeshanCase):
    def connect(self):
        return self.register()


class TestDtls(Objects, LeshanCase):
    def connect(self):
        return self.register_psk()


if __name__ == "__main__":
    case.main()
