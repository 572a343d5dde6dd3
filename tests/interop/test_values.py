# SPDX-License-Identifier: Apache-2.0
"""Every data type in every format, both ways and at every level: what Leshan writes is what it reads."""

import time

import case
from case import OBJECT, LeshanCase

FORMATS = {"TEXT": 0, "OPAQUE": 42, "CBOR": 60, "TLV": 11542, "SENML_JSON": 110, "SENML_CBOR": 112}
SINGLE = {  # values that have something special about them, by resource
    110: ("", "plain", "h\u00e4ll\u00f6 \u20ac \U0001f600", "\"quoted\" \\ / \n\t", "x" * 1000),
    120: (0, 1, -1, 127, -128, 128, 32767, -32769, 2147483647, -2147483648, 2147483648, 2**53 + 1, 2**63 - 1, -2**63),
    125: (0, 255, 65536, 2147483647, 2**63, 2**64 - 1),
    130: (0.0, 1.0, -2.5, 3.14159, 1e-300, 1.7976931348623157e308, 16777217.0),
    140: (True, False),
    150: ("00", "00ff10", "ab" * 500),
    160: (0, 1, 1700000000, 4102444800),
    170: ("3:0", "0:0", "65535:65535"),
    180: ("</3/0>", "</3442>;ver=1.0,</5>"),
}
NOT_BY_PEER = {
    # M15 takes the first bit of an Unsigned Integer for a sign, and writes a Time in 4 bytes.
    ("TLV", 125, 255), ("TLV", 160, 4102444800),
    # Not by ours: integers of jansson, which reads JSON, end here. Refused, not rounded.
    ("SENML_JSON", 125, 2**63), ("SENML_JSON", 125, 2**64 - 1),
}
MULTIPLE = {
    1110: {"0": "zero", "7": "seven"}, 1120: {"0": -5, "300": 5}, 1125: {"1": 1, "2": 2**63 - 1}, 1130: {"0": 0.5},
    1140: {"0": True, "1": False}, 1150: {"3": "0102", "4": "ff"}, 1160: {"0": 1700000000},
    1170: {"0": "3:0", "1": "1:0"},
}


class ValueCase(LeshanCase):
    PLUGINS = ["test-object"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.start_for_class()

    @classmethod
    def start_for_class(cls):
        agent = case.Agent({"uri": f"coap://127.0.0.1:{cls.server.coap}", "lifetime": 300}, cls.PLUGINS)
        cls.addClassCleanup(agent.close)
        cls.server.wait_event("registered", ep=agent.endpoint, timeout=20)
        agent.wait_log(": registered with ")
        return agent

    def path(self, *ids):
        return "/" + "/".join(str(i) for i in (OBJECT, 0, *ids))

    def write(self, path, value, format, code="2.04", **more):
        return self.ok(self.server.write(self.agent.endpoint, path, value, format=format, **more), code)

    def read(self, path, format, code="2.05"):
        answer = self.ok(self.server.read(self.agent.endpoint, path, format=format), code)
        if code == "2.05":
            self.assertEqual(answer.format, FORMATS[format])
        return answer.get("content")

    def setUp(self):
        self.ok(self.server.execute(self.agent.endpoint, self.path(0)), "2.04")  # Reset values


class TestRoundTrips(ValueCase):
    def test_single(self):
        for format in FORMATS:
            for rid, values in SINGLE.items():
                if format == "OPAQUE" and rid != 150:
                    continue
                for value in values:
                    if (format, rid, value) in NOT_BY_PEER:
                        continue
                    with self.subTest(format, rid=rid, value=value):
                        path = self.path(rid)
                        self.write(path, value, format)
                        self.assertEqual(self.read(path, format), value)

    def test_between_formats(self):
        """The value is the same whatever it is written and read in."""
        for written in FORMATS:
            for rid, value in ((110, "\u20ac"), (120, -70000), (130, 1.5), (140, True), (150, "00ff"),
                               (160, 1700000000), (170, "3:0")):
                if written == "OPAQUE" and rid != 150:
                    continue
                self.write(self.path(rid), value, written)
                for read in FORMATS:
                    if read == "OPAQUE" and rid != 150:
                        self.read(self.path(rid), read, "4.06")
                        continue
                    with self.subTest(written=written, read=read, rid=rid):
                        self.assertEqual(self.read(self.path(rid), read), value)

    def test_multiple(self):
        for format in ("TLV", "SENML_JSON", "SENML_CBOR"):
            for rid, values in MULTIPLE.items():
                with self.subTest(format, rid=rid):
                    self.write(self.path(rid), values, format)
                    self.assertEqual(self.read(self.path(rid), format), values)

    def test_resource_instances(self):
        for format in FORMATS:
            for rid, values in MULTIPLE.items():
                if format == "OPAQUE" and rid != 1150:
                    continue
                with self.subTest(format, rid=rid):
                    self.write(self.path(rid), values, "SENML_CBOR")
                    for riid, value in values.items():
                        self.assertEqual(self.read(self.path(rid, riid), format), value)
                        self.write(self.path(rid, riid), next(iter(values.values())), format)
                    written = set(map(str, self.read(self.path(rid), "TLV").values()))
                    self.assertEqual(written, {str(next(iter(values.values())))})


class TestLevels(ValueCase):
    def test_read(self):
        """Object, instance, resource and resource instance; one value is all that text, opaque and CBOR can hold."""
        for format in FORMATS:
            levels = {}
            for path in (f"/{OBJECT}", self.path(), self.path(1110), self.path(1110, 0), self.path(110),
                         self.path(150)):
                answer = self.server.read(self.agent.endpoint, path, format=format)
                levels[path] = answer.get("content") if answer.code == "2.05" else answer.code
            with self.subTest(format):
                whole = format in ("TLV", "SENML_JSON", "SENML_CBOR")
                instance = levels[self.path()]
                self.assertEqual(levels[f"/{OBJECT}"], {"0": instance} if whole else "4.06")
                self.assertEqual(levels[self.path(1110)], {"0": "initial value"} if whole else "4.06")
                self.assertEqual(levels[self.path(1110, 0)], "4.06" if format == "OPAQUE" else "initial value")
                self.assertEqual(levels[self.path(110)], "4.06" if format == "OPAQUE" else "initial value")
                self.assertEqual(levels[self.path(150)], "0123456789abcdef")
                if whole:
                    self.assertEqual((instance["110"], instance["1110"]["0"], instance["170"]),
                                     ("initial value", "initial value", "3:0"))

    def test_default_formats(self):
        """Without Accept: what fits."""
        for path, format in ((f"/{OBJECT}", 112), (self.path(), 112), (self.path(1110), 112), (self.path(110), 0),
                             (self.path(1110, 0), 0), (self.path(150), 42)):
            self.assertEqual(self.ok(self.server.read(self.agent.endpoint, path)).format, format)

    def test_replace(self):
        """PUT: a multiple resource has what was written and no more."""
        for format in ("TLV", "SENML_JSON", "SENML_CBOR"):
            with self.subTest(format):
                self.write(self.path(1120), {"0": 1, "1": 2, "2": 3}, format)
                self.write(self.path(1120), {"1": 20}, format)
                self.assertEqual(self.read(self.path(1120), format), {"1": 20})
                self.write(self.path(), {"110": "all", "120": 5, "1110": {"4": "four"}}, format)
                now = self.read(self.path(), format)
                self.assertEqual((now["110"], now["120"], now["1110"]), ("all", 5, {"4": "four"}))

    def test_update(self):
        """POST: what is not named stays."""
        for format in ("TLV", "SENML_JSON", "SENML_CBOR"):
            with self.subTest(format):
                self.setUp()
                before = self.read(self.path(), format)
                self.write(self.path(1120), {"0": 1, "1": 2}, format)
                self.write(self.path(), {"110": "some", "1120": {"1": 20, "2": 30}}, format, update=True)
                now = self.read(self.path(), format)
                self.assertEqual((now["110"], now["1120"]), ("some", {"0": 1, "1": 20, "2": 30}))
                self.assertEqual({k: v for k, v in now.items() if k not in ("110", "1120")},
                                 {k: v for k, v in before.items() if k not in ("110", "1120")})


class TestDevice(ValueCase):
    def test_device(self):
        """The machine this runs on, in all formats that hold it."""
        told = [self.ok(self.server.read(self.agent.endpoint, "/3/0", format=format))
                for format in ("TLV", "SENML_JSON", "SENML_CBOR")]
        for answer in told:
            content = answer.content
            self.assertEqual(content["11"], {"0": 0})
            self.assertRegex(content["14"], r"^[+-][0-9]{2}:[0-9]{2}$|^UTC")
            self.assertEqual(answer.types["/3/0/13"], "TIME")
            self.assertGreater(content["21"], content["10"])
            self.assertLessEqual(abs(content["13"] - time.time()), 5)

    def test_configured(self):
        device = {"manufacturer": "M\u00fcller & S\u00f6hne", "model_number": "m-1", "serial_number": "0815",
                  "device_type": "gateway", "hardware_version": "B"}
        agent, client = self.register(device=device)
        for number, key in zip((0, 1, 2, 17, 18), device):
            self.assertEqual(self.ok(self.server.read(agent.endpoint, f"/3/0/{number}")).content, device[key])


if __name__ == "__main__":
    case.main()
