# SPDX-License-Identifier: Apache-2.0
"""A server is out of reach for a while: what it observes is stored meanwhile, and told with its time when it is back.

The values are UTC offsets (/3/0/14), which a second server writes. The first one is behind a relay that is cut. A reload (SIGHUP) then shows
the agent at once that nobody is there: it asks by an Update whether it is still known.
"""

import json
import shutil
import signal
import subprocess
import tempfile
import time

import case
import coap
from agent import BUILD
from case import AgentCase
from coap import CON, GET, SENML_JSON, TEXT
from peer import RawServer
from relay import Relay

SUBJECT = "/3/0/14"
LAB_SERVER = BUILD / "sdk" / "server" / "lwm2m-server"


def text(value):
    return f"+01:{value}"


def write_one(case, writer, endpoint, value):
    """Until the writer, which observes as well, is told of it: then all observations were looked at."""
    client, token = writer.clients[endpoint], case.watch
    since = writer.mark()
    case.assert_code(writer.write(client, SUBJECT, text(value).encode()), "2.04")
    writer.expect(lambda r: r.message.token == token and r.message.payload == text(value).encode(), since=since)


class HistoryCase(AgentCase):
    """KEYS: more of [server.main]."""

    KEYS = {}

    def setUp(self):
        self.server, self.writer = RawServer(), RawServer()
        self.addCleanup(lambda: self.server.close())
        self.addCleanup(self.writer.close)
        self.line = Relay(self.server.port)
        self.addCleanup(self.line.close)
        self.agent = self.start_agent(
            {"main": {"uri": f"coap://127.0.0.1:{self.line.port}", "lifetime": 600, **self.KEYS},
             "writer": {"uri": self.writer.uri, "lifetime": 600, "rights": "RW"}}, agent={"deregister_on_stop": "no"})
        self.client = self.server.wait_register(self.agent.endpoint)
        self.writer.wait_register(self.agent.endpoint)
        self.agent.wait_log(": registered with ", count=2)
        self.watch = self.writer.observe(self.writer.clients[self.agent.endpoint], SUBJECT, TEXT).token

    def observe(self, accept=SENML_JSON, path=SUBJECT):
        response = self.assert_code(self.server.observe(self.client, path, accept), "2.05")
        self.token, self.since = response.token, self.server.mark()
        return response

    def write(self, *values):
        """Returns [(when, value), …]."""
        written = []
        for value in values:
            write_one(self, self.writer, self.agent.endpoint, value)
            written.append((time.time(), value))
        return written

    def go_offline(self):
        """The first server is out of reach, and the agent knows; the second one hears of it again."""
        self.line.cut = True
        self.restart(lambda: self.agent.signal(signal.SIGHUP))

    def restart(self, how):
        since = self.writer.mark()
        how()
        self.writer.wait_update(since=since, timeout=20)
        self.agent.wait_log("writer: registration updated", timeout=20)

    def told(self):
        """[(time, value), …] of all notifications, in the order in which they were told, each once."""
        told, seen = [], set()
        for r in self.server.received(lambda r: r.message.token == self.token and r.message.is_response
                                      and r.message.get(coap.OBSERVE) is not None, self.since):
            message = r.message
            if message.mid in seen:
                continue
            seen.add(message.mid)
            self.assertEqual(message.get(coap.CONTENT_FORMAT), SENML_JSON)
            pack = json.loads(message.payload)
            self.assertLessEqual(len(message.payload), 1024)
            for record in pack:
                if "t" in record:
                    self.assertEqual(message.type, CON)
                told.append((record.get("t", 0), int(record["vs"].partition(":")[2])))
        return told

    def wait_told(self, *values, timeout=30):
        """These values, as the last ones."""
        self.server.expect(lambda r: [value for _, value in self.told()][-len(values):] == list(values), timeout,
                           self.since, what=f"{values}")
        return self.told()[-len(values):]

    def assert_times(self, told, written):
        """Each has the time when it came about."""
        self.assertEqual([value for _, value in told], [value for _, value in written])
        self.assertEqual(told, sorted(told))
        for (at, _), (when, _) in zip(told, written):
            self.assertAlmostEqual(at, when, delta=2)


class TestAway(HistoryCase):
    def test_cut(self):
        """The line is cut: all that was written has its time, and then all is as ever."""
        self.observe()
        self.write(10)
        self.assertEqual(self.wait_told(10)[0][0], 0, "what is told at once has no time")
        self.go_offline()
        written = self.write(11, 12)
        time.sleep(1.1)  # so that times can be told apart
        written += self.write(13)
        self.line.cut = False
        self.assert_times(self.wait_told(11, 12, 13), written)
        self.write(14)
        self.wait_told(14)

    def test_port_closed(self):
        """The server closes its port, and opens it again with the clients that it had."""
        self.observe()
        old, port = self.server, self.server.port
        old.close()
        self.go_offline()
        self.line.cut = False
        written = self.write(11, 12, 13)
        self.server = RawServer(port=port)
        self.server.clients, self.since = old.clients, 0
        self.assert_times(self.wait_told(11, 12, 13), written)

    def test_other_formats(self):
        """They have no times: the latest value, once."""
        self.observe(TEXT)
        self.go_offline()
        self.write(11, 12, 13)
        self.line.cut = False
        self.server.wait_notification(self.token, 30, self.since)
        self.server.wait_update(since=self.since)
        payloads = {r.message.payload for r in self.server.received(
            lambda r: r.message.token == self.token and r.message.is_response, self.since)}
        self.assertEqual(payloads, {b"+01:13"})

    def test_not_stored(self):
        """1/x/6 is false: the latest value, as one of now."""
        self.observe()
        self.assert_code(self.server.write(self.client, "/1/0/6", b"0"), "2.04")
        self.go_offline()
        self.write(11, 12, 13)
        self.line.cut = False
        self.wait_told(13)
        self.assertEqual(self.told(), [(0, 13)])


class TestBounded(HistoryCase):
    KEYS = {"version": "1.2", "history_size": 400}

    def test_hqmax(self):
        self.assert_code(self.server.request(self.client, coap.PUT, SUBJECT, query=["hqmax=2"]), "2.04")
        self.observe()
        self.go_offline()
        written = self.write(*range(11, 19))
        self.line.cut = False
        self.assert_times(self.wait_told(17, 18), written[-2:])
        self.assertEqual(len(self.told()), 2)
        self.assertEqual(self.agent.count_log("more is stored"), 0)

    def test_bytes(self):
        """The oldest goes, and that is said once."""
        self.observe()
        self.go_offline()
        written = self.write(*range(11, 41))
        self.line.cut = False
        told = self.wait_told(39, 40)
        self.assert_times(told, written[-2:])
        self.assertLess(len(self.told()), 10)
        self.assertEqual(self.agent.count_log("main: more is stored for it than its history_size allows"), 1)


class TestConfirmed(HistoryCase):
    KEYS = {"notification_mode": "con"}

    def test_cut(self):
        """Nothing is lost, though the agent does not know that the line is cut: what is not acknowledged stays."""
        self.observe()
        self.line.cut = True
        written = self.write(11, 12, 13, 14)
        self.line.cut = False
        told = self.wait_told(11, 12, 13, 14)
        self.assertEqual(told[0], (0, 11), "sent at once, and again")
        self.assert_times(told[1:], written[1:])


class TestAsleep(HistoryCase):
    KEYS = {"queue": "yes", "awake_time": 1}

    def test_asleep(self):
        """What comes up in our sleep wakes us; until the server hears of that it is stored."""
        self.observe()
        self.agent.wait_log("main: asleep")
        self.line.cut = True
        written = self.write(11, 12, 13)
        self.line.cut = False
        self.assert_times(self.wait_told(11, 12, 13), written)


class TestKept(HistoryCase):
    KEYS = {"history_sync": 1}

    @property
    def file(self):
        return self.agent.state / "history-101.state"

    def wait_file(self, condition, what, timeout=20):
        end = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(.05)

    def lines(self):
        return self.file.read_bytes().count(b"\n") if self.file.exists() else 0

    def store(self):
        """Three values, written to the disk."""
        self.observe()
        self.go_offline()
        before = self.write(10)
        self.wait_file(lambda: self.lines() > 2, "a state file")
        kept = self.lines()
        written = before + self.write(11, 12)
        self.wait_file(lambda: self.lines() == kept + 2, "three values in the state file")
        return written

    def test_killed(self):
        written = self.store()
        self.agent.kill()
        self.restart(self.agent.start)
        self.line.cut = False
        told = self.wait_all(10, 11, 12)
        self.assert_times(told, written)
        self.wait_file(lambda: not self.file.exists(), "the state file is still there")

    def wait_all(self, *values):
        """These, one after the other; the value of after the restart may follow."""
        def find():
            told = self.told()
            found = [at for at in range(len(told)) if [v for _, v in told[at:at + len(values)]] == list(values)]
            return told[found[0]:found[0] + len(values)] if found else None
        self.server.expect(lambda r: find(), 30, self.since, what=f"{values}")
        return find()

    def test_stopped(self):
        """SIGTERM writes what the interval held back."""
        self.observe()
        self.go_offline()
        written = self.write(10, 11, 12)
        self.agent.stop()
        self.assertGreaterEqual(self.lines(), 5)
        self.restart(self.agent.start)
        self.line.cut = False
        self.assert_times(self.wait_all(10, 11, 12), written)

    def test_damaged(self):
        """Moved aside, said, and nothing else lost: the registration and the observation go on."""
        self.store()
        self.agent.kill()
        damage = self.file.read_bytes()[:-5]
        self.file.write_bytes(damage)
        self.restart(self.agent.start)
        self.assertEqual(self.agent.count_log(f"{self.file} is damaged: going on without it"), 1)
        self.assertEqual(self.file.with_name(self.file.name + ".corrupt").read_bytes(), damage)
        written = self.write(13)
        self.line.cut = False
        self.assert_times(self.wait_told(13), written)
        self.assertEqual(self.agent.count_log("main: registered with"), 0)

    def test_foreign(self):
        """Whole, but of no kind that is known here: said, and left out."""
        self.store()
        self.agent.stop()
        shutil.copy(self.agent.state / "server-101.state", self.file)
        self.restart(self.agent.start)
        self.assertEqual(self.agent.count_log("main: the notifications that were stored for it cannot be used"), 1)
        written = self.write(13)
        self.line.cut = False
        self.assert_times(self.wait_told(13), written)

    def test_without_the_registration(self):
        """It goes with the observations that it belongs to."""
        self.store()
        self.agent.stop()
        (self.agent.state / "server-101.state").unlink()
        self.line.cut = False
        self.restart(self.agent.start)
        self.wait_file(lambda: not self.file.exists(), "the state file is still there")


class TestLabServer(AgentCase):
    """Our own server shows several values of one resource, each with its time."""

    def setUp(self):
        if not LAB_SERVER.exists():
            self.skipTest(f"no {LAB_SERVER}")
        self.data = tempfile.mkdtemp(prefix="lwm2m-server-")
        self.addCleanup(shutil.rmtree, self.data)
        port = case.free_port()
        server = subprocess.Popen([LAB_SERVER, "--data-dir", self.data, "--coap", f"127.0.0.1:{port}"],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.writer, self.line = RawServer(), Relay(port)
        self.addCleanup(self.writer.close)
        self.addCleanup(self.line.close)
        self.agent = self.start_agent(
            {"main": {"uri": f"coap://127.0.0.1:{self.line.port}", "lifetime": 600},
             "writer": {"uri": self.writer.uri, "lifetime": 600, "rights": "RW"}}, agent={"deregister_on_stop": "no"})
        self.writer.wait_register(self.agent.endpoint)
        self.agent.wait_log(": registered with ", timeout=30, count=2)
        self.watch = self.writer.observe(self.writer.clients[self.agent.endpoint], SUBJECT, TEXT).token

    def test_printed(self):
        for format in ("senml-json", "senml-cbor"):
            with self.subTest(format=format):
                self.printed(format)

    def printed(self, format):
        shown = subprocess.Popen([LAB_SERVER, "--data-dir", self.data, "ctl", "observe", self.agent.endpoint, SUBJECT,
                                  "--format", format, "--timeout", "40"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(shown.stdout.close)
        self.addCleanup(shown.wait)
        self.addCleanup(shown.terminate)
        self.assertIn(f"{SUBJECT}  UTC Offset", shown.stdout.readline())
        self.line.cut = True
        since = self.writer.mark()
        self.agent.signal(signal.SIGHUP)
        self.writer.wait_update(since=since)
        for value in (11, 12, 13):
            write_one(self, self.writer, self.agent.endpoint, value)
        self.line.cut = False
        for value in (11, 12, 13):
            line = shown.stdout.readline()
            while line and f"  {text(value)}  " not in line:
                line = shown.stdout.readline()
            self.assertRegex(line, rf"{SUBJECT}  UTC Offset  \{text(value)}  at 20[0-9-]+T[0-9:]+Z$")


if __name__ == "__main__":
    case.main()
