# SPDX-License-Identifier: Apache-2.0
"""[metrics]: what was counted, over a socket and in a file, as requests are made and a plugin dies. Raw peer."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import case
import prometheus
from case import OBJECT, AgentCase
from coap import PUT, TEXT
from peer import RawServer
from prometheus import get, has


def ask(path, request=b"GET /metrics HTTP/1.0\r\n\r\n"):
    """(status line, headers, body) of an answer that ends with the connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(request)
        data = b""
        while piece := connection.recv(65536):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    return status, dict(line.split(": ", 1) for line in headers), body


class MetricsCase(AgentCase):
    PLUGINS = "test-object",

    def setUp(self):
        self.need_plugins(*self.PLUGINS)
        self.server = RawServer()
        self.addCleanup(self.server.close)
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-metrics-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.socket, self.file = self.folder / "metrics.sock", self.folder / "agent.prom"

    def start(self, keys, name="main"):
        agent = self.start_agent(start=False)
        agent.write_config({name: {"uri": self.server.uri, "lifetime": 300}}, self.PLUGINS)
        with agent.config.open("a") as config:
            config.write("\n[metrics]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()))
        agent.start()
        client = self.server.wait_register(agent.endpoint, timeout=20)
        agent.wait_log(": registered with")
        return agent, client

    def scrape(self):
        status, headers, body = ask(self.socket)
        self.assertEqual(status, "HTTP/1.0 200 OK")
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(int(headers["Content-Length"]), len(body))
        return prometheus.parse(body.decode())

    def wait_scrape(self, condition, what, timeout=20):
        end = time.monotonic() + timeout
        while not condition(samples := self.scrape()):
            self.assertLess(time.monotonic(), end, f"{what}: {samples}")
            time.sleep(0.05)
        return samples


class TestNumbers(MetricsCase):
    def test_requests(self):
        _, client = self.start({"socket": self.socket})
        before = self.scrape()
        self.assertEqual(get(before, "registered", server="main"), 1)
        self.assertEqual(get(before, "registrations_total"), 1)
        self.assertEqual(get(before, "registration_state"), 1)
        self.assertEqual(get(before, "registration_state", state="registered"), 1)
        self.assertFalse(has(before, "requests_total"))
        self.assertEqual(get(before, "build_info"), 1)
        self.assertLess(abs(get(before, "start_time_seconds") - time.time()), 60)
        for path, count in ("/1/0/1", 3), ("/3/0/99", 2):
            for _ in range(count):
                self.server.read(client, path)
        self.server.write(client, f"/{OBJECT}/0/120", b"7")
        self.server.write(client, f"/{OBJECT}/0/120", b"seven")
        self.server.request(client, PUT, f"/{OBJECT}/0/120", query=["pmin=0"])
        token = self.server.observe(client, f"/{OBJECT}/0/120", TEXT).token
        since = self.server.mark()
        self.server.write(client, f"/{OBJECT}/0/120", b"8")
        self.server.wait_notification(token, since=since)
        after = self.scrape()
        counts = {(operation, code): get(after, "requests_total", server="main", operation=operation, code=code)
                  for operation in ("read", "write", "write_attributes", "observe")
                  for code in ("2.04", "2.05", "4.00", "4.04")}
        self.assertEqual({key: count for key, count in counts.items() if count},
                         {("read", "2.05"): 3, ("read", "4.04"): 2, ("write", "2.04"): 2, ("write", "4.00"): 1,
                          ("write_attributes", "2.04"): 1, ("observe", "2.05"): 1})
        self.assertEqual(get(after, "observations", server="main"), 1)
        self.assertEqual(get(after, "notifications_total", confirmable="false"), 1)
        self.assertEqual(get(after, "notifications_total", confirmable="true"), 0)
        for way in "sent", "received":
            grown = get(after, f"{way}_bytes_total") - get(before, f"{way}_bytes_total")
            self.assertTrue(10 * 30 <= grown <= 10 * 200, (way, grown))

    def test_plugin(self):
        agent, _ = self.start({"socket": self.socket})
        before = self.scrape()
        self.assertEqual(get(before, "plugin_running", plugin="test-object"), 1)
        self.assertEqual(get(before, "plugin_restarts_total", plugin="test-object"), 0)
        children = Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        self.wait_scrape(lambda now: get(now, "plugin_running") == 0, "it died")
        self.wait_scrape(lambda now: get(now, "plugin_running") == 1, "it is back")
        self.assertEqual(get(self.scrape(), "plugin_restarts_total", plugin="test-object"), 1)

    def test_name_of_a_plugin(self):
        """A file may have any name."""
        name = 'a "b" \\n'
        agent, _ = self.start({"socket": self.socket})
        (agent.folder / "plugins.d" / f"{name}.conf").write_text("[plugin]\nenabled = no\n")
        agent.signal(signal.SIGHUP)
        agent.wait_log(": registration updated")
        self.assertTrue(has(self.scrape(), "plugin_running", plugin=name))

    def test_retries(self):
        """The server takes nobody, then loses us."""
        agent = self.start_agent(start=False)
        self.server.register_code = "4.03"
        agent.write_config({"uri": self.server.uri, "retry_timer": 1})
        with agent.config.open("a") as config:
            config.write(f"\n[metrics]\nsocket = {self.socket}\n")
        agent.start()
        agent.wait_log("next try in")
        samples = self.wait_scrape(lambda now: get(now, "registration_retries_total", server="main") >= 1, "a retry")
        self.assertEqual(get(samples, "registered"), 0)
        self.assertEqual(get(samples, "registration_state", state="registered"), 0)
        self.assertEqual(get(samples, "registrations_total"), 0)
        self.server.register_code = "2.01"
        agent.wait_log(": registered with")
        self.server.forget_clients()
        agent.signal(signal.SIGHUP)
        agent.wait_log(": registered with", count=2)
        samples = self.scrape()
        self.assertEqual(get(samples, "registration_losses_total"), 1)
        self.assertEqual(get(samples, "registrations_total"), 1)

    def test_promtool(self):
        """What Prometheus itself has to say about names and types."""
        if not (promtool := shutil.which("promtool")):
            self.skipTest("promtool is not installed")
        self.start({"socket": self.socket})
        done = subprocess.run([promtool, "check", "metrics"], input=ask(self.socket)[2], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))


class TestSocket(MetricsCase):
    def test_curl(self):
        if not (curl := shutil.which("curl")):
            self.skipTest("curl is not installed")
        self.start({"socket": self.socket})
        done = subprocess.run([curl, "--silent", "--fail", "--unix-socket", str(self.socket), "http://localhost/metrics"],
                              capture_output=True, check=True, timeout=20)
        self.assertEqual(get(prometheus.parse(done.stdout.decode()), "registered"), 1)

    def test_life(self):
        """Who may connect; it goes with the agent, comes back with a reload, and takes the place of a leftover."""
        with socket.socket(socket.AF_UNIX) as leftover:
            leftover.bind(str(self.socket))
        agent, _ = self.start({"socket": self.socket})
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o666)
        agent.signal(signal.SIGHUP)
        agent.wait_log("Taking over the configuration")
        agent.wait_log(": registration updated")
        self.assertEqual(get(self.scrape(), "registered"), 1)
        agent.stop()
        self.assertFalse(self.socket.exists())

    def test_in_the_way(self):
        """Not a reason to end."""
        self.socket.write_text("precious")
        agent, _ = self.start({"socket": self.socket})
        agent.wait_log("Metrics are not served at .*metrics.sock: File exists")
        agent.stop()
        self.assertEqual(self.socket.read_text(), "precious")


class TestFile(MetricsCase):
    def wait_file(self, condition, what, timeout=20):
        end = time.monotonic() + timeout
        while True:
            samples = prometheus.parse(self.file.read_text())
            if condition(samples):
                return
            self.assertLess(time.monotonic(), end, f"{what}: {samples}")
            time.sleep(0.05)

    def test_file(self):
        agent, client = self.start({"file": self.file, "interval": 1})
        self.wait_file(lambda now: get(now, "registered") == 1, "registered")
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o644)
        self.server.read(client, "/1/0/1")
        self.wait_file(lambda now: get(now, "requests_total", operation="read", code="2.05") == 1, "one request")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["agent.prom"])
        agent.stop()
        self.assertEqual(list(self.folder.iterdir()), [])


class TestOff(MetricsCase):
    def test_nothing(self):
        self.start({})
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_wrong_keys(self):
        agent = self.start_agent(start=False)
        for keys, said in (("socket = metrics.sock", "socket has to be the path of a socket, from / on"),
                           ("socket = /" + "x" * 107, "at most 107 bytes"),
                           ("file = /tmp/metrics.txt", "file has to be the path of a file NAME.prom, from / on"),
                           ("interval = 0", "interval has to be a number of seconds from 1 to 86400"),
                           ("sockets = /x", "unknown key 'sockets' in [metrics]; is it 'socket'?")):
            agent.write_config({"uri": self.server.uri})
            with agent.config.open("a") as config:
                config.write(f"\n[metrics]\n{keys}\n")
            code, output = agent.run_to_end()
            self.assertEqual(code, 1)
            self.assertIn(said, output)


if __name__ == "__main__":
    case.main()
