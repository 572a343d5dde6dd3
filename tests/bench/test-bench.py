# SPDX-License-Identifier: Apache-2.0
"""The bench finds what is true of a client that is known: its built-in one. No time is asserted."""

import json
import subprocess
import sys
import unittest

PROGRAM = None
PHASES = "reg,mem,idle,get,win,read,discover,put,observe"
QUICK = ["--port", "0", "--requests", "50", "--idle", "1", "--settle", "0", "--put-mib", "0.0625", "--observe", "1"]
KEYS = {
    "register": {"latency", "latency_max", "payload", "rss", "rss_max"},
    "idle": {"voluntary_switches", "involuntary_switches", "cpu", "updates"},
    "get": {"rate", "cpu", "p50", "p99", "max", "w1.rate", "w1.cpu", "w8.rate", "w8.cpu", "w64.rate", "w64.cpu"},
    "read": {f"{name}.{key}" for name in ("tlv", "senml_cbor", "senml_json") for key in ("rate", "cpu")},
    "discover": {"rate", "cpu"},
    "put": {"rate", "cpu", "peak_growth", "code"},
    "observe": {"established", "idle_cpu", "notifications"},
    "total": {"requests", "retransmits"},
}


def bench(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def figures(*arguments):
    done = bench(*QUICK, "--null-client", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestBench(unittest.TestCase):
    def test_all_phases(self):
        found = figures("--phases", PHASES, "--label", 'a "b"')
        self.assertEqual(found["label"], 'a "b"')
        for group, keys in KEYS.items():
            self.assertEqual({key.removeprefix(group + ".") for key in found if key.startswith(group + ".")}, keys)
        self.assertEqual(found["register.payload"], len("</1/0>,</3/0>"))
        self.assertEqual(found["idle.voluntary_switches"], 0)
        self.assertEqual(found["put.code"], 2.04)
        # Eight kinds of reads, each with as many to warm up; 64 blocks; a Discover for something to observe.
        self.assertEqual(found["total.requests"], 8 * 2 * 50 + 64 + 1)
        self.assertEqual(found["total.retransmits"], 0)

    def test_phases_are_chosen(self):
        self.assertEqual({key.split(".")[0] for key in figures("--phases", "discover")}, {"label", "discover", "total"})

    def test_message_ids_come_round(self):
        ids = 65536 - 200  # of warm-up
        for requests, expect in ((ids, False), (ids + 1, True)):
            done = bench(*QUICK, "--null-client", "--phases", "win", "--windows", "64", "--requests", str(requests))
            self.assertEqual("came round" in done.stdout, expect)

    def test_client_that_fails(self):
        for command, reason in (("/nonexistent", "Cannot start the client"),
                                ("true", "ended before it had registered")):
            done = bench("--port", "0", "--", command)
            self.assertEqual(done.returncode, 1)
            self.assertIn(reason, done.stderr)
        done = bench("--port", "0", "--timeout", "1", "--", "sleep", "60")
        self.assertIn("not registered within 1 s", done.stderr)

    def test_options(self):
        for wrong in (["--requests", "0"], ["--requests", "x"], ["--block", "48"], ["--windows", "1,,2"],
                      ["--port", "1.5"], ["--create-payload", "0g"], ["--nonsense"], []):
            done = bench(*wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""), wrong)
            self.assertIn("Usage: lwm2m-bench", done.stderr)
        self.assertIn("--put-path", bench("--help").stdout)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
