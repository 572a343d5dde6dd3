# SPDX-License-Identifier: Apache-2.0
"""Stops, crashes and restarts of the agent, and what it keeps in its state directory. Raw peer."""

import os
import signal
import socket
import subprocess
import time

import case
import coap
from agent import PROGRAM, Agent
from case import AgentCase
from peer import RawServer


class LifeCase(AgentCase):
    def setUp(self):
        self.server = RawServer()
        self.addCleanup(self.server.close)

    def start(self, **named):
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300}, **named)
        return agent, self.expect_registration(agent)

    def expect_registration(self, agent, since=0, count=1):
        """count: how often its log will have said so."""
        client = self.server.wait_register(agent.endpoint, since=since)
        agent.wait_log("main: registered with", count=count)
        return client

    def restart(self, agent, end=Agent.stop):
        """The agent comes back with an Update when it knows of its registration, else with a Register."""
        end(agent)
        agent.start()
        agent.wait_log("main: (registered with|registration updated)")
        return self.server.clients[agent.endpoint]


class Notify:
    """What systemd would hear, see sd_notify(3)."""

    def __init__(self, agent):
        self.path = agent.folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(10)
        agent.extra_environment["NOTIFY_SOCKET"] = str(self.path)

    def wait(self, line):
        """Until a message has that line; returns all lines of that message."""
        while True:
            lines = self.socket.recv(4096).decode().splitlines()
            if any(found.startswith(line) for found in lines):
                return lines


class TestSecrecy(LifeCase):
    def test_not_dumpable(self):
        """What is in the agent's memory is not for other processes of its user, nor for core files."""
        prefix = []
        agent = self.start_agent({"uri": self.server.uri}, start=False)
        if os.geteuid() == 0:  # who may see everything; setpriv leaves it the capabilities of nobody
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            if subprocess.run([*prefix, "test", "-x", PROGRAM]).returncode != 0:
                self.skipTest(f"user 65534 may not run {PROGRAM}")
            for path in (agent.folder, *agent.folder.rglob("*")):
                os.chown(path, 65534, 65534)
        other = subprocess.Popen([*prefix, "sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        agent.prefix = prefix
        agent.start()
        self.expect_registration(agent)
        for pid, readable in ((other.pid, True), (agent.pid, False)):
            for name in ("environ", "auxv"):
                done = subprocess.run([*prefix, "cat", f"/proc/{pid}/{name}"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode == 0, readable, f"{name} of {pid}: {done.stderr}")


class TestStop(LifeCase):
    def test_signals(self):
        """SIGTERM and SIGINT: De-register, exit code 0."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                agent, client = self.start()
                since = self.server.mark()
                agent.stop(number)
                self.server.wait_deregister(since=since)

    def notified(self, servers, **named):
        agent = self.start_agent(servers, start=False, **named)
        notify = Notify(agent)
        self.addCleanup(notify.socket.close)
        agent.start()
        notify.wait("READY=1")
        return agent, notify

    def test_in_vain(self):
        """In the middle of a Register and of a handshake that nobody answers."""
        self.server.muted = True
        since = self.server.mark()
        plain = self.start_agent({"uri": self.server.uri})
        self.server.expect(lambda r: r.message.path == "/rd", since=since)
        plain.stop()
        secure, notify = self.notified({"uri": f"coaps://127.0.0.1:{self.server.port}", "identity": "i", "key": "00"})
        notify.wait("STATUS=registering with main")
        secure.stop()

    def test_while_registering(self):
        """The Register is answered after SIGTERM: the De-register still follows it."""
        self.server.muted = True
        agent = self.start_agent({"uri": self.server.uri})
        self.server.expect(lambda r: r.message.path == "/rd")
        agent.signal(signal.SIGTERM)
        since = self.server.mark()
        self.server.muted = False
        self.server.expect(lambda r: r.message.path == "/rd", since=since)  # the second time it was sent
        self.server.wait_deregister(since=since)
        self.assertEqual(agent.wait_exit(), 0)

    def test_hangup_while_silent(self):
        """SIGHUP takes over the configuration at once, whatever the server does not say; the registration stands."""
        agent, client = self.start()
        self.server.muted = True
        agent.config.write_text(agent.config.read_text().replace("lifetime = 300", "lifetime = 400"))
        since = self.server.mark()
        agent.signal(signal.SIGHUP)
        self.server.expect(lambda r: r.message.query.get("lt") == "400", since=since)
        self.server.muted = False
        agent.wait_log("main: registration updated")
        self.assertEqual(self.server.received(lambda r: r.message.path == "/rd", since=since), [])

    def test_leave_while_silent(self):
        """Without deregister_on_stop there is nobody to wait for."""
        agent, client = self.start(agent={"deregister_on_stop": "no"})
        self.server.muted = True
        start = time.monotonic()
        agent.stop()
        self.assertLess(time.monotonic() - start, 2)

    def test_without_servers(self):
        agent, notify = self.notified({})
        notify.wait("STATUS=no server is configured")
        agent.stop()
        notify.wait("STOPPING=1")

    def test_ready(self):
        """Ready when the plugins are there, whatever the network does; one that hangs is waited for a while only."""
        self.server.muted = True
        plugins = {"test-faults": {"fault": {"what": "hang", "at": "start"}}, "test-object": {}}
        start = time.monotonic()
        agent, notify = self.notified({"uri": self.server.uri}, plugins=plugins)
        self.assertGreaterEqual(time.monotonic() - start, 2)
        notify.wait("STATUS=registering with main")
        agent.stop()

    def test_status(self):
        """What systemctl status shows."""
        agent, notify = self.notified({"uri": self.server.uri})
        notify.wait("STATUS=registered to main")
        self.server.register_code = self.server.update_code = "4.03"
        self.server.request(self.server.clients[agent.endpoint], coap.POST, "/1/0/8")
        notify.wait("STATUS=not registered to main, next try")

    def test_status_of_mistakes(self):
        """In the configuration: neither a reload nor a start that fails need be looked for in the log."""
        agent, notify = self.notified({"uri": self.server.uri})
        notify.wait("STATUS=registered to main")
        good = agent.config.read_text()
        agent.config.write_text(good + "nonsense = 1\n")
        agent.signal(signal.SIGHUP)
        notify.wait("RELOADING=1")
        notify.wait("READY=1")
        notify.wait("STATUS=the changed configuration is wrong and not in use, see the journal; registered to main")
        agent.config.write_text(good)
        agent.signal(signal.SIGHUP)
        notify.wait("READY=1")
        notify.wait("STATUS=registered to main")
        agent.stop()
        agent.config.write_text(good + "nonsense = 1\n")
        agent.start()
        notify.wait("STATUS=the configuration is wrong")
        self.assertEqual(agent.wait_exit(), 1)

    def test_hangup(self):
        """SIGHUP refuses what is wrong, with all standing as it was, and takes over what is right."""
        agent, client = self.start()
        good = agent.config.read_text()
        since = self.server.mark()
        agent.config.write_text(good + "nonsense = 1\n")
        agent.signal(signal.SIGHUP)
        agent.wait_log(f"{agent.config}:[0-9]+: unknown key 'nonsense'")
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
        self.assertEqual(self.server.received(lambda r: r.message.path.startswith("/rd"), since=since), [])
        agent.config.write_text(good.replace("lifetime = 300", "lifetime = 400"))
        agent.signal(signal.SIGHUP)
        message = self.server.expect(lambda r: r.message.query.get("lt") == "400", since=since).message
        self.assertEqual(message.path, client.location, "an Update does")
        agent.wait_log("main: registration updated")
        self.assertEqual(self.server.read(client, "/1/0/1").payload, b"400")


class TestCrash(LifeCase):
    def test_killed(self):
        """What a server wrote survives, and so do registration, attributes and observations."""
        agent, client = self.start()
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        self.assert_code(self.server.write(client, "/3/0/14", b"+05:30"), "2.04")
        for _ in range(3):
            client = self.restart(agent, Agent.kill)
            self.assertEqual(self.server.read(client, "/1/0/5").payload, b"17")
            self.assertEqual(self.server.read(client, "/3/0/14").payload, b"+05:30")

    def test_killed_while_writing(self):
        """An answer of 2.04 means that it is kept; without one it is kept or not, but never half."""
        agent, client = self.start()
        for number in range(20):
            told = f"{number + 1}".encode()
            message = coap.request(coap.PUT, "/1/0/5", format=0, payload=told)
            since = self.server.mark()
            self.server.send(message, client.address)
            answered = number % 2 and self.server.expect(lambda r: r.message.token == message.token, since=since)
            client = self.restart(agent, Agent.kill)
            kept = self.server.read(client, "/1/0/5").payload
            self.assertIn(kept, [told] if answered else [told, b"86400", f"{number}".encode()])
            self.assertEqual(agent.count_log("damaged"), 0)

    def test_damaged_state(self):
        """Each file of the state directory, cut off, emptied or filled with noise: said once, and all else goes on."""
        agent, client = self.start()
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        agent.stop()
        files = sorted(agent.state.glob("*.state"))
        self.assertIn("object-1.state", [file.name for file in files])
        for file in files:
            whole = file.read_bytes()
            for damage in (b"", whole[:-1], whole + b"x", whole[:10], bytes(len(whole)), os.urandom(2000), b"\n",
                           b"x" * (2 << 20)):
                with self.subTest(file=file.name, damage=damage[:20]):
                    file.write_bytes(damage)
                    since = self.server.mark()
                    agent.start()
                    client = self.expect_registration(agent, since)
                    self.assertEqual(agent.count_log(f"{file} is damaged: going on without it"), 1)
                    self.assertEqual(self.server.read(client, "/1/0/5").payload, b"86400")
                    agent.stop()
                    self.assertEqual(file.with_name(file.name + ".corrupt").read_bytes(), damage)

    def test_foreign_state(self):
        """A file that is whole, but not of an agent that is like this one."""
        agent, client = self.start()
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        agent.stop()
        file = agent.state / "object-1.state"
        head, _, body = file.read_bytes().partition(b"\n")
        file.write_bytes(head.replace(b" state 1 ", b" state 2 ") + b"\n" + body)
        self.restart(agent, lambda agent: None)
        agent.wait_log("object-1.state is of another version of lwm2m-agent: going on without it, it is now object-1")

    def test_leftovers(self):
        """What a crash left behind, and what is not ours, is in nobody's way."""
        agent, client = self.start()
        (agent.state / "object-1.state.new").write_bytes(b"half a fi")
        (agent.state / "notes.txt").write_text("mine")
        client = self.restart(agent, Agent.kill)
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        self.assertFalse((agent.state / "object-1.state.new").exists())
        self.assertEqual((agent.state / "notes.txt").read_text(), "mine")


class TestStateDirectory(LifeCase):
    def fail(self, agent):
        code, output = agent.run_to_end()
        lines = output.splitlines()
        self.assertEqual((code, len(lines)), (1, 1), output)
        return lines[0]

    def test_two_agents(self):
        agent, client = self.start()
        other = Agent({"uri": self.server.uri}, start=False)
        self.addCleanup(other.close)
        other.state = agent.state
        self.assertIn(f"Another lwm2m-agent uses the state directory {agent.state}: stop it, or use --state-dir",
                      self.fail(other))
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
        # A lock that nobody holds any more is no lock.
        agent.kill()
        other.start()
        self.expect_registration(other)

    def test_cannot_be_used(self):
        agent = self.start_agent({"uri": self.server.uri}, start=False)
        folder = agent.folder
        (folder / "file").write_text("x")
        for name, why in (("file", "Cannot open the state directory"),
                          ("none/below", "Cannot make the state directory"),
                          ("file/below", "Cannot make the state directory")):
            agent.state = folder / name
            self.assertRegex(self.fail(agent), f"{why} {folder / name}: [A-Z]")

    def test_made(self):
        agent = self.start_agent({"uri": self.server.uri}, start=False)
        agent.state = agent.folder / "new"
        agent.start()
        client = self.expect_registration(agent)
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        agent.stop()  # a file that is being written changes its name
        self.assertEqual(agent.state.stat().st_mode & 0o777, 0o700)
        self.assertTrue((agent.state / "object-1.state").exists())
        for file in agent.state.iterdir():
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)

    def test_unreadable(self):
        """A state file that cannot be read: one line, and on without it."""
        agent, client = self.start()
        agent.stop()
        file = agent.state / "object-1.state"
        file.unlink(missing_ok=True)
        file.mkdir()
        self.restart(agent, lambda agent: None)
        self.assertEqual(agent.count_log("object-1.state is not a plain file: going on without it"), 1)

    def test_factory_reset(self):
        agent, client = self.start()
        self.assert_code(self.server.write(client, "/1/0/5", b"17"), "2.04")
        since = self.server.mark()
        self.assert_code(self.server.request(client, coap.POST, "/3/0/5"), "2.04")
        client = self.expect_registration(agent, since, count=2)
        self.assertEqual(self.server.read(client, "/1/0/5").payload, b"86400")
        self.assertEqual(agent.count_log("factory reset"), 1)

class TestQueueMode(LifeCase):
    def test_asleep(self):
        """A second after the last message; what the server asks nevertheless is answered."""
        agent = self.start_agent({"uri": self.server.uri, "lifetime": 300, "queue": "yes", "awake_time": 1}, start=False)
        notify = Notify(agent)
        self.addCleanup(notify.socket.close)
        agent.start()
        client = self.server.wait_register(agent.endpoint)
        notify.wait("STATUS=registered to main, asleep, next update")
        self.assert_code(self.server.read(client, "/1/0/1"), "2.05")
        agent.wait_log("main: asleep", count=2)


if __name__ == "__main__":
    case.main()
